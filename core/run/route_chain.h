/* route_chain.h: which models of a provider are tried, in which order. Pure.
 *
 * Without a policy it is the operator's list: `model`, then `models`. With one (route_policy.h) it
 * is the predecessor's chain [K]:
 *
 *     codex           the routed model, the static choice, the policy's fallback, all allowed ones,
 *                     `models`, routellm.codex_models, the program's own
 *     gemini          the routed model, the program's own, `models`
 *     claude          the routed model, `models`
 *     others          as codex, without the last two
 *     local-only      as codex, without the last two; or nothing but the requested model, when that
 *                     is allowed and local.strict_requested_model says so
 *
 * each once, whatever its case. Names that hosted codex cannot serve are left out.
 *
 * Threads: any.
 */
#ifndef ORX_RUN_ROUTE_CHAIN_H
#define ORX_RUN_ROUTE_CHAIN_H

#include "run/route_client.h"

typedef struct orx_chain_spec {
    const char *plugin;                  /* which program's rules */
    const orx_routellm_decision *routed; /* NULL = there is no policy */
    const char *model;                   /* the operator's, "" = none */
    orx_strings models;
    orx_strings codex_models;
    bool local_only;
    bool strict;
    bool hosted; /* codex asks OpenAI's own service, and the filter is on */
} orx_chain_spec;

typedef struct orx_chain {
    const char **models; /* "" = the program's own */
    size_t count;
    const char **dropped; /* which the provider does not serve */
    size_t dropped_count;
} orx_chain;

/* Everything in the arena or borrowed. Never empty, except in local-only mode. */
void orx_run_chain(const orx_chain_spec *spec, orx_arena *arena, orx_chain *ret_chain);

/* Whether hosted codex may serve a model of this name: not when it has a slash or begins like one
 * of somebody else's. */
bool orx_run_is_hosted(const char *model);

#endif
