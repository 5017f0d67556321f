/* Making a twin, finding it again, its configuration, and the table. */
#include "git/sim/twin.h"

#include "git/sim/internal.h"
#include "git/sim/memory.h"

/* ---- Configuration ------------------------------------------------------------------------ */

int orx_twin_config(orx_git *g, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_read_file(g->p, orx_path_join(&a, g->common, "config"), 1 << 20, out, err);
}

int orx_twin_configure(orx_git *g, const char *section, const char *sub, const char *key,
                       const char *value, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view now;
    int rc = orx_twin_config(g, &text, err);
    if (rc < 0)
        return rc;
    if (orx_git_config_get(orx_str_view(&text), section, sub, key, &now) && orx_view_is(now, value))
        return 0;
    if (sub)
        orx_str_addf(&text, "[%s \"%s\"]\n\t%s = %s\n", section, sub, key, value);
    else
        orx_str_addf(&text, "[%s]\n\t%s = %s\n", section, key, value);
    return orx_write_atomic(g->p, orx_path_join(&a, g->common, "config"), orx_str_view(&text), 0644,
                            err);
}

/* ---- Making ------------------------------------------------------------------------------- */

static int write_layout(orx_platform *p, const char *dir, bool bare, orx_err *err) {
    static const char *const dirs[] = {"objects", "refs/heads", "hooks", "worktrees"};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *config = bare ? "[core]\n\tbare = true\n" : "[core]\n\tbare = false\n";
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(dirs); i++)
        rc = orx_mkdirs(p, orx_path_join(&a, dir, dirs[i]), false, err);
    if (rc == 0)
        rc = orx_write_atomic(p, orx_path_join(&a, dir, "config"), orx_view_of(config), 0644, err);
    if (rc == 0)
        rc = orx_write_atomic(p, orx_path_join(&a, dir, "HEAD"),
                              orx_view_of("ref: refs/heads/main\n"), 0644, err);
    if (rc == 0)
        rc = orx_write_atomic(p, orx_path_join(&a, dir, ORX_TWIN_MARK),
                              orx_view_of(bare ? "1 bare\n" : "1\n"), 0644, err);
    return rc;
}

int orx_git_twin_init(orx_platform *p, const char *path, bool bare, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *dir = bare ? path : orx_path_join(&a, path, ".git");
    if (orx_exists(p, orx_path_join(&a, dir, ORX_TWIN_MARK)) ||
        orx_exists(p, orx_path_join(&a, dir, "HEAD")))
        return orx_err_set(err, ORX_E_EXISTS, "%s is a repository already", path);
    return write_layout(p, dir, bare, err);
}

static int configure_at(orx_platform *p, const char *path, const char *section, const char *sub,
                        const char *key, const char *value, orx_err *err) {
    orx_git *g = NULL;
    int rc = orx_git_open_twin(p, path, NULL, &g, err);
    if (rc == 0)
        rc = orx_twin_configure(g, section, sub, key, value, err);
    orx_git_close(g);
    return rc;
}

int orx_git_twin_set_origin(orx_platform *p, const char *path, const char *url, orx_err *err) {
    return configure_at(p, path, "remote", "origin", "url", url, err);
}

int orx_git_twin_protect(orx_platform *p, const char *path, const char *branch, orx_err *err) {
    return configure_at(p, path, "orxaq", NULL, "protected", branch, err);
}

/* ---- Finding ------------------------------------------------------------------------------ */

/* A file ".git": "gitdir: ADMIN", whose commondir is two levels up. */
static int follow(orx_git *g, const char *file, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = orx_read_file(g->p, file, 4096, &text, err);
    if (rc < 0)
        return rc;
    orx_view v = orx_view_trim(orx_str_view(&text));
    const char *tail = NULL;
    if (orx_view_starts(v, "gitdir: ")) {
        g->dir = orx_arena_dup(&g->arena, (orx_view){v.p + 8, v.len - 8});
        tail = strstr(g->dir, "/worktrees/");
    }
    if (!tail)
        return orx_err_set(err, ORX_E_INVALID, "%s does not name a git directory", file);
    g->common = orx_arena_dup(&g->arena, (orx_view){g->dir, (size_t)(tail - g->dir)});
    return 0;
}

/* Looks at one directory: 1 when it is the place, 0 when the search goes on above. */
static int look_here(orx_git *g, const char *at, orx_err *err) {
    orx_file_info info;
    const char *inner = orx_path_join(&g->arena, at, ".git");
    if (orx_exists(g->p, orx_path_join(&g->arena, at, ORX_TWIN_MARK))) {
        g->bare = true;
        g->dir = g->common = orx_arena_strdup(&g->arena, at);
        return 1;
    }
    if (orx_lstat(g->p, inner, &info, NULL) < 0)
        return 0;
    g->root = orx_arena_strdup(&g->arena, at);
    g->dir = g->common = inner;
    int rc = info.kind == ORX_FILE_REGULAR ? follow(g, inner, err) : 0;
    return rc < 0 ? rc : 1;
}

static int check(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str mark = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err why = ORX_ERR_INIT;
    if (orx_read_file(g->p, orx_path_join(&a, g->common, ORX_TWIN_MARK), 64, &mark, &why) < 0 ||
        !orx_exists(g->p, orx_path_join(&a, g->dir, "HEAD")))
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s is not in a git repository (twin)", path);
    if (g->bare && !orx_view_is(orx_view_trim(orx_str_view(&mark)), "1 bare"))
        return orx_err_set(err, ORX_E_INVALID,
                           "%s is inside the git directory %s; name the worktree itself", path,
                           g->dir);
    return 0;
}

int orx_git_twin_locate(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *at = orx_arena_strdup(&a, path);
    int found = look_here(g, at, err);
    for (char *slash = strrchr(at, '/'); found == 0 && slash && slash != at;
         slash = strrchr(at, '/')) {
        *slash = '\0';
        found = look_here(g, at, err);
    }
    if (found < 0)
        return found;
    if (found == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s is not in a git repository (twin)", path);
    g->hooks = orx_path_join(&g->arena, g->common, "hooks");
    g->sha_len = 40;
    return check(g, path, err);
}

/* ---- The table ---------------------------------------------------------------------------- */

static int branch_exists(orx_git *g, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char sha[ORX_GIT_SHA];
    return orx_git_read_ref(g, orx_arena_printf(&a, "refs/heads/%s", branch), sha, err);
}

static int branch_create(orx_git *g, const char *branch, const char *at, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char sha[ORX_GIT_SHA];
    int rc = orx_twin_resolve(g, at, sha, err);
    if (rc < 0)
        return rc;
    return orx_twin_set_ref(g, orx_arena_printf(&a, "refs/heads/%s", branch), sha, true, err);
}

static int move_to_branch(orx_git *g, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char sha[ORX_GIT_SHA];
    const char *ref = orx_arena_printf(&a, "refs/heads/%s", branch);
    int rc = orx_git_head(g, sha, err);
    if (rc >= 0)
        rc = orx_twin_set_ref(g, ref, sha, false, err);
    if (rc < 0)
        return rc;
    return orx_write_atomic(g->p, orx_git_in_dir(g, &a, "HEAD"),
                            orx_view_of(orx_arena_printf(&a, "ref: %s\n", ref)), 0644, err);
}

/* The twin's configuration names nothing that runs. */
static int distrust(orx_git *g, bool on, orx_err *err) {
    (void)g;
    (void)on;
    (void)err;
    return 0;
}

const orx_git_backend orx_git_twin = {
    .forget = orx_twin_forget,
    .resolve = orx_twin_resolve,
    .status = orx_twin_status,
    .changes = orx_twin_changes,
    .log = orx_twin_log,
    .is_ancestor = orx_twin_is_ancestor,
    .tracked = orx_twin_tracked,
    .commit_all = orx_twin_commit_all,
    .save = orx_twin_save,
    .same_work = orx_twin_same_work,
    .restore = orx_twin_restore,
    .bring = orx_twin_bring,
    .branch_create = branch_create,
    .branch_exists = branch_exists,
    .move_to_branch = move_to_branch,
    .worktree_add = orx_twin_worktree_add,
    .worktree_remove = orx_twin_worktree_remove,
    .worktree_list = orx_twin_worktree_list,
    .fetch = orx_twin_fetch,
    .has_origin = orx_twin_has_origin,
    .push = orx_twin_push,
    .set_upstream = orx_twin_set_upstream,
    .distrust = distrust,
    .lock_held = orx_twin_lock_held,
};
