/* Parking: the plan, for both backends. Nothing is removed before a branch names it.
 *
 * A round saves and clears once. A second round is needed when the base ignores less than the
 * parked state did: files that the agent's own .gitignore hid come to light only after the base's
 * is back; they are saved and cleared in their turn. */
#include "git/internal.h"

enum { ROUNDS_MAX = 3, NAMES_MAX = 1000 };

typedef struct plan {
    orx_git *g;
    const orx_git_park_spec *spec;
    orx_arena *arena;
    orx_git_status status;
    const char *base; /* "" = unborn */
    bool dirty;
    bool move;             /* HEAD goes back to spec->branch */
    bool keep_head;        /* commits that only HEAD has */
    bool earlier;          /* an earlier call parked work of this attempt */
    char tip[ORX_GIT_SHA]; /* commits that only spec->branch has; "" = none */
} plan;

static bool is_dirty(const orx_git_status *s) {
    for (size_t i = 0; i < s->count; i++)
        if (!orx_git_is_nested(&s->entries[i]))
            return true;
    return false;
}

/* Whether commit sha must be kept because base does not lead to it. */
static int must_keep(const plan *p, const char *sha, orx_err *err) {
    if (!*sha || strcmp(sha, p->base) == 0)
        return 0;
    if (!*p->base)
        return 1;
    int rc = p->g->v->is_ancestor(p->g, sha, p->base, err);
    return rc < 0 ? rc : !rc;
}

static int look_at_branch(plan *p, orx_err *err) {
    char tip[ORX_GIT_SHA] = "";
    p->tip[0] = '\0';
    const char *want = p->spec->branch;
    p->move = want && (!p->status.branch || strcmp(want, p->status.branch) != 0);
    if (!p->move)
        return 0;
    const char *ref = orx_arena_printf(p->arena, "refs/heads/%s", want);
    orx_err why = ORX_ERR_INIT;
    int rc = p->g->v->resolve(p->g, ref, tip, &why);
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        return orx_err_set(err, rc, "%s", why.msg);
    int keep = rc < 0 ? 0 : must_keep(p, tip, err);
    if (keep > 0 && strcmp(tip, p->status.head) != 0)
        memcpy(p->tip, tip, sizeof tip);
    return keep < 0 ? keep : 0;
}

static int look(plan *p, orx_err *err) {
    int rc = p->g->v->status(p->g, p->arena, &p->status, err);
    if (rc < 0)
        return rc;
    bool given = p->spec->base && *p->spec->base;
    p->base =
        p->base ? p->base : orx_arena_strdup(p->arena, given ? p->spec->base : p->status.head);
    p->dirty = is_dirty(&p->status);
    int keep = must_keep(p, p->status.head, err);
    p->keep_head = keep > 0;
    return keep < 0 ? keep : look_at_branch(p, err);
}

/* The commit to be named: one that exists when nothing is uncommitted, else a new one. */
static int make_commit(plan *p, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    const orx_git_park_spec *spec = p->spec;
    const char *head = p->status.head[0] ? p->status.head : NULL;
    const char *tip = p->tip[0] ? p->tip : NULL;
    if (!p->dirty && !(p->keep_head && tip)) {
        memcpy(ret_sha, p->keep_head ? p->status.head : p->tip, ORX_GIT_SHA);
        return 0;
    }
    const char *reason =
        spec->reason ? spec->reason
                     : orx_arena_printf(p->arena, "Parked work of attempt %s", spec->attempt);
    orx_git_delivery d = {.message = orx_view_of(reason)};
    ORX_CLEANUP(orx_str_free) orx_str message = {0};
    orx_git_save save = {.status = &p->status, .dirty = p->dirty};
    save.parents[0] = head ? head : tip;
    save.parents[1] = head ? tip : NULL;
    int rc = orx_git_message(&d, &message, err);
    save.message = orx_str_view(&message);
    return rc < 0 ? rc : p->g->v->save(p->g, &save, ret_sha, err);
}

static const char *name_of(const plan *p, int n) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    orx_git_parked_branch(orx_view_of(p->spec->attempt), &name);
    if (n > 1)
        orx_str_addf(&name, "-%d", n);
    return orx_arena_dup(p->arena, orx_str_view(&name));
}

/* Gives the commit a name: the first free one, or the one that names the same work already. */
static int name_commit(plan *p, char sha[ORX_GIT_SHA], orx_git_parked *ret, orx_err *err) {
    for (int n = 1; n <= NAMES_MAX; n++) {
        const char *name = name_of(p, n);
        char old[ORX_GIT_SHA];
        orx_err why = ORX_ERR_INIT;
        int rc = p->g->v->branch_create(p->g, name, sha, &why);
        if (rc < 0 && rc != ORX_E_EXISTS)
            return orx_err_set(err, rc, "%s", why.msg);
        if (rc == ORX_E_EXISTS) {
            p->earlier = true;
            rc =
                p->g->v->resolve(p->g, orx_arena_printf(p->arena, "refs/heads/%s", name), old, err);
            int same = rc < 0 ? rc : p->g->v->same_work(p->g, old, sha, err);
            if (same < 0)
                return same;
            if (!same)
                continue;
            memcpy(sha, old, sizeof old);
        }
        ret->parked = true;
        ret->branch = name;
        memcpy(ret->sha, sha, ORX_GIT_SHA);
        return 0;
    }
    return orx_err_set(err, ORX_E_LIMIT, "%s has %d parked branches of attempt %s; delete some",
                       orx_git_where(p->g), NAMES_MAX, p->spec->attempt);
}

/* Moves a nested repository out of the place of a file of base: the reset would remove it with its
 * history. It stays in the tree as NAME.nested. */
static int set_aside(plan *p, const char *path, orx_err *err) {
    const char *from = orx_path_join(p->arena, p->g->root, path);
    const char *to = orx_arena_printf(p->arena, "%s.nested", from);
    for (int n = 2; orx_exists(p->g->p, to); n++)
        to = orx_arena_printf(p->arena, "%s.nested-%d", from, n);
    return orx_rename(p->g->p, from, to, err);
}

static int set_nested_aside(plan *p, const orx_git_changes *c, orx_err *err) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->count; i++) {
        const orx_git_entry *e = &c->entries[i];
        if (e->mode == ORX_GIT_MODE_GITLINK && e->old_mode && e->old_mode != ORX_GIT_MODE_GITLINK)
            rc = set_aside(p, e->path, err);
    }
    return rc;
}

/* One save and one clearing. Returns 1 when there was something to do, 0 when not. */
static int round_once(plan *p, orx_git_parked *ret, orx_err *err) {
    char sha[ORX_GIT_SHA];
    unsigned busy = orx_git_in_progress(p->g) & ~(unsigned)ORX_GIT_IN_BISECT;
    if (p->dirty || p->keep_head || p->tip[0]) {
        int rc = make_commit(p, sha, err);
        if (rc == 0)
            rc = name_commit(p, sha, ret, err);
        if (rc == 0 && p->dirty)
            rc = orx_git_remove_untracked(p->g, &p->status, err);
        if (rc < 0)
            return rc;
    } else if (strcmp(p->status.head, p->base) == 0 && !p->move && !busy) {
        return 0;
    }
    orx_git_restore restore = {.base = p->base, .to_branch = p->move ? p->spec->branch : NULL};
    orx_git_changes changes;
    int rc = orx_git_changes_since(p->g, p->base, p->arena, &changes, err);
    if (rc == 0)
        rc = set_nested_aside(p, &changes, err);
    if (rc == 0)
        rc = p->g->v->restore(p->g, &restore, err);
    /* Removed as untracked above, and put back by git. */
    if (rc == 0)
        rc = orx_git_sync_files(p->g, p->status.entries, p->status.count, err);
    if (rc == 0)
        rc = orx_git_sync_files(p->g, changes.entries, changes.count, err);
    return rc < 0 ? rc : 1;
}

/* A call may follow one that ended before its result was noted, or before what it cleared was
 * durable: of that, the worktree shows nothing any more. */
static int look_for_earlier(plan *p, orx_git_parked *ret, orx_err *err) {
    int rc = 0;
    for (int n = 1; rc == 0 && n <= NAMES_MAX; n++) {
        char sha[ORX_GIT_SHA];
        orx_git_changes changes;
        const char *name = name_of(p, n);
        const char *ref = orx_arena_printf(p->arena, "refs/heads/%s", name);
        if (orx_git_read_ref(p->g, ref, sha, NULL) <= 0)
            break;
        if (!ret->parked) {
            ret->parked = true;
            ret->branch = name;
            memcpy(ret->sha, sha, sizeof sha);
        }
        rc = orx_git_changes_since(p->g, sha, p->arena, &changes, err);
        if (rc == 0)
            rc = orx_git_sync_files(p->g, changes.entries, changes.count, err);
    }
    return rc;
}

static int run_plan(plan *p, orx_git_parked *ret, orx_err *err) {
    int rc = look(p, err);
    int did = rc;
    for (int i = 0; rc == 0 && i < ROUNDS_MAX; i++) {
        orx_git_parked once = {0};
        did = round_once(p, &once, err);
        if (once.parked && !ret->parked)
            *ret = once;
        if (did <= 0)
            break;
        rc = look(p, err);
    }
    if (rc < 0 || did < 0)
        return rc < 0 ? rc : did;
    ret->clean = p->status.count == 0;
    return ret->parked && !p->earlier ? 0 : look_for_earlier(p, ret, err);
}

static int check(const orx_git *g, const orx_git_park_spec *spec, orx_err *err) {
    if (!g->root)
        return orx_err_set(err, ORX_E_INVALID, "%s: parking needs a worktree", g->dir);
    int rc = orx_git_check_line(spec->attempt, "the attempt id of a parked branch", err);
    if (rc == 0 && spec->base && *spec->base && !orx_git_is_sha(orx_view_of(spec->base)))
        rc = orx_err_set(err, ORX_E_INVALID,
                         "the base \"%.80s\" of parked work must be a full "
                         "commit id",
                         spec->base);
    if (rc == 0 && spec->branch)
        rc = orx_git_check_branch(spec->branch, err);
    if (rc == 0 && spec->reason)
        rc = orx_git_check_line(spec->reason, "the reason of parked work", err);
    return rc;
}

int orx_git_park(orx_git *g, const orx_git_park_spec *spec, orx_arena *arena,
                 orx_git_parked *ret_parked, orx_err *err) {
    plan p = {.g = g, .spec = spec, .arena = arena};
    orx_git_parked result = {0};
    int rc = check(g, spec, err);
    if (rc == 0 && spec->untrusted)
        rc = g->v->distrust(g, true, err);
    if (rc == 0)
        rc = run_plan(&p, &result, err);
    if (spec->untrusted)
        g->v->distrust(g, false, NULL);
    if (rc == 0)
        *ret_parked = result;
    return rc;
}
