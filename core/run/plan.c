/* Making the plan of an attempt: candidates, router; the static rule is plan_models.c. */
#include "run/plan.h"

#include "plugin/route.h"
#include "route/switch.h"
#include "run/candidates.h"
#include "run/deployments.h"
#include "run/fallbacks.h"
#include "run/network.h"
#include "run/plan_models.h"
#include "run/routers.h"
#include "run/runner.h"
#include "run/text.h"

#include <stdio.h>
#include <stdlib.h>

/* A router answers at once; this is for one that does not. */
#define SELECT_NS (2 * ORX_SEC)

/* ---- Asking ---------------------------------------------------------------------------------- */

static orxaq_task_features features_of(const orx_try *t) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "%s\n%s", t->task.title, t->task.description);
    return (orxaq_task_features){
        .struct_size = sizeof(orxaq_task_features),
        .priority = (int32_t)t->task.priority,
        .attempt = (int32_t)t->number,
        .last_kind = t->last_kind,
        .task_id = orxaq_str(t->task.id),
        .owner = orxaq_str(t->task.owner),
        .role = orxaq_str(t->provider->cfg->name),
        .title = orxaq_str(t->task.title),
        .text = orxaq_str(t->task.description),
        .model_wanted = orxaq_str(orx_run_wanted(t)),
        .prompt_tokens = orx_text_tokens(orx_str_view(&text)),
        .embedding = t->embedding.vector.count ? t->embedding.vector.values : NULL,
        .embedding_count = t->embedding.vector.count,
    };
}

static int ask(orx_try *t, const orx_candidates *c, uint64_t seed, orx_plan *ret_plan,
               orx_err *err) {
    int rc = orx_run_router(t->r, orx_run_router_name(t), &t->router, err);
    if (rc < 0)
        return rc;
    orx_embedding_get(t, orx_run_router_embedding(t->r, t->router), &t->embedding);
    const orxaq_task_features task = features_of(t);
    const orxaq_budget budget = {.struct_size = sizeof budget,
                                 .task_nano_usd = -1,
                                 .day_nano_usd = -1,
                                 .tokens = -1,
                                 .time_ns = -1};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = (uint32_t)c->count,
                                         .task = &task,
                                         .candidates = c->views,
                                         .budget = &budget,
                                         .seed = seed,
                                         .deadline_ns = SELECT_NS};
    rc = orx_route_select(t->router, &request, &t->arena, ret_plan, err);
    if (rc < 0 && t->embedding.reason)
        return orx_err_set(err, rc, "%s: %s", t->embedding.reason, t->embedding.problem);
    return rc;
}

/* ---- From the router's plan to ours -----------------------------------------------------------
 */

/* Takes over what is allowed; *ret_skipped gets a reason for each entry that is not. */
static void take_over(orx_try *t, const orx_candidates *c, const orx_plan *from,
                      const char **skipped) {
    orx_run_plan *plan = &t->plan;
    plan->steps = orx_arena_zalloc(&t->arena, from->count, sizeof *plan->steps);
    plan->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        const orx_plan_step *s = &from->steps[i];
        const orx_candidate *who = &c->items[s->candidate];
        const char *model = orx_run_model_allowed(who->provider->cfg, s->model);
        if (!model) {
            skipped[i] = "model_not_allowed";
            continue;
        }
        plan->steps[plan->count++] = (orx_run_step){
            .provider = who->provider,
            .deployment = orx_run_deployment(&t->arena, who->provider->cfg->name, model),
            .model = model,
            .escalation = s->escalation,
            .timeout_ns = s->timeout_ns,
            .max_tokens = s->max_tokens,
            .max_cost_nano_usd = s->max_cost_nano_usd,
        };
    }
}

/* Where the owner's provider may not be called, but others may: those in their order. */
static void take_all(orx_try *t, const orx_candidates *c) {
    orx_run_plan *plan = &t->plan;
    plan->steps = orx_arena_zalloc(&t->arena, c->count, sizeof *plan->steps);
    for (plan->count = 0; plan->count < c->count; plan->count++)
        plan->steps[plan->count] = (orx_run_step){.provider = c->items[plan->count].provider,
                                                  .deployment = c->items[plan->count].deployment,
                                                  .model = c->items[plan->count].model};
    plan->reason = "static";
    t->problem = NULL;
}

static int routed(orx_try *t, orx_err *err) {
    orx_candidates c;
    orx_err why = ORX_ERR_INIT;
    uint64_t seed;
    orx_plan from = {0};
    int rc = orx_run_candidates(t, &c, err);
    if (rc < 0)
        return rc;
    orx_random(t->r->p, &seed, sizeof seed);
    orx_run_deployments_offer(t, &c);
    int64_t begun = orx_mono_ns(t->r->p);
    rc = c.count ? ask(t, &c, seed, &from, &why)
                 : orx_err_set(&why, ORX_E_DENIED, "no candidate may be called");
    const char **skipped = orx_arena_zalloc(&t->arena, from.count + 1, sizeof *skipped);
    if (rc == 0) {
        take_over(t, &c, &from, skipped);
        t->plan.routed = true;
        t->plan.reason = from.reason;
        if (!t->plan.count)
            rc = orx_err_set(&why, ORX_E_DENIED,
                             "router %s: the operator's lists allow no entry of its plan",
                             orx_instance_name(t->router));
    }
    if (rc < 0 && t->router)
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "the static order is used: %s", why.msg);
    if (rc < 0)
        orx_run_plan_static(t, orx_arena_strdup(&t->arena, why.msg));
    else
        orx_run_plan_by_router(t);
    if (!t->plan.count && c.count)
        take_all(t, &c);
    orx_run_network_order(t);
    t->plan.decision.latency_ns = orx_mono_ns(t->r->p) - begun;
    orx_run_fallbacks_add(t);
    const orx_planned p = {.candidates = &c,
                           .plan = &from,
                           .skipped = skipped,
                           .seed = seed,
                           .error = rc < 0 ? why.msg : NULL};
    return orx_run_plan_note(t, &p, err);
}

/* Whether anybody will want to know why it was planned like this. */
static bool worth_noting(const orx_run_plan *plan) {
    return plan->count != 1 || !plan->plain || plan->dropped;
}

/* Whether somebody would be asked who is switched off. */
static bool is_silenced(const orx_try *t) {
    return t->routers_off && (orx_run_router_name(t) || t->r->cfg->routellm.enabled);
}

static int look_at_switch(orx_try *t, orx_err *err) {
    orx_route_switch sw;
    int rc = orx_route_switch_read(t->r->s, t->r->cfg, &t->arena, &sw, err);
    if (rc == 0 && sw.off)
        t->routers_off = *sw.reason ? sw.reason : "no reason was given";
    return rc;
}

int orx_run_plan_make(orx_try *t, orx_err *err) {
    int rc = look_at_switch(t, err);
    bool ask_router = orx_run_router_name(t) && !t->routers_off;
    if (rc < 0)
        return rc;
    if (ask_router) {
        rc = routed(t, err);
    } else {
        orx_run_plan_static(t, NULL);
        orx_run_fallbacks_add(t);
    }
    bool told = worth_noting(&t->plan) || t->plan.filtered_count || is_silenced(t) || t->network;
    if (rc == 0 && !ask_router && told)
        rc = orx_run_plan_note(t, NULL, err);
    t->plan.called = orx_arena_zalloc(&t->arena, t->plan.count + 1, sizeof *t->plan.called);
    return rc;
}

/* ---- Feedback -------------------------------------------------------------------------------- */

static int read_call(orx_try *t, int64_t call, orxaq_route_feedback *f, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(t->r->s,
                         "SELECT coalesce(cost_nano_usd, -1),"
                         " coalesce(input_tokens + coalesce(cache_read_tokens, 0)"
                         " + coalesce(cache_write_tokens, 0) + coalesce(output_tokens, 0)"
                         " + coalesce(reasoning_tokens, 0), -1), wall_ns FROM call WHERE id = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        f->cost_nano_usd = orx_sql_col_int(q, 0);
        f->tokens = orx_sql_col_int(q, 1);
        f->duration_ns = orx_sql_col_int(q, 2);
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static int tell_router(orx_try *t, size_t i, orx_err *err) {
    const orx_run_step *s = &t->plan.steps[i];
    const orx_run_called *c = &t->plan.called[i];
    orxaq_route_feedback f = {.struct_size = sizeof f,
                              .kind = c->kind,
                              .verified = c->verified,
                              .task_id = orxaq_str(t->task.id),
                              .deployment = orxaq_str(s->deployment),
                              .model = orxaq_str(s->model),
                              .reason = orxaq_str(t->plan.reason),
                              .cost_nano_usd = -1,
                              .tokens = -1,
                              .duration_ns = -1};
    int rc = read_call(t, c->call, &f, err);
    return rc < 0 ? rc : orx_route_feedback(t->router, &f, err);
}

void orx_run_plan_feedback(orx_try *t) {
    for (size_t i = 0; t->plan.routed && i < t->plan.count; i++) {
        orx_err err = ORX_ERR_INIT;
        if (t->plan.called[i].done && tell_router(t, i, &err) < 0)
            orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "%s", err.msg);
    }
}
