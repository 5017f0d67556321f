/* router.c: a router as it was written for ABI 0.1. Kept for ever: every later host loads it.
 *
 * This one is thrifty: what runs on the operator's own machines comes first, then the candidates by
 * price, and nothing that is dearer than the operator allows. After a failure at the task itself it
 * looks at the dear ones first, because the cheap ones have had their chance.
 */
#include <orxaq/orxaq.h>

#include <stdlib.h>

/* ---- Settings -------------------------------------------------------------------------------- */

static const orxaq_config_key keys[] = {
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_MONEY,
     .key = "max_price",
     .default_value = "0",
     .help = "USD for a million tokens of output above which a candidate is left out; 0 = none."},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_BOOLEAN,
     .key = "local_first",
     .default_value = "true",
     .help = "What runs on the operator's machines comes before everything else."},
};

typedef struct instance {
    const orxaq_host *host;
    const orxaq_log_service *log;
    int64_t max_price;
    int32_t local_first;
} instance;

/* ---- The plan -------------------------------------------------------------------------------- */

enum { PLAN_MAX = 64 };

typedef struct scored {
    uint32_t index;
    double worth;
} scored;

/* Bigger is better. A price that is not known counts as a middling one. */
static double worth(const instance *in, const orxaq_candidate *c, int dear_first) {
    double price = c->output_price < 0 ? 10.0 : (double)c->output_price / 1e9;
    double score = dear_first ? price : -price;
    return in->local_first && c->local && !dear_first ? score + 1e6 : score;
}

static int allowed(const instance *in, const orxaq_candidate *c) {
    return in->max_price <= 0 || c->local || c->output_price <= in->max_price;
}

/* Puts one candidate where it belongs; equals stay in the operator's order. */
static uint32_t insert(scored *list, uint32_t count, scored item) {
    if (count == PLAN_MAX && list[count - 1].worth >= item.worth)
        return count;
    uint32_t at = count < PLAN_MAX ? count : PLAN_MAX - 1;
    for (; at > 0 && list[at - 1].worth < item.worth; at--)
        list[at] = list[at - 1];
    list[at] = item;
    return count < PLAN_MAX ? count + 1 : count;
}

static int32_t write_plan(const scored *list, uint32_t count, const orxaq_plan *plan,
                          const char *why) {
    const orxaq_route_reason reason = {.struct_size = sizeof reason,
                                       .objective = orxaq_str("cost"),
                                       .reason = orxaq_str(why),
                                       .propensity = 1};
    for (uint32_t i = 0; i < count; i++) {
        const orxaq_route_attempt attempt = {.struct_size = sizeof attempt,
                                             .candidate = list[i].index};
        int32_t code = plan->attempt(plan, &attempt);
        if (code == ORXAQ_OK)
            code = plan->score(plan, list[i].index, list[i].worth, orxaq_str("price"));
        if (code < 0)
            return code;
    }
    return plan->reason(plan, &reason);
}

static int32_t router_select(void *self, const orxaq_route_request *request,
                             const orxaq_plan *plan) {
    const instance *in = self;
    int32_t last = request->task->last_kind;
    int dear_first = request->task->attempt > 1 && last == ORXAQ_KIND_OK;
    scored list[PLAN_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < request->candidate_count; i++) {
        const orxaq_candidate *c = ORXAQ_AT(orxaq_candidate, request->candidates, i);
        if (allowed(in, c))
            count = insert(list, count, (scored){i, worth(in, c, dear_first)});
    }
    if (count == 0) {
        in->log->explain(in->host, orxaq_str("every candidate is dearer than max_price"));
        return ORXAQ_E_NOT_FOUND;
    }
    return write_plan(list, count, plan, dear_first ? "dear_first" : "cheap_first");
}

static const orxaq_router router = {.struct_size = sizeof router, .select = router_select};

/* ---- The module ------------------------------------------------------------------------------ */

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    const orxaq_log_service *log = host->service(host, ORXAQ_LOG_1);
    if (!json || !log)
        return ORXAQ_E_UNSUPPORTED;
    instance *in = calloc(1, sizeof *in);
    if (!in)
        return ORXAQ_E_MEMORY;
    in->host = host;
    in->log = log;
    in->max_price = json->integer(json->get(settings, "max_price"), 0);
    in->local_first = json->boolean(json->get(settings, "local_first"), 1);
    *ret_instance = in;
    return ORXAQ_OK;
}

static void destroy(void *self) {
    free(self);
}

static const void *capability(const char *id) {
    return strcmp(id, ORXAQ_ROUTER_1) == 0 ? &router : NULL;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof plugin,
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .config_count = sizeof keys / sizeof *keys,
    .layout = ORXAQ_LAYOUT,
    .id = "frozen-router",
    .name = "frozen-router",
    .version = "0.1.0",
    .vendor = "unknown",
    .licence = "MIT",
    .summary = "Tries the cheapest candidate first.",
    .config = keys,
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}
