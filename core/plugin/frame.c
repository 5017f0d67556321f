#include "plugin/frame.h"

#include "plugin/frame_sse.h"

#include <orxaq/effect.h>

void orx_framer_init(orx_framer *f, int32_t framing, uint64_t max, orx_frame_fn fn, void *user) {
    *f = (orx_framer){.framing = framing, .fn = fn, .user = user};
    f->max = max == 0 || max > ORXAQ_FRAME_MAX ? (size_t)ORXAQ_FRAME_MAX : (size_t)max;
}

void orx_framer_free(orx_framer *f) {
    if (!f)
        return;
    orx_str_free(&f->line);
    orx_str_free(&f->data);
    orx_str_free(&f->event);
}

void orx_framer_emit(orx_framer *f, orx_view record, orx_view name, bool cut) {
    if (!f->stopped && !f->fn(f->user, record, name, cut))
        f->stopped = true;
}

/* Appends what fits and says in *cut that not all did. */
void orx_framer_keep(orx_framer *f, orx_str *buf, orx_view bytes, bool *cut) {
    size_t room = f->max > buf->len ? f->max - buf->len : 0;
    if (bytes.len > room) {
        bytes.len = room;
        *cut = true;
    }
    orx_str_addv(buf, bytes);
}

static void add_raw(orx_framer *f, orx_view bytes) {
    while (bytes.len && !f->stopped) {
        size_t n = bytes.len < f->max ? bytes.len : f->max;
        orx_framer_emit(f, orx_view_mem(bytes.p, n), (orx_view){0}, false);
        bytes = orx_view_mem(bytes.p + n, bytes.len - n);
    }
}

/* A finished line, without its end. */
static void line_done(orx_framer *f) {
    orx_view line = orx_str_view(&f->line);
    if (!f->line_cut && orx_view_ends(line, "\r"))
        line.len--;
    bool blank = orx_view_trim(line).len == 0;
    if (!(f->framing == ORXAQ_FRAMING_JSONL && blank && !f->line_cut))
        orx_framer_emit(f, line, (orx_view){0}, f->line_cut);
    orx_str_clear(&f->line);
    f->line_cut = false;
}

static void add_lines(orx_framer *f, orx_view bytes) {
    while (bytes.len && !f->stopped) {
        const char *end = memchr(bytes.p, '\n', bytes.len);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.len;
        orx_framer_keep(f, &f->line, orx_view_mem(bytes.p, n), &f->line_cut);
        if (!end)
            return;
        line_done(f);
        bytes = orx_view_mem(end + 1, bytes.len - n - 1);
    }
}

void orx_framer_add(orx_framer *f, orx_view bytes) {
    switch (f->framing) {
    case ORXAQ_FRAMING_RAW:
        add_raw(f, bytes);
        break;
    case ORXAQ_FRAMING_LINES:
    case ORXAQ_FRAMING_JSONL:
        add_lines(f, bytes);
        break;
    case ORXAQ_FRAMING_SSE:
        orx_framer_add_sse(f, bytes);
        break;
    default:
        break;
    }
}

void orx_framer_end(orx_framer *f) {
    bool lines = f->framing == ORXAQ_FRAMING_LINES || f->framing == ORXAQ_FRAMING_JSONL;
    if (lines && (f->line.len || f->line_cut))
        line_done(f);
}
