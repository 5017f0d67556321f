#include "agent/steps.h"

static const char *const migrations[] = {
    "CREATE TABLE agent_step(call INTEGER NOT NULL, step INTEGER NOT NULL, messages TEXT NOT NULL,"
    " PRIMARY KEY(call, step)) WITHOUT ROWID;",
};

const orx_store_room orx_agent_room = {
    .name = "agent",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
};

static int next_step(orx_store *s, int64_t call, int64_t *ret_step, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT coalesce(max(step) + 1, 0) FROM agent_step WHERE call = ?1", &q,
                         err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_step = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

int orx_steps_add(orx_store *s, int64_t call, const orx_talk *talk, size_t first, int64_t *ret_step,
                  orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str json = {0};
    orx_sql *q;
    int64_t step = 0;
    int rc = next_step(s, call, &step, err);
    if (rc == 0)
        rc = orx_sql_get(s, "INSERT INTO agent_step(call, step, messages) VALUES(?1, ?2, ?3)", &q,
                         err);
    if (rc < 0)
        return rc;
    orx_talk_write(talk, first, &json);
    orx_sql_int(q, 1, call);
    orx_sql_int(q, 2, step);
    orx_sql_text(q, 3, orx_str_view(&json));
    int64_t n = orx_sql_run(q, err);
    if (n < 0)
        return (int)n;
    *ret_step = step;
    return 0;
}

int64_t orx_steps_load(orx_store *s, int64_t call, orx_talk *talk, orx_err *err) {
    orx_sql *q;
    int64_t steps = 0;
    int rc =
        orx_sql_get(s, "SELECT messages FROM agent_step WHERE call = ?1 ORDER BY step", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    while ((rc = orx_sql_step(q, err)) == 1) {
        rc = orx_talk_read(talk, orx_sql_col_text(q, 0), err);
        if (rc < 0)
            break;
        steps++;
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : steps;
}

static int run(orx_sql *q, orx_err *err) {
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_steps_move(orx_store *s, int64_t from, int64_t to, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "UPDATE agent_step SET call = ?2 WHERE call = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, from);
    orx_sql_int(q, 2, to);
    return run(q, err);
}

int orx_steps_drop(orx_store *s, int64_t call, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM agent_step WHERE call = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    return run(q, err);
}
