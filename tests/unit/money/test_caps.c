/* Many caps at once: which one decides, what belongs to which, and where they come from. */
#include "money/caps.h"
#include "money/window.h"

#include "money_world.h"

#include <stdio.h>
#include <stdlib.h>

#define USD  ORX_NANO_USD
#define HOUR (3600 * ORX_SEC)
#define DAY  (24 * HOUR)

static orx_budget of(const orx_cap *caps, size_t count) {
    return (orx_budget){.caps = caps, .count = count, .warning_ratio = 0.8, .hard_stop = true};
}

static orx_reservation by(const char *lane, const char *provider, int64_t amount) {
    return (orx_reservation){.amount = amount, .lane = lane, .provider = provider, .model = "m"};
}

static int reserve(world *w, const orx_budget *b, int64_t call, orx_reservation *r) {
    r->call = call;
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    int rc = orx_budget_reserve(w->s, b, r, &w->err);
    if (rc < 0)
        orx_tx_rollback(w->s);
    else
        assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
    return rc;
}

/* A call that is over. cost -1 = unknown. */
static void spent(world *w, int64_t call, const char *lane, const char *provider, int64_t cost,
                  int64_t at) {
    const orx_spend row = {.call = call,
                           .attempt = call,
                           .wall_ns = at,
                           .lane = lane,
                           .task = "t",
                           .provider = provider,
                           .account = provider,
                           .model_asked = "m",
                           .model = "m",
                           .cost = cost,
                           .source = cost < 0 ? ORX_COST_UNKNOWN : ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_books_put(w->s, &row, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

static int64_t now(world *w) {
    return orx_wall_ns(w->p);
}

/* ---- Which one decides ----------------------------------------------------------------------- */

static const char *const shared[] = {"p1", "p2", NULL};

static const orx_cap four[] = {
    {.span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = 10 * USD},
    {.scope = ORX_CAP_LANE,
     .span = ORX_CAP_DAY,
     .name = "night",
     .key = "caps.n.daily",
     .amount = 3 * USD},
    {.scope = ORX_CAP_PROVIDER,
     .span = ORX_CAP_DAY,
     .name = "p1",
     .key = "caps.p.daily",
     .amount = 4 * USD},
    {.scope = ORX_CAP_ACCOUNT,
     .span = ORX_CAP_DAY,
     .name = "a",
     .providers = shared,
     .key = "caps.a.daily",
     .amount = 6 * USD},
};

static void is_refused_by(world *w, orx_reservation r, const char *key) {
    const orx_budget b = of(four, 4);
    assert_int_equal(reserve(w, &b, 99, &r), ORX_E_LIMIT);
    assert_string_equal(r.refused_by->key, key);
    assert_non_null(strstr(w->err.msg, key));
}

static void the_smallest_that_applies_decides(void **state) {
    world *w = *state;
    const orx_budget b = of(four, 4);
    is_refused_by(w, by("night", "p0", 4 * USD), "caps.n.daily");
    is_refused_by(w, by("day", "p1", 5 * USD), "caps.p.daily");
    is_refused_by(w, by("day", "p2", 7 * USD), "caps.a.daily");
    is_refused_by(w, by("day", "p0", 11 * USD), "budget.daily");
    orx_reservation r = by("night", "p1", 3 * USD);
    assert_int_equal(reserve(w, &b, 1, &r), 0);
    is_refused_by(w, by("night", "p0", 1), "caps.n.daily");
    spent(w, 2, "day", "p2", 3 * USD, now(w));
    /* 3 reserved at p1 and 3 spent at p2 are all that the account has */
    is_refused_by(w, by("day", "p1", 1), "caps.a.daily");
    r = by("day", "p0", 4 * USD);
    assert_int_equal(reserve(w, &b, 3, &r), 0);
    is_refused_by(w, by("day", "p0", 1), "budget.daily");
}

static void a_refusal_says_whose_budget_it_was(void **state) {
    world *w = *state;
    const orx_budget b = of(four, 4);
    orx_reservation r = by("night", "p0", 2 * USD);
    spent(w, 7, "night", "p0", 1500000000, now(w));
    assert_int_equal(reserve(w, &b, 1, &r), ORX_E_LIMIT);
    assert_string_equal(
        w->err.msg, "today's budget of lane night of 3 USD does not allow another 2 USD: 1.5 are "
                    "spent and 0 reserved for calls in flight; midnight lifts this, or a larger "
                    "caps.n.daily, or `orxaq budget override caps.n.daily`");
}

static void what_is_larger_than_a_cap_no_midnight_lets_in(void **state) {
    world *w = *state;
    const orx_budget b = of(four, 4);
    orx_reservation r = by("night", "p0", 5 * USD);
    assert_int_equal(reserve(w, &b, 1, &r), ORX_E_LIMIT);
    assert_non_null(strstr(w->err.msg, "; a larger caps.n.daily lifts this"));
    assert_null(strstr(w->err.msg, "midnight"));
}

static void each_cap_stands_for_itself(void **state) {
    world *w = *state;
    const orx_budget b = of(four, 4);
    orx_budget_state st;
    spent(w, 1, "night", "p0", 2900000000, now(w));
    assert_ok(orx_budget_look_at(w->s, &b, &four[1], NULL, &st, &w->err), &w->err);
    assert_int_equal(st.spent, 2900000000);
    assert_int_equal(st.word, ORX_BUDGET_WARNING);
    assert_ok(orx_budget_look_at(w->s, &b, &four[0], NULL, &st, &w->err), &w->err);
    assert_int_equal(st.spent, 2900000000);
    assert_int_equal(st.word, ORX_BUDGET_OK);
    assert_ok(orx_budget_look_at(w->s, &b, &four[2], NULL, &st, &w->err), &w->err);
    assert_int_equal(st.spent, 0);
}

/* ---- Spans ----------------------------------------------------------------------------------- */

static int64_t spent_under(world *w, orx_cap_scope scope, orx_cap_span span) {
    const orx_cap cap = {
        .scope = scope, .span = span, .name = "l", .providers = shared, .amount = USD};
    const orx_budget b = of(&cap, 1);
    orx_budget_state st;
    assert_ok(orx_budget_look_at(w->s, &b, &cap, NULL, &st, &w->err), &w->err);
    return st.spent;
}

static void an_hour_is_any_sixty_minutes(void **state) {
    world *w = *state;
    spent(w, 1, "l", "p1", 1, now(w) - HOUR - ORX_SEC);
    spent(w, 2, "l", "p1", 10, now(w) - HOUR + 60 * ORX_SEC);
    spent(w, 128, "x", "p1", 100, now(w));
    spent(w, 129, "l", "p3", 1000, now(w));
    assert_int_equal(spent_under(w, ORX_CAP_SWARM, ORX_CAP_HOUR), 1110);
    assert_int_equal(spent_under(w, ORX_CAP_LANE, ORX_CAP_HOUR), 1010);
    assert_int_equal(spent_under(w, ORX_CAP_ACCOUNT, ORX_CAP_HOUR), 110);
}

static void a_month_begins_with_its_first_day(void **state) {
    world *w = *state;
    int64_t first = orx_month_begin(now(w), NULL);
    spent(w, 1, "l", "p1", 1, first - 1);
    spent(w, 2, "l", "p1", 10, first);
    spent(w, 128, "l", "p2", 100, first + 1);
    spent(w, 129, "x", "p1", 1000, now(w));
    assert_int_equal(spent_under(w, ORX_CAP_SWARM, ORX_CAP_MONTH), 1110);
    assert_int_equal(spent_under(w, ORX_CAP_LANE, ORX_CAP_MONTH), 110);
    assert_int_equal(spent_under(w, ORX_CAP_ACCOUNT, ORX_CAP_MONTH), 1110);
    assert_int_equal(spent_under(w, ORX_CAP_ACCOUNT, ORX_CAP_EVER), 1111);
}

static int64_t at(const char *text) {
    int64_t ns = 0;
    assert_true(orx_window_time(orx_view_of(text), 0, &ns));
    return ns;
}

static void months_begin_where_the_calendar_says(void **state ORX_UNUSED) {
    static const char *const rows[][2] = {
        {"2026-03-31T23:59:59Z", "2026-03-01"}, {"2026-03-01T00:00:00Z", "2026-03-01"},
        {"2024-02-29T12:00:00Z", "2024-02-01"}, {"2100-03-01T00:00:00Z", "2100-03-01"},
        {"2100-02-28T23:00:00Z", "2100-02-01"}, {"1999-12-31T23:59:59Z", "1999-12-01"},
        {"2000-01-01T00:00:00Z", "2000-01-01"}, {"1969-07-20T20:17:00Z", "1969-07-01"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++)
        assert_int_equal(orx_month_begin(at(rows[i][0]), NULL), at(rows[i][1]));
    /* It is May already, two hours east of Greenwich. */
    const orx_zone two = {.first_ns = 2 * HOUR};
    assert_int_equal(orx_month_begin(at("2026-04-30T22:30:00Z"), &two), at("2026-04-30T22:00:00Z"));
}

/* ---- Tasks and attempts ---------------------------------------------------------------------- */

static const orx_cap units[] = {
    {.scope = ORX_CAP_TASK, .span = ORX_CAP_EVER, .name = "", .key = "budget.task", .amount = 500},
    {.scope = ORX_CAP_ATTEMPT,
     .span = ORX_CAP_EVER,
     .name = "",
     .key = "budget.attempt",
     .amount = 200},
};

static void a_call_gets_what_its_task_has_left(void **state) {
    world *w = *state;
    const orx_budget b = of(units, 2);
    orx_reservation r = by("l", "p", 1000);
    r.has_task = true;
    r.task_spent = 350;
    r.attempt_spent = 20;
    assert_int_equal(reserve(w, &b, 1, &r), 0);
    assert_int_equal(r.amount, 150);
    assert_int_equal(orx_budget_extend(w->s, &b, &r, 1, &w->err), ORX_E_LIMIT);
    assert_string_equal(r.refused_by->key, "budget.task");
    assert_non_null(strstr(w->err.msg, "a larger budget.task lifts this"));
}

static void an_extension_goes_as_far_as_the_attempt_may(void **state) {
    world *w = *state;
    const orx_budget b = of(units, 2);
    orx_reservation r = by("l", "p", 120);
    r.has_task = true;
    assert_int_equal(reserve(w, &b, 1, &r), 0);
    assert_int_equal(orx_budget_extend(w->s, &b, &r, 120, &w->err), 0);
    assert_int_equal(r.amount, 200);
    assert_int_equal(orx_budget_extend(w->s, &b, &r, 120, &w->err), ORX_E_LIMIT);
    assert_string_equal(r.refused_by->key, "budget.attempt");
    int64_t held = 0;
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_budget_release(w->s, 1, &held, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
    assert_int_equal(held, 200);
}

static void a_task_that_cost_it_all_gets_nothing(void **state) {
    world *w = *state;
    const orx_budget b = of(units, 2);
    orx_reservation r = by("l", "p", 0);
    r.has_task = true;
    r.task_spent = 500;
    assert_int_equal(reserve(w, &b, 1, &r), ORX_E_LIMIT);
    assert_string_equal(r.refused_by->key, "budget.task");
}

static void what_is_left_is_the_least_of_all(void **state) {
    world *w = *state;
    const orx_budget b = of(four, 4);
    const orx_budget none = of(four, 0);
    orx_reservation r = by("night", "p1", USD);
    int64_t left = 0;
    assert_int_equal(reserve(w, &b, 1, &r), 0);
    assert_ok(orx_budget_left(w->s, &b, &r, &left, &w->err), &w->err);
    assert_int_equal(left, 2 * USD);
    assert_ok(orx_budget_left(w->s, &none, &r, &left, &w->err), &w->err);
    assert_int_equal(left, INT64_MAX);
}

/* ---- Costs that nobody knows ----------------------------------------------------------------- */

static void calls_of_unknown_cost_can_be_a_reason_to_stop(void **state) {
    world *w = *state;
    orx_budget b = of(four, 1);
    int64_t missing = 0;
    orx_reservation r = by("l", "p0", 1);
    spent(w, 1, "l", "p0", -1, now(w));
    spent(w, 2, "l", "p0", -1, now(w) - 2 * DAY);
    assert_ok(orx_budget_missing(w->s, &b, &missing, &w->err), &w->err);
    assert_int_equal(missing, 1);
    assert_int_equal(orx_budget_ask(w->s, &b, &r, &w->err), 0);
    b.deny_missing = true;
    assert_int_equal(orx_budget_ask(w->s, &b, &r, &w->err), ORX_E_LIMIT);
    assert_null(r.refused_by);
    assert_non_null(strstr(w->err.msg, "nobody knows what 1 of today's calls cost"));
    spent(w, 1, "l", "p0", 5, now(w)); /* somebody found out */
    assert_int_equal(orx_budget_ask(w->s, &b, &r, &w->err), 0);
}

/* ---- Any moment ------------------------------------------------------------------------------ */

static uint64_t next(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

enum { ROWS = 300, MOMENTS = 300 };

static void what_was_spent_since_is_the_sum_of_its_rows(void **state) {
    world *w = *state;
    static const char *const names[] = {"a", "b"};
    int64_t times[ROWS];
    int64_t begin = at("2026-01-30");
    uint64_t seed = 11;
    for (int i = 0; i < ROWS; i++) {
        times[i] = begin + (int64_t)(next(&seed) % 120) * HOUR +
                   (int64_t)(next(&seed) % 3 - 1) * (int64_t)(next(&seed) % 2);
        spent(w, i + 1, names[i % 2], names[i / 2 % 2], i, times[i]);
    }
    for (int m = 0; m < MOMENTS; m++) {
        int64_t from = begin + (int64_t)(next(&seed) % 120) * HOUR + (int64_t)(next(&seed) % 3) - 1;
        int64_t expected[3] = {0};
        int64_t got[3] = {0};
        for (int i = 0; i < ROWS; i++) {
            expected[0] += times[i] >= from ? i : 0;
            expected[1] += times[i] >= from && i % 2 == 1 ? i : 0;
            expected[2] += times[i] >= from && i / 2 % 2 == 1 ? i : 0;
        }
        assert_ok(orx_books_spent(w->s, from, NULL, NULL, &got[0], &w->err), &w->err);
        assert_ok(orx_books_spent(w->s, from, "b", NULL, &got[1], &w->err), &w->err);
        assert_ok(orx_books_spent(w->s, from, NULL, "b", &got[2], &w->err), &w->err);
        for (int k = 0; k < 3; k++)
            assert_int_equal(got[k], expected[k]);
    }
}

/* ---- Where they come from -------------------------------------------------------------------- */

static const orx_cap *find(const orx_budget *b, const char *key) {
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->caps[i].key, key) == 0)
            return &b->caps[i];
    return NULL;
}

static void caps_come_from_the_configuration(void **state) {
    world *w = *state;
    orx_provider_config providers[] = {{.name = "p1", .account = "a"},
                                       {.name = "p2", .account = "a"},
                                       {.name = "p3", .account = "p3"}};
    orx_cap_config caps[] = {{.name = "n", .lane = "night", .daily = 5},
                             {.name = "o", .lane = "other", .daily = 6},
                             {.name = "m", .account = "a", .monthly = 7},
                             {.name = "q", .provider = "p3", .hourly = 8}};
    const orx_zone berlin = {.name = "Europe/Berlin", .first_ns = 2 * HOUR};
    const orx_config cfg = {.money = {.timezone = berlin.name, .zone = &berlin},
                            .budget = {.daily = 100,
                                       .lane_daily = 10,
                                       .lane_hourly = 1,
                                       .task = 3,
                                       .attempt = 2,
                                       .hard_stop = true,
                                       .warning_ratio = 0.5,
                                       .on_missing_cost = ORX_MISSING_COST_DENY},
                            .providers = providers,
                            .provider_count = 3,
                            .caps = caps,
                            .cap_count = 4};
    const orx_budget night = orx_budget_of(&cfg, "night", &w->arena);
    const orx_budget day = orx_budget_of(&cfg, "day", &w->arena);
    const orx_budget all = orx_budget_of(&cfg, NULL, &w->arena);
    assert_int_equal(night.count, 7);
    assert_null(find(&night, "budget.lane_daily"));
    assert_null(find(&night, "caps.o.daily"));
    assert_int_equal(find(&night, "caps.n.daily")->amount, 5);
    assert_string_equal(find(&night, "budget.lane_hourly")->name, "night");
    assert_int_equal(find(&day, "budget.lane_daily")->amount, 10);
    assert_int_equal(find(&day, "budget.attempt")->scope, ORX_CAP_ATTEMPT);
    assert_int_equal(all.count, 7);
    assert_string_equal(find(&all, "caps.m.monthly")->providers[1], "p2");
    assert_null(find(&all, "caps.m.monthly")->providers[2]);
    assert_int_equal(find(&all, "caps.q.hourly")->scope, ORX_CAP_PROVIDER);
    assert_true(night.warning_ratio > 0.49 && night.warning_ratio < 0.51);
    assert_true(night.deny_missing);
    assert_ptr_equal(night.zone, &berlin);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_smallest_that_applies_decides),
        WORLD_TEST(a_refusal_says_whose_budget_it_was),
        WORLD_TEST(what_is_larger_than_a_cap_no_midnight_lets_in),
        WORLD_TEST(each_cap_stands_for_itself),
        WORLD_TEST(an_hour_is_any_sixty_minutes),
        WORLD_TEST(a_month_begins_with_its_first_day),
        cmocka_unit_test(months_begin_where_the_calendar_says),
        WORLD_TEST(a_call_gets_what_its_task_has_left),
        WORLD_TEST(an_extension_goes_as_far_as_the_attempt_may),
        WORLD_TEST(a_task_that_cost_it_all_gets_nothing),
        WORLD_TEST(what_is_left_is_the_least_of_all),
        WORLD_TEST(calls_of_unknown_cost_can_be_a_reason_to_stop),
        WORLD_TEST(what_was_spent_since_is_the_sum_of_its_rows),
        WORLD_TEST(caps_come_from_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
