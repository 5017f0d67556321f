/* The predecessor's state.json, out and in. */
#include "task/state.h"
#include "task/task.h"

#include "data/json.h"

/* A member with all that stands before its value in one piece: there are ten of them per task, and
 * this is written every few seconds while a queue runs. */
static void add_text(orx_str *out, const char *before, orx_view value) {
    orx_str_adds(out, before);
    orx_json_quote(out, value, true);
}

static void add_number(orx_str *out, const char *before, int64_t value) {
    orx_str_adds(out, before);
    orx_str_add_int(out, value);
}

static void render_row(orx_sql *q, orx_str *out) {
    char not_before[ORX_ISO_MAX];
    orx_wait w = {.delay_ns = orx_sql_col_int(q, 9), .wall_ns = orx_sql_col_int(q, 10)};
    orx_task_not_before(&w, not_before);
    orx_str_adds(out, out->len > 1 ? ",\n  " : "\n  ");
    orx_json_quote(out, orx_sql_col_text(q, 0), true);
    add_number(out, ": {\n    \"attempts\": ", orx_sql_col_int(q, 1));
    add_number(out, ",\n    \"deadlock_recoveries\": ", orx_sql_col_int(q, 2));
    add_number(out, ",\n    \"deadlock_reopens\": ", orx_sql_col_int(q, 3));
    add_text(out, ",\n    \"last_error\": ", orx_sql_col_text(q, 4));
    add_text(out, ",\n    \"last_summary\": ", orx_sql_col_text(q, 5));
    add_text(out, ",\n    \"last_update\": ", orx_sql_col_text(q, 6));
    add_text(out, ",\n    \"not_before\": ", orx_view_of(not_before));
    add_text(out, ",\n    \"owner\": ", orx_sql_col_text(q, 7));
    add_number(out, ",\n    \"retryable_failures\": ", orx_sql_col_int(q, 8));
    add_text(out, ",\n    \"status\": ",
             orx_view_of(orx_status_name(orx_status_of(orx_sql_col_text(q, 11)))));
    orx_str_adds(out, "\n  }");
}

/* Only the columns that are shown, row by row and straight into the text: a queue may have 100,000
 * tasks. */
int orx_task_render_state(orx_store *s, void *user, orx_str *out, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT id, attempts, deadlock_recoveries, deadlock_reopens, last_error,"
                         " last_summary, last_update, owner, retryable_failures, wait_delay,"
                         " wait_wall, status FROM task WHERE lane = ?1 AND present ORDER BY id",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, user ? user : "primary");
    orx_str_clear(out);
    orx_str_addc(out, '{');
    while ((rc = orx_sql_step(q, err)) == 1)
        render_row(q, out);
    orx_str_adds(out, out->len > 1 ? "\n}\n" : "}\n");
    return rc;
}

/* ---- Import ---------------------------------------------------------------------------------- */

typedef struct importer {
    orx_store *s;
    const char *lane;
    const orx_node *entry;
    bool newer; /* take over what the file updated later than the row */
    bool taken;
} importer;

static int64_t counter_of(const orx_node *entry, const char *key) {
    int64_t v = orx_node_int(orx_node_get(entry, key), 0);
    return v < 0 ? 0 : v;
}

/* A wait in a state file is a wall clock time; from now on it is a delay like any other. */
static int take_wait(importer *im, orx_task_state *st, orx_err *err) {
    int64_t until;
    const char *text = orx_node_str(orx_node_get(im->entry, "not_before"), "");
    if (!*text || !orx_iso_parse(orx_view_of(text), &until))
        return 0;
    int64_t left = until - orx_wall_ns(orx_store_platform(im->s));
    return left > 0 ? orx_task_state_wait(im->s, im->lane, st, left, err) : 0;
}

static int take_over(orx_task_state *st, void *user, orx_err *err) {
    importer *im = user;
    const orx_node *e = im->entry;
    const char *updated = orx_node_str(orx_node_get(e, "last_update"), "");
    /* Our own times, in one format: their order is that of the text. */
    int order = strcmp(updated, orx_str_cstr(&st->last_update));
    bool never_ran = !st->attempts && st->status == ORX_TASK_PENDING;
    if (im->newer ? order <= 0 && (order == 0 || !never_ran) : !never_ran)
        return 0;
    st->status = orx_status_of(orx_view_of(orx_node_str(orx_node_get(e, "status"), "pending")));
    if (st->status == ORX_TASK_IN_PROGRESS)
        st->status = ORX_TASK_PENDING;
    st->attempts = counter_of(e, "attempts");
    st->retryable_failures = counter_of(e, "retryable_failures");
    st->deadlock_recoveries = counter_of(e, "deadlock_recoveries");
    st->deadlock_reopens = counter_of(e, "deadlock_reopens");
    orx_task_set_text(&st->last_summary, orx_node_str(orx_node_get(e, "last_summary"), ""),
                      ORX_TASK_SUMMARY_MAX);
    orx_task_set_text(&st->last_error, orx_node_str(orx_node_get(e, "last_error"), ""),
                      ORX_TASK_ERROR_MAX + 64);
    orx_task_set_text(&st->last_update, orx_node_str(orx_node_get(e, "last_update"), ""),
                      ORX_ISO_MAX);
    im->taken = true;
    return st->status == ORX_TASK_PENDING ? take_wait(im, st, err) : 0;
}

/* A row for an id whose task is not listed (any more): kept, never selected. */
static int add_absent(importer *im, const char *id, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(im->s,
                         "INSERT OR IGNORE INTO task(lane, id, owner, priority, title, description,"
                         " acceptance, backlog, source, digest, present, status, waiting)"
                         " VALUES(?1, ?2, ?3, 5, ?2, '', '[]', 0, 'import', x'', 0, 'pending', 0)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, im->lane);
    orx_sql_str(q, 2, id);
    orx_sql_str(q, 3, orx_node_str(orx_node_get(im->entry, "owner"), "codex"));
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int import_entry(importer *im, const orx_node *entry, orx_err *err) {
    im->entry = entry;
    im->taken = false;
    if (entry->kind != ORX_OBJECT || !orx_task_id_ok(entry->key))
        return 0;
    int rc = add_absent(im, entry->key.p, err);
    if (rc == 0)
        rc = orx_task_state_change(im->s, im->lane, entry->key.p, take_over, im, err);
    return rc < 0 ? rc : im->taken;
}

static int import_all(importer *im, const orx_node *state, orx_err *err) {
    int taken = 0;
    ORX_NODE_EACH(state, entry) {
        int rc = import_entry(im, entry, err);
        if (rc < 0)
            return rc;
        taken += rc;
    }
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "lane", im->lane);
    orx_node_set_int(&arena, body, "entries", state->count);
    orx_node_set_int(&arena, body, "taken", taken);
    const orx_event e = {.kind = "queue.state-imported", .schema = 1, .body = body};
    int rc = orx_event_append(im->s, &e, NULL, err);
    return rc < 0 ? rc : taken;
}

static int import(importer *im, const char *name, const orx_node *state, orx_err *err) {
    orx_store *s = im->s;
    if (state->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s:%u:%u: expected an object of task states, found %s; move the file "
                           "away to start with an empty state",
                           name, state->line, state->column, orx_kind_name(state->kind));
    bool own_tx = !orx_tx_active(s);
    int rc = own_tx ? orx_tx_begin(s, err) : 0;
    if (rc < 0)
        return rc;
    int taken = import_all(im, state, err);
    if (taken < 0) {
        if (own_tx)
            orx_tx_rollback(s);
        return taken;
    }
    rc = own_tx ? orx_tx_commit(s, err) : 0;
    return rc < 0 ? rc : taken;
}

int orx_task_import_state(orx_store *s, const char *lane, const char *name, const orx_node *state,
                          orx_err *err) {
    importer im = {.s = s, .lane = lane};
    return import(&im, name, state, err);
}

int orx_task_import_newer(orx_store *s, const char *lane, const char *name, const orx_node *state,
                          orx_err *err) {
    importer im = {.s = s, .lane = lane, .newer = true};
    return import(&im, name, state, err);
}
