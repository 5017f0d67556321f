/* Whole-file locks. Open-file-description locks where they exist: they exclude other handles of
 * this process too and are not lost when some unrelated handle to the file is closed. */
#include "platform/uv/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#ifdef F_OFD_SETLK
static int set_lock(int fd, int mode) {
    struct flock fl = {0};
    fl.l_type = F_UNLCK;
    if (mode == ORX_LOCK_SHARED)
        fl.l_type = F_RDLCK;
    else if (mode == ORX_LOCK_EXCLUSIVE)
        fl.l_type = F_WRLCK;
    fl.l_whence = SEEK_SET;
    return fcntl(fd, F_OFD_SETLK, &fl);
}

/* What would be in the way of a shared lock is an exclusive one. */
static bool is_held(int fd) {
    struct flock fl = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}
#else
static int set_lock(int fd, int mode) {
    int op = LOCK_UN;
    if (mode == ORX_LOCK_SHARED)
        op = LOCK_SH;
    else if (mode == ORX_LOCK_EXCLUSIVE)
        op = LOCK_EX;
    return flock(fd, op | LOCK_NB);
}

static bool is_held(int fd) {
    bool held = set_lock(fd, ORX_LOCK_SHARED) < 0 && errno == EWOULDBLOCK;
    (void)set_lock(fd, 0);
    return held;
}
#endif

#define POLL_NS (ORX_MS / 2)

static bool is_taken(int rc) {
    return rc < 0 && (errno == EAGAIN || errno == EACCES);
}

/* The kernel's own waiting has no end. Trying again and again serves waiters in no order, but each
 * gets its turn: holders are quick, and tries are many to each of them. */
static int wait_for_lock(orx_platform *p, int fd, int mode) {
    const struct timespec pause = {0, POLL_NS};
    int64_t until = orx_mono_ns(p) + ORX_LOCK_WAIT_NS;
    int rc = set_lock(fd, mode);
    while ((is_taken(rc) && orx_mono_ns(p) < until) || (rc < 0 && errno == EINTR)) {
        (void)nanosleep(&pause, NULL);
        rc = set_lock(fd, mode);
    }
    return rc;
}

int orx_uv_file_lock(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err) {
    int rc = wait ? wait_for_lock(p, f->fd, mode) : set_lock(f->fd, mode);
    if (rc == 0)
        return 0;
    if (is_taken(rc) && wait)
        return orx_err_set(err, ORX_E_BUSY,
                           "%s has been locked by another process for %d s; `fuser %s` shows which",
                           f->path, (int)(ORX_LOCK_WAIT_NS / ORX_SEC), f->path);
    if (is_taken(rc))
        return orx_err_set(err, ORX_E_BUSY, "%s is locked by another process", f->path);
    if (errno == EBADF)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: an exclusive lock needs a file opened for writing, a shared one "
                           "a file opened for reading",
                           f->path);
    return orx_err_errno(err, errno, "cannot lock %s", f->path);
}

void orx_uv_file_unlock(orx_platform *p, orx_file *f) {
    (void)p;
    (void)set_lock(f->fd, 0);
}

bool orx_uv_file_is_locked(orx_platform *p, orx_file *f) {
    (void)p;
    return is_held(f->fd);
}
