/* metrics_doc.h: what attempts came to and what calls cost, as one document [K].
 *
 * The sums of all lanes (summary.h), what was spent in the last hour, today (UTC), in 7 and in 30
 * days, by provider and by model, and hour by hour for a day; how fresh that is; and one figure for
 * the eye. Nothing is read twice or added up from rows, so it costs the same whatever the journal
 * holds.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_METRICS_DOC_H
#define ORX_RUN_METRICS_DOC_H

#include "store/store.h"

/* In the arena, as it is at now_ns (wall clock). s NULL: there is no journal, and nothing was
 * spent.
 */
int orx_metrics_document(orx_store *s, int64_t now_ns, orx_arena *arena, orx_node **ret_doc,
                         orx_err *err);

#endif
