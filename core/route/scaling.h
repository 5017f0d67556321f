/* scaling.h: how many lanes of a group may run together, decided.
 *
 * One lane always runs. A further one is allowed when it is worth at least the threshold
 * (npv.h), and no gate is in the way: the switch, the lanes there are, the operator's limits, the
 * day's budget. Gates are hard: no value however great goes past one. Lanes are added one by one
 * until one of them is not allowed, so every step has a price and a reason.
 *
 * Stop-loss: when the group has spent more than its day's budget, when less passes than the
 * operator's least share, or when routers fail too often, it goes back to one lane whatever the
 * next one would be worth.
 *
 * What is not known (a price, a pass rate from too few outcomes, what the day has cost) is a reason
 * not to grow.
 *
 * Pure. Threads: any.
 */
#ifndef ORX_ROUTE_SCALING_H
#define ORX_ROUTE_SCALING_H

#include "route/npv.h"

#define ORX_SCALING_STEPS   256
#define ORX_SCALING_REASONS 12

typedef struct orx_scaling_facts {
    bool enabled;
    orx_npv_work work;     /* as it was measured */
    bool predicted;        /* what the open tasks are worth goes by the next, not by */
    double predicted_rate; /* the measured pass rate; stop-loss does not */
    orx_npv_terms terms;
    int64_t lanes;           /* that have work, the first included */
    double spent_usd;        /* by the group today; NAN = not known */
    double day_left;         /* share of today, 0 to 1 */
    bool router_unhealthy;   /* routers failed too often */
    int64_t subagents;       /* for each agent */
    double min_outcomes;     /* fewer tell nothing */
    double min_pass_rate;    /* stop-loss; 0 = none */
    double min_npv_usd;      /* threshold; equal is enough */
    double daily_budget_usd; /* 0 = none */
    int64_t max_parallel_agents;
    int64_t max_subagents;
} orx_scaling_facts;

/* Going from lanes - 1 to lanes. */
typedef struct orx_scaling_step {
    int64_t lanes;
    orx_npv_margin margin;
    double projected_usd; /* of the day, with so many; NAN = not known */
    const char *blocked;  /* why not, or NULL: allowed */
} orx_scaling_step;

typedef struct orx_scaling_choice {
    const char *decision; /* scale_up: more than one lane; hold: one; scale_down: stop-loss */
    int64_t lanes;        /* that may run together, at least 1 */
    bool stop_loss;
    double npv_usd; /* of the last lane allowed, or of the first that was not; NAN = unknown */
    double projected_usd; /* of the day with these lanes */
    /* Why it is no more than that, the predecessor's words [K] first where they exist. */
    const char *reasons[ORX_SCALING_REASONS];
    size_t reason_count;
    orx_scaling_step steps[ORX_SCALING_STEPS];
    size_t step_count;
} orx_scaling_choice;

void orx_scaling_decide(const orx_scaling_facts *facts, orx_scaling_choice *ret_choice);

/* A reason in words, for a person; the code itself when it has none. */
const char *orx_scaling_words(const char *reason);

/* ---- The state of routing [K] ---------------------------------------------------------------- */

/* "idle": no decisions; "degraded": at least one of twenty came to an error of the router;
 * "elevated_fallback": at least one of five fell back for another cause that disrupts; "healthy".
 * A fallback since the model that a router chose is not allowed is benign and in neither. */
const char *orx_routing_state(int64_t decisions, int64_t errors, int64_t disruptive);

#endif
