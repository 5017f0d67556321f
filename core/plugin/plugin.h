/* plugin.h: plugin modules: found, trusted, proven harmless, loaded, known by id.
 *
 * A plugin is a shared object behind the ABI of sdk/include/orxaq. It runs in our process, so it is
 * let in slowly:
 *
 *   find      by absolute path, or by name = NAME.so in the first plugin folder that has it
 *   trust     (trust.h) a plain file ending .so, owned by root or by us, not writable by others,
 *             the same for every folder above it; its SHA-256 equal to the pin if there is one
 *   prove     (verdict.h) the first time this file meets this build of the host, a child process
 *             loads it and checks handshake, descriptor and tables (probe.h). A module that exits,
 *             hangs, forks or crashes while loading does so there. The verdict is cached by device,
 *             inode, size, mtime, SHA-256 and host build
 *   load      resident, local, bound now; handshake and descriptor are checked again
 *   register  one module per id; a second file with the same id is refused, naming both
 *
 * What is loaded stays loaded until the process ends; turning a plugin off means having no instance
 * of it (instance.h). Commands that only read load nothing.
 *
 * orx_plugins holds what one root uses: modules, where they are searched, and what the services
 * offered to them lead to. It knows nothing of configuration files: the caller translates.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_PLUGIN_H
#define ORX_PLUGIN_PLUGIN_H

#include "base/arena.h"
#include "base/str.h"
#include "data/doc.h"
#include "platform/platform.h"

#include <orxaq/orxaq.h>

typedef struct orx_plugins orx_plugins;
typedef struct orx_plugin orx_plugin;

typedef enum orx_metric_kind { ORX_METRIC_ADD, ORX_METRIC_SET, ORX_METRIC_OBSERVE } orx_metric_kind;

/* At most so many keys of one owner, so long, with values so long. Lengths are checked before the
 * functions below are called; the number is for them to keep. */
#define ORX_KV_KEY_MAX   256
#define ORX_KV_VALUE_MAX 65536
#define ORX_KV_KEYS_MAX  4096

/* Where the kv service keeps its data. owner is "PLUGIN/INSTANCE", so that neither another instance
 * nor another plugin that takes over an instance's name reads what is not its own. get: 1 = found
 * (*ret_value replaced), 0 = not. put: ORX_E_LIMIT beyond ORX_KV_KEYS_MAX. put and remove become
 * durable with the caller's next transaction at the latest. */
typedef struct orx_kv_ops {
    int (*get)(void *user, const char *owner, orx_view key, orx_str *ret_value, orx_err *err);
    int (*put)(void *user, const char *owner, orx_view key, orx_view value, orx_err *err);
    int (*remove)(void *user, const char *owner, orx_view key, orx_err *err);
} orx_kv_ops;

/* Everything may be NULL; strings, tables and user must outlive the orx_plugins. */
typedef struct orx_plugin_setup {
    const char *root; /* absolute; PATH settings are relative to it. NULL = must be absolute */
    const char *const *dirs;  /* plugin folders for names, NULL-terminated; see orx_plugin_dirs */
    const char *cache_file;   /* verdicts; NULL = every module is proven anew */
    const char *const *probe; /* argv of the command that proves modules, paths are appended, e.g.
                                 {"/usr/bin/orxaq", "plugin", "probe-internal", NULL}; NULL = no
                                 child, modules are checked here only */
    const char *build;        /* identifies the host's build in verdicts; NULL = its version */
    /* A line for people; level is ORXAQ_LOG_*; instance may be NULL. */
    void (*log)(void *user, int level, const char *instance, orx_view text);
    void (*metric)(void *user, orx_metric_kind kind, const char *instance, const char *name,
                   int64_t value);
    /* The bytes behind a reference ("env:NAME", "file:/path"); ORX_E_NOT_FOUND when unset. NULL:
     * "env:" through the platform's environment, "file:" a file of at most 64 KiB without its last
     * newline. */
    int (*secret)(void *user, const char *reference, orx_str *ret_value, orx_err *err);
    void *user;
} orx_plugin_setup;

/* setup is copied (not what it points to) and may be NULL. */
orx_plugins *orx_plugins_new(orx_platform *p, const orx_plugin_setup *setup);

/* All instances must be gone. NULL is fine. */
void orx_plugins_free(orx_plugins *all);

/* Gives the kv service a place; NULL = in memory, gone with the orx_plugins, as it is in the
 * beginning. Set it before instances are made and take it away after they are gone. */
void orx_plugins_set_kv(orx_plugins *all, const orx_kv_ops *kv, void *user);

/* What the operator wrote: exactly one of name and path. where ("config/orxaq.yaml:40:5") is for
 * messages and may be NULL, as may sha256 (64 hex digits). */
typedef struct orx_plugin_ref {
    const char *name;
    const char *path;
    const char *sha256;
    const char *where;
} orx_plugin_ref;

/* The absolute file a reference means, in the arena. ORX_E_NOT_FOUND names the folders searched. */
int orx_plugins_find(orx_plugins *all, const orx_plugin_ref *ref, orx_arena *arena,
                     const char **ret_path, orx_err *err);

/* Proves all modules that have no verdict yet in one child, so that loading many for the first time
 * costs one process. Problems are not reported here; they come again from orx_plugins_load. */
void orx_plugins_prepare(orx_plugins *all, const orx_plugin_ref *refs, size_t count);

/* Finds, trusts, proves, loads and registers. The same file again gives the same plugin. The plugin
 * lives as long as `all`. */
int orx_plugins_load(orx_plugins *all, const orx_plugin_ref *ref, const orx_plugin **ret_plugin,
                     orx_err *err);

/* The loaded plugin with this id, or NULL. */
const orx_plugin *orx_plugins_get(const orx_plugins *all, const char *id);

/* Names (without .so) of all module files in the plugin folders, sorted, each once. */
int orx_plugins_available(orx_plugins *all, orx_arena *arena, char ***ret_names, orx_err *err);

/* The plugin folders that belong to an executable, existing or not: beside a build tree's
 * (BUILD/bin/orxaq) BUILD/plugins, for an installed one PREFIX/LIBDIR/orxaq/plugins. exe is
 * absolute. NULL-terminated, in the arena. */
const char *const *orx_plugin_dirs(orx_arena *arena, const char *exe);

/* ---- One plugin ---------------------------------------------------------------------------- */

/* The descriptor, copied into a table of our own size: every member may be read, those the module
 * does not have are 0. Strings and config keys are checked and bounded. */
const orxaq_plugin *orx_plugin_descriptor(const orx_plugin *plugin);

/* Absolute path and SHA-256 (hex) of the file. */
const char *orx_plugin_path(const orx_plugin *plugin);
const char *orx_plugin_sha256(const orx_plugin *plugin);

/* The table of a capability, copied as above into memory of the registry; NULL when the plugin does
 * not offer it. */
const orxaq_provider *orx_plugin_provider(const orx_plugin *plugin);
const orxaq_router *orx_plugin_router(const orx_plugin *plugin);
const orxaq_sink *orx_plugin_sink(const orx_plugin *plugin);
const orxaq_ingest *orx_plugin_ingest(const orx_plugin *plugin);
const orxaq_responder *orx_plugin_responder(const orx_plugin *plugin);

/* Config key number i, copied as above; NULL behind the last. */
const orxaq_config_key *orx_plugin_key(const orx_plugin *plugin, uint32_t i);

/* The words for numbers of the ABI in messages and JSON: "rate_limit", "task", "duration" ... Never
 * NULL; "unknown" for a number that is none. */
const char *orx_outcome_kind_name(int32_t kind);
const char *orx_provider_op_name(int32_t op);
const char *orx_setting_type_name(int32_t type);
const char *orx_abi_code_name(int32_t code);
const char *orx_refusal_name(int32_t code);

#endif
