/* salvage.c: a new journal, completed from everything that is left. */
#include "run/salvage.h"

#include "data/json.h"
#include "platform/files.h"
#include "run/run.h"
#include "run/salvaging.h"
#include "run/summary.h"

#include <stdlib.h>

/* ---- Locks ----------------------------------------------------------------------------------- */

typedef ORX_VEC(orx_file *) locks;

static int take_lock(orx_platform *p, const char *path, locks *held, orx_err *err) {
    orx_file *f = NULL;
    if (!orx_exists(p, path))
        return 0;
    int rc = orx_file_open(p, path, ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &f, err);
    if (rc == 0)
        rc = orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, false, err);
    if (rc < 0)
        orx_file_close(p, f);
    if (rc == ORX_E_BUSY)
        return orx_err_set(err, ORX_E_BUSY,
                           "a runner holds %s: stop it, then recover; a journal that is in use "
                           "cannot be replaced",
                           path);
    if (rc == 0)
        orx_vec_push(held, f);
    return rc;
}

/* Those of the primary lane and of all others. */
static int take_locks(orx_platform *p, const orx_config *cfg, locks *held, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char **names = NULL;
    int rc = take_lock(p, cfg->paths.lock_file, held, err);
    if (rc == 0 && orx_exists(p, cfg->paths.state_dir))
        rc = orx_list_dir(p, cfg->paths.state_dir, &arena, &names, err);
    for (; rc == 0 && names && *names; names++) {
        orx_view name = orx_view_of(*names);
        if (orx_view_starts(name, "lane-") && orx_view_ends(name, ".lock"))
            rc = take_lock(p, orx_path_join(&arena, cfg->paths.state_dir, *names), held, err);
    }
    return rc;
}

static void drop_locks(orx_platform *p, locks *held) {
    for (size_t i = 0; i < held->len; i++)
        orx_file_close(p, held->items[i]);
    orx_vec_free(held);
}

/* ---- Small things ---------------------------------------------------------------------------- */

void orx_salvage_note(orx_salvaging *g, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    orx_vec_push(&g->notes, orx_arena_dup(g->arena, orx_str_view(&text)));
}

int orx_salvage_run(orx_store *s, const char *sql, int64_t number, const char *text, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    if (number)
        orx_sql_int(q, 1, number);
    if (text)
        orx_sql_str(q, 2, text);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int count(orx_store *s, const char *sql, int64_t *ret_n, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc == 0)
        rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret_n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return 0;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* Which rows were there is remembered: those that come now know nothing of what happened. */
static int use_tasks_file(orx_salvaging *g, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int rc = orx_salvage_run(g->s, "CREATE TEMP TABLE salvaged_task AS SELECT lane, id FROM task",
                             0, NULL, err);
    if (rc == 0)
        rc = orx_task_doubt(g->s, err);
    if (rc < 0)
        return rc;
    rc = orx_run_load_tasks(g->p, g->cfg, g->s, &why);
    if (rc < 0)
        orx_salvage_note(g, "the tasks file could not be used: %s", why.msg);
    g->r->tasks_from_file = rc > 0 ? rc : 0;
    return 0;
}

/* A projection of the damaged journal: what it knows, the journal knew. */
static int use_state_file(orx_salvaging *g, orx_err *err) {
    const char *path = g->cfg->paths.state_file;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    orx_err why = ORX_ERR_INIT;
    if (!orx_exists(g->p, path))
        return 0;
    if (orx_read_file(g->p, path, orx_limits_data.max_bytes, &bytes, &why) < 0 ||
        orx_json_parse(&arena, path, orx_str_view(&bytes), &orx_limits_data, &root, &why) < 0) {
        orx_salvage_note(g, "the state file could not be used: %s", why.msg);
        return 0;
    }
    int rc = orx_task_import_newer(g->s, g->lane, path, root, err);
    g->r->tasks_from_state = rc > 0 ? rc : 0;
    return rc < 0 ? rc : 0;
}

/* What the attempts of a task came to, when its own row was lost and the state file is silent. */
static int use_attempts(orx_salvaging *g, orx_err *err) {
    static const char sql[] =
        "UPDATE task SET attempts = a.number, last_update = strftime('%Y-%m-%dT%H:%M:%f',"
        " a.ended / 1000000000, 'unixepoch') || '000+00:00', status = CASE a.verdict"
        " WHEN 'done' THEN 'done' WHEN 'blocked' THEN 'blocked' ELSE 'pending' END FROM"
        " (SELECT lane, task, max(id), number, verdict, ended FROM attempt WHERE step = 5"
        "  GROUP BY lane, task) AS a"
        " WHERE task.lane = a.lane AND task.id = a.task AND task.attempts = 0"
        " AND task.status = 'pending' AND NOT EXISTS(SELECT 1 FROM salvaged_task o"
        "  WHERE o.lane = task.lane AND o.id = task.id)";
    orx_sql *q;
    int rc = orx_sql_get(g->s, sql, &q, err);
    int64_t n = rc < 0 ? rc : orx_sql_run(q, err);
    g->r->tasks_from_attempts = n > 0 ? n : 0;
    return n < 0 ? (int)n : orx_task_repair(g->s, err);
}

/* Rows that only a name is known of. */
static int find_bare(orx_salvaging *g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(g->s,
                         "SELECT id FROM task WHERE source = 'import' AND present = 0"
                         " AND status <> 'done' ORDER BY id",
                         &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(&g->bare, orx_arena_dup(g->arena, orx_sql_col_text(q, 0)));
    return rc;
}

/* ---- Attempts -------------------------------------------------------------------------------- */

/* Attempts are numbered without holes. */
static int find_lost(orx_salvaging *g, orx_err *err) {
    enum { SHOWN = 1000 };
    orx_sql *q;
    int64_t next = 1;
    int rc = orx_sql_get(g->s, "SELECT id FROM attempt ORDER BY id", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1) {
        int64_t id = orx_sql_col_int(q, 0);
        for (; next < id && g->lost.len < SHOWN; next++)
            orx_vec_push(&g->lost, next);
        next = id + 1;
    }
    return rc;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static bool doubtful(const orx_salvaging *g, const char *const *tables) {
    bool any = orx_salvage_old(g->sv);
    for (; *tables; tables++)
        any = any || orx_salvage_damaged(g->sv, *tables);
    return any;
}

/* The ledger follows from the calls: those that it lost are entered again at the next start, at the
 * prices of their day. */
static int mend_books(orx_salvaging *g, orx_err *err) {
    int rc = orx_salvage_run(
        g->s, "UPDATE call SET booked = 0 WHERE id NOT IN (SELECT call FROM spend)", 0, NULL, err);
    return rc < 0 ? rc : orx_books_anew(g->s, err);
}

static int complete(orx_salvaging *g, orx_err *err) {
    static const char *const of_tasks[] = {"task", "task_dep", "task_source", "task_claim", NULL};
    static const char *const of_attempts[] = {"attempt", "call", "metric_sum", "task", NULL};
    static const char *const of_books[] = {"call", "spend", "spend_sum", "spend_task", NULL};
    bool tasks = doubtful(g, of_tasks);
    int rc = orx_task_repair(g->s, err);
    if (rc == 0 && tasks)
        rc = use_tasks_file(g, err);
    if (rc == 0 && tasks)
        rc = use_state_file(g, err);
    if (rc == 0 && tasks)
        rc = use_attempts(g, err);
    if (rc == 0)
        rc = orx_salvage_use_records(g, err);
    if (rc == 0)
        rc = orx_salvage_use_commits(g, err);
    if (rc == 0)
        rc = orx_salvage_settle(g, err);
    if (rc == 0 && doubtful(g, of_attempts))
        rc = orx_summary_anew(g->s, err);
    if (rc == 0 && doubtful(g, of_books))
        rc = mend_books(g, err);
    if (rc == 0)
        rc = orx_task_repair(g->s, err);
    if (rc == 0)
        rc = find_bare(g, err);
    if (rc == 0)
        rc = find_lost(g, err);
    if (rc == 0)
        rc = count(g->s, "SELECT count(*) FROM task", &g->r->tasks, err);
    return rc < 0 ? rc : count(g->s, "SELECT count(*) FROM attempt", &g->r->attempts, err);
}

static int fill(orx_salvaging *g, orx_err *err) {
    orx_salvage_read_commits(g);
    int rc = orx_tx_begin(g->s, err);
    if (rc < 0)
        return rc;
    rc = complete(g, err);
    if (rc == 0)
        return orx_tx_commit(g->s, err);
    orx_tx_rollback(g->s);
    return rc;
}

static orx_node *body_of(const orx_salvaging *g) {
    orx_arena *a = g->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "tasks_from_file", g->r->tasks_from_file);
    orx_node_set_int(a, n, "tasks_from_state", g->r->tasks_from_state);
    orx_node_set_int(a, n, "tasks_from_attempts", g->r->tasks_from_attempts);
    orx_node_set_int(a, n, "tasks_from_commits", g->r->tasks_from_commits);
    orx_node_set_int(a, n, "attempts_from_records", g->r->attempts_from_records);
    orx_node_set_int(a, n, "calls_from_records", g->r->calls_from_records);
    orx_node_set_int(a, n, "attempts_lost", (int64_t)g->lost.len);
    return n;
}

static const char *const *texts(orx_arena *arena, const char *const *items, size_t n) {
    const char **copy = orx_arena_zalloc(arena, n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = items[i];
    return copy;
}

/* The report outlives the salvage. */
static void keep_report(orx_salvaging *g) {
    orx_run_salvaged *r = g->r;
    const orx_salvage_report *from = orx_salvage_report_of(g->sv);
    r->store = *from;
    r->store.found = orx_arena_strdup(g->arena, from->found);
    r->store.source = orx_arena_strdup(g->arena, from->source);
    size_t lost = from->lost.len;
    size_t tables = from->tables.len;
    r->store.lost.items = orx_arena_zalloc(g->arena, lost + 1, sizeof *r->store.lost.items);
    r->store.tables.items = orx_arena_zalloc(g->arena, tables + 1, sizeof *r->store.tables.items);
    for (size_t i = 0; i < lost; i++)
        r->store.lost.items[i] = from->lost.items[i];
    for (size_t i = 0; i < tables; i++) {
        r->store.tables.items[i] = from->tables.items[i];
        r->store.tables.items[i].name = orx_arena_strdup(g->arena, from->tables.items[i].name);
    }
    r->notes = texts(g->arena, g->notes.items, g->notes.len);
    r->bare = texts(g->arena, g->bare.items, g->bare.len);
    r->lost_attempts = orx_arena_zalloc(g->arena, g->lost.len + 1, sizeof *r->lost_attempts);
    for (size_t i = 0; i < g->lost.len; i++)
        r->lost_attempts[i] = g->lost.items[i];
}

static int salvage(orx_salvaging *g, const orx_store_room *const *rooms, orx_err *err) {
    int rc = orx_salvage_begin(g->p, g->cfg->root, g->lane, rooms, &g->r->events, &g->sv, err);
    g->r->sound = rc == 0;
    if (rc <= 0)
        return rc;
    g->s = orx_salvage_store(g->sv);
    rc = fill(g, err);
    if (rc == 0)
        rc = orx_salvage_finish(g->sv, body_of(g), err);
    if (rc == 0)
        keep_report(g);
    return rc;
}

int orx_run_salvage(orx_platform *p, const orx_config *cfg, const orx_store_room *const *rooms,
                    orx_arena *arena, orx_run_salvaged *ret_report, orx_err *err) {
    orx_run_salvaged report = {0};
    locks held = {0};
    orx_salvaging g = {.p = p, .cfg = cfg, .lane = orx_run_lane(cfg), .arena = arena, .r = &report};
    int rc = take_locks(p, cfg, &held, err);
    if (rc == 0)
        rc = salvage(&g, rooms, err);
    if (rc == 0)
        *ret_report = report;
    orx_salvage_free(g.sv);
    drop_locks(p, &held);
    orx_vec_free(&g.commits);
    orx_vec_free(&g.notes);
    orx_vec_free(&g.bare);
    orx_vec_free(&g.lost);
    return rc;
}
