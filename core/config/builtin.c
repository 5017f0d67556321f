#include "config/table.h"

#define E_(name) "ORXAQ_AUTONOMY_" name

const char *const orx_builtin_providers[] = {"codex", "gemini", "claude", NULL};

static const struct {
    const char *provider; /* exactly one of provider and plugin */
    const char *plugin;
    const char *member;
    const char *fallback;
} defaults[] = {
    {"codex", NULL, "rank", "0"},
    {"gemini", NULL, "rank", "1"},
    {"claude", NULL, "rank", "2"},
    {"gemini", NULL, "repo", "test"},
    {"codex", NULL, "prompt_file", "config/prompts/codex_impl_prompt.md"},
    {"gemini", NULL, "prompt_file", "config/prompts/gemini_test_prompt.md"},
    {"claude", NULL, "prompt_file", "config/prompts/claude_review_prompt.md"},
    {NULL, "gemini", "models", "gemini-2.5-flash,gemini-2.0-flash"},
    {NULL, "codex", "sandbox", "vendor"},
    {NULL, "codex", "secret", "OPENAI_API_KEY"},
    {NULL, "gemini", "secret", "GEMINI_API_KEY"},
    {NULL, "claude", "secret", "ANTHROPIC_API_KEY"},
    {NULL, "codex", "env_pass", "CODEX_HOME,CODEX_API_KEY"},
    {NULL, "gemini", "env_pass",
     "GOOGLE_API_KEY,GOOGLE_GENAI_USE_VERTEXAI,GOOGLE_GENAI_USE_GCA,GOOGLE_CLOUD_PROJECT,"
     "GOOGLE_CLOUD_LOCATION,GOOGLE_APPLICATION_CREDENTIALS"},
    {NULL, "claude", "env_pass", "CLAUDE_CONFIG_DIR,ANTHROPIC_AUTH_TOKEN,ANTHROPIC_BASE_URL"},
};

const char *orx_builtin_default(const char *name, const char *plugin, const char *member) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(defaults); i++) {
        const char *wanted = defaults[i].provider ? defaults[i].provider : defaults[i].plugin;
        const char *is = defaults[i].provider ? name : plugin;
        if (!strcmp(wanted, is) && !strcmp(defaults[i].member, member))
            return defaults[i].fallback;
    }
    return NULL;
}

#define MEMBER(name, what) .provider = (name), .member = (what), .path = "providers." name "." what
/* gemini's setting is a list, for programs that an interpreter runs. */
#define PROGRAM(name, NAME, is_list)                                                               \
    {                                                                                              \
        MEMBER(name, "settings.program"),                                                          \
            .env = E_(NAME "_CMD"), .flag = name "-cmd", .value_name = "PROGRAM",                  \
            .fallback = (name), .list = (is_list),                                                 \
            .help = "Program of the provider " name ": a name found through PATH, or a path."      \
    }
#define MODEL(name, NAME)                                                                          \
    {                                                                                              \
        MEMBER(name, "model"), .env = E_(NAME "_MODEL"), .flag = name "-model",                    \
                               .value_name = "MODEL", .help = "Model of the provider " name "."    \
    }
#define PROMPT(name, NAME, file)                                                                   \
    {                                                                                              \
        MEMBER(name, "prompt_file"), .env = E_(NAME "_PROMPT_FILE"),                               \
                                     .flag = name "-startup-prompt-file", .value_name = "PATH",    \
                                     .fallback = "config/prompts/" file,                           \
                                     .help = "Start-up prompt of the provider " name "."           \
    }

const orx_builtin_binding orx_builtin_bindings[] = {
    PROGRAM("codex", "CODEX", false),
    PROGRAM("gemini", "GEMINI", true),
    PROGRAM("claude", "CLAUDE", false),
    MODEL("codex", "CODEX"),
    MODEL("gemini", "GEMINI"),
    MODEL("claude", "CLAUDE"),
    {MEMBER("gemini", "models"), .env = E_("GEMINI_FALLBACK_MODELS"),
     .flag = "gemini-fallback-model", .value_name = "MODEL", .repeat = true,
     .fallback = "gemini-2.5-flash, gemini-2.0-flash",
     .help = "Further model of the provider gemini."},
    PROMPT("codex", "CODEX", "codex_impl_prompt.md"),
    PROMPT("gemini", "GEMINI", "gemini_test_prompt.md"),
    PROMPT("claude", "CLAUDE", "claude_review_prompt.md"),
};

const size_t orx_builtin_binding_count = ORX_ARRAY_LEN(orx_builtin_bindings);

const orx_builtin_binding *orx_builtin_binding_find(const char *provider, const char *member) {
    for (size_t i = 0; i < orx_builtin_binding_count; i++) {
        const orx_builtin_binding *b = &orx_builtin_bindings[i];
        if (!strcmp(b->provider, provider) && !strcmp(b->member, member))
            return b;
    }
    return NULL;
}
