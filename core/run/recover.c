/* After a crash: what an earlier process began and did not settle.
 *
 * First nothing of it may run any more. Then the repository says what happened: a commit that
 * carries the attempt's trailer, made only after the evidence was in, settles the task as done; an
 * agent's own commits count when they pass the checks now. Anything else is parked, and the task
 * goes back to the queue with its attempt counted. Every step can be repeated, so a crash in here
 * is harmless. */
#include "run/runner.h"

#include "platform/loop.h"
#include "platform/proc.h"
#include "run/records.h"

#include <stdio.h>

/* The supervisor of the tree notices our death by itself and stops the tree; it gets the time for
 * that, then it is killed. Pids of another boot mean nothing. */
static void end_process(orx_runner *r, const orx_attempt_row *a) {
    if (!a->pid || strcmp(a->boot, orx_boot_id(r->p)) != 0)
        return;
    int64_t until = orx_mono_ns(r->p) + r->cfg->agent.grace_ns + 10 * ORX_SEC;
    while (orx_pid_state_of(r->p, a->pid, a->start) == ORX_PID_ALIVE && orx_mono_ns(r->p) < until)
        orx_loop_sleep(r->p, 50 * ORX_MS);
    while (orx_pid_state_of(r->p, a->pid, a->start) == ORX_PID_ALIVE) {
        (void)orx_pid_kill(r->p, a->pid, a->start, 9, NULL);
        orx_loop_sleep(r->p, 50 * ORX_MS);
    }
}

static int load_try(orx_try *t, const orx_attempt_row *a, orx_err *err) {
    t->id = a->id;
    t->number = a->number;
    t->facts.attempts = a->number;
    (void)snprintf(t->name, sizeof t->name, "%lld", (long long)a->id);
    (void)snprintf(t->base, sizeof t->base, "%s", a->base);
    (void)snprintf(t->fingerprint, sizeof t->fingerprint, "%s", a->fingerprint);
    t->branch = a->branch;
    return orx_task_get(t->r->s, t->r->lane, a->task, &t->arena, &t->task, err);
}

static int settle_done(orx_try *t, orx_err *err) {
    const orx_verdict v = {ORX_VERDICT_DONE, 0, "validated"};
    const orx_settlement st = {.attempt = t->id,
                               .lane = t->r->lane,
                               .task = t->task.id,
                               .verdict = &v,
                               .summary = t->task.last_summary,
                               .error = ""};
    return orx_attempt_settle(t->r->s, &st, err);
}

static int settle_again(orx_try *t, const char *parked, orx_err *err) {
    const orx_verdict v = {ORX_VERDICT_RETRY, 0, "interrupted"};
    const orx_settlement st = {.attempt = t->id,
                               .lane = t->r->lane,
                               .task = t->task.id,
                               .verdict = &v,
                               .summary = t->task.last_summary,
                               .error = "the attempt was interrupted before it ended",
                               .parked = parked};
    return orx_attempt_settle(t->r->s, &st, err);
}

/* What the next attempt goes on from. Before the agent ran, the worktree held at most a part of
 * what was being brought back: then it is still the earlier branch. */
static const char *work_of(orx_try *t, const orx_attempt_row *a, const orx_git_parked *parked) {
    const char *before =
        a->step == ORX_STEP_INTENT ? orx_attempt_parked_before(t->r->s, a, &t->arena) : "";
    if (*before)
        return before;
    return parked->parked ? parked->branch : NULL;
}

static int park_and_requeue(orx_try *t, const orx_attempt_row *a, orx_err *err) {
    const orx_git_park_spec spec = {.attempt = t->name,
                                    .base = t->base,
                                    .branch = *t->branch ? t->branch : NULL,
                                    .reason = "interrupted",
                                    .untrusted = t->facts.evidence == ORX_EVIDENCE_TAMPERED};
    orx_git_parked parked;
    int rc = orx_git_park(t->provider->git, &spec, &t->arena, &parked, err);
    if (rc < 0)
        return rc;
    const char *work = work_of(t, a, &parked);
    rc = settle_again(t, work, err);
    if (rc == 0)
        orx_run_tell(t->r, ORX_NOTE_RECOVERED, t, true,
                     "attempt %s had not ended; the task is queued again%s%s", t->name,
                     work ? ", its work kept on " : "", work ? work : "");
    return rc;
}

/* Whether the commits between base and HEAD are the agent's own delivery: in order, in scope,
 * valid. */
static int agent_delivered(orx_try *t, orx_err *err) {
    char head[ORX_GIT_SHA];
    int rc = orx_attempt_last_call(t->r->s, t->id, &t->facts.kind, &t->facts.claim, err);
    if (rc == 0)
        rc = orx_git_head(t->provider->git, head, err);
    if (rc < 0 || strcmp(head, t->base) == 0)
        return rc < 0 ? rc : 0;
    rc = orx_run_evidence(t, err);
    if (rc < 0)
        return rc;
    return t->facts.evidence == ORX_EVIDENCE_PASSED;
}

static int conclude(orx_try *t, const orx_attempt_row *a, orx_err *err) {
    orx_git_locks locks;
    int rc = orx_git_heal(t->provider->git, 0, &t->arena, &locks, err);
    if (rc < 0)
        return rc;
    char sha[ORX_GIT_SHA];
    rc = orx_git_find_attempt(t->provider->git, t->base, NULL, t->name, sha, err);
    if (rc < 0)
        return rc;
    if (rc == 1) {
        if (a->step < ORX_STEP_COMMITTED)
            rc = orx_attempt_committed(t->r->s, t->id, sha, err);
        else
            rc = 0;
        if (rc == 0)
            rc = settle_done(t, err);
        if (rc == 0)
            orx_run_tell(t->r, ORX_NOTE_RECOVERED, t, true,
                         "attempt %s had been committed as %.12s", t->name, sha);
        return rc;
    }
    if (a->step == ORX_STEP_COMMITTED)
        return settle_done(t, err);
    /* Before the evidence was in nothing was synced: after a loss of power the files may be torn,
     * and would be delivered so on top of the agent's own commits. */
    bool torn = a->step < ORX_STEP_VALIDATED && strcmp(a->boot, orx_boot_id(t->r->p)) != 0;
    rc = a->step >= ORX_STEP_EXITED && !torn ? agent_delivered(t, err) : 0;
    if (rc == 1)
        rc = orx_run_deliver(t, err);
    if (rc < 0)
        return rc;
    if (t->facts.evidence == ORX_EVIDENCE_PASSED)
        return settle_done(t, err);
    return park_and_requeue(t, a, err);
}

/* The repository the attempt worked in, which the configuration may no longer name: what it left is
 * there, and nowhere else may anything be committed or cleared away for it. 0 = it is gone, and all
 * that was in it. */
static int open_its_own(orx_try *t, const orx_attempt_row *a, orx_provider *there, orx_err *err) {
    const char *const *env = NULL;
    int rc = orx_run_env(t->r, NULL, &t->arena, &env, err);
    if (rc < 0)
        return rc;
    const orx_git_options options = {.env = env};
    *there = *t->provider;
    there->git = NULL;
    if (!orx_exists(t->r->p, a->repo))
        return 0;
    rc = orx_git_open(t->r->p, a->repo, &options, &there->git, err);
    return rc < 0
               ? orx_err_wrap(err, "attempt %s of task \"%s\" was interrupted", t->name, t->task.id)
               : 1;
}

static int conclude_elsewhere(orx_try *t, const orx_attempt_row *a, orx_err *err) {
    orx_provider there;
    int rc = open_its_own(t, a, &there, err);
    if (rc == 0) {
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false,
                     "attempt %s had not ended, and %s, where it worked, is gone; the task is "
                     "queued again",
                     t->name, a->repo);
        return settle_again(t, NULL, err);
    }
    if (rc < 0)
        return rc;
    t->provider = &there;
    rc = conclude(t, a, err);
    orx_git_close(there.git);
    return rc;
}

static int conclude_where_it_worked(orx_try *t, const orx_attempt_row *a, orx_err *err) {
    bool here = strcmp(a->repo, orx_git_root(t->provider->git)) == 0;
    return here ? conclude(t, a, err) : conclude_elsewhere(t, a, err);
}

static int recover_one(orx_runner *r, const orx_attempt_row *a, orx_err *err) {
    orx_try t = {.r = r, .problem = "", .note = "", .model = "", .branch = ""};
    orx_result_empty(&t.result, ORX_CLAIM_NONE);
    end_process(r, a);
    int rc = load_try(&t, a, err);
    if (rc == 0)
        rc = orx_records_found(r->s, r->cfg, a->id, err);
    if (rc == 0) {
        t.provider = orx_run_provider(r, t.task.owner);
        rc = t.provider
                 ? conclude_where_it_worked(&t, a, err)
                 : orx_err_set(err, ORX_E_NOT_FOUND,
                               "attempt %s of task \"%s\" was interrupted and its repository "
                               "cannot be looked at: the provider of owner \"%s\" is not usable",
                               t.name, t.task.id, t.task.owner);
    }
    orx_str_free(&t.answer);
    orx_arena_free(&t.arena);
    return rc;
}

int orx_run_recover(orx_runner *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_attempt_row *rows = NULL;
    int n = orx_attempt_unsettled(r->s, r->lane, &arena, &rows, err);
    for (int i = 0; i < n; i++) {
        int rc = recover_one(r, &rows[i], err);
        if (rc < 0)
            return rc;
    }
    return n < 0 ? n : 0;
}
