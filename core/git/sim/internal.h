/* internal.h: the twin from inside: objects, the view of a worktree, refs under locks. */
#ifndef ORX_GIT_SIM_INTERNAL_H
#define ORX_GIT_SIM_INTERNAL_H

#include "git/internal.h"
#include "git/sim/twin.h"

#define ORX_TWIN_MARK                                                                              \
    "orxaq-twin" /* the file that tells a twin's git directory from a real one                     \
                  */

enum { ORX_TWIN_FILE_MAX = 64 << 20, ORX_TWIN_PARENTS = 4 };

typedef struct orx_twin_file {
    const char *path; /* of a nested repository: with '/' at the end */
    uint32_t mode;
    char id[ORX_GIT_SHA];
    bool ignored; /* scan only */
} orx_twin_file;

/* Sorted by path. */
typedef struct orx_twin_tree {
    orx_twin_file *items;
    size_t len;
    size_t cap;
} orx_twin_tree;

typedef struct orx_twin_commit {
    char id[ORX_GIT_SHA];
    int64_t gen; /* 1 + the largest of the parents */
    int64_t time_s;
    char parents[ORX_TWIN_PARENTS][ORX_GIT_SHA];
    size_t parent_count;
    orx_view message;
    orx_twin_tree tree;
} orx_twin_commit;

/* ---- object.c ----------------------------------------------------------------------------- */

void orx_twin_blob_id(orx_view bytes, char ret_id[ORX_GIT_SHA]);
/* Stores bytes unless they are there; durable when it returns. */
int orx_twin_write_blob(orx_git *g, orx_view bytes, const char *id, orx_err *err);
int orx_twin_read_blob(orx_git *g, const char *id, orx_str *out, orx_err *err);
/* Computes the id and stores the commit; the blobs must be there. */
int orx_twin_write_commit(orx_git *g, orx_twin_commit *c, orx_err *err);
/* Everything lives in the arena. ORX_E_NOT_FOUND, ORX_E_CORRUPT. */
int orx_twin_read_commit(orx_git *g, const char *id, orx_arena *arena, orx_twin_commit *ret,
                         orx_err *err);
/* The tree of a commit, empty for id "". */
int orx_twin_tree_of(orx_git *g, const char *id, orx_arena *arena, orx_twin_tree *ret,
                     orx_err *err);
bool orx_twin_same_tree(const orx_twin_tree *a, const orx_twin_tree *b);
const orx_twin_file *orx_twin_find(const orx_twin_tree *t, const char *path);
const char *orx_twin_object_path(const orx_git *g, orx_arena *arena, const char *id);

/* ---- walk.c ------------------------------------------------------------------------------- */

/* Called for each commit, newest first; a result other than 0 ends the walk and is returned. */
typedef int (*orx_twin_visit)(const orx_twin_commit *c, void *user);
/* Commits reachable from tip and not from base ("" = none excluded). */
int orx_twin_walk(orx_git *g, const char *base, const char *tip, orx_twin_visit visit, void *user,
                  orx_err *err);
int orx_twin_is_ancestor(orx_git *g, const char *ancestor, const char *descendant, orx_err *err);

/* ---- scan.c ------------------------------------------------------------------------------- */

/* All files of the worktree with their content's ids; ignored ones are marked. */
int orx_twin_scan(orx_git *g, orx_arena *arena, orx_twin_tree *ret, orx_err *err);
/* What a commit of everything would hold: scanned files that are tracked or not ignored, without
 * nested repositories. */
void orx_twin_present(const orx_twin_tree *scanned, const orx_twin_tree *tracked,
                      orx_twin_tree *ret);

/* ---- ignore.c ----------------------------------------------------------------------------- */

bool orx_twin_ignored(orx_view patterns, const char *path, bool is_dir);

/* ---- refs.c ------------------------------------------------------------------------------- */

/* Takes the lock file PATH as git does; BUSY when somebody has it. */
int orx_twin_lock(orx_git *g, const char *path, orx_err *err);
void orx_twin_unlock(orx_git *g, const char *path);
int orx_twin_lock_held(orx_git *g, const char *path, const char *const *trees, char who[96],
                       orx_err *err);
/* Sets a ref ("refs/heads/x"); fresh = ORX_E_EXISTS when it is there. id "" removes it. */
int orx_twin_set_ref(orx_git *g, const char *ref, const char *id, bool fresh, orx_err *err);
/* Moves what HEAD points to. */
int orx_twin_set_head(orx_git *g, const char *id, orx_err *err);
int orx_twin_resolve(orx_git *g, const char *rev, char ret_sha[ORX_GIT_SHA], orx_err *err);

/* ---- checkout.c --------------------------------------------------------------------------- */

/* Makes the worktree equal to `to`, given that `from` are the files tracked now. */
int orx_twin_checkout(orx_git *g, const orx_twin_tree *from, const orx_twin_tree *to, orx_err *err);

/* ---- linediff.c --------------------------------------------------------------------------- */

/* Lines that a shortest edit from a to b deletes and adds. */
void orx_twin_count_lines(orx_view a, orx_view b, int64_t *ret_added, int64_t *ret_deleted);

/* ---- config ------------------------------------------------------------------------------- */

/* The text of common/config. */
int orx_twin_config(orx_git *g, orx_str *out, orx_err *err);
/* Appends a section unless the setting has that value already. */
int orx_twin_configure(orx_git *g, const char *section, const char *sub, const char *key,
                       const char *value, orx_err *err);

/* ---- the table ---------------------------------------------------------------------------- */

int orx_twin_status(orx_git *g, orx_arena *arena, orx_git_status *ret, orx_err *err);
int orx_twin_changes(orx_git *g, const char *base, orx_arena *arena, orx_git_entries *out,
                     orx_err *err);
int orx_twin_log(orx_git *g, const orx_git_query *q, orx_arena *arena, orx_git_log *ret,
                 orx_err *err);
int orx_twin_tracked(orx_git *g, size_t max, orx_str *out, orx_err *err);
int orx_twin_commit_all(orx_git *g, orx_view message, char ret_sha[ORX_GIT_SHA], orx_err *err);
int orx_twin_save(orx_git *g, const orx_git_save *save, char ret_sha[ORX_GIT_SHA], orx_err *err);
int orx_twin_same_work(orx_git *g, const char *a, const char *b, orx_err *err);
int orx_twin_restore(orx_git *g, const orx_git_restore *r, orx_err *err);
int orx_twin_bring(orx_git *g, const char *base, const char *commit, orx_err *err);
int orx_twin_worktree_add(orx_git *g, const char *path, const char *branch, const char *base,
                          orx_err *err);
int orx_twin_worktree_remove(orx_git *g, const char *path, bool force, orx_err *err);
int orx_twin_worktree_list(orx_git *g, orx_arena *arena, orx_git_worktrees *ret, orx_err *err);
int orx_twin_fetch(orx_git *g, orx_err *err);
int orx_twin_has_origin(orx_git *g, orx_err *err);
int orx_twin_push(orx_git *g, const orx_git_push *push, orx_git_push_answer *ret_answer,
                  orx_str *words, orx_err *err);
int orx_twin_set_upstream(orx_git *g, const char *branch, orx_err *err);

#endif
