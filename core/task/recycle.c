/* Beginning again [K]: what continuous runs do when all is done, or when nothing can go on.
 *
 * The counters of deadlock recovery stay, so that a queue that can never be finished is not
 * reopened by both mechanisms for ever. */
#include "task/state.h"
#include "task/task.h"

#include "base/vec.h"

typedef struct recycling {
    orx_store *s;
    const char *lane;
    int64_t delay_ns;
    bool stalled;
    orx_err *err;
} recycling;

static int begin_again(orx_task_state *st, void *user, orx_err *err) {
    const recycling *r = user;
    bool was_blocked = st->status == ORX_TASK_BLOCKED;
    st->status = ORX_TASK_PENDING;
    st->attempts = 0;
    st->retryable_failures = 0;
    orx_task_set_text(&st->last_error,
                      was_blocked ? "Reopened by the continuous run after it had been blocked."
                                  : "",
                      ORX_TASK_ERROR_MAX);
    return orx_task_state_wait(r->s, r->lane, st, r->delay_ns, err);
}

/* Ids first, changes afterwards: no statement stays open over a write to its own table. */
static int list_ids(recycling *r, orx_arena *arena, const char ***ret_ids, size_t *ret_count) {
    orx_sql *q;
    int rc = orx_sql_get(r->s,
                         "SELECT id FROM task WHERE lane = ?1 AND present = 1 AND (status ="
                         " 'pending' OR status = CASE ?2 WHEN 1 THEN 'blocked' ELSE 'done' END)",
                         &q, r->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, r->lane);
    orx_sql_int(q, 2, r->stalled);
    ORX_VEC(const char *) ids = {0};
    while ((rc = orx_sql_step(q, r->err)) == 1)
        orx_vec_push(&ids, orx_arena_dup(arena, orx_sql_col_text(q, 0)));
    *ret_count = ids.len;
    *ret_ids = orx_arena_alloc(arena, (ids.len + 1) * sizeof **ret_ids);
    if (ids.len)
        memcpy(*ret_ids, ids.items, ids.len * sizeof **ret_ids);
    orx_vec_free(&ids);
    return rc;
}

static int recycle_all(recycling *r) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char **ids = NULL;
    size_t count = 0;
    int rc = list_ids(r, &arena, &ids, &count);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = orx_task_state_change(r->s, r->lane, ids[i], begin_again, r, r->err);
    if (rc < 0 || count == 0)
        return rc;
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "lane", r->lane);
    orx_node_set_str(&arena, body, "why", r->stalled ? "stalled" : "all-done");
    orx_node_set_int(&arena, body, "tasks", (int64_t)count);
    orx_node_set_int(&arena, body, "delay_ms", r->delay_ns / ORX_MS);
    const orx_event e = {.kind = "queue.recycled", .schema = 1, .body = body};
    rc = orx_event_append(r->s, &e, NULL, r->err);
    return rc < 0 ? rc : (int)count;
}

int orx_task_recycle(orx_store *s, const char *lane, int64_t delay_ns, bool stalled, orx_err *err) {
    recycling r = {.s = s,
                   .lane = lane,
                   .delay_ns = delay_ns < ORX_SEC ? ORX_SEC : delay_ns,
                   .stalled = stalled,
                   .err = err};
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    int count = recycle_all(&r);
    if (count < 0) {
        orx_tx_rollback(s);
        return count;
    }
    rc = orx_tx_commit(s, err);
    return rc < 0 ? rc : count;
}
