/* Writing a tree into the worktree, as git does it: file by file, nothing synced, so that a crash
 * leaves a mixture that status reports. */
#include "git/sim/internal.h"

static int drop(orx_git *g, const orx_twin_file *f, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *path = orx_path_join(&a, g->root, f->path);
    orx_file_info info;
    orx_err why = ORX_ERR_INIT;
    int rc = orx_lstat(g->p, path, &info, &why);
    if (rc == ORX_E_NOT_FOUND || rc == ORX_E_INVALID || (!rc && info.kind == ORX_FILE_DIRECTORY))
        return 0;
    rc = rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : orx_unlink(g->p, path, err);
    if (rc == 0)
        orx_git_remove_parents(g, path);
    return rc;
}

/* 1 or 0. A file that cannot be read is not written anew: it may be the right one, and nobody who
 * makes changes durable would know that it was touched. */
static int is_there(orx_git *g, const orx_twin_file *f, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    char id[ORX_GIT_SHA];
    orx_file_info info;
    orx_err why = ORX_ERR_INIT;
    int rc = orx_lstat(g->p, path, &info, &why);
    if (rc == ORX_E_NOT_FOUND || rc == ORX_E_INVALID)
        return 0;
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    if (info.kind != ORX_FILE_REGULAR ||
        (info.mode & 0100 ? ORX_GIT_MODE_EXEC : ORX_GIT_MODE_FILE) != f->mode)
        return 0;
    rc = orx_read_file(g->p, path, ORX_TWIN_FILE_MAX, &bytes, err);
    if (rc < 0)
        return rc;
    orx_twin_blob_id(orx_str_view(&bytes), id);
    return strcmp(id, f->id) == 0;
}

/* Takes away what is where the file or one of its directories must be: after parking that can only
 * be ignored files, which git overwrites too. */
static int make_way(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_file_info info;
    char *part = orx_arena_strdup(&a, path);
    size_t len = strlen(part);
    for (size_t i = strlen(g->root) + 1; i < len; i++) {
        if (part[i] != '/')
            continue;
        part[i] = '\0';
        if (orx_lstat(g->p, part, &info, NULL) == 0 && info.kind != ORX_FILE_DIRECTORY)
            return orx_unlink(g->p, part, err);
        part[i] = '/';
    }
    return orx_remove_tree(g->p, path, err);
}

static int write_out(orx_git *g, const orx_twin_file *f, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_file *out = NULL;
    uint32_t mode = f->mode == ORX_GIT_MODE_EXEC ? 0755 : 0644;
    int rc = orx_twin_read_blob(g, f->id, &bytes, err);
    if (rc == 0)
        rc = orx_file_open(g->p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_EXCL, mode, &out,
                           err);
    if (rc == 0 && bytes.len)
        rc = orx_file_write(g->p, out, 0, bytes.buf, bytes.len, err);
    orx_file_close(g->p, out);
    return rc;
}

static int put(orx_git *g, const orx_twin_file *f, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *path = orx_path_join(&a, g->root, f->path);
    int there = is_there(g, f, path, err);
    if (there)
        return there < 0 ? there : 0;
    const char *slash = strrchr(path, '/');
    const char *dir = orx_arena_dup(&a, (orx_view){path, (size_t)(slash - path)});
    int rc = make_way(g, path, err);
    if (rc == 0)
        rc = orx_mkdirs_unsynced(g->p, dir, false, err);
    return rc < 0 ? rc : write_out(g, f, path, err);
}

int orx_twin_checkout(orx_git *g, const orx_twin_tree *from, const orx_twin_tree *to,
                      orx_err *err) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->len; i++)
        if (!orx_twin_find(to, from->items[i].path))
            rc = drop(g, &from->items[i], err);
    for (size_t i = 0; rc == 0 && i < to->len; i++)
        rc = put(g, &to->items[i], err);
    return rc < 0 ? orx_err_wrap(err, "%s: checkout", g->root) : 0;
}
