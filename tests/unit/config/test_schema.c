/* The table of keys itself: nothing twice, nothing missing, every default readable. */
#include "base/map.h"
#include "config/table.h"
#include "config/value.h"

#include "support.h"

#include <string.h>

static bool has_default(const orx_config_key *key) {
    return key->fallback != NULL;
}

static void rows_are_complete(void **state) {
    (void)state;
    assert_true(orx_config_key_count > 60);
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        assert_non_null(key->path);
        assert_non_null(key->help);
        if (key->help[strlen(key->help) - 1] != '.' || strchr(key->help, '\n'))
            fail_msg("%s: the help is one paragraph that ends in a full stop", key->path);
        assert_int_equal(key->type == ORX_CFG_ENUM, key->words != NULL);
        bool list = key->type == ORX_CFG_LIST || key->type == ORX_CFG_ENVNAMES;
        assert_int_equal(list, key->split != NULL);
        bool amount = key->type == ORX_CFG_INT || key->type == ORX_CFG_DURATION ||
                      key->type == ORX_CFG_SIZE || key->type == ORX_CFG_MONEY;
        if (amount)
            assert_true(key->max >= key->min && key->max > 0);
        if (key->marks & ORX_KEY_FLOOR)
            assert_true(amount);
        if (!has_default(key) && !key->note && key->type != ORX_CFG_MAP)
            assert_true(key->marks & ORX_KEY_EMPTY_IS_NONE);
        assert_true(key->offset < sizeof(orx_config));
        assert_ptr_equal(orx_config_key_find(orx_view_of(key->path)), key);
    }
    assert_null(orx_config_key_find(orx_view_of("retry")));
    assert_null(orx_config_key_find(orx_view_of("retry.max")));
}

static void sections_stand_together_and_are_explained(void **state) {
    (void)state;
    orx_map seen = {0};
    orx_view last = {NULL, 0};
    for (size_t i = 0; i < orx_config_key_count; i++) {
        orx_view section = orx_config_key_section(&orx_config_keys[i]);
        if (i && orx_view_eq(section, last))
            continue;
        if (orx_map_put(&seen, section, &seen))
            fail_msg("section %.*s is torn apart", ORX_VIEW_ARG(section));
        assert_non_null(orx_config_section_help(section));
        last = section;
    }
    assert_null(orx_config_section_help(orx_view_of("nothing")));
    orx_map_free(&seen);
}

/* Two keys with one flag or variable would fight; the same name for both kinds of table too. */
static void names_are_unique(void **state) {
    (void)state;
    orx_map seen = {0};
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        const char *names[] = {key->path, key->env, key->flag};
        for (size_t k = 0; k < ORX_ARRAY_LEN(names); k++)
            if (names[k] && strcmp(names[k], "lane") != 0 &&
                orx_map_put(&seen, orx_view_of(names[k]), &seen))
                fail_msg("%s is there twice", names[k]);
    }
    for (size_t i = 0; i < orx_builtin_binding_count; i++) {
        assert_null(orx_map_put(&seen, orx_view_of(orx_builtin_bindings[i].env), &seen));
        assert_null(orx_map_put(&seen, orx_view_of(orx_builtin_bindings[i].flag), &seen));
    }
    for (size_t i = 0; orx_known_variables[i]; i++)
        if (orx_map_put(&seen, orx_view_of(orx_known_variables[i]), &seen))
            fail_msg("%s is there twice", orx_known_variables[i]);
    orx_map_free(&seen);
}

static void offsets_are_unique_per_struct(void **state) {
    (void)state;
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const char *a = strpbrk(orx_config_keys[i].path, "*[");
        for (size_t k = 0; k < i; k++) {
            const char *b = strpbrk(orx_config_keys[k].path, "*[");
            bool same_struct = !a == !b;
            if (a && b)
                same_struct = orx_config_keys[i].path[0] == orx_config_keys[k].path[0] &&
                              orx_config_keys[i].path[1] == orx_config_keys[k].path[1];
            if (same_struct && orx_config_keys[i].offset == orx_config_keys[k].offset)
                fail_msg("%s and %s share a member", orx_config_keys[i].path,
                         orx_config_keys[k].path);
        }
    }
}

static void defaults_can_be_read(void **state) {
    fixture *fx = *state;
    orx_config cfg = {.root = "/r"};
    cfg.paths.artifacts_dir = "/r/a";
    cfg.paths.state_dir = "/r/s";
    cfg.repos.impl = cfg.repos.test = "/r/x";
    orx_value_scope scope = {.arena = &fx->arena, .cfg = &cfg, .cwd = "/c"};
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        ORX_CLEANUP(orx_str_free) orx_str problem = {0};
        orx_config_value v = {.key = key};
        if (key->fallback && orx_value_from_text(&scope, key, orx_view_of(key->fallback),
                                                 ORX_TEXT_DEFAULT, &v, &problem) != 0)
            fail_msg("%s: %s", key->path, orx_str_cstr(&problem));
    }
}

static bool flag_exists(const char *name, orx_config_flag *ret) {
    for (size_t i = 0; orx_config_flag_at(i, ret); i++)
        if (!strcmp(ret->name, name))
            return true;
    return false;
}

/* [K] The predecessor's runner: every flag that configures something. */
static void every_flag_of_the_predecessor(void **state) {
    (void)state;
    static const char *const flags[] = {"impl-repo",
                                        "test-repo",
                                        "tasks-file",
                                        "state-file",
                                        "task-queue-file",
                                        "task-queue-state-file",
                                        "objective-file",
                                        "codex-schema",
                                        "artifacts-dir",
                                        "heartbeat-file",
                                        "lock-file",
                                        "max-cycles",
                                        "max-attempts",
                                        "max-retryable-blocked-retries",
                                        "retry-backoff-base-sec",
                                        "retry-backoff-max-sec",
                                        "git-lock-stale-sec",
                                        "idle-sleep-sec",
                                        "agent-timeout-sec",
                                        "validate-timeout-sec",
                                        "validate-command",
                                        "validation-retries",
                                        "codex-cmd",
                                        "gemini-cmd",
                                        "claude-cmd",
                                        "codex-model",
                                        "gemini-model",
                                        "claude-model",
                                        "gemini-fallback-model",
                                        "skill-protocol-file",
                                        "mcp-context-file",
                                        "codex-startup-prompt-file",
                                        "gemini-startup-prompt-file",
                                        "claude-startup-prompt-file",
                                        "conversation-log-file",
                                        "handoff-dir",
                                        "metrics-file",
                                        "metrics-summary-file",
                                        "pricing-file",
                                        "routellm-policy-file",
                                        "privilege-policy-file",
                                        "routellm-enabled",
                                        "routellm-url",
                                        "routellm-timeout-sec",
                                        "continuous",
                                        "continuous-recycle-delay-sec",
                                        "execution-profile",
                                        "dependency-state-file",
                                        "owner-filter",
                                        "auto-push-guard",
                                        "auto-push-interval-sec"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(flags); i++) {
        orx_config_flag flag;
        if (!flag_exists(flags[i], &flag))
            fail_msg("no flag --%s", flags[i]);
        assert_non_null(flag.help);
        assert_non_null(flag.path);
    }
}

/* [K] The predecessor's variables that this version's keys and providers stand for. */
static const char *const theirs[] = {"ORXAQ_IMPL_REPO",
                                     "ORXAQ_TEST_REPO",
                                     "ARTIFACTS_DIR",
                                     "TASKS_FILE",
                                     "OBJECTIVE_FILE",
                                     "SCHEMA_FILE",
                                     "SKILL_PROTOCOL_FILE",
                                     "PRICING_FILE",
                                     "LANES_FILE",
                                     "ROUTELLM_POLICY_FILE",
                                     "MCP_CONTEXT_FILE",
                                     "CODEX_PROMPT_FILE",
                                     "GEMINI_PROMPT_FILE",
                                     "CLAUDE_PROMPT_FILE",
                                     "STATE_FILE",
                                     "HEARTBEAT_FILE",
                                     "LOCK_FILE",
                                     "LOG_FILE",
                                     "RUNNER_PID_FILE",
                                     "SUPERVISOR_LOCK_FILE",
                                     "SUPERVISOR_PID_FILE",
                                     "SUPERVISOR_RESTART_DELAY_SEC",
                                     "SUPERVISOR_MAX_BACKOFF_SEC",
                                     "SUPERVISOR_MAX_RESTARTS",
                                     "HEARTBEAT_STALE_SEC",
                                     "CONVERSATION_LOG_FILE",
                                     "METRICS_FILE",
                                     "METRICS_SUMMARY_FILE",
                                     "LANES_RUNTIME_DIR",
                                     "MAX_CYCLES",
                                     "MAX_ATTEMPTS",
                                     "MAX_RETRYABLE_BLOCKED_RETRIES",
                                     "RETRY_BACKOFF_BASE_SEC",
                                     "RETRY_BACKOFF_MAX_SEC",
                                     "GIT_LOCK_STALE_SEC",
                                     "VALIDATION_RETRIES",
                                     "IDLE_SLEEP_SEC",
                                     "AGENT_TIMEOUT_SEC",
                                     "VALIDATE_TIMEOUT_SEC",
                                     "VALIDATE_COMMANDS",
                                     "CODEX_CMD",
                                     "GEMINI_CMD",
                                     "CLAUDE_CMD",
                                     "CODEX_MODEL",
                                     "GEMINI_MODEL",
                                     "CLAUDE_MODEL",
                                     "GEMINI_FALLBACK_MODELS",
                                     "ROUTELLM_ENABLED",
                                     "ROUTELLM_URL",
                                     "ROUTELLM_TIMEOUT_SEC",
                                     "EXECUTION_PROFILE",
                                     "AUTO_PUSH_GUARD",
                                     "AUTO_PUSH_INTERVAL_SEC",
                                     "LOCAL_ONLY",
                                     "CODEX_FILTER_INCOMPAT_MODELS",
                                     "ORXAQ_LOCAL_MODEL_FLEET_STATUS_FILE",
                                     "ORXAQ_LOCAL_OPENAI_BASE_URL",
                                     "ORXAQ_LOCAL_OPENAI_BASE_URLS",
                                     "ORXAQ_LOCAL_OPENAI_CONTEXT_FRACTION",
                                     "ORXAQ_LOCAL_OPENAI_DYNAMIC_MAX_TOKENS",
                                     "ORXAQ_LOCAL_OPENAI_ENDPOINT_FAILURE_COOLDOWN_MAX_SEC",
                                     "ORXAQ_LOCAL_OPENAI_ENDPOINT_FAILURE_COOLDOWN_SEC",
                                     "ORXAQ_LOCAL_OPENAI_HEALTH_TTL_SEC",
                                     "ORXAQ_LOCAL_OPENAI_INCLUDE_FLEET_ENDPOINTS",
                                     "ORXAQ_LOCAL_OPENAI_MAX_TOKENS",
                                     "ORXAQ_LOCAL_OPENAI_MAX_TOKENS_BY_ENDPOINT",
                                     "ORXAQ_LOCAL_OPENAI_MODELS_TTL_SEC",
                                     "ORXAQ_LOCAL_OPENAI_STRICT_REQUESTED_MODEL",
                                     "ORXAQ_TASK_QUEUE_PERSISTENT_MODE",
                                     "ORXAQ_TASK_QUEUE_MAX_CLAIMED",
                                     "ORXAQ_TASK_BACKLOG_TERMS",
                                     "SWARM_DAILY_BUDGET_USD",
                                     "PARALLEL_CAPACITY_MAX_LIMIT",
                                     "PARALLEL_CAPACITY_RECOVERY_CYCLES",
                                     "PARALLEL_CAPACITY_STATE_FILE",
                                     "PARALLEL_CAPACITY_LOG_FILE",
                                     "SWARM_BUDGET_WARNING_RATIO",
                                     "SWARM_BUDGET_ENFORCE_HARD_STOP",
                                     "SCALING_ENABLED",
                                     "SCALING_DECISION_FILE",
                                     "SCALING_MIN_NPV_USD",
                                     "SCALING_DAILY_BUDGET_USD",
                                     "SCALING_MAX_PARALLEL_AGENTS",
                                     "SCALING_MAX_SUBAGENTS_PER_AGENT"};

static void every_variable_of_the_predecessor(void **state) {
    (void)state;
    orx_map bound = {0};
    for (size_t i = 0; i < orx_config_key_count; i++)
        if (orx_config_keys[i].env)
            orx_map_put(&bound, orx_view_of(orx_config_keys[i].env), &bound);
    for (size_t i = 0; i < orx_builtin_binding_count; i++)
        orx_map_put(&bound, orx_view_of(orx_builtin_bindings[i].env), &bound);
    for (size_t i = 0; i < ORX_ARRAY_LEN(theirs); i++) {
        ORX_CLEANUP(orx_str_free) orx_str name = {0};
        bool whole = !strncmp(theirs[i], "ORXAQ_", 6);
        orx_str_addf(&name, "%s%s", whole ? "" : "ORXAQ_AUTONOMY_", theirs[i]);
        if (!orx_map_get(&bound, orx_str_view(&name)))
            fail_msg("%s sets nothing", orx_str_cstr(&name));
    }
    /* And no others but the switch that an emergency may need before any file is edited. */
    assert_non_null(orx_map_get(&bound, orx_view_of("ORXAQ_ROUTELLM_KILL_SWITCH")));
    assert_int_equal(bound.count, ORX_ARRAY_LEN(theirs) + 1);
    orx_map_free(&bound);
}

static void flags_tell_how_they_are_given(void **state) {
    (void)state;
    orx_config_flag f;
    assert_true(flag_exists("max-attempts", &f));
    assert_string_equal(f.value_name, "N");
    assert_string_equal(f.fallback, "8");
    assert_string_equal(f.path, "retry.max_attempts");
    assert_false(f.repeat);
    assert_true(flag_exists("continuous", &f));
    assert_null(f.value_name);
    assert_true(flag_exists("validate-command", &f));
    assert_true(f.repeat);
    assert_string_equal(f.value_name, "TEXT");
    assert_true(flag_exists("owner-filter", &f));
    assert_true(f.repeat);
    assert_null(f.fallback);
    assert_true(flag_exists("idle-sleep-sec", &f));
    assert_string_equal(f.value_name, "TIME");
    assert_true(flag_exists("tasks-file", &f));
    assert_string_equal(f.value_name, "PATH");
    assert_true(flag_exists("execution-profile", &f));
    assert_string_equal(f.value_name, "standard|high|extra_high");
    assert_true(flag_exists("lane", &f));
    assert_string_equal(f.value_name, "NAME");
    assert_true(flag_exists("gemini-fallback-model", &f));
    assert_true(f.repeat);
    assert_string_equal(f.path, "providers.gemini.models");
    assert_true(flag_exists("codex-cmd", &f));
    assert_string_equal(f.path, "providers.codex.settings.program");
    assert_string_equal(f.fallback, "codex");
    assert_false(flag_exists("no-such", &f));
    assert_false(orx_config_flag_at(SIZE_MAX, &f));
}

static void types_have_names(void **state) {
    (void)state;
    assert_string_equal(orx_config_type_name(ORX_CFG_BOOL), "boolean");
    assert_string_equal(orx_config_type_name(ORX_CFG_DURATION), "duration");
    assert_string_equal(orx_config_type_name(ORX_CFG_MAP), "object");
    assert_string_equal(orx_config_type_name(ORX_CFG_SECRET), "variable name");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(sections_stand_together_and_are_explained),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(offsets_are_unique_per_struct),
        TEST(defaults_can_be_read),
        cmocka_unit_test(every_flag_of_the_predecessor),
        cmocka_unit_test(every_variable_of_the_predecessor),
        cmocka_unit_test(flags_tell_how_they_are_given),
        cmocka_unit_test(types_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
