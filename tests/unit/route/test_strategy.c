/* What each strategy promises, over many draws. */
#include "route/strategy.h"

#include "test.h"

#include <string.h>

enum { MEMBERS_MAX = 12, ROUNDS = 2000 };

static uint64_t next(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static int64_t maybe(uint64_t *seed, int64_t most) {
    return next(seed) % 5 ? (int64_t)(next(seed) % (uint64_t)most) : -1;
}

/* Whether some stand in another tier. */
static bool tiers;

static size_t draw_members(orx_strategy_member *m, uint64_t *seed) {
    size_t count = next(seed) % MEMBERS_MAX + 1;
    for (size_t i = 0; i < count; i++) {
        m[i] = (orx_strategy_member){.weight = (int64_t)(next(seed) % 4),
                                     .in_flight = (int64_t)(next(seed) % 5),
                                     .limit = (int64_t)(1 + next(seed) % 5),
                                     .milli_tps = maybe(seed, 90000),
                                     .latency_ns = maybe(seed, 1000),
                                     .price = maybe(seed, 50),
                                     .used_ppm = (int64_t)(next(seed) % 8),
                                     .rank = (int64_t)(next(seed) % 4),
                                     .tier = tiers ? (int64_t)(next(seed) % 3) : 0,
                                     .local = next(seed) % 2};
        if (m[i].latency_ns < 0)
            m[i].milli_tps = -1;
    }
    return count;
}

/* Calls `holds` for neighbours in the order, which all members are in once. */
static void each_pair(orx_strategy strategy, bool (*holds)(const orx_strategy_member *before,
                                                           const orx_strategy_member *after)) {
    uint64_t seed = 11;
    for (int round = 0; round < ROUNDS; round++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        orx_strategy_member m[MEMBERS_MAX];
        bool seen[MEMBERS_MAX] = {false};
        size_t count = draw_members(m, &seed);
        const size_t *order = orx_strategy_order(strategy, m, count, next(&seed), &arena);
        for (size_t i = 0; i < count; i++) {
            assert_true(order[i] < count && !seen[order[i]]);
            seen[order[i]] = true;
            if (i && !holds(&m[order[i - 1]], &m[order[i]]))
                fail_msg("round %d: %zu stands before %zu", round, order[i - 1], order[i]);
        }
    }
}

static bool fewer_calls(const orx_strategy_member *a, const orx_strategy_member *b) {
    return a->in_flight <= b->in_flight;
}

static void least_busy_never_asks_one_with_more_under_way(void **state) {
    (void)state;
    each_pair(ORX_STRATEGY_LEAST_BUSY, fewer_calls);
}

static bool cheaper(const orx_strategy_member *a, const orx_strategy_member *b) {
    return b->price < 0 || (a->price >= 0 && a->price <= b->price);
}

static void cost_asks_the_cheapest_and_an_unknown_price_last(void **state) {
    (void)state;
    each_pair(ORX_STRATEGY_COST, cheaper);
}

static bool less_used(const orx_strategy_member *a, const orx_strategy_member *b) {
    return a->used_ppm < b->used_ppm ||
           (a->used_ppm == b->used_ppm && a->in_flight <= b->in_flight);
}

static void usage_asks_the_least_used(void **state) {
    (void)state;
    each_pair(ORX_STRATEGY_USAGE, less_used);
}

static bool ranked(const orx_strategy_member *a, const orx_strategy_member *b) {
    return a->rank < b->rank || (a->rank == b->rank && a < b);
}

static void priority_keeps_the_operators_order(void **state) {
    (void)state;
    each_pair(ORX_STRATEGY_PRIORITY, ranked);
}

static bool measured_last(const orx_strategy_member *a, const orx_strategy_member *b) {
    return a->latency_ns < 0 || b->latency_ns >= 0;
}

static void latency_measures_what_it_does_not_know(void **state) {
    (void)state;
    each_pair(ORX_STRATEGY_LATENCY, measured_last);
}

/* One that says how many tokens a second must not be compared by it with one that does not. */
static void latency_compares_like_with_like(void **state) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_strategy_member m[3] = {{.latency_ns = 900, .milli_tps = 70000},
                                {.latency_ns = 100, .milli_tps = 30000},
                                {.latency_ns = 500, .milli_tps = 50000}};
    (void)state;
    const size_t *order = orx_strategy_order(ORX_STRATEGY_LATENCY, m, 3, 1, &arena);
    assert_true(order[0] == 0 && order[1] == 2 && order[2] == 1);
    m[2].milli_tps = -1;
    order = orx_strategy_order(ORX_STRATEGY_LATENCY, m, 3, 1, &arena);
    assert_true(order[0] == 1 && order[1] == 2 && order[2] == 0);
}

static int stage(const orx_strategy_member *m) {
    return !m->local ? 1 : m->in_flight < m->limit ? 0 : 2;
}

static bool locals_first(const orx_strategy_member *a, const orx_strategy_member *b) {
    if (stage(a) != stage(b))
        return stage(a) < stage(b);
    if (stage(a) == 0)
        return a->in_flight * b->limit <= b->in_flight * a->limit;
    return stage(a) == 2 || a->rank <= b->rank;
}

static void local_first_fills_what_is_local(void **state) {
    (void)state;
    each_pair(ORX_STRATEGY_LOCAL_FIRST, locals_first);
}

/* Calls that only begin: elsewhere is asked when the last local place is taken, and not before. */
static void local_first_saturates_before_it_goes_elsewhere(void **state) {
    uint64_t seed = 47;
    (void)state;
    for (int round = 0; round < ROUNDS / 10; round++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        orx_strategy_member m[MEMBERS_MAX];
        size_t count = draw_members(m, &seed);
        int64_t room = 0;
        m[0].local = false;
        for (size_t i = 0; i < count; i++) {
            m[i].in_flight = 0;
            room += m[i].local ? m[i].limit : 0;
        }
        for (int64_t call = 0; call < room + 3; call++) {
            const size_t *order =
                orx_strategy_order(ORX_STRATEGY_LOCAL_FIRST, m, count, next(&seed), &arena);
            assert_int_equal(m[order[0]].local, call < room);
            m[order[0]].in_flight++;
        }
    }
}

static bool tiered(const orx_strategy_member *a, const orx_strategy_member *b) {
    return a->tier < b->tier || (a->tier == b->tier && cheaper(a, b));
}

static void tiers_go_before_every_strategy(void **state) {
    (void)state;
    tiers = true;
    each_pair(ORX_STRATEGY_COST, tiered);
    tiers = false;
}

/* ---- Shares ---------------------------------------------------------------------------------- */

enum { DRAWS = 40000 };

/* How often each is first must be its share, within five standard deviations. */
static void check_shares(const orx_strategy_member *m, const double *shares, size_t count) {
    size_t firsts[MEMBERS_MAX] = {0};
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += shares[i];
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        firsts[orx_strategy_order(ORX_STRATEGY_SHUFFLE, m, count, seed, &arena)[0]]++;
    }
    for (size_t i = 0; i < count; i++) {
        double p = shares[i] / sum;
        double off = (double)firsts[i] / DRAWS - p;
        if (off * off > 25 * p * (1 - p) / DRAWS)
            fail_msg("member %zu: share %.4f, expected %.4f", i, p + off, p);
    }
}

static void shuffle_follows_the_weights(void **state) {
    static const orx_strategy_member weighted[] = {
        {.weight = 1, .rpm = 100}, {.weight = 3}, {.weight = 0, .rpm = 900}, {.weight = 6}};
    static const orx_strategy_member by_rpm[] = {{.rpm = 10, .tpm = 9}, {.rpm = 30}};
    static const orx_strategy_member by_tpm[] = {{.tpm = 1000}, {.tpm = 4000}, {.tpm = 5000}};
    static const orx_strategy_member plain[] = {{.rank = 1}, {.rank = 2}, {.rank = 3}};
    static const orx_strategy_member tiered_ones[] = {
        {.weight = 1}, {.weight = 100, .tier = 1}, {.weight = 3}};
    (void)state;
    check_shares(weighted, (double[]){1, 3, 0, 6}, 4);
    check_shares(by_rpm, (double[]){1, 3}, 2);
    check_shares(by_tpm, (double[]){1, 4, 5}, 3);
    check_shares(plain, (double[]){1, 1, 1}, 3);
    check_shares(tiered_ones, (double[]){1, 0, 3}, 3);
}

static void equals_are_drawn(void **state) {
    static const orx_strategy_member same[3] = {{.limit = 1}, {.limit = 1}, {.limit = 1}};
    static const orx_strategy drawn[] = {ORX_STRATEGY_LEAST_BUSY, ORX_STRATEGY_LATENCY,
                                         ORX_STRATEGY_COST, ORX_STRATEGY_USAGE,
                                         ORX_STRATEGY_LOCAL_FIRST};
    (void)state;
    for (size_t s = 0; s < ORX_ARRAY_LEN(drawn); s++) {
        size_t firsts[3] = {0};
        for (uint64_t seed = 0; seed < 3000; seed++) {
            ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
            firsts[orx_strategy_order(drawn[s], same, 3, seed, &arena)[0]]++;
        }
        for (int i = 0; i < 3; i++)
            assert_true(firsts[i] > 850 && firsts[i] < 1150);
    }
}

static void the_same_seed_gives_the_same_order(void **state) {
    uint64_t seed = 23;
    (void)state;
    for (int s = ORX_STRATEGY_ORDER; s <= ORX_STRATEGY_LOCAL_FIRST; s++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        orx_strategy_member m[MEMBERS_MAX];
        size_t count = draw_members(m, &seed);
        const size_t *a = orx_strategy_order((orx_strategy)s, m, count, 7, &arena);
        const size_t *b = orx_strategy_order((orx_strategy)s, m, count, 7, &arena);
        assert_memory_equal(a, b, count * sizeof *a);
        for (size_t i = 0; i < count && s == ORX_STRATEGY_ORDER; i++)
            assert_int_equal(a[i], i);
        assert_true(strncmp(orx_strategy_reason((orx_strategy)s), s ? "strategy_" : "static", 6) ==
                    0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_busy_never_asks_one_with_more_under_way),
        cmocka_unit_test(cost_asks_the_cheapest_and_an_unknown_price_last),
        cmocka_unit_test(usage_asks_the_least_used),
        cmocka_unit_test(priority_keeps_the_operators_order),
        cmocka_unit_test(latency_measures_what_it_does_not_know),
        cmocka_unit_test(latency_compares_like_with_like),
        cmocka_unit_test(local_first_fills_what_is_local),
        cmocka_unit_test(local_first_saturates_before_it_goes_elsewhere),
        cmocka_unit_test(tiers_go_before_every_strategy),
        cmocka_unit_test(shuffle_follows_the_weights),
        cmocka_unit_test(equals_are_drawn),
        cmocka_unit_test(the_same_seed_gives_the_same_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
