/* vfs_file.c: an open file of SQLite on a file of the platform: bytes, locks, the WAL index. */
#include "store/vfs.h"

#include "platform/sim/shm.h"

#include <stdatomic.h>

/* ---- Bytes ---------------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file) {
    vfs_file *h = orx_vfs_file_of(file);
    orx_file_close(h->v->p, h->f);
    if (h->remove_at_close)
        (void)orx_unlink(h->v->p, h->path, NULL);
    free(h->path);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *buf, int len, sqlite3_int64 offset) {
    vfs_file *h = orx_vfs_file_of(file);
    int64_t n = orx_file_read(h->v->p, h->f, offset, buf, (size_t)len, NULL);
    if (n < 0)
        return orx_vfs_told(h->v, (int)n, SQLITE_IOERR_READ);
    if (n == len)
        return SQLITE_OK;
    memset((char *)buf + n, 0, (size_t)(len - n));
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *buf, int len, sqlite3_int64 offset) {
    vfs_file *h = orx_vfs_file_of(file);
    int rc = orx_file_write(h->v->p, h->f, offset, buf, (size_t)len, NULL);
    return rc < 0 ? orx_vfs_told(h->v, rc, SQLITE_IOERR_WRITE) : SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    vfs_file *h = orx_vfs_file_of(file);
    int rc = orx_file_truncate(h->v->p, h->f, size, NULL);
    return rc < 0 ? orx_vfs_told(h->v, rc, SQLITE_IOERR_TRUNCATE) : SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    vfs_file *h = orx_vfs_file_of(file);
    int rc = orx_file_sync(h->v->p, h->f, NULL);
    if (rc < 0)
        return orx_vfs_told(h->v, rc, SQLITE_IOERR_FSYNC);
    if (!h->name_unsynced)
        return SQLITE_OK;
    rc = orx_sync_dir(h->v->p, h->v->dir, NULL);
    if (rc < 0)
        return orx_vfs_told(h->v, rc, SQLITE_IOERR_DIR_FSYNC);
    h->name_unsynced = false;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    vfs_file *h = orx_vfs_file_of(file);
    orx_file_info info;
    int rc = orx_file_info_of(h->v->p, h->f, &info, NULL);
    if (rc < 0)
        return orx_vfs_told(h->v, rc, SQLITE_IOERR_FSTAT);
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
    return rc == ORX_E_BUSY ? SQLITE_BUSY : orx_vfs_told(h->v, rc, SQLITE_IOERR_LOCK);
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
    vfs_file *h = orx_vfs_file_of(file);
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
    vfs_file *h = orx_vfs_file_of(file);
    if (h->level <= level)
        return SQLITE_OK;
    int mode = level == SQLITE_LOCK_SHARED ? ORX_LOCK_SHARED : 0;
    int rc = bytes(h, SHARED_AT, SHARED_LEN, mode);
    int rest = bytes(h, PENDING_AT, 2, 0);
    h->level = level;
    return rc != SQLITE_OK ? rc : rest;
}

static int file_check_reserved(sqlite3_file *file, int *ret_held) {
    vfs_file *h = orx_vfs_file_of(file);
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
    return rc < 0 ? orx_vfs_told(h->v, rc, SQLITE_CANTOPEN) : SQLITE_OK;
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_mem) {
    vfs_file *h = orx_vfs_file_of(file);
    void *mem = NULL;
    *ret_mem = NULL;
    int rc = shm_open(h);
    if (rc != SQLITE_OK)
        return rc;
    rc =
        orx_sim_shm_map(h->v->p, h->shm, (uint32_t)region, (uint32_t)size, extend != 0, &mem, NULL);
    *ret_mem = mem;
    return rc < 0 ? orx_vfs_told(h->v, rc, SQLITE_IOERR_SHMMAP) : SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int first, int count, int flags) {
    vfs_file *h = orx_vfs_file_of(file);
    int mode = flags & SQLITE_SHM_UNLOCK   ? 0
               : flags & SQLITE_SHM_SHARED ? ORX_LOCK_SHARED
                                           : ORX_LOCK_EXCLUSIVE;
    int rc = shm_open(h);
    if (rc == SQLITE_OK)
        rc = orx_sim_lock_bytes(h->v->p, h->shm, SHM_LOCKS_AT + first, count, mode, NULL);
    if (rc == ORX_E_BUSY)
        return SQLITE_BUSY;
    return rc < 0 ? orx_vfs_told(h->v, rc, SQLITE_IOERR_SHMLOCK) : rc;
}

static void shm_barrier(sqlite3_file *file) {
    (void)file;
    atomic_thread_fence(memory_order_seq_cst);
}

static int shm_unmap(sqlite3_file *file, int remove) {
    vfs_file *h = orx_vfs_file_of(file);
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

const sqlite3_io_methods orx_vfs_methods = {
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
