#include "data/doc.h"

#include "data/sorted.h"

#include <stdlib.h>

const orx_doc_limits orx_limits_config = {(size_t)1 << 20, ORX_DOC_DEPTH_MAX, 100000};
const orx_doc_limits orx_limits_data = {(size_t)256 << 20, ORX_DOC_DEPTH_MAX, 20000000};

const orx_node *orx_node_first(const orx_node *n) {
    return n && (n->kind == ORX_ARRAY || n->kind == ORX_OBJECT) ? n->u.child.first : NULL;
}

static const orx_node *get(const orx_node *n, orx_view key) {
    if (!n || n->kind != ORX_OBJECT)
        return NULL;
    ORX_NODE_EACH(n, it)
    if (orx_view_eq(it->key, key))
        return it;
    return NULL;
}

const orx_node *orx_node_get(const orx_node *n, const char *key) {
    return get(n, orx_view_of(key));
}

const orx_node *orx_node_at(const orx_node *n, uint32_t index) {
    if (!n || n->kind != ORX_ARRAY || index >= n->count)
        return NULL;
    const orx_node *it = n->u.child.first;
    while (index-- > 0)
        it = it->next;
    return it;
}

/* "[12]" at the front of *rest. */
static const orx_node *step_index(const orx_node *n, orx_view *rest) {
    const char *close = memchr(rest->p, ']', rest->len);
    int64_t index;
    if (!close ||
        !orx_view_to_i64(orx_view_mem(rest->p + 1, (size_t)(close - rest->p) - 1), &index))
        return NULL;
    *rest = orx_view_mem(close + 1, rest->len - (size_t)(close + 1 - rest->p));
    return index >= 0 && index < UINT32_MAX ? orx_node_at(n, (uint32_t)index) : NULL;
}

static const orx_node *step_name(const orx_node *n, orx_view *rest) {
    size_t len = 0;
    while (len < rest->len && rest->p[len] != '.' && rest->p[len] != '[')
        len++;
    orx_view name = orx_view_mem(rest->p, len);
    *rest = orx_view_mem(rest->p + len, rest->len - len);
    return get(n, name);
}

const orx_node *orx_node_path(const orx_node *n, const char *path) {
    orx_view rest = orx_view_of(path);
    bool start = true;
    while (n && rest.len) {
        if (rest.p[0] == '[') {
            n = step_index(n, &rest);
        } else {
            if (!start) {
                if (rest.p[0] != '.')
                    return NULL;
                rest = orx_view_mem(rest.p + 1, rest.len - 1);
            }
            n = step_name(n, &rest);
        }
        start = false;
    }
    return n;
}

const char *orx_kind_name(orx_kind kind) {
    static const char *const names[] = {"null",     "true or false", "an integer", "a number",
                                        "a string", "an array",      "an object"};
    return (size_t)kind < ORX_ARRAY_LEN(names) ? names[kind] : "nothing";
}

const char *orx_node_str(const orx_node *n, const char *otherwise) {
    return n && n->kind == ORX_STRING ? n->u.s.p : otherwise;
}

int64_t orx_node_int(const orx_node *n, int64_t otherwise) {
    return n && n->kind == ORX_INT ? n->u.i : otherwise;
}

bool orx_node_bool(const orx_node *n, bool otherwise) {
    return n && n->kind == ORX_BOOL ? n->u.b : otherwise;
}

double orx_node_num(const orx_node *n, double otherwise) {
    if (n && n->kind == ORX_INT)
        return (double)n->u.i;
    return n && n->kind == ORX_DOUBLE ? n->u.d : otherwise;
}

static bool equal_arrays(const orx_node *a, const orx_node *b) {
    const orx_node *y = orx_node_first(b);
    ORX_NODE_EACH(a, x) {
        if (!orx_node_equal(x, y))
            return false;
        y = y->next;
    }
    return true;
}

/* Objects written by one program mostly agree in order too, so that is tried first. */
static bool same_order(const orx_node *a, const orx_node *b) {
    const orx_node *y = orx_node_first(b);
    ORX_NODE_EACH(a, x) {
        if (!orx_view_eq(x->key, y->key))
            return false;
        y = y->next;
    }
    return true;
}

static bool equal_objects(const orx_node *a, const orx_node *b) {
    if (same_order(a, b))
        return equal_arrays(a, b);
    const orx_node **x = orx_node_sorted(a);
    const orx_node **y = orx_node_sorted(b);
    bool equal = true;
    for (uint32_t i = 0; i < a->count && equal; i++)
        equal = orx_view_eq(x[i]->key, y[i]->key) && orx_node_equal(x[i], y[i]);
    free(x);
    free(y);
    return equal;
}

bool orx_node_equal(const orx_node *a, const orx_node *b) {
    if (!a || !b || a->kind != b->kind)
        return a == b;
    switch (a->kind) {
    case ORX_NULL:
        return true;
    case ORX_BOOL:
        return a->u.b == b->u.b;
    case ORX_INT:
        return a->u.i == b->u.i;
    case ORX_DOUBLE:
        return a->u.d == b->u.d;
    case ORX_STRING:
        return orx_view_eq(a->u.s, b->u.s);
    case ORX_ARRAY:
        return a->count == b->count && equal_arrays(a, b);
    case ORX_OBJECT:
        return a->count == b->count && equal_objects(a, b);
    }
    return false;
}
