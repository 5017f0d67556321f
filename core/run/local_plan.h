/* local_plan.h: who does the tasks of a hosted codex in local-only mode; for the files of plans
 * only.
 *
 * The endpoints that stand for it (config/local.h) are asked which models they serve. Of the chain
 * of models (route_chain.h) each is tried at one endpoint after the other [K]: at those that serve
 * it, or at all when none says so; without those that the fleet's file knows to be sick, unless
 * that leaves none; those with the fewest calls under way first, and equals in turn. A model is
 * asked for as its endpoint spells it. Every failure goes on to the next entry, and none leads out
 * of the list.
 *
 * What endpoints serve is believed for local.models_ttl, that nothing is known of one as well: an
 * endpoint that is away costs its second and a half once in that time. They are asked together.
 *
 * Threads: the platform's thread; waits inside the loop.
 */
#ifndef ORX_RUN_LOCAL_PLAN_H
#define ORX_RUN_LOCAL_PLAN_H

#include "run/runner.h"

typedef struct orx_local_member {
    orx_provider *provider;
    orx_strings served; /* empty: nothing is known */
    bool sick;
    int64_t in_flight; /* calls of all lanes */
} orx_local_member;

/* Every usable endpoint that stands for a provider, in the order of the configuration and with what
 * is known of it now; in the arena. Returns how many. */
size_t orx_run_local_members(orx_runner *r, const orx_provider_config *owner, orx_arena *arena,
                             orx_local_member **ret_members);

/* All models that some of them serve, each once. */
orx_strings orx_run_local_served(const orx_local_member *members, size_t count, orx_arena *arena);

/* The order in which endpoints are asked for a model: indexes into members, in the arena. turn: how
 * often the model was asked for before. Returns how many, none only of none. Pure. */
size_t orx_run_local_order(const orx_local_member *members, size_t count, const char *model,
                           uint64_t turn, orx_arena *arena, size_t **ret_order);

/* Fills the steps of t->plan for these models, and the endpoint of its decision. */
void orx_run_local_steps(orx_try *t, const orx_local_member *members, size_t count,
                         const char *const *models, size_t model_count);

/* What an endpoint serves. NULL is fine. */
void orx_run_served_free(struct orx_run_served *served);

#endif
