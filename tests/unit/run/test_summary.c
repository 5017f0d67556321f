/* What all attempts came to. */
#include "run/summary.h"

#include "attempts.h"

/* The file as a tree in the arena. */
static const orx_node *summary(journal *j, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    const char *path =
        orx_arena_printf(arena, "%s/artifacts/autonomy/response_metrics_summary.json", j->dir);
    assert_ok(orx_projection_flush(j->s, true, &j->err), &j->err);
    assert_ok(orx_read_file(j->p, path, 1 << 20, &bytes, &j->err), &j->err);
    assert_ok(
        orx_json_parse(arena, "summary", orx_str_view(&bytes), &orx_limits_data, &root, &j->err),
        &j->err);
    return root;
}

static void is(const orx_node *n, const char *path, double value) {
    const orx_node *at = orx_node_path(n, path);
    if (!at)
        fail_msg("%s is not there", path);
    double got = orx_node_num(at, -1);
    if (got < value - 1e-9 || got > value + 1e-9)
        fail_msg("%s: got %.9f, expected %.9f", path, got, value);
}

static size_t advice_of(const orx_node *n) {
    size_t count = 0;
    ORX_NODE_EACH(orx_node_get(n, "optimization_recommendations"), it)
    count++;
    return count;
}

static const went partial_slow = {.verdict = ORX_VERDICT_BLOCKED,
                                  .reason = "partial",
                                  .claim = ORX_CLAIM_PARTIAL,
                                  .wall_ns = 200 * ORX_SEC,
                                  .input = 100,
                                  .answer_bytes = 200,
                                  .cost_nano_usd = 100000000};

/* A56 */
static void a56_one_response(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex", partial_slow);
    const orx_node *n = summary(j, &arena);
    is(n, "responses_total", 1);
    is(n, "quality_score_avg", 0.2);
    is(n, "latency_sec_sum", 200);
    is(n, "tokens_total", 150);
    is(n, "cost_usd_total", 0.1);
    is(n, "token_rate_per_minute", 45);
    is(n, "estimated_cost_per_million_tokens", 666.666667);
    is(n, "estimated_tokens_total", 60);
    is(n, "by_owner.codex.quality_score_sum", 0.2);
    is(n, "by_owner.codex.cost_per_million_tokens", 666.666667);
    assert_true(advice_of(n) >= 1);
}

/* A57: beside A56's response */
static void a57_two_responses(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    add_task(j, "b", "gemini");
    (void)settled(j, "a", "codex", partial_slow);
    (void)summary(j, &arena);
    (void)settled(j, "b", "gemini", (went){.claim = ORX_CLAIM_DONE, .input = 30, .output = 20});
    const orx_node *n = summary(j, &arena);
    is(n, "responses_total", 2);
    is(n, "tokens_total", 200);
    is(n, "tokens_avg", 100);
    is(n, "token_exact_coverage", 0.5);
    is(n, "quality_score_avg", 0.6);
    is(n, "first_time_pass_rate", 0.5);
    is(n, "acceptance_pass_count", 1);
    is(n, "by_owner.gemini.token_exact_coverage", 1);
    is(n, "by_owner.codex.responses", 1);
    const orx_node *latest = orx_node_get(n, "latest_metric");
    assert_string_equal(orx_node_str(orx_node_get(latest, "task_id"), ""), "b");
}

/* A58 */
static void a58_a_routed_response(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    (void)settled(
        j, "a", "codex",
        (went){
            .input = 100, .output = 50, .cost_nano_usd = 20000000, .routing = ORX_ROUTING_ROUTER});
    const orx_node *n = summary(j, &arena);
    is(n, "routing_by_provider.codex.routellm_count", 1);
    is(n, "routing_by_provider.codex.routellm_rate", 1);
    is(n, "routing_by_provider.codex.cost_per_million_tokens", 133.333333);
    is(n, "routing_routellm_count", 1);
    is(n, "by_owner.codex.routing_fallback_count", 0);
}

static void a_failed_router_is_counted(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    add_task(j, "b", "codex");
    add_task(j, "c", "codex");
    (void)settled(j, "a", "codex", (went){.routing = ORX_ROUTING_FALLBACK});
    (void)settled(j, "b", "codex", (went){.routing = ORX_ROUTING_STATIC});
    (void)settled(j, "c", "codex", (went){.routing = ORX_ROUTING_STATIC});
    const orx_node *n = summary(j, &arena);
    is(n, "routing_fallback_count", 1);
    is(n, "routing_fallback_rate", 0.333333);
    is(n, "routing_router_error_rate", 0.333333);
    is(n, "routing_decisions_total", 3);
}

static void a_second_try_is_no_first_pass(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex",
                  (went){.verdict = ORX_VERDICT_RETRY,
                         .reason = "validation-failed",
                         .claim = ORX_CLAIM_DONE,
                         .difficulty = 60});
    (void)settled(j, "a", "codex", (went){.claim = ORX_CLAIM_DONE, .difficulty = 71});
    const orx_node *n = summary(j, &arena);
    is(n, "first_time_pass_count", 0);
    is(n, "acceptance_pass_rate", 0.5);
    is(n, "quality_score_sum", 1.35);
    is(n, "prompt_difficulty_score_avg", 65.5);
}

static void nothing_yet(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_projection_dirty(j->s, "metrics_summary");
    const orx_node *n = summary(j, &arena);
    is(n, "responses_total", 0);
    is(n, "token_rate_per_minute", 0);
    is(n, "estimated_cost_per_million_tokens", 0);
    assert_int_equal(advice_of(n), 0);
}

/* The sums are those of the journal, not of this process. */
static void sums_survive_a_restart(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    add_task(j, "b", "codex");
    (void)settled(j, "a", "codex", partial_slow);
    journal_reopen(j);
    (void)settled(j, "b", "codex", partial_slow);
    is(summary(j, &arena), "tokens_total", 300);
}

/* A lane's file shows its own attempts, the root's those of the primary runner; who asks for all
 * gets all. The newest is that of the lane, too. */
static void each_lane_has_its_sums(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    went of_lane = partial_slow;
    orx_node *all = NULL;
    of_lane.lane = "left";
    of_lane.input = 1000;
    add_task(j, "a", "codex");
    add_task_of(j, "left", "b", "codex");
    add_task_of(j, "left", "c", "gemini");
    (void)settled(j, "a", "codex", partial_slow);
    (void)settled(j, "b", "codex", of_lane);
    (void)settled(j, "c", "gemini", of_lane);
    const orx_node *n = summary(j, &arena);
    is(n, "responses_total", 1);
    is(n, "tokens_total", 150);
    is(n, "by_owner.codex.responses", 1);
    assert_null(orx_node_path(n, "by_owner.gemini"));
    assert_string_equal(orx_node_str(orx_node_path(n, "latest_metric.task_id"), ""), "a");
    orx_store_close(j->s);
    journal_open_as(j, "lane/left");
    orx_projection_dirty(j->s, "metrics_summary");
    n = summary(j, &arena);
    is(n, "responses_total", 2);
    is(n, "by_owner.codex.responses", 1);
    is(n, "by_owner.gemini.tokens_total", 1050);
    assert_string_equal(orx_node_str(orx_node_path(n, "latest_metric.task_id"), ""), "c");
    assert_ok(orx_summary_node(j->s, NULL, 0, &arena, &all, &j->err), &j->err);
    is(all, "responses_total", 3);
    is(all, "tokens_total", 2250);
    is(all, "by_owner.codex.responses", 2);
    assert_string_equal(orx_node_str(orx_node_path(all, "latest_metric.task_id"), ""), "c");
    assert_ok(orx_summary_node(j->s, "none", 0, &arena, &all, &j->err), &j->err);
    is(all, "responses_total", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(a56_one_response),
        JOURNAL_TEST(a57_two_responses),
        JOURNAL_TEST(a58_a_routed_response),
        JOURNAL_TEST(a_failed_router_is_counted),
        JOURNAL_TEST(a_second_try_is_no_first_pass),
        JOURNAL_TEST(nothing_yet),
        JOURNAL_TEST(sums_survive_a_restart),
        JOURNAL_TEST(each_lane_has_its_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
