/* Evidence and delivery: "done" is what we see, not what is said. */
#include "run/runner.h"

#include "run/scope.h"
#include "run/stuck.h"
#include "run/text.h"

static void finding(orx_try *t, orx_evidence evidence, const char *note) {
    t->facts.evidence = evidence;
    t->note = orx_arena_strdup(&t->arena, note);
}

/* 1 = git's configuration and hooks are as they were, 0 = changed. */
static int untouched(orx_try *t, orx_err *err) {
    char now[ORX_SHA256_HEX];
    int rc = orx_git_relink(t->provider->git, err);
    if (rc < 0)
        return rc == ORX_E_CONFLICT ? 0 : rc;
    rc = orx_git_fingerprint(t->provider->git, now, err);
    if (rc < 0)
        return rc;
    return strcmp(now, t->fingerprint) == 0;
}

/* Whether HEAD still is a continuation of base on the same branch. 1, 0 with a finding. */
static int same_line(orx_try *t, const char *head, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str branch = {0};
    int on_branch = orx_git_branch(t->provider->git, &branch, err);
    if (on_branch < 0)
        return on_branch;
    if (strcmp(orx_str_cstr(&branch), t->branch) != 0) {
        finding(t, ORX_EVIDENCE_OUT_OF_SCOPE, "the agent switched to another branch");
        return 0;
    }
    if (!*t->base || strcmp(t->base, head) == 0)
        return 1;
    int rc = orx_git_is_ancestor(t->provider->git, t->base, head, err);
    if (rc == 0)
        finding(t, ORX_EVIDENCE_OUT_OF_SCOPE,
                "the branch was rewritten: its head no longer contains the commit this attempt "
                "began at");
    return rc;
}

static int check_scope(orx_try *t, const orx_git_changes *changes) {
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    if (orx_scope_check(t->r->p, t->r->cfg, orx_git_root(t->provider->git), changes, &why))
        return 1;
    finding(t, ORX_EVIDENCE_OUT_OF_SCOPE, orx_str_cstr(&why));
    return 0;
}

static void on_command(const char *command, int index ORX_UNUSED, int total ORX_UNUSED,
                       void *user) {
    orx_try *t = user;
    orx_run_tell(t->r, ORX_NOTE_VALIDATING, t, true, "%s", command);
}

/* The note of a failed check: command, how it ended, and the end of its output. */
static void failed_check(orx_try *t, const orx_check *c) {
    ORX_CLEANUP(orx_str_free) orx_str note = {0};
    orx_str_addf(&note, "validation `%s` ", c->ran);
    if (c->timed_out)
        orx_str_addf(&note, "did not end within %lld s",
                     (long long)(t->r->cfg->validation.timeout_ns / ORX_SEC));
    else if (c->code < 0)
        orx_str_adds(&note, "was ended by a signal");
    else
        orx_str_addf(&note, "ended with exit code %d", c->code);
    orx_str_addf(&note, ":\n%s", c->output);
    finding(t, c->timed_out ? ORX_EVIDENCE_TRANSIENT : ORX_EVIDENCE_FAILED, orx_str_cstr(&note));
}

static int validate(orx_try *t, orx_err *err) {
    orx_confine confine;
    const char *const *env = NULL;
    int rc = orx_run_env(t->r, NULL, &t->arena, &env, err);
    if (rc < 0)
        return rc;
    orx_run_confine(t->r, t->provider->cfg, t->provider->git, NULL, &t->arena, &confine);
    const orx_validate_spec spec = {
        .cfg = t->r->cfg,
        .repo = orx_git_root(t->provider->git),
        .env = env,
        .confine = &confine,
        .stop = &t->r->stop,
        .on_command = on_command,
        .user = t,
    };
    rc = orx_validate(t->r->p, &spec, &t->arena, &t->validation, err);
    if (rc < 0)
        return rc;
    if (t->validation.passed)
        finding(t, ORX_EVIDENCE_PASSED, "");
    else
        failed_check(t, &t->validation.checks[t->validation.count - 1]);
    return 0;
}

static bool listed(const orx_git_changes *changes, const char *path) {
    size_t lo = 0;
    size_t hi = changes->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(changes->entries[mid].path, path);
        if (c == 0)
            return true;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* Untracked files that the checks left behind (caches, built programs) are not the agent's work:
 * they go before everything is staged. Only files that were not there before the checks are
 * touched. */
static int sweep(orx_try *t, const orx_git_changes *before, orx_err *err) {
    orx_git_status after;
    int rc = orx_git_status_of(t->provider->git, &t->arena, &after, err);
    t->all_committed = rc == 0 && after.count == 0 && !orx_git_in_progress(t->provider->git);
    for (size_t i = 0; rc == 0 && i < after.count; i++) {
        const orx_git_entry *e = &after.entries[i];
        if (e->kind != ORX_GIT_UNTRACKED || listed(before, e->path))
            continue;
        rc = orx_unlink(t->r->p, orx_path_join(&t->arena, orx_git_root(t->provider->git), e->path),
                        err);
        if (rc == ORX_E_INVALID || rc == ORX_E_DENIED)
            rc = 0;
    }
    return rc;
}

/* What differs from the base before the checks run is in *changes when it came to that; else its
 * list stays NULL. */
static int look(orx_try *t, orx_git_changes *changes, orx_err *err) {
    int rc = untouched(t, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        finding(t, ORX_EVIDENCE_TAMPERED,
                "git's configuration or hooks changed during the call; nothing was run with them");
        return 0;
    }
    if (t->facts.kind != ORXAQ_KIND_OK || t->facts.claim != ORX_CLAIM_DONE)
        return 0;
    char head[ORX_GIT_SHA];
    if ((rc = orx_git_head(t->provider->git, head, err)) < 0)
        return rc;
    rc = same_line(t, head, err);
    if (rc <= 0)
        return rc;
    rc = orx_git_changes_since(t->provider->git, t->base, &t->arena, changes, err);
    if (rc < 0)
        return rc;
    if (!changes->count) {
        finding(t, ORX_EVIDENCE_NO_CHANGE,
                "the agent says done, but neither a commit nor a changed file is there");
        return 0;
    }
    if (!check_scope(t, changes))
        return 0;
    rc = validate(t, err);
    if (rc == 0 && t->facts.evidence == ORX_EVIDENCE_PASSED)
        rc = sweep(t, changes, err);
    if (rc == 0 && t->facts.evidence == ORX_EVIDENCE_PASSED)
        rc = orx_git_sync_files(t->provider->git, changes->entries, changes->count, err);
    return rc;
}

/* The first line of the finding; the rest is for the next prompt and `tasks show`. */
static void tell_finding(orx_try *t) {
    orx_view rest = orx_view_of(*t->note ? t->note : "validated");
    orx_view line = rest;
    (void)orx_view_split(&rest, '\n', &line);
    if (rest.p && line.len && line.p[line.len - 1] == ':')
        line.len--;
    orx_run_tell(t->r, ORX_NOTE_CHECKED, t, t->facts.evidence == ORX_EVIDENCE_PASSED, "%.*s",
                 ORX_VIEW_ARG(line));
}

/* Nothing of the call runs any more, so lock files that nobody holds are what a killed git left, or
 * what somebody put there. They would keep us from delivering as well as from parking. */
static int clear_locks(orx_try *t, orx_err *err) {
    orx_git_locks locks;
    return orx_git_heal(t->provider->git, 0, &t->arena, &locks, err);
}

/* What an agent that had its say left, when it is no delivery: the next attempt may leave the same.
 */
static int compare_work(orx_try *t, orx_git_changes *changes, orx_err *err) {
    t->work[0] = '\0';
    if (t->facts.kind != ORXAQ_KIND_OK || t->cancelled || !t->r->cfg->no_progress.same_work ||
        t->facts.evidence == ORX_EVIDENCE_PASSED || t->facts.evidence == ORX_EVIDENCE_TAMPERED)
        return 0;
    int rc = changes->entries
                 ? 0
                 : orx_git_changes_since(t->provider->git, t->base, &t->arena, changes, err);
    if (rc < 0)
        return rc;
    (void)orx_run_work(t, changes, t->work);
    t->same_work = orx_stuck_same_work(t->r->s, t->r->lane, t->task.id, t->id, t->work);
    return 0;
}

int orx_run_evidence(orx_try *t, orx_err *err) {
    orx_git_changes changes = {0};
    finding(t, ORX_EVIDENCE_NONE, "");
    t->all_committed = false;
    int rc = clear_locks(t, err);
    if (rc == 0)
        rc = look(t, &changes, err);
    if (rc < 0)
        return rc;
    /* A check is a program too: it must not have got at git's configuration either. */
    if (t->facts.evidence == ORX_EVIDENCE_PASSED) {
        rc = untouched(t, err);
        if (rc == 0)
            finding(t, ORX_EVIDENCE_TAMPERED,
                    "git's configuration or hooks changed during validation");
        if (rc < 0)
            return rc;
    }
    if (t->facts.evidence != ORX_EVIDENCE_NONE)
        tell_finding(t);
    rc = compare_work(t, &changes, err);
    if (rc < 0)
        return rc;
    return orx_attempt_validated(t->r->s, t->id, t->facts.evidence, t->note, t->work,
                                 &t->validation, err);
}

static void message_of(const orx_try *t, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str subject = {0};
    ORX_CLEANUP(orx_str_free) orx_str body = {0};
    orx_text_summary(orx_view_of(t->task.title), &subject);
    orx_text_error(orx_view_of(t->result.summary), &body);
    orx_str_addf(out, "%s\n", subject.len ? subject.buf : t->task.id);
    if (body.len)
        orx_str_addf(out, "\n%s\n", body.buf);
}

int orx_run_deliver(orx_try *t, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str message = {0};
    message_of(t, &message);
    const orx_git_delivery d = {
        .message = orx_str_view(&message), .task = t->task.id, .attempt = t->name};
    char sha[ORX_GIT_SHA] = "";
    orx_err inner = ORX_ERR_INIT;
    /* Nothing ran since the tree was looked at. */
    int rc = t->all_committed ? 0 : orx_git_commit_all(t->provider->git, &d, sha, &inner);
    if (rc == ORX_E_CHILD) {
        finding(t, ORX_EVIDENCE_FAILED, inner.msg);
        orx_run_tell(t->r, ORX_NOTE_CHECKED, t, false, "%s", inner.msg);
        return 0;
    }
    if (rc == 0)
        rc = orx_git_head(t->provider->git, sha, &inner); /* the agent committed it all itself */
    if (rc < 0) {
        if (err)
            *err = inner;
        return rc;
    }
    orx_run_tell(t->r, ORX_NOTE_COMMITTED, t, true, "%.12s", sha);
    t->commit = orx_arena_strdup(&t->arena, sha);
    return 0;
}
