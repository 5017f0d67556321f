#include "run/kv.h"

static int get(void *user, const char *owner, orx_view key, orx_str *ret_value, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(user, "SELECT value FROM plugin_kv WHERE owner = ?1 AND key = ?2", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, owner);
    orx_sql_blob(q, 2, key);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        orx_str_clear(ret_value);
        orx_str_addv(ret_value, orx_sql_col_blob(q, 0));
    }
    orx_sql_reset(q);
    return rc;
}

/* Refuses one key more than allowed. Counts at most that many entries of an index. */
static int has_room(orx_store *s, const char *owner, orx_view key, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT count(*) FROM plugin_kv WHERE owner = ?1 AND NOT EXISTS"
                         " (SELECT 1 FROM plugin_kv WHERE owner = ?1 AND key = ?2)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, owner);
    orx_sql_blob(q, 2, key);
    rc = orx_sql_step(q, err);
    int64_t others = rc == 1 ? orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    if (rc >= 0 && others >= ORX_KV_KEYS_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "plugin instance %s stores %d keys already", owner,
                           ORX_KV_KEYS_MAX);
    return rc < 0 ? rc : 0;
}

static int put_inside(orx_store *s, const char *owner, orx_view key, orx_view value, orx_err *err) {
    orx_sql *q;
    int rc = has_room(s, owner, key, err);
    if (rc == 0)
        rc = orx_sql_get(s,
                         "INSERT INTO plugin_kv(owner, key, value) VALUES(?1, ?2, ?3)"
                         " ON CONFLICT(owner, key) DO UPDATE SET value = excluded.value",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, owner);
    orx_sql_blob(q, 2, key);
    orx_sql_blob(q, 3, value.p ? value : orx_view_mem("", 0));
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int remove_inside(orx_store *s, const char *owner, orx_view key, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM plugin_kv WHERE owner = ?1 AND key = ?2", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, owner);
    orx_sql_blob(q, 2, key);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* value NULL removes. */
static int change(orx_store *s, const char *owner, orx_view key, const orx_view *value,
                  orx_err *err) {
    bool own = !orx_tx_active(s);
    int rc = own ? orx_tx_begin(s, err) : 0;
    if (rc < 0)
        return rc;
    rc = value ? put_inside(s, owner, key, *value, err) : remove_inside(s, owner, key, err);
    if (own && rc < 0)
        orx_tx_rollback(s);
    return own && rc == 0 ? orx_tx_commit(s, err) : rc;
}

static int put(void *user, const char *owner, orx_view key, orx_view value, orx_err *err) {
    return change(user, owner, key, &value, err);
}

static int forget(void *user, const char *owner, orx_view key, orx_err *err) {
    return change(user, owner, key, NULL, err);
}

const orx_kv_ops orx_run_kv = {.get = get, .put = put, .remove = forget};
