#include "data/json.h"
#include "data/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Decimal digits d1 d2 ... dn (without trailing zeros) of the value d1.d2...dn * 10^exponent. */
typedef struct digits {
    char text[24];
    int count;
    int exponent;
} digits;

/* The value correctly rounded to `count` digits. The point that printf puts may be any character
 * (it depends on the locale), so it is stepped over. */
static digits round_to(double d, int count) {
    char buf[48];
    (void)snprintf(buf, sizeof buf, "%.*e", count - 1, d);
    digits r = {.count = count};
    char *p = buf;
    for (int n = 0; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            r.text[n++] = *p;
    r.exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
    return r;
}

static bool reads_back(const digits *r, double d) {
    char buf[48];
    int n = snprintf(buf, sizeof buf, "%.*se%d", r->count, r->text, r->exponent - (r->count - 1));
    return orx_number_to_double(orx_view_mem(buf, (size_t)n)) == d;
}

/* The next decimal up in the last digit. */
static digits one_up(digits r) {
    int i = r.count - 1;
    while (i >= 0 && r.text[i] == '9')
        r.text[i--] = '0';
    if (i >= 0) {
        r.text[i]++;
        return r;
    }
    r.text[0] = '1';
    r.exponent++;
    return r;
}

static digits without_zeros(digits r) {
    while (r.count > 1 && r.text[r.count - 1] == '0')
        r.count--;
    return r;
}

/* The shortest digits that read back as d > 0, nearest to d among those. A decimal of up to 15
 * digits survives the way through a normal double, so rounding to 15 shows it; subnormals have
 * fewer digits and are tried from one. A power of two has less room below it than above, so the
 * nearest decimal can fail where the next one up reads back. */
static digits shortest(double d) {
    int exponent;
    bool power_of_two = frexp(d, &exponent) == 0.5;
    for (int n = d < DBL_MIN ? 1 : 15; n < 17; n++) {
        digits r = round_to(d, n);
        if (reads_back(&r, d))
            return without_zeros(r);
        digits up = one_up(r);
        if (power_of_two && reads_back(&up, d))
            return without_zeros(up);
    }
    return without_zeros(round_to(d, 17));
}

/* d.dde-05: at least two digits of exponent, always with its sign. */
static void scientific(orx_str *out, const digits *r) {
    orx_str_addc(out, r->text[0]);
    if (r->count > 1) {
        orx_str_addc(out, '.');
        orx_str_add(out, r->text + 1, (size_t)r->count - 1);
    }
    orx_str_addf(out, "e%c%02d", r->exponent < 0 ? '-' : '+', abs(r->exponent));
}

static void positional(orx_str *out, const digits *r) {
    for (int i = r->exponent < 0 ? r->exponent : 0; i < r->count || i <= r->exponent + 1; i++) {
        if (i == r->exponent + 1)
            orx_str_addc(out, '.');
        orx_str_addc(out, (char)(i >= 0 && i < r->count ? r->text[i] : '0'));
    }
}

/* Numbers with at most six decimals, as people and reports write them, without printf. A decimal of
 * up to 15 digits has a double of its own, so the one that reads back as d is the shortest. */
static bool few_decimals(orx_str *out, double d) {
    char text[24];
    size_t at = sizeof text;
    if (!(d >= 1e-4 && d < 1e9))
        return false;
    int64_t millionths = (int64_t)(d * 1e6 + 0.5);
    if ((double)millionths / 1e6 != d)
        return false;
    int places = 6;
    for (; places > 1 && millionths % 10 == 0; places--)
        millionths /= 10;
    for (; places >= 0 || millionths; places--) {
        if (places == 0)
            text[--at] = '.';
        text[--at] = (char)('0' + millionths % 10);
        millionths /= 10;
    }
    orx_str_add(out, text + at, sizeof text - at);
    return true;
}

void orx_json_double(orx_str *out, double d) {
    if (!isfinite(d)) {
        orx_str_adds(out, "null");
        return;
    }
    if (signbit(d))
        orx_str_addc(out, '-');
    if (few_decimals(out, fabs(d)))
        return;
    digits r = d == 0 ? (digits){.text = "0", .count = 1} : shortest(fabs(d));
    /* Python's repr: positional from 1e-4 up to below 1e16. */
    if (r.exponent < -4 || r.exponent >= 16)
        scientific(out, &r);
    else
        positional(out, &r);
}
