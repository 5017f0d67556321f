/* tests/roots/predecessor: the state files are exactly what the predecessor would have written
 * (which also holds our writer to its style), and its figures agree with each other. */
#include "support.h"

#define ROOT "tests/roots/predecessor/"
#define A    ROOT "artifacts/autonomy/"

static void state_files_survive_a_round_trip(void **state ORX_UNUSED) {
    static const char *const files[] = {ROOT "state/state.json",
                                        ROOT "state/task_queue.ndjson.claimed.json",
                                        A "heartbeat.json",
                                        A "health.json",
                                        A "runner.lock",
                                        A "response_metrics_summary.json",
                                        A "lanes/codex-text/state.json",
                                        A "lanes/codex-text/heartbeat.json",
                                        A "lanes/codex-text/task_queue_claimed.json"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        orx_json_write(&out, shipped_json(&a, files[i]), ORX_JSON_PY_INDENT);
        orx_str_addc(&out, '\n');
        if (!orx_view_is(shipped_text(&a, files[i]), orx_str_cstr(&out)))
            fail_msg("%s reads back as\n%s", files[i], orx_str_cstr(&out));
    }
}

static void rows_survive_a_round_trip(void **state ORX_UNUSED) {
    static const char *const files[] = {
        A "conversations.ndjson",         A "response_metrics.ndjson",
        A "handoffs/to_gemini.ndjson",    A "handoffs/to_codex.ndjson",
        A "privilege_escalations.ndjson", A "lanes/codex-text/events.ndjson"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_view rest = shipped_text(&a, files[i]);
        orx_view line;
        while (orx_view_split(&rest, '\n', &line) && line.len) {
            ORX_CLEANUP(orx_str_free) orx_str out = {0};
            orx_err err = ORX_ERR_INIT;
            const orx_node *row = NULL;
            assert_ok(orx_json_parse(&a, files[i], line, &orx_limits_config, &row, &err), &err);
            orx_json_write(&out, row, ORX_JSON_PY_LINE);
            if (!orx_view_is(line, orx_str_cstr(&out)))
                fail_msg("%s has a row that reads back as\n%s", files[i], orx_str_cstr(&out));
        }
    }
}

static void every_status_appears(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = shipped_json(&a, ROOT "state/state.json");
    static const char *const wanted[] = {"pending", "in_progress", "done", "blocked", "someday"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(wanted); i++) {
        int hits = 0;
        ORX_NODE_EACH(root, task)
        hits += orx_view_is(orx_node_get(task, "status")->u.s, wanted[i]);
        assert_true(hits > 0);
    }
    /* The health file counts the same states. */
    const orx_node *counts = orx_node_get(shipped_json(&a, A "health.json"), "state_counts");
    int64_t sum = 0;
    ORX_NODE_EACH(counts, n)
    sum += n->u.i;
    assert_int_equal(sum, root->count);
}

/* Adds up one number of all metric rows. */
static double total_of(orx_arena *a, const char *key) {
    orx_view rest = shipped_text(a, A "response_metrics.ndjson");
    orx_view line;
    double sum = 0;
    while (orx_view_split(&rest, '\n', &line) && line.len) {
        orx_err err = ORX_ERR_INIT;
        const orx_node *row = NULL;
        assert_ok(orx_json_parse(a, "row", line, &orx_limits_config, &row, &err), &err);
        sum += orx_node_num(orx_node_get(row, key), 0);
    }
    return sum;
}

static void summary_follows_from_the_rows(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *summary = shipped_json(&a, A "response_metrics_summary.json");
    static const char *const pairs[][2] = {
        {"tokens_total", "total_tokens"},         {"tokens_input_total", "input_tokens"},
        {"tokens_output_total", "output_tokens"}, {"cost_usd_total", "cost_usd"},
        {"latency_sec_sum", "latency_sec"},       {"quality_score_sum", "quality_score"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(pairs); i++)
        assert_near(orx_node_num(orx_node_get(summary, pairs[i][0]), -1), total_of(&a, pairs[i][1]),
                    1e-8);
    double tokens = total_of(&a, "total_tokens");
    assert_near(orx_node_num(orx_node_get(summary, "token_rate_per_minute"), -1),
                tokens / total_of(&a, "latency_sec") * 60, 1e-6);
    assert_near(orx_node_num(orx_node_get(summary, "estimated_cost_per_million_tokens"), -1),
                total_of(&a, "cost_usd") * 1e6 / tokens, 1e-6);
}

static void configuration_parses(void **state ORX_UNUSED) {
    static const char *const files[] = {"tasks.json",
                                        "lanes.json",
                                        "lanes/codex_text_tasks.json",
                                        "pricing.json",
                                        "mcp_context.json",
                                        "lanes/gemini_fuzz_tasks.json",
                                        "skill_protocol.json",
                                        "privilege_policy.json",
                                        "codex_result.schema.json",
                                        "routellm_policy.json"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        assert_non_null(shipped_json(&a, orx_arena_printf(&a, ROOT "config/%s", files[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_files_survive_a_round_trip),
        cmocka_unit_test(rows_survive_a_round_trip),
        cmocka_unit_test(every_status_appears),
        cmocka_unit_test(summary_follows_from_the_rows),
        cmocka_unit_test(configuration_parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
