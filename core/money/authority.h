/* authority.h: what the vendors' bills say, beside our own books, as one document [K].
 *
 * `authoritative_cost` of `metrics`: what bills come to in each window (the same numbers as
 * summary.json, ingest_summary.h), made now and not when the bill was fetched, and how each reader
 * of bills ended. The books stay what they are: a bill is late, and one that says nothing of today
 * must not hide what was spent today.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_AUTHORITY_H
#define ORX_MONEY_AUTHORITY_H

#include "money/ingest_summary.h"

/* Adds to a document authoritative_cost_available, authoritative_cost_records_total,
 * authoritative_cost_files, authoritative_cost_summary_file, authoritative_cost_errors and
 * authoritative_cost. Available: there is at least one row that a vendor states and does not merely
 * estimate. s NULL: there is no journal. An error is a reader whose last fetch failed or was not
 * understood; one that was never set up is none. */
int orx_authority_put(orx_store *s, const orx_cost_files *files, int64_t now_ns, orx_node *doc,
                      orx_arena *arena, orx_err *err);

#endif
