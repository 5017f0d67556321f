/* price_table.h: the inside of a table of prices, shared by the files that fill and search it.
 *
 * Threads: as price.h.
 */
#ifndef ORX_MONEY_PRICE_TABLE_H
#define ORX_MONEY_PRICE_TABLE_H

#include "base/map.h"
#include "data/doc.h"
#include "money/price.h"

/* What a kWh costs for a while. */
typedef struct orx_power {
    const char *provider; /* "" = of any */
    const char *where;
    int64_t from_ns; /* inclusive */
    int64_t to_ns;   /* exclusive */
    int64_t price;   /* nano-USD */
} orx_power;

struct orx_prices {
    orx_arena arena;
    orx_map plain;      /* name -> orx_price, of pricing.json */
    orx_price **dated;  /* by model, provider, begin */
    size_t dated_count; /* without overlaps */
    orx_power *powers;  /* neither have these */
    size_t power_count;
};

/* A rate: a number of USD that is not negative, also as text with all its digits. -1 when the node
 * is no such thing. */
int64_t orx_rate_of_node(const orx_node *n);

/* Fills what a price leaves out; see price.h. */
void orx_rates_complete(orx_rates *r);

/* The order of prices: model, provider, begin. */
int orx_price_cmp(const orx_price *a, const orx_price *b);

#endif
