/* zone.h: time zones with their summers.
 *
 * A zone says how far its clocks are from UTC at any moment. It is UTC itself, a fixed distance
 * ("+02:00", base/units.h), or a name of the system's tz database ("Europe/Berlin"), whose days
 * have 23 or 25 hours twice a year and whose distance changes by law now and then.
 *
 * The database is read by ourselves (TZif, RFC 9636): libc tells of other zones than its own only
 * by way of the environment variable TZ, which all threads of a process share. A file is read once
 * and kept; what it says of the years after its last change is a rule (zone_rule.c).
 *
 * Local time is not a line: an hour that is skipped has no moments, one that is repeated has two.
 * orx_zone_instant answers with the first moment at which clocks show so much or more, so a day
 * whose midnight is skipped begins when the clocks go forward.
 *
 * Threads: a zone never changes once it is there.
 */
#ifndef ORX_DATA_ZONE_H
#define ORX_DATA_ZONE_H

#include "base/arena.h"
#include "base/err.h"
#include "platform/platform.h"

/* Distances are nanoseconds to be added to UTC. */
typedef struct orx_zone_change {
    int64_t at_ns; /* UTC: from this moment on */
    int64_t offset_ns;
} orx_zone_change;

/* When a season begins: a moment of local time in each year. */
typedef struct orx_zone_date {
    char kind;    /* 'J' day 1-365 without leap days, '0' day 0-365, 'M' week day of a month */
    int16_t day;  /* of the year; for M: of the week, 0 = Sunday */
    int16_t week; /* M: 1-5, 5 = the last one */
    int16_t month;
    int64_t time_ns; /* of that day; may be negative or beyond it */
} orx_zone_date;

typedef struct orx_zone_rule {
    bool summer; /* there are two seasons; otherwise it is always `winter_ns` */
    int64_t winter_ns;
    int64_t summer_ns;
    orx_zone_date to_summer;
    orx_zone_date to_winter;
} orx_zone_rule;

typedef struct orx_zone {
    const char *name;
    int64_t first_ns; /* before the first change; all there is of a fixed zone */
    const orx_zone_change *changes;
    size_t count;
    bool has_rule; /* after the last change */
    orx_zone_rule rule;
} orx_zone;

/* A stretch of time in which the distance stays as it is: from <= time < to. */
typedef struct orx_zone_span {
    int64_t from_ns;
    int64_t to_ns;
    int64_t offset_ns;
} orx_zone_span;

/* The zone of a name, as long as the arena. The database is in $TZDIR, or where systems have it.
 * ORX_E_INVALID: that is no name of a zone. ORX_E_NOT_FOUND: the database does not have it.
 * ORX_E_CORRUPT: its file is damaged. */
int orx_zone_load(orx_platform *p, const char *name, orx_arena *arena, const orx_zone **ret_zone,
                  orx_err *err);

/* The same from the bytes of a file. */
int orx_zone_read(orx_view bytes, const char *name, orx_arena *arena, const orx_zone **ret_zone,
                  orx_err *err);

/* The rule of a POSIX TZ text: "CET-1CEST,M3.5.0,M10.5.0/3". False: it is none. */
bool orx_zone_rule_parse(orx_view text, orx_zone_rule *ret_rule);

/* The stretch of a rule that a moment is in. */
orx_zone_span orx_zone_rule_span(const orx_zone_rule *rule, int64_t utc_ns);

/* The stretch a moment is in. NULL is UTC, here and below. */
orx_zone_span orx_zone_span_of(const orx_zone *zone, int64_t utc_ns);

int64_t orx_zone_offset(const orx_zone *zone, int64_t utc_ns);

/* The first moment at which clocks show this local time or a later one. */
int64_t orx_zone_instant(const orx_zone *zone, int64_t local_ns);

#endif
