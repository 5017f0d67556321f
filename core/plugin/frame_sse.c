#include "plugin/frame_sse.h"

static void event_done(orx_framer *f) {
    if (f->has_data)
        orx_framer_emit(f, orx_str_view(&f->data), orx_str_view(&f->event), f->data_cut);
    orx_str_clear(&f->data);
    orx_str_clear(&f->event);
    f->has_data = f->data_cut = false;
}

static void field(orx_framer *f, orx_view name, orx_view value) {
    if (orx_view_is(name, "data")) {
        if (f->has_data)
            orx_framer_keep(f, &f->data, orx_view_of("\n"), &f->data_cut);
        orx_framer_keep(f, &f->data, value, &f->data_cut);
        f->data_cut = f->data_cut || f->line_cut;
        f->has_data = true;
    } else if (orx_view_is(name, "event")) {
        bool cut = false;
        orx_str_clear(&f->event);
        orx_framer_keep(f, &f->event, value, &cut);
    }
}

static void line_done(orx_framer *f) {
    orx_view line = orx_str_view(&f->line);
    if (line.len == 0) {
        event_done(f);
    } else {
        const char *colon = memchr(line.p, ':', line.len);
        size_t n = colon ? (size_t)(colon - line.p) : line.len;
        orx_view value = colon ? orx_view_mem(colon + 1, line.len - n - 1) : (orx_view){0};
        if (value.len && value.p[0] == ' ')
            value = orx_view_mem(value.p + 1, value.len - 1);
        field(f, orx_view_mem(line.p, n), value);
    }
    orx_str_clear(&f->line);
    f->line_cut = false;
}

/* Bytes up to the next line end: how many, and whether there is one. */
static size_t to_line_end(orx_view bytes, bool *ret_found) {
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.p[i] == '\n' || bytes.p[i] == '\r') {
            *ret_found = true;
            return i;
        }
    }
    *ret_found = false;
    return bytes.len;
}

/* A byte order mark may come in pieces too; what only began like one belongs to the first line. */
static orx_view skip_mark(orx_framer *f, orx_view bytes) {
    static const char mark[] = "\xEF\xBB\xBF";
    while (f->mark < 3 && bytes.len) {
        if (bytes.p[0] != mark[f->mark]) {
            orx_framer_keep(f, &f->line, orx_view_mem(mark, (size_t)f->mark), &f->line_cut);
            f->mark = 3;
            break;
        }
        f->mark++;
        bytes = orx_view_mem(bytes.p + 1, bytes.len - 1);
    }
    return bytes;
}

void orx_framer_add_sse(orx_framer *f, orx_view bytes) {
    bytes = skip_mark(f, bytes);
    while (bytes.len && !f->stopped) {
        if (f->after_cr && bytes.p[0] == '\n') {
            f->after_cr = false;
            bytes = orx_view_mem(bytes.p + 1, bytes.len - 1);
            continue;
        }
        bool found;
        size_t n = to_line_end(bytes, &found);
        orx_framer_keep(f, &f->line, orx_view_mem(bytes.p, n), &f->line_cut);
        f->after_cr = found && bytes.p[n] == '\r';
        if (found)
            line_done(f);
        n += found;
        bytes = orx_view_mem(bytes.p + n, bytes.len - n);
    }
}
