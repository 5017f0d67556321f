/* sql_error.c: the one place where SQLite's answers become ours. */
#include "store/internal.h"

/* The operating system's reason behind an I/O answer, 0 when there is none. */
static int system_code(orx_store *s) {
    if (s->vfs)
        return orx_vfs_last_error(s->vfs);
    int errnum = s->db ? sqlite3_system_errno(s->db) : 0;
    return errnum ? orx_err_code_of_errno(errnum) : 0;
}

static int code_of(orx_store *s, int rc) {
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return ORX_E_NO_SPACE;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ORX_E_DENIED;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: {
        int code = system_code(s);
        /* The database was there: what is missing is the WAL index, and cannot be made. */
        if ((rc & 0xff) == SQLITE_CANTOPEN && code == ORX_E_NOT_FOUND)
            return ORX_E_DENIED;
        return code ? code : (rc & 0xff) == SQLITE_CANTOPEN ? ORX_E_DENIED : ORX_E_IO;
    }
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ORX_E_BUSY;
    case SQLITE_CONSTRAINT:
        return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       rc == SQLITE_CONSTRAINT_ROWID
                   ? ORX_E_EXISTS
                   : ORX_E_INVALID;
    case SQLITE_TOOBIG:
        return ORX_E_LIMIT;
    case SQLITE_INTERRUPT:
        return ORX_E_CANCELLED;
    default:
        return ORX_E_INTERNAL;
    }
}

static const char *advice_for(int code) {
    switch (code) {
    case ORX_E_NO_SPACE:
        return "the disk or quota is full: make room and start again, what was committed is safe";
    case ORX_E_DENIED:
        return "the file or its folder cannot be written: check owner, mode and mount options";
    case ORX_E_BUSY:
        return "another program keeps the database locked: close it and try again";
    case ORX_E_IO:
        return "the disk or file system failed: check the kernel log";
    default:
        return NULL;
    }
}

int orx_store_fail(orx_store *s, int rc, const char *text, orx_err *err) {
    int primary = rc & 0xff;
    const char *said = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    if (primary == SQLITE_NOMEM)
        orx_out_of_memory(0);
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || rc == SQLITE_IOERR_CORRUPTFS) {
        s->damaged = true;
        (void)orx_guard_mark(s, ORX_GUARD_SUSPECT);
        return orx_err_set(err, ORX_E_CORRUPT,
                           "%s: the journal is damaged: %s. Nothing was changed; start again to "
                           "have it checked, or %s",
                           s->db_path, said, ORX_DAMAGE_ADVICE);
    }
    if (rc == SQLITE_READONLY_DBMOVED)
        return orx_err_set(err, ORX_E_CONFLICT,
                           "%s was moved or replaced while it was in use: start again", s->db_path);
    int code = code_of(s, rc);
    const char *advice = advice_for(code);
    if (advice)
        return orx_err_set(err, code, "%s: %s (%s)", s->db_path, said, advice);
    return orx_err_set(err, code, "%s: %s (code %d) in: %.200s", s->db_path, said, rc, text);
}
