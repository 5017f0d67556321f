/* Pushing and proving it: runner.md calls it push verification. */
#include "git/internal.h"

typedef struct publisher {
    orx_git *g;
    const orx_git_push_spec *spec;
    orx_arena *arena;
    orx_git_status status;
    orx_git_push_result result;
} publisher;

static int compare(publisher *u, orx_err *err) {
    int rc = u->g->v->status(u->g, u->arena, &u->status, err);
    if (rc == 0)
        u->result.branch = u->status.branch;
    return rc;
}

static bool is_listed(const orx_git *g, const char *branch) {
    for (size_t i = 0; branch && g->protected_branches[i]; i++)
        if (strcmp(branch, g->protected_branches[i]) == 0)
            return true;
    return false;
}

/* The branch itself, or what it would be pushed to. */
static bool is_protected(const publisher *u) {
    const char *up = u->status.upstream;
    const char *slash = up ? strchr(up, '/') : NULL;
    return is_listed(u->g, u->status.branch) || is_listed(u->g, slash ? slash + 1 : NULL);
}

/* codex/OWNER-LABEL: the predecessor's name, kept because people and rules look for it. */
static const char *replacement(publisher *u) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    const orx_git_push_spec *s = u->spec;
    orx_str_adds(&name, "codex/");
    orx_git_safe_name(orx_view_of(s->owner), "autonomy", &name);
    orx_str_addc(&name, '-');
    orx_git_safe_name(orx_view_of(s->label), "autonomy", &name);
    return orx_arena_dup(u->arena, orx_str_view(&name));
}

/* Onto codex/OWNER-LABEL, which may only move forward. */
static int leave_protected(publisher *u, orx_err *err) {
    const char *name = replacement(u);
    char tip[ORX_GIT_SHA];
    orx_err why = ORX_ERR_INIT;
    int rc = u->g->v->resolve(u->g, orx_arena_printf(u->arena, "refs/heads/%s", name), tip, &why);
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        return orx_err_set(err, rc, "%s", why.msg);
    int forward = rc < 0 ? 1 : orx_git_is_ancestor(u->g, tip, u->status.head, err);
    if (forward < 0)
        return forward;
    if (!forward)
        return orx_err_set(
            err, ORX_E_CONFLICT,
            "%s: the work on %s cannot go onto %s, which has other commits; merge or "
            "delete that branch",
            orx_git_where(u->g), u->status.branch, name);
    rc = u->g->v->move_to_branch(u->g, name, err);
    return rc < 0 ? rc : compare(u, err);
}

/* Several lanes may write the upstream of their branches at the same moment, and git gives up on
 * config.lock at once: then the push is done but the upstream is not noted. */
static int note_upstream(publisher *u, orx_err *err) {
    orx_file *lock = NULL;
    int rc = orx_git_worktree_lock(u->g, &lock, err);
    if (rc < 0)
        return rc;
    rc = u->g->v->set_upstream(u->g, u->status.branch, err);
    orx_file_close(u->g->p, lock);
    return rc < 0 ? rc : compare(u, err);
}

static int verify(publisher *u, orx_err *err) {
    int rc = compare(u, err);
    if (rc == 0 && !u->status.upstream)
        rc = note_upstream(u, err);
    if (rc < 0)
        return rc;
    if (u->status.compared && (u->status.ahead || u->status.behind))
        return orx_err_set(err, ORX_E_CONFLICT,
                           "%s: %s was pushed, but afterwards %lld commits are missing there and "
                           "%lld here; somebody pushed at the same time",
                           orx_git_where(u->g), u->status.branch, (long long)u->status.ahead,
                           (long long)u->status.behind);
    u->result.end = ORX_GIT_PUSH_DONE;
    return 0;
}

static int push(publisher *u, orx_git_push_answer *ret_answer, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str words = {0};
    orx_git_push cmd = {.branch = u->status.branch, .set_upstream = !u->status.upstream};
    u->result.pushes++;
    int rc = u->g->v->push(u->g, &cmd, ret_answer, &words, err);
    u->result.words = words.len ? orx_arena_dup(u->arena, orx_str_view(&words)) : NULL;
    return rc;
}

/* Pushes; a refusal because of protection leads onto the other branch, once. */
static int push_verified(publisher *u, orx_err *err) {
    orx_git_push_answer answer = ORX_GIT_ANSWER_OK;
    int rc = push(u, &answer, err);
    if (rc == 0 && answer == ORX_GIT_ANSWER_PROTECTED &&
        strcmp(u->status.branch, replacement(u)) != 0) {
        rc = leave_protected(u, err);
        if (rc == 0)
            rc = push(u, &answer, err);
    }
    if (rc < 0)
        return rc;
    if (answer == ORX_GIT_ANSWER_OK)
        return verify(u, err);
    bool stale = answer == ORX_GIT_ANSWER_STALE;
    u->result.end = stale ? ORX_GIT_PUSH_DIVERGED : ORX_GIT_PUSH_REFUSED;
    return 0;
}

/* No upstream yet: a first push, never of a protected branch. */
static int first_push(publisher *u, orx_err *err) {
    int rc = u->g->v->has_origin(u->g, err);
    if (rc <= 0) {
        u->result.end = ORX_GIT_PUSH_UNPUBLISHED;
        return rc;
    }
    rc = is_protected(u) ? leave_protected(u, err) : 0;
    return rc < 0 ? rc : push_verified(u, err);
}

static int decide(publisher *u, orx_err *err) {
    const orx_git_status *s = &u->status;
    u->result.ahead = s->ahead;
    u->result.behind = s->behind;
    if (!s->branch || !s->head[0]) {
        u->result.end = ORX_GIT_PUSH_UNPUBLISHED;
        return 0;
    }
    if (s->compared && s->behind) {
        u->result.end = s->ahead ? ORX_GIT_PUSH_DIVERGED : ORX_GIT_PUSH_BEHIND;
        return 0;
    }
    if (s->compared && !s->ahead) {
        u->result.end = ORX_GIT_PUSH_NOTHING;
        return 0;
    }
    if (!s->upstream)
        return first_push(u, err);
    int rc = u->spec->spare_protected && is_protected(u) ? leave_protected(u, err) : 0;
    return rc < 0 ? rc : push_verified(u, err);
}

int orx_git_publish(orx_git *g, const orx_git_push_spec *spec, orx_arena *arena,
                    orx_git_push_result *ret_result, orx_err *err) {
    publisher u = {.g = g, .spec = spec, .arena = arena};
    if (!g->root)
        return orx_err_set(err, ORX_E_INVALID, "%s: publishing needs a worktree", g->dir);
    int rc = spec->fetch ? g->v->has_origin(g, err) : 0;
    if (rc > 0)
        rc = g->v->fetch(g, err);
    if (rc == 0)
        rc = compare(&u, err);
    if (rc == 0)
        rc = decide(&u, err);
    if (rc < 0)
        return rc;
    *ret_result = u.result;
    return 0;
}
