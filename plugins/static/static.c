/* static.c: a router that follows the operator's list.
 *
 * The settings name deployments, providers or models in the order in which they are to be tried.
 * The plan is that order, over the candidates the host offers; what the list does not name comes
 * behind it, or not at all. Nothing is learned and nothing is drawn. */
#include <orxaq/orxaq.h>

#include <stdlib.h>

typedef struct static_router {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log;
    const orxaq_value *settings;
} static_router;

#define KEY(path, kind, fallback, limit, text)                                                     \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (kind), .key = (path),                    \
        .default_value = (fallback), .range = (limit), .help = (text)                              \
    }

static const orxaq_config_key keys[] = {
    KEY("candidates[].deployment", ORXAQ_CONFIG_STRING, "", NULL, "Matches this deployment only."),
    KEY("candidates[].provider", ORXAQ_CONFIG_STRING, "", NULL, "Matches this provider only."),
    KEY("candidates[].model", ORXAQ_CONFIG_STRING, "", NULL, "Matches this model only."),
    KEY("candidates[].owners", ORXAQ_CONFIG_STRINGS, "[]", NULL,
        "Only for tasks of these owners; empty = for all."),
    KEY("candidates[].fallback", ORXAQ_CONFIG_BOOLEAN, "false", NULL,
        "Try it only after those before failed at the task itself."),
    KEY("candidates[].timeout", ORXAQ_CONFIG_DURATION, "0", NULL,
        "The longest a call may take; 0 = as configured for agents."),
    KEY("candidates[].max_cost", ORXAQ_CONFIG_MONEY, "0", NULL,
        "The most a call may cost; 0 = only the budgets decide."),
    KEY("candidates[].max_tokens", ORXAQ_CONFIG_INTEGER, "0", "0..",
        "The most tokens a call may use; 0 = no limit."),
    KEY("others", ORXAQ_CONFIG_BOOLEAN, "true", NULL,
        "Try what the list does not name behind what it names; false = never."),
};

/* ---- One entry of the list ------------------------------------------------------------------ */

static orxaq_view text_of(const static_router *r, const orxaq_value *entry, const char *key) {
    return r->json->text(r->json->get(entry, key), orxaq_str(""));
}

static int fits(const static_router *r, const orxaq_value *entry, const char *key,
                orxaq_view value) {
    orxaq_view wanted = text_of(r, entry, key);
    return wanted.len == 0 || orxaq_view_eq(wanted, value);
}

static int for_owner(const static_router *r, const orxaq_value *entry, orxaq_view owner) {
    const orxaq_value *it = r->json->first(r->json->get(entry, "owners"));
    if (!it)
        return 1;
    for (; it; it = r->json->next(it))
        if (orxaq_view_eq(r->json->text(it, orxaq_str("")), owner))
            return 1;
    return 0;
}

static int matches(const static_router *r, const orxaq_value *entry, const orxaq_candidate *c) {
    return fits(r, entry, "deployment", c->deployment) && fits(r, entry, "provider", c->provider) &&
           fits(r, entry, "model", c->model);
}

/* ---- The plan ------------------------------------------------------------------------------- */

/* Candidates beyond this many are left out; a plan holds no more attempts. */
#define PLAN_MAX 64

typedef struct planning {
    const static_router *router;
    const orxaq_route_request *request;
    const orxaq_plan *plan;
    unsigned char used[4096];
    uint32_t count;
} planning;

static const orxaq_candidate *candidate(const planning *p, uint32_t i) {
    return ORXAQ_AT(orxaq_candidate, p->request->candidates, i);
}

static int32_t add(planning *p, uint32_t i, const orxaq_value *entry, const char *why) {
    const orxaq_json_service *json = p->router->json;
    const orxaq_route_attempt attempt = {
        .struct_size = sizeof attempt,
        .candidate = i,
        .escalation = (uint32_t)json->boolean(json->get(entry, "fallback"), 0),
        .max_cost_nano_usd = json->integer(json->get(entry, "max_cost"), 0),
        .max_tokens = json->integer(json->get(entry, "max_tokens"), 0),
        .timeout_ns = json->integer(json->get(entry, "timeout"), 0)};
    if (p->used[i] || p->count == PLAN_MAX)
        return ORXAQ_OK;
    p->used[i] = 1;
    p->count++;
    int32_t code = p->plan->attempt(p->plan, &attempt);
    if (code < 0)
        return code;
    return p->plan->score(p->plan, i, 1.0 / p->count, orxaq_str(why));
}

static int32_t add_matching(planning *p, const orxaq_value *entry, uint32_t total) {
    int32_t code = ORXAQ_OK;
    if (!for_owner(p->router, entry, p->request->task->owner))
        return ORXAQ_OK;
    for (uint32_t i = 0; i < total && code == ORXAQ_OK; i++)
        if (matches(p->router, entry, candidate(p, i)))
            code = add(p, i, entry, "listed");
    return code;
}

static int32_t router_select(void *instance, const orxaq_route_request *request,
                             const orxaq_plan *plan) {
    const static_router *r = instance;
    planning p = {.router = r, .request = request, .plan = plan};
    uint32_t total = request->candidate_count < sizeof p.used ? request->candidate_count
                                                              : (uint32_t)sizeof p.used;
    int32_t code = ORXAQ_OK;
    const orxaq_value *entry = r->json->first(r->json->get(r->settings, "candidates"));
    for (; entry && code == ORXAQ_OK; entry = r->json->next(entry))
        code = add_matching(&p, entry, total);
    int others = r->json->boolean(r->json->get(r->settings, "others"), 1);
    for (uint32_t i = 0; others && i < total && code == ORXAQ_OK; i++)
        code = add(&p, i, NULL, "not listed");
    if (code == ORXAQ_OK && p.count == 0) {
        r->log->explain(r->host, orxaq_str("no candidate is named by the list `candidates`"));
        return ORXAQ_E_NOT_FOUND;
    }
    const orxaq_route_reason reason = {.struct_size = sizeof reason,
                                       .objective = orxaq_str("order"),
                                       .reason = orxaq_str("static_order"),
                                       .propensity = 1};
    return code < 0 ? code : plan->reason(plan, &reason);
}

static const orxaq_router router = {.struct_size = sizeof router, .select = router_select};

/* ---- The module ----------------------------------------------------------------------------- */

static int32_t check(const static_router *r) {
    const orxaq_value *entry = r->json->first(r->json->get(r->settings, "candidates"));
    for (; entry; entry = r->json->next(entry))
        if (!text_of(r, entry, "deployment").len && !text_of(r, entry, "provider").len &&
            !text_of(r, entry, "model").len) {
            r->log->explain(r->host, orxaq_str("every element of candidates needs a deployment, a "
                                               "provider or a model"));
            return ORXAQ_E_INVALID;
        }
    return ORXAQ_OK;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    static_router *r = calloc(1, sizeof *r);
    if (!r)
        return ORXAQ_E_MEMORY;
    r->host = host;
    r->settings = settings;
    r->json = host->service(host, ORXAQ_JSON_1);
    r->log = host->service(host, ORXAQ_LOG_1);
    int32_t code = r->json && r->log ? check(r) : ORXAQ_E_UNSUPPORTED;
    if (code < 0) {
        free(r);
        return code;
    }
    *ret_instance = r;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    free(instance);
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
    .config_count = sizeof keys / sizeof keys[0],
    .layout = ORXAQ_LAYOUT,
    .id = "static",
    .name = "Static order",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Tries candidates in the operator's order, with fallbacks.",
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
