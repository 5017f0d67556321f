/* summary.h: what all attempts came to: response_metrics_summary.json [K].
 *
 * Sums are kept in a table, for each lane: of all attempts, per owner and per provider, as whole
 * numbers (quality in thousandths, time in milliseconds, cost in nano-USD), and change with each
 * settlement, so the file costs the same after the millionth attempt as after the first.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_SUMMARY_H
#define ORX_RUN_SUMMARY_H

#include "store/store.h"

/* Adds a settled attempt to the sums; one without a call has nothing to add. Inside the transaction
 * that settles it. */
int orx_summary_add(orx_store *s, int64_t attempt, orx_err *err);

/* Inside a transaction: the sums made anew from the rows of all settled attempts. */
int orx_summary_anew(orx_store *s, orx_err *err);

/* What the file says at now_ns (wall clock), as a tree in the arena, of one lane; NULL = of all
 * together. s NULL: there is no journal, and so nothing to add up. */
int orx_summary_node(orx_store *s, const char *lane, int64_t now_ns, orx_arena *arena,
                     orx_node **ret_node, orx_err *err);

/* A lane whose attempts are in the sums. */
typedef struct orx_summary_lane {
    const char *lane; /* "primary" or the lane's id, also of one that is in no file any more */
    int64_t responses;
} orx_summary_lane;

/* All of them by name, in the arena; s may be NULL. Returns how many. */
int orx_summary_lanes(orx_store *s, orx_arena *arena, orx_summary_lane **ret_lanes, orx_err *err);

/* The file of the lane whose files this store writes. All keys and the advice are the
 * predecessor's. */
int orx_project_summary(orx_store *s, void *user, orx_str *out, orx_err *err);

#endif
