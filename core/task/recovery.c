/* Deadlock recovery [K]: nothing is ready, nothing waits for a time, but tasks are blocked. For
 * each blocked task in selection order (while under the limit) the best of its done dependencies is
 * reopened, a different owner's before the same owner's, so that whoever delivered the broken
 * ground tries again, and the task itself becomes pending. Attempts are not reset: each gets one
 * more try.
 *
 * The predecessor reopened dependencies that were sound; `recovery: off` turns all of this off. */
#include "task/state.h"
#include "task/task.h"

#include "base/vec.h"

#include <stdlib.h>

typedef struct recovery {
    orx_store *s;
    const char *lane;
    int64_t limit;
    orx_arena *arena;
    orx_node *reopened;
    orx_node *unblocked;
    orx_err *err;
} recovery;

typedef struct pick {
    const char *id;
    const char *owner;
    int64_t priority;
} pick;

static bool better(const pick *a, const pick *b, const char *owner) {
    bool other_a = strcmp(a->owner, owner) != 0;
    bool other_b = strcmp(b->owner, owner) != 0;
    if (other_a != other_b)
        return other_a;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    int rank_a = orx_task_owner_rank(a->owner);
    int rank_b = orx_task_owner_rank(b->owner);
    return rank_a != rank_b ? rank_a < rank_b : strcmp(a->id, b->id) < 0;
}

/* The dependency to reopen, or an empty pick. */
static int choose_dependency(recovery *r, const pick *blocked, pick *ret_best) {
    orx_sql *q;
    int rc = orx_sql_get(r->s,
                         "SELECT t.id, t.owner, t.priority FROM task_dep d JOIN task t"
                         " ON t.lane = d.lane AND t.id = d.dep WHERE d.lane = ?1 AND d.task = ?2"
                         " AND t.status = 'done' AND t.deadlock_reopens < ?3",
                         &q, r->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, r->lane);
    orx_sql_str(q, 2, blocked->id);
    orx_sql_int(q, 3, r->limit);
    while ((rc = orx_sql_step(q, r->err)) == 1) {
        pick c = {orx_arena_dup(r->arena, orx_sql_col_text(q, 0)),
                  orx_arena_dup(r->arena, orx_sql_col_text(q, 1)), orx_sql_col_int(q, 2)};
        if (!ret_best->id || better(&c, ret_best, blocked->owner))
            *ret_best = c;
    }
    return rc;
}

static int reopen(orx_task_state *st, void *user, orx_err *err ORX_UNUSED) {
    st->status = ORX_TASK_PENDING;
    st->retryable_failures = 0;
    st->wait = (orx_wait){0};
    st->wait_seq = 0;
    st->deadlock_reopens++;
    ORX_CLEANUP(orx_str_free) orx_str note = {0};
    orx_str_addf(&note, "Reopened because task %s is blocked and depends on it.",
                 (const char *)user);
    orx_task_set_text(&st->last_error, note.buf, ORX_TASK_ERROR_MAX);
    return 0;
}

static int unblock(orx_task_state *st, void *user ORX_UNUSED, orx_err *err ORX_UNUSED) {
    st->status = ORX_TASK_PENDING;
    st->retryable_failures = 0;
    st->wait = (orx_wait){0};
    st->wait_seq = 0;
    st->deadlock_recoveries++;
    return 0;
}

static int recover_one(recovery *r, const pick *blocked) {
    pick dep = {0};
    int rc = choose_dependency(r, blocked, &dep);
    if (rc == 0 && dep.id) {
        rc = orx_task_state_change(r->s, r->lane, dep.id, reopen, (void *)blocked->id, r->err);
        orx_node_push(r->reopened, orx_node_new_str(r->arena, orx_view_of(dep.id)));
    }
    if (rc == 0)
        rc = orx_task_state_change(r->s, r->lane, blocked->id, unblock, NULL, r->err);
    if (rc == 0)
        orx_node_push(r->unblocked, orx_node_new_str(r->arena, orx_view_of(blocked->id)));
    return rc;
}

/* Blocked tasks under the limit in selection order; at most 1,000 at a time. */
static int list_blocked(recovery *r, pick **ret_list, size_t *ret_count) {
    orx_sql *q;
    int rc = orx_sql_get(r->s,
                         "SELECT id, owner, priority FROM task WHERE lane = ?1"
                         " AND status = 'blocked' AND present = 1 AND deadlock_recoveries < ?2"
                         " ORDER BY backlog, priority, CASE owner WHEN 'codex' THEN 0"
                         " WHEN 'gemini' THEN 1 WHEN 'claude' THEN 2 ELSE 3 END, id LIMIT 1000",
                         &q, r->err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, r->lane);
    orx_sql_int(q, 2, r->limit);
    ORX_VEC(pick) list = {0};
    while ((rc = orx_sql_step(q, r->err)) == 1) {
        pick p = {orx_arena_dup(r->arena, orx_sql_col_text(q, 0)),
                  orx_arena_dup(r->arena, orx_sql_col_text(q, 1)), orx_sql_col_int(q, 2)};
        orx_vec_push(&list, p);
    }
    *ret_list = list.items;
    *ret_count = list.len;
    return rc;
}

static int recover_all(recovery *r, orx_node *report) {
    pick *list = NULL;
    size_t n = 0;
    int rc = list_blocked(r, &list, &n);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = recover_one(r, &list[i]);
    free(list);
    if (rc < 0 || n == 0)
        return rc;
    const orx_event e = {.kind = "queue.deadlock-recovery", .schema = 1, .body = report};
    rc = orx_event_append(r->s, &e, NULL, r->err);
    return rc < 0 ? rc : 1;
}

int orx_task_recover_deadlock(orx_store *s, const char *lane, int64_t limit, orx_arena *arena,
                              orx_node **ret_report, orx_err *err) {
    orx_node *report = orx_node_new(arena, ORX_OBJECT);
    recovery r = {.s = s, .lane = lane, .limit = limit < 1 ? 1 : limit, .arena = arena, .err = err};
    r.reopened = orx_node_new(arena, ORX_ARRAY);
    r.unblocked = orx_node_new(arena, ORX_ARRAY);
    orx_task_counts counts;
    int rc = orx_task_count(s, lane, &counts, err);
    if (rc < 0)
        return rc;
    orx_node_set_bool(arena, report, "changed", true);
    orx_node_set(arena, report, "reopened_tasks", r.reopened);
    orx_node_set(arena, report, "unblocked_tasks", r.unblocked);
    orx_node_set_str(arena, report, "reason", "recovered");
    rc = counts.blocked ? orx_tx_begin(s, err) : 0;
    if (rc == 0 && counts.blocked) {
        rc = recover_all(&r, report);
        if (rc < 0)
            orx_tx_rollback(s);
        else if (orx_tx_commit(s, err) < 0)
            rc = err ? err->code : ORX_E_IO;
    }
    if (rc == 0) {
        orx_node_set_bool(arena, report, "changed", false);
        orx_node_set_str(arena, report, "reason",
                         counts.blocked ? "recovery_limits_reached" : "no_blocked_tasks");
    }
    if (rc >= 0)
        *ret_report = report;
    return rc;
}
