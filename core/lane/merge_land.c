/* Moving the base, with the worktrees that show it. */
#include "lane/merging.h"

typedef int (*visit_fn)(orx_merge_queue *q, orx_git *tree, const char *from, const char *to,
                        orx_err *err);

/* Calls visit for each worktree that has the branch checked out, until one says no. */
static int visit_trees(orx_merge_queue *q, const orx_merge_landing *l, orx_git *git, visit_fn visit,
                       orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_worktrees list = {0};
    int rc = orx_git_worktree_list(git, &a, &list, err);
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        const orx_git_worktree *t = &list.items[i];
        orx_git *tree = NULL;
        if (t->bare || t->missing || !t->branch || strcmp(t->branch, l->target) != 0)
            continue;
        rc = orx_merge_open(q, t->path, &tree, err);
        if (rc == 0)
            rc = visit(q, tree, l->before, l->after, err);
        orx_git_close(tree);
    }
    return rc;
}

static int can_follow(orx_merge_queue *q ORX_UNUSED, orx_git *tree, const char *from,
                      const char *to, orx_err *err) {
    return orx_git_can_follow(tree, from, to, err);
}

static int follow(orx_merge_queue *q ORX_UNUSED, orx_git *tree, const char *from, const char *to,
                  orx_err *err) {
    return orx_git_follow(tree, from, to, err);
}

int orx_merge_may_land(orx_merge_work *w, const char *to, const char **ret_why, orx_err *err) {
    const orx_merge_landing l = {.target = w->batch.target, .before = w->batch.before, .after = to};
    orx_err why = ORX_ERR_INIT;
    int rc = visit_trees(w->q, &l, w->repo->git, can_follow, &why);
    if (rc == 0)
        return 1;
    if (rc != ORX_E_CONFLICT)
        return orx_err_set(err, rc, "%s", why.msg);
    *ret_why = orx_arena_printf(
        w->q->arena, "%s is checked out there, and %s; commit or move it, then run the queue again",
        w->batch.target, why.msg);
    return 0;
}

/* The branch has moved: what does not follow is told, it undoes nothing. */
static const char *bring_along(orx_merge_queue *q, const orx_merge_landing *l, orx_git *git) {
    orx_err why = ORX_ERR_INIT;
    if (visit_trees(q, l, git, follow, &why) == 0)
        return NULL;
    orx_merge_tell(q, "%s is at %.12s now, but a worktree that shows it stayed behind: %s",
                   l->target, l->after, why.msg);
    return orx_arena_printf(q->arena, "a worktree that shows %s stayed behind: %s", l->target,
                            why.msg);
}

static void fill(orx_merge_work *w, const orx_merge_group *group, const char *to,
                 orx_merge_landing *l) {
    *l = (orx_merge_landing){.repo = orx_git_common(w->repo->git),
                             .target = w->batch.target,
                             .before = w->batch.before,
                             .after = to,
                             .count = group->count};
    l->parts = orx_arena_zalloc(w->q->arena, group->count + 1, sizeof *l->parts);
    for (size_t i = 0; i < group->count; i++) {
        const orx_merge_item *item = orx_merge_item_of(w, group->items[i]);
        l->parts[i] = (orx_merge_part){item->lane, item->branch, item->tip};
    }
}

int orx_merge_land(orx_merge_work *w, const orx_merge_group *group, const char *to,
                   const char **ret_why, orx_err *err) {
    orx_store *s = w->q->setup->store;
    orx_merge_landing l;
    int rc = orx_merge_may_land(w, to, ret_why, err);
    if (rc <= 0)
        return rc;
    fill(w, group, to, &l);
    rc = orx_merges_begin(s, &l, err);
    if (rc < 0)
        return rc;
    rc = orx_git_advance(w->repo->git, l.target, l.before, to, err);
    if (rc < 0)
        return orx_merges_end(s, &l, false, NULL) < 0 ? ORX_E_CORRUPT : rc;
    const char *warning = bring_along(w->q, &l, w->repo->git);
    w->batch.warning = warning ? warning : w->batch.warning;
    rc = orx_merges_end(s, &l, true, err);
    return rc < 0 ? rc : 1;
}

/* ---- After a crash --------------------------------------------------------------------------- */

/* Whether the base came to have the commit. *ret_at: it stands right there. */
static int has_landed(orx_git *git, const orx_merge_landing *l, bool *ret_at, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char now[ORX_GIT_SHA] = "";
    const char *ref = orx_arena_printf(&a, "refs/heads/%s", l->target);
    int rc = orx_git_resolve(git, ref, now, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    *ret_at = rc == 0 && strcmp(now, l->after) == 0;
    return rc < 0 ? rc : orx_git_is_ancestor(git, l->after, now, err);
}

int orx_merge_recover(orx_merge_queue *q, orx_merge_repo *repo, orx_err *err) {
    orx_merge_landing l;
    bool at = false;
    int rc = orx_merges_begun(q->setup->store, orx_git_common(repo->git), q->arena, &l, err);
    if (rc <= 0)
        return rc;
    int landed = has_landed(repo->git, &l, &at, err);
    if (landed < 0)
        return landed;
    orx_merge_tell(q, "an earlier run ended while it moved %s: it %s", l.target,
                   landed ? "was moved" : "was not moved");
    if (at)
        (void)bring_along(q, &l, repo->git);
    return orx_merges_end(q->setup->store, &l, landed != 0, err);
}
