/* Whether an agent gets anywhere. */
#include "run/stuck.h"

#include "attempts.h"

static int64_t starts(orx_stuck *k, const char *id, const char *name, const char *arguments) {
    const orxaq_tool_call call = {.struct_size = sizeof call,
                                  .phase = ORXAQ_TOOL_STARTED,
                                  .id = orxaq_str(id),
                                  .name = orxaq_str(name),
                                  .arguments = orxaq_str(arguments)};
    return orx_stuck_tool_call(k, &call);
}

static int64_t ends(orx_stuck *k, const char *id, const char *result) {
    const orxaq_tool_call call = {.struct_size = sizeof call,
                                  .phase = ORXAQ_TOOL_FINISHED,
                                  .id = orxaq_str(id),
                                  .result = orxaq_str(result)};
    return orx_stuck_tool_call(k, &call);
}

static void the_same_call_is_counted(void **state) {
    (void)state;
    orx_stuck k = {0};
    assert_int_equal(starts(&k, "1", "shell", "{\"c\":\"ls\"}"), 1);
    assert_int_equal(starts(&k, "2", "shell", "{\"c\":\"ls\"}"), 2);
    assert_int_equal(starts(&k, "3", "shell", "{\"c\":\"ls\"}"), 3);
    assert_int_equal(starts(&k, "4", "shell", "{\"c\":\"ls -l\"}"), 1);
    assert_int_equal(starts(&k, "5", "shell", "{\"c\":\"ls\"}"), 1);
    assert_int_equal(starts(&k, "6", "other", "{\"c\":\"ls\"}"), 1);
}

/* Not the seam between name and arguments either. */
static void name_and_arguments_are_apart(void **state) {
    (void)state;
    orx_stuck k = {0};
    assert_int_equal(starts(&k, "1", "ab", "c"), 1);
    assert_int_equal(starts(&k, "2", "a", "bc"), 1);
}

static void one_call_is_announced_more_than_once(void **state) {
    (void)state;
    orx_stuck k = {0};
    orxaq_tool_call call = {.struct_size = sizeof call,
                            .phase = ORXAQ_TOOL_REQUESTED,
                            .id = orxaq_str("1"),
                            .name = orxaq_str("shell"),
                            .arguments = orxaq_str("[1]")};
    assert_int_equal(orx_stuck_tool_call(&k, &call), 1);
    assert_int_equal(orx_stuck_tool_call(&k, &call), 0);
    assert_int_equal(starts(&k, "1", "shell", "[1]"), 0);
    call.id = orxaq_str("2");
    assert_int_equal(orx_stuck_tool_call(&k, &call), 2);
    call.id = orxaq_str("");
    assert_int_equal(orx_stuck_tool_call(&k, &call), 3);
    assert_int_equal(orx_stuck_tool_call(&k, &call), 4);
}

/* Whoever waits for something asks again and again, and gets another answer at last. */
static void another_result_is_news(void **state) {
    (void)state;
    orx_stuck k = {0};
    assert_int_equal(starts(&k, "1", "poll", "[1]"), 1);
    assert_int_equal(ends(&k, "1", "10 %"), 0);
    assert_int_equal(starts(&k, "2", "poll", "[1]"), 2);
    assert_int_equal(ends(&k, "2", "20 %"), 0);
    assert_int_equal(starts(&k, "3", "poll", "[1]"), 2);
    assert_int_equal(ends(&k, "3", "20 %"), 0);
    assert_int_equal(starts(&k, "4", "poll", "[1]"), 3);
}

static void what_tells_no_arguments_is_not_judged(void **state) {
    (void)state;
    orx_stuck k = {0};
    for (int i = 0; i < 4; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "%d", i);
        assert_int_equal(starts(&k, id, "edit", i & 1 ? "" : "{}"), 1);
    }
}

/* One call of the route (worker, m) that ended well. */
static void used(journal *j, const char *task, int64_t input, int64_t cost) {
    add_task(j, task, "worker");
    (void)settled(
        j, task, "worker",
        (went){.claim = ORX_CLAIM_DONE, .input = input, .output = 1, .cost_nano_usd = cost});
}

static void the_usual_is_the_median(void **state) {
    journal *j = *state;
    orx_usual u;
    used(j, "a", 9, 0);
    used(j, "b", 99999, 7);
    orx_stuck_usual(j->s, "worker", "m", 3, &u);
    assert_int_equal(u.tokens, -1);
    used(j, "c", 19, 0);
    orx_stuck_usual(j->s, "worker", "m", 3, &u);
    assert_int_equal(u.tokens, 20);
    assert_int_equal(u.cost_nano_usd, -1);
    orx_stuck_usual(j->s, "worker", "other", 1, &u);
    assert_int_equal(u.tokens, -1);
    orx_stuck_usual(j->s, "else", "m", 1, &u);
    assert_int_equal(u.tokens, -1);
    orx_stuck_usual(j->s, "worker", "m", 1, &u);
    assert_int_equal(u.cost_nano_usd, 7);
}

static bool spends(orx_usual usual, int64_t factor, int64_t tokens, int64_t cost) {
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    bool yes = orx_stuck_spends(&usual, factor, tokens, cost, &why);
    assert_int_equal(yes, why.len > 0);
    return yes;
}

static void more_than_the_factor_is_too_much(void **state) {
    (void)state;
    assert_false(spends((orx_usual){100, -1}, 3, 300, -1));
    assert_true(spends((orx_usual){100, -1}, 3, 301, -1));
    assert_false(spends((orx_usual){100, -1}, 0, 1000000, -1));
    assert_false(spends((orx_usual){-1, -1}, 3, 1000000, 1000000));
    assert_false(spends((orx_usual){100, -1}, 3, -1, -1));
    /* Money beats tokens, where both sides know it. */
    assert_false(spends((orx_usual){100, 50}, 3, 1000000, 150));
    assert_true(spends((orx_usual){100, 50}, 3, 1, 151));
    assert_true(spends((orx_usual){100, 50}, 3, 301, -1));
    assert_false(spends((orx_usual){INT64_MAX / 2, -1}, 1000, INT64_MAX, -1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_call_is_counted),
        cmocka_unit_test(name_and_arguments_are_apart),
        cmocka_unit_test(one_call_is_announced_more_than_once),
        cmocka_unit_test(another_result_is_news),
        cmocka_unit_test(what_tells_no_arguments_is_not_judged),
        JOURNAL_TEST(the_usual_is_the_median),
        cmocka_unit_test(more_than_the_factor_is_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
