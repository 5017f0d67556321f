/* Staging and committing. */
#include "git/cli.h"

/* Looks once which part of a committer's identity is missing: git-commit(1), "Commit
 * information". */
static int ask_identity(orx_git *g, orx_err *err) {
    static const char *const args[] = {
        "config", "-z", "--name-only", "--get-regexp", "^user\\.(name|email)$", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "config", .args = args, .ok_code = 1};
    if (g->no_name >= 0)
        return 0;
    int rc = orx_git_run(g, &cmd, &out, err);
    if (rc < 0)
        return rc;
    g->no_name = !orx_git_says(orx_str_view(&out.out), "user.name");
    g->no_email = !orx_git_says(orx_str_view(&out.out), "user.email");
    return 0;
}

int orx_git_cli_identity(orx_git *g, const char *ret_config[3], orx_err *err) {
    size_t n = 0;
    int rc = ask_identity(g, err);
    if (rc < 0)
        return rc;
    if (g->no_name)
        ret_config[n++] = "user.name=orxaq";
    if (g->no_email)
        ret_config[n++] = "user.email=orxaq@localhost";
    ret_config[n] = NULL;
    return 0;
}

static int stage_all(orx_git *g, orx_err *err) {
    static const char *const args[] = {"add", "-A", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "add", .args = args, .flags = ORX_GIT_WRITES | ORX_GIT_SLOW};
    return orx_git_run(g, &cmd, &out, err);
}

/* After a commit that failed: 1 when something is staged, 0 when there was nothing to do. */
static int is_staged(orx_git *g, orx_err *err) {
    static const char *const args[] = {
        "diff", "--cached", "--quiet", "--no-ext-diff", "--ignore-submodules=dirty", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {.verb = "diff", .args = args, .ok_code = 1};
    int rc = orx_git_run(g, &cmd, &out, err);
    return rc < 0 ? rc : out.code == 1;
}

static int commit(orx_git *g, orx_view message, orx_git_out *out, orx_err *err) {
    static const char *const args[] = {"commit", "--quiet", "--cleanup=verbatim", "--file=-", NULL};
    const char *config[3];
    int rc = orx_git_cli_identity(g, config, err);
    if (rc < 0)
        return rc;
    orx_git_cmd cmd = {.verb = "commit",
                       .args = args,
                       .config = config,
                       .input = message,
                       .flags = ORX_GIT_WRITES | ORX_GIT_SLOW};
    return orx_git_run(g, &cmd, out, err);
}

int orx_git_cli_commit_all(orx_git *g, orx_view message, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = ask_identity(g, err);
    if (rc == 0)
        rc = stage_all(g, err);
    if (rc < 0)
        return rc;
    rc = commit(g, message, &out, &why);
    if (rc < 0 && out.code == 1) {
        int staged = is_staged(g, err);
        if (staged <= 0)
            return staged;
    }
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    rc = orx_git_head(g, ret_sha, err);
    return rc < 0 ? rc : 1;
}
