/* Status, changes, commits and history. */
#include "world.h"

#include <stdio.h>

static void status_lists_what_is_not_committed(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/gone.txt", "x\n");
    w_write(w, "repo/.gitignore", "*.o\nbuild/\n");
    w_commit(w, g, "more");
    assert_int_equal(w_status(w, g).count, 0);
    w_write(w, "repo/a.txt", "changed\n");
    w_remove(w, "repo/gone.txt");
    w_write(w, "repo/new/one.txt", "x\n");
    w_write(w, "repo/x.o", "x");
    w_write(w, "repo/build/y", "x");
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, 3);
    assert_string_equal(s.entries[0].path, "a.txt");
    assert_int_equal(s.entries[0].kind, ORX_GIT_MODIFIED);
    assert_string_equal(s.entries[1].path, "gone.txt");
    assert_int_equal(s.entries[1].kind, ORX_GIT_DELETED);
    assert_string_equal(s.entries[2].path, "new/one.txt");
    assert_int_equal(s.entries[2].kind, ORX_GIT_UNTRACKED);
    assert_null(s.upstream);
    assert_false(s.compared);
}

static void status_of_unusual_names(void **state) {
    world *w = *state;
    const char *names[] = {"-dash",  "a \"quoted\"", "line\nbreak",
                           "sp ace", "\xc3\xbc.txt", "\xff\xfe"};
    orx_git *g = w_repo(w, "repo");
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        w_write(w, orx_arena_printf(&w->arena, "repo/%s", names[i]), "x\n");
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, ORX_ARRAY_LEN(names));
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        assert_non_null(w_entry(s.entries, s.count, names[i]));
    w_commit(w, g, "unusual");
    assert_int_equal(w_status(w, g).count, 0);
}

static void a_changed_mode_is_a_change(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write_bytes(w, "repo/a.txt", orx_view_of("one\n"), 0755);
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.entries[0].kind, ORX_GIT_MODIFIED);
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.entries[0].old_mode, ORX_GIT_MODE_FILE);
    assert_int_equal(c.entries[0].mode, ORX_GIT_MODE_EXEC);
    assert_int_equal(c.added + c.deleted, 0);
    w_commit(w, g, "executable");
    assert_int_equal(w_status(w, g).count, 0);
}

static void a_nested_repository_is_one_entry(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_repo(w, "repo/inner");
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.entries[0].path, "inner/");
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.entries[0].mode, ORX_GIT_MODE_GITLINK);
    assert_int_equal(c.entries[0].kind, ORX_GIT_UNTRACKED);
}

static void changes_see_commits_and_the_worktree_alike(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/keep.txt", "k\n");
    w_write(w, "repo/gone.txt", "1\n2\n3\n");
    const char *base = w_commit(w, g, "base");
    assert_int_equal(w_changes(w, g, base).count, 0);
    w_write(w, "repo/committed.txt", "1\n2\n");
    w_remove(w, "repo/gone.txt");
    w_commit(w, g, "by the agent");
    w_write(w, "repo/a.txt", "one\ntwo\nthree");
    w_write(w, "repo/dir/new.txt", "n\nn");
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 4);
    const orx_git_entry *a = w_entry(c.entries, c.count, "a.txt");
    assert_int_equal(a->kind, ORX_GIT_MODIFIED);
    assert_int_equal(a->added, 2);
    assert_int_equal(a->deleted, 0);
    const orx_git_entry *made = w_entry(c.entries, c.count, "committed.txt");
    assert_int_equal(made->kind, ORX_GIT_ADDED);
    assert_int_equal(made->added, 2);
    assert_int_equal(made->old_mode, 0);
    assert_int_equal(made->mode, ORX_GIT_MODE_FILE);
    const orx_git_entry *fresh = w_entry(c.entries, c.count, "dir/new.txt");
    assert_int_equal(fresh->kind, ORX_GIT_UNTRACKED);
    assert_int_equal(fresh->added, 2);
    assert_int_equal(fresh->mode, ORX_GIT_MODE_FILE);
    const orx_git_entry *gone = w_entry(c.entries, c.count, "gone.txt");
    assert_int_equal(gone->kind, ORX_GIT_DELETED);
    assert_int_equal(gone->deleted, 3);
    assert_int_equal(gone->mode, 0);
    assert_int_equal(c.added, 6);
    assert_int_equal(c.deleted, 3);
}

static void a_rename_shows_both_paths(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_remove(w, "repo/a.txt");
    w_write(w, "repo/b.txt", "one\n");
    w_commit(w, g, "renamed");
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 2);
    assert_int_equal(c.entries[0].kind, ORX_GIT_DELETED);
    assert_string_equal(c.entries[1].path, "b.txt");
    assert_int_equal(c.entries[1].kind, ORX_GIT_ADDED);
}

static void undone_work_is_no_change(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/a.txt", "two\n");
    w_commit(w, g, "there");
    w_write(w, "repo/a.txt", "one\n");
    assert_int_equal(w_changes(w, g, base).count, 0);
    assert_int_equal(w_status(w, g).count, 1);
}

static void binary_files_have_no_line_counts(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write_bytes(w, "repo/old.bin", orx_view_mem("a\0b\n", 4), 0644);
    const char *base = w_commit(w, g, "binary");
    w_write_bytes(w, "repo/old.bin", orx_view_mem("a\0c\nd\n", 6), 0644);
    w_write_bytes(w, "repo/new.bin", orx_view_mem("\0\n\n", 3), 0644);
    w_write(w, "repo/empty", "");
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 3);
    assert_true(w_entry(c.entries, c.count, "old.bin")->binary);
    assert_true(w_entry(c.entries, c.count, "new.bin")->binary);
    assert_false(w_entry(c.entries, c.count, "empty")->binary);
    assert_int_equal(c.added + c.deleted, 0);
}

static void changes_since_the_empty_tree(void **state) {
    world *w = *state;
    w_init(w, "repo");
    w_write(w, "repo/x", "1\n2\n");
    orx_git *g = w_open(w, "repo");
    orx_git_changes c = w_changes(w, g, "");
    assert_int_equal(c.count, 1);
    assert_int_equal(c.entries[0].kind, ORX_GIT_UNTRACKED);
    assert_int_equal(c.added, 2);
    w_commit(w, g, "first");
    c = w_changes(w, g, "");
    assert_int_equal(c.count, 1);
    assert_int_equal(c.entries[0].kind, ORX_GIT_ADDED);
}

static void changes_need_a_real_base(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    orx_git_changes c = {.count = 77};
    assert_fails(w, ORX_E_NOT_FOUND, "nosuch",
                 orx_git_changes_since(g, "nosuch", &w->arena, &c, &w->err));
    assert_fails(w, ORX_E_INVALID, "--cached",
                 orx_git_changes_since(g, "--cached", &w->arena, &c, &w->err));
    assert_int_equal(c.count, 77);
}

static void counts_lines_as_git_does(void **state) {
    world *w = *state;
    static const struct {
        const char *before, *after;
        int added, deleted;
    } cases[] = {{"a\nb\nc\nd\n", "a\nX\nc\nd\n", 1, 1},
                 {"a\nb\nc\n", "c\n", 0, 2},
                 {"a\nb", "a\nb\n", 1, 1},
                 {"", "x\ny\n", 2, 0},
                 {"a\nb\nc\nd\ne\n", "e\nd\nc\nb\na\n", 4, 4},
                 {"1\n2\n3\n4\n5\n6\n", "0\n1\n3\n4\n6\n7\n", 2, 2}};
    orx_git *g = w_repo(w, "repo");
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        w_write(w, orx_arena_printf(&w->arena, "repo/f%zu", i), cases[i].before);
    const char *base = w_commit(w, g, "before");
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        w_write(w, orx_arena_printf(&w->arena, "repo/f%zu", i), cases[i].after);
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, ORX_ARRAY_LEN(cases));
    for (size_t i = 0; i < c.count; i++) {
        assert_int_equal(c.entries[i].added, cases[i].added);
        assert_int_equal(c.entries[i].deleted, cases[i].deleted);
    }
}

/* ---- Commits ------------------------------------------------------------------------------ */

static void a_delivery_holds_everything_and_its_trailers(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git_log log;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/.gitignore", "*.log\n");
    w_write(w, "repo/sub/new.txt", "n\n");
    w_write(w, "repo/x.log", "ignored\n");
    w_remove(w, "repo/a.txt");
    orx_git_delivery d = {
        .message = orx_view_of("Do the thing\n\nBecause.\n"), .task = "T-1", .attempt = "T-1#2"};
    assert_int_equal(orx_git_commit_all(g, &d, sha, &w->err), 1);
    assert_string_equal(sha, w_head(w, g));
    assert_int_equal(w_status(w, g).count, 0);
    assert_true(w_exists(w, "repo/x.log"));
    assert_ok(orx_git_log_of(g, base, NULL, 10, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.count, 1);
    assert_string_equal(log.commits[0].sha, sha);
    assert_string_equal(log.commits[0].subject, "Do the thing");
    assert_string_equal(log.commits[0].task, "T-1");
    assert_string_equal(log.commits[0].attempt, "T-1#2");
    assert_int_equal(log.commits[0].parents, 1);
    orx_git_changes c = w_changes(w, g, base);
    assert_int_equal(c.count, 3);
    assert_null(w_entry(c.entries, c.count, "x.log"));
}

static void nothing_to_commit_is_no_error(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA] = "kept";
    orx_git *g = w_repo(w, "repo");
    const char *head = w_head(w, g);
    orx_git_delivery d = {.message = orx_view_of("nothing"), .task = "T"};
    assert_int_equal(orx_git_commit_all(g, &d, sha, &w->err), 0);
    assert_string_equal(sha, "kept");
    assert_string_equal(w_head(w, g), head);
    w_init(w, "fresh");
    orx_git *unborn = w_open(w, "fresh");
    assert_int_equal(orx_git_commit_all(unborn, &d, sha, &w->err), 0);
}

static void refuses_messages_that_cannot_be(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/x", "x");
    orx_git_delivery bad[] = {{.message = orx_view_of(" \n\n")},
                              {.message = orx_view_mem("a\0b", 3)},
                              {.message = orx_view_of("m"), .task = ""},
                              {.message = orx_view_of("m"), .task = "a\nOrxaq-Attempt: b"},
                              {.message = orx_view_of("m"), .attempt = " x"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_fails(w, ORX_E_INVALID, "commit", orx_git_commit_all(g, &bad[i], sha, &w->err));
    assert_int_equal(w_status(w, g).count, 1);
}

static void a_held_index_lock_is_busy(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/x", "x");
    w_write(w, "repo/.git/index.lock", "");
    orx_git_delivery d = {.message = orx_view_of("m")};
    assert_fails(w, ORX_E_BUSY, "index.lock", orx_git_commit_all(g, &d, sha, &w->err));
    w_remove(w, "repo/.git/index.lock");
    assert_int_equal(orx_git_commit_all(g, &d, sha, &w->err), 1);
}

/* ---- History ------------------------------------------------------------------------------ */

static const char *deliver(world *w, orx_git *g, const char *attempt) {
    char sha[ORX_GIT_SHA];
    w_write(w, "repo/a.txt", attempt);
    orx_git_delivery d = {.message = orx_view_of("Work"), .task = "T", .attempt = attempt};
    assert_int_equal(orx_git_commit_all(g, &d, sha, &w->err), 1);
    return orx_arena_strdup(&w->arena, sha);
}

static void the_log_is_bounded_and_newest_first(void **state) {
    world *w = *state;
    orx_git_log log;
    orx_git *g = w_repo(w, "repo");
    const char *first = w_head(w, g);
    const char *two = deliver(w, g, "T#1");
    const char *three = deliver(w, g, "T#2");
    assert_ok(orx_git_log_of(g, NULL, NULL, 2, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.count, 2);
    assert_true(log.more);
    assert_string_equal(log.commits[0].sha, three);
    assert_string_equal(log.commits[1].sha, two);
    assert_ok(orx_git_log_of(g, "", "HEAD", 3, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.count, 3);
    assert_false(log.more);
    assert_string_equal(log.commits[2].sha, first);
    assert_int_equal(log.commits[2].parents, 0);
    assert_null(log.commits[2].task);
    assert_null(log.commits[2].attempt);
    assert_ok(orx_git_log_of(g, three, NULL, 3, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.count, 0);
    assert_ok(orx_git_log_of(g, first, two, 3, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.count, 1);
    assert_fails(w, ORX_E_INVALID, "0 commits",
                 orx_git_log_of(g, NULL, NULL, 0, &w->arena, &log, &w->err));
    assert_fails(w, ORX_E_NOT_FOUND, "nosuch",
                 orx_git_log_of(g, "nosuch", NULL, 1, &w->arena, &log, &w->err));
}

static void finds_the_commit_of_an_attempt(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA] = "kept";
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    const char *one = deliver(w, g, "T#1");
    const char *eleven = deliver(w, g, "T#11");
    assert_int_equal(orx_git_find_attempt(g, base, NULL, "T#1", sha, &w->err), 1);
    assert_string_equal(sha, one);
    assert_int_equal(orx_git_find_attempt(g, NULL, "HEAD", "T#11", sha, &w->err), 1);
    assert_string_equal(sha, eleven);
    snprintf(sha, sizeof sha, "kept");
    assert_int_equal(orx_git_find_attempt(g, base, NULL, "T#", sha, &w->err), 0);
    assert_int_equal(orx_git_find_attempt(g, base, NULL, "t#1", sha, &w->err), 0);
    assert_int_equal(orx_git_find_attempt(g, one, NULL, "T#1", sha, &w->err), 0);
    assert_int_equal(orx_git_find_attempt(g, base, one, "T#11", sha, &w->err), 0);
    assert_int_equal(orx_git_find_attempt(g, base, NULL, "T.1", sha, &w->err), 0);
    assert_string_equal(sha, "kept");
    assert_fails(w, ORX_E_INVALID, "one line",
                 orx_git_find_attempt(g, base, NULL, "a\nb", sha, &w->err));
}

static void a_mention_of_an_attempt_is_not_its_trailer(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/a.txt", "x");
    w_commit(w, g, "Talk\n\nOrxaq-Attempt: T#1 is what this is about\n\nThe end");
    w_write(w, "repo/a.txt", "y");
    w_commit(w, g, "Talk\n\nOrxaq-Attempt: T#1\n\nMore text after it");
    assert_int_equal(orx_git_find_attempt(g, NULL, NULL, "T#1", sha, &w->err), 0);
    w_write(w, "repo/a.txt", "z");
    const char *squash = w_commit(w, g, "Squash\n\nOrxaq-Attempt: T#1\nOrxaq-Attempt: T#2");
    assert_int_equal(orx_git_find_attempt(g, NULL, NULL, "T#1", sha, &w->err), 1);
    assert_string_equal(sha, squash);
    orx_git_log log;
    assert_ok(orx_git_log_of(g, NULL, NULL, 1, &w->arena, &log, &w->err), &w->err);
    assert_string_equal(log.commits[0].attempt, "T#2");
}

static void ancestry(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_branch_create(g, "side", base, &w->err), &w->err);
    const char *one = deliver(w, g, "T#1");
    assert_int_equal(orx_git_is_ancestor(g, base, one, &w->err), 1);
    assert_int_equal(orx_git_is_ancestor(g, one, base, &w->err), 0);
    assert_int_equal(orx_git_is_ancestor(g, one, one, &w->err), 1);
    assert_int_equal(orx_git_is_ancestor(g, "side", "HEAD", &w->err), 1);
    w_write(w, "repo/.git/HEAD", "ref: refs/heads/side\n");
    const char *other = deliver(w, g, "T#2");
    assert_int_equal(orx_git_is_ancestor(g, one, other, &w->err), 0);
    assert_int_equal(orx_git_is_ancestor(g, other, one, &w->err), 0);
    assert_fails(w, ORX_E_NOT_FOUND, "nosuch", orx_git_is_ancestor(g, "nosuch", one, &w->err));
    orx_git_log log;
    assert_ok(orx_git_log_of(g, "main", "side", 9, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.count, 1);
    assert_string_equal(log.commits[0].sha, other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(status_lists_what_is_not_committed),
        WORLD_TEST(status_of_unusual_names),
        WORLD_TEST(a_changed_mode_is_a_change),
        WORLD_TEST(a_nested_repository_is_one_entry),
        WORLD_TEST(changes_see_commits_and_the_worktree_alike),
        WORLD_TEST(a_rename_shows_both_paths),
        WORLD_TEST(undone_work_is_no_change),
        WORLD_TEST(binary_files_have_no_line_counts),
        WORLD_TEST(changes_since_the_empty_tree),
        WORLD_TEST(changes_need_a_real_base),
        WORLD_TEST(counts_lines_as_git_does),
        WORLD_TEST(a_delivery_holds_everything_and_its_trailers),
        WORLD_TEST(nothing_to_commit_is_no_error),
        WORLD_TEST(refuses_messages_that_cannot_be),
        WORLD_TEST(a_held_index_lock_is_busy),
        WORLD_TEST(the_log_is_bounded_and_newest_first),
        WORLD_TEST(finds_the_commit_of_an_attempt),
        WORLD_TEST(a_mention_of_an_attempt_is_not_its_trailer),
        WORLD_TEST(ancestry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
