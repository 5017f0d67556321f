#include "config/table.h"

static const orx_config_section sections[] = {
    {"", "General."},
    {"repos", "The repositories that agents work on."},
    {"paths", "Files and folders. Defaults are the predecessor's."},
    {"run", "How a run goes."},
    {"queue", "The queue file and the order of tasks."},
    {"retry", "How often a task is tried again, and how long it waits before."},
    {"no_progress", "When an agent that gets nowhere is stopped. Silence is agent.idle_timeout."},
    {"validation", "What proves that a task is done."},
    {"agent", "Limits of every agent process."},
    {"git", "What happens in the repositories."},
    {"breakglass", "Who may lift the confinement of agents, by `orxaq grant-breakglass`."},
    {"scope", "What a task may change. Work outside is not delivered."},
    {"money", "What calls cost. Prices are in paths.prices_file and paths.pricing_file."},
    {"budget", "What may be spent. A call is made only when its cost could be reserved."},
    {"routellm", "The predecessor's routing service, and what goes with its policy file."},
    {"route", "How much is asked of each deployment: a model at an endpoint."},
    {"scaling", "When lanes of a group are worth their money (`docs/economics.md`)."},
    {"local", "Model servers of your own that do codex's tasks under run.local_only "
              "(`docs/runner.md`)."},
    {"journal", "How long history is kept."},
    {"recording", "How long the records of calls are kept (`orxaq attempt show`)."},
    {"restart", "When and how soon the supervisor starts a runner again (`docs/supervisor.md`)."},
    {"limits", "What the primary runner and each lane may take with all that they start, agents "
               "and checks among it (`docs/supervisor.md`). A lane may have limits of its own."},
    {"supervisor", "How long the supervisor waits for its units."},
    {"log", "What is said while running, and how long it is kept."},
    {"providers.*",
     "One entry per provider. Tasks name it as their owner. Without this section codex, gemini and "
     "claude exist; with it, only what it names."},
    {"plugins[]", "Modules to load besides those that providers and routers name, and modules to "
                  "switch off. Sinks among them get the journal's events during a run."},
    {"routers.*", "Routers that `run.router` can name."},
    {"caps.*", "Caps of single lanes, providers and accounts, beside those of budget. Of all caps "
               "that apply to a call the smallest decides."},
    {"services.*",
     "What the supervisor runs again and again (`docs/supervisor.md`). Built in, and "
     "off: provider-cost-ingest every 10m, process-watchdog every 1m, "
     "remote-heartbeat every 10s, local-idle-guard every 30s, network-watch every 30s, "
     "model-watchdog every 30s, "
     "routellm-serve."},
};

const char *orx_config_section_help(orx_view name) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(sections); i++)
        if (orx_view_is(name, sections[i].name))
            return sections[i].help;
    return NULL;
}

orx_view orx_config_key_section(const orx_config_key *key) {
    const char *dot = strrchr(key->path, '.');
    return (orx_view){key->path, dot ? (size_t)(dot - key->path) : 0};
}

const char *orx_config_key_member(const orx_config_key *key) {
    const char *dot = strrchr(key->path, '.');
    return dot ? dot + 1 : key->path;
}

const orx_config_key *orx_config_key_find(orx_view path) {
    for (size_t i = 0; i < orx_config_key_count; i++)
        if (orx_view_is(path, orx_config_keys[i].path))
            return &orx_config_keys[i];
    return NULL;
}

const char *orx_config_type_name(orx_config_type type) {
    static const char *const names[] = {"boolean",
                                        "on/off",
                                        "whole number",
                                        "number",
                                        "text",
                                        "name",
                                        "path",
                                        "duration",
                                        "size",
                                        "USD",
                                        "word",
                                        "list",
                                        "list of variable names",
                                        "object",
                                        "variable name"};
    return names[type];
}

/* ---- Defaults ------------------------------------------------------------------------------- */

/* Items of a default list as YAML. */
static void add_list(const orx_config_key *key, const char *text, orx_str *out) {
    orx_str_addc(out, '[');
    const char *sep = "";
    while (*text) {
        size_t n = strcspn(text, key->split);
        if (n) {
            orx_str_addf(out, "%s%.*s", sep, (int)n, text);
            sep = ", ";
        }
        text += n + (text[n] != 0);
    }
    orx_str_addc(out, ']');
}

/* Every default text is plain enough to need no quotes in YAML. */
void orx_config_default_text(const orx_config_key *key, const char *fallback, orx_str *out) {
    if (key->type == ORX_CFG_LIST || key->type == ORX_CFG_ENVNAMES)
        add_list(key, fallback ? fallback : "", out);
    else if (key->type == ORX_CFG_MAP)
        orx_str_adds(out, "{}");
    else if (!fallback)
        orx_str_adds(out, "null");
    else
        orx_str_adds(out, *fallback ? fallback : "\"\"");
}

/* ---- Flags ---------------------------------------------------------------------------------- */

static const char *value_name_of(orx_config_type type) {
    switch (type) {
    case ORX_CFG_BOOL:
    case ORX_CFG_SWITCH:
        return NULL;
    case ORX_CFG_INT:
    case ORX_CFG_DOUBLE:
        return "N";
    case ORX_CFG_PATH:
        return "PATH";
    case ORX_CFG_DURATION:
        return "TIME";
    case ORX_CFG_SIZE:
        return "SIZE";
    case ORX_CFG_MONEY:
        return "USD";
    case ORX_CFG_ID:
        return "NAME";
    default:
        return "TEXT";
    }
}

static orx_config_flag flag_of_key(const orx_config_key *key) {
    bool list = key->type == ORX_CFG_LIST || key->type == ORX_CFG_ENVNAMES;
    return (orx_config_flag){.name = key->flag,
                             .path = key->path,
                             .value_name = key->words ? key->words : value_name_of(key->type),
                             .repeat = list,
                             .fallback = key->fallback && *key->fallback ? key->fallback : NULL,
                             .help = key->help};
}

bool orx_config_flag_at(size_t i, orx_config_flag *ret_flag) {
    for (size_t k = 0; k < orx_config_key_count; k++) {
        if (orx_config_keys[k].flag && i-- == 0) {
            *ret_flag = flag_of_key(&orx_config_keys[k]);
            return true;
        }
    }
    if (i >= orx_builtin_binding_count)
        return false;
    const orx_builtin_binding *b = &orx_builtin_bindings[i];
    *ret_flag = (orx_config_flag){.name = b->flag,
                                  .path = b->path,
                                  .value_name = b->value_name,
                                  .repeat = b->repeat,
                                  .fallback = b->fallback,
                                  .help = b->help};
    return true;
}
