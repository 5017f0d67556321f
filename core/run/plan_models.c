#include "run/plan_models.h"

#include "run/candidates.h"
#include "run/deployments.h"
#include "run/local_plan.h"
#include "run/network.h"
#include "run/record.h"
#include "run/route_chain.h"
#include "run/routers.h"
#include "run/strategy.h"

#include "config/router_name.h"

/* ---- The decision ---------------------------------------------------------------------------- */

/* A policy that cannot be read allows everything and is told about once. */
static orx_routellm_policy policy_of(orx_try *t) {
    orx_runner *r = t->r;
    orx_routellm_policy policy = orx_routellm_policy_none();
    orx_err why = ORX_ERR_INIT;
    if (orx_routellm_policy_read(r->p, r->cfg->paths.routellm_policy_file, t->provider->cfg->name,
                                 &t->arena, &policy, &why) == 0)
        return policy;
    if (!r->policy_problem || strcmp(r->policy_problem, why.msg) != 0) {
        r->policy_problem = orx_arena_strdup(&r->arena, why.msg);
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "every model is allowed: %s", why.msg);
    }
    return orx_routellm_policy_none();
}

/* [F] The policy's own limit used to be overruled by the default of the runner's. */
static int64_t timeout_of(const orx_config *cfg, const orx_routellm_policy *policy) {
    const orx_config_value *v = orx_config_get(cfg, "routellm.timeout");
    bool said = v && v->origin != ORX_ORIGIN_DEFAULT;
    if (said || !policy->timeout_ns)
        return cfg->routellm.timeout_ns;
    return policy->timeout_ns < ORX_SEC ? ORX_SEC : policy->timeout_ns;
}

static const char *first_model(const orx_try *t) {
    return orx_run_first_model(t->provider->cfg, t->task.model);
}

/* What is behind it: the provider's own model, when the task asks for another, and `models`. */
static orx_strings other_models(orx_try *t) {
    const orx_provider_config *cfg = t->provider->cfg;
    if (!cfg->model || first_model(t) == cfg->model)
        return cfg->models;
    orx_strings all = {.count = 1 + cfg->models.count};
    const char **items = orx_arena_zalloc(&t->arena, all.count, sizeof *items);
    items[0] = cfg->model;
    for (size_t i = 0; i < cfg->models.count; i++)
        items[i + 1] = cfg->models.items[i];
    all.items = items;
    return all;
}

/* Which models endpoints of local-only mode serve, and whether nothing but the requested one may be
 * asked for. */
typedef struct local_facts {
    orx_strings available;
    bool pinned;
} local_facts;

static void decide(orx_try *t, const orx_routellm_policy *policy, bool on,
                   const local_facts *local) {
    const orx_config *cfg = t->r->cfg;
    ORX_CLEANUP(orx_secrets_free) orx_secrets secrets = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "%s\n%s", t->task.title, t->task.description);
    if (on)
        orx_record_secrets(cfg, t->provider->instance, &secrets);
    const orx_routellm_question q = {.provider = t->provider->cfg->name,
                                     .requested = first_model(t),
                                     .text = orx_str_view(&text),
                                     .on = on,
                                     .url = cfg->routellm.url,
                                     .timeout_ns = timeout_of(cfg, policy),
                                     .plain_http = cfg->routellm.plain_http,
                                     .local_only = cfg->run.local_only,
                                     .available = local ? &local->available : NULL,
                                     .pinned = local && local->pinned,
                                     .secrets = &secrets,
                                     .stop = &t->r->stop};
    orx_routellm_decide(t->r->p, policy, &q, &t->arena, &t->plan.decision);
    if (*t->plan.decision.error || *t->plan.decision.notice)
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "the static order is used: %s%s",
                     t->plan.decision.error, t->plan.decision.notice);
}

/* ---- The order ------------------------------------------------------------------------------- */

/* Codex that was pointed at another server may be asked for any model. */
static bool asks_openai(const orx_provider_config *cfg) {
    return strcmp(cfg->plugin, "codex") == 0 && !orx_node_get(cfg->settings, "base_url") &&
           !orx_node_get(cfg->settings, "public_url") &&
           !orx_node_get(cfg->settings, "model_provider");
}

static bool says_something(const orx_routellm_policy *policy, const orx_routellm_decision *d) {
    return policy->allowed.count || *policy->fallback || strcmp(d->strategy, "routellm") == 0;
}

static orx_chain chain_of(orx_try *t, const orx_routellm_policy *policy) {
    const orx_provider_config *cfg = t->provider->cfg;
    const orx_chain_spec spec = {
        .plugin = cfg->plugin,
        .routed = says_something(policy, &t->plan.decision) ? &t->plan.decision : NULL,
        .model = first_model(t),
        .models = other_models(t),
        .codex_models = t->r->cfg->routellm.codex_models,
        .hosted = t->r->cfg->run.codex_filter_models && asks_openai(cfg),
    };
    orx_chain chain;
    orx_run_chain(&spec, &t->arena, &chain);
    return chain;
}

/* What was chosen and is not served is not what is called, and the decision says so. */
static void own_up(orx_try *t, const orx_chain *chain) {
    orx_routellm_decision *d = &t->plan.decision;
    if (strcmp(d->strategy, "routellm") != 0 ||
        orx_view_ieq(orx_view_of(d->selected), orx_view_of(chain->models[0])))
        return;
    d->strategy = "static_fallback";
    d->reason = "routed_model_not_served";
    d->notice = orx_arena_printf(&t->arena, "routed_model_not_served:%s", d->selected);
    d->fallback_used = true;
}

static void take_chain(orx_try *t, const orx_chain *chain) {
    orx_run_plan *plan = &t->plan;
    plan->count = chain->count;
    plan->steps = orx_arena_zalloc(&t->arena, plan->count, sizeof *plan->steps);
    for (size_t i = 0; i < plan->count; i++)
        plan->steps[i] = (orx_run_step){
            .provider = t->provider,
            .deployment = orx_run_deployment(&t->arena, t->provider->cfg->name, chain->models[i]),
            .model = chain->models[i],
        };
    if (chain->dropped_count)
        plan->dropped = chain->dropped;
}

/* The owner's provider may not be called. Nobody is asked which of its models would be best. */
static void nobody(orx_try *t, const orx_routellm_policy *policy) {
    decide(t, policy, false, NULL);
    t->plan.count = 0;
    t->plan.reason = "local_only";
    t->plan.plain = true;
    if (!t->problem)
        t->problem = t->provider->forbidden;
}

/* [K] */
static bool is_pinned(const orx_try *t, const orx_routellm_policy *policy,
                      const orx_strings *available) {
    const char *requested = first_model(t);
    bool served = available->count == 0;
    for (size_t i = 0; i < available->count && !served; i++)
        served = orx_routellm_same_model(orx_view_of(available->items[i]), orx_view_of(requested));
    return t->r->cfg->local.strict_model && served &&
           orx_routellm_allowed(&policy->allowed, requested) != NULL;
}

static orx_chain local_chain(orx_try *t) {
    const orx_provider_config *cfg = t->provider->cfg;
    const orx_chain_spec spec = {
        .plugin = cfg->plugin,
        .routed = &t->plan.decision,
        .model = first_model(t),
        .models = other_models(t),
        .local_only = true,
        .strict = t->r->cfg->local.strict_model,
    };
    orx_chain chain;
    orx_run_chain(&spec, &t->arena, &chain);
    return chain;
}

/* The endpoints that stand for a hosted owner in local-only mode. False when there are none, or no
 * model to ask them for. */
static bool stand_in(orx_try *t, const orx_routellm_policy *policy, bool on) {
    const orx_provider_config *cfg = t->provider->cfg;
    orx_local_member *members = NULL;
    size_t count = orx_run_local_members(t->r, cfg, &t->arena, &members);
    if (!count)
        return false;
    local_facts local = {.available = orx_run_local_served(members, count, &t->arena)};
    local.pinned = is_pinned(t, policy, &local.available);
    decide(t, policy, on, &local);
    const orx_chain chain = local_chain(t);
    if (!chain.count) {
        t->problem =
            orx_arena_printf(&t->arena,
                             "providers.%s.model is not set: with run.local_only its tasks "
                             "need a model that an endpoint of local.base_urls serves",
                             cfg->name);
        return false;
    }
    own_up(t, &chain);
    orx_run_local_steps(t, members, count, chain.models, chain.count);
    t->plan.reason = on ? t->plan.decision.reason : "local_only";
    t->plan.plain = false;
    return true;
}

/* The owner's own models. */
static void own_models(orx_try *t, const orx_routellm_policy *policy, bool on) {
    orx_run_plan *plan = &t->plan;
    decide(t, policy, on, NULL);
    const orx_chain chain = chain_of(t, policy);
    own_up(t, &chain);
    take_chain(t, &chain);
    plan->reason = on ? plan->decision.reason : "static";
    plan->plain = !on && !says_something(policy, &plan->decision);
    if (!on)
        orx_run_strategy_apply(t);
}

/* A model that the operator's lists do not have is not asked, whoever wants it. */
static void tell_unlisted(orx_try *t) {
    const char *wanted = t->task.model;
    if (!*wanted || orx_is_router_name(wanted) || orx_run_model_allowed(t->provider->cfg, wanted))
        return;
    orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false,
                 "task %s asks for the model %s, which is neither model nor in models of "
                 "providers.%s: it is not asked",
                 t->task.id, wanted, t->provider->cfg->name);
}

void orx_run_plan_static(orx_try *t, const char *router_error) {
    orx_run_plan *plan = &t->plan;
    const orx_routellm_policy policy = policy_of(t);
    bool on = t->r->cfg->routellm.enabled && !router_error && !t->routers_off;
    plan->routed = false;
    tell_unlisted(t);
    if (!t->provider->forbidden)
        own_models(t, &policy, on);
    else if (!stand_in(t, &policy, on))
        nobody(t, &policy);
    if (router_error) {
        plan->plain = false;
        plan->decision.reason = t->embedding.reason ? t->embedding.reason : "router_unavailable";
        plan->decision.error = router_error;
        plan->decision.fallback_used = true;
    }
    orx_run_network_order(t);
    orx_run_deployments_filter(t);
    if (!on && !t->provider->forbidden)
        orx_run_strategy_limit(t);
}

void orx_run_plan_by_router(orx_try *t) {
    const char *requested = *orx_run_wanted(t) ? orx_run_wanted(t) : first_model(t);
    t->plan.plain = false;
    t->plan.decision = (orx_routellm_decision){.provider = t->plan.steps[0].provider->cfg->name,
                                               .requested = requested,
                                               .selected = t->plan.steps[0].model,
                                               .fallback = requested,
                                               .policy_fallback = "",
                                               .requested_allowed = true,
                                               .strategy = "router",
                                               .reason = "router_selected_model",
                                               .error = "",
                                               .notice = "",
                                               .router_enabled = true,
                                               .url = ""};
}
