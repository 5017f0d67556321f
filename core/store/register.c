/* register.c: the list of those who write.
 *
 * store_writer holds a row for every open writer. A row of another boot says that nobody closed the
 * journal then: power was lost. Rows of processes that died in this boot are only removed; the disk
 * did not fail them.
 */
#include "store/internal.h"

static int intern(orx_store *s, const char *insert, const char *select, const char *name,
                  int64_t *ret_id, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, insert, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, name);
    rc = orx_store_done(q, err);
    if (rc == 0)
        rc = orx_sql_get(s, select, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, name);
    rc = orx_sql_step(q, err);
    if (rc <= 0)
        return rc < 0 ? rc
                      : orx_err_set(err, ORX_E_INTERNAL, "%s: no row for %s", s->db_path, name);
    *ret_id = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return 0;
}

int orx_register_names(orx_store *s, orx_err *err) {
    int64_t origin;
    int rc = intern(s, "INSERT OR IGNORE INTO store_boot(name) VALUES(?1)",
                    "SELECT id FROM store_boot WHERE name = ?1", s->boot, &s->boot_id, err);
    if (rc < 0)
        return rc;
    return intern(s,
                  "INSERT OR IGNORE INTO origin(name, last_seq, last_hash, base_seq, base_hash)"
                  " VALUES(?1, 0, zeroblob(32), 0, zeroblob(32))",
                  "SELECT id FROM origin WHERE name = ?1", s->origin, &origin, err);
}

static int register_writer(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s, "INSERT INTO store_writer(pid, start, boot) VALUES(?1, ?2, ?3)", &q, err);
    if (rc < 0)
        return rc;
    int64_t pid;
    int64_t start;
    orx_pid_self(s->p, &pid, &start);
    orx_sql_int(q, 1, pid);
    orx_sql_int(q, 2, start);
    orx_sql_str(q, 3, s->boot);
    rc = orx_store_done(q, err);
    if (rc == 0)
        s->writer = sqlite3_last_insert_rowid(s->db);
    return rc;
}

/* Writers that are no more: those of other boots, and dead ones of this boot. */
static int forget_dead(orx_store *s, orx_err *err) {
    orx_sql *q;
    ORX_VEC(int64_t) dead = {0};
    int rc = orx_sql_get(s, "SELECT id, pid, start, boot FROM store_writer", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1) {
        bool here = orx_view_is(orx_sql_col_text(q, 3), s->boot);
        if (!here ||
            orx_pid_state_of(s->p, orx_sql_col_int(q, 1), orx_sql_col_int(q, 2)) == ORX_PID_GONE)
            orx_vec_push(&dead, orx_sql_col_int(q, 0));
    }
    for (size_t i = 0; rc == 0 && i < dead.len; i++) {
        rc = orx_sql_get(s, "DELETE FROM store_writer WHERE id = ?1", &q, err);
        if (rc < 0)
            break;
        orx_sql_int(q, 1, dead.items[i]);
        rc = orx_store_done(q, err);
    }
    orx_vec_free(&dead);
    return rc;
}

int orx_register(orx_store *s, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_register_names(s, err);
    if (rc == 0)
        rc = forget_dead(s, err);
    if (rc == 0)
        rc = register_writer(s, err);
    if (rc == 0)
        rc = orx_projector_register(s, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* Whether a writer of an earlier boot never closed. */
int orx_register_lost_power(orx_store *s, bool *ret_lost, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT 1 FROM store_writer WHERE boot <> ?1 LIMIT 1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, s->boot);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    if (rc < 0)
        return rc;
    *ret_lost = rc == 1;
    return 0;
}

int orx_register_leave(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM store_writer WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, s->writer);
    rc = orx_store_done(q, err);
    return rc < 0 ? rc : orx_lease_drop(s, err);
}
