/* File operations by name. */
#include "platform/sim/paths.h"

#include <errno.h>

enum { USER_ID = 1000, DIR_SIZE = 4096 };

int orx_sim_find(orx_sim_task *t, const char *path, bool follow, orx_sim_spot *ret_spot) {
    return orx_sim_lookup(&t->host->disk, t->cwd ? t->cwd : "/", path, follow, ret_spot, NULL);
}

int orx_sim_may_change(const orx_sim_task *t, const orx_sim_inode *n) {
    if (orx_sim_disk_read_only(n))
        return EROFS;
    return t->prog && !orx_sim_prog_may_write(t->prog, n) ? EACCES : 0;
}

/* As orx_sim_find, where there must be something. */
static int find_existing(orx_sim_task *t, const char *path, bool follow, orx_sim_spot *ret_spot) {
    int e = orx_sim_find(t, path, follow, ret_spot);
    return !e && !ret_spot->node ? ENOENT : e;
}

static int find_dir(orx_sim_task *t, const char *path, orx_sim_spot *ret_spot) {
    int e = find_existing(t, path, true, ret_spot);
    return !e && ret_spot->node->kind != ORX_FILE_DIRECTORY ? ENOTDIR : e;
}

/* ---- Looking ------------------------------------------------------------------------------ */

void orx_sim_fill_info(const orx_sim_inode *n, orx_file_info *ret_info) {
    int64_t size = n->bytes.size;
    if (n->kind == ORX_FILE_DIRECTORY)
        size = DIR_SIZE;
    if (n->kind == ORX_FILE_SYMLINK)
        size = (int64_t)strlen(n->target);
    *ret_info = (orx_file_info){.kind = n->kind,
                                .device = n->disk->device,
                                .inode = n->ino,
                                .size = size,
                                .mtime_ns = n->mtime_ns,
                                .ctime_ns = n->mtime_ns,
                                .mode = n->mode,
                                .uid = USER_ID};
}

int orx_sim_path_stat(orx_platform *p, const char *path, bool follow, orx_file_info *ret_info,
                      orx_err *err) {
    orx_sim_io io;
    orx_sim_spot spot;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_READ);
    if (!e)
        e = find_existing(io.task, path, follow, &spot);
    if (e)
        return orx_err_errno(err, e, "cannot look at %s", path);
    orx_sim_fill_info(spot.node, ret_info);
    return 0;
}

int orx_sim_path_list(orx_platform *p, const char *path, orx_arena *arena, char ***ret_names,
                      orx_err *err) {
    orx_sim_io io;
    orx_sim_spot spot;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_READ);
    if (!e)
        e = find_dir(io.task, path, &spot);
    if (e)
        return orx_err_errno(err, e, "cannot list %s", path);
    const orx_map *names = &spot.node->names;
    char **out = orx_arena_zalloc(arena, names->count + 1, sizeof *out);
    size_t i = 0;
    size_t n = 0;
    const orx_map_entry *entry;
    while ((entry = orx_map_next(names, &i)))
        out[n++] = orx_arena_dup(arena, orx_view_mem(entry->key, entry->key_len));
    *ret_names = out;
    return 0;
}

int orx_sim_path_realpath(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err) {
    orx_sim_io io;
    orx_sim_spot spot;
    orx_str canon = {0};
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_READ);
    const char *cwd = io.task->cwd ? io.task->cwd : "/";
    if (!e)
        e = orx_sim_lookup(&io.task->host->disk, cwd, path, true, &spot, &canon);
    if (!e && !spot.node)
        e = ENOENT;
    if (e) {
        orx_str_free(&canon);
        return orx_err_errno(err, e, "cannot resolve %s", path);
    }
    orx_str_free(ret_path);
    *ret_path = canon;
    return 0;
}

int orx_sim_path_is_network(orx_platform *p, const char *path, bool *ret_network, orx_err *err) {
    orx_sim_io io;
    orx_sim_spot spot;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_READ);
    if (!e)
        e = find_existing(io.task, path, true, &spot);
    if (e)
        return orx_err_errno(err, e, "cannot tell the file system of %s", path);
    const orx_sim_inode *n = spot.node;
    *ret_network = orx_sim_disk_network(n->kind == ORX_FILE_DIRECTORY ? n : spot.dir);
    return 0;
}

uint32_t orx_sim_path_user(orx_platform *p) {
    (void)p;
    return USER_ID;
}

/* ---- Changing ----------------------------------------------------------------------------- */

static int do_mkdir(orx_sim_task *t, const char *path, uint32_t mode) {
    orx_sim_spot spot;
    int e = orx_sim_find(t, path, false, &spot);
    if (!e && spot.node)
        e = EEXIST;
    if (!e)
        e = orx_sim_may_change(t, spot.dir);
    if (e)
        return e;
    orx_sim_inode *n = orx_sim_inode_new(&t->host->disk, ORX_FILE_DIRECTORY, mode & ~ORX_SIM_UMASK);
    n->mtime_ns = t->base.clock->wall_ns(&t->base);
    e = orx_sim_names_link(&spot, n);
    orx_sim_inode_unref(n);
    return e;
}

int orx_sim_path_mkdir(orx_platform *p, const char *path, uint32_t mode, orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_MKDIR);
    if (!e)
        e = orx_sim_io_end(&io, do_mkdir(io.task, path, mode));
    return e ? orx_err_errno(err, e, "cannot make the directory %s", path) : 0;
}

/* Finds a name and removes it with `how`. */
static int do_remove(orx_sim_task *t, const char *path, int (*how)(const orx_sim_spot *at)) {
    orx_sim_spot spot;
    int e = find_existing(t, path, false, &spot);
    if (!e)
        e = orx_sim_may_change(t, spot.dir);
    return e ? e : how(&spot);
}

int orx_sim_path_rmdir(orx_platform *p, const char *path, orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_RMDIR);
    if (!e)
        e = orx_sim_io_end(&io, do_remove(io.task, path, orx_sim_names_rmdir));
    return e ? orx_err_errno(err, e, "cannot remove the directory %s", path) : 0;
}

int orx_sim_path_unlink(orx_platform *p, const char *path, orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_UNLINK);
    if (!e)
        e = orx_sim_io_end(&io, do_remove(io.task, path, orx_sim_names_unlink));
    return e ? orx_err_errno(err, e, "cannot remove %s", path) : 0;
}

static int do_rename(orx_sim_task *t, const char *from, const char *to) {
    orx_sim_spot a;
    orx_sim_spot b;
    int e = find_existing(t, from, false, &a);
    if (!e)
        e = orx_sim_find(t, to, false, &b);
    if (!e)
        e = orx_sim_may_change(t, a.dir);
    if (!e)
        e = orx_sim_may_change(t, b.dir);
    return e ? e : orx_sim_names_rename(&a, &b);
}

int orx_sim_path_rename(orx_platform *p, const char *from, const char *to, orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_RENAME);
    if (!e)
        e = orx_sim_io_end(&io, do_rename(io.task, from, to));
    return e ? orx_err_errno(err, e, "cannot rename %s to %s", from, to) : 0;
}

int orx_sim_path_sync_dir(orx_platform *p, const char *path, orx_err *err) {
    orx_sim_io io;
    orx_sim_spot spot;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_SYNC_DIR);
    if (!e) {
        e = find_dir(io.task, path, &spot);
        if (!e)
            orx_sim_names_sync(spot.node);
        e = orx_sim_io_end(&io, e);
    }
    return e ? orx_err_errno(err, e, "cannot sync the directory %s", path) : 0;
}
