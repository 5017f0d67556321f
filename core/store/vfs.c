/* vfs.c: SQLite's files on the platform's files, for the simulation.
 *
 * Every read, write, truncate and sync of the database goes through the table of primitives that
 * the fault tests count and break, so a simulated disk can lose unsynced and tear half-written
 * pages. Locks follow SQLite's unix VFS byte by byte (www.sqlite.org/lockingv3.html); the WAL index
 * is plain memory that dies with its last user, as a memory-mapped file does in a crash.
 *
 * A VFS belongs to one store: it carries the store's platform. What the stores of one simulation
 * share is SQLite's list of VFSes and its random generator.
 */
#include "store/vfs.h"

#include "platform/sim/sim.h"

#include <stdio.h>

static orx_vfs *vfs_of(sqlite3_vfs *base) {
    return base->pAppData;
}

/* ---- Names ---------------------------------------------------------------------------------- */

static int open_flags(int flags) {
    int out = ORX_OPEN_READ;
    if (flags & SQLITE_OPEN_READWRITE)
        out |= ORX_OPEN_WRITE;
    if (flags & SQLITE_OPEN_CREATE)
        out |= ORX_OPEN_CREATE;
    if (flags & SQLITE_OPEN_EXCLUSIVE)
        out |= ORX_OPEN_EXCL;
    return out;
}

static char *path_of(orx_vfs *v, const char *name) {
    if (name)
        return orx_xstrdup(name);
    uint64_t id;
    orx_random(v->p, &id, sizeof id);
    orx_str path = {0};
    orx_str_addf(&path, "%s/sqlite-temp-%016llx", v->dir, (unsigned long long)id);
    return orx_str_steal(&path);
}

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags) {
    orx_vfs *v = vfs_of(base);
    vfs_file *h = orx_vfs_file_of(file);
    *h = (vfs_file){.v = v};
    ORX_CLEANUP(orx_freep) char *path = path_of(v, name);
    /* As SQLite's own unix VFS: whoever may have made the file makes its name durable with the
     * first sync, also when another process made it and has not got to its own sync yet. */
    bool fresh = (flags & SQLITE_OPEN_CREATE) != 0;
    int rc = orx_file_open(v->p, path, open_flags(flags), 0644, &h->f, NULL);
    if (rc == ORX_E_DENIED && (flags & SQLITE_OPEN_READWRITE)) {
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
        rc = orx_file_open(v->p, path, ORX_OPEN_READ, 0, &h->f, NULL);
    }
    if (rc < 0)
        return orx_vfs_told(v, rc, SQLITE_CANTOPEN);
    h->name_unsynced = fresh && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL));
    h->remove_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    h->path = ORX_STEAL(path);
    h->base.pMethods = &orx_vfs_methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync) {
    orx_vfs *v = vfs_of(base);
    int rc = orx_unlink(v->p, name, NULL);
    if (rc == 0 && sync)
        rc = orx_sync_dir(v->p, v->dir, NULL);
    return rc < 0 ? orx_vfs_told(v, rc, SQLITE_IOERR_DELETE) : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *ret_yes) {
    orx_vfs *v = vfs_of(base);
    orx_file_info info;
    int rc = orx_stat(v->p, name, &info, NULL);
    /* A journal that cannot be seen is no journal that is not there. */
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        return orx_vfs_told(v, rc, SQLITE_IOERR_ACCESS);
    bool there = rc == 0;
    /* An empty journal counts as none, as in the unix VFS. */
    *ret_yes = there && (flags != SQLITE_ACCESS_EXISTS || info.size > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *base, const char *name, int size, char *out) {
    (void)base;
    int n = snprintf(out, (size_t)size, "%s", name);
    return n < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* ---- The rest ------------------------------------------------------------------------------- */

static int vfs_random(sqlite3_vfs *base, int len, char *out) {
    orx_random(vfs_of(base)->p, out, (size_t)len);
    return len;
}

static int vfs_sleep(sqlite3_vfs *base, int microseconds) {
    orx_sim_pause(vfs_of(base)->p, (int64_t)microseconds * 1000);
    return microseconds;
}

/* Milliseconds since noon in Greenwich, November 24, 4714 B.C. */
static int vfs_time(sqlite3_vfs *base, sqlite3_int64 *ret_ms) {
    *ret_ms = orx_wall_ns(vfs_of(base)->p) / ORX_MS + INT64_C(210866760000000);
    return SQLITE_OK;
}

static int vfs_time_old(sqlite3_vfs *base, double *ret_days) {
    sqlite3_int64 ms;
    (void)vfs_time(base, &ms);
    *ret_days = (double)ms / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last(sqlite3_vfs *base, int len, char *out) {
    (void)base;
    if (len > 0)
        out[0] = '\0';
    return 0;
}

orx_vfs *orx_vfs_new(orx_platform *p, const char *dir) {
    orx_vfs *v = orx_xcalloc(1, sizeof *v);
    v->p = p;
    v->dir = orx_xstrdup(dir);
    (void)snprintf(v->name, sizeof v->name, "orxaq-%p", (void *)v);
    v->base = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(vfs_file),
        .mxPathname = 1024,
        .zName = v->name,
        .pAppData = v,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time_old,
        .xGetLastError = vfs_last,
        .xCurrentTimeInt64 = vfs_time,
    };
    (void)sqlite3_vfs_register(&v->base, 0);
    /* SQLite draws the salts of a WAL from a generator of its own; two runs of one seed must write
     * the same bytes. */
    int seed = 0;
    orx_random(p, &seed, sizeof seed);
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed | 1, NULL);
    return v;
}

const char *orx_vfs_name(const orx_vfs *v) {
    return v->name;
}

int orx_vfs_last_error(const orx_vfs *v) {
    return v->last_error;
}

void orx_vfs_free(orx_vfs *v) {
    if (!v)
        return;
    (void)sqlite3_vfs_unregister(&v->base);
    free(v->dir);
    free(v);
}
