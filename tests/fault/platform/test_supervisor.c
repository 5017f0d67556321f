/* The core's side when its supervisor misbehaves, hangs, or cannot be had. */
#include "support.h"

#include "platform/uv/internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Runs with the fake in orxaq-exec's place. */
static void run_fake(run *r, fixture *fx, const char *lie) {
    const char *build = getenv("ORX_BUILD_DIR");
    assert_non_null(build);
    char *fake = orx_arena_printf(&fx->arena, "%s/tests/fake_exec", build);
    char *link = in_dir(fx, lie);
    assert_int_equal(symlink(fake, link), 0);
    orx_uv *u = orx_uv_of(fx->p);
    free(u->exec_path);
    u->exec_path = orx_xstrdup(link);
    prepare(r, fx, "exit", "0", NULL);
    run_it(r);
    run_close(r);
}

static void lies_are_survived(void **state) {
    fixture *fx = *state;
    run r;
    run_fake(&r, fx, "silent");
    assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
    assert_contains(r.result.message, "code 5");
    assert_false(r.result.empty);
    run_fake(&r, fx, "huge");
    assert_int_equal(r.result.signal, SIGKILL);
    assert_false(r.result.empty);
    run_fake(&r, fx, "short");
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, -1);
    assert_false(r.result.empty);
    assert_contains(r.result.message, "may still run");
    run_fake(&r, fx, "no-empty");
    assert_int_equal(r.result.code, 0);
    assert_false(r.result.empty);
    run_fake(&r, fx, "slow");
    assert_int_equal(r.result.code, 9);
    assert_true(r.result.empty);
    run_fake(&r, fx, "long-reason");
    assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
    assert_int_equal(strlen(r.result.message), sizeof r.result.message - 1);
}

/* A supervisor frozen for good is killed in the end; its program dies with it. */
static void the_watchdog_ends_a_frozen_supervisor(void **state) {
    fixture *fx = *state;
    run r;
    orx_uv_of(fx->p)->watchdog_ns = 100 * ORX_MS;
    prepare(&r, fx, "ignore-term", NULL);
    r.spec.grace_ns = 300 * ORX_MS;
    begin(&r);
    await_ready(&r);
    int64_t pid = 0;
    int64_t start = 0;
    orx_proc_identity(r.proc, &pid, &start);
    orx_proc_stop(r.proc, false);
    orx_loop_sleep(fx->p, 20 * ORX_MS);
    assert_ok(orx_pid_kill(fx->p, pid, start, SIGSTOP, &fx->err), &fx->err);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_STOPPED);
    assert_int_equal(r.result.signal, SIGKILL);
    assert_false(r.result.empty);
    await_none_marked(r.marker);
    run_close(&r);
}

static void what_is_no_program_cannot_supervise(void **state) {
    fixture *fx = *state;
    run r;
    orx_uv *u = orx_uv_of(fx->p);
    free(u->exec_path);
    u->exec_path = orx_xstrdup(in_dir(fx, "gone"));
    prepare(&r, fx, "exit", "0", NULL);
    assert_int_equal(orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "gone");
    orx_loop_sleep(fx->p, 10 * ORX_MS);
    int before = count_fds(); /* libuv's own reserve is open by now */
    spit(fx, in_dir(fx, "gone"), "text");
    assert_int_equal(orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err), ORX_E_DENIED);
    assert_null(r.proc);
    orx_loop_sleep(fx->p, 10 * ORX_MS);
    assert_int_equal(count_fds(), before);
    run_close(&r);
}

/* However many descriptors are free, a start works or is refused whole, and leaves none behind. */
static void descriptors_run_out(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "read-stdin-echo", NULL);
    run_it(&r); /* everything that is opened once is open */
    run_close(&r);
    orx_loop_sleep(fx->p, 10 * ORX_MS);
    struct rlimit all;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
    int before = count_fds();
    int refused = 0;
    int worked = 0;
    for (int room = 0; room < 16; room++) {
        int highest = dup(0);
        (void)close(highest);
        prepare(&r, fx, "read-stdin-echo", NULL);
        r.spec.input = orx_view_of("hello");
        struct rlimit few = {(rlim_t)(highest + room), all.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        int rc = orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
        if (rc < 0) {
            assert_int_equal(rc, ORX_E_LIMIT);
            refused++;
        } else {
            finish(&r);
            worked++;
        }
        orx_loop_sleep(fx->p, 10 * ORX_MS);
        assert_int_equal(count_fds(), before);
        run_close(&r);
    }
    assert_true(refused > 0 && worked > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(lies_are_survived),
        TEST(the_watchdog_ends_a_frozen_supervisor),
        TEST(what_is_no_program_cannot_supervise),
        TEST(descriptors_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
