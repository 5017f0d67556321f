/* The settings: declared, then read once. */
#include "codex.h"

#define KEY(key_, type_, default_, range_, help_)                                                  \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (type_), .key = (key_),                   \
        .default_value = (default_), .range = (range_), .help = (help_)                            \
    }

const orxaq_config_key codex_keys[CODEX_KEY_COUNT] = {
    KEY("program", ORXAQ_CONFIG_STRING, "codex", NULL,
        "The program: a name in PATH or an absolute path. The native program inside the npm "
        "package is lighter than its Node wrapper, which outlives a kill of its parent."),
    KEY("interface", ORXAQ_CONFIG_CHOICE, "auto", "auto|exec|app-server",
        "How the program is driven: app-server (text as it is written, usage of failed turns, "
        "classes of errors), exec, or whichever is best in the version found."),
    KEY("base_url", ORXAQ_CONFIG_STRING, NULL, NULL,
        "The endpoint of an OpenAI-compatible Responses API, with its /v1. Without it, and with a "
        "key, https://api.openai.com/v1; without both codex uses its own login."),
    KEY("public_url", ORXAQ_CONFIG_STRING, "https://api.openai.com/v1", NULL,
        "Where a key belongs without base_url; providers.NAME.relay sends requests there."),
    KEY("key", ORXAQ_CONFIG_SECRET, NULL, NULL,
        "The API key, as env:NAME or file:/path. providers.NAME.secret does the same. It goes to "
        "the program alone and is kept from the commands that the model runs."),
    KEY("model_provider", ORXAQ_CONFIG_STRING, NULL, NULL,
        "The name of a model provider in codex's own config.toml, instead of base_url and key. "
        "Needs user_config and home."),
    KEY("home", ORXAQ_CONFIG_PATH, NULL, NULL,
        "CODEX_HOME: where codex keeps sessions, login and config.toml; it must exist. Without it "
        "a private folder of this provider, or the user's own when codex's login is used."),
    KEY("user_config", ORXAQ_CONFIG_BOOLEAN, "false", NULL,
        "Whether config.toml in that folder counts. (app-server cannot leave it out, so there it "
        "always does.)"),
    KEY("sandbox", ORXAQ_CONFIG_CHOICE, "auto", "auto|read-only|workspace-write|danger-full-access",
        "codex's own sandbox. auto: what the host asks for, which is workspace-write with "
        "providers.NAME.sandbox: vendor, and none inside the host's own. A mode with more rights "
        "than the host grants is refused."),
    KEY("network", ORXAQ_CONFIG_BOOLEAN, "false", NULL,
        "Whether commands inside workspace-write may use the network."),
    KEY("effort", ORXAQ_CONFIG_STRING, NULL, NULL,
        "Reasoning effort when the host asks for none: low, medium, high, or another word the "
        "model knows."),
    KEY("web_search", ORXAQ_CONFIG_CHOICE, "disabled", "disabled|cached|live",
        "The model's own web search."),
    KEY("project_docs", ORXAQ_CONFIG_BOOLEAN, "true", NULL,
        "Whether AGENTS.md of the repository is read."),
    KEY("ephemeral", ORXAQ_CONFIG_BOOLEAN, "false", NULL,
        "Keep no session: nothing stays on disk, and nothing can be resumed."),
    KEY("disable", ORXAQ_CONFIG_STRINGS, "[plugins, apps, multi_agent, goals]", NULL,
        "Features of codex that are switched off, by name (--disable)."),
    KEY("config", ORXAQ_CONFIG_STRING_MAP, "{}", NULL,
        "Further configuration of codex: keys of its config.toml with values in TOML, e.g. "
        "{\"mcp_servers.docs\": '{command=\"docs-mcp\"}'}. They come last and win."),
    KEY("tool_env", ORXAQ_CONFIG_STRINGS, "[]", NULL,
        "Variables that commands run by the model see besides the usual ones (PATH, HOME, "
        "language, proxies ...): names, * is allowed. All others are kept from them."),
    KEY("stream_idle", ORXAQ_CONFIG_DURATION, "5m", "1s..1d",
        "Longest silence within an answer of the server, after its first bytes."),
    KEY("idle", ORXAQ_CONFIG_DURATION, "30m", "100ms..7d",
        "Longest silence of the program, also when its server never answers; longer than the "
        "longest command."),
};

static orxaq_view text_of(const codex *c, const char *key) {
    return c->json->text(c->json->get(c->settings, key), orxaq_str(""));
}

static int flag_of(const codex *c, const char *key) {
    return c->json->boolean(c->json->get(c->settings, key), 0);
}

/* `key` of the settings, or the one that the host's configuration gives every provider. */
static uint64_t key_of(const codex *c) {
    const orxaq_secret_service *secrets = c->host->service(c->host, ORXAQ_SECRET_1);
    uint64_t handle = secrets ? secrets->handle(c->host, orxaq_str("key")) : 0;
    return handle || !secrets ? handle : secrets->handle(c->host, orxaq_str("secret"));
}

void codex_read_settings(codex *c) {
    orxaq_view interface = text_of(c, "interface");
    c->interface = orxaq_view_is(interface, "exec")         ? CODEX_EXEC
                   : orxaq_view_is(interface, "app-server") ? CODEX_SERVER
                                                            : CODEX_AUTO;
    c->key = key_of(c);
    c->program = text_of(c, "program");
    c->base_url = text_of(c, "base_url");
    c->public_url = text_of(c, "public_url");
    c->model_provider = text_of(c, "model_provider");
    c->home = text_of(c, "home");
    c->sandbox = text_of(c, "sandbox");
    c->effort = text_of(c, "effort");
    c->web_search = text_of(c, "web_search");
    c->ephemeral = flag_of(c, "ephemeral");
    c->network = flag_of(c, "network");
    c->user_config = flag_of(c, "user_config");
    c->project_docs = flag_of(c, "project_docs");
    c->stream_idle_ns = c->json->integer(c->json->get(c->settings, "stream_idle"), 0);
    c->idle_ns = c->json->integer(c->json->get(c->settings, "idle"), 0);
}

int codex_own_endpoint(const codex *c) {
    return c->model_provider.len == 0 && (c->key || c->base_url.len);
}
