/* cron.h: when a cron expression is due.
 *
 * Five fields, as in crontab(5): minute (0-59), hour (0-23), day of the month (1-31), month (1-12
 * or jan-dec), day of the week (0-7 or sun-sat; 0 and 7 are Sunday). A field is a list of items
 * with commas between them: `*`, a value, a range `a-b`, and either of the last two or `*` with a
 * step, `a-b/n`. A single value with a step means different things to different programs, so it is
 * refused, as is a step wider than its range and a day that never comes. @hourly, @daily
 * (@midnight),
 * @weekly, @monthly and @yearly (@annually) are short for what they say.
 *
 * Days. When both fields of days are restricted, a day is right that fits either; a field that
 * begins with `*` is no restriction (`*` followed by a step still leaves days out).
 *
 * Clocks that are set. An expression is about local time, and once a year an hour of it does not
 * exist, once another exists twice:
 *
 *     an expression that names hours    a time that does not exist is due at the first moment
 *                                       after the gap, once however many fell into it; a time that
 *                                       exists twice is due the first time only
 *     one that is right in every hour   goes by what has passed: nothing is made up for an hour
 *                                       that was left out, and an hour that comes twice is two
 *
 * The zone is a function, so that this file knows nothing of the machine.
 *
 * Threads: any; values.
 */
#ifndef ORX_BASE_CRON_H
#define ORX_BASE_CRON_H

#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Bit n of each set: the value n. */
typedef struct orx_cron {
    uint64_t minutes;
    uint32_t hours;
    uint32_t days;
    uint32_t months;
    uint32_t weekdays; /* 0 .. 6 */
    bool any_day;
    bool any_weekday;
} orx_cron;

#define ORX_CRON_MAX 256 /* bytes of an expression */

/* ORX_E_INVALID: the message names the field, what was found and what was expected. */
int orx_cron_parse(orx_view text, orx_cron *ret_cron, orx_err *err);

/* How many seconds local time is ahead of UTC at that instant. */
typedef int64_t orx_zone_fn(int64_t utc_sec, void *user);

/* The first instant after after_sec (seconds since 1970, UTC) at which it is due. False: not within
 * forty years, which a parsed expression does not do. */
bool orx_cron_next(const orx_cron *c, int64_t after_sec, orx_zone_fn *zone, void *user,
                   int64_t *ret_sec);

#endif
