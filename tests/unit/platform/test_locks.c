#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static orx_file *open_lock(fixture *fx, int flags) {
    orx_file *f = NULL;
    assert_ok(orx_file_open(fx->p, in_dir(fx, "lock"), flags | ORX_OPEN_CREATE, 0600, &f, &fx->err),
              &fx->err);
    return f;
}

#define RW (ORX_OPEN_READ | ORX_OPEN_WRITE)

static void exclusive_excludes_also_this_process(void **state) {
    fixture *fx = *state;
    orx_file *a = open_lock(fx, RW);
    orx_file *b = open_lock(fx, RW);
    assert_ok(orx_file_lock(fx->p, a, ORX_LOCK_EXCLUSIVE, false, &fx->err), &fx->err);
    assert_int_equal(orx_file_lock(fx->p, b, ORX_LOCK_EXCLUSIVE, false, &fx->err), ORX_E_BUSY);
    assert_contains(fx->err.msg, "lock");
    assert_int_equal(orx_file_lock(fx->p, b, ORX_LOCK_SHARED, false, NULL), ORX_E_BUSY);
    orx_file_unlock(fx->p, a);
    assert_ok(orx_file_lock(fx->p, b, ORX_LOCK_EXCLUSIVE, false, &fx->err), &fx->err);
    /* Closing drops it. */
    orx_file_close(fx->p, b);
    assert_ok(orx_file_lock(fx->p, a, ORX_LOCK_EXCLUSIVE, true, &fx->err), &fx->err);
    orx_file_close(fx->p, a);
}

static void shared_locks_go_together(void **state) {
    fixture *fx = *state;
    orx_file *a = open_lock(fx, RW);
    orx_file *b = open_lock(fx, RW);
    assert_ok(orx_file_lock(fx->p, a, ORX_LOCK_SHARED, false, &fx->err), &fx->err);
    assert_ok(orx_file_lock(fx->p, b, ORX_LOCK_SHARED, false, &fx->err), &fx->err);
    assert_int_equal(orx_file_lock(fx->p, b, ORX_LOCK_EXCLUSIVE, false, NULL), ORX_E_BUSY);
    orx_file_unlock(fx->p, a);
    assert_ok(orx_file_lock(fx->p, b, ORX_LOCK_EXCLUSIVE, false, &fx->err), &fx->err);
    orx_file_close(fx->p, a);
    orx_file_close(fx->p, b);
}

/* Those who only ask do not take each other for the holder, and need no right to write. */
static void asking_is_not_holding(void **state) {
    fixture *fx = *state;
    assert_false(orx_file_is_locked(fx->p, in_dir(fx, "lock")));
    orx_file *asking = open_lock(fx, ORX_OPEN_READ);
    assert_ok(orx_file_lock(fx->p, asking, ORX_LOCK_SHARED, false, &fx->err), &fx->err);
    assert_false(orx_file_is_locked(fx->p, in_dir(fx, "lock")));
    orx_file_close(fx->p, asking);
    orx_file *holder = open_lock(fx, RW);
    assert_ok(orx_file_lock(fx->p, holder, ORX_LOCK_EXCLUSIVE, false, &fx->err), &fx->err);
    assert_true(orx_file_is_locked(fx->p, in_dir(fx, "lock")));
    orx_file_close(fx->p, holder);
    assert_false(orx_file_is_locked(fx->p, in_dir(fx, "lock")));
}

/* Somebody who looks again and again turns nobody away: each start of a runner is one try. */
static void asking_is_in_nobodys_way(void **state) {
    fixture *fx = *state;
    orx_file *starting = open_lock(fx, RW);
    pid_t asking = fork();
    if (asking == 0)
        for (;;)
            (void)orx_file_is_locked(fx->p, in_dir(fx, "lock"));
    int refused = 0;
    for (int i = 0; i < 50000; i++) {
        refused += orx_file_lock(fx->p, starting, ORX_LOCK_EXCLUSIVE, false, NULL) < 0;
        orx_file_unlock(fx->p, starting);
    }
    assert_int_equal(kill(asking, SIGKILL), 0);
    assert_int_equal(waitpid(asking, NULL, 0), asking);
    assert_int_equal(refused, 0);
    orx_file_close(fx->p, starting);
}

/* The trap of classic POSIX locks: closing any other handle to the file would drop the lock. */
static void an_unrelated_close_keeps_the_lock(void **state) {
    fixture *fx = *state;
    orx_file *a = open_lock(fx, RW);
    assert_ok(orx_file_lock(fx->p, a, ORX_LOCK_EXCLUSIVE, false, &fx->err), &fx->err);
    orx_file_close(fx->p, open_lock(fx, RW));
    orx_file *b = open_lock(fx, RW);
    assert_int_equal(orx_file_lock(fx->p, b, ORX_LOCK_EXCLUSIVE, false, NULL), ORX_E_BUSY);
    orx_file_close(fx->p, a);
    orx_file_close(fx->p, b);
}

static void the_wrong_open_mode_is_explained(void **state) {
    fixture *fx = *state;
    orx_file_close(fx->p, open_lock(fx, RW));
    orx_file *r = open_lock(fx, ORX_OPEN_READ);
    assert_int_equal(orx_file_lock(fx->p, r, ORX_LOCK_EXCLUSIVE, false, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "opened for writing");
    orx_file_close(fx->p, r);
}

/* A process that is killed leaves no lock behind; a waiting lock then gets it. */
static void a_killed_holder_leaves_nothing(void **state) {
    fixture *fx = *state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        orx_file *f = NULL;
        if (orx_file_open(fx->p, in_dir(fx, "lock"), RW | ORX_OPEN_CREATE, 0600, &f, NULL) == 0 &&
            orx_file_lock(fx->p, f, ORX_LOCK_EXCLUSIVE, false, NULL) == 0)
            (void)!write(fds[1], "x", 1);
        for (;;)
            (void)pause();
    }
    char c;
    assert_int_equal(read(fds[0], &c, 1), 1);
    orx_file *f = open_lock(fx, RW);
    assert_int_equal(orx_file_lock(fx->p, f, ORX_LOCK_EXCLUSIVE, false, NULL), ORX_E_BUSY);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_ok(orx_file_lock(fx->p, f, ORX_LOCK_EXCLUSIVE, true, &fx->err), &fx->err);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    orx_file_close(fx->p, f);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(exclusive_excludes_also_this_process),
        TEST(shared_locks_go_together),
        TEST(asking_is_not_holding),
        TEST(asking_is_in_nobodys_way),
        TEST(an_unrelated_close_keeps_the_lock),
        TEST(the_wrong_open_mode_is_explained),
        TEST(a_killed_holder_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
