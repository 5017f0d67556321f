/* Tokens and money. The recorded server states for each request: 150 fresh, 1000 read from and 50
 * written to a cache, 77 written of which 33 are reasoning. */
#include "driver.h"

static int begin(void **state) {
    int rc = driver_begin(state);
    ((driver *)*state)->plugin = "claude";
    return rc;
}

static void run(driver *d, const char *program) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(driver_make(d, &err, "{program: %s}", program), &err);
    (void)driver_op(d, ORXAQ_OP_TASK);
}

/* The books after a recording are those of n requests; -1 = no statement about money. */
static void expect(driver *d, const char *recording, int64_t n, int64_t cost) {
    run(d, driver_replay(d, recording, NULL, 0));
    orxaq_usage u = driver_sum(d);
    if (u.input_tokens != 150 * n || u.cache_read_tokens != 1000 * n ||
        u.cache_write_tokens != 50 * n || u.output_tokens != 44 * n ||
        u.reasoning_tokens != 33 * n || u.requests != n || u.cost_nano_usd != cost)
        fail_msg("%s: input %lld %lld %lld, output %lld %lld, requests %lld, cost %lld", recording,
                 (long long)u.input_tokens, (long long)u.cache_read_tokens,
                 (long long)u.cache_write_tokens, (long long)u.output_tokens,
                 (long long)u.reasoning_tokens, (long long)u.requests, (long long)u.cost_nano_usd);
    for (int i = 0; i < d->usage_count; i++)
        assert_int_equal(d->usages[i].provenance, ORXAQ_BY_VENDOR);
}

static void equal_to_the_server(void **state) {
    driver *d = *state;
    expect(d, "ok.jsonl", 1, 2092500);
    expect(d, "tool-edit.jsonl", 2, 4185000);
    expect(d, "incomplete.jsonl", 4, 8370000);
    expect(d, "refused.jsonl", 2, 4185000);
    expect(d, "max-turns.jsonl", 3, 6277500);
}

/* Here the member `usage` has two requests only. */
static void a_request_beyond_the_budget_counts(void **state) {
    expect(*state, "budget.jsonl", 3, 6277500);
}

/* modelUsage and the money repeat the runs before; this run is what is booked. */
static void a_resumed_run_is_itself(void **state) {
    driver *d = *state;
    d->task.session = orxaq_str("3f6d0f66-0b41-4f0f-9a2d-2f6a1c2b3d4e");
    expect(d, "session-resumed.jsonl", 1, 2092500);
}

static void made_up_prices_do_not_count(void **state) {
    expect(*state, "unpriced.jsonl", 1, -1);
}

/* Killed in the middle: what the stream had said by then. */
static void without_a_result(void **state) {
    driver *d = *state;
    run(d, driver_replay(d, "terminated.jsonl", NULL, 143));
    orxaq_usage u = driver_sum(d);
    assert_int_equal(u.input_tokens, 150);
    assert_int_equal(u.cache_read_tokens, 1000);
    assert_int_equal(u.output_tokens, 1);
    assert_int_equal(u.requests, 1);
    assert_int_equal(u.cost_nano_usd, -1);
}

static void nothing_used_is_not_zero(void **state) {
    driver *d = *state;
    run(d, driver_replay(d, "401.jsonl", NULL, 1));
    assert_int_equal(d->usage_count, 0);
}

/* Told while it runs, so that a limit can stop it. */
static void the_sum_grows(void **state) {
    driver *d = *state;
    run(d, driver_replay(d, "tool-edit.jsonl", NULL, 0));
    assert_true(d->usage_count >= 4);
    for (int i = 1; i < d->usage_count; i++) {
        assert_int_equal(d->usages[i].mode, ORXAQ_USAGE_TOTAL);
        assert_int_equal(d->usages[i].scope, ORXAQ_SCOPE_PROCESS);
        assert_true(d->usages[i].output_tokens >= d->usages[i - 1].output_tokens);
    }
}

/* ---- Versions without model_usage_since_last_result
 * ---------------------------------------------- */

#define RESULT(usage, models)                                                                      \
    "{\"type\":\"result\",\"is_error\":false,\"result\":\"x\",\"session_id\":\"s-1\",\"usage\":"   \
    "{" usage "},\"modelUsage\":{" models "}}\n"

static void older_versions(void **state) {
    driver *d = *state;
    d->task.session = orxaq_str("s-1");
    run(d, driver_replay_text(
               d,
               RESULT("\"input_tokens\":5,\"cache_read_input_tokens\":6,\"output_tokens\":9",
                      "\"m\":{\"inputTokens\":50,\"costUSD\":0.5,\"costBasis\":\"list\"},"
                      "\"n\":{\"inputTokens\":5,\"costUSD\":0.25,\"costBasis\":\"list\"}"),
               NULL, 0));
    orxaq_usage u = driver_sum(d);
    assert_int_equal(u.input_tokens, 5);
    assert_int_equal(u.cache_read_tokens, 6);
    assert_int_equal(u.output_tokens, 9);
    assert_int_equal(d->usage_count, 2);
    assert_int_equal(d->usages[0].scope, ORXAQ_SCOPE_SESSION);
    assert_string_equal(d->keys[0], "s-1");
    assert_int_equal(d->usages[0].cost_nano_usd, 750000000);
    assert_int_equal(d->usages[0].input_tokens, -1);
    assert_int_equal(d->usages[1].cost_nano_usd, -1);
}

/* A part of the list that is made up makes the sum unknown; absurd numbers are not taken. */
static void odd_numbers(void **state) {
    driver *d = *state;
    run(d, driver_replay_text(d,
                              RESULT("\"input_tokens\":-5,\"output_tokens\":9000000000000000000",
                                     "\"m\":{\"costUSD\":0.5,\"costBasis\":\"list\"},"
                                     "\"n\":{\"costUSD\":0.5,\"costBasis\":\"unknown\"}"),
                              NULL, 0));
    assert_int_equal(d->usage_count, 0);
    run(d, driver_replay_text(d,
                              RESULT("\"input_tokens\":5,\"output_tokens\":2,"
                                     "\"output_tokens_details\":{\"thinking_tokens\":7}",
                                     "\"m\":{\"costUSD\":-1,\"costBasis\":\"list\"}"),
                              NULL, 0));
    orxaq_usage u = driver_sum(d);
    assert_int_equal(u.output_tokens, 0);
    assert_int_equal(u.reasoning_tokens, 2);
    assert_int_equal(u.cost_nano_usd, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_to_the_server, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_request_beyond_the_budget_counts, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_resumed_run_is_itself, begin, driver_end),
        cmocka_unit_test_setup_teardown(made_up_prices_do_not_count, begin, driver_end),
        cmocka_unit_test_setup_teardown(without_a_result, begin, driver_end),
        cmocka_unit_test_setup_teardown(nothing_used_is_not_zero, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_sum_grows, begin, driver_end),
        cmocka_unit_test_setup_teardown(older_versions, begin, driver_end),
        cmocka_unit_test_setup_teardown(odd_numbers, begin, driver_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
