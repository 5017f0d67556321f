#include "money/window.h"

#include "base/units.h"
#include "platform/platform.h"

#define DAY_NS (24 * (3600 * ORX_SEC))

int64_t orx_day_begin(int64_t wall_ns, int64_t utc_offset_ns) {
    int64_t local = wall_ns + utc_offset_ns;
    int64_t days = local / DAY_NS - (local % DAY_NS < 0);
    return days * DAY_NS - utc_offset_ns;
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
