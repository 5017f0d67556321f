#include "records.h"

#include <orxaq/effect.h>

void records_add(records *r, orx_view text, orx_view name, bool cut) {
    framed one = {.text = orx_xmemdup0(text.len ? text.p : "", text.len),
                  .len = text.len,
                  .name = orx_xmemdup0(name.len ? name.p : "", name.len),
                  .name_len = name.len,
                  .cut = cut};
    orx_vec_push(&r->items, one);
}

void records_free(records *r) {
    for (size_t i = 0; i < r->items.len; i++) {
        free(r->items.items[i].text);
        free(r->items.items[i].name);
    }
    orx_vec_free(&r->items);
}

static orx_view head(orx_view v, size_t max) {
    return orx_view_mem(v.p, v.len < max ? v.len : max);
}

/* ---- Lines --------------------------------------------------------------------------------- */

static void add_line(int32_t framing, size_t max, orx_view line, records *out) {
    bool cut = line.len > max;
    if (!cut && orx_view_ends(line, "\r"))
        line.len--;
    if (framing == ORXAQ_FRAMING_JSONL && !cut && orx_view_trim(line).len == 0)
        return;
    records_add(out, head(line, max), (orx_view){0}, cut);
}

static void lines_of(int32_t framing, size_t max, orx_view text, records *out) {
    while (text.len) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t n = end ? (size_t)(end - text.p) : text.len;
        add_line(framing, max, orx_view_mem(text.p, n), out);
        n += end != NULL;
        text = orx_view_mem(text.p + n, text.len - n);
    }
}

/* ---- Server-sent events -------------------------------------------------------------------- */

typedef struct event {
    orx_str data;
    orx_str name;
    bool has_data;
    bool cut;
} event;

static void add_field(event *e, size_t max, orx_view line) {
    bool cut = line.len > max;
    line = head(line, max);
    const char *colon = memchr(line.p, ':', line.len);
    size_t n = colon ? (size_t)(colon - line.p) : line.len;
    orx_view key = orx_view_mem(line.p, n), value = {"", 0};
    if (colon)
        value = orx_view_mem(colon + 1, line.len - n - 1);
    if (orx_view_starts(value, " "))
        value = orx_view_mem(value.p + 1, value.len - 1);
    if (orx_view_is(key, "data")) {
        if (e->has_data)
            orx_str_addc(&e->data, '\n');
        orx_str_addv(&e->data, value);
        e->cut = e->cut || cut || e->data.len > max;
        e->has_data = true;
    } else if (orx_view_is(key, "event")) {
        orx_str_clear(&e->name);
        orx_str_addv(&e->name, value);
    }
}

static void event_done(event *e, size_t max, records *out) {
    if (e->has_data)
        records_add(out, head(orx_str_view(&e->data), max), orx_str_view(&e->name), e->cut);
    orx_str_clear(&e->data);
    orx_str_clear(&e->name);
    e->has_data = e->cut = false;
}

static void events_of(size_t max, orx_view text, records *out) {
    event e = {0};
    size_t begin = orx_view_starts(text, "\xEF\xBB\xBF") ? 3 : 0;
    for (size_t i = begin; i < text.len; i++) {
        if (text.p[i] != '\n' && text.p[i] != '\r')
            continue;
        if (i == begin)
            event_done(&e, max, out);
        else
            add_field(&e, max, orx_view_mem(text.p + begin, i - begin));
        if (text.p[i] == '\r' && i + 1 < text.len && text.p[i + 1] == '\n')
            i++;
        begin = i + 1;
    }
    orx_str_free(&e.data);
    orx_str_free(&e.name);
}

/* ---- The whole ----------------------------------------------------------------------------- */

void records_of(int32_t framing, size_t max, orx_view text, records *out) {
    size_t most = max ? max : (size_t)ORXAQ_FRAME_MAX;
    if (framing == ORXAQ_FRAMING_SSE)
        events_of(most, text, out);
    else if (framing == ORXAQ_FRAMING_LINES || framing == ORXAQ_FRAMING_JSONL)
        lines_of(framing, most, text, out);
    else if (framing == ORXAQ_FRAMING_RAW && text.len)
        records_add(out, text, (orx_view){0}, false);
}

static void check_sum(const records *a, const records *b) {
    ORX_CLEANUP(orx_str_free) orx_str all_a = {0}, all_b = {0};
    for (size_t i = 0; i < a->items.len; i++)
        orx_str_add(&all_a, a->items.items[i].text, a->items.items[i].len);
    for (size_t i = 0; i < b->items.len; i++)
        orx_str_add(&all_b, b->items.items[i].text, b->items.items[i].len);
    FUZZ_CHECK(orx_view_eq(orx_str_view(&all_a), orx_str_view(&all_b)));
}

void records_check_same(int32_t framing, const records *a, const records *b) {
    if (framing == ORXAQ_FRAMING_RAW) {
        check_sum(a, b);
        return;
    }
    FUZZ_CHECK(a->items.len == b->items.len);
    for (size_t i = 0; i < a->items.len; i++) {
        const framed *x = &a->items.items[i], *y = &b->items.items[i];
        FUZZ_CHECK(x->cut == y->cut);
        FUZZ_CHECK(x->len == y->len && !memcmp(x->text, y->text, x->len));
        FUZZ_CHECK(x->name_len == y->name_len && !memcmp(x->name, y->name, x->name_len));
    }
}

size_t piece_length(uint8_t seed, size_t i, size_t left) {
    static const uint8_t lengths[] = {1, 2, 1, 5, 3, 17, 1, 64, 255, 4};
    size_t n = seed == 0 ? left : seed < 32 ? seed : lengths[(i * 7 + seed) % sizeof lengths];
    return n < left ? n : left;
}
