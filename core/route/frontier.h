/* frontier.h: how much quality a router buys for how much money.
 *
 * A router that predicts quality can be run at any price: give each task to the model with the
 * largest `score - lambda * cost`, and every lambda is a policy with a mean cost and a mean
 * quality. Together they are its frontier. To compare routers, both are put on the scale between
 * two policies that need no router: everything to the weak model (0) and everything to the strong
 * one (1). Weak is the cheapest model that is not dominated, strong the one with the best mean
 * quality.
 *
 *   PGR      performance gap recovered: (quality - weak) / (strong - weak)
 *   budget   the same of the cost. With two models it is the share of strong calls
 *   APGR     mean PGR over all budgets from 0 to 1; sending a random share to the strong one has
 * 0.5 CPT(x)   the least budget that reaches a PGR of x
 *
 * Between two policies lies every mixture of them, so the curve is linear there.
 *
 * Quality and cost are what was recorded. Where not every model did every task, a policy is judged
 * by the tasks whose choice was observed, each with the weight 1 / propensity that the caller
 * gives: what was seldom chosen for such a task stands for the many times it was not. How many
 * these are is said (`coverage`). Intervals are of 95 %, by a seeded bootstrap over tasks (over
 * blocks of them when there are many).
 *
 * Pure: no clock, no files. Threads: any.
 */
#ifndef ORX_ROUTE_FRONTIER_H
#define ORX_ROUTE_FRONTIER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

#define ORX_FRONTIER_MODELS 256
#define ORX_FRONTIER_POINTS 98 /* lambdas */

/* Task t and model m are at t * models + m. quality in [0, 1]; NAN = not observed. cost >= 0 in any
 * one unit. weight: likewise, > 0 where quality was observed; NULL = all 1. */
typedef struct orx_frontier_data {
    size_t tasks;
    size_t models;
    const double *score;
    const double *quality;
    const double *cost;
    const double *weight;
} orx_frontier_data;

typedef struct orx_interval {
    double value;
    double low;
    double high;
} orx_interval;

/* What one model does when it gets everything. */
typedef struct orx_frontier_model {
    double quality; /* NAN: never observed */
    double cost;
    size_t observed;
    bool dominated; /* another one is no dearer and no worse, and better in one of the two */
} orx_frontier_model;

typedef struct orx_frontier_point {
    double cost;
    double quality;
    double budget;
    double pgr;
    double low; /* of the quality */
    double high;
    double coverage;     /* share of tasks whose choice was observed */
    double strong_share; /* of the choices */
} orx_frontier_point;

typedef struct orx_frontier {
    size_t models;
    orx_frontier_model *model;
    size_t weak;
    size_t strong;
    size_t count;
    orx_frontier_point *points; /* from cheap to dear */
    orx_interval apgr;
    orx_interval cpt50; /* above 1: not reached within the budget of the strong model */
    orx_interval cpt80;
    /* Cost for each accepted task where PGR first reaches 0.8 (the best point when it never does),
     * and of the two without a router. */
    double cost_per_accepted;
    double weak_per_accepted;
    double strong_per_accepted;
} orx_frontier;

/* Computes the frontier into the arena. ORX_E_INVALID when fewer than two models were observed, or
 * when no model is better than the cheapest, so that there is nothing to choose. rounds: of the
 * bootstrap, 0 = no intervals (they are then the value itself). */
int orx_frontier_make(const orx_frontier_data *data, uint64_t seed, int rounds, orx_arena *arena,
                      orx_frontier *ret_frontier, orx_err *err);

/* The picture as SVG: the curve of every frontier with its band, the single models as points.
 * names: one per frontier. unit: of the cost, e.g. "USD per task". */
void orx_frontier_svg(const orx_frontier *const *frontiers, const char *const *names, size_t count,
                      const char *const *models, const char *unit, orx_str *out);

#endif
