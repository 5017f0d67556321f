/* lease.c: one process writes the projections of the root, and one those of each lane.
 *
 * The lease row names the holder by a random token and by pid and start time. It is free when there
 * is none, when its process or its boot is gone, or when it ran out (a holder that hangs). Taking
 * over from a holder that did not give it back marks every FILE projection dirty: what was dirty in
 * its memory only is not known.
 */
#include "store/internal.h"

#define LEASE_TIME (30 * ORX_SEC)

typedef struct lease_row {
    bool there;
    int64_t token;
    int64_t pid;
    bool alive; /* the holder still runs and its time is not over */
} lease_row;

bool orx_lease_held(orx_store *s) {
    return s->projector.lease_until > orx_mono_ns(s->p);
}

static int load(orx_store *s, lease_row *ret_row, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT token, pid, start, boot, until_ns FROM store_lease"
                         " WHERE scope = ?1",
                         &q, err);
    if (rc == 0) {
        orx_sql_str(q, 1, s->scope);
        rc = orx_sql_step(q, err);
    }
    if (rc < 0)
        return rc;
    *ret_row = (lease_row){.there = rc == 1};
    if (rc == 1) {
        int64_t pid = orx_sql_col_int(q, 1);
        ret_row->token = orx_sql_col_int(q, 0);
        ret_row->pid = pid;
        ret_row->alive = orx_view_is(orx_sql_col_text(q, 3), s->boot) &&
                         orx_sql_col_int(q, 4) > orx_mono_ns(s->p) &&
                         orx_pid_state_of(s->p, pid, orx_sql_col_int(q, 2)) == ORX_PID_ALIVE;
        orx_sql_reset(q);
    }
    return 0;
}

static int store_row(orx_store *s, int64_t until, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT OR REPLACE INTO store_lease(scope, token, pid, start, boot,"
                         " until_ns) VALUES(?6, ?1, ?2, ?3, ?4, ?5)",
                         &q, err);
    if (rc < 0)
        return rc;
    int64_t pid;
    int64_t start;
    orx_pid_self(s->p, &pid, &start);
    orx_sql_int(q, 1, s->projector.token);
    orx_sql_int(q, 2, pid);
    orx_sql_int(q, 3, start);
    orx_sql_str(q, 4, s->boot);
    orx_sql_int(q, 5, until);
    orx_sql_str(q, 6, s->scope);
    return orx_store_done(q, err);
}

static void mark_all(orx_store *s) {
    for (size_t i = 0; i < s->projector.count; i++)
        if (s->projector.items[i].def->kind == ORX_PROJECTION_FILE)
            s->projector.items[i].marked = true;
}

/* Inside a transaction. */
static int take(orx_store *s, orx_err *err) {
    lease_row row;
    int rc = load(s, &row, err);
    if (rc < 0)
        return rc;
    bool mine = row.there && row.token == s->projector.token;
    if (row.there && row.alive && !mine)
        return 0;
    int64_t until = orx_mono_ns(s->p) + LEASE_TIME;
    rc = store_row(s, until, err);
    if (rc < 0)
        return rc;
    if (row.there && !mine)
        mark_all(s);
    s->projector.lease_until = until;
    return 1;
}

int orx_lease_hold(orx_store *s, orx_err *err) {
    int64_t left = s->projector.lease_until - orx_mono_ns(s->p);
    if (left > LEASE_TIME / 2)
        return 1;
    lease_row row;
    int rc = load(s, &row, err);
    if (rc < 0 || (row.alive && row.token != s->projector.token))
        return rc;
    rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    int taken = take(s, err);
    if (taken < 0) {
        orx_tx_rollback(s);
        return taken;
    }
    rc = orx_tx_commit(s, err);
    if (rc == 0)
        return taken;
    s->projector.lease_until = 0;
    return rc;
}

int orx_lease_verify(orx_store *s, orx_err *err) {
    lease_row row;
    int rc = load(s, &row, err);
    if (rc < 0)
        return rc;
    if (row.there && row.token == s->projector.token)
        return 1;
    s->projector.lease_until = 0;
    return 0;
}

int64_t orx_lease_holder(orx_store *s) {
    lease_row row;
    return load(s, &row, NULL) == 0 && row.alive && row.token != s->projector.token ? row.pid : 0;
}

int orx_lease_drop(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM store_lease WHERE token = ?1", &q, err);
    if (rc < 0)
        return rc;
    /* From here on marks are written down for others, also those of this very transaction. */
    s->projector.lease_until = 0;
    orx_sql_int(q, 1, s->projector.token);
    return orx_store_done(q, err);
}
