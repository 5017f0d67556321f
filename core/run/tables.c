/* The tables and projections of this room. */
#include "run/run.h"

#include "run/handoff.h"
#include "run/privilege.h"
#include "run/project.h"
#include "run/report.h"
#include "run/summary.h"
#include "run/tables.h"

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
    ("CREATE TABLE plugin_kv("
     " owner TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
     " PRIMARY KEY(owner, key)) WITHOUT ROWID;"),
    "CREATE TABLE sink_cursor(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;",
    "CREATE INDEX call_candidate ON call(provider, model_asked, id);",
    /* What the summary of metrics adds up: one row per attempt, from its last call; sums per owner,
     * per provider, and of all, kept by every settlement. */
    "ALTER TABLE attempt ADD COLUMN routing INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE call ADD COLUMN difficulty INTEGER NOT NULL DEFAULT 0;"
    "CREATE VIEW attempt_metric AS SELECT a.id AS attempt, a.verdict AS verdict,"
    " coalesce(t.owner, '') AS owner, c.provider AS provider, CASE WHEN a.verdict = 'done'"
    " THEN 1000 WHEN c.claim = 1 THEN 350 WHEN c.claim = 2 AND a.verdict = 'blocked' THEN 200"
    " WHEN c.claim = 2 THEN 500 ELSE 0 END AS quality, c.wall_ns / 1000000 AS latency_ms,"
    " c.difficulty AS difficulty, a.verdict = 'done' AND a.number = 1 AS first_pass,"
    " a.verdict = 'done' AS passed, coalesce(c.cost_nano_usd, 0) AS cost,"
    " coalesce(c.input_tokens + coalesce(c.cache_read_tokens, 0)"
    " + coalesce(c.cache_write_tokens, 0), c.prompt_tokens) AS input,"
    " coalesce(c.output_tokens + coalesce(c.reasoning_tokens, 0), (c.answer_bytes + 3) / 4)"
    " AS output, c.prompt_tokens + (c.answer_bytes + 3) / 4 AS estimated,"
    " c.input_tokens IS NOT NULL AND c.output_tokens IS NOT NULL AS exact,"
    " a.routing = 1 AS routed, a.routing = 2 AS fallback FROM attempt a"
    " JOIN call c ON c.id = (SELECT max(id) FROM call WHERE attempt = a.id)"
    " LEFT JOIN task t ON t.lane = a.lane AND t.id = a.task;"
    "CREATE TABLE metric_sum(scope INTEGER NOT NULL, key TEXT NOT NULL, responses INTEGER NOT NULL,"
    " quality INTEGER NOT NULL, latency_ms INTEGER NOT NULL, difficulty INTEGER NOT NULL,"
    " first_pass INTEGER NOT NULL, passed INTEGER NOT NULL, cost INTEGER NOT NULL,"
    " input INTEGER NOT NULL, output INTEGER NOT NULL, estimated INTEGER NOT NULL,"
    " exact INTEGER NOT NULL, routed INTEGER NOT NULL, fallback INTEGER NOT NULL,"
    " latest INTEGER NOT NULL, PRIMARY KEY(scope, key)) WITHOUT ROWID;"
    "INSERT INTO metric_sum SELECT s.scope, CASE s.scope WHEN 0 THEN '' WHEN 1 THEN m.owner"
    " ELSE m.provider END AS name, count(*), sum(quality), sum(latency_ms), sum(difficulty),"
    " sum(first_pass), sum(passed), sum(cost), sum(input), sum(output), sum(estimated), sum(exact),"
    " sum(routed), sum(fallback), max(attempt) FROM attempt_metric m,"
    " (SELECT 0 AS scope UNION SELECT 1 UNION SELECT 2) s WHERE m.verdict <> ''"
    " GROUP BY s.scope, name;",
    /* What the record of a call takes on the disk, 0 = there is none (any more). */
    ("ALTER TABLE call ADD COLUMN record_bytes INTEGER NOT NULL DEFAULT 0;"
     "CREATE INDEX call_record ON call(id) WHERE record_bytes > 0;"),
    /* The digest of what an attempt left in the working tree, "" = not looked at. */
    "ALTER TABLE attempt ADD COLUMN work TEXT NOT NULL DEFAULT '';",
    "CREATE TABLE revoked_grant(id TEXT PRIMARY KEY) WITHOUT ROWID;",
    /* The bill of a call (bill.h). cost_nano_usd, until now what the program stated, is the best
     * number there is. An attempt costs what all of its calls cost, not only the last; its bill is
     * no view of groups, of which SQLite would make all to look at one. */
    ("ALTER TABLE call ADD COLUMN stated_nano_usd INTEGER;"
     "ALTER TABLE call ADD COLUMN priced_nano INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE call ADD COLUMN priced_rest INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE call ADD COLUMN priced_reports INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE call ADD COLUMN unpriced_reports INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE call ADD COLUMN guessed INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE call ADD COLUMN price TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE call ADD COLUMN input_rate INTEGER NOT NULL DEFAULT -1;"
     "ALTER TABLE call ADD COLUMN output_rate INTEGER NOT NULL DEFAULT -1;"
     "ALTER TABLE call ADD COLUMN cost_source INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE call ADD COLUMN asked INTEGER NOT NULL DEFAULT 1;"
     "ALTER TABLE call ADD COLUMN booked INTEGER NOT NULL DEFAULT 0;"
     "UPDATE call SET stated_nano_usd = cost_nano_usd, cost_source = 2 * (cost_nano_usd IS NOT "
     "NULL);"
     "CREATE INDEX call_unbooked ON call(id) WHERE booked = 0;"
     "ALTER TABLE metric_sum ADD COLUMN exact_cost INTEGER NOT NULL DEFAULT 0;"
     "DROP VIEW attempt_metric;"
     "CREATE VIEW attempt_bill AS SELECT a.id AS attempt,"
     " (SELECT count(*) FROM call WHERE attempt = a.id AND asked = 1) AS calls,"
     " (SELECT sum(cost_nano_usd) FROM call WHERE attempt = a.id AND asked = 1) AS cost,"
     " (SELECT min(cost_source) FROM call WHERE attempt = a.id AND asked = 1) AS source,"
     " (SELECT max(cost_nano_usd IS NULL) FROM call WHERE attempt = a.id AND asked = 1) AS"
     " unknown,"
     " (SELECT sum(coalesce(input_tokens + coalesce(cache_read_tokens, 0) +"
     " coalesce(cache_write_tokens, 0), prompt_tokens)) FROM call WHERE attempt = a.id AND"
     " asked = 1) AS input,"
     " (SELECT sum(coalesce(output_tokens + coalesce(reasoning_tokens, 0), (answer_bytes +"
     " 3) / 4)) FROM call WHERE attempt = a.id AND asked = 1) AS output,"
     " (SELECT sum(prompt_tokens) FROM call WHERE attempt = a.id AND asked = 1) AS"
     " prompt_est,"
     " (SELECT sum((answer_bytes + 3) / 4) FROM call WHERE attempt = a.id AND asked = 1) AS"
     " answer_est,"
     " (SELECT min(input_tokens IS NOT NULL AND output_tokens IS NOT NULL) FROM call WHERE"
     " attempt = a.id AND asked = 1) AS exact,"
     " (SELECT max(input_tokens IS NOT NULL OR output_tokens IS NOT NULL) FROM call WHERE"
     " attempt = a.id AND asked = 1) AS reported FROM attempt a;"
     "CREATE VIEW attempt_metric AS SELECT a.id AS attempt, a.verdict AS verdict,"
     " coalesce(t.owner, '') AS owner, c.provider AS provider, CASE WHEN a.verdict = 'done'"
     " THEN 1000 WHEN c.claim = 1 THEN 350 WHEN c.claim = 2 AND a.verdict = 'blocked' THEN 200"
     " WHEN c.claim = 2 THEN 500 ELSE 0 END AS quality, c.wall_ns / 1000000 AS latency_ms,"
     " c.difficulty AS difficulty, a.verdict = 'done' AND a.number = 1 AS first_pass,"
     " a.verdict = 'done' AS passed, coalesce(b.cost, 0) AS cost, coalesce(b.input, 0) AS input,"
     " coalesce(b.output, 0) AS output, coalesce(b.prompt_est + b.answer_est, 0) AS estimated,"
     " coalesce(b.exact, 0) AS exact, a.routing = 1 AS routed, a.routing = 2 AS fallback,"
     " coalesce(b.source >= 3, 0) AS exact_cost FROM attempt a"
     " JOIN call c ON c.id = (SELECT max(id) FROM call WHERE attempt = a.id)"
     " JOIN attempt_bill b ON b.attempt = a.id"
     " LEFT JOIN task t ON t.lane = a.lane AND t.id = a.task;"),
    /* Where the present chain of attempts of a task begins, and those in it that do not count,
     * without a walk along a chain that may be thousands long. */
    ("CREATE INDEX attempt_first ON attempt(lane, task, id) WHERE number = 1;"
     "CREATE INDEX attempt_no_work ON attempt(lane, task, id)"
     " WHERE reason IN ('interrupted', 'no_program', 'budget');"),
    /* What was decided about the model (route_client.h). Every fallback before was an error. */
    ("ALTER TABLE attempt ADD COLUMN route_strategy TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE attempt ADD COLUMN route_reason TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE attempt ADD COLUMN route_requested TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE attempt ADD COLUMN route_selected TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE attempt ADD COLUMN route_error TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE attempt ADD COLUMN route_latency_us INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE metric_sum ADD COLUMN router_error INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE metric_sum ADD COLUMN router_us INTEGER NOT NULL DEFAULT 0;"
     "UPDATE metric_sum SET router_error = fallback;"
     "CREATE VIEW attempt_route AS SELECT id AS attempt, route_error <> '' OR (routing = 2 AND"
     " route_reason = '') AS router_error, route_latency_us AS router_us FROM attempt;"),
    /* Sums per lane: a lane's summary shows its own. Sums of a journal that never saw a lane are
     * the primary runner's; others are made anew. */
    ("ALTER TABLE metric_sum RENAME TO metric_sum_of_all;"
     "CREATE TABLE metric_sum(lane TEXT NOT NULL, scope INTEGER NOT NULL, key TEXT NOT NULL,"
     " responses INTEGER NOT NULL, quality INTEGER NOT NULL, latency_ms INTEGER NOT NULL,"
     " difficulty INTEGER NOT NULL, first_pass INTEGER NOT NULL, passed INTEGER NOT NULL,"
     " cost INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,"
     " estimated INTEGER NOT NULL, exact INTEGER NOT NULL, routed INTEGER NOT NULL,"
     " fallback INTEGER NOT NULL, latest INTEGER NOT NULL, exact_cost INTEGER NOT NULL,"
     " router_error INTEGER NOT NULL, router_us INTEGER NOT NULL,"
     " PRIMARY KEY(lane, scope, key)) WITHOUT ROWID;"
     "INSERT INTO metric_sum SELECT 'primary', scope, key, responses, quality, latency_ms,"
     " difficulty, first_pass, passed, cost, input, output, estimated, exact, routed, fallback,"
     " latest, exact_cost, router_error, router_us FROM metric_sum_of_all"
     " WHERE NOT EXISTS (SELECT 1 FROM attempt WHERE lane <> 'primary');"
     "INSERT INTO metric_sum SELECT a.lane, s.scope, CASE s.scope WHEN 0 THEN '' WHEN 1 THEN"
     " m.owner ELSE m.provider END AS name, count(*), sum(m.quality), sum(m.latency_ms),"
     " sum(m.difficulty), sum(m.first_pass), sum(m.passed), sum(m.cost), sum(m.input),"
     " sum(m.output), sum(m.estimated), sum(m.exact), sum(m.routed), sum(m.fallback),"
     " max(m.attempt), sum(m.exact_cost), sum(r.router_error), sum(r.router_us)"
     " FROM attempt_metric m JOIN attempt a ON a.id = m.attempt JOIN attempt_route r ON"
     " r.attempt = m.attempt, (SELECT 0 AS scope UNION SELECT 1 UNION SELECT 2) s"
     " WHERE m.verdict <> '' AND EXISTS (SELECT 1 FROM attempt WHERE lane <> 'primary')"
     " GROUP BY a.lane, s.scope, name;"
     "DROP TABLE metric_sum_of_all;"),
    /* Branches that are brought back to their base (merges.h). */
    ("CREATE TABLE merge_landing(repo TEXT PRIMARY KEY, target TEXT NOT NULL, before TEXT NOT NULL,"
     " after TEXT NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE merge_part(repo TEXT NOT NULL, lane TEXT NOT NULL, branch TEXT NOT NULL,"
     " tip TEXT NOT NULL, PRIMARY KEY(repo, lane)) WITHOUT ROWID;"
     "CREATE TABLE merge_lane(repo TEXT NOT NULL, lane TEXT NOT NULL,"
     " merged_tip TEXT NOT NULL DEFAULT '', merged_as TEXT NOT NULL DEFAULT '',"
     " refused_tip TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',"
     " note TEXT NOT NULL DEFAULT '', PRIMARY KEY(repo, lane)) WITHOUT ROWID;"),
    "CREATE INDEX merge_refused ON merge_lane(lane) WHERE reason <> '';",
    /* When a call began: its prices are those of that moment. 0 = when its attempt began. */
    "ALTER TABLE call ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;",
    /* Vectors of texts (vectors.h). */
    ("CREATE TABLE vector(id INTEGER PRIMARY KEY, source TEXT NOT NULL, sha256 TEXT NOT NULL,"
     " floats BLOB NOT NULL);"
     "CREATE UNIQUE INDEX vector_text ON vector(source, sha256);"),
};

static const orx_projection projections[] = {
    {.name = "heartbeat",
     .path = "artifacts/autonomy/heartbeat.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = ORX_HEARTBEAT_EVERY_NS,
     .render = orx_project_heartbeat},
    {.name = "conversations",
     .path = "artifacts/autonomy/conversations.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = orx_project_conversation},
    {.name = "metrics",
     .path = "artifacts/autonomy/response_metrics.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = orx_project_metrics},
    {.name = "metrics_summary",
     .path = "artifacts/autonomy/response_metrics_summary.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 10 * ORX_SEC,
     .render = orx_project_summary},
    {.name = "privileges",
     .path = "artifacts/autonomy/privilege_escalations.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .shared = true,
     .row = orx_project_privilege},
    {.name = "to_gemini",
     .path = "artifacts/autonomy/handoffs/to_gemini.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .shared = true,
     .row = orx_project_to_gemini},
    {.name = "to_codex",
     .path = "artifacts/autonomy/handoffs/to_codex.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .shared = true,
     .row = orx_project_to_codex},
    {.name = "reports",
     .path = "artifacts/autonomy",
     .kind = ORX_PROJECTION_FOLDER,
     .page = orx_project_report},
    {.name = "stop_report",
     .path = "artifacts/autonomy/stop_report.md",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 2 * ORX_SEC,
     .render = orx_project_stop_report},
};

const orx_store_room orx_run_room = {
    .name = "run",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
    .whole = orx_run_tables_whole,
    .projections = projections,
    .projection_count = ORX_ARRAY_LEN(projections),
};
