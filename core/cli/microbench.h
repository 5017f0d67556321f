/* microbench.h: the suite of a microbench, and how its tasks are done.
 *
 * A microbench is a small queue of tasks whose answers can be checked, done by one provider along
 * the path that all work takes: routes, budgets, metering, the journal. It is a lane that nobody
 * has to write down, microbench-LANE, with a repository of its own below the lanes' runtime folder,
 * so that no repository of the operator's is touched. Each answer is a file there.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_MICROBENCH_H
#define ORX_CLI_MICROBENCH_H

#include "cli/cli.h"

#define ORX_MICROBENCH_TASKS_MAX 1000

typedef struct orx_bench_task {
    const char *id;
    const char *type;
    const char *prompt;
    const char *expected; /* a POSIX extended regular expression that a line of the answer fits */
    uint64_t draw;        /* where it stands in the order */
} orx_bench_task;

typedef struct orx_bench {
    orx_cli *c;
    const char *lane; /* L0 to L3 */
    int64_t seed;
    const orx_provider_config *provider; /* who is measured; NULL: nobody serves the lane */
    orx_bench_task *tasks;               /* in the order in which they are done */
    size_t count;
    const char *unit;    /* the lane of the runner */
    const char *repo;    /* whole path */
    const char *answers; /* the folder of this run in it, relative */
    int64_t before;      /* attempts up to this one are of earlier runs */
} orx_bench;

/* Reads a suite: a list, or an object with `tasks`, of {id, task_type, prompt, expected_regex}, and
 * puts it in the order of the seed. ORX_E_INVALID with file and line. */
int orx_bench_suite(orx_bench *b, const char *path, orx_err *err);

/* Does the tasks; what came of them is in the journal. Returns the exit code of `run`. */
int orx_bench_run(orx_bench *b, orx_err *err);

/* All tasks are pending again, whatever became of them in earlier runs; b->before is set. */
int orx_bench_begin(orx_bench *b, orx_err *err);

/* Whether a program ended with 0; what it prints is of no interest but in an error, which 1 is not.
 */
int orx_bench_program(orx_cli *c, const char *const *argv, bool *ret_well, orx_err *err);

/* [K] The results {seed, lane, results[]}, with executed: whether anything was measured. */
orx_node *orx_bench_results(orx_bench *b);

#endif
