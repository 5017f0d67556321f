/* The servers of one's own: their file, their models' names, trials, and the download command. */
#include "fleet/local_bench.h"
#include "fleet/local_command.h"
#include "fleet/local_fleet.h"
#include "fleet/local_scan.h"

#include "data/json.h"

#include "test.h"

static orx_arena arena;

static int arena_teardown(void **state) {
    (void)state;
    orx_arena_free(&arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, arena_teardown)

static int read(const char *json, orx_local_fleet *f, orx_err *err) {
    const orx_node *doc = NULL;
    assert_int_equal(
        orx_json_parse(&arena, "f.json", orx_view_of(json), &orx_limits_config, &doc, NULL), 0);
    *err = (orx_err)ORX_ERR_INIT;
    return orx_local_fleet_read("f.json", doc, &arena, f, err);
}

static void r53_a_name_says_how_hard(void **state) {
    (void)state;
    static const struct {
        const char *model;
        int score;
        const char *class;
    } cases[] = {{"liquid/lfm2.5-1.2b", 35, "simple"},
                 {"qwen2.5-coder-7b-instruct", 51, "standard"},
                 {"qwen/Qwen2.5-Coder-32B", 68, "complex"},
                 {"deepseek-r1-distill-llama-70b", 82, "complex"},
                 {"deepseek/deepseek-r1-0528-qwen3-8b", 47, "standard"},
                 {"text-embedding-nomic-embed-text-v1.5", 5, "simple"},
                 {"reason-coder-70b", 90, "deep_research"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        assert_int_equal(orx_model_complexity(cases[i].model), cases[i].score);
        assert_string_equal(orx_model_class(cases[i].score), cases[i].class);
    }
}

static void numbers_have_floors_and_rows_their_address(void **state) {
    (void)state;
    orx_local_fleet f;
    orx_err err;
    assert_int_equal(
        read("{\"endpoints\": [{\"id\": \"a\", \"base_url\": \"http://H:1234/v1/\", "
             "\"max_parallel\": -3}], \"benchmark\": {\"timeout_sec\": 0, \"max_tokens\": 1},"
             "\"capability_scan\": {\"timeout_sec\": 1, \"context_token_steps\": [1, 300]}}",
             &f, &err),
        0);
    assert_int_equal(f.count, 1);
    assert_string_equal(f.items[0].base_url, "http://H:1234/v1");
    assert_string_equal(f.items[0].root_url, "http://H:1234");
    assert_string_equal(f.items[0].key, "h:1234");
    assert_int_equal(f.items[0].max_parallel, 1);
    assert_true(f.items[0].enabled);
    assert_int_equal(f.bench.timeout_ns, ORX_SEC);
    assert_int_equal(f.bench.max_tokens, 64);
    assert_int_equal(f.scan.timeout_ns, 3 * ORX_SEC);
    assert_int_equal(f.scan.step_count, 2);
    assert_int_equal(f.scan.steps[0], 256);
    assert_int_equal(f.scan.steps[1], 300);
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        const char *json;
        const char *part;
    } cases[] = {{"[]", "expected an object with endpoints"},
                 {"{\"endpoints\": 3}", "endpoints: expected a list"},
                 {"{\"endpoints\": [{\"id\": \"a\"}]}", "base_url of a"},
                 {"{\"endpoints\": [{\"base_url\": \"http://h\"}]}", "an id of its own"},
                 {"{\"endpoints\": [{\"id\": \"a\", \"base_url\": \"http://h\"}, "
                  "{\"id\": \"a\", \"base_url\": \"http://i\"}]}",
                  "an id of its own"},
                 {"{\"endpoints\": [{\"id\": \"a\", \"base_url\": \"http://h\", \"enabled\": 1}]}",
                  "enabled: expected true or false"},
                 {"{\"target_models\": [1]}", "target_models: expected a list of texts"},
                 {"{\"benchmark\": {\"timeout_sec\": \"1\"}}", "timeout_sec: expected a number"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        orx_local_fleet f = {.count = 77};
        orx_err err;
        assert_true(read(cases[i].json, &f, &err) < 0);
        assert_non_null(strstr(err.msg, "f.json"));
        if (!strstr(err.msg, cases[i].part))
            fail_msg("\"%s\" is not in: %s", cases[i].part, err.msg);
        assert_int_equal(f.count, 77);
    }
}

/* ---- Trials ---------------------------------------------------------------------------------- */

static void r54_trials_go_a_little_beyond_what_works(void **state) {
    (void)state;
    const orx_local_scan scan = {.timeout_ns = 12 * ORX_SEC,
                                 .success_rate = 0.8,
                                 .latency_ratio = 0.95,
                                 .max_parallel_probe = 8};
    orx_local_parallel sum = {0};
    int64_t p = 0, peak = orx_local_peak(&scan, 4);
    assert_int_equal(peak, 8);
    assert_int_equal(orx_local_peak(&scan, 2), 6);
    while (p < peak && !sum.over) {
        p++;
        orx_local_trial t = {
            .parallel = p, .ok = p <= 3 ? p : 3, .latency_ms = 100, .capacity = p > 3};
        orx_local_weigh(&scan, &t, &sum);
        assert_int_equal(t.healthy, p <= 3);
    }
    assert_int_equal(p, 5);
    assert_int_equal(sum.recommended, 3);
}

static void slow_is_not_healthy(void **state) {
    (void)state;
    const orx_local_scan scan = {.timeout_ns = 10 * ORX_SEC,
                                 .success_rate = 0.8,
                                 .latency_ratio = 0.95,
                                 .max_parallel_probe = 8};
    orx_local_parallel sum = {0};
    orx_local_trial t = {.parallel = 1, .ok = 1, .latency_ms = 9501};
    orx_local_weigh(&scan, &t, &sum);
    assert_false(t.healthy);
    assert_int_equal(sum.recommended, 0);
    assert_int_equal(sum.observed, 1);
    t.latency_ms = 9500;
    orx_local_weigh(&scan, &t, &sum);
    assert_true(t.healthy);
}

/* ---- The command ----------------------------------------------------------------------------- */

static void words_are_split_and_nothing_is_expanded(void **state) {
    (void)state;
    const char **argv = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(
        orx_local_command_words("get  '{model} x' \"a\\\"$HOME\" \\; '' {base_url}/q{endpoint_id}",
                                "e1", "http://h", "m; rm -rf /", &arena, &argv, &err),
        0);
    static const char *const expected[] = {"get", "m; rm -rf / x", "a\"$HOME", ";",
                                           "",    "http://h/qe1",  NULL};
    for (size_t i = 0; expected[i]; i++)
        assert_string_equal(argv[i], expected[i]);
    assert_null(argv[6]);
    assert_int_equal(orx_local_command_words("get 'x", "", "", "", &arena, &argv, &err),
                     ORX_E_INVALID);
    assert_int_equal(orx_local_command_words("  ", "", "", "", &arena, &argv, &err), ORX_E_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r53_a_name_says_how_hard), TEST(numbers_have_floors_and_rows_their_address),
        TEST(what_is_wrong_is_named),   TEST(r54_trials_go_a_little_beyond_what_works),
        TEST(slow_is_not_healthy),      TEST(words_are_split_and_nothing_is_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
