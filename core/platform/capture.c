/* Bounded capture: the head is kept as it comes, the tail in a ring that grows to tail_max and then
 * turns. ring_at is where the oldest byte of a full ring lies. */
#include "platform/proc.h"

static void ring_add(orx_capture *c, orx_view bytes) {
    if (bytes.len > c->tail_max) {
        bytes.p += bytes.len - c->tail_max;
        bytes.len = c->tail_max;
    }
    size_t room = c->tail_max - c->ring.len;
    size_t grow = bytes.len < room ? bytes.len : room;
    if (grow)
        orx_str_add(&c->ring, bytes.p, grow);
    while (grow < bytes.len) {
        size_t n = bytes.len - grow;
        if (n > c->tail_max - c->ring_at)
            n = c->tail_max - c->ring_at;
        memcpy(c->ring.buf + c->ring_at, bytes.p + grow, n);
        c->ring_at = (c->ring_at + n) % c->tail_max;
        grow += n;
    }
}

void orx_capture_add(orx_capture *c, orx_view bytes) {
    c->total += (int64_t)bytes.len;
    size_t room = c->head_max - c->head.len;
    size_t head = bytes.len < room ? bytes.len : room;
    if (head)
        orx_str_add(&c->head, bytes.p, head);
    if (head < bytes.len && c->tail_max)
        ring_add(c, (orx_view){bytes.p + head, bytes.len - head});
}

void orx_capture_text(const orx_capture *c, orx_str *out) {
    orx_str_add(out, c->head.buf, c->head.len);
    int64_t gap = c->total - (int64_t)c->head.len - (int64_t)c->ring.len;
    if (gap > 0)
        orx_str_addf(out, "\n[... %lld bytes left out ...]\n", (long long)gap);
    orx_str_add(out, c->ring.buf ? c->ring.buf + c->ring_at : NULL, c->ring.len - c->ring_at);
    orx_str_add(out, c->ring.buf, c->ring_at);
}

void orx_capture_free(orx_capture *c) {
    if (!c)
        return;
    orx_str_free(&c->head);
    orx_str_free(&c->ring);
    c->ring_at = 0;
    c->total = 0;
}
