/* A worktree that its own repository denies. */
#include "git/cli.h"

/* Some tools leave core.bare = true behind in the configuration that all worktrees share. */
static bool is_denied(const orx_git *g) {
    return g->bare && g->v == &orx_git_cli && orx_view_ends(orx_view_of(g->common), "/.git");
}

int orx_git_unbare(orx_git *g, orx_err *err) {
    static const char *const args[] = {"config", "--local", "core.bare", "false", NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    const orx_git_cmd cmd = {
        .verb = "config", .args = args, .dir = g->common, .flags = ORX_GIT_WRITES};
    if (!is_denied(g))
        return 0;
    int rc = orx_git_run(g, &cmd, &out, err);
    return rc < 0 ? rc : 1;
}
