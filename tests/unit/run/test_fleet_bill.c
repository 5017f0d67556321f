/* Requests to models of one's own: an upper bound is reserved, what was metered is booked. */
#include "run/fleet_bill.h"

#include "money/books.h"
#include "money/budget.h"
#include "run/bill.h"

#include "journal.h"

#define CENT (ORX_NANO_USD / 100)
#define NOON INT64_C(1774778400000000000) /* 2026-03-29T10:00:00Z */

/* 936 bytes of prompt and what is around it are 1000 tokens at most. */
enum { PROMPT = 936, ANSWER = 500 };

typedef struct world {
    orx_config cfg;
    orx_provider_config provider;
    orx_arena arena;
    orx_prices *prices;
} world;

static const orx_node *settings_at(orx_arena *a, const char *url) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "base_url", url);
    return n;
}

static void take(world *w, const char *text) {
    orx_err err = ORX_ERR_INIT;
    orx_prices_free(w->prices);
    w->prices = orx_prices_new();
    assert_ok(orx_prices_take_dated(w->prices, "p.yaml", orx_view_of(text), &err), &err);
}

/* One provider at :1, at 10 and 20 USD for a million tokens, so that a request is reserved 2 cents;
 * and a cap of so much. */
static void begin(world *w, int64_t cap) {
    *w = (world){.cfg = {.budget = {.daily = cap, .warning_ratio = 0.8, .hard_stop = true},
                         .money = {.unknown_price = ORX_UNKNOWN_PRICE_WARN}}};
    w->provider = (orx_provider_config){.name = "mine",
                                        .account = "team",
                                        .settings = settings_at(&w->arena, "http://box:1/v1"),
                                        .input_price = -1,
                                        .output_price = -1};
    w->cfg.providers = &w->provider;
    w->cfg.provider_count = 1;
    take(w, "version: 1\nprices: [{model: m, input: 10, output: 20}]\n");
}

static void end(world *w) {
    orx_prices_free(w->prices);
    orx_arena_free(&w->arena);
}

static orx_fleet_call asked(void) {
    return (orx_fleet_call){.base_url = "http://box:1/v1",
                            .model = "m",
                            .prompt_bytes = PROMPT,
                            .max_tokens = ANSWER,
                            .timeout_ns = 3600 * ORX_SEC};
}

static int64_t number_of(journal *j, const char *sql) {
    orx_sql *q;
    assert_ok(orx_sql_get(j->s, sql, &q, &j->err), &j->err);
    assert_int_equal(orx_sql_step(q, &j->err), 1);
    int64_t n = orx_sql_col_is_null(q, 0) ? -1 : orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

static int64_t reserved(journal *j) {
    return number_of(j, "SELECT coalesce(sum(amount), 0) FROM reservation");
}

static size_t reserve(journal *j, world *w, orx_fleet_call *calls, size_t count, int expected) {
    size_t n = 99;
    j->err = (orx_err)ORX_ERR_INIT;
    int rc = orx_fleet_reserve(j->s, &w->cfg, w->prices, calls, count, &n, &j->err);
    assert_int_equal(rc, expected);
    return n;
}

static void bill(journal *j, world *w, const orx_fleet_call *calls, size_t count) {
    assert_ok(orx_fleet_bill(j->s, &w->cfg, w->prices, "benchmark", calls, count, &j->err),
              &j->err);
}

static void said(orx_fleet_call *c, int64_t input, int64_t output) {
    c->input = input;
    c->output = output;
    c->answer_bytes = INT64_C(4) * ANSWER;
    c->wall_ns = ORX_SEC;
}

/* ---- Reserving ------------------------------------------------------------------------------- */

static void a_bound_is_reserved_and_what_was_metered_stays(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c = asked();
    begin(&w, ORX_NANO_USD);
    assert_int_equal(reserve(j, &w, &c, 1, 0), 1);
    assert_int_equal(c.number, -1);
    assert_int_equal(reserved(j), 2 * CENT);
    assert_int_equal(number_of(j, "SELECT count(*) FROM reservation WHERE lane = 'local-fleet'"
                                  " AND provider = 'mine' AND model = 'm'"),
                     1);
    said(&c, 100, 50);
    bill(j, &w, &c, 1);
    assert_int_equal(reserved(j), 0);
    assert_int_equal(number_of(j, "SELECT cost FROM spend WHERE call = -1 AND source = 3 AND"
                                  " provider = 'mine' AND account = 'team' AND input = 100"
                                  " AND task = 'benchmark'"),
                     CENT / 5);
    end(&w);
}

/* Three of 2 cents under a cap of 5: two are made, and the third when it is known that they cost
 * less. */
static void a_cap_in_the_middle_stops_the_next(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c[3] = {asked(), asked(), asked()};
    begin(&w, 5 * CENT);
    assert_int_equal(reserve(j, &w, c, 3, ORX_E_LIMIT), 2);
    assert_non_null(strstr(j->err.msg, "today's budget of 0.05 USD does not allow another 0.02"));
    assert_non_null(strstr(j->err.msg, "0.04 reserved for calls in flight; midnight"));
    assert_non_null(strstr(j->err.msg, "a larger budget.daily"));
    assert_int_equal(reserved(j), 4 * CENT);
    for (int i = 0; i < 2; i++)
        said(&c[i], 100, 50);
    bill(j, &w, c, 2);
    assert_int_equal(reserve(j, &w, &c[2], 1, 0), 1);
    assert_int_equal(c[2].number, -3);
    assert_int_equal(reserve(j, &w, &c[0], 1, 0), 1);
    assert_int_equal(c[0].number, -4);
    end(&w);
}

static void its_provider_and_lane_have_caps(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c[2] = {asked(), asked()};
    begin(&w, 0);
    w.cfg.budget.lane_daily = 3 * CENT;
    assert_int_equal(reserve(j, &w, c, 2, ORX_E_LIMIT), 1);
    assert_non_null(strstr(j->err.msg, "lane local-fleet"));
    w.cfg.budget.lane_daily = 0;
    w.cfg.budget.task = 1; /* they are no tasks */
    assert_int_equal(reserve(j, &w, c, 2, 0), 2);
    end(&w);
}

static void what_nobody_knows_reserves_nothing(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c[2] = {asked(), asked()};
    begin(&w, CENT);
    c[0].model = "unheard-of";
    c[1].base_url = "http://elsewhere:1/v1";
    c[1].model = "unheard-of";
    assert_int_equal(reserve(j, &w, c, 2, 0), 2);
    assert_int_equal(reserved(j), 0);
    said(&c[0], 100, 50);
    said(&c[1], -1, -1);
    c[1].silent = true;
    bill(j, &w, c, 2);
    assert_int_equal(number_of(j, "SELECT count(*) FROM spend WHERE cost IS NULL"), 2);
    w.cfg.money.unknown_price = ORX_UNKNOWN_PRICE_ASSUME;
    w.cfg.money.assumed_price = 100 * ORX_NANO_USD;
    assert_int_equal(reserve(j, &w, c, 1, ORX_E_LIMIT), 0);
    assert_non_null(strstr(j->err.msg, "another 0.15 USD"));
    end(&w);
}

/* ---- Settling -------------------------------------------------------------------------------- */

/* Silent: what was reserved. Turned away: what its prompt comes to. */
static void silence_is_no_discount(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c[2] = {asked(), asked()};
    begin(&w, ORX_NANO_USD);
    assert_int_equal(reserve(j, &w, c, 2, 0), 2);
    for (int i = 0; i < 2; i++)
        c[i].input = c[i].output = -1;
    c[0].silent = true;
    bill(j, &w, c, 2);
    assert_int_equal(number_of(j, "SELECT cost FROM spend WHERE call = -1 AND source = 1"
                                  " AND price = 'reserved'"),
                     2 * CENT);
    assert_int_equal(number_of(j, "SELECT cost FROM spend WHERE call = -2 AND source = 1"),
                     PROMPT / 4 * 10000);
    assert_int_equal(reserved(j), 0);
    end(&w);
}

/* More than the bound is more: a server that does not obey is paid all the same. */
static void more_than_was_reserved_is_booked(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c = asked();
    begin(&w, ORX_NANO_USD);
    assert_int_equal(reserve(j, &w, &c, 1, 0), 1);
    said(&c, 1000, 5000);
    bill(j, &w, &c, 1);
    assert_int_equal(number_of(j, "SELECT cost FROM spend"), 11 * CENT);
    end(&w);
}

/* 1 kW at 0.30: its hour of patience is reserved, its minute is paid, and words are for nothing. */
static void power_is_paid_by_time(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c = asked();
    begin(&w, ORX_NANO_USD);
    w.provider.watts = 1000;
    w.cfg.money.kwh_price = 30 * CENT;
    assert_int_equal(reserve(j, &w, &c, 1, 0), 1);
    assert_int_equal(reserved(j), 30 * CENT);
    said(&c, -1, -1);
    c.silent = true;
    c.wall_ns = 60 * ORX_SEC;
    bill(j, &w, &c, 1);
    assert_int_equal(number_of(j, "SELECT cost FROM spend WHERE source = 3"), CENT / 2);
    end(&w);
}

static void the_prices_are_those_of_the_begin(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c = asked();
    begin(&w, ORX_NANO_USD);
    take(&w, "version: 1\nprices:\n"
             "  - {model: m, to: 2026-03-29T10:00:00Z, input: 10, output: 20}\n"
             "  - {model: m, from: 2026-03-29T10:00:00Z, input: 40, output: 80}\n");
    for (int late = 0; late < 2; late++) {
        assert_int_equal(reserve(j, &w, &c, 1, 0), 1);
        assert_true(c.begun_ns > NOON);
        said(&c, 100, 50);
        c.begun_ns = NOON - 1 + late;
        bill(j, &w, &c, 1);
    }
    assert_int_equal(number_of(j, "SELECT cost FROM spend WHERE call = -1"), CENT / 5);
    assert_int_equal(number_of(j, "SELECT cost FROM spend WHERE call = -2"), 4 * CENT / 5);
    end(&w);
}

/* ---- Left over ------------------------------------------------------------------------------- */

static void do_sql(journal *j, const char *sql) {
    orx_sql *q;
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_sql_get(j->s, sql, &q, &j->err), &j->err);
    assert_true(orx_sql_run(q, &j->err) > 0);
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
}

/* A crash frees no money: whoever comes next, a runner or this work, makes up the bill. */
static void a_process_that_died_paid_what_it_reserved(void **state) {
    journal *j = *state;
    world w;
    begin(&w, 10 * CENT);
    for (int by_runner = 0; by_runner < 2; by_runner++) {
        orx_fleet_call c[3] = {asked(), asked(), asked()};
        c[2].model = "unheard-of";
        assert_int_equal(reserve(j, &w, c, 3, 0), 3);
        assert_int_equal(orx_fleet_left_over(j->s, &w.cfg, &j->err), 0);
        assert_int_equal(reserved(j), 4 * CENT);
        do_sql(j, by_runner ? "UPDATE reservation SET boot = 'another'"
                            : "UPDATE reservation SET start = start + 1");
        if (by_runner)
            assert_int_equal(orx_bill_left_over(j->s, &w.cfg, NULL, "primary", &j->err), 3);
        else
            assert_ok(orx_fleet_may_spend(j->s, &w.cfg, &j->err), &j->err);
        assert_int_equal(reserved(j), 0);
        assert_int_equal(number_of(j, "SELECT count(*) FROM reservation"), 0);
    }
    assert_int_equal(number_of(j, "SELECT sum(cost) FROM spend WHERE task = 'interrupted' AND"
                                  " source = 1 AND account = 'team'"),
                     8 * CENT);
    assert_int_equal(number_of(j, "SELECT count(*) FROM spend WHERE cost IS NULL AND source = 0"),
                     2);
    assert_int_equal(orx_fleet_left_over(j->s, &w.cfg, &j->err), 0);
    end(&w);
}

static void nothing_is_asked_when_all_is_spent(void **state) {
    journal *j = *state;
    world w;
    orx_fleet_call c = asked();
    begin(&w, 2 * CENT);
    assert_ok(orx_fleet_may_spend(j->s, &w.cfg, &j->err), &j->err);
    assert_int_equal(reserve(j, &w, &c, 1, 0), 1);
    assert_int_equal(orx_fleet_may_spend(j->s, &w.cfg, &j->err), ORX_E_LIMIT);
    said(&c, 100, 50);
    bill(j, &w, &c, 1);
    j->err = (orx_err)ORX_ERR_INIT;
    assert_ok(orx_fleet_may_spend(j->s, &w.cfg, &j->err), &j->err);
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(a_bound_is_reserved_and_what_was_metered_stays),
        JOURNAL_TEST(a_cap_in_the_middle_stops_the_next),
        JOURNAL_TEST(its_provider_and_lane_have_caps),
        JOURNAL_TEST(what_nobody_knows_reserves_nothing),
        JOURNAL_TEST(silence_is_no_discount),
        JOURNAL_TEST(more_than_was_reserved_is_booked),
        JOURNAL_TEST(power_is_paid_by_time),
        JOURNAL_TEST(the_prices_are_those_of_the_begin),
        JOURNAL_TEST(a_process_that_died_paid_what_it_reserved),
        JOURNAL_TEST(nothing_is_asked_when_all_is_spent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
