#include "fleet/reach.h"

#include "base/address.h"

#include <string.h>

void orx_reach_add(orx_reaches *list, const orx_reach *fact) {
    for (size_t i = 0; i < list->len; i++) {
        orx_reach *known = &list->items[i];
        if (strcmp(known->address, fact->address) != 0)
            continue;
        known->reachable = known->reachable || fact->reachable;
        known->why = known->reachable ? "" : known->why;
        return;
    }
    orx_vec_push(list, *fact);
}

static bool is_at_the_door(int64_t status) {
    return status == 401 || status == 403 || status == 404 || status == 405;
}

static void add_row(orx_reaches *list, const orx_node *row, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    const char *base = orx_node_str(orx_node_get(row, "api_base"), "");
    if (orx_address_is_private(orx_view_of(base)) || !orx_address_key(orx_view_of(base), &key))
        return;
    bool there = orx_node_bool(orx_node_get(row, "ok"), false) ||
                 is_at_the_door(orx_node_int(orx_node_get(row, "status_code"), 0));
    orx_reach_add(list,
                  &(orx_reach){.name = orx_node_str(orx_node_get(row, "id"), ""),
                               .address = orx_arena_dup(arena, orx_str_view(&key)),
                               .reachable = there,
                               .why = there ? "" : orx_node_str(orx_node_get(row, "error"), "")});
}

void orx_reach_add_report(orx_reaches *list, const orx_node *report, orx_arena *arena) {
    ORX_NODE_EACH(orx_node_get(report, "endpoints"), row)
    add_row(list, row, arena);
}

int64_t orx_reach_count(const orx_reaches *list) {
    int64_t n = 0;
    for (size_t i = 0; i < list->len; i++)
        n += list->items[i].reachable;
    return n;
}
