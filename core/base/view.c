#include "base/view.h"

#include <limits.h>

static char lower(char c) {
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

bool orx_view_ieq(orx_view a, orx_view b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool orx_view_starts(orx_view a, const char *prefix) {
    size_t n = strlen(prefix);
    return a.len >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

bool orx_view_ends(orx_view a, const char *suffix) {
    size_t n = strlen(suffix);
    return a.len >= n && (n == 0 || memcmp(a.p + a.len - n, suffix, n) == 0);
}

int orx_view_cmp(orx_view a, orx_view b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c;
    return (a.len > b.len) - (a.len < b.len);
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

orx_view orx_view_trim(orx_view a) {
    while (a.len && is_space(a.p[0])) {
        a.p++;
        a.len--;
    }
    while (a.len && is_space(a.p[a.len - 1]))
        a.len--;
    return a;
}

int64_t orx_view_find(orx_view a, const char *needle) {
    size_t n = strlen(needle);
    if (n == 0)
        return 0;
    const char *hit = a.len >= n ? memmem(a.p, a.len, needle, n) : NULL;
    return hit ? hit - a.p : -1;
}

bool orx_view_split(orx_view *rest, char sep, orx_view *ret_part) {
    if (!rest->p)
        return false;
    const char *hit = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
    if (!hit) {
        *ret_part = *rest;
        *rest = (orx_view){NULL, 0};
        return true;
    }
    *ret_part = (orx_view){rest->p, (size_t)(hit - rest->p)};
    *rest = (orx_view){hit + 1, rest->len - ret_part->len - 1};
    return true;
}

orx_view orx_view_last_lines(orx_view a, int lines) {
    if (!a.len)
        return a;
    if (a.p[a.len - 1] == '\n')
        a.len--;
    size_t at = a.len;
    while (at > 0 && (a.p[at - 1] != '\n' || --lines > 0))
        at--;
    return (orx_view){a.p + at, a.len - at};
}

size_t orx_utf8_len(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || n < len)
        return 0;
    unsigned char lo = 0x80;
    unsigned char hi = 0xBF;
    if (c == 0xE0)
        lo = 0xA0;
    else if (c == 0xED)
        hi = 0x9F;
    else if (c == 0xF0)
        lo = 0x90;
    else if (c == 0xF4)
        hi = 0x8F;
    if (p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

static bool are_ascii(const char eight[8]) {
    uint64_t word;
    memcpy(&word, eight, sizeof word);
    return !(word & UINT64_C(0x8080808080808080));
}

/* How many of its first bytes are ASCII for sure: eight are looked at together, the last of them
 * with some of those before. */
static size_t ascii_run(orx_view a) {
    size_t i = 0;
    while (a.len - i >= 8 && are_ascii(a.p + i))
        i += 8;
    return i && a.len - i < 8 && are_ascii(a.p + a.len - 8) ? a.len : i;
}

bool orx_view_is_utf8(orx_view a) {
    size_t i = ascii_run(a);
    while (i < a.len) {
        size_t n = orx_utf8_len(a.p + i, a.len - i);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

bool orx_view_to_i64(orx_view a, int64_t *ret_value) {
    size_t i = 0;
    bool negative = a.len && a.p[0] == '-';
    if (a.len && (a.p[0] == '-' || a.p[0] == '+'))
        i = 1;
    if (i == a.len)
        return false;
    int64_t v = 0;
    for (; i < a.len; i++) {
        int digit = a.p[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        /* Counting downwards so that the most negative value fits. */
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, digit, &v))
            return false;
    }
    if (!negative && v == INT64_MIN)
        return false;
    *ret_value = negative ? v : -v;
    return true;
}
