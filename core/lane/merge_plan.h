/* merge_plan.h: which branches are tried together, so that a bad one holds up no other.
 *
 * A pure piece of the merge queue: it knows numbers, neither git nor checks. All branches are tried
 * together first, since mostly all are good and one run of the checks then proves them all. A group
 * that fails is cut in two, the first half before the second; one that fails alone is out. A branch
 * that does not fit onto those before it in its group is set aside and tried again when it is
 * decided what became of them: only what does not fit onto the base itself is out. Branches that
 * were refused before are a group of their own behind the others, so that a known bad one costs one
 * check and not a search.
 *
 * With n branches of which k are bad at most about 2 k log2(n) + 1 groups are checked.
 *
 * Use: begin; then while next gives a group: take members out of it (aside, out), judge the rest
 * together. Each branch ends IN or OUT.
 *
 * Threads: any.
 */
#ifndef ORX_LANE_MERGE_PLAN_H
#define ORX_LANE_MERGE_PLAN_H

#include "base/arena.h"

typedef enum orx_merge_fate { ORX_MERGE_WAITS, ORX_MERGE_IN, ORX_MERGE_OUT } orx_merge_fate;

/* Branches by their numbers, in order. */
typedef struct orx_merge_group {
    size_t *items;
    size_t count;
    size_t *asides; /* those that were set aside */
    size_t aside_count;
    struct orx_merge_group *next;
} orx_merge_group;

typedef struct orx_merge_plan {
    orx_arena *arena;
    orx_merge_fate *fates; /* by number */
    size_t count;
    orx_merge_group *first; /* what is still to be tried */
} orx_merge_plan;

/* doubtful: for each branch whether it was refused as it is; NULL = none was. */
void orx_merge_plan_begin(orx_merge_plan *plan, orx_arena *arena, size_t count,
                          const bool *doubtful);

/* The next group, to be judged before the one after it; NULL = everything is decided. */
orx_merge_group *orx_merge_plan_next(orx_merge_plan *plan);

/* A member does not fit onto those before it. */
void orx_merge_plan_aside(orx_merge_group *group, size_t item);

/* A member is decided: it does not fit onto the base (OUT), or the base has it already (IN). */
void orx_merge_plan_decide(orx_merge_plan *plan, orx_merge_group *group, size_t item,
                           orx_merge_fate fate);

/* Whether the members that are left are good together. Returns true when the group was cut. */
bool orx_merge_plan_judge(orx_merge_plan *plan, orx_merge_group *group, bool good);

/* The base moved in the meantime: the whole group is tried again. */
void orx_merge_plan_again(orx_merge_plan *plan, orx_merge_group *group);

#endif
