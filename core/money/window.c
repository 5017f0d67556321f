#include "money/window.h"

#include "base/units.h"
#include "platform/platform.h"

#define DAY_NS (24 * (3600 * ORX_SEC))

/* The day that clocks of the zone show, counted from 1970-01-01. */
static int64_t day_of(int64_t wall_ns, const orx_zone *zone) {
    int64_t local = wall_ns + orx_zone_offset(zone, wall_ns);
    return local / DAY_NS - (local % DAY_NS < 0);
}

int64_t orx_day_begin(int64_t wall_ns, const orx_zone *zone) {
    return orx_day_away(wall_ns, 0, zone);
}

int64_t orx_day_away(int64_t wall_ns, int64_t days, const orx_zone *zone) {
    return orx_zone_instant(zone, (day_of(wall_ns, zone) + days) * DAY_NS);
}

/* Day of the month, from 1, of a day counted from 1970-01-01; eras of 400 years begin in March. */
static int64_t day_of_month(int64_t days) {
    int64_t shifted = days + 719468;
    int64_t day = shifted % 146097;
    if (day < 0)
        day += 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    return of_year - (153 * month + 2) / 5 + 1;
}

int64_t orx_month_begin(int64_t wall_ns, const orx_zone *zone) {
    return orx_day_away(wall_ns, 1 - day_of_month(day_of(wall_ns, zone)), zone);
}

bool orx_window_named(orx_view name, int64_t now_ns, const orx_zone *zone, orx_window *ret) {
    int64_t length;
    int64_t today = orx_day_begin(now_ns, zone);
    if (orx_view_is(name, "today"))
        *ret = (orx_window){today, now_ns + 1};
    else if (orx_view_is(name, "yesterday"))
        *ret = (orx_window){orx_day_away(now_ns, -1, zone), today};
    else if (orx_view_is(name, "all"))
        *ret = (orx_window){0, now_ns + 1};
    else if (orx_duration_parse(name, &length) && length > 0 && length < now_ns)
        *ret = (orx_window){now_ns - length, now_ns + 1};
    else
        return false;
    return true;
}

bool orx_window_time(orx_view text, const orx_zone *zone, int64_t *ret_ns) {
    int64_t ns;
    text = orx_view_trim(text);
    if (!orx_iso_parse(text, &ns))
        return false;
    bool zoned = false;
    for (size_t i = 10; i < text.len; i++)
        zoned = zoned || strchr("Zz+-", text.p[i]);
    *ret_ns = zoned ? ns : orx_zone_instant(zone, ns);
    return true;
}
