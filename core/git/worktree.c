/* Linked worktrees: one operation at a time for all processes, and what a crash left behind. */
#include "git/internal.h"

int orx_git_worktree_lock(orx_git *g, orx_file **ret_lock, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *path = orx_path_join(&a, g->common, "orxaq-worktree.lock");
    int64_t end = orx_mono_ns(g->p) + g->slow_deadline_ns;
    orx_file *f = NULL;
    int rc =
        orx_file_open(g->p, path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644, &f, err);
    if (rc < 0)
        return rc;
    /* A waiting lock would block the thread, and the holder may be checking out a large tree. */
    while ((rc = orx_file_lock(g->p, f, ORX_LOCK_EXCLUSIVE, false, err)) == ORX_E_BUSY &&
           orx_mono_ns(g->p) < end)
        orx_loop_sleep(g->p, 20 * ORX_MS);
    if (rc < 0) {
        orx_file_close(g->p, f);
        return orx_err_wrap(err, "%s: waiting for another worktree operation", orx_git_where(g));
    }
    *ret_lock = f;
    return 0;
}

static const orx_git_worktree *find(const orx_git_worktrees *list, const char *path) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].path, path) == 0)
            return &list->items[i];
    return NULL;
}

/* git names worktrees by their real path; the last component may not exist yet. */
static int real_path(orx_git *g, const char *path, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!slash || path[0] != '/' || !slash[1])
        return orx_err_set(err, ORX_E_INVALID,
                           "the worktree path \"%.200s\" must be absolute, without '/' at its end",
                           path ? path : "");
    orx_view dir = {path, slash == path ? 1 : (size_t)(slash - path)};
    const char *parent = orx_arena_dup(&a, dir);
    int rc = orx_exists(g->p, parent) ? 0 : orx_mkdirs(g->p, parent, false, err);
    if (rc == 0)
        rc = orx_realpath(g->p, parent, out, err);
    if (rc == 0)
        orx_str_adds(out, strcmp(orx_str_cstr(out), "/") == 0 ? slash + 1 : slash);
    return rc;
}

/* Makes room at path, or says why it cannot be had. */
static int make_room(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_worktrees list = {0};
    int rc = g->v->worktree_list(g, &a, &list, err);
    if (rc < 0)
        return rc;
    const orx_git_worktree *w = find(&list, path);
    if (!w)
        return 0;
    if (!w->initializing && orx_exists(g->p, path)) {
        rc = orx_git_relink_at(g, path, err);
        return rc < 0 ? rc
                      : orx_err_set(err, ORX_E_EXISTS, "%s is a worktree of %s already", path,
                                    orx_git_where(g));
    }
    /* Nobody is making it: we hold the lock. Nobody has worked in it: it never was complete. */
    if (w->initializing)
        rc = orx_remove_tree(g->p, path, err);
    return rc < 0 ? rc : g->v->worktree_remove(g, path, true, err);
}

static int is_empty_dir(orx_git *g, const char *path) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    return orx_list_dir(g->p, path, &a, &names, NULL) == 0 && !names[0];
}

/* Makes the end of "initializing" durable before anybody works in the tree: were that mark to come
 * back after a power loss, the tree would be taken for half made and removed. */
static int settle(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = orx_read_file(g->p, orx_path_join(&a, path, ".git"), 4096, &text, err);
    orx_view v = orx_view_trim(orx_str_view(&text));
    if (rc == 0 && orx_view_starts(v, "gitdir: "))
        rc = orx_sync_dir(g->p, orx_arena_dup(&a, (orx_view){v.p + 8, v.len - 8}), err);
    return rc;
}

static int add_locked(orx_git *g, const char *path, const char *branch, const char *base,
                      orx_err *err) {
    int rc = make_room(g, path, err);
    if (rc < 0)
        return rc;
    if (orx_exists(g->p, path) && !is_empty_dir(g, path))
        return orx_err_set(err, ORX_E_EXISTS,
                           "%s exists and is not empty; a worktree needs a new path", path);
    rc = g->v->worktree_add(g, path, branch, base, err);
    return rc < 0 ? rc : settle(g, path, err);
}

int orx_git_worktree_add(orx_git *g, const char *path, const char *branch, const char *base,
                         orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    orx_file *lock = NULL;
    int rc = branch ? orx_git_check_branch(branch, err) : 0;
    if (!branch && !g->v->bench_clear)
        rc = orx_git_no_bench(g, err);
    if (rc == 0)
        rc = orx_git_check_rev(base, "the base of the worktree", err);
    if (rc == 0)
        rc = real_path(g, path, &real, err);
    if (rc == 0)
        rc = orx_git_worktree_lock(g, &lock, err);
    if (rc < 0)
        return rc;
    rc = add_locked(g, orx_str_cstr(&real), branch, base, err);
    orx_file_close(g->p, lock);
    return rc;
}

static int remove_locked(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_worktrees list = {0};
    int rc = g->v->worktree_list(g, &a, &list, err);
    if (rc < 0)
        return rc;
    const orx_git_worktree *w = find(&list, path);
    if (!w)
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s is no worktree of %s", path, orx_git_where(g));
    return g->v->worktree_remove(g, path, w->missing, err);
}

int orx_git_worktree_remove(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    orx_file *lock = NULL;
    int rc = real_path(g, path, &real, err);
    if (rc == 0)
        rc = orx_git_worktree_lock(g, &lock, err);
    if (rc < 0)
        return rc;
    rc = remove_locked(g, orx_str_cstr(&real), err);
    orx_file_close(g->p, lock);
    return rc;
}

int orx_git_worktree_list(orx_git *g, orx_arena *arena, orx_git_worktrees *ret_list, orx_err *err) {
    return g->v->worktree_list(g, arena, ret_list, err);
}
