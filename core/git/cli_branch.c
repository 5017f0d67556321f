/* Branches and worktrees. */
#include "git/cli.h"

static int run(orx_git *g, const char *verb, const char *const *args, int flags, orx_git_out *out,
               orx_err *err) {
    orx_git_cmd cmd = {.verb = verb, .args = args, .flags = ORX_GIT_WRITES | flags};
    return orx_git_run(g, &cmd, out, err);
}

int orx_git_cli_branch_exists(orx_git *g, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const char *args[] = {"show-ref", "--verify", "--quiet",
                          orx_arena_printf(&a, "refs/heads/%s", branch), NULL};
    orx_git_cmd cmd = {.verb = "show-ref", .args = args, .ok_code = 1};
    int rc = orx_git_run(g, &cmd, &out, err);
    return rc < 0 ? rc : out.code == 0;
}

/* update-ref with an old value of zeros: make it, but only when it is not there. */
int orx_git_cli_branch_create(orx_git *g, const char *branch, const char *at, orx_err *err) {
    static const char zeros[ORX_GIT_SHA] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const char *args[] = {"update-ref",
                          "-m",
                          "orxaq: branch created",
                          orx_arena_printf(&a, "refs/heads/%s", branch),
                          at,
                          orx_arena_printf(&a, "%.*s", (int)g->sha_len, zeros),
                          NULL};
    orx_err why = ORX_ERR_INIT;
    int rc = run(g, "update-ref", args, ORX_GIT_NO_HOOKS | ORX_GIT_PINNED, &out, &why);
    if (rc < 0 && orx_git_says(orx_str_view(&out.errs), "reference already exists"))
        return orx_err_set(err, ORX_E_EXISTS, "%s has a branch %s already", orx_git_where(g),
                           branch);
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 0;
}

/* git branch -f refuses a branch that is checked out elsewhere, which is what we want. */
int orx_git_cli_move_to_branch(orx_git *g, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const char *make[] = {"branch", "--no-track", "-f", branch, "HEAD", NULL};
    const char *move[] = {"symbolic-ref",
                          "-m",
                          "orxaq: leave a protected branch",
                          "HEAD",
                          orx_arena_printf(&a, "refs/heads/%s", branch),
                          NULL};
    int rc = run(g, "branch", make, 0, &out, err);
    return rc < 0 ? rc : run(g, "symbolic-ref", move, 0, &out, err);
}

/* ---- Worktrees ---------------------------------------------------------------------------- */

static bool starts(orx_view v, const char *word, orx_view *ret_value) {
    size_t n = strlen(word);
    if (!orx_view_starts(v, word) || (v.len > n && v.p[n] != ' '))
        return false;
    *ret_value = v.len > n ? (orx_view){v.p + n + 1, v.len - n - 1} : orx_view_of("");
    return true;
}

/* One "name value" attribute of the worktree w. */
static void attribute(orx_git_worktree *w, orx_view field, orx_arena *arena) {
    orx_view v;
    if (starts(field, "HEAD", &v) && orx_git_is_sha(v)) {
        memcpy(w->head, v.p, v.len);
        w->head[v.len] = '\0';
        if (strspn(w->head, "0") == v.len)
            w->head[0] = '\0';
    } else if (starts(field, "branch", &v) && orx_view_starts(v, "refs/heads/")) {
        w->branch = orx_arena_dup(arena, (orx_view){v.p + 11, v.len - 11});
    } else if (starts(field, "bare", &v)) {
        w->bare = true;
    } else if (starts(field, "locked", &v)) {
        w->locked = true;
        w->initializing = orx_view_is(v, "initializing");
    } else if (starts(field, "prunable", &v)) {
        w->missing = true;
    }
}

int orx_git_cli_worktree_list(orx_git *g, orx_arena *arena, orx_git_worktrees *ret, orx_err *err) {
    static const char *const args[] = {"worktree", "list", "--porcelain", "-z", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "worktree list", .args = args};
    int rc = orx_git_run(g, &cmd, &out, err);
    if (rc < 0)
        return rc;
    ORX_VEC(orx_git_worktree) list = {0};
    orx_view rest = orx_str_view(&out.out);
    orx_view field;
    orx_view v;
    while (orx_git_field(&rest, &field)) {
        if (starts(field, "worktree", &v)) {
            orx_git_worktree w = {.path = orx_arena_dup(arena, v)};
            orx_vec_push(&list, w);
        } else if (list.len) {
            attribute(&list.items[list.len - 1], field, arena);
        }
    }
    ret->items = orx_arena_zalloc(arena, list.len + 1, sizeof *ret->items);
    if (list.len)
        memcpy(ret->items, list.items, list.len * sizeof *ret->items);
    ret->count = list.len;
    orx_vec_free(&list);
    return 0;
}

int orx_git_cli_worktree_add(orx_git *g, const char *path, const char *branch, const char *base,
                             orx_err *err) {
    const char *fresh[] = {"worktree", "add", "--quiet", "--no-track", "-b",
                           branch,     path,  base,      NULL};
    const char *present[] = {"worktree", "add", "--quiet", path, branch, NULL};
    const char *detached[] = {"worktree", "add", "--quiet", "--detach", path, base, NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = run(g, "worktree add", branch ? fresh : detached, ORX_GIT_SLOW, &out, &why);
    if (rc < 0 && branch && orx_git_says(orx_str_view(&out.errs), "a branch named"))
        rc = run(g, "worktree add", present, ORX_GIT_SLOW, &out, &why);
    if (rc == 0)
        return 0;
    orx_view said = orx_str_view(&out.errs);
    if (orx_git_says(said, "already checked out") || orx_git_says(said, "already used by worktree"))
        rc = ORX_E_CONFLICT;
    else if (orx_git_says(said, "already exists"))
        rc = ORX_E_EXISTS;
    return orx_err_set(err, rc, "%s", why.msg);
}

int orx_git_cli_worktree_remove(orx_git *g, const char *path, bool force, orx_err *err) {
    const char *gentle[] = {"worktree", "remove", path, NULL};
    const char *hard[] = {"worktree", "remove", "--force", "--force", path, NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = run(g, "worktree remove", force ? hard : gentle, ORX_GIT_SLOW, &out, &why);
    if (rc == 0)
        return 0;
    orx_view said = orx_str_view(&out.errs);
    if (orx_git_says(said, "modified or untracked") || orx_git_says(said, "locked working tree"))
        rc = ORX_E_CONFLICT;
    else if (orx_git_says(said, "is not a working tree"))
        rc = ORX_E_NOT_FOUND;
    else if (orx_git_says(said, "is a main working tree"))
        rc = ORX_E_INVALID;
    return orx_err_set(err, rc, "%s", why.msg);
}
