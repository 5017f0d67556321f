#include "money/caps.h"

#include "base/units.h"
#include "base/vec.h"

typedef struct making {
    const orx_config *cfg;
    orx_arena *arena;
    ORX_VEC(orx_cap) caps;
} making;

static void add(making *m, orx_cap cap, int64_t amount) {
    cap.amount = amount;
    if (amount > 0)
        orx_vec_push(&m->caps, cap);
}

/* Whose calls an account pays for. */
static const char *const *payers(making *m, const char *account) {
    const orx_config *cfg = m->cfg;
    const char **list = orx_arena_zalloc(m->arena, cfg->provider_count + 1, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (strcmp(cfg->providers[i].account, account) == 0)
            list[n++] = cfg->providers[i].name;
    return list;
}

static const char *key(making *m, const char *section, const char *member) {
    return orx_arena_printf(m->arena, "caps.%s.%s", section, member);
}

static void add_entry(making *m, const orx_cap_config *c) {
    orx_cap cap = {.scope = c->lane       ? ORX_CAP_LANE
                            : c->provider ? ORX_CAP_PROVIDER
                                          : ORX_CAP_ACCOUNT,
                   .name = c->lane       ? c->lane
                           : c->provider ? c->provider
                                         : c->account};
    if (c->account)
        cap.providers = payers(m, c->account);
    cap.span = ORX_CAP_HOUR;
    cap.key = key(m, c->name, "hourly");
    add(m, cap, c->hourly);
    cap.span = ORX_CAP_DAY;
    cap.key = key(m, c->name, "daily");
    add(m, cap, c->daily);
    cap.span = ORX_CAP_MONTH;
    cap.key = key(m, c->name, "monthly");
    add(m, cap, c->monthly);
}

static void add_entries(making *m, const char *lane) {
    for (size_t i = 0; i < m->cfg->cap_count; i++) {
        const orx_cap_config *c = &m->cfg->caps[i];
        if (!lane || !c->lane || strcmp(c->lane, lane) == 0)
            add_entry(m, c);
    }
}

static void add_swarm(making *m) {
    const orx_config *cfg = m->cfg;
    add(m, (orx_cap){.span = ORX_CAP_DAY, .name = "", .key = "budget.daily"}, cfg->budget.daily);
    add(m, (orx_cap){.span = ORX_CAP_MONTH, .name = "", .key = "budget.monthly"},
        cfg->budget.monthly);
    add(m, (orx_cap){.span = ORX_CAP_HOUR, .name = "", .key = "budget.hourly"}, cfg->budget.hourly);
}

/* What budget says of each lane, for spans that no entry of caps is about. */
static void add_lane(making *m, const char *lane) {
    const orx_config *cfg = m->cfg;
    static const char *const keys[] = {"budget.lane_hourly", "budget.lane_daily",
                                       "budget.lane_monthly"};
    const int64_t amounts[] = {cfg->budget.lane_hourly, cfg->budget.lane_daily,
                               cfg->budget.lane_monthly};
    for (int span = ORX_CAP_HOUR; span <= ORX_CAP_MONTH; span++) {
        bool own = false;
        for (size_t i = 0; i < m->caps.len; i++)
            own = own || (m->caps.items[i].scope == ORX_CAP_LANE &&
                          m->caps.items[i].span == (orx_cap_span)span);
        if (!own)
            add(m,
                (orx_cap){.scope = ORX_CAP_LANE,
                          .span = (orx_cap_span)span,
                          .name = lane,
                          .key = keys[span]},
                amounts[span]);
    }
}

static void add_units(making *m) {
    const orx_config *cfg = m->cfg;
    orx_cap cap = {.scope = ORX_CAP_TASK, .span = ORX_CAP_EVER, .name = "", .key = "budget.task"};
    add(m, cap, cfg->budget.task);
    cap.scope = ORX_CAP_ATTEMPT;
    cap.key = "budget.attempt";
    add(m, cap, cfg->budget.attempt);
}

orx_budget orx_budget_of(const orx_config *cfg, const char *lane, orx_arena *arena) {
    making m = {.cfg = cfg, .arena = arena};
    add_swarm(&m);
    add_entries(&m, lane);
    if (lane)
        add_lane(&m, lane);
    add_units(&m);
    orx_cap *caps = orx_arena_zalloc(arena, m.caps.len + 1, sizeof *caps);
    size_t count = m.caps.len;
    for (size_t i = 0; i < count; i++)
        caps[i] = m.caps.items[i];
    orx_vec_free(&m.caps);
    return (orx_budget){.caps = caps,
                        .count = count,
                        .warning_ratio = cfg->budget.warning_ratio,
                        .hard_stop = cfg->budget.hard_stop,
                        .deny_missing = cfg->budget.on_missing_cost == ORX_MISSING_COST_DENY,
                        .zone = cfg->money.zone};
}
