/* attempts.h: attempts that were made and settled, for tests of the files that show them. */
#ifndef ORX_TEST_RUN_ATTEMPTS_H
#define ORX_TEST_RUN_ATTEMPTS_H

#include "data/json.h"
#include "run/attempt.h"

#include "journal.h"

/* How an attempt went. What is 0 or NULL is the ordinary case. */
typedef struct went {
    orx_verdict_kind verdict;
    const char *reason;
    orx_claim claim;
    int64_t wall_ns;
    int64_t input; /* 0 = not stated */
    int64_t output;
    int64_t cost_nano_usd;
    int64_t answer_bytes;
    int64_t difficulty;
    orx_routing routing;
    const char *summary;
    const char *error;
    const char *const *actions;
    int64_t prompt_tokens; /* 0 = 10 */
    const orx_prices *prices;
    const char *lane; /* NULL = primary */
} went;

static inline void add_task_of(journal *j, const char *lane, const char *id, const char *owner) {
    orx_arena arena = {0};
    orx_str text = {0};
    const orx_node *root = NULL;
    orx_task_list list;
    const orx_task_load_options options = {.dangling_ok = true};
    orx_str_addf(&text,
                 "[{\"id\": \"%s\", \"owner\": \"%s\", \"priority\": 1, \"title\": \"T\","
                 " \"description\": \"d\"}]",
                 id, owner);
    assert_ok(
        orx_json_parse(&arena, "tasks", orx_str_view(&text), &orx_limits_data, &root, &j->err),
        &j->err);
    assert_ok(orx_task_load(&arena, "tasks", root, &options, &list, &j->err), &j->err);
    assert_ok(orx_task_sync(j->s, lane, "queue", &list, &j->err), &j->err);
    orx_str_free(&text);
    orx_arena_free(&arena);
}

static inline void add_task(journal *j, const char *id, const char *owner) {
    add_task_of(j, "primary", id, owner);
}

static inline int64_t made_call(journal *j, int64_t attempt, const char *task, const char *owner,
                                const went *w) {
    int64_t call = 0;
    const orx_call_begin begun = {.attempt = attempt,
                                  .task = task,
                                  .provider = owner,
                                  .plugin = "command",
                                  .model_asked = "m",
                                  .prompt_sha256 = "00",
                                  .prompt_tokens = w->prompt_tokens ? w->prompt_tokens : 10,
                                  .difficulty = w->difficulty,
                                  .prompt_excerpt = orx_view_of("do it")};
    const orx_call_end end = {.task = task,
                              .kind = ORXAQ_KIND_OK,
                              .retry_after_ms = -1,
                              .message = "",
                              .session = "",
                              .model_answered = "",
                              .claim = w->claim,
                              .wall_ns = w->wall_ns,
                              .answer_bytes = w->answer_bytes,
                              .answer_excerpt = ""};
    const orxaq_usage usage = {.struct_size = sizeof usage,
                               .scope = ORXAQ_SCOPE_PROCESS,
                               .mode = ORXAQ_USAGE_DELTA,
                               .input_tokens = w->input ? w->input : -1,
                               .output_tokens = w->output ? w->output : -1,
                               .cache_read_tokens = -1,
                               .cache_write_tokens = -1,
                               .reasoning_tokens = -1,
                               .requests = -1,
                               .cost_nano_usd = w->cost_nano_usd ? w->cost_nano_usd : -1};
    assert_ok(orx_attempt_call(j->s, &begun, &call, &j->err), &j->err);
    const orx_meter meter = {.provider = owner, .prices = w->prices, .assumed = -1};
    assert_ok(orx_attempt_exited(j->s, attempt, call, &meter, &end, &usage, 1, &j->err), &j->err);
    return call;
}

/* One attempt of a task that is there, to its settlement. Returns its id. */
static inline int64_t settled(journal *j, const char *task, const char *owner, went w) {
    int64_t attempt = 0;
    int64_t number = 0;
    const orx_intent intent = {.lane = w.lane ? w.lane : "primary",
                               .task = task,
                               .provider = owner,
                               .repo = "/repo",
                               .base = "",
                               .branch = "main",
                               .fingerprint = ""};
    const orx_verdict verdict = {w.verdict, 0, w.reason ? w.reason : "validated"};
    assert_ok(orx_attempt_begin(j->s, &intent, &attempt, &number, &j->err), &j->err);
    (void)made_call(j, attempt, task, owner, &w);
    if (w.verdict == ORX_VERDICT_DONE)
        assert_ok(orx_attempt_committed(j->s, attempt, "c0ffee", &j->err), &j->err);
    const orx_settlement st = {.attempt = attempt,
                               .lane = w.lane ? w.lane : "primary",
                               .task = task,
                               .verdict = &verdict,
                               .summary = w.summary ? w.summary : "",
                               .error = w.error ? w.error : "",
                               .next_actions = w.actions,
                               .routing = w.routing};
    assert_ok(orx_attempt_settle(j->s, &st, &j->err), &j->err);
    return attempt;
}

#endif
