/* local_bench.h: how fast the models of one's own answer, and which of those that are wanted are
 * there.
 *
 * Neither makes a server load what is not loaded while it has something else to do: a benchmark
 * asks loaded models only (where the server says which those are), and what is wanted is loaded
 * only on an endpoint that is not at work and has none of the wanted models yet, one model at a
 * time. The predecessor warmed all of them in turn, and each load evicted the one before.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_LOCAL_BENCH_H
#define ORX_FLEET_LOCAL_BENCH_H

#include "fleet/local_models.h"

/* The [K] section `benchmark`: results[], summary; and skipped[] with the reason. */
orx_node *orx_local_bench_report(const orx_local_work *w);

/* The [K] section `sync`. command: the template of the environment, or that of the file; it is run
 * without a shell, with so much time for each pair. env: what those programs see. */
orx_node *orx_local_sync_report(const orx_local_work *w, const char *command,
                                const char *const *env);

#endif
