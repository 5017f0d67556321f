/* Several processes on the same files at once. */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4 };

/* Runs fn in WORKERS forked processes and asserts that all of them were content. */
static void in_parallel(fixture *fx, int (*fn)(fixture *fx, int worker)) {
    pid_t pids[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(fn(fx, i));
    }
    for (int i = 0; i < WORKERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
}

/* Reads a number, adds one, writes it back; only the lock makes the sum right. */
static int add_up(fixture *fx, int worker) {
    (void)worker;
    const char *path = in_dir(fx, "counter");
    for (int i = 0; i < 200; i++) {
        orx_file *f = NULL;
        int64_t n = 0;
        if (orx_file_open(fx->p, path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0600, &f,
                          NULL) < 0 ||
            orx_file_lock(fx->p, f, ORX_LOCK_EXCLUSIVE, true, NULL) < 0 ||
            orx_file_read(fx->p, f, 0, &n, sizeof n, NULL) < 0)
            return 1;
        n++;
        if (orx_file_write(fx->p, f, 0, &n, sizeof n, NULL) < 0)
            return 2;
        orx_file_close(fx->p, f);
    }
    return 0;
}

static void locks_serialise_processes(void **state) {
    fixture *fx = *state;
    in_parallel(fx, add_up);
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    assert_ok(orx_read_file(fx->p, in_dir(fx, "counter"), 100, &out, &fx->err), &fx->err);
    int64_t n = 0;
    assert_int_equal(out.len, sizeof n);
    memcpy(&n, out.buf, sizeof n);
    assert_int_equal(n, WORKERS * 200);
}

static int append_lines(fixture *fx, int worker) {
    char line[512];
    memset(line, 'a' + worker, sizeof line);
    line[sizeof line - 1] = '\n';
    const char *path = in_dir(fx, "log");
    for (int i = 0; i < 200; i++)
        if (orx_append_file(fx->p, path, orx_view_mem(line, sizeof line), false, NULL) < 0)
            return 1;
    return 0;
}

static void appended_lines_do_not_mix(void **state) {
    fixture *fx = *state;
    in_parallel(fx, append_lines);
    orx_view rest = orx_view_of(slurp(fx, in_dir(fx, "log")));
    orx_view line;
    int count[WORKERS] = {0};
    while (orx_view_split(&rest, '\n', &line) && rest.p) {
        assert_int_equal(line.len, 511);
        for (size_t i = 1; i < line.len; i++)
            assert_int_equal(line.p[i], line.p[0]);
        count[line.p[0] - 'a']++;
    }
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(count[i], 200);
}

/* Half of them replace the file, half read it: never a mixture, never nothing. */
static int replace_or_read(fixture *fx, int worker) {
    char *path = in_dir(fx, "state");
    char content[3000];
    for (int i = 0; i < 150; i++) {
        if (worker % 2 == 0) {
            memset(content, 'A' + (worker * 7 + i) % 26, sizeof content);
            if (orx_write_replace(fx->p, path, orx_view_mem(content, sizeof content), 0600, NULL) <
                0)
                return 1;
            continue;
        }
        orx_str out = {0};
        if (orx_read_file(fx->p, path, sizeof content, &out, NULL) < 0 || out.len != sizeof content)
            return 2;
        for (size_t k = 1; k < out.len; k++)
            if (out.buf[k] != out.buf[0])
                return 3;
        orx_str_free(&out);
    }
    return 0;
}

static void readers_see_old_or_new(void **state) {
    fixture *fx = *state;
    char first[3000];
    memset(first, 'z', sizeof first);
    assert_ok(orx_write_atomic(fx->p, in_dir(fx, "state"), orx_view_mem(first, sizeof first), 0600,
                               &fx->err),
              &fx->err);
    in_parallel(fx, replace_or_read);
}

static int make_same_tree(fixture *fx, int worker) {
    (void)worker;
    for (int i = 0; i < 50; i++) {
        char *path = orx_arena_printf(&fx->arena, "%s/tree/%d/a/b/c", fx->dir, i);
        if (orx_mkdirs(fx->p, path, false, NULL) < 0)
            return 1;
    }
    return 0;
}

static void the_same_directories_at_once(void **state) {
    in_parallel(*state, make_same_tree);
}

static int write_new_once(fixture *fx, int worker) {
    int mine = 0;
    for (int i = 0; i < 50; i++) {
        char *path = orx_arena_printf(&fx->arena, "%s/claim-%d", fx->dir, i);
        char who = (char)('a' + worker);
        int rc = orx_write_new(fx->p, path, orx_view_mem(&who, 1), 0600, NULL);
        if (rc < 0 && rc != ORX_E_EXISTS)
            return 1;
        mine += rc == 0;
    }
    return orx_write_new(fx->p, orx_arena_printf(&fx->arena, "%s/count-%d", fx->dir, worker),
                         orx_view_mem(&mine, sizeof mine), 0600, NULL) < 0;
}

static void each_claim_has_one_owner(void **state) {
    fixture *fx = *state;
    in_parallel(fx, write_new_once);
    int total = 0;
    for (int i = 0; i < WORKERS; i++) {
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        char *path = orx_arena_printf(&fx->arena, "%s/count-%d", fx->dir, i);
        int mine = 0;
        assert_ok(orx_read_file(fx->p, path, 100, &out, &fx->err), &fx->err);
        memcpy(&mine, out.buf, sizeof mine);
        total += mine;
    }
    assert_int_equal(total, 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(locks_serialise_processes), TEST(appended_lines_do_not_mix),
        TEST(readers_see_old_or_new),    TEST(the_same_directories_at_once),
        TEST(each_claim_has_one_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
