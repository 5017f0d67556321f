/* internal.h: what the files of this room share. No other room includes it.
 *
 * open.c owns the struct; each part below belongs to the file named beside it. Everything that
 * touches SQLite goes through sql.c, so that its errors become ours in one place.
 */
#ifndef ORX_STORE_INTERNAL_H
#define ORX_STORE_INTERNAL_H

#include "base/digest.h"
#include "base/map.h"
#include "base/vec.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "store/store.h"

#include <sqlite3.h>

/* ---- The struct ---------------------------------------------------------------------------- */

struct orx_sql {
    orx_store *store;
    sqlite3_stmt *stmt;
    const char *text; /* the caller's constant: key of the cache */
    bool writes;
    int bind_rc; /* first binding that failed; told by the next step */
};

/* sql.c: statements by the address of their text; open addressing, capacity a power of two. */
typedef struct orx_sql_cache {
    orx_sql **slots;
    size_t cap;
    size_t count;
} orx_sql_cache;

/* chain.c: the head of this writer's chain as the open transaction sees it. */
typedef struct orx_chain {
    bool loaded;
    bool moved; /* events were appended since orx_tx_begin */
    int64_t seq;
    int64_t hlc;
    int64_t origin_id;
    int64_t origin_seq;
    uint8_t hash[ORX_SHA256_LEN];
    orx_sha256 digest;
    orx_str record;    /* what is hashed */
    orx_str reference; /* to a body in a file */
} orx_chain;

typedef struct orx_note {
    orx_event_row row; /* kind, schema, task, attempt, call, cause, body, wall_ns, mono_ns */
} orx_note;

/* note.c: events waiting for the next transaction. */
typedef struct orx_notes {
    ORX_VEC(orx_note) list;
    size_t written; /* of list, by the open transaction */
    orx_arena arena;
    orx_timer *timer;
} orx_notes;

/* The row of one projection in store_projection. */
typedef struct orx_shown_row {
    int64_t dirty; /* generation of the newest mark */
    int64_t done;  /* generation that is written */
    int64_t cursor;
    int64_t shown_seq;
    bool known; /* the file was written before, at the present path */
    int64_t size;
    int64_t mtime_ns;
    int64_t inode;
    int64_t base; /* NDJSON: bytes that were there before us */
    bool has_sha;
    bool has_previous;
    uint8_t sha[ORX_SHA256_LEN];
    uint8_t previous[ORX_SHA256_LEN];
} orx_shown_row;

/* projection.c: one projection of one room. */
typedef struct orx_shown {
    const orx_projection *def;
    char *name; /* of its row: that of def, with the lane in front when it is a lane's */
    char *path; /* absolute, or relative to the working directory as the root is */
    void *user;
    bool marked;    /* dirty, and not yet written down for other processes */
    bool marking;   /* being written down by the open transaction */
    bool failing;   /* the last write failed and was reported */
    int64_t due_ns; /* monotonic: not to be written before */
    int64_t cursor; /* NDJSON: newest event looked at; the stored one may lag behind */
    bool finished;  /* NDJSON: no rewriting was left half done when the lease became ours */
    bool fresh;     /* row is what is stored, unless another process wrote since the last look */
    orx_shown_row row;
} orx_shown;

typedef struct orx_projector {
    orx_shown *items;
    size_t count;
    int64_t token;       /* names this store in the lease row */
    int64_t lease_until; /* monotonic; 0 = not held */
    orx_timer *timer;
    int64_t timer_due;
    bool flushing;
    bool idle;       /* nothing was left to write when we looked, at: */
    int64_t version; /* PRAGMA data_version: moves when others commit */
    int64_t commits; /* our own */
    int64_t last;    /* newest event then */
} orx_projector;

typedef struct orx_vfs orx_vfs;

struct orx_store {
    orx_platform *p;
    char *root;
    char *dir; /* ROOT/state */
    char *db_path;
    char *wlock_path;
    char *origin;      /* NULL for readers */
    const char *scope; /* whose projections these are: the origin of a lane, "" for all others */
    char *boot;
    const orx_store_room *const *rooms;
    bool read_only;
    bool damaged; /* SQLite said corrupt: no more writing */
    orx_vfs *vfs; /* simulation only */
    sqlite3 *db;
    orx_file *wlock;
    orx_map settled; /* folders whose names are known to be durable */
    bool in_tx;
    int64_t commits; /* transactions of this store that were committed */
    bool reading;    /* inside orx_read_begin .. orx_read_end */
    int64_t boot_id; /* row in store_boot */
    int64_t writer;  /* row in store_writer, 0 = none */
    orx_sql_cache sql;
    orx_chain chain;
    orx_str body; /* canonical body of the event being appended */
    orx_notes notes;
    orx_projector projector;
};

/* ---- sql.c, sql_error.c
 * --------------------------------------------------------------------------------- */

/* Turns SQLite's answer rc into an error that names the database; text is the statement or what was
 * being done. Corruption is remembered (orx_guard_mark), so that the next start looks closely. */
int orx_store_fail(orx_store *s, int rc, const char *text, orx_err *err);

/* Runs one constant statement without the rule that writing needs a transaction: BEGIN, COMMIT. */
int orx_store_control(orx_store *s, const char *text, orx_err *err);

/* Runs q to its end: 0 or an error. */
int orx_store_done(orx_sql *q, orx_err *err);

/* Runs a script once, uncached. */
int orx_store_script(orx_store *s, const char *script, orx_err *err);

/* As orx_event_last, telling apart an empty journal and one that cannot be read. */
int orx_store_last(orx_store *s, int64_t *ret_seq, orx_err *err);

/* The first column of the first row; `otherwise` when there is no row, or NULL in it. */
int orx_store_int(orx_store *s, const char *text, int64_t otherwise, int64_t *ret_value,
                  orx_err *err);

void orx_sql_cache_free(orx_store *s);

/* ---- guard.c: the lock file and what it remembers -------------------------------------------- */

typedef enum orx_guard_condition {
    ORX_GUARD_SOUND,
    ORX_GUARD_SUSPECT, /* SQLite reported corruption: check everything at the next start */
    ORX_GUARD_DAMAGED  /* the database was set aside */
} orx_guard_condition;

typedef struct orx_guard_memory {
    int64_t committed; /* an event known to be committed; 0 = nothing known */
    orx_guard_condition condition;
} orx_guard_memory;

/* Opens ROOT/state/orxaq.wlock. Without create it may be missing. */
int orx_guard_open(orx_store *s, bool create, orx_err *err);
int orx_guard_read(orx_store *s, orx_guard_memory *ret_memory, orx_err *err);
void orx_guard_seal(orx_store *s, int64_t seq);
/* Durable when it returns 0. */
int orx_guard_mark(orx_store *s, orx_guard_condition condition);

/* A time for file names: 20260131T120000Z. */
#define ORX_STAMP_MAX 32
void orx_stamp(orx_store *s, char out[ORX_STAMP_MAX]);

/* ---- connect.c ----------------------------------------------------------------------------- */

int orx_connect_reader(orx_store *s, orx_err *err);
int orx_connect_writer(orx_store *s, orx_err *err);
void orx_disconnect(orx_store *s);
/* Frozen (as after connecting): closing leaves database and -wal as they are. */
void orx_connect_freeze(orx_store *s, bool freeze);
int orx_connect_set_up(orx_store *s, orx_err *err);
int orx_connect_set_wal(orx_store *s, orx_err *err);
/* Makes the names that a first commit depends on durable. */
int orx_connect_settle(orx_store *s, const orx_guard_memory *memory, orx_err *err);

/* ---- open.c --------------------------------------------------------------------------------- */

/* A store without a database: names, lock file, platform. Free it with orx_store_close. */
orx_store *orx_store_shell(orx_platform *p, const char *root);

/* ---- register.c ---------------------------------------------------------------------------- */

/* In one transaction: origin, boot, this writer, its projections; dead writers are forgotten. */
int orx_register(orx_store *s, orx_err *err);
/* Inside a transaction: rows for this origin and this boot. */
int orx_register_names(orx_store *s, orx_err *err);
/* Whether a writer of an earlier boot never closed. */
int orx_register_lost_power(orx_store *s, bool *ret_lost, orx_err *err);
/* Inside a transaction: takes this writer off the list and gives its lease back. */
int orx_register_leave(orx_store *s, orx_err *err);

/* ---- tx.c ---------------------------------------------------------------------------------- */

/* Whether a callback of the loop must wait: a transaction or a view is open. */
bool orx_store_busy(const orx_store *s);

/* ---- damage.c ------------------------------------------------------------------------------ */

/* What to do about a damaged journal, the end of every such message. */
#define ORX_DAMAGE_ADVICE                                                                          \
    "stop every orxaq of this root, then let `orxaq project recover` make a new journal of what "  \
    "is left; or put a good copy of orxaq.db (with its -wal) in place and delete "                 \
    "state/orxaq.wlock to accept it; or delete orxaq.wlock alone to start an empty journal"

/* Moves database and -wal aside under a name that says so; the root is marked before. *ret_to, to
 * be freed, may be NULL. */
int orx_damage_move(orx_store *s, char **ret_to);

/* Moves the damaged database and its -wal aside under a new name and marks the root, so that no
 * start makes an empty one. `what` is what was found. Returns ORX_E_CORRUPT. */
int orx_damage_set_aside(orx_store *s, const char *what, orx_err *err);

/* Compares the lock file's memory with what lies in the state folder before the database is opened:
 * a database that is gone or was set aside is refused. */
int orx_damage_check_files(orx_store *s, const orx_guard_memory *memory, orx_err *err);

/* Compares it with the newest event of the opened database: what was committed must be there. */
int orx_damage_check_end(orx_store *s, const orx_guard_memory *memory, int64_t last, orx_err *err);

/* ---- folder.c ------------------------------------------------------------------------------ */

/* 1 = path is there (info may be NULL), 0 = it is not, negative = that cannot be said: a failing
 * disk must never look like a missing file. */
int orx_there(orx_store *s, const char *path, bool follow, orx_file_info *ret_info, orx_err *err);

/* BASE, or BASE-2, BASE-3 ... when names like it are taken; to be freed. */
char *orx_free_name(orx_store *s, const char *base);

/* The folder that holds path. */
char *orx_folder_parent(orx_arena *a, const char *path);
/* Makes path and what is missing above it; their names below the root are durable. */
int orx_folder_make(orx_store *s, const char *path, orx_err *err);
/* Makes the name of the root itself durable. */
int orx_folder_settle_root(orx_store *s, orx_err *err);
/* orx_folder_make for the folder that holds path. */
int orx_folder_make_for(orx_store *s, const char *path, orx_err *err);
/* Makes the names in the folder that holds path durable. */
int orx_folder_sync_for(orx_store *s, const char *path, orx_err *err);

/* ---- migrate.c ----------------------------------------------------------------------------- */

/* The tables of this room itself. */
extern const orx_store_room orx_store_own_room;

/* Makes a new database ours, refuses a foreign one. */
int orx_migrate_prepare(orx_store *s, orx_err *err);
/* Brings every room to its newest version; a reader only compares. */
int orx_migrate_rooms(orx_store *s, orx_err *err);

/* ---- check.c ------------------------------------------------------------------------------- */

/* SQLite's integrity check. ORX_E_CORRUPT with its first finding. */
int orx_check_pages(orx_store *s, orx_err *err);

/* ---- chain.c ------------------------------------------------------------------------------- */

/* Writes row into the event table behind the head of this origin's chain. The caller fills kind,
 * schema, task, attempt, call, cause, body, wall_ns and mono_ns; the rest is filled in here. */
int orx_chain_append(orx_store *s, orx_event_row *row, orx_err *err);

/* Inside a transaction: the next event gets a number above this one. */
int orx_chain_skip(orx_store *s, int64_t seq, orx_err *err);

/* Writes the head back to the origin table when it moved. */
int orx_chain_save(orx_store *s, orx_err *err);

/* The hash of row behind previous; scratch is overwritten. */
void orx_chain_hash(orx_sha256 *digest, orx_str *scratch, const uint8_t *previous,
                    const orx_event_row *row, uint8_t out[ORX_SHA256_LEN]);

/* ---- event.c ------------------------------------------------------------------------------- */

/* Columns and joins that orx_event_row_read understands. */
#define ORX_EVENT_SELECT                                                                           \
    "SELECT e.seq, o.name, e.origin_seq, e.hlc, e.wall_ns, e.mono_ns, b.name, e.kind, e.schema,"   \
    " e.task, e.attempt, e.call, e.cause, e.body, e.hash FROM event AS e "
#define ORX_EVENT_JOIN                                                                             \
    " CROSS JOIN origin AS o ON o.id = e.origin CROSS JOIN store_boot AS b ON b.id = e.boot "

/* Views into the statement. */
void orx_event_row_read(orx_sql *q, orx_event_row *row);

/* Checks e and fills the caller's part of row; the body's canonical text goes to *body. */
int orx_event_render(const orx_event *e, orx_str *body, orx_event_row *row, orx_err *err);

/* ---- body.c -------------------------------------------------------------------------------- */

#define ORX_BODY_INLINE 4096
#define ORX_BODY_MAX    ((size_t)64 << 20)

/* True when a body cannot stay in the table: too large, or it looks like a reference itself. */
bool orx_body_must_leave(orx_view body);

/* Writes a body to its file, durably, and gives the reference that stands for it; seq is the event
 * that will hold it. */
int orx_body_externalize(orx_store *s, orx_view body, int64_t seq, orx_str *ret_reference,
                         orx_err *err);

/* Moves the bodies that no event after seq refers to into state/segments/bodies. */
int orx_body_archive(orx_store *s, int64_t seq, orx_err *err);

/* Checks every body file against its name. */
int orx_body_check(orx_store *s, orx_err *err);

/* ---- note.c -------------------------------------------------------------------------------- */

/* Appends the waiting notes to the open transaction. */
int orx_notes_write(orx_store *s, orx_err *err);
void orx_notes_committed(orx_store *s);
void orx_notes_undone(orx_store *s);
void orx_notes_free(orx_store *s);

/* ---- projection.c, shown.c, lease.c, project_file.c, project_rows.c
 * ------------------------------------
 */

#define ORX_PROJECT_EVERY (2 * ORX_SEC)

int orx_projector_open(orx_store *s, orx_err *err);
/* Whether an event is one for the projections of this store. */
bool orx_projector_sees(const orx_store *s, const orx_event_row *row);
/* Inside the registering transaction: a row for each projection. */
int orx_projector_register(orx_store *s, orx_err *err);
/* Inside a transaction about to commit: what is marked here and is somebody else's to write. */
int orx_projector_marks_write(orx_store *s, orx_err *err);
void orx_projector_committed(orx_store *s);
/* From now on a timer looks for what is due. */
void orx_projector_start(orx_store *s);
void orx_projector_stop(orx_store *s);
/* Inside a transaction: 1 = nothing is left for this process to write. */
int orx_projector_idle(orx_store *s, orx_err *err);
void orx_projector_free(orx_store *s);
/* Notes what was committed since the last look. What others may have written is read again, so that
 * orx_shown_see tells what holds now; the one who holds the lease calls it before writing. */
int orx_projector_look(orx_store *s, orx_err *err);
/* Takes or renews the lease. 1 = ours, 0 = somebody else's. */
int orx_lease_hold(orx_store *s, orx_err *err);
/* Inside a transaction: whether it is still ours (1) or was taken (0). */
int orx_lease_verify(orx_store *s, orx_err *err);
bool orx_lease_held(orx_store *s);
/* Inside a transaction: gives it back. */
int orx_lease_drop(orx_store *s, orx_err *err);
/* The process id of another holder, for messages; 0 = nobody. */
int64_t orx_lease_holder(orx_store *s);

int orx_shown_load(orx_store *s, const orx_shown *item, orx_shown_row *ret_row, orx_err *err);
/* As orx_shown_load, as of the last look for work. */
int orx_shown_see(orx_store *s, orx_shown *item, orx_shown_row *ret_row, orx_err *err);
/* Inside a transaction. */
int orx_shown_save(orx_store *s, orx_shown *item, const orx_shown_row *row, orx_err *err);
/* Inside a transaction: only the cursor moves, no row came of the events before it. */
int orx_shown_move(orx_store *s, orx_shown *item, int64_t cursor, orx_err *err);

/* aside.c */

/* The digest of the first `size` bytes of a file (all of it when size is negative). */
int orx_digest_file(orx_store *s, const char *path, int64_t size, uint8_t ret_sha[ORX_SHA256_LEN],
                    orx_err *err);
/* A free name PATH.foreign-<UTC time>; to be freed. */
char *orx_foreign_name(orx_store *s, const char *path);
/* Inside a transaction: the event that reports a file changed by somebody else. kept may be NULL.
 */
int orx_foreign_report(orx_store *s, const orx_shown *item, const char *note, const char *kept,
                       orx_err *err);
/* Notes that a projection cannot be written, once until it works again (rc == 0). */
void orx_projection_result(orx_store *s, orx_shown *item, int rc, const orx_err *why);

typedef struct orx_rebuild_report {
    void (*fn)(const char *path, const char *note, void *user);
    void *user;
    int written;
} orx_rebuild_report;

/* Writes the FILE projections that are due. report: all of them, and the files on the disk are
 * compared byte by byte; may be NULL. */
int orx_project_files(orx_store *s, bool all, orx_rebuild_report *report, orx_err *err);
/* Appends to the NDJSON projections that are due. */
int orx_project_rows(orx_store *s, bool all, orx_err *err);

/* project_folder.c: writes the pages of FOLDER projections; all = also those that are not due. */
int orx_project_folders(orx_store *s, bool all, orx_err *err);
/* The pages of all events that are known, where they are not there. */
int orx_project_folder_rebuild(orx_store *s, orx_shown *item, orx_rebuild_report *report,
                               orx_err *err);
/* Writes one NDJSON projection anew from segments and journal. */
int orx_project_rows_rebuild(orx_store *s, orx_shown *item, orx_rebuild_report *report,
                             orx_err *err);

/* ---- segment.c, segment_write.c, segment_read.c
 * -------------------------------------------------------------- */

#define ORX_SEGMENT_EVENTS 4096

typedef struct orx_segment {
    int64_t first_seq;
    int64_t last_seq;
    int64_t bytes;
    int64_t last_wall_ns;
} orx_segment;

/* Writes the segment's file durably; *ret_name is its name in state/segments (to be freed). */
int orx_segment_write(orx_store *s, const orx_segment *g, char **ret_name,
                      uint8_t ret_sha[ORX_SHA256_LEN], orx_err *err);

/* Calls fn for every event of the exported segments that are still in state/segments. */
int orx_segment_each(orx_store *s, int (*fn)(const orx_event_row *row, void *user, orx_err *err),
                     void *user, orx_err *err);

/* Checks the exported files that are still there against their recorded digests. */
int orx_segment_check(orx_store *s, orx_err *err);

/* ---- vfs.c --------------------------------------------------------------------------------- */

/* Registers a VFS over the platform's files for this store; temporary files lie in dir. */
orx_vfs *orx_vfs_new(orx_platform *p, const char *dir);
const char *orx_vfs_name(const orx_vfs *v);
/* The ORX_E_* code of the last operation that failed; 0 = none. */
int orx_vfs_last_error(const orx_vfs *v);
void orx_vfs_free(orx_vfs *v);

#endif
