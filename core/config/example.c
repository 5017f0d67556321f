#include "config/table.h"

#define LINE_MAX_COLUMNS 100

typedef struct writer {
    orx_str *out;
    bool active;
} writer;

/* A comment, wrapped. */
static void comment(writer *w, int indent, const char *text) {
    orx_view rest = orx_view_of(text), word;
    int column = 0;
    while (orx_view_split(&rest, ' ', &word)) {
        if (!column || column + 1 + (int)word.len > LINE_MAX_COLUMNS) {
            orx_str_addf(w->out, "%s%*s# ", column ? "\n" : "", indent, "");
            column = indent + 2;
        } else {
            orx_str_addc(w->out, ' ');
            column++;
        }
        orx_str_addv(w->out, word);
        column += (int)word.len;
    }
    orx_str_addc(w->out, '\n');
}

/* A line of YAML: as it is, or put out of action by a # in the first column. */
static void setting(writer *w, int indent, const char *name, const char *value) {
    orx_str_addf(w->out, "%s%*s%s:%s%s\n", w->active ? "" : "#", indent, "", name,
                 *value ? " " : "", value);
}

static void key_comment(writer *w, int indent, const orx_config_key *key) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, key->help);
    if (key->note)
        orx_str_addf(&text, " Default: %s.", key->note);
    if (key->words)
        orx_str_addf(&text, " One of %s.", key->words);
    const char *sep = key->env && key->flag ? ", " : "";
    if (key->env || key->flag)
        orx_str_addf(&text, " (%s%s%s%s)", key->env ? key->env : "", sep, key->flag ? "--" : "",
                     key->flag ? key->flag : "");
    comment(w, indent, orx_str_cstr(&text));
}

static void key_setting(writer *w, int indent, const orx_config_key *key, const char *fallback) {
    ORX_CLEANUP(orx_str_free) orx_str value = {0};
    orx_config_default_text(key, fallback, &value);
    setting(w, indent, orx_config_key_member(key), orx_str_cstr(&value));
}

/* ---- Instances ----------------------------------------------------------------------------------
 */

static void provider(writer *w, const char *name, bool explained) {
    setting(w, 2, name, "");
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (!orx_view_is(orx_config_key_section(key), "providers.*"))
            continue;
        const char *member = orx_config_key_member(key);
        const char *fallback = orx_builtin_default(name, name, member);
        if (explained)
            key_comment(w, 4, key);
        if (!strcmp(member, "plugin"))
            fallback = name;
        key_setting(w, 4, key, fallback ? fallback : key->fallback);
    }
}

static void providers(writer *w) {
    comment(w, 0, orx_config_section_help(orx_view_of("providers.*")));
    orx_str_adds(w->out, "providers:\n");
    for (size_t i = 0; orx_builtin_providers[i]; i++)
        provider(w, orx_builtin_providers[i], i == 0);
}

static void service(writer *w, const char *name, bool explained) {
    setting(w, 2, name, "");
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (!orx_view_is(orx_config_key_section(key), "services.*"))
            continue;
        const char *fallback = orx_builtin_service_default(name, orx_config_key_member(key));
        if (explained)
            key_comment(w, 4, key);
        key_setting(w, 4, key, fallback ? fallback : key->fallback);
    }
}

static void services(writer *w) {
    orx_str_addc(w->out, '\n');
    comment(w, 0, orx_config_section_help(orx_view_of("services.*")));
    setting(w, 0, "services", "");
    for (size_t i = 0; orx_builtin_services[i]; i++)
        service(w, orx_builtin_services[i], i == 0);
}

/* Sections without a default entry: what an entry may hold stands in the comment. */
static void empty_section(writer *w, const char *section, const char *name, const char *value) {
    orx_str_addc(w->out, '\n');
    comment(w, 0, orx_config_section_help(orx_view_of(section)));
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (!orx_view_is(orx_config_key_section(key), section))
            continue;
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addf(&text, "%s: %s", orx_config_key_member(key), key->help);
        comment(w, 0, orx_str_cstr(&text));
    }
    setting(w, 0, name, value);
}

/* ---- The whole file
 * ------------------------------------------------------------------------------ */

static void plain_sections(writer *w) {
    orx_view last = {"", 0};
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (strpbrk(key->path, "*["))
            continue;
        orx_view section = orx_config_key_section(key);
        int indent = section.len ? 2 : 0;
        if (!orx_view_eq(section, last)) {
            orx_str_addc(w->out, '\n');
            comment(w, 0, orx_config_section_help(section));
            orx_str_addf(w->out, "%.*s:\n", ORX_VIEW_ARG(section));
        }
        key_comment(w, indent, key);
        key_setting(w, indent, key, key->fallback);
        last = section;
    }
    orx_str_addc(w->out, '\n');
}

void orx_config_example(orx_str *out, bool active) {
    writer w = {out, active};
    comment(&w, 0, "Configuration of orxaq. docs/config-reference.md explains every key.");
    comment(&w, 0,
            active ? "Every key is shown with its default, so this file changes nothing. A flag, "
                     "then the environment, then .env.autonomy win over what is written here."
                   : "Every key is shown with its default behind a #; take the # away to change a "
                     "value. A flag, then the environment, then .env.autonomy win over what is "
                     "written here.");
    orx_str_addc(out, '\n');
    plain_sections(&w);
    providers(&w);
    empty_section(&w, "plugins[]", "plugins", "[]");
    empty_section(&w, "routers.*", "routers", "{}");
    empty_section(&w, "caps.*", "caps", "{}");
    services(&w);
}
