/* Moving a branch by compare and swap, and letting the worktrees that show it follow. */
#include "git/cli.h"

#include "base/map.h"

static const char *const durable[] = {"core.fsync=committed,reference", NULL};

static int zeros_or(const orx_git *g, const char *sha, char ret[ORX_GIT_SHA]) {
    memset(ret, '0', g->sha_len);
    ret[g->sha_len] = '\0';
    if (*sha)
        memcpy(ret, sha, strlen(sha) + 1);
    return 0;
}

int orx_git_cli_advance(orx_git *g, const char *branch, const char *from, const char *to,
                        orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_err why = ORX_ERR_INIT;
    char old[ORX_GIT_SHA];
    zeros_or(g, from, old);
    const char *args[] = {"update-ref",
                          "-m",
                          "orxaq merge-queue: fast-forward",
                          orx_arena_printf(&a, "refs/heads/%s", branch),
                          to,
                          old,
                          NULL};
    orx_git_cmd cmd = {.verb = "update-ref",
                       .args = args,
                       .config = durable,
                       .flags = ORX_GIT_WRITES | ORX_GIT_SLOW};
    int rc = orx_git_run(g, &cmd, &out, &why);
    orx_view said = orx_str_view(&out.errs);
    if (rc < 0 && (orx_git_says(said, "but expected") || orx_git_says(said, "already exists") ||
                   orx_git_says(said, "unable to resolve reference")))
        rc = ORX_E_CONFLICT;
    else if (rc < 0 && orx_git_says(said, "aborted by hook"))
        rc = ORX_E_DENIED;
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 0;
}

/* ---- Following ------------------------------------------------------------------------------- */

typedef struct step {
    const char *const *args;
    const char *index;
    int flags;
    int ok_code;
} step;

static int run(orx_git *g, const step *s, orx_git_out *out, orx_err *err) {
    orx_git_cmd cmd = {.verb = s->args[0],
                       .args = s->args,
                       .index = s->index,
                       .ok_code = s->ok_code,
                       .flags = ORX_GIT_WRITES | ORX_GIT_NO_HOOKS | ORX_GIT_PINNED | s->flags};
    return orx_git_run(g, &cmd, out, err);
}

/* A merge of two trees refuses before it writes anything when a file is not as `from` has it; stale
 * times in the index would look like that. */
static int two_trees(orx_git *g, const char *from, const char *to, bool try_only, orx_err *err) {
    static const char *const refresh[] = {"update-index", "-q", "--refresh", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const char *base = *from ? from : orx_git_empty_tree(g);
    const char *merge[] = {"read-tree", "-m", "-u", "--no-recurse-submodules",
                           base,        to,   NULL, NULL};
    if (try_only) {
        merge[4] = "--dry-run";
        merge[5] = base;
        merge[6] = to;
    }
    const step looks = {.args = refresh, .ok_code = 1};
    const step moves = {.args = merge, .flags = ORX_GIT_SLOW};
    int rc = run(g, &looks, &out, err);
    return rc < 0 ? rc : run(g, &moves, &out, err);
}

int orx_git_cli_can_follow(orx_git *g, const char *from, const char *to, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int rc = two_trees(g, from, to, true, &why);
    return rc < 0 ? orx_err_set(err, rc == ORX_E_CHILD ? ORX_E_CONFLICT : rc, "%s", why.msg) : 0;
}

/* What a commit has, and which of its files lie otherwise in the worktree. */
typedef struct side {
    orx_git_out has;
    orx_git_out other;
    orx_map names; /* of what it has */
} side;

static void side_free(side *s) {
    orx_git_out_free(&s->has);
    orx_git_out_free(&s->other);
    orx_map_free(&s->names);
}

static int look_at(orx_git *g, const char *index, const char *tree, side *s, orx_err *err) {
    static const char *const refresh[] = {"update-index", "-q", "--refresh", NULL};
    static const char *const files[] = {"ls-files", "-z", NULL};
    static const char *const differ[] = {"diff-files", "-z", "--name-only", "--diff-filter=MT",
                                         NULL};
    const char *read[] = {"read-tree", tree, NULL};
    const step steps[] = {{.args = read, .index = index},
                          {.args = refresh, .index = index, .ok_code = 1},
                          {.args = differ, .index = index},
                          {.args = files, .index = index}};
    orx_git_out *outs[] = {&s->has, &s->has, &s->other, &s->has};
    int rc = orx_unlink(g->p, index, err);
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(steps); i++)
        rc = run(g, &steps[i], outs[i], err);
    orx_unlink(g->p, index, NULL);
    orx_view rest = orx_str_view(&s->has.out);
    orx_view name;
    while (rc == 0 && orx_git_field(&rest, &name))
        orx_map_put(&s->names, name, s);
    return rc;
}

/* Files of one side that lie otherwise must be the other side's. *others: those of the other side
 * that lie otherwise, by name. */
static int check_side(orx_git *g, const side *mine, const side *other, const orx_map *others,
                      orx_err *err) {
    orx_view rest = orx_str_view(&mine->other.out);
    orx_view name;
    while (orx_git_field(&rest, &name))
        if (orx_map_get(others, name) || !orx_map_get(&other->names, name))
            return orx_err_set(err, ORX_E_CONFLICT,
                               "%s: %.*s is neither as it was nor as it is to be; look with `git "
                               "status`, then put it in order",
                               orx_git_where(g), ORX_VIEW_ARG(name));
    return 0;
}

static void collect(side *s, orx_map *out) {
    orx_view rest = orx_str_view(&s->other.out);
    orx_view name;
    while (orx_git_field(&rest, &name))
        orx_map_put(out, name, s);
}

/* Whether each file is as one of both commits has it: then nothing is lost by a reset. */
static int is_between(orx_git *g, const char *from, const char *to, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(side_free) side old = {0};
    ORX_CLEANUP(side_free) side new = {0};
    ORX_CLEANUP(orx_map_free) orx_map not_old = {0};
    ORX_CLEANUP(orx_map_free) orx_map not_new = {0};
    const char *index = orx_git_in_dir(g, &a, "orxaq-follow.index");
    int rc = look_at(g, index, *from ? from : orx_git_empty_tree(g), &old, err);
    if (rc == 0)
        rc = look_at(g, index, to, &new, err);
    if (rc < 0)
        return rc;
    collect(&old, &not_old);
    collect(&new, &not_new);
    rc = check_side(g, &new, &old, &not_old, err);
    return rc < 0 ? rc : check_side(g, &old, &new, &not_new, err);
}

/* The reset names no commit: should somebody commit at this moment, nothing is moved back. */
int orx_git_cli_follow(orx_git *g, const char *from, const char *to, orx_err *err) {
    static const char *const reset[] = {"reset", "--hard", "--quiet", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const step resets = {.args = reset, .flags = ORX_GIT_SLOW};
    orx_err why = ORX_ERR_INIT;
    int rc = two_trees(g, from, to, false, &why);
    if (rc != ORX_E_CHILD)
        return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 0;
    rc = is_between(g, from, to, err);
    return rc < 0 ? rc : run(g, &resets, &out, err);
}
