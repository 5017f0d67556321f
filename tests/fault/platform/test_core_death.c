/* The core is killed in the middle. A forked copy of this test plays the core: it starts a program
 * and is killed with SIGKILL; the tree must vanish without anybody's help. */
#include "support.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in the forked core: starts the program, says so through fd, and lives until killed. */
_Noreturn static void core(run *r, int fd) {
    orx_platform *p = NULL;
    if (orx_platform_uv_new(&p, NULL) < 0)
        _exit(1);
    fixture fx = *r->fx;
    fx.p = p;
    r->fx = &fx;
    begin(r);
    if (!r->spec.hold)
        await_ready(r);
    (void)!write(fd, "x", 1);
    for (;;)
        (void)orx_loop_step(p, -1);
}

static void dies_with_the_core(run *r) {
    int fds[2];
    r->spec.grace_ns = 200 * ORX_MS;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        core(r, fds[1]);
    (void)close(fds[1]);
    char c;
    assert_int_equal(read(fds[0], &c, 1), 1);
    (void)close(fds[0]);
    if (!r->spec.hold)
        assert_true(count_marked(r->marker) > 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    await_none_marked(r->marker);
}

static void every_kind_of_tree_vanishes(void **state) {
    static const char *const modes[] = {"hang", "ignore-term", "family", "stop-self", "polite"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(modes); i++) {
        run r;
        prepare(&r, *state, modes[i], NULL);
        dies_with_the_core(&r);
    }
    run r;
    prepare(&r, *state, "forkbomb", "200", "50", NULL);
    dies_with_the_core(&r);
}

static void a_held_program_never_runs(void **state) {
    fixture *fx = *state;
    run r;
    char *file = in_dir(fx, "written");
    prepare(&r, fx, "write-file", file, NULL);
    r.spec.hold = true;
    dies_with_the_core(&r);
    orx_loop_sleep(fx->p, 200 * ORX_MS);
    assert_false(orx_exists(fx->p, file));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_tree_vanishes),
        TEST(a_held_program_never_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
