/* Every key: its default, and that config file, variable and flag reach it and its typed member. */
#include "config/table.h"

#include "support.h"

#include <string.h>

#define NS INT64_C(1000000000)

/* What a key shows by default, and another value as YAML, as environment or flag text, and shown.
 * @ stands for the root. */
typedef struct row {
    const char *path;
    const char *initial;
    const char *yaml;
    const char *text;
    const char *other;
} row;

static const row rows[] = {
    {"lane", "\"\"", "l-1", "l-1", "l-1"},
    {"recovery", "on", "off", NULL, "off"},
    {"env_pass", "[]", "[A, B_*]", NULL, "[A, B_*]"},
    {"path_append", "[/opt/homebrew/bin, /usr/local/bin, /usr/bin, /bin, /usr/sbin, /sbin]", "[/x]",
     NULL, "[/x]"},
    {"repos.impl", "@/../orxaq", "i", "i", "@/i"},
    {"repos.test", "@/../orxaq_gemini", "t", "t", "@/t"},
    {"paths.artifacts_dir", "@/artifacts/autonomy", "a", "a", "@/a"},
    {"paths.state_dir", "@/state", "s", NULL, "@/s"},
    {"paths.tasks_file", "@/config/tasks.json", "t.yaml", "t.yaml", "@/t.yaml"},
    {"paths.objective_file", "@/config/objective.md", "x", "x", "@/x"},
    {"paths.state_file", "@/state/state.json", "x", "x", "@/x"},
    {"paths.heartbeat_file", "@/artifacts/autonomy/heartbeat.json", "x", "x", "@/x"},
    {"paths.lock_file", "@/artifacts/autonomy/runner.lock", "x", "x", "@/x"},
    {"paths.log_file", "@/artifacts/autonomy/runner.log", "x", "x", "@/x"},
    {"paths.runner_pid_file", "@/artifacts/autonomy/runner.pid", "x", "x", "@/x"},
    {"paths.supervisor_lock_file", "@/artifacts/autonomy/supervisor.lock", "x", "x", "@/x"},
    {"paths.supervisor_pid_file", "@/artifacts/autonomy/supervisor.pid", "x", "x", "@/x"},
    {"paths.conversation_log_file", "@/artifacts/autonomy/conversations.ndjson", "x", "x", "@/x"},
    {"paths.handoff_dir", "@/artifacts/autonomy/handoffs", "x", "x", "@/x"},
    {"paths.metrics_file", "@/artifacts/autonomy/response_metrics.ndjson", "x", "x", "@/x"},
    {"paths.metrics_summary_file", "@/artifacts/autonomy/response_metrics_summary.json", "x", "x",
     "@/x"},
    {"paths.pricing_file", "@/config/pricing.json", "x", "x", "@/x"},
    {"paths.prices_file", "@/config/prices.yaml", "x", NULL, "@/x"},
    {"paths.task_queue_file", "", "q", "q", "@/q"},
    {"paths.task_queue_state_file", "", "x", "x", "@/x"},
    {"paths.dependency_state_file", "", "x", "x", "@/x"},
    {"paths.skill_protocol_file", "@/config/skill_protocol.json", "x", "x", "@/x"},
    {"paths.mcp_context_file", "", "x", "x", "@/x"},
    {"paths.codex_schema", "@/config/codex_result.schema.json", "x", "x", "@/x"},
    {"paths.lanes_file", "@/config/lanes.json", "x", "x", "@/x"},
    {"paths.lanes_runtime_dir", "@/artifacts/autonomy/lanes", "x", "x", "@/x"},
    {"paths.worktrees_dir", "@/state/worktrees", "x", "x", "@/x"},
    {"paths.routellm_policy_file", "@/config/routellm_policy.json", "x", "x", "@/x"},
    {"paths.privilege_policy_file", "@/config/privilege_policy.json", "x", "x", "@/x"},
    {"paths.capacity_state_file", "@/artifacts/autonomy/parallel_capacity_state.json", "x", "x",
     "@/x"},
    {"paths.capacity_log_file", "@/artifacts/autonomy/parallel_capacity.ndjson", "x", "x", "@/x"},
    {"paths.fleet_status_file", "@/artifacts/autonomy/local_models/fleet_status.json", "x", "x",
     "@/x"},
    {"run.max_cycles", "10000", "5", "5", "5"},
    {"run.idle_sleep", "10s", "250ms", "0.25", "250ms"},
    {"run.continuous", "false", "true", "yes", "true"},
    {"run.continuous_recycle_delay", "90s", "2m", "120", "2m"},
    {"run.execution_profile", "high", "standard", "standard", "standard"},
    {"run.owner_filter", "[]", "[codex]", "codex", "[codex]"},
    {"run.local_only", "false", "true", "1", "true"},
    {"run.codex_filter_models", "true", "false", "no", "false"},
    {"queue.persistent", "true", "false", "0", "false"},
    {"queue.max_claimed", "20000", "500", "500", "500"},
    {"queue.backlog_terms", "", "a b", "a b", "a b"},
    {"retry.max_attempts", "8", "2", "2", "2"},
    {"retry.max_retryable", "20", "0", "0", "0"},
    {"retry.backoff_base", "30s", "1", "1", "1s"},
    {"retry.backoff_max", "30m", "1h", "3600", "1h"},
    {"retry.flat_delay", "", "200ms", NULL, "200ms"},
    {"retry.jitter", "none", "full", NULL, "full"},
    {"no_progress.same_call", "3", "5", NULL, "5"},
    {"no_progress.same_work", "3", "0", NULL, "0"},
    {"no_progress.spend_factor", "3", "10", NULL, "10"},
    {"no_progress.spend_samples", "5", "20", NULL, "20"},
    {"validation.commands", "[make lint, make test]", "[ctest]", "ctest", "[ctest]"},
    {"validation.retries", "1", "3", "3", "3"},
    {"validation.timeout", "30m", "90", "90", "90s"},
    {"agent.timeout", "1h", "1d", "1d", "1d"},
    {"agent.idle_timeout", "10m", "5m", NULL, "5m"},
    {"agent.first_byte_timeout", "0s", "1m", NULL, "1m"},
    {"agent.output_max", "256MiB", "64KiB", NULL, "64KiB"},
    {"agent.grace", "5s", "1500ms", NULL, "1500ms"},
    {"agent.resume", "true", "false", NULL, "false"},
    {"git.protected_branches", "[main, master, trunk]", "[]", NULL, "[]"},
    {"git.lock_stale", "5m", "60", "60", "1m"},
    {"git.auto_push", "true", "false", "off", "false"},
    {"git.auto_push_interval", "3m", "1h", "3600", "1h"},
    {"git.base", "", "trunk", NULL, "trunk"},
    {"git.author", "", "A B <a@b.c>", NULL, "A B <a@b.c>"},
    {"breakglass.public_key", "",
     "ed25519:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL,
     "\"ed25519:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""},
    {"scope.allowed_paths", "[]", "[\"src/**\"]", NULL, "[src/**]"},
    {"scope.forbidden_paths", "[]", "[.github/**]", NULL, "[.github/**]"},
    {"scope.max_changed_files", "0", "50", NULL, "50"},
    {"scope.max_deleted_files", "100", "0", NULL, "0"},
    {"scope.max_binary_bytes", "10MiB", "1MB", NULL, "1000000"},
    {"money.unknown_price", "warn", "deny", NULL, "deny"},
    {"money.assumed_price", "0", "15", NULL, "15"},
    {"money.kwh_price", "0", "0.3", NULL, "0.3"},
    {"money.timezone", "UTC", "\"+02:00\"", NULL, "\"+02:00\""},
    {"budget.daily", "100", "12.5", "12.5", "12.5"},
    {"budget.monthly", "0", "2000", NULL, "2000"},
    {"budget.hourly", "0", "0.5", NULL, "0.5"},
    {"budget.lane_daily", "0", "7", NULL, "7"},
    {"budget.lane_monthly", "0", "70", NULL, "70"},
    {"budget.lane_hourly", "0", "1", NULL, "1"},
    {"budget.task", "0", "3", NULL, "3"},
    {"budget.attempt", "0", "1.5", NULL, "1.5"},
    {"budget.on_missing_cost", "warn", "deny", NULL, "deny"},
    {"budget.rate_alarm", "pause", "off", NULL, "off"},
    {"budget.warning_ratio", "0.8", "0.5", "0.5", "0.5"},
    {"budget.hard_stop", "true", "false", "0", "false"},
    {"budget.call_reserve", "1", "0.25", NULL, "0.25"},
    {"routellm.enabled", "false", "false", "no", "false"},
    {"local.base_urls", "[]", "[\"http://a:1/v1\"]", "http://a:1/v1", "[\"http://a:1/v1\"]"},
    {"local.base_url", "\"http://127.0.0.1:1234/v1\"", "http://b:1/v1", "http://b:1/v1",
     "\"http://b:1/v1\""},
    {"local.include_fleet", "true", "false", "0", "false"},
    {"local.api_key", "ORXAQ_LOCAL_OPENAI_API_KEY", "KEY", NULL, "KEY"},
    {"local.strict_requested_model", "true", "false", "0", "false"},
    {"local.max_tokens", "4096", "64", "64", "64"},
    {"local.max_tokens_by_endpoint", "", "a:1=2", "a:1=2", "\"a:1=2\""},
    {"local.dynamic_max_tokens", "true", "false", "no", "false"},
    {"local.context_fraction", "0.95", "0.5", "0.5", "0.5"},
    {"local.models_ttl", "1m", "10s", "10", "10s"},
    {"local.health_ttl", "20s", "5s", "5", "5s"},
    {"local.cooldown", "30s", "1s", "1", "1s"},
    {"local.cooldown_max", "5m", "1m", "60", "1m"},
    {"routellm.url", "", "http://x/", "http://x/", "\"http://x/\""},
    {"routellm.timeout", "5s", "2", "2", "2s"},
    {"routellm.plain_http", "false", "true", NULL, "true"},
    {"routellm.codex_models", "[gpt-5.3-codex, gpt-5-codex]", "[a]", NULL, "[a]"},
    {"route.max_parallel", "24", "4", "4", "4"},
    {"route.recovery", "3", "1", "1", "1"},
    {"route.cooldown", "5s", "250ms", NULL, "250ms"},
    {"route.cooldown_max", "5m", "1h", NULL, "1h"},
    {"route.allowed_fails", "3", "0", NULL, "0"},
    {"route.kill_switch", "false", "true", "yes", "true"},
    {"route.shadow_timeout", "10s", "1m", NULL, "1m"},
    {"route.embed_timeout", "2s", "300ms", NULL, "300ms"},
    {"route.strategy", "order", "least-busy", NULL, "least-busy"},
    {"route.deadline", "0s", "2h", NULL, "2h"},
    {"route.fallbacks", "[]", "[codex]", NULL, "[codex]"},
    {"route.context_fallbacks", "[]", "[gemini]", NULL, "[gemini]"},
    {"route.content_fallbacks", "[]", "[claude]", NULL, "[claude]"},
    {"scaling.enabled", "false", "true", "yes", "true"},
    {"scaling.decision_file", "@/artifacts/autonomy/scaling_decision.json", "x", "x", "@/x"},
    {"scaling.max_age", "1d", "2h", NULL, "2h"},
    {"scaling.min_npv", "0", "2.5", "2.5", "2.5"},
    {"scaling.daily_budget", "0", "30", "30", "30"},
    {"scaling.max_parallel_agents", "1", "4", "4", "4"},
    {"scaling.max_subagents", "1", "3", "3", "3"},
    {"scaling.subagents", "1", "2", NULL, "2"},
    {"scaling.task_value", "0", "5", NULL, "5"},
    {"scaling.delay_cost", "0", "0.25", NULL, "0.25"},
    {"scaling.lane_cost", "0", "1.5", NULL, "1.5"},
    {"scaling.horizon", "7", "30", NULL, "30"},
    {"scaling.discount_rate", "0.1", "0.2", NULL, "0.2"},
    {"scaling.uncertainty", "1.0", "0.5", NULL, "0.5"},
    {"scaling.min_outcomes", "20", "5", NULL, "5"},
    {"scaling.min_pass_rate", "0.0", "0.5", NULL, "0.5"},
    {"journal.keep_days", "30", "7", NULL, "7"},
    {"journal.keep_bytes", "2GiB", "64MiB", NULL, "64MiB"},
    {"recording.keep_days", "30", "7", NULL, "7"},
    {"recording.keep_bytes", "2GiB", "64MiB", NULL, "64MiB"},
    {"restart.policy", "always", "on-failure", NULL, "on-failure"},
    {"restart.delay", "5s", "7s", "7", "7s"},
    {"restart.max_delay", "5m", "1h", "3600", "1h"},
    {"restart.jitter", "full", "none", NULL, "none"},
    {"restart.max_failures", "0", "3", "3", "3"},
    {"restart.healthy", "10m", "0", NULL, "0s"},
    {"restart.crash_limit", "5", "0", NULL, "0"},
    {"restart.crash_window", "10m", "1h", NULL, "1h"},
    {"limits.memory_max", "0", "2GiB", NULL, "2GiB"},
    {"limits.tasks_max", "0", "512", NULL, "512"},
    {"supervisor.heartbeat_stale", "5m", "10m", "600", "10m"},
    {"supervisor.start_timeout", "1m", "0", NULL, "0s"},
    {"supervisor.drain_timeout", "2h", "1d", NULL, "1d"},
    {"supervisor.stop_timeout", "20s", "1m", NULL, "1m"},
    {"log.level", "info", "debug", NULL, "debug"},
    {"log.max_bytes", "16MiB", "4KiB", NULL, "4KiB"},
    {"log.max_age", "7d", "0", NULL, "0s"},
    {"log.keep", "5", "0", NULL, "0"},
};

static const char *with_root(fixture *fx, const char *text) {
    if (text[0] != '@')
        return text;
    if (!strncmp(text, "@/../", 5)) {
        char *base = orx_arena_strdup(&fx->arena, fx->root);
        *strrchr(base, '/') = 0;
        return orx_arena_printf(&fx->arena, "%s/%s", base, text + 5);
    }
    return orx_arena_printf(&fx->arena, "%s%s", fx->root, text + 1);
}

static void expect_shown(fixture *fx, const char *path, const char *expected) {
    const char *is = shown(fx, path);
    if (strcmp(is, with_root(fx, expected)) != 0)
        fail_msg("%s: expected %s, found %s", path, with_root(fx, expected), is);
}

static void every_key_has_a_row_here(void **state) {
    (void)state;
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const char *path = orx_config_keys[i].path;
        static const char *const elsewhere[] = {"version", "run.router", "route.shadow",
                                                "route.litellm_file", "git.isolation"};
        bool known = strpbrk(path, "*[") != NULL;
        for (size_t k = 0; k < ORX_ARRAY_LEN(elsewhere); k++)
            known = known || !strcmp(path, elsewhere[k]);
        for (size_t k = 0; k < ORX_ARRAY_LEN(rows); k++)
            known = known || !strcmp(path, rows[k].path);
        if (!known)
            fail_msg("%s is tested nowhere", path);
    }
}

static void defaults(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        expect_shown(fx, rows[i].path, rows[i].initial);
        assert_string_equal(origin(fx, rows[i].path), "default");
    }
    expect_shown(fx, "version", "1");
    expect_shown(fx, "run.router", "");
    expect_shown(fx, "git.isolation", "in-place");
}

static void the_config_file_reaches_every_key(void **state) {
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        const char *dot = strchr(rows[i].path, '.');
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        if (dot)
            orx_str_addf(&text, "%.*s:\n  %s: %s\n", (int)(dot - rows[i].path), rows[i].path,
                         dot + 1, rows[i].yaml);
        else
            orx_str_addf(&text, "%s: %s\n", rows[i].path, rows[i].yaml);
        load_yaml(fx, orx_str_cstr(&text));
        expect_shown(fx, rows[i].path, rows[i].other);
        assert_contains(origin(fx, rows[i].path), "orxaq.yaml:");
    }
}

static void every_variable_reaches_its_key(void **state) {
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        const orx_config_key *key = orx_config_key_find(orx_view_of(rows[i].path));
        if (!key->env)
            continue;
        spit(fx, ".env.autonomy", orx_arena_printf(&fx->arena, "%s=%s\n", key->env, rows[i].text));
        load_clean(fx);
        expect_shown(fx, rows[i].path, rows[i].other);
        assert_contains(origin(fx, rows[i].path), key->env);
    }
}

static void every_flag_reaches_its_key(void **state) {
    fixture *fx = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        const orx_config_key *key = orx_config_key_find(orx_view_of(rows[i].path));
        if (!key->flag)
            continue;
        fx->options.flag_count = 0;
        put_flag(fx, key->flag, rows[i].text);
        load_clean(fx);
        expect_shown(fx, rows[i].path, rows[i].other);
        assert_string_equal(origin(fx, rows[i].path),
                            orx_arena_printf(&fx->arena, "--%s", key->flag));
    }
}

static void typed_members_by_default(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    const orx_config *c = fx->cfg;
    assert_int_equal(c->version, 1);
    assert_string_equal(c->lane, "");
    assert_true(c->recovery);
    assert_int_equal(c->env_pass.count, 0);
    assert_null(c->env_pass.items[0]);
    assert_int_equal(c->path_append.count, 6);
    assert_string_equal(c->paths.state_dir, in_root(fx, "state"));
    assert_string_equal(c->paths.codex_schema, in_root(fx, "config/codex_result.schema.json"));
    assert_null(c->paths.task_queue_file);
    assert_null(c->paths.task_queue_state_file);
    assert_null(c->paths.dependency_state_file);
    assert_null(c->paths.mcp_context_file);
    assert_int_equal(c->run.max_cycles, 10000);
    assert_int_equal(c->run.idle_sleep_ns, 10 * NS);
    assert_int_equal(c->run.continuous_recycle_delay_ns, 90 * NS);
    assert_int_equal(c->run.owner_filter.count, 0);
    assert_null(c->run.router);
    assert_true(c->queue.persistent);
    assert_null(c->queue.backlog_terms);
    assert_int_equal(c->retry.max_attempts, 8);
    assert_int_equal(c->retry.max_retryable, 20);
    assert_int_equal(c->retry.backoff_base_ns, 30 * NS);
    assert_int_equal(c->retry.backoff_max_ns, 1800 * NS);
    assert_int_equal(c->retry.flat_delay_ns, 0);
    assert_int_equal(c->retry.jitter, ORX_JITTER_NONE);
    assert_string_equal(c->validation.commands.items[0], "make lint");
    assert_string_equal(c->validation.commands.items[1], "make test");
    assert_int_equal(c->validation.timeout_ns, 1800 * NS);
    assert_int_equal(c->agent.timeout_ns, 3600 * NS);
    assert_int_equal(c->agent.idle_timeout_ns, 600 * NS);
    assert_int_equal(c->agent.output_max, INT64_C(256) << 20);
    assert_int_equal(c->git.isolation, ORX_ISOLATION_IN_PLACE);
    assert_int_equal(c->git.lock_stale_ns, 300 * NS);
    assert_true(c->git.auto_push);
    assert_null(c->git.author);
    assert_int_equal(c->scope.max_deleted_files, 100);
    assert_int_equal(c->routellm.timeout_ns, 5 * NS);
    assert_null(c->routellm.url);
    assert_int_equal(c->journal.keep_days, 30);
    assert_int_equal(c->journal.keep_bytes, INT64_C(2) << 30);
    assert_int_equal(c->recording.keep_days, 30);
    assert_int_equal(c->recording.keep_bytes, INT64_C(2) << 30);
    assert_int_equal(c->log.level, ORX_LOG_INFO);
    assert_int_equal(c->plugin_count, 0);
    assert_int_equal(c->router_count, 0);
}

static void typed_members_as_set(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "lane: l1\n"
                  "recovery: off\n"
                  "env_pass: [A]\n"
                  "paths: {task_queue_file: q.ndjson, state_dir: /var/s}\n"
                  "run: {continuous: true, execution_profile: extra_high, local_only: true}\n"
                  "retry: {flat_delay: 200ms, max_attempts: 2, jitter: full}\n"
                  "validation: {commands: [], retries: 0, timeout: 90}\n"
                  "agent: {idle_timeout: 5m, output_max: 1MiB}\n"
                  "git: {author: \"A B <a@b.c>\", auto_push: false}\n"
                  "scope: {allowed_paths: [src, docs], max_binary_bytes: 0}\n"
                  "log: {level: error}\n");
    const orx_config *c = fx->cfg;
    assert_string_equal(c->lane, "l1");
    assert_false(c->recovery);
    assert_string_equal(c->env_pass.items[0], "A");
    assert_string_equal(c->paths.task_queue_file, in_root(fx, "q.ndjson"));
    assert_string_equal(c->paths.state_dir, "/var/s");
    assert_true(c->run.continuous);
    assert_int_equal(c->run.execution_profile, ORX_PROFILE_EXTRA_HIGH);
    assert_true(c->run.local_only);
    assert_int_equal(c->retry.flat_delay_ns, NS / 5);
    assert_int_equal(c->retry.max_attempts, 2);
    assert_int_equal(c->retry.jitter, ORX_JITTER_FULL);
    assert_int_equal(c->validation.commands.count, 0);
    assert_null(c->validation.commands.items[0]);
    assert_int_equal(c->validation.retries, 0);
    assert_int_equal(c->validation.timeout_ns, 90 * NS);
    assert_int_equal(c->agent.idle_timeout_ns, 300 * NS);
    assert_int_equal(c->agent.output_max, 1 << 20);
    assert_string_equal(c->git.author, "A B <a@b.c>");
    assert_false(c->git.auto_push);
    assert_string_equal(c->scope.allowed_paths.items[1], "docs");
    assert_int_equal(c->scope.max_binary_bytes, 0);
    assert_int_equal(c->log.level, ORX_LOG_ERROR);
}

/* [K] q.ndjson gives q.ndjson.claimed.json; queue gives queue.claimed.json. */
static void the_queue_state_follows_the_queue(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "paths: {task_queue_file: q.ndjson}\n");
    assert_string_equal(fx->cfg->paths.task_queue_state_file, in_root(fx, "q.ndjson.claimed.json"));
    assert_string_equal(shown(fx, "paths.task_queue_state_file"),
                        in_root(fx, "q.ndjson.claimed.json"));
    assert_string_equal(origin(fx, "paths.task_queue_state_file"), "default");
    put_flag(fx, "task-queue-file", "queue");
    load_clean(fx);
    assert_string_equal(fx->cfg->paths.task_queue_state_file, in_root(fx, "queue.claimed.json"));
    put_flag(fx, "task-queue-state-file", "mine.json");
    load_clean(fx);
    assert_string_equal(fx->cfg->paths.task_queue_state_file, in_root(fx, "mine.json"));
    put_flag(fx, "task-queue-file", "");
    load_clean(fx);
    assert_null(fx->cfg->paths.task_queue_file);
}

/* One wrong type after the other for every key of the table: each is refused at its place. */
static void wrong_types_everywhere(void **state) {
    fixture *fx = *state;
    static const char *const values[] = {"true", "-7", "1.25", "some text", "[[1]]", "{a: 1}"};
    size_t refused = 0;
    size_t tried = 0;
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const char *path = orx_config_keys[i].path;
        const char *dot = strchr(path, '.');
        if (strpbrk(path, "*["))
            continue;
        tried++;
        for (size_t k = 0; k < ORX_ARRAY_LEN(values); k++) {
            ORX_CLEANUP(orx_str_free) orx_str text = {0};
            if (dot)
                orx_str_addf(&text, "%.*s:\n  ", (int)(dot - path), path);
            orx_str_addf(&text, "%s: %s\n", dot ? dot + 1 : path, values[k]);
            spit(fx, "orxaq.yaml", orx_str_cstr(&text));
            if (load(fx) == 0)
                continue;
            refused++;
            assert_int_equal(fx->diags.errors, 1);
            assert_contains(fx->diags.first->where, dot ? "orxaq.yaml:2:" : "orxaq.yaml:1:");
            assert_contains(fx->diags.first->text, path);
        }
    }
    assert_true(refused > tried * 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_a_row_here),
        TEST(defaults),
        TEST(the_config_file_reaches_every_key),
        TEST(every_variable_reaches_its_key),
        TEST(every_flag_reaches_its_key),
        TEST(typed_members_by_default),
        TEST(typed_members_as_set),
        TEST(the_queue_state_follows_the_queue),
        TEST(wrong_types_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
