/* The document of a scaling decision. */
#include "cli/scaling.h"

#include <math.h>

/* What is not known is null, not a number that means something else. */
static void put(orx_arena *a, orx_node *n, const char *key, double value) {
    orx_node_set(a, n, key,
                 isfinite(value) ? orx_node_new_double(a, value) : orx_node_new(a, ORX_NULL));
}

static orx_node *texts(orx_arena *a, const char *const *list, size_t count) {
    orx_node *n = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < count; i++)
        orx_node_push(n, orx_node_new_str(a, orx_view_of(list[i])));
    return n;
}

/* [K] with its three words. */
static void put_limits(orx_arena *a, orx_node *n, const orx_scaling_group *g) {
    orx_node *capacity = orx_node_new(a, ORX_OBJECT);
    orx_node *limits = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, capacity, "requested_parallel_agents", g->choice.lanes);
    orx_node_set_int(a, capacity, "requested_subagents_per_agent", g->facts.subagents);
    put(a, limits, "projected_daily_spend_usd", g->choice.projected_usd);
    put(a, limits, "daily_budget_usd", g->facts.daily_budget_usd);
    orx_node_set_int(a, limits, "max_parallel_agents", g->facts.max_parallel_agents);
    orx_node_set_int(a, limits, "max_subagents_per_agent", g->facts.max_subagents);
    orx_node_set(a, n, "capacity", capacity);
    orx_node_set(a, n, "constraints", limits);
}

static void put_margin(orx_arena *a, orx_node *n, const orx_npv_margin *m) {
    put(a, n, "expected_value_uplift_usd", m->uplift);
    put(a, n, "expected_incremental_cost_usd", m->cost);
    put(a, n, "uncertainty_penalty_usd", m->penalty);
    put(a, n, "marginal_npv_usd", m->npv);
}

static orx_node *step_nodes(orx_arena *a, const orx_scaling_choice *c) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < c->step_count; i++) {
        const orx_scaling_step *s = &c->steps[i];
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_int(a, n, "parallel_agents", s->lanes);
        put(a, n, "further_tasks", s->margin.tasks);
        put_margin(a, n, &s->margin);
        put(a, n, "projected_daily_spend_usd", s->projected_usd);
        orx_node_set_str(a, n, "verdict", s->blocked ? s->blocked : "allowed");
        orx_node_push(list, n);
    }
    return list;
}

static void put_work(orx_arena *a, orx_node *n, const orx_npv_work *w) {
    put(a, n, "pass_rate", w->pass_rate);
    put(a, n, "outcomes", w->outcomes);
    put(a, n, "cost_per_attempt_usd", w->cost);
    put(a, n, "seconds_per_attempt", w->seconds);
}

static orx_node *inputs_node(orx_arena *a, const orx_scaling_group *g) {
    const orx_scaling_facts *f = &g->facts;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "measured_in", g->of_root ? "root" : "group");
    put(a, n, "open_tasks", f->work.tasks);
    put_work(a, n, &f->work);
    put(a, n, "pass_rate_predicted", f->predicted ? f->predicted_rate : (double)NAN);
    put(a, n, "outcomes_with_cost", g->priced);
    put(a, n, "attempts_per_task_max", f->work.attempts);
    put(a, n, "spent_today_usd", f->spent_usd);
    put(a, n, "day_left", f->day_left);
    orx_node_set_str(a, n, "routing_state", g->routing);
    put(a, n, "task_value_usd", f->terms.task_value);
    put(a, n, "delay_cost_usd_per_day", f->terms.delay_cost);
    put(a, n, "lane_cost_usd_per_day", f->terms.lane_cost);
    put(a, n, "discount_rate", f->terms.rate);
    put(a, n, "uncertainty", f->terms.uncertainty);
    orx_node_set_int(a, n, "horizon_days", f->terms.days);
    put(a, n, "min_marginal_npv_usd", f->min_npv_usd);
    put(a, n, "min_pass_rate", f->min_pass_rate);
    return n;
}

static orx_node *model_nodes(orx_arena *a, const orx_scaling_group *g) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < g->model_count; i++) {
        const orx_scaling_model *m = &g->models[i];
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "deployment", m->deployment);
        orx_node_set_bool(a, n, "used", m->used);
        put_work(a, n, &m->work);
        orx_node_set_str(a, n, "pass_rate_is", m->predicted ? "predicted" : "measured");
        if (m->problem)
            orx_node_set_str(a, n, "problem", m->problem);
        else
            put_margin(a, n, &m->margin);
        orx_node_push(list, n);
    }
    return list;
}

static orx_node *lane_nodes(orx_arena *a, const orx_scaling_group *g) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < g->lanes->count; i++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(g->lanes->members[i]->id)));
    return list;
}

orx_node *orx_scaling_group_node(orx_cli *c, const orx_scaling_group *g) {
    orx_arena *a = &c->arena;
    const orx_scaling_choice *choice = &g->choice;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "group", g->lanes->name);
    orx_node_set_str(a, n, "decision", choice->decision);
    orx_node_set_bool(a, n, "should_scale", choice->lanes > 1);
    put(a, n, "marginal_npv_usd", choice->npv_usd);
    orx_node_set(a, n, "reasons", texts(a, choice->reasons, choice->reason_count));
    orx_node_set_bool(a, n, "stop_loss_triggered", choice->stop_loss);
    put_limits(a, n, g);
    orx_node_set(a, n, "lanes", lane_nodes(a, g));
    orx_node_set(a, n, "steps", step_nodes(a, choice));
    orx_node_set(a, n, "inputs", inputs_node(a, g));
    orx_node_set(a, n, "models", model_nodes(a, g));
    return n;
}
