/* Taking entries of the queue file, and the claims that say which were. */
#include "task/queue_file.h"
#include "task/state.h"

#include "base/vec.h"
#include "data/json.h"

#include <stdlib.h>

/* Bytes of ids told of in one event, so that it needs no file of its own; the count is always
 * exact. */
#define IDS_BYTES 2000

typedef struct taker {
    orx_store *s;
    const char *lane;
    const char *name;
    orx_arena *arena;
    orx_queue_taken taken;
    ORX_VEC(orx_task) fresh;
    orx_err *err;
} taker;

static int one_value(taker *k, const char *sql, const char *id) {
    orx_sql *q;
    int rc = orx_sql_get(k->s, sql, &q, k->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, k->lane);
    orx_sql_str(q, 2, id);
    rc = orx_sql_step(q, k->err);
    orx_sql_reset(q);
    return rc;
}

static bool listed(const char *const *owners, const char *owner) {
    for (size_t i = 0; owners && owners[i]; i++)
        if (strcmp(owners[i], owner) == 0)
            return true;
    return owners == NULL;
}

/* 1 = never seen here. */
static int is_new(taker *k, const orx_task *t) {
    int rc = one_value(k, "SELECT 1 FROM task_claim WHERE lane = ?1 AND id = ?2", t->id);
    if (rc == 0)
        rc = one_value(k, "SELECT 1 FROM task WHERE lane = ?1 AND id = ?2", t->id);
    return rc < 0 ? rc : !rc;
}

int orx_queue_depth(orx_store *s, const char *lane, const orx_queue_batch *batch, const char *owner,
                    int64_t *ret_depth, orx_err *err) {
    taker k = {.s = s, .lane = lane, .err = err};
    int64_t depth = 0;
    for (size_t i = 0; i < batch->list.count; i++) {
        const orx_task *t = &batch->list.items[i];
        int rc = strcmp(t->owner, owner) == 0 ? is_new(&k, t) : 0;
        if (rc < 0)
            return rc;
        depth += rc;
    }
    *ret_depth = depth;
    return 0;
}

static int add_claim(orx_store *s, const char *lane, const char *id, int64_t wall, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "INSERT OR IGNORE INTO task_claim(lane, id, wall) VALUES(?1, ?2, ?3)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, id);
    orx_sql_int(q, 3, wall);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int choose(taker *k, const orx_queue_batch *batch, const char *const *owners) {
    for (size_t i = 0; i < batch->list.count; i++) {
        const orx_task *t = &batch->list.items[i];
        int rc = listed(owners, t->owner) ? is_new(k, t) : 0;
        if (rc < 0)
            return rc;
        if (rc)
            orx_vec_push(&k->fresh, *t);
        else
            k->taken.skipped++;
    }
    return 0;
}

/* 1 = the task waits for itself around others. Asked only for tasks that others wait for, since
 * nothing else closes a circle. */
static int in_circle(taker *k, const char *id) {
    int rc = one_value(k, "SELECT 1 FROM task_dep WHERE lane = ?1 AND dep = ?2 LIMIT 1", id);
    return rc <= 0 ? rc
                   : one_value(k,
                               "WITH RECURSIVE need(id) AS ("
                               " SELECT dep FROM task_dep WHERE lane = ?1 AND task = ?2"
                               " UNION SELECT d.dep FROM task_dep d JOIN need n ON d.task = n.id"
                               " WHERE d.lane = ?1) SELECT 1 FROM need WHERE id = ?2 LIMIT 1",
                               id);
}

static int find_circles(taker *k) {
    const char **waiting = orx_arena_zalloc(k->arena, k->fresh.len + 1, sizeof *waiting);
    size_t n = 0;
    for (size_t i = 0; i < k->fresh.len; i++) {
        int rc = in_circle(k, k->fresh.items[i].id);
        if (rc < 0)
            return rc;
        if (rc)
            waiting[n++] = k->fresh.items[i].id;
    }
    k->taken.waiting = waiting;
    return 0;
}

static int write_event(taker *k, const orx_queue_batch *batch) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node *ids = orx_node_new(&arena, ORX_ARRAY);
    size_t told = 0;
    for (size_t i = 0; i < k->fresh.len && told < IDS_BYTES; i++) {
        told += strlen(k->fresh.items[i].id) + 3;
        orx_node_push(ids, orx_node_new_str(&arena, orx_view_of(k->fresh.items[i].id)));
    }
    orx_node_set_str(&arena, body, "lane", k->lane);
    orx_node_set_str(&arena, body, "file", k->name);
    orx_node_set_int(&arena, body, "seen", (int64_t)batch->seen);
    orx_node_set_int(&arena, body, "imported", (int64_t)k->fresh.len);
    orx_node_set_int(&arena, body, "skipped", (int64_t)k->taken.skipped);
    orx_node_set_int(&arena, body, "errors", (int64_t)batch->problem_count);
    orx_node_set(&arena, body, "ids", ids);
    const orx_event e = {.kind = "queue.ingested", .schema = 1, .body = body};
    return orx_event_append(k->s, &e, NULL, k->err);
}

static int take_all(taker *k, const orx_queue_batch *batch, const char *const *owners) {
    int rc = choose(k, batch, owners);
    if (rc < 0 || k->fresh.len == 0)
        return rc;
    int64_t now = orx_wall_ns(orx_store_platform(k->s));
    const orx_task_list list = {k->fresh.items, k->fresh.len};
    rc = orx_task_sync(k->s, k->lane, "queue", &list, k->err);
    for (size_t i = 0; rc >= 0 && i < k->fresh.len; i++)
        rc = add_claim(k->s, k->lane, k->fresh.items[i].id, now, k->err);
    if (rc >= 0)
        rc = find_circles(k);
    if (rc >= 0)
        rc = write_event(k, batch);
    orx_projection_dirty(k->s, "claims");
    return rc;
}

int orx_queue_take(orx_store *s, const char *lane, const char *name, const orx_queue_batch *batch,
                   const char *const *owners, orx_arena *arena, orx_queue_taken *ret_taken,
                   orx_err *err) {
    taker k = {.s = s, .lane = lane, .name = name, .arena = arena, .err = err};
    bool own_tx = !orx_tx_active(s);
    int rc = own_tx ? orx_tx_begin(s, err) : 0;
    if (rc == 0) {
        rc = take_all(&k, batch, owners);
        if (rc >= 0 && own_tx)
            rc = orx_tx_commit(s, err);
        else if (own_tx)
            orx_tx_rollback(s);
    }
    if (rc >= 0) {
        const char **ids = orx_arena_zalloc(arena, k.fresh.len + 1, sizeof *ids);
        for (size_t i = 0; i < k.fresh.len; i++)
            ids[i] = k.fresh.items[i].id;
        if (!k.taken.waiting)
            k.taken.waiting = orx_arena_zalloc(arena, 1, sizeof *ids);
        k.taken.ids = ids;
        k.taken.imported = k.fresh.len;
        *ret_taken = k.taken;
    }
    orx_vec_free(&k.fresh);
    return rc < 0 ? rc : 0;
}

/* ---- The predecessor's file ------------------------------------------------------------------ */

static int import_one(orx_store *s, const char *lane, orx_view id, const char *time, orx_err *err) {
    int64_t wall = 0;
    if (!orx_task_id_ok(id))
        return 0;
    if (!time || !orx_iso_parse(orx_view_of(time), &wall))
        wall = orx_wall_ns(orx_store_platform(s));
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addv(&text, id);
    int rc = add_claim(s, lane, orx_str_cstr(&text), wall, err);
    return rc < 0 ? rc : 1;
}

static int import_all(orx_store *s, const char *lane, const orx_node *file, orx_err *err) {
    int count = 0;
    ORX_NODE_EACH(orx_node_get(file, "claimed"), it) {
        int rc = import_one(s, lane, it->key, orx_node_str(it, NULL), err);
        if (rc < 0)
            return rc;
        count += rc;
    }
    ORX_NODE_EACH(orx_node_get(file, "claimed_ids"), it) {
        int rc = it->kind == ORX_STRING ? import_one(s, lane, it->u.s, NULL, err) : 0;
        if (rc < 0)
            return rc;
        count += rc;
    }
    return count;
}

int orx_queue_import_claims(orx_store *s, const char *lane, const orx_node *file, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT 1 FROM task_claim WHERE lane = ?1 LIMIT 1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    bool own_tx = !orx_tx_active(s);
    rc = own_tx ? orx_tx_begin(s, err) : 0;
    if (rc < 0)
        return rc;
    int count = import_all(s, lane, file, err);
    if (count < 0) {
        if (own_tx)
            orx_tx_rollback(s);
        return count;
    }
    rc = own_tx ? orx_tx_commit(s, err) : 0;
    return rc < 0 ? rc : count;
}

/* ---- Projection ------------------------------------------------------------------------------ */

/* The claims to show, by id: the newest max of the lane. */
#define SHOWN_SQL                                                                                  \
    "SELECT id, wall FROM (SELECT id, wall FROM task_claim WHERE lane = ?1"                        \
    " ORDER BY wall DESC, id LIMIT ?2) ORDER BY id"

int orx_queue_render_claims(orx_store *s, void *user, orx_str *out, orx_err *err) {
    static const orx_claims_shown none = {"primary", 20000};
    const orx_claims_shown *shown = user ? user : &none;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_sql *q;
    int rc = orx_sql_get(s, SHOWN_SQL, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, shown->lane);
    orx_sql_int(q, 2, shown->max);
    orx_node *root = orx_node_new(&arena, ORX_OBJECT);
    orx_node *claimed = orx_node_new(&arena, ORX_OBJECT);
    int64_t count = 0;
    int64_t newest = 0;
    while ((rc = orx_sql_step(q, err)) == 1) {
        char time[ORX_ISO_MAX];
        int64_t wall = orx_sql_col_int(q, 1);
        orx_iso_time(wall, time);
        newest = wall > newest ? wall : newest;
        orx_node_set_str(&arena, claimed, orx_arena_dup(&arena, orx_sql_col_text(q, 0)), time);
        count++;
    }
    char updated[ORX_ISO_MAX];
    orx_iso_time(newest, updated);
    orx_node_set(&arena, root, "claimed", claimed);
    orx_node_set_int(&arena, root, "claimed_count", count);
    orx_node_set_str(&arena, root, "updated_at", count ? updated : "");
    orx_json_write(out, root, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
    return rc;
}
