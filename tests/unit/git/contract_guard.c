/* The fingerprint of what git runs, and locks that were left behind. */
#include "world.h"

static const char *print(world *w, orx_git *g) {
    char hex[ORX_SHA256_HEX];
    assert_ok(orx_git_fingerprint(g, hex, &w->err), &w->err);
    return orx_arena_strdup(&w->arena, hex);
}

static void config_text(world *w, const char *text) {
    w_write(w, "repo/.git/config", orx_arena_printf(&w->arena, "[core]\n\tbare = false\n%s", text));
}

static void the_fingerprint_is_stable(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *one = print(w, g);
    assert_int_equal(strlen(one), 64);
    w_write(w, "repo/a.txt", "two\n");
    w_commit(w, g, "work");
    assert_ok(orx_git_branch_create(g, "b", "HEAD", &w->err), &w->err);
    assert_string_equal(print(w, g), one);
    assert_string_equal(print(w, w_open(w, "repo")), one);
}

static void the_fingerprint_sees_configuration(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *texts[] = {
        "",
        "[core]\n\tsshCommand = evil\n",
        "[filter \"x\"]\n\tclean = evil\n",
        "[branch \"x\"]\n\tremote = https://example.org/evil\n",
        "[branch \"x\"]\n\tmerge = refs/heads/x\n\tpushRemote = evil\n",
        "[branch \"x\"]\n\tremote = origin ; more\n",
        "[branch \"$(evil)\"]\n\tremote = origin\n",
        "[alias]\n\tx = !a \\\n[branch \"x\"]\n\tremote = origin\n",
        "[alias]\n\tx = !a \\\n",
        "[branch \"x\"] remote = evil\n",
        "[include]\n\tpath = other\n",
    };
    const char *seen[ORX_ARRAY_LEN(texts)];
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        config_text(w, texts[i]);
        seen[i] = print(w, g);
        for (size_t j = 0; j < i; j++)
            if (strcmp(seen[i], seen[j]) == 0)
                fail_msg("not told apart: \"%s\" and \"%s\"", texts[i], texts[j]);
    }
}

static void another_lanes_push_does_not_change_it(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    config_text(w, "[remote \"origin\"]\n\turl = /x\n");
    const char *one = print(w, g);
    config_text(w, "[remote \"origin\"]\n\turl = /x\n[branch \"lane/a.b_c\"]\n"
                   "\tremote = origin\n\tmerge = refs/heads/lane/a.b_c\n[branch \"y\"]\n");
    assert_string_equal(print(w, g), one);
    config_text(w, "[remote \"origin\"]\n[branch \"y\"]\n\turl = /x\n");
    assert_string_not_equal(print(w, g), one);
}

static void the_fingerprint_follows_includes(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    config_text(w, "[include]\n\tpath = ../team.config\n");
    const char *missing = print(w, g);
    w_write(w, "repo/team.config", "[alias]\n\tx = y\n");
    const char *there = print(w, g);
    assert_string_not_equal(there, missing);
    w_write(w, "repo/team.config", "[alias]\n\tx = z\n");
    assert_string_not_equal(print(w, g), there);
    /* A circle ends. */
    w_write(w, "repo/team.config", "[includeIf \"gitdir:x\"]\n\tpath = team.config\n");
    print(w, g);
}

static void the_fingerprint_sees_hooks(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *none = print(w, g);
    w_write_bytes(w, "repo/.git/hooks/pre-commit", orx_view_of("#!/bin/sh\n"), 0644);
    const char *there = print(w, g);
    assert_string_not_equal(there, none);
    w_write_bytes(w, "repo/.git/hooks/pre-commit", orx_view_of("#!/bin/sh\n"), 0755);
    const char *runs = print(w, g);
    assert_string_not_equal(runs, there);
    w_write_bytes(w, "repo/.git/hooks/pre-commit", orx_view_of("#!/bin/sh\n#"), 0755);
    assert_string_not_equal(print(w, g), runs);
    w_remove(w, "repo/.git/hooks/pre-commit");
    assert_string_equal(print(w, g), none);
    w_write(w, "repo/.git/hooks/lib/helper", "x");
    const char *deep = print(w, g);
    w_write(w, "repo/.git/hooks/lib/helper", "y");
    assert_string_not_equal(print(w, g), deep);
}

static void a_linked_worktree_has_its_own_part(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    assert_ok(orx_git_worktree_add(g, w_path(w, "lane"), "lane", "HEAD", &w->err), &w->err);
    orx_git *lane = w_open(w, "lane");
    const char *one = print(w, lane);
    w_write(w, "repo/.git/worktrees/lane/config.worktree", "[core]\n\tx = y\n");
    assert_string_not_equal(print(w, lane), one);
    w_remove(w, "repo/.git/worktrees/lane/config.worktree");
    assert_string_equal(print(w, lane), one);
    config_text(w, "[alias]\n\tx = y\n");
    assert_string_not_equal(print(w, lane), one);
}

static void too_many_hooks_are_refused(void **state) {
    world *w = *state;
    char hex[ORX_SHA256_HEX] = "kept";
    if (w->kind != WORLD_SIM)
        skip(); /* files only, and the simulated ones are quick */
    orx_git *g = w_repo(w, "repo");
    for (int i = 0; i < 1001; i++)
        w_write(w, orx_arena_printf(&w->arena, "repo/.git/hooks/h%d", i), "");
    assert_fails(w, ORX_E_LIMIT, "hooks", orx_git_fingerprint(g, hex, &w->err));
    assert_string_equal(hex, "kept");
}

/* ---- Locks -------------------------------------------------------------------------------- */

static orx_git_locks heal(world *w, orx_git *g, int64_t limit_ns) {
    orx_git_locks locks = {0};
    assert_ok(orx_git_heal(g, limit_ns, &w->arena, &locks, &w->err), &w->err);
    return locks;
}

/* Young locks stay; the age comes from the caller's limit, so a limit of 0 stands for old. A26 is
 * tested with real ages in test_locks.c. */
static void a_young_lock_is_kept(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    assert_int_equal(heal(w, g, 300 * ORX_SEC).count, 0);
    w_write(w, "repo/.git/index.lock", "");
    orx_git_locks locks = heal(w, g, 300 * ORX_SEC);
    assert_int_equal(locks.count, 1);
    assert_int_equal(locks.removed, 0);
    assert_string_equal(locks.items[0].path, w_path(w, "repo/.git/index.lock"));
    assert_contains(locks.items[0].why, "younger than 300 s");
    assert_true(w_exists(w, "repo/.git/index.lock"));
}

static void every_kind_of_lock_is_found(void **state) {
    world *w = *state;
    static const char *const names[] = {"index.lock",
                                        "HEAD.lock",
                                        "config.lock",
                                        "packed-refs.lock",
                                        "shallow.lock",
                                        "refs/heads/a/b.lock",
                                        "worktrees/lane/index.lock",
                                        "worktrees/lane/HEAD.lock"};
    orx_git *g = w_repo(w, "repo");
    assert_ok(orx_git_worktree_add(g, w_path(w, "lane"), "lane", "HEAD", &w->err), &w->err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        w_write(w, orx_arena_printf(&w->arena, "repo/.git/%s", names[i]), "");
    orx_git_locks locks = heal(w, w_open(w, "lane"), 0);
    assert_int_equal(locks.count, ORX_ARRAY_LEN(names));
    assert_int_equal(locks.removed, ORX_ARRAY_LEN(names));
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        assert_false(w_exists(w, orx_arena_printf(&w->arena, "repo/.git/%s", names[i])));
    w_write(w, "repo/a.txt", "after\n");
    w_commit(w, g, "works again");
}

static void what_only_looks_like_a_lock_stays(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/index.lock", "the project's own\n");
    w_write(w, "repo/.git/orxaq-worktree.lock", "");
    w_write(w, "repo/.git/index.lock/file", "a directory\n");
    orx_git_locks locks = heal(w, g, 0);
    assert_int_equal(locks.count, 0);
    assert_true(w_exists(w, "repo/index.lock"));
    assert_true(w_exists(w, "repo/.git/orxaq-worktree.lock"));
    assert_true(w_exists(w, "repo/.git/index.lock/file"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_fingerprint_is_stable),
        WORLD_TEST(the_fingerprint_sees_configuration),
        WORLD_TEST(another_lanes_push_does_not_change_it),
        WORLD_TEST(the_fingerprint_follows_includes),
        WORLD_TEST(the_fingerprint_sees_hooks),
        WORLD_TEST(a_linked_worktree_has_its_own_part),
        WORLD_TEST(too_many_hooks_are_refused),
        WORLD_TEST(a_young_lock_is_kept),
        WORLD_TEST(every_kind_of_lock_is_found),
        WORLD_TEST(what_only_looks_like_a_lock_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
