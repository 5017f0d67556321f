/* The driver, the host's job machine and the real HTTP client against tests/fake/lmstudio.mjs. */
#include "talk.h"

#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static orx_proc *fake;
static char port[16];
static bool fake_gone;

static void on_gone(orx_proc *proc, const orx_proc_result *result, void *user) {
    (void)proc;
    (void)user;
    if (result->end == ORX_PROC_NOT_STARTED)
        print_message("%s\n", result->message);
    fake_gone = true;
}

/* Starts the server on a free port; false without node. */
static bool start_fake(talk *t) {
    orx_err err = ORX_ERR_INIT;
    orx_str text = {0};
    const char *file = orx_arena_printf(&t->arena, "%s/port", t->dir);
    const char *script =
        orx_arena_printf(&t->arena, "%s/tests/fake/lmstudio.mjs", getenv("ORX_SOURCE_DIR"));
    const char *argv[] = {"node", script, "--port", "0", "--port-file", file, NULL};
    const char *path = getenv("PATH");
    const char *env[] = {orx_arena_printf(&t->arena, "PATH=%s", path ? path : "/usr/bin:/bin"),
                         "FAKE_IDLE_EXIT=60", NULL};
    const orx_proc_spec spec = {.argv = argv, .env = env, .on_exit = on_gone};
    assert_ok(orx_proc_start(t->p, &spec, &fake, &err), &err);
    for (int i = 0; i < 400 && text.len == 0 && !fake_gone; i++) {
        orx_loop_sleep(t->p, 50 * ORX_MS);
        (void)orx_read_file(t->p, file, 16, &text, NULL);
    }
    (void)snprintf(port, sizeof port, "%.*s", ORX_VIEW_ARG(orx_view_trim(orx_str_view(&text))));
    orx_str_free(&text);
    return *port != '\0';
}

static int setup(void **state) {
    talk_setup(state);
    talk *t = *state;
    (void)unsetenv("http_proxy");
    if (!start_fake(t)) {
        print_message("skipped: node 20 or newer is needed for tests/fake\n");
        exit(77);
    }
    return 0;
}

static int teardown(void **state) {
    orx_proc_free(fake);
    return talk_teardown(state);
}

static void use(talk *t, const char *scenario) {
    talk_instance(t, orx_arena_printf(&t->arena,
                                      "{base_url: 'http://127.0.0.1:%s/s/%s/v1', "
                                      "first_byte_timeout: 2s, idle_timeout: 2s}",
                                      port, scenario));
}

static const orx_job_result *turn(talk *t, const char *scenario) {
    orxaq_turn_args args = talk_turn_args;
    args.model = orxaq_str("fake-chat-7b");
    use(t, scenario);
    return talk_op(t, ORXAQ_OP_TURN, &args, NULL, 0);
}

static void an_answer_and_its_tokens(void **state) {
    talk *t = *state;
    turn(t, "ok");
    talk_expect(t, ORXAQ_KIND_OK);
    assert_int_equal(t->result.stop, ORXAQ_STOPPED_END);
    assert_contains(orx_str_cstr(&t->events), "answer+ Hello from the fake");
    /* 1200 in, 1000 of them cached, 77 out, 33 of them reasoning. */
    assert_contains(orx_str_cstr(&t->events), " in=200 read=1000 out=44 reason=33 by=1 ");
    turn(t, "long,words=3000");
    talk_expect(t, ORXAQ_KIND_OK);
}

static void failures_have_their_kinds(void **state) {
    talk *t = *state;
    static const struct {
        const char *scenario;
        int32_t kind;
    } cases[] = {
        {"400", ORXAQ_KIND_PROTOCOL},
        {"401", ORXAQ_KIND_AUTH},
        {"402", ORXAQ_KIND_QUOTA},
        {"404", ORXAQ_KIND_BAD_MODEL},
        {"413", ORXAQ_KIND_CONTEXT_TOO_LONG},
        {"too-long", ORXAQ_KIND_CONTEXT_TOO_LONG},
        {"429,ra=7", ORXAQ_KIND_RATE_LIMIT},
        {"429-bare", ORXAQ_KIND_RATE_LIMIT},
        {"500", ORXAQ_KIND_OVERLOADED},
        {"502", ORXAQ_KIND_OVERLOADED},
        {"503", ORXAQ_KIND_OVERLOADED},
        {"529", ORXAQ_KIND_OVERLOADED},
        {"reset", ORXAQ_KIND_NETWORK},
        {"cut", ORXAQ_KIND_NETWORK},
        {"truncated", ORXAQ_KIND_PROTOCOL},
        {"malformed", ORXAQ_KIND_PROTOCOL},
        {"html", ORXAQ_KIND_PROTOCOL},
        {"empty", ORXAQ_KIND_PROTOCOL},
        {"hang", ORXAQ_KIND_NO_PROGRESS},
        {"hang-mid", ORXAQ_KIND_NO_PROGRESS},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        turn(t, cases[i].scenario);
        if (t->result.kind != cases[i].kind)
            fail_msg("scenario %s: expected outcome %d, found %d: %s", cases[i].scenario,
                     cases[i].kind, t->result.kind, t->result.message);
        assert_true(t->result.kind == ORXAQ_KIND_NETWORK || t->result.message[0]);
        if (strcmp(cases[i].scenario, "429,ra=7") == 0)
            assert_int_equal(t->result.retry_after_ms, 7000);
    }
}

static void a_tool_is_asked_for_and_answered(void **state) {
    talk *t = *state;
    const orxaq_tool tool = {
        .struct_size = sizeof tool,
        .name = orxaq_str("run_command"),
        .help = orxaq_str("Runs."),
        .parameters = orxaq_str("{\"type\":\"object\",\"properties\":{\"command\":{\"type\":"
                                "\"string\"}}}")};
    orxaq_turn_args args = talk_turn_args;
    args.model = orxaq_str("fake-chat-7b");
    args.tools = &tool;
    args.tool_count = 1;
    use(t, "tool-shell,cmd=true");
    talk_op(t, ORXAQ_OP_TURN, &args, NULL, 0);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_int_equal(t->result.stop, ORXAQ_STOPPED_TOOLS);
    assert_contains(orx_str_cstr(&t->events), " run_command {\"command\":\"true\"}\n");
    /* The next turn carries the result. */
    const orxaq_past_call past = {.struct_size = sizeof past,
                                  .id = orxaq_str("call_1"),
                                  .name = orxaq_str("run_command"),
                                  .arguments = orxaq_str("{\"command\":\"true\"}")};
    const orxaq_message messages[] = {
        {.struct_size = sizeof messages[0], .role = ORXAQ_ROLE_USER, .text = orxaq_str("Do.")},
        {.struct_size = sizeof messages[0],
         .role = ORXAQ_ROLE_ASSISTANT,
         .calls = &past,
         .call_count = 1},
        {.struct_size = sizeof messages[0],
         .role = ORXAQ_ROLE_TOOL,
         .text = orxaq_str("exit 0"),
         .call_id = orxaq_str("call_1")}};
    args.messages = messages;
    args.message_count = 3;
    talk_op(t, ORXAQ_OP_TURN, &args, NULL, 0);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_int_equal(t->result.stop, ORXAQ_STOPPED_END);
}

static void models_are_listed_loaded_and_unloaded(void **state) {
    talk *t = *state;
    const orxaq_probe_args none = {.struct_size = sizeof none};
    const orxaq_model_args coder = {
        .struct_size = sizeof coder, .model = orxaq_str("fake-coder-30b"), .context_tokens = 8192};
    use(t, "ok");
    talk_op(t, ORXAQ_OP_PROBE, &none, NULL, 0);
    assert_string_equal(orx_str_cstr(&t->events), "probe 1 LM Studio api/v1\n");
    talk_op(t, ORXAQ_OP_LOAD, &coder, NULL, 0);
    talk_expect(t, ORXAQ_KIND_OK);
    talk_op(t, ORXAQ_OP_MODELS, &none, NULL, 0);
    assert_contains(orx_str_cstr(&t->events), "model fake-coder-30b loaded=1 context=8192 ");
    assert_contains(orx_str_cstr(&t->events),
                    "model text-embedding-fake-v1 loaded=0 context=2048 ");
    talk_op(t, ORXAQ_OP_UNLOAD, &coder, NULL, 0);
    talk_expect(t, ORXAQ_KIND_OK);
    talk_op(t, ORXAQ_OP_MODELS, &none, NULL, 0);
    assert_contains(orx_str_cstr(&t->events), "model fake-coder-30b loaded=0 context=262144 ");
    const orxaq_model_args nobody = {.struct_size = sizeof nobody, .model = orxaq_str("nobody")};
    talk_op(t, ORXAQ_OP_LOAD, &nobody, NULL, 0);
    talk_expect(t, ORXAQ_KIND_BAD_MODEL);
}

static void texts_become_vectors(void **state) {
    talk *t = *state;
    orxaq_view texts[70];
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
        texts[i] = orxaq_str("some text");
    const orxaq_embed_args args = {.struct_size = sizeof args,
                                   .text_count = 70,
                                   .texts = texts,
                                   .model = orxaq_str("text-embedding-fake-v1")};
    use(t, "ok");
    talk_op(t, ORXAQ_OP_EMBED, &args, NULL, 0);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&t->events), "vector 0 16 0.000\n");
    assert_contains(orx_str_cstr(&t->events), "vector 69 16 ");
}

#define T(f) cmocka_unit_test(f)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(an_answer_and_its_tokens),
        T(failures_have_their_kinds),
        T(a_tool_is_asked_for_and_answered),
        T(models_are_listed_loaded_and_unloaded),
        T(texts_become_vectors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
