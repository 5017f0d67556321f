/* Beginning again, as continuous runs do. */
#include "queue.h"

static void block(world *w, const char *id) {
    select_task(w, id);
    IN_TX(w, orx_task_blocked(w->s, LANE, id, "", "cannot", &w->err));
}

static void three(world *w) {
    assert_int_equal(sync_text(w, "file",
                               "[" T("a", "codex", "1", "") "," T("b", "claude", "1", "") "," T(
                                   "c", "codex", "1", "\"a\"") "]"),
                     3);
}

/* A20: done, attempts used: pending with nothing on it and a wait. */
static void a20_done_tasks_begin_again(void **state) {
    world *w = *state;
    three(w);
    finish(w, "a");
    finish(w, "b");
    finish(w, "c");
    assert_int_equal(orx_task_recycle(w->s, LANE, 45 * ORX_SEC, false, &w->err), 3);
    orx_task_row a = row(w, "a");
    assert_string_equal(a.status, "pending");
    assert_int_equal(a.attempts, 0);
    assert_int_equal(a.retryable_failures, 0);
    assert_string_equal(a.last_error, "");
    assert_true(*a.not_before);
    assert_string_equal(next(w), "");
    assert_int_equal(row(w, "c").waiting_on, 1); /* what it depends on is to be done again */
    int64_t wait = orx_queue_next_wait(w->q);
    assert_true(wait > 30 * ORX_SEC && wait <= 45 * ORX_SEC);
    assert_int_equal(counts(w).done, 0);
}

/* A21: what is stuck begins again, what is done stays. */
static void a21_stalled_tasks_begin_again(void **state) {
    world *w = *state;
    three(w);
    finish(w, "a");
    block(w, "b");
    assert_int_equal(orx_task_recycle(w->s, LANE, 60 * ORX_SEC, true, &w->err), 2);
    assert_string_equal(row(w, "a").status, "done");
    orx_task_row b = row(w, "b");
    assert_string_equal(b.status, "pending");
    assert_int_equal(b.attempts, 0);
    assert_non_null(strstr(b.last_error, "blocked"));
    assert_true(*b.not_before);
}

/* A delay of 0 is a second, so that a queue whose tasks end at once does not spin. */
static void there_is_always_a_pause(void **state) {
    world *w = *state;
    three(w);
    assert_int_equal(orx_task_recycle(w->s, LANE, 0, false, &w->err), 3);
    assert_true(orx_queue_next_wait(w->q) > 0);
}

/* B16: no tasks, nothing written. */
static void b16_an_empty_queue_writes_nothing(void **state) {
    world *w = *state;
    int64_t last = orx_event_last(w->s);
    assert_int_equal(orx_task_recycle(w->s, LANE, ORX_SEC, false, &w->err), 0);
    assert_int_equal(orx_task_recycle(w->s, LANE, ORX_SEC, true, &w->err), 0);
    assert_int_equal(orx_event_last(w->s), last);
}

static void tasks_of_some_owners_are_counted(void **state) {
    static const char *const codex[] = {"codex", NULL};
    world *w = *state;
    three(w);
    finish(w, "b");
    orx_task_counts n;
    assert_ok(orx_task_count_of(w->s, LANE, codex, &n, &w->err), &w->err);
    assert_int_equal(n.total, 2);
    assert_int_equal(n.ready, 1);
    assert_int_equal(n.held, 1);
    assert_int_equal(n.done, 0);
    assert_ok(orx_task_count_of(w->s, LANE, NULL, &n, &w->err), &w->err);
    assert_int_equal(n.done, 1);
}

/* 60: what is done of the backlog begins again when nothing else is there to do. */
static void r60_the_backlog_begins_again(void **state) {
    world *w = *state;
    const char *const *ids = NULL;
    (void)sync_text(w, "file",
                    "[" T("live", "codex", "1", "") "," T("backlog-b", "codex", "2", "") "," T(
                        "backlog-a", "codex", "2", "") "," T("backlog-c", "codex", "1", "") "]");
    finish(w, "backlog-a");
    block(w, "backlog-b");
    finish(w, "backlog-c");
    /* Live work is there: nothing. */
    assert_int_equal(orx_task_recycle_backlog(w->s, LANE, 45 * ORX_SEC, 6, &w->err), 0);
    assert_string_equal(row(w, "backlog-a").status, "done");
    finish(w, "live");
    assert_int_equal(orx_task_recyclable(w->s, LANE, 2, &w->arena, &ids, &w->err), 2);
    assert_string_equal(ids[0], "backlog-c");
    assert_string_equal(ids[1], "backlog-a");
    assert_int_equal(orx_task_recycle_backlog(w->s, LANE, 45 * ORX_SEC, 2, &w->err), 2);
    orx_task_row c = row(w, "backlog-c");
    assert_string_equal(c.status, "pending");
    assert_int_equal(c.attempts, 0);
    assert_string_equal(c.last_error, "idle_guard_recycled_backlog_task");
    assert_true(*c.not_before);
    assert_string_equal(row(w, "backlog-a").status, "pending");
    assert_string_equal(row(w, "backlog-b").status, "blocked");
    assert_string_equal(row(w, "live").status, "done");
    assert_int_equal(counts(w).pending, 2);
    /* What waits of the backlog is no live work. */
    assert_int_equal(orx_task_recycle_backlog(w->s, LANE, 45 * ORX_SEC, 6, &w->err), 1);
    assert_int_equal(orx_task_recycle_backlog(w->s, LANE, 45 * ORX_SEC, 6, &w->err), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a20_done_tasks_begin_again, begin, end),
        cmocka_unit_test_setup_teardown(a21_stalled_tasks_begin_again, begin, end),
        cmocka_unit_test_setup_teardown(there_is_always_a_pause, begin, end),
        cmocka_unit_test_setup_teardown(b16_an_empty_queue_writes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(r60_the_backlog_begins_again, begin, end),
        cmocka_unit_test_setup_teardown(tasks_of_some_owners_are_counted, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
