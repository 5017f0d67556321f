/* After the rows of this room came out of a damaged journal: what is derived from them is derived
 * again. */
#include "task/task.h"

static int run(orx_store *s, const char *text, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, text, &q, err);
    int64_t n = rc < 0 ? rc : orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_task_doubt(orx_store *s, orx_err *err) {
    int rc = run(s, "UPDATE task SET digest = x''", err);
    return rc < 0 ? rc : run(s, "DELETE FROM task_source", err);
}

static int open_dependencies(orx_store *s, orx_err *err) {
    int rc = run(s,
                 "UPDATE task_dep SET open = NOT EXISTS(SELECT 1 FROM task t WHERE"
                 " t.lane = task_dep.lane AND t.id = task_dep.dep AND t.status = 'done')",
                 err);
    return rc < 0 ? rc
                  : run(s,
                        "UPDATE task SET waiting = (SELECT count(*) FROM task_dep d WHERE"
                        " d.lane = task.lane AND d.task = task.id AND d.open = 1)",
                        err);
}

/* The counters of state.c, by the same rule. */
static int count(orx_store *s, orx_err *err) {
    int rc = run(s,
                 "DELETE FROM store_counter WHERE name LIKE 'task.%'"
                 " AND name NOT LIKE 'task.%.wait_seq'",
                 err);
    if (rc == 0)
        rc = run(s,
                 "INSERT INTO store_counter(name, value) SELECT 'task.' || lane || '.' ||"
                 " CASE WHEN status <> 'pending' THEN status WHEN waiting > 0 THEN 'held'"
                 " WHEN wait_delay > 0 THEN 'delayed' ELSE 'ready' END AS counter, count(*)"
                 " FROM task WHERE present = 1 GROUP BY counter",
                 err);
    if (rc < 0)
        return rc;
    return run(s,
               "INSERT INTO store_counter(name, value) SELECT 'task.' || lane || '.wait_seq',"
               " max(wait_seq) FROM task WHERE wait_seq > 0 GROUP BY lane"
               " ON CONFLICT(name) DO UPDATE SET value = max(value, excluded.value)",
               err);
}

int orx_task_repair(orx_store *s, orx_err *err) {
    int rc = open_dependencies(s, err);
    if (rc == 0)
        rc = count(s, err);
    /* An entry of the queue file whose task is lost is taken again. */
    if (rc == 0)
        rc = run(s,
                 "DELETE FROM task_claim WHERE NOT EXISTS(SELECT 1 FROM task t WHERE"
                 " t.lane = task_claim.lane AND t.id = task_claim.id)",
                 err);
    orx_projection_dirty(s, "state");
    return rc;
}
