#include "support.h"

#include <signal.h>
#include <unistd.h>

typedef struct seen {
    int count;
    int last;
    bool done;
} seen;

static void on_signal(int signum, void *user) {
    seen *s = user;
    s->count++;
    s->last = signum;
    s->done = true;
}

static void stop_signals_become_callbacks(void **state) {
    fixture *fx = *state;
    seen s = {0};
    assert_ok(orx_watch_signals(fx->p, on_signal, &s, &fx->err), &fx->err);
    static const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    for (int i = 0; i < 4; i++) {
        s.done = false;
        assert_int_equal(kill(getpid(), all[i]), 0);
        assert_int_equal(s.count, i);
        assert_int_equal(orx_loop_until(fx->p, &s.done, orx_mono_ns(fx->p) + 10 * ORX_SEC), 0);
        assert_int_equal(s.count, i + 1);
        assert_int_equal(s.last, all[i]);
    }
}

static void one_watch_per_platform(void **state) {
    fixture *fx = *state;
    seen s = {0};
    assert_ok(orx_watch_signals(fx->p, on_signal, &s, &fx->err), &fx->err);
    assert_int_equal(orx_watch_signals(fx->p, on_signal, &s, &fx->err), ORX_E_EXISTS);
    assert_contains(fx->err.msg, "watched already");
}

static void a_watch_can_end_and_begin_again(void **state) {
    fixture *fx = *state;
    seen one = {0};
    seen two = {0};
    struct sigaction now;
    assert_int_equal(orx_watch_signals(fx->p, NULL, NULL, &fx->err), 0); /* none yet */
    assert_ok(orx_watch_signals(fx->p, on_signal, &one, &fx->err), &fx->err);
    assert_int_equal(orx_watch_signals(fx->p, NULL, NULL, &fx->err), 0);
    assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
    assert_ok(orx_watch_signals(fx->p, on_signal, &two, &fx->err), &fx->err);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(orx_loop_until(fx->p, &two.done, orx_mono_ns(fx->p) + 10 * ORX_SEC), 0);
    assert_int_equal(one.count, 0);
    assert_int_equal(two.count, 1);
}

/* A signal that came in before the end of its watch, but was not told yet, reaches nobody. */
static void an_ended_watch_is_not_told(void **state) {
    fixture *fx = *state;
    seen s = {0};
    assert_ok(orx_watch_signals(fx->p, on_signal, &s, &fx->err), &fx->err);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(orx_watch_signals(fx->p, NULL, NULL, &fx->err), 0);
    orx_loop_sleep(fx->p, 20 * ORX_MS);
    assert_int_equal(s.count, 0);
}

static void the_watch_ends_with_the_platform(void **state) {
    fixture *fx = *state;
    orx_platform *p = NULL;
    seen s = {0};
    assert_ok(orx_platform_uv_new(&p, &fx->err), &fx->err);
    assert_ok(orx_watch_signals(p, on_signal, &s, &fx->err), &fx->err);
    orx_platform_free(p);
    struct sigaction now;
    assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
}

static void a_broken_pipe_is_an_error_only(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    (void)close(fds[0]);
    assert_int_equal(write(fds[1], "x", 1), -1);
    (void)close(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(stop_signals_become_callbacks),    TEST(one_watch_per_platform),
        TEST(a_watch_can_end_and_begin_again),  TEST(an_ended_watch_is_not_told),
        TEST(the_watch_ends_with_the_platform), TEST(a_broken_pipe_is_an_error_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
