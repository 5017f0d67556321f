/* The transitions of one task. All run inside the caller's transaction, together with the event and
 * the attempt row that explain them. */
#include "task/state.h"
#include "task/task.h"

#include <stdlib.h>

typedef struct change {
    orx_store *s;
    const char *lane;
    const char *id;
    const char *summary;
    const char *error;
    int64_t delay_ns;
    bool retryable;
    int64_t attempts;
} change;

static int do_select(orx_task_state *st, void *user, orx_err *err) {
    change *c = user;
    if (st->status != ORX_TASK_PENDING || !st->present || st->waiting > 0)
        return orx_err_set(err, ORX_E_CONFLICT, "task \"%s\" is not ready any more (%s)", c->id,
                           orx_status_name(st->status));
    st->status = ORX_TASK_IN_PROGRESS;
    c->attempts = ++st->attempts;
    return orx_task_state_wait(c->s, c->lane, st, 0, err);
}

int orx_task_select(orx_store *s, const char *lane, const char *id, int64_t *ret_attempts,
                    orx_err *err) {
    change c = {.s = s, .lane = lane, .id = id};
    int rc = orx_task_state_change(s, lane, id, do_select, &c, err);
    if (rc == 0 && ret_attempts)
        *ret_attempts = c.attempts;
    return rc;
}

static int do_done(orx_task_state *st, void *user, orx_err *err) {
    change *c = user;
    st->status = ORX_TASK_DONE;
    st->retryable_failures = 0;
    orx_task_set_text(&st->last_summary, c->summary, ORX_TASK_SUMMARY_MAX);
    orx_task_set_text(&st->last_error, "", 0);
    return orx_task_state_wait(c->s, c->lane, st, 0, err);
}

int orx_task_done(orx_store *s, const char *lane, const char *id, const char *summary,
                  orx_err *err) {
    change c = {.s = s, .lane = lane, .id = id, .summary = summary};
    return orx_task_state_change(s, lane, id, do_done, &c, err);
}

static int do_blocked(orx_task_state *st, void *user, orx_err *err) {
    change *c = user;
    st->status = ORX_TASK_BLOCKED;
    orx_task_set_text(&st->last_summary, c->summary, ORX_TASK_SUMMARY_MAX);
    orx_task_set_text(&st->last_error, c->error, ORX_TASK_ERROR_MAX);
    return orx_task_state_wait(c->s, c->lane, st, 0, err);
}

int orx_task_blocked(orx_store *s, const char *lane, const char *id, const char *summary,
                     const char *error, orx_err *err) {
    change c = {.s = s, .lane = lane, .id = id, .summary = summary, .error = error};
    return orx_task_state_change(s, lane, id, do_blocked, &c, err);
}

static int do_retry(orx_task_state *st, void *user, orx_err *err) {
    change *c = user;
    st->status = ORX_TASK_PENDING;
    st->retryable_failures += c->retryable;
    orx_task_set_text(&st->last_summary, c->summary, ORX_TASK_SUMMARY_MAX);
    orx_task_set_text(&st->last_error, c->error, ORX_TASK_ERROR_MAX);
    return orx_task_state_wait(c->s, c->lane, st, c->delay_ns, err);
}

int orx_task_retry(orx_store *s, const char *lane, const char *id, int64_t delay_ns, bool retryable,
                   const char *summary, const char *error, orx_err *err) {
    change c = {.s = s,
                .lane = lane,
                .id = id,
                .summary = summary,
                .error = error,
                .delay_ns = delay_ns,
                .retryable = retryable};
    return orx_task_state_change(s, lane, id, do_retry, &c, err);
}

static int do_reset(orx_task_state *st, void *user, orx_err *err) {
    change *c = user;
    st->status = ORX_TASK_PENDING;
    st->attempts = 0;
    st->retryable_failures = 0;
    orx_task_set_text(&st->last_summary, c->summary, ORX_TASK_SUMMARY_MAX);
    orx_task_set_text(&st->last_error, "", 0);
    return orx_task_state_wait(c->s, c->lane, st, 0, err);
}

int orx_task_reset(orx_store *s, const char *lane, const char *id, const char *note, orx_err *err) {
    change c = {.s = s, .lane = lane, .id = id, .summary = note};
    return orx_task_state_change(s, lane, id, do_reset, &c, err);
}

static int do_requeue(orx_task_state *st, void *user, orx_err *err) {
    change *c = user;
    st->status = ORX_TASK_PENDING;
    return orx_task_state_wait(c->s, c->lane, st, 0, err);
}

static int requeue_all(orx_store *s, const char *lane, orx_err *err) {
    int n = 0;
    for (;;) {
        orx_sql *q;
        int rc = orx_sql_get(
            s, "SELECT id FROM task WHERE lane = ?1 AND status = 'in_progress' LIMIT 1", &q, err);
        if (rc < 0)
            return rc;
        orx_sql_str(q, 1, lane);
        rc = orx_sql_step(q, err);
        if (rc <= 0)
            return rc < 0 ? rc : n;
        char *id = orx_xmemdup0(orx_sql_col_text(q, 0).p, orx_sql_col_text(q, 0).len);
        orx_sql_reset(q);
        change c = {.s = s, .lane = lane, .id = id};
        rc = orx_task_state_change(s, lane, id, do_requeue, &c, err);
        free(id);
        if (rc < 0)
            return rc;
        n++;
    }
}

int orx_task_requeue_interrupted(orx_store *s, const char *lane, orx_err *err) {
    orx_task_counts counts;
    int rc = orx_task_count(s, lane, &counts, err);
    if (rc < 0 || counts.in_progress == 0)
        return rc;
    bool own_tx = !orx_tx_active(s);
    rc = own_tx ? orx_tx_begin(s, err) : 0;
    if (rc < 0)
        return rc;
    int n = requeue_all(s, lane, err);
    if (n < 0) {
        if (own_tx)
            orx_tx_rollback(s);
        return n;
    }
    rc = own_tx ? orx_tx_commit(s, err) : 0;
    return rc < 0 ? rc : n;
}
