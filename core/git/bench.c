/* Bringing branches together: what is checked before git is asked (git.h). */
#include "git/internal.h"

int orx_git_no_bench(const orx_git *g, orx_err *err) {
    return orx_err_set(err, ORX_E_UNSUPPORTED,
                       "%s: branches can be brought together with the git program only",
                       orx_git_where(g));
}

static int check_sha(const orx_git *g, const char *sha, const char *what, orx_err *err) {
    if (sha && orx_git_is_sha(orx_view_of(sha)))
        return 0;
    return orx_err_set(err, ORX_E_INVALID, "%s: %s must be a full commit id, not \"%.80s\"",
                       orx_git_where(g), what, sha ? sha : "");
}

/* A linked worktree without a branch: everything in it is about to be thrown away. */
static int check_bench(orx_git *g, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str branch = {0};
    if (!g->v->bench_clear)
        return orx_git_no_bench(g, err);
    int on_branch = g->root && strcmp(g->dir, g->common) != 0 ? orx_git_branch(g, &branch, err) : 1;
    if (on_branch < 0)
        return on_branch;
    return on_branch ? orx_err_set(err, ORX_E_INVALID,
                                   "%s is no linked worktree with a detached HEAD: somebody may "
                                   "work in it",
                                   orx_git_where(g))
                     : 0;
}

int orx_git_bench_clear(orx_git *g, const char *at, orx_err *err) {
    int rc = check_bench(g, err);
    if (rc == 0)
        rc = check_sha(g, at, "the commit to stand at", err);
    return rc < 0 ? rc : g->v->bench_clear(g, at, err);
}

int orx_git_rebase(orx_git *g, const orx_git_rebase_spec *spec, orx_arena *arena,
                   orx_git_rebased *ret, orx_err *err) {
    orx_git_rebased result = {0};
    int rc = check_bench(g, err);
    if (rc == 0)
        rc = check_sha(g, spec->onto, "the commit to build on", err);
    if (rc == 0)
        rc = check_sha(g, spec->tip, "the tip to rebase", err);
    if (rc == 0 && spec->from)
        rc = check_sha(g, spec->from, "the beginning of the range", err);
    if (rc == 0)
        rc = g->v->bench_clear(g, spec->onto, err);
    if (rc == 0)
        rc = g->v->rebase(g, spec, arena, &result, err);
    if (rc == 0)
        *ret = result;
    return rc;
}

int orx_git_advance(orx_git *g, const char *branch, const char *from, const char *to,
                    orx_err *err) {
    int rc = g->v->advance ? orx_git_check_branch(branch, err) : orx_git_no_bench(g, err);
    if (rc == 0)
        rc = check_sha(g, to, "the commit to move to", err);
    if (rc == 0 && *from)
        rc = check_sha(g, from, "the commit to move from", err);
    if (rc < 0)
        return rc;
    int forward = *from ? orx_git_is_ancestor(g, from, to, err) : 1;
    if (forward == 0)
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: %s is not moved from %.12s to %.12s, which does "
                           "not contain it",
                           orx_git_where(g), branch, from, to);
    return forward < 0 ? forward : g->v->advance(g, branch, from, to, err);
}

/* "" stands for the empty tree. */
static int check_pair(const orx_git *g, const char *from, const char *to, orx_err *err) {
    if (!g->v->follow)
        return orx_git_no_bench(g, err);
    if (!g->root)
        return orx_err_set(err, ORX_E_INVALID, "%s has no worktree that could follow",
                           orx_git_where(g));
    int rc = *from ? check_sha(g, from, "the commit to follow from", err) : 0;
    return rc < 0 ? rc : check_sha(g, to, "the commit to follow to", err);
}

static int in_the_way(const orx_git *g, const char *what, const char *path, orx_err *err) {
    return orx_err_set(err, ORX_E_CONFLICT, "%s %s%s%s", orx_git_where(g), what, *path ? ": " : "",
                       path);
}

int orx_git_can_follow(orx_git *g, const char *from, const char *to, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_status now;
    int rc = check_pair(g, from, to, err);
    if (rc == 0)
        rc = g->v->status(g, &a, &now, err);
    if (rc < 0)
        return rc;
    if (orx_git_in_progress(g))
        return in_the_way(g, "has a merge, rebase or the like in progress", "", err);
    for (size_t i = 0; i < now.count; i++)
        if (now.entries[i].kind != ORX_GIT_UNTRACKED)
            return in_the_way(g, "has changes that are not committed", now.entries[i].path, err);
    return g->v->can_follow(g, from, to, err);
}

int orx_git_follow(orx_git *g, const char *from, const char *to, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_changes changes = {0};
    int rc = check_pair(g, from, to, err);
    if (rc == 0)
        rc = orx_git_changes_since(g, to, &a, &changes, err);
    if (rc == 0)
        rc = g->v->follow(g, from, to, err);
    return rc < 0 ? rc : orx_git_sync_files(g, changes.entries, changes.count, err);
}
