/* The tables of this room.
 *
 * task.waiting is the number of task_dep rows with open = 1; the partial index task_ready therefore
 * holds exactly the tasks that could be selected now, in selection order within an owner. Waits
 * carry a growing wait_seq so that a process can ask for those it has not seen. */
#include "task/queue_file.h"
#include "task/state.h"
#include "task/task.h"

static const char *const migrations[] = {
    "CREATE TABLE task("
    " lane TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, priority INTEGER NOT NULL,"
    " title TEXT NOT NULL, description TEXT NOT NULL, acceptance TEXT NOT NULL,"
    " backlog INTEGER NOT NULL, source TEXT NOT NULL, digest BLOB NOT NULL,"
    " present INTEGER NOT NULL, status TEXT NOT NULL, waiting INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, retryable_failures INTEGER NOT NULL DEFAULT 0,"
    " deadlock_recoveries INTEGER NOT NULL DEFAULT 0, deadlock_reopens INTEGER NOT NULL DEFAULT 0,"
    " wait_delay INTEGER NOT NULL DEFAULT 0, wait_wall INTEGER NOT NULL DEFAULT 0,"
    " wait_mono INTEGER NOT NULL DEFAULT 0, wait_boot TEXT NOT NULL DEFAULT '',"
    " wait_seq INTEGER NOT NULL DEFAULT 0,"
    " last_update TEXT NOT NULL DEFAULT '', last_summary TEXT NOT NULL DEFAULT '',"
    " last_error TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY(lane, id)) WITHOUT ROWID;"
    "CREATE INDEX task_ready ON task(lane, owner, backlog, priority, id)"
    " WHERE status = 'pending' AND waiting = 0 AND wait_delay = 0 AND present = 1;"
    "CREATE INDEX task_wait ON task(lane, wait_seq) WHERE wait_delay > 0;"
    "CREATE TABLE task_dep(lane TEXT NOT NULL, task TEXT NOT NULL, dep TEXT NOT NULL,"
    " position INTEGER NOT NULL, open INTEGER NOT NULL,"
    " PRIMARY KEY(lane, task, position)) WITHOUT ROWID;"
    "CREATE INDEX task_dep_dep ON task_dep(lane, dep);"
    "CREATE TABLE task_source(lane TEXT NOT NULL, source TEXT NOT NULL, digest BLOB NOT NULL,"
    " PRIMARY KEY(lane, source)) WITHOUT ROWID;",
    "CREATE TABLE task_claim(lane TEXT NOT NULL, id TEXT NOT NULL, wall INTEGER NOT NULL,"
    " PRIMARY KEY(lane, id)) WITHOUT ROWID;"
    "CREATE INDEX task_claim_new ON task_claim(lane, wall, id);",
    "ALTER TABLE task ADD COLUMN model TEXT NOT NULL DEFAULT '';",
};

static const orx_projection projections[] = {
    {.name = "state",
     .path = "state/state.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 2 * ORX_SEC,
     .render = orx_task_render_state},
    {.name = "claims",
     .path = "state/queue.claimed.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 2 * ORX_SEC,
     .render = orx_queue_render_claims},
};

const orx_store_room orx_task_room = {
    .name = "task",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
    .projections = projections,
    .projection_count = ORX_ARRAY_LEN(projections),
};
