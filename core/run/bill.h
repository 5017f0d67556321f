/* bill.h: the bill of a call, in its row and in the books.
 *
 * While a call goes on, each report of usage is priced as it is booked (usage.c) and adds to the
 * exact sum in the row of the call. When the call is over, its bill is made up: what was not
 * reported is estimated from the lengths of prompt and answer, a machine of one's own is charged
 * for its time, the best number is chosen (money/meter.h), and the ledger (money/books.h) gets its
 * row in the same transaction, and what was reserved for it (money/budget.h) is free again. A call
 * whose runner died is made up by the next one, and costs at least what was reserved.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_BILL_H
#define ORX_RUN_BILL_H

#include "config/config.h"
#include "money/books.h"
#include "store/store.h"

#include <orxaq/event.h>

/* How the calls of a provider are paid for. prices may be NULL. */
orx_meter orx_bill_meter(const orx_config *cfg, const orx_provider_config *provider,
                         const orx_prices *prices);

/* Whether a call of this model may be made: false when nobody knows what it costs and the operator
 * does not want such calls. */
bool orx_bill_allows(const orx_config *cfg, const orx_meter *meter, const char *model,
                     int64_t wall_ns);

/* Adds a report to the bill of a call, at the prices of its begin. more: what it adds, class by
 * class in the order of orxaq_usage's numbers, -1 = not stated. Inside a transaction. */
int orx_bill_add(orx_store *s, int64_t call, const orx_meter *meter, const orxaq_usage *usage,
                 const int64_t more[7], orx_err *err);

/* What the reports of a call in flight that began then come to at our prices; -1 = not known.
 * Running sums of a session are left out: nobody knows yet what of them is of this call. */
int64_t orx_bill_so_far(const orx_meter *meter, const orxaq_usage *usage, size_t count,
                        const char *model, int64_t begun_ns);

/* What a call came to. */
typedef struct orx_billed {
    int64_t cost; /* nano-USD, -1 = unknown */
    orx_cost_source source;
    const char *price; /* version, in the arena */
} orx_billed;

/* The call is over and its row says how it ended: makes up the bill. Inside a transaction. */
int orx_bill_end(orx_store *s, int64_t call, const orx_meter *meter, orx_arena *arena,
                 orx_billed *ret_billed, orx_err *err);

/* Makes up the bills of calls that nobody will: those of a lane whose runner makes no call at the
 * moment, of attempts that are settled, and of processes that are gone, requests to models of one's
 * own (fleet_bill.h) included. Returns how many. Outside a
 * transaction. */
int orx_bill_left_over(orx_store *s, const orx_config *cfg, const orx_prices *prices,
                       const char *lane, orx_err *err);

#endif
