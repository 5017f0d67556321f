/* A directory that ran under the predecessor, with nothing of ours in it. */
#include "support.h"

#include <string.h>

#define NS INT64_C(1000000000)

/* The env file as the predecessor's operators wrote it. */
static const char env_file[] = "# Copy to .env.autonomy\n"
                               "export OPENAI_API_KEY=sk-abc#123\n"
                               "GEMINI_API_KEY=replace_me\n"
                               "\n"
                               "ORXAQ_IMPL_REPO=../orxaq\n"
                               "ORXAQ_TEST_REPO=\"../orxaq_gemini\"\n"
                               "ORXAQ_AUTONOMY_PYTHON=python3\n"
                               "ORXAQ_AUTONOMY_MAX_ATTEMPTS=12\n"
                               "ORXAQ_AUTONOMY_RETRY_BACKOFF_BASE_SEC=15\n"
                               "ORXAQ_AUTONOMY_RETRY_BACKOFF_MAX_SEC=600\n"
                               "ORXAQ_AUTONOMY_VALIDATE_COMMANDS=make lint;make test\n"
                               "ORXAQ_AUTONOMY_EXECUTION_PROFILE=extra-high\n"
                               "ORXAQ_AUTONOMY_GEMINI_FALLBACK_MODELS=gemini-2.5-flash;gemini-x\n"
                               "ORXAQ_AUTONOMY_CODEX_CMD=/usr/local/bin/codex\n"
                               "ORXAQ_AUTONOMY_AUTO_PUSH_GUARD=off\n"
                               "ORXAQ_AUTONOMY_ARTIFACTS_DIR=artifacts/autonomy\n"
                               "ORXAQ_AUTONOMY_HEARTBEAT_STALE_SEC=300\n"
                               "ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD=100\n"
                               "just a note somebody left\n";

static void its_env_file_means_what_it_meant(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", env_file);
    spit(fx, "config/tasks.json", "[]");
    fx->options.root = NULL;
    fx->options.cwd = in_root(fx, "config");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->diags.warnings, 1);
    expect_diag(fx, ORX_DIAG_WARNING, ".env.autonomy:19:1", "expected NAME=value");
    const orx_config *c = fx->cfg;
    assert_string_equal(c->root, fx->root);
    assert_true(c->root_found);
    assert_string_equal(c->repos.impl, orx_arena_printf(&fx->arena, "%s/orxaq", fx->dir));
    assert_string_equal(c->repos.test, orx_arena_printf(&fx->arena, "%s/orxaq_gemini", fx->dir));
    assert_int_equal(c->retry.max_attempts, 12);
    assert_int_equal(c->retry.backoff_base_ns, 15 * NS);
    assert_int_equal(c->retry.backoff_max_ns, 600 * NS);
    assert_int_equal(c->validation.commands.count, 2);
    assert_int_equal(c->run.execution_profile, ORX_PROFILE_EXTRA_HIGH);
    assert_false(c->git.auto_push);
    assert_string_equal(c->paths.heartbeat_file, in_root(fx, "artifacts/autonomy/heartbeat.json"));
    const orx_provider_config *codex = orx_config_provider(c, "codex");
    const orx_provider_config *gemini = orx_config_provider(c, "gemini");
    assert_string_equal(orx_node_str(orx_node_get(codex->settings, "program"), ""),
                        "/usr/local/bin/codex");
    assert_string_equal(orx_config_secret(c, codex), "sk-abc#123");
    assert_null(orx_config_secret(c, gemini));
    assert_string_equal(gemini->models.items[1], "gemini-x");
}

/* [K] VAR=x make start must mean x, also for what the env file says. */
static void the_process_environment_wins(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", env_file);
    put_env("ORXAQ_AUTONOMY_MAX_ATTEMPTS", "3");
    put_env("OPENAI_API_KEY", "from-shell");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->cfg->retry.max_attempts, 3);
    assert_string_equal(orx_config_secret(fx->cfg, orx_config_provider(fx->cfg, "codex")),
                        "from-shell");
}

/* The manager's defaults, which `orxaq run` has too. */
static void an_empty_directory_has_the_managers_defaults(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    const orx_config *c = fx->cfg;
    assert_int_equal(c->retry.max_attempts, 8);
    assert_int_equal(c->run.execution_profile, ORX_PROFILE_HIGH);
    assert_int_equal(c->run.max_cycles, 10000);
    assert_int_equal(c->retry.max_retryable, 20);
    assert_int_equal(c->git.lock_stale_ns, 300 * NS);
    assert_int_equal(c->validation.retries, 1);
    assert_int_equal(c->git.auto_push_interval_ns, 180 * NS);
    assert_string_equal(c->paths.state_file, in_root(fx, "state/state.json"));
    assert_string_equal(c->paths.lock_file, in_root(fx, "artifacts/autonomy/runner.lock"));
    static const char *const prompts[] = {"codex_impl_prompt.md", "gemini_test_prompt.md",
                                          "claude_review_prompt.md"};
    for (size_t i = 0; i < 3; i++)
        assert_contains(c->providers[i].prompt_file, prompts[i]);
}

/* The command line the predecessor's manager gave to its runner. */
static void the_managers_command_line(void **state) {
    fixture *fx = *state;
    static const orx_flag_value flags[] = {{"impl-repo", "/r/i"},
                                           {"test-repo", "/r/t"},
                                           {"tasks-file", "/r/t.json"},
                                           {"state-file", "/r/s.json"},
                                           {"max-cycles", "10000"},
                                           {"max-attempts", "8"},
                                           {"retry-backoff-base-sec", "30"},
                                           {"retry-backoff-max-sec", "1800"},
                                           {"git-lock-stale-sec", "300"},
                                           {"validate-timeout-sec", "1800"},
                                           {"idle-sleep-sec", "10"},
                                           {"codex-cmd", "codex"},
                                           {"owner-filter", "codex"},
                                           {"no-routellm-enabled", NULL},
                                           {"routellm-timeout-sec", "5"},
                                           {"execution-profile", "extra_high"},
                                           {"continuous", NULL},
                                           {"continuous-recycle-delay-sec", "90"},
                                           {"auto-push-guard", NULL},
                                           {"auto-push-interval-sec", "180"},
                                           {"validate-command", "make test"},
                                           {"mcp-context-file", ""},
                                           {"dependency-state-file", "/r/other.json"}};
    fx->options.flags = flags;
    fx->options.flag_count = ORX_ARRAY_LEN(flags);
    load_clean(fx);
    assert_string_equal(fx->cfg->repos.impl, "/r/i");
    assert_string_equal(fx->cfg->paths.dependency_state_file, "/r/other.json");
    assert_int_equal(fx->cfg->validation.commands.count, 1);
    assert_int_equal(fx->cfg->run.execution_profile, ORX_PROFILE_EXTRA_HIGH);
    assert_null(fx->cfg->paths.mcp_context_file);
}

/* The predecessor took wrong numbers for the default in silence; here they are named. */
static void wrong_numbers_are_named(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_MAX_CYCLES=a lot\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, ".env.autonomy:1:27 (ORXAQ_AUTONOMY_MAX_CYCLES)",
                "run.max_cycles: expected a whole number");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(its_env_file_means_what_it_meant),
        TEST(the_process_environment_wins),
        TEST(an_empty_directory_has_the_managers_defaults),
        TEST(the_managers_command_line),
        TEST(wrong_numbers_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
