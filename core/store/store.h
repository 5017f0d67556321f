/* store.h: the journal, the one truth.
 *
 * One SQLite file, ROOT/state/orxaq.db, holds the tables of all rooms and the journal of events. A
 * state change and the event that explains it are written in one transaction; everything else on
 * disk (state.json, heartbeats, NDJSON logs, reports) is a projection of it and can be deleted and
 * rebuilt.
 *
 * Writing. orx_tx_begin takes the blocking lock file ROOT/state/orxaq.wlock, then BEGIN IMMEDIATE
 * (SQLite's own busy handler starves under many writers); orx_tx_commit is durable when it returns
 * (WAL, synchronous FULL). Nothing slow happens between the two: no process, no network, no wait.
 * Transactions do not nest. Reading needs no lock; no statement stays open across a wait.
 *
 * Rooms. Each room hands in an orx_store_room: its numbered migrations and its projections. The
 * command line assembles the list; the store knows no room by name. Migrations run in order, each
 * in a transaction of its own, recorded per room; a database written by a newer orxaq is refused by
 * name of room and both versions.
 *
 * Damage. A database SQLite calls corrupt, or whose chain does not verify, is never emptied or
 * replaced: the error names the file, what was found and what to do. A database on a network file
 * system is refused. The full integrity check runs only when the boot id changed since the last
 * clean close or SQLite reported corruption.
 *
 * Files: SQLite uses its own unix VFS on the real platform and the VFS of vfs.c, over
 * platform/files, in the simulation, where unsynced writes can be lost and torn.
 *
 * Threads: a store belongs to the thread of its platform. Several processes share one database.
 */
#ifndef ORX_STORE_STORE_H
#define ORX_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "data/doc.h"
#include "platform/platform.h"

typedef struct orx_store orx_store;

/* ---- Rooms, migrations, projections -------------------------------------------------------- */

typedef enum orx_projection_kind {
    ORX_PROJECTION_FILE,   /* a whole file, rewritten at most every interval_ns when dirty; less
                            often when that would take more than a twentieth of the time */
    ORX_PROJECTION_NDJSON, /* rows appended for events after the projection's cursor */
    ORX_PROJECTION_FOLDER  /* a small file of its own for events after the cursor */
} orx_projection_kind;

struct orx_event_row;

/* How a file is made from the journal. */
typedef struct orx_projection {
    const char *name; /* stable id, e.g. "state" */
    const char *path; /* default, relative to the root, e.g. "state/state.json" */
    orx_projection_kind kind;
    int64_t interval_ns; /* FILE: 0 = at once (heartbeat); otherwise at most this often */
    bool of_root;        /* about the root as a whole: writers of lanes leave it alone */
    /* NDJSON: the runners of several lanes append to one file. What is in it stays as it is, and
     * each event's row is there once. */
    bool shared;
    /* FILE: appends the whole content. Reads the database; must not write. user is what
     * orx_store_set_projection gave for this name (NULL otherwise). */
    int (*render)(orx_store *s, void *user, orx_str *out, orx_err *err);
    /* NDJSON: appends zero or more complete lines for one event. */
    int (*row)(orx_store *s, void *user, const struct orx_event_row *event, orx_str *out,
               orx_err *err);
    /* FOLDER: appends the name of the event's file in the folder `path` and its content; no name =
     * none. A name is used once: a file that is there already is left alone. The files are written
     * without sync, since they can be written anew. */
    int (*page)(orx_store *s, void *user, const struct orx_event_row *event, orx_str *ret_name,
                orx_str *out, orx_err *err);
} orx_projection;

typedef struct orx_store_room {
    const char *name;              /* "task", "run" ... */
    const char *const *migrations; /* SQL scripts; index + 1 is the version each one reaches */
    int migration_count;
    /* What all migrations together make in a journal that has nothing of this room, in one script,
     * for a room that has many; NULL = they are run one after the other. Both ways must lead to the
     * same tables, which is for the room's tests to prove. */
    const char *whole;
    const orx_projection *projections;
    int projection_count;
} orx_store_room;

/* ---- Opening ------------------------------------------------------------------------------- */

enum {
    ORX_STORE_READ_ONLY = 1, /* must exist; never migrates, never writes, no projector */
    ORX_STORE_CREATE = 2     /* make ROOT/state and the database when missing */
};

/* The beginning of the origins of lanes: "lane/ID". Such a writer has projections of its own: its
 * files show its own events only, and it alone writes them; nobody else's show them. */
#define ORX_ORIGIN_LANE "lane/"

/* Opens the journal of a root. `origin` names this writer's hash chain ("primary", "lane/ID"); NULL
 * for readers. rooms ends with NULL and must outlive the store. */
int orx_store_open(orx_platform *p, const char *root, const char *origin,
                   const orx_store_room *const *rooms, int flags, orx_store **ret_store,
                   orx_err *err);

/* Writes what is still dirty (when this process is the projector), marks the close as clean and
 * closes. Inside a transaction it rolls back first. NULL is fine. */
void orx_store_close(orx_store *s);

orx_platform *orx_store_platform(orx_store *s);
const char *orx_store_root(orx_store *s);
/* The lane whose projections this store writes; NULL = the root's own. */
const char *orx_store_lane(orx_store *s);

/* ---- Transactions -------------------------------------------------------------------------- */

int orx_tx_begin(orx_store *s, orx_err *err);
/* On failure everything since orx_tx_begin is undone. */
int orx_tx_commit(orx_store *s, orx_err *err);
/* Undoes; no-op outside a transaction, so it suits a cleanup path. */
void orx_tx_rollback(orx_store *s);
bool orx_tx_active(const orx_store *s);

/* A consistent view over several statements, without the lock: many small questions in one view
 * cost half of what they cost one by one. Writing is refused inside, and nothing may wait there.
 * Inside a transaction both do nothing. */
int orx_read_begin(orx_store *s, orx_err *err);
void orx_read_end(orx_store *s);

/* ---- SQL (sql.c): the only way other rooms reach SQLite ------------------------------------- */

typedef struct orx_sql orx_sql;

/* The prepared statement for text, from this store's cache; reset and unbound. text must be a
 * string constant (its address is the cache key). A statement may be used by one caller at a time.
 */
int orx_sql_get(orx_store *s, const char *text, orx_sql **ret_q, orx_err *err);

/* Parameters count from 1. Text and blobs are copied. A view with p == NULL binds NULL. */
void orx_sql_int(orx_sql *q, int index, int64_t value);
void orx_sql_double(orx_sql *q, int index, double value);
void orx_sql_text(orx_sql *q, int index, orx_view value);
void orx_sql_str(orx_sql *q, int index, const char *value); /* NULL binds NULL */
void orx_sql_blob(orx_sql *q, int index, orx_view value);
void orx_sql_null(orx_sql *q, int index);

/* 1 = a row is there, 0 = done (the statement is reset), negative = error (reset). */
int orx_sql_step(orx_sql *q, orx_err *err);

/* Columns count from 0; views are valid until the next step or reset. NULL gives 0, p == NULL. */
int64_t orx_sql_col_int(orx_sql *q, int column);
double orx_sql_col_double(orx_sql *q, int column);
orx_view orx_sql_col_text(orx_sql *q, int column);
orx_view orx_sql_col_blob(orx_sql *q, int column);
bool orx_sql_col_is_null(orx_sql *q, int column);

/* Ends a statement before its last row. NULL is fine. */
void orx_sql_reset(orx_sql *q);

/* Runs to the end, ignoring rows; returns rows changed. */
int64_t orx_sql_run(orx_sql *q, orx_err *err);

/* Counters: exact totals kept in a table, because count(*) reads everything. Inside a transaction.
 */
int orx_counter_add(orx_store *s, const char *name, int64_t delta, orx_err *err);
int64_t orx_counter_get(orx_store *s, const char *name);

/* ---- Events -------------------------------------------------------------------------------- */

/* What happened. Strings may be NULL; body is an object or NULL. */
typedef struct orx_event {
    const char *kind; /* "task.selected", "attempt.exited" ...; [a-z0-9._-] */
    int schema;       /* version of the body's shape, from 1 */
    const char *task;
    int64_t attempt; /* 0 = none */
    int64_t call;    /* 0 = none */
    int64_t cause;   /* seq of the event that led to this one, 0 = none */
    const orx_node *body;
} orx_event;

/* Where functions that are given the same rows, one function after the other and one row after the
 * other, keep what they made of them: the room that puts something there knows what it is. It lives
 * as long as the rows and is released with free and the arenas. */
typedef struct orx_event_memo {
    orx_arena of_row;
    orx_arena of_attempt;
    void *made;
} orx_event_memo;

/* A stored event. hash covers origin, origin_seq, the previous hash and every other column. */
typedef struct orx_event_row {
    int64_t seq;
    orx_view origin;
    int64_t origin_seq;
    int64_t hlc; /* hybrid logical clock: wall milliseconds << 16 | counter */
    int64_t wall_ns;
    int64_t mono_ns;
    orx_view boot;
    orx_view kind;
    int schema;
    orx_view task;
    int64_t attempt;
    int64_t call;
    int64_t cause;
    orx_view body; /* canonical JSON, or {"sha256":...,"bytes":N} when it lies in state/bodies/ */
    orx_view hash; /* 32 bytes */
    orx_event_memo *memo; /* NULL where rows are read one by one */
} orx_event_row;

/* Appends an event inside a transaction. Bodies above 4 KiB of canonical JSON are written to
 * state/bodies/<sha256> first. *ret_seq may be NULL. */
int orx_event_append(orx_store *s, const orx_event *e, int64_t *ret_seq, orx_err *err);

/* An event that explains no state change: copied, and written with the next transaction or 200 ms
 * from now, whichever comes first (also at close). At most 10,000 wait; then it writes at once. */
int orx_event_note(orx_store *s, const orx_event *e, orx_err *err);

typedef struct orx_event_filter {
    int64_t after_seq;
    const char *kind_prefix; /* NULL = all */
    const char *task;        /* NULL = all */
    int64_t attempt;         /* 0 = all */
    bool apart;              /* only events of no task and no attempt: few among many */
    int limit;               /* 0 = all */
    bool newest;             /* the last `limit`, still delivered oldest first */
} orx_event_filter;

/* Calls fn for each event in order of seq; fn returns false to stop. Views are valid during the
 * call. Reads in pages, so fn may write to the store. */
int orx_event_each(orx_store *s, const orx_event_filter *f,
                   bool (*fn)(const orx_event_row *row, void *user), void *user, orx_err *err);

/* Appends the row's body to *out, from its file when it lies in one (checked against its digest).
 * Nothing when the event has none. */
int orx_event_body(orx_store *s, const orx_event_row *row, orx_str *out, orx_err *err);

/* The newest seq, 0 when there is none. */
int64_t orx_event_last(orx_store *s);

/* Recomputes the chains of all origins from the oldest kept event. ORX_E_CORRUPT names origin and
 * origin_seq of the first that does not match. *ret_count may be NULL. */
int orx_event_verify(orx_store *s, int64_t *ret_count, orx_err *err);

/* Exports closed segments older than keep_ns, or beyond keep_bytes in total, to state/segments/
 * with their end hash and prunes them from the database. 0 = no bound of that kind. */
int orx_event_retain(orx_store *s, int64_t keep_ns, int64_t keep_bytes, orx_err *err);

/* ---- Projections --------------------------------------------------------------------------- */

/* Gives a projection another path (NULL keeps it) and the user pointer for its callbacks. An
 * absolute path is taken as it is. */
int orx_store_set_projection(orx_store *s, const char *name, const char *path, void *user,
                             orx_err *err);

/* Marks a FILE projection dirty, inside or outside a transaction. NDJSON projections follow the
 * events by themselves. */
void orx_projection_dirty(orx_store *s, const char *name);

/* Writes what is due (all = everything dirty) if this process holds the projector lease, or the
 * lease is free. Called by itself from a timer while the loop runs, and at close. */
int orx_projection_flush(orx_store *s, bool all, orx_err *err);

/* Deletes nothing; writes every projection anew from the journal: `orxaq project rebuild`. Files
 * that somebody else changed are kept aside as PATH.foreign-<time> and reported through fn (may be
 * NULL). Returns the number of files written. */
int orx_projection_rebuild(orx_store *s, void (*fn)(const char *path, const char *note, void *user),
                           void *user, orx_err *err);

/* Verifies the database deeply (SQLite integrity check and chains). */
int orx_store_check(orx_store *s, orx_err *err);

/* ---- Stored waits -------------------------------------------------------------------------- */

/* A wait that survives restarts and clock jumps: (delay, wall time, boot id, monotonic) as stored.
 */
typedef struct orx_wait {
    int64_t delay_ns;
    int64_t wall_ns;
    int64_t mono_ns;
    char boot[48];
} orx_wait;

/* A wait of delay_ns from now. */
void orx_wait_begin(orx_platform *p, int64_t delay_ns, orx_wait *ret_w);

/* How long still: 0 when over. first_seen_mono_ns is when this process first saw the wait; it is
 * never longer than delay_ns counted from then, so no clock jump shuts a gate for good, and within
 * the boot that began it the monotonic clock alone decides. */
int64_t orx_wait_left(orx_platform *p, const orx_wait *w, int64_t first_seen_mono_ns);

#endif
