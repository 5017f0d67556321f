/* route.h: asking a router plugin for a plan.
 *
 * The plan is checked before anybody sees it: candidates exist, numbers are sane, at most 64
 * attempts, at least one. Anything else, an error of the router, or more time than the request's
 * deadline is an error here; the caller then uses its static rule and says so.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_ROUTE_H
#define ORX_PLUGIN_ROUTE_H

#include "plugin/instance.h"

#define ORX_PLAN_MAX 64

/* One attempt of a plan. Limits: 0 = the caller's own. */
typedef struct orx_plan_step {
    uint32_t candidate; /* index into the request's candidates */
    bool escalation;    /* only after a failure at the task itself */
    const char *model;  /* never empty: the candidate's own when the router named none */
    int64_t max_cost_nano_usd;
    int64_t max_tokens;
    int64_t timeout_ns;
} orx_plan_step;

/* What the policy thought of candidate i, chosen or not. */
typedef struct orx_plan_score {
    bool given;
    double score;
    const char *why;
} orx_plan_score;

typedef struct orx_plan {
    orx_plan_step *steps;
    size_t count;
    orx_plan_score *scores; /* one per candidate of the request */
    const char *objective;
    const char *reason;
    double propensity; /* in (0, 1] */
    int64_t took_ns;
} orx_plan;

/* The plan's memory is in the arena. ORX_E_TIMEOUT when the router took longer than the deadline,
 * ORX_E_INVALID for a plan that cannot be used. */
int orx_route_select(orx_instance *instance, const orxaq_route_request *request, orx_arena *arena,
                     orx_plan *ret_plan, orx_err *err);

/* Tells the router what came of an attempt; nothing when it does not want to know. */
int orx_route_feedback(orx_instance *instance, const orxaq_route_feedback *feedback, orx_err *err);

#endif
