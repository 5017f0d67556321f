/* plan.h: who is asked to do a task, in which order.
 *
 * An attempt has a plan: candidates to be called, in order. Without a router that is the static
 * rule: the provider of the task's owner, with its own model first and then with each of its
 * `models`; where a RouteLLM policy says something about that provider, its chain (route_chain.h),
 * which may begin with the model that a routing service chose (route_client.h). With `run.router`
 * set, or a model written as router-NAME-THRESHOLD, the router plugin of that entry writes the plan
 * from all candidates - every enabled provider
 * with every model it may use, the owner's provider first, the others by rank - and what it wrote
 * is checked here: an entry that names a model the operator did not list for that provider is
 * skipped. When the router fails, takes too long, or leaves nothing that may be called, the static
 * rule is used. Either way the event route.planned says what was offered, scored, chosen and
 * skipped, and why.
 *
 * Whoever is called works in the repository of the owner's provider: the task belongs there.
 *
 * A provider that may not be called (local-only mode, config/local.h) is no candidate, and when it
 * is the owner's the static rule leaves nobody: the task is blocked, and its error says why.
 *
 * While the network is degraded the plan is put in the order of the ladder, and while it is offline
 * nobody elsewhere is in it (network.h).
 *
 * Without a router, route.strategy may put the models of the owner's group in order (strategy.h);
 * behind every plan stand the operator's lists of fallbacks (fallbacks.h).
 *
 * Which entry comes next depends on how a call ended. When another candidate could do better at
 * being there at all (overloaded, unknown model, crashed ...) it is the next that is no escalation.
 * When the call was fine but its work was not, it is the next escalation. What the first left is
 * parked, and the next goes on from there, as a next attempt would.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_PLAN_H
#define ORX_RUN_PLAN_H

#include "run/judge.h"
#include "run/route_client.h"

#include "base/arena.h"
#include "config/config.h"

struct orx_provider;
struct orx_strategy_member;
struct orx_try;

/* Where an entry comes from (fallbacks.h); in the order in which they stand. */
typedef enum orx_run_list {
    ORX_LIST_PLAN,
    ORX_LIST_GENERAL,
    ORX_LIST_CONTEXT,
    ORX_LIST_CONTENT
} orx_run_list;

/* One entry. Limits: 0 = the host's own. */
typedef struct orx_run_step {
    struct orx_provider *provider; /* who is called */
    const char *deployment;        /* "PROVIDER/MODEL", "PROVIDER" for the program's own model */
    const char *model;             /* "" = the program's own */
    bool escalation;
    orx_run_list list;
    const struct orx_strategy_member *stood; /* when a strategy put it in order, or NULL */
    int64_t timeout_ns;
    int64_t max_tokens;
    int64_t max_cost_nano_usd;
} orx_run_step;

/* How the call of an entry ended, for the router's feedback. */
typedef struct orx_run_called {
    bool done;
    int64_t call;
    int kind;
    int verified; /* 1, 0, -1 = not judged */
} orx_run_called;

/* A candidate that may not be called, and why: a reason that passes (orx_gate_word), or
 * "network_offline", or
 * "context_window", which does not. */
typedef struct orx_run_filtered {
    const char *deployment;
    const char *why;
    int64_t wait_ns; /* until it may have passed, -1 = it does not pass by itself */
} orx_run_filtered;

typedef struct orx_run_plan {
    orx_run_step *steps;
    size_t count; /* 0: nobody may be asked, and the attempt says why */
    orx_run_filtered *filtered;
    size_t filtered_count;
    size_t group; /* deployments that could do the work, also those that may not be called now */
    orx_run_called *called;         /* one per step */
    const char *reason;             /* as the router stated it */
    bool routed;                    /* by the router; it wants to hear what came of it */
    orx_routellm_decision decision; /* which model it begins with, and why */
    bool plain;                     /* of that decision there is nothing to tell */
    bool reordered;                 /* since the network is not online: another one is first */
    const char *const *dropped;     /* models the provider does not serve; NULL-terminated */
} orx_run_plan;

/* Makes the plan of an attempt that has begun. Failures of the router are no errors. */
int orx_run_plan_make(struct orx_try *t, orx_err *err);

/* The entry to call after entry i ended with these facts; -1 = none. */
int orx_run_plan_next(const orx_run_plan *plan, size_t i, const orx_facts *facts);

/* The model as the operator's list of this provider spells it (the comparison is case-blind), or
 * NULL when it is not in there. Without a list everything is allowed. */
const char *orx_run_model_allowed(const orx_provider_config *provider, const char *model);

/* The model that the static order begins with: the one a task asks for ("" = none) where the lists
 * of its provider have it, else the provider's own; "" = the program's. */
const char *orx_run_first_model(const orx_provider_config *provider, const char *wanted);

/* How the decision looks when the attempt is over: a failover within a static order is one [K].
 * Texts of the plan's decision, or constant. */
orx_routellm_decision orx_run_plan_decided(const orx_run_plan *plan);

/* Tells the router what came of each call. For after the settlement. */
void orx_run_plan_feedback(struct orx_try *t);

#endif
