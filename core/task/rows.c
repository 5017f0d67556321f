/* Reading rows: one, all, and the counts. */
#include "task/state.h"
#include "task/task.h"

#include "base/vec.h"
#include "data/json.h"

#include <stdio.h>

#define ROW_COLUMNS                                                                                \
    "lane, id, owner, status, priority, title, description, backlog, present, attempts,"           \
    " retryable_failures, deadlock_recoveries, deadlock_reopens, waiting, wait_delay, wait_wall,"  \
    " last_update, last_summary, last_error, acceptance, model"

static const char *text(orx_sql *q, int column, orx_arena *arena) {
    return orx_arena_dup(arena, orx_sql_col_text(q, column));
}

static const char *const *list_of_json(orx_arena *arena, orx_view json) {
    const orx_node *root = NULL;
    if (orx_json_parse(arena, "acceptance", json, &orx_limits_data, &root, NULL) < 0)
        root = NULL;
    uint32_t n = root ? root->count : 0;
    const char **list = orx_arena_alloc(arena, (n + 1) * sizeof *list);
    size_t i = 0;
    ORX_NODE_EACH(root, it) {
        list[i++] = orx_node_str(it, "");
    }
    list[i] = NULL;
    return list;
}

static void read_row(orx_sql *q, orx_arena *arena, orx_task_row *row) {
    orx_wait w = {.delay_ns = orx_sql_col_int(q, 14), .wall_ns = orx_sql_col_int(q, 15)};
    char *not_before = orx_arena_alloc(arena, ORX_ISO_MAX);
    orx_task_not_before(&w, not_before);
    *row = (orx_task_row){
        .lane = text(q, 0, arena),
        .id = text(q, 1, arena),
        .owner = text(q, 2, arena),
        .status = orx_status_name(orx_status_of(orx_sql_col_text(q, 3))),
        .priority = orx_sql_col_int(q, 4),
        .title = text(q, 5, arena),
        .description = text(q, 6, arena),
        .backlog = orx_sql_col_int(q, 7) != 0,
        .present = orx_sql_col_int(q, 8) != 0,
        .attempts = orx_sql_col_int(q, 9),
        .retryable_failures = orx_sql_col_int(q, 10),
        .deadlock_recoveries = orx_sql_col_int(q, 11),
        .deadlock_reopens = orx_sql_col_int(q, 12),
        .waiting_on = orx_sql_col_int(q, 13),
        .not_before = not_before,
        .last_update = text(q, 16, arena),
        .last_summary = text(q, 17, arena),
        .last_error = text(q, 18, arena),
        .acceptance = list_of_json(arena, orx_sql_col_text(q, 19)),
        .model = text(q, 20, arena),
    };
}

static int read_dependencies(orx_store *s, orx_arena *arena, orx_task_row *row, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(
        s, "SELECT dep FROM task_dep WHERE lane = ?1 AND task = ?2 ORDER BY position", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, row->lane);
    orx_sql_str(q, 2, row->id);
    ORX_VEC(const char *) deps = {0};
    while ((rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(&deps, text(q, 0, arena));
    const char **list = orx_arena_alloc(arena, (deps.len + 1) * sizeof *list);
    for (size_t i = 0; i < deps.len; i++)
        list[i] = deps.items[i];
    list[deps.len] = NULL;
    row->depends_on = list;
    orx_vec_free(&deps);
    return rc;
}

/* Ids that begin like the unknown one, for the message. */
static int not_found(orx_store *s, const char *lane, const char *id, orx_err *err) {
    char near[ORX_TASK_ID_MAX + 1] = "";
    orx_sql *q;
    if (orx_sql_get(s, "SELECT id FROM task WHERE lane = ?1 AND id >= ?2 ORDER BY id LIMIT 1", &q,
                    NULL) == 0) {
        orx_sql_str(q, 1, lane);
        orx_sql_str(q, 2, id);
        if (orx_sql_step(q, NULL) == 1) {
            orx_view v = orx_sql_col_text(q, 0);
            (void)snprintf(near, sizeof near, "%.*s", ORX_VIEW_ARG(v));
            orx_sql_reset(q);
        }
    }
    return orx_err_set(err, ORX_E_NOT_FOUND, "no task \"%.180s\" in lane \"%s\"%s%s%s", id, lane,
                       *near ? "; the next id is \"" : "; `orxaq tasks list` shows what there is",
                       near, *near ? "\"" : "");
}

int orx_task_get(orx_store *s, const char *lane, const char *id, orx_arena *arena,
                 orx_task_row *ret_row, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s, "SELECT " ROW_COLUMNS " FROM task WHERE lane = ?1 AND id = ?2", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, id);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return not_found(s, lane, id, err);
    orx_task_row row;
    read_row(q, arena, &row);
    orx_sql_reset(q);
    rc = read_dependencies(s, arena, &row, err);
    if (rc == 0)
        *ret_row = row;
    return rc;
}

int orx_task_ask(orx_store *s, const char *sql, const char *lane, const char *id, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, id);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc;
}

int orx_task_known(orx_store *s, const char *lane, const char *id, orx_err *err) {
    return orx_task_ask(s, "SELECT 1 FROM task WHERE lane = ?1 AND id = ?2 AND present = 1", lane,
                        id, err);
}

#define PAGE 256

/* Of all lanes, and of one, whose end is then the end: the rows of the lanes behind it are not
 * looked at. */
static const char *const page_sql[] = {
    "SELECT " ROW_COLUMNS " FROM task WHERE (lane, id) > (?1, ?2) AND ?3 IS NULL"
    " AND (?4 IS NULL OR status = ?4) ORDER BY lane, id LIMIT 256",
    "SELECT " ROW_COLUMNS " FROM task WHERE lane = ?3 AND id > ?2"
    " AND (?4 IS NULL OR status = ?4) ORDER BY lane, id LIMIT 256",
};

/* One page of rows behind (lane, id); returns how many were delivered, -1 as *stop when fn said so.
 */
static int each_page(orx_store *s, const char *lane, const char *status, orx_str *from_lane,
                     orx_str *from_id, bool (*fn)(const orx_task_row *row, void *user), void *user,
                     bool *stop, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_task_row rows[PAGE];
    int n = 0;
    orx_sql *q;
    int rc = orx_sql_get(s, page_sql[lane != NULL], &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, orx_str_cstr(from_lane));
    orx_sql_str(q, 2, orx_str_cstr(from_id));
    orx_sql_str(q, 3, lane);
    orx_sql_str(q, 4, status);
    while (n < PAGE && (rc = orx_sql_step(q, err)) == 1)
        read_row(q, &arena, &rows[n++]);
    orx_sql_reset(q);
    for (int i = 0; rc >= 0 && i < n && !*stop; i++) {
        rc = read_dependencies(s, &arena, &rows[i], err);
        if (rc == 0)
            *stop = !fn(&rows[i], user);
    }
    if (n) {
        orx_task_set_text(from_lane, rows[n - 1].lane, SIZE_MAX);
        orx_task_set_text(from_id, rows[n - 1].id, SIZE_MAX);
    }
    return rc < 0 ? rc : n;
}

int orx_task_each(orx_store *s, const char *lane, const char *status,
                  bool (*fn)(const orx_task_row *row, void *user), void *user, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str from_lane = {0};
    ORX_CLEANUP(orx_str_free) orx_str from_id = {0};
    orx_str_adds(&from_lane, lane ? lane : "");
    bool stop = false;
    int n;
    do
        n = each_page(s, lane, status, &from_lane, &from_id, fn, user, &stop, err);
    while (n == PAGE && !stop);
    return n < 0 ? n : 0;
}

static int64_t counter(orx_store *s, const char *lane, const char *what) {
    char name[256];
    (void)snprintf(name, sizeof name, "task.%s.%s", lane, what);
    return orx_counter_get(s, name);
}

int orx_task_count(orx_store *s, const char *lane, orx_task_counts *ret_counts,
                   orx_err *err ORX_UNUSED) {
    orx_task_counts c = {
        .in_progress = counter(s, lane, "in_progress"),
        .done = counter(s, lane, "done"),
        .blocked = counter(s, lane, "blocked"),
        .ready = counter(s, lane, "ready"),
        .delayed = counter(s, lane, "delayed"),
        .held = counter(s, lane, "held"),
    };
    c.pending = c.ready + c.delayed + c.held;
    c.total = c.pending + c.in_progress + c.done + c.blocked;
    *ret_counts = c;
    return 0;
}

static void count_row(orx_task_counts *c, orx_sql *q) {
    orx_status status = orx_status_of(orx_sql_col_text(q, 1));
    int64_t n = orx_sql_col_int(q, 4);
    c->total += n;
    if (status == ORX_TASK_DONE)
        c->done += n;
    else if (status == ORX_TASK_BLOCKED)
        c->blocked += n;
    else if (status == ORX_TASK_IN_PROGRESS)
        c->in_progress += n;
    else if (orx_sql_col_int(q, 2))
        c->held += n;
    else if (orx_sql_col_int(q, 3))
        c->delayed += n;
    else
        c->ready += n;
}

int orx_task_count_of(orx_store *s, const char *lane, const char *const *owners,
                      orx_task_counts *ret_counts, orx_err *err) {
    if (!owners)
        return orx_task_count(s, lane, ret_counts, err);
    orx_task_counts c = {0};
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT owner, status, waiting > 0, wait_delay > 0, count(*) FROM task"
                         " WHERE lane = ?1 AND present = 1 GROUP BY 1, 2, 3, 4",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    while ((rc = orx_sql_step(q, err)) == 1)
        for (size_t i = 0; owners[i]; i++)
            if (orx_view_is(orx_sql_col_text(q, 0), owners[i]))
                count_row(&c, q);
    c.pending = c.ready + c.delayed + c.held;
    if (rc == 0)
        *ret_counts = c;
    return rc;
}
