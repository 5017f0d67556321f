/* Operations on names: examine, rename, remove, list. */
#include "platform/uv/file.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* More names than anything of ours makes; a directory beyond it is an accident to be reported. */
enum { LIST_MAX = 4 * 1000 * 1000 };

static orx_file_kind kind_of(mode_t mode) {
    if (S_ISREG(mode))
        return ORX_FILE_REGULAR;
    if (S_ISDIR(mode))
        return ORX_FILE_DIRECTORY;
    return S_ISLNK(mode) ? ORX_FILE_SYMLINK : ORX_FILE_OTHER;
}

void orx_uv_fill_info(const struct stat *st, orx_file_info *info) {
    *info = (orx_file_info){
        .kind = kind_of(st->st_mode),
        .device = (uint64_t)st->st_dev,
        .inode = (uint64_t)st->st_ino,
        .size = (int64_t)st->st_size,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * ORX_SEC + st->st_mtim.tv_nsec,
        .ctime_ns = (int64_t)st->st_ctim.tv_sec * ORX_SEC + st->st_ctim.tv_nsec,
        .mode = (uint32_t)st->st_mode & 07777,
        .uid = (uint32_t)st->st_uid,
    };
}

int orx_uv_stat(orx_platform *p, const char *path, bool follow, orx_file_info *ret_info,
                orx_err *err) {
    (void)p;
    struct stat st;
    if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
        return orx_err_errno(err, errno, "cannot examine %s", path);
    orx_uv_fill_info(&st, ret_info);
    return 0;
}

int orx_uv_rename(orx_platform *p, const char *from, const char *to, orx_err *err) {
    (void)p;
    if (rename(from, to) != 0)
        return orx_err_errno(err, errno, "cannot rename %s to %s", from, to);
    return 0;
}

int orx_uv_unlink(orx_platform *p, const char *path, orx_err *err) {
    (void)p;
    if (unlink(path) != 0)
        return orx_err_errno(err, errno, "cannot remove %s", path);
    return 0;
}

int orx_uv_mkdir(orx_platform *p, const char *path, uint32_t mode, orx_err *err) {
    (void)p;
    if (mkdir(path, (mode_t)mode) != 0)
        return orx_err_errno(err, errno, "cannot make the directory %s", path);
    return 0;
}

int orx_uv_rmdir(orx_platform *p, const char *path, orx_err *err) {
    (void)p;
    if (rmdir(path) != 0)
        return orx_err_errno(err, errno, "cannot remove the directory %s", path);
    return 0;
}

static DIR *open_dir(const char *path) {
    int fd;
    do
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return NULL;
    DIR *d = fdopendir(fd);
    if (!d)
        (void)close(fd);
    return d;
}

typedef ORX_VEC(char *) name_vec;

static int read_names(DIR *d, const char *path, orx_arena *arena, name_vec *names, orx_err *err) {
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e)
            return errno ? orx_err_errno(err, errno, "cannot list %s", path) : 0;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (names->len == LIST_MAX)
            return orx_err_set(err, ORX_E_LIMIT, "%s: more than %d entries", path, LIST_MAX);
        orx_vec_push(names, orx_arena_strdup(arena, e->d_name));
    }
}

int orx_uv_list(orx_platform *p, const char *path, orx_arena *arena, char ***ret_names,
                orx_err *err) {
    (void)p;
    DIR *d = open_dir(path);
    if (!d)
        return orx_err_errno(err, errno, "cannot list %s", path);
    name_vec names = {0};
    int rc = read_names(d, path, arena, &names, err);
    (void)closedir(d);
    if (rc >= 0) {
        char **list = orx_arena_zalloc(arena, names.len + 1, sizeof *list);
        if (names.len)
            memcpy(list, names.items, names.len * sizeof *list);
        *ret_names = list;
    }
    orx_vec_free(&names);
    return rc;
}

int orx_uv_sync_dir(orx_platform *p, const char *path, orx_err *err) {
    (void)p;
    int fd;
    do
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return orx_err_errno(err, errno, "cannot open the directory %s", path);
    int rc;
    do
        rc = fsync(fd);
    while (rc < 0 && errno == EINTR);
    int saved = errno;
    (void)close(fd);
    /* EINVAL: a file system that has no such operation keeps its names by itself. */
    if (rc < 0 && saved != EINVAL)
        return orx_err_errno(err, saved, "cannot sync the directory %s to the disk", path);
    return 0;
}

int orx_uv_realpath(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err) {
    (void)p;
    char *real = realpath(path, NULL);
    if (!real)
        return orx_err_errno(err, errno, "cannot resolve %s", path);
    orx_str_clear(ret_path);
    orx_str_adds(ret_path, real);
    free(real);
    return 0;
}

uint32_t orx_uv_user(orx_platform *p) {
    (void)p;
    return (uint32_t)geteuid();
}
