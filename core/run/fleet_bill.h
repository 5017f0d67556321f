/* fleet_bill.h: what measuring, warming and loading the models of one's own costs.
 *
 * Such requests are no work on a task, so they have no attempt, and nobody can say beforehand which
 * of them will be made. But no model is called past the money: before the first one the caps are
 * asked whether anything may be spent at all, and each request that was made gets its row in the
 * books, at the provider whose server it was, in the lane "local-fleet" and under the kind of work
 * as its task. Their rows have negative numbers, since they are no calls of an attempt and say
 * nothing of what such a call costs.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_FLEET_BILL_H
#define ORX_RUN_FLEET_BILL_H

#include "config/config.h"
#include "money/price.h"
#include "store/store.h"

#define ORX_FLEET_LANE "local-fleet"

/* One request that was made. */
typedef struct orx_fleet_call {
    const char *base_url;
    const char *model;
    int64_t input; /* tokens, -1 = the server did not say: estimated from the lengths */
    int64_t output;
    int64_t prompt_bytes;
    int64_t answer_bytes;
    int64_t wall_ns; /* how long it took */
} orx_fleet_call;

/* Whether the caps let anything be spent. ORX_E_LIMIT: they do not; the message says what lifts it.
 */
int orx_fleet_may_spend(orx_store *s, const orx_config *cfg, orx_err *err);

/* Enters requests into the books, with one event for all of them. work: what they were for, as
 * "benchmark". prices may be NULL. One transaction. */
int orx_fleet_bill(orx_store *s, const orx_config *cfg, const orx_prices *prices, const char *work,
                   const orx_fleet_call *calls, size_t count, orx_err *err);

#endif
