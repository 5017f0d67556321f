/* How a run ends: every class of failure, from recordings of the real program. */
#include "driver.h"

static int begin(void **state) {
    int rc = driver_begin(state);
    ((driver *)*state)->plugin = "gemini";
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
    assert_ok(driver_make(d, &err, "{program: [%s]}", program), &err);
    return driver_op(d, ORXAQ_OP_TASK);
}

static void check(driver *d, const end *e) {
    const orx_job_result *r = run(d, e->recording, NULL, e->code);
    if (r->kind != e->kind || r->retry != e->retry || r->http_status != e->http)
        fail_msg("%s: kind %d, retry %d, status %d: %s", e->recording, r->kind, r->retry,
                 r->http_status, r->message);
    assert_contains(r->message, e->message);
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
        {"400.jsonl", 144, ORXAQ_KIND_CRASHED, NO, 400, "invalid argument"},
        {"400-key.jsonl", 144, ORXAQ_KIND_AUTH, BY_KIND, 400, "API key not valid"},
        {"401.jsonl", 145, ORXAQ_KIND_AUTH, BY_KIND, 401, "invalid authentication"},
        {"402.jsonl", 146, ORXAQ_KIND_QUOTA, BY_KIND, 402, "[API Error"},
        {"403.jsonl", 147, ORXAQ_KIND_AUTH, BY_KIND, 403, "does not have permission"},
        {"404.jsonl", 1, ORXAQ_KIND_BAD_MODEL, BY_KIND, 0, "does not exist"},
        {"413.jsonl", 157, ORXAQ_KIND_CONTEXT_TOO_LONG, BY_KIND, 413, "exceeds the limit"},
        {"429.jsonl", 173, ORXAQ_KIND_RATE_LIMIT, BY_KIND, 429, "Please retry in a moment"},
        {"429-quota.jsonl", 173, ORXAQ_KIND_QUOTA, BY_KIND, 429, "daily quota"},
        {"500.jsonl", 244, ORXAQ_KIND_OVERLOADED, BY_KIND, 500, "internal error"},
        {"503.jsonl", 247, ORXAQ_KIND_OVERLOADED, BY_KIND, 503, "overloaded"},
        {"too-long.jsonl", 144, ORXAQ_KIND_CONTEXT_TOO_LONG, BY_KIND, 400, "maximum number"},
    };
    ALL(*state, ends);
}

/* Codes that the message hides are in the exit code; without it the words are the last resort. */
static void exit_codes_and_words(void **state) {
    static const end ends[] = {
        {"503.jsonl", 0, ORXAQ_KIND_OVERLOADED, BY_KIND, 0, "overloaded"},
        {"503.jsonl", 17, ORXAQ_KIND_OVERLOADED, BY_KIND, 529, "overloaded"},
        {"cut.jsonl", 246, ORXAQ_KIND_OVERLOADED, BY_KIND, 502, "terminated"},
    };
    ALL(*state, ends);
}

static void retry_after_is_told(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    assert_true(run(d, "429.jsonl", NULL, 173)->retry_after_ms == 3000);
    assert_true(run(d, "429-quota.jsonl", NULL, 173)->retry_after_ms == -1);
    static const struct {
        const char *words;
        int64_t ms;
    } said[] = {{"Suggested retry after 1.5s.", 1500},
                {"Suggested retry after 3600s.", 3600000},
                {"Suggested retry after soon", -1},
                {"Suggested retry after 5", -1},
                {"later", -1}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        const char *text = orx_arena_printf(&d->arena,
                                            "{\"type\":\"result\",\"status\":\"error\",\"error\":"
                                            "{\"message\":\"[API Error: x\\n%s]\"}}",
                                            said[i].words);
        const char *program = driver_replay_text(d, text, NULL, 173);
        assert_ok(driver_make(d, &err, "{program: [%s]}", program), &err);
        const orx_job_result *r = driver_op(d, ORXAQ_OP_TASK);
        assert_int_equal(r->kind, ORXAQ_KIND_RATE_LIMIT);
        assert_true(r->retry_after_ms == said[i].ms);
    }
}

static void the_line_is_bad(void **state) {
    static const end ends[] = {
        {"connrefused.jsonl", 1, ORXAQ_KIND_NETWORK, BY_KIND, 0, "fetch failed"},
        {"cut.jsonl", 1, ORXAQ_KIND_NETWORK, BY_KIND, 0, "terminated"},
        {"truncated.jsonl", 0, ORXAQ_KIND_PROTOCOL, YES, 0, "finish reason"},
        {"malformed.jsonl", 1, ORXAQ_KIND_PROTOCOL, YES, 0, "JSON"},
        {"html.jsonl", 1, ORXAQ_KIND_PROTOCOL, YES, 0, "JSON"},
        {"empty.jsonl", 0, ORXAQ_KIND_PROTOCOL, YES, 0, "finish reason"},
    };
    ALL(*state, ends);
}

static void the_model_stops(void **state) {
    static const end ends[] = {
        {"refused.jsonl", 0, ORXAQ_KIND_REFUSED, BY_KIND, 0, "safety settings"},
        {"blocked.jsonl", 0, ORXAQ_KIND_PROTOCOL, YES, 0, "finish reason"},
        {"bad-call.jsonl", 0, ORXAQ_KIND_PROTOCOL, YES, 0, "malformed function call"},
        {"no-output.jsonl", 0, ORXAQ_KIND_PROTOCOL, YES, 0, "empty response"},
        {"turns.jsonl", 53, ORXAQ_KIND_LIMIT, BY_KIND, 0, "max session turns"},
    };
    ALL(*state, ends);
}

/* A success without a token: the program has not sent the prompt, and does not say so. */
static void a_prompt_that_was_not_sent(void **state) {
    driver *d = *state;
    assert_int_equal(run(d, "not-sent.jsonl", NULL, 0)->kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_int_equal(d->usage_count, 0);
}

static void success_needs_words_or_deeds(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    static const char last[] = "{\"type\":\"result\",\"status\":\"success\",\"stats\":"
                               "{\"total_tokens\":5,\"input_tokens\":5}}\n";
    const char *program = driver_replay_text(d, last, NULL, 0);
    assert_ok(driver_make(d, &err, "{program: [%s]}", program), &err);
    assert_int_equal(driver_op(d, ORXAQ_OP_TASK)->kind, ORXAQ_KIND_PROTOCOL);
    (void)driver_replay_text(
        d, orx_arena_printf(&d->arena, "{\"type\":\"tool_use\",\"tool_name\":\"x\"}\n%s", last),
        NULL, 0);
    assert_int_equal(driver_op(d, ORXAQ_OP_TASK)->kind, ORXAQ_KIND_OK);
}

static void no_result_is_a_failure(void **state) {
    driver *d = *state;
    const orx_job_result *r = run(d, NULL, NULL, 0); /* as after a signal */
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(r->message, "exit code 0 without a result");
    r = run(d, NULL, "you must specify the GEMINI_API_KEY", 41);
    assert_int_equal(r->kind, ORXAQ_KIND_AUTH);
    assert_contains(r->message, "you must specify");
    r = run(d, NULL, "Unknown argument: such", 1);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_contains(r->message, "Unknown argument");
    r = run(d, NULL, NULL, 1);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_contains(r->message, "exit code 1 without a result");
}

static const orx_job_result *run_text(driver *d, const char *text, int code) {
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay_text(d, text, NULL, code);
    assert_ok(driver_make(d, &err, "{program: [%s]}", program), &err);
    return driver_op(d, ORXAQ_OP_TASK);
}

/* Records of a shape nobody has seen are passed over, and none of them is a success. */
static void odd_records_are_passed_over(void **state) {
    static const char odd[] =
        "[]\n5\n\"x\"\n{\"type\":5}\n{}\n{\"type\":\"init\",\"session_id\":7}\n"
        "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[1]}\n"
        "{\"type\":\"message\",\"role\":\"user\",\"content\":\"prompt\"}\n"
        "{\"type\":\"tool_result\"}\n{\"type\":\"error\"}\n";
    driver *d = *state;
    const orx_job_result *r = run_text(d, odd, 0);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_false(r->fault);
    assert_string_equal(orx_str_cstr(&d->answer), "");
    r = run_text(d, "{\"type\":\"result\"}", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    r = run_text(d, "{\"type\":\"result\",\"status\":\"success\",\"stats\":7}", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    r = run_text(d,
                 "{\"type\":\"result\",\"status\":\"error\",\"error\":{\"message\":"
                 "\"[API Error: {\\\"error\\\":{\\\"code\\\":99}}}]\"}}",
                 0);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_int_equal(r->http_status, 0);
}

static void an_exit_code_does_not_overrule(void **state) {
    driver *d = *state;
    assert_int_equal(run(d, "ok.jsonl", NULL, 1)->kind, ORXAQ_KIND_OK);
    assert_int_equal(run(d, "401.jsonl", NULL, 0)->kind, ORXAQ_KIND_AUTH);
}

static void silence_is_no_progress(void **state) {
    driver *d = *state;
    d->idle_ns = ORX_SEC;
    const orx_job_result *r = run(d, NULL, NULL, -1);
    assert_int_equal(r->kind, ORXAQ_KIND_NO_PROGRESS);
    assert_int_equal(r->last.signal, 15); /* asked to end, not killed */
}

static void no_such_program(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(driver_make(d, &err, "{program: [no-such-program-anywhere]}"), &err);
    const orx_job_result *r = driver_op(d, ORXAQ_OP_TASK);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_contains(r->message, "no-such-program-anywhere");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_server_says_no, begin, driver_end),
        cmocka_unit_test_setup_teardown(exit_codes_and_words, begin, driver_end),
        cmocka_unit_test_setup_teardown(retry_after_is_told, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_line_is_bad, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_model_stops, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_prompt_that_was_not_sent, begin, driver_end),
        cmocka_unit_test_setup_teardown(success_needs_words_or_deeds, begin, driver_end),
        cmocka_unit_test_setup_teardown(no_result_is_a_failure, begin, driver_end),
        cmocka_unit_test_setup_teardown(an_exit_code_does_not_overrule, begin, driver_end),
        cmocka_unit_test_setup_teardown(odd_records_are_passed_over, begin, driver_end),
        cmocka_unit_test_setup_teardown(silence_is_no_progress, begin, driver_end),
        cmocka_unit_test_setup_teardown(no_such_program, begin, driver_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
