#include "random.h"

#include "data/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

uint32_t draw(generator *g, uint32_t bound) {
    g->state = g->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)((g->state >> 33) % bound);
}

static void add_character(orx_str *s, uint32_t c) {
    char text[32];
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *n = NULL;
    if (c < 0x10000)
        (void)snprintf(text, sizeof text, "\"\\u%04x\"", c);
    else
        (void)snprintf(text, sizeof text, "\"\\u%04x\\u%04x\"", 0xD800 + ((c - 0x10000) >> 10),
                       0xDC00 + ((c - 0x10000) & 0x3FF));
    if (orx_json_parse(&a, "c", orx_view_of(text), &orx_limits_config, &n, NULL) == 0)
        orx_str_addv(s, n->u.s);
}

static uint32_t random_character(generator *g) {
    static const char special[] = "\"\\/\b\f\n\r\t:#-?[]{},&*!|>'%@` ~";
    switch (draw(g, 8)) {
    case 0:
        return (unsigned char)special[draw(g, sizeof special - 1)];
    case 1:
        return draw(g, 0x20);
    case 2:
        return g->printable ? 0xA1 + draw(g, 0x700) : 0x7F + draw(g, 0x800);
    case 3:
        return draw(g, 2) && !g->printable ? 0xE000 + draw(g, 0x2000) : 0x10000 + draw(g, 0x100000);
    default:
        return 'a' + draw(g, 26);
    }
}

orx_view random_text(generator *g) {
    static const char *const words[] = {"true", "null", "no",  "1.5", "0644", "-",
                                        "<<",   "~",    "key", "---", "...",  ""};
    if (draw(g, 6) == 0)
        return orx_view_of(words[draw(g, ORX_ARRAY_LEN(words))]);
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    for (uint32_t n = draw(g, 20); n > 0; n--)
        add_character(&s, random_character(g));
    return orx_arena_view(g->arena, orx_str_view(&s));
}

static double random_double(generator *g) {
    if (draw(g, 2))
        return ((double)draw(g, 200000) - 100000) / 100;
    double d = ldexp((double)draw(g, 1U << 30) + 1, (int)draw(g, 2000) - 1050);
    return isfinite(d) ? d : DBL_MAX;
}

static int64_t random_integer(generator *g) {
    uint64_t bits = (uint64_t)draw(g, 1U << 31) << 33 | (uint64_t)draw(g, 1U << 31) << 2;
    return draw(g, 2) ? (int64_t)(bits >> draw(g, 64)) : -(int64_t)draw(g, 1000);
}

static orx_node *random_node(generator *g, int depth);

static orx_node *random_container(generator *g, orx_kind kind, int depth) {
    orx_node *n = orx_node_new(g->arena, kind);
    for (uint32_t i = draw(g, depth ? 8 : 30); i > 0 && g->nodes_left > 0; i--) {
        if (kind == ORX_ARRAY) {
            orx_node_push(n, random_node(g, depth + 1));
            continue;
        }
        orx_view key = random_text(g);
        if (!memchr(key.p, '\0', key.len))
            orx_node_set(g->arena, n, orx_arena_dup(g->arena, key), random_node(g, depth + 1));
    }
    return n;
}

static orx_node *random_node(generator *g, int depth) {
    g->nodes_left--;
    uint32_t kind = draw(g, depth < 8 ? 9 : 5);
    switch (kind) {
    case 0:
        return orx_node_new(g->arena, ORX_NULL);
    case 1:
        return orx_node_new_bool(g->arena, draw(g, 2));
    case 2:
        return orx_node_new_int(g->arena, random_integer(g));
    case 3:
        return orx_node_new_double(g->arena, random_double(g));
    case 4:
    case 5:
        return orx_node_new_str(g->arena, random_text(g));
    default:
        return random_container(g, kind == 6 ? ORX_ARRAY : ORX_OBJECT, depth);
    }
}

orx_node *random_document(generator *g, int nodes) {
    g->nodes_left = nodes;
    return random_container(g, draw(g, 2) ? ORX_ARRAY : ORX_OBJECT, 0);
}

/* Always something between "[" and a value: YAML needs a blank behind ':'. */
static void space(generator *g, orx_str *out) {
    static const char *const spaces[] = {" ", "\n", "  ", "\n    ", " \n ", "          "};
    orx_str_adds(out, spaces[draw(g, ORX_ARRAY_LEN(spaces))]);
}

void write_loosely(generator *g, orx_str *out, const orx_node *n) {
    if (n->kind != ORX_ARRAY && n->kind != ORX_OBJECT) {
        orx_json_write(out, n, ORX_JSON_OURS);
        return;
    }
    orx_str_addc(out, n->kind == ORX_ARRAY ? '[' : '{');
    ORX_NODE_EACH(n, it) {
        if (it != n->u.child.first)
            orx_str_addc(out, ',');
        space(g, out);
        if (n->kind == ORX_OBJECT) {
            orx_json_quote(out, it->key, false);
            orx_str_adds(out, ":");
            space(g, out);
        }
        write_loosely(g, out, it);
        if (draw(g, 2))
            space(g, out);
    }
    orx_str_addc(out, n->kind == ORX_ARRAY ? ']' : '}');
}
