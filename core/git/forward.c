/* Moving a branch to a commit that has it in its history: nothing is merged, nothing is lost. */
#include "git/internal.h"

static int refuse(orx_git *g, const char *why, orx_err *err) {
    return orx_err_set(err, ORX_E_CONFLICT, "%s cannot be moved forward: %s", orx_git_where(g),
                       why);
}

/* from: the commit that counts as being in `to`; NULL = ask for the one the branch stands at. */
static int check(orx_git *g, const orx_git_status *status, const char *from, const char *to,
                 orx_err *err) {
    if (status->count)
        return refuse(g, "it has uncommitted changes", err);
    if (orx_git_in_progress(g))
        return refuse(g, "a merge, rebase or the like is in progress", err);
    if (from && strcmp(from, status->head) != 0)
        return refuse(g, "it has commits that the other side lacks", err);
    if (from)
        return 0;
    int behind = *status->head ? g->v->is_ancestor(g, status->head, to, err) : 0;
    if (behind == 0)
        return refuse(g, "it has commits that the other side lacks", err);
    return behind < 0 ? behind : 0;
}

static int move(orx_git *g, const char *from, const char *to, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_git_status status;
    orx_git_changes changes;
    const orx_git_restore restore = {.base = to};
    if (!g->root || !orx_git_is_sha(orx_view_of(to)))
        return orx_err_set(
            err, ORX_E_INVALID,
            "%s: moving forward needs a worktree and a full commit id, not \"%.80s\"",
            orx_git_where(g), to);
    int rc = orx_git_status_of(g, &arena, &status, err);
    if (rc < 0 || strcmp(status.head, to) == 0)
        return rc < 0 ? rc : 0;
    rc = check(g, &status, from, to, err);
    if (rc == 0)
        rc = orx_git_changes_since(g, to, &arena, &changes, err);
    if (rc == 0)
        rc = g->v->restore(g, &restore, err);
    return rc < 0 ? rc : orx_git_sync_files(g, changes.entries, changes.count, err);
}

int orx_git_forward(orx_git *g, const char *to, orx_err *err) {
    return move(g, NULL, to, err);
}

int orx_git_adopt(orx_git *g, const char *from, const char *to, orx_err *err) {
    return move(g, from, to, err);
}
