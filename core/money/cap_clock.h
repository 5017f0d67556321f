/* cap_clock.h: the time that caps go by.
 *
 * A clock that is put forward would begin a new day for every cap, and one that is put back would
 * wake up overrides that have ended. So what the clock on the wall says is compared with the time
 * that has really passed in this boot. How far it has been put forward since is its skew, negative
 * when it was put back:
 *
 *   - a cap's hour, day or month that only a jump would begin has not begun. It begins when so much
 *     time has really passed: an hour after the jump, at the midnight or the first of the month of
 *     the clock as it went before. From then on the clock is believed for that span;
 *   - an override ends when either clock says so.
 *
 * Less than a minute is no jump, but what clocks are corrected by all the time. After a boot the
 * clock is believed: nothing else is known. Time in which the machine sleeps has passed, too.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_CAP_CLOCK_H
#define ORX_MONEY_CAP_CLOCK_H

#include "data/zone.h"
#include "store/store.h"

typedef struct orx_cap_clock {
    int64_t wall_ns;  /* what the clock says */
    int64_t skew_ns;  /* what of that is jumps */
    int64_t since_ns; /* monotonic time that has passed since the last jump */
    int64_t held_ns;  /* what the time was at it, without it */
} orx_cap_clock;

/* Reads it, with the jump since it was noted last, so that a reader need not write. */
int orx_cap_clock_read(orx_store *s, orx_cap_clock *ret_clock, orx_err *err);

/* The same, and remembers what it found. Inside a transaction. */
int orx_cap_clock_note(orx_store *s, orx_err *err);

/* When the present hour, day or month of caps began. */
int64_t orx_cap_hour(const orx_cap_clock *c);
int64_t orx_cap_day(const orx_cap_clock *c, const orx_zone *zone);
int64_t orx_cap_month(const orx_cap_clock *c, const orx_zone *zone);

/* The later of the two clocks: what ends at a moment has ended when this is behind it. */
int64_t orx_cap_clock_latest(const orx_cap_clock *c);

#endif
