/* estimate.h: what a run would cost, before it is begun.
 *
 * One call for each task that could be done, in the order of a dry run. Who would be called is what
 * the static rule says, the provider of the task's owner with its own model: a router decides only
 * when its turn comes. What a call of that route uses is what its newest calls used; where there
 * were none, only what would be reserved for it is known. Retries come on top.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_ESTIMATE_H
#define ORX_RUN_ESTIMATE_H

#include "config/config.h"

/* How a number is known. */
typedef enum orx_estimate_basis {
    ORX_ESTIMATE_UNKNOWN, /* there is no price and no call */
    ORX_ESTIMATE_RESERVE, /* what would be reserved is the most; tokens are not known */
    ORX_ESTIMATE_CALLS    /* the newest calls of the provider and the model */
} orx_estimate_basis;

typedef struct orx_run_estimate {
    const char *task;
    const char *title;
    const char *provider;
    const char *model; /* "" = the program's own */
    orx_estimate_basis basis;
    int64_t calls;  /* that it is based on */
    int64_t input;  /* tokens, with those from caches, on average; -1 = not known */
    int64_t output; /* likewise, with reasoning */
    int64_t low;    /* nano-USD, the cheapest and the dearest of them; -1 = not known */
    int64_t high;
} orx_run_estimate;

struct orx_runner;

/* "unknown", "reserve", "calls" */
const char *orx_estimate_word(orx_estimate_basis basis);

/* Of a call of this provider; task and title are the caller's. What cannot be read is unknown. */
void orx_run_estimate_of(struct orx_runner *r, const orx_provider_config *provider,
                         orx_run_estimate *ret_estimate);

#endif
