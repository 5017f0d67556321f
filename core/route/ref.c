/* Deployments as the operator configured them. */
#include "route/deployments.h"

#include "base/address.h"

/* [K] An endpoint of local-only mode rests after every failure, and longer. */
static orx_deployment_policy policy_of(const orx_config *cfg, const orx_provider_config *p) {
    bool local = p->stands_for != NULL;
    int64_t most = local ? cfg->local.cooldown_max_ns : cfg->route.cooldown_max_ns;
    int64_t cooldown = local            ? cfg->local.cooldown_ns
                       : p->cooldown_ns ? p->cooldown_ns
                                        : cfg->route.cooldown_ns;
    return (orx_deployment_policy){
        .ceiling = p->max_parallel ? p->max_parallel : cfg->route.max_parallel,
        .recovery = cfg->route.recovery,
        .rpm = p->rpm,
        .tpm = p->tpm,
        .cooldown_ns = cooldown,
        .cooldown_max_ns = most > cooldown ? most : cooldown,
        .allowed_fails = local              ? 1
                         : p->allowed_fails ? p->allowed_fails
                                            : cfg->route.allowed_fails,
    };
}

static const char *endpoint_of(const orx_provider_config *p, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    const char *url = orx_node_str(orx_node_get(p->settings, "base_url"), "");
    return orx_address_key(orx_view_of(url), &key) ? orx_arena_dup(arena, orx_str_view(&key)) : "";
}

void orx_deployment_key(const char *provider, const char *model, const char *endpoint,
                        orx_str *out) {
    orx_str_addf(out, "%s::%s", provider, *model ? model : "default");
    if (*endpoint)
        orx_str_addf(out, "::%s", endpoint);
}

void orx_deployment_ref_of(const orx_config *cfg, const orx_provider_config *provider,
                           const char *model, orx_arena *arena, orx_deployment_ref *ret_ref) {
    *ret_ref = (orx_deployment_ref){
        .name = *model ? orx_arena_printf(arena, "%s/%s", provider->name, model) : provider->name,
        .provider = provider->name,
        .model = model,
        .endpoint = endpoint_of(provider, arena),
        .policy = policy_of(cfg, provider),
    };
}
