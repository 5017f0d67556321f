/* meter.h: what a call costs, as far as anybody can say.
 *
 * Drivers report tokens, some also money. A meter knows how the calls of a provider are paid for; a
 * bill collects what the reports of one call come to. Which number ends up in the books is decided
 * by where it comes from, best first:
 *
 *   invoiced   the vendor's bill says so
 *   priced     reported tokens at our prices, or watts and time at the price of a kWh
 *   stated     money that the program itself reported
 *   estimated  tokens were counted by us from lengths, or the price is the operator's assumption
 *   unknown    tokens without a price; there is no number, least of all zero
 *
 * Prices change. A vendor charges what held when it was asked, so a call has one set of prices from
 * its begin to its end, those that were valid when it began, however long it takes and whenever its
 * reports come. That is so for power, too: otherwise what a call costs would depend on when
 * somebody looked.
 *
 * A part that cannot be priced makes the whole call unpriced: half a bill is no bill.
 *
 * Threads: any; nothing here is shared.
 */
#ifndef ORX_MONEY_METER_H
#define ORX_MONEY_METER_H

#include "money/price.h"

/* The order is that of trust; the numbers are stored. */
typedef enum orx_cost_source {
    ORX_COST_UNKNOWN,
    ORX_COST_ESTIMATED,
    ORX_COST_STATED,
    ORX_COST_PRICED,
    ORX_COST_INVOICED
} orx_cost_source;

/* "unknown", "estimated" ... */
const char *orx_cost_source_word(orx_cost_source source);

/* How the calls of a provider are paid for. */
typedef struct orx_meter {
    const char *provider;
    const char *account;      /* its calls are billed to; NULL = the provider's name */
    const orx_prices *prices; /* NULL = there are none */
    bool has_own;             /* rates stated for this provider, before all prices: the two below */
    int64_t own_input;
    int64_t own_output;
    orx_tier tier;
    int64_t assumed;   /* rate for a model without a price; -1 = it stays unknown */
    int64_t watts;     /* of a machine of one's own; 0 = tokens are paid for */
    int64_t kwh_price; /* nano-USD, at times of which prices say none */
} orx_meter;

/* One report of usage. */
typedef struct orx_report {
    const char *model; /* "" = nobody said */
    int64_t begun_ns;  /* wall time when the call began */
    orx_units units;
    int64_t requests; /* it covers; 0 = not said */
    bool guessed;     /* counted by us */
} orx_report;

/* What the reports of a call came to. {0} with stated -1 is one without reports. */
typedef struct orx_bill {
    orx_amount priced;
    int64_t priced_reports;
    int64_t unpriced_reports;
    bool guessed;        /* a count or a rate in it is ours */
    int64_t stated;      /* nano-USD; -1 = nobody stated any */
    const char *version; /* of the last price, NULL = none; as long as the table or the arena */
    int64_t input_rate;  /* of the last price; -1 = none */
    int64_t output_rate;
} orx_bill;

#define ORX_BILL_INIT ((orx_bill){.stated = -1, .input_rate = -1, .output_rate = -1})

/* The rates of a first token in and out; false when nobody knows them. */
bool orx_meter_rates(const orx_meter *m, const char *model, int64_t begun_ns, orx_rates *ret_rates);

/* Adds a report. One without units is no report. With watts nothing is added: time is. */
void orx_meter_report(const orx_meter *m, const orx_report *report, orx_bill *bill);

/* Nano-USD for a kWh of a call that began then; 0 = not known. */
int64_t orx_meter_kwh(const orx_meter *m, int64_t begun_ns);

/* The end of a call that began then (wall time) and took so long. */
void orx_meter_time(const orx_meter *m, int64_t begun_ns, int64_t ns, orx_arena *arena,
                    orx_bill *bill);

/* The number for the books and what it is worth. *ret_cost is -1 when it is unknown. */
orx_cost_source orx_bill_best(const orx_bill *bill, int64_t *ret_cost);

#endif
