/* The document of `metrics`: sums of all lanes, windows of what was spent, and what is fresh. */
#include "run/metrics_doc.h"

#include "attempts.h"

#include "money/books.h"

/* 2026-01-02T12:00:00Z */
#define NOW  (INT64_C(1767355200) * ORX_SEC)
#define HOUR (3600 * ORX_SEC)
#define DAY  (24 * HOUR)
#define USD  INT64_C(1000000000)

static const orx_node *document(journal *j, orx_arena *arena) {
    orx_node *doc = NULL;
    assert_ok(orx_metrics_document(j->s, NOW, arena, &doc, &j->err), &j->err);
    return doc;
}

static void is(const orx_node *doc, const char *path, double value) {
    const orx_node *at = orx_node_path(doc, path);
    if (!at)
        fail_msg("%s is not there", path);
    double got = orx_node_num(at, -1);
    if (got < value - 1e-9 || got > value + 1e-9)
        fail_msg("%s: got %.9f, expected %.9f", path, got, value);
}

static void says(const orx_node *doc, const char *path, const char *text) {
    assert_string_equal(orx_node_str(orx_node_path(doc, path), "(none)"), text);
}

static void spent(journal *j, int64_t call, int64_t ago, int64_t usd) {
    const orx_spend row = {.call = call,
                           .attempt = call,
                           .wall_ns = NOW - ago,
                           .lane = call % 2 ? "primary" : "side",
                           .task = "t",
                           .provider = "codex",
                           .account = "codex",
                           .model_asked = "m",
                           .model = "m",
                           .input = 10,
                           .requests = 1,
                           .cost = usd * USD,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_books_put(j->s, &row, &j->err), &j->err);
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
}

static void case_93_two_lanes_are_added_up(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task_of(j, "left", "a", "codex");
    add_task_of(j, "right", "b", "codex");
    (void)settled(j, "a", "codex",
                  (went){.lane = "left",
                         .input = 60,
                         .output = 30,
                         .answer_bytes = 360,
                         .cost_nano_usd = 1 * USD});
    (void)settled(j, "b", "codex",
                  (went){.lane = "right",
                         .input = 40,
                         .output = 20,
                         .answer_bytes = 240,
                         .cost_nano_usd = USD / 2});
    const orx_node *doc = document(j, &arena);
    is(doc, "tokens_total", 150);
    is(doc, "estimated_tokens_total", 170);
    is(doc, "cost_usd_total", 1.5);
    is(doc, "estimated_cost_per_million_tokens", 8823.529412);
    is(doc, "routing_by_provider.codex.cost_per_million_tokens", 10000);
}

static void case_94_windows_and_freshness(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    double sum = 0;
    size_t count = 0;
    spent(j, 1, 600 * ORX_SEC, 1);
    spent(j, 2, 2 * HOUR, 2);
    spent(j, 3, 2 * DAY, 3);
    spent(j, 4, 10 * DAY, 4);
    spent(j, 5, 40 * DAY, 5);
    const orx_node *doc = document(j, &arena);
    is(doc, "cost_windows_usd.last_hour", 1);
    is(doc, "cost_windows_usd.today", 3);
    is(doc, "cost_windows_usd.last_7d", 6);
    is(doc, "cost_windows_usd.last_30d", 10);
    is(doc, "cost_windows_responses.last_30d", 4);
    is(doc, "provider_cost_30d.codex.cost_usd_total", 10);
    is(doc, "model_cost_30d.m.responses", 4);
    is(doc, "data_freshness.age_sec", 600);
    is(doc, "data_freshness.events_scanned", 5);
    assert_false(orx_node_bool(orx_node_path(doc, "data_freshness.stale"), true));
    says(doc, "data_freshness.latest_event_timestamp", "2026-01-02T11:50:00+00:00");
    ORX_NODE_EACH(orx_node_get(doc, "cost_series_hourly_24h"), row) {
        sum += orx_node_num(orx_node_get(row, "cost_usd_total"), 0);
        count++;
    }
    assert_int_equal(count, 24);
    assert_true(sum > 2.999999 && sum < 3.000001);
}

static void case_95_the_figure_for_the_eye(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    says(document(j, &arena), "exciting_stat.label", "Awaiting Data");
    says(document(j, &arena), "exciting_stat.kind", "idle");
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex", (went){.wall_ns = 20 * ORX_SEC, .input = 4000, .output = 1000});
    const orx_node *doc = document(j, &arena);
    is(doc, "token_rate_per_minute", 15000);
    says(doc, "exciting_stat.label", "Token Flow");
    says(doc, "exciting_stat.value", "15,000");
    says(doc, "exciting_stat.kind", "throughput");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(case_93_two_lanes_are_added_up),
        JOURNAL_TEST(case_94_windows_and_freshness),
        JOURNAL_TEST(case_95_the_figure_for_the_eye),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
