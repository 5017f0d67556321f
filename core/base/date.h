/* date.h: days of the proleptic Gregorian calendar as numbers.
 *
 * Day 0 is 1970-01-01. Any year is fine; there is no time and no zone here.
 *
 * Threads: any.
 */
#ifndef ORX_BASE_DATE_H
#define ORX_BASE_DATE_H

#include <stdint.h>

typedef struct orx_date {
    int64_t year;
    int64_t month; /* 1 .. 12 */
    int64_t day;   /* 1 .. 31 */
} orx_date;

orx_date orx_date_of_days(int64_t days);
int64_t orx_days_of_date(orx_date d);

/* Sunday = 0. */
int orx_weekday_of_days(int64_t days);

/* Rounds towards minus infinity. */
int64_t orx_floor_div(int64_t a, int64_t b);

#endif
