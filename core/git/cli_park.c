/* Saving a worktree as a commit without touching it, and putting it back to a base. The plan is in
 * park.c. */
#include "git/cli.h"

enum { INDEX_MAX = 1 << 30 };

typedef ORX_VEC(const char *) strings;

static const char *const identity[] = {"user.name=orxaq", "user.email=orxaq@localhost", NULL};

/* A copy of the index keeps its stat data (add -A stays fast) and its flags. A missing index is an
 * empty one. */
static int copy_index(orx_git *g, const char *index, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_err why = ORX_ERR_INIT;
    orx_unlink(g->p, orx_arena_printf(&a, "%s.lock", index), NULL);
    int rc = orx_unlink(g->p, index, err);
    if (rc < 0)
        return rc;
    rc = orx_read_file(g->p, orx_git_in_dir(g, &a, "index"), INDEX_MAX, &bytes, &why);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    return orx_write_replace(g->p, index, orx_str_view(&bytes), 0600, err);
}

static int write_tree(orx_git *g, const char *index, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    static const char *const args[] = {"write-tree", NULL};
    orx_git_cmd cmd = {.verb = "write-tree",
                       .args = args,
                       .index = index,
                       .flags = ORX_GIT_WRITES | ORX_GIT_NO_HOOKS | ORX_GIT_PINNED};
    return orx_git_run_sha(g, &cmd, ret_sha, err);
}

/* Everything but repositories nested in the tree: their content would not come along, and one
 * without a commit makes the whole command fail. */
static int add_all(orx_git *g, const char *index, const orx_git_status *s, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    strings args = {0};
    orx_vec_push(&args, "add");
    orx_vec_push(&args, "-A");
    orx_vec_push(&args, "--");
    orx_vec_push(&args, ".");
    for (size_t i = 0; i < s->count && args.len < 1000; i++)
        if (orx_git_is_nested(&s->entries[i]))
            orx_vec_push(&args,
                         orx_arena_printf(&a, ":(exclude,top,literal)%.*s",
                                          (int)strlen(s->entries[i].path) - 1, s->entries[i].path));
    orx_vec_push(&args, NULL);
    orx_git_cmd cmd = {.verb = "add",
                       .args = args.items,
                       .index = index,
                       .flags = ORX_GIT_WRITES | ORX_GIT_SLOW | ORX_GIT_NO_HOOKS | ORX_GIT_PINNED};
    int rc = orx_git_run(g, &cmd, &out, err);
    orx_vec_free(&args);
    return rc;
}

static int commit_tree(orx_git *g, const char *tree, const char *const parents[3], orx_view message,
                       char ret_sha[ORX_GIT_SHA], orx_err *err) {
    const char *args[10] = {"commit-tree", tree};
    size_t n = 2;
    for (int i = 0; i < 3; i++)
        if (parents[i]) {
            args[n++] = "-p";
            args[n++] = parents[i];
        }
    orx_git_cmd cmd = {.verb = "commit-tree",
                       .args = args,
                       .config = identity,
                       .input = message,
                       .flags = ORX_GIT_WRITES | ORX_GIT_NO_HOOKS | ORX_GIT_PINNED};
    return orx_git_run_sha(g, &cmd, ret_sha, err);
}

static bool any(const orx_git_status *s, bool staged) {
    for (size_t i = 0; i < s->count; i++)
        if (staged ? s->entries[i].staged : s->entries[i].kind == ORX_GIT_CONFLICTED)
            return true;
    return false;
}

/* What is staged may differ from both HEAD and the worktree; it is kept as a parent then, as git
 * stash does. An index with conflicts cannot be written; its parts are in commits already. */
static int save_index(orx_git *g, const char *index, const orx_git_save *save,
                      char ret_tree[ORX_GIT_SHA], orx_err *err) {
    ret_tree[0] = '\0';
    if (!any(save->status, true) || any(save->status, false))
        return 0;
    return write_tree(g, index, ret_tree, err);
}

static int save_dirty(orx_git *g, const char *index, const orx_git_save *save,
                      char ret_sha[ORX_GIT_SHA], orx_err *err) {
    char staged[ORX_GIT_SHA];
    char tree[ORX_GIT_SHA];
    char extra[ORX_GIT_SHA];
    const char *parents[3] = {save->parents[0], save->parents[1], NULL};
    const char *first[3] = {save->parents[0], NULL, NULL};
    int rc = copy_index(g, index, err);
    if (rc == 0)
        rc = save_index(g, index, save, staged, err);
    if (rc == 0)
        rc = add_all(g, index, save->status, err);
    if (rc == 0)
        rc = write_tree(g, index, tree, err);
    if (rc == 0 && staged[0] && strcmp(staged, tree) != 0) {
        rc = commit_tree(g, staged, first, orx_view_of("What was staged\n"), extra, err);
        parents[2] = extra;
    }
    return rc < 0 ? rc : commit_tree(g, tree, parents, save->message, ret_sha, err);
}

int orx_git_cli_save(orx_git *g, const orx_git_save *save, char ret_sha[ORX_GIT_SHA],
                     orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    if (!save->dirty) {
        const char *parents[3] = {save->parents[0], save->parents[1], NULL};
        const char *tree = orx_arena_printf(&a, "%s^{tree}", save->parents[0]);
        return commit_tree(g, tree, parents, save->message, ret_sha, err);
    }
    const char *index = orx_git_in_dir(g, &a, "orxaq-park.index");
    int rc = save_dirty(g, index, save, ret_sha, err);
    orx_unlink(g->p, index, NULL);
    return rc;
}

static int restoring(orx_git *g, const char *const *args, orx_err *err) {
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = args[0],
                       .args = args,
                       .flags = ORX_GIT_WRITES | ORX_GIT_SLOW | ORX_GIT_NO_HOOKS | ORX_GIT_PINNED};
    return orx_git_run(g, &cmd, &out, err);
}

/* A rebase in progress survives a reset and would make git act on it later. */
static int forget_progress(orx_git *g, orx_err *err) {
    static const char *const dirs[] = {"rebase-merge", "rebase-apply", "sequencer"};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    for (size_t i = 0; i < ORX_ARRAY_LEN(dirs); i++) {
        int rc = orx_remove_tree(g->p, orx_git_in_dir(g, &a, dirs[i]), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Back to a branch without commits. */
static int restore_unborn(orx_git *g, orx_err *err) {
    const char *empty[] = {"read-tree", "--reset", "-u", orx_git_empty_tree(g), NULL};
    static const char *const drop[] = {"update-ref", "-d", "HEAD", NULL};
    char sha[ORX_GIT_SHA];
    int rc = restoring(g, empty, err);
    int born = rc < 0 ? rc : orx_git_head(g, sha, err);
    return born > 0 ? restoring(g, drop, err) : born;
}

int orx_git_cli_restore(orx_git *g, const orx_git_restore *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    int rc = forget_progress(g, err);
    if (rc == 0 && r->to_branch) {
        const char *args[] = {"symbolic-ref",
                              "-m",
                              "orxaq: back from parked work",
                              "HEAD",
                              orx_arena_printf(&a, "refs/heads/%s", r->to_branch),
                              NULL};
        rc = restoring(g, args, err);
    }
    if (rc < 0)
        return rc;
    if (!*r->base)
        return restore_unborn(g, err);
    const char *args[] = {"reset", "--hard", "--quiet", r->base, "--", NULL};
    return restoring(g, args, err);
}

/* On a copy of the index, so that the real one goes on saying what HEAD says. A merge of two trees
 * refuses before it writes anything when a file is not as base has it; stale stat data of the index
 * would look like that. */
static int bring(orx_git *g, const char *index, const char *base, const char *commit,
                 orx_err *err) {
    static const char *const refresh[] = {"update-index", "-q", "--refresh", NULL};
    const char *const merge[] = {
        "read-tree", "-m", "-u", "--no-recurse-submodules", base ? base : orx_git_empty_tree(g),
        commit,      NULL};
    const char *const *const both[] = {refresh, merge};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    int rc = copy_index(g, index, err);
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(both); i++) {
        orx_git_cmd cmd = {.verb = both[i][0],
                           .args = both[i],
                           .index = index,
                           .ok_code = both[i] == refresh,
                           .flags =
                               ORX_GIT_WRITES | ORX_GIT_SLOW | ORX_GIT_NO_HOOKS | ORX_GIT_PINNED};
        rc = orx_git_run(g, &cmd, &out, err);
    }
    return rc;
}

int orx_git_cli_bring(orx_git *g, const char *base, const char *commit, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *index = orx_git_in_dir(g, &a, "orxaq-park.index");
    int rc = bring(g, index, base, commit, err);
    orx_unlink(g->p, index, NULL);
    return rc;
}

/* "filter.NAME.what" of one record gives NAME. */
static orx_view filter_name(orx_view key) {
    orx_view v = {0};
    size_t end = key.len;
    while (end > 0 && key.p[end - 1] != '.')
        end--;
    size_t start = strlen("filter.");
    if (orx_view_starts(key, "filter.") && end > start + 1)
        v = (orx_view){key.p + start, end - 1 - start};
    return v;
}

/* Records are "scope" NUL "key LF value" NUL. Only what the repository itself says is disarmed: the
 * person's own settings are out of an agent's reach. */
static void disarm(orx_git *g, orx_view text, strings *list) {
    static const char *const parts[] = {"clean=", "smudge=", "process=", "required=false"};
    orx_view scope;
    orx_view record;
    while (orx_git_field(&text, &scope) && orx_git_field(&text, &record)) {
        orx_view key;
        bool own = orx_view_is(scope, "local") || orx_view_is(scope, "worktree");
        if (!own || !record.len || !orx_view_split(&record, '\n', &key))
            continue;
        orx_view name = filter_name(key);
        for (size_t i = 0; name.len && i < ORX_ARRAY_LEN(parts) && list->len < 1000; i++)
            orx_vec_push(
                list, orx_arena_printf(&g->arena, "filter.%.*s.%s", ORX_VIEW_ARG(name), parts[i]));
    }
}

int orx_git_cli_distrust(orx_git *g, bool on, orx_err *err) {
    static const char *const args[] = {"config",       "-z",         "--show-scope",
                                       "--get-regexp", "^filter\\.", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "config",
                       .args = args,
                       .flags = ORX_GIT_NO_HOOKS | ORX_GIT_PINNED | ORX_GIT_NO_REMOTE,
                       .ok_code = 1};
    g->neutral = NULL;
    if (!on)
        return 0;
    int rc = orx_git_run(g, &cmd, &out, err);
    if (rc < 0)
        return rc;
    strings list = {0};
    disarm(g, orx_str_view(&out.out), &list);
    g->neutral = orx_arena_zalloc(&g->arena, list.len + 1, sizeof *g->neutral);
    for (size_t i = 0; i < list.len; i++)
        g->neutral[i] = list.items[i];
    orx_vec_free(&list);
    return 0;
}
