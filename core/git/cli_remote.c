/* Talking to remotes. What they print is shown, never obeyed. */
#include "git/cli.h"

static int run(orx_git *g, const char *verb, const char *const *args, orx_git_out *out,
               orx_err *err) {
    orx_git_cmd cmd = {.verb = verb, .args = args, .flags = ORX_GIT_WRITES | ORX_GIT_SLOW};
    return orx_git_run(g, &cmd, out, err);
}

int orx_git_cli_fetch(orx_git *g, orx_err *err) {
    static const char *const args[] = {"fetch",
                                       "--quiet",
                                       "--no-tags",
                                       "--no-recurse-submodules",
                                       "--no-auto-gc",
                                       "--no-write-fetch-head",
                                       NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    return run(g, "fetch", args, &out, err);
}

int orx_git_cli_has_origin(orx_git *g, orx_err *err) {
    static const char *const args[] = {"config", "--get", "remote.origin.url", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "config", .args = args, .ok_code = 1};
    int rc = orx_git_run(g, &cmd, &out, err);
    return rc < 0 ? rc : out.code == 0;
}

/* What a push that ended with exit code 1 was refused for. */
static orx_git_push_answer answer_of(orx_view said) {
    static const char *const protected_[] = {"changes must be made through a pull request", "gh013",
                                             "protected branch hook declined"};
    static const char *const stale[] = {"(fetch first)", "(non-fast-forward)"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(protected_); i++)
        if (orx_git_says(said, protected_[i]))
            return ORX_GIT_ANSWER_PROTECTED;
    for (size_t i = 0; i < ORX_ARRAY_LEN(stale); i++)
        if (orx_git_says(said, stale[i]))
            return ORX_GIT_ANSWER_STALE;
    return ORX_GIT_ANSWER_REFUSED;
}

/* push.default=simple: never to a branch of another name because of somebody's configuration. */
int orx_git_cli_push(orx_git *g, const orx_git_push *push, orx_git_push_answer *ret_answer,
                     orx_str *words, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const char *plain[] = {"push", "--quiet", NULL};
    const char *first[] = {
        "push", "--quiet", "-u", "origin", orx_arena_printf(&a, "refs/heads/%s", push->branch),
        NULL};
    static const char *const config[] = {"push.default=simple", NULL};
    orx_git_cmd cmd = {.verb = "push",
                       .args = push->set_upstream ? first : plain,
                       .config = config,
                       .flags = ORX_GIT_WRITES | ORX_GIT_SLOW};
    orx_err why = ORX_ERR_INIT;
    int rc = orx_git_run(g, &cmd, &out, &why);
    if (rc < 0 && out.code != 1)
        return orx_err_set(err, rc, "%s", why.msg);
    *ret_answer = rc == 0 ? ORX_GIT_ANSWER_OK : answer_of(orx_str_view(&out.errs));
    if (rc < 0)
        orx_git_last_line(orx_str_view(&out.errs), words);
    return 0;
}

int orx_git_cli_set_upstream(orx_git *g, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const char *args[] = {"branch", "--quiet",
                          orx_arena_printf(&a, "--set-upstream-to=origin/%s", branch), branch,
                          NULL};
    return run(g, "branch", args, &out, err);
}
