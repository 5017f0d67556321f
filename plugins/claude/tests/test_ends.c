/* How a run ends: every class of failure, from recordings of the real program. */
#include "driver.h"

static int begin(void **state) {
    int rc = driver_begin(state);
    ((driver *)*state)->plugin = "claude";
    return rc;
}

typedef struct end {
    const char *recording;
    int code;
    int32_t kind;
    int32_t retry;
    int32_t http;
    const char *message;
} end;

static const orx_job_result *run(driver *d, const char *recording, const char *errors, int code) {
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay(d, recording, errors, code);
    assert_ok(driver_make(d, &err, "{program: %s}", program), &err);
    return driver_op(d, ORXAQ_OP_TASK);
}

static void check(driver *d, const end *e) {
    const orx_job_result *r = run(d, e->recording, NULL, e->code);
    if (r->kind != e->kind || r->retry != e->retry || r->http_status != e->http)
        fail_msg("%s: kind %d, retry %d, status %d: %s", e->recording, r->kind, r->retry,
                 r->http_status, r->message);
    assert_contains(r->message, e->message);
    assert_true(r->retry_after_ms == -1);
    assert_false(r->fault);
}

static void all(driver *d, const end *ends, size_t count) {
    for (size_t i = 0; i < count; i++)
        check(d, &ends[i]);
}

#define ALL(d, ends) all(d, ends, sizeof(ends) / sizeof *(ends))

enum { BY_KIND = ORXAQ_RETRY_BY_KIND, NO = ORXAQ_RETRY_NO, YES = ORXAQ_RETRY_YES };

static void the_server_says_no(void **state) {
    static const end ends[] = {
        {"400.jsonl", 1, ORXAQ_KIND_CRASHED, NO, 400, "API Error: 400"},
        {"401.jsonl", 1, ORXAQ_KIND_AUTH, BY_KIND, 401, "Invalid API key"},
        {"402.jsonl", 1, ORXAQ_KIND_QUOTA, BY_KIND, 402, "Credit balance is too low"},
        {"403.jsonl", 1, ORXAQ_KIND_AUTH, BY_KIND, 403, "Failed to authenticate"},
        {"404.jsonl", 1, ORXAQ_KIND_BAD_MODEL, BY_KIND, 404, "claude-sonnet-4-5"},
        {"413.jsonl", 1, ORXAQ_KIND_CONTEXT_TOO_LONG, BY_KIND, 413, "Request too large"},
        {"429.jsonl", 1, ORXAQ_KIND_RATE_LIMIT, BY_KIND, 429, "rate limit"},
        {"429-quota.jsonl", 1, ORXAQ_KIND_QUOTA, BY_KIND, 429, "credit balance"},
        {"500.jsonl", 1, ORXAQ_KIND_OVERLOADED, BY_KIND, 500, "Internal server error"},
        {"503.jsonl", 1, ORXAQ_KIND_OVERLOADED, BY_KIND, 503, "503"},
        {"529.jsonl", 1, ORXAQ_KIND_OVERLOADED, BY_KIND, 529, "Overloaded"},
        {"stream-error.jsonl", 1, ORXAQ_KIND_OVERLOADED, BY_KIND, 529, "Overloaded"},
        {"too-long.jsonl", 1, ORXAQ_KIND_CONTEXT_TOO_LONG, BY_KIND, 400, "Prompt is too long"},
        {"nokey.jsonl", 1, ORXAQ_KIND_AUTH, BY_KIND, 0, "Not logged in"},
    };
    ALL(*state, ends);
}

static void the_line_is_bad(void **state) {
    static const end ends[] = {
        {"connrefused.jsonl", 1, ORXAQ_KIND_NETWORK, BY_KIND, 0, "ECONNREFUSED"},
        {"reset.jsonl", 1, ORXAQ_KIND_NETWORK, BY_KIND, 0, "ECONNRESET"},
        {"cut.jsonl", 1, ORXAQ_KIND_NETWORK, BY_KIND, 0, "Connection to the API was lost"},
        {"malformed.jsonl", 1, ORXAQ_KIND_PROTOCOL, YES, 0, "JSON Parse error"},
        {"html.jsonl", 1, ORXAQ_KIND_PROTOCOL, YES, 0, "without receiving any events"},
        {"hang.jsonl", 1, ORXAQ_KIND_TIMEOUT, BY_KIND, 0, "Request timed out"},
        {"hang-mid.jsonl", 1, ORXAQ_KIND_TIMEOUT, BY_KIND, 0, "Stream idle timeout"},
    };
    ALL(*state, ends);
}

static void the_model_stops(void **state) {
    static const end ends[] = {
        {"refused.jsonl", 1, ORXAQ_KIND_REFUSED, BY_KIND, 0, "can't help with this"},
        {"incomplete.jsonl", 1, ORXAQ_KIND_PROTOCOL, BY_KIND, 0, "output token maximum"},
        {"context-stop.jsonl", 1, ORXAQ_KIND_CONTEXT_TOO_LONG, BY_KIND, 0, "context window limit"},
        {"no-output.jsonl", 0, ORXAQ_KIND_PROTOCOL, YES, 0, "answered nothing"},
        {"max-turns.jsonl", 1, ORXAQ_KIND_LIMIT, BY_KIND, 0, "maximum number of turns (3)"},
        {"budget.jsonl", 1, ORXAQ_KIND_LIMIT, BY_KIND, 0, "maximum budget ($0.005)"},
        {"interrupted.jsonl", 0, ORXAQ_KIND_KILLED, BY_KIND, 0, ""},
        {"badresume.jsonl", 1, ORXAQ_KIND_CRASHED, BY_KIND, 0, "No conversation found"},
    };
    ALL(*state, ends);
}

/* The result decides, whatever the exit code. */
static void an_exit_code_does_not_overrule(void **state) {
    driver *d = *state;
    assert_int_equal(run(d, "ok.jsonl", NULL, 1)->kind, ORXAQ_KIND_OK);
    assert_int_equal(run(d, "401.jsonl", NULL, 0)->kind, ORXAQ_KIND_AUTH);
}

/* And without one there is no success, whatever the exit code. */
static void no_result_is_a_failure(void **state) {
    driver *d = *state;
    const orx_job_result *r = run(d, "terminated.jsonl", NULL, 0);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(r->message, "exit code 0 without a result");
    assert_int_equal(run(d, "terminated.jsonl", NULL, 143)->kind, ORXAQ_KIND_KILLED);
    r = run(d, NULL, "error: unknown option --no-such-flag", 1);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_contains(r->message, "unknown option --no-such-flag");
    assert_int_equal(run(d, NULL, NULL, 1)->kind, ORXAQ_KIND_CRASHED);
}

static const orx_job_result *run_text(driver *d, const char *text, int code) {
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay_text(d, text, NULL, code);
    assert_ok(driver_make(d, &err, "{program: %s}", program), &err);
    return driver_op(d, ORXAQ_OP_TASK);
}

/* Records of a shape nobody has seen are passed over, and none of them is a success. */
static void odd_records_are_passed_over(void **state) {
    static const char odd[] =
        "[]\n5\n\"x\"\n{\"type\":5}\n{}\n{\"type\":\"system\",\"subtype\":\"init\","
        "\"mcp_servers\":7,\"session_id\":null}\n{\"type\":\"stream_event\"}\n"
        "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\",\"delta\":3}}\n"
        "{\"type\":\"assistant\",\"message\":\"words\"}\n"
        "{\"type\":\"assistant\",\"message\":{\"content\":[1,{\"type\":\"tool_use\"},"
        "{\"type\":\"tool_result\",\"content\":{}}]}}\n"
        "{\"type\":\"stream_event\",\"event\":{\"type\":\"message_start\",\"message\":"
        "{\"usage\":\"many\"}}}\n";
    driver *d = *state;
    const orx_job_result *r = run_text(d, odd, 0);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_false(r->fault);
    assert_string_equal(orx_str_cstr(&d->answer), "");
    r = run_text(d, "{\"type\":\"result\"}", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    r = run_text(d, "{\"type\":\"result\",\"is_error\":\"no\",\"result\":7}", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    r = run_text(d, "{\"type\":\"result\",\"is_error\":false,\"result\":\"hal", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
}

/* Of several results, as after several turns, the last counts. */
static void the_last_result_counts(void **state) {
    driver *d = *state;
    static const char well[] = "{\"type\":\"result\",\"is_error\":false,\"result\":\"x\"}\n";
    static const char ill[] =
        "{\"type\":\"result\",\"is_error\":true,\"api_error_status\":401,\"result\":\"no\"}\n";
    const char *text = orx_arena_printf(&d->arena, "%s%s", ill, well);
    assert_int_equal(run_text(d, text, 0)->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&d->answer), "x|");
    text = orx_arena_printf(&d->arena, "%s%s", well, ill);
    assert_int_equal(run_text(d, text, 0)->kind, ORXAQ_KIND_AUTH);
}

static void silence_is_no_progress(void **state) {
    driver *d = *state;
    d->idle_ns = 2 * ORX_SEC;
    const orx_job_result *r = run(d, "terminated.jsonl", NULL, -1);
    assert_int_equal(r->kind, ORXAQ_KIND_NO_PROGRESS);
    assert_int_equal(r->last.signal, 15); /* asked to end, not killed */
}

static void no_such_program(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(driver_make(d, &err, "{program: no-such-program-anywhere}"), &err);
    const orx_job_result *r = driver_op(d, ORXAQ_OP_TASK);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_contains(r->message, "no-such-program-anywhere");
    d->secret = "key-value"; /* then a shell stands before it */
    assert_ok(driver_make(d, &err, "{program: no-such-program-anywhere}"), &err);
    r = driver_op(d, ORXAQ_OP_TASK);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_contains(r->message, "no-such-program-anywhere");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_server_says_no, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_line_is_bad, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_model_stops, begin, driver_end),
        cmocka_unit_test_setup_teardown(an_exit_code_does_not_overrule, begin, driver_end),
        cmocka_unit_test_setup_teardown(no_result_is_a_failure, begin, driver_end),
        cmocka_unit_test_setup_teardown(odd_records_are_passed_over, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_last_result_counts, begin, driver_end),
        cmocka_unit_test_setup_teardown(silence_is_no_progress, begin, driver_end),
        cmocka_unit_test_setup_teardown(no_such_program, begin, driver_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
