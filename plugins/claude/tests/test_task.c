/* What the program is asked, and what its output means while it runs. */
#include "driver.h"

static int begin(void **state) {
    int rc = driver_begin(state);
    ((driver *)*state)->plugin = "claude";
    return rc;
}

static const char schema[] = "{\"type\":\"object\"}";

/* Runs a recording with default settings. */
static const orx_job_result *run(driver *d, const char *recording, int code) {
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay(d, recording, NULL, code);
    assert_ok(driver_make(d, &err, "{program: %s}", program), &err);
    return driver_op(d, ORXAQ_OP_TASK);
}

static void a_plain_answer(void **state) {
    driver *d = *state;
    const orx_job_result *r = run(d, "ok.jsonl", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->status, ORXAQ_STATUS_NONE);
    assert_string_equal(orx_str_cstr(&d->answer), "Hello from the fake model. The answer is 42.");
    assert_int_equal(strlen(r->session), 36);
    assert_string_equal(driver_file(d, "stdin"), "the prompt");
    assert_string_equal(d->answered, "claude-sonnet-4-5");
}

static void a52_headless_and_quiet(void **state) {
    driver *d = *state;
    d->task.model = orxaq_str("opus");
    d->task.effort = orxaq_str("high");
    (void)run(d, "ok.jsonl", 0);
    assert_true(driver_has_arg(d, "-p", "--output-format"));
    assert_true(driver_has_arg(d, "stream-json", "--verbose"));
    assert_true(driver_has_arg(d, "--include-partial-messages", NULL));
    assert_true(driver_has_arg(d, "--setting-sources", ""));
    assert_true(driver_has_arg(d, "--strict-mcp-config", NULL));
    assert_true(driver_has_arg(d, "--disable-slash-commands", NULL));
    assert_true(driver_has_arg(d, "--model", "opus"));
    assert_true(driver_has_arg(d, "--effort", "high"));
    assert_false(driver_has_arg(d, "the prompt", NULL));
    assert_string_equal(driver_env(d, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"), "1");
    assert_string_equal(driver_env(d, "CLAUDE_CODE_MAX_RETRIES"), "0");
    assert_string_equal(driver_env(d, "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK"), "1");
    assert_string_equal(driver_env(d, "API_TIMEOUT_MS"), "600000");
    assert_string_equal(driver_env(d, "CLAUDE_ENABLE_BYTE_WATCHDOG"), "1");
    assert_string_equal(driver_env(d, "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS"), "120000");
}

static void private_folders(void **state) {
    driver *d = *state;
    (void)run(d, "ok.jsonl", 0);
    orx_file_info info;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/files/tmp", d->dir);
    assert_string_equal(driver_env(d, "TMPDIR"), path);
    assert_int_equal(orx_lstat(d->p, path, &info, NULL), 0);
    assert_int_equal(info.kind, ORX_FILE_DIRECTORY);
    (void)snprintf(path, sizeof path, "%s/state", d->dir);
    assert_string_equal(driver_env(d, "CLAUDE_CONFIG_DIR"), path);
    (void)snprintf(path, sizeof path, "%s/repo\n", d->dir);
    assert_string_equal(driver_file(d, "cwd"), path);
}

/* ---- Access --------------------------------------------------------------------------------- */

static void confined_by_the_host(void **state) {
    driver *d = *state;
    (void)run(d, "ok.jsonl", 0);
    assert_true(driver_has_arg(d, "--permission-mode", "bypassPermissions"));
    assert_true(driver_has_arg(d, "--tools", "Bash,Edit,Glob,Grep,Read,Write"));
    assert_false(driver_has_arg(d, "--allowedTools", NULL));
    assert_string_equal(driver_env(d, "IS_SANDBOX"), "1");
}

/* Where nobody confines it the program must not be told that somebody does. */
static void a53_not_confined(void **state) {
    driver *d = *state;
    d->task.sandbox = ORXAQ_SANDBOX_NONE;
    (void)run(d, "ok.jsonl", 0);
    assert_true(driver_has_arg(d, "--permission-mode", "acceptEdits"));
    assert_true(driver_has_arg(d, "--allowedTools", "Bash,Edit,Glob,Grep,Read,Write"));
    assert_null(driver_env(d, "IS_SANDBOX"));
    d->task.access = ORXAQ_ACCESS_ELEVATED;
    (void)run(d, "ok.jsonl", 0);
    assert_true(driver_has_arg(d, "--permission-mode", "bypassPermissions"));
    assert_null(driver_env(d, "IS_SANDBOX"));
}

static void looking_only(void **state) {
    driver *d = *state;
    d->task.access = ORXAQ_ACCESS_READ;
    (void)run(d, "ok.jsonl", 0);
    assert_true(driver_has_arg(d, "--permission-mode", "dontAsk"));
    assert_true(driver_has_arg(d, "--tools", "Glob,Grep,Read"));
    assert_false(driver_has_arg(d, "bypassPermissions", NULL));
}

static void no_sandbox_of_its_own(void **state) {
    driver *d = *state;
    d->task.sandbox = ORXAQ_SANDBOX_VENDOR;
    const orx_job_result *r = run(d, "ok.jsonl", 0);
    assert_int_not_equal(r->kind, ORXAQ_KIND_OK);
    assert_contains(r->message, "expected sandbox: host or none");
    assert_null(driver_file(d, "argv"));
    assert_false(orx_instance_features(d->instance) & ORXAQ_CAN_SANDBOX);
}

/* ---- The key -------------------------------------------------------------------------------- */

/* On descriptor 3 and nowhere else: not in the environment under any name, not in the words. */
static void the_key_is_in_no_variable(void **state) {
    driver *d = *state;
    d->secret = "key-value";
    assert_int_equal(run(d, "ok.jsonl", 0)->kind, ORXAQ_KIND_OK);
    assert_string_equal(driver_file(d, "fd3"), "key-value\n");
    assert_null(strstr(driver_file(d, "env"), "key-value"));
    assert_null(strstr(driver_file(d, "argv"), "key-value"));
    assert_string_equal(driver_env(d, "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR"), "3");
    assert_string_equal(driver_file(d, "stdin"), "the prompt");
}

static void a_token_goes_the_same_way(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    d->secret = "$(id) `id` \\ \"token\"";
    const char *program = driver_replay(d, "ok.jsonl", NULL, 0);
    assert_ok(driver_make(d, &err, "{program: %s, credential: token}", program), &err);
    (void)driver_op(d, ORXAQ_OP_TASK);
    assert_string_equal(driver_file(d, "fd3"), "$(id) `id` \\ \"token\"\n");
    assert_string_equal(driver_env(d, "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR"), "3");
    assert_null(driver_env(d, "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR"));
}

static void without_a_key(void **state) {
    driver *d = *state;
    (void)run(d, "ok.jsonl", 0);
    assert_null(driver_env(d, "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR"));
    d->secret = "";
    const orx_job_result *r = run(d, "ok.jsonl", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_AUTH);
    assert_contains(r->message, "is not set");
    assert_null(driver_file(d, "argv"));
}

/* ---- Limits, sessions, schema ------------------------------------------------------------------
 */

static void limits_become_flags(void **state) {
    driver *d = *state;
    (void)run(d, "ok.jsonl", 0);
    assert_false(driver_has_arg(d, "--max-turns", NULL));
    assert_false(driver_has_arg(d, "--max-budget-usd", NULL));
    d->task.max_turns = 12;
    d->task.max_cost_nano_usd = INT64_C(1050000000);
    (void)run(d, "ok.jsonl", 0);
    assert_true(driver_has_arg(d, "--max-turns", "12"));
    assert_true(driver_has_arg(d, "--max-budget-usd", "1.050000000"));
}

static void sessions(void **state) {
    driver *d = *state;
    (void)run(d, "ok.jsonl", 0);
    const char *argv = driver_file(d, "argv");
    const char *id = strstr(argv, "--session-id\n");
    assert_non_null(id);
    id += strlen("--session-id\n");
    assert_int_equal(strcspn(id, "\n"), 36);
    assert_true(id[14] == '4' && id[8] == '-' && id[23] == '-');
    assert_non_null(strchr("89ab", id[19]));
    d->task.session = orxaq_str("0a-session");
    (void)run(d, "session-resumed.jsonl", 0);
    assert_true(driver_has_arg(d, "--resume", "0a-session"));
    assert_false(driver_has_arg(d, "--session-id", NULL));
    d->task.session = orxaq_str("--dangerously-skip-permissions");
    assert_int_not_equal(run(d, "ok.jsonl", 0)->kind, ORXAQ_KIND_OK);
    assert_null(driver_file(d, "argv"));
}

static void no_state_no_session(void **state) {
    driver *d = *state;
    d->task.state_dir = orxaq_str("");
    (void)run(d, "ok.jsonl", 0);
    assert_true(driver_has_arg(d, "--no-session-persistence", NULL));
    assert_contains(driver_env(d, "CLAUDE_CONFIG_DIR"), "/files/config");
}

static void the_result_by_schema(void **state) {
    driver *d = *state;
    d->task.schema = orxaq_str(schema);
    const orx_job_result *r = run(d, "schema.jsonl", 0);
    assert_true(driver_has_arg(d, "--json-schema", schema));
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->status, ORXAQ_STATUS_DONE);
    assert_string_equal(r->summary, "x");
    assert_string_equal(r->commit, "text");
    assert_string_equal(r->validations[0], "text");
    assert_null(r->validations[1]);
    assert_string_equal(r->next_actions[0], "text");
    assert_true(orx_instance_features(d->instance) & ORXAQ_CAN_SCHEMA);
}

/* The program ends well without the value it was to give. */
static void a_schema_that_was_not_met(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    d->task.schema = orxaq_str(schema);
    const orx_job_result *r = run(d, "no-schema.jsonl", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(r->message, "form of the result");
    const char *program = driver_replay(d, "no-schema.jsonl", NULL, 0);
    assert_ok(driver_make(d, &err, "{program: %s, structured: false}", program), &err);
    assert_int_equal(driver_op(d, ORXAQ_OP_TASK)->kind, ORXAQ_KIND_OK);
    assert_false(driver_has_arg(d, "--json-schema", NULL));
    assert_false(orx_instance_features(d->instance) & ORXAQ_CAN_SCHEMA);
}

/* 10 MiB are read, one byte more is not: known before anything is spent. */
static void a_prompt_too_long(void **state) {
    driver *d = *state;
    size_t max = (size_t)10 << 20;
    char *big = calloc(1, max + 2);
    assert_non_null(big);
    memset(big, 'x', max + 1);
    d->task.prompt = orxaq_view_of(big, max + 1);
    const orx_job_result *r = run(d, "ok.jsonl", 0);
    assert_int_equal(r->kind, ORXAQ_KIND_CONTEXT_TOO_LONG);
    assert_int_equal(r->execs, 0);
    d->task.prompt = orxaq_view_of(big, max);
    assert_int_equal(run(d, "ok.jsonl", 0)->kind, ORXAQ_KIND_OK);
    assert_int_equal(strlen(driver_file(d, "stdin")), max);
    free(big);
}

/* ---- Settings ----------------------------------------------------------------------------------
 */

static void settings_reach_the_program(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay(d, "ok.jsonl", NULL, 0);
    assert_ok(driver_make(d, &err,
                          "{program: %s, base_url: 'http://127.0.0.1:1', config_dir: /c,"
                          " mcp_config: /m.json, tools: [Bash, mcp__a__b],"
                          " request_timeout: 5s, stream_timeout: 6s, args: [--debug, api],"
                          " env: {COLOUR: blue}}",
                          program),
              &err);
    (void)driver_op(d, ORXAQ_OP_TASK);
    assert_string_equal(driver_env(d, "ANTHROPIC_BASE_URL"), "http://127.0.0.1:1");
    assert_string_equal(driver_env(d, "CLAUDE_CONFIG_DIR"), "/c");
    assert_true(driver_has_arg(d, "--mcp-config", "/m.json"));
    assert_true(driver_has_arg(d, "--tools", "Bash,mcp__a__b"));
    assert_string_equal(driver_env(d, "API_TIMEOUT_MS"), "5000");
    assert_string_equal(driver_env(d, "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS"), "6000");
    assert_true(driver_has_arg(d, "--debug", "api"));
    assert_string_equal(driver_env(d, "COLOUR"), "blue");
}

static void permissions_are_no_setting(void **state) {
    driver *d = *state;
    const char *const refused[] = {"--dangerously-skip-permissions",
                                   "--permission-mode=bypassPermissions", "--settings",
                                   "--allowed-tools=Bash"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        orx_err err = ORX_ERR_INIT;
        assert_true(driver_make(d, &err, "{args: ['%s']}", refused[i]) < 0);
        assert_contains(err.msg, "args sets permissions");
    }
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void tools_and_messages(void **state) {
    driver *d = *state;
    (void)run(d, "tool-edit.jsonl", 0);
    const char *tools = orx_str_cstr(&d->tools);
    assert_contains(tools, "start Write {\"file_path\":\"/w/repo/made-by-fake.txt\"");
    assert_contains(tools, "|ok File created successfully");
    assert_string_equal(orx_str_cstr(&d->answer),
                        "I use a tool.\nHello from the fake model. The answer is 42.");
    (void)run(d, "tool-fail.jsonl", 0);
    assert_contains(orx_str_cstr(&d->tools), "failed Exit code 3");
}

static void reasoning_is_not_the_answer(void **state) {
    driver *d = *state;
    (void)run(d, "think.jsonl", 0);
    assert_string_equal(orx_str_cstr(&d->reasoning), "I consider the question.");
    assert_string_equal(orx_str_cstr(&d->answer), "Hello from the fake model. The answer is 42.");
}

/* A refusal of permission is no failure, but it is told. */
static void denials_are_told(void **state) {
    driver *d = *state;
    assert_int_equal(run(d, "denied.jsonl", 0)->kind, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&d->notices), "not allowed: Write|");
}

/* Versions that send whole messages only. */
static void whole_messages(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay_text(
        d,
        "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s1\",\"mcp_servers\":"
        "[{\"name\":\"db\",\"status\":\"failed\"},{\"name\":\"ok\",\"status\":\"connected\"}]}\n"
        "not json\n"
        "{\"type\":\"novelty\",\"a\":[1]}\n"
        "{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":2,\"retry_delay_ms\":500,"
        "\"error\":\"rate_limit\"}\n"
        "{\"type\":\"assistant\",\"message\":{\"model\":\"m-2\",\"content\":"
        "[{\"type\":\"text\",\"text\":\"one\"}]}}\n"
        "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"content\":"
        "[{\"type\":\"text\",\"text\":\"list\"}],\"is_error\":false}]}}\n"
        "{\"type\":\"result\",\"is_error\":false,\"result\":\"one\",\"usage\":"
        "{\"input_tokens\":3,\"output_tokens\":4}}",
        "a warning", 0);
    assert_ok(driver_make(d, &err, "{program: %s}", program), &err);
    const orx_job_result *r = driver_op(d, ORXAQ_OP_TASK);
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_string_equal(r->session, "s1");
    assert_string_equal(orx_str_cstr(&d->answer), "one|");
    assert_contains(orx_str_cstr(&d->tools), "ok list");
    const char *notices = orx_str_cstr(&d->notices);
    assert_contains(notices, "not json|");
    assert_contains(notices, "a warning|");
    assert_contains(notices, "MCP server db did not start|");
    assert_contains(notices, "(rate_limit, attempt 2, in 500 ms)|");
    assert_null(strstr(notices, "MCP server ok"));
    assert_string_equal(d->answered, "m-2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_answer, begin, driver_end),
        cmocka_unit_test_setup_teardown(a52_headless_and_quiet, begin, driver_end),
        cmocka_unit_test_setup_teardown(private_folders, begin, driver_end),
        cmocka_unit_test_setup_teardown(confined_by_the_host, begin, driver_end),
        cmocka_unit_test_setup_teardown(a53_not_confined, begin, driver_end),
        cmocka_unit_test_setup_teardown(looking_only, begin, driver_end),
        cmocka_unit_test_setup_teardown(no_sandbox_of_its_own, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_key_is_in_no_variable, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_token_goes_the_same_way, begin, driver_end),
        cmocka_unit_test_setup_teardown(without_a_key, begin, driver_end),
        cmocka_unit_test_setup_teardown(limits_become_flags, begin, driver_end),
        cmocka_unit_test_setup_teardown(sessions, begin, driver_end),
        cmocka_unit_test_setup_teardown(no_state_no_session, begin, driver_end),
        cmocka_unit_test_setup_teardown(the_result_by_schema, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_schema_that_was_not_met, begin, driver_end),
        cmocka_unit_test_setup_teardown(a_prompt_too_long, begin, driver_end),
        cmocka_unit_test_setup_teardown(settings_reach_the_program, begin, driver_end),
        cmocka_unit_test_setup_teardown(permissions_are_no_setting, begin, driver_end),
        cmocka_unit_test_setup_teardown(tools_and_messages, begin, driver_end),
        cmocka_unit_test_setup_teardown(reasoning_is_not_the_answer, begin, driver_end),
        cmocka_unit_test_setup_teardown(denials_are_told, begin, driver_end),
        cmocka_unit_test_setup_teardown(whole_messages, begin, driver_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
