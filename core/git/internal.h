/* internal.h: what the files of this room share: the object behind orx_git, the table both
 * backends (the git program, the twin) fill, and the helpers written once for both.
 *
 * The public functions check their arguments, answer from files where they can, and call the table
 * for the rest. Parking and publishing are sequences of table calls and exist once.
 */
#ifndef ORX_GIT_INTERNAL_H
#define ORX_GIT_INTERNAL_H

#include "base/vec.h"
#include "git/git.h"
#include "platform/files.h"
#include "platform/loop.h"

/* Text of a commit message at most; trailer values at most. */
#define ORX_GIT_MESSAGE_MAX ((size_t)64 << 10)
#define ORX_GIT_TRAILER_MAX 256
#define ORX_GIT_NAME_MAX    240

typedef struct orx_git_entries {
    orx_git_entry *items;
    size_t len;
    size_t cap;
} orx_git_entries;

/* What orx_git_log_of and orx_git_find_attempt ask a backend. */
typedef struct orx_git_query {
    const char *base; /* NULL = none */
    const char *tip;  /* never NULL */
    size_t max;
    const char *attempt; /* NULL = all commits; else only those whose trailer has this value */
} orx_git_query;

/* One commit that holds everything in the worktree (save), see park.c. */
typedef struct orx_git_save {
    const orx_git_status *status;
    bool dirty;             /* false: the tree is that of the first parent */
    const char *parents[2]; /* in order, NULL = fewer */
    orx_view message;
} orx_git_save;

typedef struct orx_git_restore {
    const char *base;      /* "" = the empty tree of an unborn branch */
    const char *to_branch; /* NULL = HEAD stays where it is */
} orx_git_restore;

typedef struct orx_git_push {
    const char *branch;
    bool set_upstream; /* push -u origin BRANCH; else to the branch's upstream */
} orx_git_push;

typedef enum orx_git_push_answer {
    ORX_GIT_ANSWER_OK,
    ORX_GIT_ANSWER_PROTECTED, /* refused because the branch is protected */
    ORX_GIT_ANSWER_STALE,     /* refused because the remote has moved on */
    ORX_GIT_ANSWER_REFUSED
} orx_git_push_answer;

typedef struct orx_git_backend {
    void (*forget)(orx_git *g); /* the handle is closed; NULL = nothing is remembered */
    int (*resolve)(orx_git *g, const char *rev, char ret_sha[ORX_GIT_SHA], orx_err *err);
    int (*status)(orx_git *g, orx_arena *arena, orx_git_status *ret, orx_err *err);
    int (*changes)(orx_git *g, const char *base, orx_arena *arena, orx_git_entries *out,
                   orx_err *err);
    int (*log)(orx_git *g, const orx_git_query *q, orx_arena *arena, orx_git_log *ret,
               orx_err *err);
    int (*is_ancestor)(orx_git *g, const char *ancestor, const char *descendant, orx_err *err);
    /* Tracked paths, each with its NUL; may be cut after max bytes. */
    int (*tracked)(orx_git *g, size_t max, orx_str *out, orx_err *err);
    int (*commit_all)(orx_git *g, orx_view message, char ret_sha[ORX_GIT_SHA], orx_err *err);
    int (*save)(orx_git *g, const orx_git_save *save, char ret_sha[ORX_GIT_SHA], orx_err *err);
    /* 1 when both commits have the same tree and the same first parent. */
    int (*same_work)(orx_git *g, const char *a, const char *b, orx_err *err);
    int (*restore)(orx_git *g, const orx_git_restore *r, orx_err *err);
    /* Writes the tree of a commit over that of base (NULL = the empty one), at which the worktree
     * stands clean; HEAD and index stay. */
    int (*bring)(orx_git *g, const char *base, const char *commit, orx_err *err);
    /* ORX_E_EXISTS when the branch is there. */
    int (*branch_create)(orx_git *g, const char *branch, const char *at, orx_err *err);
    int (*branch_exists)(orx_git *g, const char *branch, orx_err *err);
    /* Puts HEAD on a branch that is made at, or moved forward to, the present commit. */
    int (*move_to_branch)(orx_git *g, const char *branch, orx_err *err);
    /* Called with the worktree lock held. */
    int (*worktree_add)(orx_git *g, const char *path, const char *branch, const char *base,
                        orx_err *err);
    int (*worktree_remove)(orx_git *g, const char *path, bool force, orx_err *err);
    int (*worktree_list)(orx_git *g, orx_arena *arena, orx_git_worktrees *ret, orx_err *err);
    /* The next five are NULL on the twin. Arguments are checked. */
    int (*bench_clear)(orx_git *g, const char *at, orx_err *err);
    int (*rebase)(orx_git *g, const orx_git_rebase_spec *spec, orx_arena *arena,
                  orx_git_rebased *ret, orx_err *err);
    int (*advance)(orx_git *g, const char *branch, const char *from, const char *to, orx_err *err);
    int (*can_follow)(orx_git *g, const char *from, const char *to, orx_err *err);
    int (*follow)(orx_git *g, const char *from, const char *to, orx_err *err);
    int (*fetch)(orx_git *g, orx_err *err);
    /* 1 when there is a remote "origin". */
    int (*has_origin)(orx_git *g, orx_err *err);
    /* words is set when it was refused. */
    int (*push)(orx_git *g, const orx_git_push *push, orx_git_push_answer *ret_answer,
                orx_str *words, orx_err *err);
    int (*set_upstream)(orx_git *g, const char *branch, orx_err *err);
    /* From now on (until off) nothing that the repository's own configuration names may run. */
    int (*distrust)(orx_git *g, bool on, orx_err *err);
    /* 1 when a live process may own the lock file (who then describes it), 0 when none can. */
    int (*lock_held)(orx_git *g, const char *path, const char *const *trees, char who[96],
                     orx_err *err);
} orx_git_backend;

struct orx_git {
    orx_platform *p;
    const orx_git_backend *v;
    orx_arena arena; /* everything below that is a string */
    const char *root;
    const char *dir;
    const char *common;
    const char *hooks;
    bool bare;
    size_t sha_len;   /* 40 or 64 */
    const char **env; /* the caller's part, filtered; NULL-terminated */
    size_t env_count;
    int64_t deadline_ns;
    int64_t slow_deadline_ns;
    size_t output_max;
    const char **protected_branches;
    /* Who commits, asked once: -1 unknown, else what is missing in the configuration. */
    int no_name;
    int no_email;
    bool parked_healed;             /* the folder of parked branches was looked through for locks */
    struct orx_twin_memory *memory; /* the twin's; NULL = nothing was read yet */
    const char **neutral; /* settings that disarm the configuration; NULL = it is trusted */
};

extern const orx_git_backend orx_git_cli;
extern const orx_git_backend orx_git_twin;

/* A path in the git directory of a worktree, in the arena. */
const char *orx_git_in_dir(const orx_git *g, orx_arena *arena, const char *name);

/* Fill the paths of a fresh object. path exists and is a directory. */
int orx_git_cli_locate(orx_git *g, const char *path, orx_err *err);
int orx_git_twin_locate(orx_git *g, const char *path, orx_err *err);

/* root, or the git directory of a bare repository: what messages name. */
const char *orx_git_where(const orx_git *g);

/* ---- index_names.c ------------------------------------------------------------------------ */

/* Appends the paths in an index, each with its NUL, about max bytes of them. id is the length of an
 * object's id in bytes. Returns 1, or 0 with out as it was when only git can read this one. */
int orx_git_index_names(orx_view bytes, size_t id, size_t max, orx_str *out);

/* ---- names.c ------------------------------------------------------------------------------ */

/* 40 or 64 hex digits. */
bool orx_git_is_sha(orx_view v);

/* Whether git takes name as a branch (git-check-ref-format(1)), checked before it can reach a
 * command line. */
bool orx_git_branch_ok(const char *name);
int orx_git_check_branch(const char *name, orx_err *err);

/* A revision from a caller: not empty, no leading '-', no control bytes, spaces or "..". */
int orx_git_check_rev(const char *rev, const char *what, orx_err *err);

/* A trailer value or an attempt: one line, not empty, bounded. */
int orx_git_check_line(const char *value, const char *what, orx_err *err);

/* ---- message.c ---------------------------------------------------------------------------- */

/* message plus trailers, ending in one newline. Trailers join the last paragraph when that is made
 * of trailers already. */
int orx_git_message(const orx_git_delivery *d, orx_str *out, orx_err *err);

/* The last value of a trailer in a message's last paragraph; false when there is none. */
bool orx_git_trailer(orx_view message, const char *key, orx_view *ret_value);
bool orx_git_has_trailer(orx_view message, const char *key, const char *value);

orx_view orx_git_subject(orx_view message);

/* ---- refs.c ------------------------------------------------------------------------------- */

/* Reads HEAD: either *ret_branch (full ref name, "refs/heads/x") or *ret_sha is set. */
int orx_git_read_head(orx_git *g, orx_str *ret_ref, char ret_sha[ORX_GIT_SHA], orx_err *err);

/* Reads a loose ref. 1, or 0 when there is no such file. */
int orx_git_read_ref(orx_git *g, const char *ref, char ret_sha[ORX_GIT_SHA], orx_err *err);

/* ---- entries.c ---------------------------------------------------------------------------- */

int orx_git_entry_add(orx_git *g, orx_git_entries *list, const orx_git_entry *e, orx_err *err);
/* By path; what is said twice about one path becomes one entry. */
void orx_git_entries_sort(orx_git_entries *list);
/* Hands the list over to the arena and frees it. */
orx_git_entry *orx_git_entries_take(orx_git_entries *list, orx_arena *arena);

/* Fills mode, binary and added from the file behind an untracked entry. *budget is the number of
 * bytes that may still be read; a file beyond it counts as binary. */
void orx_git_measure(orx_git *g, orx_git_entry *e, int64_t *budget);

/* Binary as git sees it (a NUL in the first 8000 bytes), and lines. */
bool orx_git_is_binary(orx_view bytes);
int64_t orx_git_lines(orx_view bytes);

/* ---- config_text.c ------------------------------------------------------------------------ */

typedef struct orx_git_config_line {
    orx_view raw; /* the line itself without its newline */
    orx_view section;
    orx_view sub;   /* between the quotes of [section "sub"], as written */
    orx_view key;   /* empty for a header, a comment or an empty line */
    orx_view value; /* without quotes and comment */
} orx_git_config_line;

/* Walks the lines of a configuration file (git-config(1), one line per value). Start with a zeroed
 * line and *rest = the text; false at the end. */
bool orx_git_config_next(orx_view *rest, orx_git_config_line *line);

/* The last value of section[.sub].key; false when there is none. */
bool orx_git_config_get(orx_view text, const char *section, const char *sub, const char *key,
                        orx_view *ret_value);

/* ---- bench.c ------------------------------------------------------------------------------ */

/* ORX_E_UNSUPPORTED: what the twin says. */
int orx_git_no_bench(const orx_git *g, orx_err *err);

/* ---- worktree_lock.c ---------------------------------------------------------------------- */

int orx_git_worktree_lock(orx_git *g, orx_file **ret_lock, orx_err *err);

/* relink.c: orx_git_relink for the linked worktree of g's repository at this real path. */
int orx_git_relink_at(orx_git *g, const char *path, orx_err *err);

/* ---- tidy.c ------------------------------------------------------------------------------- */

/* An untracked path that is a repository of its own. */
bool orx_git_is_nested(const orx_git_entry *e);

/* Removes the directories above path (which is cut up), below the root, as long as they are
 * empty. */
void orx_git_remove_parents(orx_git *g, char *path);

/* Removes the untracked files of a status and the directories that become empty by it. Nested
 * repositories stay. */
int orx_git_remove_untracked(orx_git *g, const orx_git_status *status, orx_err *err);

#endif
