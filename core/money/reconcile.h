/* reconcile.h: the vendor's bill against our own books, day by day.
 *
 * For a day (UTC) and a vendor: what the bill says, what the ledger says of the providers whose
 * calls are on that bill, and what the difference is made of. Rounding is at most one nano-USD a
 * call. Tokens that are on the bill and not in the ledger are calls that were not metered (a
 * negative number: calls that are not on the bill); they explain money in proportion. The rest is
 * drift: the prices are not those of the bill. Without tokens on the bill, a day without calls of
 * ours is unmetered and every other difference drift. The three parts add up to the difference.
 *
 * A day counts as complete when it ended longer ago than the vendor is late with its bill. More
 * than 2 % difference on a complete day is an alarm.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_RECONCILE_H
#define ORX_MONEY_RECONCILE_H

#include "money/ingest.h"

/* Hundredths by which bill and books may differ, and days that can be looked at. */
#define ORX_RECONCILE_PERCENT 2
#define ORX_RECONCILE_DAYS    366

typedef struct orx_reconciled {
    int64_t day_ns;
    int64_t billed; /* nano-USD */
    int64_t metered;
    int64_t billed_tokens; /* 0 = the bill states none */
    int64_t metered_tokens;
    int64_t calls;
    int64_t unpriced; /* of them: nobody knows what they cost */
    int64_t difference;
    int64_t rounding;
    int64_t unmetered;
    int64_t drift;
    bool complete;
    bool alarm;
} orx_reconciled;

typedef struct orx_reconcile_spec {
    const char *provider;          /* of the bill */
    const char *const *metered_as; /* of the ledger; ends with NULL */
    int64_t first_day_ns;          /* midnights UTC */
    int64_t days;
    int64_t now_ns;
    int64_t lag_ns;
} orx_reconcile_spec;

/* One row for each day, oldest first, in the arena. ORX_E_LIMIT: more days, or sums that do not
 * fit. */
int orx_reconcile(orx_store *s, const orx_reconcile_spec *spec, orx_arena *arena,
                  orx_reconciled **ret_rows, orx_err *err);

#endif
