/* bill_day.h: what the vendors have billed for today, where that is more than we counted.
 *
 * Bills of a day come late, mostly. But when a vendor says today that more was spent than our books
 * know of (calls that were made past us, a price that went up), a cap that only looks at the books
 * is passed without anybody noticing. So after each fetch of a bill what it says of the present day
 * of caps is kept here, vendor by vendor, with the providers whose calls are on it. Of both numbers
 * the larger one counts: what the bill has more is spent, for the cap of a day of all lanes, and
 * for those of a provider or an account that have all calls of the bill.
 *
 * A bucket that began before midnight counts for the part that lies behind it, up to when it was
 * fetched. A fetch that did not get to its end raises what is kept and never lowers it, and nothing
 * that fails takes it away: it ends with the day.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_BILL_DAY_H
#define ORX_MONEY_BILL_DAY_H

#include "data/zone.h"
#include "store/store.h"

typedef struct orx_day_bill {
    const char *vendor;
    const char *const *metered_as; /* providers of the ledger; ends with NULL */
    bool whole;                    /* the fetch got to its end */
} orx_day_bill;

/* Keeps what the rows of a vendor's bill come to today. When that is more than the books say and
 * another amount than before the event budget.billed tells it. */
int orx_bill_day_take(orx_store *s, const orx_zone *zone, const orx_day_bill *bill, orx_err *err);

/* By how much the bills of the day that began at a moment are above what was counted. providers
 * (ends with NULL): of those bills only of which all calls are theirs; NULL = of all. */
int orx_bill_day_more(orx_store *s, int64_t begin_ns, const char *const *providers,
                      int64_t *ret_more, orx_err *err);

#endif
