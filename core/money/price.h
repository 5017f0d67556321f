/* price.h: what a model costs.
 *
 * Prices come from two files of the operator. config/pricing.json is the predecessor's [K]: two
 * rates per model, no dates. config/prices.yaml (or .json) is ours: each entry is valid from a day
 * to a day, says where it was read, and has a rate per class of tokens, tiers and steps for long
 * contexts. Rates are USD per million tokens in both files.
 *
 * Looking up. The model is the one that answered, when the provider said, else the one asked for.
 * Its name is tried in four spellings: as it is; in lower case; without the date of a snapshot at
 * its end (-20250929, @20250929, -2025-09-29); and that in lower case. For each spelling, in this
 * order: an entry of prices.yaml for this provider that is valid at the time, an entry for any
 * provider, a row of pricing.json. The first that is there counts. There is nothing behind it: a
 * model without a price is unknown. It does not cost nothing, and it does not cost what its owner's
 * other models cost, as the predecessor had it. A row of pricing.json whose two rates are zero is
 * no price either [K].
 *
 * What a price leaves out. Cache reads and writes without a rate of their own cost as much as
 * uncached input (never less than what is charged), an hour's cache write as much as that of five
 * minutes, reasoning as much as output, and requests nothing. Audio without a rate is unknown. A
 * tier is a factor or rates of its own; one that an entry does not name is unknown.
 *
 * A price has a version: a text that says which file with which content, which entry and which date
 * it is, to be noted with what was computed from it.
 *
 * Power. A machine of one's own is paid for by its power. prices.yaml may say what a kWh costs from
 * when to when, for one provider or for any; money.kwh_price is what it costs at other times.
 *
 * Threads: a table is read by several threads once made; it is made by one.
 */
#ifndef ORX_MONEY_PRICE_H
#define ORX_MONEY_PRICE_H

#include "base/arena.h"
#include "base/err.h"
#include "money/amount.h"

/* What is counted. Classes are disjoint: a token is in one of them. */
typedef enum orx_class {
    ORX_CLASS_INPUT, /* not from a cache */
    ORX_CLASS_CACHE_READ,
    ORX_CLASS_CACHE_WRITE_5M, /* also when nobody says for how long */
    ORX_CLASS_CACHE_WRITE_1H,
    ORX_CLASS_OUTPUT, /* without reasoning */
    ORX_CLASS_REASONING,
    ORX_CLASS_AUDIO_IN,
    ORX_CLASS_AUDIO_OUT,
    ORX_CLASS_REQUEST,
    ORX_CLASSES
} orx_class;

typedef enum orx_tier { ORX_TIER_STANDARD, ORX_TIER_BATCH, ORX_TIER_PRIORITY, ORX_TIERS } orx_tier;

typedef struct orx_units {
    int64_t of[ORX_CLASSES]; /* none is negative */
} orx_units;

/* Nano-USD for a million units; -1 = no price. */
typedef struct orx_rates {
    int64_t of[ORX_CLASSES];
} orx_rates;

#define ORX_PRICE_STEPS_MAX 8
#define ORX_PRICES_MAX      20000
#define ORX_POWERS_MAX      1000

/* One price. Step 0 is for every request; a further one for those whose input (cached or not) is
 * above its limit. */
typedef struct orx_price {
    const char *model;
    const char *provider; /* "" = of any */
    const char *source;   /* where a person read it, "" = not said */
    const char *where;    /* "config/prices.yaml:12:5" */
    const char *version;
    int64_t from_ns; /* wall time, inclusive */
    int64_t to_ns;   /* exclusive */
    size_t step_count;
    struct {
        int64_t above; /* tokens */
        orx_rates rates[ORX_TIERS];
    } steps[ORX_PRICE_STEPS_MAX];
} orx_price;

typedef struct orx_prices orx_prices;

/* An empty table. Free it with orx_prices_free; NULL is fine there. */
orx_prices *orx_prices_new(void);
void orx_prices_free(orx_prices *t);

/* Takes the rows of a file over. `name` is what messages and versions call it. ORX_E_INVALID names
 * file, line, column and what was expected; the table then holds what it held. Names that are not
 * known are errors in our format and passed over in the predecessor's. */
int orx_prices_take_pricing(orx_prices *t, const char *name, orx_view bytes, orx_err *err);
int orx_prices_take_dated(orx_prices *t, const char *name, orx_view bytes, orx_err *err);

/* How many prices there are. */
size_t orx_prices_count(const orx_prices *t);

/* The price of a model of a provider at a time, or NULL: unknown. It lives as long as the table. */
const orx_price *orx_prices_find(const orx_prices *t, const char *provider, const char *model,
                                 int64_t wall_ns);

/* Nano-USD for a kWh that a provider's machine draws at a time; -1 = the table does not say. */
int64_t orx_prices_kwh(const orx_prices *t, const char *provider, int64_t wall_ns);

/* The rates that count for a report of usage: of the tier, and of the step of its average request.
 * requests 0 = it does not say how many it covers: step 0. */
const orx_rates *orx_price_rates(const orx_price *price, orx_tier tier, const orx_units *units,
                                 int64_t requests);

/* What units cost. ORX_E_NOT_FOUND: there are units of a class without a price; ORX_E_LIMIT: it
 * does not fit. */
int orx_rates_cost(const orx_rates *rates, const orx_units *units, orx_amount *ret, orx_err *err);

#endif
