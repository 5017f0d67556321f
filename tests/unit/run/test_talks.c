/* Which conversation a call goes on with, and that it is gone when the task is done. */
#include "agent/steps.h"

#include "attempts.h"

static int64_t begun(journal *j, int64_t *ret_attempt) {
    int64_t number = 0;
    int64_t call = 0;
    const orx_intent intent = {.lane = "primary",
                               .task = "a",
                               .provider = "local",
                               .repo = "/repo",
                               .base = "",
                               .branch = "main",
                               .fingerprint = ""};
    const orx_call_begin c = {.task = "a",
                              .provider = "local",
                              .plugin = "lmstudio",
                              .model_asked = "m",
                              .prompt_sha256 = "00"};
    orx_talk talk = {0};
    int64_t step = 0;
    orx_call_begin with = c;
    assert_ok(orx_attempt_begin(j->s, &intent, ret_attempt, &number, &j->err), &j->err);
    with.attempt = *ret_attempt;
    assert_ok(orx_attempt_call(j->s, &with, &call, &j->err), &j->err);
    orx_talk_say(&talk, ORXAQ_ROLE_USER, orx_view_of("task"));
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_steps_add(j->s, call, &talk, 0, &step, &j->err), &j->err);
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
    orx_talk_free(&talk);
    return call;
}

static void ended(journal *j, int64_t attempt, int64_t call, int kind) {
    const orx_call_end end = {.task = "a",
                              .kind = kind,
                              .retry_after_ms = -1,
                              .message = "",
                              .session = "",
                              .model_answered = "",
                              .answer_excerpt = ""};
    const orx_meter meter = {.provider = "local", .assumed = -1};
    assert_ok(orx_attempt_exited(j->s, attempt, call, &meter, &end, NULL, 0, &j->err), &j->err);
}

static void settle_it(journal *j, int64_t attempt, orx_verdict_kind kind) {
    const orx_verdict v = {kind, 0, "x"};
    const orx_settlement st = {.attempt = attempt,
                               .lane = "primary",
                               .task = "a",
                               .verdict = &v,
                               .summary = "",
                               .error = "",
                               .talked = true};
    assert_ok(orx_attempt_settle(j->s, &st, &j->err), &j->err);
}

static int64_t found(journal *j, int64_t attempt, const char *provider, const char *model,
                     int *kind) {
    return orx_attempt_conversation(j->s, "primary", "a", attempt, provider, model, kind);
}

static bool is_kept(journal *j, int64_t call) {
    orx_talk talk = {0};
    int64_t n = orx_steps_load(j->s, call, &talk, &j->err);
    orx_talk_free(&talk);
    assert_true(n >= 0);
    return n > 0;
}

static void the_same_model_goes_on(void **state) {
    journal *j = *state;
    int64_t first = 0;
    int64_t second = 0;
    int kind = 99;
    add_task(j, "a", "local");
    int64_t call = begun(j, &first);
    assert_int_equal(found(j, first, "local", "m", &kind), 0);
    settle_it(j, first, ORX_VERDICT_RETRY);
    (void)begun(j, &second);
    /* It never ended: orxaq did. */
    assert_int_equal(found(j, second, "local", "m", &kind), call);
    assert_int_equal(kind, -1);
    assert_int_equal(found(j, second, "local", "other", &kind), 0);
    assert_int_equal(found(j, second, "other", "m", &kind), 0);
    ended(j, first, call, ORXAQ_KIND_OVERLOADED);
    assert_int_equal(found(j, second, "local", "m", &kind), call);
    assert_int_equal(kind, ORXAQ_KIND_OVERLOADED);
    static const int spoiled[] = {ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_KIND_REFUSED,
                                  ORXAQ_KIND_NO_PROGRESS, ORXAQ_KIND_PROTOCOL};
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        ended(j, first, call, spoiled[i]);
        assert_int_equal(found(j, second, "local", "m", &kind), 0);
    }
}

static void it_goes_with_the_end_of_the_task(void **state) {
    journal *j = *state;
    int64_t first = 0;
    int64_t second = 0;
    add_task(j, "a", "local");
    int64_t call = begun(j, &first);
    settle_it(j, first, ORX_VERDICT_RETRY);
    assert_true(is_kept(j, call));
    int64_t again = begun(j, &second);
    settle_it(j, second, ORX_VERDICT_DONE);
    assert_false(is_kept(j, call));
    assert_false(is_kept(j, again));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(the_same_model_goes_on),
        JOURNAL_TEST(it_goes_with_the_end_of_the_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
