/* The loop on a machine that is busy elsewhere just when a wait begins: uv_run is entered later
 * than the wait was to end. */
#include "support.h"

#include <time.h>
#include <unistd.h>
#include <uv.h>

/* Instead of uv_run, by the linker's --wrap. */
int __wrap_uv_run(uv_loop_t *loop, uv_run_mode mode);
int __real_uv_run(uv_loop_t *loop, uv_run_mode mode);

int __wrap_uv_run(uv_loop_t *loop, uv_run_mode mode) {
    const struct timespec late = {0, 4000000};
    if (mode == UV_RUN_ONCE)
        (void)nanosleep(&late, NULL);
    return __real_uv_run(loop, mode);
}

static void on_signal(int signum, void *user) {
    (void)signum;
    (void)user;
}

static void set(void *user) {
    *(bool *)user = true;
}

/* A watch makes the loop wait for something that does not come. */
static void prepare_loop(fixture *fx) {
    assert_ok(orx_watch_signals(fx->p, on_signal, NULL, &fx->err), &fx->err);
    (void)alarm(60); /* instead of hanging */
}

static void a_bounded_wait_ends(void **state) {
    fixture *fx = *state;
    prepare_loop(fx);
    assert_int_equal(orx_loop_step(fx->p, ORX_MS), 0);
    assert_ok(orx_watch_signals(fx->p, NULL, NULL, &fx->err), &fx->err);
}

static void a_timer_is_not_slept_through(void **state) {
    fixture *fx = *state;
    bool rang = false;
    prepare_loop(fx);
    orx_timer_start(fx->p, ORX_MS, set, &rang);
    while (!rang)
        (void)orx_loop_step(fx->p, -1);
    assert_ok(orx_watch_signals(fx->p, NULL, NULL, &fx->err), &fx->err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_bounded_wait_ends),
        TEST(a_timer_is_not_slept_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
