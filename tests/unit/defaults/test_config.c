/* The defaults in config/: they parse under our own strict reader, and hold what operators and
 * tools of the predecessor rely on. */
#include "base/map.h"
#include "support.h"

#include <string.h>

static void skill_protocol_has_the_fourteen_behaviours(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = shipped_json(&a, "config/skill_protocol.json");
    assert_string_equal(orx_node_str(orx_node_get(root, "name"), ""), "orxaq-autonomy");
    assert_string_equal(orx_node_str(orx_node_get(root, "version"), ""), "2");
    assert_true(*orx_node_str(orx_node_get(root, "description"), ""));
    assert_true(*orx_node_str(orx_node_get(root, "filetype_policy"), ""));
    static const char *const behaviours[] = {"work-non-interactively",
                                             "issue-first-workflow",
                                             "branch-from-issue",
                                             "maintain-clean-synced-environment",
                                             "commit-and-push-regularly",
                                             "request-cross-model-review",
                                             "attach-review-evidence",
                                             "resolve-conflicts-in-pr",
                                             "avoid-artificial-file-blocks",
                                             "retry-transient-failures",
                                             "recover-git-locks",
                                             "validate-and-report",
                                             "continue-after-partial-output",
                                             "respect-non-admin-boundaries",
                                             NULL};
    assert_texts(orx_node_get(root, "required_behaviors"), behaviours);
}

static void result_schema_wants_every_key_and_no_other(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = shipped_json(&a, "config/codex_result.schema.json");
    static const char *const top[] = {"status",       "summary", "commit", "validations",
                                      "next_actions", "blocker", "usage",  NULL};
    static const char *const usage[] = {"input_tokens", "output_tokens", "total_tokens", "model",
                                        NULL};
    static const char *const words[] = {"done", "partial", "blocked", NULL};
    assert_texts(orx_node_get(root, "required"), top);
    assert_texts(orx_node_path(root, "properties.usage.required"), usage);
    assert_texts(orx_node_path(root, "properties.status.enum"), words);
    assert_false(orx_node_bool(orx_node_get(root, "additionalProperties"), true));
    assert_false(orx_node_bool(orx_node_path(root, "properties.usage.additionalProperties"), true));
    assert_int_equal(orx_node_int(orx_node_path(root, "properties.summary.minLength"), 0), 1);
    const char *const *required[] = {top, usage};
    const char *const where[] = {"properties", "properties.usage.properties"};
    for (size_t i = 0; i < 2; i++) {
        const orx_node *properties = orx_node_path(root, where[i]);
        uint32_t n = 0;
        for (; required[i][n]; n++)
            assert_non_null(orx_node_get(properties, required[i][n]));
        assert_int_equal(properties->count, n);
    }
    assert_int_equal(
        orx_node_int(orx_node_path(root, "properties.usage.properties.input_tokens.minimum"), -1),
        0);
}

static void assert_rates(const orx_node *models, const char *name, double in, double out) {
    const orx_node *row = NULL;
    ORX_NODE_EACH(models, it) {
        if (orx_view_is(it->key, name))
            row = it;
    }
    if (!row)
        fail_msg("no price for %s", name);
    assert_near(orx_node_num(orx_node_get(row, "input_per_million"), -1), in, 1e-12);
    assert_near(orx_node_num(orx_node_get(row, "output_per_million"), -1), out, 1e-12);
}

static void prices_cover_owners_and_models(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = shipped_json(&a, "config/pricing.json");
    assert_int_equal(orx_node_int(orx_node_get(root, "version"), 0), 2);
    assert_string_equal(orx_node_str(orx_node_get(root, "currency"), ""), "USD");
    const orx_node *models = orx_node_get(root, "models");
    assert_int_equal(models->count, 24);
    assert_rates(models, "codex", 0.8, 3.2);
    assert_rates(models, "gemini", 0.3, 1.2);
    assert_rates(models, "claude", 3, 15);
    assert_rates(models, "gpt-5-codex", 2, 8);
    assert_rates(models, "gemini-2.5-pro", 1.5, 6);
    assert_rates(models, "claude-3-5-haiku-latest", 0.25, 1.25);
    ORX_NODE_EACH(models, row) {
        assert_true(orx_node_num(orx_node_get(row, "input_per_million"), -1) > 0);
        assert_true(orx_node_num(orx_node_get(row, "output_per_million"), -1) > 0);
    }
}

static void privileges_are_least_by_default(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = shipped_json(&a, "config/privilege_policy.json");
    assert_string_equal(orx_node_str(orx_node_get(root, "default_mode"), ""), "least_privilege");
    static const struct {
        const char *path;
        const char *args[5];
    } rows[] = {
        {"providers.codex.least_privilege_args",
         {"--sandbox", "workspace-write", "--ask-for-approval", "never"}},
        {"providers.codex.elevated_args", {"--dangerously-bypass-approvals-and-sandbox"}},
        {"providers.gemini.least_privilege_args", {NULL}},
        {"providers.gemini.elevated_args", {"--approval-mode", "yolo"}},
        {"providers.claude.least_privilege_args", {"--permission-mode", "acceptEdits"}},
        {"providers.claude.elevated_args",
         {"--permission-mode", "bypassPermissions", "--dangerously-skip-permissions"}},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++)
        assert_texts(orx_node_path(root, rows[i].path), rows[i].args);
    const orx_node *breakglass = orx_node_get(root, "breakglass");
    assert_int_equal(orx_node_int(orx_node_get(breakglass, "max_ttl_minutes"), 0), 120);
    assert_string_equal(orx_node_str(orx_node_get(breakglass, "active_grant_file"), ""),
                        "artifacts/autonomy/breakglass/active_grant.json");
    assert_string_equal(orx_node_str(orx_node_get(breakglass, "audit_log_file"), ""),
                        "artifacts/autonomy/privilege_escalations.ndjson");
    static const char *const fields[] = {"grant_id",    "reason",    "scope",      "requested_by",
                                         "approved_by", "issued_at", "expires_at", "rollback_proof",
                                         "providers",   NULL};
    assert_texts(orx_node_get(breakglass, "required_fields"), fields);
}

/* [F] The predecessor shipped one without resources, which silently gave agents nothing. */
static void context_example_gives_agents_something(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *resources =
        orx_node_get(shipped_json(&a, "config/mcp_context.example.json"), "resources");
    assert_in_range(resources ? resources->count : 0, 1, 8);
    ORX_NODE_EACH(resources, it) {
        size_t len = strlen(orx_node_str(orx_node_get(it, "text"), ""));
        assert_in_range(len, 1, 240); /* longer ones are cut */
    }
}

/* Every server can be started: that is what the program it is for asks of the file. */
static void server_example_names_programs(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *servers =
        orx_node_get(shipped_json(&a, "config/mcp_servers.example.json"), "mcpServers");
    assert_in_range(servers ? servers->count : 0, 1, 8);
    ORX_NODE_EACH(servers, it)
    assert_true(*orx_node_str(orx_node_get(it, "command"), ""));
}

/* The front matter that programs with skills read: name = folder, a description of bounded length.
 */
static void the_skill_can_be_found(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_view rest = shipped_text(&a, "skills/orxaq-autonomy-agent/SKILL.md");
    orx_view line;
    assert_true(orx_view_split(&rest, '\n', &line) && orx_view_is(line, "---"));
    assert_true(orx_view_split(&rest, '\n', &line));
    assert_true(orx_view_is(line, "name: orxaq-autonomy-agent"));
    assert_true(orx_view_split(&rest, '\n', &line));
    assert_true(orx_view_starts(line, "description: "));
    assert_in_range(line.len, 50, 1024 + strlen("description: "));
    assert_true(orx_view_split(&rest, '\n', &line) && orx_view_is(line, "---"));
}

/* The result object that the skill shows has exactly the members of the schema. */
static void the_skill_shows_the_result(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *shown = NULL;
    orx_view text = shipped_text(&a, "skills/orxaq-autonomy-agent/SKILL.md");
    int64_t from = orx_view_find(text, "```json\n{\n");
    assert_true(from > 0);
    orx_view rest = {text.p + from + 8, text.len - (size_t)from - 8};
    int64_t end = orx_view_find(rest, "```");
    rest.len = (size_t)end;
    assert_ok(orx_json_parse(&a, "SKILL.md", rest, &orx_limits_config, &shown, &err), &err);
    const orx_node *schema = shipped_json(&a, "config/codex_result.schema.json");
    const orx_node *required = orx_node_get(schema, "required");
    assert_int_equal(shown->count, required->count);
    ORX_NODE_EACH(required, it)
    assert_non_null(orx_node_get(shown, it->u.s.p));
}

static void example_tasks_are_valid(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *tasks = shipped_json(&a, "config/tasks.json");
    assert_int_equal(tasks->kind, ORX_ARRAY);
    ORX_NODE_EACH(tasks, task) {
        static const char *const texts[] = {"id", "owner", "title", "description"};
        for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
            assert_true(*orx_node_str(orx_node_get(task, texts[i]), ""));
        assert_true(orx_node_int(orx_node_get(task, "priority"), 0) > 0);
        assert_true(orx_node_get(task, "acceptance")->count > 0);
        ORX_NODE_EACH(orx_node_get(task, "depends_on"), dep) {
            bool known = false;
            ORX_NODE_EACH(tasks, other) {
                known = known || strcmp(orx_node_str(dep, ""),
                                        orx_node_str(orx_node_get(other, "id"), "?")) == 0;
            }
            assert_true(known);
        }
    }
}

static void prompts_and_objective_say_something(void **state ORX_UNUSED) {
    static const char *const files[] = {
        "config/objective.md", "config/prompts/codex_impl_prompt.md",
        "config/prompts/gemini_test_prompt.md", "config/prompts/claude_review_prompt.md"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_view text = shipped_text(&a, files[i]);
        assert_true(text.len > 200 && orx_view_is_utf8(text));
        assert_true(orx_view_find(text, "config/") < 0); /* they stand alone in a foreign root */
    }
}

/* Every line is blank, a comment, or a commented-out assignment of a name not seen before: copied
 * as it is, the file changes nothing. */
static void env_example_sets_nothing(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_map_free) orx_map seen = {0};
    orx_view rest = shipped_text(&a, "config/.env.autonomy.example");
    orx_view line;
    while (orx_view_split(&rest, '\n', &line)) {
        assert_true(line.len == 0 || line.p[0] == '#');
        if (line.len < 2 || line.p[1] == ' ')
            continue;
        int64_t equals = orx_view_find(line, "=");
        assert_true(equals > 1);
        char *name = orx_arena_dup(&a, orx_view_mem(line.p + 1, (size_t)equals - 1));
        for (const char *c = name; *c; c++)
            assert_true((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_');
        if (orx_map_get(&seen, orx_view_of(name)))
            fail_msg("%s is listed twice", name);
        orx_map_put(&seen, orx_view_of(name), name);
    }
    static const char *const listed[] = {
        "OPENAI_API_KEY",
        "GEMINI_API_KEY",
        "ORXAQ_IMPL_REPO",
        "ORXAQ_TEST_REPO",
        "ORXAQ_AUTONOMY_SKILL_PROTOCOL_FILE",
        "ORXAQ_AUTONOMY_MCP_CONTEXT_FILE",
        "ORXAQ_AUTONOMY_CODEX_CMD",
        "ORXAQ_AUTONOMY_TASKS_FILE",
        "ORXAQ_AUTONOMY_CONVERSATION_LOG_FILE",
        "ORXAQ_AUTONOMY_PRICING_FILE",
        "ORXAQ_AUTONOMY_LANES_FILE",
        "ORXAQ_AUTONOMY_PROCESS_WATCHDOG_STATE_FILE",
        "ORXAQ_AUTONOMY_FULL_AUTONOMY_REPORT_FILE",
        "ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD",
        "ORXAQ_AUTONOMY_PARALLEL_CAPACITY_DEFAULT_LIMIT",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(listed); i++)
        if (!orx_map_get(&seen, orx_view_of(listed[i])))
            fail_msg("%s is not listed", listed[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skill_protocol_has_the_fourteen_behaviours),
        cmocka_unit_test(result_schema_wants_every_key_and_no_other),
        cmocka_unit_test(prices_cover_owners_and_models),
        cmocka_unit_test(privileges_are_least_by_default),
        cmocka_unit_test(context_example_gives_agents_something),
        cmocka_unit_test(server_example_names_programs),
        cmocka_unit_test(the_skill_can_be_found),
        cmocka_unit_test(the_skill_shows_the_result),
        cmocka_unit_test(example_tasks_are_valid),
        cmocka_unit_test(prompts_and_objective_say_something),
        cmocka_unit_test(env_example_sets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
