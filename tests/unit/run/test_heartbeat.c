/* heartbeat.json follows what the runner does, at most a second behind, and costs no more than one
 * file a second. The clock is under the test's hand. */
#include "run/project.h"
#include "run/runner.h"

#include "../store/fixture.h"

#include <stdio.h>

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, &orx_route_room,
                                              &orx_run_room, NULL};

static orx_sql *statement(orx_store *s, const char *text) {
    orx_sql *q = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_sql_get(s, text, &q, &err), &err);
    return q;
}

static orx_store *opened(fixture *f, orx_runner *r) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    *r = (orx_runner){.p = f->p, .s = s, .lane = "primary", .phase = "started"};
    assert_ok(orx_store_set_projection(s, "heartbeat", NULL, r, &err), &err);
    return s;
}

static void closed(orx_store *s, orx_runner *r) {
    orx_store_close(s);
    orx_arena_free(&r->beat_arena);
}

static void expect_phase(fixture *f, const char *phase) {
    char want[64];
    ORX_CLEANUP(orx_freep)
    char *have = fixture_read(fixture_path(f, "artifacts/autonomy/heartbeat.json"));
    (void)snprintf(want, sizeof want, "\"phase\": \"%s\"", phase);
    assert_contains(have, want);
}

static void flush(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_projection_flush(s, false, &err), &err);
}

static void a_phase_after_a_quiet_second_shows_at_once(void **state) {
    fixture *f = *state;
    orx_runner r;
    orx_store *s = opened(f, &r);
    orx_run_phase(&r, "task_started", "t", "T");
    flush(s);
    expect_phase(f, "task_started");
    f->mono_shift += ORX_HEARTBEAT_EVERY_NS;
    orx_run_phase(&r, "task_running", "t", "T");
    flush(s);
    expect_phase(f, "task_running");
    closed(s, &r);
}

static void phases_within_a_second_share_one_file(void **state) {
    fixture *f = *state;
    orx_runner r;
    orx_store *s = opened(f, &r);
    orx_run_phase(&r, "task_started", "t", "T");
    flush(s);
    f->mono_shift -= 3600 * ORX_SEC; /* however slow this machine is, the second is not over */
    orx_run_phase(&r, "task_running", "t", "T");
    flush(s);
    orx_run_phase(&r, "task_validating", "t", "T");
    flush(s);
    expect_phase(f, "task_started");
    f->mono_shift += 3600 * ORX_SEC + ORX_HEARTBEAT_EVERY_NS;
    flush(s); /* without another mark */
    expect_phase(f, "task_validating");
    closed(s, &r);
}

static void the_last_phase_is_written_when_the_journal_closes(void **state) {
    fixture *f = *state;
    orx_runner r;
    orx_store *s = opened(f, &r);
    orx_run_phase(&r, "task_started", "t", "T");
    flush(s);
    orx_run_phase(&r, "completed", NULL, "all tasks are done");
    closed(s, &r);
    expect_phase(f, "completed");
}

/* Nobody flushes by hand in a run: the loop does, no later than the second is over. */
static void the_loop_writes_what_waits(void **state) {
    fixture *f = *state;
    orx_runner r;
    orx_store *s = opened(f, &r);
    orx_run_phase(&r, "task_started", "t", "T");
    flush(s);
    orx_run_phase(&r, "idle", NULL, "");
    int64_t begun = orx_mono_ns(f->p);
    for (;;) {
        (void)orx_loop_step(f->p, 20 * ORX_MS);
        ORX_CLEANUP(orx_freep)
        char *have = fixture_read(fixture_path(f, "artifacts/autonomy/heartbeat.json"));
        if (strstr(have, "\"phase\": \"idle\""))
            break;
        assert_true(orx_mono_ns(f->p) - begun < 60 * ORX_SEC);
    }
    closed(s, &r);
}

/* Parts of the file as it is on the disk. */
static void expect_parts(fixture *f, const char *const *parts) {
    ORX_CLEANUP(orx_freep)
    char *have = fixture_read(fixture_path(f, "artifacts/autonomy/heartbeat.json"));
    for (; *parts; parts++)
        assert_contains(have, *parts);
}

/* [K] keys per phase; those of the phase before are gone. */
static void phases_add_their_keys(void **state) {
    fixture *f = *state;
    orx_runner r;
    orx_store *s = opened(f, &r);
    const struct {
        orx_verdict verdict;
        const char *parts[5];
        const char *gone;
    } cases[] = {
        {{ORX_VERDICT_RETRY_LATER, 0, "rate_limit"},
         {"\"phase\": \"task_retry_scheduled\"", "\"attempts\": 2", "\"retryable_failures\": 4",
          NULL},
         "\"error\""},
        {{ORX_VERDICT_RETRY, 0, "validation-failed"},
         {"\"phase\": \"task_retry_scheduled\"", "\"attempts\": 2", NULL},
         "retryable_failures"},
        {{ORX_VERDICT_BLOCKED, 0, "validation-failed"},
         {"\"phase\": \"task_blocked\"", "\"attempts\": 2", "\"error\": \"it broke\"", NULL},
         "retryable_failures"},
        {{ORX_VERDICT_RETRY, 0, "partial"}, {"\"phase\": \"task_partial\"", NULL}, "attempts"},
        {{ORX_VERDICT_BLOCKED, 0, "partial"}, {"\"phase\": \"task_blocked\"", NULL}, "attempts"},
        {{ORX_VERDICT_DONE, 0, "validated"}, {"\"phase\": \"task_done\"", NULL}, "attempts"},
    };
    orx_try t = {.r = &r, .number = 2, .task = {.id = "t", .title = "T"}};
    t.facts.retryable_failures = 3;
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        orx_run_beat_settled(&t, &cases[i].verdict, "it\nbroke");
        f->mono_shift += ORX_HEARTBEAT_EVERY_NS;
        flush(s);
        expect_parts(f, cases[i].parts);
        ORX_CLEANUP(orx_freep)
        char *have = fixture_read(fixture_path(f, "artifacts/autonomy/heartbeat.json"));
        assert_null(strstr(have, cases[i].gone));
    }
    closed(s, &r);
}

static void a_waiting_run_says_for_what(void **state) {
    static const char *const parts[] = {"\"blocked\": 1", "\"pending\": 2",
                                        "\"waiting_on_deps\": {\n    \"b\": [\n      \"a\"",
                                        "\"c\": [\n      \"a\",\n      \"b\"", NULL};
    fixture *f = *state;
    orx_runner r;
    orx_store *s = opened(f, &r);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(
        orx_sql_run(statement(s, "INSERT INTO task(lane, id, owner, priority, title, description,"
                                 " acceptance, backlog, source, digest, present, status, waiting)"
                                 " SELECT 'primary', column1, 'o', 1, 't', 'd', '[]', 0, 'f',"
                                 " x'00', 1, column2, column3 FROM (VALUES('a', 'blocked', 0),"
                                 " ('b', 'pending', 1), ('c', 'pending', 2))"),
                    &err),
        3);
    assert_int_equal(
        orx_sql_run(statement(s, "INSERT INTO task_dep VALUES('primary', 'b', 'a', 0, 1),"
                                 " ('primary', 'c', 'a', 0, 1), ('primary', 'c', 'b', 1, 1)"),
                    &err),
        3);
    assert_ok(orx_tx_commit(s, &err), &err);
    orx_run_phase(&r, "stalled", NULL, "");
    orx_run_beat_waiting(&r, &(orx_task_counts){.pending = 2, .blocked = 1});
    flush(s);
    expect_parts(f, parts);
    closed(s, &r);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_phase_after_a_quiet_second_shows_at_once),
        T(phases_within_a_second_share_one_file),
        T(the_last_phase_is_written_when_the_journal_closes),
        T(the_loop_writes_what_waits),
        T(phases_add_their_keys),
        T(a_waiting_run_says_for_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
