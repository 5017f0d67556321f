#include "queue.h"

#include "data/json.h"

static void the_file_may_change_and_state_stays(void **state) {
    world *w = *state;
    const char *one = "[" T("a", "codex", "1", "") "," T("b", "codex", "2", "\"a\"") "]";
    assert_int_equal(sync_text(w, "file", one), 2);
    int64_t events = orx_event_last(w->s);
    assert_int_equal(sync_text(w, "file", one), 0);
    assert_int_equal(orx_event_last(w->s), events);
    finish(w, "a");
    assert_int_equal(
        sync_text(w, "file", "[" T("a", "claude", "7", "") "," T("c", "codex", "1", "") "]"), 1);
    orx_task_row a = row(w, "a");
    assert_string_equal(a.status, "done");
    assert_string_equal(a.owner, "claude");
    assert_int_equal(a.priority, 7);
    assert_int_equal(a.attempts, 1);
    assert_false(row(w, "b").present);
    assert_string_equal(next(w), "c");
    assert_int_equal(counts(w).total, 2);
    /* A task that returns is there again with its state. */
    (void)sync_text(w, "file", one);
    assert_true(row(w, "b").present);
    assert_int_equal(row(w, "b").waiting_on, 0);
    assert_false(row(w, "c").present);
    (void)counts(w);
}

static void added_tasks_survive_a_new_file(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "]");
    assert_int_equal(sync_text(w, "cli", "[" T("extra", "codex", "0", "") "]"), 1);
    (void)sync_text(w, "file", "[" T("b", "codex", "1", "") "]");
    assert_true(row(w, "extra").present);
    assert_string_equal(next(w), "extra");
    close_store(w);
    open_store(w);
    assert_string_equal(next(w), "extra");
}

static bool note_id(const orx_task_row *t, void *user) {
    orx_str_addf(user, "%s/%s ", t->lane, t->id);
    return true;
}

/* The tasks of a lane are these letters. */
static void sync_of_lane(world *w, const char *lane, const char *letters) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_task_list list;
    for (size_t i = 0; letters[i]; i++)
        orx_str_addf(&text,
                     "%s{\"id\": \"%c\", \"owner\": \"codex\", \"priority\": 1, \"title\": "
                     "\"t\", \"description\": \"d\"}",
                     i ? ", " : "[", letters[i]);
    orx_str_addc(&text, ']');
    assert_ok(load_text(&w->arena, orx_str_cstr(&text), NULL, true, &list, &w->err), &w->err);
    assert_ok(orx_task_sync(w->s, lane, "file", &list, &w->err), &w->err);
}

static void rows_of_a_lane_end_with_the_lane(void **state) {
    world *w = *state;
    orx_str ids = {0};
    sync_of_lane(w, "a", "z");
    sync_of_lane(w, "b", "xy");
    sync_of_lane(w, "c", "a");
    assert_ok(orx_task_each(w->s, "b", NULL, note_id, &ids, &w->err), &w->err);
    assert_string_equal(orx_str_cstr(&ids), "b/x b/y ");
    orx_str_clear(&ids);
    assert_ok(orx_task_each(w->s, NULL, "pending", note_id, &ids, &w->err), &w->err);
    assert_string_equal(orx_str_cstr(&ids), "a/z b/x b/y c/a ");
    /* What is gone from the file has a row, but is not known any more. */
    sync_of_lane(w, "b", "y");
    assert_int_equal(orx_task_known(w->s, "b", "x", &w->err), 0);
    assert_int_equal(orx_task_known(w->s, "b", "y", &w->err), 1);
    assert_int_equal(orx_task_known(w->s, "b", "a", &w->err), 0);
    orx_str_free(&ids);
}

static void an_unknown_id_names_a_near_one(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("alpha", "codex", "1", "") "]");
    orx_task_row r;
    assert_int_equal(orx_task_get(w->s, LANE, "al", &w->arena, &r, &w->err), ORX_E_NOT_FOUND);
    assert_contains(w->err.msg, "\"alpha\"");
}

static const orx_node *parse(world *w, const char *text) {
    const orx_node *n = NULL;
    assert_ok(
        orx_json_parse(&w->arena, "state.json", orx_view_of(text), &orx_limits_data, &n, &w->err),
        &w->err);
    return n;
}

static void a_predecessors_state_is_taken_over(void **state) {
    world *w = *state;
    (void)sync_text(w, "file",
                    "[" T("a", "codex", "1", "") "," T("b", "codex", "1",
                                                       "\"a\"") "," T("c", "codex", "1", "") "]");
    int n = orx_task_import_state(
        w->s, LANE, "state.json",
        parse(w, "{\"a\": {\"status\": \"done\", \"attempts\": 3, \"last_summary\": \"sum\","
                 " \"not_before\": \"\", \"owner\": \"codex\"},"
                 " \"c\": {\"status\": \"in_progress\", \"attempts\": 2, \"retryable_failures\": 4,"
                 " \"not_before\": \"2099-01-01T00:00:00+00:00\"},"
                 " \"gone\": {\"status\": \"blocked\", \"attempts\": 9}, \"odd\": 5}"),
        &w->err);
    assert_int_equal(n, 3);
    assert_string_equal(row(w, "a").status, "done");
    assert_string_equal(row(w, "a").last_summary, "sum");
    assert_int_equal(row(w, "b").waiting_on, 0);
    orx_task_row c = row(w, "c");
    assert_string_equal(c.status, "pending");
    assert_int_equal(c.attempts, 2);
    assert_int_equal(c.retryable_failures, 4);
    assert_int_not_equal(strlen(c.not_before), 0);
    orx_task_row gone = row(w, "gone");
    assert_string_equal(gone.status, "blocked");
    assert_false(gone.present);
    assert_string_equal(next(w), "b");
    (void)counts(w);
}

static void a_state_that_is_no_object_is_refused(void **state) {
    world *w = *state;
    assert_int_equal(orx_task_import_state(w->s, LANE, "state.json", parse(w, "[1]"), &w->err),
                     ORX_E_INVALID);
    assert_contains(w->err.msg, "state.json:1:1: expected an object");
}

/* [K] The keys, their order and the form of state.json. */
static void state_json_is_the_predecessors(void **state) {
    world *w = *state;
    (void)sync_text(w, "file", "[" T("a", "codex", "1", "") "]");
    finish(w, "a");
    assert_ok(orx_projection_flush(w->s, true, &w->err), &w->err);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char path[128];
    (void)snprintf(path, sizeof path, "%s/state/state.json", w->dir);
    assert_ok(orx_read_file(w->p, path, 1 << 20, &text, &w->err), &w->err);
    const char *before = "{\n  \"a\": {\n    \"attempts\": 1,\n    \"deadlock_recoveries\": 0,\n"
                         "    \"deadlock_reopens\": 0,\n    \"last_error\": \"\",\n"
                         "    \"last_summary\": \"did it\",\n    \"last_update\": \"";
    const char *after = "\",\n    \"not_before\": \"\",\n    \"owner\": \"codex\",\n"
                        "    \"retryable_failures\": 0,\n    \"status\": \"done\"\n  }\n}\n";
    assert_true(orx_view_starts(orx_str_view(&text), before));
    assert_true(orx_view_ends(orx_str_view(&text), after));
}

static void a12_other_lanes_can_finish_a_dependency(void **state) {
    world *w = *state;
    (void)sync_text(
        w, "file", "[" T("a", "codex", "1", "\"elsewhere\"") "," T("b", "codex", "2", "\"a\"") "]");
    assert_string_equal(next(w), "");
    const orx_node *theirs =
        parse(w, "{\"elsewhere\": {\"status\": \"done\"}, \"a\": {\"status\": \"done\"}}");
    assert_int_equal(orx_task_external_done(w->s, LANE, theirs, &w->err), 1);
    assert_string_equal(next(w), "a");
    /* What this lane has itself, it decides itself. */
    assert_int_equal(row(w, "b").waiting_on, 1);
    assert_int_equal(orx_task_external_done(w->s, LANE, theirs, &w->err), 0);
    (void)counts(w);
}

static void a18_a19_deadlocks_are_recovered_within_limits(void **state) {
    world *w = *state;
    (void)sync_text(
        w, "file",
        "[" T("ground", "codex", "1", "") "," T("test", "gemini", "1", "\"ground\"") "]");
    finish(w, "ground");
    orx_node *report = NULL;
    for (int round = 0; round < 3; round++) {
        select_task(w, "test");
        IN_TX(w, orx_task_blocked(w->s, LANE, "test", "s", "e", &w->err));
        int rc = orx_task_recover_deadlock(w->s, LANE, 2, &w->arena, &report, &w->err);
        assert_int_equal(rc, round < 2 ? 1 : 0);
        if (round == 2)
            break;
        assert_string_equal(orx_node_at(orx_node_get(report, "reopened_tasks"), 0)->u.s.p,
                            "ground");
        assert_string_equal(orx_node_at(orx_node_get(report, "unblocked_tasks"), 0)->u.s.p, "test");
        assert_string_equal(next(w), "ground");
        finish(w, "ground");
    }
    assert_string_equal(orx_node_str(orx_node_get(report, "reason"), ""),
                        "recovery_limits_reached");
    assert_int_equal(row(w, "test").deadlock_recoveries, 2);
    assert_int_equal(row(w, "ground").deadlock_reopens, 2);
    (void)counts(w);
}

static void nothing_blocked_nothing_recovered(void **state) {
    world *w = *state;
    orx_node *report = NULL;
    assert_int_equal(orx_task_recover_deadlock(w->s, LANE, 3, &w->arena, &report, &w->err), 0);
    assert_string_equal(orx_node_str(orx_node_get(report, "reason"), ""), "no_blocked_tasks");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_may_change_and_state_stays, begin, end),
        cmocka_unit_test_setup_teardown(added_tasks_survive_a_new_file, begin, end),
        cmocka_unit_test_setup_teardown(rows_of_a_lane_end_with_the_lane, begin, end),
        cmocka_unit_test_setup_teardown(an_unknown_id_names_a_near_one, begin, end),
        cmocka_unit_test_setup_teardown(a_predecessors_state_is_taken_over, begin, end),
        cmocka_unit_test_setup_teardown(a_state_that_is_no_object_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(state_json_is_the_predecessors, begin, end),
        cmocka_unit_test_setup_teardown(a12_other_lanes_can_finish_a_dependency, begin, end),
        cmocka_unit_test_setup_teardown(a18_a19_deadlocks_are_recovered_within_limits, begin, end),
        cmocka_unit_test_setup_teardown(nothing_blocked_nothing_recovered, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
