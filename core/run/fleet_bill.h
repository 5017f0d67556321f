/* fleet_bill.h: what measuring, warming and loading the models of one's own costs, and asking a
 * provider for vectors of texts (embedder.h).
 *
 * Such requests are no work on a task, so they have no attempt, but nobody calls a model past the
 * money. Each is made like the call of a runner: before it an upper bound of its cost is reserved
 * under the caps, and when it is over what was metered is entered into the books and the rest of
 * the reservation is free. The bound is what its prompt and its limit of tokens come to at the
 * price of the model, or its limit of time at the price of its power; a model without a price
 * reserves nothing. One that may have worked and said nothing of what it used costs what was
 * reserved, as does one whose process died.
 *
 * The rows are at the provider whose server it was, in the lane "local-fleet", and under the kind
 * of work as their task. Reservations and rows have negative numbers, since they are no calls of an
 * attempt and say nothing of what such a call costs.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_FLEET_BILL_H
#define ORX_RUN_FLEET_BILL_H

#include "config/config.h"
#include "money/price.h"
#include "store/store.h"

#define ORX_FLEET_LANE "local-fleet"

/* One request. What is behind the first line is only known when it is over. */
typedef struct orx_fleet_call {
    const orx_provider_config *provider; /* NULL = whose server is at base_url */
    const char *base_url;
    const char *model;
    int64_t prompt_bytes;
    int64_t max_tokens; /* of its answer */
    int64_t timeout_ns;
    int64_t number; /* of its reservation */
    int64_t input;  /* tokens, -1 = the server did not say: estimated from the lengths */
    int64_t output;
    int64_t answer_bytes;
    int64_t begun_ns; /* wall time: its prices are those of then */
    int64_t wall_ns;  /* how long it took */
    bool silent;      /* a model may have worked, and nothing says for how much */
} orx_fleet_call;

/* Whether the caps let anything be spent; what processes that died have left is made up before.
 * ORX_E_LIMIT: they do not; the message says what lifts it. */
int orx_fleet_may_spend(orx_store *s, const orx_config *cfg, orx_err *err);

/* Reserves for requests, in their order, and fills in their numbers and begins: *ret_count of them
 * may be made. ORX_E_LIMIT: that is fewer than all; the message is about the first that may not.
 * One transaction. */
int orx_fleet_reserve(orx_store *s, const orx_config *cfg, const orx_prices *prices,
                      orx_fleet_call *calls, size_t count, size_t *ret_count, orx_err *err);

/* Enters requests that are over into the books, with one event for all of them, and frees what was
 * reserved. work: what they were for, as "benchmark". prices may be NULL. One transaction. */
int orx_fleet_bill(orx_store *s, const orx_config *cfg, const orx_prices *prices, const char *work,
                   const orx_fleet_call *calls, size_t count, orx_err *err);

/* Makes up the bills of requests whose process is gone: they cost what was reserved, as an
 * estimate. Returns how many. Outside a transaction. */
int orx_fleet_left_over(orx_store *s, const orx_config *cfg, orx_err *err);

#endif
