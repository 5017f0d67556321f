#include "queue.h"

static void a14_order_is_priority_rank_id(void **state) {
    world *w = *state;
    assert_int_equal(
        sync_text(w, "file",
                  "[" T("z", "codex", "1", "") "," T("a", "claude", "1", "") "," T(
                      "b", "gemini", "1", "") "," T("y", "codex", "1", "") "," T("first", "zed",
                                                                                 "0", "") "]"),
        5);
    const char *order[] = {"first", "y", "z", "b", "a", ""};
    for (int i = 0; i < 6; i++) {
        assert_string_equal(next(w), order[i]);
        if (*order[i])
            finish(w, order[i]);
    }
    assert_int_equal(counts(w).done, 5);
}

static void a13_backlog_waits_for_everything_else(void **state) {
    world *w = *state;
    (void)sync_text(
        w, "file",
        "[{\"id\": \"back\", \"owner\": \"codex\", \"priority\": 1, \"title\": \"t\","
        " \"description\": \"d\", \"backlog\": true}," T("normal", "codex", "2", "") "]");
    assert_string_equal(next(w), "normal");
    finish(w, "normal");
    assert_string_equal(next(w), "back");
}

static void dependencies_hold_until_done(void **state) {
    world *w = *state;
    (void)sync_text(w, "file",
                    "[" T("a", "codex", "5", "") "," T("b", "codex", "1", "\"a\"") "," T(
                        "c", "codex", "1", "\"a\", \"b\"") "]");
    assert_int_equal(row(w, "c").waiting_on, 2);
    assert_int_equal(counts(w).held, 2);
    assert_string_equal(next(w), "a");
    finish(w, "a");
    assert_string_equal(next(w), "b");
    finish(w, "b");
    assert_string_equal(next(w), "c");
    /* Resetting a dependency holds its dependents again. */
    IN_TX(w, orx_task_reset(w->s, LANE, "a", "again", &w->err));
    assert_int_equal(row(w, "c").waiting_on, 1);
    assert_string_equal(next(w), "a");
    assert_int_equal(counts(w).held, 1);
}

static void owners_can_be_filtered_and_skipped(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "," T("b", "gemini", "1", "") "]");
    const char *const skip[] = {"codex", NULL};
    const char *id = NULL;
    assert_ok(orx_queue_next(w->q, skip, &w->arena, &id, &w->err), &w->err);
    assert_string_equal(id, "b");
    const char *const only[] = {"gemini", NULL};
    orx_queue_set_owners(w->q, only);
    assert_string_equal(next(w), "b");
    assert_int_equal(orx_queue_next(w->q, only, &w->arena, &id, &w->err), ORX_E_NOT_FOUND);
}

static void a_selected_task_cannot_be_selected_again(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "]");
    select_task(w, "a");
    assert_int_equal(row(w, "a").attempts, 1);
    assert_int_equal(counts(w).in_progress, 1);
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_int_equal(orx_task_select(w->s, LANE, "a", NULL, &w->err), ORX_E_CONFLICT);
    orx_tx_rollback(w->s);
}

static void a11_a_retry_waits(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "," T("b", "codex", "2", "") "]");
    select_task(w, "a");
    IN_TX(w, orx_task_retry(w->s, LANE, "a", 3600 * ORX_SEC, true, "s", "e", &w->err));
    orx_task_row r = row(w, "a");
    assert_string_equal(r.status, "pending");
    assert_int_equal(r.retryable_failures, 1);
    assert_string_equal(r.last_error, "e");
    assert_int_not_equal(strlen(r.not_before), 0);
    assert_string_equal(next(w), "b");
    assert_int_equal(counts(w).delayed, 1);
    int64_t left = orx_queue_next_wait(w->q);
    assert_in_range(left, 3590 * ORX_SEC, 3600 * ORX_SEC);
    finish(w, "b");
    assert_string_equal(next(w), "");
}

static void a_wait_that_is_over_opens(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "]");
    select_task(w, "a");
    IN_TX(w, orx_task_retry(w->s, LANE, "a", 1, false, "s", "e", &w->err));
    assert_string_equal(next(w), "a");
    assert_string_equal(row(w, "a").not_before, "");
    assert_int_equal(row(w, "a").retryable_failures, 0);
    assert_int_equal(counts(w).ready, 1);
}

/* Also seen by another process, and after a restart. */
static void waits_survive_a_restart(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "]");
    select_task(w, "a");
    IN_TX(w, orx_task_retry(w->s, LANE, "a", 3600 * ORX_SEC, false, "s", "e", &w->err));
    close_store(w);
    open_store(w);
    assert_string_equal(next(w), "");
    assert_in_range(orx_queue_next_wait(w->q), 3500 * ORX_SEC, 3600 * ORX_SEC);
}

static void a22_interrupted_tasks_return_with_their_attempts(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "]");
    select_task(w, "a");
    close_store(w);
    open_store(w);
    assert_int_equal(orx_task_requeue_interrupted(w->s, LANE, &w->err), 1);
    assert_int_equal(orx_task_requeue_interrupted(w->s, LANE, &w->err), 0);
    assert_string_equal(next(w), "a");
    assert_int_equal(row(w, "a").attempts, 1);
}

static void blocked_stays_blocked(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "," T("b", "codex", "1", "\"a\"") "]");
    select_task(w, "a");
    IN_TX(w, orx_task_blocked(w->s, LANE, "a", "s", "why", &w->err));
    assert_string_equal(next(w), "");
    orx_task_counts c = counts(w);
    assert_int_equal(c.blocked, 1);
    assert_int_equal(c.held, 1);
    assert_int_equal(c.total, 2);
    assert_string_equal(row(w, "a").last_error, "why");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a14_order_is_priority_rank_id, begin, end),
        cmocka_unit_test_setup_teardown(a13_backlog_waits_for_everything_else, begin, end),
        cmocka_unit_test_setup_teardown(dependencies_hold_until_done, begin, end),
        cmocka_unit_test_setup_teardown(owners_can_be_filtered_and_skipped, begin, end),
        cmocka_unit_test_setup_teardown(a_selected_task_cannot_be_selected_again, begin, end),
        cmocka_unit_test_setup_teardown(a11_a_retry_waits, begin, end),
        cmocka_unit_test_setup_teardown(a_wait_that_is_over_opens, begin, end),
        cmocka_unit_test_setup_teardown(waits_survive_a_restart, begin, end),
        cmocka_unit_test_setup_teardown(a22_interrupted_tasks_return_with_their_attempts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(blocked_stays_blocked, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
