/* queue.h: a journal in a fresh directory and a lane of tasks, for tests of rows and transitions.
 */
#ifndef ORX_TEST_TASK_QUEUE_H
#define ORX_TEST_TASK_QUEUE_H

#include "load.h"

#include "platform/files.h"

#include <stdlib.h>

#define LANE "primary"

typedef struct world {
    orx_platform *p;
    char dir[64];
    orx_store *s;
    orx_arena arena;
    orx_queue *q;
    orx_err err;
} world;

static inline void open_store(world *w) {
    static const orx_store_room *const rooms[] = {&orx_task_room, NULL};
    assert_ok(orx_store_open(w->p, w->dir, LANE, rooms, ORX_STORE_CREATE, &w->s, &w->err), &w->err);
    w->q = orx_queue_new(w->s, LANE);
}

static inline void close_store(world *w) {
    orx_queue_free(w->q);
    orx_store_close(w->s);
    w->q = NULL;
    w->s = NULL;
}

static inline int begin(void **state) {
    world *w = calloc(1, sizeof *w);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/orxaq-task.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_ok(orx_platform_uv_new(&w->p, &w->err), &w->err);
    open_store(w);
    *state = w;
    return 0;
}

static inline int end(void **state) {
    world *w = *state;
    close_store(w);
    (void)orx_remove_tree(w->p, w->dir, NULL);
    orx_platform_free(w->p);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

/* Brings the lane in line with a tasks document; returns the number of new tasks. */
static inline int sync_text(world *w, const char *source, const char *text) {
    orx_task_list list;
    assert_ok(load_text(&w->arena, text, NULL, true, &list, &w->err), &w->err);
    int n = orx_task_sync(w->s, LANE, source, &list, &w->err);
    assert_ok(n, &w->err);
    return n;
}

/* "{id owner priority after}" as a task object. */
#define T(id, owner, priority, after)                                                              \
    "{\"id\": \"" id "\", \"owner\": \"" owner "\", \"priority\": " priority                       \
    ", \"title\": \"t\", \"description\": \"d\", \"depends_on\": [" after "]}"

static inline const char *next(world *w) {
    const char *id = NULL;
    int rc = orx_queue_next(w->q, NULL, &w->arena, &id, &w->err);
    if (rc == ORX_E_NOT_FOUND)
        return "";
    assert_ok(rc, &w->err);
    return id;
}

static inline orx_task_row row(world *w, const char *id) {
    orx_task_row r;
    assert_ok(orx_task_get(w->s, LANE, id, &w->arena, &r, &w->err), &w->err);
    return r;
}

/* One transition in a transaction of its own. */
#define IN_TX(w, call)                                                                             \
    do {                                                                                           \
        assert_ok(orx_tx_begin((w)->s, &(w)->err), &(w)->err);                                     \
        assert_ok(call, &(w)->err);                                                                \
        assert_ok(orx_tx_commit((w)->s, &(w)->err), &(w)->err);                                    \
    } while (0)

static inline void select_task(world *w, const char *id) {
    IN_TX(w, orx_task_select(w->s, LANE, id, NULL, &w->err));
}

static inline void finish(world *w, const char *id) {
    select_task(w, id);
    IN_TX(w, orx_task_done(w->s, LANE, id, "did it", &w->err));
}

/* Counters against the rows themselves: the counters must never drift. */
static inline orx_task_counts counts(world *w) {
    orx_task_counts c;
    assert_ok(orx_task_count(w->s, LANE, &c, &w->err), &w->err);
    orx_sql *q;
    assert_ok(orx_sql_get(w->s,
                          "SELECT sum(status = 'done'), sum(status = 'blocked'),"
                          " sum(status = 'in_progress'), sum(status = 'pending' AND waiting > 0),"
                          " sum(status = 'pending' AND waiting = 0 AND wait_delay > 0),"
                          " sum(status = 'pending' AND waiting = 0 AND wait_delay = 0)"
                          " FROM task WHERE present = 1",
                          &q, &w->err),
              &w->err);
    assert_int_equal(orx_sql_step(q, &w->err), 1);
    const int64_t kept[] = {c.done, c.blocked, c.in_progress, c.held, c.delayed, c.ready};
    for (int i = 0; i < 6; i++)
        assert_int_equal(orx_sql_col_int(q, i), kept[i]);
    orx_sql_reset(q);
    return c;
}

#endif
