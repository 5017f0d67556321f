/* The two phases: a held program exists and has run nothing. */
#include "support.h"

#include <signal.h>
#include <unistd.h>

static void nothing_runs_before_release(void **state) {
    fixture *fx = *state;
    run r;
    char *file = in_dir(fx, "written");
    prepare(&r, fx, "write-file", file, NULL);
    r.spec.hold = true;
    begin(&r);
    int64_t pid = 0;
    int64_t start = 0;
    orx_proc_identity(r.proc, &pid, &start);
    assert_true(pid > 0 && start > 0);
    orx_loop_sleep(fx->p, 100 * ORX_MS);
    assert_false(r.done);
    assert_false(orx_exists(fx->p, file));
    assert_int_equal(orx_pid_state_of(fx->p, pid, start), ORX_PID_ALIVE);
    assert_ok(orx_proc_release(r.proc, &fx->err), &fx->err);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_true(orx_exists(fx->p, file));
    assert_int_equal(orx_pid_state_of(fx->p, pid, start), ORX_PID_GONE);
    run_close(&r);
}

static void a_held_program_can_be_stopped(void **state) {
    fixture *fx = *state;
    run r;
    char *file = in_dir(fx, "written");
    for (int now = 0; now <= 1; now++) {
        prepare(&r, fx, "write-file", file, NULL);
        r.spec.hold = true;
        begin(&r);
        orx_proc_stop(r.proc, now != 0);
        finish(&r);
        assert_int_equal(r.result.end, ORX_PROC_STOPPED);
        assert_int_equal(r.result.code, -1);
        assert_int_equal(r.result.signal, 0);
        assert_int_equal(r.result.wall_ns, 0);
        assert_true(r.result.empty);
        run_close(&r);
    }
    assert_false(orx_exists(fx->p, file));
}

static void deadlines_count_from_release(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "exit", "0", NULL);
    r.spec.hold = true;
    r.spec.total_timeout_ns = 50 * ORX_MS;
    r.spec.first_byte_timeout_ns = 50 * ORX_MS;
    r.spec.idle_timeout_ns = 50 * ORX_MS;
    begin(&r);
    orx_loop_sleep(fx->p, 150 * ORX_MS);
    assert_false(r.done);
    orx_proc_stop(r.proc, false);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_STOPPED);
    run_close(&r);
}

static void release_is_for_held_programs(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "hang", NULL);
    begin(&r);
    assert_int_equal(orx_proc_release(r.proc, &fx->err), ORX_E_INVALID);
    orx_proc_stop(r.proc, true);
    finish(&r);
    run_close(&r);
    prepare(&r, fx, "hang", NULL);
    r.spec.hold = true;
    begin(&r);
    assert_ok(orx_proc_release(r.proc, &fx->err), &fx->err);
    assert_int_equal(orx_proc_release(r.proc, &fx->err), ORX_E_INVALID);
    orx_proc_stop(r.proc, true);
    assert_int_equal(orx_proc_release(r.proc, NULL), ORX_E_INVALID);
    finish(&r);
    run_close(&r);
    prepare(&r, fx, "hang", NULL);
    r.spec.hold = true;
    begin(&r);
    orx_proc_stop(r.proc, false);
    assert_int_equal(orx_proc_release(r.proc, &fx->err), ORX_E_CHILD);
    finish(&r);
    run_close(&r);
}

/* Somebody kills the supervisor while it waits: nothing ran, and that is said. */
static void a_supervisor_killed_while_held(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "hang", NULL);
    r.spec.hold = true;
    begin(&r);
    int64_t pid = 0;
    int64_t start = 0;
    orx_proc_identity(r.proc, &pid, &start);
    assert_ok(orx_pid_kill(fx->p, pid, start, SIGKILL, &fx->err), &fx->err);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
    assert_int_equal(r.result.code, 126);
    assert_contains(r.result.message, "signal 9");
    run_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_runs_before_release),    TEST(a_held_program_can_be_stopped),
        TEST(deadlines_count_from_release),   TEST(release_is_for_held_programs),
        TEST(a_supervisor_killed_while_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
