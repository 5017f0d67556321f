/* From what an attempt came to, to what its task is then. */
#include "attempts.h"

#include <orxaq/event.h>

#define BASE (5 * ORX_SEC)

static const orx_retry_policy policy = {
    .max_attempts = 5, .max_retryable = 20, .base_ns = BASE, .max_ns = 1800 * ORX_SEC};

static int64_t begun(journal *j, const char *task) {
    int64_t attempt = 0;
    int64_t number = 0;
    const orx_intent intent = {.lane = "primary",
                               .task = task,
                               .provider = "codex",
                               .repo = "/repo",
                               .base = "",
                               .branch = "main",
                               .fingerprint = ""};
    assert_ok(orx_attempt_begin(j->s, &intent, &attempt, &number, &j->err), &j->err);
    return attempt;
}

static void judged(journal *j, const char *task, orx_facts facts) {
    orx_verdict v;
    orx_judge(&facts, &policy, 0, &v);
    const orx_settlement st = {.attempt = begun(j, task),
                               .lane = "primary",
                               .task = task,
                               .verdict = &v,
                               .summary = "",
                               .error = "the network is away"};
    assert_ok(orx_attempt_settle(j->s, &st, &j->err), &j->err);
}

static orx_task_row row(journal *j, const char *task, orx_arena *arena) {
    orx_task_row r;
    assert_ok(orx_task_get(j->s, "primary", task, arena, &r, &j->err), &j->err);
    return r;
}

static void a15_a_first_passing_failure_waits_the_base(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    judged(j, "a", (orx_facts){.kind = ORXAQ_KIND_NETWORK, .attempts = 1, .retry_after_ms = -1});
    orx_task_row r = row(j, "a", &arena);
    assert_string_equal(r.status, "pending");
    assert_int_not_equal(strlen(r.not_before), 0);
    assert_int_equal(r.retryable_failures, 1);
    assert_string_equal(r.last_error, "the network is away");
    orx_queue *q = orx_queue_new(j->s, "primary");
    const char *id = NULL;
    assert_int_equal(orx_queue_next(q, NULL, &arena, &id, &j->err), ORX_E_NOT_FOUND);
    assert_in_range(orx_queue_next_wait(q), 1, BASE);
    orx_queue_free(q);
}

/* One that will not be better by waiting counts as a try, not as bad weather. */
static void a_lasting_failure_is_no_passing_one(void **state) {
    journal *j = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    add_task(j, "a", "codex");
    judged(j, "a", (orx_facts){.kind = ORXAQ_KIND_AUTH, .attempts = 1, .retry_after_ms = -1});
    assert_int_equal(row(j, "a", &arena).retryable_failures, 0);
    judged(j, "a", (orx_facts){.kind = ORXAQ_KIND_AUTH, .attempts = 5, .retry_after_ms = -1});
    assert_string_equal(row(j, "a", &arena).status, "blocked");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(a15_a_first_passing_failure_waits_the_base),
        JOURNAL_TEST(a_lasting_failure_is_no_passing_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
