#include "money/figures.h"

#include "platform/platform.h"

#include <math.h>

orx_node *orx_figure_usd(orx_arena *arena, int64_t nano_usd) {
    int64_t tens = nano_usd / 10 + (nano_usd % 10 >= 5) - (nano_usd % 10 <= -5);
    return orx_node_new_double(arena, (double)tens / 1e8);
}

orx_node *orx_figure_share(orx_arena *arena, double value, double scale) {
    return orx_node_new_double(arena, nearbyint(value * scale) / scale);
}

const char *orx_figure_time(orx_arena *arena, int64_t wall_ns) {
    char text[ORX_ISO_MAX];
    int64_t micro = wall_ns / 1000 % 1000000;
    orx_iso_time(wall_ns, text);
    return micro ? orx_arena_printf(arena, "%.19s.%06lld+00:00", text, (long long)micro)
                 : orx_arena_printf(arena, "%.19s+00:00", text);
}

orx_node *orx_figure_freshness(orx_arena *arena, const orx_freshness *f) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    bool known = f->latest_ns && f->latest_ns <= f->now_ns;
    int64_t age = known ? (f->now_ns - f->latest_ns) / ORX_SEC : -1;
    orx_node_set_str(arena, n, "latest_event_timestamp",
                     f->latest_ns ? orx_figure_time(arena, f->latest_ns) : "");
    orx_node_set_int(arena, n, "age_sec", age);
    orx_node_set_bool(arena, n, "stale", age < 0 || age > f->stale_sec);
    orx_node_set_int(arena, n, "stale_threshold_sec", f->stale_sec);
    orx_node_set_int(arena, n, "files_scanned", f->files);
    orx_node_set_int(arena, n, "events_scanned", f->events);
    return n;
}
