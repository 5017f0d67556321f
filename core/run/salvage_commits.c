/* salvage_commits.c: commits with trailers, which prove that tasks are done. */
#include "run/salvaging.h"

#include "git/git.h"
#include "platform/files.h"
#include "task/task.h"

#define COMMITS_MAX 10000

/* ---- Reading --------------------------------------------------------------------------------- */

static void take(orx_salvaging *g, const orx_git_commit *c) {
    int64_t attempt = 0;
    if (!c->task || !c->attempt || !orx_view_to_i64(orx_view_of(c->attempt), &attempt) ||
        attempt <= 0)
        return;
    const orx_delivered d = {c->task, attempt, orx_arena_strdup(g->arena, c->sha)};
    orx_vec_push(&g->commits, d);
}

static void read_tip(orx_salvaging *g, orx_git *git, const char *tip) {
    orx_git_log log;
    orx_err why = ORX_ERR_INIT;
    if (orx_git_log_of(git, NULL, tip, COMMITS_MAX, g->arena, &log, &why) < 0) {
        orx_salvage_note(g, "%s", why.msg);
        return;
    }
    for (size_t i = 0; i < log.count; i++)
        take(g, &log.commits[i]);
    if (log.more)
        orx_salvage_note(g, "%s: only the newest %d commits of %s were looked at",
                         orx_git_root(git), COMMITS_MAX, tip ? tip : "HEAD");
}

/* The checkout's branch, and that of the lane's own worktree. */
static void read_repository(orx_salvaging *g, const char *path) {
    const char *const *env = NULL;
    const orx_child_env what = {0};
    orx_err why = ORX_ERR_INIT;
    orx_git *git = NULL;
    ORX_CLEANUP(orx_str_free) orx_str lane = {0};
    char head[ORX_GIT_SHA];
    int rc = orx_config_env_for_child(g->cfg, &what, g->arena, &env, &why);
    const orx_git_options options = {.env = env};
    if (rc == 0)
        rc = orx_git_open(g->p, path, &options, &git, &why);
    if (rc < 0) {
        orx_salvage_note(g, "%s", why.msg);
        return;
    }
    orx_git_safe_name(orx_view_of(g->lane), "lane", &lane);
    const char *branch = orx_arena_printf(g->arena, "orxaq/%s", orx_str_cstr(&lane));
    if (orx_git_head(git, head, NULL) == 1)
        read_tip(g, git, NULL);
    if (orx_git_branch_exists(git, branch, NULL) == 1)
        read_tip(g, git, branch);
    orx_git_close(git);
}

void orx_salvage_read_commits(orx_salvaging *g) {
    for (size_t i = 0; i < g->cfg->provider_count; i++) {
        const orx_provider_config *v = &g->cfg->providers[i];
        bool seen = !v->enabled || !v->repo || !orx_exists(g->p, v->repo);
        for (size_t k = 0; k < i && !seen; k++)
            seen = g->cfg->providers[k].repo && strcmp(g->cfg->providers[k].repo, v->repo) == 0;
        if (!seen)
            read_repository(g, v->repo);
    }
}

/* ---- Using ----------------------------------------------------------------------------------- */

/* How far the journal knows the attempt: its step, -1 = it does not know it. */
static int step_of(orx_store *s, int64_t attempt, int *ret_step, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT step FROM attempt WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    rc = orx_sql_step(q, err);
    *ret_step = rc == 1 ? (int)orx_sql_col_int(q, 0) : -1;
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

/* The lane and state of a task, the present lane first. 1 = it is there. */
static int find_task(orx_salvaging *g, const char *task, const char **ret_lane, bool *ret_done,
                     orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(g->s,
                         "SELECT lane, status = 'done' FROM task WHERE id = ?1"
                         " ORDER BY lane <> ?2, lane LIMIT 1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, task);
    orx_sql_str(q, 2, g->lane);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        *ret_lane = orx_arena_dup(g->arena, orx_sql_col_text(q, 0));
        *ret_done = orx_sql_col_int(q, 1) != 0;
    }
    orx_sql_reset(q);
    return rc;
}

static int add_attempt(orx_salvaging *g, const orx_delivered *d, const char *lane, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(g->s,
                         "INSERT INTO attempt(id, lane, task, number, provider, repo, base, branch,"
                         " fingerprint, step, begun) VALUES(?1, ?2, ?3, 1, '', '', '', '', '', 2,"
                         " 0)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, d->attempt);
    orx_sql_str(q, 2, lane);
    orx_sql_str(q, 3, d->task);
    int64_t n = orx_sql_run(q, err);
    g->r->attempts_from_commits++;
    return n < 0 ? (int)n : 0;
}

static int settle(orx_salvaging *g, const orx_delivered *d, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(g->s,
                         "UPDATE attempt SET step = 5, verdict = 'done', reason = 'validated',"
                         " sha = ?2, ended = CASE WHEN ended = 0 THEN begun ELSE ended END"
                         " WHERE id = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, d->attempt);
    orx_sql_str(q, 2, d->sha);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* An attempt whose end the journal knows says nothing new: the task may have been reset since. */
static int use(orx_salvaging *g, const orx_delivered *d, orx_err *err) {
    const char *lane = NULL;
    bool done = false;
    int step = -1;
    int rc = step_of(g->s, d->attempt, &step, err);
    if (rc < 0 || step == 5)
        return rc;
    rc = find_task(g, d->task, &lane, &done, err);
    if (rc <= 0)
        return rc;
    rc = step < 0 ? add_attempt(g, d, lane, err) : 0;
    if (rc == 0)
        rc = settle(g, d, err);
    if (rc < 0 || done)
        return rc;
    g->r->tasks_from_commits++;
    return orx_task_done(g->s, lane, d->task, "delivered; found by the commit's trailers", err);
}

int orx_salvage_use_commits(orx_salvaging *g, orx_err *err) {
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < g->commits.len; i++)
        rc = use(g, &g->commits.items[i], err);
    return rc < 0 ? rc : 0;
}
