/* git.h: a dozen verbs over one repository, and nothing else of git.
 *
 * An orx_git is one worktree (or bare repository) opened on a platform. On the real machine the
 * verbs run the git program through platform/proc.h; in the simulation (and after
 * orx_git_open_twin) they run on a twin that keeps commits, branches and worktrees in files of the
 * platform, so that crashes and full disks hit it like everything else. Both answer alike; one
 * contract suite runs against both (tests/unit/git).
 *
 * Rules of every command: `git -C ROOT -c core.fsmonitor= -c protocol.ext.allow=never -c
 * gc.auto=0`, no prompt, no pager, LC_ALL=C, no optional locks while reading, NUL-separated output,
 * a deadline, bounded output, only the environment the caller allows, and never a repository above
 * ROOT (when the `.git` of a worktree is gone, git must not find the parent's). Hooks run as they
 * do for a person: `--no-verify` and `--force` do not exist here, and no URL that appears in output
 * is ever used.
 *
 * What costs what. A verb that runs git costs a process per command (3-5 ms each); the number is
 * given as [n]. [0] means files only. A delivery without a push is: head [0], fingerprint [0],
 * changes [2], fingerprint [0], commit [2].
 *
 * Truth. "Base" is the commit recorded before an attempt. What an attempt did is what lies between
 * base and the worktree now: orx_git_changes sees commits, staged, unstaged and untracked alike.
 * Nothing uncommitted is ever deleted before it is in a commit (orx_git_park).
 *
 * Errors. ORX_E_NOT_FOUND: no repository, no such commit or branch. ORX_E_INVALID: an argument that
 * cannot be right (a branch name git would refuse, a line break in a trailer). ORX_E_EXISTS:
 * branch or worktree is there already. ORX_E_CONFLICT: somebody else's state is in the way (dirty
 * worktree, branch checked out elsewhere, remote has moved on). ORX_E_DENIED: policy of ours or of
 * the remote. ORX_E_BUSY: a lock of git or of ours is held (heal, then try again later).
 * ORX_E_TIMEOUT: the deadline. ORX_E_LIMIT: more output or entries than the bound. ORX_E_CHILD:
 * git failed otherwise. The message names repository, verb, exit code and git's last line; user
 * information in URLs is removed from it.
 *
 * Memory: results live in the caller's arena. Paths in results are relative to the root, with '/',
 * as bytes (git does not promise UTF-8). Threads: the platform's thread; calls wait inside the
 * loop, so timers go on.
 */
#ifndef ORX_GIT_GIT_H
#define ORX_GIT_GIT_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "platform/platform.h"

typedef struct orx_git orx_git;

/* A commit or tree id in hex with its NUL: 40 digits (SHA-1) or 64 (SHA-256 repositories). */
#define ORX_GIT_SHA 65

/* The trailers of every commit the core makes. */
#define ORX_GIT_TASK    "Orxaq-Task"
#define ORX_GIT_ATTEMPT "Orxaq-Attempt"

/* ---- Opening ------------------------------------------------------------------------------ */

typedef struct orx_git_options {
    /* The child's whole environment, "NAME=value", NULL-terminated, copied. NULL = from this
     * process: PATH HOME USER LOGNAME SHELL LANG LC_* TZ TMPDIR XDG_* SSL_CERT_* *_proxy
     * SSH_AUTH_SOCK. GIT_* names are always dropped from it, except GIT_SSH_COMMAND, GIT_SSH and
     * the author's and committer's names, addresses and dates. */
    const char *const *env;
    int64_t deadline_ns;      /* one reading command; 0 = 120 s */
    int64_t slow_deadline_ns; /* one command that runs hooks, checks out or talks to a remote;
                                 0 = 1800 s */
    size_t output_max;        /* bytes of one command's output; 0 = 64 MiB */
    /* Branches the core never pushes to; NULL = main, master, trunk. Empty list = none. */
    const char *const *protected_branches;
} orx_git_options;

/* Opens the repository that contains path [1]. options may be NULL. ORX_E_NOT_FOUND when path does
 * not exist or is in no repository, ORX_E_INVALID when it is one that cannot be used (inside a
 * .git directory, core.worktree elsewhere), ORX_E_UNSUPPORTED when git is missing or too
 * old (2.36 is needed), ORX_E_DENIED when git does not trust the directory's owner. */
int orx_git_open(orx_platform *p, const char *path, const orx_git_options *options,
                 orx_git **ret_git, orx_err *err);

/* The same on the twin, also on a real platform. path must be in a repository made by
 * orx_git_twin_init (sim/twin.h). */
int orx_git_open_twin(orx_platform *p, const char *path, const orx_git_options *options,
                      orx_git **ret_git, orx_err *err);

/* Whether path is a folder in which a repository could be found: quick, by looking at names only,
 * so true does not mean that it can be opened. */
bool orx_git_there(orx_platform *p, const char *path);

/* NULL is fine. */
void orx_git_close(orx_git *g);

/* Absolute paths without symbolic links, valid until close. root is the worktree (NULL when bare);
 * dir this worktree's own git directory; common the directory shared by all worktrees; hooks where
 * hooks are looked up. */
const char *orx_git_root(const orx_git *g);
const char *orx_git_dir(const orx_git *g);
const char *orx_git_common(const orx_git *g);
const char *orx_git_hooks(const orx_git *g);
bool orx_git_is_bare(const orx_git *g);

/* Clears core.bare in the shared configuration of a repository that has a worktree all the same
 * [1]. Returns 1 when it was set, and the repository is then to be opened anew, or 0. */
int orx_git_unbare(orx_git *g, orx_err *err);

/* ---- Looking ------------------------------------------------------------------------------ */

/* The commit HEAD names [0, rarely 1]. Returns 1, or 0 with ret_sha "" when the branch is unborn.
 */
int orx_git_head(orx_git *g, char ret_sha[ORX_GIT_SHA], orx_err *err);

/* The current branch without refs/heads/ [0]. Returns 1, or 0 when HEAD is detached. */
int orx_git_branch(orx_git *g, orx_str *ret_name, orx_err *err);

/* The commit a revision names [1]: branch, tag, sha, HEAD~2 (the twin: branch, sha, HEAD).
 * ORX_E_NOT_FOUND when there is none. */
int orx_git_resolve(orx_git *g, const char *rev, char ret_sha[ORX_GIT_SHA], orx_err *err);

/* What a ref ("refs/heads/main") names, as far as a file of its own says so [0]: 1, or 0 when there
 * is none, or it is packed. Good for noticing that one moved. */
int orx_git_peek(orx_git *g, const char *ref, char ret_sha[ORX_GIT_SHA], orx_err *err);

typedef enum orx_git_kind {
    ORX_GIT_ADDED,
    ORX_GIT_MODIFIED, /* content, mode or type */
    ORX_GIT_DELETED,
    ORX_GIT_RENAMED, /* status only; `from` is the old path */
    ORX_GIT_UNTRACKED,
    ORX_GIT_CONFLICTED /* unmerged: in status; changes show the file as it lies there */
} orx_git_kind;

/* A short stable word: "added", "modified", ... */
const char *orx_git_kind_name(orx_git_kind kind);

#define ORX_GIT_MODE_FILE    0100644u
#define ORX_GIT_MODE_EXEC    0100755u
#define ORX_GIT_MODE_SYMLINK 0120000u
#define ORX_GIT_MODE_GITLINK                                                                       \
    0160000u /* a submodule, or a repository lying untracked in the tree                           \
              */

typedef struct orx_git_entry {
    const char *path; /* an untracked repository inside the tree ends with '/'; one in the place of
                         a tracked file does not and is MODIFIED */
    const char *from; /* RENAMED: the old path; else NULL */
    orx_git_kind kind;
    bool staged;       /* status: the index differs from HEAD */
    bool binary;       /* changes: no line counts */
    uint32_t old_mode; /* changes: 0 = not there */
    uint32_t mode;
    int64_t added; /* changes: lines, 0 when binary */
    int64_t deleted;
} orx_git_entry;

/* Entries of one answer are at most this many; more is ORX_E_LIMIT. */
#define ORX_GIT_ENTRIES_MAX 200000

typedef struct orx_git_status {
    char head[ORX_GIT_SHA]; /* "" = unborn */
    const char *branch;     /* NULL = detached */
    const char *upstream;   /* "origin/main"; NULL = none */
    bool compared;          /* ahead and behind are known (the upstream's branch exists here) */
    int64_t ahead;
    int64_t behind;
    orx_git_entry *entries; /* by path; ignored files are not listed */
    size_t count;
} orx_git_status;

/* HEAD, branch, upstream and what is not committed [1]. */
int orx_git_status_of(orx_git *g, orx_arena *arena, orx_git_status *ret_status, orx_err *err);

typedef struct orx_git_changes {
    orx_git_entry *entries; /* by path */
    size_t count;
    int64_t added; /* lines, all entries */
    int64_t deleted;
} orx_git_changes;

/* What differs between commit base and the worktree as it is now, untracked files included, ignored
 * ones not [2]. A rename appears as DELETED and ADDED, so that a scope check sees both paths. base
 * "" = the empty tree (unborn repository). */
int orx_git_changes_since(orx_git *g, const char *base, orx_arena *arena,
                          orx_git_changes *ret_changes, orx_err *err);

typedef struct orx_git_commit {
    char sha[ORX_GIT_SHA];
    size_t parents;
    const char *subject;
    const char *task;    /* value of the trailer, NULL = none */
    const char *attempt; /* likewise */
} orx_git_commit;

typedef struct orx_git_log {
    orx_git_commit *commits; /* newest first */
    size_t count;
    bool more; /* there are further ones beyond max */
} orx_git_log;

/* Commits reachable from tip and not from base, at most max (1..10000) [1]. base NULL or "" = down
 * to the root; tip NULL = HEAD. */
int orx_git_log_of(orx_git *g, const char *base, const char *tip, size_t max, orx_arena *arena,
                   orx_git_log *ret_log, orx_err *err);

/* Returns 1 when ancestor is reachable from (or equal to) descendant, else 0 [1; 0 when equal]. */
int orx_git_is_ancestor(orx_git *g, const char *ancestor, const char *descendant, orx_err *err);

/* Looks for the newest commit in base..tip whose trailer Orxaq-Attempt is exactly attempt [1]. base
 * NULL or "" = the whole history; tip NULL = HEAD. Returns 1, or 0 when there is none. */
int orx_git_find_attempt(orx_git *g, const char *base, const char *tip, const char *attempt,
                         char ret_sha[ORX_GIT_SHA], orx_err *err);

/* Work somebody left in the middle, found in the git directory [0]. */
enum {
    ORX_GIT_IN_MERGE = 1,
    ORX_GIT_IN_REBASE = 2,
    ORX_GIT_IN_CHERRY_PICK = 4,
    ORX_GIT_IN_REVERT = 8,
    ORX_GIT_IN_BISECT = 16
};
unsigned orx_git_in_progress(orx_git *g);

/* One sentence on the tracked files for a prompt [0, rarely 1]: "Top file types: py:10, md:3." -
 * lower-case last suffixes, the 8 most frequent, ties by name, "(no_ext)" for none. When nothing is
 * tracked or git fails the sentence says so: this verb does not fail. */
void orx_git_profile(orx_git *g, orx_str *ret_text);

/* ---- Delivering --------------------------------------------------------------------------- */

typedef struct orx_git_delivery {
    orx_view message;    /* subject, blank line, body; bytes, at most 64 KiB, not empty */
    const char *task;    /* trailer values; NULL = no such trailer */
    const char *attempt; /* one line each, at most 256 bytes */
} orx_git_delivery;

/* Stages everything in the worktree that is not ignored and commits it with the trailers [2, the
 * first time 3]. Author and committer are the configured ones, else `orxaq <orxaq@localhost>`.
 * Returns 1 with the new commit, or 0 (ret_sha untouched) when there is nothing to commit. A hook
 * that refuses is ORX_E_CHILD with its last line; everything is then still staged. */
int orx_git_commit_all(orx_git *g, const orx_git_delivery *delivery, char ret_sha[ORX_GIT_SHA],
                       orx_err *err);

/* Makes these files as they lie in the worktree, or their absence, durable [0]: neither agents nor
 * git sync what they write there. To be called before a journal says that they are delivered. */
int orx_git_sync_files(orx_git *g, const orx_git_entry *entries, size_t count, orx_err *err);

/* ---- Parking ------------------------------------------------------------------------------ */

typedef struct orx_git_park_spec {
    const char *attempt; /* names the branch orxaq/parked/ATTEMPT (see orx_git_parked_branch) */
    const char *base;    /* where the worktree shall stand afterwards; "" or NULL = HEAD as it is */
    const char *branch;  /* the branch it belongs on; NULL = whichever HEAD is on. When the agent
                            switched away, its branch stays as it is and HEAD returns here */
    const char *reason;  /* one line for the parked commit's subject; NULL = a standard one */
    bool untrusted;      /* configuration or hooks changed (orx_git_fingerprint): run no filter that
                            the repository's own configuration defines */
} orx_git_park_spec;

typedef struct orx_git_parked {
    bool parked;           /* false: the worktree was clean at base, nothing was made */
    char sha[ORX_GIT_SHA]; /* of the parked commit */
    const char *branch;    /* in the arena */
    bool clean;            /* the worktree is clean now; false when a nested repository was left */
} orx_git_parked;

/* Puts everything not ignored - tracked, staged and untracked, and commits beyond base - onto the
 * parked branch, and only when that branch exists makes the worktree equal to base [1 when there is
 * nothing to do, else about 9]. Built with a temporary index, write-tree, commit-tree and
 * update-ref, so HEAD, its branch and the index are untouched until everything is safe; then reset
 * and removal of untracked files. Ignored files and repositories nested in the tree stay (an
 * ignored file that lies where base has one is overwritten, as by any checkout; a nested repository
 * there is renamed to NAME.nested). No hook runs.
 * Calling it again after a crash completes it: an existing parked branch is never rewritten; other
 * content gets "-2", "-3", ... behind the name. When something cannot be saved (an unreadable file)
 * nothing is removed and the call fails. What was cleared stays cleared after a loss of power. */
int orx_git_park(orx_git *g, const orx_git_park_spec *spec, orx_arena *arena,
                 orx_git_parked *ret_parked, orx_err *err);

/* Puts the work that a branch of orx_git_park holds back into the worktree, uncommitted and
 * unstaged as it was, when the worktree still stands clean at base ("" = unborn), the commit it was
 * parked from [6, rarely 7; 0-3 when it does not fit]. Returns 1, or 0 with nothing touched: HEAD
 * is elsewhere now, something uncommitted, unfinished or ignored is in the way, the branch is gone,
 * does not descend from base or holds nothing new. The branch stays. What its own ignore rules hid
 * (parked as "-2") is not brought back. Durable when it returns; after a crash in the middle a part
 * of the files may be there, to be parked again by the caller. On failure likewise. */
int orx_git_unpark(orx_git *g, const char *branch, const char *base, orx_err *err);

/* ---- Branches and worktrees --------------------------------------------------------------- */

/* 1 or 0 [1]. */
int orx_git_branch_exists(orx_git *g, const char *branch, orx_err *err);

/* Makes a branch at a commit without checking it out or tracking anything [1]. ORX_E_EXISTS. */
int orx_git_branch_create(orx_git *g, const char *branch, const char *at, orx_err *err);

/* Moves the current branch and the worktree forward to a commit [5]. ORX_E_CONFLICT, and nothing
 * done, when something is uncommitted or the branch has commits that `to` lacks. No hook runs. What
 * git ignores and `to` tracks is overwritten, as by any checkout. */
int orx_git_forward(orx_git *g, const char *to, orx_err *err);

/* The same for a branch whose commits up to `from` are in `to` under other names, since somebody
 * rebased them: it goes there when it still stands at `from` [5]. The caller knows that it is so.
 */
int orx_git_adopt(orx_git *g, const char *from, const char *to, orx_err *err);

/* A branch-name part from any text: ASCII lower case, runs of characters other than letters,
 * digits, '.' and '_' become one dash, none at the ends; `fallback` when nothing is left. Always
 * accepted by git. */
void orx_git_safe_name(orx_view text, const char *fallback, orx_str *out);

/* "orxaq/parked/" and the attempt, unchanged when git accepts it as one path part, else its safe
 * name and a short digest, so that two attempts never share a name. */
void orx_git_parked_branch(orx_view attempt, orx_str *out);

typedef struct orx_git_worktree {
    const char *path;
    const char *branch; /* NULL = detached or bare */
    char head[ORX_GIT_SHA];
    bool bare;
    bool locked;
    bool missing;      /* registered, but the directory is gone */
    bool initializing; /* its making has not ended (or died) */
} orx_git_worktree;

typedef struct orx_git_worktrees {
    orx_git_worktree *items; /* the main one first */
    size_t count;
} orx_git_worktrees;

/* Worktree operations of all processes take turns through the lock file orxaq-worktree.lock in the
 * common directory (git's own race on config.lock otherwise); waiting for it counts against the
 * slow deadline. */

/* Makes a linked worktree at an absolute path [2-3]. When branch exists already it is checked out
 * there, else made at base (--no-track). branch NULL: HEAD is detached at base (not on the twin). A
 * half-made worktree of a crashed earlier call at the same path is removed first. ORX_E_EXISTS:
 * path is a complete worktree or another existing directory; ORX_E_CONFLICT: the branch is checked
 * out elsewhere. */
int orx_git_worktree_add(orx_git *g, const char *path, const char *branch, const char *base,
                         orx_err *err);

/* Puts back the file `.git` of a linked worktree, when it is gone or names another directory [0]:
 * through it every further git would run with somebody else's configuration, or not at all. To be
 * called before anything else looks at a tree in which others had their hands. Returns 1 when it
 * had to, 0 when nothing was wrong (always without a link). ORX_E_CONFLICT: a directory is in its
 * place. orx_git_worktree_add does the same with a complete worktree. */
int orx_git_relink(orx_git *g, orx_err *err);

/* Removes a linked worktree, its branch stays [2]. ORX_E_CONFLICT when anything in it is modified
 * or untracked (ignored files go with it); ORX_E_NOT_FOUND when it is none of ours. One whose
 * directory is gone is forgotten. */
int orx_git_worktree_remove(orx_git *g, const char *path, orx_err *err);

int orx_git_worktree_list(orx_git *g, orx_arena *arena, orx_git_worktrees *ret_list, orx_err *err);

/* ---- Bringing branches together ------------------------------------------------------------ */

/* What a queue of branches needs. The commits are made in a *bench*: a linked worktree with a
 * detached HEAD in which nobody works, so that no branch and nobody's files are touched while it is
 * not known whether the result is any good. ORX_E_INVALID for a worktree that is none. With the git
 * program only: the twin says ORX_E_UNSUPPORTED. */

/* Makes a bench stand at a commit with nothing else in it than ignored files [2], whatever lies
 * there and whatever was interrupted there. No hook runs. */
int orx_git_bench_clear(orx_git *g, const char *at, orx_err *err);

typedef struct orx_git_rebase_spec {
    const char *onto; /* full ids */
    const char *tip;
    const char *from; /* only what lies behind this commit; NULL = whatever onto does not have */
} orx_git_rebase_spec;

typedef struct orx_git_rebased {
    bool conflict;
    char sha[ORX_GIT_SHA];    /* the new tip; onto itself when there was nothing new */
    const char *const *files; /* conflict: those that did not fit, NULL-terminated */
} orx_git_rebased;

/* Writes commits anew on top of another one in a bench [4-6]: as `git rebase` of a branch that
 * stays where it is. What onto has already is left out, merges are flattened, authors and messages
 * stay; hooks run as for a person. Durable when it returns. ORX_E_CHILD: git or a hook would not.
 */
int orx_git_rebase(orx_git *g, const orx_git_rebase_spec *spec, orx_arena *arena,
                   orx_git_rebased *ret, orx_err *err);

/* Moves a branch forward from one commit to another [2], if it still is there: compare and swap.
 * from "" makes it. Worktrees that have it checked out stay behind (orx_git_follow).
 * ORX_E_CONFLICT: somebody else moved it. ORX_E_DENIED: from is no ancestor, or a hook said no. */
int orx_git_advance(orx_git *g, const char *branch, const char *from, const char *to, orx_err *err);

/* Whether a worktree that stands at `from` could follow its branch to `to` [3]: 0, or
 * ORX_E_CONFLICT with what is in the way (changes that are not committed, an untracked file). */
int orx_git_can_follow(orx_git *g, const char *from, const char *to, orx_err *err);

/* The branch was moved from `from` to `to`: files and index follow [4]. Also what was interrupted
 * in the middle is completed [up to 11], as long as each file is as one of both commits has it.
 * ORX_E_CONFLICT: one is not, and nothing was touched. Durable when it returns. No hook runs. */
int orx_git_follow(orx_git *g, const char *from, const char *to, orx_err *err);

/* ---- Remotes ------------------------------------------------------------------------------ */

/* Updates what is known of the current branch's upstream [1]. Without an upstream: of origin. */
int orx_git_fetch(orx_git *g, orx_err *err);

typedef enum orx_git_push_end {
    ORX_GIT_PUSH_DONE,        /* the remote has it, and the counts say 0/0 */
    ORX_GIT_PUSH_NOTHING,     /* nothing to push: 0/0 before */
    ORX_GIT_PUSH_BEHIND,      /* nothing pushed: the remote has commits we lack */
    ORX_GIT_PUSH_DIVERGED,    /* nothing pushed: both sides have commits */
    ORX_GIT_PUSH_UNPUBLISHED, /* HEAD is detached or unborn, or there is no remote */
    ORX_GIT_PUSH_REFUSED      /* the remote or a hook said no; see words */
} orx_git_push_end;

typedef struct orx_git_push_spec {
    const char *owner;    /* for the branch that replaces a protected one: */
    const char *label;    /* codex/OWNER-LABEL in safe names ("autonomy" when empty) */
    bool spare_protected; /* never push a protected branch, even with an upstream: move to that
                             branch first. Without it a protected branch that has an upstream is
                             tried and left only when the remote refuses */
    bool fetch;           /* fetch before comparing */
} orx_git_push_spec;

typedef struct orx_git_push_result {
    orx_git_push_end end;
    int64_t ahead; /* as compared before */
    int64_t behind;
    int pushes;         /* push commands run */
    const char *branch; /* the branch HEAD is on now, in the arena; NULL = detached */
    const char *words;  /* what the remote said when it refused, bounded; else NULL */
} orx_git_push_result;

/* Publishes the current branch and verifies it [1 when there is nothing to do; push: 3]. Order:
 * compare; behind or diverged = stop; no upstream = leave a protected branch for codex/OWNER-LABEL
 * (made at HEAD, no file changes), then push with upstream; ahead = push, compare again. A remote
 * that refuses because the branch is protected gets the work on codex/OWNER-LABEL. A remote that
 * has moved on since the comparison gives DIVERGED. Returns 0 for each of these ends, a negative
 * code when git itself failed (no network, no access). */
int orx_git_publish(orx_git *g, const orx_git_push_spec *spec, orx_arena *arena,
                    orx_git_push_result *ret_result, orx_err *err);

/* ---- Guarding ----------------------------------------------------------------------------- */

/* SHA-256 over everything that makes git run programs on its own: config, config.worktree, files
 * they include, and the hooks directory (names, modes, contents; each file up to 1 MiB, at most
 * 1000 files) [0]. Left out are `remote = origin` and `merge = refs/heads/...` of branch sections,
 * which a push with upstream of another lane writes at any time. A changed fingerprint after a
 * call means: park with `untrusted` and run nothing else here until a person has looked. */
int orx_git_fingerprint(orx_git *g, char ret_hex[ORX_SHA256_HEX], orx_err *err);

typedef struct orx_git_lock {
    const char *path;
    int64_t age_ns;
    bool removed;
    const char *why; /* why it was kept: "younger than ...", "held by pid 12 (git)", ... */
} orx_git_lock;

typedef struct orx_git_locks {
    orx_git_lock *items;
    size_t count;
    size_t removed;
} orx_git_locks;

/* Finds the lock files a killed git leaves behind - index, HEAD, config, packed-refs, shallow and
 * refs, in the common directory and in the git directory of every worktree - and removes those that
 * are older than limit_ns and that no live process can own: none has the file open, and no git
 * works in this repository (its working directory or an argument lies in it) [0]. Where processes
 * cannot be looked at every lock is kept. limit 0 is for a caller who knows that whoever could hold
 * one is dead: then not even a date in the future, left by a clock that was set back, counts. */
int orx_git_heal(orx_git *g, int64_t limit_ns, orx_arena *arena, orx_git_locks *ret_locks,
                 orx_err *err);

#endif
