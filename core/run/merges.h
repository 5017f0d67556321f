/* merges.h: what the journal knows of branches that are brought back to their base.
 *
 * The merge queue (lane/merge.h) moves a base branch in three steps: it writes down what it is
 * about to do (begin), moves the branch by compare and swap, and writes down that it did (end). A
 * process that dies in between leaves the first row; whether the branch has the new commit then
 * says what became of it, and the next one ends it. Of each lane two things are kept: up to which
 * commit of its branch the base has everything, and why its branch was refused last.
 *
 * A repository is named by its common git directory, which all of its worktrees share.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_MERGES_H
#define ORX_RUN_MERGES_H

#include "git/git.h"
#include "store/store.h"

typedef struct orx_merge_part {
    const char *lane;
    const char *branch;
    const char *tip; /* of the branch: everything up to it goes along */
} orx_merge_part;

/* A base branch on its way from one commit to another. */
typedef struct orx_merge_landing {
    const char *repo;
    const char *target; /* the branch */
    const char *before; /* "" = it is made */
    const char *after;
    orx_merge_part *parts;
    size_t count;
} orx_merge_landing;

/* Writes down what is about to be done, with the event merge.landing. */
int orx_merges_begin(orx_store *s, const orx_merge_landing *landing, orx_err *err);

/* The one that was begun in a repository and not ended: 1, or 0. In the arena. */
int orx_merges_begun(orx_store *s, const char *repo, orx_arena *arena,
                     orx_merge_landing *ret_landing, orx_err *err);

/* It is over: with the event merge.merged for each part, or merge.abandoned. */
int orx_merges_end(orx_store *s, const orx_merge_landing *landing, bool landed, orx_err *err);

/* The base has everything of a lane's branch up to tip, as the commit `as` has it; nothing had to
 * be moved. */
int orx_merges_nothing(orx_store *s, const char *repo, const char *lane, const char *tip,
                       const char *as, orx_err *err);

typedef struct orx_merge_refusal {
    const char *repo;
    const char *target;
    orx_merge_part part;
    const char *reason;       /* a word */
    const char *text;         /* for the lane's agents and for people */
    const char *const *files; /* that did not fit, NULL-terminated; may be NULL */
} orx_merge_refusal;

/* A branch was refused, with the event merge.refused. */
int orx_merges_refuse(orx_store *s, const orx_merge_refusal *refusal, orx_err *err);

/* What is known of a lane's branch; "" where nothing is. */
typedef struct orx_merge_mark {
    const char *merged_tip; /* of the lane's branch: the base has everything up to it */
    const char *merged_as;  /* ... in this commit and what is before it */
    const char *refused_tip;
    const char *reason;
    const char *note; /* why it was refused */
} orx_merge_mark;

/* 1, or 0 when there is nothing. In the arena. */
int orx_merges_mark(orx_store *s, const char *repo, const char *lane, orx_arena *arena,
                    orx_merge_mark *ret_mark, orx_err *err);

/* The same of a lane wherever it works: 1 when its branch was refused and not merged since, or 0.
 */
int orx_merges_refused(orx_store *s, const char *lane, orx_arena *arena, orx_merge_mark *ret_mark,
                       orx_err *err);

/* Appends a line for a lane's agents when its branch in a repository was refused. Errors append
 * nothing: a note is never a reason to fail. */
void orx_merges_tell(orx_store *s, const char *repo, const char *lane, orx_str *out);

#endif
