/* Rounding to decimals as the predecessor's language does it: to the double that is nearest to the
 * decimal number that is nearest to the exact value of x; of two that are equally near, to the even
 * one. printf and strtod together are exactly that, and slow; so they are asked only where a
 * multiplication cannot tell. */
#include "scorecard.h"

#include <stdio.h>
#include <stdlib.h>

/* Products below this are exact enough to tell on which side of a half they lie, unless they are
 * within the margin of it. */
#define PRODUCT_MAX 1e12
#define MARGIN      1e-3

static double exactly(double x, int decimals) {
    char text[400];
    (void)snprintf(text, sizeof text, "%.*f", decimals, x);
    return strtod(text, NULL);
}

double sc_round(double x, int decimals) {
    double scale = decimals == 4 ? 1e4 : decimals == 6 ? 1e6 : 1e8;
    double product = x < 0 ? -x * scale : x * scale;
    if (!(product < PRODUCT_MAX))
        return exactly(x, decimals);
    int64_t whole = (int64_t)product;
    double rest = product - (double)whole;
    if (rest > 0.5 - MARGIN && rest < 0.5 + MARGIN)
        return exactly(x, decimals);
    double near = (double)(rest > 0.5 ? whole + 1 : whole) / scale;
    return x < 0 ? -near : near;
}
