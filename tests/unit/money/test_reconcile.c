/* Bill and books, and what their difference is made of. */
#include "money/reconcile.h"

#include "money/amount.h"
#include "money/books.h"
#include "platform/files.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <stdlib.h>

#define DAY_NS (24 * (3600 * ORX_SEC))
#define DAY    INT64_C(1767225600000000000) /* 2026-01-01 */

typedef struct world {
    orx_sim *sim;
    orx_store *s;
    orx_arena arena;
    int64_t call;
} world;

static const orx_store_room *const rooms[] = {&orx_money_room, &orx_ingest_room, NULL};

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    orx_err err = ORX_ERR_INIT;
    w->sim = orx_sim_new(1);
    orx_platform *p = orx_sim_platform(orx_sim_add_host(w->sim, "machine"));
    assert_ok(orx_store_open(p, "/root", "primary", rooms, ORX_STORE_CREATE, &w->s, &err), &err);
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

static void bill(world *w, int day, const char *usd, int64_t tokens) {
    orx_err err = ORX_ERR_INIT;
    orx_billed row = {.instance = orx_view_of("openai"),
                      .source = orx_view_of(*usd ? "costs" : "usage"),
                      .provider = orx_view_of("openai"),
                      .dims = orx_view_of("{}"),
                      .start_ns = DAY + day * DAY_NS,
                      .end_ns = DAY + (day + 1) * DAY_NS,
                      .has_amount = *usd != '\0',
                      .tokens = {tokens, -1, -1, -1, -1, -1, -1, -1, -1},
                      .fetch = 1};
    if (*usd)
        assert_true(orx_decimal_parse(orx_view_of(usd), 0, &row.amount));
    assert_ok(orx_tx_begin(w->s, &err), &err);
    assert_ok(orx_billed_put(w->s, &row, &err), &err);
    assert_ok(orx_tx_commit(w->s, &err), &err);
}

static void meter(world *w, int day, const char *provider, int64_t nano, int64_t tokens) {
    orx_err err = ORX_ERR_INIT;
    const orx_spend row = {.call = ++w->call,
                           .wall_ns = DAY + day * DAY_NS + 3600 * ORX_SEC,
                           .lane = "primary",
                           .task = "t",
                           .provider = provider,
                           .account = "",
                           .model_asked = "m",
                           .model = "m",
                           .input = tokens,
                           .cost = nano,
                           .source = nano < 0 ? ORX_COST_UNKNOWN : ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(w->s, &err), &err);
    assert_ok(orx_books_put(w->s, &row, &err), &err);
    assert_ok(orx_tx_commit(w->s, &err), &err);
}

static const orx_reconciled *compare(world *w, int64_t days) {
    static const char *const names[] = {"codex", "codex-2", NULL};
    const orx_reconcile_spec spec = {.provider = "openai",
                                     .metered_as = names,
                                     .first_day_ns = DAY,
                                     .days = days,
                                     .now_ns = DAY + 3 * DAY_NS,
                                     .lag_ns = DAY_NS};
    orx_err err = ORX_ERR_INIT;
    orx_reconciled *rows = NULL;
    assert_ok(orx_reconcile(w->s, &spec, &w->arena, &rows, &err), &err);
    return rows;
}

static void agreement_is_none_but_rounding(void **state) {
    world *w = *state;
    bill(w, 0, "3.000000001", -1);
    meter(w, 0, "codex", INT64_C(1000000000), 10);
    meter(w, 0, "codex-2", INT64_C(2000000000), 20);
    meter(w, 0, "claude", INT64_C(9000000000), 20); /* on another bill */
    const orx_reconciled *r = compare(w, 1);
    assert_int_equal(r->billed, INT64_C(3000000001));
    assert_int_equal(r->metered, INT64_C(3000000000));
    assert_int_equal(r->rounding, 1);
    assert_int_equal(r->drift, 0);
    assert_false(r->alarm);
}

static void missing_calls_and_other_prices_are_told_apart(void **state) {
    world *w = *state;
    /* Half of the tokens were not metered; what was metered is a tenth too cheap. */
    bill(w, 0, "10", -1);
    bill(w, 0, "", 1000);
    meter(w, 0, "codex", INT64_C(4500000000), 500);
    /* The right tokens at the wrong price. */
    bill(w, 1, "10", -1);
    bill(w, 1, "", 1000);
    meter(w, 1, "codex", INT64_C(9900000000), 1000);
    /* Nothing was metered. */
    bill(w, 2, "10", -1);
    const orx_reconciled *r = compare(w, 3);
    assert_int_equal(r[0].unmetered, INT64_C(5000000000));
    assert_int_equal(r[0].drift, INT64_C(500000000));
    assert_true(r[0].alarm);
    assert_int_equal(r[1].unmetered, 0);
    assert_int_equal(r[1].drift, INT64_C(100000000));
    assert_false(r[1].alarm); /* one in a hundred */
    assert_int_equal(r[2].unmetered, 10 * ORX_NANO_USD);
    assert_false(r[2].complete); /* the vendor may still be writing */
    assert_false(r[2].alarm);
}

static void calls_that_are_not_on_the_bill_are_negative(void **state) {
    world *w = *state;
    bill(w, 0, "5", -1);
    bill(w, 0, "", 500);
    meter(w, 0, "codex", 10 * ORX_NANO_USD, 1000);
    meter(w, 0, "codex", -1, 0);
    const orx_reconciled *r = compare(w, 1);
    assert_int_equal(r->difference, -5 * ORX_NANO_USD);
    assert_int_equal(r->unmetered, -5 * ORX_NANO_USD);
    assert_int_equal(r->drift, 0);
    assert_int_equal(r->unpriced, 1);
    assert_true(r->alarm);
}

static void two_in_a_hundred_is_the_border(void **state) {
    world *w = *state;
    bill(w, 0, "100", -1);
    meter(w, 0, "codex", 98 * ORX_NANO_USD, 1);
    bill(w, 1, "100", -1);
    meter(w, 1, "codex", 98 * ORX_NANO_USD - 1, 1);
    const orx_reconciled *r = compare(w, 2);
    assert_false(r[0].alarm);
    assert_true(r[1].alarm);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(agreement_is_none_but_rounding),
        T(missing_calls_and_other_prices_are_told_apart),
        T(calls_that_are_not_on_the_bill_are_negative),
        T(two_in_a_hundred_is_the_border),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
