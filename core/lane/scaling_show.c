/* The predecessor's block about scaling. */
#include "lane/scaling.h"

#include <math.h>

/* What is not known, or not limited, is null. */
static void put(orx_arena *a, orx_node *n, const char *key, bool known, double value) {
    bool there = known && isfinite(value);
    orx_node_set(a, n, key, there ? orx_node_new_double(a, value) : orx_node_new(a, ORX_NULL));
}

/* Lanes and helpers: whole numbers, unless a decision asks for half a lane. */
static void put_count(orx_arena *a, orx_node *n, const char *key, bool known, double value) {
    if (known && fabs(value) < 1e15 && floor(value) == value)
        orx_node_set_int(a, n, key, (int64_t)value);
    else
        put(a, n, key, known, value);
}

static orx_node *reasons_of(const orx_lane_gate *gate, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < gate->count; i++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(gate->reasons[i])));
    return list;
}

static orx_node *members_of(const orx_lane_group *g, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < g->count; i++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(g->members[i]->id)));
    return list;
}

/* What the decision asks for. */
static void put_wanted(orx_node *n, const orx_lane_wanted *w, orx_arena *a) {
    orx_node_set(a, n, "decision",
                 w->read ? orx_node_new_str(a, orx_view_of(w->word)) : orx_node_new(a, ORX_NULL));
    orx_node_set(a, n, "should_scale",
                 w->read ? orx_node_new_bool(a, w->approved) : orx_node_new(a, ORX_NULL));
    orx_node_set(a, n, "stop_loss_triggered",
                 w->read ? orx_node_new_bool(a, w->stop_loss) : orx_node_new(a, ORX_NULL));
    put(a, n, "marginal_npv_usd", w->read, w->npv);
    put_count(a, n, "requested_parallel_agents", w->read, w->lanes);
    put_count(a, n, "requested_subagents_per_agent", w->read, w->subagents);
    put(a, n, "projected_daily_spend_usd", w->read, w->projected);
}

/* What holds, whatever it asks for: the operator's limits, and the decision's own where they are
 * smaller (a budget: where there is no other). */
static void put_limits(orx_node *n, const orx_lane_group *g, const orx_lane_wanted *w,
                       orx_arena *a) {
    double own = w->read ? w->budget : 0;
    double budget = g->daily_budget_usd > 0 ? g->daily_budget_usd : own;
    double parallel = fmin((double)g->max_parallel_agents, (double)g->count);
    double subagents = (double)g->max_subagents;
    put(a, n, "min_marginal_npv_usd", true, g->min_npv_usd);
    put(a, n, "daily_budget_usd", budget > 0, budget);
    put_count(a, n, "max_parallel_agents", true,
              w->read ? fmin(parallel, w->max_parallel) : parallel);
    put_count(a, n, "max_subagents_per_agent", true,
              w->read ? fmin(subagents, w->max_subagents) : subagents);
}

static orx_node *group_node(const orx_lane_group *g, const orx_lane_gate *gate, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "decision_file", g->decision_file);
    put_wanted(n, &gate->wanted, a);
    put_limits(n, g, &gate->wanted, a);
    orx_node_set_int(a, n, "lane_count", (int64_t)g->count);
    orx_node_set_int(a, n, "allowed_parallel_lanes", gate->allowed);
    orx_node_set_bool(a, n, "ok", gate->count == 0);
    orx_node_set(a, n, "reasons", reasons_of(gate, a));
    orx_node_set(a, n, "lanes", members_of(g, a));
    return n;
}

/* A lane that is in no group may always run; one of a group without a place has nothing to do. */
static orx_node *lane_node(const orx_lane *l, const orx_lane_slot *s, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    bool grouped = strcmp(l->scaling_mode, "npv") == 0;
    orx_node_set_str(a, n, "mode", l->scaling_mode);
    orx_node_set_str(a, n, "group", s->group ? s->group : "");
    orx_node_set_int(a, n, "rank", l->scaling_rank);
    orx_node_set_int(a, n, "slot", grouped ? s->slot : 1);
    orx_node_set_bool(a, n, "allowed", !s->code);
    orx_node_set_str(a, n, "reason", s->code ? s->code : "");
    orx_node_set_str(a, n, "reason_text", s->text ? s->text : "");
    return n;
}

static orx_node *errors_of(const orx_lane_scaling *scaling, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < scaling->count; i++) {
        const orx_lane_group *g = &scaling->groups[i];
        if (g->several_files)
            orx_node_push(list, orx_node_new_str(a, orx_view_of(orx_arena_printf(
                                                        a,
                                                        "group %s: its lanes name several files of "
                                                        "decisions; only %s is read",
                                                        g->name, g->decision_file))));
    }
    return list;
}

orx_node *orx_lanes_scaling_node(const orx_lanes *lanes, const orx_lane_plan_input *in,
                                 const orx_lane_scaling *scaling, orx_arena *arena) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node *groups = orx_node_new(arena, ORX_OBJECT);
    orx_node *by_lane = orx_node_new(arena, ORX_OBJECT);
    orx_node *errors = errors_of(scaling, arena);
    for (size_t i = 0; i < scaling->count; i++)
        orx_node_add(arena, groups, scaling->groups[i].name,
                     group_node(&scaling->groups[i], &scaling->gates[i], arena));
    for (size_t i = 0; i < lanes->count; i++) {
        const orx_lane *l = &lanes->items[i];
        if (!l->problem && (!in->only || in->only == l))
            orx_node_add(arena, by_lane, l->id, lane_node(l, &scaling->slots[i], arena));
    }
    orx_node_set_bool(arena, n, "enabled", in->cfg->scaling.enabled);
    orx_node_set(arena, n, "groups", groups);
    orx_node_set(arena, n, "by_lane", by_lane);
    orx_node_set(arena, n, "errors", errors);
    orx_node_set_bool(arena, n, "ok", errors->count == 0);
    return n;
}
