/* Finding the repository around a path, and the small questions that need no file of their own. */
#include "git/cli.h"
#include "platform/holders.h"

#include <stdio.h>

/* rev-parse prints one line per question, so a path with a line break cannot be told apart. */
static int take_line(orx_view *rest, orx_view *ret) {
    return rest->len && orx_view_split(rest, '\n', ret) ? 0 : ORX_E_INVALID;
}

static int parse(orx_git *g, const char *path, orx_view text, bool *ret_inside, orx_err *err) {
    orx_view bare;
    orx_view inside;
    orx_view format;
    orx_view dir;
    orx_view common;
    orx_view hooks;
    if (take_line(&text, &bare) < 0 || take_line(&text, &inside) < 0 ||
        take_line(&text, &format) < 0 || take_line(&text, &dir) < 0 ||
        take_line(&text, &common) < 0 || take_line(&text, &hooks) < 0 ||
        !orx_view_starts(hooks, "/"))
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: git's answer about the repository cannot be read; a path with a "
                           "line break is not supported",
                           path);
    g->bare = orx_view_is(bare, "true");
    g->sha_len = orx_view_is(format, "sha256") ? 64 : 40;
    g->dir = orx_arena_dup(&g->arena, dir);
    g->common = orx_arena_dup(&g->arena, common);
    g->hooks = orx_arena_dup(&g->arena, hooks);
    *ret_inside = orx_view_is(inside, "true");
    orx_view root = {0};
    g->root = *ret_inside && take_line(&text, &root) == 0 ? orx_arena_dup(&g->arena, root) : NULL;
    return 0;
}

static int ask(orx_git *g, const char *path, bool *ret_inside, orx_err *err) {
    static const char *const args[] = {"rev-parse",
                                       "--path-format=absolute",
                                       "--is-bare-repository",
                                       "--is-inside-work-tree",
                                       "--show-object-format",
                                       "--absolute-git-dir",
                                       "--git-common-dir",
                                       "--git-path",
                                       "hooks",
                                       "--show-toplevel",
                                       NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "rev-parse", .args = args, .dir = path};
    orx_err why = ORX_ERR_INIT;
    int rc = orx_git_run(g, &cmd, &out, &why);
    /* Without a worktree the last question fails after the others are answered. */
    if (rc < 0 && !orx_git_says(orx_str_view(&out.errs), "must be run in a work tree")) {
        /* Also "not found": git itself, or the program that starts it. */
        if (orx_git_says(orx_str_view(&out.errs), "not a git repository"))
            return orx_err_set(err, rc,
                               "%s is not in a git repository; run git init there, or name "
                               "another directory",
                               path);
        return orx_err_set(err, rc, "%s", why.msg);
    }
    return parse(g, path, orx_str_view(&out.out), ret_inside, err);
}

int orx_git_cli_locate(orx_git *g, const char *path, orx_err *err) {
    bool inside = false;
    int rc = ask(g, path, &inside, err);
    if (rc < 0)
        return rc;
    if (!g->bare && (!inside || !g->root))
        return orx_err_set(err, ORX_E_INVALID,
                           "%s belongs to the repository %s but not to its worktree (inside .git, "
                           "or core.worktree points elsewhere); name the worktree itself",
                           path, g->dir);
    /* A relative core.hooksPath is relative to the root. */
    if (g->root && strcmp(g->root, path) != 0 && !orx_view_starts(orx_view_of(g->hooks), g->common))
        rc = ask(g, g->root, &inside, err);
    return rc;
}

static int resolve(orx_git *g, const char *rev, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *args[] = {"rev-parse", "--verify", "--quiet",
                          orx_arena_printf(&a, "%s^{commit}", rev), NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "rev-parse", .args = args, .ok_code = 1};
    int rc = orx_git_run(g, &cmd, &out, err);
    if (rc < 0)
        return rc;
    orx_view v = orx_view_trim(orx_str_view(&out.out));
    if (out.code == 1 || !orx_git_is_sha(v))
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s has no commit \"%.100s\"", orx_git_where(g),
                           rev);
    memcpy(ret_sha, v.p, v.len);
    ret_sha[v.len] = '\0';
    return 0;
}

static int is_ancestor(orx_git *g, const char *ancestor, const char *descendant, orx_err *err) {
    const char *args[] = {"merge-base", "--is-ancestor", ancestor, descendant, NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "merge-base", .args = args, .ok_code = 1};
    int rc = orx_git_run(g, &cmd, &out, err);
    return rc < 0 ? rc : out.code == 0;
}

enum { INDEX_MAX = 64 << 20 };

/* 1 when the index itself could be read. Where HEAD is rubbish, git says so. */
static int tracked_by_index(orx_git *g, size_t max, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str ref = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    char sha[ORX_GIT_SHA];
    if (!g->root || orx_git_read_head(g, &ref, sha, NULL) < 0 ||
        orx_read_file(g->p, orx_git_in_dir(g, &a, "index"), INDEX_MAX, &bytes, NULL) < 0)
        return 0;
    return orx_git_index_names(orx_str_view(&bytes), g->sha_len / 2, max, out);
}

static int tracked(orx_git *g, size_t max, orx_str *out_text, orx_err *err) {
    static const char *const args[] = {"ls-files", "-z", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "ls-files", .args = args, .flags = ORX_GIT_CUT, .output_max = max};
    if (tracked_by_index(g, max, out_text))
        return 0;
    int rc = orx_git_run(g, &cmd, &out, err);
    if (rc == 0)
        orx_str_addv(out_text, orx_str_view(&out.out));
    return rc;
}

/* Tree and first parent of both in one answer: the lines must be equal. */
static int same_work(orx_git *g, const char *a, const char *b, orx_err *err) {
    const char *args[] = {
        "log", "--no-walk=unsorted", "--no-show-signature", "--format=%T %P", a, b, "--", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "log", .args = args};
    int rc = orx_git_run(g, &cmd, &out, err);
    if (rc < 0)
        return rc;
    orx_view rest = orx_view_trim(orx_str_view(&out.out));
    orx_view x = {0};
    orx_view y = {0};
    bool two = rest.len && orx_view_split(&rest, '\n', &x) && orx_view_split(&rest, '\n', &y);
    size_t n = g->sha_len * 2 + 1; /* further parents may differ */
    x.len = x.len < n ? x.len : n;
    y.len = y.len < n ? y.len : n;
    return (two && orx_view_eq(x, y)) || strcmp(a, b) == 0;
}

/* Any process that has it open, or a git working here. */
static int lock_held(orx_git *g, const char *path, const char *const *trees, char who[96],
                     orx_err *err) {
    orx_holder_query q = {.file = path, .program = "git", .trees = trees};
    orx_holder holder;
    int rc = orx_find_holder(g->p, &q, &holder, err);
    if (rc > 0)
        snprintf(who, 96, "process %lld (%s)", (long long)holder.pid, holder.name);
    return rc;
}

const orx_git_backend orx_git_cli = {
    .resolve = resolve,
    .status = orx_git_cli_status,
    .changes = orx_git_cli_changes,
    .log = orx_git_cli_log,
    .is_ancestor = is_ancestor,
    .tracked = tracked,
    .commit_all = orx_git_cli_commit_all,
    .save = orx_git_cli_save,
    .same_work = same_work,
    .restore = orx_git_cli_restore,
    .bring = orx_git_cli_bring,
    .branch_create = orx_git_cli_branch_create,
    .branch_exists = orx_git_cli_branch_exists,
    .move_to_branch = orx_git_cli_move_to_branch,
    .worktree_add = orx_git_cli_worktree_add,
    .worktree_remove = orx_git_cli_worktree_remove,
    .worktree_list = orx_git_cli_worktree_list,
    .bench_clear = orx_git_cli_bench_clear,
    .rebase = orx_git_cli_rebase,
    .advance = orx_git_cli_advance,
    .can_follow = orx_git_cli_can_follow,
    .follow = orx_git_cli_follow,
    .fetch = orx_git_cli_fetch,
    .has_origin = orx_git_cli_has_origin,
    .push = orx_git_cli_push,
    .set_upstream = orx_git_cli_set_upstream,
    .distrust = orx_git_cli_distrust,
    .lock_held = lock_held,
};
