/* Who is asked when the plan comes to nothing. */
#include "run/fallbacks.h"

#include "run/candidates.h"
#include "run/deployments.h"

#include <orxaq/event.h>

/* ---- Which list ------------------------------------------------------------------------------ */

static const orx_strings *own_or(const orx_strings *own, const orx_strings *common) {
    return own->count ? own : common;
}

const orx_strings *orx_run_list_names(const orx_config *cfg, const orx_provider_config *owner,
                                      orx_run_list list) {
    switch (list) {
    case ORX_LIST_GENERAL:
        return own_or(&owner->fallbacks, &cfg->route.fallbacks);
    case ORX_LIST_CONTEXT:
        return own_or(&owner->context_fallbacks, &cfg->route.context_fallbacks);
    case ORX_LIST_CONTENT:
        return own_or(&owner->content_fallbacks, &cfg->route.content_fallbacks);
    case ORX_LIST_PLAN:
    default:
        return NULL;
    }
}

const char *orx_run_list_word(orx_run_list list) {
    static const char *const words[] = {"plan", "fallback", "context_fallback", "content_fallback"};
    return words[list];
}

bool orx_run_list_follows(orx_run_list now, orx_run_list next) {
    return next == now || (now == ORX_LIST_PLAN && next == ORX_LIST_GENERAL);
}

orx_run_list orx_run_list_after(const orx_run_plan *plan, size_t i, int kind) {
    orx_run_list now = plan->steps[i].list;
    orx_run_list wanted = kind == ORXAQ_KIND_CONTEXT_TOO_LONG ? ORX_LIST_CONTEXT
                          : kind == ORXAQ_KIND_REFUSED        ? ORX_LIST_CONTENT
                                                              : now;
    for (size_t n = i + 1; n < plan->count; n++)
        if (plan->steps[n].list == wanted)
            return wanted;
    return now;
}

/* ---- Adding them ----------------------------------------------------------------------------- */

/* Who a name means, or false: it may not be asked (local-only mode), or not for tasks. */
static bool resolve(orx_try *t, const char *text, orx_run_step *ret_step) {
    orx_view model = orx_view_of(text);
    orx_view name;
    (void)orx_view_split(&model, '/', &name);
    orx_provider *v = orx_run_provider(t->r, orx_arena_dup(&t->arena, name));
    if (!v || v->forbidden || !orx_run_does_tasks(v->instance))
        return false;
    const char *own = v->cfg->model ? v->cfg->model : "";
    const char *asked = model.len ? orx_arena_dup(&t->arena, model) : own;
    const char *listed = orx_run_model_allowed(v->cfg, asked);
    if (!listed)
        return false;
    *ret_step = (orx_run_step){
        .provider = v,
        .deployment = orx_run_deployment(&t->arena, v->cfg->name, listed),
        .model = listed,
    };
    return true;
}

static bool is_in(const orx_run_step *steps, size_t count, const char *deployment) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(steps[i].deployment, deployment) == 0)
            return true;
    return false;
}

static void note_filtered(orx_try *t, const orx_run_filtered *f) {
    orx_run_plan *plan = &t->plan;
    orx_run_filtered *list = orx_arena_zalloc(&t->arena, plan->filtered_count + 1, sizeof *list);
    for (size_t i = 0; i < plan->filtered_count; i++) {
        list[i] = plan->filtered[i];
        if (strcmp(list[i].deployment, f->deployment) == 0)
            return;
    }
    list[plan->filtered_count++] = *f;
    plan->filtered = list;
}

static bool takes_a_call(orx_try *t, const orx_run_step *step) {
    orx_run_filtered f = {.deployment = step->deployment};
    if (!t->deployments)
        return true;
    f.why = orx_run_deployment_refusal(t, step->provider->cfg, step->model, orx_run_least_tokens(t),
                                       &f.wait_ns);
    if (f.why)
        note_filtered(t, &f);
    return !f.why;
}

/* Behind `to`; how many. One that was asked in the plan proper need not be asked again for the same
 * reason, while a list of its own may well name it. */
static size_t add_list(orx_try *t, orx_run_list list, orx_run_step *to) {
    const orx_strings *names = orx_run_list_names(t->r->cfg, t->provider->cfg, list);
    const orx_run_plan *plan = &t->plan;
    size_t n = 0;
    for (size_t i = 0; i < names->count; i++) {
        orx_run_step step;
        bool general = list == ORX_LIST_GENERAL;
        if (!resolve(t, names->items[i], &step) || is_in(to, n, step.deployment) ||
            (general && is_in(plan->steps, plan->count, step.deployment)) ||
            !takes_a_call(t, &step))
            continue;
        step.list = list;
        to[n++] = step;
    }
    return n;
}

/* ---- A plan in which nobody takes a call ------------------------------------------------------
 */

/* What keeps all entries of the plan from being called, when one and the same thing does. */
typedef enum shut { SHUT_NOT, SHUT_FOR_NOW, SHUT_TOO_LONG } shut;

static shut look(orx_try *t) {
    const orx_run_plan *plan = &t->plan;
    size_t too_long = 0;
    int64_t tokens = orx_run_least_tokens(t);
    for (size_t i = 0; t->deployments && i < plan->count; i++) {
        int64_t wait;
        const orx_run_step *s = &plan->steps[i];
        const char *why = orx_run_deployment_refusal(t, s->provider->cfg, s->model, tokens, &wait);
        if (!why)
            return SHUT_NOT;
        too_long += wait < 0;
    }
    if (!plan->count || !t->deployments)
        return SHUT_NOT;
    return too_long == plan->count ? SHUT_TOO_LONG : SHUT_FOR_NOW;
}

static void drop_all(orx_try *t) {
    for (size_t i = 0; i < t->plan.count; i++)
        (void)takes_a_call(t, &t->plan.steps[i]);
    t->plan.count = 0;
}

void orx_run_fallbacks_add(orx_try *t) {
    const orx_config *cfg = t->r->cfg;
    orx_run_plan *plan = &t->plan;
    const orx_provider_config *owner = t->provider->cfg;
    size_t most = orx_run_list_names(cfg, owner, ORX_LIST_GENERAL)->count +
                  orx_run_list_names(cfg, owner, ORX_LIST_CONTEXT)->count +
                  orx_run_list_names(cfg, owner, ORX_LIST_CONTENT)->count;
    if (!most || !plan->count)
        return;
    orx_run_step *more = orx_arena_zalloc(&t->arena, most, sizeof *more);
    orx_run_step *steps = orx_arena_zalloc(&t->arena, plan->count + most, sizeof *steps);
    size_t general = add_list(t, ORX_LIST_GENERAL, more);
    size_t context = add_list(t, ORX_LIST_CONTEXT, more + general);
    size_t n = general + context + add_list(t, ORX_LIST_CONTENT, more + general + context);
    shut why = look(t);
    size_t skipped = why == SHUT_TOO_LONG && context ? general : 0;
    plan->group += general;
    if ((why == SHUT_TOO_LONG && context) || (why != SHUT_NOT && general))
        drop_all(t);
    for (size_t i = 0; i < plan->count; i++)
        steps[i] = plan->steps[i];
    for (size_t i = skipped; i < n; i++)
        steps[plan->count++] = more[i];
    plan->steps = steps;
}
