/* The static order by a strategy: who else could do the task, and how each stands. */
#include "run/strategy.h"

#include "config/local.h"
#include "route/strategy.h"
#include "run/candidates.h"

#define STEPS_MAX 256

bool orx_run_in_group(const orx_config *cfg, const orx_provider_config *owner,
                      const orx_provider_config *p) {
    bool sorted = orx_config_strategy(cfg, owner) != ORX_STRATEGY_ORDER && !cfg->routellm.enabled;
    return sorted && p != owner && p->enabled && owner->group && p->group &&
           strcmp(p->group, owner->group) == 0;
}

/* ---- Who else -------------------------------------------------------------------------------- */

static void add_models(orx_try *t, orx_provider *v) {
    orx_run_plan *plan = &t->plan;
    size_t count = 0;
    const char *const *models = orx_run_models(v->cfg, &t->arena, &count);
    for (size_t i = 0; i < count && plan->count < STEPS_MAX; i++)
        plan->steps[plan->count++] = (orx_run_step){
            .provider = v,
            .deployment = orx_run_deployment(&t->arena, v->cfg->name, models[i]),
            .model = models[i],
        };
}

static void add_group(orx_try *t) {
    const orx_config *cfg = t->r->cfg;
    orx_run_step *steps = orx_arena_zalloc(&t->arena, STEPS_MAX, sizeof *steps);
    orx_run_plan *plan = &t->plan;
    plan->count = plan->count < STEPS_MAX ? plan->count : STEPS_MAX;
    for (size_t i = 0; i < plan->count; i++)
        steps[i] = plan->steps[i];
    plan->steps = steps;
    for (size_t i = 0; i < cfg->provider_count; i++) {
        if (!orx_run_in_group(cfg, t->provider->cfg, &cfg->providers[i]))
            continue;
        orx_provider *v = orx_run_provider(t->r, cfg->providers[i].name);
        if (v && !v->forbidden && orx_run_does_tasks(v->instance))
            add_models(t, v);
    }
}

/* ---- How each stands ------------------------------------------------------------------------- */

/* What a million tokens in and out cost together; -1 = nobody knows. A model of one's own that has
 * no price is the cheapest there is: its machine runs anyway. */
static int64_t price_of(orx_try *t, const orx_run_step *step) {
    orx_runner *r = t->r;
    const orx_meter meter = orx_run_meter(r, step->provider->cfg);
    orx_rates rates;
    if (!orx_meter_rates(&meter, step->model, orx_wall_ns(r->p), &rates))
        return orx_config_is_local(step->provider->cfg) ? 0 : -1;
    int64_t in = rates.of[ORX_CLASS_INPUT];
    int64_t out = rates.of[ORX_CLASS_OUTPUT];
    return in < 0 || out < 0 ? -1 : in + out;
}

static orx_strategy_member member_of(orx_try *t, const orx_run_step *step) {
    const orx_provider_config *p = step->provider->cfg;
    const orx_deployment_row *row = orx_deployments_find(t->deployments, p->name, step->model);
    orx_deployment_ref ref;
    orx_deployment d = {.at = 0};
    if (row)
        d = row->d;
    orx_deployment_ref_of(t->r->cfg, p, step->model, &t->arena, &ref);
    orx_deployment_settle(&d, &ref.policy, t->deployments->now);
    return (orx_strategy_member){
        .weight = p->weight,
        .rpm = p->rpm,
        .tpm = p->tpm,
        .in_flight = row ? row->in_flight : 0,
        .limit = d.limit,
        .milli_tps = d.milli_tps,
        .latency_ns = d.latency_ns,
        .price = price_of(t, step),
        .used_ppm = orx_deployment_used(&d, t->deployments->now),
        .rank = p->rank,
        .tier = p->tier,
        .local = orx_config_is_local(p),
    };
}

/* ---- The order ------------------------------------------------------------------------------- */

static void sort(orx_try *t, orx_strategy strategy) {
    orx_run_plan *plan = &t->plan;
    uint64_t seed;
    orx_strategy_member *members = orx_arena_zalloc(&t->arena, plan->count + 1, sizeof *members);
    orx_run_step *steps = orx_arena_zalloc(&t->arena, plan->count + 1, sizeof *steps);
    orx_random(t->r->p, &seed, sizeof seed);
    for (size_t i = 0; i < plan->count; i++)
        members[i] = member_of(t, &plan->steps[i]);
    const size_t *order = orx_strategy_order(strategy, members, plan->count, seed, &t->arena);
    for (size_t i = 0; i < plan->count; i++) {
        steps[i] = plan->steps[order[i]];
        steps[i].stood = &members[order[i]];
    }
    plan->steps = steps;
}

void orx_run_strategy_limit(orx_try *t) {
    const orx_provider_config *p = t->provider->cfg;
    size_t most = p->max_tries ? (size_t)p->max_tries : t->plan.count;
    if (orx_config_strategy(t->r->cfg, p) != ORX_STRATEGY_ORDER && t->plan.count > most)
        t->plan.count = most;
}

void orx_run_strategy_apply(orx_try *t) {
    orx_strategy strategy = orx_config_strategy(t->r->cfg, t->provider->cfg);
    if (strategy == ORX_STRATEGY_ORDER || !t->deployments || !t->plan.count)
        return;
    add_group(t);
    /* Calls of processes that are gone would keep a place busy. */
    (void)orx_deployments_verify(t->r->s, (orx_deployment_rows *)t->deployments, NULL);
    sort(t, strategy);
    t->plan.reason = orx_strategy_reason(strategy);
    t->plan.decision.selected = t->plan.steps[0].model;
    t->plan.decision.reason = t->plan.reason;
}
