/* route_client.h: which model a routing service would use for a task.
 *
 * The predecessor's contract [K]: POST {provider, requested_model, prompt, prompt_tokens_est,
 * prompt_difficulty_score} to a URL; the answer is an object, and the first of selected_model,
 * model and target_model that is not blank is the choice. The choice must be on the allow-list of
 * the policy file (route_policy.h). Whatever else happens leaves the static choice, with a reason:
 *
 *     router_disabled, policy_disabled, provider_disabled, router_url_missing    not asked
 *     router_not_local           not asked: the text of a task would leave (local-only)
 *     local_requested_model      not asked: only one model may be used (local-only, strict)
 *     router_selected_model      the choice counts; the only case with strategy routellm
 *     router_model_disallowed_fallback      the choice is not on the list; the notice names it
 *     router_unavailable         no usable answer; the error says why
 *
 * The static choice is the requested model if it is allowed, else the policy's fallback if that is,
 * else the first allowed one, else the requested one, else the fallback, else none.
 *
 * What is better than it was: the text that is scored is the task's, not the whole prompt, whose
 * boilerplate made every task look difficult. Known secrets are blotted out of it. The wait is
 * bounded as a whole, a redirect is an error (router_http_302), an answer may have 64 KiB, and a
 * model's name must be one: it becomes an argument of a program.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_ROUTE_CLIENT_H
#define ORX_RUN_ROUTE_CLIENT_H

#include "run/route_policy.h"
#include "run/secrets.h"

typedef struct orx_routellm_question {
    const char *provider;
    const char *requested; /* "" = none */
    orx_view text;         /* of the task */
    bool on;               /* the switch of the configuration */
    const char *url;       /* NULL = the policy's */
    int64_t timeout_ns;
    bool plain_http; /* to other machines */
    /* Local-only mode: what endpoints serve (route only among those, if any); pinned: only the
     * requested model may be used. */
    bool local_only;
    const orx_strings *available; /* NULL = nobody looked */
    bool pinned;
    const orx_secrets *secrets; /* may be NULL */
    const bool *stop;           /* gives up when it becomes true; may be NULL */
} orx_routellm_question;

/* What was decided and why. Texts are never NULL. */
typedef struct orx_routellm_decision {
    const char *provider;
    const char *requested;
    const char *selected; /* "" = the program's own */
    const char *fallback; /* the static choice */
    const char *policy_fallback;
    orx_strings allowed; /* after the filter below */
    bool requested_allowed;
    const char *strategy; /* "static_fallback", "routellm", "router" (a plugin) */
    const char *reason;
    const char *error;
    const char *notice;
    bool router_enabled;
    bool fallback_used;
    const char *url; /* without a query */
    int64_t timeout_ns;
    int64_t latency_ns;
    bool local_only;
    int64_t available;     /* models that endpoints serve */
    bool filtered;         /* the list was cut to those */
    const char *endpoint;  /* that is asked first in local-only mode; NULL = it is none's */
    int64_t endpoint_slot; /* from 1, among so many: */
    int64_t endpoint_count;
} orx_routellm_decision;

/* Decides; everything in the arena or borrowed from the question and the policy. */
void orx_routellm_decide(orx_platform *p, const orx_routellm_policy *policy,
                         const orx_routellm_question *q, orx_arena *arena,
                         orx_routellm_decision *ret_decision);

/* The record of a decision [K]. */
orx_node *orx_routellm_decision_node(const orx_routellm_decision *d, orx_arena *arena);

#endif
