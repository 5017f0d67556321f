/* Settings, instance and descriptor. */
#include "gemini.h"

#include <stdlib.h>

#define KEY(key_, type_, default_, range_, help_)                                                  \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (type_), .key = (key_),                   \
        .default_value = (default_), .range = (range_), .help = (help_)                            \
    }

static const orxaq_config_key keys[] = {
    KEY("program", ORXAQ_CONFIG_STRINGS, "[gemini]", NULL,
        "The program and what stands before its arguments, e.g. [node, /opt/gemini.js]."),
    KEY("auth", ORXAQ_CONFIG_CHOICE, "api_key", "api_key|login|vertex",
        "How the program identifies itself: by the provider's secret, by its own login, or by "
        "Vertex AI's variables. login needs `home`."),
    KEY("base_url", ORXAQ_CONFIG_STRING, NULL, NULL,
        "Address of the server. Commands that the model runs can read it."),
    KEY("public_url", ORXAQ_CONFIG_STRING, "https://generativelanguage.googleapis.com", NULL,
        "Where the program goes without base_url; providers.NAME.relay sends its requests there."),
    KEY("home", ORXAQ_CONFIG_PATH, NULL, NULL,
        "Folder with a .gemini of the operator's own, used as it is. Default: a private one whose "
        "settings are written for each call."),
    KEY("mcp_servers", ORXAQ_CONFIG_STRING, NULL, NULL,
        "JSON object of MCP servers for the program's settings (mcpServers). The program has them "
        "only in a folder it trusts: the repository's own .gemini is then obeyed too."),
    KEY("models", ORXAQ_CONFIG_STRINGS, "[gemini-2.5-pro, gemini-2.5-flash, gemini-2.5-flash-lite]",
        NULL, "What the op models lists; the program itself has no list."),
    KEY("args", ORXAQ_CONFIG_STRINGS, "[]", NULL,
        "Further arguments. What the agent may do is decided by the call and cannot be set here."),
    KEY("env", ORXAQ_CONFIG_STRING_MAP, "{}", NULL,
        "Variables set for the program, besides those the host passes."),
};

int32_t gemini_explain(const gemini *c, int32_t code, const char *text) {
    if (c->log)
        c->log->explain(c->host, orxaq_str(text));
    return code;
}

const orxaq_value *gemini_setting(const gemini *c, const char *key) {
    return c->json->get(c->settings, key);
}

orxaq_view gemini_text(const gemini *c, const char *key) {
    return c->json->text(gemini_setting(c, key), orxaq_str(""));
}

orxaq_view gemini_member(const gemini *c, const orxaq_value *map, const char *path) {
    return c->json->text(c->json->get(map, path), orxaq_str(""));
}

/* Whether a word is the flag, alone or with a value behind '='. */
static int is_flag(orxaq_view word, const char *flag) {
    size_t len = strlen(flag);
    return word.len >= len && memcmp(word.data, flag, len) == 0 &&
           (word.len == len || word.data[len] == '=');
}

/* Arguments that would decide what only the call decides. */
static int32_t check_args(const gemini *c) {
    static const char *const ours[] = {"--yolo",          "-y",          "--approval-mode",
                                       "--allowed-tools", "--policy",    "--admin-policy",
                                       "--output-format", "-o",          "-p",
                                       "--prompt",        "--skip-trust"};
    for (const orxaq_value *v = c->json->first(gemini_setting(c, "args")); v; v = c->json->next(v))
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            if (is_flag(c->json->text(v, orxaq_str("")), ours[i]))
                return gemini_explain(c, ORXAQ_E_DENIED,
                                      "args sets permissions, the prompt or the format of output; "
                                      "these are decided for each call, take it out");
    return ORXAQ_OK;
}

static int32_t check(const gemini *c) {
    const orxaq_value *servers = NULL;
    orxaq_view text = gemini_text(c, "mcp_servers");
    if (c->json->count(gemini_setting(c, "program")) == 0)
        return gemini_explain(c, ORXAQ_E_INVALID, "program is empty; expected e.g. [gemini]");
    if (orxaq_view_is(gemini_text(c, "auth"), "login") && !gemini_text(c, "home").len)
        return gemini_explain(c, ORXAQ_E_INVALID,
                              "auth: login needs home, the folder whose .gemini holds the login");
    if (text.len && (c->json->parse(c->host, text, &servers) != ORXAQ_OK ||
                     c->json->kind(servers) != ORXAQ_VALUE_MAP))
        return gemini_explain(c, ORXAQ_E_INVALID, "mcp_servers is no JSON object");
    return check_args(c);
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    const orxaq_random_service *random = host->service(host, ORXAQ_RANDOM_1);
    const orxaq_secret_service *secret = host->service(host, ORXAQ_SECRET_1);
    if (!json || !random)
        return ORXAQ_E_UNSUPPORTED;
    gemini *c = calloc(1, sizeof *c);
    if (!c)
        return ORXAQ_E_MEMORY;
    c->host = host;
    c->json = json;
    c->random = random;
    c->log = host->service(host, ORXAQ_LOG_1);
    c->settings = settings;
    c->secret = secret ? secret->handle(host, orxaq_str("secret")) : 0;
    int32_t code = check(c);
    if (code != ORXAQ_OK)
        free(c);
    else
        *ret_instance = c;
    return code;
}

static void destroy(void *instance) {
    free(instance);
}

static uint64_t features(void *instance) {
    (void)instance;
    return ORXAQ_CAN_RESUME | ORXAQ_CAN_STREAM | ORXAQ_CAN_USAGE;
}

static const orxaq_provider provider = {
    .struct_size = sizeof(orxaq_provider),
    .ops = ORXAQ_OP_BIT(ORXAQ_OP_PROBE) | ORXAQ_OP_BIT(ORXAQ_OP_MODELS) |
           ORXAQ_OP_BIT(ORXAQ_OP_TASK) | ORXAQ_OP_BIT(ORXAQ_OP_EMBED),
    .features = features,
    .job = &gemini_jobs,
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
    .id = "gemini",
    .name = "Gemini CLI",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "The program gemini (Gemini CLI), without a terminal.",
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
