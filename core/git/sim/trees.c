/* Linked worktrees of the twin: the files of gitrepository-layout(5), "worktrees". */
#include "git/sim/internal.h"

#include <stdio.h>

typedef ORX_VEC(orx_git_worktree) items;

static int put(orx_git *g, const char *dir, const char *name, const char *text, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_write_atomic(g->p, orx_path_join(&a, dir, name), orx_view_of(text), 0644, err);
}

/* HEAD of one git directory into branch or head. */
static void describe(orx_git *g, const char *dir, orx_arena *arena, orx_git_worktree *w) {
    ORX_CLEANUP(orx_str_free) orx_str ref = {0};
    orx_git at = *g;
    at.dir = dir;
    if (orx_git_read_head(&at, &ref, w->head, NULL) < 0)
        return;
    if (orx_view_starts(orx_str_view(&ref), "refs/heads/")) {
        w->branch = orx_arena_strdup(arena, orx_str_cstr(&ref) + 11);
        orx_git_read_ref(g, orx_str_cstr(&ref), w->head, NULL);
    }
}

static void main_worktree(orx_git *g, orx_arena *arena, orx_git_worktree *w) {
    orx_view common = orx_view_of(g->common);
    w->bare = !orx_view_ends(common, "/.git");
    w->path = w->bare ? g->common : orx_arena_dup(arena, (orx_view){common.p, common.len - 5});
    if (!w->bare)
        describe(g, g->common, arena, w);
}

static bool linked_worktree(orx_git *g, const char *admin, orx_arena *arena, orx_git_worktree *w) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str locked = {0};
    const char *file = orx_path_join(arena, admin, "gitdir");
    if (orx_read_file(g->p, file, 4096, &text, NULL) < 0)
        return false;
    orx_view v = orx_view_trim(orx_str_view(&text));
    if (!orx_view_ends(v, "/.git"))
        return false;
    w->path = orx_arena_dup(arena, (orx_view){v.p, v.len - 5});
    w->missing = !orx_exists(g->p, orx_arena_dup(arena, v));
    w->locked = orx_read_file(g->p, orx_path_join(arena, admin, "locked"), 256, &locked, NULL) == 0;
    w->initializing = orx_view_is(orx_view_trim(orx_str_view(&locked)), "initializing");
    describe(g, admin, arena, w);
    return true;
}

static char **admins(orx_git *g, orx_arena *arena, const char **ret_dir) {
    char **names = NULL;
    *ret_dir = orx_path_join(arena, g->common, "worktrees");
    if (orx_list_dir(g->p, *ret_dir, arena, &names, NULL) < 0)
        names = orx_arena_zalloc(arena, 1, sizeof *names);
    return names;
}

int orx_twin_worktree_list(orx_git *g, orx_arena *arena, orx_git_worktrees *ret, orx_err *err) {
    items list = {0};
    orx_git_worktree first = {0};
    const char *dir = NULL;
    char **names = admins(g, arena, &dir);
    (void)err;
    main_worktree(g, arena, &first);
    orx_vec_push(&list, first);
    for (size_t i = 0; names[i]; i++) {
        orx_git_worktree w = {0};
        if (linked_worktree(g, orx_path_join(arena, dir, names[i]), arena, &w))
            orx_vec_push(&list, w);
    }
    ret->items = orx_arena_zalloc(arena, list.len, sizeof *ret->items);
    memcpy(ret->items, list.items, list.len * sizeof *ret->items);
    ret->count = list.len;
    orx_vec_free(&list);
    return 0;
}

/* The git directory of the worktree at path, or NULL. */
static const char *admin_of(orx_git *g, const char *path, orx_arena *arena) {
    const char *dir = NULL;
    char **names = admins(g, arena, &dir);
    for (size_t i = 0; names[i]; i++) {
        orx_git_worktree w = {0};
        const char *admin = orx_path_join(arena, dir, names[i]);
        if (linked_worktree(g, admin, arena, &w) && strcmp(w.path, path) == 0)
            return admin;
    }
    return NULL;
}

static int refuse_checked_out(orx_git *g, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_worktrees all;
    int rc = orx_twin_worktree_list(g, &a, &all, err);
    for (size_t i = 0; rc == 0 && i < all.count; i++)
        if (all.items[i].branch && strcmp(all.items[i].branch, branch) == 0)
            return orx_err_set(err, ORX_E_CONFLICT, "%s: '%s' is already checked out at '%s'",
                               orx_git_where(g), branch, all.items[i].path);
    return rc;
}

/* An unused name in worktrees/. */
static const char *new_admin(orx_git *g, const char *path, orx_arena *arena) {
    const char *slash = strrchr(path, '/');
    const char *base = orx_arena_printf(arena, "%s/worktrees/%s", g->common, slash + 1);
    const char *name = base;
    for (int i = 1; orx_exists(g->p, name); i++)
        name = orx_arena_printf(arena, "%s%d", base, i);
    return name;
}

static int make_admin(orx_git *g, const char *admin, const char *path, const char *branch,
                      orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    int rc = orx_mkdirs(g->p, admin, false, err);
    if (rc == 0)
        rc = put(g, admin, "locked", "initializing\n", err);
    if (rc == 0)
        rc = put(g, admin, "gitdir", orx_arena_printf(&a, "%s/.git\n", path), err);
    if (rc == 0)
        rc = put(g, admin, "commondir", "../..\n", err);
    if (rc == 0)
        rc = put(g, admin, "HEAD", orx_arena_printf(&a, "ref: refs/heads/%s\n", branch), err);
    if (rc == 0)
        rc = orx_mkdirs(g->p, path, false, err);
    if (rc == 0)
        rc = put(g, path, ".git", orx_arena_printf(&a, "gitdir: %s\n", admin), err);
    return rc;
}

/* The branch's commit; the branch is made at base when it is not there. */
static int start_of(orx_git *g, const char *branch, const char *base, char sha[ORX_GIT_SHA],
                    orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *ref = orx_arena_printf(&a, "refs/heads/%s", branch);
    int rc = orx_git_read_ref(g, ref, sha, err);
    if (rc > 0)
        return refuse_checked_out(g, branch, err);
    if (rc == 0)
        rc = orx_twin_resolve(g, base, sha, err);
    return rc < 0 ? rc : orx_twin_set_ref(g, ref, sha, true, err);
}

int orx_twin_worktree_add(orx_git *g, const char *path, const char *branch, const char *base,
                          orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_tree none = {0};
    orx_twin_tree to;
    char sha[ORX_GIT_SHA];
    const char *admin = new_admin(g, path, &a);
    orx_git at = *g;
    at.root = path;
    at.dir = admin;
    int rc = start_of(g, branch, base, sha, err);
    if (rc == 0)
        rc = make_admin(g, admin, path, branch, err);
    if (rc == 0)
        rc = orx_twin_tree_of(g, sha, &a, &to, err);
    if (rc == 0)
        rc = orx_twin_checkout(&at, &none, &to, err);
    return rc < 0 ? rc : orx_unlink(g->p, orx_path_join(&a, admin, "locked"), err);
}

int orx_twin_worktree_remove(orx_git *g, const char *path, bool force, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_status s = {0};
    const char *admin = admin_of(g, path, &a);
    if (!admin)
        return orx_err_set(err, ORX_E_INVALID, "%s is the main worktree and cannot be removed",
                           path);
    orx_git at = *g;
    at.root = path;
    at.dir = admin;
    int rc = force ? 0 : orx_twin_status(&at, &a, &s, err);
    if (rc == 0 && s.count)
        rc = orx_err_set(err, ORX_E_CONFLICT, "%s contains modified or untracked files; it stays",
                         path);
    if (rc == 0)
        rc = orx_remove_tree(g->p, path, err);
    return rc < 0 ? rc : orx_remove_tree(g->p, admin, err);
}
