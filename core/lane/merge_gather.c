/* What there is to merge: repositories, base branches, and the branches of lanes. */
#include "lane/merging.h"

#include "run/attempt.h"
#include "run/base.h"

#define COMMITS_MAX 1000
#define READS_MAX   20

/* ---- Repositories ---------------------------------------------------------------------------- */

/* One queue at a time, whatever root it comes from. The lock ends with the process. */
static int lock_repo(orx_merge_queue *q, orx_merge_repo *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_platform *p = q->setup->p;
    const char *path = orx_path_join(&a, orx_git_common(r->git), "orxaq-merge-queue.lock");
    int rc = orx_file_open(p, path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644,
                           &r->lock, err);
    if (rc == 0)
        rc = orx_file_lock(p, r->lock, ORX_LOCK_EXCLUSIVE, false, err);
    if (rc == ORX_E_BUSY)
        return orx_err_set(err, ORX_E_BUSY,
                           "another merge queue is at work in %s; run it again "
                           "when that one is done",
                           r->path);
    return rc;
}

/* Whoever left lock files of git behind is dead, or heal finds that it is not. */
static int prepare_repo(orx_merge_queue *q, orx_merge_repo *r, orx_err *err) {
    orx_git_locks locks;
    int rc = lock_repo(q, r, err);
    if (rc == 0)
        rc = orx_git_heal(r->git, 0, q->arena, &locks, err);
    return rc < 0 ? rc : orx_merge_recover(q, r, err);
}

static orx_merge_repo *known(const orx_merge_queue *q, const char *path, const char *common) {
    for (orx_merge_repo *r = q->repos; r; r = r->next)
        if (strcmp(r->path, path) == 0 ||
            (common && r->git && strcmp(orx_git_common(r->git), common) == 0))
            return r;
    return NULL;
}

static int repo_of(orx_merge_queue *q, const char *path, orx_merge_repo **ret_repo, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    orx_git *git = NULL;
    orx_merge_repo *r = known(q, path, NULL);
    int rc = r ? 0 : orx_merge_open(q, path, &git, &why);
    if (git && (r = known(q, path, orx_git_common(git))))
        orx_git_close(git);
    if (!r) {
        r = ORX_ARENA_NEW(q->arena, orx_merge_repo);
        *r = (orx_merge_repo){.path = path, .git = git, .next = q->repos};
        q->repos = r;
        if (rc < 0)
            r->problem = orx_arena_strdup(q->arena, why.msg);
        else if (!q->setup->dry_run)
            rc = prepare_repo(q, r, err);
        if (rc < 0 && !r->problem)
            return rc;
    }
    *ret_repo = r;
    return 0;
}

/* ---- Base branches --------------------------------------------------------------------------- */

/* The branch behind a revision that worktrees begin from, "" when it is none. */
static const char *branch_behind(orx_merge_queue *q, orx_git *git, const char *name, bool *twin) {
    ORX_CLEANUP(orx_str_free) orx_str branch = {0};
    char sha[ORX_GIT_SHA];
    *twin = strncmp(name, "origin/", 7) == 0;
    if (strcmp(name, "HEAD") == 0)
        return orx_git_branch(git, &branch, NULL) == 1
                   ? orx_arena_strdup(q->arena, orx_str_cstr(&branch))
                   : "";
    const char *local = *twin ? name + 7 : strncmp(name, "refs/heads/", 11) == 0 ? name + 11 : name;
    const char *ref = orx_arena_printf(q->arena, "refs/heads/%s", local);
    return *twin || orx_git_resolve(git, ref, sha, NULL) == 0 ? local : "";
}

static orx_merge_work *work_for(orx_merge_queue *q, orx_merge_repo *repo, const char *target) {
    orx_merge_work **at = &q->works;
    for (; *at; at = &(*at)->next)
        if ((*at)->repo == repo && strcmp((*at)->batch.target, target) == 0)
            return *at;
    *at = ORX_ARENA_NEW(q->arena, orx_merge_work);
    **at = (orx_merge_work){.q = q, .repo = repo, .batch = {.repo = repo->path, .target = target}};
    return *at;
}

static orx_merge_item *add_item(orx_merge_work *w, const orx_merge_item *item) {
    orx_merge_batch *b = &w->batch;
    if ((b->count & (b->count - 1)) == 0) { /* full at each power of two */
        orx_merge_item *more =
            orx_arena_zalloc(w->q->arena, b->count ? 2 * b->count : 1, sizeof *more);
        if (b->count)
            memcpy(more, b->items, b->count * sizeof *more);
        b->items = more;
    }
    b->items[b->count] = *item;
    return &b->items[b->count++];
}

/* ---- Branches -------------------------------------------------------------------------------- */

/* The attempt of a lane that is under way in this repository: 1 and its base, or 0. */
static int under_way(orx_merge_queue *q, const char *lane, const char *tip, orx_git *git,
                     char ret_base[ORX_GIT_SHA], orx_err *err) {
    orx_attempt_row *rows = NULL;
    ret_base[0] = '\0';
    int n =
        q->setup->store ? orx_attempt_unsettled(q->setup->store, lane, q->arena, &rows, err) : 0;
    for (int i = 0; i < n; i++) {
        /* One that works elsewhere began at a commit that is not here. */
        if (!*rows[i].base || orx_git_is_ancestor(git, rows[i].base, tip, NULL) != 1)
            continue;
        memcpy(ret_base, rows[i].base, strlen(rows[i].base) + 1);
        return 1;
    }
    return n < 0 ? n : 0;
}

/* What of a branch is proved: all of it, or what was there before the attempt under way. The branch
 * and the journal are read until they agree. */
static int read_tip(orx_merge_queue *q, orx_git *git, orx_merge_item *item, orx_err *err) {
    const char *ref = orx_arena_printf(q->arena, "refs/heads/%s", item->branch);
    char base[2][ORX_GIT_SHA] = {"", ""};
    char again[ORX_GIT_SHA] = "";
    int rc = orx_git_resolve(git, ref, item->tip, err);
    for (int i = 0; rc == 0 && i < READS_MAX; i++) {
        rc = under_way(q, item->lane, item->tip, git, base[0], err);
        if (rc >= 0)
            rc = orx_git_resolve(git, ref, again, err);
        if (rc == 0)
            rc = under_way(q, item->lane, again, git, base[1], err);
        if (rc < 0)
            return rc;
        rc = 0;
        bool same = strcmp(again, item->tip) == 0 && strcmp(base[0], base[1]) == 0;
        memcpy(item->tip, again, sizeof item->tip);
        if (same)
            break;
    }
    if (rc == 0 && *base[1])
        memcpy(item->tip, base[1], sizeof item->tip);
    return rc;
}

/* What the journal knows of it, as far as that still holds in this repository. */
static int read_mark(orx_merge_work *w, orx_merge_item *item, orx_err *err) {
    orx_merge_mark mark;
    orx_git *git = w->repo->git;
    if (!w->q->setup->store)
        return 0;
    int rc = orx_merges_mark(w->q->setup->store, orx_git_common(git), item->lane, w->q->arena,
                             &mark, err);
    if (rc <= 0)
        return rc;
    item->doubtful = strcmp(mark.refused_tip, item->tip) == 0;
    if (*mark.merged_tip && orx_git_is_ancestor(git, mark.merged_tip, item->tip, NULL) == 1 &&
        orx_git_is_ancestor(git, mark.merged_as, w->onto, NULL) == 1)
        item->from = mark.merged_tip;
    return 0;
}

static int count_commits(orx_merge_work *w, orx_merge_item *item, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_log log = {0};
    int rc = read_mark(w, item, err);
    if (rc == 0)
        rc = orx_git_log_of(w->repo->git, item->from ? item->from : w->onto, item->tip, COMMITS_MAX,
                            &a, &log, err);
    item->commits = (int64_t)log.count;
    if (rc == 0 && !log.count)
        orx_merge_say(w->q, item, ORX_MERGE_NOTHING, "nothing", "%s has it all", w->batch.target);
    return rc;
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

static bool is_wanted(const orx_merge_setup *setup, const char *lane) {
    const char *const *only = setup->only;
    for (; only && *only; only++)
        if (strcmp(*only, lane) == 0)
            return true;
    return !setup->only;
}

static void add_held(orx_merge_queue *q, orx_merge_repo *repo, const orx_merge_item *item,
                     const char *reason, const char *why) {
    orx_merge_say(q, add_item(work_for(q, repo, ""), item), ORX_MERGE_HELD, reason, "%s", why);
}

/* What cannot be looked at. Of a lane that is not enabled nobody expects it, unless it is named. */
static void add_unseen(orx_merge_queue *q, orx_merge_repo *repo, const orx_lane *lane,
                       const orx_merge_item *item, const char *reason, const char *why) {
    if (!lane || lane->enabled || q->setup->only)
        add_held(q, repo, item, reason, why);
    else
        orx_merge_say(q, add_item(work_for(q, repo, ""), item), ORX_MERGE_DISABLED, reason,
                      "lane %s is not enabled; %s", lane->id, why);
}

static int add_branch(orx_merge_queue *q, orx_merge_repo *repo, orx_merge_item *item,
                      orx_err *err) {
    const char *name = NULL;
    char sha[ORX_GIT_SHA];
    bool twin = false;
    int rc = orx_run_base(item->cfg, repo->git, sha, &name, err);
    if (rc < 0)
        return rc;
    const char *target = rc ? branch_behind(q, repo->git, name, &twin) : "";
    if (!*target || strcmp(target, item->branch) == 0) {
        add_held(q, repo, item, "no_base",
                 orx_arena_printf(q->arena,
                                  "%s is no branch that could be moved; name one as "
                                  "worktree_base_ref (git.base)",
                                  name));
        return 0;
    }
    orx_merge_work *w = work_for(q, repo, target);
    w->twin = w->twin || twin;
    rc = read_tip(q, repo->git, item, err);
    if (rc == 0)
        add_item(w, item);
    return rc;
}

/* One branch of a lane in one repository, if there is one. */
static int consider(orx_merge_queue *q, const char *path, const orx_lane *lane,
                    orx_merge_item *item, orx_err *err) {
    orx_merge_repo *repo = NULL;
    orx_err why = ORX_ERR_INIT;
    char sha[ORX_GIT_SHA];
    item->branch = orx_run_lane_branch(item->lane, q->arena);
    item->text = item->reason = "";
    int rc = repo_of(q, path, &repo, err);
    if (rc < 0)
        return rc;
    if (repo->problem) {
        add_unseen(q, repo, lane, item, "no_repo", repo->problem);
        return 0;
    }
    const char *ref = orx_arena_printf(q->arena, "refs/heads/%s", item->branch);
    if (orx_git_resolve(repo->git, ref, sha, NULL) < 0) {
        if (q->setup->only)
            orx_merge_say(q, add_item(work_for(q, repo, ""), item), ORX_MERGE_NOTHING, "nothing",
                          "there is no branch %s: nothing was delivered", item->branch);
        return 0;
    }
    if (lane && q->setup->config_of(lane, q->setup->user, &item->cfg, &why) < 0) {
        add_unseen(q, repo, lane, item, "lane_config", orx_arena_strdup(q->arena, why.msg));
        return 0;
    }
    return add_branch(q, repo, item, err);
}

static int consider_lane(orx_merge_queue *q, const orx_lane *lane, orx_err *err) {
    orx_merge_item item = {.lane = lane->id, .owner = lane->owner};
    if (lane->problem || !lane->isolated_worktree || !is_wanted(q->setup, lane->id))
        return 0;
    return consider(q, lane->repo, lane, &item, err);
}

/* The primary runner has branches only when it is told to work in worktrees, too. */
static int consider_primary(orx_merge_queue *q, orx_err *err) {
    const orx_config *cfg = q->setup->cfg;
    orx_merge_item item = {.lane = "primary", .cfg = cfg};
    if (cfg->git.isolation != ORX_ISOLATION_WORKTREE || !is_wanted(q->setup, "primary"))
        return 0;
    int rc = consider(q, cfg->repos.impl, NULL, &item, err);
    if (rc == 0 && strcmp(cfg->repos.impl, cfg->repos.test) != 0)
        rc = consider(q, cfg->repos.test, NULL, &item, err);
    return rc;
}

int orx_merge_gather(orx_merge_queue *q, orx_err *err) {
    int rc = consider_primary(q, err);
    const orx_lane **lanes = orx_lanes_ordered(q->setup->lanes, q->arena);
    for (; rc == 0 && *lanes; lanes++)
        rc = consider_lane(q, *lanes, err);
    for (orx_merge_work *w = q->works; rc == 0 && w; w = w->next) {
        int found = *w->batch.target ? orx_merge_look(w, err) : 0;
        for (size_t i = 0; found > 0 && rc == 0 && i < w->batch.count; i++)
            rc = count_commits(w, &w->batch.items[i], err);
        rc = found < 0 ? found : rc;
    }
    return rc;
}
