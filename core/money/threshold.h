/* threshold.h: who wants to know hears of a budget at 50, 80 and 100 %.
 *
 * The event budget.threshold says that a cap has come to one of them. It is written once for each
 * cap, threshold and day (month, for caps of a month), whichever process sees it first; when
 * several were passed at once, for the highest only. 100 % is also when a run stops although a
 * little is left, since no call fits into it.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_THRESHOLD_H
#define ORX_MONEY_THRESHOLD_H

#include "money/budget.h"

/* Outside a transaction, after a look at a cap that several tasks share. stops: a run ends since
 * nothing fits any more. */
int orx_budget_tell(orx_store *s, const orx_budget *b, const orx_budget_state *st, bool stops,
                    orx_err *err);

#endif
