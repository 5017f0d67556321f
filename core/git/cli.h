/* cli.h: running the git program, for the files cli_*.c.
 *
 * An orx_git_cmd becomes one process with the rules of git.h. Nothing else in this room
 * builds a command line.
 */
#ifndef ORX_GIT_CLI_H
#define ORX_GIT_CLI_H

#include "git/internal.h"

enum {
    ORX_GIT_WRITES = 1,    /* takes locks as usual; without it optional locks are off */
    ORX_GIT_SLOW = 2,      /* the slow deadline */
    ORX_GIT_NO_HOOKS = 4,  /* core.hooksPath=/dev/null */
    ORX_GIT_PINNED = 8,    /* exactly this git directory and worktree, whatever the files say */
    ORX_GIT_CUT = 16,      /* output beyond output_max is dropped instead of an error */
    ORX_GIT_NO_REMOTE = 32 /* no transport at all, also none for missing objects */
};

typedef struct orx_git_cmd {
    const char *verb;          /* for messages: "status", "commit" ... */
    const char *const *args;   /* the subcommand and its arguments, NULL-terminated */
    const char *const *config; /* "name=value" for -c, NULL-terminated; may be NULL */
    const char *dir;           /* -C; NULL = the root, or the git directory of a bare repository */
    const char *index;         /* GIT_INDEX_FILE; NULL = the usual one */
    orx_view input;
    int flags;
    size_t output_max; /* 0 = the object's */
    int ok_code;       /* an exit code besides 0 that is an answer, no failure; 0 = none */
} orx_git_cmd;

typedef struct orx_git_out {
    orx_str out;
    orx_str errs; /* the last 16 KiB of stderr */
    int code;
} orx_git_out;

void orx_git_out_free(orx_git_out *o);

/* Runs one command. Returns 0 when it ended with 0 or ok_code; else a code as git.h says, with
 * out->code and out->errs set as far as there are any (code -1 = it did not run to its end). out
 * starts zeroed or reused (it is cleared). */
int orx_git_run(orx_git *g, const orx_git_cmd *cmd, orx_git_out *out, orx_err *err);

/* As orx_git_run for commands whose output is one commit or tree id. */
int orx_git_run_sha(orx_git *g, const orx_git_cmd *cmd, char ret_sha[ORX_GIT_SHA], orx_err *err);

/* The last telling lines of a git's stderr, on one line, bounded, without user information in URLs
 * (cli_words.c). */
void orx_git_last_line(orx_view errs, orx_str *out);

/* The code that fits what git said. */
int orx_git_code_of(orx_view errs);

/* ASCII case-blind search. */
bool orx_git_says(orx_view errs, const char *phrase);

/* Settings that stand in for what is missing of a committer's name and address; NULL-terminated. */
int orx_git_cli_identity(orx_git *g, const char *ret_config[3], orx_err *err);

/* The id of the empty tree, which git knows without storing it. */
const char *orx_git_empty_tree(const orx_git *g);

/* The fields of NUL-separated output one after the other; false at the end. */
bool orx_git_field(orx_view *rest, orx_view *ret_field);

int orx_git_cli_status(orx_git *g, orx_arena *arena, orx_git_status *ret, orx_err *err);
int orx_git_cli_changes(orx_git *g, const char *base, orx_arena *arena, orx_git_entries *out,
                        orx_err *err);
int orx_git_cli_log(orx_git *g, const orx_git_query *q, orx_arena *arena, orx_git_log *ret,
                    orx_err *err);
int orx_git_cli_commit_all(orx_git *g, orx_view message, char ret_sha[ORX_GIT_SHA], orx_err *err);
int orx_git_cli_save(orx_git *g, const orx_git_save *save, char ret_sha[ORX_GIT_SHA], orx_err *err);
int orx_git_cli_restore(orx_git *g, const orx_git_restore *r, orx_err *err);
int orx_git_cli_bring(orx_git *g, const char *base, const char *commit, orx_err *err);
int orx_git_cli_branch_create(orx_git *g, const char *branch, const char *at, orx_err *err);
int orx_git_cli_branch_exists(orx_git *g, const char *branch, orx_err *err);
int orx_git_cli_move_to_branch(orx_git *g, const char *branch, orx_err *err);
int orx_git_cli_worktree_add(orx_git *g, const char *path, const char *branch, const char *base,
                             orx_err *err);
int orx_git_cli_worktree_remove(orx_git *g, const char *path, bool force, orx_err *err);
int orx_git_cli_worktree_list(orx_git *g, orx_arena *arena, orx_git_worktrees *ret, orx_err *err);
int orx_git_cli_bench_clear(orx_git *g, const char *at, orx_err *err);
int orx_git_cli_rebase(orx_git *g, const orx_git_rebase_spec *spec, orx_arena *arena,
                       orx_git_rebased *ret, orx_err *err);
int orx_git_cli_advance(orx_git *g, const char *branch, const char *from, const char *to,
                        orx_err *err);
int orx_git_cli_can_follow(orx_git *g, const char *from, const char *to, orx_err *err);
int orx_git_cli_follow(orx_git *g, const char *from, const char *to, orx_err *err);
int orx_git_cli_fetch(orx_git *g, orx_err *err);
int orx_git_cli_has_origin(orx_git *g, orx_err *err);
int orx_git_cli_push(orx_git *g, const orx_git_push *push, orx_git_push_answer *ret_answer,
                     orx_str *words, orx_err *err);
int orx_git_cli_set_upstream(orx_git *g, const char *branch, orx_err *err);
int orx_git_cli_distrust(orx_git *g, bool on, orx_err *err);

#endif
