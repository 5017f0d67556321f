/* route_policy.h: the RouteLLM policy file [K]: which models a provider may use.
 *
 * One JSON object: `enabled` (default false), `router.url`, `router.timeout_sec`, and for each
 * provider `enabled` (default true), `fallback_model`, `allowed_models` (a list, or one text split
 * at commas and semicolons). Other keys belong to the service that is asked (route_client.h) and
 * are of no interest here. Switches are read as the predecessor did: booleans, numbers that are not
 * zero, 1 true yes on / 0 false no off; anything else is the default.
 *
 * A file that is missing says nothing: routing is off and everything is allowed. The predecessor
 * wrote one then; nothing here writes configuration.
 *
 * Threads: as the platform.
 */
#ifndef ORX_RUN_ROUTE_POLICY_H
#define ORX_RUN_ROUTE_POLICY_H

#include "base/arena.h"
#include "config/config.h"

/* More models of one provider than this are not read. */
#define ORX_ROUTELLM_MODELS_MAX 256

typedef struct orx_routellm_policy {
    bool enabled;
    bool provider_enabled;
    const char *url;      /* "" = none */
    int64_t timeout_ns;   /* 0 = none */
    const char *fallback; /* "" = none */
    orx_strings allowed;  /* trimmed, each once whatever its case; empty = everything */
} orx_routellm_policy;

/* What a missing file says. */
orx_routellm_policy orx_routellm_policy_none(void);

/* What the file at path says of a provider; texts in the arena. A missing file is no error. */
int orx_routellm_policy_read(orx_platform *p, const char *path, const char *provider,
                             orx_arena *arena, orx_routellm_policy *ret_policy, orx_err *err);

/* The model as the list spells it, NULL when it is not in there. With an empty list every model
 * that has a name passes. */
const char *orx_routellm_allowed(const orx_strings *allowed, const char *model);

/* Whether two names mean one model: the same but for case, or the same behind the first slash
 * ("qwen/qwen2.5-coder-32b" and "QWEN2.5-Coder-32B"). */
bool orx_routellm_same_model(orx_view a, orx_view b);

#endif
