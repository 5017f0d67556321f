/* day_budget.h: how the budget of the day stands, as one document [K].
 *
 * `swarm_daily_budget` of `metrics` and of what starts lanes: the cap `budget.daily` with what
 * overrides add, what of it is spent and reserved, and whether anything may begin. It is the cap
 * that calls are held against (budget.h), so the day begins at midnight of money.timezone, and what
 * only a vendor's bill says is spent, too.
 *
 * Spent, reserved and remaining add up to the budget. State, stop and utilization go by what is
 * spent and reserved together, as refusing a call does. `source_of_truth` says whose number is
 * spent: that of our own books, or that of a bill that says more; `data_freshness` is of the books.
 * How many of the day's calls nobody knows the cost of is `daily_unpriced_calls`: they are in none
 * of the sums.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_DAY_BUDGET_H
#define ORX_MONEY_DAY_BUDGET_H

#include "money/budget.h"
#include "money/figures.h"

/* The block, in the arena. s NULL: there is no journal, and so nothing was spent; now_ns is the
 * wall clock. */
int orx_day_budget(orx_store *s, const orx_budget *b, int64_t now_ns, orx_arena *arena,
                   orx_node **ret_node, orx_err *err);

/* [K] A sentence for who asks what to do, in the arena; NULL while all is well. */
const char *orx_day_budget_advice(const orx_node *block, orx_arena *arena);

/* How fresh the books are. */
orx_node *orx_books_freshness(orx_store *s, int64_t now_ns, orx_arena *arena);

#endif
