/* deployments.h: what may be called now, for an attempt; and what its calls say of it.
 *
 * Before an attempt begins it is asked whether anything that could do the task takes a call at all
 * (route/deployments.h). When nothing does, but will when some time has passed, no attempt begins:
 * the tasks of this owner wait and those of others go on (held.c). So a rate limit costs neither
 * attempts nor tasks. What may not be called is left out of the plan, whoever wrote it, and the
 * event route.planned says why. A call that finds its deployment taken meanwhile is not made; the
 * next candidate is asked, or the attempt ends as one that did not count.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_DEPLOYMENTS_H
#define ORX_RUN_DEPLOYMENTS_H

#include "run/runner.h"

struct orx_candidates;

/* Reads how deployments stand. 1 = nothing takes a call at present; the owner is held. */
int orx_run_deployments_look(orx_try *t, orx_err *err);

/* Takes out of the static plan what may not be called. When that would be all, it stays as it is:
 * the call itself is then turned away or not. */
void orx_run_deployments_filter(orx_try *t);

/* The same for what a router is shown, which also learns how each stands. What does not fit and
 * never will is left out even if nothing remains. What is left out is noted in the plan. */
void orx_run_deployments_offer(orx_try *t, struct orx_candidates *c);

/* Whether the tasks of an owner wait for a deployment; notes that they were passed over. */
bool orx_run_is_held(const orx_runner *r, orx_provider *v);

/* The shorter of a wait (-1 = none) and that until the first owner that was passed over may go on.
 */
int64_t orx_run_held_wait(const orx_runner *r, int64_t wait_ns);

/* The deployment of a step. */
void orx_run_deployment_ref(orx_try *t, const orx_run_step *step, orx_deployment_ref *ret_ref);

/* Why a model may not be called with so many tokens, or NULL: a gate's word or
 * "network_offline", which pass in *ret_wait_ns, or "context_window", which does not (-1). */
const char *orx_run_deployment_refusal(orx_try *t, const orx_provider_config *p, const char *model,
                                       int64_t tokens, int64_t *ret_wait_ns);

/* What the task itself says, in tokens; the rest of a prompt is cut to fit. */
int64_t orx_run_least_tokens(const orx_try *t);

/* One that was left out, for an event. */
orx_node *orx_run_filtered_node(orx_arena *arena, const orx_run_filtered *f);

/* The call of t->step was not admitted: it counts as one that found no capacity. Returns 0. */
int orx_run_turned_away(orx_try *t, const orx_admission *admission);

/* How the call of t->step ended. */
typedef struct orx_run_ended {
    int kind; /* ORXAQ_KIND_* */
    int64_t retry_after_ms;
    int64_t wall_ns; /* how long it took */
    int64_t tokens;  /* used, all classes; -1 = not stated */
    const orxaq_usage *usage;
    size_t usage_count;
} orx_run_ended;

orx_deployment_end orx_run_deployment_end(orx_try *t, const orx_deployment_ref *ref,
                                          const orx_run_ended *ended);

#endif
