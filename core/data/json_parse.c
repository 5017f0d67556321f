#include "data/json.h"

#include "data/json_reader.h"
#include "data/number.h"
#include "data/sorted.h"

#include <stdio.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

/* Up to here a new key is compared with its siblings, beyond the object is checked when it ends. */
#define FEW_MEMBERS 16

int orx_json_fail(orx_json_reader *r, int code, const char *at, const char *fmt, ...) {
    char text[ORX_ERR_MAX];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->rc = code;
    return orx_text_fail(r->err, code, r->name,
                         orx_text_pos(r->text, r->first_line, (size_t)(at - r->text.p)), "%s",
                         text);
}

#define EIGHT_SPACES 0x2020202020202020ULL

/* Behind the spaces at p: indentation is most of the white space there is. */
static const char *skip_spaces(const char *p, const char *end) {
    uint64_t word;
    while (end - p >= (ptrdiff_t)sizeof word) {
        memcpy(&word, p, sizeof word);
        if (word != EIGHT_SPACES)
            break;
        p += sizeof word;
    }
    while (p < end && *p == ' ')
        p++;
    return p;
}

/* Moves the cursor to the token yajl has just read. False for the white space that yajl takes and
 * RFC 8259 does not (vertical tab, form feed). */
static bool to_token(orx_json_reader *r) {
    const char *p = r->cursor;
    const char *end = r->text.p + r->text.len;
    for (; p < end; p++) {
        if (*p == '\n') {
            r->line++;
            r->line_start = p + 1;
            p = skip_spaces(p + 1, end) - 1;
        } else if (*p != ' ' && *p != ',' && *p != ':' && *p != '\t' && *p != '\r') {
            break;
        }
    }
    r->cursor = p;
    if (p == end || (unsigned char)*p >= 0x20)
        return true;
    orx_json_fail(r, ORX_E_INVALID, p, "expected JSON, found the byte 0x%02X", (unsigned char)*p);
    return false;
}

static uint32_t column(const orx_json_reader *r) {
    return (uint32_t)(r->cursor - r->line_start) + 1;
}

static orx_node *new_node(orx_json_reader *r) {
    if (!r->free_node_count) {
        uint32_t count = r->nodes < 8 ? 8 : r->nodes > 512 ? 512 : r->nodes;
        r->free_nodes = orx_arena_alloc(r->arena, count * sizeof *r->free_nodes);
        r->free_node_count = count;
    }
    r->free_node_count--;
    r->nodes++;
    return r->free_nodes++;
}

char *orx_json_new_text(orx_json_reader *r, size_t len) {
    if (len >= r->free_text_len) {
        if (len >= 1024)
            return orx_arena_alloc(r->arena, len + 1);
        r->text_block = r->text_block < 1024    ? 1024
                        : r->text_block < 32768 ? r->text_block * 2
                                                : 32768;
        r->free_text = orx_arena_alloc(r->arena, r->text_block);
        r->free_text_len = r->text_block;
    }
    char *p = r->free_text;
    r->free_text += len + 1;
    r->free_text_len -= len + 1;
    return p;
}

static orx_view keep(orx_json_reader *r, orx_view text) {
    char *p = orx_json_new_text(r, text.len);
    memcpy(p, text.p, text.len);
    p[text.len] = '\0';
    return orx_view_mem(p, text.len);
}

static void attach(orx_json_reader *r, orx_node *n) {
    if (r->depth == 0) {
        r->root = n;
        return;
    }
    orx_node *parent = r->stack[r->depth - 1];
    r->key.p = NULL;
    if (parent->u.child.last)
        parent->u.child.last->next = n;
    else
        parent->u.child.first = n;
    parent->u.child.last = n;
    parent->count++;
}

/* A new node for the token at the cursor, or NULL when the text must be refused. */
static orx_node *add(orx_json_reader *r, orx_kind kind) {
    if (!to_token(r))
        return NULL;
    if (r->nodes >= r->limits->max_nodes) {
        orx_json_fail(r, ORX_E_LIMIT, r->cursor,
                      "expected at most %u values in one file, found more: split the file",
                      r->limits->max_nodes);
        return NULL;
    }
    orx_node *n = new_node(r);
    *n = (orx_node){.kind = kind, .line = r->line, .column = column(r)};
    if (r->key.p) {
        n->key = r->key;
        n->key_line = r->key_pos.line;
        n->key_column = r->key_pos.column;
    }
    attach(r, n);
    return n;
}

static int on_null(void *ctx) {
    orx_json_reader *r = ctx;
    if (!add(r, ORX_NULL))
        return 0;
    r->cursor += strlen("null");
    return 1;
}

static int on_bool(void *ctx, int value) {
    orx_json_reader *r = ctx;
    orx_node *n = add(r, ORX_BOOL);
    if (!n)
        return 0;
    n->u.b = value != 0;
    r->cursor += value ? strlen("true") : strlen("false");
    return 1;
}

/* The number is taken from our text: at the very end yajl hands over a copy of its own. */
static int on_number(void *ctx, ORX_UNUSED const char *p, size_t len) {
    orx_json_reader *r = ctx;
    orx_node *n = add(r, ORX_INT);
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
    orx_node *n = add(r, ORX_STRING);
    if (!n)
        return 0;
    orx_view text;
    int rc = take_string(r, (const char *)p, len, &text);
    if (rc < 0)
        return 0;
    n->u.s = rc ? text : keep(r, text);
    return 1;
}

/* Both ends and the length tell the names of one file apart well enough; whoever collides on
 * purpose gains a comparison with a few siblings. */
static uint32_t hash_of(orx_view key) {
    uint64_t a = 0;
    uint64_t b = 0;
    if (key.len >= sizeof a) {
        memcpy(&a, key.p, sizeof a);
        memcpy(&b, key.p + key.len - sizeof b, sizeof b);
    } else {
        for (size_t i = 0; i < key.len; i++)
            a = a << 8 | (unsigned char)key.p[i];
    }
    uint64_t h = (a ^ (b << 7 | b >> 57) ^ key.len) * 0x9E3779B97F4A7C15ULL;
    return (uint32_t)(h >> 32);
}

static int fail_duplicate(orx_json_reader *r, orx_view key, orx_pos again, orx_pos first) {
    r->rc = ORX_E_INVALID;
    return orx_text_fail(r->err, r->rc, r->name, again,
                         "expected every key once, found \"%.*s\" again (first at %u:%u): remove "
                         "one of them",
                         (int)(key.len < 200 ? key.len : 200), key.p, first.line, first.column);
}

/* Looks for the pending key among the members of the open object, unless its hash says that it
 * cannot be there. */
static bool is_new(orx_json_reader *r, uint32_t hash) {
    const orx_node *object = r->stack[r->depth - 1];
    uint64_t bit = 1ULL << (hash >> 16 & 63);
    bool maybe = r->seen[r->depth - 1] & bit;
    r->seen[r->depth - 1] |= bit;
    if (!maybe || object->count > FEW_MEMBERS)
        return true;
    ORX_NODE_EACH(object, it) {
        if (!orx_view_eq(it->key, r->key))
            continue;
        fail_duplicate(r, it->key, r->key_pos, (orx_pos){it->key_line, it->key_column});
        return false;
    }
    return true;
}

static int on_key(void *ctx, const unsigned char *p, size_t len) {
    orx_json_reader *r = ctx;
    if (!to_token(r))
        return 0;
    orx_pos pos = {r->line, column(r)};
    orx_view key;
    int rc = take_string(r, (const char *)p, len, &key);
    if (rc < 0)
        return 0;
    uint32_t hash = hash_of(key);
    orx_view *shared = &r->interned[hash >> 8 & (ORX_JSON_INTERN - 1)];
    if (!shared->p || !orx_view_eq(*shared, key))
        *shared = rc ? key : keep(r, key);
    r->key = *shared;
    r->key_pos = pos;
    return is_new(r, hash);
}

static int open_container(orx_json_reader *r, orx_kind kind) {
    orx_node *n = add(r, kind);
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
    if (!to_token(r))
        return 0;
    r->cursor++;
    const orx_node *n = r->stack[--r->depth];
    if (n->kind != ORX_OBJECT || n->count <= FEW_MEMBERS)
        return 1;
    const orx_node *again;
    const orx_node *first = orx_node_find_duplicate(n, &again);
    if (!first)
        return 1;
    fail_duplicate(r, first->key, (orx_pos){again->key_line, again->key_column},
                   (orx_pos){first->key_line, first->key_column});
    return 0;
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

static int run(orx_json_reader *r) {
    static const yajl_callbacks callbacks = {on_null,   on_bool,   NULL,      NULL,
                                             on_number, on_string, on_object, on_key,
                                             on_end,    on_array,  on_end};
    yajl_alloc_funcs memory = {yajl_malloc, yajl_realloc, yajl_release, NULL};
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
    return to_token(r) ? 0 : r->rc;
}

int orx_json_parse_line(orx_arena *arena, const char *name, orx_view bytes, uint32_t first_line,
                        const orx_doc_limits *limits, const orx_node **ret_root, orx_err *err) {
    int rc = orx_text_check(name, "JSON", bytes, first_line, limits, err);
    if (rc < 0)
        return rc;
    orx_json_reader r = {.name = name,
                         .text = bytes,
                         .first_line = first_line,
                         .limits = limits,
                         .arena = arena,
                         .err = err,
                         .cursor = bytes.p,
                         .line_start = bytes.p,
                         .line = first_line};
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
