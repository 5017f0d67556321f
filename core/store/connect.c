/* connect.c: the connection to SQLite: who opens it how, and what is set on it.
 *
 * The database file is never opened beside SQLite: on POSIX closing any other descriptor of it
 * would drop SQLite's locks in this process.
 */
#include "store/internal.h"

#define BUSY_MS 10000

/* Closing the last connection moves the -wal into the database. Not with one that is damaged, or
 * may be: it is kept exactly as it was found. */
void orx_connect_freeze(orx_store *s, bool freeze) {
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, freeze ? 1 : 0, NULL);
}

static int connect_as(orx_store *s, const char *name, int flags, orx_err *err) {
    int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX,
                             s->vfs ? orx_vfs_name(s->vfs) : NULL);
    if (rc != SQLITE_OK)
        return orx_store_fail(s, sqlite3_extended_errcode(s->db), "opening", err);
    orx_connect_freeze(s, true);
    (void)sqlite3_extended_result_codes(s->db, 1);
    (void)sqlite3_busy_timeout(s->db, BUSY_MS);
    return 0;
}

void orx_disconnect(orx_store *s) {
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
    orx_disconnect(s);
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

int orx_connect_reader(orx_store *s, orx_err *err) {
    int rc = connect_as(s, s->db_path, SQLITE_OPEN_READONLY, err);
    if (rc == 0)
        rc = touch(s, err);
    if (rc == ORX_E_DENIED && !s->vfs && has_no_wal(s))
        rc = connect_immutable(s, err);
    return rc;
}

int orx_connect_writer(orx_store *s, orx_err *err) {
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
int orx_connect_set_up(orx_store *s, orx_err *err) {
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
int orx_connect_set_wal(orx_store *s, orx_err *err) {
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
int orx_connect_settle(orx_store *s, const orx_guard_memory *memory, orx_err *err) {
    int rc = touch(s, err); /* opens the -wal */
    if (rc == 0)
        rc = orx_sync_dir(s->p, s->dir, err);
    if (rc == 0)
        rc = orx_sync_dir(s->p, s->root, err);
    return rc < 0 || memory->committed > 0 ? rc : orx_folder_settle_root(s, err);
}
