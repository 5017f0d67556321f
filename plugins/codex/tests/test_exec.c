/* `codex exec --json`: recordings in, events and outcomes out. */
#include "world.h"

#include <string.h>

static const char settings[] = "interface: exec\nbase_url: http://127.0.0.1:1/v1\n";

static const orx_job_result *play(world *w, const char *recording) {
    w->play = recording;
    return world_run(w, ORXAQ_OP_TASK, settings);
}

static void an_answer(void **state) {
    world *w = *state;
    const orx_job_result *r = play(w, "ok");
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->status, ORXAQ_STATUS_NONE);
    assert_true(r->stated);
    assert_string_equal(orx_str_cstr(&w->answer), "Hello from the fake model. The answer is 42.|");
    assert_string_equal(r->session, THREAD);
    assert_string_equal(world_given(w, "stdin"), "the prompt");
}

/* The server said 1200 in, of it 1000 cached, and 77 out, of it 33 reasoning. */
static void usage_is_taken_apart(void **state) {
    world *w = *state;
    (void)play(w, "ok");
    assert_int_equal(w->usages, 1);
    assert_int_equal(w->usage.scope, ORXAQ_SCOPE_SESSION);
    assert_int_equal(w->usage.mode, ORXAQ_USAGE_TOTAL);
    assert_int_equal(w->usage.provenance, ORXAQ_BY_VENDOR);
    assert_string_equal(w->usage_key, THREAD);
    assert_int_equal(w->usage.input_tokens, 200);
    assert_int_equal(w->usage.cache_read_tokens, 1000);
    assert_int_equal(w->usage.cache_write_tokens, 0);
    assert_int_equal(w->usage.output_tokens, 44);
    assert_int_equal(w->usage.reasoning_tokens, 33);
    assert_int_equal(w->usage.cost_nano_usd, -1);
}

/* The total of the thread, the first run included: the host books the difference. */
static void usage_runs_on_when_resumed(void **state) {
    world *w = *state;
    w->session = THREAD;
    w->resumed = "resume";
    assert_int_equal(play(w, "ok")->kind, ORXAQ_KIND_OK);
    assert_contains(world_given(w, "args"), "exec\nresume\n");
    assert_contains(world_given(w, "args"), "\n" THREAD "\n-\n");
    assert_int_equal(w->usage.input_tokens, 400);
    assert_int_equal(w->usage.cache_read_tokens, 2000);
    assert_int_equal(w->usage.reasoning_tokens, 66);
    assert_string_equal(w->usage_key, THREAD);
}

static void a_lost_session_begins_anew(void **state) {
    world *w = *state;
    w->session = "01a2059d-0000-7130-885e-348668375913";
    w->resumed = "resume-bad";
    assert_int_equal(play(w, "ok")->kind, ORXAQ_KIND_OK);
    assert_string_equal(w->result.session, THREAD);
    assert_int_equal(w->result.execs, 3);
    assert_contains(orx_str_cstr(&w->notices), "a new one begins");
}

static void tools_are_told(void **state) {
    world *w = *state;
    (void)play(w, "tool-edit");
    assert_contains(orx_str_cstr(&w->tools), "2 shell -1 {\"command\":\"/bin/bash -lc");
    assert_contains(orx_str_cstr(&w->tools), ";3 shell 1 {\"command\"");
    (void)play(w, "think");
    assert_string_equal(orx_str_cstr(&w->reasoning), "I consider the question.|");
    assert_contains(orx_str_cstr(&w->answer), "42.|");
}

/* The last message is the answer; both are told. */
static void several_messages(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "two-messages")->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&w->answer),
                        "First I look around.|Hello from the fake model. The answer is 42.|");
}

static void failures_have_kinds(void **state) {
    world *w = *state;
    static const struct {
        const char *recording;
        int32_t kind;
        int32_t retry;
        const char *words;
    } cases[] = {
        {"400", ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, "malformed"},
        {"401", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO, "401"},
        {"404", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO, "does not exist"},
        {"413", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND, "413"},
        {"429", ORXAQ_KIND_RATE_LIMIT, ORXAQ_RETRY_BY_KIND, "429"},
        {"429-quota", ORXAQ_KIND_QUOTA, ORXAQ_RETRY_BY_KIND, "Quota exceeded"},
        {"500", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, "high demand"},
        {"503", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, "at capacity"},
        {"too-long", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND, "ran out of room"},
        {"fail-policy", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, "flagged"},
        {"content-filter", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, "content_filter"},
        {"malformed", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND, "stream disconnected"},
        {"hang-headers", ORXAQ_KIND_TIMEOUT, ORXAQ_RETRY_BY_KIND, "idle timeout"},
        {"incomplete", ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_BY_KIND, "max_output_tokens"},
        {"nobody", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND, "Connection failed"},
        {"nokey", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO, "Missing environment variable"},
        {"big", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND, "input_too_large"},
    };
    w->exit = "1";
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        const orx_job_result *r = play(w, cases[i].recording);
        if (r->kind != cases[i].kind || r->retry != cases[i].retry)
            fail_msg("%s: kind %d retry %d: %s", cases[i].recording, r->kind, r->retry, r->message);
        assert_contains(r->message, cases[i].words);
        assert_int_equal(r->retry_after_ms, -1);
        assert_int_equal(w->usages, 0);
    }
}

/* Another model is tried after the first two; waiting helps against the third. */
static void a7_a_model_that_is_not_served(void **state) {
    world *w = *state;
    w->exit = "1";
    assert_int_equal(play(w, "model-account")->kind, ORXAQ_KIND_BAD_MODEL);
    assert_int_equal(play(w, "model-invalid")->kind, ORXAQ_KIND_BAD_MODEL);
    assert_int_equal(play(w, "net-timeout")->kind, ORXAQ_KIND_TIMEOUT);
}

static void the_stated_wait_is_read(void **state) {
    world *w = *state;
    w->exit = "1";
    assert_int_equal(play(w, "fail-rate")->kind, ORXAQ_KIND_RATE_LIMIT);
    assert_int_equal(w->result.retry_after_ms, 2000);
}

/* The exit code is advice: a final event decides, in both directions. */
static void a48_the_exit_code_does_not_decide(void **state) {
    world *w = *state;
    w->exit = "1";
    assert_int_equal(play(w, "ok")->kind, ORXAQ_KIND_OK);
    w->exit = "0";
    assert_int_equal(play(w, "401")->kind, ORXAQ_KIND_AUTH);
    assert_int_equal(play(w, "resume-bad")->kind, ORXAQ_KIND_CRASHED);
    assert_contains(w->result.message, "without a final event");
    assert_contains(w->result.message, "no rollout found");
}

/* exit 0 and turn.completed, but no word of an answer. */
static void no_answer_is_a_refusal(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "refused")->kind, ORXAQ_KIND_REFUSED);
    assert_int_equal(w->usages, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer, world_begin, world_end),
        cmocka_unit_test_setup_teardown(usage_is_taken_apart, world_begin, world_end),
        cmocka_unit_test_setup_teardown(usage_runs_on_when_resumed, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_lost_session_begins_anew, world_begin, world_end),
        cmocka_unit_test_setup_teardown(tools_are_told, world_begin, world_end),
        cmocka_unit_test_setup_teardown(several_messages, world_begin, world_end),
        cmocka_unit_test_setup_teardown(failures_have_kinds, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a7_a_model_that_is_not_served, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_stated_wait_is_read, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a48_the_exit_code_does_not_decide, world_begin, world_end),
        cmocka_unit_test_setup_teardown(no_answer_is_a_refusal, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
