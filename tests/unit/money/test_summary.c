/* What bills come to in summary.json: windows, ages and sums, at noon of a fixed day. */
#include "money/ingest_summary.h"

#include "money/books.h"
#include "money/window.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <stdlib.h>

typedef struct world {
    orx_sim *sim;
    orx_store *s;
    orx_arena arena;
    int64_t now; /* 2026-01-02T12:00:00Z */
    int64_t rows;
    orx_err err;
} world;

static const orx_store_room *const rooms[] = {&orx_money_room, &orx_ingest_room, NULL};

static int64_t at(const char *text) {
    int64_t ns = 0;
    assert_true(orx_iso_parse(orx_view_of(text), &ns));
    return ns;
}

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    w->sim = orx_sim_new(1);
    w->now = at("2026-01-02T12:00:00Z");
    orx_platform *p = orx_sim_platform(orx_sim_add_host(w->sim, "machine"));
    assert_ok(orx_store_open(p, "/root", "primary", rooms, ORX_STORE_CREATE, &w->s, &w->err),
              &w->err);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    orx_store_close(w->s);
    orx_sim_free(w->sim);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A row of so many USD and ten tokens. */
static void bill(world *w, const char *from, const char *to, int usd, bool estimated) {
    orx_billed row = {.instance = orx_view_of("openai"),
                      .source = orx_view_of("costs"),
                      .provider = orx_view_of("openai"),
                      .model = orx_view_of("m"),
                      .start_ns = at(from),
                      .end_ns = at(to),
                      .has_amount = true,
                      .estimated = estimated,
                      .tokens = {10, -1, -1, -1, -1, -1, -1, -1, -1},
                      .input_price = -1,
                      .output_price = -1,
                      .fetch = 1,
                      .at_ns = at(to)};
    char *dims = orx_arena_printf(&w->arena, "{\"row\":%lld}", (long long)++w->rows);
    row.dims = orx_view_of(dims);
    assert_true(
        orx_decimal_parse(orx_view_of(orx_arena_printf(&w->arena, "%d", usd)), 0, &row.amount));
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_billed_put(w->s, &row, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

/* A dollar at a moment. */
static void dollar(world *w, const char *when) {
    bill(w, when, when, 1, false);
}

static const orx_node *summary(world *w) {
    static const orx_cost_files files = {"r", "s", 720, 900};
    orx_node *n = NULL;
    assert_ok(orx_cost_summary(w->s, &files, w->now, &w->arena, &n, &w->err), &w->err);
    return n;
}

static double window(const orx_node *n, const char *name) {
    return orx_node_num(orx_node_get(orx_node_get(n, "cost_windows_usd"), name), -1);
}

static int64_t age(const orx_node *n) {
    return orx_node_int(orx_node_get(orx_node_get(n, "data_freshness"), "age_sec"), -2);
}

static bool stale(const orx_node *n) {
    return orx_node_bool(orx_node_get(orx_node_get(n, "data_freshness"), "stale"), false);
}

#define assert_usd(n, name, usd) assert_true(window(n, name) == (usd))

static void c39_an_hour_ago_is_in_the_hour_and_stale(void **state) {
    dollar(*state, "2026-01-02T11:00:00Z");
    const orx_node *n = summary(*state);
    assert_usd(n, "last_hour", 1);
    assert_int_equal(age(n), 3600);
    assert_true(stale(n));
}

static void c40_what_is_to_come_counts_nowhere(void **state) {
    dollar(*state, "2026-01-02T12:00:01Z");
    const orx_node *n = summary(*state);
    assert_usd(n, "last_30d", 0);
    assert_int_equal(orx_node_int(orx_node_get(n, "records_total"), 0), 1);
    assert_int_equal(age(n), -1);
    assert_true(stale(n));
}

static void c41_midnight_is_of_today(void **state) {
    dollar(*state, "2026-01-02T00:00:00Z");
    dollar(*state, "2026-01-01T23:59:59Z");
    const orx_node *n = summary(*state);
    assert_usd(n, "today", 1);
    assert_usd(n, "last_7d", 2);
    assert_usd(n, "last_hour", 0);
}

static void c42_thirty_days_to_the_second(void **state) {
    dollar(*state, "2025-12-03T12:00:00Z");
    dollar(*state, "2025-12-03T11:59:59Z");
    const orx_node *n = summary(*state);
    const orx_node *m = orx_node_get(orx_node_get(n, "model_cost_30d"), "m");
    assert_usd(n, "last_30d", 1);
    assert_true(orx_node_num(orx_node_get(m, "cost_per_million_tokens"), 0) == 100000.0);
}

static void c43_fifteen_minutes_are_fresh(void **state) {
    world *w = *state;
    dollar(w, "2026-01-02T11:45:00Z");
    const orx_node *n = summary(w);
    assert_int_equal(age(n), 900);
    assert_false(stale(n));
    w->now += ORX_SEC;
    n = summary(w);
    assert_int_equal(age(n), 901);
    assert_true(stale(n));
}

static void c44_c45_nothing_is_a_summary_too(void **state) {
    const orx_node *n = summary(*state);
    const orx_node *hours = orx_node_get(n, "cost_series_hourly_24h");
    const orx_node *last = orx_node_first(hours);
    assert_int_equal(hours->count, 24);
    assert_string_equal(orx_node_str(orx_node_get(last, "bucket_start"), ""),
                        "2026-01-01T13:00:00+00:00");
    while (last->next)
        last = last->next;
    assert_string_equal(orx_node_str(orx_node_get(last, "bucket_start"), ""),
                        "2026-01-02T12:00:00+00:00");
    assert_string_equal(orx_node_str(orx_node_get(n, "source_of_truth"), ""),
                        "estimated_local_telemetry");
    assert_string_equal(orx_node_str(orx_node_get(n, "currency"), ""), "USD");
}

static void c46_one_word_of_the_vendor_is_authoritative(void **state) {
    bill(*state, "2026-01-02T11:00:00Z", "2026-01-02T11:00:00Z", 1, true);
    assert_string_equal(orx_node_str(orx_node_get(summary(*state), "source_of_truth"), ""),
                        "estimated_local_telemetry");
    bill(*state, "2026-01-02T11:00:00Z", "2026-01-02T11:00:00Z", 1, false);
    assert_string_equal(orx_node_str(orx_node_get(summary(*state), "source_of_truth"), ""),
                        "authoritative_provider_api");
}

static void spend(world *w, int64_t ago_sec, int usd) {
    const orx_spend row = {.call = ++w->rows,
                           .attempt = 1,
                           .wall_ns = w->now - ago_sec * ORX_SEC,
                           .lane = "primary",
                           .task = "t",
                           .provider = "p",
                           .account = "p",
                           .model_asked = "m",
                           .model = "m",
                           .cost = usd * ORX_NANO_USD,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_books_put(w->s, &row, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

static int64_t booked(world *w, const char *name) {
    orx_window window;
    orx_spend_sum *rows = NULL;
    assert_true(orx_window_named(orx_view_of(name), w->now, NULL, &window));
    int n =
        orx_books_sum(w->s, window.from_ns, window.to_ns, ORX_SPEND_ALL, &w->arena, &rows, &w->err);
    assert_int_equal(n, 1);
    return rows[0].cost / ORX_NANO_USD;
}

/* The same windows over our own books. */
static void c47_our_own_count_by_window(void **state) {
    world *w = *state;
    const int64_t hour = 3600;
    const int64_t day = 24 * hour;
    spend(w, 600, 1);
    spend(w, 2 * hour, 2);
    spend(w, 2 * day, 3);
    spend(w, 10 * day, 4);
    spend(w, 40 * day, 5);
    assert_int_equal(booked(w, "1h"), 1);
    assert_int_equal(booked(w, "today"), 3);
    assert_int_equal(booked(w, "7d"), 6);
    assert_int_equal(booked(w, "30d"), 10);
    assert_int_equal(booked(w, "24h"), 3);
    assert_int_equal((w->now - orx_books_latest(w->s)) / ORX_SEC, 600);
}

/* What has passed of a running day counts as the whole. */
static void c48_a_bucket_that_runs_is_seen(void **state) {
    bill(*state, "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", 24, false);
    const orx_node *n = summary(*state);
    assert_usd(n, "today", 24);
    assert_usd(n, "last_hour", 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD(c39_an_hour_ago_is_in_the_hour_and_stale),
        WORLD(c40_what_is_to_come_counts_nowhere),
        WORLD(c41_midnight_is_of_today),
        WORLD(c42_thirty_days_to_the_second),
        WORLD(c43_fifteen_minutes_are_fresh),
        WORLD(c44_c45_nothing_is_a_summary_too),
        WORLD(c46_one_word_of_the_vendor_is_authoritative),
        WORLD(c47_our_own_count_by_window),
        WORLD(c48_a_bucket_that_runs_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
