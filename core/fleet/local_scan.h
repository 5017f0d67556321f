/* local_scan.h: how many requests at once an endpoint takes, and how long a prompt.
 *
 * A server that says so is believed and not measured: the loaded model's `parallel` and
 * `context_length` of LM Studio's own API cost nothing. What it does not say is measured as the
 * predecessor did [K]: 1, 2, 3 ... requests together until too many fail or take too long; prompts
 * of growing length until one is refused. Measuring works with a model that is loaded, so that it
 * evicts none, and not at all while a call of ours is under way there.
 *
 * What is known of an endpoint stays known: one that does not answer now keeps the row of the last
 * scan, which says so in `kept`.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_LOCAL_SCAN_H
#define ORX_FLEET_LOCAL_SCAN_H

#include "fleet/local_models.h"

/* The [K] section `capability_scan`. before: the last one, or NULL. */
orx_node *orx_local_scan_report(const orx_local_work *w, const orx_node *before);

/* ---- For its tests --------------------------------------------------------------------------- */

/* One trial of so many requests together. */
typedef struct orx_local_trial {
    int64_t parallel;
    int64_t ok;
    double latency_ms; /* mean over those that were ok */
    bool capacity;     /* one was turned away for want of it */
    bool healthy;
} orx_local_trial;

/* What the trials come to so far. */
typedef struct orx_local_parallel {
    int64_t recommended;
    int64_t observed;
    bool over; /* no further trial */
} orx_local_parallel;

/* How far trials go at most. */
int64_t orx_local_peak(const orx_local_scan *scan, int64_t configured);

/* Judges a trial (healthy) and takes it in. Pure. */
void orx_local_weigh(const orx_local_scan *scan, orx_local_trial *trial, orx_local_parallel *sum);

#endif
