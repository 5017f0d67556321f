/* Settings, instance and descriptor. */
#include "lmstudio.h"

#include <stdlib.h>

#define KEY(key_, type_, default_, range_, help_)                                                  \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (type_), .key = (key_),                   \
        .default_value = (default_), .range = (range_), .help = (help_)                            \
    }

static const orxaq_config_key keys[] = {
    KEY("base_url", ORXAQ_CONFIG_STRING, "http://127.0.0.1:1234/v1", NULL,
        "Where the OpenAI-compatible API begins. LM Studio: port 1234; llama.cpp: 8080; vLLM: "
        "8000; "
        "Ollama: 11434; each with /v1 behind it."),
    KEY("api", ORXAQ_CONFIG_CHOICE, "auto", "auto|openai",
        "auto: ask for LM Studio's own API first, which knows what is loaded and can load; openai: "
        "never ask for it."),
    KEY("api_key", ORXAQ_CONFIG_SECRET, NULL, NULL,
        "The key, sent as \"Authorization: Bearer KEY\". The provider's own secret counts when "
        "this "
        "is not set."),
    KEY("headers", ORXAQ_CONFIG_STRING_MAP, "{}", NULL,
        "Further headers for every request; nothing secret, these are shown in reports."),
    KEY("max_tokens", ORXAQ_CONFIG_INTEGER, "0", "0..10000000",
        "Longest answer in tokens when the caller sets no limit; 0 leaves it to the server."),
    KEY("stream_usage", ORXAQ_CONFIG_BOOLEAN, "true", NULL,
        "Ask for token counts at the end of a stream. Switch it off for a server that refuses "
        "stream_options; tokens are then estimated."),
    KEY("local", ORXAQ_CONFIG_BOOLEAN, "true", NULL,
        "The models run on your own machines. Set false for a hosted service."),
    KEY("first_byte_timeout", ORXAQ_CONFIG_DURATION, "10m", "1s..24h",
        "Longest wait until an answer begins; reading a long prompt and loading a model take "
        "minutes."),
    KEY("idle_timeout", ORXAQ_CONFIG_DURATION, "3m", "1s..24h",
        "Longest silence within an answer."),
};

const orxaq_value *lm_setting(const lmstudio *lm, const char *key) {
    return lm->json->get(lm->settings, key);
}

int32_t lm_explain(const lmstudio *lm, int32_t code, const char *text) {
    if (lm->log)
        lm->log->explain(lm->host, orxaq_str(text));
    return code;
}

static orxaq_view without_slash(orxaq_view v) {
    while (v.len && v.data[v.len - 1] == '/')
        v.len--;
    return v;
}

static orxaq_view without_version(orxaq_view v) {
    if (v.len >= 3 && memcmp(v.data + v.len - 3, "/v1", 3) == 0)
        v.len -= 3;
    return v;
}

static void read_settings(lmstudio *lm) {
    const orxaq_json_service *json = lm->json;
    lm->base = without_slash(json->text(lm_setting(lm, "base_url"), orxaq_str("")));
    lm->root = without_version(lm->base);
    lm->native = orxaq_view_is(json->text(lm_setting(lm, "api"), orxaq_str("")), "auto");
    lm->stream_usage = json->boolean(lm_setting(lm, "stream_usage"), 1);
    lm->local = json->boolean(lm_setting(lm, "local"), 1);
    lm->max_tokens = json->integer(lm_setting(lm, "max_tokens"), 0);
    lm->first_byte_ns = json->integer(lm_setting(lm, "first_byte_timeout"), 0);
    lm->idle_ns = json->integer(lm_setting(lm, "idle_timeout"), 0);
    const orxaq_secret_service *secret = lm->host->service(lm->host, ORXAQ_SECRET_1);
    if (secret)
        lm->secret = secret->handle(lm->host, orxaq_str("api_key"));
    if (secret && !lm->secret)
        lm->secret = secret->handle(lm->host, orxaq_str("secret"));
}

static const char *problem_of(const lmstudio *lm) {
    int http = lm->base.len > 7 && memcmp(lm->base.data, "http://", 7) == 0;
    int https = lm->base.len > 8 && memcmp(lm->base.data, "https://", 8) == 0;
    if (!http && !https)
        return "base_url must begin with http:// or https://, like http://127.0.0.1:1234/v1";
    if (lm->base.len > 4096)
        return "base_url is longer than 4096 bytes";
    if (lm->json->count(lm_setting(lm, "headers")) > LM_HEADERS_MAX - 4)
        return "headers has more than 28 entries";
    return NULL;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    if (!json)
        return ORXAQ_E_UNSUPPORTED;
    lmstudio *lm = calloc(1, sizeof *lm);
    if (!lm)
        return ORXAQ_E_MEMORY;
    lm->host = host;
    lm->json = json;
    lm->log = host->service(host, ORXAQ_LOG_1);
    lm->clock = host->service(host, ORXAQ_CLOCK_1);
    lm->metrics = host->service(host, ORXAQ_METRICS_1);
    lm->settings = settings;
    read_settings(lm);
    const char *problem = problem_of(lm);
    if (problem) {
        int32_t code = lm_explain(lm, ORXAQ_E_INVALID, problem);
        free(lm);
        return code;
    }
    *ret_instance = lm;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    free(instance);
}

static uint64_t features(void *instance) {
    const lmstudio *lm = instance;
    uint64_t can = ORXAQ_CAN_SCHEMA | ORXAQ_CAN_STREAM | ORXAQ_CAN_TOOLS | ORXAQ_CAN_USAGE;
    return lm->local ? can | ORXAQ_CAN_RUN_LOCALLY : can;
}

static const orxaq_provider provider = {
    .struct_size = sizeof(orxaq_provider),
    .ops = ORXAQ_OP_BIT(ORXAQ_OP_PROBE) | ORXAQ_OP_BIT(ORXAQ_OP_MODELS) |
           ORXAQ_OP_BIT(ORXAQ_OP_LOAD) | ORXAQ_OP_BIT(ORXAQ_OP_UNLOAD) |
           ORXAQ_OP_BIT(ORXAQ_OP_TURN) | ORXAQ_OP_BIT(ORXAQ_OP_EMBED),
    .features = features,
    .job = &lm_jobs,
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
    .config_count = sizeof keys / sizeof *keys,
    .layout = ORXAQ_LAYOUT,
    .id = "lmstudio",
    .name = "LM Studio",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Models behind LM Studio, llama.cpp, Ollama, vLLM or any OpenAI-compatible server.",
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
