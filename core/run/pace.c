#include "run/pace.h"

#include "platform/platform.h"

#define HOUR_NS (3600 * ORX_SEC)

static orx_pace of_power(const orx_meter *meter, int64_t begun_ns) {
    orx_pace pace = {0};
    int64_t kwh = orx_meter_kwh(meter, begun_ns);
    if (kwh && orx_energy_cost(meter->watts, kwh, HOUR_NS, &pace.cost))
        pace.ns = HOUR_NS;
    return pace;
}

orx_pace orx_pace_of(orx_store *s, const orx_meter *meter, const char *model, int64_t begun_ns) {
    orx_sql *q;
    orx_pace pace = {0};
    if (meter->watts)
        return of_power(meter, begun_ns);
    if (orx_sql_get(s,
                    "SELECT coalesce(sum(cost_nano_usd), 0), coalesce(sum(wall_ns), 0) FROM"
                    " (SELECT cost_nano_usd, wall_ns, price FROM call WHERE provider = ?1"
                    "  AND model_asked = ?2 AND booked = 1 AND asked = 1 ORDER BY id DESC LIMIT 31)"
                    " WHERE cost_nano_usd IS NOT NULL AND wall_ns > 0 AND price <> 'reserved'",
                    &q, NULL) < 0)
        return pace;
    orx_sql_str(q, 1, meter->provider);
    orx_sql_str(q, 2, model);
    if (orx_sql_step(q, NULL) == 1)
        pace = (orx_pace){orx_sql_col_int(q, 0), orx_sql_col_int(q, 1)};
    orx_sql_reset(q);
    return pace;
}

int64_t orx_pace_cost(const orx_pace *pace, int64_t ns) {
    int64_t cost = ORX_RATE_MAX;
    if (!pace->ns)
        return -1;
    (void)orx_rate_scale(pace->cost, ns, pace->ns, &cost);
    return cost;
}
