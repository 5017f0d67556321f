/* open.c: opening and closing a journal.
 *
 * A reader opens the file and compares versions; nothing is scanned. A writer takes longer the
 * first time (tables, migrations) and after a loss of power: store_writer holds a row for every
 * open writer, so a row of another boot says that nobody closed the journal then, and everything is
 * checked once. Rows of processes that died in this boot are only removed: the disk did not fail
 * them.
 *
 * The database file is never opened beside SQLite: on POSIX closing any other descriptor of it
 * would drop SQLite's locks in this process.
 */
#include "store/internal.h"

#include <stdio.h>

/* SQLite's unix VFS takes names of up to 512 bytes; -wal and -shm are appended. */
#define PATH_MAX_BYTES 500

#define BUSY_MS 10000

/* ---- Names and folders ---------------------------------------------------------------------- */

static void name_files(orx_store *s, const char *root) {
    orx_str dir = {0};
    /* SQLite reads "file:..." as a URI. */
    bool plain = root[0] == '/' || strncmp(root, "file:", 5) != 0;
    orx_str_addf(&dir, "%s%s/state", plain ? "" : "./", root);
    s->root = orx_xmemdup0(dir.buf, dir.len - strlen("/state"));
    s->dir = orx_str_steal(&dir);
    orx_str_addf(&dir, "%s/orxaq.db", s->dir);
    s->db_path = orx_str_steal(&dir);
    orx_str_addf(&dir, "%s/orxaq.wlock", s->dir);
    s->wlock_path = orx_str_steal(&dir);
}

static int check_folder(orx_store *s, int flags, orx_err *err) {
    int rc = 0;
    if (flags & ORX_STORE_CREATE)
        rc = orx_folder_make(s, s->dir, err);
    if (rc < 0)
        return orx_err_wrap(err, "the journal's folder cannot be made");
    bool network = false;
    if (orx_is_network_fs(s->p, s->dir, &network, NULL) == 0 && network)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "%s lies on a network file system, where the journal's locks do not "
                           "hold: choose a root on a local disk",
                           s->dir);
    return 0;
}

static int check_there(orx_store *s, int flags, orx_err *err) {
    int rc = (flags & ORX_STORE_CREATE) ? 1 : orx_there(s, s->db_path, true, NULL, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return orx_err_set(err, ORX_E_NOT_FOUND, "%s does not exist: nothing has run in this root yet",
                       s->db_path);
}

/* ---- The connection ------------------------------------------------------------------------- */

static int connect_as(orx_store *s, const char *name, int flags, orx_err *err) {
    int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX,
                             s->vfs ? orx_vfs_name(s->vfs) : NULL);
    if (rc != SQLITE_OK)
        return orx_store_fail(s, sqlite3_extended_errcode(s->db), "opening", err);
    (void)sqlite3_extended_result_codes(s->db, 1);
    (void)sqlite3_busy_timeout(s->db, BUSY_MS);
    return 0;
}

static void disconnect(orx_store *s) {
    orx_sql_cache_free(s);
    (void)sqlite3_close(s->db);
    s->db = NULL;
}

/* The first look into the file, where most damage shows. */
static int touch(orx_store *s, orx_err *err) {
    int64_t version;
    return orx_store_int(s, "PRAGMA schema_version", 0, &version, err);
}

/* On a read-only medium SQLite cannot make the -wal and -shm it wants. Without a -wal there is
 * nothing to miss, and nobody can change the file: read it as it is. */
static int connect_immutable(orx_store *s, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str uri = {0};
    orx_str_adds(&uri, "file:");
    for (const char *c = s->db_path; *c; c++) {
        bool safe = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || strchr("/._-", *c);
        orx_str_addf(&uri, safe ? "%c" : "%%%02X", (unsigned)(uint8_t)*c);
    }
    orx_str_adds(&uri, "?immutable=1");
    disconnect(s);
    int rc = connect_as(s, orx_str_cstr(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    return rc < 0 ? rc : touch(s, err);
}

static bool has_no_wal(orx_store *s) {
    ORX_CLEANUP(orx_str_free) orx_str wal = {0};
    orx_file_info info;
    orx_str_addf(&wal, "%s-wal", s->db_path);
    int there = orx_there(s, orx_str_cstr(&wal), true, &info, NULL);
    return there == 0 || (there == 1 && info.size == 0);
}

static int connect_reader(orx_store *s, orx_err *err) {
    int rc = connect_as(s, s->db_path, SQLITE_OPEN_READONLY, err);
    if (rc == 0)
        rc = touch(s, err);
    if (rc == ORX_E_DENIED && !s->vfs && has_no_wal(s))
        rc = connect_immutable(s, err);
    return rc;
}

static int connect_writer(orx_store *s, orx_err *err) {
    int rc = connect_as(s, s->db_path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (rc == 0)
        rc = touch(s, err);
    if (rc < 0)
        return rc;
    if (sqlite3_db_readonly(s->db, "main") == 1)
        return orx_err_set(err, ORX_E_DENIED,
                           "%s cannot be written: check owner, mode and mount options", s->db_path);
    return 0;
}

/* A few MiB of cache serve every read we make; what is spilled stays in memory. */
static int set_up(orx_store *s, orx_err *err) {
    int rc = orx_store_script(s,
                              "PRAGMA cache_size = -2000;"
                              "PRAGMA mmap_size = 0;"
                              "PRAGMA temp_store = MEMORY;"
                              "PRAGMA foreign_keys = ON;",
                              err);
    if (rc < 0 || s->read_only)
        return rc;
    return orx_store_script(s,
                            "PRAGMA synchronous = FULL;"
                            "PRAGMA secure_delete = OFF;"
                            "PRAGMA journal_size_limit = 16777216;"
                            "PRAGMA wal_autocheckpoint = 1000;",
                            err);
}

/* The journal mode is stored in the file; asking for it again when it is there costs nothing. Under
 * the lock, for two processes may make the database at once. */
static int set_wal(orx_store *s, orx_err *err) {
    int rc = orx_file_lock(s->p, s->wlock, ORX_LOCK_EXCLUSIVE, true, err);
    if (rc < 0)
        return rc;
    orx_sql *q;
    rc = orx_sql_get(s, "PRAGMA journal_mode = WAL", &q, err);
    if (rc == 0)
        rc = sqlite3_step(q->stmt) == SQLITE_ROW
                 ? 1
                 : orx_store_fail(s, sqlite3_extended_errcode(s->db), "journal_mode", err);
    if (rc == 1 && !orx_view_is(orx_sql_col_text(q, 0), "wal"))
        rc = orx_err_set(err, ORX_E_UNSUPPORTED,
                         "%s: this file system offers no shared memory for SQLite's WAL: choose "
                         "a root on a local disk",
                         s->db_path);
    if (rc >= 0 || q)
        orx_sql_reset(q);
    orx_file_unlock(s->p, s->wlock);
    return rc < 0 ? rc : 0;
}

/* SQLite makes the names of the database and its -wal durable only in the process that created
 * them; a commit of ours must not depend on what that one still does. While we are connected
 * nobody removes the -wal. Whoever committed the first event has done the same for the root. */
static int settle_names(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    int rc = touch(s, err); /* opens the -wal */
    if (rc == 0)
        rc = orx_sync_dir(s->p, s->dir, err);
    if (rc == 0)
        rc = orx_sync_dir(s->p, s->root, err);
    return rc < 0 || memory->committed > 0 ? rc : orx_folder_settle_root(s, err);
}

/* ---- Registration --------------------------------------------------------------------------- */

static int intern(orx_store *s, const char *insert, const char *select, const char *name,
                  int64_t *ret_id, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, insert, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, name);
    rc = orx_store_done(q, err);
    if (rc == 0)
        rc = orx_sql_get(s, select, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, name);
    rc = orx_sql_step(q, err);
    if (rc <= 0)
        return rc < 0 ? rc
                      : orx_err_set(err, ORX_E_INTERNAL, "%s: no row for %s", s->db_path, name);
    *ret_id = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return 0;
}

static int register_names(orx_store *s, orx_err *err) {
    int64_t origin;
    int rc = intern(s, "INSERT OR IGNORE INTO store_boot(name) VALUES(?1)",
                    "SELECT id FROM store_boot WHERE name = ?1", s->boot, &s->boot_id, err);
    if (rc < 0)
        return rc;
    return intern(s,
                  "INSERT OR IGNORE INTO origin(name, last_seq, last_hash, base_seq, base_hash)"
                  " VALUES(?1, 0, zeroblob(32), 0, zeroblob(32))",
                  "SELECT id FROM origin WHERE name = ?1", s->origin, &origin, err);
}

static int register_writer(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s, "INSERT INTO store_writer(pid, start, boot) VALUES(?1, ?2, ?3)", &q, err);
    if (rc < 0)
        return rc;
    int64_t pid;
    int64_t start;
    orx_pid_self(s->p, &pid, &start);
    orx_sql_int(q, 1, pid);
    orx_sql_int(q, 2, start);
    orx_sql_str(q, 3, s->boot);
    rc = orx_store_done(q, err);
    if (rc == 0)
        s->writer = sqlite3_last_insert_rowid(s->db);
    return rc;
}

/* Writers that are no more: those of other boots, and dead ones of this boot. */
static int forget_dead(orx_store *s, orx_err *err) {
    orx_sql *q;
    ORX_VEC(int64_t) dead = {0};
    int rc = orx_sql_get(s, "SELECT id, pid, start, boot FROM store_writer", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1) {
        bool here = orx_view_is(orx_sql_col_text(q, 3), s->boot);
        if (!here ||
            orx_pid_state_of(s->p, orx_sql_col_int(q, 1), orx_sql_col_int(q, 2)) == ORX_PID_GONE)
            orx_vec_push(&dead, orx_sql_col_int(q, 0));
    }
    for (size_t i = 0; rc == 0 && i < dead.len; i++) {
        rc = orx_sql_get(s, "DELETE FROM store_writer WHERE id = ?1", &q, err);
        if (rc < 0)
            break;
        orx_sql_int(q, 1, dead.items[i]);
        rc = orx_store_done(q, err);
    }
    orx_vec_free(&dead);
    return rc;
}

static int register_all(orx_store *s, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = register_names(s, err);
    if (rc == 0)
        rc = forget_dead(s, err);
    if (rc == 0)
        rc = register_writer(s, err);
    if (rc == 0)
        rc = orx_projector_register(s, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* ---- Opening -------------------------------------------------------------------------------- */

/* Whether a writer of an earlier boot never closed. */
static int lost_power(orx_store *s, bool *ret_lost, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT 1 FROM store_writer WHERE boot <> ?1 LIMIT 1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, s->boot);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    if (rc < 0)
        return rc;
    *ret_lost = rc == 1;
    return 0;
}

/* Everything, when there is a reason to doubt. */
static int check_if_doubtful(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    bool lost = false;
    int rc = lost_power(s, &lost, err);
    if (rc < 0 || (!lost && memory->condition == ORX_GUARD_SOUND))
        return rc;
    rc = orx_check_pages(s, err);
    if (rc == 0)
        rc = orx_event_verify(s, NULL, err);
    if (rc == 0)
        rc = orx_guard_mark(s, ORX_GUARD_SOUND);
    return rc;
}

static int open_reader(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    int rc = connect_reader(s, err);
    if (rc == 0)
        rc = set_up(s, err);
    if (rc == 0)
        rc = orx_migrate_prepare(s, err);
    if (rc == 0)
        rc = orx_migrate_rooms(s, err);
    int64_t last = 0;
    if (rc == 0)
        rc = orx_store_last(s, &last, err);
    return rc < 0 ? rc : orx_damage_check_end(s, memory, last, err);
}

/* Only a file that SQLite or the chain calls damaged is moved; whatever else fails leaves it. */
static int look_closely(orx_store *s, const orx_guard_memory *memory, int64_t *ret_last,
                        orx_err *err) {
    int rc = connect_writer(s, err);
    if (rc == 0)
        rc = set_up(s, err);
    if (rc == 0)
        rc = set_wal(s, err);
    if (rc == 0)
        rc = settle_names(s, memory, err);
    if (rc == 0)
        rc = orx_migrate_prepare(s, err);
    if (rc == 0)
        rc = orx_migrate_rooms(s, err);
    if (rc == 0)
        rc = check_if_doubtful(s, memory, err);
    return rc < 0 ? rc : orx_store_last(s, ret_last, err);
}

static int open_writer(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int64_t last = 0;
    int rc = look_closely(s, memory, &last, &why);
    if (rc == ORX_E_CORRUPT) { /* a second look, for a read that went wrong once */
        disconnect(s);
        s->damaged = false;
        rc = look_closely(s, memory, &last, &why);
    }
    if (rc == ORX_E_CORRUPT) {
        disconnect(s);
        return orx_damage_set_aside(s, why.msg, err);
    }
    if (rc < 0) {
        if (err)
            *err = why;
        return rc;
    }
    rc = orx_damage_check_end(s, memory, last, err);
    if (rc == 0)
        rc = orx_projector_open(s, err);
    if (rc == 0)
        rc = register_all(s, err);
    if (rc == 0)
        orx_projector_start(s);
    return rc;
}

static int open_all(orx_store *s, int flags, orx_err *err) {
    orx_guard_memory memory = {0};
    int rc = check_folder(s, flags, err);
    bool make = (flags & ORX_STORE_CREATE) || (!s->read_only && orx_exists(s->p, s->db_path));
    if (rc == 0)
        rc = orx_guard_open(s, make, err);
    if (rc == 0)
        rc = orx_guard_read(s, &memory, err);
    if (rc == 0)
        rc = orx_damage_check_files(s, &memory, err);
    if (rc == 0)
        rc = check_there(s, flags, err);
    if (rc < 0)
        return rc;
    return s->read_only ? open_reader(s, &memory, err) : open_writer(s, &memory, err);
}

static void destroy(orx_store *s) {
    orx_tx_rollback(s);
    if (s->db)
        disconnect(s);
    orx_notes_free(s);
    orx_projector_stop(s);
    orx_projector_free(s);
    orx_vfs_free(s->vfs);
    orx_file_close(s->p, s->wlock);
    orx_map_free(&s->settled);
    orx_sha256_end(&s->chain.digest, NULL);
    orx_str_free(&s->chain.record);
    orx_str_free(&s->chain.reference);
    orx_str_free(&s->body);
    free(s->root);
    free(s->dir);
    free(s->db_path);
    free(s->wlock_path);
    free(s->origin);
    free(s->boot);
    free(s);
}

static int check_arguments(const char *root, const char *origin, int flags, orx_err *err) {
    if (strlen(root) > PATH_MAX_BYTES - strlen("/state/orxaq.db"))
        return orx_err_set(err, ORX_E_LIMIT,
                           "the path of the root is too long for SQLite: %.64s...", root);
    if (!(flags & ORX_STORE_READ_ONLY) && !(origin && *origin))
        return orx_err_set(err, ORX_E_INTERNAL, "a writer of the journal needs an origin");
    return 0;
}

int orx_store_open(orx_platform *p, const char *root, const char *origin,
                   const orx_store_room *const *rooms, int flags, orx_store **ret_store,
                   orx_err *err) {
    int rc = check_arguments(root, origin, flags, err);
    if (rc < 0)
        return rc;
    orx_store *s = orx_xcalloc(1, sizeof *s);
    s->p = p;
    s->rooms = rooms;
    s->read_only = (flags & ORX_STORE_READ_ONLY) != 0;
    s->origin = origin && !s->read_only ? orx_xstrdup(origin) : NULL;
    s->boot = orx_xstrdup(orx_boot_id(p));
    orx_sha256_begin(&s->chain.digest);
    name_files(s, root);
    s->vfs = p->simulated ? orx_vfs_new(p, s->dir) : NULL;
    rc = open_all(s, s->read_only ? 0 : flags, err);
    if (rc < 0) {
        destroy(s);
        return rc;
    }
    *ret_store = s;
    return 0;
}

/* ---- Closing -------------------------------------------------------------------------------- */

static int forget_self(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM store_writer WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, s->writer);
    rc = orx_store_done(q, err);
    return rc < 0 ? rc : orx_lease_drop(s, err);
}

/* 1 = signed off, 0 = somebody gave us more to write meanwhile. */
static int sign_off(orx_store *s, bool insist) {
    if (orx_tx_begin(s, NULL) < 0)
        return -1;
    int idle = orx_projector_idle(s, NULL);
    if (idle < 0 || (idle == 0 && !insist)) {
        orx_tx_rollback(s);
        return idle;
    }
    if (forget_self(s, NULL) < 0) {
        orx_tx_rollback(s);
        return -1;
    }
    return orx_tx_commit(s, NULL) < 0 ? -1 : 1;
}

static void close_writer(orx_store *s) {
    enum { TRIES = 8 };
    orx_projector_stop(s);
    if (s->notes.list.len && orx_tx_begin(s, NULL) == 0)
        (void)orx_tx_commit(s, NULL);
    bool failed = false;
    for (int i = 0; i < TRIES; i++) {
        failed = orx_projection_flush(s, true, NULL) < 0;
        if (sign_off(s, failed || i == TRIES - 1) != 0)
            break;
    }
}

void orx_store_close(orx_store *s) {
    if (!s)
        return;
    orx_tx_rollback(s);
    if (!s->read_only && !s->damaged)
        close_writer(s);
    destroy(s);
}

orx_platform *orx_store_platform(orx_store *s) {
    return s->p;
}

const char *orx_store_root(orx_store *s) {
    return s->root;
}
