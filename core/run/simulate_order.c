/* A strategy as the one who decides: what was recorded of the candidates, and what the
 * configuration says of their providers. */
#include "run/simulate.h"

#include "config/local.h"
#include "route/strategy.h"

static int64_t figure(const orx_node *n, const char *key) {
    return orx_node_int(orx_node_get(n, key), -1);
}

/* A decision of a strategy recorded prices, others what calls cost. */
static int64_t price_of(const orx_provider_config *p, const orx_node *n) {
    int64_t price = figure(n, "price_nano_usd");
    if (price < 0)
        price = figure(n, "cost_nano_usd");
    return price < 0 && orx_config_is_local(p) ? 0 : price;
}

static orx_strategy_member member_of(const orx_config *cfg, const orx_provider_config *p,
                                     const orx_node *n) {
    int64_t latency = figure(n, "latency_ms");
    return (orx_strategy_member){
        .weight = p->weight,
        .rpm = p->rpm,
        .tpm = p->tpm,
        .in_flight = figure(n, "in_flight"),
        .limit = p->max_parallel ? p->max_parallel : cfg->route.max_parallel,
        .milli_tps = figure(n, "milli_tps"),
        .latency_ns = latency < 0 ? -1 : latency * ORX_MS,
        .price = price_of(p, n),
        .used_ppm = figure(n, "used_ppm"),
        .rank = p->rank,
        .tier = p->tier,
        .local = orx_config_is_local(p),
    };
}

static const orx_provider_config *provider_of(const orx_config *cfg, const char *deployment) {
    orx_view rest = orx_view_of(deployment);
    orx_view name;
    (void)orx_view_split(&rest, '/', &name);
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (orx_view_is(name, cfg->providers[i].name) && cfg->providers[i].enabled)
            return &cfg->providers[i];
    return NULL;
}

int orx_simulate_order(const orx_decider *by, const orx_node *candidates, uint64_t seed,
                       orx_arena *arena, const char **ret_first, orx_err *err) {
    size_t most = candidates ? candidates->count : 0;
    size_t count = 0;
    orx_strategy_member *members = orx_arena_zalloc(arena, most + 1, sizeof *members);
    const char **names = orx_arena_zalloc(arena, most + 1, sizeof *names);
    ORX_NODE_EACH(candidates, n) {
        const char *name = orx_node_str(orx_node_get(n, "deployment"), "");
        const orx_provider_config *p = provider_of(by->cfg, name);
        if (!p)
            continue;
        names[count] = name;
        members[count++] = member_of(by->cfg, p, n);
    }
    if (!count)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "no candidate of this decision is a provider of the configuration");
    *ret_first = names[orx_strategy_order(by->strategy, members, count, seed, arena)[0]];
    return 0;
}
