/* Settings, instance and descriptor. */
#include "claude.h"

#include <stdlib.h>

#define KEY(key_, type_, default_, range_, help_)                                                  \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (type_), .key = (key_),                   \
        .default_value = (default_), .range = (range_), .help = (help_)                            \
    }

static const orxaq_config_key keys[] = {
    KEY("program", ORXAQ_CONFIG_STRING, "claude", NULL,
        "The program: a name that is looked up in PATH, or an absolute path."),
    KEY("credential", ORXAQ_CONFIG_CHOICE, "api_key", "api_key|token",
        "What the provider's secret is: an API key, or a token that is sent as \"Authorization: "
        "Bearer\". Without a secret the program's own login is used."),
    KEY("base_url", ORXAQ_CONFIG_STRING, NULL, NULL,
        "Address of the server, without /v1. Commands that the model runs can read it."),
    KEY("public_url", ORXAQ_CONFIG_STRING, "https://api.anthropic.com", NULL,
        "Where the program goes without base_url; providers.NAME.relay sends its requests there."),
    KEY("config_dir", ORXAQ_CONFIG_PATH, NULL, NULL,
        "Folder of the program's own state (login, sessions). Default: a private one that is kept "
        "between calls."),
    KEY("tools", ORXAQ_CONFIG_STRINGS, "[Bash, Edit, Glob, Grep, Read, Write]", NULL,
        "Tools that are offered to the model. A call that may only read is given those of Glob, "
        "Grep and Read that are named here."),
    KEY("mcp_config", ORXAQ_CONFIG_PATH, NULL, NULL,
        "File with MCP servers (mcpServers); those of the user and the project are not used."),
    KEY("structured", ORXAQ_CONFIG_BOOLEAN, "true", NULL,
        "Force the final answer into the result's schema. It is a tool of the model's and costs "
        "its definition in tokens."),
    KEY("request_timeout", ORXAQ_CONFIG_DURATION, "10m", "1s..1d",
        "Longest wait for the server to begin an answer."),
    KEY("stream_timeout", ORXAQ_CONFIG_DURATION, "2m", "1s..1d",
        "Longest silence within an answer."),
    KEY("models", ORXAQ_CONFIG_STRINGS, "[opus, sonnet, haiku]", NULL,
        "What the op models lists; the program itself has no list."),
    KEY("args", ORXAQ_CONFIG_STRINGS, "[]", NULL,
        "Further arguments. What the agent may do is decided by the call and cannot be set here."),
    KEY("env", ORXAQ_CONFIG_STRING_MAP, "{}", NULL,
        "Variables set for the program, besides those the host passes."),
};

int32_t claude_explain(const claude *c, int32_t code, const char *text) {
    if (c->log)
        c->log->explain(c->host, orxaq_str(text));
    return code;
}

const orxaq_value *claude_setting(const claude *c, const char *key) {
    return c->json->get(c->settings, key);
}

orxaq_view claude_text(const claude *c, const char *key) {
    return c->json->text(claude_setting(c, key), orxaq_str(""));
}

orxaq_view claude_member(const claude *c, const orxaq_value *map, const char *path) {
    return c->json->text(c->json->get(map, path), orxaq_str(""));
}

/* Arguments that would decide what only the call decides. */
static int32_t check_args(const claude *c) {
    static const char *const ours[] = {"--dangerously-skip-permissions",
                                       "--allow-dangerously-skip-permissions",
                                       "--permission-mode",
                                       "--allowedTools",
                                       "--allowed-tools",
                                       "--settings",
                                       "--setting-sources",
                                       "--output-format",
                                       "--input-format"};
    for (const orxaq_value *v = c->json->first(claude_setting(c, "args")); v;
         v = c->json->next(v)) {
        orxaq_view word = c->json->text(v, orxaq_str(""));
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
            size_t len = strlen(ours[i]);
            if (word.len >= len && memcmp(word.data, ours[i], len) == 0 &&
                (word.len == len || word.data[len] == '='))
                return claude_explain(c, ORXAQ_E_DENIED,
                                      "args sets permissions, settings or the format of output; "
                                      "these are decided for each call, take it out");
        }
    }
    return ORXAQ_OK;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    const orxaq_random_service *random = host->service(host, ORXAQ_RANDOM_1);
    const orxaq_secret_service *secret = host->service(host, ORXAQ_SECRET_1);
    if (!json || !random)
        return ORXAQ_E_UNSUPPORTED;
    claude *c = calloc(1, sizeof *c);
    if (!c)
        return ORXAQ_E_MEMORY;
    c->host = host;
    c->json = json;
    c->random = random;
    c->log = host->service(host, ORXAQ_LOG_1);
    c->settings = settings;
    c->secret = secret ? secret->handle(host, orxaq_str("secret")) : 0;
    int32_t code = check_args(c);
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
    const claude *c = instance;
    uint64_t can = ORXAQ_CAN_RESUME | ORXAQ_CAN_STREAM | ORXAQ_CAN_USAGE | ORXAQ_CAN_COST;
    if (c->json->boolean(claude_setting(c, "structured"), 0))
        can |= ORXAQ_CAN_SCHEMA;
    return can;
}

static const orxaq_provider provider = {
    .struct_size = sizeof(orxaq_provider),
    .ops =
        ORXAQ_OP_BIT(ORXAQ_OP_PROBE) | ORXAQ_OP_BIT(ORXAQ_OP_MODELS) | ORXAQ_OP_BIT(ORXAQ_OP_TASK),
    .features = features,
    .job = &claude_jobs,
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
    .id = "claude",
    .name = "Claude Code",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "The program claude (Claude Code), without a terminal.",
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
