/* heartbeat.json follows what the runner does, at most a second behind, and costs no more than one
 * file a second. The clock is under the test's hand. */
#include "run/project.h"
#include "run/runner.h"

#include "../store/fixture.h"

#include <stdio.h>

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_run_room, NULL};

static orx_store *opened(fixture *f, orx_runner *r) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    *r = (orx_runner){.p = f->p, .s = s, .lane = "primary", .phase = "started"};
    assert_ok(orx_store_set_projection(s, "heartbeat", NULL, r, &err), &err);
    return s;
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
    orx_store_close(s);
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
    orx_store_close(s);
}

static void the_last_phase_is_written_when_the_journal_closes(void **state) {
    fixture *f = *state;
    orx_runner r;
    orx_store *s = opened(f, &r);
    orx_run_phase(&r, "task_started", "t", "T");
    flush(s);
    orx_run_phase(&r, "completed", NULL, "all tasks are done");
    orx_store_close(s);
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
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_phase_after_a_quiet_second_shows_at_once),
        T(phases_within_a_second_share_one_file),
        T(the_last_phase_is_written_when_the_journal_closes),
        T(the_loop_writes_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
