/* costs_chart.h: spending as a picture: a line of blocks for a terminal, an SVG for a page.
 *
 * Threads: any.
 */
#ifndef ORX_CLI_COSTS_CHART_H
#define ORX_CLI_COSTS_CHART_H

#include "base/str.h"

/* What was spent in each of `count` parts of a span of `parts` equal ones; the rest is to come. */
typedef struct orx_chart {
    const int64_t *spent; /* nano-USD */
    size_t count;
    size_t parts;
    int64_t cap;      /* nano-USD; 0 = there is none, and the line goes up instead of down */
    const char *from; /* labels; nothing in them that XML means something by */
    const char *to;
} orx_chart;

/* One of eight blocks for each value, the highest for the largest; a blank for nothing. */
void orx_chart_spark(const int64_t *values, size_t count, orx_str *out);

/* A whole SVG document: what is left of the cap after each part, and the straight line from all of
 * it to nothing. Without a cap what was spent up to then. */
void orx_chart_svg(const orx_chart *c, orx_str *out);

#endif
