/* Descriptor, settings and instance. */
#include "scorecard.h"

#include <stdlib.h>

static const orxaq_config_key keys[] = {
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_DOCUMENT,
     .flags = ORXAQ_KEY_REQUIRED,
     .key = "policy",
     .help = "The policy: which models each provider may use, and what they cost and can do; "
             "config/routellm_policy.json, or one of its variants."},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_CHOICE,
     .key = "profile",
     .default_value = "fast",
     .range = "fast|strong",
     .help = "What to lean to when it is close: fast models, or strong ones."},
};

static int32_t read_settings(scorecard *s, const orxaq_value *settings) {
    orxaq_view profile = s->json->text(s->json->get(settings, "profile"), orxaq_str("fast"));
    s->strong = orxaq_view_is(profile, "strong");
    int32_t code = sc_policy_read(s->json, s->json->get(settings, "policy"), s->strong, &s->policy);
    if (code == ORXAQ_E_INVALID)
        s->log->explain(s->host, orxaq_str("the policy is a list; expected an object with "
                                           "`providers` and `model_catalog`"));
    return code;
}

static void destroy(void *instance) {
    scorecard *s = instance;
    sc_policy_free(&s->policy);
    free(s->text);
    free(s->done);
    free(s);
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    scorecard *s = calloc(1, sizeof *s);
    if (!s)
        return ORXAQ_E_MEMORY;
    s->host = host;
    s->json = host->service(host, ORXAQ_JSON_1);
    s->log = host->service(host, ORXAQ_LOG_1);
    int32_t code = s->json && s->log ? read_settings(s, settings) : ORXAQ_E_UNSUPPORTED;
    if (code < 0) {
        destroy(s);
        return code;
    }
    *ret_instance = s;
    return ORXAQ_OK;
}

static const orxaq_router router = {.struct_size = sizeof router, .select = sc_select};

static const orxaq_responder responder = {
    .struct_size = sizeof responder, .version = SC_VERSION, .answer = sc_answer};

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
    .config_count = sizeof keys / sizeof keys[0],
    .layout = ORXAQ_LAYOUT_0_2,
    .id = "scorecard",
    .name = "Scorecard",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Scores the models of a policy file by price, speed and quality.",
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
