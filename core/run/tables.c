/* The tables and projections of this room. */
#include "run/run.h"

#include "run/handoff.h"
#include "run/project.h"

static const char *const migrations[] = {
    "CREATE TABLE attempt("
    " id INTEGER PRIMARY KEY, lane TEXT NOT NULL, task TEXT NOT NULL, number INTEGER NOT NULL,"
    " provider TEXT NOT NULL, repo TEXT NOT NULL, base TEXT NOT NULL, branch TEXT NOT NULL,"
    " fingerprint TEXT NOT NULL, step INTEGER NOT NULL, pid INTEGER NOT NULL DEFAULT 0,"
    " start INTEGER NOT NULL DEFAULT 0, boot TEXT NOT NULL DEFAULT '',"
    " evidence INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '',"
    " sha TEXT NOT NULL DEFAULT '', parked TEXT NOT NULL DEFAULT '',"
    " verdict TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',"
    " begun INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX attempt_open ON attempt(lane, id) WHERE step < 5;"
    "CREATE INDEX attempt_task ON attempt(lane, task, id);"
    "CREATE TABLE call("
    " id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, provider TEXT NOT NULL,"
    " plugin TEXT NOT NULL, model_asked TEXT NOT NULL, model_answered TEXT NOT NULL DEFAULT '',"
    " prompt_sha256 TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, session TEXT NOT NULL DEFAULT "
    "'',"
    " kind INTEGER NOT NULL DEFAULT -1, retry_after_ms INTEGER NOT NULL DEFAULT -1,"
    " message TEXT NOT NULL DEFAULT '', claim INTEGER NOT NULL DEFAULT 0,"
    " exit_code INTEGER NOT NULL DEFAULT 0, wall_ns INTEGER NOT NULL DEFAULT 0,"
    " answer_bytes INTEGER NOT NULL DEFAULT 0,"
    " input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER,"
    " output_tokens INTEGER, reasoning_tokens INTEGER, requests INTEGER, cost_nano_usd INTEGER,"
    " provenance INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX call_attempt ON call(attempt);"
    "CREATE TABLE usage_total("
    " provider TEXT NOT NULL, scope INTEGER NOT NULL, key TEXT NOT NULL,"
    " input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER,"
    " output_tokens INTEGER, reasoning_tokens INTEGER, requests INTEGER, cost_nano_usd INTEGER,"
    " PRIMARY KEY(provider, scope, key)) WITHOUT ROWID;"
    "CREATE TABLE evidence("
    " attempt INTEGER NOT NULL, position INTEGER NOT NULL, command TEXT NOT NULL,"
    " ran TEXT NOT NULL, passed INTEGER NOT NULL, code INTEGER NOT NULL, tries INTEGER NOT NULL,"
    " wall_ns INTEGER NOT NULL, output TEXT NOT NULL,"
    " PRIMARY KEY(attempt, position)) WITHOUT ROWID;",
    "CREATE TABLE plugin_kv("
    " owner TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(owner, key)) WITHOUT ROWID;",
    "CREATE TABLE sink_cursor(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;",
    "CREATE INDEX call_candidate ON call(provider, model_asked, id);",
};

static const orx_projection projections[] = {
    {.name = "heartbeat",
     .path = "artifacts/autonomy/heartbeat.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 0,
     .render = orx_project_heartbeat},
    {.name = "conversations",
     .path = "artifacts/autonomy/conversations.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = orx_project_conversation},
    {.name = "metrics",
     .path = "artifacts/autonomy/response_metrics.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = orx_project_metrics},
    {.name = "to_gemini",
     .path = "artifacts/autonomy/handoffs/to_gemini.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = orx_project_to_gemini},
    {.name = "to_codex",
     .path = "artifacts/autonomy/handoffs/to_codex.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = orx_project_to_codex},
};

const orx_store_room orx_run_room = {
    .name = "run",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
    .projections = projections,
    .projection_count = ORX_ARRAY_LEN(projections),
};
