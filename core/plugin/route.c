#include "plugin/route.h"

#include "plugin/registry.h"
#include "plugin/services.h"

#define WHY_MAX 1024

/* What the router writes into. */
typedef struct writing {
    orxaq_plan table; /* first: what the router holds */
    const orxaq_route_request *request;
    orx_arena *arena;
    orx_plan plan;
    bool reason_given;
    const char *problem; /* the first thing that was wrong */
    const char *why;     /* of the score before: many have the same */
    size_t why_len;
} writing;

static writing *writing_of(const orxaq_plan *plan) {
    return (writing *)plan;
}

static int32_t refuse(writing *w, const char *why) {
    if (!w->problem)
        w->problem = why;
    return ORXAQ_E_INVALID;
}

static const char *mended(writing *w, orx_view bytes) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    orx_str_add_utf8(&clean, bytes);
    return orx_arena_dup(w->arena, orx_str_view(&clean));
}

static const char *text_of(writing *w, orxaq_view text) {
    orx_view bytes = orx_view_in(text);
    if (bytes.len > WHY_MAX)
        bytes.len = WHY_MAX;
    return orx_view_is_utf8(bytes) ? orx_arena_dup(w->arena, bytes) : mended(w, bytes);
}

static const char *why_of(writing *w, orxaq_view text) {
    bool again = w->why && text.len && text.len == w->why_len &&
                 memcmp(text.data, w->why, (size_t)text.len) == 0;
    if (!again) {
        w->why = text_of(w, text);
        w->why_len = strlen(w->why);
    }
    return w->why;
}

static const char *model_of(writing *w, const orxaq_route_attempt *a) {
    const orxaq_candidate *c = ORXAQ_AT(orxaq_candidate, w->request->candidates, a->candidate);
    return text_of(w, a->model.len ? a->model : c->model);
}

static int32_t on_attempt(const orxaq_plan *plan, const orxaq_route_attempt *attempt) {
    writing *w = writing_of(plan);
    if (!attempt || attempt->struct_size < sizeof *attempt)
        return refuse(w, "an attempt without a complete table");
    if (attempt->candidate >= w->request->candidate_count)
        return refuse(w, "an attempt with a candidate that does not exist");
    if (w->plan.count == ORX_PLAN_MAX)
        return refuse(w, "more than 64 attempts");
    if (attempt->max_cost_nano_usd < 0 || attempt->max_tokens < 0 || attempt->timeout_ns < 0)
        return refuse(w, "an attempt with a negative limit");
    w->plan.steps[w->plan.count++] = (orx_plan_step){
        .candidate = attempt->candidate,
        .escalation = attempt->escalation != 0,
        .model = model_of(w, attempt),
        .max_cost_nano_usd = attempt->max_cost_nano_usd,
        .max_tokens = attempt->max_tokens,
        .timeout_ns = attempt->timeout_ns,
    };
    return ORXAQ_OK;
}

static int32_t on_score(const orxaq_plan *plan, uint32_t candidate, double score, orxaq_view why) {
    writing *w = writing_of(plan);
    if (candidate >= w->request->candidate_count)
        return refuse(w, "a score for a candidate that does not exist");
    if (score != score)
        return refuse(w, "a score that is no number");
    w->plan.scores[candidate] = (orx_plan_score){true, score, why_of(w, why)};
    return ORXAQ_OK;
}

static int32_t on_reason(const orxaq_plan *plan, const orxaq_route_reason *reason) {
    writing *w = writing_of(plan);
    if (!reason || reason->struct_size < sizeof *reason)
        return refuse(w, "a reason without a complete table");
    if (!(reason->propensity > 0 && reason->propensity <= 1))
        return refuse(w, "a propensity outside (0, 1]");
    w->plan.objective = text_of(w, reason->objective);
    w->plan.reason = text_of(w, reason->reason);
    w->plan.propensity = reason->propensity;
    w->reason_given = true;
    return ORXAQ_OK;
}

static writing writing_new(const orxaq_route_request *request, orx_arena *arena) {
    writing w = {.table = {.struct_size = sizeof w.table,
                           .attempt = on_attempt,
                           .score = on_score,
                           .reason = on_reason},
                 .request = request,
                 .arena = arena};
    w.plan.steps = orx_arena_alloc(arena, ORX_PLAN_MAX * sizeof *w.plan.steps);
    w.plan.scores =
        orx_arena_zalloc(arena, (size_t)request->candidate_count + 1, sizeof *w.plan.scores);
    for (uint32_t i = 0; i < request->candidate_count; i++)
        w.plan.scores[i].why = "";
    w.plan.objective = "";
    w.plan.reason = "";
    w.plan.propensity = 1;
    return w;
}

static int bad_plan(orx_instance *instance, const char *why, orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID, "router %s (%s) gave a plan that cannot be used: %s",
                       orx_plugin_descriptor(orx_instance_plugin(instance))->id,
                       orx_instance_name(instance), why);
}

static const orxaq_router *router_of(orx_instance *instance, orx_err *err) {
    const orxaq_router *router = orx_plugin_router(orx_instance_plugin(instance));
    if (!router)
        orx_err_set(err, ORX_E_UNSUPPORTED, "plugin %s (%s) is no router",
                    orx_plugin_descriptor(orx_instance_plugin(instance))->id,
                    orx_instance_name(instance));
    return router;
}

int orx_route_select(orx_instance *instance, const orxaq_route_request *request, orx_arena *arena,
                     orx_plan *ret_plan, orx_err *err) {
    const orxaq_router *router = router_of(instance, err);
    if (!router)
        return ORX_E_UNSUPPORTED;
    writing w = writing_new(request, arena);
    int rc = 0;
    int64_t begin = orx_mono_ns(instance->all->p);
    orx_instance_enter(instance);
    int32_t code = router->select(instance->object, request, &w.table);
    w.plan.took_ns = orx_mono_ns(instance->all->p) - begin;
    if (code < 0)
        rc = orx_instance_failed(instance, "select", code, err);
    orx_instance_leave(instance);
    if (rc < 0)
        return rc;
    if (w.problem)
        return bad_plan(instance, w.problem, err);
    if (w.plan.count == 0)
        return bad_plan(instance, "it names no candidate", err);
    if (request->deadline_ns > 0 && w.plan.took_ns > request->deadline_ns)
        return orx_err_set(
            err, ORX_E_TIMEOUT, "router %s (%s) took %lld us; its deadline is %lld us",
            orx_plugin_descriptor(instance->plugin)->id, instance->name,
            (long long)(w.plan.took_ns / 1000), (long long)(request->deadline_ns / 1000));
    *ret_plan = w.plan;
    return 0;
}

int orx_route_feedback(orx_instance *instance, const orxaq_route_feedback *feedback, orx_err *err) {
    const orxaq_router *router = router_of(instance, err);
    if (!router)
        return ORX_E_UNSUPPORTED;
    if (!router->feedback)
        return 0;
    int rc = 0;
    orx_instance_enter(instance);
    int32_t code = router->feedback(instance->object, feedback);
    if (code < 0)
        rc = orx_instance_failed(instance, "feedback", code, err);
    orx_instance_leave(instance);
    return rc;
}
