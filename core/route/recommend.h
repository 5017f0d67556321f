/* recommend.h: which kinds of tasks a small model of one's own does well enough.
 *
 * The rows of a microbench [K] (task_type, passed, duration_ms) are put together by their kind. One
 * that passes often enough and quickly enough goes to the small local model (lane L0), any other to
 * the strong one (L1). Only what was measured is evidence: results that say of themselves that no
 * model was called, or do not say that one was, are refused, since the predecessor made its results
 * up and then recommended what came out. So are those of another lane than L0, which say nothing of
 * it, and a kind with too few runs gets no recommendation and is named instead.
 *
 * Pure. Threads: any.
 */
#ifndef ORX_ROUTE_RECOMMEND_H
#define ORX_ROUTE_RECOMMEND_H

#include "data/doc.h"

typedef struct orx_recommend_rules {
    int64_t min_runs;     /* of a kind of tasks */
    double min_pass_rate; /* [K] 0.9 */
    double max_mean_ms;   /* [K] 220 */
} orx_recommend_rules;

/* Checks that a document (file is its name for messages) is the results of a microbench that was
 * run: an object with executed true, lane, and results[] whose rows have id, task_type, passed and
 * duration_ms. ORX_E_INVALID says what is wrong and where. */
int orx_microbench_check(const orx_node *doc, const char *file, orx_err *err);

/* [K] {default, task_types{}} from checked results, and too_few{} with the runs of each kind that
 * has less than it takes. Rows that were not run (ran: false) count nowhere. ORX_E_INVALID: another
 * lane than L0, or no kind has enough runs. */
int orx_recommend(const orx_node *doc, const char *file, const orx_recommend_rules *rules,
                  orx_arena *arena, orx_node **ret_policy, orx_err *err);

/* [K] The choices as a list for people. */
void orx_recommend_text(const orx_node *policy, orx_str *out);

/* [K] Seed, lane, how many passed, mean duration and mean cost of checked results. */
void orx_microbench_text(const orx_node *doc, orx_str *out);

#endif
