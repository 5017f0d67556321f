/* How programs end, and what is made of it. */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void a_signal_is_told_from_a_code(void **state) {
    run r;
    prepare(&r, *state, "segv", NULL);
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, -1);
    assert_int_equal(r.result.signal, SIGSEGV);
    assert_true(r.result.empty);
    run_close(&r);
}

static void stopped(fixture *fx, const char *mode, bool now, int code, int signum) {
    run r;
    prepare(&r, fx, mode, NULL);
    /* Only who does not end when asked to is killed in the end. */
    r.spec.grace_ns = strcmp(mode, "ignore-term") == 0 ? 200 * ORX_MS : 60 * ORX_SEC;
    begin(&r);
    await_ready(&r);
    orx_proc_stop(r.proc, now);
    orx_proc_stop(r.proc, now);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_STOPPED);
    assert_int_equal(r.result.code, code);
    assert_int_equal(r.result.signal, signum);
    assert_true(r.result.empty);
    run_close(&r);
}

static void stopping(void **state) {
    stopped(*state, "hang", false, -1, SIGTERM);
    stopped(*state, "hang", true, -1, SIGKILL);
    stopped(*state, "spin", false, -1, SIGTERM);
    stopped(*state, "ignore-term", false, -1, SIGKILL);
    stopped(*state, "polite", false, 7, 0);
    stopped(*state, "polite", true, -1, SIGKILL);
    /* A process that stopped itself gets the signal and is woken to take it. */
    stopped(*state, "stop-self", false, -1, SIGTERM);
    stopped(*state, "stop-self", true, -1, SIGKILL);
}

static void the_first_signal_is_chosen(void **state) {
    run r;
    prepare(&r, *state, "hang", NULL);
    r.spec.first_signal = SIGINT;
    begin(&r);
    await_ready(&r);
    orx_proc_stop(r.proc, false);
    finish(&r);
    assert_int_equal(r.result.signal, SIGINT);
    run_close(&r);
    prepare(&r, *state, "polite", NULL);
    r.spec.first_signal = SIGKILL;
    begin(&r);
    await_ready(&r);
    orx_proc_stop(r.proc, false);
    finish(&r);
    assert_int_equal(r.result.signal, SIGKILL);
    run_close(&r);
}

/* Asked first, then told: the grace is cut short. */
static void now_overrides_a_long_grace(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "ignore-term", NULL);
    r.spec.grace_ns = 3600 * ORX_SEC;
    begin(&r);
    await_ready(&r);
    orx_proc_stop(r.proc, false);
    orx_loop_sleep(fx->p, 100 * ORX_MS);
    assert_false(r.done);
    orx_proc_stop(r.proc, true);
    finish(&r);
    assert_int_equal(r.result.signal, SIGKILL);
    run_close(&r);
}

static void last_words_are_heard(void **state) {
    run r;
    prepare(&r, *state, "polite", NULL);
    begin(&r);
    await_ready(&r);
    orx_proc_stop(r.proc, false);
    finish(&r);
    assert_string_equal(out_of(&r), "readycleaned up");
    run_close(&r);
}

/* End of file on its output is not the end of the program. */
static void closed_output_is_not_the_end(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "close-stdout-live-on", NULL);
    begin(&r);
    orx_loop_sleep(fx->p, 300 * ORX_MS);
    assert_false(r.done);
    assert_int_equal(count_marked(r.marker), 1);
    orx_proc_stop(r.proc, false);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_STOPPED);
    assert_string_equal(out_of(&r), "last words");
    run_close(&r);
}

/* A stop that comes after the program's own end changes nothing about it. */
static void a_late_stop_does_not_rewrite_history(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "grandchild-keeps-stdout", "stubborn", NULL);
    begin(&r);
    while (r.out.total == 0)
        (void)orx_loop_step(fx->p, -1);
    orx_loop_sleep(fx->p, 50 * ORX_MS);
    orx_proc_stop(r.proc, true);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, 0);
    run_close(&r);
}

static void a_stray_signal_to_the_supervisor_stops_the_tree(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "family", NULL);
    r.spec.grace_ns = 200 * ORX_MS;
    begin(&r);
    await_ready(&r);
    int64_t pid = 0;
    int64_t start = 0;
    orx_proc_identity(r.proc, &pid, &start);
    assert_ok(orx_pid_kill(fx->p, pid, start, SIGTERM, &fx->err), &fx->err);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.signal, SIGTERM);
    assert_true(r.result.empty);
    run_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_signal_is_told_from_a_code),
        TEST(stopping),
        TEST(the_first_signal_is_chosen),
        TEST(now_overrides_a_long_grace),
        TEST(last_words_are_heard),
        TEST(closed_output_is_not_the_end),
        TEST(a_late_stop_does_not_rewrite_history),
        TEST(a_stray_signal_to_the_supervisor_stops_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
