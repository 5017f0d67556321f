/* amount.h: money without rounding.
 *
 * Money is whole nano-USD in an int64_t everywhere: 2^63 of them are nine billion dollars. A rate
 * is nano-USD for a million units (tokens of one class, requests), so every price that vendors
 * quote, down to a tenth of a cent per billion tokens, is a whole number too. What so many units
 * cost at a rate is then exact in millionths of a nano-USD, and an orx_amount keeps those: the
 * parts of a bill are added up as they are and rounded once, half to even, at the end. Binary
 * fractions occur nowhere.
 *
 * Every operation is checked. A sum that does not fit is refused, never wrapped or cut: a bill
 * nobody can pay is better unknown than small.
 *
 * Threads: any.
 */
#ifndef ORX_MONEY_AMOUNT_H
#define ORX_MONEY_AMOUNT_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

#define ORX_NANO_USD INT64_C(1000000000) /* one dollar */

/* Units that a rate is for, and parts of a nano-USD that an amount keeps. */
#define ORX_RATE_UNITS INT64_C(1000000)

/* The dearest rate that is believed: a million dollars for a million units. */
#define ORX_RATE_MAX (INT64_C(1000000) * ORX_NANO_USD)

/* Not negative. rest is 0 .. ORX_RATE_UNITS - 1 millionths of a nano-USD. */
typedef struct orx_amount {
    int64_t nano;
    int64_t rest;
} orx_amount;

/* What units cost at a rate. False, *ret untouched: negative, or more than fits. */
bool orx_amount_of(int64_t units, int64_t rate, orx_amount *ret);

/* Adds. False, *sum untouched: more than fits. */
bool orx_amount_add(orx_amount *sum, orx_amount more);

/* To whole nano-USD, half to even. */
int64_t orx_amount_round(orx_amount a);

/* rate * numerator / denominator, half to even: a discount or surcharge. False when an operand is
 * negative, the denominator 0, or the result above ORX_RATE_MAX. */
bool orx_rate_scale(int64_t rate, int64_t numerator, int64_t denominator, int64_t *ret);

/* What a machine of so many watts draws in so much time at a price per kWh, half to even. False:
 * negative, or more than fits. */
bool orx_energy_cost(int64_t watts, int64_t nano_usd_per_kwh, int64_t ns, int64_t *ret_nano_usd);

#endif
