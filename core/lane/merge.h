/* merge.h: the merge queue: what lanes delivered on their branches comes back to the base.
 *
 * A lane in a worktree of its own delivers on the branch orxaq/LANE. The queue takes the branches
 * of all lanes that work in one repository towards one base branch, writes their commits anew on
 * top of the base, one branch after the other, runs the checks of those lanes on the result, and
 * moves the base forward to it. When the checks fail, or branches do not fit together, the batch is
 * cut (merge_plan.h) until it is clear which branch is to blame: that one is refused, the others go
 * in.
 *
 * What is promised:
 *
 * - The base only ever moves forward, by compare and swap, to a commit whose checks passed. Nobody
 *   is overtaken: if it moved in between, the batch is built anew.
 * - Branches of lanes are read and never written. An attempt that is under way counts for nothing:
 *   the branch is taken as it was when the attempt began. Nothing unmerged is deleted, ever.
 * - All trying happens in a worktree of the queue's own (the bench). A worktree that has the base
 *   checked out is brought along when nothing in it is uncommitted; otherwise nothing is merged and
 *   it is said what is in the way. Where no worktree has it, only the branch moves. Nothing is
 *   pushed.
 * - What the queue does is in the journal: merge.queued, merge.rebased, merge.validated,
 *   merge.bisected, merge.landing, merge.merged, merge.refused, merge.abandoned. A process that
 *   dies at any point leaves the base where it was or where it was to be, and the next one goes on
 *   (run/merges.h).
 * - One queue works on a repository at a time.
 *
 * The base branch is the one that the lane's worktrees begin from: `worktree_base_ref` without
 * `origin/`, else what run/base.h finds. When its twin on origin is further, it is built on that.
 *
 * Files: merge.c (a run), merge_gather.c (what there is to merge), merge_batch.c (one base branch
 * of one repository), merge_try.c (rebasing and checking a group), merge_land.c (moving the base),
 * merge_plan.c (which are tried together).
 *
 * Threads: the platform's thread; everything waits inside the loop.
 */
#ifndef ORX_LANE_MERGE_H
#define ORX_LANE_MERGE_H

#include "git/git.h"
#include "lane/lane.h"
#include "store/store.h"

typedef enum orx_merge_verdict {
    ORX_MERGE_QUEUED,  /* to be merged (a dry run ends here) */
    ORX_MERGE_NOTHING, /* the base has it all */
    ORX_MERGE_MERGED,
    ORX_MERGE_REFUSED, /* the branch is to blame */
    ORX_MERGE_HELD,    /* something else is in the way */
    ORX_MERGE_DISABLED /* the same, of a lane that is not enabled: no failure */
} orx_merge_verdict;

/* "queued", "nothing", "merged", "refused", "held", "disabled" */
const char *orx_merge_verdict_name(orx_merge_verdict verdict);

/* One branch. Everything lives in the arena of orx_merge_run. */
typedef struct orx_merge_item {
    const char *lane;
    const char *branch;
    char tip[ORX_GIT_SHA];
    int64_t commits; /* that the base does not have; as many as are counted (1000) */
    orx_merge_verdict verdict;
    const char *reason;       /* a word: conflict, validation_failed, validation_timeout,
                                 rebase_failed; of HELD: base_fails, base_checked_out, base_moved,
                                 base_denied, base_diverged, no_base, lane_config, no_repo, interrupted */
    const char *text;         /* the same for people; "" = nothing to say */
    const char *const *files; /* of a conflict, NULL-terminated; else NULL */
    const orx_config *cfg;    /* of the lane's runner */
    const char *owner;        /* NULL = the primary runner's branch */
    const char *from;         /* the base has everything up to this commit; NULL = not known */
    bool doubtful;            /* it was refused as it is */
} orx_merge_item;

/* What goes to one base branch of one repository. */
typedef struct orx_merge_batch {
    const char *repo;   /* the checkout */
    const char *target; /* the base branch; "" = not known */
    char before[ORX_GIT_SHA];
    char after[ORX_GIT_SHA]; /* where it is now */
    int64_t validations;     /* how many groups were checked */
    const char *warning;     /* something a person should know, or NULL */
    orx_merge_item *items;
    size_t count;
} orx_merge_batch;

typedef struct orx_merge_report {
    orx_merge_batch *batches;
    size_t count;
    int64_t merged;
    int64_t refused;
    int64_t held;
} orx_merge_report;

typedef struct orx_merge_setup {
    orx_platform *p;
    const orx_config *cfg; /* of the root */
    orx_store *store;      /* for writing; for a dry run reading will do, or NULL */
    const orx_lanes *lanes;
    /* The configuration of a lane's runner, which outlives the report. */
    int (*config_of)(const orx_lane *lane, void *user, const orx_config **ret_cfg, orx_err *err);
    const char *const *only;                    /* names of lanes, NULL-terminated; NULL = all */
    bool dry_run;                               /* look only */
    const bool *stop;                           /* set from a signal; may be NULL */
    void (*tell)(const char *line, void *user); /* what is being done; may be NULL */
    void *user;
} orx_merge_setup;

/* Runs the queue once. What is wrong with single branches is in the report; ORX_E_BUSY: another
 * queue works on one of the repositories. ORX_E_CANCELLED: stopped; what was merged is in the
 * report all the same. */
int orx_merge_run(const orx_merge_setup *setup, orx_arena *arena, orx_merge_report *ret_report,
                  orx_err *err);

#endif
