/* The tables of bills. They are a room of their own for the store, so that their migrations count
 * for themselves. */
#include "money/ingest_summary.h"

static const char *const migrations[] = {
    "CREATE TABLE billed("
    " provider TEXT NOT NULL, start INTEGER NOT NULL, identity BLOB NOT NULL,"
    " end INTEGER NOT NULL, instance TEXT NOT NULL, source TEXT NOT NULL, model TEXT NOT NULL,"
    " dims TEXT NOT NULL, nano INTEGER, part INTEGER NOT NULL, estimated INTEGER NOT NULL,"
    " input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL,"
    " cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL, audio_input INTEGER NOT NULL,"
    " audio_output INTEGER NOT NULL, total INTEGER NOT NULL, requests INTEGER NOT NULL,"
    " input_price INTEGER NOT NULL, output_price INTEGER NOT NULL, fetch INTEGER NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY(provider, start, identity)) WITHOUT ROWID;"
    /* How far each source has got, and how its last fetch ended. */
    "CREATE TABLE ingest_state("
    " instance TEXT PRIMARY KEY, provider TEXT NOT NULL, endpoint TEXT NOT NULL,"
    " fetch INTEGER NOT NULL, begun INTEGER NOT NULL, from_ns INTEGER NOT NULL,"
    " to_ns INTEGER NOT NULL, checkpoint TEXT NOT NULL, open INTEGER NOT NULL,"
    " rows INTEGER NOT NULL, seen INTEGER NOT NULL, rejected INTEGER NOT NULL,"
    " pages INTEGER NOT NULL, calls INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, reasons TEXT NOT NULL, status TEXT NOT NULL, ok INTEGER NOT NULL,"
    " message TEXT NOT NULL, ended INTEGER NOT NULL, good INTEGER NOT NULL) WITHOUT ROWID;",
    /* For comparing bills with books. */
    "ALTER TABLE ingest_state ADD COLUMN covers TEXT NOT NULL DEFAULT '';",
};

static const orx_projection projections[] = {
    {.name = ORX_COST_RECORDS,
     .path = "artifacts/autonomy/provider_costs/records.ndjson",
     .of_root = true,
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 2 * ORX_SEC,
     .render = orx_cost_records_render},
    {.name = ORX_COST_SUMMARY,
     .path = "artifacts/autonomy/provider_costs/summary.json",
     .of_root = true,
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 2 * ORX_SEC,
     .render = orx_cost_summary_render},
};

const orx_store_room orx_ingest_room = {
    .name = "ingest",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
    .projections = projections,
    .projection_count = ORX_ARRAY_LEN(projections),
};
