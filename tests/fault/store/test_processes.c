/* Real processes, a real disk, one journal: 64 writers at once, and writers killed at random. */
#include "world.h"

#include "platform/files.h"

#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- A writer process --------------------------------------------------------------------------
 */

static void tell(void *user) {
    (void)user;
    assert_int_equal(write(STDOUT_FILENO, "a", 1), 1);
}

static int writer(const char *root, const char *origin, const char *steps) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    if (orx_platform_uv_new(&p, &err) < 0)
        return 2;
    job j = {.root = root,
             .origin = origin,
             .steps = (int)strtol(steps, NULL, 10),
             .pause_ns = ORX_MS,
             .on_ack = tell};
    int rc = work(p, &j);
    if (rc)
        (void)fprintf(stderr, "%s: %s\n", origin, j.err.msg);
    orx_platform_free(p);
    return rc;
}

typedef struct child {
    pid_t pid;
    int out;
    char origin[32];
} child;

static void start(child *c, const char *root, int steps) {
    int fds[2];
    char count[16];
    char self[] = "/proc/self/exe";
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    (void)snprintf(count, sizeof count, "%d", steps);
    posix_spawn_file_actions_t fa;
    assert_int_equal(posix_spawn_file_actions_init(&fa), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&fa, fds[1], STDOUT_FILENO), 0);
    char *argv[] = {self, (char *)root, c->origin, count, NULL};
    assert_int_equal(posix_spawn(&c->pid, self, &fa, NULL, argv, environ), 0);
    (void)posix_spawn_file_actions_destroy(&fa);
    (void)close(fds[1]);
    c->out = fds[0];
}

/* Waits for the end; returns the acknowledged steps and whether it ended by itself. */
static int finish(child *c, bool *ret_well) {
    char buf[256];
    int acked = 0;
    ssize_t n;
    while ((n = read(c->out, buf, sizeof buf)) > 0)
        acked += (int)n;
    (void)close(c->out);
    int status = 1;
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    *ret_well = status == 0;
    return acked;
}

/* ---- Tests -------------------------------------------------------------------------------------
 */

static char *fresh_root(void) {
    const char *tmp = getenv("TMPDIR");
    orx_str path = {0};
    orx_str_addf(&path, "%s/orxaq-store-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(path.buf));
    return orx_str_steal(&path);
}

static void check_and_remove(char *root, int acked, int extra) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    assert_ok(orx_platform_uv_new(&p, &err), &err);
    const char *why = problem(p, root, acked, extra);
    if (why)
        fail_msg("%s: %s", root, why);
    (void)orx_remove_tree(p, root, NULL);
    orx_platform_free(p);
    free(root);
}

static void sixty_four_writers_all_get_their_turn(void **state) {
    (void)state;
    enum { WRITERS = 64, STEPS = 5 };
    child c[WRITERS];
    char *root = fresh_root();
    for (int i = 0; i < WRITERS; i++) {
        (void)snprintf(c[i].origin, sizeof c[i].origin, "lane-%d", i);
        start(&c[i], root, STEPS);
    }
    for (int i = 0; i < WRITERS; i++) {
        bool well = false;
        assert_int_equal(finish(&c[i], &well), STEPS);
        assert_true(well);
    }
    check_and_remove(root, WRITERS * STEPS, 0);
}

static void writers_killed_at_random_lose_nothing_acknowledged(void **state) {
    (void)state;
    enum { WRITERS = 4, STEPS = 6, KILLS = 24 };
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    child c[WRITERS];
    char *root = fresh_root();
    int acked = 0;
    for (int i = 0; i < WRITERS; i++) {
        (void)snprintf(c[i].origin, sizeof c[i].origin, "lane-%d", i);
        start(&c[i], root, STEPS);
    }
    for (int k = 0; k < KILLS; k++) {
        child *one = &c[k % WRITERS];
        bool well;
        seed = seed * 1103515245 + 12345;
        struct timespec t = {0, (long)(seed >> 8 & 0xffff) * 400}; /* up to 26 ms */
        (void)nanosleep(&t, NULL);
        assert_int_equal(kill(one->pid, SIGKILL), 0);
        acked += finish(one, &well);
        start(one, root, STEPS);
    }
    for (int i = 0; i < WRITERS; i++) {
        bool well = false;
        acked += finish(&c[i], &well);
        assert_true(well);
    }
    check_and_remove(root, acked, KILLS);
}

int main(int argc, char **argv) {
    if (argc == 4)
        return writer(argv[1], argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_writers_all_get_their_turn),
        cmocka_unit_test(writers_killed_at_random_lose_nothing_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
