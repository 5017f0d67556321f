/* The pure parts of plans: which model is allowed, who comes next, what came of the decision. */
#include "run/plan.h"

#include "run/fallbacks.h"
#include "run/runner.h"

#include "config/router_name.h"

#include <orxaq/event.h>

const char *orx_run_model_allowed(const orx_provider_config *provider, const char *model) {
    orx_view wanted = orx_view_of(model);
    const char *own = provider->model ? provider->model : "";
    if (!*own && !provider->models.count)
        return model;
    if (orx_view_ieq(wanted, orx_view_of(own)))
        return own;
    for (size_t i = 0; i < provider->models.count; i++)
        if (orx_view_ieq(wanted, orx_view_of(provider->models.items[i])))
            return provider->models.items[i];
    return NULL;
}

const char *orx_run_first_model(const orx_provider_config *provider, const char *wanted) {
    bool names_one = *wanted && !orx_is_router_name(wanted);
    const char *listed = names_one ? orx_run_model_allowed(provider, wanted) : NULL;
    if (listed && *listed)
        return listed;
    if (provider->model)
        return provider->model;
    return provider->router_name && provider->models.count ? provider->models.items[0] : "";
}

/* Whether another candidate may succeed where a call ended like this. Whoever is refused access
 * with one model of a provider is refused with all of them. */
static bool may_do_better(int kind, const orx_run_step *failed, const orx_run_step *next) {
    switch (kind) {
    case ORXAQ_KIND_OK:
    case ORXAQ_KIND_KILLED:
        return false;
    case ORXAQ_KIND_AUTH:
        return failed->provider != next->provider;
    default:
        return true;
    }
}

/* Whether the call itself was fine and its work was not. */
static bool fell_short(const orx_facts *f) {
    if (f->kind != ORXAQ_KIND_OK)
        return false;
    return f->claim != ORX_CLAIM_DONE || f->evidence == ORX_EVIDENCE_FAILED ||
           f->evidence == ORX_EVIDENCE_NO_CHANGE || f->evidence == ORX_EVIDENCE_OUT_OF_SCOPE;
}

/* Once the task has been escalated, all that follows is for tasks that were. */
int orx_run_plan_next(const orx_run_plan *plan, size_t i, const orx_facts *facts) {
    const orx_run_step *now = &plan->steps[i];
    bool escalate = fell_short(facts);
    orx_run_list list = orx_run_list_after(plan, i, facts->kind);
    if (facts->evidence == ORX_EVIDENCE_TAMPERED)
        return -1;
    for (size_t n = i + 1; n < plan->count; n++) {
        const orx_run_step *next = &plan->steps[n];
        bool open = !next->escalation || now->escalation;
        if (!orx_run_list_follows(list, next->list))
            continue;
        if (escalate ? next->escalation : open && may_do_better(facts->kind, now, next))
            return (int)n;
    }
    return -1;
}

/* [K] for the first two; the others did not exist. */
static const char *failover_reason(int kind) {
    switch (kind) {
    case ORXAQ_KIND_BAD_MODEL:
        return "unsupported_model_fallback";
    case ORXAQ_KIND_TIMEOUT:
        return "timeout_fallback";
    case ORXAQ_KIND_OVERLOADED:
    case ORXAQ_KIND_RATE_LIMIT:
    case ORXAQ_KIND_QUOTA:
        return "capacity_fallback";
    default:
        return "failed_call_fallback";
    }
}

orx_routellm_decision orx_run_plan_decided(const orx_run_plan *plan) {
    orx_routellm_decision d = plan->decision;
    size_t last = 0;
    size_t failed = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->called[i].done) {
            failed = last;
            last = i;
        }
    if (plan->routed || last == 0 || plan->called[failed].kind == ORXAQ_KIND_OK)
        return d;
    d.strategy = "static_fallback";
    d.fallback_used = true;
    d.reason = failover_reason(plan->called[failed].kind);
    return d;
}
