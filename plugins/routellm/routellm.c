/* Descriptor and instance. */
#include "routellm.h"

#include <stdlib.h>

static void destroy(void *instance) {
    routellm *r = instance;
    rl_model_free(&r->model);
    free(r->work);
    free(r->vector);
    free(r->arms);
    free(r);
}

/* Room for a decision, made once. */
static int32_t make_room(routellm *r) {
    uint32_t dims = r->model.dims > RL_DIMS ? r->model.dims : RL_DIMS;
    r->work = calloc(rl_work_size(&r->model), sizeof *r->work);
    r->vector = calloc(dims, sizeof *r->vector);
    return r->work && r->vector ? ORXAQ_OK : ORXAQ_E_MEMORY;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    routellm *r = calloc(1, sizeof *r);
    if (!r)
        return ORXAQ_E_MEMORY;
    r->host = host;
    r->json = host->service(host, ORXAQ_JSON_1);
    r->log = host->service(host, ORXAQ_LOG_1);
    r->kv = host->service(host, ORXAQ_KV_1);
    r->metrics = host->service(host, ORXAQ_METRICS_1);
    int32_t code = r->json && r->log ? rl_settings_read(r, settings) : ORXAQ_E_UNSUPPORTED;
    if (code == ORXAQ_OK)
        code = make_room(r);
    if (code < 0) {
        destroy(r);
        return code;
    }
    *ret_instance = r;
    return ORXAQ_OK;
}

static const orxaq_router router = {
    .struct_size = sizeof router, .select = rl_select, .feedback = rl_feedback};

static const orxaq_responder responder = {
    .struct_size = sizeof responder, .version = RL_RESPONDER, .answer = rl_answer};

static const void *capability(const char *id) {
    if (strcmp(id, ORXAQ_ROUTER_1) == 0)
        return &router;
    return strcmp(id, ORXAQ_RESPONDER_1) == 0 ? &responder : NULL;
}

/* 0.2 is what knows documents. */
static const orxaq_plugin plugin = {
    .struct_size = sizeof plugin,
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 2,
    .config_count = RL_KEYS,
    .layout = ORXAQ_LAYOUT_0_2,
    .id = "routellm",
    .name = "RouteLLM",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Chooses models by what was learned from work that passed and work that did not.",
    .config = rl_keys,
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}
