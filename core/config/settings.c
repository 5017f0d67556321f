#include "config/load.h"

/* A copy of map with the member `command` set to a text. */
static const orx_node *with_command(orx_arena *arena, const orx_node *map, const char *command) {
    orx_node *copy = orx_node_copy(arena, map);
    orx_node_set_str(arena, copy, "command", command);
    return copy;
}

static void register_member(orx_loader *l, const orx_config_value *map, const orx_node *member,
                            const orx_config_value *command) {
    orx_config_value *v = ORX_ARENA_NEW(&l->st->arena, orx_config_value);
    *v = *map;
    v->path = orx_arena_printf(&l->st->arena, "%s.%.*s", map->path, ORX_VIEW_ARG(member->key));
    v->u.map = member;
    if (command && orx_view_is(member->key, "command")) {
        v->origin = command->origin;
        v->where = command->where;
    } else {
        v->where = orx_loader_where(l, member);
    }
    orx_loader_register(l, v, true);
}

const orx_node *orx_loader_settings(orx_loader *l, const orx_config_key *key, const char *path,
                                    const orx_node *node, const orx_config_value *command) {
    orx_config_value *v = orx_loader_resolve(l, key, path, &(orx_layers){.node = node});
    if (!v->set)
        v->u.map = orx_node_new(&l->st->arena, ORX_OBJECT);
    v->set = true;
    if (command)
        v->u.map = with_command(&l->st->arena, v->u.map, command->u.s);
    orx_loader_register(l, v, v->u.map->count == 0);
    ORX_NODE_EACH(v->u.map, member)
    register_member(l, v, member, command);
    return v->u.map;
}
