#include "world.h"

#include "data/json.h"
#include "platform/files.h"
#include "platform/loop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- The room ---------------------------------------------------------------------------------
 */

static int render(orx_store *s, void *user, orx_str *out, orx_err *err) {
    (void)user;
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT id FROM box ORDER BY id", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1)
        orx_str_addf(out, "%lld\n", (long long)orx_sql_col_int(q, 0));
    return rc;
}

static int row(orx_store *s, void *user, const orx_event_row *e, orx_str *out, orx_err *err) {
    (void)s;
    (void)user;
    (void)err;
    orx_str_addf(out, "%lld %.*s\n", (long long)e->seq, ORX_VIEW_ARG(e->kind));
    return 0;
}

static const char *const scripts[] = {
    "CREATE TABLE box(id INTEGER PRIMARY KEY, origin TEXT NOT NULL)",
    "CREATE INDEX box_origin ON box(origin)",
};
static const orx_projection projections[] = {
    {.name = "state",
     .path = "state/state.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 2 * ORX_SEC,
     .render = render},
    {.name = "log",
     .path = "artifacts/autonomy/log.ndjson",
     .kind = ORX_PROJECTION_NDJSON,
     .row = row},
};
static const orx_store_room box_room = {.name = "box",
                                        .migrations = scripts,
                                        .migration_count = 2,
                                        .projections = projections,
                                        .projection_count = 2};
const orx_store_room *const box_rooms[] = {&box_room, NULL};

/* ---- The workload -----------------------------------------------------------------------------
 */

static int insert_box(orx_store *s, const char *origin, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "INSERT INTO box(origin) VALUES(?1)", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, origin);
    int64_t changed = orx_sql_run(q, err);
    return changed < 0 ? (int)changed : 0;
}

static int append_event(orx_store *s, int step, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, body, "step", step);
    if (step % 3 == 1) {
        char *large = orx_arena_zalloc(&a, 5001, 1);
        memset(large, 'a' + step % 26, 5000);
        orx_node_set_str(&a, body, "large", large);
    }
    orx_event e = {.kind = "box.put", .schema = 1, .task = "t", .attempt = step, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

static int one_step(orx_store *s, job *j, int step) {
    orx_event note = {.kind = "box.note", .schema = 1};
    int rc = step % 2 ? orx_event_note(s, &note, &j->err) : 0;
    if (rc == 0)
        rc = orx_tx_begin(s, &j->err);
    if (rc < 0)
        return rc;
    rc = insert_box(s, j->origin, &j->err);
    if (rc == 0)
        rc = append_event(s, step, &j->err);
    if (rc == 0)
        rc = orx_counter_add(s, "boxes", 1, &j->err);
    if (rc < 0) {
        orx_tx_rollback(s);
        return rc;
    }
    orx_projection_dirty(s, "state");
    rc = orx_tx_commit(s, &j->err);
    if (rc == 0)
        j->acked++;
    if (rc == 0 && j->on_ack)
        j->on_ack(j->user);
    return rc;
}

int work(orx_platform *p, void *user) {
    job *j = user;
    orx_store *s = NULL;
    const char *root = j->root ? j->root : ROOT;
    int rc;
    do {
        rc = orx_store_open(p, root, j->origin, box_rooms, ORX_STORE_CREATE, &s, &j->err);
        j->errors += rc < 0;
    } while (rc < 0 && rc != ORX_E_CORRUPT && j->patient && j->errors < 100);
    if (rc < 0)
        return 1;
    j->opened = true;
    for (int i = 1; i <= j->steps && rc == 0; i++) {
        rc = one_step(s, j, i);
        if (rc == 0 && i % 2 == 0)
            rc = orx_projection_flush(s, true, &j->err);
        if (rc == 0 && (j->pause_ns || i % 4 == 0))
            orx_loop_sleep(p, j->pause_ns ? j->pause_ns : 3 * ORX_SEC);
        if (rc < 0 && j->patient) {
            j->errors++;
            rc = 0;
        }
    }
    orx_store_close(s);
    j->done = rc == 0;
    return rc == 0 ? 0 : 1;
}

/* ---- What must hold ---------------------------------------------------------------------------
 */

static char said[2048];

static const char *say(const char *fmt, ...) ORX_PRINTF(1, 2);
static const char *say(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(said, sizeof said, fmt, ap);
    va_end(ap);
    return said;
}

static int64_t number(orx_store *s, const char *sql) {
    orx_sql *q;
    if (orx_sql_get(s, sql, &q, NULL) < 0)
        return -1;
    int64_t n = orx_sql_step(q, NULL) == 1 ? orx_sql_col_int(q, 0) : -1;
    orx_sql_reset(q);
    return n;
}

static const char *check_rows(orx_store *s, int acked, int extra) {
    int64_t boxes = number(s, "SELECT count(*) FROM box");
    int64_t puts = number(s, "SELECT count(*) FROM event WHERE kind = 'box.put'");
    int64_t events = number(s, "SELECT count(*) FROM event");
    if (boxes < acked || boxes > acked + extra)
        return say("%d steps were acknowledged, %lld boxes are there", acked, (long long)boxes);
    if (puts != boxes || orx_counter_get(s, "boxes") != boxes)
        return say("%lld boxes, %lld events, counter %lld", (long long)boxes, (long long)puts,
                   (long long)orx_counter_get(s, "boxes"));
    if (events != orx_event_last(s))
        return say("%lld events, but the newest has number %lld", (long long)events,
                   (long long)orx_event_last(s));
    return NULL;
}

/* Only we write in this world. */
static const char *check_reports(orx_store *s) {
    orx_sql *q;
    const char *why = NULL;
    if (orx_sql_get(s, "SELECT body FROM event WHERE kind LIKE 'projection.foreign'", &q, NULL) < 0)
        return "the events cannot be read";
    if (orx_sql_step(q, NULL) == 1)
        why = say("taken for foreign: %.*s", ORX_VIEW_ARG(orx_sql_col_text(q, 0)));
    orx_sql_reset(q);
    return why;
}

static bool add_line(const orx_event_row *e, void *user) {
    orx_str_addf(user, "%lld %.*s\n", (long long)e->seq, ORX_VIEW_ARG(e->kind));
    return true;
}

static const char *check_file(orx_platform *p, const char *root, const char *name,
                              const orx_str *want) {
    ORX_CLEANUP(orx_str_free) orx_str have = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *path = orx_path_join(&a, root, name);
    int rc = orx_read_file(p, path, 1 << 20, &have, NULL);
    if (rc < 0 && want->len == 0)
        return NULL;
    if (!orx_view_eq(orx_str_view(&have), orx_str_view(want)))
        return say("%s holds \"%.300s\", expected \"%.300s\"", path, orx_str_cstr(&have),
                   orx_str_cstr(want));
    return NULL;
}

static const char *check_projections(orx_platform *p, const char *root, orx_store *s) {
    ORX_CLEANUP(orx_str_free) orx_str state = {0};
    ORX_CLEANUP(orx_str_free) orx_str log = {0};
    orx_err err = ORX_ERR_INIT;
    orx_event_filter all = {0};
    if (render(s, NULL, &state, &err) < 0 || orx_event_each(s, &all, add_line, &log, &err) < 0)
        return say("reading: %s", err.msg);
    const char *why = check_file(p, root, "state/state.json", &state);
    return why ? why : check_file(p, root, "artifacts/autonomy/log.ndjson", &log);
}

static const char *check_leftovers(orx_platform *p, const char *root, const char *name) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *dir = orx_path_join(&a, root, name);
    char **names = NULL;
    if (orx_list_dir(p, dir, &a, &names, NULL) < 0)
        return NULL;
    for (; *names; names++)
        if (strstr(*names, ".foreign-") || strstr(*names, ".damaged-") ||
            strstr(*names, "sqlite-temp-") || strstr(*names, "orxaq-tmp"))
            return say("%s was left in %s", *names, dir);
    return NULL;
}

const char *problem(orx_platform *p, const char *root, int acked, int extra) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    int rc = orx_store_open(p, root, "checker", box_rooms, ORX_STORE_CREATE, &s, &err);
    if (rc < 0)
        return say("opening: %s", err.msg);
    const char *why = orx_store_check(s, &err) < 0 ? say("check: %s", err.msg) : NULL;
    if (!why)
        why = check_rows(s, acked, extra);
    if (!why && orx_projection_flush(s, true, &err) < 0)
        why = say("flush: %s", err.msg);
    if (!why)
        why = check_reports(s);
    if (!why)
        why = check_projections(p, root, s);
    orx_store_close(s);
    if (!why)
        why = check_leftovers(p, root, "state");
    return why ? why : check_leftovers(p, root, "artifacts/autonomy");
}
