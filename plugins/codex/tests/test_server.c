/* `codex app-server`: what is said to it, and what becomes of its answers. */
#include "world.h"

#include <string.h>

static const char settings[] = "interface: app-server\nbase_url: http://127.0.0.1:1/v1\n";

static const orx_job_result *play(world *w, const char *recording) {
    w->play = recording;
    return world_run(w, ORXAQ_OP_TASK, settings);
}

static void the_talk(void **state) {
    world *w = *state;
    w->model = "gpt-6.1-sol";
    assert_int_equal(play(w, "ok")->kind, ORXAQ_KIND_OK);
    const char *said = world_given(w, "stdin");
    assert_true(strncmp(said, "{\"id\":1,\"method\":\"initialize\"", 29) == 0);
    assert_contains(said, "\n{\"method\":\"initialized\",\"params\":{}}\n");
    assert_contains(said, "\"method\":\"thread/start\"");
    assert_contains(said, "\"approvalPolicy\":\"never\",\"sandbox\":\"workspace-write\",\"model\":"
                          "\"gpt-6.1-sol\"");
    assert_contains(said, "{\"id\":3,\"method\":\"turn/start\",\"params\":{\"threadId\":\"" THREAD
                          "\",\"input\":[{\"type\":\"text\",\"text\":\"the prompt\"}]}}\n");
    /* Its input ends after the turn, so that it ends by itself. */
    assert_contains(said, "\nend\n");
    assert_string_equal(w->result.session, THREAD);
    assert_int_equal(w->result.last.end, ORX_PROC_EXITED);
}

/* The pieces as they come, and the message once. */
static void text_comes_in_pieces(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "ok")->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&w->answer),
                        "Hello from the fake mode+l. The answer is 42.+\n+");
}

static void usage_of_each_request(void **state) {
    world *w = *state;
    (void)play(w, "tool-edit");
    assert_int_equal(w->usages, 2);
    assert_int_equal(w->requests, 2);
    assert_int_equal(w->usage.scope, ORXAQ_SCOPE_SESSION);
    assert_int_equal(w->usage.mode, ORXAQ_USAGE_TOTAL);
    assert_string_equal(w->usage_key, THREAD);
    assert_string_equal(w->model_answered, "gpt-6.1-sol");
    assert_int_equal(w->usage.input_tokens, 400);
    assert_int_equal(w->usage.cache_read_tokens, 2000);
    assert_int_equal(w->usage.output_tokens, 88);
    assert_int_equal(w->usage.reasoning_tokens, 66);
}

/* A turn that failed has cost what it has cost. */
static void usage_of_a_failed_turn(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "incomplete")->kind, ORXAQ_KIND_PROTOCOL);
    assert_int_equal(w->usage.input_tokens + w->usage.cache_read_tokens, 1200);
    assert_int_equal(w->usage.output_tokens + w->usage.reasoning_tokens, 77);
    /* Here it states zeros, which are no total. */
    assert_int_equal(play(w, "too-long")->kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_int_equal(w->usages, 0);
}

static void tools_are_told(void **state) {
    world *w = *state;
    (void)play(w, "tool-edit");
    assert_contains(orx_str_cstr(&w->tools), "2 shell -1 {\"command\":");
    assert_contains(orx_str_cstr(&w->tools), "3 shell 1 {\"command\":");
    (void)play(w, "tool-fail");
    assert_contains(orx_str_cstr(&w->tools), "3 shell 0 {\"command\":");
    assert_contains(orx_str_cstr(&w->tools), "to-stderr");
    (void)play(w, "tool-patch");
    assert_contains(orx_str_cstr(&w->tools), "3 edit 1 [{");
    (void)play(w, "mcp");
    assert_string_equal(orx_str_cstr(&w->tools), "3 docs.echo 1 {\"a\":1} {\"ok\":true};");
    (void)play(w, "think");
    assert_string_equal(orx_str_cstr(&w->reasoning), "I consider the question.|");
}

static void failures_have_kinds(void **state) {
    world *w = *state;
    static const struct {
        const char *recording;
        int32_t kind;
        int32_t retry;
        int32_t http;
    } cases[] = {
        {"400", ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, 0},
        {"401", ORXAQ_KIND_AUTH, ORXAQ_RETRY_BY_KIND, 401},
        {"402", ORXAQ_KIND_QUOTA, ORXAQ_RETRY_BY_KIND, 402},
        {"403", ORXAQ_KIND_AUTH, ORXAQ_RETRY_BY_KIND, 403},
        {"404", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_NO, 0},
        {"413", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND, 413},
        {"429", ORXAQ_KIND_RATE_LIMIT, ORXAQ_RETRY_BY_KIND, 429},
        {"429-quota", ORXAQ_KIND_QUOTA, ORXAQ_RETRY_BY_KIND, 0},
        {"500", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, 0},
        {"502", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, 502},
        {"503", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, 0},
        {"529", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, 529},
        {"too-long", ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_BY_KIND, 0},
        {"fail-policy", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, 0},
        {"fail-server", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND, 0},
        {"content-filter", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, 0},
        {"cut", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND, 0},
        {"malformed", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND, 0},
        {"hang-headers", ORXAQ_KIND_TIMEOUT, ORXAQ_RETRY_BY_KIND, 0},
        {"incomplete", ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_BY_KIND, 0},
        {"nobody", ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND, 0},
        {"refused", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, 0},
        {"no-output", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, 0},
        {"interrupt", ORXAQ_KIND_KILLED, ORXAQ_RETRY_BY_KIND, 0},
        {"class-unauthorized", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO, 0},
        {"class-sessionBudgetExceeded", ORXAQ_KIND_LIMIT, ORXAQ_RETRY_BY_KIND, 0},
        {"class-flexUnavailable", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, 0},
        {"class-policyCapacityUnavailable", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, 0},
        {"class-cyberPolicy", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, 0},
        {"class-misalignmentPolicyViolation", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, 0},
        {"class-inferenceHookDenied", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_NO, 0},
        {"class-tooManyDenials", ORXAQ_KIND_REFUSED, ORXAQ_RETRY_BY_KIND, 0},
        {"class-sandboxError", ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, 0},
        {"class-badRequest", ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, 0},
        {"class-neverSeenBefore", ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, 0},
        {"class-404", ORXAQ_KIND_BAD_MODEL, ORXAQ_RETRY_BY_KIND, 404},
        {"class-408", ORXAQ_KIND_TIMEOUT, ORXAQ_RETRY_BY_KIND, 408},
        {"class-418", ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, 418},
        {"class-429", ORXAQ_KIND_RATE_LIMIT, ORXAQ_RETRY_BY_KIND, 429},
        {"class-500", ORXAQ_KIND_OVERLOADED, ORXAQ_RETRY_BY_KIND, 500},
        {"old-401", ORXAQ_KIND_AUTH, ORXAQ_RETRY_NO, 0}, /* 0.152.0 gives no class here */
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        const orx_job_result *r = play(w, cases[i].recording);
        if (r->kind != cases[i].kind || r->retry != cases[i].retry ||
            r->http_status != cases[i].http || !r->stated)
            fail_msg("%s: kind %d retry %d http %d: %s", cases[i].recording, r->kind, r->retry,
                     r->http_status, r->message);
    }
}

static void the_stated_wait_is_read(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "fail-rate")->kind, ORXAQ_KIND_RATE_LIMIT);
    assert_int_equal(w->result.retry_after_ms, 2000);
}

static void a_session_is_resumed(void **state) {
    world *w = *state;
    w->session = THREAD;
    assert_int_equal(play(w, "resume")->kind, ORXAQ_KIND_OK);
    assert_contains(world_given(w, "stdin"),
                    "\"method\":\"thread/resume\",\"params\":{\"threadId\":\"" THREAD "\"");
    assert_int_equal(w->usage.cache_read_tokens, 2000);
    w->resumed = "badthread";
    w->session = "01a2059d-0000-7130-885e-348668375913";
    assert_int_equal(play(w, "ok")->kind, ORXAQ_KIND_OK);
    assert_contains(world_given(w, "stdin"), "\"method\":\"thread/start\"");
    assert_string_equal(w->result.session, THREAD);
}

static void the_result_object(void **state) {
    world *w = *state;
    w->schema = "{\"type\":\"object\"}";
    const orx_job_result *r = play(w, "result");
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->status, ORXAQ_STATUS_BLOCKED);
    assert_string_equal(r->summary, "half of it");
    assert_string_equal(r->commit, "abc");
    assert_string_equal(r->blocker, "no key");
    assert_contains(world_given(w, "stdin"), "\"outputSchema\":{\"type\":\"object\"}");
    assert_int_equal(play(w, "no-result")->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(w->result.message, "schema");
    w->schema = "";
    assert_int_equal(play(w, "no-result")->kind, ORXAQ_KIND_OK);
}

/* Nobody is there to approve anything; the program is told so and does not wait. */
static void questions_are_declined(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "asks")->kind, ORXAQ_KIND_OK);
    assert_contains(world_given(w, "stdin"), "{\"id\":\"a-1\",\"error\":{\"code\":-32601,");
}

/* A thread of another agent inside the program: its tokens count, its end is not ours. */
static void other_threads(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "others")->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&w->answer), "mine|");
    assert_int_equal(w->usages, 1);
    assert_int_equal(w->usage.input_tokens, 10);
    assert_string_not_equal(w->usage_key, THREAD);
}

static void news_and_rubbish_do_not_end_it(void **state) {
    world *w = *state;
    assert_int_equal(play(w, "retries")->kind, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&w->notices), "Reconnecting... 2/5|this is no JSON|");
    assert_string_equal(orx_str_cstr(&w->answer), "after all|");
}

/* No turn/completed: failed, whatever the exit code; an error told before gives the kind. */
static void an_end_without_its_last_event(void **state) {
    world *w = *state;
    w->more_env = "DIE=0";
    assert_int_equal(play(w, "started")->kind, ORXAQ_KIND_CRASHED);
    assert_contains(w->result.message, "without a final event");
    assert_int_equal(play(w, "cut-off")->kind, ORXAQ_KIND_NETWORK);
    w->more_env = "DIE=3";
    assert_int_equal(play(w, "started")->kind, ORXAQ_KIND_CRASHED);
}

static void silence_is_no_progress(void **state) {
    world *w = *state;
    w->idle_ns = 50 * ORX_MS; /* the driver knows its program better than the host */
    w->play = "started";
    const char *more = "interface: app-server\nbase_url: http://127.0.0.1:1/v1\nidle: 300ms\n";
    assert_int_equal(world_run(w, ORXAQ_OP_TASK, more)->kind, ORXAQ_KIND_NO_PROGRESS);
}

/* A cancelled turn is interrupted in words before the program is stopped. */
static void cancel_interrupts_the_turn(void **state) {
    world *w = *state;
    orx_str_adds(&w->cancel_at, "half a wor");
    w->more_env = "KEEP=1";
    const orx_job_result *r = play(w, "started");
    assert_int_equal(r->cancelled, ORXAQ_CANCEL_ASKED);
    assert_int_equal(r->kind, ORXAQ_KIND_KILLED);
    assert_contains(world_given(w, "stdin"),
                    "{\"id\":4,\"method\":\"turn/interrupt\",\"params\":{\"threadId\":\"" THREAD
                    "\",\"turnId\":\"turn-7\"}}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_talk, world_begin, world_end),
        cmocka_unit_test_setup_teardown(text_comes_in_pieces, world_begin, world_end),
        cmocka_unit_test_setup_teardown(usage_of_each_request, world_begin, world_end),
        cmocka_unit_test_setup_teardown(usage_of_a_failed_turn, world_begin, world_end),
        cmocka_unit_test_setup_teardown(tools_are_told, world_begin, world_end),
        cmocka_unit_test_setup_teardown(failures_have_kinds, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_stated_wait_is_read, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_session_is_resumed, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_result_object, world_begin, world_end),
        cmocka_unit_test_setup_teardown(questions_are_declined, world_begin, world_end),
        cmocka_unit_test_setup_teardown(other_threads, world_begin, world_end),
        cmocka_unit_test_setup_teardown(news_and_rubbish_do_not_end_it, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_end_without_its_last_event, world_begin, world_end),
        cmocka_unit_test_setup_teardown(silence_is_no_progress, world_begin, world_end),
        cmocka_unit_test_setup_teardown(cancel_interrupts_the_turn, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
