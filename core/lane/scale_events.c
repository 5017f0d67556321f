/* How often the places of lanes changed, from the journal. */
#include "lane/internal.h"

#include "data/json.h"

#define PREFIX (sizeof "lane." - 1)

typedef struct counting {
    orx_arena *arena;
    orx_map *counts;
} counting;

static orx_lane_scalings *of_lane(const counting *g, const char *id) {
    orx_lane_scalings *c = orx_map_get(g->counts, orx_view_of(id));
    if (!c) {
        c = ORX_ARENA_NEW(g->arena, orx_lane_scalings);
        orx_map_put(g->counts, orx_view_of(id), c);
    }
    return c;
}

static bool count(const orx_event_row *row, void *user) {
    const counting *g = user;
    const orx_node *body = NULL;
    char time[ORX_ISO_MAX];
    if (orx_json_parse(g->arena, "event", row->body, &orx_limits_data, &body, NULL) < 0)
        return true;
    orx_lane_scalings *c = of_lane(g, orx_node_str(orx_node_get(body, "lane"), ""));
    c->up += orx_view_is(row->kind, "lane.scale_up");
    c->down += orx_view_is(row->kind, "lane.scale_down");
    c->hold += orx_view_is(row->kind, "lane.scale_hold");
    orx_iso_time(row->wall_ns, time);
    c->latest = orx_node_copy(g->arena, body);
    orx_node_set_str(g->arena, c->latest, "timestamp", time);
    orx_node_set(
        g->arena, c->latest, "event_type",
        orx_node_new_str(g->arena, (orx_view){row->kind.p + PREFIX, row->kind.len - PREFIX}));
    return true;
}

void orx_lane_scalings_read(orx_store *s, orx_arena *arena, orx_map *ret_counts) {
    counting g = {.arena = arena, .counts = ret_counts};
    const orx_event_filter f = {.kind_prefix = "lane.scale_", .apart = true};
    if (s)
        (void)orx_event_each(s, &f, count, &g, NULL);
}
