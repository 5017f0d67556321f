/* price_table.h: the inside of a table of prices, shared by the files that fill and search it.
 *
 * Threads: as price.h.
 */
#ifndef ORX_MONEY_PRICE_TABLE_H
#define ORX_MONEY_PRICE_TABLE_H

#include "base/map.h"
#include "data/doc.h"
#include "money/price.h"

struct orx_prices {
    orx_arena arena;
    orx_map plain;      /* name -> orx_price, of pricing.json */
    orx_price **dated;  /* by model, provider, begin */
    size_t dated_count; /* without overlaps */
};

/* A rate: a number of USD that is not negative, also as text with all its digits. -1 when the node
 * is no such thing. */
int64_t orx_rate_of_node(const orx_node *n);

/* Fills what a price leaves out; see price.h. */
void orx_rates_complete(orx_rates *r);

/* The order of prices: model, provider, begin. */
int orx_price_cmp(const orx_price *a, const orx_price *b);

#endif
