/* What a change of a group's decision means for lanes that are at work. */
#include "lane/internal.h"

#include "lane/scaling.h"

enum { NOTHING_YET = 0, A_PLACE = 1, NO_PLACE = -1 };

static void tell(orx_lane_kept *kept, const char *kind, const orx_lane_slot *slot) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    bool down = strcmp(kind, "lane.scale_down") == 0;
    orx_node_set_str(&a, body, "lane", kept->id);
    orx_node_set_str(&a, body, "group", slot->group);
    orx_node_set_int(&a, body, "slot", slot->slot);
    orx_node_set_int(&a, body, "allowed", slot->allowed);
    if (down)
        orx_node_set_str(&a, body, "reason", "scale_down_npv_gate");
    else if (slot->code)
        orx_node_set_str(&a, body, "reason", slot->code);
    if (slot->text)
        orx_node_set_str(&a, body, "text", slot->text);
    const orx_event e = {.kind = kind, .schema = 1, .body = body};
    (void)orx_event_note(kept->fleet->office->store, &e, NULL);
}

/* A lane that lost its place ends after its task, by being asked to begin anew: the plan then does
 * not let it. What the operator wanted of it stays as it is. */
static void take_place(orx_lane_kept *kept, bool running, const orx_lane_slot *slot) {
    orx_err err = ORX_ERR_INIT;
    if (kept->scaled == NO_PLACE)
        return;
    kept->scaled = NO_PLACE;
    tell(kept, running ? "lane.scale_down" : "lane.scale_hold", slot);
    if (running && orx_lane_renew(kept, &err) < 0)
        orx_lane_say(kept->fleet, "lane %s cannot be scaled down: %s", kept->id, err.msg);
}

static void give_place(orx_lane_kept *kept, bool running, const orx_lane_slot *slot) {
    if (!running || kept->scaled == A_PLACE)
        return;
    kept->scaled = A_PLACE;
    if (slot->slot > 1)
        tell(kept, "lane.scale_up", slot);
}

static void rescale(orx_lane_kept *kept, const orx_lane_slot *slot) {
    bool running = orx_keeper_has_process(kept->fleet->office->keeper, kept->id);
    if (slot->code)
        take_place(kept, running, slot);
    else if (slot->group)
        give_place(kept, running, slot);
}

void orx_lanes_rescale(orx_lane_fleet *f) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    size_t i = 0;
    const orx_map_entry *e;
    if (!orx_lanes_any_npv(&f->reading->lanes))
        return;
    const orx_lane_plan_input input = orx_lane_input(f, NULL);
    const orx_lane_slot *slots = orx_lanes_slots(&f->reading->lanes, &input, &a);
    while ((e = orx_map_next(&f->lanes, &i))) {
        orx_lane_kept *kept = e->value;
        if (kept->there && kept->now && !kept->problem)
            rescale(kept, &slots[kept->now - f->reading->lanes.items]);
    }
}
