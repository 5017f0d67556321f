/* routers.h: the routers of one run, each made when a task needs it first.
 *
 * Most runs have one, that of run.router. A model written as router-NAME-THRESHOLD may name others.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_ROUTERS_H
#define ORX_RUN_ROUTERS_H

#include "run/runner.h"

/* The name of the router that decides about this attempt, NULL when none does: what the model that
 * was asked for names (config/router_name.h), else run.router. A name that means no router is one:
 * of none that can be made. */
const char *orx_run_router_name(const orx_try *t);

/* The model that was asked for: by the task, else by its provider as router-NAME-THRESHOLD; "". */
const char *orx_run_wanted(const orx_try *t);

/* The router of that name. Why there is none is told once and stays: ORX_E_UNSUPPORTED. */
int orx_run_router(orx_runner *r, const char *name, orx_instance **ret_router, orx_err *err);

/* Which vectors a router that was made goes by. */
const orx_embedding_need *orx_run_router_embedding(const orx_runner *r, const orx_instance *router);

void orx_run_routers_free(orx_runner *r);

#endif
