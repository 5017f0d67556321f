#include "fleet/names.h"

#include <stdlib.h>

int orx_names_check(const orx_node *n, const char *file, const char *what, orx_err *err) {
    if (!n || n->kind == ORX_NULL)
        return 0;
    if (n->kind != ORX_ARRAY)
        return orx_err_set(err, ORX_E_INVALID, "%s:%u: %s is %s; expected a list of names", file,
                           n->line, what, orx_kind_name(n->kind));
    ORX_NODE_EACH(n, it) {
        if (it->kind != ORX_STRING)
            return orx_err_set(err, ORX_E_INVALID, "%s:%u: %s holds %s; expected names", file,
                               it->line, what, orx_kind_name(it->kind));
    }
    return 0;
}

bool orx_names_have(const orx_node *names, orx_view name) {
    ORX_NODE_EACH(names, n) {
        if (n->kind == ORX_STRING && orx_view_eq(n->u.s, name))
            return true;
    }
    return false;
}

void orx_names_add(orx_arena *arena, orx_node *out, const orx_node *names) {
    ORX_NODE_EACH(names, n) {
        if (n->kind == ORX_STRING && n->u.s.len && !orx_names_have(out, n->u.s))
            orx_node_push(out, orx_node_new_str(arena, n->u.s));
    }
}

static bool defined(const orx_node *providers, orx_view name) {
    ORX_NODE_EACH(providers, row) {
        const orx_node *n = orx_node_get(row, "name");
        if (n && n->kind == ORX_STRING && orx_view_eq(orx_view_trim(n->u.s), name))
            return true;
    }
    return false;
}

static int by_text(const void *a, const void *b) {
    return orx_view_cmp((*(const orx_node *const *)a)->u.s, (*(const orx_node *const *)b)->u.s);
}

const char *orx_names_unknown(orx_arena *arena, const orx_node *names, const orx_node *providers) {
    orx_node *each = orx_node_new(arena, ORX_ARRAY);
    orx_names_add(arena, each, names);
    const orx_node **found = orx_arena_zalloc(arena, each->count + 1, sizeof *found);
    const char *joined = NULL;
    size_t count = 0;
    ORX_NODE_EACH(each, n) {
        if (!defined(providers, n->u.s))
            found[count++] = n;
    }
    qsort(found, count, sizeof *found, by_text);
    for (size_t i = 0; i < count; i++)
        joined = i ? orx_arena_printf(arena, "%s, %s", joined, found[i]->u.s.p) : found[i]->u.s.p;
    return joined;
}
