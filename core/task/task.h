/* task.h: the queue: what there is to do, in which order, and what became of it.
 *
 * A task comes from a tasks file (JSON as the predecessor wrote it, or YAML), from the queue file
 * or from `orxaq tasks add`, and lives as a row of the journal under (lane, id) together with its
 * state. The file says what a task *is*; the row says what *happened* to it. Loading the file again
 * updates the description and keeps the state, so the file may be edited while a run is in
 * progress.
 *
 * States: pending, in_progress, done, blocked. `partial` is only an outcome of an agent. A task is
 * ready when it is pending, its wait is over and every dependency is done; the row keeps the number
 * of dependencies still open, so finding the next task among 100,000 costs one index lookup per
 * owner.
 *
 * Selection [K]: ready tasks that are not backlog before backlog ones, then priority (smaller
 * first), owner rank (codex 0, gemini 1, claude 2, others 3 by name), id. A pure function of the
 * rows.
 *
 * Threads: as the store.
 */
#ifndef ORX_TASK_TASK_H
#define ORX_TASK_TASK_H

#include "base/arena.h"
#include "base/err.h"
#include "data/doc.h"
#include "store/store.h"

#define ORX_TASK_ID_MAX      180
#define ORX_TASK_TITLE_MAX   600
#define ORX_TASK_TEXT_MAX    ((size_t)12 << 20) /* what may be said to one agent, see run/prompt.h */
#define ORX_TASK_QUEUED_MAX  12000              /* of a description in the queue file [K] */
#define ORX_TASK_MODEL_MAX   200
#define ORX_TASK_DEPS_MAX    1000
#define ORX_TASK_COUNT_MAX   1000000
#define ORX_TASK_SUMMARY_MAX 800
#define ORX_TASK_ERROR_MAX   2400

/* The tables and the state.json projection of this room. */
extern const orx_store_room orx_task_room;

/* ---- What a task is (load.c, graph.c) ------------------------------------------------------- */

typedef struct orx_task {
    const char *id;
    const char *owner;
    int64_t priority; /* smaller is sooner */
    const char *title;
    const char *description;
    const char *const *depends_on; /* NULL-terminated */
    const char *const *acceptance; /* NULL-terminated */
    const char *model; /* a model, or router-NAME-THRESHOLD; NULL and "" = none is asked for */
    bool backlog;
    uint32_t line; /* where it stands in its file, for messages; 0 = built */
    uint32_t column;
} orx_task;

typedef struct orx_task_list {
    orx_task *items; /* in the order of the file */
    size_t count;
} orx_task_list;

typedef struct orx_task_load_options {
    const char *const *owners; /* known owners, NULL-terminated; NULL = any well-formed name */
    bool dangling_ok;          /* a dependency may be unknown here (external state, queue file) */
    const char *backlog_terms; /* NULL = the built-in six; split at comma, semicolon, white space */
} orx_task_load_options;

/* Reads a tasks document: an array of objects, or the legacy single object (with `id` or `task`).
 * Refused, naming NAME:LINE:COLUMN and the offending value: missing keys, duplicate ids (both
 * places), unknown owners, ids that are not [A-Za-z0-9][A-Za-z0-9._:@+=#-]* of at most 180
 * characters (those of dependencies too), more than 1,000 dependencies, dependencies on itself,
 * dangling ids, and cycles (the whole path). An empty array is a legal empty queue. Everything
 * lives in the arena. */
int orx_task_load(orx_arena *arena, const char *name, const orx_node *root,
                  const orx_task_load_options *options, orx_task_list *ret_list, orx_err *err);

/* Checks one id by the rule above. */
bool orx_task_id_ok(orx_view id);

/* Rank of an owner among equals: codex 0, gemini 1, claude 2, anybody else 3. */
int orx_task_owner_rank(const char *owner);

/* Whether a text holds one of the backlog terms as a whole word (letters and digits make words, so
 * "requeue-fix" is not backlog although it contains "queue"). terms as in the options above. */
bool orx_task_backlog_word(orx_view text, const char *terms);

/* ---- What happened to it (rows.c, select.c, settle.c) ---------------------------------------- */

typedef struct orx_task_row {
    const char *lane;
    const char *id;
    const char *owner;
    const char *status; /* "pending", "in_progress", "done", "blocked" */
    int64_t priority;
    const char *title;
    const char *description;
    const char *model; /* that is asked for, "" = none */
    bool backlog;
    bool present; /* still in its source */
    int64_t attempts;
    int64_t retryable_failures;
    int64_t deadlock_recoveries;
    int64_t deadlock_reopens;
    int64_t waiting_on;     /* dependencies not done */
    const char *not_before; /* ISO time or "" */
    const char *last_update;
    const char *last_summary;
    const char *last_error;
    const char *const *depends_on;
    const char *const *acceptance;
} orx_task_row;

/* Brings the rows of a lane in line with a list: new tasks become pending, changed descriptions are
 * taken over, tasks no longer listed keep their row but are not selected (those added through the
 * queue or the command line stay present). One transaction, the caller's when one is open; nothing
 * is written when nothing changed. source is "file", "queue" or "cli". Returns the number of new
 * tasks. */
int orx_task_sync(orx_store *s, const char *lane, const char *source, const orx_task_list *list,
                  orx_err *err);

/* At start: every in_progress row of the lane becomes pending again, counters kept (the attempt was
 * counted when it was selected). Call after recovery of attempts. Returns how many. */
int orx_task_requeue_interrupted(orx_store *s, const char *lane, orx_err *err);

/* One row, in the arena. ORX_E_NOT_FOUND (with the nearest known id) when there is none. */
int orx_task_get(orx_store *s, const char *lane, const char *id, orx_arena *arena,
                 orx_task_row *ret_row, orx_err *err);

/* 1 = the lane has a task of this id; one that is gone from its source does not count. */
int orx_task_known(orx_store *s, const char *lane, const char *id, orx_err *err);

/* All rows of a lane by id (lane NULL: of all lanes); fn returns false to stop. The row is valid
 * during the call. */
int orx_task_each(orx_store *s, const char *lane, const char *status,
                  bool (*fn)(const orx_task_row *row, void *user), void *user, orx_err *err);

typedef struct orx_task_counts {
    int64_t total;
    int64_t pending;
    int64_t in_progress;
    int64_t done;
    int64_t blocked;
    int64_t ready;   /* could be selected now, waits set aside */
    int64_t delayed; /* pending with a wait */
    int64_t held;    /* pending with open dependencies */
} orx_task_counts;

/* Exact counts from counters kept with every change, not by reading the rows. */
int orx_task_count(orx_store *s, const char *lane, orx_task_counts *ret_counts, orx_err *err);

/* The same for the tasks of some owners (NULL-terminated; NULL = all), by reading every row. */
int orx_task_count_of(orx_store *s, const char *lane, const char *const *owners,
                      orx_task_counts *ret_counts, orx_err *err);

/* The queue of one lane as a running process sees it: it remembers when it first saw each stored
 * wait, so that clock jumps neither open nor shut them. */
typedef struct orx_queue orx_queue;

orx_queue *orx_queue_new(orx_store *s, const char *lane);
void orx_queue_free(orx_queue *q);

/* Only these owners from now on (NULL-terminated, copied); NULL = all. */
void orx_queue_set_owners(orx_queue *q, const char *const *owners);

/* The id of the next task in selection order, in the arena; ORX_E_NOT_FOUND when none is ready.
 * Opens waits that are over first. skip (NULL-terminated, may be NULL) are owners that cannot be
 * served at the moment. */
int orx_queue_next(orx_queue *q, const char *const *skip, orx_arena *arena, const char **ret_id,
                   orx_err *err);

/* Nanoseconds until the earliest wait of a task whose dependencies are done is over; -1 = none. */
int64_t orx_queue_next_wait(orx_queue *q);

/* Inside a transaction: in_progress, attempts + 1, wait cleared. ORX_E_CONFLICT when it is not
 * pending any more. *ret_attempts is the new count. */
int orx_task_select(orx_store *s, const char *lane, const char *id, int64_t *ret_attempts,
                    orx_err *err);

/* Inside a transaction: what an attempt came to. Summary and error are sanitised by the caller and
 * cut here at 800 and 2400 characters. */
int orx_task_done(orx_store *s, const char *lane, const char *id, const char *summary,
                  orx_err *err);
int orx_task_blocked(orx_store *s, const char *lane, const char *id, const char *summary,
                     const char *error, orx_err *err);

/* Back to pending after delay_ns. retryable raises retryable_failures. */
int orx_task_retry(orx_store *s, const char *lane, const char *id, int64_t delay_ns, bool retryable,
                   const char *summary, const char *error, orx_err *err);

/* Inside a transaction: back to pending as if it had never run; counters to 0. Used by `tasks
 * reset` and recycling. Dependents of a task that was done wait again. */
int orx_task_reset(orx_store *s, const char *lane, const char *id, const char *note, orx_err *err);

/* Begins again [K]: every pending and done task becomes pending with counters at 0 after delay_ns
 * (at least 1 s). stalled: pending and blocked ones instead; done ones stay, blocked ones get a
 * note. One transaction. Returns how many. */
int orx_task_recycle(orx_store *s, const char *lane, int64_t delay_ns, bool stalled, orx_err *err);

/* [K] The tasks of the backlog that are done or blocked and may begin again because there is
 * nothing else to do, the first `most` by priority and id, in the arena. None while a task that is
 * no backlog is pending and waits for no other. Returns how many. */
int orx_task_recyclable(orx_store *s, const char *lane, int64_t most, orx_arena *arena,
                        const char *const **ret_ids, orx_err *err);

/* Makes these pending after delay_ns (at least 1 s), counters at 0. One transaction. Returns how
 * many. */
int orx_task_recycle_backlog(orx_store *s, const char *lane, int64_t delay_ns, int64_t most,
                             orx_err *err);

/* Dependencies that other lanes' state files report as done: [K] dependency-state file. Counts each
 * id that is unknown in this lane. Returns the number of tasks whose last open dependency this was.
 */
int orx_task_external_done(orx_store *s, const char *lane, const orx_node *state_file,
                           orx_err *err);

/* ---- Retry policy (retry.c) ------------------------------------------------------------------ */

typedef struct orx_retry_policy {
    int64_t max_attempts;  /* 8 */
    int64_t max_retryable; /* 20 */
    int64_t base_ns;       /* 30 s */
    int64_t max_ns;        /* 1800 s */
    int64_t flat_ns;       /* 0 = the predecessor's rule: base clamped to 5 .. 60 s */
    bool full_jitter;      /* uniform between 0 and the delay */
} orx_retry_policy;

/* Delay before retry number n (from 1) after a transient failure: min(max, base * 2^(n-1)). With
 * full jitter a draw in 0..delay from random_bits. */
int64_t orx_retry_exponential(const orx_retry_policy *r, int64_t n, uint64_t random_bits);

/* Delay after an ordinary failure. */
int64_t orx_retry_flat(const orx_retry_policy *r, uint64_t random_bits);

/* ---- Deadlock recovery (recovery.c) ---------------------------------------------------------- */

/* When nothing is ready and no wait is pending: reopens done dependencies of blocked tasks and the
 * blocked tasks themselves, each at most `limit` times (the predecessor's rule, see recovery.c).
 * One transaction. Appends the ids to the arrays in *report (an object with changed,
 * reopened_tasks, unblocked_tasks, reason). Returns 1 when something changed. */
int orx_task_recover_deadlock(orx_store *s, const char *lane, int64_t limit, orx_arena *arena,
                              orx_node **ret_report, orx_err *err);

/* ---- The predecessor's state.json (state_file.c) --------------------------------------------- */

/* Takes over a predecessor's state object for tasks of the lane that never ran here: status,
 * counters, texts, not_before. in_progress and unknown words become pending. Ids without a task are
 * kept as absent rows, so nothing is lost. One transaction. Returns how many rows were taken over.
 */
int orx_task_import_state(orx_store *s, const char *lane, const char *name, const orx_node *state,
                          orx_err *err);

/* The same for a state file that may know more than the rows: those it updated later are taken over
 * as well. */
int orx_task_import_newer(orx_store *s, const char *lane, const char *name, const orx_node *state,
                          orx_err *err);

/* ---- After damage (repair.c) ------------------------------------------------------------------
 */

/* Inside a transaction. Rows may be missing: the next orx_task_sync writes every description and
 * dependency again, as if all had changed. */
int orx_task_doubt(orx_store *s, orx_err *err);

/* Inside a transaction: counters, open dependencies and claims made right again from the rows. */
int orx_task_repair(orx_store *s, orx_err *err);

#endif
