/* candidates.h: what a router may choose from, and the event that says what it chose; for the files
 * of plans only.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_CANDIDATES_H
#define ORX_RUN_CANDIDATES_H

#include "plugin/route.h"
#include "run/runner.h"

typedef struct orx_candidate {
    orx_provider *provider;
    const char *deployment;
    const char *model;
} orx_candidate;

typedef struct orx_candidates {
    orx_candidate *items;
    orxaq_candidate *views; /* the same, as a router sees them */
    size_t count;
} orx_candidates;

/* Every enabled provider that can be used, may be and does tasks, with each of its models: the
 * owner's first, the others by rank. With what the journal knows of their last 200 calls. */
int orx_run_candidates(orx_try *t, orx_candidates *ret_candidates, orx_err *err);

/* The models of a provider in order, each once: its own ("" = the program's), then `models`. Where
 * its model is router-NAME-THRESHOLD, the program's own is one only without `models`. */
const char *const *orx_run_models(const orx_provider_config *provider, orx_arena *arena,
                                  size_t *ret_count);

/* Whether a provider does tasks: by itself, or through our own tools. */
bool orx_run_does_tasks(const orx_instance *instance);

/* "PROVIDER/MODEL", or "PROVIDER" without a model. */
const char *orx_run_deployment(orx_arena *arena, const char *provider, const char *model);

/* What became of asking a router. */
typedef struct orx_planned {
    const orx_candidates *candidates;
    const orx_plan *plan;       /* as the router wrote it; empty when it did not */
    const char *const *skipped; /* for each entry why it is not used, or NULL */
    uint64_t seed;
    const char *error; /* why the static rule is used; NULL = it is not */
} orx_planned;

/* Notes the event route.planned for t->plan. p NULL: no router was asked. */
int orx_run_plan_note(orx_try *t, const orx_planned *p, orx_err *err);

#endif
