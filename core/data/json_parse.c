#include "data/json.h"

#include "data/json_reader.h"
#include "data/number.h"

#include <stddef.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

static int on_null(void *ctx) {
    orx_json_reader *r = ctx;
    if (!orx_json_add(r, ORX_NULL))
        return 0;
    r->cursor += strlen("null");
    return 1;
}

static int on_bool(void *ctx, int value) {
    orx_json_reader *r = ctx;
    orx_node *n = orx_json_add(r, ORX_BOOL);
    if (!n)
        return 0;
    n->u.b = value != 0;
    r->cursor += value ? strlen("true") : strlen("false");
    return 1;
}

/* The number is taken from our text: at the very end yajl hands over a copy of its own. */
static int on_number(void *ctx, ORX_UNUSED const char *p, size_t len) {
    orx_json_reader *r = ctx;
    orx_node *n = orx_json_add(r, ORX_INT);
    if (!n)
        return 0;
    const char *expected = orx_number_read(n, orx_view_mem(r->cursor, len));
    if (expected) {
        orx_json_fail(r, ORX_E_INVALID, r->cursor, "expected %s, found %.*s%s", expected,
                      (int)(len < 40 ? len : 40), r->cursor, len > 40 ? "..." : "");
        return 0;
    }
    r->cursor += len;
    return 1;
}

/* The string at the cursor; yajl's bytes are good only when nothing in them was escaped, because it
 * writes '?' for a lone surrogate. Moves the cursor behind the closing quote. */
static int take_string(orx_json_reader *r, const char *p, size_t len, orx_view *ret_text) {
    if (p == r->cursor + 1) {
        *ret_text = orx_view_mem(p, len);
        r->cursor += len + 2;
        return 0;
    }
    const char *end = r->text.p + yajl_get_bytes_consumed(r->yajl);
    const char *start = r->cursor + 1;
    if (orx_json_unescape(r, orx_view_mem(start, (size_t)(end - 1 - start)), ret_text) < 0)
        return r->rc;
    r->cursor = end;
    return 1;
}

static int on_string(void *ctx, const unsigned char *p, size_t len) {
    orx_json_reader *r = ctx;
    orx_node *n = orx_json_add(r, ORX_STRING);
    if (!n)
        return 0;
    orx_view text;
    int rc = take_string(r, (const char *)p, len, &text);
    if (rc < 0)
        return 0;
    n->u.s = rc ? text : orx_json_keep(r, text);
    return 1;
}

static int on_key(void *ctx, const unsigned char *p, size_t len) {
    orx_json_reader *r = ctx;
    if (!orx_json_to_token(r))
        return 0;
    orx_pos pos = orx_json_place(r);
    orx_view key;
    int rc = take_string(r, (const char *)p, len, &key);
    return rc >= 0 && orx_json_set_key(r, pos, key, rc > 0);
}

static int open_container(orx_json_reader *r, orx_kind kind) {
    orx_node *n = orx_json_add(r, kind);
    if (!n)
        return 0;
    if (r->depth >= r->limits->max_depth || r->depth >= ORX_DOC_DEPTH_MAX) {
        orx_json_fail(r, ORX_E_LIMIT, r->cursor,
                      "expected at most %u levels of nesting, found more", r->depth);
        return 0;
    }
    r->seen[r->depth] = 0;
    r->stack[r->depth++] = n;
    r->cursor++;
    return 1;
}

static int on_object(void *ctx) {
    return open_container(ctx, ORX_OBJECT);
}

static int on_array(void *ctx) {
    return open_container(ctx, ORX_ARRAY);
}

static int on_end(void *ctx) {
    orx_json_reader *r = ctx;
    if (!orx_json_to_token(r))
        return 0;
    r->cursor++;
    return orx_json_check_keys(r, r->stack[--r->depth]);
}

static void *yajl_malloc(ORX_UNUSED void *ctx, size_t size) {
    return orx_xmalloc(size);
}

static void *yajl_realloc(ORX_UNUSED void *ctx, void *p, size_t size) {
    return orx_xrealloc(p, size);
}

static void yajl_release(ORX_UNUSED void *ctx, void *p) {
    free(p);
}

/* For a short text yajl's memory is the document's: it takes a few pieces, and freeing each of them
 * would cost about as much as reading a line. A piece begins with its size. */
#define SHORT_TEXT ((size_t)16 << 10)

typedef union piece {
    size_t size;
    max_align_t align;
} piece;

static void *piece_new(void *ctx, size_t size) {
    piece *p = orx_arena_alloc(ctx, sizeof *p + size);
    p->size = size;
    return p + 1;
}

static void *piece_grow(void *ctx, void *old, size_t size) {
    size_t had = old ? ((piece *)old - 1)->size : 0;
    if (size <= had)
        return old;
    void *p = piece_new(ctx, size);
    if (had)
        memcpy(p, old, had);
    return p;
}

static void piece_forget(ORX_UNUSED void *ctx, ORX_UNUSED void *p) {}

static int run(orx_json_reader *r) {
    static const yajl_callbacks callbacks = {on_null,   on_bool,   NULL,      NULL,
                                             on_number, on_string, on_object, on_key,
                                             on_end,    on_array,  on_end};
    bool is_short = r->text.len <= SHORT_TEXT;
    yajl_alloc_funcs memory = {yajl_malloc, yajl_realloc, yajl_release, NULL};
    if (is_short)
        memory = (yajl_alloc_funcs){piece_new, piece_grow, piece_forget, r->arena};
    yajl_handle yajl = yajl_alloc(&callbacks, &memory, r);
    r->yajl = yajl;
    /* orx_text_check was stricter already. */
    yajl_config(yajl, yajl_dont_validate_strings, 1);
    yajl_status status = yajl_parse(yajl, (const unsigned char *)r->text.p, r->text.len);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(yajl);
    yajl_free(yajl);
    if (r->rc < 0)
        return r->rc;
    if (status != yajl_status_ok)
        return orx_json_explain(r);
    return orx_json_to_token(r) ? 0 : r->rc;
}

int orx_json_parse_line(orx_arena *arena, const char *name, orx_view bytes, uint32_t first_line,
                        const orx_doc_limits *limits, const orx_node **ret_root, orx_err *err) {
    int rc = orx_text_check(name, "JSON", bytes, first_line, limits, err);
    if (rc < 0)
        return rc;
    orx_json_reader r;
    memset(&r, 0, ORX_JSON_READER_CLEAR);
    r.name = name;
    r.text = bytes;
    r.first_line = r.line = first_line;
    r.limits = limits;
    r.arena = arena;
    r.err = err;
    r.cursor = r.line_start = bytes.p;
    rc = run(&r);
    if (rc < 0)
        return rc;
    *ret_root = r.root;
    return 0;
}

int orx_json_parse(orx_arena *arena, const char *name, orx_view bytes, const orx_doc_limits *limits,
                   const orx_node **ret_root, orx_err *err) {
    return orx_json_parse_line(arena, name, bytes, 1, limits, ret_root, err);
}
