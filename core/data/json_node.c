#include "data/json_reader.h"

/* Blocks grow with the document, so that a small one does not take much more than it needs. */
#define NODES_MIN 8U
#define NODES_MAX 512U
#define TEXT_MIN  ((size_t)1 << 10)
#define TEXT_MAX  ((size_t)1 << 15)

static orx_node *new_node(orx_json_reader *r) {
    if (!r->free_node_count) {
        uint32_t count = r->nodes < NODES_MIN ? NODES_MIN : r->nodes;
        count = count < NODES_MAX ? count : NODES_MAX;
        r->free_nodes = orx_arena_alloc(r->arena, count * sizeof *r->free_nodes);
        r->free_node_count = count;
    }
    r->free_node_count--;
    r->nodes++;
    return r->free_nodes++;
}

char *orx_json_new_text(orx_json_reader *r, size_t len) {
    if (len >= TEXT_MIN)
        return orx_arena_alloc(r->arena, len + 1);
    if (len >= r->free_text_len) {
        r->text_block = r->text_block ? r->text_block * 2 : TEXT_MIN;
        r->text_block = r->text_block < TEXT_MAX ? r->text_block : TEXT_MAX;
        r->free_text = orx_arena_alloc(r->arena, r->text_block);
        r->free_text_len = r->text_block;
    }
    char *p = r->free_text;
    r->free_text += len + 1;
    r->free_text_len -= len + 1;
    return p;
}

orx_view orx_json_keep(orx_json_reader *r, orx_view text) {
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

orx_node *orx_json_add(orx_json_reader *r, orx_kind kind) {
    if (!orx_json_to_token(r))
        return NULL;
    if (r->nodes >= r->limits->max_nodes) {
        orx_json_fail(r, ORX_E_LIMIT, r->cursor,
                      "expected at most %u values in one file, found more: split the file",
                      r->limits->max_nodes);
        return NULL;
    }
    orx_node *n = new_node(r);
    orx_pos pos = orx_json_place(r);
    *n = (orx_node){.kind = kind, .line = pos.line, .column = pos.column};
    if (r->key.p) {
        n->key = r->key;
        n->key_line = r->key_pos.line;
        n->key_column = r->key_pos.column;
    }
    attach(r, n);
    return n;
}
