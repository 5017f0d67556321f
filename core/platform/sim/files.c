/* Open files: the handle part of the platform's table. */
#include "platform/files.h"

#include "platform/sim/paths.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Opening ------------------------------------------------------------------------------ */

static int find(orx_sim_task *t, const char *path, int flags, orx_sim_spot *spot) {
    bool create_new = flags & ORX_OPEN_CREATE && flags & ORX_OPEN_EXCL;
    return orx_sim_find(t, path, !create_new && !(flags & ORX_OPEN_NOFOLLOW), spot);
}

static int check_node(const orx_sim_task *t, const orx_sim_spot *spot, int flags) {
    const orx_sim_inode *n = spot->node;
    bool dir = n->kind == ORX_FILE_DIRECTORY;
    if (flags & ORX_OPEN_CREATE && flags & ORX_OPEN_EXCL)
        return EEXIST;
    if (n->kind == ORX_FILE_SYMLINK)
        return ELOOP;
    if (flags & ORX_OPEN_DIRECTORY && !dir)
        return ENOTDIR;
    if (dir && flags & (ORX_OPEN_WRITE | ORX_OPEN_CREATE))
        return EISDIR;
    if (flags & (ORX_OPEN_WRITE | ORX_OPEN_TRUNCATE))
        return orx_sim_may_change(t, spot->dir);
    return 0;
}

static int create(orx_sim_task *t, orx_sim_spot *spot, uint32_t mode) {
    int e = orx_sim_may_change(t, spot->dir);
    if (e)
        return e;
    orx_sim_inode *n = orx_sim_inode_new(&t->host->disk, ORX_FILE_REGULAR, mode & ~ORX_SIM_UMASK);
    n->mtime_ns = t->base.clock->wall_ns(&t->base);
    e = orx_sim_names_link(spot, n);
    if (!e)
        spot->node = n;
    orx_sim_inode_unref(n);
    return e;
}

/* Finds or makes the file. Whether it has to be made is known only by looking, and the operation
 * that makes it may let others go on first, so it is looked at again afterwards. */
static int find_or_create(orx_sim_task *t, const char *path, int flags, uint32_t mode,
                          orx_sim_spot *spot, bool *ret_made) {
    for (;;) {
        orx_sim_io io;
        int e = find(t, path, flags, spot);
        bool make = !e && !spot->node && flags & ORX_OPEN_CREATE;
        e = orx_sim_io_begin(&io, &t->base, make ? ORX_SIM_IO_CREATE : ORX_SIM_IO_READ);
        if (e)
            return e;
        e = find(t, path, flags, spot);
        bool missing = !e && !spot->node;
        if (missing && flags & ORX_OPEN_CREATE && !make)
            continue;
        *ret_made = missing && make;
        if (*ret_made)
            e = create(t, spot, mode);
        else if (!e)
            e = missing ? ENOENT : check_node(t, spot, flags);
        return orx_sim_io_end(&io, e);
    }
}

static orx_file *file_new(orx_sim_task *t, orx_sim_inode *n, const char *path, int flags) {
    orx_file *f = orx_xcalloc(1, sizeof *f);
    f->task = t;
    f->node = n;
    f->path = orx_xstrdup(path);
    f->flags = flags;
    orx_sim_inode_ref(n);
    orx_list_append(&t->files, &f->link);
    return f;
}

static void file_close(orx_platform *p, orx_file *f) {
    orx_sim_file_unlock(p, f);
    orx_sim_ranges_drop(f);
    orx_sim_shm_drop(f);
    orx_list_remove(&f->link);
    orx_sim_inode_unref(f->node);
    free(f->path);
    free(f);
}

void orx_sim_files_close(orx_sim_task *t) {
    while (!orx_list_empty(&t->files))
        file_close(&t->base, ORX_LIST_ITEM(t->files.next, orx_file, link));
}

static int truncate_node(orx_platform *p, orx_sim_inode *n, int64_t size) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_TRUNCATE);
    if (e)
        return e;
    e = orx_sim_content_truncate(n, size);
    n->mtime_ns = p->clock->wall_ns(p);
    return orx_sim_io_end(&io, e);
}

static int file_open(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                     orx_err *err) {
    orx_sim_spot spot;
    bool made = false;
    orx_sim_task *t = orx_sim_task_of(p);
    int e = find_or_create(t, path, flags, mode, &spot, &made);
    if (e)
        return orx_err_errno(err, e, "cannot open %s", path);
    orx_file *f = file_new(t, spot.node, path, flags);
    if (flags & ORX_OPEN_TRUNCATE && f->node->bytes.size)
        e = truncate_node(p, f->node, 0);
    if (e) {
        file_close(p, f);
        return orx_err_errno(err, e, "cannot empty %s", path);
    }
    *ret_f = f;
    return 0;
}

/* ---- Content ------------------------------------------------------------------------------ */

static int64_t file_read(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                         orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_READ);
    if (!e && f->node->kind == ORX_FILE_DIRECTORY)
        e = EISDIR;
    if (!e && (offset < 0 || len > ORX_ALLOC_MAX))
        e = EINVAL;
    if (!e && !(f->flags & ORX_OPEN_READ))
        e = EBADF;
    if (e)
        return orx_err_errno(err, e, "cannot read %s", f->path);
    return (int64_t)orx_sim_bytes_read(&f->node->bytes, offset, buf, len);
}

static int file_write(orx_platform *p, orx_file *f, int64_t offset, const void *buf, size_t len,
                      orx_err *err) {
    orx_sim_io io;
    int fault = orx_sim_io_begin(&io, p, ORX_SIM_IO_WRITE);
    int e = 0;
    if (fault || io.torn)
        len = orx_sim_io_part(&io, len);
    if (f->flags & ORX_OPEN_APPEND)
        offset = f->node->bytes.size;
    if (f->flags & ORX_OPEN_WRITE)
        e = orx_sim_content_write(f->node, offset, buf, len);
    else
        e = EBADF;
    f->node->mtime_ns = p->clock->wall_ns(p);
    e = orx_sim_io_end(&io, fault ? fault : e);
    return e ? orx_err_errno(err, e, "cannot write %s", f->path) : 0;
}

static int file_truncate(orx_platform *p, orx_file *f, int64_t size, orx_err *err) {
    int e = f->flags & ORX_OPEN_WRITE ? truncate_node(p, f->node, size) : EBADF;
    return e ? orx_err_errno(err, e, "cannot set the length of %s", f->path) : 0;
}

static int file_sync(orx_platform *p, orx_file *f, orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_SYNC);
    if (!e) {
        orx_sim_content_sync(f->node);
        if (f->node->kind == ORX_FILE_DIRECTORY)
            orx_sim_names_sync(f->node);
        e = orx_sim_io_end(&io, 0);
    }
    return e ? orx_err_errno(err, e, "cannot sync %s", f->path) : 0;
}

static int file_info(orx_platform *p, orx_file *f, orx_file_info *ret_info, orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_READ);
    if (e)
        return orx_err_errno(err, e, "cannot look at %s", f->path);
    orx_sim_fill_info(f->node, ret_info);
    return 0;
}

const struct orx_file_ops orx_sim_file_ops = {
    .open = file_open,
    .close = file_close,
    .read = file_read,
    .write = file_write,
    .truncate = file_truncate,
    .sync = file_sync,
    .info = file_info,
    .lock = orx_sim_file_lock,
    .unlock = orx_sim_file_unlock,
    .is_locked = orx_sim_file_is_locked,
    .stat = orx_sim_path_stat,
    .rename = orx_sim_path_rename,
    .unlink = orx_sim_path_unlink,
    .mkdir = orx_sim_path_mkdir,
    .rmdir = orx_sim_path_rmdir,
    .list = orx_sim_path_list,
    .sync_dir = orx_sim_path_sync_dir,
    .realpath = orx_sim_path_realpath,
    .is_network = orx_sim_path_is_network,
    .user = orx_sim_path_user,
};
