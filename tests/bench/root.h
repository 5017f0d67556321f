/* root.h: what benchmarks that make the journal of a whole root have in common.
 *
 * Threads: one.
 */
#ifndef ORX_BENCH_ROOT_H
#define ORX_BENCH_ROOT_H

#include "agent/steps.h"
#include "money/ingest_rows.h"
#include "run/run.h"
#include "task/task.h"
#include "unit/keeper.h"

#include <stdio.h>
#include <stdlib.h>

/* The tables of a root, as the command line opens it. */
static const orx_store_room *const rooms[] = {
    &orx_task_room,  &orx_money_room, &orx_ingest_room, &orx_route_room,
    &orx_agent_room, &orx_run_room,   &orx_unit_room,   NULL};

/* A benchmark that cannot prepare what it measures has nothing to say. */
static void check(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench: %s: %s\n", what, err->msg);
    exit(1);
}

#endif
