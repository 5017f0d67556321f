/* table.h: the rows behind schema.h (internal to core/config).
 *
 * Besides the keys there are two small tables. Sections give each group of keys a sentence for the
 * reference. Builtins say what the names codex, gemini and claude mean: defaults that belong to a
 * provider's name or to its plugin, and the predecessor's variables and flags that set a member of
 * one provider.
 */
#ifndef ORX_CONFIG_TABLE_H
#define ORX_CONFIG_TABLE_H

#include "config/config.h"

extern const orx_config_key orx_config_keys[];
extern const size_t orx_config_key_count;

typedef struct orx_config_section {
    const char *name; /* "retry", "providers.*", "plugins[]" */
    const char *help;
} orx_config_section;

/* The sentence for a section, or NULL. */
const char *orx_config_section_help(orx_view name);

/* The part of a row's path before the last dot ("" at the top level), and the part behind it. */
orx_view orx_config_key_section(const orx_config_key *key);
const char *orx_config_key_member(const orx_config_key *key);

/* The row of exactly this path (with * and []), or NULL. */
const orx_config_key *orx_config_key_find(orx_view path);

/* Appends a default (the row's or another one) as YAML: 30s, [make lint, make test], null, "". */
void orx_config_default_text(const orx_config_key *key, const char *fallback, orx_str *out);

/* ---- What the predecessor's names mean (builtin.c) --------------------------------------------
 */

/* The providers that exist when the config names none; NULL-terminated. */
extern const char *const orx_builtin_providers[];

/* The default of a provider's member that depends on its name or plugin; NULL = the row's. */
const char *orx_builtin_default(const char *name, const char *plugin, const char *member);

/* The services that exist without an entry (services.c), by name, NULL-terminated; and the default
 * of a member of one, NULL = the row's. */
extern const char *const orx_builtin_services[];
const char *orx_builtin_service_default(const char *name, const char *member);

/* A variable and a flag that set one member of one provider. */
typedef struct orx_builtin_binding {
    const char *provider;
    const char *member; /* "model"; "settings.program" reaches into the settings */
    const char *path;   /* "providers.codex.model" */
    const char *env;
    const char *flag;
    const char *value_name;
    bool repeat;
    bool list;            /* the text is one element of a list */
    const char *fallback; /* shown with the flag */
    const char *help;
} orx_builtin_binding;

extern const orx_builtin_binding orx_builtin_bindings[];
extern const size_t orx_builtin_binding_count;

const orx_builtin_binding *orx_builtin_binding_find(const char *provider, const char *member);

/* Names of the predecessor's variables that are not bound to a key here; NULL-terminated. They are
 * known so that a slip of the pen next to them is noticed. */
extern const char *const orx_known_variables[];

#endif
