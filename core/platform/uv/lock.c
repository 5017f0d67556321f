/* Whole-file locks. Open-file-description locks where they exist: they exclude other handles of
 * this process too and are not lost when some unrelated handle to the file is closed. */
#include "platform/uv/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#ifdef F_OFD_SETLK
static int set_lock(int fd, int mode, bool wait) {
    struct flock fl = {0};
    fl.l_type = F_UNLCK;
    if (mode == ORX_LOCK_SHARED)
        fl.l_type = F_RDLCK;
    else if (mode == ORX_LOCK_EXCLUSIVE)
        fl.l_type = F_WRLCK;
    fl.l_whence = SEEK_SET;
    return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl);
}
#else
static int set_lock(int fd, int mode, bool wait) {
    int op = LOCK_UN;
    if (mode == ORX_LOCK_SHARED)
        op = LOCK_SH;
    else if (mode == ORX_LOCK_EXCLUSIVE)
        op = LOCK_EX;
    return flock(fd, op | (wait ? 0 : LOCK_NB));
}
#endif

int orx_uv_file_lock(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err) {
    (void)p;
    int rc;
    do
        rc = set_lock(f->fd, mode, wait);
    while (rc < 0 && errno == EINTR);
    if (rc == 0)
        return 0;
    if (errno == EAGAIN || errno == EACCES)
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
    (void)set_lock(f->fd, 0, false);
}
