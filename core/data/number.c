#include "data/number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

typedef struct decimal {
    uint64_t digits; /* all digits as one integer */
    int scale;       /* value = digits * 10^scale */
    bool exact;      /* few enough digits for the quick way */
} decimal;

static decimal split(orx_view text) {
    decimal d = {0, 0, true};
    size_t i = 0;
    bool fraction = false;
    for (; i < text.len && text.p[i] != 'e' && text.p[i] != 'E'; i++) {
        if (text.p[i] == '.') {
            fraction = true;
            continue;
        }
        d.digits = d.digits * 10 + (uint64_t)(text.p[i] - '0');
        d.scale -= fraction;
        if (d.digits >= (1ULL << 53))
            return (decimal){0, 0, false};
    }
    int64_t exponent = 0;
    if (i < text.len && !orx_view_to_i64(orx_view_mem(text.p + i + 1, text.len - i - 1), &exponent))
        return (decimal){0, 0, false};
    if (exponent < -100 || exponent > 100 || d.scale < -100)
        return (decimal){0, 0, false};
    d.scale += (int)exponent;
    return d;
}

/* strtod in the C locale, so that a library that called setlocale cannot change what a file means.
 * glibc returns a constant object for "C": nothing is allocated. */
static double slow(orx_view text) {
    char buf[ORX_NUMBER_MAX + 1];
    size_t n = text.len < ORX_NUMBER_MAX ? text.len : ORX_NUMBER_MAX;
    memcpy(buf, text.p, n);
    buf[n] = '\0';
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value = strtod_l(buf, NULL, c);
    freelocale(c);
    return value;
}

/* Clinger's fast path: digits below 2^53 and a power of ten up to 10^22 are both exact doubles, so
 * one multiplication or division rounds once and correctly. */
double orx_number_to_double(orx_view text) {
    bool negative = text.len && text.p[0] == '-';
    if (text.len && (text.p[0] == '-' || text.p[0] == '+'))
        text = orx_view_mem(text.p + 1, text.len - 1);
    decimal d = split(text);
    double value;
    if (d.exact && d.scale >= 0 && d.scale <= 22)
        value = (double)d.digits * powers_of_ten[d.scale];
    else if (d.exact && d.scale < 0 && d.scale >= -22)
        value = (double)d.digits / powers_of_ten[-d.scale];
    else
        value = slow(text);
    return negative ? -value : value;
}

static bool is_integer(orx_view text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == '.' || text.p[i] == 'e' || text.p[i] == 'E')
            return false;
    return true;
}

const char *orx_number_read(orx_node *n, orx_view text) {
    if (text.len > ORX_NUMBER_MAX)
        return "a number of at most 1024 characters";
    if (is_integer(text)) {
        n->kind = ORX_INT;
        return orx_view_to_i64(text, &n->u.i)
                   ? NULL
                   : "an integer between -9223372036854775808 and 9223372036854775807";
    }
    n->kind = ORX_DOUBLE;
    n->u.d = orx_number_to_double(text);
    return isfinite(n->u.d) ? NULL : "a number of at most 1.7976931348623157e+308";
}
