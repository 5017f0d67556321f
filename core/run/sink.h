/* sink.h: one sink, for sinks.c and its parts only.
 *
 * sink_batch.c gathers events, sink_state.c keeps the cursor and the lock, sinks.c feeds.
 */
#ifndef ORX_RUN_SINK_H
#define ORX_RUN_SINK_H

#include "base/vec.h"
#include "platform/loop.h"
#include "plugin/job.h"
#include "run/sinks.h"

#define ORX_SINK_RECORDS 1000
#define ORX_SINK_BYTES   ((size_t)4 << 20)
#define ORX_SINK_DEATHS  3

typedef struct orx_sink {
    orx_runner *r;
    const char *name; /* the plugin's id */
    const char *dir;  /* its private folder */
    const char *lock_path;
    orx_instance *instance;
    orx_file *lock; /* NULL: somebody else feeds it, or nobody yet */
    int64_t cursor; /* stored: delivered up to here */
    int64_t seen;   /* looked at up to here; nothing between the two was wanted */
    bool fresh;     /* it never had a cursor: nothing can have been missed */
    bool late;      /* a process died in it: fed when the work is over */
    bool off;       /* not at all in this run */
    int deaths;     /* processes in a row that died in it */
    int failures;   /* in a row */
    int64_t due_ns; /* not before */
    /* The batch. */
    orx_arena arena;
    ORX_VEC(orxaq_record) records;
    size_t bytes;
    orxaq_flush_args args;
    orx_job *job; /* NULL: none in progress */
} orx_sink;

struct orx_run_sinks {
    orx_sink *items;
    size_t count;
    orx_timer *timer;
};

/* Reads on behind `seen` and fills the batch with what the sink wants. 1 = there may be more behind
 * it. Without records `seen` has moved alone. */
int orx_sink_gather(orx_sink *s, orx_err *err);

/* Empties the batch. */
void orx_sink_clear(orx_sink *s);

/* Becomes the feeder: 1, or 0 when another process is. Then the cursor is loaded. */
int orx_sink_take(orx_sink *s, orx_err *err);

/* Stores the cursor. */
int orx_sink_commit(orx_sink *s, int64_t seq, orx_err *err);

/* Writes how many processes in a row died in it; for the death of this one, write it before. */
int orx_sink_mark(orx_sink *s, int deaths, orx_err *err);

/* Notes an event about the sink with a member or two; NULL, -1 = left out. */
void orx_sink_note(orx_sink *s, const char *kind, const char *message, int64_t first, int64_t last);

#endif
