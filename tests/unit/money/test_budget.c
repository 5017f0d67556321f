/* What may be spent: the predecessor's words, and reservations. */
#include "money/budget.h"

#include "money_world.h"

#include <stdio.h>
#include <stdlib.h>

#define USD ORX_NANO_USD
#define DAY (24 * (3600 * ORX_SEC))

static const orx_cap caps[] = {
    {.span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = USD},
    {.span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = 10 * USD},
};

static const orx_budget one = {
    .caps = &caps[0], .count = 1, .warning_ratio = 0.8, .hard_stop = true};
static const orx_budget ten = {
    .caps = &caps[1], .count = 1, .warning_ratio = 0.8, .hard_stop = true};
static const orx_budget none = {.warning_ratio = 0.8, .hard_stop = true};

static int reserve(world *w, const orx_budget *b, int64_t call, int64_t amount) {
    orx_reservation r = {
        .call = call, .amount = amount, .lane = "primary", .provider = "p", .model = "m"};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    int rc = orx_budget_reserve(w->s, b, &r, &w->err);
    if (rc < 0)
        orx_tx_rollback(w->s);
    else
        assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
    return rc;
}

/* Ends a call at a cost, so long ago. */
static int64_t settle(world *w, int64_t call, int64_t cost, int64_t ago) {
    int64_t reserved = 0;
    const orx_spend row = {.call = call,
                           .attempt = call,
                           .wall_ns = orx_wall_ns(w->p) - ago,
                           .lane = "primary",
                           .task = "t",
                           .provider = "p",
                           .account = "p",
                           .model_asked = "m",
                           .model = "m",
                           .cost = cost,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_budget_release(w->s, call, &reserved, &w->err), &w->err);
    assert_ok(orx_books_put(w->s, &row, &w->err), &w->err);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
    return reserved;
}

/* ---- Words ----------------------------------------------------------------------------------- */

static void judged(const orx_budget *b, int64_t cap, int64_t spent, const char *word, bool stop) {
    orx_budget_state st = {0};
    orx_budget_judge(b, cap, spent, &st);
    assert_string_equal(orx_budget_word_name(st.word), word);
    assert_int_equal(st.stop, stop);
}

static void c56_case_88_words_at_a_cap_of_100(void **state ORX_UNUSED) {
    judged(&ten, 100 * USD, 7999 * USD / 100, "ok", false);
    judged(&ten, 100 * USD, 80 * USD, "warning", false);
    judged(&ten, 100 * USD, 100 * USD, "warning", true);
    judged(&ten, 100 * USD, 10001 * USD / 100, "exceeded", true);
    judged(&ten, 100 * USD, 120 * USD, "exceeded", true);
}

static void c57_case_88_no_cap_and_odd_numbers(void **state ORX_UNUSED) {
    judged(&ten, 0, 5 * USD, "disabled", false);
    judged(&ten, 100 * USD, -3 * USD, "ok", false);
}

static void c58_a_cap_that_is_not_enforced(void **state ORX_UNUSED) {
    orx_budget b = ten;
    b.hard_stop = false;
    judged(&b, 100 * USD, 120 * USD, "exceeded", false);
}

/* ---- Reservations ---------------------------------------------------------------------------- */

static void what_does_not_fit_is_refused(void **state) {
    world *w = *state;
    assert_int_equal(reserve(w, &ten, 1, 6 * USD), 0);
    assert_int_equal(reserve(w, &ten, 2, 5 * USD), ORX_E_LIMIT);
    assert_non_null(strstr(w->err.msg, "today's budget of 10 USD does not allow another 5 USD: 0 "
                                       "are spent and 6 reserved"));
    assert_int_equal(reserve(w, &ten, 2, 4 * USD), 0);
    assert_int_equal(reserve(w, &ten, 3, 0), ORX_E_LIMIT);
}

static void what_is_left_over_is_free_again(void **state) {
    world *w = *state;
    assert_int_equal(reserve(w, &ten, 1, 6 * USD), 0);
    assert_int_equal(settle(w, 1, 1 * USD, 0), 6 * USD);
    assert_int_equal(settle(w, 1, 1 * USD, 0), 0);
    assert_int_equal(reserve(w, &ten, 2, 9 * USD), 0);
    assert_int_equal(settle(w, 2, 9 * USD, 0), 9 * USD);
    assert_int_equal(reserve(w, &ten, 3, 1), ORX_E_LIMIT);
}

/* A call may cost more than was reserved: then nothing more begins. */
static void spending_beyond_the_cap_stops(void **state) {
    world *w = *state;
    orx_budget_state st;
    assert_int_equal(reserve(w, &ten, 1, 9 * USD), 0);
    (void)settle(w, 1, 12 * USD, 0);
    assert_ok(orx_budget_look_at(w->s, &ten, &ten.caps[0], NULL, &st, &w->err), &w->err);
    assert_int_equal(st.spent, 12 * USD);
    assert_int_equal(st.word, ORX_BUDGET_EXCEEDED);
    assert_true(st.stop);
    assert_int_equal(reserve(w, &ten, 2, 0), ORX_E_LIMIT);
}

static void more_can_be_asked_for(void **state) {
    world *w = *state;
    orx_reservation r = {.call = 1, .amount = 4 * USD, .lane = "primary", .provider = "p"};
    assert_int_equal(reserve(w, &ten, 1, 4 * USD), 0);
    assert_ok(orx_budget_extend(w->s, &ten, &r, 4 * USD, &w->err), &w->err);
    assert_int_equal(r.amount, 8 * USD);
    assert_int_equal(orx_budget_extend(w->s, &ten, &r, 4 * USD, &w->err), ORX_E_LIMIT);
    assert_int_equal(r.amount, 8 * USD);
    assert_int_equal(settle(w, 1, 5 * USD, 0), 8 * USD);
}

/* What was spent before midnight of the zone is of another day; what is reserved counts always. The
 * zone is chosen so that its midnight was an hour or two ago. */
static void a_day_begins_at_midnight_of_the_zone(void **state) {
    world *w = *state;
    orx_budget b = ten;
    orx_budget_state st;
    int64_t hour = 3600 * ORX_SEC;
    orx_zone zone = {.first_ns = -(orx_wall_ns(w->p) % DAY / hour - 1) * hour};
    b.zone = &zone;
    (void)settle(w, 1, 3 * USD, 3 * hour);
    (void)settle(w, 2, 2 * USD, 0);
    assert_int_equal(reserve(w, &b, 3, USD), 0);
    assert_ok(orx_budget_look_at(w->s, &b, &b.caps[0], NULL, &st, &w->err), &w->err);
    assert_int_equal(st.spent, 2 * USD);
    assert_int_equal(st.reserved, USD);
    zone.first_ns += 6 * hour;
    assert_ok(orx_budget_look_at(w->s, &b, &b.caps[0], NULL, &st, &w->err), &w->err);
    assert_int_equal(st.spent, 5 * USD);
}

static void nothing_is_refused_without_a_stop(void **state) {
    world *w = *state;
    assert_int_equal(reserve(w, &none, 1, 100 * USD), 0);
    orx_budget b = one;
    b.hard_stop = false;
    assert_int_equal(reserve(w, &b, 2, 100 * USD), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c56_case_88_words_at_a_cap_of_100),
        cmocka_unit_test(c57_case_88_no_cap_and_odd_numbers),
        cmocka_unit_test(c58_a_cap_that_is_not_enforced),
        WORLD_TEST(what_does_not_fit_is_refused),
        WORLD_TEST(what_is_left_over_is_free_again),
        WORLD_TEST(spending_beyond_the_cap_stops),
        WORLD_TEST(more_can_be_asked_for),
        WORLD_TEST(a_day_begins_at_midnight_of_the_zone),
        WORLD_TEST(nothing_is_refused_without_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
