/* Bringing the rows of a lane in line with a list of tasks. */
#include "task/state.h"
#include "task/task.h"

#include "base/digest.h"
#include "base/map.h"
#include "data/json.h"

typedef struct syncer {
    orx_store *s;
    const char *lane;
    const char *source;
    int added;
    bool changed;
    orx_err *err;
} syncer;

static void add_field(orx_sha256 *d, const char *text) {
    const char *t = text ? text : "";
    orx_sha256_add(d, t, strlen(t) + 1);
}

/* Covers everything the file says about a task, so that an unchanged one is recognised. */
static void digest_task(const orx_task *t, uint8_t out[ORX_SHA256_LEN]) {
    orx_sha256 d;
    orx_sha256_begin(&d);
    add_field(&d, t->id);
    add_field(&d, t->owner);
    orx_sha256_add(&d, &t->priority, sizeof t->priority);
    add_field(&d, t->title);
    add_field(&d, t->description);
    orx_sha256_add(&d, t->backlog ? "b" : "-", 1);
    for (size_t i = 0; t->depends_on[i]; i++)
        add_field(&d, t->depends_on[i]);
    orx_sha256_add(&d, "", 1);
    for (size_t i = 0; t->acceptance[i]; i++)
        add_field(&d, t->acceptance[i]);
    if (t->model && *t->model) {
        orx_sha256_add(&d, "m", 1);
        add_field(&d, t->model);
    }
    orx_sha256_end(&d, out);
}

static void digest_list(const orx_task_list *list, uint8_t out[ORX_SHA256_LEN]) {
    orx_sha256 d;
    orx_sha256_begin(&d);
    for (size_t i = 0; i < list->count; i++) {
        uint8_t one[ORX_SHA256_LEN];
        digest_task(&list->items[i], one);
        orx_sha256_add(&d, one, sizeof one);
    }
    orx_sha256_end(&d, out);
}

/* 1 when the lane's rows already come from exactly this list. */
static int is_current(syncer *y, const uint8_t digest[ORX_SHA256_LEN]) {
    orx_sql *q;
    int rc = orx_sql_get(y->s, "SELECT digest FROM task_source WHERE lane = ?1 AND source = ?2", &q,
                         y->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, y->lane);
    orx_sql_str(q, 2, y->source);
    rc = orx_sql_step(q, y->err);
    if (rc != 1)
        return rc;
    bool same = orx_view_eq(orx_sql_col_blob(q, 0), orx_view_mem(digest, ORX_SHA256_LEN));
    orx_sql_reset(q);
    return same;
}

static int remember(syncer *y, const uint8_t digest[ORX_SHA256_LEN]) {
    orx_sql *q;
    int rc = orx_sql_get(y->s,
                         "INSERT INTO task_source(lane, source, digest) VALUES(?1, ?2, ?3)"
                         " ON CONFLICT(lane, source) DO UPDATE SET digest = ?3",
                         &q, y->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, y->lane);
    orx_sql_str(q, 2, y->source);
    orx_sql_blob(q, 3, orx_view_mem(digest, ORX_SHA256_LEN));
    int64_t n = orx_sql_run(q, y->err);
    return n < 0 ? (int)n : 0;
}

/* 1 = the row exists with this digest and is present, 2 = exists otherwise, 0 = no row. */
static int lookup(syncer *y, const orx_task *t, const uint8_t digest[ORX_SHA256_LEN]) {
    orx_sql *q;
    int rc = orx_sql_get(
        y->s, "SELECT digest, present, source FROM task WHERE lane = ?1 AND id = ?2", &q, y->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, y->lane);
    orx_sql_str(q, 2, t->id);
    rc = orx_sql_step(q, y->err);
    if (rc != 1)
        return rc;
    bool same = orx_view_eq(orx_sql_col_blob(q, 0), orx_view_mem(digest, ORX_SHA256_LEN)) &&
                orx_sql_col_int(q, 1) && orx_view_is(orx_sql_col_text(q, 2), y->source);
    orx_sql_reset(q);
    return same ? 1 : 2;
}

static void bind_description(orx_sql *q, const syncer *y, const orx_task *t,
                             const uint8_t digest[ORX_SHA256_LEN]) {
    ORX_CLEANUP(orx_str_free) orx_str acceptance = {0};
    orx_str_addc(&acceptance, '[');
    for (size_t i = 0; t->acceptance[i]; i++) {
        if (i)
            orx_str_addc(&acceptance, ',');
        orx_json_quote(&acceptance, orx_view_of(t->acceptance[i]), false);
    }
    orx_str_addc(&acceptance, ']');
    orx_sql_str(q, 1, y->lane);
    orx_sql_str(q, 2, t->id);
    orx_sql_str(q, 3, t->owner);
    orx_sql_int(q, 4, t->priority);
    orx_sql_str(q, 5, t->title);
    orx_sql_str(q, 6, t->description);
    orx_sql_text(q, 7, orx_str_view(&acceptance));
    orx_sql_int(q, 8, t->backlog);
    orx_sql_str(q, 9, y->source);
    orx_sql_blob(q, 10, orx_view_mem(digest, ORX_SHA256_LEN));
    orx_sql_str(q, 11, t->model ? t->model : "");
}

static int write_description(syncer *y, const orx_task *t, bool exists,
                             const uint8_t digest[ORX_SHA256_LEN]) {
    orx_sql *q;
    int rc = exists
                 ? orx_sql_get(y->s,
                               "UPDATE task SET owner = ?3, priority = ?4, title = ?5,"
                               " description = ?6, acceptance = ?7, backlog = ?8, source = ?9,"
                               " digest = ?10, model = ?11 WHERE lane = ?1 AND id = ?2",
                               &q, y->err)
                 : orx_sql_get(y->s,
                               "INSERT INTO task(lane, id, owner, priority, title, description,"
                               " acceptance, backlog, source, digest, model, present, status,"
                               " waiting) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0,"
                               " 'pending', 0)",
                               &q, y->err);
    if (rc < 0)
        return rc;
    bind_description(q, y, t, digest);
    int64_t n = orx_sql_run(q, y->err);
    return n < 0 ? (int)n : 0;
}

static int clear_dependencies(syncer *y, const char *id) {
    orx_sql *q;
    int rc = orx_sql_get(y->s, "DELETE FROM task_dep WHERE lane = ?1 AND task = ?2", &q, y->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, y->lane);
    orx_sql_str(q, 2, id);
    int64_t n = orx_sql_run(q, y->err);
    return n < 0 ? (int)n : 0;
}

/* Writes the dependency rows; returns how many are open. A dependency is open unless its own row
 * says done; whether other lanes have done it is asked again by orx_task_external_done. */
static int write_dependencies(syncer *y, const orx_task *t) {
    int open = 0;
    for (size_t i = 0; t->depends_on[i]; i++) {
        orx_sql *q;
        int rc = orx_sql_get(y->s,
                             "INSERT INTO task_dep(lane, task, dep, position, open)"
                             " VALUES(?1, ?2, ?3, ?4, NOT EXISTS(SELECT 1 FROM task"
                             " WHERE lane = ?1 AND id = ?3 AND status = 'done')) RETURNING open",
                             &q, y->err);
        if (rc < 0)
            return rc;
        orx_sql_str(q, 1, y->lane);
        orx_sql_str(q, 2, t->id);
        orx_sql_str(q, 3, t->depends_on[i]);
        orx_sql_int(q, 4, (int64_t)i);
        rc = orx_sql_step(q, y->err);
        if (rc < 0)
            return rc;
        open += rc == 1 && orx_sql_col_int(q, 0);
        while (rc == 1)
            rc = orx_sql_step(q, y->err);
        if (rc < 0)
            return rc;
    }
    return open;
}

static int set_present(syncer *y, const char *id, int64_t waiting) {
    orx_task_state before;
    int rc = orx_task_state_get(y->s, y->lane, id, &before, y->err);
    if (rc < 0)
        return rc;
    orx_task_state after = before;
    after.present = true;
    after.waiting = waiting;
    after.last_update = (orx_str){0};
    orx_str_addv(&after.last_update, orx_str_view(&before.last_update));
    rc = orx_task_state_put(y->s, y->lane, id, &before, &after, y->err);
    orx_str_free(&after.last_update);
    orx_task_state_free(&before);
    return rc;
}

static int sync_one(syncer *y, const orx_task *t) {
    uint8_t digest[ORX_SHA256_LEN];
    digest_task(t, digest);
    int found = lookup(y, t, digest);
    if (found < 0 || found == 1)
        return found < 0 ? found : 0;
    int rc = write_description(y, t, found == 2, digest);
    if (rc == 0)
        rc = clear_dependencies(y, t->id);
    int open = rc == 0 ? write_dependencies(y, t) : rc;
    if (open < 0)
        return open;
    y->added += found == 0;
    y->changed = true;
    /* Somebody may have waited for this id under another lane's word; from now on our row decides.
     */
    rc = found == 0 ? orx_task_dependents(y->s, y->lane, t->id, true, y->err) : 0;
    if (rc < 0)
        return rc;
    return set_present(y, t->id, open);
}

static int mark_absent(syncer *y, const char *id) {
    orx_task_state before;
    int rc = orx_task_state_get(y->s, y->lane, id, &before, y->err);
    if (rc < 0)
        return rc;
    orx_task_state after = before;
    after.present = false;
    orx_sql *q;
    rc = orx_sql_get(y->s, "UPDATE task SET present = 0 WHERE lane = ?1 AND id = ?2", &q, y->err);
    if (rc == 0) {
        orx_sql_str(q, 1, y->lane);
        orx_sql_str(q, 2, id);
        int64_t n = orx_sql_run(q, y->err);
        rc = n < 0 ? (int)n : orx_task_counters_move(y->s, y->lane, &before, &after, y->err);
    }
    orx_task_state_free(&before);
    y->changed = true;
    return rc;
}

/* Rows of this source that the list no longer names. */
static int sync_absent(syncer *y, const orx_task_list *list) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_map_free) orx_map listed = {0};
    ORX_CLEANUP(orx_map_free) orx_map gone = {0};
    for (size_t i = 0; i < list->count; i++)
        orx_map_put(&listed, orx_view_of(list->items[i].id), &list->items[i]);
    orx_sql *q;
    int rc = orx_sql_get(
        y->s, "SELECT id FROM task WHERE lane = ?1 AND source = ?2 AND present = 1", &q, y->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, y->lane);
    orx_sql_str(q, 2, y->source);
    while ((rc = orx_sql_step(q, y->err)) == 1)
        if (!orx_map_get(&listed, orx_sql_col_text(q, 0)))
            orx_map_put(&gone, orx_sql_col_text(q, 0), &arena);
    size_t i = 0;
    const orx_map_entry *e;
    while (rc == 0 && (e = orx_map_next(&gone, &i)))
        rc = mark_absent(y, e->key);
    return rc;
}

/* A list that replaces the earlier one of its source is complete; `orxaq tasks add` only adds. */
static bool replaces(const char *source) {
    return strcmp(source, "file") == 0;
}

static int sync_all(syncer *y, const orx_task_list *list, const uint8_t digest[ORX_SHA256_LEN]) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < list->count; i++)
        rc = sync_one(y, &list->items[i]);
    if (rc == 0 && replaces(y->source))
        rc = sync_absent(y, list);
    if (rc == 0 && replaces(y->source))
        rc = remember(y, digest);
    if (rc < 0 || !y->changed)
        return rc;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "lane", y->lane);
    orx_node_set_str(&arena, body, "source", y->source);
    orx_node_set_int(&arena, body, "listed", (int64_t)list->count);
    orx_node_set_int(&arena, body, "added", y->added);
    const orx_event e = {.kind = "queue.synced", .schema = 1, .body = body};
    return orx_event_append(y->s, &e, NULL, y->err);
}

int orx_task_sync(orx_store *s, const char *lane, const char *source, const orx_task_list *list,
                  orx_err *err) {
    syncer y = {.s = s, .lane = lane, .source = source, .err = err};
    uint8_t digest[ORX_SHA256_LEN];
    digest_list(list, digest);
    int rc = replaces(source) ? is_current(&y, digest) : 0;
    if (rc != 0)
        return rc < 0 ? rc : 0;
    bool own_tx = !orx_tx_active(s);
    rc = own_tx ? orx_tx_begin(s, err) : 0;
    if (rc < 0)
        return rc;
    rc = sync_all(&y, list, digest);
    if (rc < 0) {
        if (own_tx)
            orx_tx_rollback(s);
        return rc;
    }
    rc = own_tx ? orx_tx_commit(s, err) : 0;
    return rc < 0 ? rc : y.added;
}
