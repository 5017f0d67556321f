/* npv.h: what one more lane, or a stronger model, is worth in money.
 *
 * Both are answered by the same difference:
 *
 *     marginal NPV = expected uplift in value - expected further cost - penalty for uncertainty
 *
 * where what happens on a later day is worth less today: the sum over days of
 * (value - cost) / (1 + r)^(t / 365), t in days from now and r a rate per year.
 *
 * Work is a queue of tasks that are alike. An attempt passes with one probability, independent of
 * those before it, takes one time and costs one amount; a task is tried until it passes, at most so
 * often. A lane works on one task after the other around the clock, and lanes share the queue. A
 * task is worth its value on the day on which it is accepted, and each day on which it is open
 * costs something. One more lane is then worth what the same queue is worth with it, minus what
 * it is worth without: tasks that would not be reached within the horizon, and waiting that is
 * saved. That several lanes do the work sooner is no gain by itself when waiting costs nothing.
 *
 * The penalty is so many standard errors of the pass rate, in money: an estimate from few outcomes
 * is worth less than the same one from many. It counts a success and a failure that were not seen,
 * so that twenty passes of twenty are not certainty.
 *
 * Nothing is assumed. What is not known is NAN and refused with a reason, never taken for zero.
 *
 * Pure: no clock, no files. Threads: any.
 */
#ifndef ORX_ROUTE_NPV_H
#define ORX_ROUTE_NPV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORX_NPV_DAYS_MAX 3650

/* What happens `day` days from now. */
typedef struct orx_npv_flow {
    double day;
    double value;
    double cost;
} orx_npv_flow;

/* The discounted sum; NAN when a number is none, a day is negative or the rate is -1 or less. */
double orx_npv_sum(const orx_npv_flow *flows, size_t count, double rate);

/* What is known of some work; NAN = not known. */
typedef struct orx_npv_work {
    double tasks;     /* open */
    double pass_rate; /* of an attempt, 0 to 1 */
    double outcomes;  /* attempts that this was measured by */
    double cost;      /* USD of an attempt */
    double seconds;   /* that an attempt takes */
    double attempts;  /* at most for a task, at least 1 */
} orx_npv_work;

/* What it means to whoever pays. USD are not negative. */
typedef struct orx_npv_terms {
    double task_value;  /* of an accepted task */
    double delay_cost;  /* of a task that is open for a day */
    double lane_cost;   /* of a lane in a day, beside its calls */
    double rate;        /* per year, at least 0 */
    double uncertainty; /* standard errors, at least 0 */
    int64_t days;       /* the horizon, 1 to ORX_NPV_DAYS_MAX */
} orx_npv_terms;

/* One difference; npv = uplift - cost - penalty. */
typedef struct orx_npv_margin {
    double uplift;
    double cost;
    double penalty;
    double npv;
    double tasks; /* that are finished within the horizon only because of it */
} orx_npv_margin;

/* Why nothing can be said, or NULL: queue_unknown, pass_rate_unknown, price_unknown,
 * duration_unknown, attempts_unknown, value_unknown (not stated: 0), terms_invalid. */
const char *orx_npv_problem(const orx_npv_work *work, const orx_npv_terms *terms);

/* The share of tasks that is accepted in the end, and how many attempts a task takes. */
double orx_npv_accepted(const orx_npv_work *work);
double orx_npv_calls(const orx_npv_work *work);

/* Attempts that one lane makes in a day. */
double orx_npv_attempts_a_day(const orx_npv_work *work);

/* Of a lane more when there are `lanes` of them (0 and more). Only for what orx_npv_problem finds
 * nothing wrong with, likewise below. */
void orx_npv_of_lane(const orx_npv_work *work, const orx_npv_terms *terms, int64_t lanes,
                     orx_npv_margin *ret_margin);

/* Of giving all open tasks to `other` instead of `work`: two models for the same queue, tried as
 * often. Waiting longer for an answer costs what waiting costs. */
void orx_npv_of_model(const orx_npv_work *work, const orx_npv_work *other,
                      const orx_npv_terms *terms, orx_npv_margin *ret_margin);

#endif
