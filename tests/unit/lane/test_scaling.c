/* What a decision file allows a group of lanes, and what it does not. */
#include "lane/scaling.h"

#include "data/json.h"
#include "test.h"

#include <string.h>

static orx_arena arena;

/* Two lanes that may both run, as 69 and 80 have them. */
static const orx_lane_group pair = {
    .name = "g", .count = 2, .max_parallel_agents = 2, .max_subagents = 1};

static orx_lane_gate gate_of(const orx_lane_group *g, const char *text) {
    orx_err err = ORX_ERR_INIT;
    orx_lane_gate gate;
    const orx_node *doc = NULL;
    assert_ok(orx_json_parse(&arena, "d", orx_view_of(text), &orx_limits_data, &doc, &err), &err);
    orx_lane_gate_of(g, true, true, doc, &gate);
    return gate;
}

static void expect(const orx_lane_group *g, const char *text, int64_t allowed, const char *reason) {
    orx_lane_gate gate = gate_of(g, text);
    const char *first = gate.count ? gate.reasons[0] : "none";
    if (gate.allowed != allowed || strcmp(first, reason) != 0)
        fail_msg("%s: %lld allowed, %s; expected %lld, %s", text, (long long)gate.allowed, first,
                 (long long)allowed, reason);
}

#define UP(npv, lanes, more)                                                                       \
    "{\"decision\": \"scale_up\", \"marginal_npv_usd\": " npv                                      \
    ", \"capacity\": {\"requested_parallel_agents\": " lanes "}" more "}"
#define LIMITS(text) ", \"constraints\": {" text "}"

static void r69_case_80_two_are_worth_it(void **state) {
    (void)state;
    expect(&pair,
           UP("2.6", "2",
              LIMITS("\"projected_daily_spend_usd\": 3.1, \"daily_budget_usd\": 12,"
                     "\"max_parallel_agents\": 2, \"max_subagents_per_agent\": 1")),
           2, "none");
    /* At the top it may stand as well. */
    expect(&pair,
           "{\"decision\": \"scale_up\", \"marginal_npv_usd\": 2.6,"
           " \"requested_parallel_agents\": 2, \"projected_daily_spend_usd\": 3.1}",
           2, "none");
}

static void r70_case_81_a_hold_is_one_lane(void **state) {
    (void)state;
    static const char text[] = "{\"decision\": \"hold\", \"marginal_npv_usd\": -0.2}";
    expect(&pair, text, 1, "decision_not_approved");
    assert_string_equal(gate_of(&pair, text).reasons[1], "marginal_npv_below_threshold");
    expect(&pair, "{\"decision\": \"hold\", \"marginal_npv_usd\": null}", 1,
           "decision_not_approved");
    expect(&pair, "{\"decision\": \"scale_up\", \"should_scale\": false, \"marginal_npv_usd\": 2}",
           1, "decision_not_approved");
}

static void r71_equal_is_enough(void **state) {
    (void)state;
    orx_lane_group g = pair;
    g.min_npv_usd = 2.6;
    expect(&g, UP("2.6", "2", ""), 2, "none");
    expect(&g, UP("2.59", "2", ""), 1, "marginal_npv_below_threshold");
}

static void every_gate_has_its_reason(void **state) {
    (void)state;
    orx_lane_group g = pair;
    expect(&g, UP("1", "3", ""), 1, "max_parallel_agents_exceeded");
    g.max_parallel_agents = 1;
    expect(&g, UP("1", "2", ""), 1, "max_parallel_agents_exceeded");
    expect(&pair, UP("1", "2", LIMITS("\"max_parallel_agents\": 1")), 1,
           "max_parallel_agents_exceeded");
    expect(&pair,
           "{\"decision\": \"scale_up\", \"marginal_npv_usd\": 1, \"capacity\":"
           " {\"requested_parallel_agents\": 2, \"requested_subagents_per_agent\": 2}}",
           1, "max_subagents_per_agent_exceeded");
    expect(&pair, UP("1", "2", ", \"stop_loss_triggered\": true"), 1, "stop_loss_triggered");
    expect(&pair, UP("1", "2", ", \"reasons\": [\"of us\", \"quality_unhealthy\"]"), 1,
           "quality_unhealthy");
    expect(&pair, UP("1", "2", ", \"reasons\": [\"reliability_unhealthy\"]"), 1,
           "reliability_unhealthy");
    expect(&pair, UP("1", "2", ", \"reasons\": [\"of us\"]"), 2, "none");
}

/* The lanes' own budget goes before that of the file; equal is inside. */
static void budgets(void **state) {
    (void)state;
    orx_lane_group g = pair;
    static const char text[] =
        UP("1", "2", LIMITS("\"projected_daily_spend_usd\": 12, \"daily_budget_usd\": 11"));
    expect(&g, text, 1, "daily_budget_exceeded");
    g.daily_budget_usd = 12;
    expect(&g, text, 2, "none");
    g.daily_budget_usd = 11.99;
    expect(&g, text, 1, "daily_budget_exceeded");
    expect(&pair, UP("1", "2", LIMITS("\"projected_daily_spend_usd\": 12")), 2, "none");
}

static void what_is_no_decision(void **state) {
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{}",
        "7",
        "{\"decision\": \"scale_up\"}",
        "{\"decision\": \"scale_up\", \"marginal_npv_usd\": \"2.6\"}",
        UP("1", "\"two\"", ""),
        UP("1", "null", ""),
        UP("1", "2", LIMITS("\"projected_daily_spend_usd\": -1")),
        UP("1", "2", LIMITS("\"projected_daily_spend_usd\": null")),
        UP("1", "2", LIMITS("\"daily_budget_usd\": \"much\"")),
        UP("1", "2", LIMITS("\"max_parallel_agents\": {}")),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect(&pair, bad[i], 1, "decision_file_invalid");
    expect(&pair, UP("1", "-3", ""), 1, "none");
}

static void off_and_missing(void **state) {
    (void)state;
    orx_lane_gate gate;
    orx_lane_gate_of(&pair, false, true, NULL, &gate);
    assert_string_equal(gate.reasons[0], "scaling_disabled");
    orx_lane_gate_of(&pair, true, false, NULL, &gate);
    assert_string_equal(gate.reasons[0], "decision_file_missing");
    orx_lane_gate_of(&pair, true, true, NULL, &gate);
    assert_string_equal(gate.reasons[0], "decision_file_invalid");
    assert_int_equal(gate.allowed, 1);
}

static void groups_may_share_a_file(void **state) {
    (void)state;
    orx_lane_group other = pair;
    other.name = "other";
    static const char text[] =
        "{\"decision\": \"hold\", \"marginal_npv_usd\": 0, \"groups\": {\"g\": " UP("1", "2",
                                                                                    "") "}}";
    expect(&pair, text, 2, "none");
    expect(&other, text, 1, "decision_not_approved");
}

static int release(void **state) {
    (void)state;
    orx_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r69_case_80_two_are_worth_it),
        cmocka_unit_test(r70_case_81_a_hold_is_one_lane),
        cmocka_unit_test(r71_equal_is_enough),
        cmocka_unit_test(every_gate_has_its_reason),
        cmocka_unit_test(budgets),
        cmocka_unit_test(what_is_no_decision),
        cmocka_unit_test(off_and_missing),
        cmocka_unit_test(groups_may_share_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
