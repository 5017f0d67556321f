/* check.h: which of the configured providers are up, and which lanes of a router have one that is.
 *
 * Three reports of the predecessor's, on two kinds of files:
 *
 *   providers-check     config/providers.example.yaml: providers[] {name, kind, lane, base_url,
 *                       required, models_path, api_key_env}; keys are sent
 *   router-check        config/router.example.yaml: router.fallback_order, lanes {NAME: [provider
 *                       names]}, providers[] {name, kind, base_url, required}; no key is sent
 *   router-lanes-status the same file: per lane how many are up
 *
 * A provider is up (its server listed models), down (it did not, and is required), or skipped (it
 * did not, and is optional; or its kind is not one of ours). All are asked at the same time
 * (ask.h). Reports hold no key. Unlike the predecessor, a path that the address ends with already
 * is not added again, a file without providers is an error and no good report, and a lane that does
 * not exist is one, too, where the predecessor looked at everything instead.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_CHECK_H
#define ORX_FLEET_CHECK_H

#include "data/doc.h"
#include "fleet/endpoints.h"
#include "platform/platform.h"

typedef struct orx_check {
    orx_endpoint_source source; /* env: providers-check only */
    int64_t timeout_ns;         /* of each provider */
} orx_check;

/* profile: a document with overrides {required[], optional[]}, or NULL; profile_path for messages.
 * *ret_ok: all required providers are up. */
int orx_providers_check(orx_platform *p, const orx_check *c, const orx_node *doc,
                        const orx_node *profile, const char *profile_path, orx_arena *arena,
                        orx_node **ret_report, bool *ret_ok, orx_err *err);

/* What router-check reports besides what it found. */
typedef struct orx_router_about {
    const char *root;
    const char *output;
    const char *profile;            /* "" = none was applied */
    const orx_node *profile_result; /* NULL = none */
    const char *lane;               /* "" = those of the fallback order */
} orx_router_about;

/* *ret_ok: no required provider is down. ORX_E_NOT_FOUND: there is no such lane. */
int orx_router_check(orx_platform *p, const orx_check *c, const orx_router_about *about,
                     const orx_node *doc, orx_arena *arena, orx_node **ret_report, bool *ret_ok,
                     orx_err *err);

/* *ret_ok: there are lanes, and each has a provider that is up. */
int orx_router_lanes(orx_platform *p, const orx_check *c, const orx_node *doc, orx_arena *arena,
                     orx_node **ret_report, bool *ret_ok, orx_err *err);

#endif
