/* usage_sum.h: the reports of one call added up while it goes on.
 *
 * A number that nobody stated is -1 and stays so until somebody states it. Sums stay where single
 * reports stay (plugin/job.h), however many a program makes.
 *
 * Threads: any.
 */
#ifndef ORX_RUN_USAGE_SUM_H
#define ORX_RUN_USAGE_SUM_H

#include "base/mem.h"

#include <orxaq/event.h>

/* Adds a delta to a usage of the same scope and key, or puts a newer total in its place; the views
 * of `have` stay. */
void orx_usage_merge(orxaq_usage *have, const orxaq_usage *u);

/* All tokens of all classes, and all money that was stated. */
void orx_usage_add_up(const orxaq_usage *usage, size_t count, int64_t *ret_tokens,
                      int64_t *ret_cost);

#endif
