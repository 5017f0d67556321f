/* The verbs that only check their arguments and ask the backend. */
#include "git/internal.h"

static int need_worktree(const orx_git *g, const char *verb, orx_err *err) {
    if (g->root)
        return 0;
    return orx_err_set(err, ORX_E_INVALID, "%s: %s needs a worktree, but this repository is bare",
                       g->dir, verb);
}

int orx_git_resolve(orx_git *g, const char *rev, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    int rc = orx_git_check_rev(rev, "the revision", err);
    return rc < 0 ? rc : g->v->resolve(g, rev, ret_sha, err);
}

int orx_git_status_of(orx_git *g, orx_arena *arena, orx_git_status *ret_status, orx_err *err) {
    int rc = need_worktree(g, "status", err);
    return rc < 0 ? rc : g->v->status(g, arena, ret_status, err);
}

int orx_git_changes_since(orx_git *g, const char *base, orx_arena *arena,
                          orx_git_changes *ret_changes, orx_err *err) {
    orx_git_entries list = {0};
    orx_git_changes c = {0};
    int rc = need_worktree(g, "changes", err);
    if (rc == 0 && *base)
        rc = orx_git_check_rev(base, "the base", err);
    if (rc == 0)
        rc = g->v->changes(g, base, arena, &list, err);
    if (rc < 0) {
        orx_vec_free(&list);
        return rc;
    }
    orx_git_entries_sort(&list);
    c.count = list.len;
    c.entries = orx_git_entries_take(&list, arena);
    for (size_t i = 0; i < c.count; i++) {
        c.added += c.entries[i].added;
        c.deleted += c.entries[i].deleted;
    }
    *ret_changes = c;
    return 0;
}

static int ask_log(orx_git *g, orx_git_query *q, orx_arena *arena, orx_git_log *ret, orx_err *err) {
    q->base = q->base && *q->base ? q->base : NULL;
    q->tip = q->tip ? q->tip : "HEAD";
    int rc = q->base ? orx_git_check_rev(q->base, "the base", err) : 0;
    if (rc == 0)
        rc = orx_git_check_rev(q->tip, "the tip", err);
    return rc < 0 ? rc : g->v->log(g, q, arena, ret, err);
}

int orx_git_log_of(orx_git *g, const char *base, const char *tip, size_t max, orx_arena *arena,
                   orx_git_log *ret_log, orx_err *err) {
    orx_git_query q = {.base = base, .tip = tip, .max = max};
    if (max < 1 || max > 10000)
        return orx_err_set(err, ORX_E_INVALID, "%s: a log of %zu commits; expected 1 to 10000",
                           orx_git_where(g), max);
    return ask_log(g, &q, arena, ret_log, err);
}

int orx_git_find_attempt(orx_git *g, const char *base, const char *tip, const char *attempt,
                         char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_query q = {.base = base, .tip = tip, .max = 64, .attempt = attempt};
    orx_git_log log = {0};
    int rc = orx_git_check_line(attempt, "the attempt id", err);
    if (rc == 0)
        rc = ask_log(g, &q, &a, &log, err);
    if (rc < 0)
        return rc;
    if (log.count == 0)
        return 0;
    memcpy(ret_sha, log.commits[0].sha, ORX_GIT_SHA);
    return 1;
}

int orx_git_is_ancestor(orx_git *g, const char *ancestor, const char *descendant, orx_err *err) {
    int rc = orx_git_check_rev(ancestor, "the ancestor", err);
    if (rc == 0)
        rc = orx_git_check_rev(descendant, "the descendant", err);
    if (rc < 0)
        return rc;
    if (strcmp(ancestor, descendant) == 0 && orx_git_is_sha(orx_view_of(ancestor)))
        return 1;
    return g->v->is_ancestor(g, ancestor, descendant, err);
}

int orx_git_commit_all(orx_git *g, const orx_git_delivery *delivery, char ret_sha[ORX_GIT_SHA],
                       orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str message = {0};
    int rc = need_worktree(g, "commit", err);
    if (rc == 0)
        rc = orx_git_message(delivery, &message, err);
    return rc < 0 ? rc : g->v->commit_all(g, orx_str_view(&message), ret_sha, err);
}

int orx_git_branch_exists(orx_git *g, const char *branch, orx_err *err) {
    int rc = orx_git_check_branch(branch, err);
    return rc < 0 ? rc : g->v->branch_exists(g, branch, err);
}

int orx_git_branch_create(orx_git *g, const char *branch, const char *at, orx_err *err) {
    char sha[ORX_GIT_SHA];
    int rc = orx_git_check_branch(branch, err);
    if (rc == 0)
        rc = orx_git_check_rev(at, "the start of the branch", err);
    if (rc == 0 && !orx_git_is_sha(orx_view_of(at))) {
        rc = g->v->resolve(g, at, sha, err);
        at = sha;
    }
    return rc < 0 ? rc : g->v->branch_create(g, branch, at, err);
}

int orx_git_fetch(orx_git *g, orx_err *err) {
    return g->v->fetch(g, err);
}
