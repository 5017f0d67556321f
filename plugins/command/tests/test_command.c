/* The plugin as built, driven by the host's job machine with small real programs. */
#include "data/yaml.h"
#include "platform/files.h"
#include "plugin/job.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct world {
    orx_platform *p;
    orx_plugins *all;
    orx_arena arena;
    orx_instance *instance;
    char dir[64];
    orx_str text; /* what the agent said, "|" between messages */
    orxaq_usage usage;
    int usages;
    orx_job_result result;
    const char *model;
    const char *session;
    const char *prompt;
} world;

static int begin(void **state) {
    world *w = calloc(1, sizeof *w);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_platform_uv_new(&w->p, &err), &err);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/orxaq-command.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    w->all = orx_plugins_new(w->p, NULL);
    w->model = w->session = "";
    w->prompt = "the prompt";
    *state = w;
    return 0;
}

static int end(void **state) {
    world *w = *state;
    orx_instance_free(w->instance);
    orx_plugins_free(w->all);
    (void)orx_remove_tree(w->p, w->dir, NULL);
    orx_platform_free(w->p);
    orx_str_free(&w->text);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

static int make(world *w, const char *settings, orx_err *err) {
    const char *path =
        orx_arena_printf(&w->arena, "%s/plugins/command.so", getenv("ORX_BUILD_DIR"));
    const orx_plugin_ref ref = {.path = path};
    const orx_plugin *plugin = NULL;
    const orx_node *tree = NULL;
    assert_ok(orx_plugins_load(w->all, &ref, &plugin, err), err);
    assert_ok(
        orx_yaml_parse(&w->arena, "s.yaml", orx_view_of(settings), &orx_limits_config, &tree, err),
        err);
    orx_instance_free(w->instance);
    w->instance = NULL;
    const orx_instance_spec spec = {
        .plugin = plugin, .name = "x", .settings = tree, .file = "s.yaml", .path = "settings"};
    return orx_instance_new(w->all, &spec, &w->instance, err);
}

static void on_text(void *user, const orxaq_text *t) {
    world *w = user;
    if (t->channel != ORXAQ_TEXT_ANSWER)
        return;
    orx_str_add(&w->text, t->text.data, (size_t)t->text.len);
    orx_str_addc(&w->text, '|');
}

static void on_usage(void *user, const orxaq_usage *u) {
    world *w = user;
    w->usage = *u;
    w->usages++;
}

/* Runs a TASK with these settings; the outcome is in w->result. */
static const orx_job_result *run(world *w, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(make(w, settings, &err), &err);
    orx_str_clear(&w->text);
    w->usages = 0;
    const orxaq_task_args args = {
        .struct_size = sizeof args,
        .prompt = orxaq_str(w->prompt),
        .model = orxaq_str(w->model),
        .session = orxaq_str(w->session),
        .repo = orxaq_str(w->dir),
        .files_dir = orxaq_str(w->dir),
        .task_id = orxaq_str("t-1"),
    };
    const orx_job_events events = {.text = on_text, .usage = on_usage, .user = w};
    const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
    const orx_job_spec spec = {
        .instance = w->instance,
        .kind = ORX_JOB_PROVIDER,
        .op = ORXAQ_OP_TASK,
        .args = &args,
        .files_dir = w->dir,
        .env = env,
        .events = &events,
        .total_ns = 300 * ORX_SEC,
    };
    assert_ok(orx_job_run(w->p, &spec, &w->arena, &w->result, &err), &err);
    return &w->result;
}

static void text_on_stdin_and_stdout(void **state) {
    world *w = *state;
    const orx_job_result *r = run(w, "argv: [cat]");
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->status, ORXAQ_STATUS_NONE);
    assert_string_equal(orx_str_cstr(&w->text), "the prompt|");
}

static void the_prompt_in_a_file(void **state) {
    world *w = *state;
    (void)run(w, "{argv: [cat, \"{prompt_file}\"], prompt: file}");
    assert_string_equal(orx_str_cstr(&w->text), "the prompt|");
}

static void the_prompt_as_an_argument(void **state) {
    world *w = *state;
    (void)run(w, "{argv: [printf, \"%s/%s\", \"{prompt}\", \"{task}\"], prompt: argument}");
    assert_string_equal(orx_str_cstr(&w->text), "the prompt/t-1|");
    char *big = calloc(1, 200001);
    memset(big, 'x', 200000);
    w->prompt = big;
    const orx_job_result *r = run(w, "{argv: [printf, \"{prompt}\"], prompt: argument}");
    assert_int_equal(r->kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_int_equal(r->execs, 0);
    assert_contains(r->message, "too long for an argument");
    free(big);
}

/* 200 KiB would not fit into argv; on standard input it must arrive whole. */
static void b9_a_long_prompt_on_stdin(void **state) {
    world *w = *state;
    char *big = calloc(1, 200001);
    memset(big, 'x', 200000);
    w->prompt = big;
    (void)run(w, "argv: [wc, -c]");
    assert_string_equal(orx_str_cstr(&w->text), "200000|");
    free(big);
}

static void model_and_session_arguments(void **state) {
    world *w = *state;
    const char *settings =
        "{argv: [echo, a, \"{model_args}\", \"{session_args}\", \"{other}\"],"
        " model_args: [--model, \"m={model}\"], session_args: [-r, \"{session}\"]}";
    (void)run(w, settings);
    assert_string_equal(orx_str_cstr(&w->text), "a {other}|");
    w->model = "big";
    w->session = "s1";
    (void)run(w, settings);
    assert_string_equal(orx_str_cstr(&w->text), "a --model m=big -r s1 {other}|");
    assert_true(orx_instance_features(w->instance) & ORXAQ_CAN_RESUME);
}

static void a35_json_lines_with_usage_session_and_result(void **state) {
    world *w = *state;
    const orx_job_result *r =
        run(w, "{output: jsonl, usage_path: ., result_path: ., argv: [printf, '%s\\n',"
               " '{\"text\":\"one\",\"session_id\":\"abc\"}', 'no json',"
               " '{\"input_tokens\":10,\"cached_tokens\":4,\"output_tokens\":5,\"model\":\"m1\","
               "\"cost_usd\":0.25}',"
               " '{\"status\":\"done\",\"summary\":\"sum\",\"blocker\":\"\"}']}");
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->status, ORXAQ_STATUS_DONE);
    assert_string_equal(r->summary, "sum");
    assert_string_equal(r->session, "abc");
    assert_string_equal(orx_str_cstr(&w->text), "one|");
    assert_int_equal(w->usages, 1);
    assert_int_equal(w->usage.input_tokens, 6);
    assert_int_equal(w->usage.cache_read_tokens, 4);
    assert_int_equal(w->usage.output_tokens, 5);
    assert_int_equal(w->usage.cost_nano_usd, 250000000);
    assert_int_equal(w->usage.mode, ORXAQ_USAGE_TOTAL);
}

static void one_json_document(void **state) {
    world *w = *state;
    const orx_job_result *r = run(w, "{output: json, argv: [printf, '{\"status\":\\n\"blocked\","
                                     "\"blocker\":\"no key\",\"usage\":{\"prompt_tokens\":3,"
                                     "\"completion_tokens\":2}}']}");
    assert_int_equal(r->status, ORXAQ_STATUS_BLOCKED);
    assert_string_equal(r->blocker, "no key");
    assert_int_equal(w->usage.input_tokens, 3);
    assert_int_equal(w->usage.output_tokens, 2);
}

/* No final word is a failure, whatever the exit code. */
static void no_result_is_a_failure(void **state) {
    world *w = *state;
    const orx_job_result *r =
        run(w, "{output: jsonl, result_path: result, argv: [echo, '{\"text\":\"x\"}']}");
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(r->message, "gave no result");
}

static void the_exit_code_as_the_claim(void **state) {
    world *w = *state;
    assert_int_equal(run(w, "{argv: [echo, hi], claim: exit}")->status, ORXAQ_STATUS_DONE);
    assert_int_equal(run(w, "{argv: [sh, -c, \"exit 3\"], claim: exit}")->kind, ORXAQ_KIND_CRASHED);
    assert_int_equal(w->result.status, ORXAQ_STATUS_NONE);
}

static void exit_codes_have_meanings(void **state) {
    world *w = *state;
    const char *settings = "{argv: [sh, -c, \"exit 41\"], exit_codes: {\"41\": auth}}";
    assert_int_equal(run(w, settings)->kind, ORXAQ_KIND_AUTH);
    assert_int_equal(run(w, "{argv: [no-such-program-anywhere]}")->kind, ORXAQ_KIND_CRASHED);
    assert_contains(w->result.message, "no-such-program-anywhere");
}

static void variables_are_set(void **state) {
    world *w = *state;
    (void)run(w, "{argv: [sh, -c, 'echo $COLOUR'], env: {COLOUR: blue}}");
    assert_string_equal(orx_str_cstr(&w->text), "blue|");
}

static void bad_settings_are_refused(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    assert_true(make(w, "{argv: []}", &err) < 0);
    assert_contains(err.msg, "argv names no program");
    assert_true(make(w, "{argv: [x], outptu: text}", &err) < 0);
    assert_contains(err.msg, "output");
    assert_true(make(w, "{prompt: stdin}", &err) < 0);
    assert_contains(err.msg, "argv");
    assert_true(make(w, "{argv: [x], exit_codes: {\"1\": funny}}", &err) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_on_stdin_and_stdout, begin, end),
        cmocka_unit_test_setup_teardown(the_prompt_in_a_file, begin, end),
        cmocka_unit_test_setup_teardown(the_prompt_as_an_argument, begin, end),
        cmocka_unit_test_setup_teardown(b9_a_long_prompt_on_stdin, begin, end),
        cmocka_unit_test_setup_teardown(model_and_session_arguments, begin, end),
        cmocka_unit_test_setup_teardown(a35_json_lines_with_usage_session_and_result, begin, end),
        cmocka_unit_test_setup_teardown(one_json_document, begin, end),
        cmocka_unit_test_setup_teardown(no_result_is_a_failure, begin, end),
        cmocka_unit_test_setup_teardown(the_exit_code_as_the_claim, begin, end),
        cmocka_unit_test_setup_teardown(exit_codes_have_meanings, begin, end),
        cmocka_unit_test_setup_teardown(variables_are_set, begin, end),
        cmocka_unit_test_setup_teardown(bad_settings_are_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
