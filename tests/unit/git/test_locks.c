/* A26 and B8: an old lock goes only when no live process can own it. Real ages, real processes. */
#include "world.h"

#include "platform/holders.h"
#include "platform/loop.h"
#include "platform/proc.h"

#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#define LIMIT (300 * ORX_SEC)

static void make_lock(world *w, const char *rel, int age_s) {
    w_write(w, rel, "");
    struct timeval t[2];
    gettimeofday(&t[0], NULL);
    t[0].tv_sec -= age_s;
    t[1] = t[0];
    assert_int_equal(utimes(w_path(w, rel), t), 0);
}

static orx_git_locks heal(world *w, orx_git *g) {
    orx_git_locks locks = {0};
    assert_ok(orx_git_heal(g, LIMIT, &w->arena, &locks, &w->err), &w->err);
    return locks;
}

static void a26_an_old_lock_goes_and_a_young_one_stays(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    make_lock(w, "repo/.git/index.lock", 600);
    make_lock(w, "repo/.git/HEAD.lock", 10);
    orx_git_locks locks = heal(w, g);
    assert_int_equal(locks.count, 2);
    assert_int_equal(locks.removed, 1);
    assert_false(w_exists(w, "repo/.git/index.lock"));
    assert_true(w_exists(w, "repo/.git/HEAD.lock"));
    make_lock(w, "repo/.git/HEAD.lock", -600); /* made in the future */
    assert_int_equal(heal(w, g).removed, 0);
}

/* Who died before the clock was set back must not block the repository until it has caught up. */
static void without_a_limit_the_date_does_not_matter(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    orx_git_locks locks = {0};
    make_lock(w, "repo/.git/index.lock", -864000);
    w_write(w, "repo/.git/refs/heads/orxaq/parked/7", "");
    make_lock(w, "repo/.git/refs/heads/orxaq/parked/8.lock", -864000);
    make_lock(w, "repo/.git/refs/heads/orxaq/parked/9.lock", 0);
    assert_ok(orx_git_heal(g, 0, &w->arena, &locks, &w->err), &w->err);
    assert_int_equal(locks.count, 3);
    assert_int_equal(locks.removed, 3);
    assert_false(w_exists(w, "repo/.git/index.lock"));
    assert_true(w_exists(w, "repo/.git/refs/heads/orxaq/parked/7"));
}

/* A git that waits: cat-file --batch reads its standard input for ever. */
static orx_proc *live_git(world *w, const char *cwd, const char *dir) {
    const char *argv[] = {"git", "-C", dir, "cat-file", "--batch", NULL};
    orx_proc_spec spec = {.argv = argv, .env = w->env, .cwd = cwd, .input_open = true};
    orx_proc *proc = NULL;
    assert_ok(orx_proc_start(w->p, &spec, &proc, &w->err), &w->err);
    const char *trees[] = {w_path(w, "repo"), NULL};
    orx_holder_query q = {.program = "git", .trees = trees};
    orx_holder h;
    for (int i = 0; i < 500 && orx_find_holder(w->p, &q, &h, &w->err) <= 0; i++)
        orx_loop_sleep(w->p, 10 * ORX_MS);
    return proc;
}

/* Its supervisor ends it, which takes a moment. */
static void end_git(world *w, orx_proc *proc, const char *tree) {
    const char *trees[] = {tree, NULL};
    orx_holder_query q = {.program = "git", .trees = trees};
    orx_holder h;
    orx_proc_free(proc);
    for (int i = 0; i < 500 && orx_find_holder(w->p, &q, &h, &w->err) == 1; i++)
        orx_loop_sleep(w->p, 10 * ORX_MS);
}

static void b8_a_live_git_keeps_its_locks(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    make_lock(w, "repo/.git/index.lock", 600);
    orx_proc *proc = live_git(w, w_path(w, "repo"), ".");
    orx_git_locks locks = heal(w, g);
    assert_int_equal(locks.removed, 0);
    assert_contains(locks.items[0].why, "held by process");
    assert_contains(locks.items[0].why, "git");
    assert_true(w_exists(w, "repo/.git/index.lock"));
    end_git(w, proc, w_path(w, "repo"));
    assert_int_equal(heal(w, g).removed, 1);
}

static void a_git_that_only_names_the_repository_counts(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    make_lock(w, "repo/.git/index.lock", 600);
    orx_proc *proc = live_git(w, "/", w_path(w, "repo"));
    assert_int_equal(heal(w, g).removed, 0);
    orx_proc_free(proc);
}

static void a_git_in_a_linked_worktree_counts(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    assert_ok(orx_git_worktree_add(g, w_path(w, "lane"), "lane", "HEAD", &w->err), &w->err);
    make_lock(w, "repo/.git/index.lock", 600);
    make_lock(w, "repo/.git/worktrees/lane/index.lock", 600);
    const char *trees[] = {w_path(w, "lane"), NULL};
    const char *argv[] = {"git", "cat-file", "--batch", NULL};
    orx_proc_spec spec = {
        .argv = argv, .env = w->env, .cwd = w_path(w, "lane"), .input_open = true};
    orx_holder_query q = {.program = "git", .trees = trees};
    orx_holder h;
    orx_proc *proc = NULL;
    assert_ok(orx_proc_start(w->p, &spec, &proc, &w->err), &w->err);
    for (int i = 0; i < 500 && orx_find_holder(w->p, &q, &h, &w->err) <= 0; i++)
        orx_loop_sleep(w->p, 10 * ORX_MS);
    assert_int_equal(heal(w, g).removed, 0);
    end_git(w, proc, w_path(w, "lane"));
    assert_int_equal(heal(w, g).removed, 2);
}

static void a_git_elsewhere_does_not_count(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_repo(w, "repo2"); /* a name that begins alike */
    make_lock(w, "repo/.git/index.lock", 600);
    const char *argv[] = {"git", "cat-file", "--batch", NULL};
    orx_proc_spec spec = {
        .argv = argv, .env = w->env, .cwd = w_path(w, "repo2"), .input_open = true};
    const char *trees[] = {w_path(w, "repo2"), NULL};
    orx_holder_query q = {.program = "git", .trees = trees};
    orx_holder h;
    orx_proc *proc = NULL;
    assert_ok(orx_proc_start(w->p, &spec, &proc, &w->err), &w->err);
    for (int i = 0; i < 500 && orx_find_holder(w->p, &q, &h, &w->err) <= 0; i++)
        orx_loop_sleep(w->p, 10 * ORX_MS);
    assert_int_equal(heal(w, g).removed, 1);
    orx_proc_free(proc);
}

/* Any program, whatever its name, that has the file open. */
static void an_open_lock_is_held(void **state) {
    world *w = *state;
    orx_file *f = NULL;
    orx_git *g = w_repo(w, "repo");
    make_lock(w, "repo/.git/packed-refs.lock", 600);
    assert_ok(
        orx_file_open(w->p, w_path(w, "repo/.git/packed-refs.lock"), ORX_OPEN_READ, 0, &f, &w->err),
        &w->err);
    orx_git_locks locks = heal(w, g);
    assert_int_equal(locks.removed, 0);
    assert_contains(locks.items[0].why, orx_arena_printf(&w->arena, "process %d", (int)getpid()));
    orx_file_close(w->p, f);
    assert_int_equal(heal(w, g).removed, 1);
}

static void holders_of_nothing(void **state) {
    world *w = *state;
    const char *trees[] = {w_path(w, "nowhere"), NULL};
    orx_holder h = {.pid = 7};
    orx_holder_query q = {.file = w_path(w, "gone"), .program = "git", .trees = trees};
    assert_int_equal(orx_find_holder(w->p, &q, &h, &w->err), 0);
    assert_int_equal(h.pid, 7);
    orx_holder_query none = {0};
    assert_int_equal(orx_find_holder(w->p, &none, &h, &w->err), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a26_an_old_lock_goes_and_a_young_one_stays),
        WORLD_TEST(without_a_limit_the_date_does_not_matter),
        WORLD_TEST(b8_a_live_git_keeps_its_locks),
        WORLD_TEST(a_git_that_only_names_the_repository_counts),
        WORLD_TEST(a_git_in_a_linked_worktree_counts),
        WORLD_TEST(a_git_elsewhere_does_not_count),
        WORLD_TEST(an_open_lock_is_held),
        WORLD_TEST(holders_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
