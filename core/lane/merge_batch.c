/* One base branch of one repository: group after group. */
#include "lane/merging.h"

#include "base/digest.h"

#define OVERTAKEN_MAX 5

orx_merge_item *orx_merge_item_of(const orx_merge_work *w, size_t number) {
    return &w->batch.items[w->queued[number]];
}

/* ---- Telling --------------------------------------------------------------------------------- */

int orx_merge_note(orx_merge_work *w, const char *kind, const orx_merge_group *group,
                   orx_node *body, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *n = body ? orx_node_copy(&a, body) : orx_node_new(&a, ORX_OBJECT);
    orx_node *list = orx_node_new(&a, ORX_ARRAY);
    for (size_t i = 0; i < group->count; i++) {
        const orx_merge_item *item = orx_merge_item_of(w, group->items[i]);
        orx_node *m = orx_node_new(&a, ORX_OBJECT);
        orx_node_set_str(&a, m, "lane", item->lane);
        orx_node_set_str(&a, m, "branch", item->branch);
        orx_node_set_str(&a, m, "tip", item->tip);
        orx_node_push(list, m);
    }
    orx_node_set_str(&a, n, "repo", orx_git_common(w->repo->git));
    orx_node_set_str(&a, n, "target", w->batch.target);
    orx_node_set(&a, n, "members", list);
    const orx_event e = {.kind = kind, .schema = 1, .body = n};
    return orx_event_note(w->q->setup->store, &e, err);
}

int orx_merge_refuse(orx_merge_work *w, orx_merge_group *group, size_t number, const char *reason,
                     const char *text, const char *const *files, orx_err *err) {
    orx_merge_item *item = orx_merge_item_of(w, number);
    const orx_merge_refusal refusal = {.repo = orx_git_common(w->repo->git),
                                       .target = w->batch.target,
                                       .part = {item->lane, item->branch, item->tip},
                                       .reason = reason,
                                       .text = text,
                                       .files = files};
    orx_merge_say(w->q, item, ORX_MERGE_REFUSED, reason, "%s", text);
    item->files = files;
    orx_merge_plan_decide(&w->plan, group, number, ORX_MERGE_OUT);
    orx_merge_tell(w->q, "%s is refused: %s", item->branch, text);
    return orx_merges_refuse(w->q->setup->store, &refusal, err);
}

/* ---- The base -------------------------------------------------------------------------------- */

/* 1, or 0 with "". */
static int read_ref(orx_git *git, const char *kind, const char *name, char ret[ORX_GIT_SHA],
                    orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err why = ORX_ERR_INIT;
    ret[0] = '\0';
    int rc = orx_git_resolve(git, orx_arena_printf(&a, "refs/%s%s", kind, name), ret, &why);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 1;
}

static int diverged(orx_merge_work *w) {
    orx_merge_hold(w, "base_diverged",
                   orx_arena_printf(w->q->arena,
                                    "%s and origin/%s have gone separate ways; bring them together",
                                    w->batch.target, w->batch.target));
    return 0;
}

int orx_merge_look(orx_merge_work *w, orx_err *err) {
    char twin[ORX_GIT_SHA] = "";
    orx_git *git = w->repo->git;
    int rc = read_ref(git, "heads/", w->batch.target, w->batch.before, err);
    if (rc >= 0 && w->twin)
        rc = read_ref(git, "remotes/origin/", w->batch.target, twin, err);
    if (rc < 0)
        return rc;
    const char *here = w->batch.before;
    int behind = *here && *twin ? orx_git_is_ancestor(git, here, twin, err) : !*here;
    if (behind < 0)
        return behind;
    if (!behind && *twin && (rc = orx_git_is_ancestor(git, twin, here, err)) != 1)
        return rc < 0 ? rc : diverged(w);
    memcpy(w->onto, behind ? twin : here, sizeof w->onto);
    memcpy(w->batch.after, here, sizeof w->batch.after);
    w->proved = false;
    return 1;
}

/* ---- The bench ------------------------------------------------------------------------------- */

static const char *bench_path(const orx_merge_work *w) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    char digest[ORX_SHA256_HEX];
    const char *common = orx_git_common(w->repo->git);
    const char *slash = strrchr(w->repo->path, '/');
    orx_sha256_hex(orx_view_of(common), digest);
    orx_git_safe_name(orx_view_of(slash ? slash + 1 : w->repo->path), "repo", &name);
    return orx_arena_printf(w->q->arena, "%s/merge-queue/%s-%.8s",
                            w->q->setup->cfg->paths.worktrees_dir, orx_str_cstr(&name), digest);
}

static int open_bench(orx_merge_work *w, orx_err *err) {
    const char *path = bench_path(w);
    int rc = orx_git_worktree_add(w->repo->git, path, NULL, w->onto, err);
    if (rc == 0 || rc == ORX_E_EXISTS)
        rc = orx_merge_open(w->q, path, &w->bench, err);
    return rc < 0 ? orx_err_wrap(err, "the worktree of the merge queue") : 0;
}

/* ---- Groups ---------------------------------------------------------------------------------- */

static int refuse_or_hold(orx_merge_work *w, orx_merge_group *group, const char *reason,
                          const char *text, orx_err *err) {
    const char *base_reason = NULL;
    const char *base_text = NULL;
    size_t number = group->items[0];
    int fine = w->proved ? 1 : orx_merge_check(w, group, w->onto, &base_reason, &base_text, err);
    if (fine < 0)
        return fine;
    w->proved = w->proved || fine;
    if (fine)
        return orx_merge_refuse(w, group, number, reason, text, NULL, err);
    orx_merge_say(w->q, orx_merge_item_of(w, number), ORX_MERGE_HELD, "base_fails",
                  "%s fails without it, too: %s", w->batch.target, base_text);
    orx_merge_plan_decide(&w->plan, group, number, ORX_MERGE_OUT);
    return 0;
}

static int bisect(orx_merge_work *w, orx_merge_group *group, const char *text, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "text", text);
    orx_merge_tell(w->q, "%zu branches fail together; each half is tried alone", group->count);
    int rc = orx_merge_note(w, "merge.bisected", group, body, err);
    if (rc == 0)
        (void)orx_merge_plan_judge(&w->plan, group, false);
    return rc;
}

static void settle_merged(orx_merge_work *w, orx_merge_group *group, const char *tip) {
    for (size_t i = 0; i < group->count; i++) {
        orx_merge_item *item = orx_merge_item_of(w, group->items[i]);
        orx_merge_say(w->q, item, ORX_MERGE_MERGED, "merged", "%s", "");
        orx_merge_tell(w->q, "%s is in %s now (%.12s)", item->branch, w->batch.target, tip);
    }
    (void)orx_merge_plan_judge(&w->plan, group, true);
    memcpy(w->batch.after, tip, ORX_GIT_SHA);
    memcpy(w->batch.before, tip, ORX_GIT_SHA);
    memcpy(w->onto, tip, ORX_GIT_SHA);
    w->proved = true;
}

/* Somebody moved the base while we tried. */
static int overtaken(orx_merge_work *w, orx_merge_group *group, orx_err *err) {
    if (++w->overtaken > OVERTAKEN_MAX) {
        orx_merge_hold(w, "base_moved", "the base was moved again and again while it was tried");
        return 0;
    }
    orx_merge_tell(w->q, "%s was moved by somebody else; once more", w->batch.target);
    orx_merge_plan_again(&w->plan, group);
    return orx_merge_look(w, err);
}

/* 1 = go on, 0 = everything left is held. */
static int land(orx_merge_work *w, orx_merge_group *group, const char *tip, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    const char *held = NULL;
    int rc = orx_merge_land(w, group, tip, &held, &why);
    if (rc == ORX_E_CONFLICT)
        return overtaken(w, group, err);
    if (rc == ORX_E_DENIED) {
        orx_merge_hold(w, "base_denied", why.msg);
        return 0;
    }
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    if (rc == 1)
        settle_merged(w, group, tip);
    else
        orx_merge_hold(w, "base_checked_out", held);
    return rc;
}

static int note_checked(orx_merge_work *w, const orx_merge_group *group, const char *tip, bool good,
                        const char *text, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "commit", tip);
    orx_node_set_bool(&a, body, "passed", good);
    orx_node_set_str(&a, body, "text", text);
    return orx_merge_note(w, "merge.validated", group, body, err);
}

/* 1 = go on. */
static int try_group(orx_merge_work *w, orx_merge_group *group, orx_err *err) {
    char tip[ORX_GIT_SHA];
    const char *reason = "";
    const char *text = "";
    int rc = orx_merge_stack(w, group, tip, err);
    if (rc < 0)
        return rc;
    if (!group->count) {
        (void)orx_merge_plan_judge(&w->plan, group, true);
        return 1;
    }
    int good = orx_merge_check(w, group, tip, &reason, &text, err);
    if (good < 0)
        return good;
    rc = note_checked(w, group, tip, good, text, err);
    if (rc < 0)
        return rc;
    if (good)
        return land(w, group, tip, err);
    rc = group->count > 1 ? bisect(w, group, text, err)
                          : refuse_or_hold(w, group, reason, text, err);
    if (rc == 0 && !group->count) /* its asides */
        (void)orx_merge_plan_judge(&w->plan, group, true);
    return rc < 0 ? rc : 1;
}

/* ---- A batch --------------------------------------------------------------------------------- */

static size_t enqueue(orx_merge_work *w) {
    size_t n = 0;
    w->queued = orx_arena_zalloc(w->q->arena, w->batch.count + 1, sizeof *w->queued);
    bool *doubtful = orx_arena_zalloc(w->q->arena, w->batch.count + 1, sizeof *doubtful);
    for (size_t i = 0; i < w->batch.count; i++)
        if (w->batch.items[i].verdict == ORX_MERGE_QUEUED) {
            doubtful[n] = w->batch.items[i].doubtful;
            w->queued[n++] = i;
        }
    orx_merge_plan_begin(&w->plan, w->q->arena, n, doubtful);
    return n;
}

static int note_queued(orx_merge_work *w, size_t count, orx_err *err) {
    orx_merge_group all = {.count = count};
    all.items = orx_arena_zalloc(w->q->arena, count + 1, sizeof *all.items);
    for (size_t i = 0; i < count; i++)
        all.items[i] = i;
    orx_merge_tell(w->q, "%s: %zu to be merged into %s", w->batch.repo, count, w->batch.target);
    return orx_merge_note(w, "merge.queued", &all, NULL, err);
}

int orx_merge_work_on(orx_merge_work *w, orx_err *err) {
    const char *why = NULL;
    orx_merge_group *group;
    size_t count = enqueue(w);
    if (!count)
        return 0;
    int rc = note_queued(w, count, err);
    if (rc == 0)
        rc = orx_merge_may_land(w, w->onto, &why, err);
    if (rc == 0)
        orx_merge_hold(w, "base_checked_out", why);
    if (rc == 1)
        rc = (rc = open_bench(w, err)) < 0 ? rc : 1;
    while (rc == 1 && (group = orx_merge_plan_next(&w->plan)))
        rc = orx_merge_stopped(w->q)
                 ? orx_err_set(err, ORX_E_CANCELLED, "stopped; what was merged stays merged")
                 : try_group(w, group, err);
    return rc < 0 ? rc : 0;
}
