/* decimal.h: amounts as vendors write them, kept exactly.
 *
 * A bill has amounts in decimal text with up to 18 places, of dollars or of cents, and credits that
 * are negative. A decimal keeps 24 places: whole nano-USD, and what is left in 10^-15 of one. Sums
 * of such are exact; to nano-USD they are rounded once, at the end, half to even. Binary fractions
 * occur nowhere. What does not fit is refused, never wrapped or cut.
 *
 * Threads: any.
 */
#ifndef ORX_MONEY_DECIMAL_H
#define ORX_MONEY_DECIMAL_H

#include "base/str.h"

/* Parts of a nano-USD. */
#define ORX_DECIMAL_PARTS INT64_C(1000000000000000)

/* The value is nano + part / ORX_DECIMAL_PARTS; part is 0 .. ORX_DECIMAL_PARTS - 1, so of a
 * negative value nano is the next whole number below it. */
typedef struct orx_decimal {
    int64_t nano;
    int64_t part;
} orx_decimal;

/* Text like "-12.5", "0.000000000000000001" or "1e-05", times ten to the exponent, in units of a
 * USD. More than 24 places are rounded half to even. False, *ret untouched: it is no such number
 * (also NaN, infinity, hexadecimal digits), or more than fits. At most 128 bytes. */
bool orx_decimal_parse(orx_view text, int exponent, orx_decimal *ret);

/* Adds. False, *sum untouched: more than fits. */
bool orx_decimal_add(orx_decimal *sum, orx_decimal more);

/* To whole nano-USD, half to even. False, *ret untouched: more than fits. */
bool orx_decimal_round(orx_decimal d, int64_t *ret_nano);

/* Appends nano-USD as decimal text of USD: "-0.5", "12". */
void orx_decimal_format(int64_t nano, orx_str *out);

#endif
