/* Descriptor and instance. */
#include "codex.h"

#include <stdlib.h>

int32_t codex_explain(const codex *c, int32_t code, const char *text) {
    if (c->log)
        c->log->explain(c->host, orxaq_str(text));
    return code;
}

static int32_t check(const codex *c) {
    if (c->program.len == 0)
        return codex_explain(c, ORXAQ_E_INVALID,
                             "program is empty; expected a name such as codex, or a path");
    if (c->model_provider.len && (c->base_url.len || !c->user_config))
        return codex_explain(c, ORXAQ_E_INVALID,
                             "model_provider names a provider of codex's own config.toml: set "
                             "user_config: true and leave base_url out");
    return ORXAQ_OK;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    if (!json)
        return ORXAQ_E_UNSUPPORTED;
    codex *c = calloc(1, sizeof *c);
    if (!c)
        return ORXAQ_E_MEMORY;
    c->host = host;
    c->json = json;
    c->log = host->service(host, ORXAQ_LOG_1);
    c->settings = settings;
    codex_read_settings(c);
    int32_t code = check(c);
    if (code < 0)
        free(c);
    else
        *ret_instance = c;
    return code;
}

static void destroy(void *instance) {
    free(instance);
}

static uint64_t features(void *instance) {
    const codex *c = instance;
    uint64_t can = ORXAQ_CAN_SCHEMA | ORXAQ_CAN_STREAM | ORXAQ_CAN_SANDBOX | ORXAQ_CAN_USAGE;
    return c->ephemeral ? can : can | ORXAQ_CAN_RESUME;
}

static const orxaq_provider provider = {
    .struct_size = sizeof(orxaq_provider),
    .ops =
        ORXAQ_OP_BIT(ORXAQ_OP_PROBE) | ORXAQ_OP_BIT(ORXAQ_OP_MODELS) | ORXAQ_OP_BIT(ORXAQ_OP_TASK),
    .features = features,
    .job = &codex_jobs,
};

static const void *capability(const char *id) {
    return orxaq_view_is(orxaq_str(id), ORXAQ_PROVIDER_1) ? &provider : NULL;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof(orxaq_plugin),
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .config_count = CODEX_KEY_COUNT,
    .layout = ORXAQ_LAYOUT,
    .id = "codex",
    .name = "Codex",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "OpenAI's Codex CLI, by app-server or exec.",
    .config = codex_keys,
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}
