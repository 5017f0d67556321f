/* decisions.h: how long a router takes for a plan, for the benchmarks of routers. */
#ifndef ORX_TESTS_BENCH_DECISIONS_H
#define ORX_TESTS_BENCH_DECISIONS_H

#include "bench.h"

#include "base/arena.h"
#include "plugin/route.h"

enum { BENCH_CANDIDATES = 20, BENCH_DECISIONS = 1000000 };

/* The task that all of them are asked about. */
static inline orxaq_task_features bench_task(void) {
    return (orxaq_task_features){
        .struct_size = sizeof(orxaq_task_features),
        .attempt = 1,
        .title = orxaq_str("Design a lock-free migration of the auth store"),
        .text = orxaq_str("The readers must not wait while rows are moved."),
        .prompt_tokens = 24};
}

/* Asks a million times for a plan among the 20 candidates, with another seed each time. The 99th
 * percentile of single decisions in microseconds; the median is told beside. */
static inline double bench_decide_p99(orx_instance *router, const orxaq_candidate *list) {
    ORX_CLEANUP(orx_arena_free) orx_arena work = {0};
    orx_err err = ORX_ERR_INIT;
    const orxaq_task_features task = bench_task();
    const orxaq_budget budget = {.struct_size = sizeof budget};
    orxaq_route_request request = {.struct_size = sizeof request,
                                   .candidate_count = BENCH_CANDIDATES,
                                   .task = &task,
                                   .candidates = list,
                                   .budget = &budget};
    double *took = malloc(BENCH_DECISIONS * sizeof *took);
    for (int i = 0; took && i < BENCH_DECISIONS; i++) {
        orx_plan plan;
        request.seed = (uint64_t)i;
        double begun = bench_now();
        int rc = orx_route_select(router, &request, &work, &plan, &err);
        took[i] = (bench_now() - begun) * 1e6;
        if (rc < 0) {
            (void)fprintf(stderr, "select: %s\n", err.msg);
            exit(1);
        }
        orx_arena_reset(&work, (size_t)1 << 20);
    }
    if (!took)
        exit(1);
    qsort(took, BENCH_DECISIONS, sizeof *took, bench_order);
    (void)fprintf(stderr, "the median is %.3g us\n", took[BENCH_DECISIONS / 2]);
    double p99 = took[(size_t)BENCH_DECISIONS / 100 * 99];
    free(took);
    return p99;
}

#endif
