/* The event route.planned: enough to judge the decision later. */
#include "route/strategy.h"
#include "run/candidates.h"
#include "run/deployments.h"
#include "run/fallbacks.h"
#include "run/network.h"
#include "run/routers.h"

#include <stdio.h>

static void put_limit(orx_arena *a, orx_node *n, const char *key, int64_t value) {
    if (value)
        orx_node_set_int(a, n, key, value);
}

static orx_node *step_node(orx_arena *a, const char *deployment, const char *model, bool escalation,
                           const char *skipped) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "deployment", deployment);
    orx_node_set_str(a, n, "model", model);
    if (escalation)
        orx_node_set_bool(a, n, "escalation", true);
    if (skipped)
        orx_node_set_str(a, n, "skipped", skipped);
    return n;
}

static void put_known(orx_arena *a, orx_node *n, const char *key, int64_t value) {
    if (value >= 0)
        orx_node_set_int(a, n, key, value);
}

/* What a strategy could go by, so that another one can be asked later (simulate.h). */
static void put_standing(orx_arena *a, orx_node *n, const orx_strategy_member *m) {
    orx_node_set_int(a, n, "in_flight", m->in_flight);
    put_known(a, n, "milli_tps", m->milli_tps);
    put_known(a, n, "latency_ms", m->latency_ns < 0 ? -1 : m->latency_ns / ORX_MS);
    put_known(a, n, "price_nano_usd", m->price);
    put_limit(a, n, "used_ppm", m->used_ppm);
}

/* What the router wrote, also what is not used. */
static orx_node *written_steps(orx_arena *a, const orx_planned *p) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < p->plan->count; i++) {
        const orx_plan_step *s = &p->plan->steps[i];
        orx_node *n = step_node(a, p->candidates->items[s->candidate].deployment, s->model,
                                s->escalation, p->skipped[i]);
        put_limit(a, n, "timeout_ms", s->timeout_ns / ORX_MS);
        put_limit(a, n, "max_tokens", s->max_tokens);
        put_limit(a, n, "max_cost_nano_usd", s->max_cost_nano_usd);
        orx_node_push(list, n);
    }
    return list;
}

/* Those of the plan proper, or those behind it. */
static orx_node *used_steps(orx_arena *a, const orx_run_plan *plan, bool behind) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < plan->count; i++) {
        const orx_run_step *s = &plan->steps[i];
        if ((s->list != ORX_LIST_PLAN) != behind)
            continue;
        orx_node *n = step_node(a, s->deployment, s->model, s->escalation, NULL);
        if (s->stood)
            put_standing(a, n, s->stood);
        if (behind)
            orx_node_set_str(a, n, "list", orx_run_list_word(s->list));
        orx_node_push(list, n);
    }
    return list;
}

/* What the router could go by, so that another one can be asked later (simulate.h). */
static void put_figures(orx_arena *a, orx_node *n, const orxaq_candidate *c) {
    orx_node_set_int(a, n, "calls", c->calls);
    put_limit(a, n, "in_flight", c->in_flight > 0 ? c->in_flight : 0);
    put_known(a, n, "context_tokens", c->context_tokens);
    if (c->local)
        orx_node_set_bool(a, n, "local", true);
    if (!c->calls)
        return;
    put_known(a, n, "success_ppm", c->success_ppm);
    put_known(a, n, "latency_ms", c->latency_ns < 0 ? -1 : c->latency_ns / ORX_MS);
    put_known(a, n, "cost_nano_usd", c->cost_nano_usd);
}

static orx_node *candidate_nodes(orx_arena *a, const orx_planned *p) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < p->candidates->count; i++) {
        const orx_plan_score *score = p->plan->scores ? &p->plan->scores[i] : NULL;
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "deployment", p->candidates->items[i].deployment);
        put_figures(a, n, &p->candidates->views[i]);
        if (score && score->given) {
            orx_node_set(a, n, "score", orx_node_new_double(a, score->score));
            orx_node_set_str(a, n, "why", score->why);
        }
        orx_node_push(list, n);
    }
    return list;
}

static void put_router(orx_try *t, orx_arena *a, orx_node *body, const orx_planned *p) {
    char seed[17];
    (void)snprintf(seed, sizeof seed, "%016llx", (unsigned long long)p->seed);
    orx_node_set_str(a, body, "router", orx_run_router_name(t));
    if (*orx_run_wanted(t))
        orx_node_set_str(a, body, "wanted", orx_run_wanted(t));
    if (t->router) {
        const orxaq_plugin *d = orx_plugin_descriptor(orx_instance_plugin(t->router));
        orx_node_set_str(a, body, "plugin", d->id);
        orx_node_set_str(a, body, "version", d->version);
    }
    orx_node *embedding = orx_embedding_node(&t->embedding, a);
    if (embedding)
        orx_node_set(a, body, "embedding", embedding);
    orx_node_set_str(a, body, "seed", seed);
    orx_node_set(a, body, "candidates", candidate_nodes(a, p));
    if (p->error)
        orx_node_set_str(a, body, "error", p->error);
    if (!p->plan->count)
        return;
    orx_node_set_str(a, body, "objective", p->plan->objective);
    orx_node_set(a, body, "propensity", orx_node_new_double(a, p->plan->propensity));
    orx_node_set(a, body, "plan", written_steps(a, p));
}

static orx_node *text_list(orx_arena *a, const char *const *texts) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (; *texts; texts++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(*texts)));
    return list;
}

static orx_node *filtered_nodes(orx_arena *a, const orx_run_plan *plan) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < plan->filtered_count; i++)
        orx_node_push(list, orx_run_filtered_node(a, &plan->filtered[i]));
    return list;
}

int orx_run_plan_note(orx_try *t, const orx_planned *p, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "reason", t->plan.reason);
    if (t->routers_off)
        orx_node_set_str(&arena, body, "switched_off", t->routers_off);
    if (p)
        put_router(t, &arena, body, p);
    if (!t->plan.plain)
        orx_node_set(&arena, body, "decision",
                     orx_routellm_decision_node(&t->plan.decision, &arena));
    if (t->plan.dropped)
        orx_node_set(&arena, body, "dropped", text_list(&arena, t->plan.dropped));
    if (t->plan.filtered_count)
        orx_node_set(&arena, body, "filtered", filtered_nodes(&arena, &t->plan));
    if (!t->plan.routed)
        orx_node_set(&arena, body, "static", used_steps(&arena, &t->plan, false));
    else if (t->plan.reordered)
        orx_node_set(&arena, body, "used", used_steps(&arena, &t->plan, false));
    if (t->network)
        orx_node_set(&arena, body, "network", orx_run_network_node(t, &arena));
    orx_node *behind = used_steps(&arena, &t->plan, true);
    if (behind->u.child.first)
        orx_node_set(&arena, body, "fallbacks", behind);
    const orx_event e = {
        .kind = "route.planned", .schema = 1, .task = t->task.id, .attempt = t->id, .body = body};
    return orx_event_note(t->r->s, &e, err);
}
