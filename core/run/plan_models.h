/* plan_models.h: the static order of an attempt and the decision about its model; for the files of
 * plans only.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_PLAN_MODELS_H
#define ORX_RUN_PLAN_MODELS_H

#include "run/runner.h"

/* Fills t->plan with the owner's provider and its models in order, asking the routing service when
 * that is on. router_error: why the router of run.router did not plan, NULL when there is none; the
 * service is then not asked. */
void orx_run_plan_static(orx_try *t, const char *router_error);

/* Sets the decision of a plan that a router wrote. */
void orx_run_plan_by_router(orx_try *t);

#endif
