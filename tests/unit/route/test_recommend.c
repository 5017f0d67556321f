/* Which kinds of tasks go to the small local model, and what is no evidence. */
#include "route/recommend.h"

#include "data/json.h"
#include "test.h"

#include <string.h>

static orx_arena arena;
static const orx_recommend_rules usual = {.min_runs = 4, .min_pass_rate = 0.9, .max_mean_ms = 220};

/* Twenty results as the predecessor made them up for L0; here they stand for measured ones. */
static const int given[20][2] = {{1, 91},  {1, 210}, {1, 239}, {1, 138}, {1, 111},
                                 {0, 108}, {1, 141}, {1, 225}, {1, 143}, {1, 291},
                                 {1, 224}, {1, 217}, {1, 112}, {1, 66},  {1, 282},
                                 {1, 144}, {1, 182}, {1, 165}, {1, 55},  {1, 229}};

static const orx_node *parsed(const char *text) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *doc = NULL;
    assert_ok(orx_json_parse(&arena, "r", orx_view_of(text), &orx_limits_config, &doc, &err), &err);
    return doc;
}

static const orx_node *twenty(const char *head, size_t count) {
    static const char *const types[] = {"docs", "schema", "refactor", "tests", "lint"};
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_addf(&s, "{\"seed\": 17, %s, \"results\": [", head);
    for (size_t i = 0; i < count; i++)
        orx_str_addf(&s,
                     "%s{\"id\": \"mb-%03zu\", \"task_type\": \"%s\", \"passed\": %s, "
                     "\"duration_ms\": %d, \"cost_usd\": 0}",
                     i ? "," : "", i + 1, types[i % 5], given[i][0] ? "true" : "false",
                     given[i][1]);
    orx_str_adds(&s, "]}");
    return parsed(orx_str_cstr(&s));
}

static const char *lane_of(const orx_node *policy, const char *type) {
    return orx_node_str(
        orx_node_get(orx_node_get(orx_node_get(policy, "task_types"), type), "lane"), "none");
}

/* Exact: they are means of a few small whole numbers. */
static void is(const orx_node *policy, const char *path, double expected) {
    double got = orx_node_num(orx_node_path(policy, path), -1);
    if (got > expected || got < expected)
        fail_msg("%s: %g, expected %g", path, got, expected);
}

static void r66_what_is_good_and_quick_stays_local(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    orx_node *p = NULL;
    const orx_node *doc = twenty("\"executed\": true, \"lane\": \"L0\"", 20);
    assert_ok(orx_microbench_check(doc, "r", &err), &err);
    assert_ok(orx_recommend(doc, "r", &usual, &arena, &p, &err), &err);
    assert_string_equal(lane_of(p, "docs"), "L1"); /* 3 of 4 passed */
    assert_string_equal(lane_of(p, "lint"), "L1"); /* 228.25 ms */
    assert_string_equal(lane_of(p, "schema"), "L0");
    assert_string_equal(lane_of(p, "refactor"), "L0");
    assert_string_equal(lane_of(p, "tests"), "L0");
    is(p, "task_types.docs.pass_rate", 0.75);
    is(p, "task_types.lint.mean_duration_ms", 228.25);
    assert_string_equal(orx_node_str(orx_node_path(p, "task_types.lint.reason"), ""),
                        "quality_or_latency_guardrail");
    assert_string_equal(orx_node_str(orx_node_path(p, "task_types.tests.model"), ""),
                        "local-small");
    assert_string_equal(orx_node_str(orx_node_path(p, "default.reason"), ""),
                        "local_first_default");
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_microbench_text(doc, &text);
    assert_non_null(strstr(orx_str_cstr(&text), "- Passed: 19/20\n- Mean duration: 168.65 ms\n"
                                                "- Mean cost: 0.000000 USD\n"));
}

static void limits_are_inclusive(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    orx_node *p = NULL;
    orx_recommend_rules rules = {.min_runs = 4, .min_pass_rate = 0.75, .max_mean_ms = 228.25};
    const orx_node *doc = twenty("\"executed\": true, \"lane\": \"L0\"", 20);
    assert_ok(orx_recommend(doc, "r", &rules, &arena, &p, &err), &err);
    assert_string_equal(lane_of(p, "docs"), "L0");
    assert_string_equal(lane_of(p, "lint"), "L0");
    rules.max_mean_ms = 228.24;
    assert_ok(orx_recommend(doc, "r", &rules, &arena, &p, &err), &err);
    assert_string_equal(lane_of(p, "lint"), "L1");
}

static void refused(const orx_node *doc, const char *why) {
    orx_err err = ORX_ERR_INIT;
    orx_node *p = NULL;
    int rc = orx_microbench_check(doc, "r", &err);
    if (rc == 0)
        rc = orx_recommend(doc, "r", &usual, &arena, &p, &err);
    assert_int_equal(rc, ORX_E_INVALID);
    if (!strstr(err.msg, why))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, why);
    assert_null(p);
}

static void r66_r67_what_was_not_measured_is_no_evidence(void **state) {
    (void)state;
    refused(twenty("\"lane\": \"L0\"", 20), "not measured");
    refused(twenty("\"lane\": \"L0\", \"executed\": false", 20), "not measured");
    refused(twenty("\"lane\": \"L2\", \"executed\": true", 20), "lane L0");
    refused(parsed("[]"), "results of a microbench");
    refused(parsed("{\"executed\": true, \"lane\": \"L0\", \"results\": []}"), "nothing is");
    refused(parsed("{\"executed\": true, \"lane\": \"L0\", \"results\": [1]}"), "r:1:");
    refused(parsed("{\"executed\": true, \"lane\": \"L0\", \"results\": [{\"id\": \"a\","
                   " \"task_type\": \"t\", \"passed\": 1, \"duration_ms\": 1}]}"),
            "passed");
    refused(parsed("{\"executed\": true, \"lane\": \"L0\", \"results\": [{\"id\": \"a\","
                   " \"task_type\": \"t\", \"passed\": true, \"duration_ms\": -1}]}"),
            "duration_ms");
}

static void too_few_runs_are_named_and_not_used(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    orx_node *p = NULL;
    refused(twenty("\"executed\": true, \"lane\": \"L0\"", 15), "4 times");
    /* 19 rows: lint has three. */
    assert_ok(orx_recommend(twenty("\"executed\": true, \"lane\": \"L0\"", 19), "r", &usual, &arena,
                            &p, &err),
              &err);
    assert_string_equal(lane_of(p, "lint"), "none");
    assert_int_equal(orx_node_int(orx_node_path(p, "too_few.lint"), 0), 3);
    /* What did not run is no run. */
    const orx_node *doc = parsed("{\"executed\": true, \"lane\": \"L0\", \"results\": ["
                                 "{\"id\": \"a\", \"task_type\": \"t\", \"passed\": true, "
                                 "\"duration_ms\": 1, \"ran\": false}]}");
    refused(doc, "nothing is");
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_recommend_text(p, &text);
    assert_non_null(strstr(orx_str_cstr(&text), "- lint: nothing is recommended after 3 runs\n"));
    assert_non_null(strstr(orx_str_cstr(&text),
                           "- docs: L1, local-strong (quality_or_latency_guardrail; 4 runs, 75 % "
                           "passed, 141.75 ms)\n"));
}

static int forget(void **state) {
    (void)state;
    orx_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r66_what_is_good_and_quick_stays_local),
        cmocka_unit_test(limits_are_inclusive),
        cmocka_unit_test(r66_r67_what_was_not_measured_is_no_evidence),
        cmocka_unit_test(too_few_runs_are_named_and_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
