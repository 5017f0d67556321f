/* Opening, HEAD, branches and revisions: the same answers from git and from the twin. */
#include "world.h"

#include <stdio.h>

static int try_open(world *w, const char *path, orx_git **ret) {
    if (w->kind == WORLD_TWIN)
        return orx_git_open_twin(w->p, path, &w->options, ret, &w->err);
    return orx_git_open(w->p, path, &w->options, ret, &w->err);
}

static void finds_the_root_from_anywhere_inside(void **state) {
    world *w = *state;
    w_repo(w, "repo");
    w_write(w, "repo/deep/er/x", "x");
    orx_git *g = w_open(w, "repo/deep/er");
    assert_string_equal(orx_git_root(g), w_path(w, "repo"));
    assert_string_equal(orx_git_dir(g), w_path(w, "repo/.git"));
    assert_string_equal(orx_git_common(g), w_path(w, "repo/.git"));
    assert_string_equal(orx_git_hooks(g), w_path(w, "repo/.git/hooks"));
    assert_false(orx_git_is_bare(g));
}

static void opens_a_bare_repository(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA] = "x";
    w_init_bare(w, "bare.git");
    orx_git *g = w_open(w, "bare.git");
    assert_true(orx_git_is_bare(g));
    assert_null(orx_git_root(g));
    assert_string_equal(orx_git_dir(g), w_path(w, "bare.git"));
    assert_int_equal(orx_git_head(g, sha, &w->err), 0);
    orx_git_status s;
    assert_fails(w, ORX_E_INVALID, "bare", orx_git_status_of(g, &w->arena, &s, &w->err));
    orx_git_changes c;
    assert_fails(w, ORX_E_INVALID, "bare", orx_git_changes_since(g, "", &w->arena, &c, &w->err));
}

static void sees_whether_one_is_there(void **state) {
    world *w = *state;
    (void)w_repo(w, "repo");
    w_init_bare(w, "bare");
    w_write(w, "repo/sub/deeper/file", "x");
    w_write(w, "none/file", "x");
    assert_true(orx_git_there(w->p, w_path(w, "repo")));
    assert_true(orx_git_there(w->p, w_path(w, "repo/sub/deeper")));
    assert_true(orx_git_there(w->p, w_path(w, "bare")));
    assert_false(orx_git_there(w->p, w_path(w, "repo/sub/deeper/file")));
    assert_false(orx_git_there(w->p, w_path(w, "none")));
    assert_false(orx_git_there(w->p, w_path(w, "nowhere")));
    assert_false(orx_git_there(w->p, ""));
    w_remove(w, "repo/.git");
    assert_false(orx_git_there(w->p, w_path(w, "repo")));
    w_write(w, "repo/.git/other", "x");
    assert_false(orx_git_there(w->p, w_path(w, "repo")));
}

static void says_what_is_wrong_with_a_path(void **state) {
    world *w = *state;
    orx_git *g = NULL;
    w_repo(w, "repo");
    w_write(w, "plain/file", "x");
    assert_fails(w, ORX_E_NOT_FOUND, "/nowhere does not exist",
                 try_open(w, w_path(w, "nowhere"), &g));
    assert_fails(w, ORX_E_NOT_FOUND, "not in a git repository",
                 try_open(w, w_path(w, "plain"), &g));
    assert_fails(w, ORX_E_INVALID, "not a directory", try_open(w, w_path(w, "plain/file"), &g));
    assert_fails(w, ORX_E_INVALID, "name the worktree itself",
                 try_open(w, w_path(w, "repo/.git"), &g));
    assert_fails(w, ORX_E_INVALID, "empty", try_open(w, "", &g));
    assert_null(g);
}

static void an_unborn_branch_has_a_name_but_no_commit(void **state) {
    world *w = *state;
    orx_str name = {0};
    char sha[ORX_GIT_SHA] = "x";
    w_init(w, "repo");
    orx_git *g = w_open(w, "repo");
    assert_int_equal(orx_git_head(g, sha, &w->err), 0);
    assert_string_equal(sha, "");
    assert_int_equal(orx_git_branch(g, &name, &w->err), 1);
    assert_string_equal(orx_str_cstr(&name), "main");
    assert_string_equal(w_status(w, g).head, "");
    assert_string_equal(w_status(w, g).branch, "main");
    assert_fails(w, ORX_E_NOT_FOUND, "HEAD", orx_git_resolve(g, "HEAD", sha, &w->err));
    orx_str_free(&name);
}

static void head_follows_commits(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *first = w_head(w, g);
    assert_int_equal(strlen(first), 40);
    w_write(w, "repo/a.txt", "two\n");
    const char *second = w_commit(w, g, "second");
    assert_string_not_equal(first, second);
    assert_string_equal(w_head(w, g), second);
    assert_string_equal(w_status(w, g).head, second);
}

static void a_detached_head_has_no_branch(void **state) {
    world *w = *state;
    orx_str name = {0};
    orx_git *g = w_repo(w, "repo");
    const char *sha = w_head(w, g);
    w_write(w, "repo/.git/HEAD", orx_arena_printf(&w->arena, "%s\n", sha));
    assert_int_equal(orx_git_branch(g, &name, &w->err), 0);
    assert_string_equal(orx_str_cstr(&name), "");
    assert_string_equal(w_head(w, g), sha);
    assert_null(w_status(w, g).branch);
    w_write(w, "repo/b.txt", "b\n");
    const char *next = w_commit(w, g, "detached");
    assert_string_equal(w_head(w, g), next);
    orx_str_free(&name);
}

static void a_broken_head_is_an_error(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/.git/HEAD", "rubbish\n");
    assert_fails(w, ORX_E_CORRUPT, "HEAD", orx_git_head(g, sha, &w->err));
    w_remove(w, "repo/.git/HEAD");
    assert_fails(w, ORX_E_NOT_FOUND, "HEAD", orx_git_head(g, sha, &w->err));
}

static void resolves_names(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA] = "kept";
    orx_git *g = w_repo(w, "repo");
    const char *head = w_head(w, g);
    const char *names[] = {"HEAD", "main", "refs/heads/main", head};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        assert_ok(orx_git_resolve(g, names[i], sha, &w->err), &w->err);
        assert_string_equal(sha, head);
    }
    snprintf(sha, sizeof sha, "kept");
    assert_fails(w, ORX_E_NOT_FOUND, "nosuch", orx_git_resolve(g, "nosuch", sha, &w->err));
    assert_fails(w, ORX_E_NOT_FOUND, "1111",
                 orx_git_resolve(g, "1111111111111111111111111111111111111111", sha, &w->err));
    assert_string_equal(sha, "kept");
}

static void refuses_what_is_no_revision(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    const char *bad[] = {"", "-q", "--all", "a..b", "a b", "a\nb", NULL};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_fails(w, ORX_E_INVALID, "revision", orx_git_resolve(g, bad[i], sha, &w->err));
}

static void makes_branches_once(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    const char *first = w_head(w, g);
    assert_int_equal(orx_git_branch_exists(g, "lane/one", &w->err), 0);
    assert_ok(orx_git_branch_create(g, "lane/one", "HEAD", &w->err), &w->err);
    assert_int_equal(orx_git_branch_exists(g, "lane/one", &w->err), 1);
    assert_ok(orx_git_resolve(g, "lane/one", sha, &w->err), &w->err);
    assert_string_equal(sha, first);
    assert_string_equal(w_status(w, g).branch, "main");
    assert_fails(w, ORX_E_EXISTS, "lane/one", orx_git_branch_create(g, "lane/one", first, &w->err));
    assert_fails(w, ORX_E_NOT_FOUND, "nosuch",
                 orx_git_branch_create(g, "other", "nosuch", &w->err));
    assert_fails(
        w, ORX_E_NOT_FOUND, "2222",
        orx_git_branch_create(g, "other", "2222222222222222222222222222222222222222", &w->err));
    assert_fails(w, ORX_E_INVALID, "a..b", orx_git_branch_create(g, "a..b", first, &w->err));
    assert_fails(w, ORX_E_INVALID, "-f", orx_git_branch_exists(g, "-f", &w->err));
}

static void notices_work_left_in_the_middle(void **state) {
    world *w = *state;
    static const struct {
        const char *file;
        unsigned flag;
    } marks[] = {
        {"MERGE_HEAD", ORX_GIT_IN_MERGE},         {"CHERRY_PICK_HEAD", ORX_GIT_IN_CHERRY_PICK},
        {"REVERT_HEAD", ORX_GIT_IN_REVERT},       {"BISECT_LOG", ORX_GIT_IN_BISECT},
        {"rebase-merge/done", ORX_GIT_IN_REBASE}, {"rebase-apply/next", ORX_GIT_IN_REBASE}};
    orx_git *g = w_repo(w, "repo");
    assert_int_equal(orx_git_in_progress(g), 0);
    for (size_t i = 0; i < ORX_ARRAY_LEN(marks); i++) {
        const char *path = orx_arena_printf(&w->arena, "repo/.git/%s", marks[i].file);
        w_write(w, path, "x\n");
        assert_int_equal(orx_git_in_progress(g), marks[i].flag);
        char *top = orx_arena_strdup(&w->arena, path);
        if (strstr(top, "rebase"))
            *strrchr(top, '/') = '\0';
        w_remove(w, top);
    }
}

static void profiles_the_tracked_files(void **state) {
    world *w = *state;
    orx_str text = {0};
    w_init(w, "repo");
    orx_git *g = w_open(w, "repo");
    orx_git_profile(g, &text);
    assert_contains(orx_str_cstr(&text), "no file is tracked yet");
    const char *files[] = {"a.py",     "b.PY",       "c.py",     "docs/y.md", "docs/z.md",
                           "Makefile", ".gitignore", "t.tar.gz", "name.",     "q.c",
                           "q.h",      "q.sh",       "q.js",     "q.ts"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++)
        w_write(w, orx_arena_printf(&w->arena, "repo/%s", files[i]), "x\n");
    w_commit(w, g, "files");
    w_write(w, "repo/untracked.rs", "x\n");
    orx_str_clear(&text);
    orx_git_profile(g, &text);
    assert_string_equal(orx_str_cstr(&text),
                        "Top file types: (no_ext):3, py:3, md:2, c:1, gz:1, h:1, js:1, sh:1.");
    w_write(w, "repo/.git/HEAD", "rubbish\n");
    orx_str_clear(&text);
    orx_git_profile(g, &text);
    assert_contains(orx_str_cstr(&text), "could not list");
    orx_str_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(finds_the_root_from_anywhere_inside),
        WORLD_TEST(opens_a_bare_repository),
        WORLD_TEST(sees_whether_one_is_there),
        WORLD_TEST(says_what_is_wrong_with_a_path),
        WORLD_TEST(an_unborn_branch_has_a_name_but_no_commit),
        WORLD_TEST(head_follows_commits),
        WORLD_TEST(a_detached_head_has_no_branch),
        WORLD_TEST(a_broken_head_is_an_error),
        WORLD_TEST(resolves_names),
        WORLD_TEST(refuses_what_is_no_revision),
        WORLD_TEST(makes_branches_once),
        WORLD_TEST(notices_work_left_in_the_middle),
        WORLD_TEST(profiles_the_tracked_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
