#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

#define SHORT_TEXT 63

void orx_str_free(orx_str *s) {
    if (!s)
        return;
    free(s->buf);
    *s = (orx_str){0};
}

void orx_str_clear(orx_str *s) {
    s->len = 0;
    if (s->buf)
        s->buf[0] = '\0';
}

char *orx_str_reserve(orx_str *s, size_t extra) {
    if (extra > ORX_ALLOC_MAX || s->len + extra + 1 > ORX_ALLOC_MAX)
        orx_out_of_memory(extra);
    size_t need = s->len + extra + 1;
    if (need > s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        if (cap < need)
            cap = need;
        if (cap > ORX_ALLOC_MAX)
            cap = ORX_ALLOC_MAX;
        s->buf = orx_xrealloc(s->buf, cap);
        s->cap = cap;
    }
    return s->buf + s->len;
}

void orx_str_commit(orx_str *s, size_t added) {
    s->len += added;
    s->buf[s->len] = '\0';
}

void orx_str_add(orx_str *s, const void *p, size_t len) {
    char *to = orx_str_reserve(s, len);
    if (len)
        memcpy(to, p, len);
    orx_str_commit(s, len);
}

void orx_str_addv(orx_str *s, orx_view v) {
    orx_str_add(s, v.p, v.len);
}

void orx_str_adds(orx_str *s, const char *text) {
    orx_str_add(s, text, strlen(text));
}

void orx_str_addc(orx_str *s, char c) {
    orx_str_add(s, &c, 1);
}

void orx_str_add_int(orx_str *s, int64_t value) {
    char digits[20]; /* of INT64_MIN: 19 and the sign */
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        digits[--at] = '-';
    orx_str_add(s, digits + at, sizeof digits - at);
}

/* Most texts are short: they are made once, where they might have been measured first. */
void orx_str_vaddf(orx_str *s, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    char *to = orx_str_reserve(s, SHORT_TEXT);
    size_t room = s->cap - s->len;
    int n = vsnprintf(to, room, fmt, again);
    va_end(again);
    if (n > 0 && (size_t)n >= room) {
        to = orx_str_reserve(s, (size_t)n);
        (void)vsnprintf(to, (size_t)n + 1, fmt, ap);
    }
    orx_str_commit(s, n > 0 ? (size_t)n : 0);
}

void orx_str_addf(orx_str *s, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(s, fmt, ap);
    va_end(ap);
}

void orx_str_truncate(orx_str *s, size_t len) {
    if (len < s->len) {
        s->len = len;
        s->buf[len] = '\0';
    }
}

void orx_str_drop(orx_str *s, size_t count) {
    if (count >= s->len) {
        orx_str_clear(s);
        return;
    }
    memmove(s->buf, s->buf + count, s->len - count);
    orx_str_truncate(s, s->len - count);
}

const char *orx_str_cstr(const orx_str *s) {
    return s->buf ? s->buf : "";
}

char *orx_str_steal(orx_str *s) {
    char *p = s->buf ? s->buf : orx_xstrdup("");
    *s = (orx_str){0};
    return p;
}

void orx_str_add_utf8(orx_str *s, orx_view bytes) {
    size_t start = 0;
    size_t i = 0;
    if (!bytes.len)
        return; /* the empty view may have no address to count from */
    while (i < bytes.len) {
        if ((unsigned char)bytes.p[i] < 0x80) {
            i++;
            continue;
        }
        size_t n = orx_utf8_len(bytes.p + i, bytes.len - i);
        if (n) {
            i += n;
            continue;
        }
        orx_str_add(s, bytes.p + start, i - start);
        orx_str_adds(s, "\xEF\xBF\xBD");
        start = ++i;
    }
    orx_str_add(s, bytes.p + start, i - start);
}
