/* outcomes.h: how attempts went lately, as numbers for decisions about money.
 *
 * Of what was judged, as in lessons.h: an attempt passed when it is done, and did not when a
 * validation failed, nothing was changed or the change was out of scope. What says nothing about
 * the work (rate limits, networks) counts nowhere. The cost of an attempt is that of all its calls;
 * it is known when that of each is.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_OUTCOMES_H
#define ORX_RUN_OUTCOMES_H

#include "base/arena.h"
#include "store/store.h"

typedef struct orx_outcomes {
    const char *lane;
    const char *deployment; /* of the last call */
    int64_t outcomes;
    int64_t passed;
    int64_t priced;  /* of the outcomes: what they cost is known */
    double cost_usd; /* of those together */
    int64_t timed;   /* of the outcomes: begin and end are known */
    double seconds;  /* of those together */
} orx_outcomes;

/* One row for each lane and deployment with an outcome since from_ns (wall), in the arena. Returns
 * how many. */
int orx_outcomes_read(orx_store *s, int64_t from_ns, orx_arena *arena, orx_outcomes **ret_rows,
                      orx_err *err);

/* What routers did since then: decisions made with one, and of those that fell back to the static
 * order, hard errors and others that disrupt (route/scaling.h). */
int orx_outcomes_routing(orx_store *s, int64_t from_ns, int64_t *ret_decisions, int64_t *ret_errors,
                         int64_t *ret_disruptive, orx_err *err);

#endif
