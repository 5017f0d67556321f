/* Rows of the conversation log that are about no attempt, and those about another provider. */
#include "attempts.h"

#include "data/ndjson.h"

static void happened(journal *j, const char *kind, const char *body) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *node = NULL;
    assert_ok(orx_json_parse(&arena, "body", orx_view_of(body), &orx_limits_data, &node, &j->err),
              &j->err);
    const orx_event e = {.kind = kind, .schema = 1, .body = node};
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_event_append(j->s, &e, NULL, &j->err), &j->err);
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
}

/* The last row, in the arena. */
static const orx_node *last_row(journal *j, orx_arena *arena) {
    const orx_node **rows = NULL;
    const char *path =
        orx_arena_printf(arena, "%s/artifacts/autonomy/conversations.ndjson", j->dir);
    assert_ok(orx_projection_flush(j->s, true, &j->err), &j->err);
    assert_int_equal(orx_ndjson_tail(j->p, path, 1, arena, &rows, &j->err), 1);
    return rows[0];
}

static void says(const orx_node *row, const char *path, const char *text) {
    assert_string_equal(orx_node_str(orx_node_path(row, path), "(none)"), text);
}

static void a_row(journal *j, const char *type, const char *path, const char *text) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *row = last_row(j, &arena);
    says(row, "event_type", type);
    says(row, "owner", "system");
    says(row, path, text);
}

static void the_queue_is_the_systems(void **state) {
    journal *j = *state;
    happened(j, "queue.ingested", "{\"file\": \"q.ndjson\", \"imported\": 2}");
    a_row(j, "task_queue_ingest", "meta.queue.file", "q.ndjson");
    happened(j, "queue.deadlock-recovery", "{\"reason\": \"r\"}");
    a_row(j, "deadlock_recovery", "meta.recovery.reason", "r");
}

static void both_kinds_of_beginning_again(void **state) {
    journal *j = *state;
    happened(j, "queue.recycled", "{\"why\": \"all-done\"}");
    a_row(j, "continuous_recycle", "content", "{\"why\": \"all-done\"}");
    happened(j, "queue.recycled", "{\"why\": \"stalled\"}");
    a_row(j, "continuous_stalled_recycle", "meta", "(none)");
}

static void pushes_name_the_repository(void **state) {
    journal *j = *state;
    happened(j, "push.pushed", "{\"repo\": \"/r\", \"text\": \"main is pushed\"}");
    a_row(j, "auto_push", "meta.repo", "/r");
    happened(j, "push.error", "{\"repo\": \"/r\", \"text\": \"no\"}");
    a_row(j, "auto_push_error", "content", "no");
}

/* One for each task whose commits went out, the owner's. */
static void a_push_verifies_what_it_took_out(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    int64_t attempt = settled(j, "a", "codex", (went){.summary = "s"});
    happened(j, "push.pushed",
             orx_arena_printf(&arena,
                              "{\"repo\": \"/r\", \"text\": \"main is pushed\","
                              " \"attempts\": [%lld, 999999]}",
                              (long long)attempt));
    const orx_node *row = last_row(j, &arena);
    says(row, "event_type", "task_push_verified");
    says(row, "task_id", "a");
    says(row, "owner", "codex");
    says(row, "content", "main is pushed");
    says(row, "meta", "(none)");
}

static void a_run_that_is_kept_on_says_why(void **state) {
    journal *j = *state;
    happened(j, "run.continued",
             "{\"reason\": \"force_continuation_when_stalled\", \"text\": \"it goes on\"}");
    a_row(j, "extra_high_continuation", "meta.reason", "force_continuation_when_stalled");
    a_row(j, "extra_high_continuation", "content", "it goes on");
}

static const orx_node *failed_over(journal *j, orx_arena *arena, const char *from, const char *to) {
    orx_node *body = orx_node_new(arena, ORX_OBJECT);
    add_task(j, "a", "codex");
    int64_t attempt = settled(j, "a", "codex", (went){.summary = "s"});
    orx_node_set_str(arena, body, "from", from);
    orx_node_set_str(arena, body, "to", to);
    orx_node_set_str(arena, body, "why", "quota");
    const orx_event e = {
        .kind = "route.failover", .schema = 1, .task = "a", .attempt = attempt, .body = body};
    assert_ok(orx_event_note(j->s, &e, &j->err), &j->err);
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
    return last_row(j, arena);
}

static void another_provider_is_the_owners(void **state) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *row = failed_over(*state, &arena, "codex/big", "codexer/big");
    says(row, "event_type", "agent_provider_fallback");
    says(row, "owner", "codex");
    says(row, "meta.to", "codexer/big");
    says(row, "meta.from", "codex/big");
    says(row, "content", "quota");
}

static void another_model_is_a_retry(void **state) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *row = failed_over(*state, &arena, "codex/big", "codex");
    says(row, "event_type", "agent_retry_fallback");
    says(row, "meta.agent", "codex");
    says(row, "meta.failed_model", "big");
    says(row, "meta.next_model", "");
    says(row, "meta.reason", "quota");
}

static void a_blocked_task_says_so_beside_the_reason(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    (void)settled(j, "a", "codex",
                  (went){.verdict = ORX_VERDICT_BLOCKED, .reason = "quota", .error = "no money"});
    const orx_node *row = last_row(j, &arena);
    says(row, "event_type", "task_blocked");
    says(row, "content", "no money");
    says(row, "meta.status", "blocked");
}

static void other_events_are_no_rows(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    happened(j, "push.error", "{\"text\": \"one\"}");
    happened(j, "queue.synced", "{\"text\": \"two\"}");
    says(last_row(j, &arena), "content", "one");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(the_queue_is_the_systems),
        JOURNAL_TEST(both_kinds_of_beginning_again),
        JOURNAL_TEST(pushes_name_the_repository),
        JOURNAL_TEST(a_push_verifies_what_it_took_out),
        JOURNAL_TEST(a_run_that_is_kept_on_says_why),
        JOURNAL_TEST(another_provider_is_the_owners),
        JOURNAL_TEST(another_model_is_a_retry),
        JOURNAL_TEST(a_blocked_task_says_so_beside_the_reason),
        JOURNAL_TEST(other_events_are_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
