/* settings.h: an operator's settings against a plugin's declared keys.
 *
 * The rules are those of sdk/include/orxaq/config.h. Messages read
 * "FILE:LINE:COLUMN: providers.x.settings.timeout: expected a duration such as 5s, found ...".
 * Unknown keys are errors that name the nearest known key. All problems of a settings map are one
 * error; the first is spelled out, the others are counted.
 *
 * Threads: any, on separate arenas.
 */
#ifndef ORX_PLUGIN_SETTINGS_H
#define ORX_PLUGIN_SETTINGS_H

#include "plugin/plugin.h"

typedef struct orx_settings_spec {
    const orx_plugin *plugin;
    const orx_node *given; /* an object, or NULL for none */
    const char *file;      /* may be NULL */
    const char *path;      /* "providers.codex.settings" */
    const char *root;      /* for PATH; NULL = paths must be absolute */
    const char *home;      /* for "~/"; NULL = refused */
    orx_platform *p;       /* for DOCUMENT; NULL = files are refused */
    /* Called for each deprecated key in use. May be NULL. */
    void (*warn)(void *user, const char *text);
    void *user;
} orx_settings_spec;

/* The complete tree in the arena. Secrets hold the placeholder ORX_SECRET_PLACEHOLDER. */
int orx_settings_build(const orx_settings_spec *spec, orx_arena *arena, orx_node **ret_tree,
                       orx_err *err);

#define ORX_SECRET_PLACEHOLDER "(secret)"

/* The reference an operator wrote for a SECRET key ("env:NAME"), or NULL. */
const char *orx_settings_secret(const orx_settings_spec *spec, orx_view key);

/* Checks the declaration itself, key by key: names, types, ranges, defaults that satisfy their own
 * range, help present. Used when a module is loaded. */
int orx_settings_check_keys(const orxaq_config_key *keys, uint32_t count, orx_err *err);

/* Appends a reference page of the keys for people: key, type, default, range, help. */
void orx_settings_reference(const orx_plugin *plugin, orx_str *out);

#endif
