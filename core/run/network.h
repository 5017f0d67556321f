/* network.h: what the state of the network means for an attempt; for the files of plans only.
 *
 * Read once, before the attempt is looked at (route/network_row.h). While it is offline no
 * deployment elsewhere is called: `network_offline` is a reason like a cooldown, so such models are
 * left out of plans and tasks that have nobody else wait without losing an attempt. While it is
 * degraded the plan, whoever wrote it, is put in the order of the ladder for how hard the task
 * reads; escalations stay behind. A state that is old means nothing.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_NETWORK_H
#define ORX_RUN_NETWORK_H

#include "run/runner.h"

/* Fills t->network. */
int orx_run_network_read(orx_try *t, orx_err *err);

/* Whether a provider may not be called for it; *ret_wait_ns is when to look again then. */
bool orx_run_network_shuts(const orx_try *t, const orx_provider_config *p, int64_t *ret_wait_ns);

/* Puts t->plan in order. */
void orx_run_network_order(orx_try *t);

/* For the event route.planned, or NULL: it is online, or not known. */
orx_node *orx_run_network_node(const orx_try *t, orx_arena *arena);

#endif
