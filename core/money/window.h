/* window.h: spans of time as people name them.
 *
 * A window is from <= time < to. Days begin at midnight of a time zone, which is given as its
 * distance from UTC (money.timezone).
 *
 * Threads: any.
 */
#ifndef ORX_MONEY_WINDOW_H
#define ORX_MONEY_WINDOW_H

#include "base/view.h"

typedef struct orx_window {
    int64_t from_ns;
    int64_t to_ns;
} orx_window;

/* Midnight before or at a moment. */
int64_t orx_day_begin(int64_t wall_ns, int64_t utc_offset_ns);

/* The first of its month, at midnight. */
int64_t orx_month_begin(int64_t wall_ns, int64_t utc_offset_ns);

/* today, yesterday, all, or a length that ends now: 1h, 90m, 7d. now itself is inside. */
bool orx_window_named(orx_view name, int64_t now_ns, int64_t utc_offset_ns, orx_window *ret);

/* A day (its begin) or a time; without a zone of its own it is in ours. */
bool orx_window_time(orx_view text, int64_t utc_offset_ns, int64_t *ret_ns);

#endif
