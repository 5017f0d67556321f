/* Bringing parked work back. Everything that could go wrong halfway is looked at first; then one
 * verb of the backend writes the files. */
#include "git/internal.h"

/* What is parked but not in the worktree: its place must be free. Something that git ignores may
 * have come to lie there or inside of a directory there, and a checkout would overwrite it. */
static bool in_the_way(orx_git *g, const orx_git_changes *c, const orx_git_entry *e,
                       orx_arena *arena) {
    orx_file_info info;
    char *path = orx_arena_strdup(arena, e->path);
    if (orx_lstat(g->p, orx_path_join(arena, g->root, path), &info, NULL) == 0)
        return true;
    for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
        *slash = '\0';
        if (orx_lstat(g->p, orx_path_join(arena, g->root, path), &info, NULL) < 0)
            continue;
        bool tracked = false;
        for (size_t i = 0; i < c->count && !tracked; i++)
            tracked = strcmp(c->entries[i].path, path) == 0;
        return info.kind != ORX_FILE_DIRECTORY && !tracked;
    }
    return false;
}

/* Seen from the parked commit, what it adds to the worktree is missing there. */
static bool blocked(orx_git *g, const orx_git_changes *c, orx_arena *arena) {
    for (size_t i = 0; i < c->count; i++)
        if (c->entries[i].kind == ORX_GIT_DELETED && in_the_way(g, c, &c->entries[i], arena))
            return true;
    return false;
}

/* 1 when the worktree is clean at base and base leads to the commit. */
static int fits(orx_git *g, const char *base, const char *sha, orx_arena *arena, orx_err *err) {
    orx_git_status status;
    int rc = orx_git_status_of(g, arena, &status, err);
    if (rc < 0)
        return rc;
    if (status.count || strcmp(status.head, base) != 0 || orx_git_in_progress(g))
        return 0;
    return *base ? g->v->is_ancestor(g, base, sha, err) : 1;
}

static int bring(orx_git *g, const char *base, const char *sha, orx_arena *arena, orx_err *err) {
    orx_git_changes changes;
    int rc = orx_git_changes_since(g, sha, arena, &changes, err);
    if (rc < 0 || !changes.count || blocked(g, &changes, arena))
        return rc < 0 ? rc : 0;
    rc = g->v->bring(g, *base ? base : NULL, sha, err);
    if (rc == 0)
        rc = orx_git_sync_files(g, changes.entries, changes.count, err);
    return rc < 0 ? rc : 1;
}

int orx_git_unpark(orx_git *g, const char *branch, const char *base, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char sha[ORX_GIT_SHA];
    orx_err why = ORX_ERR_INIT;
    if (!g->root)
        return orx_err_set(err, ORX_E_INVALID, "%s: parked work needs a worktree", g->dir);
    if (*base && !orx_git_is_sha(orx_view_of(base)))
        return orx_err_set(err, ORX_E_INVALID,
                           "the base \"%.80s\" of parked work must be a full commit id", base);
    int rc = orx_git_check_branch(branch, err);
    if (rc < 0)
        return rc;
    const char *ref = orx_arena_printf(&arena, "refs/heads/%s", branch);
    rc = orx_git_read_ref(g, ref, sha, NULL) == 1 ? 0 : g->v->resolve(g, ref, sha, &why);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    rc = fits(g, base, sha, &arena, err);
    if (rc == 1)
        rc = bring(g, base, sha, &arena, err);
    return rc < 0 ? orx_err_wrap(err, "%s: bringing back %s", g->root, branch) : rc;
}
