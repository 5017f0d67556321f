/* What is told of a long result, and what is kept of it. Half of what may be told is its beginning,
 * half its end: the first error and the last line are where a reader looks. */
#include "tools.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { NAMES_TRIED = 100, NOTE = 512, HALF = (ORX_TOOLS_RESULT_MAX - NOTE) / 2 };

/* Always a new file: a command may have put something under the next name. */
static void open_file(tools_capture *c) {
    char name[32];
    for (int i = 0; i < NAMES_TRIED && c->fd < 0; i++) {
        c->number = ++c->t->kept;
        (void)snprintf(name, sizeof name, "%lld.txt", (long long)c->number);
        c->fd =
            openat(c->t->outputs, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
}

/* A disk that is full costs the rest of the result, not the tool. */
static void save(tools_capture *c, orx_view bytes) {
    int64_t room = (int64_t)ORX_TOOLS_OUTPUT_MAX - c->saved;
    size_t n = (int64_t)bytes.len < room ? bytes.len : (size_t)room;
    if (c->fd >= 0 && n) {
        ssize_t done = write(c->fd, bytes.p, n);
        c->saved += done > 0 ? done : 0;
    }
}

void tools_capture_add(tools_capture *c, orx_view bytes) {
    size_t n = HALF - c->head.len < bytes.len ? HALF - c->head.len : bytes.len;
    c->total += (int64_t)bytes.len;
    orx_str_add(&c->head, bytes.p, n);
    if (c->number)
        save(c, bytes);
    bytes = orx_view_mem(bytes.p + n, bytes.len - n);
    if (!bytes.len)
        return;
    orx_str_addv(&c->tail, bytes);
    if (c->tail.len > HALF && !c->number) {
        open_file(c);
        save(c, orx_str_view(&c->head));
        save(c, orx_str_view(&c->tail));
    }
    if (c->tail.len > (size_t)2 * HALF)
        orx_str_drop(&c->tail, c->tail.len - HALF);
}

/* So that no character is cut in two. */
static size_t behind_whole(const orx_str *s) {
    size_t n = s->len;
    while (n && n + 4 > s->len && ((unsigned char)s->buf[n - 1] & 0xC0) == 0x80)
        n--;
    if (n && ((unsigned char)s->buf[n - 1] & 0x80) &&
        !orx_utf8_len(s->buf + n - 1, s->len - (n - 1)))
        return n - 1;
    return s->len;
}

static size_t before_whole(const orx_str *s, size_t at) {
    size_t most = at + 3 < s->len ? at + 3 : s->len;
    while (at < most && ((unsigned char)s->buf[at] & 0xC0) == 0x80)
        at++;
    return at;
}

void tools_capture_end(tools_capture *c, orx_str *out) {
    if (!c->number) {
        orx_str_addv(out, orx_str_view(&c->head));
        orx_str_addv(out, orx_str_view(&c->tail));
    } else {
        size_t head = behind_whole(&c->head);
        size_t from = before_whole(&c->tail, c->tail.len > HALF ? c->tail.len - HALF : 0);
        int64_t gap = c->total - (int64_t)head - (int64_t)(c->tail.len - from);
        orx_str_add(out, c->head.buf, head);
        orx_str_addf(out, "\n[%lld bytes left out; ", (long long)gap);
        if (c->saved == c->total)
            orx_str_addf(out, "read_file \"output:%lld\" has all of it]\n", (long long)c->number);
        else
            orx_str_addf(out, "read_file \"output:%lld\" has the first %lld]\n",
                         (long long)c->number, (long long)c->saved);
        orx_str_add(out, c->tail.buf + from, c->tail.len - from);
    }
    if (c->fd >= 0)
        (void)close(c->fd);
    orx_str_free(&c->head);
    orx_str_free(&c->tail);
}

void tools_cap(tools *t, orx_str *text) {
    if (text->len <= ORX_TOOLS_RESULT_MAX)
        return;
    tools_capture c = {.t = t, .fd = -1};
    tools_capture_add(&c, orx_str_view(text));
    orx_str_clear(text);
    tools_capture_end(&c, text);
}
