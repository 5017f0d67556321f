/* The wrappers over the table of primitives. Promises that every platform must keep the same way
 * (a missing file is fine to remove, listings are sorted) are kept here, once. */
#include "platform/files.h"

#include <stdlib.h>

int orx_file_open(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                  orx_err *err) {
    return p->files->open(p, path, flags, mode, ret_f, err);
}

void orx_file_close(orx_platform *p, orx_file *f) {
    if (f)
        p->files->close(p, f);
}

int64_t orx_file_read(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                      orx_err *err) {
    return p->files->read(p, f, offset, buf, len, err);
}

int orx_file_write(orx_platform *p, orx_file *f, int64_t offset, const void *buf, size_t len,
                   orx_err *err) {
    return p->files->write(p, f, offset, buf, len, err);
}

int orx_file_truncate(orx_platform *p, orx_file *f, int64_t size, orx_err *err) {
    return p->files->truncate(p, f, size, err);
}

int orx_file_sync(orx_platform *p, orx_file *f, orx_err *err) {
    return p->files->sync(p, f, err);
}

int orx_file_info_of(orx_platform *p, orx_file *f, orx_file_info *ret_info, orx_err *err) {
    return p->files->info(p, f, ret_info, err);
}

int orx_file_lock(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err) {
    return p->files->lock(p, f, mode, wait, err);
}

void orx_file_unlock(orx_platform *p, orx_file *f) {
    p->files->unlock(p, f);
}

bool orx_file_is_locked(orx_platform *p, const char *path) {
    orx_file *f = NULL;
    if (orx_file_open(p, path, ORX_OPEN_READ, 0, &f, NULL) < 0)
        return false;
    bool locked = p->files->is_locked(p, f);
    orx_file_close(p, f);
    return locked;
}

int orx_stat(orx_platform *p, const char *path, orx_file_info *ret_info, orx_err *err) {
    return p->files->stat(p, path, true, ret_info, err);
}

int orx_lstat(orx_platform *p, const char *path, orx_file_info *ret_info, orx_err *err) {
    return p->files->stat(p, path, false, ret_info, err);
}

bool orx_exists(orx_platform *p, const char *path) {
    orx_file_info info;
    return orx_stat(p, path, &info, NULL) == 0;
}

int orx_rename(orx_platform *p, const char *from, const char *to, orx_err *err) {
    return p->files->rename(p, from, to, err);
}

int orx_unlink(orx_platform *p, const char *path, orx_err *err) {
    orx_err local = ORX_ERR_INIT;
    int rc = p->files->unlink(p, path, &local);
    if (rc >= 0 || rc == ORX_E_NOT_FOUND)
        return 0;
    return orx_err_set(err, rc, "%s", local.msg);
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int orx_list_dir(orx_platform *p, const char *path, orx_arena *arena, char ***ret_names,
                 orx_err *err) {
    char **names = NULL;
    int rc = p->files->list(p, path, arena, &names, err);
    if (rc < 0)
        return rc;
    size_t n = 0;
    while (names[n])
        n++;
    qsort(names, n, sizeof *names, by_bytes);
    *ret_names = names;
    return rc;
}

int orx_sync_dir(orx_platform *p, const char *path, orx_err *err) {
    return p->files->sync_dir(p, path, err);
}

int orx_realpath(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err) {
    return p->files->realpath(p, path, ret_path, err);
}

int orx_is_network_fs(orx_platform *p, const char *path, bool *ret_network, orx_err *err) {
    return p->files->is_network(p, path, ret_network, err);
}

uint32_t orx_user_id(orx_platform *p) {
    return p->files->user(p);
}

char *orx_path_join(orx_arena *arena, const char *dir, const char *name) {
    size_t n = strlen(dir);
    if (name[0] == '/' || n == 0)
        return orx_arena_strdup(arena, name);
    size_t slash = dir[n - 1] == '/' ? 0 : 1;
    size_t len = strlen(name);
    char *path = orx_arena_alloc(arena, n + slash + len + 1);
    memcpy(path, dir, n);
    path[n] = '/';
    memcpy(path + n + slash, name, len);
    path[n + slash + len] = '\0';
    return path;
}
