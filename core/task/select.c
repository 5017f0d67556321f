/* The queue as a running process sees it: opening waits, choosing the next task. */
#include "task/state.h"
#include "task/task.h"

#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct waiting {
    char *id;
    int64_t due_mono_ns;
    int64_t wait_seq;
} waiting;

struct orx_queue {
    orx_store *s;
    char *lane;
    char **owners; /* NULL = all */
    int64_t seen_seq;
    ORX_VEC(waiting) heap; /* smallest due first */
};

orx_queue *orx_queue_new(orx_store *s, const char *lane) {
    orx_queue *q = orx_xcalloc(1, sizeof *q);
    q->s = s;
    q->lane = orx_xstrdup(lane);
    return q;
}

static void free_owners(orx_queue *q) {
    for (size_t i = 0; q->owners && q->owners[i]; i++)
        free(q->owners[i]);
    free(q->owners);
    q->owners = NULL;
}

void orx_queue_free(orx_queue *q) {
    if (!q)
        return;
    for (size_t i = 0; i < q->heap.len; i++)
        free(q->heap.items[i].id);
    orx_vec_free(&q->heap);
    free_owners(q);
    free(q->lane);
    free(q);
}

void orx_queue_set_owners(orx_queue *q, const char *const *owners) {
    free_owners(q);
    size_t n = 0;
    while (owners && owners[n])
        n++;
    if (!owners)
        return;
    q->owners = orx_xcalloc(n + 1, sizeof *q->owners);
    for (size_t i = 0; i < n; i++)
        q->owners[i] = orx_xstrdup(owners[i]);
}

/* ---- Waits ---------------------------------------------------------------------------------- */

static void swap(waiting *a, waiting *b) {
    waiting t = *a;
    *a = *b;
    *b = t;
}

static void heap_push(orx_queue *q, waiting w) {
    orx_vec_push(&q->heap, w);
    waiting *h = q->heap.items;
    for (size_t i = q->heap.len - 1; i && h[i].due_mono_ns < h[(i - 1) / 2].due_mono_ns;
         i = (i - 1) / 2)
        swap(&h[i], &h[(i - 1) / 2]);
}

static waiting heap_pop(orx_queue *q) {
    waiting *h = q->heap.items;
    waiting top = h[0];
    size_t n = --q->heap.len;
    h[0] = h[n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < n; c++)
            if (h[c].due_mono_ns < h[least].due_mono_ns)
                least = c;
        if (least == i)
            return top;
        swap(&h[i], &h[least]);
        i = least;
    }
}

/* Takes in the waits begun since the last look, also by other processes. */
static int see_new_waits(orx_queue *q, orx_err *err) {
    orx_sql *sql;
    int rc =
        orx_sql_get(q->s,
                    "SELECT id, wait_delay, wait_wall, wait_mono, wait_boot, wait_seq FROM task"
                    " WHERE lane = ?1 AND wait_seq > ?2 AND wait_delay > 0 ORDER BY wait_seq",
                    &sql, err);
    if (rc < 0)
        return rc;
    orx_platform *p = orx_store_platform(q->s);
    int64_t now = orx_mono_ns(p);
    orx_sql_str(sql, 1, q->lane);
    orx_sql_int(sql, 2, q->seen_seq);
    while ((rc = orx_sql_step(sql, err)) == 1) {
        orx_wait w = {.delay_ns = orx_sql_col_int(sql, 1),
                      .wall_ns = orx_sql_col_int(sql, 2),
                      .mono_ns = orx_sql_col_int(sql, 3)};
        (void)snprintf(w.boot, sizeof w.boot, "%.*s", ORX_VIEW_ARG(orx_sql_col_text(sql, 4)));
        orx_view id = orx_sql_col_text(sql, 0);
        q->seen_seq = orx_sql_col_int(sql, 5);
        heap_push(
            q, (waiting){orx_xmemdup0(id.p, id.len), now + orx_wait_left(p, &w, now), q->seen_seq});
    }
    return rc;
}

static int open_wait(orx_task_state *st, void *user, orx_err *err ORX_UNUSED) {
    const waiting *w = user;
    if (st->wait_seq == w->wait_seq) {
        st->wait = (orx_wait){0};
        st->wait_seq = 0;
    }
    return 0;
}

static int open_one(orx_queue *q, waiting *w, orx_err *err) {
    int rc = orx_task_state_change(q->s, q->lane, w->id, open_wait, w, err);
    return rc == ORX_E_NOT_FOUND ? 0 : rc;
}

/* Opens every wait that is over, in one transaction. */
static int open_waits(orx_queue *q, orx_err *err) {
    int64_t now = orx_mono_ns(orx_store_platform(q->s));
    if (!q->heap.len || q->heap.items[0].due_mono_ns > now)
        return 0;
    int rc = orx_tx_begin(q->s, err);
    if (rc < 0)
        return rc;
    ORX_VEC(waiting) opened = {0};
    while (rc == 0 && q->heap.len && q->heap.items[0].due_mono_ns <= now) {
        waiting w = heap_pop(q);
        orx_vec_push(&opened, w);
        rc = open_one(q, &opened.items[opened.len - 1], err);
    }
    if (rc == 0)
        rc = orx_tx_commit(q->s, err);
    else
        orx_tx_rollback(q->s);
    for (size_t i = 0; i < opened.len; i++) {
        if (rc < 0)
            heap_push(q, opened.items[i]);
        else
            free(opened.items[i].id);
    }
    orx_vec_free(&opened);
    return rc;
}

int64_t orx_queue_next_wait(orx_queue *q) {
    if (see_new_waits(q, NULL) < 0 || !q->heap.len)
        return -1;
    int64_t left = q->heap.items[0].due_mono_ns - orx_mono_ns(orx_store_platform(q->s));
    return left < 0 ? 0 : left;
}

/* ---- Choosing -------------------------------------------------------------------------------- */

typedef struct candidate {
    bool found;
    int64_t backlog;
    int64_t priority;
    int rank;
    const char *id;
} candidate;

static bool before(const candidate *a, const candidate *b) {
    if (!b->found || a->backlog != b->backlog)
        return !b->found || a->backlog < b->backlog;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    return strcmp(a->id, b->id) < 0;
}

/* The first ready task of one owner: one step into the partial index. */
static int best_of_owner(orx_queue *q, const char *owner, orx_arena *arena, candidate *best,
                         orx_err *err) {
    orx_sql *sql;
    int rc =
        orx_sql_get(q->s,
                    "SELECT backlog, priority, id FROM task WHERE lane = ?1 AND owner = ?2"
                    " AND status = 'pending' AND waiting = 0 AND wait_delay = 0 AND present = 1"
                    " ORDER BY backlog, priority, id LIMIT 1",
                    &sql, err);
    if (rc < 0)
        return rc;
    orx_sql_str(sql, 1, q->lane);
    orx_sql_str(sql, 2, owner);
    rc = orx_sql_step(sql, err);
    if (rc != 1)
        return rc;
    candidate c = {.found = true,
                   .backlog = orx_sql_col_int(sql, 0),
                   .priority = orx_sql_col_int(sql, 1),
                   .rank = orx_task_owner_rank(owner),
                   .id = orx_arena_dup(arena, orx_sql_col_text(sql, 2))};
    orx_sql_reset(sql);
    if (before(&c, best))
        *best = c;
    return 0;
}

/* The next owner behind `after` that has ready tasks, found by skipping along the index. */
static int next_owner(orx_queue *q, const char *after, orx_arena *arena, const char **ret_owner,
                      orx_err *err) {
    orx_sql *sql;
    int rc =
        orx_sql_get(q->s,
                    "SELECT owner FROM task WHERE lane = ?1 AND owner > ?2"
                    " AND status = 'pending' AND waiting = 0 AND wait_delay = 0 AND present = 1"
                    " ORDER BY owner LIMIT 1",
                    &sql, err);
    if (rc < 0)
        return rc;
    orx_sql_str(sql, 1, q->lane);
    orx_sql_str(sql, 2, after);
    rc = orx_sql_step(sql, err);
    if (rc < 0)
        return rc;
    *ret_owner = rc ? orx_arena_dup(arena, orx_sql_col_text(sql, 0)) : NULL;
    orx_sql_reset(sql);
    return 0;
}

static bool contains(const char *const *list, const char *word) {
    for (size_t i = 0; list && list[i]; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

int orx_queue_next(orx_queue *q, const char *const *skip, orx_arena *arena, const char **ret_id,
                   orx_err *err) {
    int rc = see_new_waits(q, err);
    if (rc == 0)
        rc = open_waits(q, err);
    candidate best = {0};
    const char *owner = "";
    while (rc == 0) {
        rc = next_owner(q, owner, arena, &owner, err);
        if (rc < 0 || !owner)
            break;
        if (contains(skip, owner) ||
            (q->owners && !contains((const char *const *)q->owners, owner)))
            continue;
        rc = best_of_owner(q, owner, arena, &best, err);
    }
    if (rc < 0)
        return rc;
    if (!best.found)
        return orx_err_set(err, ORX_E_NOT_FOUND, "no task of lane \"%s\" is ready", q->lane);
    *ret_id = best.id;
    return 0;
}
