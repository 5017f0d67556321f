/* A git that answers rubbish, dies, or floods: every verb fails cleanly and touches nothing. The
 * fake is a script that prints what a file holds. */
#include "world.h"

#include <stdio.h>

typedef enum verb { STATUS, CHANGES, LOG, FIND, RESOLVE, LIST, ANCESTOR, EXISTS, VERBS } verb;

/* From now on git prints `out`, says `said` and ends with `code`. */
static void answer(world *w, orx_view out, const char *said, int code) {
    w_write_bytes(w, "answer", out, 0644);
    w_write_bytes(
        w, "bin/git",
        orx_view_of(orx_arena_printf(&w->arena, "#!/bin/sh\n/bin/cat %s\necho '%s' >&2\nexit %d\n",
                                     w_path(w, "answer"), said, code)),
        0755);
}

static orx_git *with_fake(world *w) {
    w_repo(w, "repo");
    orx_git *g = w_open(w, "repo");
    orx_git_close(g);
    w->open_count--;
    w_write(w, "bin/keep", "");
    const char *real = w->env[0] + strlen("PATH=");
    W_RUN(w, w->dir, "sh", "-c", "ln -s \"$(command -v git)\" bin/git");
    w->env[0] = orx_arena_printf(&w->arena, "PATH=%s:%s", w_path(w, "bin"), real);
    return w_open(w, "repo");
}

static int ask(world *w, orx_git *g, verb v) {
    static const char sha[] = "0123456789012345678901234567890123456789";
    char out[ORX_GIT_SHA] = "kept";
    orx_git_status s = {.count = 99};
    orx_git_changes c = {.count = 99};
    orx_git_log l = {.count = 99};
    orx_git_worktrees t = {.count = 99};
    int rc = 0;
    w->err.msg[0] = '\0';
    if (v == STATUS)
        rc = orx_git_status_of(g, &w->arena, &s, &w->err);
    else if (v == CHANGES)
        rc = orx_git_changes_since(g, sha, &w->arena, &c, &w->err);
    else if (v == LOG)
        rc = orx_git_log_of(g, NULL, NULL, 5, &w->arena, &l, &w->err);
    else if (v == FIND)
        rc = orx_git_find_attempt(g, NULL, NULL, "a", out, &w->err);
    else if (v == RESOLVE)
        rc = orx_git_resolve(g, "x", out, &w->err);
    else if (v == LIST)
        rc = orx_git_worktree_list(g, &w->arena, &t, &w->err);
    else if (v == ANCESTOR)
        rc = orx_git_is_ancestor(g, "a", "b", &w->err);
    else
        rc = orx_git_branch_exists(g, "b", &w->err);
    if (rc < 0) {
        assert_string_equal(out, "kept");
        assert_true((s.count == 99) + (c.count == 99) + (l.count == 99) + (t.count == 99) == 4);
        assert_true(w->err.msg[0] != '\0');
    }
    return rc;
}

static void a_failing_git_is_quoted(void **state) {
    world *w = *state;
    orx_git *g = with_fake(w);
    answer(w, orx_view_of(""), "fatal: the sky is falling", 128);
    for (int v = 0; v < VERBS; v++) {
        assert_int_equal(ask(w, g, (verb)v), ORX_E_CHILD);
        assert_contains(w->err.msg, "the sky is falling");
        assert_contains(w->err.msg, "exit code 128");
        assert_contains(w->err.msg, w_path(w, "repo"));
    }
    answer(w, orx_view_of(""), "usage: git", 129);
    for (int v = 0; v < VERBS; v++) {
        assert_int_equal(ask(w, g, (verb)v), ORX_E_UNSUPPORTED);
        assert_contains(w->err.msg, "2.36");
    }
}

static void a_killed_git_is_an_error(void **state) {
    world *w = *state;
    orx_git *g = with_fake(w);
    w_write_bytes(w, "bin/git", orx_view_of("#!/bin/sh\nkill -9 $$\n"), 0755);
    for (int v = 0; v < VERBS; v++) {
        assert_int_equal(ask(w, g, (verb)v), ORX_E_CHILD);
        assert_contains(w->err.msg, "signal 9");
    }
}

typedef struct rubbish {
    verb v;
    const char *text;
    size_t len;
} rubbish;

#define RUBBISH(v, text)                                                                           \
    { (v), (text), sizeof(text) - 1 }

static void rubbish_is_refused(void **state) {
    world *w = *state;
    static const rubbish cases[] = {
        RUBBISH(STATUS, "x"),
        RUBBISH(STATUS, "1 M. N... 100644\0"),
        RUBBISH(STATUS, "1 M. N... 100644 100644 100644 a b \0"),
        RUBBISH(STATUS, "2 R. N... 100644 100644 100644 a b R100 to\0"),
        RUBBISH(STATUS, "u UU N...\0"),
        RUBBISH(STATUS, "?\0"),
        RUBBISH(STATUS, "# branch.ab +x -1\0"),
        RUBBISH(STATUS, "# branch.ab +1\0"),
        RUBBISH(CHANGES, ":100644"),
        RUBBISH(CHANGES, ":100644 100644 a b M\0"),
        RUBBISH(CHANGES, ":9 100644 a b M\0path\0"),
        RUBBISH(CHANGES, ":12345678 100644 a b M\0path\0"),
        RUBBISH(CHANGES, "1\0"),
        RUBBISH(CHANGES, ":100644 100644 a b M\0p\0x\t1\tp\0"),
        RUBBISH(LOG, "notahash\0\0s\0\0\0"),
        RUBBISH(LOG, "0123456789012345678901234567890123456789\0\0s\0"),
        RUBBISH(FIND, "0123456789012345678901234567890123456789"),
        RUBBISH(RESOLVE, "not an id\n"),
        RUBBISH(RESOLVE, ""),
    };
    orx_git *g = with_fake(w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        answer(w, orx_view_mem(cases[i].text, cases[i].len), "", 0);
        if (ask(w, g, cases[i].v) >= 0)
            fail_msg("case %zu was taken", i);
    }
}

static void newer_answers_are_tolerated(void **state) {
    world *w = *state;
    orx_git *g = with_fake(w);
    static const char text[] = "# stash 3\0# branch.new thing\0! ignored\0"
                               "# branch.oid (initial)\0# branch.head (detached)\0% new kind\0"
                               "1 .A N... 000000 000000 100644 a b intent\0"
                               "u DU N... 1 2 3 4 a b c unmerged path\0";
    answer(w, orx_view_mem(text, sizeof text - 1), "", 0);
    orx_git_status s = w_status(w, g);
    assert_int_equal(s.count, 2);
    assert_string_equal(s.head, "");
    assert_null(s.branch);
    assert_int_equal(w_entry(s.entries, s.count, "intent")->kind, ORX_GIT_ADDED);
    assert_int_equal(w_entry(s.entries, s.count, "unmerged path")->kind, ORX_GIT_CONFLICTED);
    static const char trees[] = "worktree /x\0HEAD 0000000000000000000000000000000000000000\0"
                                "branch refs/heads/b\0new thing\0locked because\0\0"
                                "worktree /y\0detached\0prunable gone\0\0";
    orx_git_worktrees all;
    answer(w, orx_view_mem(trees, sizeof trees - 1), "", 0);
    assert_ok(orx_git_worktree_list(g, &w->arena, &all, &w->err), &w->err);
    assert_int_equal(all.count, 2);
    assert_string_equal(all.items[0].head, "");
    assert_true(all.items[0].locked && !all.items[0].initializing);
    assert_true(all.items[1].missing);
    assert_null(all.items[1].branch);
}

/* Random bytes, and valid answers with bytes changed. */
static void no_answer_breaks_a_reader(void **state) {
    world *w = *state;
    static const char valid[] =
        "# branch.oid 0123456789012345678901234567890123456789\0# branch.ab +1 -2\0"
        "1 M. N... 100644 100644 100644 a b path\0"
        "2 R. N... 100644 100644 100644 a b R100 to\0from\0"
        ":100644 100644 a b M\0path\0"
        "1\t2\tpath\0worktree /x\0branch refs/heads/b\0";
    orx_git *g = with_fake(w);
    uint32_t seed = 9;
    for (int round = 0; round < 60; round++) {
        char bytes[sizeof valid];
        memcpy(bytes, valid, sizeof valid);
        for (int i = 0; i < 6; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[(seed >> 8) % sizeof bytes] = "\0 \t:12u?#\n\xff"[(seed >> 20) % 11];
        }
        seed = seed * 1664525u + 1013904223u;
        answer(w, orx_view_mem(bytes, (seed >> 8) % sizeof bytes), "", 0);
        ask(w, g, (verb)(round % 5 == 4 ? LIST : round % 5));
    }
}

static void a_flood_is_cut_off(void **state) {
    world *w = *state;
    w->options.output_max = 100000;
    orx_git *g = with_fake(w);
    w_write_bytes(w, "bin/git", orx_view_of("#!/bin/sh\nexec yes\n"), 0755);
    for (int v = STATUS; v <= FIND; v++) {
        assert_int_equal(ask(w, g, (verb)v), ORX_E_LIMIT);
        assert_contains(w->err.msg, "100000 bytes");
    }
}

static void opening_reads_answers_with_care(void **state) {
    world *w = *state;
    orx_git *g = NULL;
    with_fake(w);
    static const char *const texts[] = {"", "true\n", "false\ntrue\nsha1\n/a\n/b\n",
                                        "false\ntrue\nsha1\n/a\n/b\nrelative\n/c\n",
                                        "false\nfalse\nsha1\n/a\n/b\n/b/hooks\n"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        answer(w, orx_view_of(texts[i]), "", 0);
        assert_int_equal(orx_git_open(w->p, w_path(w, "repo"), &w->options, &g, &w->err),
                         ORX_E_INVALID);
    }
    answer(w, orx_view_of(""), "fatal: detected dubious ownership in repository at /x", 128);
    assert_fails(w, ORX_E_DENIED, "dubious ownership",
                 orx_git_open(w->p, w_path(w, "repo"), &w->options, &g, &w->err));
    assert_null(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_failing_git_is_quoted),
        WORLD_TEST(a_killed_git_is_an_error),
        WORLD_TEST(rubbish_is_refused),
        WORLD_TEST(newer_answers_are_tolerated),
        WORLD_TEST(no_answer_breaks_a_reader),
        WORLD_TEST(a_flood_is_cut_off),
        WORLD_TEST(opening_reads_answers_with_care),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
