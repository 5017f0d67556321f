#include "money/window.h"

#include "base/units.h"
#include "platform/platform.h"

#define DAY_NS (24 * (3600 * ORX_SEC))

int64_t orx_day_begin(int64_t wall_ns, int64_t utc_offset_ns) {
    int64_t local = wall_ns + utc_offset_ns;
    int64_t days = local / DAY_NS - (local % DAY_NS < 0);
    return days * DAY_NS - utc_offset_ns;
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

int64_t orx_month_begin(int64_t wall_ns, int64_t utc_offset_ns) {
    int64_t day = orx_day_begin(wall_ns, utc_offset_ns) + utc_offset_ns;
    return day - (day_of_month(day / DAY_NS) - 1) * DAY_NS - utc_offset_ns;
}

bool orx_window_named(orx_view name, int64_t now_ns, int64_t utc_offset_ns, orx_window *ret) {
    int64_t length;
    int64_t today = orx_day_begin(now_ns, utc_offset_ns);
    if (orx_view_is(name, "today"))
        *ret = (orx_window){today, now_ns + 1};
    else if (orx_view_is(name, "yesterday"))
        *ret = (orx_window){today - DAY_NS, today};
    else if (orx_view_is(name, "all"))
        *ret = (orx_window){0, now_ns + 1};
    else if (orx_duration_parse(name, &length) && length > 0 && length < now_ns)
        *ret = (orx_window){now_ns - length, now_ns + 1};
    else
        return false;
    return true;
}

bool orx_window_time(orx_view text, int64_t utc_offset_ns, int64_t *ret_ns) {
    int64_t ns;
    text = orx_view_trim(text);
    if (!orx_iso_parse(text, &ns))
        return false;
    bool zoned = false;
    for (size_t i = 10; i < text.len; i++)
        zoned = zoned || strchr("Zz+-", text.p[i]);
    *ret_ns = zoned ? ns : ns - utc_offset_ns;
    return true;
}
