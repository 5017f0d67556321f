/* counter.c: exact totals without count(*). */
#include "store/internal.h"

int orx_counter_add(orx_store *s, const char *name, int64_t delta, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT INTO store_counter(name, value) VALUES(?1, ?2)"
                         " ON CONFLICT(name) DO UPDATE SET value = value + excluded.value",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, name);
    orx_sql_int(q, 2, delta);
    return orx_store_done(q, err);
}

int64_t orx_counter_get(orx_store *s, const char *name) {
    orx_sql *q;
    if (orx_sql_get(s, "SELECT value FROM store_counter WHERE name = ?1", &q, NULL) < 0)
        return 0;
    orx_sql_str(q, 1, name);
    int64_t value = orx_sql_step(q, NULL) == 1 ? orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    return value;
}
