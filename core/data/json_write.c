#include "data/json.h"

#include "data/sorted.h"

#include <stdlib.h>

typedef struct writer {
    orx_str *out;
    bool ascii;
    bool sorted;
    bool indented;
    const char *comma; /* between elements, before the line break when indented */
    const char *colon;
    uint32_t depth;
} writer;

static void write_node(writer *w, const orx_node *n);

static void line_break(writer *w) {
    if (!w->indented)
        return;
    size_t width = (size_t)w->depth * 2;
    char *to = orx_str_reserve(w->out, width + 1);
    to[0] = '\n';
    memset(to + 1, ' ', width);
    orx_str_commit(w->out, width + 1);
}

static void write_member(writer *w, const orx_node *n, bool first, bool keyed) {
    if (!first)
        orx_str_adds(w->out, w->comma);
    line_break(w);
    if (keyed) {
        orx_json_quote(w->out, n->key, w->ascii);
        orx_str_adds(w->out, w->colon);
    }
    write_node(w, n);
}

static void write_sorted(writer *w, const orx_node *object) {
    const orx_node **members = orx_node_sorted(object);
    for (uint32_t i = 0; i < object->count; i++)
        write_member(w, members[i], i == 0, true);
    free(members);
}

static void write_container(writer *w, const orx_node *n) {
    bool object = n->kind == ORX_OBJECT;
    orx_str_addc(w->out, object ? '{' : '[');
    w->depth++;
    if (object && w->sorted) {
        write_sorted(w, n);
    } else {
        ORX_NODE_EACH(n, it)
        write_member(w, it, it == n->u.child.first, object);
    }
    w->depth--;
    if (n->count)
        line_break(w);
    orx_str_addc(w->out, object ? '}' : ']');
}

static void write_node(writer *w, const orx_node *n) {
    switch (n->kind) {
    case ORX_NULL:
        orx_str_adds(w->out, "null");
        break;
    case ORX_BOOL:
        orx_str_adds(w->out, n->u.b ? "true" : "false");
        break;
    case ORX_INT:
        orx_str_add_int(w->out, n->u.i);
        break;
    case ORX_DOUBLE:
        orx_json_double(w->out, n->u.d);
        break;
    case ORX_STRING:
        orx_json_quote(w->out, n->u.s, w->ascii);
        break;
    case ORX_ARRAY:
    case ORX_OBJECT:
        write_container(w, n);
        break;
    }
}

void orx_json_write(orx_str *out, const orx_node *n, orx_json_style style) {
    bool python = style == ORX_JSON_PY_LINE || style == ORX_JSON_PY_INDENT;
    bool indented = style == ORX_JSON_OURS_PRETTY || style == ORX_JSON_PY_INDENT;
    writer w = {.out = out,
                .ascii = python,
                .sorted = python || style == ORX_JSON_CANONICAL,
                .indented = indented,
                .comma = style == ORX_JSON_PY_LINE ? ", " : ",",
                .colon = python || indented ? ": " : ":"};
    write_node(&w, n);
}
