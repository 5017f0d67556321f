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

/* Splits a command line into words as a shell would, quotes and backslashes included, with nothing
 * expanded; {endpoint_id}, {base_url} and {model} in a word stand for these. NULL-terminated.
 * ORX_E_INVALID: a quote is not closed, or there is no word. */
int orx_local_command_words(const char *line, const char *endpoint_id, const char *base_url,
                            const char *model, orx_arena *arena, const char ***ret_argv,
                            orx_err *err);

#endif
