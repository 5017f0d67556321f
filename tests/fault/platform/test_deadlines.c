/* Total, first-byte and idle deadlines. No test says how long something takes; they say which
 * deadline ends a program, and that none ends one that keeps them. */
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* ---- A machine that sleeps ------------------------------------------------------------------- */

static const struct orx_clock_ops *real_clock;
static int64_t slept_ns;

static int64_t mono_with_sleep(orx_platform *p) {
    return real_clock->mono_ns(p) + slept_ns;
}

static void fall_asleep(void *user) {
    (void)user;
    slept_ns = 100 * ORX_SEC; /* longer than its deadlines, not than the patience of the test */
}

static orx_proc_end end_of(run *r) {
    r->spec.grace_ns = 100 * ORX_MS;
    run_it(r);
    assert_true(r->result.empty);
    run_close(r);
    return r->result.end;
}

static void total(void **state) {
    run r;
    prepare(&r, *state, "hang", NULL);
    r.spec.total_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_TIMEOUT);
    assert_true(r.result.wall_ns >= 100 * ORX_MS);
    assert_int_equal(r.result.signal, SIGTERM);
    prepare(&r, *state, "spin", NULL);
    r.spec.total_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_TIMEOUT);
    prepare(&r, *state, "ignore-term", NULL);
    r.spec.total_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_TIMEOUT);
    assert_int_equal(r.result.signal, SIGKILL);
}

static void first_byte(void **state) {
    run r;
    prepare(&r, *state, "silent", NULL);
    r.spec.first_byte_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_SILENT);
    /* A byte in time, then silence, is not its business. */
    prepare(&r, *state, "drip", "1", "3500", NULL);
    r.spec.first_byte_timeout_ns = 3 * ORX_SEC;
    assert_int_equal(end_of(&r), ORX_PROC_EXITED);
}

static void idle(void **state) {
    run r;
    prepare(&r, *state, "hang", NULL);
    r.spec.idle_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_IDLE);
    /* From the start when there is no first-byte deadline. */
    prepare(&r, *state, "silent", NULL);
    r.spec.idle_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_IDLE);
    /* After the first byte when there is one. */
    prepare(&r, *state, "hang", NULL);
    r.spec.first_byte_timeout_ns = 60 * ORX_SEC;
    r.spec.total_timeout_ns = 20 * ORX_SEC;
    r.spec.idle_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_IDLE);
    prepare(&r, *state, "silent", NULL);
    r.spec.first_byte_timeout_ns = 500 * ORX_MS;
    r.spec.idle_timeout_ns = 100 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_SILENT);
}

/* Longer in total than the idle deadline, but never silent that long. */
static void a_steady_drip_is_not_idle(void **state) {
    run r;
    prepare(&r, *state, "drip", "25", "150", NULL);
    r.spec.idle_timeout_ns = 3 * ORX_SEC;
    assert_int_equal(end_of(&r), ORX_PROC_EXITED);
    assert_int_equal(r.result.out_bytes, 25);
}

/* What /proc says in one of the process's files; "" when it is gone. */
static const char *proc_says(int64_t pid, const char *file, char *text, size_t size) {
    char path[80];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, size - 1, f) : 0;
    text[n] = '\0';
    if (f)
        (void)fclose(f);
    return text;
}

static bool has_ended(int64_t pid) {
    char text[256];
    const char *state = strrchr(proc_says(pid, "stat", text, sizeof text), ')');
    return !state || state[2] == 'Z';
}

/* We were busy while the program spoke and ended in time: its bytes are read before deadlines are
 * looked at. */
static void our_own_slowness_is_not_held_against_it(void **state) {
    run r;
    char text[64];
    char children[64];
    int64_t pid = 0;
    int64_t start = 0;
    prepare(&r, *state, "drip", "1", "150", NULL);
    r.spec.total_timeout_ns = 2 * ORX_SEC;
    r.spec.idle_timeout_ns = 2 * ORX_SEC;
    r.spec.first_byte_timeout_ns = 2 * ORX_SEC;
    int64_t begun = orx_mono_ns(r.fx->p);
    begin(&r);
    orx_proc_identity(r.proc, &pid, &start);
    (void)snprintf(children, sizeof children, "task/%d/children", (int)pid);
    while (!*proc_says(pid, children, text, sizeof text) && !has_ended(pid))
        orx_loop_sleep(r.fx->p, 5 * ORX_MS);
    /* It runs by now, and ends while we do something else until every deadline is over. */
    while (!has_ended(pid) || orx_mono_ns(r.fx->p) - begun < 2500 * ORX_MS)
        (void)usleep(10 * 1000);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_string_equal(out_of(&r), ".");
    run_close(&r);
}

/* What is left over when the program ended does not run into the program's deadlines. */
static void leftovers_do_not_make_it_a_time_out(void **state) {
    run r;
    prepare(&r, *state, "grandchild-keeps-stdout", "stubborn", NULL);
    r.spec.total_timeout_ns = 3 * ORX_SEC;
    r.spec.idle_timeout_ns = 3 * ORX_SEC;
    r.spec.grace_ns = 3500 * ORX_MS;
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, 0);
    run_close(&r);
}

/* A25: a sleeping grandchild, a limit: the whole group is dead. */
static void a25_the_family_dies_with_it(void **state) {
    run r;
    prepare(&r, *state, "family", NULL);
    r.spec.total_timeout_ns = 300 * ORX_MS;
    assert_int_equal(end_of(&r), ORX_PROC_TIMEOUT);
}

/* Much time passes at once by the clock that timers go by; the program did not have them. */
static void sleep_is_no_time_of_the_program(void **state) {
    fixture *fx = *state;
    orx_platform *p = fx->p;
    struct orx_clock_ops clock = *p->clock;
    real_clock = p->clock;
    slept_ns = 0;
    clock.mono_ns = mono_with_sleep;
    p->clock = &clock;
    run r;
    prepare(&r, fx, "drip", "20", "50", NULL);
    r.spec.total_timeout_ns = 60 * ORX_SEC;
    r.spec.idle_timeout_ns = 60 * ORX_SEC;
    r.spec.first_byte_timeout_ns = 60 * ORX_SEC;
    (void)orx_timer_start(p, 100 * ORX_MS, fall_asleep, NULL);
    assert_int_equal(end_of(&r), ORX_PROC_EXITED);
    assert_true(slept_ns > 0);
    p->clock = real_clock;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(total),
        TEST(first_byte),
        TEST(idle),
        TEST(a_steady_drip_is_not_idle),
        TEST(sleep_is_no_time_of_the_program),
        TEST(our_own_slowness_is_not_held_against_it),
        TEST(leftovers_do_not_make_it_a_time_out),
        TEST(a25_the_family_dies_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
