/* strategy.h: the static order of an attempt by a strategy; for the files of plans only.
 *
 * With a strategy the models of the task's owner and those of the providers in its group
 * (providers.NAME.group) are deployments of one thing: each may do the task, and how they stand
 * decides who is asked first (route/strategy.h). It is for the static order alone. Where the
 * routing service named a model, a router wrote the plan, or endpoints of local-only mode stand in
 * for the owner, those have decided already.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_STRATEGY_H
#define ORX_RUN_STRATEGY_H

#include "run/runner.h"

/* Adds the group to the steps of t->plan and puts them in order. Nothing without a strategy. */
void orx_run_strategy_apply(orx_try *t);

/* Leaves as many steps as providers.NAME.max_tries allows, when all that take no call are out of
 * the plan. */
void orx_run_strategy_limit(orx_try *t);

/* Whether a provider does the tasks of another one, since they are in one group. */
bool orx_run_in_group(const orx_config *cfg, const orx_provider_config *owner,
                      const orx_provider_config *p);

#endif
