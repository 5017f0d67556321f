#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t fork_sleeper(void) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        for (;;)
            (void)pause();
    return pid;
}

static int64_t start_of(fixture *fx, pid_t pid) {
    /* The state function accepts exactly one start time; ours is the reference for finding it. */
    int64_t self = 0;
    int64_t start = 0;
    orx_pid_self(fx->p, &self, &start);
    for (int64_t s = start; s < start + 100000; s++)
        if (orx_pid_state_of(fx->p, pid, s) == ORX_PID_ALIVE)
            return s;
    fail_msg("no start time fits");
    return 0;
}

static void self_is_alive(void **state) {
    fixture *fx = *state;
    int64_t pid = 0;
    int64_t start = 0;
    orx_pid_self(fx->p, &pid, &start);
    assert_int_equal(pid, getpid());
    assert_true(start > 0);
    assert_int_equal(orx_pid_state_of(fx->p, pid, start), ORX_PID_ALIVE);
    assert_int_equal(orx_pid_state_of(fx->p, pid, start + 1), ORX_PID_GONE);
    assert_int_equal(orx_pid_state_of(fx->p, pid, start - 1), ORX_PID_GONE);
}

static void kills_exactly_that_process(void **state) {
    fixture *fx = *state;
    pid_t pid = fork_sleeper();
    int64_t start = start_of(fx, pid);
    /* Same number, other start time: another process, not to be touched. */
    assert_int_equal(orx_pid_kill(fx->p, pid, start + 1, SIGKILL, &fx->err), ORX_E_NOT_FOUND);
    assert_int_equal(orx_pid_state_of(fx->p, pid, start), ORX_PID_ALIVE);
    assert_ok(orx_pid_kill(fx->p, pid, start, 0, &fx->err), &fx->err);
    assert_ok(orx_pid_kill(fx->p, pid, start, SIGKILL, &fx->err), &fx->err);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    /* A zombie runs nothing: it counts as gone. */
    assert_int_equal(orx_pid_state_of(fx->p, pid, start), ORX_PID_GONE);
    assert_int_equal(orx_pid_kill(fx->p, pid, start, SIGKILL, &fx->err), ORX_E_NOT_FOUND);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(orx_pid_kill(fx->p, pid, start, SIGKILL, &fx->err), ORX_E_NOT_FOUND);
}

/* kill(2) would take these numbers for groups, or for everybody. */
static void odd_numbers_reach_nobody(void **state) {
    fixture *fx = *state;
    static const int64_t odd[] = {0, -1, -2, INT64_MAX, INT64_MIN, (1LL << 32) + 1};
    for (size_t i = 0; i < ORX_ARRAY_LEN(odd); i++) {
        assert_int_equal(orx_pid_state_of(fx->p, odd[i], 1), ORX_PID_GONE);
        assert_int_equal(orx_pid_kill(fx->p, odd[i], 1, SIGKILL, &fx->err), ORX_E_NOT_FOUND);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(self_is_alive),
        TEST(kills_exactly_that_process),
        TEST(odd_numbers_reach_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
