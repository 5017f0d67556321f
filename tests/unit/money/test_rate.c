/* When money goes too fast, and what is no rate yet. */
#include "money/rate.h"

#include "money_world.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE (60 * ORX_SEC)
#define CENT   (ORX_NANO_USD / 100)

/* cost -1 = unknown */
static void spent(world *w, const char *lane, int64_t cost, int64_t ago) {
    const orx_spend row = {.call = ++w->calls,
                           .attempt = w->calls,
                           .wall_ns = orx_wall_ns(w->p) - ago,
                           .lane = lane,
                           .task = "t",
                           .provider = "p",
                           .account = "p",
                           .model_asked = "m",
                           .model = "m",
                           .cost = cost,
                           .source = cost < 0 ? ORX_COST_UNKNOWN : ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_books_put(w->s, &row, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

static orx_rate rate_of(world *w, const char *lane) {
    orx_rate r = {0};
    assert_ok(orx_rate_of(w->s, lane, &r, &w->err), &w->err);
    return r;
}

static void three_times_as_fast_is_an_alarm(void **state) {
    world *w = *state;
    spent(w, "l", 60 * CENT, 30 * MINUTE);
    spent(w, "l", 10 * CENT, MINUTE);
    spent(w, "l", 10 * CENT, MINUTE);
    orx_rate r = rate_of(w, "l");
    assert_int_equal(r.now, 240 * CENT);
    assert_int_equal(r.before, 80 * CENT);
    assert_false(r.alarm); /* exactly three times */
    spent(w, "l", CENT, 0);
    assert_true(rate_of(w, "l").alarm);
    assert_false(rate_of(w, "other").alarm);
}

static void less_than_a_dollar_an_hour_is_none(void **state) {
    world *w = *state;
    spent(w, "l", 0, 30 * MINUTE);
    spent(w, "l", 4 * CENT, MINUTE);
    spent(w, "l", 4 * CENT, MINUTE);
    assert_false(rate_of(w, "l").alarm);
    spent(w, "l", CENT, MINUTE);
    assert_true(rate_of(w, "l").alarm);
}

static void a_beginning_is_none(void **state) {
    world *w = *state;
    spent(w, "l", 100 * CENT, 61 * MINUTE);
    spent(w, "l", 100 * CENT, MINUTE);
    spent(w, "l", 100 * CENT, MINUTE);
    assert_false(rate_of(w, "l").alarm);
    spent(w, "l", -1, 6 * MINUTE);
    assert_true(rate_of(w, "l").alarm);
}

static void one_dear_call_is_none(void **state) {
    world *w = *state;
    spent(w, "l", CENT, 30 * MINUTE);
    spent(w, "l", 500 * CENT, MINUTE);
    assert_false(rate_of(w, "l").alarm);
    spent(w, "l", CENT, MINUTE);
    assert_true(rate_of(w, "l").alarm);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(three_times_as_fast_is_an_alarm),
        WORLD_TEST(less_than_a_dollar_an_hour_is_none),
        WORLD_TEST(a_beginning_is_none),
        WORLD_TEST(one_dear_call_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
