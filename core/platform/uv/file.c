/* Open files: direct system calls, restarted when interrupted, completed when short. */
#include "platform/uv/file.h"

#include "platform/uv/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int open_flags(int flags) {
    /* NONBLOCK: opening a FIFO or a device must not hang; it changes nothing for regular files. */
    int os = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (flags & ORX_OPEN_WRITE)
        os |= flags & ORX_OPEN_READ ? O_RDWR : O_WRONLY;
    else
        os |= O_RDONLY;
    if (flags & ORX_OPEN_CREATE)
        os |= O_CREAT;
    if (flags & ORX_OPEN_EXCL)
        os |= O_EXCL;
    if (flags & ORX_OPEN_TRUNCATE)
        os |= O_TRUNC;
    if (flags & ORX_OPEN_APPEND)
        os |= O_APPEND;
    if (flags & ORX_OPEN_NOFOLLOW)
        os |= O_NOFOLLOW;
    if (flags & ORX_OPEN_DIRECTORY)
        os |= O_DIRECTORY;
    return os;
}

static int file_open(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                     orx_err *err) {
    (void)p;
    int fd;
    do
        fd = open(path, open_flags(flags), (mode_t)mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return orx_err_errno(err, errno, "cannot open %s", path);
    orx_file *f = orx_xcalloc(1, sizeof *f);
    f->fd = fd;
    f->append = (flags & ORX_OPEN_APPEND) != 0;
    f->path = orx_xstrdup(path);
    *ret_f = f;
    return 0;
}

static void file_close(orx_platform *p, orx_file *f) {
    (void)p;
    /* Not repeated on EINTR: Linux has released the descriptor by then. */
    (void)close(f->fd);
    free(f->path);
    free(f);
}

static int64_t file_read(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                         orx_err *err) {
    (void)p;
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(f->fd, (char *)buf + done, len - done, offset + (int64_t)done);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return orx_err_errno(err, errno, "cannot read %s", f->path);
        done += (size_t)n;
    }
    return (int64_t)done;
}

static int file_write(orx_platform *p, orx_file *f, int64_t offset, const void *buf, size_t len,
                      orx_err *err) {
    (void)p;
    size_t done = 0;
    while (done < len) {
        const char *from = (const char *)buf + done;
        ssize_t n = f->append ? write(f->fd, from, len - done)
                              : pwrite(f->fd, from, len - done, offset + (int64_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return orx_err_errno(err, errno, "cannot write %s", f->path);
        done += (size_t)n;
    }
    return 0;
}

static int file_truncate(orx_platform *p, orx_file *f, int64_t size, orx_err *err) {
    (void)p;
    int rc;
    do
        rc = ftruncate(f->fd, size);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? orx_err_errno(err, errno, "cannot change the length of %s", f->path) : 0;
}

static int sync_fd(int fd) {
#ifdef F_FULLFSYNC
    return fcntl(fd, F_FULLFSYNC);
#else
    /* The data and what is needed to read it back (the length), not the time stamps. */
    return fdatasync(fd);
#endif
}

static int file_sync(orx_platform *p, orx_file *f, orx_err *err) {
    (void)p;
    int rc;
    do
        rc = sync_fd(f->fd);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? orx_err_errno(err, errno, "cannot sync %s to the disk", f->path) : 0;
}

static int file_info(orx_platform *p, orx_file *f, orx_file_info *ret_info, orx_err *err) {
    (void)p;
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return orx_err_errno(err, errno, "cannot examine %s", f->path);
    orx_uv_fill_info(&st, ret_info);
    return 0;
}

const struct orx_file_ops orx_uv_files = {
    .open = file_open,
    .close = file_close,
    .read = file_read,
    .write = file_write,
    .truncate = file_truncate,
    .sync = file_sync,
    .info = file_info,
    .lock = orx_uv_file_lock,
    .unlock = orx_uv_file_unlock,
    .is_locked = orx_uv_file_is_locked,
    .stat = orx_uv_stat,
    .rename = orx_uv_rename,
    .unlink = orx_uv_unlink,
    .mkdir = orx_uv_mkdir,
    .rmdir = orx_uv_rmdir,
    .list = orx_uv_list,
    .sync_dir = orx_uv_sync_dir,
    .realpath = orx_uv_realpath,
    .is_network = orx_uv_is_network,
    .user = orx_uv_user,
};
