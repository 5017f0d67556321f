/* kv.h: what plugins remember, kept in the journal's database.
 *
 * The kv service of the plugin ABI is a small table per plugin instance. Its rows live in the
 * database of the root, so that what a router has learned or a driver has remembered is still there
 * after a restart, a crash or a loss of power. They are no events: nobody but the plugin can say
 * what they mean, and losing them costs no task.
 *
 * A put outside a transaction is a transaction of its own and durable when the plugin gets its
 * answer; inside one it is part of it.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_KV_H
#define ORX_RUN_KV_H

#include "plugin/plugin.h"
#include "store/store.h"

/* For orx_plugins_set_kv; user is the orx_store, open for writing with orx_run_room. */
extern const orx_kv_ops orx_run_kv;

#endif
