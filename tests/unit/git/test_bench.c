/* Bringing branches together: the bench, rebasing in it, moving a branch, worktrees that follow. */
#include "world.h"

/* Two branches from one commit: main has "b.txt", work has `file`. Returns main's repository;
 * *ret_bench is one at main. */
static orx_git *branches(world *w, const char *file, const char *text, orx_git **ret_bench) {
    orx_git *g = w_repo(w, "repo");
    const char *dir = w_path(w, "repo");
    W_RUN(w, dir, "git", "branch", "work");
    W_RUN(w, dir, "git", "worktree", "add", "-q", w_path(w, "tree"), "work");
    w_write(w, orx_arena_printf(&w->arena, "tree/%s", file), text);
    w_commit(w, w_open(w, "tree"), "On work\n");
    w_write(w, "repo/b.txt", "b\n");
    w_write(w, "repo/a.txt", "main\n");
    w_commit(w, g, "On main\n");
    if (orx_git_worktree_add(g, w_path(w, "bench"), NULL, "main", &w->err) < 0)
        fail_msg("%s", w->err.msg);
    *ret_bench = w_open(w, "bench");
    return g;
}

static const char *sha_of(world *w, orx_git *g, const char *rev) {
    char *sha = orx_arena_alloc(&w->arena, ORX_GIT_SHA);
    if (orx_git_resolve(g, rev, sha, &w->err) < 0)
        fail_msg("%s", w->err.msg);
    return sha;
}

static orx_git_rebased rebase(world *w, orx_git *bench, const char *onto, const char *from,
                              const char *tip) {
    orx_git_rebased r = {0};
    const orx_git_rebase_spec spec = {.onto = onto, .from = from, .tip = tip};
    if (orx_git_rebase(bench, &spec, &w->arena, &r, &w->err) < 0)
        fail_msg("%s", w->err.msg);
    return r;
}

static void commits_are_written_anew_and_the_branch_stays(void **state) {
    world *w = *state;
    orx_git *bench = NULL;
    orx_git *g = branches(w, "c.txt", "c\n", &bench);
    const char *main = sha_of(w, g, "main");
    const char *work = sha_of(w, g, "work");
    orx_git_rebased r = rebase(w, bench, main, NULL, work);
    assert_false(r.conflict);
    assert_string_not_equal(r.sha, work);
    assert_string_equal(sha_of(w, g, orx_arena_printf(&w->arena, "%s~1", r.sha)), main);
    assert_string_equal(sha_of(w, g, "work"), work);
    assert_string_equal(sha_of(w, g, "main"), main);
    assert_string_equal(w_read(w, "bench/c.txt"), "c\n");
    assert_string_equal(w_head(w, bench), r.sha);
    assert_string_equal(W_RUN(w, w_path(w, "bench"), "git", "log", "-1", "--format=%s %an"),
                        "On work orxaq\n");
    /* What the new base has already is left out. */
    const char *first = orx_arena_strdup(&w->arena, r.sha);
    r = rebase(w, bench, first, NULL, work);
    assert_string_equal(r.sha, first);
    assert_string_equal(W_RUN(w, w_path(w, "bench"), "git", "rev-list", "--count", "main..HEAD"),
                        "1\n");
    r = rebase(w, bench, main, work, work);
    assert_string_equal(r.sha, main);
}

static void a_conflict_names_its_files_and_leaves_the_bench_usable(void **state) {
    world *w = *state;
    orx_git *bench = NULL;
    orx_git *g = branches(w, "a.txt", "work\n", &bench);
    const char *main = sha_of(w, g, "main");
    orx_git_rebased r = rebase(w, bench, main, NULL, sha_of(w, g, "work"));
    assert_true(r.conflict);
    assert_string_equal(r.files[0], "a.txt");
    assert_null(r.files[1]);
    w_write(w, "bench/left-over", "x");
    if (orx_git_bench_clear(bench, main, &w->err) < 0)
        fail_msg("%s", w->err.msg);
    assert_int_equal(w_status(w, bench).count, 0);
    assert_int_equal(orx_git_in_progress(bench), 0);
    assert_string_equal(w_read(w, "bench/a.txt"), "main\n");
}

static void nobodys_worktree_is_taken_for_a_bench(void **state) {
    world *w = *state;
    orx_git *bench = NULL;
    orx_git *g = branches(w, "c.txt", "c\n", &bench);
    const char *main = sha_of(w, g, "main");
    w_write(w, "tree/mine", "mine");
    assert_fails(w, ORX_E_INVALID, "somebody may work in it",
                 orx_git_bench_clear(w_open(w, "tree"), main, &w->err));
    W_RUN(w, w_path(w, "repo"), "git", "checkout", "-q", "--detach");
    assert_fails(w, ORX_E_INVALID, "somebody may work in it",
                 orx_git_bench_clear(w_open(w, "repo"), main, &w->err));
    assert_true(w_exists(w, "tree/mine"));
    assert_fails(w, ORX_E_INVALID, "full commit id", orx_git_bench_clear(bench, "main", &w->err));
}

static void a_branch_moves_only_from_where_it_is_said_to_be(void **state) {
    world *w = *state;
    orx_git *bench = NULL;
    orx_git *g = branches(w, "c.txt", "c\n", &bench);
    const char *main = sha_of(w, g, "main");
    const char *base = sha_of(w, g, "main~1");
    const char *work = sha_of(w, g, "work");
    W_RUN(w, w_path(w, "repo"), "git", "branch", "spare", "main");
    assert_fails(w, ORX_E_CONFLICT, "spare", orx_git_advance(g, "spare", base, work, &w->err));
    assert_fails(w, ORX_E_DENIED, "does not contain it",
                 orx_git_advance(g, "spare", main, work, &w->err));
    assert_string_equal(sha_of(w, g, "spare"), main);
    const char *next = rebase(w, bench, main, NULL, work).sha;
    next = orx_arena_strdup(&w->arena, next);
    assert_int_equal(orx_git_advance(g, "spare", main, next, &w->err), 0);
    assert_string_equal(sha_of(w, g, "spare"), next);
    assert_fails(w, ORX_E_CONFLICT, "spare", orx_git_advance(g, "spare", "", next, &w->err));
    assert_int_equal(orx_git_advance(g, "fresh", "", next, &w->err), 0);
    assert_string_equal(sha_of(w, g, "fresh"), next);
}

/* main is moved under the worktree that shows it: from *ret_from to the returned commit, which
 * changes a.txt, removes b.txt and has new.txt. */
static const char *moved(world *w, orx_git **ret_git, const char **ret_from) {
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/b.txt", "b\n");
    *ret_from = w_commit(w, g, "From\n");
    w_write(w, "repo/a.txt", "to\n");
    w_write(w, "repo/new.txt", "new\n");
    w_remove(w, "repo/b.txt");
    const char *to = w_commit(w, g, "To\n");
    W_RUN(w, w_path(w, "repo"), "git", "reset", "-q", "--hard", *ret_from);
    *ret_git = g;
    return to;
}

static void a_worktree_follows_and_keeps_what_is_not_tracked(void **state) {
    world *w = *state;
    orx_git *g = NULL;
    const char *from = NULL;
    const char *to = moved(w, &g, &from);
    w_write(w, "repo/notes", "mine");
    assert_int_equal(orx_git_can_follow(g, from, to, &w->err), 0);
    assert_int_equal(orx_git_advance(g, "main", from, to, &w->err), 0);
    assert_int_equal(orx_git_follow(g, from, to, &w->err), 0);
    assert_string_equal(w_read(w, "repo/a.txt"), "to\n");
    assert_string_equal(w_read(w, "repo/new.txt"), "new\n");
    assert_false(w_exists(w, "repo/b.txt"));
    assert_int_equal(w_status(w, g).count, 1); /* notes */
    assert_int_equal(orx_git_follow(g, from, to, &w->err), 0);
}

static void what_is_in_the_way_is_named_and_stays(void **state) {
    world *w = *state;
    orx_git *g = NULL;
    const char *from = NULL;
    const char *to = moved(w, &g, &from);
    w_write(w, "repo/a.txt", "mine\n");
    assert_fails(w, ORX_E_CONFLICT, "a.txt", orx_git_can_follow(g, from, to, &w->err));
    W_RUN(w, w_path(w, "repo"), "git", "add", "a.txt");
    w_write(w, "repo/a.txt", "one\n");
    assert_fails(w, ORX_E_CONFLICT, "a.txt", orx_git_can_follow(g, from, to, &w->err));
    W_RUN(w, w_path(w, "repo"), "git", "reset", "-q", "--hard");
    w_write(w, "repo/new.txt", "mine\n");
    assert_fails(w, ORX_E_CONFLICT, "new.txt", orx_git_can_follow(g, from, to, &w->err));
    assert_int_equal(orx_git_advance(g, "main", from, to, &w->err), 0);
    assert_fails(w, ORX_E_CONFLICT, "new.txt", orx_git_follow(g, from, to, &w->err));
    assert_string_equal(w_read(w, "repo/new.txt"), "mine\n");
    assert_string_equal(w_read(w, "repo/a.txt"), "one\n");
    w_remove(w, "repo/new.txt");
    w_write(w, "repo/b.txt", "mine\n"); /* which `to` removes */
    assert_fails(w, ORX_E_CONFLICT, "b.txt", orx_git_follow(g, from, to, &w->err));
    assert_string_equal(w_read(w, "repo/b.txt"), "mine\n");
}

static void a_checkout_that_stopped_half_way_is_completed(void **state) {
    world *w = *state;
    orx_git *g = NULL;
    const char *from = NULL;
    const char *to = moved(w, &g, &from);
    assert_int_equal(orx_git_advance(g, "main", from, to, &w->err), 0);
    /* Files were written, the index was not. */
    w_write(w, "repo/new.txt", "new\n");
    w_write(w, "repo/a.txt", "to\n");
    w_write(w, "repo/notes", "mine");
    assert_int_equal(orx_git_follow(g, from, to, &w->err), 0);
    assert_false(w_exists(w, "repo/b.txt"));
    assert_string_equal(w_read(w, "repo/notes"), "mine");
    assert_int_equal(w_status(w, g).count, 1); /* notes */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(commits_are_written_anew_and_the_branch_stays),
        WORLD_TEST(a_conflict_names_its_files_and_leaves_the_bench_usable),
        WORLD_TEST(nobodys_worktree_is_taken_for_a_bench),
        WORLD_TEST(a_branch_moves_only_from_where_it_is_said_to_be),
        WORLD_TEST(a_worktree_follows_and_keeps_what_is_not_tracked),
        WORLD_TEST(what_is_in_the_way_is_named_and_stays),
        WORLD_TEST(a_checkout_that_stopped_half_way_is_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
