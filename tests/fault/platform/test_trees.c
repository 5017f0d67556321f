/* Trees that do not want to go. Every test ends with run_close, which looks through the whole
 * machine for a process with the run's marker. */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void stop_when_ready(run *r, bool now) {
    r->spec.grace_ns = 200 * ORX_MS;
    begin(r);
    await_ready(r);
    orx_proc_stop(r->proc, now);
    finish(r);
    assert_int_equal(r->result.end, ORX_PROC_STOPPED);
    assert_true(r->result.empty);
    run_close(r);
}

static void families(void **state) {
    run r;
    prepare(&r, *state, "family", NULL);
    stop_when_ready(&r, false);
    prepare(&r, *state, "family", NULL);
    stop_when_ready(&r, true);
}

static void fork_bombs(void **state) {
    run r;
    prepare(&r, *state, "forkbomb", "200", "200", NULL);
    stop_when_ready(&r, false);
    /* While it still grows. */
    prepare(&r, *state, "forkbomb", "200", "8", NULL);
    stop_when_ready(&r, true);
}

/* Never the same pid twice; a million generations would take minutes. */
static void a_comet_is_caught(void **state) {
    run r;
    prepare(&r, *state, "comet", "1000000", NULL);
    r.spec.grace_ns = 10 * ORX_MS;
    begin(&r);
    finish(&r);
    assert_true(r.result.empty);
    run_close(&r);
}

static void daemons_do_not_outlive_the_program(void **state) {
    run r;
    prepare(&r, *state, "daemon", NULL);
    r.spec.grace_ns = 100 * ORX_MS;
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, 0);
    assert_string_equal(out_of(&r), "main done");
    assert_true(r.result.empty);
    run_close(&r);
}

/* B11: the result is the program's, at once, whoever still holds the pipe. */
static void b11_a_grandchild_on_the_pipe_changes_nothing(void **state) {
    static const char *const how[] = {NULL, "stubborn"};
    for (int i = 0; i < 2; i++) {
        run r;
        prepare(&r, *state, "grandchild-keeps-stdout", how[i], NULL);
        r.spec.grace_ns = 100 * ORX_MS;
        run_it(&r);
        assert_int_equal(r.result.end, ORX_PROC_EXITED);
        assert_int_equal(r.result.code, 0);
        assert_string_equal(out_of(&r), "result");
        assert_true(r.result.empty);
        run_close(&r);
    }
}

/* What ends by itself a moment later keeps its output. */
static void a_straggler_may_finish(void **state) {
    run r;
    prepare(&r, *state, "straggler", NULL);
    run_it(&r);
    assert_int_equal(r.result.code, 3);
    assert_string_equal(out_of(&r), "main and straggler");
    run_close(&r);
}

static pid_t program_of(int64_t exec_pid) {
    char path[64];
    char text[64] = {0};
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)exec_pid, (int)exec_pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    (void)close(fd);
    int64_t pid = 0;
    orx_view rest = orx_view_of(text);
    orx_view word = {NULL, 0};
    assert_true(orx_view_split(&rest, ' ', &word) && orx_view_to_i64(word, &pid));
    return (pid_t)pid;
}

/* A stranger outside the tree (this test) holds the output open: only the drain is waited for. */
static void a_stranger_on_the_pipe_delays_by_the_drain_only(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "hang", NULL);
    r.spec.drain_ns = 100 * ORX_MS;
    begin(&r);
    await_ready(&r);
    int64_t pid = 0;
    int64_t start = 0;
    orx_proc_identity(r.proc, &pid, &start);
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd/1", (int)program_of(pid));
    int holder = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(holder >= 0);
    orx_proc_stop(r.proc, false);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_STOPPED);
    assert_true(r.result.empty);
    run_close(&r);
    (void)close(holder);
}

/* The program freezes its own supervisor; being stopped wakes it. */
static void a_frozen_supervisor_is_woken(void **state) {
    run r;
    prepare(&r, *state, "stop-supervisor", NULL);
    r.spec.total_timeout_ns = 500 * ORX_MS;
    r.spec.grace_ns = 100 * ORX_MS;
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_TIMEOUT);
    assert_true(r.result.empty);
    run_close(&r);
}

/* The program kills its own supervisor: it dies with it, and nothing is claimed to be empty. */
static void a_killed_supervisor_is_said_so(void **state) {
    run r;
    prepare(&r, *state, "kill-supervisor", NULL);
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, -1);
    assert_int_equal(r.result.signal, SIGKILL);
    assert_false(r.result.empty);
    assert_contains(r.result.message, "may still run");
    await_none_marked(r.marker);
    run_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(families),
        TEST(fork_bombs),
        TEST(a_comet_is_caught),
        TEST(daemons_do_not_outlive_the_program),
        TEST(b11_a_grandchild_on_the_pipe_changes_nothing),
        TEST(a_straggler_may_finish),
        TEST(a_stranger_on_the_pipe_delays_by_the_drain_only),
        TEST(a_frozen_supervisor_is_woken),
        TEST(a_killed_supervisor_is_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
