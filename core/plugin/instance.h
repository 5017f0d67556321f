/* instance.h: a plugin put to use: settings validated, services attached, created.
 *
 * Each place of the configuration that names a plugin (providers.codex, routers.cheap, plugins[2])
 * becomes one instance with settings, secrets, stored keys and log lines of its own.
 *
 * The services of sdk/include/orxaq/host.h are implemented behind it (services.h): values of the
 * json service are our document nodes, log lines go to the caller's setup, at most 1,000 a minute;
 * memory handed to the plugin for "this call" is an arena emptied when the outermost call into the
 * instance returns.
 *
 * Calls into a plugin are wrapped by orx_instance_enter / orx_instance_leave, which keep that arena
 * and pick up what the plugin explained about a failure.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_INSTANCE_H
#define ORX_PLUGIN_INSTANCE_H

#include "plugin/plugin.h"

typedef struct orx_instance orx_instance;

typedef struct orx_instance_spec {
    const orx_plugin *plugin;
    const char *name;         /* "codex"; stored keys belong to it */
    const orx_node *settings; /* what the operator wrote: an object, or NULL for none */
    const char *file;         /* the file settings come from, for FILE:LINE:COLUMN; may be NULL */
    const char *path;         /* where in it: "providers.codex.settings" */
    const char *secret;       /* reference of the instance's own secret ("env:NAME"), or NULL */
} orx_instance_spec;

/* Validates the settings (settings.h) and creates the instance. Nothing of the spec is kept. */
int orx_instance_new(orx_plugins *all, const orx_instance_spec *spec, orx_instance **ret_instance,
                     orx_err *err);

/* Destroys it; its jobs must be freed before. NULL is fine. */
void orx_instance_free(orx_instance *instance);

const char *orx_instance_name(const orx_instance *instance);
const orx_plugin *orx_instance_plugin(const orx_instance *instance);

/* The complete settings as the plugin sees them. */
const orx_node *orx_instance_settings(const orx_instance *instance);

/* ORXAQ_OP_BIT of the provider ops offered, ORXAQ_CAN_* of the instance; 0 when it is no provider.
 */
uint64_t orx_instance_ops(const orx_instance *instance);
uint64_t orx_instance_features(const orx_instance *instance);

/* Whether a sink wants events of this kind; false when it is no sink. Asked once per kind. */
bool orx_instance_wants(orx_instance *instance, const char *kind);

/* ---- For the parts of this room that call into plugins -------------------------------------- */

/* The pointer that the plugin's create returned. */
void *orx_instance_object(const orx_instance *instance);
orx_plugins *orx_instance_all(const orx_instance *instance);

/* Around every call into the plugin; calls nest. */
void orx_instance_enter(orx_instance *instance);
void orx_instance_leave(orx_instance *instance);

/* Turns a negative code of the plugin into an error that names plugin, instance, what was asked and
 * what the plugin explained. Call it before orx_instance_leave. Returns the ORX_E_* code. */
int orx_instance_failed(orx_instance *instance, const char *what, int32_t code, orx_err *err);

/* The secret behind a handle, appended to *out. Only for a child's environment or a header. */
int orx_instance_secret(orx_instance *instance, uint64_t handle, orx_str *out, orx_err *err);

/* Calls fn with the value of every secret that this instance can put into an effect: for keeping
 * them out of what is written down. Those that cannot be had are left out. The views are wiped
 * after. */
void orx_instance_each_secret(orx_instance *instance, void (*fn)(void *user, orx_view value),
                              void *user);

/* Whether settings allow appending to this file (a PATH key with ORXAQ_KEY_WRITE). */
bool orx_instance_may_append(const orx_instance *instance, orx_view path);

#endif
