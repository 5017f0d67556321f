/* One answer of a model, gathered: text, calls, usage, ends, limits. */
#include "jobs.h"
#include "plugin/turn.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state) {
    world_setup(state);
    jobs_instance(*state, NULL, 0, NULL);
    return 0;
}

static int teardown(void **state) {
    jobs_instance_free();
    return world_teardown(state);
}

static int fresh(void **state) {
    (void)state;
    jobs_reset();
    return 0;
}

static orx_str heard_text;
static orx_turn *running;

static void on_text(void *user, const orxaq_text *text) {
    assert_string_equal(user, "me");
    orx_str_addf(&heard_text, "%d:%.*s ", text->channel, (int)text->text.len, text->text.data);
}

/* Runs a turn and waits for it; free it. */
static orx_turn *run(world *w) {
    static const orxaq_turn_args args = {.struct_size = sizeof args};
    const orx_job_spec job = jobs_spec(w);
    const orx_turn_spec spec = {.instance = job.instance,
                                .args = &args,
                                .files_dir = job.files_dir,
                                .total_ns = 10 * ORX_SEC,
                                .on_text = on_text,
                                .user = (void *)"me"};
    orx_err err = ORX_ERR_INIT;
    orx_turn *turn = NULL;
    orx_str_clear(&heard_text);
    assert_ok(orx_turn_start(w->p, &spec, &turn, &err), &err);
    assert_int_equal(orx_loop_until(w->p, orx_turn_done(turn), orx_mono_ns(w->p) + 20 * ORX_SEC),
                     0);
    return turn;
}

static void say(const orxaq_events *e, int32_t channel, uint32_t delta, const char *words) {
    const orxaq_text text = {sizeof text, channel, delta, 0, orxaq_str(words)};
    assert_int_equal(e->text(e, &text), ORXAQ_OK);
}

static void call(const orxaq_events *e, int32_t phase, const char *name, const char *arguments) {
    const orxaq_tool_call c = {.struct_size = sizeof c,
                               .phase = phase,
                               .ok = -1,
                               .id = orxaq_str("id-1"),
                               .name = orxaq_str(name),
                               .arguments = orxaq_str(arguments)};
    assert_int_equal(e->tool_call(e, &c), ORXAQ_OK);
}

static void use(const orxaq_events *e, int32_t mode, const char *key, int64_t tokens) {
    char bytes[16]; /* gone when the event function has returned */
    (void)strncpy(bytes, key, sizeof bytes - 1);
    bytes[sizeof bytes - 1] = '\0';
    const orxaq_usage u = {.struct_size = sizeof u,
                           .scope = ORXAQ_SCOPE_REQUEST,
                           .mode = mode,
                           .provenance = ORXAQ_BY_VENDOR,
                           .key = orxaq_str(bytes),
                           .model_answered = orxaq_str(bytes),
                           .input_tokens = tokens};
    assert_int_equal(e->usage(e, &u), ORXAQ_OK);
    memset(bytes, 'x', sizeof bytes);
}

static int32_t done(const orxaq_events *e, int32_t kind, int32_t stop) {
    const orxaq_outcome o = {.struct_size = sizeof o,
                             .kind = kind,
                             .stop = stop,
                             .retry_after_ms = 4000,
                             .message = orxaq_str("as it is")};
    assert_int_equal(e->outcome(e, &o), ORXAQ_OK);
    return ORXAQ_NEXT_DONE;
}

/* ---- What is gathered ------------------------------------------------------------------------ */

static int32_t next_whole_answer(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    say(e, ORXAQ_TEXT_REASONING, 1, "Hm");
    say(e, ORXAQ_TEXT_ANSWER, 1, "Let me ");
    say(e, ORXAQ_TEXT_NOTICE, 0, "the server is slow");
    say(e, ORXAQ_TEXT_ANSWER, 1, "look.");
    say(e, ORXAQ_TEXT_ANSWER, 0, "A whole message.");
    call(e, ORXAQ_TOOL_REQUESTED, "read_file", "{not json");
    call(e, ORXAQ_TOOL_STARTED, "not ours", "{}");
    call(e, ORXAQ_TOOL_REQUESTED, "list_dir", "{}");
    use(e, ORXAQ_USAGE_TOTAL, "a", 5);
    use(e, ORXAQ_USAGE_TOTAL, "b", 6);
    use(e, ORXAQ_USAGE_TOTAL, "a", 7);
    use(e, ORXAQ_USAGE_DELTA, "a", 8);
    use(e, ORXAQ_USAGE_DELTA, "a", 9);
    return done(e, ORXAQ_KIND_OK, ORXAQ_STOPPED_TOOLS);
}

static void an_answer_is_gathered(void **state) {
    tame.next = next_whole_answer;
    orx_turn *turn = run(*state);
    const orx_turn_answer *a = orx_turn_answer_of(turn);
    assert_int_equal(a->result->kind, ORXAQ_KIND_OK);
    assert_int_equal(a->result->stop, ORXAQ_STOPPED_TOOLS);
    assert_string_equal(a->text.p, "Let me look.\nA whole message.");
    assert_int_equal(a->text.len, strlen(a->text.p));
    assert_string_equal(a->reasoning.p, "Hm");
    assert_false(a->cut);
    assert_int_equal(a->call_count, 2);
    assert_string_equal(a->calls[0].id.p, "id-1");
    assert_string_equal(a->calls[0].name.p, "read_file");
    assert_string_equal(a->calls[0].arguments.p, "{not json");
    assert_string_equal(a->calls[1].name.p, "list_dir");
    assert_int_equal(a->usage_count, 4);
    static const int64_t tokens[] = {7, 6, 8, 9};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(a->usage[i].input_tokens, tokens[i]);
    assert_true(orxaq_view_is(a->usage[0].key, "a"));
    assert_true(orxaq_view_is(a->usage[1].model_answered, "b"));
    assert_string_equal(orx_str_cstr(&heard_text),
                        "2:Hm 1:Let me  3:the server is slow 1:look. 1:A whole message. ");
    orx_turn_free(turn);
}

static int32_t next_failure(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    say(e, ORXAQ_TEXT_ANSWER, 1, "Hel");
    use(e, ORXAQ_USAGE_TOTAL, "a", 5);
    return done(e, ORXAQ_KIND_RATE_LIMIT, ORXAQ_STOPPED_NONE);
}

static void a_failed_turn_keeps_what_came(void **state) {
    tame.next = next_failure;
    orx_turn *turn = run(*state);
    const orx_turn_answer *a = orx_turn_answer_of(turn);
    assert_int_equal(a->result->kind, ORXAQ_KIND_RATE_LIMIT);
    assert_int_equal(a->result->retry_after_ms, 4000);
    assert_string_equal(a->result->message, "as it is");
    assert_string_equal(a->text.p, "Hel");
    assert_int_equal(a->usage_count, 1);
    assert_int_equal(a->call_count, 0);
    orx_turn_free(turn);
    tame.next = NULL; /* an outcome and nothing else */
    turn = run(*state);
    a = orx_turn_answer_of(turn);
    assert_string_equal(a->text.p, "");
    assert_string_equal(a->reasoning.p, "");
    orx_turn_free(turn);
}

/* ---- Limits -----------------------------------------------------------------------------------
 */

static int32_t next_many_calls(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    for (int i = 0; i < 300; i++)
        call(e, ORXAQ_TOOL_REQUESTED, "again", "{}");
    return done(e, ORXAQ_KIND_OK, ORXAQ_STOPPED_TOOLS);
}

static char *large;

static int32_t next_large(const orxaq_events *e, orxaq_effect *effect) {
    (void)effect;
    for (int i = 0; i < 5; i++)
        say(e, ORXAQ_TEXT_ANSWER, 1, large);
    say(e, ORXAQ_TEXT_ANSWER, 0, "behind the end");
    for (int i = 0; i < 20; i++)
        call(e, ORXAQ_TOOL_REQUESTED, "write_file", large);
    return done(e, ORXAQ_KIND_OK, ORXAQ_STOPPED_TOOLS);
}

static void a_model_cannot_fill_memory(void **state) {
    tame.next = next_many_calls;
    orx_turn *turn = run(*state);
    const orx_turn_answer *a = orx_turn_answer_of(turn);
    assert_int_equal(a->result->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(a->result->message, "more than 256 tools");
    assert_int_equal(a->call_count, 256);
    orx_turn_free(turn);
    large = calloc(1, ((size_t)1 << 20) + 1);
    memset(large, 'x', (size_t)1 << 20);
    tame.next = next_large;
    turn = run(*state);
    a = orx_turn_answer_of(turn);
    assert_true(a->cut);
    assert_int_equal(a->text.len, (size_t)4 << 20);
    assert_true(a->call_count < 16);
    assert_int_equal(a->result->kind, ORXAQ_KIND_PROTOCOL);
    orx_turn_free(turn);
    free(large);
}

/* ---- Ends from outside ------------------------------------------------------------------------
 */

static int32_t next_hangs(const orxaq_events *e, orxaq_effect *effect) {
    static bool told;
    if (effect && !told)
        say(e, ORXAQ_TEXT_ANSWER, 1, "begin");
    told = true;
    return jobs_next_one_exec(e, effect);
}

static void a_turn_can_be_cancelled(void **state) {
    world *w = *state;
    static const step hangs[] = {{.what = STEP_OUT, .bytes = "x\n"}, {.what = STEP_HANG}};
    program p = {.steps = hangs};
    static const orxaq_turn_args args = {.struct_size = sizeof args};
    const orx_job_spec job = jobs_spec(w);
    const orx_turn_spec spec = {
        .instance = job.instance, .args = &args, .files_dir = job.files_dir};
    orx_err err = ORX_ERR_INIT;
    world_programs(w, &p, 1);
    tame.next = next_hangs;
    assert_ok(orx_turn_start(w->p, &spec, &running, &err), &err);
    assert_false(*orx_turn_done(running));
    orx_turn_cancel(running, ORXAQ_CANCEL_DEADLINE);
    assert_int_equal(orx_loop_until(w->p, orx_turn_done(running), orx_mono_ns(w->p) + 20 * ORX_SEC),
                     0);
    assert_int_equal(orx_turn_answer_of(running)->result->kind, ORXAQ_KIND_TIMEOUT);
    orx_turn_free(running);
    running = NULL;
    /* Freed while it runs. */
    jobs_reset();
    world_programs(w, &p, 1);
    tame.next = next_hangs;
    orx_turn *turn = NULL;
    assert_ok(orx_turn_start(w->p, &spec, &turn, &err), &err);
    orx_turn_free(turn);
    orx_turn_free(NULL);
    world_programs(w, NULL, 0);
}

static int32_t open_refuses(int32_t op, const void *args, const orxaq_events *events) {
    (void)op;
    (void)args;
    (void)events;
    return ORXAQ_E_UNSUPPORTED;
}

static void a_driver_may_refuse(void **state) {
    world *w = *state;
    static const orxaq_turn_args args = {.struct_size = sizeof args};
    const orx_job_spec job = jobs_spec(w);
    const orx_turn_spec spec = {
        .instance = job.instance, .args = &args, .files_dir = job.files_dir};
    orx_err err = ORX_ERR_INIT;
    orx_turn *turn = NULL;
    tame.open = open_refuses;
    assert_int_equal(orx_turn_start(w->p, &spec, &turn, &err), ORX_E_UNSUPPORTED);
    assert_null(turn);
}

#define T(f) cmocka_unit_test_setup(f, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(an_answer_is_gathered),   T(a_failed_turn_keeps_what_came), T(a_model_cannot_fill_memory),
        T(a_turn_can_be_cancelled), T(a_driver_may_refuse),
    };
    int rc = cmocka_run_group_tests(tests, setup, teardown);
    orx_str_free(&heard_text);
    return rc;
}
