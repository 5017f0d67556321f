/* window.h: spans of time as people name them.
 *
 * A window is from <= time < to. Days begin at midnight of a time zone (money.timezone, NULL is
 * UTC), and have 23 or 25 hours where its clocks are put forward or back.
 *
 * Threads: any.
 */
#ifndef ORX_MONEY_WINDOW_H
#define ORX_MONEY_WINDOW_H

#include "base/view.h"
#include "data/zone.h"

typedef struct orx_window {
    int64_t from_ns;
    int64_t to_ns;
} orx_window;

/* Midnight before or at a moment. */
int64_t orx_day_begin(int64_t wall_ns, const orx_zone *zone);

/* That of a day so many days later, or earlier. */
int64_t orx_day_away(int64_t wall_ns, int64_t days, const orx_zone *zone);

/* The first of its month, at midnight. */
int64_t orx_month_begin(int64_t wall_ns, const orx_zone *zone);

/* today, yesterday, all, or a length that ends now: 1h, 90m, 7d. now itself is inside. */
bool orx_window_named(orx_view name, int64_t now_ns, const orx_zone *zone, orx_window *ret);

/* A day (its begin) or a time; without a zone of its own it is in ours. */
bool orx_window_time(orx_view text, const orx_zone *zone, int64_t *ret_ns);

#endif
