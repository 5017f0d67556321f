/* load.h: the steps of orx_config_load (internal to core/config).
 *
 * One orx_loader lives for one call. Hard failures (no such root) return negative with err;
 * everything an operator can mend is added to the diagnostics and loading goes on with the
 * default, so that one run reports all of it.
 */
#ifndef ORX_CONFIG_LOAD_H
#define ORX_CONFIG_LOAD_H

#include "base/map.h"
#include "base/vec.h"
#include "config/envfile.h"
#include "config/table.h"
#include "config/value.h"

/* What stays for the life of an orx_config. */
struct orx_config_state {
    orx_arena arena;
    orx_map process; /* name -> value, a copy of the process environment */
    orx_map file;    /* name -> orx_envvar of the env file */
    orx_envfile envfile;
    ORX_VEC(void *) listed; /* orx_config_value, in the order of the reference */
    orx_map by_path;        /* full path -> orx_config_value */
    const char *const *owners;
};

typedef struct orx_loader {
    orx_platform *p;
    const orx_config_options *options;
    orx_config *cfg;
    struct orx_config_state *st;
    orx_diags *diags;
    orx_value_scope scope;
    const orx_node *doc;     /* NULL = no config file, or an empty or unreadable one */
    const char *doc_label;   /* what messages call the config file */
    const orx_node *overlay; /* NULL = none, or an unreadable one */
    const char *overlay_label;
    const orx_node *litellm; /* further entries of `providers`, or NULL; litellm.h */
    const char *litellm_label;
    bool *flag_used;
} orx_loader;

/* ---- world.c: where things are ----------------------------------------------------------------
 */

/* Takes over the environment, finds working directory, home and root. */
int orx_loader_find_world(orx_loader *l, orx_err *err);

/* A path as messages show it: relative to the root when it lies inside. */
const char *orx_loader_label(orx_loader *l, const char *path);

/* ---- sources.c: the two files -----------------------------------------------------------------
 */

void orx_loader_read_env_file(orx_loader *l);
void orx_loader_read_document(orx_loader *l);

/* The object in a text that messages call label; NULL when it says nothing or a problem was
 * reported. */
const orx_node *orx_loader_parse(orx_loader *l, const char *label, orx_view text);

/* A file of the root, whole. 1 = there, 0 = absent, negative = a problem was reported. */
int orx_loader_read_text(orx_loader *l, const char *path, size_t max, orx_view *ret_text);

/* ---- overlay.c: what lies over the config file and the environment ----------------------------
 */

void orx_loader_read_overlay(orx_loader *l);

/* When all is read: an overlay changes entries that are there and makes none. */
void orx_loader_check_overlay(orx_loader *l);

/* ---- litellm.c: what route.litellm_file names -------------------------------------------------
 */

void orx_loader_litellm(orx_loader *l);

/* ---- layers.c: one value from all places ------------------------------------------------------
 */

typedef struct orx_layers {
    const char *fallback;
    const char *env;
    const char *env_old; /* as in the row */
    const char *flag;
    const orx_node *node;
} orx_layers;

/* The value of one row from all places, in the order of precedence. Not registered yet. */
orx_config_value *orx_loader_resolve(orx_loader *l, const orx_config_key *key, const char *path,
                                     const orx_layers *from);

/* Makes a value known under its path; listed ones are walked by orx_config_value_at. */
void orx_loader_register(orx_loader *l, orx_config_value *v, bool listed);

/* Copies a value into its typed member of base (nothing when the row has none). */
void orx_value_fill(const orx_config_value *v, void *base);

/* "config/orxaq.yaml:3:5": where a value begins, and where a member's name does. */
const char *orx_loader_where(orx_loader *l, const orx_node *node);
const char *orx_loader_key_where(orx_loader *l, const orx_node *member);

/* Adds a diagnostic "PATH: TEXT" at a place. */
void orx_loader_report(orx_loader *l, orx_severity severity, const char *where, const char *path,
                       const char *text);

/* ---- instances.c, plugins.c, settings.c: providers, routers, plugins --------------------------
 */

void orx_loader_providers(orx_loader *l);
void orx_loader_routers(orx_loader *l);
void orx_loader_caps(orx_loader *l);

/* At most so many entries of a section count. */
#define ORX_INSTANCES_MAX 256

/* The usable entries of a section of the document; what is wrong with the others is said. */
size_t orx_loader_entries(orx_loader *l, const char *section,
                          const orx_node *nodes[ORX_INSTANCES_MAX]);

/* Resolves every member of one entry into base. node may be NULL; builtin (or NULL) knows defaults
 * by name. */
void orx_loader_entry(orx_loader *l, const char *section, const char *name, const orx_node *node,
                      const char *(*builtin)(const char *name, const char *member), void *base);

/* ---- services.c ------------------------------------------------------------------------------ */

void orx_loader_services(orx_loader *l);
void orx_loader_plugins(orx_loader *l);

/* What a variable or a flag of the predecessor says the program of a provider is. */
typedef struct orx_program {
    const orx_config_value *value; /* a resolved text */
    bool list;                     /* the setting is a list, whose only element it becomes */
} orx_program;

/* Resolves one MAP member and registers what is in it. program (or NULL) replaces the member
 * `program`. */
const orx_node *orx_loader_settings(orx_loader *l, const orx_config_key *key, const char *path,
                                    const orx_node *node, const orx_program *program);

/* ---- unknown_keys.c, unknown_names.c, check.c
 * ----------------------------------------------------------------------- */

void orx_loader_unknown_keys(orx_loader *l);
void orx_loader_unknown_flags(orx_loader *l);
void orx_loader_unknown_variables(orx_loader *l);

/* Whether every child has this variable anyway, so that it cannot be a secret (childenv.c). */
bool orx_child_env_reserved(orx_view name);

/* The endpoints of local-only mode, behind the configured providers (local_pool.c). */
void orx_loader_local(orx_loader *l);

/* Values that depend on others, and rules between keys. */
void orx_loader_derive(orx_loader *l);
void orx_loader_check(orx_loader *l);
void orx_loader_check_caps(orx_loader *l);
void orx_loader_check_route(orx_loader *l);

#endif
