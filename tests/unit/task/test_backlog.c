#include "load.h"

static bool backlog(const char *more) {
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_task_list list = {0};
    char text[512];
    (void)snprintf(text, sizeof text,
                   "[{\"id\": \"x\", \"owner\": \"codex\", \"priority\": 1, \"title\": \"t\","
                   " \"description\": \"d\"%s}]",
                   more);
    assert_ok(load_text(&a, text, three_owners, false, &list, &err), &err);
    bool is = list.count == 1 && list.items[0].backlog;
    orx_arena_free(&a);
    return is;
}

static void an_explicit_flag_decides(void **state) {
    (void)state;
    assert_true(backlog(", \"backlog\": true"));
    assert_true(backlog(", \"backlog\": 1"));
    assert_true(backlog(", \"backlog\": \"Yes\""));
    assert_false(backlog(", \"backlog\": false, \"labels\": [\"backlog\"]"));
    assert_false(backlog(", \"backlog\": \"no\", \"kind\": \"sweep\""));
}

static void words_in_texts_count(void **state) {
    (void)state;
    assert_true(backlog(", \"labels\": [\"ui\", \"Hygiene\"]"));
    assert_true(backlog(", \"lane_type\": \"maintenance\""));
    assert_true(backlog(", \"tags\": [\"q3-sweep\"]"));
    assert_false(backlog(", \"labels\": [\"ui\"]"));
}

/* The predecessor matched parts of words, so "requeue-fix" was backlog. */
static void only_whole_words_count(void **state) {
    (void)state;
    assert_false(orx_task_backlog_word(orx_view_of("requeue-fix"), NULL));
    assert_false(orx_task_backlog_word(orx_view_of("queued sweeping"), NULL));
    assert_true(orx_task_backlog_word(orx_view_of("fix the queue"), NULL));
    assert_true(orx_task_backlog_word(orx_view_of("night run"), "day; night"));
    assert_false(orx_task_backlog_word(orx_view_of("fix the queue"), "day; night"));
}

static void owners_have_ranks(void **state) {
    (void)state;
    assert_int_equal(orx_task_owner_rank("codex"), 0);
    assert_int_equal(orx_task_owner_rank("gemini"), 1);
    assert_int_equal(orx_task_owner_rank("claude"), 2);
    assert_int_equal(orx_task_owner_rank("aider"), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_explicit_flag_decides),
        cmocka_unit_test(words_in_texts_count),
        cmocka_unit_test(only_whole_words_count),
        cmocka_unit_test(owners_have_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
