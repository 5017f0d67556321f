/* probe.h: what the child process does that meets a module first.
 *
 * The hidden command `orxaq plugin probe-internal PATH...` calls orx_plugin_probe and prints what
 * it appends: one JSON object per line and module,
 *
 *     {"path":"/x/a.so","ok":true,"id":"a"}
 *     {"path":"/x/b.so","ok":false,"reason":"..."}
 *
 * A line is handed to `emit` before the next module is touched, so that the parent knows who was
 * the one that took the child down. Checks: it loads with everything resolved, has the symbol, the
 * handshake accepts this host and refuses a host of another major version, descriptor and config
 * keys hold, the tables of the capabilities are long enough and complete, an unknown id gives NULL,
 * and loading has left no thread or child process behind.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_PROBE_H
#define ORX_PLUGIN_PROBE_H

#include "plugin/plugin.h"

/* Returns the number of modules that passed. paths is NULL-terminated, absolute. */
int orx_plugin_probe(orx_platform *p, const char *const *paths,
                     void (*emit)(void *user, orx_view line), void *user);

/* ---- The single steps, also for `orxaq plugin validate` ------------------------------------- */

/* A module and what it answered; the tables are copies of our own size. */
typedef struct orx_module_view {
    struct orx_module *module;
    const orxaq_plugin *raw; /* the module's own descriptor */
    orxaq_plugin descriptor;
    orxaq_config_key *keys;  /* descriptor.config_count of them, in the arena */
    orxaq_provider provider; /* struct_size 0 when not offered, likewise below */
    orxaq_router router;
    orxaq_sink sink;
    orxaq_ingest ingest;
    orxaq_responder responder;
    orxaq_job job; /* of the provider */
    orxaq_job sink_job;
    orxaq_job ingest_job;
} orx_module_view;

/* Opens, looks up the symbol, shakes hands and checks everything. On failure the module is closed
 * again (a resident one stays mapped). */
int orx_module_view_open(orx_platform *p, const char *path, bool resident, orx_arena *arena,
                         orx_module_view *ret_view, orx_err *err);

/* The checks behind it, one by one, on a descriptor however it was come by. */
int orx_handshake(orxaq_plugin_query_fn query, const orxaq_plugin **ret_raw, orx_err *err);
int orx_descriptor_check(const orxaq_plugin *raw, orx_arena *arena, orx_module_view *view,
                         orx_err *err);
int orx_tables_check(orx_module_view *view, orx_err *err);

#endif
