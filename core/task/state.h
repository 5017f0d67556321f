/* state.h: the changing half of a task row, and the one way to change it.
 *
 * Every change goes read -> modify the struct -> orx_task_state_put, which writes the row, moves
 * the task between the exact counters, opens or closes the dependencies of others when `done` comes
 * or goes, and marks state.json dirty. So no caller can forget one of them. All inside a
 * transaction.
 *
 * Threads: as the store.
 */
#ifndef ORX_TASK_STATE_H
#define ORX_TASK_STATE_H

#include "task/task.h"

typedef enum orx_status {
    ORX_TASK_PENDING,
    ORX_TASK_IN_PROGRESS,
    ORX_TASK_DONE,
    ORX_TASK_BLOCKED
} orx_status;

typedef struct orx_task_state {
    orx_status status;
    bool present;
    int64_t waiting; /* open dependencies */
    int64_t attempts;
    int64_t retryable_failures;
    int64_t deadlock_recoveries;
    int64_t deadlock_reopens;
    orx_wait wait; /* delay_ns 0 = none */
    int64_t wait_seq;
    orx_str last_update; /* ISO time */
    orx_str last_summary;
    orx_str last_error;
} orx_task_state;

const char *orx_status_name(orx_status status);
/* Unknown words are pending. */
orx_status orx_status_of(orx_view word);

/* Reads one row's state; free with orx_task_state_free. ORX_E_NOT_FOUND when there is no row. */
int orx_task_state_get(orx_store *s, const char *lane, const char *id, orx_task_state *ret_state,
                       orx_err *err);
void orx_task_state_free(orx_task_state *st);

/* Writes the change from `before` to `after` and everything that follows from it. last_update is
 * set to now unless `after` brings another one than `before`. */
int orx_task_state_put(orx_store *s, const char *lane, const char *id, const orx_task_state *before,
                       orx_task_state *after, orx_err *err);

/* Read, let change() alter the state, write. */
int orx_task_state_change(orx_store *s, const char *lane, const char *id,
                          int (*change)(orx_task_state *st, void *user, orx_err *err), void *user,
                          orx_err *err);

/* Whether a question about lane (?1) and id (?2) has an answer: 1 or 0. */
int orx_task_ask(orx_store *s, const char *sql, const char *lane, const char *id, orx_err *err);

/* Starts a wait of delay_ns in the state; 0 clears it. */
int orx_task_state_wait(orx_store *s, const char *lane, orx_task_state *st, int64_t delay_ns,
                        orx_err *err);

/* Moves a row between counters: -1 for the category of before (NULL = there was no row), +1 for
 * after. */
int orx_task_counters_move(orx_store *s, const char *lane, const orx_task_state *before,
                           const orx_task_state *after, orx_err *err);

/* Sets dep's rows in task_dep to open or closed and adjusts the waiting count of its dependents.
 * Returns how many tasks have no open dependency left because of it. */
int orx_task_dependents(orx_store *s, const char *lane, const char *dep, bool open, orx_err *err);

/* Projection of state.json; user is the lane (NULL = "primary"). */
int orx_task_render_state(orx_store *s, void *user, orx_str *out, orx_err *err);

/* The ISO time at which a wait ends, or "" when there is none. */
void orx_task_not_before(const orx_wait *w, char out[ORX_ISO_MAX]);

/* Replaces the text of a buffer, cut at max bytes on a character boundary. */
void orx_task_set_text(orx_str *to, const char *text, size_t max);

#endif
