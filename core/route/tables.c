/* The tables and projections of this room. */
#include "route/internal.h"

static const char *const migrations[] = {
    /* Times without a further word are monotonic, of the boot. */
    "CREATE TABLE deployment("
    " provider TEXT NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL,"
    " boot TEXT NOT NULL, at INTEGER NOT NULL, lim INTEGER NOT NULL, stable INTEGER NOT NULL,"
    " quiet_at INTEGER NOT NULL, lowered_at INTEGER NOT NULL, signals INTEGER NOT NULL,"
    " opened_at INTEGER NOT NULL, cooldown_ns INTEGER NOT NULL, openings INTEGER NOT NULL,"
    " in_a_row INTEGER NOT NULL, window_at INTEGER NOT NULL, window_calls INTEGER NOT NULL,"
    " window_failures INTEGER NOT NULL, requests_full_at INTEGER NOT NULL,"
    " tokens_full_at INTEGER NOT NULL, latency_ns INTEGER NOT NULL, milli_tps INTEGER NOT NULL,"
    " samples INTEGER NOT NULL, ceiling INTEGER NOT NULL, calls INTEGER NOT NULL,"
    " failures INTEGER NOT NULL, last_kind INTEGER NOT NULL, last_signal INTEGER NOT NULL,"
    " last_recovery INTEGER NOT NULL, updated INTEGER NOT NULL,"
    " PRIMARY KEY(provider, model)) WITHOUT ROWID;",
    /* The row is there while routers are off (switch.h). */
    "CREATE TABLE route_switch(id INTEGER PRIMARY KEY CHECK(id = 1), reason TEXT NOT NULL,"
    " at INTEGER NOT NULL);",
    /* network_row.h; mono is of the boot. */
    "CREATE TABLE network(id INTEGER PRIMARY KEY CHECK(id = 1), looks INTEGER NOT NULL,"
    " state INTEGER NOT NULL, mildest INTEGER NOT NULL, differing INTEGER NOT NULL,"
    " reachable INTEGER NOT NULL, asked INTEGER NOT NULL, since INTEGER NOT NULL,"
    " at INTEGER NOT NULL, boot TEXT NOT NULL, mono INTEGER NOT NULL, rungs TEXT NOT NULL);",
};

static const orx_projection projections[] = {
    {.name = "capacity_state",
     .path = "artifacts/autonomy/parallel_capacity_state.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 10 * ORX_SEC,
     .render = orx_route_render_state},
    {.name = "capacity_log",
     .path = "artifacts/autonomy/parallel_capacity.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = orx_route_capacity_row},
};

const orx_store_room orx_route_room = {
    .name = "route",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
    .projections = projections,
    .projection_count = ORX_ARRAY_LEN(projections),
};
