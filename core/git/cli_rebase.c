/* The bench: clearing it, and writing commits anew in it. */
#include "git/cli.h"

static int run(orx_git *g, const char *const *args, int flags, orx_err *err) {
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_git_cmd cmd = {
        .verb = args[0], .args = args, .flags = ORX_GIT_WRITES | ORX_GIT_SLOW | flags};
    return orx_git_run(g, &cmd, &out, err);
}

/* A rebase that was cut off survives a checkout. Nested repositories go, too: checks make them. */
int orx_git_cli_bench_clear(orx_git *g, const char *at, orx_err *err) {
    static const char *const clean[] = {"clean", "-ffdq", NULL};
    static const char *const left[] = {"rebase-merge",     "rebase-apply", "sequencer",
                                       "CHERRY_PICK_HEAD", "MERGE_HEAD",   "REVERT_HEAD"};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *const stand[] = {"checkout", "--force", "--quiet", "--detach", at, "--", NULL};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(left); i++)
        rc = orx_remove_tree(g->p, orx_git_in_dir(g, &a, left[i]), err);
    if (rc == 0)
        rc = run(g, stand, ORX_GIT_NO_HOOKS | ORX_GIT_PINNED, err);
    return rc < 0 ? rc : run(g, clean, ORX_GIT_NO_HOOKS | ORX_GIT_PINNED, err);
}

/* The files that are unmerged; *ret_files stays NULL when there are none. */
static int conflicts(orx_git *g, orx_arena *arena, const char *const **ret_files, orx_err *err) {
    orx_git_status now;
    size_t n = 0;
    int rc = orx_git_cli_status(g, arena, &now, err);
    if (rc < 0)
        return rc;
    const char **files = orx_arena_zalloc(arena, now.count + 1, sizeof *files);
    for (size_t i = 0; i < now.count; i++)
        if (now.entries[i].kind == ORX_GIT_CONFLICTED)
            files[n++] = now.entries[i].path;
    *ret_files = n ? files : NULL;
    return 0;
}

int orx_git_cli_rebase(orx_git *g, const orx_git_rebase_spec *spec, orx_arena *arena,
                       orx_git_rebased *ret, orx_err *err) {
    /* What a person may have set for own rebases, and what makes the commits durable. */
    const char *config[16] = {"rebase.autoStash=false",  "rebase.updateRefs=false",
                              "rebase.autoSquash=false", "rebase.rebaseMerges=false",
                              "rebase.forkPoint=false",  "rebase.stat=false",
                              "rerere.enabled=false",    "core.fsync=committed,reference"};
    const char *all[] = {"rebase", "--quiet", spec->onto, spec->tip, NULL};
    const char *rest[] = {"rebase", "--quiet", "--onto", spec->onto, spec->from, spec->tip, NULL};
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    orx_err why = ORX_ERR_INIT;
    size_t n = 0;
    while (config[n])
        n++;
    int rc = orx_git_cli_identity(g, &config[n], err);
    if (rc < 0)
        return rc;
    orx_git_cmd cmd = {.verb = "rebase",
                       .args = spec->from ? rest : all,
                       .config = config,
                       .flags = ORX_GIT_WRITES | ORX_GIT_SLOW};
    rc = orx_git_run(g, &cmd, &out, &why);
    if (rc == 0) {
        rc = orx_git_head(g, ret->sha, err);
        return rc < 0 ? rc : 0;
    }
    if (rc == ORX_E_CHILD && out.code == 1) {
        int looked = conflicts(g, arena, &ret->files, err);
        if (looked < 0)
            return looked;
        ret->conflict = ret->files != NULL;
    }
    return ret->conflict ? 0 : orx_err_set(err, rc, "%s", why.msg);
}
