/* salvage_records.c: attempts and calls from the records they left. */
#include "run/salvaging.h"

#include "platform/files.h"
#include "run/attempt.h"
#include "run/record_read.h"
#include "run/records.h"

/* What a record says about its call. */
typedef struct recorded {
    const orx_node *begin;
    const orx_node *end; /* NULL: it breaks off */
    int64_t bytes;
} recorded;

static const char *str(const orx_node *n, const char *key) {
    return orx_node_str(orx_node_get(n, key), "");
}

static int64_t num(const orx_node *n, const char *key) {
    return orx_node_int(orx_node_get(n, key), 0);
}

static int64_t num_or_unknown(const orx_node *n, const char *key) {
    return orx_node_int(orx_node_get(n, key), -1);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static int has_row(orx_store *s, const char *sql, int64_t id, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, id);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc;
}

/* Begun and not settled: what became of it is found out later. */
static int add_attempt(orx_salvaging *g, const recorded *c, orx_err *err) {
    const orx_node *b = c->begin;
    int rc = has_row(g->s, "SELECT 1 FROM attempt WHERE id = ?1", num(b, "attempt"), err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    orx_sql *q;
    rc = orx_sql_get(g->s,
                     "INSERT INTO attempt(id, lane, task, number, provider, repo, base, branch,"
                     " fingerprint, step, boot, begun)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                     &q, err);
    if (rc < 0)
        return rc;
    static const char *const texts[] = {"provider", "repo", "base", "branch", "fingerprint"};
    orx_sql_int(q, 1, num(b, "attempt"));
    orx_sql_str(q, 2, str(b, "lane"));
    orx_sql_str(q, 3, str(b, "task"));
    orx_sql_int(q, 4, num(b, "number"));
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        orx_sql_str(q, 5 + i, str(b, texts[i]));
    orx_sql_int(q, 10, c->end ? ORX_STEP_EXITED : ORX_STEP_SPAWNED);
    orx_sql_str(q, 11, str(b, "boot"));
    orx_sql_int(q, 12, num(b, "wall_ns"));
    int64_t n = orx_sql_run(q, err);
    g->r->attempts_from_records++;
    return n < 0 ? (int)n : 0;
}

static int add_call(orx_salvaging *g, int64_t call, const recorded *c, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(g->s,
                         "INSERT INTO call(id, attempt, provider, plugin, model_asked,"
                         " prompt_sha256, prompt_tokens, kind, claim, exit_code, wall_ns, session,"
                         " model_answered) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                         " ?12, ?13)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    orx_sql_int(q, 2, num(c->begin, "attempt"));
    orx_sql_str(q, 3, str(c->begin, "provider"));
    orx_sql_str(q, 4, str(c->begin, "plugin"));
    orx_sql_str(q, 5, str(c->begin, "model"));
    orx_sql_str(q, 6, str(c->begin, "prompt_sha256"));
    orx_sql_int(q, 7, num(c->begin, "prompt_tokens"));
    orx_sql_int(q, 8, num_or_unknown(c->end, "kind_code"));
    orx_sql_int(q, 9, num(c->end, "claim"));
    orx_sql_int(q, 10, num(c->end, "exit_code"));
    orx_sql_int(q, 11, num(c->end, "wall_ns"));
    orx_sql_str(q, 12, str(c->end, "session"));
    orx_sql_str(q, 13, str(c->end, "model_answered"));
    int64_t n = orx_sql_run(q, err);
    g->r->calls_from_records++;
    return n < 0 ? (int)n : orx_records_note(g->s, call, c->bytes, err);
}

/* Running sums of a session go on in later calls and are booked as ever. All others are this call's
 * alone; their totals may be remembered already, and a difference to those would be nothing. */
static int book(orx_salvaging *g, int64_t call, const char *provider, const orx_node *u,
                orx_err *err) {
    int64_t scope = num(u, "scope");
    bool session = scope == ORXAQ_SCOPE_SESSION && num(u, "mode") == ORXAQ_USAGE_TOTAL;
    const orxaq_usage usage = {
        .struct_size = sizeof usage,
        .scope = (int32_t)scope,
        .mode = session ? ORXAQ_USAGE_TOTAL : ORXAQ_USAGE_DELTA,
        .provenance = (int32_t)num(u, "provenance"),
        .key = orxaq_str(str(u, "key")),
        .model_asked = orxaq_str(str(u, "model_asked")),
        .model_answered = orxaq_str(str(u, "model_answered")),
        .input_tokens = num_or_unknown(u, "input"),
        .cache_read_tokens = num_or_unknown(u, "cache_read"),
        .cache_write_tokens = num_or_unknown(u, "cache_write"),
        .output_tokens = num_or_unknown(u, "output"),
        .reasoning_tokens = num_or_unknown(u, "reasoning"),
        .requests = num_or_unknown(u, "requests"),
        .cost_nano_usd = num_or_unknown(u, "cost_nano_usd"),
    };
    /* The bill is made up at the next start, at the prices of the day it was run up. */
    const orx_meter meter = {.provider = provider, .assumed = -1};
    return orx_usage_book(g->s, call, &meter, &usage, err);
}

/* ---- Records --------------------------------------------------------------------------------- */

static int read_record(orx_salvaging *g, int64_t attempt, int64_t call, orx_arena *arena,
                       recorded *ret_c, orx_err *err) {
    orx_record_reader *reader = NULL;
    orx_record_entry e;
    char **paths = NULL;
    recorded c = {0};
    const char *state = g->cfg->paths.state_dir;
    int rc = orx_record_files(g->p, state, attempt, call, arena, &paths, &c.bytes, err);
    if (rc == 0)
        rc = orx_record_open(g->p, state, attempt, call, &reader, err);
    while (rc >= 0 && (rc = orx_record_next(reader, &e, err)) == 1) {
        if (strcmp(e.kind, "begin") == 0)
            c.begin = orx_node_copy(arena, e.line);
        else if (strcmp(e.kind, "end") == 0)
            c.end = orx_node_copy(arena, e.line);
    }
    orx_record_close(reader);
    if (rc == 0)
        *ret_c = c;
    return rc;
}

static int restore(orx_salvaging *g, int64_t attempt, int64_t call, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    recorded c = {0};
    orx_err why = ORX_ERR_INIT;
    if (read_record(g, attempt, call, &arena, &c, &why) < 0) {
        orx_salvage_note(g, "%s", why.msg);
        return 0;
    }
    if (!c.begin || num(c.begin, "attempt") != attempt || num(c.begin, "call") != call ||
        !*str(c.begin, "task"))
        return 0;
    int rc = add_attempt(g, &c, err);
    if (rc == 0)
        rc = add_call(g, call, &c, err);
    ORX_NODE_EACH(orx_node_get(c.end, "usage"), u) {
        if (rc == 0)
            rc = book(g, call, str(c.begin, "provider"), u, err);
    }
    return rc;
}

/* "12-3.rec" */
static bool numbers_of(const char *name, int64_t *ret_attempt, int64_t *ret_call) {
    orx_view v = orx_view_of(name);
    const char *dash = strchr(name, '-');
    size_t n = dash ? (size_t)(dash - name) : 0;
    return dash && orx_view_ends(v, ".rec") && v.len > n + 5 &&
           orx_view_to_i64(orx_view_mem(name, n), ret_attempt) &&
           orx_view_to_i64(orx_view_mem(dash + 1, v.len - n - 5), ret_call) && *ret_attempt > 0 &&
           *ret_call > 0;
}

static int use_folder(orx_salvaging *g, const char *folder, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char **names = NULL;
    int rc = orx_list_dir(g->p, folder, &arena, &names, err);
    for (; rc >= 0 && *names; names++) {
        int64_t attempt = 0;
        int64_t call = 0;
        if (!numbers_of(*names, &attempt, &call))
            continue;
        rc = has_row(g->s, "SELECT 1 FROM call WHERE id = ?1", call, err);
        if (rc == 0)
            rc = restore(g, attempt, call, err);
    }
    return rc < 0 ? rc : 0;
}

int orx_salvage_use_records(orx_salvaging *g, orx_err *err) {
    const char *records = orx_path_join(g->arena, g->cfg->paths.state_dir, "records");
    char **groups = NULL;
    if (!orx_exists(g->p, records))
        return 0;
    int rc = orx_list_dir(g->p, records, g->arena, &groups, err);
    for (; rc == 0 && *groups; groups++)
        rc = use_folder(g, orx_path_join(g->arena, records, *groups), err);
    return rc;
}

/* ---- Attempts without an end ------------------------------------------------------------------
 */

int orx_salvage_settle(orx_salvaging *g, orx_err *err) {
    /* Only the newest of a lane can have been interrupted: the runner settles one before it begins
     * the next. And only when its task does not say more. */
    static const char *const steps[] = {
        "UPDATE attempt SET step = 5, reason = 'lost', ended = begun, verdict = coalesce((SELECT"
        " CASE t.status WHEN 'done' THEN 'done' WHEN 'blocked' THEN 'blocked' ELSE 'retry' END"
        " FROM task t WHERE t.lane = attempt.lane AND t.id = attempt.task), 'retry')"
        " WHERE step < 5 AND (id < (SELECT max(id) FROM attempt a WHERE a.lane = attempt.lane)"
        " OR EXISTS(SELECT 1 FROM task t WHERE t.lane = attempt.lane AND t.id = attempt.task"
        " AND (t.status IN ('done', 'blocked')"
        " OR (t.status = 'pending' AND t.attempts >= attempt.number AND t.attempts > 0))))",
        /* One of a task that is gone can never be looked at again. */
        "UPDATE attempt SET step = 5, reason = 'lost', verdict = 'retry', ended = begun"
        " WHERE step < 5 AND NOT EXISTS(SELECT 1 FROM task t WHERE t.lane = attempt.lane"
        " AND t.id = attempt.task)",
        "UPDATE task SET attempts = max(attempts, (SELECT a.number FROM attempt a WHERE"
        " a.lane = task.lane AND a.task = task.id AND a.step < 5)), status = 'in_progress'"
        " WHERE EXISTS(SELECT 1 FROM attempt a WHERE a.lane = task.lane AND a.task = task.id"
        " AND a.step < 5)",
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(steps); i++)
        rc = orx_salvage_run(g->s, steps[i], 0, NULL, err);
    return rc;
}
