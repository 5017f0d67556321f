#include "data/doc.h"

orx_node *orx_node_new(orx_arena *arena, orx_kind kind) {
    orx_node *n = ORX_ARENA_NEW(arena, orx_node);
    n->kind = kind;
    if (kind == ORX_STRING)
        n->u.s = orx_view_of("");
    return n;
}

orx_node *orx_node_new_str(orx_arena *arena, orx_view text) {
    orx_node *n = orx_node_new(arena, ORX_STRING);
    n->u.s = orx_arena_view(arena, text);
    return n;
}

orx_node *orx_node_new_int(orx_arena *arena, int64_t value) {
    orx_node *n = orx_node_new(arena, ORX_INT);
    n->u.i = value;
    return n;
}

orx_node *orx_node_new_bool(orx_arena *arena, bool value) {
    orx_node *n = orx_node_new(arena, ORX_BOOL);
    n->u.b = value;
    return n;
}

orx_node *orx_node_new_double(orx_arena *arena, double value) {
    orx_node *n = orx_node_new(arena, ORX_DOUBLE);
    n->u.d = value;
    return n;
}

void orx_node_push(orx_node *array, orx_node *child) {
    child->next = NULL;
    if (array->u.child.last)
        array->u.child.last->next = child;
    else
        array->u.child.first = child;
    array->u.child.last = child;
    array->count++;
}

void orx_node_add(orx_arena *arena, orx_node *object, const char *key, orx_node *child) {
    child->key = orx_arena_view(arena, orx_view_of(key));
    orx_node_push(object, child);
}

void orx_node_set(orx_arena *arena, orx_node *object, const char *key, orx_node *child) {
    orx_node **link = &object->u.child.first;
    orx_view name = orx_view_of(key);
    while (*link && !orx_view_eq((*link)->key, name))
        link = &(*link)->next;
    orx_node *old = *link;
    if (!old) {
        orx_node_add(arena, object, key, child);
        return;
    }
    child->key = old->key;
    child->next = old->next;
    *link = child;
    if (object->u.child.last == old)
        object->u.child.last = child;
}

void orx_node_set_str(orx_arena *arena, orx_node *object, const char *key, const char *text) {
    orx_node_set(arena, object, key, orx_node_new_str(arena, orx_view_of(text)));
}

void orx_node_set_int(orx_arena *arena, orx_node *object, const char *key, int64_t value) {
    orx_node_set(arena, object, key, orx_node_new_int(arena, value));
}

void orx_node_set_bool(orx_arena *arena, orx_node *object, const char *key, bool value) {
    orx_node_set(arena, object, key, orx_node_new_bool(arena, value));
}

orx_node *orx_node_copy(orx_arena *arena, const orx_node *n) {
    orx_node *copy = ORX_ARENA_NEW(arena, orx_node);
    *copy = *n;
    copy->next = NULL;
    if (n->key.p)
        copy->key = orx_arena_view(arena, n->key);
    if (n->kind == ORX_STRING)
        copy->u.s = orx_arena_view(arena, n->u.s);
    if (n->kind != ORX_ARRAY && n->kind != ORX_OBJECT)
        return copy;
    copy->count = 0;
    copy->u.child.first = copy->u.child.last = NULL;
    ORX_NODE_EACH(n, it)
    orx_node_push(copy, orx_node_copy(arena, it));
    return copy;
}
