/* What a lane more or another model is worth, and what nothing can be said of. */
#include "route/npv.h"

#include "test.h"

#include <math.h>
#include <string.h>

#define assert_near(found, expected)                                                               \
    do {                                                                                           \
        double f_ = (found), e_ = (expected);                                                      \
        if (!(fabs(f_ - e_) <= 1e-9 * fmax(1, fabs(e_))))                                          \
            fail_msg("%s is %.12g, expected %.12g", #found, f_, e_);                               \
    } while (0)

/* 100 tasks, one attempt each that always passes and takes 2.4 hours: 10 a day and lane. */
static const orx_npv_work work = {
    .tasks = 100, .pass_rate = 1, .outcomes = 1000, .cost = 0.5, .seconds = 8640, .attempts = 1};
static const orx_npv_terms terms = {.task_value = 2, .days = 1};

static void days_are_discounted(void **state) {
    (void)state;
    const orx_npv_flow flows[] = {{0, 10, 4}, {365, 11, 0}, {730, 0, 12.1}};
    assert_near(orx_npv_sum(flows, 3, 0.1), 6 + 10 - 10);
    assert_near(orx_npv_sum(flows, 3, 0), 6 + 11 - 12.1);
    assert_near(orx_npv_sum(flows, 0, 0.1), 0);
}

static void what_is_no_number_has_no_sum(void **state) {
    (void)state;
    const orx_npv_flow flows[] = {
        {(double)NAN, 1, 0}, {1, (double)NAN, 0}, {1, 0, HUGE_VAL}, {-1, 1, 0}};
    for (size_t i = 0; i < 4; i++)
        assert_true(isnan(orx_npv_sum(&flows[i], 1, 0.1)));
    const orx_npv_flow fine = {1, 1, 0};
    assert_true(isnan(orx_npv_sum(&fine, 1, -1)));
    assert_true(isnan(orx_npv_sum(&fine, 1, (double)NAN)));
    assert_true(orx_npv_sum(&fine, 1, -0.5) > 0);
}

static void one_more_lane_does_what_would_not_be_reached(void **state) {
    (void)state;
    orx_npv_margin m;
    orx_npv_of_lane(&work, &terms, 1, &m);
    assert_near(m.tasks, 10);
    assert_near(m.uplift, 20);
    assert_near(m.cost, 5);
    assert_near(m.penalty, 0);
    assert_near(m.npv, 15);
    /* Ten lanes empty the queue within the day: the eleventh finds nothing. */
    orx_npv_of_lane(&work, &terms, 10, &m);
    assert_near(m.npv, 0);
    orx_npv_of_lane(&work, &terms, 9, &m);
    assert_near(m.npv, 15);
}

static void an_empty_queue_is_worth_nothing(void **state) {
    (void)state;
    orx_npv_work none = work;
    orx_npv_margin m;
    none.tasks = 0;
    assert_null(orx_npv_problem(&none, &terms));
    orx_npv_of_lane(&none, &terms, 0, &m);
    assert_near(m.npv, 0);
}

static void what_never_passes_only_costs(void **state) {
    (void)state;
    orx_npv_work bad = work;
    orx_npv_margin m;
    bad.pass_rate = 0;
    bad.attempts = 2;
    assert_null(orx_npv_problem(&bad, &terms));
    assert_near(orx_npv_calls(&bad), 2);
    assert_near(orx_npv_accepted(&bad), 0);
    orx_npv_of_lane(&bad, &terms, 1, &m);
    assert_near(m.uplift, 0);
    assert_near(m.npv, -5); /* ten attempts at 0.5 */
}

static void tries_are_counted(void **state) {
    (void)state;
    orx_npv_work half = work;
    half.pass_rate = 0.5;
    half.attempts = 3;
    assert_near(orx_npv_accepted(&half), 0.875);
    assert_near(orx_npv_calls(&half), 1.75);
}

/* Waiting alone: both lanes finish within the horizon, so it is only done sooner. */
static void sooner_counts_when_waiting_costs(void **state) {
    (void)state;
    orx_npv_terms long_enough = terms;
    orx_npv_margin m;
    long_enough.days = 10;
    orx_npv_of_lane(&work, &long_enough, 1, &m);
    assert_near(m.npv, 0);
    long_enough.delay_cost = 0.1;
    orx_npv_of_lane(&work, &long_enough, 1, &m);
    assert_near(m.tasks, 0);
    /* Task-days: 100 tasks over 10 days are 500, over 5 days 250. */
    assert_near(m.uplift, 25);
    /* The lane itself costs the same: twice as many for half as long. */
    long_enough.lane_cost = 3;
    orx_npv_of_lane(&work, &long_enough, 1, &m);
    assert_near(m.cost, 0);
}

static void few_outcomes_are_worth_less_than_many(void **state) {
    (void)state;
    orx_npv_terms careful = terms;
    orx_npv_work few = work;
    orx_npv_margin of_few, of_many;
    careful.uncertainty = 1;
    few.outcomes = 20;
    orx_npv_of_lane(&work, &careful, 1, &of_many);
    orx_npv_of_lane(&few, &careful, 1, &of_few);
    assert_true(of_few.npv < of_many.npv);
    assert_true(of_many.npv < 15);
    /* 21 of 22, one try: sqrt(21/22 * 1/22 / 22) of ten tasks at 2. */
    assert_near(of_few.penalty, sqrt(21.0 / 22 / 22 / 22) * 20);
}

static void a_stronger_model_is_worth_what_it_passes_more(void **state) {
    (void)state;
    orx_npv_work weak = work, strong = work;
    orx_npv_margin m;
    weak.pass_rate = 0.6;
    weak.cost = 0.1;
    strong.pass_rate = 0.9;
    orx_npv_of_model(&weak, &strong, &terms, &m);
    assert_near(m.uplift, 100 * 0.3 * 2);
    assert_near(m.cost, 100 * 0.4);
    assert_near(m.npv, 20);
    orx_npv_of_model(&strong, &weak, &terms, &m);
    assert_near(m.npv, -20);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static void expect_problem(const orx_npv_work *w, const orx_npv_terms *t, const char *expected) {
    const char *found = orx_npv_problem(w, t);
    if (!found || strcmp(found, expected) != 0)
        fail_msg("found %s, expected %s", found ? found : "no problem", expected);
}

static void every_gap_in_what_is_known_has_its_reason(void **state) {
    (void)state;
    const double none[] = {(double)NAN, HUGE_VAL, -0.001};
    assert_null(orx_npv_problem(&work, &terms));
    for (size_t i = 0; i < 3; i++) {
        orx_npv_work w = work;
        w.tasks = none[i];
        expect_problem(&w, &terms, "queue_unknown");
        w = work, w.pass_rate = none[i];
        expect_problem(&w, &terms, "pass_rate_unknown");
        w = work, w.cost = none[i];
        expect_problem(&w, &terms, "price_unknown");
        w = work, w.seconds = none[i];
        expect_problem(&w, &terms, "duration_unknown");
        w = work, w.attempts = none[i];
        expect_problem(&w, &terms, "attempts_unknown");
    }
}

static void boundaries(void **state) {
    (void)state;
    orx_npv_work w = work;
    w.pass_rate = 1.000001;
    expect_problem(&w, &terms, "pass_rate_unknown");
    w = work, w.outcomes = 0;
    expect_problem(&w, &terms, "pass_rate_unknown");
    w = work, w.seconds = 0;
    expect_problem(&w, &terms, "duration_unknown");
    w = work, w.attempts = 0.5;
    expect_problem(&w, &terms, "attempts_unknown");
    w = work, w.cost = 0; /* a local one may be free */
    assert_null(orx_npv_problem(&w, &terms));
}

static void every_wrong_term_is_refused(void **state) {
    (void)state;
    const double none[] = {(double)NAN, HUGE_VAL, -0.001};
    orx_npv_terms t = terms;
    t.task_value = 0;
    expect_problem(&work, &t, "value_unknown");
    for (size_t i = 0; i < 3; i++) {
        double *const fields[] = {&t.task_value, &t.delay_cost, &t.lane_cost, &t.rate,
                                  &t.uncertainty};
        for (size_t k = 0; k < 5; k++) {
            t = terms;
            *fields[k] = none[i];
            expect_problem(&work, &t, "terms_invalid");
        }
    }
    t = terms, t.days = 0;
    expect_problem(&work, &t, "terms_invalid");
    t = terms, t.days = ORX_NPV_DAYS_MAX + 1;
    expect_problem(&work, &t, "terms_invalid");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_discounted),
        cmocka_unit_test(what_is_no_number_has_no_sum),
        cmocka_unit_test(one_more_lane_does_what_would_not_be_reached),
        cmocka_unit_test(an_empty_queue_is_worth_nothing),
        cmocka_unit_test(what_never_passes_only_costs),
        cmocka_unit_test(tries_are_counted),
        cmocka_unit_test(sooner_counts_when_waiting_costs),
        cmocka_unit_test(few_outcomes_are_worth_less_than_many),
        cmocka_unit_test(a_stronger_model_is_worth_what_it_passes_more),
        cmocka_unit_test(every_gap_in_what_is_known_has_its_reason),
        cmocka_unit_test(boundaries),
        cmocka_unit_test(every_wrong_term_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
