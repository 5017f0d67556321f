/* ingest_summary.h: what bills say, in the files that others read.
 *
 * records.ndjson has one canonical record per row with an amount or tokens, summary.json what they
 * add up to by window, provider and model, and how each source is [K]. Both are projections: they
 * can be deleted and are written again.
 *
 * A row belongs to a window for the part of its bucket that lies in it ("attribution": "prorated");
 * of a bucket that is still running, what has passed of it counts as the whole. A row without a
 * length belongs where its moment is, which may be the window's first. Rows that begin after now do
 * not count.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_INGEST_SUMMARY_H
#define ORX_MONEY_INGEST_SUMMARY_H

#include "money/ingest.h"

#define ORX_COST_RECORDS "provider_cost_records"
#define ORX_COST_SUMMARY "provider_cost_summary"

/* What render is told of the invocation; user of the projections. */
typedef struct orx_cost_files {
    const char *records;
    const char *summary;
    int64_t window_hours;
    int64_t stale_sec;
} orx_cost_files;

/* For projections; user may be NULL. */
int orx_cost_records_render(orx_store *s, void *user, orx_str *out, orx_err *err);
int orx_cost_summary_render(orx_store *s, void *user, orx_str *out, orx_err *err);

/* The summary as a tree. s NULL: no bill was ever fetched. */
int orx_cost_summary(orx_store *s, const orx_cost_files *files, int64_t now_ns, orx_arena *arena,
                     orx_node **ret_summary, orx_err *err);

/* The moment that counts as a row's newest: its end, or when it was fetched if that came first. */
int64_t orx_billed_latest(const orx_billed *row);

/* What of the amount falls into from <= time < to, when now is now. */
int64_t orx_billed_share(const orx_billed *row, int64_t amount, int64_t from_ns, int64_t to_ns,
                         int64_t now_ns);

#endif
