/* queue_file.h: tasks that arrive while a run is in progress.
 *
 * The queue file [K] is a list that others append to: a JSON array, an object with a "tasks" array,
 * a single object, or one object per line. It is read more kindly than the tasks file, because
 * programs write it and nobody stands by to mend it: an entry that cannot be used is a problem with
 * its line, and the others are taken.
 *
 * An entry is taken once. That it was is a claim, a row of the journal written in the same
 * transaction as the task itself, so that neither a crash nor a restart takes an entry twice or
 * loses the task. The predecessor kept claims in a file of its own, written before the state, and
 * forgot the tasks at the next start. That file is read once, so that what it names is not taken
 * again, and goes on as a projection.
 *
 * Threads: as the store.
 */
#ifndef ORX_TASK_QUEUE_FILE_H
#define ORX_TASK_QUEUE_FILE_H

#include "task/task.h"

/* Problems beyond these are only counted. */
#define ORX_QUEUE_PROBLEMS_MAX 100

typedef struct orx_queue_batch {
    orx_task_list list;          /* usable entries in order, each id once */
    size_t seen;                 /* entries looked at, usable or not */
    const char *const *problems; /* "NAME:LINE:COLUMN: what is wrong"; NULL-terminated */
    size_t problem_count;        /* all of them */
    bool lines; /* one entry per line, so that what is appended can be read alone */
} orx_queue_batch;

/* Reads entries [K]: `id` or `task`; owner from the field when some provider serves it, else from
 * the id's first part, else codex; priority 5 when missing, at least 1; title from the id when
 * missing, cut at ORX_TASK_TITLE_MAX; description cut at ORX_TASK_QUEUED_MAX. Dependencies may be
 * unknown here. A text that is no queue at all is one problem and no entry. Never fails; everything
 * lives in the arena. */
void orx_queue_parse(orx_arena *arena, const char *name, orx_view text,
                     const orx_task_load_options *options, orx_queue_batch *ret_batch);

typedef struct orx_queue_taken {
    const char *const *ids; /* new tasks, NULL-terminated, in the arena */
    size_t imported;
    size_t skipped;             /* known, claimed, or another owner's */
    const char *const *waiting; /* of the new ones, those that would wait for themselves */
} orx_queue_taken;

/* Makes tasks of the entries that were never taken, with their claims, in one transaction. owners
 * (NULL-terminated; NULL = all) are those this process works for: entries of others stay for
 * whoever does. */
int orx_queue_take(orx_store *s, const char *lane, const char *name, const orx_queue_batch *batch,
                   const char *const *owners, orx_arena *arena, orx_queue_taken *ret_taken,
                   orx_err *err);

/* [K] How many entries of an owner were never taken. */
int orx_queue_depth(orx_store *s, const char *lane, const orx_queue_batch *batch, const char *owner,
                    int64_t *ret_depth, orx_err *err);

/* Takes over the predecessor's claims file: "claimed" {id: time} or "claimed_ids" [id]. Does
 * nothing once the lane has claims. Returns how many were taken over. */
int orx_queue_import_claims(orx_store *s, const char *lane, const orx_node *file, orx_err *err);

/* The projection "claims": the newest `max` of a lane. user of the projection; NULL = none. */
typedef struct orx_claims_shown {
    const char *lane;
    int64_t max;
} orx_claims_shown;

int orx_queue_render_claims(orx_store *s, void *user, orx_str *out, orx_err *err);

#endif
