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
#include "store/internal.h"

#include "platform/sim/shm.h"
#include "platform/sim/sim.h"

#include <stdatomic.h>
#include <stdio.h>

struct orx_vfs {
    sqlite3_vfs base;
    orx_platform *p;
    int last_error;
    char *dir;
    char name[48];
};

typedef struct vfs_file {
    sqlite3_file base;
    orx_vfs *v;
    orx_file *f;
    orx_file *shm;
    char *path;
    int level; /* SQLITE_LOCK_* */
    bool remove_at_close;
    bool name_unsynced; /* a journal whose name is not durable yet */
} vfs_file;

/* SQLite hands out its base structs; ours begin with them. */
static vfs_file *file_of(sqlite3_file *file) {
    return (vfs_file *)(void *)file;
}

static orx_vfs *vfs_of(sqlite3_vfs *base) {
    return base->pAppData;
}

/* Remembers what the platform said and gives SQLite's word for it. */
static int told(orx_vfs *v, int code, int word) {
    v->last_error = code;
    return code == ORX_E_NO_SPACE ? SQLITE_FULL : word;
}

/* ---- Bytes ---------------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file) {
    vfs_file *h = file_of(file);
    orx_file_close(h->v->p, h->f);
    if (h->remove_at_close)
        (void)orx_unlink(h->v->p, h->path, NULL);
    free(h->path);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *buf, int len, sqlite3_int64 offset) {
    vfs_file *h = file_of(file);
    int64_t n = orx_file_read(h->v->p, h->f, offset, buf, (size_t)len, NULL);
    if (n < 0)
        return told(h->v, (int)n, SQLITE_IOERR_READ);
    if (n == len)
        return SQLITE_OK;
    memset((char *)buf + n, 0, (size_t)(len - n));
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *buf, int len, sqlite3_int64 offset) {
    vfs_file *h = file_of(file);
    int rc = orx_file_write(h->v->p, h->f, offset, buf, (size_t)len, NULL);
    return rc < 0 ? told(h->v, rc, SQLITE_IOERR_WRITE) : SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    vfs_file *h = file_of(file);
    int rc = orx_file_truncate(h->v->p, h->f, size, NULL);
    return rc < 0 ? told(h->v, rc, SQLITE_IOERR_TRUNCATE) : SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    vfs_file *h = file_of(file);
    int rc = orx_file_sync(h->v->p, h->f, NULL);
    if (rc < 0)
        return told(h->v, rc, SQLITE_IOERR_FSYNC);
    if (!h->name_unsynced)
        return SQLITE_OK;
    rc = orx_sync_dir(h->v->p, h->v->dir, NULL);
    if (rc < 0)
        return told(h->v, rc, SQLITE_IOERR_DIR_FSYNC);
    h->name_unsynced = false;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    vfs_file *h = file_of(file);
    orx_file_info info;
    int rc = orx_file_info_of(h->v->p, h->f, &info, NULL);
    if (rc < 0)
        return told(h->v, rc, SQLITE_IOERR_FSTAT);
    *ret_size = info.size;
    return SQLITE_OK;
}

/* ---- Locks ---------------------------------------------------------------------------------- */

enum {
    PENDING_AT = 0x40000000,
    RESERVED_AT = PENDING_AT + 1,
    SHARED_AT = PENDING_AT + 2,
    SHARED_LEN = 510,
    SHM_LOCKS_AT = 120
};

static int bytes(vfs_file *h, int64_t at, int64_t len, int mode) {
    int rc = orx_sim_lock_bytes(h->v->p, h->f, at, len, mode, NULL);
    if (rc >= 0)
        return SQLITE_OK;
    return rc == ORX_E_BUSY ? SQLITE_BUSY : told(h->v, rc, SQLITE_IOERR_LOCK);
}

static int lock_shared(vfs_file *h) {
    int rc = bytes(h, PENDING_AT, 1, ORX_LOCK_SHARED);
    if (rc != SQLITE_OK)
        return rc;
    rc = bytes(h, SHARED_AT, SHARED_LEN, ORX_LOCK_SHARED);
    int off = bytes(h, PENDING_AT, 1, 0);
    return rc != SQLITE_OK ? rc : off;
}

static int lock_exclusive(vfs_file *h) {
    int rc = bytes(h, PENDING_AT, 1, ORX_LOCK_EXCLUSIVE);
    if (rc != SQLITE_OK)
        return rc;
    h->level = SQLITE_LOCK_PENDING; /* kept when readers are still there: no new ones come in */
    return bytes(h, SHARED_AT, SHARED_LEN, ORX_LOCK_EXCLUSIVE);
}

static int file_lock(sqlite3_file *file, int level) {
    vfs_file *h = file_of(file);
    if (h->level >= level)
        return SQLITE_OK;
    int rc = level == SQLITE_LOCK_SHARED     ? lock_shared(h)
             : level == SQLITE_LOCK_RESERVED ? bytes(h, RESERVED_AT, 1, ORX_LOCK_EXCLUSIVE)
                                             : lock_exclusive(h);
    if (rc == SQLITE_OK)
        h->level = level;
    return rc;
}

static int file_unlock(sqlite3_file *file, int level) {
    vfs_file *h = file_of(file);
    if (h->level <= level)
        return SQLITE_OK;
    int mode = level == SQLITE_LOCK_SHARED ? ORX_LOCK_SHARED : 0;
    int rc = bytes(h, SHARED_AT, SHARED_LEN, mode);
    int rest = bytes(h, PENDING_AT, 2, 0);
    h->level = level;
    return rc != SQLITE_OK ? rc : rest;
}

static int file_check_reserved(sqlite3_file *file, int *ret_held) {
    vfs_file *h = file_of(file);
    *ret_held = h->level >= SQLITE_LOCK_RESERVED ||
                orx_sim_bytes_locked(h->v->p, h->f, RESERVED_AT, 1, ORX_LOCK_EXCLUSIVE);
    return SQLITE_OK;
}

/* ---- The WAL index -------------------------------------------------------------------------- */

static int shm_open(vfs_file *h) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    if (h->shm)
        return SQLITE_OK;
    orx_str_addf(&path, "%s-shm", h->path);
    int rc = orx_file_open(h->v->p, orx_str_cstr(&path),
                           ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644, &h->shm, NULL);
    return rc < 0 ? told(h->v, rc, SQLITE_CANTOPEN) : SQLITE_OK;
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_mem) {
    vfs_file *h = file_of(file);
    void *mem = NULL;
    *ret_mem = NULL;
    int rc = shm_open(h);
    if (rc != SQLITE_OK)
        return rc;
    rc =
        orx_sim_shm_map(h->v->p, h->shm, (uint32_t)region, (uint32_t)size, extend != 0, &mem, NULL);
    *ret_mem = mem;
    return rc < 0 ? told(h->v, rc, SQLITE_IOERR_SHMMAP) : SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int first, int count, int flags) {
    vfs_file *h = file_of(file);
    int mode = flags & SQLITE_SHM_UNLOCK   ? 0
               : flags & SQLITE_SHM_SHARED ? ORX_LOCK_SHARED
                                           : ORX_LOCK_EXCLUSIVE;
    int rc = shm_open(h);
    if (rc == SQLITE_OK)
        rc = orx_sim_lock_bytes(h->v->p, h->shm, SHM_LOCKS_AT + first, count, mode, NULL);
    if (rc == ORX_E_BUSY)
        return SQLITE_BUSY;
    return rc < 0 ? told(h->v, rc, SQLITE_IOERR_SHMLOCK) : rc;
}

static void shm_barrier(sqlite3_file *file) {
    (void)file;
    atomic_thread_fence(memory_order_seq_cst);
}

static int shm_unmap(sqlite3_file *file, int remove) {
    vfs_file *h = file_of(file);
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    if (!h->shm)
        return SQLITE_OK;
    orx_sim_shm_unmap(h->v->p, h->shm);
    orx_file_close(h->v->p, h->shm);
    h->shm = NULL;
    orx_str_addf(&path, "%s-shm", h->path);
    if (remove)
        (void)orx_unlink(h->v->p, orx_str_cstr(&path), NULL);
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg) {
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file) {
    (void)file;
    return 4096;
}

/* Bytes beside a torn write keep their old value, here as on every disk SQLite expects. */
static int file_traits(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

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
    vfs_file *h = file_of(file);
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
        return told(v, rc, SQLITE_CANTOPEN);
    h->name_unsynced = fresh && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL));
    h->remove_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    h->path = ORX_STEAL(path);
    h->base.pMethods = &methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync) {
    orx_vfs *v = vfs_of(base);
    int rc = orx_unlink(v->p, name, NULL);
    if (rc == 0 && sync)
        rc = orx_sync_dir(v->p, v->dir, NULL);
    return rc < 0 ? told(v, rc, SQLITE_IOERR_DELETE) : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *ret_yes) {
    orx_vfs *v = vfs_of(base);
    orx_file_info info;
    int rc = orx_stat(v->p, name, &info, NULL);
    /* A journal that cannot be seen is no journal that is not there. */
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        return told(v, rc, SQLITE_IOERR_ACCESS);
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
