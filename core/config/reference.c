#include "config/table.h"

static const char intro[] =
    "# Configuration reference\n"
    "\n"
    "Generated from the table of keys in core/config/table.c; do not edit. A test compares the "
    "two,\n"
    "and `ORX_UPDATE_GENERATED=1 ctest -R unit_config_reference` writes this page anew.\n"
    "\n"
    "## Where a value comes from\n"
    "\n"
    "The first of these that has a value wins:\n"
    "\n"
    "1. a flag of `orxaq run`, for a lane what its entry in the lanes file says, and\n   "
    "`config/overlays/NAME.yaml` when `--overlay NAME` is given\n"
    "2. the process environment\n"
    "3. the env file: `--env-file`, else `$ORXAQ_AUTONOMY_ENV_FILE`, else `ROOT/.env.autonomy`\n"
    "4. the config file: `--config`, else `ROOT/orxaq.yaml`, else `ROOT/config/orxaq.yaml` (or "
    "the\n"
    "   same names with `.json`)\n"
    "5. the default\n"
    "\n"
    "`orxaq config show --origin` tells for each value which one it was; `orxaq config check` "
    "reports\n"
    "everything that is wrong, with file, line and column. An unknown key is a warning, and an "
    "error\n"
    "with `--strict`.\n"
    "\n"
    "ROOT is `--root`, else `$ORXAQ_ROOT`, else the nearest directory from the working directory\n"
    "upwards that holds one of these files, `config/tasks.json`, `config/lanes.json` or\n"
    "`config/skill_protocol.json`.\n"
    "\n"
    "## Kinds of values\n"
    "\n"
    "| Type | In the config file | In the environment and in flags |\n"
    "|---|---|---|\n"
    "| boolean | `true`, `false` | `1 true yes on`, `0 false no off`; flags: `--NAME`, `--no-NAME` "
    "|\n"
    "| on/off | `on`, `off` | the same |\n"
    "| whole number, number | `8` | `8` |\n"
    "| duration | `200ms` `30s` `5m` `2h` `1d`; a bare number is seconds | the same |\n"
    "| size | `4096` `64KiB` `2GiB` `10MB`; a bare number is bytes | the same |\n"
    "| USD | `0.25` `100` | the same |\n"
    "| path | relative to ROOT; `~/` is the home directory; may begin with `${root}`, "
    "`${artifacts_dir}`, `${state_dir}` | the same; in flags relative to the working directory |\n"
    "| list | `[make lint, make test]` | items with separators as noted; flags are repeated |\n"
    "| name | 1 to 64 letters, digits, `.`, `_`, `-` | the same |\n"
    "| variable name | the NAME of the variable that holds a secret, never the secret | |\n"
    "\n"
    "`null` in the config file is as good as leaving the key out; for optional texts and paths it\n"
    "means none. An empty variable counts as not set, and as none for optional texts and paths.\n";

static void add_cell(orx_str *out, const char *text) {
    for (; *text; text++) {
        if (*text == '|')
            orx_str_addc(out, '\\');
        orx_str_addc(out, *text);
    }
}

static void add_code(orx_str *out, const char *prefix, const char *text) {
    if (!text)
        return;
    orx_str_addf(out, "`%s", prefix);
    add_cell(out, text);
    orx_str_addc(out, '`');
}

static void add_default(orx_str *out, const orx_config_key *key) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_default_text(key, key->fallback, &text);
    if (key->note)
        add_cell(out, key->note);
    else if (orx_view_is(orx_str_view(&text), "null"))
        orx_str_adds(out, "none");
    else
        add_code(out, "", orx_str_cstr(&text));
}

static void add_type(orx_str *out, const orx_config_key *key) {
    if (key->words)
        add_code(out, "", key->words);
    else
        orx_str_adds(out, orx_config_type_name(key->type));
}

static void add_row(orx_str *out, const orx_config_key *key) {
    orx_str_addf(out, "| `%s` | ", orx_config_key_member(key));
    add_type(out, key);
    orx_str_adds(out, " | ");
    add_default(out, key);
    orx_str_adds(out, " | ");
    add_code(out, "", key->env);
    orx_str_adds(out, " | ");
    add_code(out, "--", key->flag);
    orx_str_adds(out, " | ");
    add_cell(out, key->help);
    if (key->env && key->split)
        orx_str_addf(out, " In the environment items are separated by `%s`.", key->split);
    orx_str_adds(out, " |\n");
}

static void add_section(orx_str *out, orx_view section) {
    const char *title = section.len ? "" : "Top level";
    orx_str_addf(out, "\n## %s%.*s\n\n%s\n\n", title, ORX_VIEW_ARG(section),
                 orx_config_section_help(section));
    orx_str_adds(out, "| Key | Type | Default | Environment | Flag | Meaning |\n"
                      "|---|---|---|---|---|---|\n");
}

static void add_bindings(orx_str *out) {
    orx_str_adds(out,
                 "\n## Variables and flags of single providers\n\n"
                 "They have an effect while a provider of that name is configured; the command "
                 "also needs the\nplugin of that name.\n\n"
                 "| Sets | Default | Environment | Flag |\n|---|---|---|---|\n");
    for (size_t i = 0; i < orx_builtin_binding_count; i++) {
        const orx_builtin_binding *b = &orx_builtin_bindings[i];
        orx_str_addf(out, "| `%s` | ", b->path);
        add_code(out, "", b->fallback);
        orx_str_addf(out, " | `%s` | `--%s` |\n", b->env, b->flag);
    }
}

void orx_config_reference(orx_str *out) {
    orx_str_adds(out, intro);
    orx_view last = {NULL, 1}; /* equal to no section */
    for (size_t i = 0; i < orx_config_key_count; i++) {
        orx_view section = orx_config_key_section(&orx_config_keys[i]);
        if (!last.p || !orx_view_eq(section, last))
            add_section(out, section);
        add_row(out, &orx_config_keys[i]);
        last = section;
    }
    add_bindings(out);
}
