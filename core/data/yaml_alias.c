#include "data/yaml_reader.h"

orx_yaml_anchor *orx_yaml_set_anchor(orx_yaml_reader *r, const char *name, const orx_node *node) {
    orx_yaml_anchor *anchor = ORX_ARENA_NEW(r->arena, orx_yaml_anchor);
    anchor->node = node;
    anchor->nodes = 1;
    orx_map_put(&r->anchors, orx_view_of(name), anchor);
    return anchor;
}

/* The texts are shared with the original: they live as long, and a long text with many aliases
 * costs nothing. */
static void copy_children(orx_arena *arena, orx_node *to, const orx_node *from) {
    if (from->kind != ORX_ARRAY && from->kind != ORX_OBJECT)
        return;
    to->count = 0;
    to->u.child.first = to->u.child.last = NULL;
    ORX_NODE_EACH(from, it) {
        orx_node *copy = ORX_ARENA_NEW(arena, orx_node);
        *copy = *it;
        copy_children(arena, copy, it);
        orx_node_push(to, copy);
    }
}

static int check(const orx_yaml_reader *r, orx_pos pos, const char *name,
                 const orx_yaml_anchor *anchor) {
    if (!anchor)
        return orx_text_fail(r->err, ORX_E_INVALID, r->name, pos,
                             "expected the name of an anchor above, found *%.100s: define &%.100s "
                             "before it is used",
                             name, name);
    if (anchor->open)
        return orx_text_fail(r->err, ORX_E_INVALID, r->name, pos,
                             "expected another value, found *%.100s inside &%.100s itself", name,
                             name);
    uint32_t max_depth =
        r->limits->max_depth < ORX_DOC_DEPTH_MAX ? r->limits->max_depth : ORX_DOC_DEPTH_MAX;
    if (r->depth + anchor->height > max_depth)
        return orx_text_fail(r->err, ORX_E_LIMIT, r->name, pos,
                             "expected at most %u levels of nesting, found more behind *%.100s",
                             max_depth, name);
    if (anchor->nodes > r->limits->max_nodes - r->nodes ||
        anchor->nodes > ORX_YAML_ALIAS_NODES - r->alias_nodes)
        return orx_text_fail(r->err, ORX_E_LIMIT, r->name, pos,
                             "expected at most %u values in one file and %u from aliases, found "
                             "more with *%.100s written out: use fewer aliases",
                             r->limits->max_nodes, ORX_YAML_ALIAS_NODES, name);
    return 0;
}

int orx_yaml_expand(orx_yaml_reader *r, orx_pos pos, const char *name) {
    const orx_yaml_anchor *anchor = orx_map_get(&r->anchors, orx_view_of(name));
    int rc = check(r, pos, name, anchor);
    if (rc < 0)
        return rc;
    orx_node *n = orx_yaml_add(r, pos);
    if (!n)
        return ORX_E_LIMIT;
    n->kind = anchor->node->kind;
    n->count = anchor->node->count;
    n->u = anchor->node->u;
    copy_children(r->arena, n, anchor->node);
    orx_yaml_grow(r, anchor->height);
    r->nodes += anchor->nodes - 1;
    r->alias_nodes += anchor->nodes;
    return 0;
}
