/* What a task's becoming done, or ceasing to be, means for the tasks that depend on it. */
#include "task/state.h"

#include "base/vec.h"

/* Flips the dependency rows and collects the tasks they belong to. */
static int flip(orx_store *s, const char *lane, const char *dep, bool open, orx_arena *arena,
                const char ***ret_tasks, size_t *ret_count, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "UPDATE task_dep SET open = ?3 WHERE lane = ?1 AND dep = ?2"
                         " AND open <> ?3 RETURNING task",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, dep);
    orx_sql_int(q, 3, open);
    ORX_VEC(const char *) tasks = {0};
    while ((rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(&tasks, orx_arena_dup(arena, orx_sql_col_text(q, 0)));
    *ret_tasks = tasks.items;
    *ret_count = tasks.len;
    return rc;
}

int orx_task_dependents(orx_store *s, const char *lane, const char *dep, bool open, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char **tasks = NULL;
    size_t n = 0;
    int rc = flip(s, lane, dep, open, &arena, &tasks, &n, err);
    int freed = 0;
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        orx_task_state before;
        rc = orx_task_state_get(s, lane, tasks[i], &before, err);
        if (rc < 0)
            break;
        orx_sql *q;
        rc = orx_sql_get(s, "UPDATE task SET waiting = ?3 WHERE lane = ?1 AND id = ?2", &q, err);
        if (rc == 0) {
            orx_task_state after = before;
            after.waiting += open ? 1 : -1;
            orx_sql_str(q, 1, lane);
            orx_sql_str(q, 2, tasks[i]);
            orx_sql_int(q, 3, after.waiting);
            int64_t changed = orx_sql_run(q, err);
            rc = changed < 0 ? (int)changed : orx_task_counters_move(s, lane, &before, &after, err);
            freed += after.waiting == 0;
        }
        orx_task_state_free(&before);
    }
    free(tasks);
    return rc < 0 ? rc : freed;
}
