/* merging.h: the merge queue from inside; for the files merge*.c only.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_LANE_MERGING_H
#define ORX_LANE_MERGING_H

#include "lane/merge.h"
#include "lane/merge_plan.h"
#include "platform/files.h"
#include "run/merges.h"

/* A repository, opened at the checkout of the operator. */
typedef struct orx_merge_repo {
    const char *path; /* as configured */
    orx_git *git;
    orx_file *lock;
    const char *problem; /* why it cannot be used, or NULL */
    struct orx_merge_repo *next;
} orx_merge_repo;

/* A batch while it is worked on. */
typedef struct orx_merge_work {
    struct orx_merge_queue *q;
    orx_merge_repo *repo;
    orx_merge_batch batch;
    orx_git *bench;
    char onto[ORX_GIT_SHA]; /* what is built on: the base, or its further twin */
    bool twin;              /* the further one of the base and origin's counts */
    size_t *queued;         /* the plan's numbers -> items */
    orx_merge_plan plan;
    bool proved;   /* the checks passed on the base as it is */
    int overtaken; /* how often the base moved under us */
    struct orx_merge_work *next;
} orx_merge_work;

typedef struct orx_merge_queue {
    const orx_merge_setup *setup;
    orx_arena *arena;
    orx_merge_repo *repos;
    orx_merge_work *works;
} orx_merge_queue;

void orx_merge_tell(const orx_merge_queue *q, const char *fmt, ...) ORX_PRINTF(2, 3);
bool orx_merge_stopped(const orx_merge_queue *q);

/* The item that the plan calls by this number. */
orx_merge_item *orx_merge_item_of(const orx_merge_work *w, size_t number);

/* Sets the verdict of an item. text is formatted into the arena. */
void orx_merge_say(orx_merge_queue *q, orx_merge_item *item, orx_merge_verdict verdict,
                   const char *reason, const char *fmt, ...) ORX_PRINTF(5, 6);

/* The environment that git and checks get. */
int orx_merge_env(const orx_config *cfg, orx_arena *arena, const char *const **ret_env,
                  orx_err *err);

/* Opens a worktree of a repository with that environment. */
int orx_merge_open(const orx_merge_queue *q, const char *path, orx_git **ret_git, orx_err *err);

/* merge_gather.c: fills repos and works, also with what cannot be merged. */
int orx_merge_gather(orx_merge_queue *q, orx_err *err);

/* Where the base of a work stands now: batch.before, onto. 1, or 0 with what is queued HELD. */
int orx_merge_look(orx_merge_work *w, orx_err *err);

/* Everything of a work that is still queued waits for something else than the branches. */
void orx_merge_hold(orx_merge_work *w, const char *reason, const char *why);

/* merge_batch.c: merges what is queued. */
int orx_merge_work_on(orx_merge_work *w, orx_err *err);

/* An event about members of a group; body may be NULL. */
int orx_merge_note(orx_merge_work *w, const char *kind, const orx_merge_group *group,
                   orx_node *body, orx_err *err);

/* Refuses a member for good: journal, report, plan. */
int orx_merge_refuse(orx_merge_work *w, orx_merge_group *group, size_t number, const char *reason,
                     const char *text, const char *const *files, orx_err *err);

/* merge_try.c: builds a group on the base: members that do not fit are taken out of it. *ret_tip is
 * what came of it. */
int orx_merge_stack(orx_merge_work *w, orx_merge_group *group, char ret_tip[ORX_GIT_SHA],
                    orx_err *err);

/* Runs the checks of all members on a commit: 1 good, 0 bad; *ret_text and *ret_reason (in the
 * arena) then say what failed. */
int orx_merge_check(orx_merge_work *w, const orx_merge_group *group, const char *tip,
                    const char **ret_reason, const char **ret_text, orx_err *err);

/* merge_land.c: whether worktrees that show the base can come along to a commit: 1, or 0 with why
 * in the arena. */
int orx_merge_may_land(orx_merge_work *w, const char *to, const char **ret_why, orx_err *err);

/* Moves the base to a commit, for these items: 1, or 0 with why not. ORX_E_CONFLICT: it was moved
 * by somebody else. */
int orx_merge_land(orx_merge_work *w, const orx_merge_group *group, const char *to,
                   const char **ret_why, orx_err *err);

/* Ends what a process that died left in the middle. */
int orx_merge_recover(orx_merge_queue *q, orx_merge_repo *repo, orx_err *err);

#endif
