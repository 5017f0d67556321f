#include "money/amount.h"

__extension__ typedef __int128 wide;

/* n / d for n >= 0, d > 0, half to even. */
static wide divide(wide n, wide d) {
    wide q = n / d;
    wide twice = n % d * 2;
    return twice > d || (twice == d && q % 2) ? q + 1 : q;
}

static bool fits(wide value, int64_t *ret) {
    if (value > INT64_MAX)
        return false;
    *ret = (int64_t)value;
    return true;
}

bool orx_amount_of(int64_t units, int64_t rate, orx_amount *ret) {
    int64_t nano;
    if (units < 0 || rate < 0)
        return false;
    wide parts = (wide)units * rate;
    if (!fits(parts / ORX_RATE_UNITS, &nano))
        return false;
    *ret = (orx_amount){nano, (int64_t)(parts % ORX_RATE_UNITS)};
    return true;
}

bool orx_amount_add(orx_amount *sum, orx_amount more) {
    int64_t rest = sum->rest + more.rest;
    int64_t nano;
    if (__builtin_add_overflow(sum->nano, more.nano, &nano) ||
        __builtin_add_overflow(nano, rest / ORX_RATE_UNITS, &nano))
        return false;
    *sum = (orx_amount){nano, rest % ORX_RATE_UNITS};
    return true;
}

int64_t orx_amount_round(orx_amount a) {
    int64_t twice = 2 * a.rest;
    bool up = twice > ORX_RATE_UNITS || (twice == ORX_RATE_UNITS && a.nano % 2);
    return up && a.nano < INT64_MAX ? a.nano + 1 : a.nano;
}

bool orx_rate_scale(int64_t rate, int64_t numerator, int64_t denominator, int64_t *ret) {
    int64_t scaled;
    if (rate < 0 || numerator < 0 || denominator <= 0 ||
        !fits(divide((wide)rate * numerator, denominator), &scaled) || scaled > ORX_RATE_MAX)
        return false;
    *ret = scaled;
    return true;
}

bool orx_energy_cost(int64_t watts, int64_t nano_usd_per_kwh, int64_t ns, int64_t *ret_nano_usd) {
    const wide ns_of_kwh = (wide)3600 * 1000 * 1000000000; /* watt-nanoseconds in a kWh */
    wide price;
    wide work;
    if (watts < 0 || nano_usd_per_kwh < 0 || ns < 0 ||
        __builtin_mul_overflow((wide)watts, (wide)ns, &work) ||
        __builtin_mul_overflow(work, (wide)nano_usd_per_kwh, &price))
        return false;
    return fits(divide(price, ns_of_kwh), ret_nano_usd);
}
