/* simulate.h: what another router, or a strategy, would have decided.
 *
 * Every decision of the journal (event route.planned) names the candidates there were and what was
 * known of them. Each is put to another router again, with the task as the journal knows it now,
 * and its first choice is held against the call that was made. Nothing is called and nothing is
 * written.
 *
 * What would have come of another choice nobody knows: it is a counterfactual, and is called
 * unknown unless the attempt went on to that very candidate by itself. What a call there costs is
 * expected to be what its calls cost on average, and not known where there were none. So the sums
 * say what another router would have spent, and never what it would have achieved.
 *
 * What a recorded decision does not say (older ones name their candidates and nothing else) counts
 * as not known, as it does for a router in a run.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_SIMULATE_H
#define ORX_RUN_SIMULATE_H

#include "config/config.h"
#include "plugin/instance.h"
#include "run/attempt.h"

#define ORX_SIMULATE_MAX 100000 /* decisions at once */

/* Who decides again. */
typedef struct orx_decider {
    orx_instance *router;  /* or, when it is NULL, */
    orx_strategy strategy; /* among the candidates that were recorded, */
    const orx_config *cfg; /* by what this says of their providers */
} orx_decider;

/* What became of one decision. */
typedef struct orx_replayed {
    int64_t attempt;
    const char *task;
    const char *verdict; /* of the attempt, "" until settled */
    const char *chose;   /* the deployment that was called first */
    const char *would;   /* "" = the router failed: the static order, which was not replayed */
    const char *why;     /* its reason code, or its error */
    int kind;            /* ORXAQ_KIND_* of the call that is known of `would`; -1 = unknown */
    int64_t cost;        /* nano-USD of the call that was made, -1 = not known */
    int64_t expected;    /* of a call to `would`, -1 = not known; the same call: its cost */
    int64_t samples;     /* calls it is the average of; 0 = it is the recorded one, or unknown */
} orx_replayed;

typedef struct orx_simulation {
    orx_replayed *items; /* oldest first, in the arena */
    size_t count;
    size_t skipped; /* decisions whose task or call is not known any more */
    size_t same;
    size_t differ;
    size_t failed;
    size_t unknown;   /* of those that differ: nobody knows what would have come of them */
    size_t compared;  /* of those that differ: both costs are known */
    int64_t recorded; /* the costs of those, as they were and as they are expected */
    int64_t expected;
} orx_simulation;

/* Replays the newest `limit` decisions (0 = all, up to ORX_SIMULATE_MAX), or those of one attempt
 * (0 = of all). */
int orx_run_simulate(orx_store *s, const orx_decider *by, int64_t attempt, int limit,
                     orx_arena *arena, orx_simulation *ret_simulation, orx_err *err);

/* simulate_order.c: the deployment that the strategy puts first among recorded candidates.
 * ORX_E_NOT_FOUND when the configuration knows none of their providers. */
int orx_simulate_order(const orx_decider *by, const orx_node *candidates, uint64_t seed,
                       orx_arena *arena, const char **ret_first, orx_err *err);

#endif
