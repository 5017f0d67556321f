/* What the program is asked, what its output means while it runs, and the tokens. The recorded
 * server states for each request: 1200 read, 1000 of them from a cache, 44 written and 33 thought.
 */
#include "driver.h"

static int begin(void **state) {
    int rc = driver_begin(state);
    ((driver *)*state)->plugin = "gemini";
    return rc;
}

/* Runs a recording with these settings besides the program. */
static const orx_job_result *run_with(driver *d, const char *recording, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay(d, recording, NULL, 0);
    assert_ok(driver_make(d, &err, "{program: [%s]%s}", program, settings), &err);
    return driver_op(d, ORXAQ_OP_TASK);
}

static const orx_job_result *run(driver *d, const char *recording) {
    return run_with(d, recording, "");
}

static const orx_node *settings_at(driver *d, const char *file, const char *path) {
    const orx_node *tree = NULL;
    orx_err err = ORX_ERR_INIT;
    const char *text = driver_file(d, file);
    assert_non_null(text);
    assert_ok(orx_yaml_parse(&d->arena, file, orx_view_of(text), &orx_limits_config, &tree, &err),
              &err);
    return orx_node_path(tree, path);
}

static const orx_node *setting(driver *d, const char *path) {
    return settings_at(d, "state/.gemini/settings.json", path);
}

static void a_plain_answer(void **state) {
    driver *d = *state;
    const orx_job_result *r = run(d, "ok.jsonl");
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->status, ORXAQ_STATUS_NONE);
    /* Without the prompt, which the program repeats. */
    assert_string_equal(orx_str_cstr(&d->answer), "Hello from the fake model. The answer is 42.");
    assert_int_equal(strlen(r->session), 36);
    assert_string_equal(driver_file(d, "stdin"), "the prompt");
    assert_string_equal(d->answered, "gemini-2.5-flash");
}

static void headless(void **state) {
    driver *d = *state;
    d->task.model = orxaq_str("gemini-2.5-pro");
    (void)run(d, "ok.jsonl");
    assert_true(driver_has_arg(d, "-m", "gemini-2.5-pro"));
    assert_true(driver_has_arg(d, "--output-format", "stream-json"));
    assert_false(driver_has_arg(d, "-p", NULL));
    assert_string_equal(driver_env(d, "GEMINI_CLI_NO_RELAUNCH"), "true");
    char path[128];
    (void)snprintf(path, sizeof path, "%s/files/tmp", d->dir);
    assert_string_equal(driver_env(d, "TMPDIR"), path);
    (void)snprintf(path, sizeof path, "%s/state", d->dir);
    assert_string_equal(driver_env(d, "GEMINI_CLI_HOME"), path);
    (void)snprintf(path, sizeof path, "%s/repo\n", d->dir);
    assert_string_equal(driver_file(d, "cwd"), path);
}

/* Every key was tried on the program: each of them keeps it from something. */
static void its_settings(void **state) {
    driver *d = *state;
    d->task.max_turns = 7;
    (void)run_with(d, "ok.jsonl", ", mcp_servers: '{\"db\":{\"command\":\"x\",\"trust\":true}}'");
    assert_string_equal(orx_node_str(setting(d, "security.auth.selectedType"), ""),
                        "gemini-api-key");
    assert_false(orx_node_bool(setting(d, "security.folderTrust.enabled"), true));
    assert_true(orx_node_bool(setting(d, "security.environmentVariableRedaction.enabled"), false));
    assert_false(orx_node_bool(setting(d, "privacy.usageStatisticsEnabled"), true));
    assert_false(orx_node_bool(setting(d, "telemetry.enabled"), true));
    assert_false(orx_node_bool(setting(d, "general.enableAutoUpdate"), true));
    assert_int_equal(orx_node_int(setting(d, "general.maxAttempts"), 0), 1);
    assert_false(orx_node_bool(setting(d, "general.retryFetchErrors"), true));
    assert_int_equal(orx_node_int(setting(d, "model.maxSessionTurns"), 0), 7);
    assert_string_equal(orx_node_str(setting(d, "mcpServers.db.command"), ""), "x");
    d->task.max_turns = 0;
    (void)run_with(d, "ok.jsonl", ", auth: vertex");
    assert_null(setting(d, "model"));
    assert_null(setting(d, "mcpServers"));
    assert_string_equal(orx_node_str(setting(d, "security.auth.selectedType"), ""), "vertex-ai");
}

/* Without a folder that is kept, its home goes with the job. */
static void no_state(void **state) {
    driver *d = *state;
    d->task.state_dir = orxaq_str("");
    assert_int_equal(run(d, "ok.jsonl")->kind, ORXAQ_KIND_OK);
    assert_contains(driver_env(d, "GEMINI_CLI_HOME"), "/files/home");
    assert_int_equal(
        orx_node_int(settings_at(d, "files/home/.gemini/settings.json", "general.maxAttempts"), 0),
        1);
}

/* A home of the operator's is not touched. */
static void a_home_of_the_operators(void **state) {
    driver *d = *state;
    char settings[160];
    (void)snprintf(settings, sizeof settings, ", home: %s/own, auth: login", d->dir);
    (void)run_with(d, "ok.jsonl", settings);
    assert_contains(driver_env(d, "GEMINI_CLI_HOME"), "/own");
    assert_null(driver_file(d, "own/.gemini/settings.json"));
    assert_null(driver_file(d, "state/.gemini/settings.json"));
}

/* ---- Access and the key ---------------------------------------------------------------------- */

static void access_decides(void **state) {
    driver *d = *state;
    (void)run(d, "ok.jsonl");
    assert_true(driver_has_arg(d, "--approval-mode", "default"));
    assert_true(driver_has_arg(d, "--policy", NULL));
    assert_contains(driver_file(d, "files/policy.toml"), "toolName = \"*\"");
    assert_contains(driver_file(d, "files/policy.toml"), "allowRedirection = true");
    d->task.sandbox = ORXAQ_SANDBOX_NONE;
    (void)run(d, "ok.jsonl");
    assert_null(strstr(driver_file(d, "files/policy.toml"), "\"*\""));
    assert_contains(driver_file(d, "files/policy.toml"), "\"run_shell_command\"");
    d->task.access = ORXAQ_ACCESS_ELEVATED;
    (void)run(d, "ok.jsonl");
    assert_contains(driver_file(d, "files/policy.toml"), "toolName = \"*\"");
    d->task.sandbox = ORXAQ_SANDBOX_HOST;
    d->task.access = ORXAQ_ACCESS_READ;
    (void)run(d, "ok.jsonl");
    assert_true(driver_has_arg(d, "--approval-mode", "default"));
    assert_false(driver_has_arg(d, "--policy", NULL));
    d->task.sandbox = ORXAQ_SANDBOX_VENDOR;
    assert_contains(run(d, "ok.jsonl")->message, "expected sandbox: host or none");
    assert_null(driver_file(d, "argv"));
}

/* In a folder it trusts the program obeys what the agent may have written into the repository. */
static void the_repository_is_not_trusted(void **state) {
    driver *d = *state;
    char settings[160];
    (void)run(d, "ok.jsonl");
    assert_string_equal(driver_env(d, "GEMINI_CLI_TRUST_WORKSPACE"), "false");
    (void)run_with(d, "ok.jsonl", ", mcp_servers: '{}'");
    assert_string_equal(driver_env(d, "GEMINI_CLI_TRUST_WORKSPACE"), "true");
    (void)snprintf(settings, sizeof settings, ", home: %s/own", d->dir);
    (void)run_with(d, "ok.jsonl", settings);
    assert_string_equal(driver_env(d, "GEMINI_CLI_TRUST_WORKSPACE"), "true");
}

/* Under the one name that the program's redaction knows, and no other. */
static void the_key(void **state) {
    driver *d = *state;
    d->secret = "key-value";
    (void)run(d, "ok.jsonl");
    assert_string_equal(driver_env(d, "GEMINI_API_KEY"), "key-value");
    assert_null(driver_env(d, "MY_KEY"));
    assert_null(strstr(driver_file(d, "argv"), "key-value"));
    assert_null(strstr(driver_file(d, "state/.gemini/settings.json"), "key-value"));
    d->secret = "";
    const orx_job_result *r = run(d, "ok.jsonl");
    assert_int_equal(r->kind, ORXAQ_KIND_AUTH);
    assert_null(driver_file(d, "argv"));
}

static void sessions(void **state) {
    driver *d = *state;
    (void)run(d, "ok.jsonl");
    const char *id = strstr(driver_file(d, "argv"), "--session-id\n");
    assert_non_null(id);
    id += strlen("--session-id\n");
    assert_int_equal(strcspn(id, "\n"), 36);
    assert_true(id[14] == '4' && id[8] == '-' && id[23] == '-');
    d->task.session = orxaq_str("0a-session");
    (void)run(d, "ok.jsonl");
    assert_true(driver_has_arg(d, "--resume", "0a-session"));
    assert_false(driver_has_arg(d, "--session-id", NULL));
    d->task.session = orxaq_str("--yolo");
    assert_int_not_equal(run(d, "ok.jsonl")->kind, ORXAQ_KIND_OK);
    assert_null(driver_file(d, "argv"));
}

/* 8 MiB are read, the rest would be cut off in silence: known before anything is spent. */
static void a_prompt_too_long(void **state) {
    driver *d = *state;
    size_t max = (size_t)8 << 20;
    char *big = calloc(1, max + 2);
    assert_non_null(big);
    memset(big, 'x', max + 1);
    d->task.prompt = orxaq_view_of(big, max + 1);
    const orx_job_result *r = run(d, "ok.jsonl");
    assert_int_equal(r->kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_int_equal(r->execs, 0);
    d->task.prompt = orxaq_view_of(big, max);
    assert_int_equal(run(d, "ok.jsonl")->kind, ORXAQ_KIND_OK);
    assert_int_equal(strlen(driver_file(d, "stdin")), max);
    free(big);
}

static void settings_reach_the_program(void **state) {
    driver *d = *state;
    (void)run_with(d, "ok.jsonl",
                   ", base_url: 'http://127.0.0.1:1', args: [--debug], env: {COLOUR: blue}");
    assert_string_equal(driver_env(d, "GOOGLE_GEMINI_BASE_URL"), "http://127.0.0.1:1");
    assert_true(driver_has_arg(d, "--debug", NULL));
    assert_string_equal(driver_env(d, "COLOUR"), "blue");
}

static void bad_settings_are_refused(void **state) {
    driver *d = *state;
    static const char *const bad[][2] = {
        {"{program: []}", "program is empty"},
        {"{auth: login}", "auth: login needs home"},
        {"{mcp_servers: '[1]'}", "mcp_servers is no JSON object"},
        {"{mcp_servers: '{'}", "mcp_servers is no JSON object"},
        {"{args: [--yolo]}", "args sets permissions"},
        {"{args: ['--approval-mode=yolo']}", "args sets permissions"},
        {"{modle: x}", "models"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        orx_err err = ORX_ERR_INIT;
        assert_true(driver_make(d, &err, "%s", bad[i][0]) < 0);
        assert_contains(err.msg, bad[i][1]);
    }
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void tools_and_messages(void **state) {
    driver *d = *state;
    (void)run(d, "tool-edit.jsonl");
    const char *tools = orx_str_cstr(&d->tools);
    assert_contains(tools, "start write_file {\"file_path\":\"/w/repo/made-by-fake.txt\"");
    assert_contains(tools, "|ok ");
    assert_string_equal(orx_str_cstr(&d->answer),
                        "I use a tool.\nHello from the fake model. The answer is 42.");
}

static void failed_tools_and_noise(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay_text(
        d,
        "{\"type\":\"tool_result\",\"tool_id\":\"a\",\"status\":\"error\",\"error\":"
        "{\"type\":\"x\",\"message\":\"no such file\"}}\nnot json\n"
        "{\"type\":\"novelty\",\"a\":[1]}\n"
        "{\"type\":\"error\",\"severity\":\"warning\",\"message\":\"loop\"}\n",
        "YOLO mode is enabled.\nRipgrep is not available.\n    at frame\nodd words", 0);
    assert_ok(driver_make(d, &err, "{program: [%s]}", program), &err);
    assert_int_equal(driver_op(d, ORXAQ_OP_TASK)->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(orx_str_cstr(&d->tools), "failed no such file");
    const char *notices = orx_str_cstr(&d->notices);
    assert_contains(notices, "not json|");
    assert_contains(notices, "loop|");
    assert_contains(notices, "odd words|");
    assert_null(strstr(notices, "YOLO"));
    assert_null(strstr(notices, "Ripgrep"));
    assert_null(strstr(notices, "frame"));
}

/* ---- Tokens ------------------------------------------------------------------------------------
 */

static void expect(driver *d, const char *recording, int64_t n) {
    (void)run(d, recording);
    orxaq_usage u = driver_sum(d);
    if (u.input_tokens != 200 * n || u.cache_read_tokens != 1000 * n || u.output_tokens != 44 * n ||
        u.reasoning_tokens != 33 * n)
        fail_msg("%s: input %lld %lld, output %lld %lld", recording, (long long)u.input_tokens,
                 (long long)u.cache_read_tokens, (long long)u.output_tokens,
                 (long long)u.reasoning_tokens);
    assert_int_equal(u.cache_write_tokens, -1);
    assert_int_equal(u.cost_nano_usd, -1);
    assert_int_equal(d->usages[0].scope, ORXAQ_SCOPE_PROCESS);
    assert_int_equal(d->usages[0].provenance, ORXAQ_BY_VENDOR);
}

static void tokens_equal_the_servers(void **state) {
    driver *d = *state;
    expect(d, "ok.jsonl", 1);
    expect(d, "tool-edit.jsonl", 2);
    expect(d, "turns.jsonl", 3);
    expect(d, "refused.jsonl", 1);
    expect(d, "session-resumed.jsonl", 1);
}

static void nothing_used_is_not_zero(void **state) {
    driver *d = *state;
    (void)run(d, "500.jsonl");
    assert_int_equal(d->usage_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_answer, begin, driver_end),
        cmocka_unit_test_setup_teardown(headless, begin, driver_end),
        cmocka_unit_test_setup_teardown(its_settings, begin, driver_end),
        cmocka_unit_test_setup_teardown(no_state, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_home_of_the_operators, begin, driver_end),
        cmocka_unit_test_setup_teardown(access_decides, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_repository_is_not_trusted, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_key, begin, driver_end),
        cmocka_unit_test_setup_teardown(sessions, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_prompt_too_long, begin, driver_end),
        cmocka_unit_test_setup_teardown(settings_reach_the_program, begin, driver_end),
        cmocka_unit_test_setup_teardown(bad_settings_are_refused, begin, driver_end),
        cmocka_unit_test_setup_teardown(tools_and_messages, begin, driver_end),
        cmocka_unit_test_setup_teardown(failed_tools_and_noise, begin, driver_end),
        cmocka_unit_test_setup_teardown(tokens_equal_the_servers, begin, driver_end),
        cmocka_unit_test_setup_teardown(nothing_used_is_not_zero, begin, driver_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
