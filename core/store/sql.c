/* sql.c: prepared statements: the cache, parameters, columns, running. */
#include "store/internal.h"

/* ---- The cache ------------------------------------------------------------------------------ */

static size_t slot_of(const orx_sql_cache *c, const char *text) {
    uint64_t h = (uint64_t)(uintptr_t)text * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (size_t)(h >> 32) & (c->cap - 1);
    while (c->slots[i] && c->slots[i]->text != text)
        i = (i + 1) & (c->cap - 1);
    return i;
}

static void cache_grow(orx_sql_cache *c) {
    orx_sql_cache next = {.cap = c->cap ? c->cap * 2 : 64, .count = c->count};
    next.slots = orx_xcalloc(next.cap, sizeof(orx_sql *));
    for (size_t i = 0; i < c->cap; i++)
        if (c->slots[i])
            next.slots[slot_of(&next, c->slots[i]->text)] = c->slots[i];
    free(c->slots);
    *c = next;
}

void orx_sql_cache_free(orx_store *s) {
    for (size_t i = 0; i < s->sql.cap; i++) {
        if (s->sql.slots[i])
            (void)sqlite3_finalize(s->sql.slots[i]->stmt);
        free(s->sql.slots[i]);
    }
    free(s->sql.slots);
    s->sql = (orx_sql_cache){0};
}

static int prepare(orx_store *s, const char *text, orx_sql **ret_q, orx_err *err) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK)
        return orx_store_fail(s, rc, text, err);
    orx_sql *q = orx_xcalloc(1, sizeof *q);
    q->store = s;
    q->stmt = stmt;
    q->text = text;
    q->writes = !sqlite3_stmt_readonly(stmt);
    *ret_q = q;
    return 0;
}

int orx_sql_get(orx_store *s, const char *text, orx_sql **ret_q, orx_err *err) {
    if (s->sql.count * 2 >= s->sql.cap)
        cache_grow(&s->sql);
    size_t i = slot_of(&s->sql, text);
    orx_sql *q = s->sql.slots[i];
    if (!q) {
        int rc = prepare(s, text, &q, err);
        if (rc < 0)
            return rc;
        s->sql.slots[i] = q;
        s->sql.count++;
    } else {
        /* Resetting it would silently end somebody else's loop. */
        if (sqlite3_stmt_busy(q->stmt))
            return orx_err_set(err, ORX_E_INTERNAL,
                               "%s: a statement is in use by somebody else: %.200s", s->db_path,
                               text);
        (void)sqlite3_clear_bindings(q->stmt);
        q->bind_rc = SQLITE_OK;
    }
    *ret_q = q;
    return 0;
}

/* ---- Parameters ----------------------------------------------------------------------------- */

static void bound(orx_sql *q, int rc) {
    if (rc != SQLITE_OK && q->bind_rc == SQLITE_OK)
        q->bind_rc = rc;
}

void orx_sql_int(orx_sql *q, int index, int64_t value) {
    bound(q, sqlite3_bind_int64(q->stmt, index, value));
}

void orx_sql_double(orx_sql *q, int index, double value) {
    bound(q, sqlite3_bind_double(q->stmt, index, value));
}

void orx_sql_text(orx_sql *q, int index, orx_view value) {
    bound(q, value.p ? sqlite3_bind_text64(q->stmt, index, value.p, value.len, SQLITE_TRANSIENT,
                                           SQLITE_UTF8)
                     : sqlite3_bind_null(q->stmt, index));
}

void orx_sql_str(orx_sql *q, int index, const char *value) {
    orx_sql_text(q, index, orx_view_of(value));
}

void orx_sql_blob(orx_sql *q, int index, orx_view value) {
    bound(q, value.p ? sqlite3_bind_blob64(q->stmt, index, value.p, value.len, SQLITE_TRANSIENT)
                     : sqlite3_bind_null(q->stmt, index));
}

void orx_sql_null(orx_sql *q, int index) {
    bound(q, sqlite3_bind_null(q->stmt, index));
}

/* ---- Running -------------------------------------------------------------------------------- */

int orx_sql_step(orx_sql *q, orx_err *err) {
    orx_store *s = q->store;
    if (q->bind_rc != SQLITE_OK)
        return orx_err_set(err, q->bind_rc == SQLITE_TOOBIG ? ORX_E_LIMIT : ORX_E_INTERNAL,
                           "%s: a parameter cannot be bound (%s) in: %.200s", s->db_path,
                           sqlite3_errstr(q->bind_rc), q->text);
    if (q->writes && !s->in_tx)
        return orx_err_set(err, ORX_E_INTERNAL, "%s: writing outside a transaction: %.200s",
                           s->db_path, q->text);
    int rc = sqlite3_step(q->stmt);
    if (rc == SQLITE_ROW)
        return 1;
    int result = rc == SQLITE_DONE ? 0 : orx_store_fail(s, rc, q->text, err);
    (void)sqlite3_reset(q->stmt);
    return result;
}

int64_t orx_sql_run(orx_sql *q, orx_err *err) {
    int rc;
    do
        rc = orx_sql_step(q, err);
    while (rc > 0);
    if (rc < 0)
        return rc;
    return q->writes ? sqlite3_changes64(q->store->db) : 0;
}

void orx_sql_reset(orx_sql *q) {
    if (q)
        (void)sqlite3_reset(q->stmt);
}

/* ---- Columns -------------------------------------------------------------------------------- */

int64_t orx_sql_col_int(orx_sql *q, int column) {
    return sqlite3_column_int64(q->stmt, column);
}

double orx_sql_col_double(orx_sql *q, int column) {
    return sqlite3_column_double(q->stmt, column);
}

orx_view orx_sql_col_text(orx_sql *q, int column) {
    const void *p = sqlite3_column_text(q->stmt, column);
    return orx_view_mem(p, p ? (size_t)sqlite3_column_bytes(q->stmt, column) : 0);
}

orx_view orx_sql_col_blob(orx_sql *q, int column) {
    const void *p = sqlite3_column_blob(q->stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(q->stmt, column);
    /* SQLite gives no address for an empty blob; NULL must stay distinguishable from it. */
    if (!p && sqlite3_column_type(q->stmt, column) != SQLITE_NULL)
        p = "";
    return orx_view_mem(p, len);
}

bool orx_sql_col_is_null(orx_sql *q, int column) {
    return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

/* ---- For this room -------------------------------------------------------------------------- */

int orx_store_control(orx_store *s, const char *text, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, text, &q, err);
    if (rc < 0)
        return rc;
    int done = sqlite3_step(q->stmt);
    rc = done == SQLITE_DONE || done == SQLITE_ROW ? 0 : orx_store_fail(s, done, text, err);
    (void)sqlite3_reset(q->stmt);
    return rc;
}

int orx_store_done(orx_sql *q, orx_err *err) {
    int64_t rc = orx_sql_run(q, err);
    return rc < 0 ? (int)rc : 0;
}

int orx_store_script(orx_store *s, const char *script, orx_err *err) {
    int rc = sqlite3_exec(s->db, script, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : orx_store_fail(s, rc, script, err);
}

int orx_store_int(orx_store *s, const char *text, int64_t otherwise, int64_t *ret_value,
                  orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, text, &q, err);
    if (rc == 0)
        rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret_value = rc == 1 && !orx_sql_col_is_null(q, 0) ? orx_sql_col_int(q, 0) : otherwise;
    orx_sql_reset(q);
    return 0;
}
