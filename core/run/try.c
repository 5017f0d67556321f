/* One attempt, from selection to settlement. */
#include "run/runner.h"

#include "run/deployments.h"
#include "run/fallbacks.h"
#include "run/last_message.h"
#include "run/push.h"
#include "run/shadow.h"
#include "run/text.h"

#include <stdio.h>

#define NOTE_PATH_MAX 1024

/* ---- Before the agent ------------------------------------------------------------------------ */

/* A line for the starter; names of files may be anything. */
static void add_note(orx_str *note, const char *key, const char *path) {
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return;
    if (strlen(path) < NOTE_PATH_MAX)
        orx_str_addf(note, "%s=%s\n", key, path);
}

/* The tree is not clean before the first change that was found is gone: it was committed or put
 * away, then the index is another one; it is ignored from now on; or the file itself is another. */
static void tell_dirty(orx_try *t, const orx_git_status *status) {
    ORX_CLEANUP(orx_str_free) orx_str note = {0};
    orx_arena *a = &t->arena;
    const orx_git *git = t->provider->git;
    const char *root = orx_git_root(git);
    add_note(&note, "WORKTREE_WATCH", orx_path_join(a, orx_git_dir(git), "index"));
    add_note(&note, "WORKTREE_WATCH", orx_path_join(a, root, status->entries[0].path));
    add_note(&note, "WORKTREE_WATCH", orx_path_join(a, root, ".gitignore"));
    add_note(&note, "WORKTREE_DIRTY", root);
    orx_tell_starter(t->r->p, orx_str_view(&note));
}

/* Somebody's uncommitted work must neither be delivered under a task's name nor be cleared away. */
static int require_clean(orx_try *t, orx_err *err) {
    orx_git_status status;
    int rc = orx_git_status_of(t->provider->git, &t->arena, &status, err);
    if (rc < 0)
        return rc;
    memcpy(t->base, status.head, sizeof t->base);
    t->branch = status.branch ? status.branch : "";
    if (!status.count)
        return 0;
    tell_dirty(t, &status);
    return orx_err_set(
        err, ORX_E_CONFLICT,
        "%s: %zu uncommitted change%s (%s%s); commit or stash what is yours, then start "
        "again (a supervisor does so by itself): an attempt begins from a clean working tree, "
        "because everything in it is "
        "delivered under the task's name",
        orx_git_root(t->provider->git), status.count, status.count == 1 ? "" : "s",
        status.entries[0].path, status.count > 1 ? ", ..." : "");
}

static int heal_locks(orx_try *t, orx_err *err) {
    orx_git_locks locks;
    return orx_git_heal(t->provider->git, t->r->cfg->git.lock_stale_ns, &t->arena, &locks, err);
}

/* How the attempt before ended, and the branch that keeps its work ("" = none). */
static const char *look_back(orx_try *t) {
    orx_attempt_row last;
    orx_claim claim;
    int kind = -1;
    t->last_kind = -1;
    if (orx_attempt_last(t->r->s, t->r->lane, t->task.id, &t->arena, &last, NULL) < 0)
        return "";
    if (orx_attempt_last_call(t->r->s, last.id, &kind, &claim, NULL) == 0)
        t->last_kind = kind;
    return last.parked;
}

static int begin(orx_try *t, orx_err *err) {
    const char *parked = look_back(t);
    int rc = heal_locks(t, err);
    /* What was put away is taken up again where it was begun. */
    if (rc == 0 && !*parked)
        rc = orx_run_refresh(t->r, t->provider, err);
    if (rc == 0)
        rc = require_clean(t, err);
    if (rc == 0)
        rc = orx_git_fingerprint(t->provider->git, t->fingerprint, err);
    if (rc < 0)
        return rc;
    const orx_intent intent = {.lane = t->r->lane,
                               .task = t->task.id,
                               .provider = t->provider->cfg->name,
                               .repo = orx_git_root(t->provider->git),
                               .base = t->base,
                               .branch = t->branch,
                               .fingerprint = t->fingerprint};
    rc = orx_attempt_begin(t->r->s, &intent, &t->id, &t->number, err);
    if (rc == 0)
        (void)snprintf(t->name, sizeof t->name, "%lld", (long long)t->id);
    if (rc == 0)
        orx_last_message_forget(t);
    if (rc == 0 && t->number > 1 && *parked)
        t->parked_before = parked;
    return rc;
}

/* ---- After ----------------------------------------------------------------------------------- */

static int park(orx_try *t, const char **ret_branch, orx_err *err) {
    const orx_git_park_spec spec = {.attempt = t->name,
                                    .base = t->base,
                                    .branch = *t->branch ? t->branch : NULL,
                                    .untrusted = t->facts.evidence == ORX_EVIDENCE_TAMPERED};
    orx_git_parked parked;
    int rc = orx_git_park(t->provider->git, &spec, &t->arena, &parked, err);
    if (rc == 0 && parked.parked)
        *ret_branch = parked.branch;
    return rc;
}

/* Whether the repository itself is there no more; a disk that fails now and then does not say so.
 */
static bool repository_is_gone(orx_try *t) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_file_info info;
    const char *head = orx_path_join(&a, orx_git_dir(t->provider->git), "HEAD");
    return orx_lstat(t->r->p, head, &info, NULL) == ORX_E_NOT_FOUND;
}

/* Where an agent removed the repository nothing can be parked. The task is settled all the same: it
 * must not be tried again before somebody looked. Anything else that keeps us from parking ends the
 * run, and recovery parks. */
static int put_away(orx_try *t, const char **ret_branch, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int rc = park(t, ret_branch, &why);
    if (rc < 0 && t->facts.evidence == ORX_EVIDENCE_TAMPERED && repository_is_gone(t)) {
        t->unparked = true;
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "its work cannot be parked: %s", why.msg);
        return 0;
    }
    if (rc < 0 && err)
        *err = why;
    return rc;
}

/* The agent goes on from what the attempt before left, when nothing was committed since. Work that
 * cannot be brought back must not stop the task for ever: what came of it is parked again, and the
 * prompt names the branch. */
static int take_up(orx_try *t, orx_err *err) {
    const char *again = NULL;
    orx_err why = ORX_ERR_INIT;
    if (!t->parked_before)
        return 0;
    int rc = orx_git_unpark(t->provider->git, t->parked_before, t->base, &why);
    t->restored = rc == 1;
    if (rc >= 0)
        return 0;
    orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "%s", why.msg);
    return park(t, &again, err);
}

static const char no_progress[] = "no_progress";

/* Who left the same work again and again will leave it once more. */
static orx_verdict weigh_sameness(const orx_try *t, orx_verdict v) {
    int64_t limit = t->r->cfg->no_progress.same_work;
    bool same = limit > 0 && t->same_work >= limit && t->facts.kind == ORXAQ_KIND_OK;
    if (v.kind == ORX_VERDICT_RETRY && same)
        return (orx_verdict){ORX_VERDICT_BLOCKED, 0, no_progress};
    return v;
}

/* What the next attempt is told went wrong. */
static void error_text(const orx_try *t, const orx_verdict *v, orx_str *out) {
    if (v->kind == ORX_VERDICT_DONE)
        return;
    if (strcmp(v->reason, no_progress) == 0)
        orx_str_addf(out, "no progress: %lld attempts in a row left exactly the same work; ",
                     (long long)t->same_work);
    if (*t->note)
        orx_text_error(orx_view_of(t->note), out);
    else if (*t->problem)
        orx_text_error(orx_view_of(t->problem), out);
    else if (*t->result.blocker)
        orx_text_error(orx_view_of(t->result.blocker), out);
    else
        orx_str_addf(out, "the agent ended with \"%s\"",
                     t->facts.claim ? orx_claim_name(t->facts.claim) : "no result");
}

static void tell_settled(orx_try *t, const orx_verdict *v, const char *parked) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (v->kind == ORX_VERDICT_DONE)
        orx_str_adds(&text, "done");
    else if (v->kind == ORX_VERDICT_BLOCKED)
        orx_str_addf(&text, "blocked after %lld attempts: %s", (long long)t->facts.attempts,
                     v->reason);
    else
        orx_str_addf(&text, "again in %.1f s: %s", (double)v->delay_ns / (double)ORX_SEC,
                     v->reason);
    if (parked)
        orx_str_addf(&text, " (work kept on %s)", parked);
    orx_run_tell(t->r, ORX_NOTE_SETTLED, t, v->kind == ORX_VERDICT_DONE, "%s", text.buf);
}

static orx_routing routing_of(const orx_routellm_decision *d) {
    if (d->fallback_used)
        return ORX_ROUTING_FALLBACK;
    return strcmp(d->strategy, "static_fallback") == 0 ? ORX_ROUTING_STATIC : ORX_ROUTING_ROUTER;
}

static bool is_of_task(const orx_cap *cap) {
    return cap && cap->scope == ORX_CAP_TASK;
}

/* Nothing was called, so nothing failed, and the task waits. One that has cost as much as a task
 * may is blocked, since no time lifts that; that it got nowhere as well does not matter then, or
 * the reason would depend on whether the cost was known before the agent ended. */
static orx_verdict weigh_money(orx_try *t, orx_verdict v) {
    if (t->cancelled)
        return v;
    if (t->refused && !is_of_task(t->refused_by))
        return (orx_verdict){ORX_VERDICT_RETRY, 0, "budget"};
    bool again = v.kind == ORX_VERDICT_RETRY || v.kind == ORX_VERDICT_RETRY_LATER ||
                 strcmp(v.reason, no_progress) == 0;
    if (t->refused || (again && (is_of_task(t->ended_by) || orx_run_task_is_spent(t))))
        return (orx_verdict){ORX_VERDICT_BLOCKED, 0, "budget"};
    return v;
}

static int settle(orx_try *t, orx_err *err) {
    orx_verdict v;
    uint64_t bits;
    orx_random(t->r->p, &bits, sizeof bits);
    orx_judge(&t->facts, &t->r->retry, bits, &v);
    v = weigh_sameness(t, v);
    if ((t->cancelled || t->r->stop_now) && v.kind != ORX_VERDICT_DONE)
        v = (orx_verdict){ORX_VERDICT_RETRY, 0, "interrupted"};
    if (!t->plan.count)
        v = (orx_verdict){ORX_VERDICT_BLOCKED, 0, "local_only"};
    if (t->turned_away && !t->called && !t->cancelled)
        v = (orx_verdict){ORX_VERDICT_RETRY, t->wait_ns, "capacity"};
    v = weigh_money(t, v);
    if (t->no_program && !t->cancelled && !t->refused)
        v = (orx_verdict){ORX_VERDICT_RETRY, 0, "no_program"};
    const char *parked = NULL;
    int rc = v.kind == ORX_VERDICT_DONE ? 0 : put_away(t, &parked, err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_str_free) orx_str summary = {0};
    ORX_CLEANUP(orx_str_free) orx_str error = {0};
    orx_text_summary(orx_view_of(t->result.summary), &summary);
    error_text(t, &v, &error);
    const orx_routellm_decision decided = orx_run_plan_decided(&t->plan);
    const orx_settlement st = {.attempt = t->id,
                               .lane = t->r->lane,
                               .task = t->task.id,
                               .verdict = &v,
                               .summary = orx_str_cstr(&summary),
                               .error = orx_str_cstr(&error),
                               .commit = t->commit,
                               .parked = parked,
                               .next_actions = t->result.next_actions,
                               .routing = routing_of(&decided),
                               .decided = &decided,
                               .talked = t->talked};
    rc = orx_attempt_settle(t->r->s, &st, err);
    if (rc == 0 && t->no_program && !t->cancelled && !t->refused)
        orx_run_hold(t);
    else if (rc == 0)
        tell_settled(t, &v, parked);
    if (rc == 0)
        orx_run_beat_settled(t, &v, st.error);
    return rc;
}

/* ---- Along the plan --------------------------------------------------------------------------
 */

static void take_step(orx_try *t, size_t i) {
    t->step = &t->plan.steps[i];
    t->model = t->step->model;
    orx_str_clear(&t->answer);
    orx_result_empty(&t->result, ORX_CLAIM_NONE);
    t->facts.retry = ORXAQ_RETRY_BY_KIND;
    t->facts.retry_after_ms = -1;
    t->facts.evidence = ORX_EVIDENCE_NONE;
    t->problem = NULL;
    t->note = "";
    t->same_work = 0;
    t->validation = (orx_validation){0};
    t->turned_away = false;
}

static void beat_owner(orx_try *t) {
    orx_node_set_str(&t->r->beat_arena, t->r->beat, "owner", t->task.owner);
}

static void beat_validated(orx_try *t) {
    orx_run_phase(t->r, "task_validation", t->task.id, t->task.title);
    orx_node_set_bool(&t->r->beat_arena, t->r->beat, "validation_ok", t->validation.passed);
}

/* One call and what it left. */
static int call_and_look(orx_try *t, orx_err *err) {
    int rc = take_up(t, err);
    orx_run_phase(t->r, "task_running", t->task.id, t->task.title);
    beat_owner(t);
    if (rc == 0)
        rc = orx_run_call(t, err);
    if (rc == 0 && (t->refused || t->turned_away))
        return 0;
    if (rc == 0)
        orx_last_message_keep(t);
    orx_run_phase(t->r, "task_validating", t->task.id, t->task.title);
    if (rc == 0)
        rc = orx_run_evidence(t, err);
    if (rc == 0 && t->validation.count)
        beat_validated(t);
    if (rc == ORX_E_CANCELLED) {
        t->cancelled = true;
        t->facts.evidence = ORX_EVIDENCE_NONE;
        rc = 0;
    }
    return rc;
}

static void note_called(orx_try *t, size_t i) {
    bool judged = t->facts.kind == ORXAQ_KIND_OK && t->facts.evidence != ORX_EVIDENCE_NONE &&
                  t->facts.evidence != ORX_EVIDENCE_TRANSIENT;
    t->plan.called[i] = (orx_run_called){
        .done = true,
        .call = t->call,
        .kind = t->facts.kind,
        .verified = judged ? t->facts.evidence == ORX_EVIDENCE_PASSED : -1,
    };
}

static int note_failover(orx_try *t, const orx_run_step *next, orx_err *err) {
    const char *why = t->refused                       ? "budget"
                      : t->facts.kind == ORXAQ_KIND_OK ? "not_verified"
                                                       : orx_kind_word(t->facts.kind);
    orx_node *body = orx_node_new(&t->arena, ORX_OBJECT);
    orx_node_set_str(&t->arena, body, "from", t->step->deployment);
    orx_node_set_str(&t->arena, body, "to", next->deployment);
    orx_node_set_str(&t->arena, body, "why", why);
    if (next->list != ORX_LIST_PLAN)
        orx_node_set_str(&t->arena, body, "list", orx_run_list_word(next->list));
    const orx_event e = {.kind = "route.failover",
                         .schema = 1,
                         .task = t->task.id,
                         .attempt = t->id,
                         .call = t->call,
                         .body = body};
    orx_run_tell(t->r, ORX_NOTE_RECOVERED, t, true, "%s is tried next (%s)", next->deployment, why);
    return orx_event_note(t->r->s, &e, err);
}

/* What this candidate left is kept on a branch; the next takes it up. */
static int clear_for(orx_try *t, const orx_run_step *next, orx_err *err) {
    const char *branch = NULL;
    int rc = note_failover(t, next, err);
    if (rc == 0)
        rc = park(t, &branch, err);
    if (branch)
        t->parked_before = branch;
    return rc;
}

/* When all that could be asked failed, a failure that passes decides over one that does not. */
static void keep_hope(orx_try *t, orx_facts *best, const char **problem) {
    bool passing = t->facts.retry == ORXAQ_RETRY_YES ||
                   (t->facts.retry != ORXAQ_RETRY_NO && orx_kind_is_transient(t->facts.kind));
    if (passing || t->facts.kind == ORXAQ_KIND_OK) {
        *best = t->facts;
        *problem = t->problem;
    } else if (*problem && best->kind != ORXAQ_KIND_OK && !t->ended_by) {
        t->facts = *best;
        t->problem = *problem;
    }
}

/* The entry after a call that was made; -1 = none. One that cannot be paid is none: what the task
 * has by then decides. */
static int after_call(orx_try *t, size_t i) {
    if (!t->turned_away)
        note_called(t, i);
    if (t->cancelled || t->ended_by || orx_run_is_over_time(t))
        return -1;
    int next = orx_run_plan_next(&t->plan, i, &t->facts);
    return next < 0 ? -1 : orx_run_plan_payable(t, (size_t)next, &t->plan.steps[next]);
}

/* The entry instead of one that cannot be paid. */
static int instead(orx_try *t, size_t i) {
    int next = orx_run_plan_payable(t, i + 1, t->step);
    if (next < 0)
        orx_run_wait_for_money(t);
    return next;
}

static int along_plan(orx_try *t, orx_err *err) {
    orx_facts best = {0};
    const char *problem = NULL;
    t->no_program = true;
    t->begun_ns = orx_mono_ns(t->r->p);
    for (int i = 0;;) {
        take_step(t, (size_t)i);
        int rc = call_and_look(t, err);
        if (rc < 0)
            return rc;
        i = t->refused ? instead(t, (size_t)i) : after_call(t, (size_t)i);
        if (!t->refused)
            keep_hope(t, &best, &problem);
        if (i < 0)
            return 0;
        rc = clear_for(t, &t->plan.steps[i], err);
        if (rc < 0)
            return rc;
        t->refused = false;
    }
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int stages(orx_try *t, orx_err *err) {
    int rc = t->plan.count ? along_plan(t, err) : 0;
    if (rc == 0 && t->facts.evidence == ORX_EVIDENCE_PASSED)
        rc = orx_run_deliver(t, err);
    if (rc == 0)
        rc = settle(t, err);
    if (rc == 0)
        orx_run_plan_feedback(t);
    if (rc == 0)
        orx_run_shadow(t);
    if (rc == 0)
        orx_run_push_note(t->r, t->provider, t->id, t->commit);
    return rc;
}

static int run_try(orx_try *t, const char *task, orx_err *err) {
    orx_runner *r = t->r;
    int rc = orx_task_get(r->s, r->lane, task, &t->arena, &t->task, err);
    if (rc < 0)
        return rc;
    t->provider = orx_run_provider(r, t->task.owner);
    if (!t->provider)
        return 0;
    r->worked = true;
    if ((rc = orx_run_deployments_look(t, err)) != 0)
        return rc < 0 ? rc : 0;
    t->facts.retryable_failures = t->task.retryable_failures;
    rc = begin(t, err);
    if (rc < 0)
        return rc;
    t->facts.attempts = t->number - orx_attempt_interrupted(r->s, r->lane, task);
    rc = orx_run_plan_make(t, err);
    if (rc < 0)
        return rc;
    if (t->plan.count) {
        t->step = &t->plan.steps[0];
        t->model = t->step->model;
    }
    orx_run_phase(r, "task_started", task, t->task.title);
    beat_owner(t);
    orx_node_set_int(&r->beat_arena, r->beat, "attempts", t->number);
    orx_run_tell(r, ORX_NOTE_SELECTED, t, true, "%s", t->task.title);
    rc = stages(t, err);
    if (rc == 0 && t->facts.evidence == ORX_EVIDENCE_TAMPERED)
        return orx_err_set(
            err, ORX_E_DENIED,
            "%s: attempt %s changed git's configuration or hooks; the work %s. "
            "Look at .git/config and .git/hooks, undo what should not be there, then "
            "start again",
            orx_git_root(t->provider->git), t->name,
            t->unparked ? "could not be parked and is where the agent left it" : "is parked");
    if (rc == 0 && t->cancelled)
        return orx_err_set(err, ORX_E_CANCELLED, "stopped");
    return rc;
}

int orx_run_try(orx_runner *r, const char *task, orx_err *err) {
    orx_try t = {.r = r, .problem = NULL, .note = "", .model = "", .branch = ""};
    t.facts.retry_after_ms = -1;
    orx_result_empty(&t.result, ORX_CLAIM_NONE);
    int rc = run_try(&t, task, err);
    orx_str_free(&t.answer);
    orx_arena_free(&t.arena);
    return rc;
}
