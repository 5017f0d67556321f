/* Five places for one value: flag > environment > env file > config file > default. */
#include "support.h"

#include <string.h>

static void case_8_each_place_beats_those_below(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 8);
    assert_string_equal(origin(fx, "retry.max_attempts"), "default");
    spit(fx, "config/orxaq.yaml", "retry:\n  max_attempts: 2\n");
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 2);
    assert_string_equal(origin(fx, "retry.max_attempts"), "config/orxaq.yaml:2:17");
    spit(fx, ".env.autonomy", "\nORXAQ_AUTONOMY_MAX_ATTEMPTS=3\n");
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 3);
    assert_string_equal(origin(fx, "retry.max_attempts"),
                        ".env.autonomy:2:29 (ORXAQ_AUTONOMY_MAX_ATTEMPTS)");
    put_env("ORXAQ_AUTONOMY_MAX_ATTEMPTS", "4");
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 4);
    assert_string_equal(origin(fx, "retry.max_attempts"), "ORXAQ_AUTONOMY_MAX_ATTEMPTS");
    put_flag(fx, "max-attempts", "5");
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 5);
    assert_string_equal(origin(fx, "retry.max_attempts"), "--max-attempts");
    assert_int_equal(orx_config_get(fx->cfg, "retry.max_attempts")->origin, ORX_ORIGIN_FLAG);
}

static void origins_have_kinds(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_MAX_CYCLES=7\n");
    put_env("ORXAQ_AUTONOMY_VALIDATION_RETRIES", "3");
    put_flag(fx, "continuous", NULL);
    load_yaml(fx, "lane: x\n");
    const struct {
        const char *path;
        orx_origin_kind kind;
    } cases[] = {{"recovery", ORX_ORIGIN_DEFAULT},
                 {"lane", ORX_ORIGIN_CONFIG},
                 {"run.max_cycles", ORX_ORIGIN_ENV_FILE},
                 {"validation.retries", ORX_ORIGIN_ENV},
                 {"run.continuous", ORX_ORIGIN_FLAG}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_int_equal(orx_config_get(fx->cfg, cases[i].path)->origin, cases[i].kind);
}

/* A wrong value is reported even where a better place overrides it. */
static void hidden_mistakes_are_reported(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_MAX_ATTEMPTS", "4");
    put_flag(fx, "max-attempts", "5");
    expect_error(fx, "retry:\n  max_attempts: x\n", "orxaq.yaml:2:17", "retry.max_attempts");
}

static void a_bad_variable_is_named(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_AUTO_PUSH_GUARD", "perhaps");
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, "ORXAQ_AUTONOMY_AUTO_PUSH_GUARD",
                "git.auto_push: expected 1, true, yes, on or 0, false, no, off, found \"perhaps\"");
}

static void a_bad_line_of_the_env_file_has_its_place(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "# c\nexport ORXAQ_AUTONOMY_IDLE_SLEEP_SEC=soon\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, ".env.autonomy:2:38 (ORXAQ_AUTONOMY_IDLE_SLEEP_SEC)",
                "run.idle_sleep: expected a duration");
}

/* ---- Empty and null -----------------------------------------------------------------------------
 */

static void case_9_an_empty_variable_counts_as_not_set(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy",
         "ORXAQ_AUTONOMY_MAX_CYCLES=9\n"
         "ORXAQ_AUTONOMY_TASKS_FILE=\n"
         "ORXAQ_AUTONOMY_VALIDATE_COMMANDS=\n"
         "ORXAQ_AUTONOMY_AUTO_PUSH_GUARD=\n"
         "ORXAQ_AUTONOMY_EXECUTION_PROFILE=\n");
    put_env("ORXAQ_AUTONOMY_MAX_CYCLES", "");
    load_clean(fx);
    assert_int_equal(fx->cfg->run.max_cycles, 9);
    assert_string_equal(fx->cfg->paths.tasks_file, in_root(fx, "config/tasks.json"));
    assert_int_equal(fx->cfg->validation.commands.count, 2);
    assert_true(fx->cfg->git.auto_push);
    assert_int_equal(fx->cfg->run.execution_profile, ORX_PROFILE_HIGH);
}

static void an_empty_optional_variable_means_none(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "paths: {mcp_context_file: ctx.json}\n");
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_CODEX_PROMPT_FILE=\n");
    load_clean(fx);
    assert_string_equal(fx->cfg->paths.mcp_context_file, in_root(fx, "ctx.json"));
    assert_null(orx_config_provider(fx->cfg, "codex")->prompt_file);
    assert_string_equal(shown(fx, "providers.codex.prompt_file"), "");
    assert_contains(origin(fx, "providers.codex.prompt_file"), ".env.autonomy:1:34");
    put_env("ORXAQ_AUTONOMY_MCP_CONTEXT_FILE", "");
    load_clean(fx);
    assert_null(fx->cfg->paths.mcp_context_file);
    put_env("ORXAQ_AUTONOMY_CODEX_PROMPT_FILE", "p.md");
    load_clean(fx);
    assert_string_equal(orx_config_provider(fx->cfg, "codex")->prompt_file, in_root(fx, "p.md"));
}

static void null_is_as_good_as_absent(void **state) {
    fixture *fx = *state;
    load_yaml(fx,
              "retry:\n  max_attempts: null\n  flat_delay: ~\nrun:\nvalidation: {commands: null}\n"
              "paths: {mcp_context_file: null, tasks_file: null}\nlane:\n");
    assert_int_equal(fx->cfg->retry.max_attempts, 8);
    assert_int_equal(fx->cfg->retry.flat_delay_ns, 0);
    assert_int_equal(fx->cfg->validation.commands.count, 2);
    assert_null(fx->cfg->paths.mcp_context_file);
    assert_string_equal(fx->cfg->paths.tasks_file, in_root(fx, "config/tasks.json"));
    assert_string_equal(fx->cfg->lane, "");
    assert_string_equal(origin(fx, "retry.max_attempts"), "default");
    assert_string_equal(origin(fx, "paths.mcp_context_file"), "orxaq.yaml:6:27");
}

/* ---- Flags --------------------------------------------------------------------------------------
 */

static void the_last_of_a_flag_wins(void **state) {
    fixture *fx = *state;
    put_flag(fx, "max-cycles", "5");
    put_flag(fx, "max-cycles", "6");
    put_flag(fx, "continuous", NULL);
    put_flag(fx, "no-continuous", NULL);
    load_clean(fx);
    assert_int_equal(fx->cfg->run.max_cycles, 6);
    assert_false(fx->cfg->run.continuous);
    assert_string_equal(origin(fx, "run.continuous"), "--continuous");
}

static void switches_have_two_forms(void **state) {
    fixture *fx = *state;
    put_flag(fx, "no-auto-push-guard", NULL);
    load_clean(fx);
    assert_false(fx->cfg->git.auto_push);
    put_flag(fx, "auto-push-guard", NULL);
    load_clean(fx);
    assert_true(fx->cfg->git.auto_push);
    put_flag(fx, "auto-push-guard", "off");
    load_clean(fx);
    assert_false(fx->cfg->git.auto_push);
}

static void repeated_flags_make_the_list(void **state) {
    fixture *fx = *state;
    put_flag(fx, "validate-command", "make check; echo");
    put_flag(fx, "validate-command", "ctest");
    load_clean(fx);
    assert_int_equal(fx->cfg->validation.commands.count, 2); /* replaced, not added */
    assert_string_equal(fx->cfg->validation.commands.items[0], "make check; echo");
    assert_string_equal(fx->cfg->validation.commands.items[1], "ctest");
    assert_null(fx->cfg->validation.commands.items[2]);
    assert_string_equal(origin(fx, "validation.commands"), "--validate-command");
}

static void flags_that_are_wrong_are_usage_errors(void **state) {
    fixture *fx = *state;
    put_flag(fx, "max-attempts", "many");
    assert_int_equal(load(fx), ORX_E_USAGE);
    expect_diag(fx, ORX_DIAG_ERROR, "--max-attempts",
                "retry.max_attempts: expected a whole number");
    assert_contains(fx->err.msg, "--max-attempts");
    fx->options.flag_count = 0;
    put_flag(fx, "max-attempts", NULL);
    assert_int_equal(load(fx), ORX_E_USAGE);
    expect_diag(fx, ORX_DIAG_ERROR, "--max-attempts", "this flag needs a value");
    fx->options.flag_count = 0;
    put_flag(fx, "validate-command", "");
    assert_int_equal(load(fx), ORX_E_USAGE);
    expect_diag(fx, ORX_DIAG_ERROR, "--validate-command", "not empty");
}

static void unknown_flags(void **state) {
    fixture *fx = *state;
    put_flag(fx, "max-atempts", "5");
    put_flag(fx, "no-max-attempts", NULL); /* only switches have a no- form */
    put_flag(fx, "zebra", NULL);
    assert_int_equal(load(fx), ORX_E_USAGE);
    expect_diag(fx, ORX_DIAG_ERROR, "--max-atempts", "no such flag; did you mean --max-attempts?");
    expect_diag(fx, ORX_DIAG_ERROR, "--no-max-attempts", "no such flag");
    expect_diag(fx, ORX_DIAG_ERROR, "--zebra", "no such flag");
    assert_int_equal(fx->diags.errors, 3);
}

static void flags_of_absent_providers_have_no_effect(void **state) {
    fixture *fx = *state;
    put_flag(fx, "gemini-model", "g");
    put_flag(fx, "codex-cmd", "c");
    spit(fx, "orxaq.yaml", "providers: {worker: {plugin: command}}\n");
    assert_ok(load(fx), &fx->err);
    expect_diag(fx, ORX_DIAG_WARNING, "--gemini-model", "has no effect");
    expect_diag(fx, ORX_DIAG_WARNING, "--codex-cmd", "has no effect");
}

/* ---- Floors, lenient words, paths
 * ----------------------------------------------------------------- */

/* [K] Too small numbers of the environment are raised; the config file must be right. */
static void floors(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_AUTO_PUSH_INTERVAL_SEC", "5");
    put_env("ORXAQ_TASK_QUEUE_MAX_CLAIMED", "1");
    put_env("ORXAQ_AUTONOMY_ROUTELLM_TIMEOUT_SEC", "0");
    put_flag(fx, "max-cycles", "0");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->cfg->git.auto_push_interval_ns, 30 * INT64_C(1000000000));
    assert_int_equal(fx->cfg->queue.max_claimed, 100);
    assert_int_equal(fx->cfg->routellm.timeout_ns, INT64_C(1000000000));
    assert_int_equal(fx->cfg->run.max_cycles, 1);
    assert_int_equal(fx->diags.warnings, 4);
    expect_diag(fx, ORX_DIAG_WARNING, "ORXAQ_AUTONOMY_AUTO_PUSH_INTERVAL_SEC",
                "git.auto_push_interval: raised to 30s, the smallest possible value");
    expect_diag(fx, ORX_DIAG_WARNING, "--max-cycles", "raised to 1");
}

/* [K] For the codex model switch, words that are no booleans mean true. */
static void the_codex_switch_takes_any_word_as_true(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_CODEX_FILTER_INCOMPAT_MODELS=0\n");
    load_clean(fx);
    assert_false(fx->cfg->run.codex_filter_models);
    put_env("ORXAQ_AUTONOMY_CODEX_FILTER_INCOMPAT_MODELS", "sure");
    load_clean(fx);
    assert_true(fx->cfg->run.codex_filter_models);
}

static void paths_in_flags_belong_to_the_working_directory(void **state) {
    fixture *fx = *state;
    assert_ok(orx_mkdirs(fx->p, in_root(fx, "sub"), false, &fx->err), &fx->err);
    fx->options.cwd = in_root(fx, "sub");
    put_flag(fx, "tasks-file", "t.json");
    put_env("ORXAQ_AUTONOMY_OBJECTIVE_FILE", "o.md");
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_PRICING_FILE=p.json\n");
    load_yaml(fx, "paths: {handoff_dir: hand}\n");
    assert_string_equal(fx->cfg->paths.tasks_file, in_root(fx, "sub/t.json"));
    assert_string_equal(fx->cfg->paths.objective_file, in_root(fx, "o.md"));
    assert_string_equal(fx->cfg->paths.pricing_file, in_root(fx, "p.json"));
    assert_string_equal(fx->cfg->paths.handoff_dir, in_root(fx, "hand"));
}

static void artifacts_follow_their_folder(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_ARTIFACTS_DIR", "out");
    load_yaml(fx, "paths: {lock_file: \"${state_dir}/my.lock\", state_dir: db}\n");
    assert_string_equal(fx->cfg->paths.heartbeat_file, in_root(fx, "out/heartbeat.json"));
    assert_string_equal(fx->cfg->paths.handoff_dir, in_root(fx, "out/handoffs"));
    assert_string_equal(fx->cfg->paths.lock_file, in_root(fx, "db/my.lock"));
    assert_string_equal(fx->cfg->paths.state_file, in_root(fx, "state/state.json"));
}

static void the_home_directory(void **state) {
    fixture *fx = *state;
    put_env("HOME", "/h/me");
    load_yaml(fx, "repos: {impl: ~/dev/x}\n");
    assert_string_equal(fx->cfg->repos.impl, "/h/me/dev/x");
}

static void the_environment_is_kept_as_it_was(void **state) {
    fixture *fx = *state;
    put_env("FROM_PROCESS", "p");
    put_env("BOTH", "p");
    put_env("EMPTY", "");
    spit(fx, ".env.autonomy", "BOTH=f\nFROM_FILE=f\nEMPTY=f\n");
    load_clean(fx);
    assert_string_equal(orx_config_env(fx->cfg, "FROM_PROCESS"), "p");
    assert_string_equal(orx_config_env(fx->cfg, "BOTH"), "p");
    assert_string_equal(orx_config_env(fx->cfg, "FROM_FILE"), "f");
    assert_string_equal(orx_config_env(fx->cfg, "EMPTY"), "f");
    assert_null(orx_config_env(fx->cfg, "NOWHERE"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(case_8_each_place_beats_those_below),
        TEST(origins_have_kinds),
        TEST(hidden_mistakes_are_reported),
        TEST(a_bad_variable_is_named),
        TEST(a_bad_line_of_the_env_file_has_its_place),
        TEST(case_9_an_empty_variable_counts_as_not_set),
        TEST(an_empty_optional_variable_means_none),
        TEST(null_is_as_good_as_absent),
        TEST(the_last_of_a_flag_wins),
        TEST(switches_have_two_forms),
        TEST(repeated_flags_make_the_list),
        TEST(flags_that_are_wrong_are_usage_errors),
        TEST(unknown_flags),
        TEST(flags_of_absent_providers_have_no_effect),
        TEST(floors),
        TEST(the_codex_switch_takes_any_word_as_true),
        TEST(paths_in_flags_belong_to_the_working_directory),
        TEST(artifacts_follow_their_folder),
        TEST(the_home_directory),
        TEST(the_environment_is_kept_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
