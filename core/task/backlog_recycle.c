/* Tasks of the backlog that begin again because their lane has nothing else to do [K]. */
#include "task/state.h"
#include "task/task.h"

#include "base/vec.h"

#define READY                                                                                      \
    "SELECT 1 FROM task WHERE lane = ?1 AND present = 1 AND backlog = 0 AND status = 'pending'"    \
    " AND waiting = 0 LIMIT 1"
#define OVER                                                                                       \
    "SELECT id FROM task WHERE lane = ?1 AND present = 1 AND backlog = 1 AND status IN ('done',"   \
    " 'blocked') ORDER BY priority, id LIMIT ?2"

/* A task that is no backlog and could be done, now or after its wait. */
static int has_live_work(orx_store *s, const char *lane, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, READY, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc;
}

int orx_task_recyclable(orx_store *s, const char *lane, int64_t most, orx_arena *arena,
                        const char *const **ret_ids, orx_err *err) {
    orx_sql *q;
    ORX_VEC(const char *) ids = {0};
    int rc = has_live_work(s, lane, err);
    bool none = rc == 1;
    if (rc >= 0)
        rc = none ? 0 : orx_sql_get(s, OVER, &q, err);
    if (rc < 0)
        return rc;
    if (!none) {
        orx_sql_str(q, 1, lane);
        orx_sql_int(q, 2, most);
        while ((rc = orx_sql_step(q, err)) == 1)
            orx_vec_push(&ids, orx_arena_dup(arena, orx_sql_col_text(q, 0)));
    }
    const char **list = orx_arena_zalloc(arena, ids.len + 1, sizeof *list);
    if (ids.len)
        memcpy(list, ids.items, ids.len * sizeof *list);
    int count = rc < 0 ? rc : (int)ids.len;
    orx_vec_free(&ids);
    *ret_ids = list;
    return count;
}

typedef struct recycling {
    orx_store *s;
    const char *lane;
    int64_t delay_ns;
} recycling;

static int begin_again(orx_task_state *st, void *user, orx_err *err) {
    const recycling *r = user;
    st->status = ORX_TASK_PENDING;
    st->attempts = 0;
    st->retryable_failures = 0;
    orx_task_set_text(&st->last_error, "idle_guard_recycled_backlog_task", ORX_TASK_ERROR_MAX);
    return orx_task_state_wait(r->s, r->lane, st, r->delay_ns, err);
}

static int recycle(orx_store *s, const char *lane, int64_t delay_ns, int64_t most, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    recycling r = {.s = s, .lane = lane, .delay_ns = delay_ns < ORX_SEC ? ORX_SEC : delay_ns};
    const char *const *ids = NULL;
    int count = orx_task_recyclable(s, lane, most, &a, &ids, err);
    int rc = 0;
    for (int i = 0; rc == 0 && i < count; i++)
        rc = orx_task_state_change(s, lane, ids[i], begin_again, &r, err);
    if (rc < 0 || count <= 0)
        return rc < 0 ? rc : count;
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "lane", lane);
    orx_node_set_str(&a, body, "why", "backlog");
    orx_node_set_int(&a, body, "tasks", count);
    orx_node_set_int(&a, body, "delay_ms", r.delay_ns / ORX_MS);
    const orx_event e = {.kind = "queue.recycled", .schema = 1, .body = body};
    rc = orx_event_append(s, &e, NULL, err);
    return rc < 0 ? rc : count;
}

int orx_task_recycle_backlog(orx_store *s, const char *lane, int64_t delay_ns, int64_t most,
                             orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    int count = recycle(s, lane, delay_ns, most, err);
    if (count < 0) {
        orx_tx_rollback(s);
        return count;
    }
    rc = orx_tx_commit(s, err);
    return rc < 0 ? rc : count;
}
