/* Command line, environment, sandbox, settings. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

static const orx_job_result *run(world *w, const char *settings) {
    return world_run(w, ORXAQ_OP_TASK, settings);
}

/* Each word of the list, in this order, stands in the arguments as a word of its own. */
static void assert_words(world *w, const char *const *words) {
    orx_view rest = orx_view_of(world_given(w, "args")), line;
    size_t i = 0;
    while (words[i] && orx_view_split(&rest, '\n', &line))
        if (orx_view_is(line, words[i]))
            i++;
    if (words[i])
        fail_msg("\"%s\" is not in its place in: %s", words[i], world_given(w, "args"));
}

static void the_exec_line(void **state) {
    world *w = *state;
    w->model = "gpt-6-astra";
    (void)run(w, "{interface: exec, base_url: 'http://127.0.0.1:1/v1', effort: high}");
    static const char *const words[] = {"exec",
                                        "--json",
                                        "--skip-git-repo-check",
                                        "--ignore-rules",
                                        "--ignore-user-config",
                                        "--disable",
                                        "unbounded_connection_retries",
                                        "--disable",
                                        "plugins",
                                        "--disable",
                                        "goals",
                                        "analytics.enabled=false",
                                        "check_for_update_on_startup=false",
                                        "web_search=\"disabled\"",
                                        "sandbox_mode=\"workspace-write\"",
                                        "model_provider=\"orxaq\"",
                                        "model_reasoning_effort=\"high\"",
                                        "-m",
                                        "gpt-6-astra",
                                        "-",
                                        NULL};
    assert_words(w, words);
    assert_contains(
        world_given(w, "args"),
        "base_url=\"http://127.0.0.1:1/v1\",wire_api=\"responses\",request_max_retries=0,"
        "stream_max_retries=0,stream_idle_timeout_ms=300000}");
    assert_null(strstr(world_given(w, "args"), "the prompt"));
    assert_null(strstr(world_given(w, "args"), "env_key"));
}

static void the_server_line(void **state) {
    world *w = *state;
    (void)run(w, "{base_url: 'http://127.0.0.1:1/v1'}");
    static const char *const words[] = {"app-server",
                                        "--disable",
                                        "unbounded_connection_retries",
                                        "analytics.enabled=false",
                                        "model_provider=\"orxaq\"",
                                        NULL};
    assert_words(w, words);
}

static void settings_reach_the_program(void **state) {
    world *w = *state;
    (void)run(w, "{interface: exec, base_url: 'http://h/a\"b', network: true, ephemeral: true,"
                 " user_config: true, project_docs: false, web_search: live, stream_idle: 7s,"
                 " disable: [one], tool_env: [MY_VAR], config: {\"mcp_servers.d\":"
                 " '{command=\"x\"}'}}");
    static const char *const words[] = {"--ephemeral",
                                        "--disable",
                                        "one",
                                        "web_search=\"live\"",
                                        "sandbox_workspace_write.network_access=true",
                                        "project_doc_max_bytes=0",
                                        "mcp_servers.d={command=\"x\"}",
                                        NULL};
    assert_words(w, words);
    const char *args = world_given(w, "args");
    assert_contains(args, "base_url=\"http://h/a\\\"b\"");
    assert_contains(args, "stream_idle_timeout_ms=7000");
    assert_contains(args, ",\"DEBIAN_FRONTEND\",\"MY_VAR\"]");
    assert_null(strstr(args, "--ignore-user-config"));
    assert_null(strstr(args, "plugins"));
    assert_null(w->result.session);
    assert_false(orx_instance_features(w->instance) & ORXAQ_CAN_RESUME);
}

/* The key is in the program's environment, and nowhere else; what commands see is a list of names
 * without it. */
static void the_key(void **state) {
    world *w = *state;
    assert_int_equal(setenv("CODEX_TEST_KEY", "sk-secret-1", 1), 0);
    w->secret = "env:CODEX_TEST_KEY";
    (void)run(w, "interface: exec");
    assert_string_equal(world_variable(w, "ORXAQ_CODEX_KEY"), "sk-secret-1");
    const char *args = world_given(w, "args");
    assert_contains(args, ",env_key=\"ORXAQ_CODEX_KEY\",");
    assert_contains(args, "base_url=\"https://api.openai.com/v1\"");
    assert_null(strstr(args, "sk-secret-1"));
    const char *list = strstr(args, "shell_environment_policy.include_only=[\"PATH\",");
    assert_non_null(list);
    assert_null(strstr(list, "KEY"));
    assert_string_equal(world_variable(w, "CODEX_HOME"), "/the/state");
    assert_string_equal(world_variable(w, "RUST_LOG"), "off");
    /* A key in the settings goes before the provider's. */
    assert_int_equal(setenv("CODEX_TEST_KEY2", "sk-secret-2", 1), 0);
    (void)run(w, "{interface: exec, key: 'env:CODEX_TEST_KEY2'}");
    assert_string_equal(world_variable(w, "ORXAQ_CODEX_KEY"), "sk-secret-2");
}

/* With codex's own login its own folder is used; the prompt's folder only when there is no other.
 */
static void the_home(void **state) {
    world *w = *state;
    (void)run(w, "interface: exec");
    assert_null(world_variable(w, "CODEX_HOME"));
    assert_null(strstr(world_given(w, "args"), "model_provider"));
    (void)run(w, "{interface: exec, home: /somewhere}");
    assert_string_equal(world_variable(w, "CODEX_HOME"), "/somewhere");
    w->no_state_dir = true;
    (void)run(w, "{interface: exec, base_url: 'http://h/v1'}");
    assert_string_equal(world_variable(w, "CODEX_HOME"), w->dir);
    (void)run(w, "{interface: exec, model_provider: mine, user_config: true}");
    assert_contains(world_given(w, "args"), "model_provider=\"mine\"");
}

static void the_schema_is_a_file(void **state) {
    world *w = *state;
    w->schema = "{\"type\":\"object\"}";
    (void)run(w, "{interface: exec, base_url: 'http://h/v1'}");
    assert_contains(world_given(w, "args"), "--output-schema\n/");
    assert_string_equal(world_given(w, "schema.json"), "{\"type\":\"object\"}");
}

static void sandbox_modes(void **state) {
    world *w = *state;
    static const struct {
        int32_t sandbox;
        int32_t access;
        const char *set;
        const char *mode; /* NULL: refused */
    } cases[] = {
        {ORXAQ_SANDBOX_VENDOR, ORXAQ_ACCESS_READ, "auto", "read-only"},
        {ORXAQ_SANDBOX_VENDOR, ORXAQ_ACCESS_WORKSPACE, "auto", "workspace-write"},
        {ORXAQ_SANDBOX_VENDOR, ORXAQ_ACCESS_ELEVATED, "auto", "danger-full-access"},
        {ORXAQ_SANDBOX_HOST, ORXAQ_ACCESS_WORKSPACE, "auto", "danger-full-access"},
        {ORXAQ_SANDBOX_VENDOR, ORXAQ_ACCESS_WORKSPACE, "read-only", "read-only"},
        {ORXAQ_SANDBOX_VENDOR, ORXAQ_ACCESS_READ, "workspace-write", NULL},
        {ORXAQ_SANDBOX_VENDOR, ORXAQ_ACCESS_WORKSPACE, "danger-full-access", NULL},
        {ORXAQ_SANDBOX_HOST, ORXAQ_ACCESS_WORKSPACE, "danger-full-access", "danger-full-access"},
        {ORXAQ_SANDBOX_HOST, ORXAQ_ACCESS_WORKSPACE, "workspace-write", NULL},
        {ORXAQ_SANDBOX_NONE, ORXAQ_ACCESS_WORKSPACE, "auto", "danger-full-access"},
        {ORXAQ_SANDBOX_NONE, ORXAQ_ACCESS_WORKSPACE, "workspace-write", "workspace-write"},
        {ORXAQ_SANDBOX_NONE, ORXAQ_ACCESS_WORKSPACE, "danger-full-access", "danger-full-access"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        w->sandbox = cases[i].sandbox;
        w->access = cases[i].access;
        const orx_job_result *r =
            run(w, orx_arena_printf(&w->arena, "{interface: exec, sandbox: %s}", cases[i].set));
        if (cases[i].mode) {
            assert_contains(world_given(w, "args"),
                            orx_arena_printf(&w->arena, "\nsandbox_mode=\"%s\"\n", cases[i].mode));
        } else {
            assert_int_not_equal(r->kind, ORXAQ_KIND_OK);
            assert_contains(r->message, "sandbox: auto");
            assert_string_equal(world_given(w, "args"), "");
        }
    }
}

/* Characters count, not bytes; one too many ends it before any program was started. */
static void b9_the_longest_prompt(void **state) {
    world *w = *state;
    const size_t most = 1048576;
    char *text = calloc(1, 2 * most + 3);
    for (size_t i = 0; i < most; i++)
        memcpy(text + 2 * i, "\xc3\xa4", 2);
    w->prompt = text;
    assert_int_equal(run(w, "interface: exec")->kind, ORXAQ_KIND_OK);
    assert_int_equal(strlen(world_given(w, "stdin")), 2 * most);
    text[2 * most] = 'x';
    const orx_job_result *r = run(w, "interface: exec");
    assert_int_equal(r->kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_int_equal(r->execs, 0);
    assert_contains(r->message, "1048577 characters");
    /* As one message of app-server it is 2 MiB of JSON. */
    text[2 * most] = '\0';
    assert_int_equal(run(w, "interface: app-server")->kind, ORXAQ_KIND_OK);
    assert_true(strlen(world_given(w, "stdin")) > 2 * most);
    free(text);
}

static void bad_settings_are_refused(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    assert_true(world_make(w, "model_provider: mine", &err) < 0);
    assert_contains(err.msg, "user_config: true");
    assert_true(world_make(w, "{model_provider: mine, user_config: true, base_url: x}", &err) < 0);
    assert_contains(err.msg, "base_url");
    assert_true(world_make(w, "sandbox: none", &err) < 0);
    assert_contains(err.msg, "workspace-write");
    assert_true(world_make(w, "stream_idel: 5s", &err) < 0);
    assert_contains(err.msg, "stream_idle");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_exec_line, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_server_line, world_begin, world_end),
        cmocka_unit_test_setup_teardown(settings_reach_the_program, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_key, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_home, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_schema_is_a_file, world_begin, world_end),
        cmocka_unit_test_setup_teardown(sandbox_modes, world_begin, world_end),
        cmocka_unit_test_setup_teardown(b9_the_longest_prompt, world_begin, world_end),
        cmocka_unit_test_setup_teardown(bad_settings_are_refused, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
