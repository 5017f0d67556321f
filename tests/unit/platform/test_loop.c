#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct trace {
    fixture *fx;
    char order[64];
    size_t n;
    bool done;
    int64_t due;
    orx_timer *other;
} trace;

typedef struct mark {
    trace *t;
    char name;
} mark;

static void note(void *user) {
    mark *m = user;
    m->t->order[m->t->n++] = m->name;
    m->t->done = m->name == '!';
}

static void timers_fire_in_order_of_time_then_start(void **state) {
    fixture *fx = *state;
    trace t = {.fx = fx};
    mark a = {&t, 'a'};
    mark b = {&t, 'b'};
    mark c = {&t, 'c'};
    mark end = {&t, '!'};
    orx_timer_start(fx->p, 20 * ORX_MS, note, &end);
    orx_timer_start(fx->p, 3 * ORX_MS, note, &c);
    orx_timer_start(fx->p, 0, note, &a);
    orx_timer_start(fx->p, -5, note, &b);
    assert_int_equal(orx_loop_until(fx->p, &t.done, 0), 0);
    assert_string_equal(t.order, "abc!");
}

static void check_due(void *user) {
    trace *t = user;
    assert_true(orx_mono_ns(t->fx->p) >= t->due);
    t->done = true;
}

static void timers_never_fire_early(void **state) {
    fixture *fx = *state;
    for (int64_t i = 1; i < 40; i++) {
        trace t = {.fx = fx};
        int64_t delay = i * 137000L;
        t.due = orx_mono_ns(fx->p) + delay;
        orx_timer_start(fx->p, delay, check_due, &t);
        assert_int_equal(orx_loop_until(fx->p, &t.done, 0), 0);
    }
}

static void restart(void *user) {
    trace *t = user;
    t->n++;
    if (t->n < 5)
        orx_timer_start(t->fx->p, 0, restart, t);
    else
        t->done = true;
}

/* A timer that restarts itself with delay 0 gets one turn a step, so others get theirs. */
static void a_restarting_timer_yields(void **state) {
    fixture *fx = *state;
    trace t = {.fx = fx};
    orx_timer_start(fx->p, 0, restart, &t);
    int steps = 0;
    while (!t.done) {
        size_t before = t.n;
        assert_int_equal(orx_loop_step(fx->p, -1), 1);
        assert_int_equal(t.n, before + 1);
        steps++;
    }
    assert_int_equal(steps, 5);
}

static void cancel_other(void *user) {
    trace *t = user;
    orx_timer_cancel(t->fx->p, t->other);
    t->done = true;
}

static void a_cancelled_timer_does_not_fire(void **state) {
    fixture *fx = *state;
    trace t = {.fx = fx};
    mark x = {&t, 'x'};
    orx_timer *first = orx_timer_start(fx->p, 0, note, &x);
    orx_timer_cancel(fx->p, first);
    orx_timer_cancel(fx->p, NULL);
    orx_timer_start(fx->p, 0, cancel_other, &t);
    t.other = orx_timer_start(fx->p, 0, note, &x);
    orx_loop_sleep(fx->p, 5 * ORX_MS);
    assert_true(t.done);
    assert_int_equal(t.n, 0);
}

static void wait_inside(void *user) {
    trace *t = user;
    (void)orx_loop_step(t->fx->p, 0);
}

/* Waiting inside a callback is a bug of the caller that must not go unnoticed. */
static void waiting_in_a_callback_aborts(void **state) {
    fixture *fx = *state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)close(STDERR_FILENO);
        trace t = {.fx = fx};
        orx_timer_start(fx->p, 0, wait_inside, &t);
        (void)orx_loop_step(fx->p, -1);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void many_timers(void **state) {
    fixture *fx = *state;
    trace t = {.fx = fx};
    orx_timer *timers[500];
    mark x = {&t, 'x'};
    mark end = {&t, '!'};
    /* Far apart and cancelled in another order than started; only the last fires. */
    for (int64_t i = 0; i < 500; i++)
        timers[i] = orx_timer_start(fx->p, (i * 7919 % 500 + 1) * ORX_SEC, note, &x);
    for (int i = 0; i < 500; i++)
        orx_timer_cancel(fx->p, timers[i * 263 % 500]);
    orx_timer_start(fx->p, ORX_MS, note, &end);
    assert_int_equal(orx_loop_until(fx->p, &t.done, 0), 0);
    assert_string_equal(t.order, "!");
}

static void step_says_how_many(void **state) {
    fixture *fx = *state;
    trace t = {.fx = fx};
    mark x = {&t, 'x'};
    assert_int_equal(orx_loop_step(fx->p, 0), 0);
    int64_t before = orx_mono_ns(fx->p);
    assert_int_equal(orx_loop_step(fx->p, 3 * ORX_MS), 0);
    assert_true(orx_mono_ns(fx->p) - before >= 3 * ORX_MS);
    orx_timer_start(fx->p, 0, note, &x);
    orx_timer_start(fx->p, 0, note, &x);
    orx_timer_start(fx->p, 3600 * ORX_SEC, note, &x);
    assert_int_equal(orx_loop_step(fx->p, -1), 2);
    assert_int_equal(orx_loop_step(fx->p, 0), 0);
}

static void until_gives_up_at_the_deadline(void **state) {
    fixture *fx = *state;
    bool never = false;
    int64_t deadline = orx_mono_ns(fx->p) + 5 * ORX_MS;
    assert_int_equal(orx_loop_until(fx->p, &never, deadline), ORX_E_TIMEOUT);
    assert_true(orx_mono_ns(fx->p) >= deadline);
    assert_int_equal(orx_loop_until(fx->p, &never, 1), ORX_E_TIMEOUT);
    bool already = true;
    assert_int_equal(orx_loop_until(fx->p, &already, 1), 0);
}

static void sleep_runs_callbacks(void **state) {
    fixture *fx = *state;
    trace t = {.fx = fx};
    mark x = {&t, 'x'};
    orx_timer_start(fx->p, ORX_MS, note, &x);
    orx_timer_start(fx->p, 2 * ORX_MS, note, &x);
    int64_t before = orx_mono_ns(fx->p);
    orx_loop_sleep(fx->p, 10 * ORX_MS);
    assert_true(orx_mono_ns(fx->p) - before >= 10 * ORX_MS);
    assert_int_equal(t.n, 2);
    orx_loop_sleep(fx->p, 0);
    orx_loop_sleep(fx->p, -1);
}

/* Timers left over end with the platform: the leak checker of the sanitizer build looks. */
static void leftover_timers_are_released(void **state) {
    fixture *fx = *state;
    orx_platform *p = NULL;
    assert_ok(orx_platform_uv_new(&p, &fx->err), &fx->err);
    trace t = {.fx = fx};
    for (int i = 0; i < 100; i++)
        orx_timer_start(p, ORX_SEC, restart, &t);
    orx_timer_start(p, INT64_MAX, restart, &t);
    orx_platform_free(p);
    assert_int_equal(t.n, 0);
}

static void platforms_leave_no_descriptor(void **state) {
    fixture *fx = *state;
    int before = count_fds();
    for (int i = 0; i < 20; i++) {
        orx_platform *p = NULL;
        assert_ok(orx_platform_uv_new(&p, &fx->err), &fx->err);
        orx_platform_free(p);
    }
    assert_int_equal(count_fds(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(timers_fire_in_order_of_time_then_start),
        TEST(timers_never_fire_early),
        TEST(a_restarting_timer_yields),
        TEST(a_cancelled_timer_does_not_fire),
        TEST(waiting_in_a_callback_aborts),
        TEST(many_timers),
        TEST(step_says_how_many),
        TEST(until_gives_up_at_the_deadline),
        TEST(sleep_runs_callbacks),
        TEST(leftover_timers_are_released),
        TEST(platforms_leave_no_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
