#include "config/load.h"

/* A copy of map with the member `program` set. */
static const orx_node *with_program(orx_arena *arena, const orx_node *map,
                                    const orx_program *program) {
    orx_node *copy = orx_node_copy(arena, map);
    orx_node *text = orx_node_new_str(arena, orx_view_of(program->value->u.s));
    orx_node *list = orx_node_new(arena, ORX_ARRAY);
    if (program->list)
        orx_node_push(list, text);
    orx_node_set(arena, copy, "program", program->list ? list : text);
    return copy;
}

static void register_member(orx_loader *l, const orx_config_value *map, const orx_node *member,
                            const orx_program *program) {
    orx_config_value *v = ORX_ARENA_NEW(&l->st->arena, orx_config_value);
    *v = *map;
    v->path = orx_arena_printf(&l->st->arena, "%s.%.*s", map->path, ORX_VIEW_ARG(member->key));
    v->u.map = member;
    if (program && orx_view_is(member->key, "program")) {
        v->origin = program->value->origin;
        v->where = program->value->where;
    } else {
        v->where = orx_loader_where(l, member);
    }
    orx_loader_register(l, v, true);
}

const orx_node *orx_loader_settings(orx_loader *l, const orx_config_key *key, const char *path,
                                    const orx_node *node, const orx_program *program) {
    orx_config_value *v = orx_loader_resolve(l, key, path, &(orx_layers){.node = node});
    if (!v->set)
        v->u.map = orx_node_new(&l->st->arena, ORX_OBJECT);
    v->set = true;
    if (program)
        v->u.map = with_program(&l->st->arena, v->u.map, program);
    orx_loader_register(l, v, v->u.map->count == 0);
    ORX_NODE_EACH(v->u.map, member)
    register_member(l, v, member, program);
    return v->u.map;
}
