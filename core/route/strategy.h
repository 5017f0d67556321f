/* strategy.h: in which order deployments that can do the same work are asked.
 *
 * What may not be called at all was left out before (deployment.h); a strategy puts the rest in
 * order, and the first that answers does the work. All of them, so that the next is known when one
 * is turned away.
 *
 *   simple-shuffle        drawn by weight; where nobody has one by requests a minute, then by
 *                         tokens a minute, then evenly. Without a share behind all others.
 *   least-busy            fewest calls under way
 *   latency               most tokens a second, where some do not say so shortest calls; what was
 *                         not measured yet comes first, so that it is
 *   cost                  cheapest; what has no price counts as dearest
 *   usage                 least of its minute used up, where requests or tokens are limited
 *   priority              the operator's rank
 *   local-first-saturate  local ones while they have room, the emptiest first; then those elsewhere
 *                         by rank; full local ones last
 *
 * Whatever the strategy, those of a smaller tier come before the others.
 *
 * Equals are in random order, but for priority: there they stay as they were given.
 *
 * The names and the first five rules are LiteLLM's. Pure; the same seed gives the same order.
 *
 * Threads: any.
 */
#ifndef ORX_ROUTE_STRATEGY_H
#define ORX_ROUTE_STRATEGY_H

#include "base/arena.h"
#include "config/config.h"

/* What a strategy may look at. -1 = not known, where nothing else is said. */
typedef struct orx_strategy_member {
    int64_t weight; /* 0 = none was stated, likewise rpm and tpm */
    int64_t rpm;
    int64_t tpm;
    int64_t in_flight;
    int64_t limit; /* calls at once at present */
    int64_t milli_tps;
    int64_t latency_ns;
    int64_t price;    /* nano-USD for a million tokens in and out */
    int64_t used_ppm; /* of its minute */
    int64_t rank;     /* smaller first */
    int64_t tier;     /* likewise, before everything else */
    bool local;
} orx_strategy_member;

/* An order of all members: indexes, in the arena. */
size_t *orx_strategy_order(orx_strategy strategy, const orx_strategy_member *members, size_t count,
                           uint64_t seed, orx_arena *arena);

/* The strategy of a name as route.strategy has it ("least-busy"); false when there is none. */
bool orx_strategy_named(const char *name, orx_strategy *ret_strategy);

/* "strategy_least_busy": the reason code of a plan. */
const char *orx_strategy_reason(orx_strategy strategy);

#endif
