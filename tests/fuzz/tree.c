#include "tree.h"

#include <math.h>

static uint32_t check_node(const orx_node *n, uint32_t depth);

static uint32_t check_children(const orx_node *n, uint32_t depth) {
    uint32_t total = 0;
    uint32_t count = 0;
    const orx_node *last = NULL;
    ORX_NODE_EACH(n, it) {
        FUZZ_CHECK((it->key.p != NULL) == (n->kind == ORX_OBJECT));
        if (it->key.p) {
            FUZZ_CHECK(it->key.p[it->key.len] == '\0');
            FUZZ_CHECK(orx_view_is_utf8(it->key));
            FUZZ_CHECK(it->key_line > 0 && it->key_column > 0);
        }
        total += check_node(it, depth + 1);
        count++;
        last = it;
    }
    FUZZ_CHECK(count == n->count);
    FUZZ_CHECK(last == n->u.child.last);
    return total;
}

static uint32_t check_node(const orx_node *n, uint32_t depth) {
    FUZZ_CHECK(n->line > 0 && n->column > 0);
    if (n->kind == ORX_STRING) {
        FUZZ_CHECK(n->u.s.p && n->u.s.p[n->u.s.len] == '\0');
        FUZZ_CHECK(orx_view_is_utf8(n->u.s));
    }
    if (n->kind == ORX_DOUBLE)
        FUZZ_CHECK(isfinite(n->u.d));
    if (n->kind != ORX_ARRAY && n->kind != ORX_OBJECT)
        return 1;
    FUZZ_CHECK(depth < ORX_DOC_DEPTH_MAX);
    return 1 + check_children(n, depth);
}

const orx_node *fuzz_parse(fuzz_parse_fn parse, orx_arena *arena, orx_view text) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    int rc = parse(arena, "fuzz", text, &orx_limits_config, &root, &err);
    if (rc < 0) {
        FUZZ_CHECK(!root && err.code == rc);
        FUZZ_CHECK(rc == ORX_E_INVALID || rc == ORX_E_LIMIT);
        FUZZ_CHECK(orx_view_starts(orx_view_of(err.msg), "fuzz:"));
        FUZZ_CHECK(strstr(err.msg, "expected ") && strstr(err.msg, "found "));
        return NULL;
    }
    FUZZ_CHECK(rc == 0 && root && err.code == 0);
    FUZZ_CHECK(check_node(root, 0) <= orx_limits_config.max_nodes);
    return root;
}

static void read_back(const orx_node *n, const orx_str *text, fuzz_parse_fn parse) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *again = NULL;
    int rc = parse(&arena, "again", orx_str_view(text), &orx_limits_data, &again, &err);
    if (rc < 0)
        (void)fprintf(stderr, "%s\n%.*s\n", err.msg, (int)text->len, text->buf);
    FUZZ_CHECK(rc == 0);
    FUZZ_CHECK(orx_node_equal(n, again));
}

void fuzz_round_trips(const orx_node *n) {
    for (int style = ORX_JSON_OURS; style <= ORX_JSON_PY_INDENT; style++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_json_write(&text, n, (orx_json_style)style);
        read_back(n, &text, orx_json_parse);
    }
    ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
    orx_yaml_write(&yaml, n);
    read_back(n, &yaml, orx_yaml_parse);
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    FUZZ_CHECK(orx_node_equal(n, orx_node_copy(&arena, n)));
}
