/* tx.c: transactions: the blocking lock file, then BEGIN IMMEDIATE.
 *
 * SQLite's own busy handler polls and starves under many writers; a blocking lock in front of it
 * queues them. What rides along with every commit (waiting notes, dirty marks, the head of the
 * chain) is written here, once per transaction, just before COMMIT.
 */
#include "store/internal.h"

bool orx_store_busy(const orx_store *s) {
    return s->in_tx || s->reading;
}

bool orx_tx_active(const orx_store *s) {
    return s->in_tx;
}

static int begin_allowed(orx_store *s, orx_err *err) {
    if (s->read_only)
        return orx_err_set(err, ORX_E_DENIED, "%s is open for reading only", s->db_path);
    if (s->in_tx || s->reading)
        return orx_err_set(err, ORX_E_INTERNAL, "%s: a transaction is open already", s->db_path);
    if (s->damaged)
        return orx_err_set(err, ORX_E_CORRUPT,
                           "%s: damage was found earlier, nothing more is written; start again to "
                           "have it checked",
                           s->db_path);
    return 0;
}

int orx_tx_begin(orx_store *s, orx_err *err) {
    int rc = begin_allowed(s, err);
    if (rc < 0)
        return rc;
    s->in_tx = true; /* from here on, so that no callback begins another while this one waits */
    rc = orx_file_lock(s->p, s->wlock, ORX_LOCK_EXCLUSIVE, true, err);
    if (rc == 0) {
        rc = orx_store_control(s, "BEGIN IMMEDIATE", err);
        if (rc < 0)
            orx_file_unlock(s->p, s->wlock);
    }
    if (rc < 0) {
        s->in_tx = false;
        return rc;
    }
    s->chain.loaded = false;
    s->chain.moved = false;
    return 0;
}

static int write_riders(orx_store *s, orx_err *err) {
    int rc = orx_notes_write(s, err);
    if (rc == 0)
        rc = orx_projector_marks_write(s, err);
    if (rc == 0)
        rc = orx_chain_save(s, err);
    return rc;
}

/* A full disk or an I/O error makes SQLite roll back by itself; a COMMIT behind that would succeed
 * without having written anything. */
static int still_open(orx_store *s, orx_err *err) {
    if (!sqlite3_get_autocommit(s->db))
        return 0;
    return orx_err_set(err, ORX_E_IO,
                       "%s: the transaction was undone by an earlier error and cannot be committed",
                       s->db_path);
}

int orx_tx_commit(orx_store *s, orx_err *err) {
    if (!s->in_tx)
        return orx_err_set(err, ORX_E_INTERNAL, "%s: commit without a transaction", s->db_path);
    int rc = still_open(s, err);
    if (rc == 0)
        rc = write_riders(s, err);
    if (rc == 0)
        rc = orx_store_control(s, "COMMIT", err);
    if (rc < 0) {
        orx_tx_rollback(s);
        return rc;
    }
    s->in_tx = false;
    s->commits++;
    if (s->chain.moved)
        orx_guard_seal(s, s->chain.seq);
    orx_file_unlock(s->p, s->wlock);
    orx_notes_committed(s);
    orx_projector_committed(s);
    return 0;
}

void orx_tx_rollback(orx_store *s) {
    if (!s || !s->in_tx)
        return;
    /* Statements left open by the failed caller would make ROLLBACK wait for nobody. */
    for (size_t i = 0; i < s->sql.cap; i++)
        if (s->sql.slots[i])
            (void)sqlite3_reset(s->sql.slots[i]->stmt);
    if (!sqlite3_get_autocommit(s->db))
        (void)orx_store_control(s, "ROLLBACK", NULL);
    s->in_tx = false;
    s->chain.loaded = false;
    orx_file_unlock(s->p, s->wlock);
    orx_notes_undone(s);
}

int orx_read_begin(orx_store *s, orx_err *err) {
    if (s->in_tx)
        return 0;
    int rc = orx_store_control(s, "BEGIN", err);
    s->reading = rc == 0;
    return rc;
}

void orx_read_end(orx_store *s) {
    if (!s->reading)
        return;
    s->reading = false;
    (void)orx_store_control(s, "ROLLBACK", NULL);
}
