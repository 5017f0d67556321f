#include "route/strategy.h"

#include "platform/sim/rng.h" /* a generator for values, not only those of simulations */

/* What one is sorted by: the first key, then the second, then the draw. Smaller first. */
typedef struct key {
    double first;
    double second;
    uint64_t draw;
} key;

/* In [0, 1). */
static double draw_unit(orx_sim_rng *draw) {
    return (double)(orx_sim_next(draw) >> 11) / 9007199254740992.0;
}

static double unless_known(int64_t value, double otherwise) {
    return value < 0 ? otherwise : (double)value;
}

/* ---- Shares ---------------------------------------------------------------------------------- */

typedef int64_t (*share_of)(const orx_strategy_member *m);

static int64_t by_weight(const orx_strategy_member *m) {
    return m->weight;
}

static int64_t by_rpm(const orx_strategy_member *m) {
    return m->rpm;
}

static int64_t by_tpm(const orx_strategy_member *m) {
    return m->tpm;
}

static int64_t evenly(const orx_strategy_member *m) {
    (void)m;
    return 1;
}

/* What the operator stated of some of them. */
static share_of stated(const orx_strategy_member *members, size_t count) {
    static const share_of all[] = {by_weight, by_rpm, by_tpm};
    for (size_t a = 0; a < ORX_ARRAY_LEN(all); a++)
        for (size_t i = 0; i < count; i++)
            if (all[a](&members[i]) > 0)
                return all[a];
    return evenly;
}

/* Draws one after the other from those that are left. */
static void shuffle(const orx_strategy_member *members, size_t count, orx_sim_rng *draw,
                    size_t *order) {
    share_of share = stated(members, count);
    for (size_t at = 0; at < count; at++) {
        double sum = 0;
        size_t chosen = at;
        for (size_t i = at; i < count; i++)
            sum += (double)share(&members[order[i]]);
        double left = draw_unit(draw) * sum;
        for (size_t i = at; i < count && sum > 0; i++) {
            double own = (double)share(&members[order[i]]);
            if (own > 0)
                chosen = i;
            if (own > 0 && left < own)
                break;
            left -= own;
        }
        size_t one = order[chosen];
        for (size_t i = chosen; i > at; i--)
            order[i] = order[i - 1];
        order[at] = one;
    }
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static bool all_state_speed(const orx_strategy_member *members, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (members[i].latency_ns >= 0 && members[i].milli_tps <= 0)
            return false;
    return true;
}

static double slowness(const orx_strategy_member *m, bool by_speed) {
    if (m->latency_ns < 0)
        return -1; /* not measured */
    return by_speed ? 1 / (double)m->milli_tps : (double)m->latency_ns;
}

/* How full a local one is, in (-2, -1]; 0 for those elsewhere, 1 for those that are full. */
static double saturation(const orx_strategy_member *m) {
    if (!m->local)
        return 0;
    return m->in_flight < m->limit ? (double)m->in_flight / (double)m->limit - 2 : 1;
}

static key key_of(orx_strategy strategy, const orx_strategy_member *m, bool by_speed) {
    switch (strategy) {
    case ORX_STRATEGY_LEAST_BUSY:
        return (key){.first = unless_known(m->in_flight, 0)};
    case ORX_STRATEGY_LATENCY:
        return (key){.first = slowness(m, by_speed)};
    case ORX_STRATEGY_COST:
        return (key){.first = unless_known(m->price, 1e300)};
    case ORX_STRATEGY_USAGE:
        return (key){.first = unless_known(m->used_ppm, 0),
                     .second = unless_known(m->in_flight, 0)};
    case ORX_STRATEGY_LOCAL_FIRST:
        return (key){.first = saturation(m), .second = m->local ? 0 : (double)m->rank};
    case ORX_STRATEGY_PRIORITY:
        return (key){.first = (double)m->rank};
    case ORX_STRATEGY_ORDER:
    case ORX_STRATEGY_SHUFFLE:
    default:
        return (key){0};
    }
}

static bool is_before(const key *a, const key *b) {
    if (a->first < b->first || a->first > b->first)
        return a->first < b->first;
    if (a->second < b->second || a->second > b->second)
        return a->second < b->second;
    return a->draw < b->draw;
}

static void sort(const key *keys, size_t count, size_t *order) {
    for (size_t i = 1; i < count; i++) {
        size_t one = order[i];
        size_t at = i;
        for (; at > 0 && is_before(&keys[one], &keys[order[at - 1]]); at--)
            order[at] = order[at - 1];
        order[at] = one;
    }
}

/* Keeps the order within each. */
static void by_tier(const orx_strategy_member *members, size_t count, size_t *order) {
    for (size_t i = 1; i < count; i++) {
        size_t one = order[i];
        size_t at = i;
        for (; at > 0 && members[one].tier < members[order[at - 1]].tier; at--)
            order[at] = order[at - 1];
        order[at] = one;
    }
}

/* ---- The order ------------------------------------------------------------------------------- */

size_t *orx_strategy_order(orx_strategy strategy, const orx_strategy_member *members, size_t count,
                           uint64_t seed, orx_arena *arena) {
    size_t *order = orx_arena_zalloc(arena, count + 1, sizeof *order);
    key *keys = orx_arena_zalloc(arena, count + 1, sizeof *keys);
    bool by_speed = all_state_speed(members, count);
    bool drawn = strategy != ORX_STRATEGY_ORDER && strategy != ORX_STRATEGY_PRIORITY;
    orx_sim_rng draw;
    orx_sim_rng_seed(&draw, seed, 0);
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
        keys[i] = key_of(strategy, &members[i], by_speed);
        keys[i].draw = drawn ? orx_sim_next(&draw) : i;
    }
    if (strategy == ORX_STRATEGY_SHUFFLE)
        shuffle(members, count, &draw, order);
    else
        sort(keys, count, order);
    by_tier(members, count, order);
    return order;
}

bool orx_strategy_named(const char *name, orx_strategy *ret_strategy) {
    static const char *const names[] = {
        "order", "simple-shuffle", "least-busy", "latency",
        "cost",  "usage",          "priority",   "local-first-saturate"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0) {
            *ret_strategy = (orx_strategy)i;
            return true;
        }
    return false;
}

const char *orx_strategy_reason(orx_strategy strategy) {
    static const char *const words[] = {"static",
                                        "strategy_simple_shuffle",
                                        "strategy_least_busy",
                                        "strategy_latency",
                                        "strategy_cost",
                                        "strategy_usage",
                                        "strategy_priority",
                                        "strategy_local_first_saturate"};
    return (size_t)strategy < ORX_ARRAY_LEN(words) ? words[strategy] : words[0];
}
