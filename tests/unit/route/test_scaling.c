/* How many lanes: every gate alone, at its boundary and beyond it. */
#include "route/scaling.h"

#include "test.h"

#include <math.h>
#include <string.h>

/* 100 tasks of 2 USD that pass at once for 0.5; a lane does ten a day: each is worth 15 more. */
static orx_scaling_facts facts(void) {
    return (orx_scaling_facts){
        .enabled = true,
        .work = {.tasks = 100,
                 .pass_rate = 1,
                 .outcomes = 1000,
                 .cost = 0.5,
                 .seconds = 8640,
                 .attempts = 1},
        .terms = {.task_value = 2, .days = 1},
        .lanes = 4,
        .day_left = 1,
        .subagents = 1,
        .min_outcomes = 20,
        .max_parallel_agents = 10,
        .max_subagents = 1,
    };
}

static orx_scaling_choice decided;

static void expect(const orx_scaling_facts *f, const char *decision, int64_t lanes,
                   const char *reason) {
    orx_scaling_decide(f, &decided);
    const char *first = decided.reason_count ? decided.reasons[0] : "none";
    if (strcmp(decided.decision, decision) != 0 || decided.lanes != lanes ||
        strcmp(first, reason) != 0)
        fail_msg("%s of %lld lanes, %s; expected %s of %lld, %s", decided.decision,
                 (long long)decided.lanes, first, decision, (long long)lanes, reason);
}

static void lanes_are_added_while_they_are_worth_it(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    expect(&f, "scale_up", 4, "no_further_lane");
    assert_int_equal(decided.step_count, 3);
    assert_true(fabs(decided.npv_usd - 15) < 1e-9);
    assert_true(fabs(decided.projected_usd - 20) < 1e-9);
    assert_false(decided.stop_loss);
    f.work.tasks = 20;
    f.min_npv_usd = 0.01;
    expect(&f, "scale_up", 2, "marginal_npv_below_threshold");
    assert_true(fabs(decided.npv_usd - 15) < 1e-9);
}

static void a_single_lane_has_nothing_to_decide(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    f.lanes = 1;
    expect(&f, "hold", 1, "no_further_lane");
    assert_true(isnan(decided.npv_usd));
    f.lanes = 0;
    expect(&f, "hold", 1, "no_further_lane");
}

/* 71 as superseded. */
static void r71_equal_to_the_threshold_is_enough(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    orx_npv_margin m;
    orx_npv_of_lane(&f.work, &f.terms, 1, &m);
    f.lanes = 2;
    f.min_npv_usd = m.npv;
    expect(&f, "scale_up", 2, "no_further_lane");
    f.min_npv_usd = nextafter(m.npv, HUGE_VAL);
    expect(&f, "hold", 1, "marginal_npv_below_threshold");
    assert_true(decided.npv_usd == m.npv);
    f = facts();
    f.enabled = false;
    expect(&f, "hold", 1, "scaling_disabled");
}

static void no_value_goes_past_a_gate(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    f.terms.task_value = 1e6;
    f.max_parallel_agents = 2;
    expect(&f, "scale_up", 2, "max_parallel_agents_exceeded");
    f.max_parallel_agents = 1;
    expect(&f, "hold", 1, "max_parallel_agents_exceeded");
    f = facts();
    f.terms.task_value = 1e6;
    f.subagents = 2;
    expect(&f, "hold", 1, "max_subagents_per_agent_exceeded");
    f.max_subagents = 2;
    expect(&f, "scale_up", 4, "no_further_lane");
}

static void the_day_s_budget_is_a_gate(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    f.spent_usd = 2;
    f.daily_budget_usd = 12; /* 2 and two lanes of 5 USD: just so much */
    expect(&f, "scale_up", 2, "daily_budget_exceeded");
    assert_true(fabs(decided.projected_usd - 12) < 1e-9);
    f.daily_budget_usd = 11.99;
    expect(&f, "hold", 1, "daily_budget_exceeded");
    assert_false(decided.stop_loss);
    /* Half of the day is over. */
    f.day_left = 0.5;
    expect(&f, "scale_up", 3, "daily_budget_exceeded");
    f.day_left = 1;
    f.work.tasks = 4; /* the queue ends before the money */
    expect(&f, "scale_up", 4, "no_further_lane");
}

/* Predictions say what the open tasks are worth; losses are what was measured. */
static void open_tasks_are_worth_what_is_predicted(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    expect(&f, "scale_up", 4, "no_further_lane");
    double measured = decided.npv_usd;
    f.predicted = true;
    f.predicted_rate = f.work.pass_rate / 2;
    orx_scaling_choice less;
    orx_scaling_decide(&f, &less);
    assert_true(less.npv_usd < measured);
    f.predicted_rate = 0;
    expect(&f, "hold", 1, "marginal_npv_below_threshold");
    f.min_pass_rate = f.work.pass_rate; /* equal is enough, and it is the measured one */
    expect(&f, "hold", 1, "marginal_npv_below_threshold");
    assert_false(decided.stop_loss);
    f.predicted_rate = 1.5;
    expect(&f, "hold", 1, "pass_rate_unknown");
}

static void losses_stop_it(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    f.daily_budget_usd = 12;
    f.spent_usd = 12;
    expect(&f, "hold", 1, "daily_budget_exceeded");
    assert_false(decided.stop_loss);
    f.spent_usd = 12.01;
    expect(&f, "scale_down", 1, "daily_budget_exceeded");
    assert_true(decided.stop_loss);
    f = facts();
    f.work.pass_rate = 0.5;
    f.min_pass_rate = 0.5;
    expect(&f, "scale_up", 4, "no_further_lane");
    f.min_pass_rate = 0.51;
    expect(&f, "scale_down", 1, "quality_unhealthy");
    assert_true(decided.stop_loss);
    f.min_outcomes = 1001; /* of so few nobody says that it is a loss */
    expect(&f, "hold", 1, "pass_rate_unknown");
    f = facts();
    f.router_unhealthy = true;
    expect(&f, "scale_down", 1, "router_unhealthy");
    assert_string_equal(decided.reasons[1], "stop_loss_triggered");
}

static void what_is_not_known_is_no_reason_to_grow(void **state) {
    (void)state;
    orx_scaling_facts f = facts();
    f.work.cost = (double)NAN;
    expect(&f, "hold", 1, "price_unknown");
    assert_true(isnan(decided.npv_usd) && isnan(decided.projected_usd));
    f = facts();
    f.work.outcomes = 19;
    expect(&f, "hold", 1, "pass_rate_unknown");
    f.work.outcomes = 20;
    expect(&f, "scale_up", 4, "no_further_lane");
    f.spent_usd = (double)NAN;
    expect(&f, "scale_up", 4, "no_further_lane");
    f.daily_budget_usd = 100;
    expect(&f, "hold", 1, "spend_unknown");
    f = facts();
    f.min_npv_usd = (double)NAN;
    expect(&f, "hold", 1, "terms_invalid");
    f = facts();
    f.daily_budget_usd = -1;
    expect(&f, "hold", 1, "terms_invalid");
    f = facts();
    f.day_left = 1.5;
    expect(&f, "hold", 1, "terms_invalid");
}

/* Every reason that can be given has words. */
static void reasons_have_words(void **state) {
    (void)state;
    static const char *const all[] = {
        "scaling_disabled",
        "marginal_npv_below_threshold",
        "max_parallel_agents_exceeded",
        "spend_unknown",
        "max_subagents_per_agent_exceeded",
        "daily_budget_exceeded",
        "no_further_lane",
        "terms_invalid",
        "value_unknown",
        "queue_unknown",
        "pass_rate_unknown",
        "price_unknown",
        "duration_unknown",
        "attempts_unknown",
        "decision_file_missing",
        "quality_unhealthy",
        "router_unhealthy",
        "decision_file_invalid",
        "npv_gate_hold",
        "decision_not_approved",
        "stop_loss_triggered",
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_string_not_equal(orx_scaling_words(all[i]), all[i]);
    assert_string_equal(orx_scaling_words("of_somebody_else"), "of_somebody_else");
}

static void r72_the_state_of_routing(void **state) {
    (void)state;
    assert_string_equal(orx_routing_state(0, 0, 0), "idle");
    assert_string_equal(orx_routing_state(100, 5, 0), "degraded");
    assert_string_equal(orx_routing_state(100, 4, 0), "healthy");
    assert_string_equal(orx_routing_state(100, 0, 20), "elevated_fallback");
    assert_string_equal(orx_routing_state(100, 0, 19), "healthy");
    assert_string_equal(orx_routing_state(100, 0, 0),
                        "healthy"); /* 20 benign ones are in neither */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_are_added_while_they_are_worth_it),
        cmocka_unit_test(a_single_lane_has_nothing_to_decide),
        cmocka_unit_test(r71_equal_to_the_threshold_is_enough),
        cmocka_unit_test(no_value_goes_past_a_gate),
        cmocka_unit_test(the_day_s_budget_is_a_gate),
        cmocka_unit_test(open_tasks_are_worth_what_is_predicted),
        cmocka_unit_test(losses_stop_it),
        cmocka_unit_test(what_is_not_known_is_no_reason_to_grow),
        cmocka_unit_test(reasons_have_words),
        cmocka_unit_test(r72_the_state_of_routing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
