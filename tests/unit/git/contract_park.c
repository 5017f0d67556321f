/* Parking: everything uncommitted is on a branch before anything is removed. */
#include "world.h"

static orx_git_parked park(world *w, orx_git *g, const char *base, const char *branch) {
    orx_git_parked p = {0};
    orx_git_park_spec spec = {.attempt = "T-1.2", .base = base, .branch = branch};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    return p;
}

/* Whether the branch holds the path: seen as a difference of the (clean) worktree to it. */
static bool branch_has(world *w, orx_git *g, const char *branch, const char *path) {
    char sha[ORX_GIT_SHA];
    assert_ok(orx_git_resolve(g, branch, sha, &w->err), &w->err);
    orx_git_changes c = w_changes(w, g, sha);
    return w_entry(c.entries, c.count, path) != NULL;
}

static void a_clean_worktree_parks_nothing(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    orx_git_parked p = park(w, g, w_head(w, g), "main");
    assert_false(p.parked);
    assert_true(p.clean);
    assert_int_equal(orx_git_branch_exists(g, "orxaq/parked/T-1.2", &w->err), 0);
    p = park(w, g, NULL, NULL);
    assert_false(p.parked);
}

static void uncommitted_work_moves_to_a_branch(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/gone.txt", "g\n");
    w_write(w, "repo/.gitignore", "*.o\n");
    const char *base = w_commit(w, g, "base");
    w_write(w, "repo/a.txt", "changed\n");
    w_remove(w, "repo/gone.txt");
    w_write(w, "repo/deep/er/new.txt", "n\n");
    w_write(w, "repo/x.o", "ignored\n");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.parked);
    assert_true(p.clean);
    assert_string_equal(p.branch, "orxaq/parked/T-1.2");
    assert_string_equal(w_head(w, g), base);
    assert_string_equal(w_status(w, g).branch, "main");
    assert_int_equal(w_status(w, g).count, 0);
    assert_string_equal(w_read(w, "repo/a.txt"), "one\n");
    assert_string_equal(w_read(w, "repo/gone.txt"), "g\n");
    assert_false(w_exists(w, "repo/deep"));
    assert_string_equal(w_read(w, "repo/x.o"), "ignored\n");
    assert_true(branch_has(w, g, p.branch, "a.txt"));
    assert_true(branch_has(w, g, p.branch, "gone.txt"));
    assert_true(branch_has(w, g, p.branch, "deep/er/new.txt"));
    assert_false(branch_has(w, g, p.branch, "x.o"));
    assert_int_equal(orx_git_is_ancestor(g, base, p.sha, &w->err), 1);
}

static void parked_content_can_be_had_back(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write_bytes(w, "repo/tool", orx_view_mem("#!\0\xff\n", 5), 0755);
    orx_git_parked p = park(w, g, base, "main");
    assert_false(w_exists(w, "repo/tool"));
    assert_ok(orx_git_worktree_add(g, w_path(w, "look"), p.branch, base, &w->err), &w->err);
    orx_str bytes = {0};
    orx_file_info info;
    assert_ok(orx_read_file(w->p, w_path(w, "look/tool"), 100, &bytes, &w->err), &w->err);
    assert_int_equal(bytes.len, 5);
    assert_memory_equal(bytes.buf, "#!\0\xff\n", 5);
    assert_ok(orx_stat(w->p, w_path(w, "look/tool"), &info, &w->err), &w->err);
    assert_true(info.mode & 0100);
    orx_str_free(&bytes);
}

static void the_parked_commit_says_why(void **state) {
    world *w = *state;
    orx_git_log log;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/x", "x");
    orx_git_park_spec spec = {.attempt = "a b", .base = base, .reason = "Out of scope"};
    assert_ok(orx_git_park(g, &spec, &w->arena, &p, &w->err), &w->err);
    assert_contains(p.branch, "orxaq/parked/a-b-");
    assert_ok(orx_git_log_of(g, base, p.branch, 5, &w->arena, &log, &w->err), &w->err);
    assert_int_equal(log.count, 1);
    assert_string_equal(log.commits[0].subject, "Out of scope");
    assert_null(log.commits[0].attempt);
}

static void commits_of_the_agent_are_parked_too(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/a.txt", "two\n");
    const char *made = w_commit(w, g, "by the agent");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.parked);
    assert_string_equal(p.sha, made);
    assert_string_equal(w_head(w, g), base);
    assert_string_equal(w_read(w, "repo/a.txt"), "one\n");
    assert_string_equal(w_status(w, g).branch, "main");
}

static void commits_and_uncommitted_work_together(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/made.txt", "m\n");
    const char *made = w_commit(w, g, "by the agent");
    w_write(w, "repo/made.txt", "changed\n");
    w_write(w, "repo/more.txt", "m\n");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.clean);
    assert_int_equal(orx_git_is_ancestor(g, made, p.sha, &w->err), 1);
    assert_string_not_equal(made, p.sha);
    assert_false(w_exists(w, "repo/made.txt"));
    assert_false(w_exists(w, "repo/more.txt"));
    assert_string_equal(w_head(w, g), base);
}

static void without_a_base_history_stays(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/a.txt", "two\n");
    const char *head = w_commit(w, g, "kept");
    w_write(w, "repo/x", "x");
    orx_git_parked p = park(w, g, NULL, NULL);
    assert_true(p.parked);
    assert_string_equal(w_head(w, g), head);
    assert_string_equal(w_read(w, "repo/a.txt"), "two\n");
    assert_false(w_exists(w, "repo/x"));
}

static void an_agent_that_went_behind_the_base_loses_nothing(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *first = w_head(w, g);
    w_write(w, "repo/a.txt", "two\n");
    const char *base = w_commit(w, g, "base");
    w_write(w, "repo/.git/refs/heads/main", orx_arena_printf(&w->arena, "%s\n", first));
    w_write(w, "repo/a.txt", "one\n");
    orx_git_parked p = park(w, g, base, "main");
    assert_string_equal(w_head(w, g), base);
    assert_string_equal(w_read(w, "repo/a.txt"), "two\n");
    assert_true(p.clean);
}

static void an_agent_that_switched_branches_is_brought_back(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/on-main.txt", "m\n");
    const char *on_main = w_commit(w, g, "on main");
    assert_ok(orx_git_branch_create(g, "elsewhere", on_main, &w->err), &w->err);
    w_write(w, "repo/.git/HEAD", "ref: refs/heads/elsewhere\n");
    w_write(w, "repo/there.txt", "t\n");
    const char *there = w_commit(w, g, "elsewhere");
    w_write(w, "repo/loose.txt", "l\n");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.clean);
    assert_string_equal(w_status(w, g).branch, "main");
    assert_string_equal(w_head(w, g), base);
    assert_ok(orx_git_resolve(g, "elsewhere", sha, &w->err), &w->err);
    assert_string_equal(sha, there);
    assert_int_equal(orx_git_is_ancestor(g, on_main, p.sha, &w->err), 1);
    assert_int_equal(orx_git_is_ancestor(g, there, p.sha, &w->err), 1);
    assert_false(w_exists(w, "repo/loose.txt"));
}

static void commits_on_the_branch_that_was_left_are_kept(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/x", "x");
    const char *made = w_commit(w, g, "on main, then away");
    w_write(w, "repo/.git/HEAD", orx_arena_printf(&w->arena, "%s\n", base));
    w_remove(w, "repo/x");
    if (w->kind == WORLD_CLI)
        W_RUN(w, w_path(w, "repo"), "git", "reset", "-q", "--hard");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.parked);
    assert_string_equal(p.sha, made);
    assert_string_equal(w_status(w, g).branch, "main");
    assert_string_equal(w_head(w, g), base);
}

static void a_detached_head_returns_to_its_branch(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/.git/HEAD", orx_arena_printf(&w->arena, "%s\n", base));
    orx_git_parked p = park(w, g, base, "main");
    assert_false(p.parked);
    assert_string_equal(w_status(w, g).branch, "main");
}

static void parking_twice_gives_the_same_answer(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/x", "x");
    orx_git_parked one = park(w, g, base, "main");
    orx_git_parked two = park(w, g, base, "main");
    assert_true(two.parked);
    assert_string_equal(two.branch, one.branch);
    assert_string_equal(two.sha, one.sha);
    assert_int_equal(orx_git_branch_exists(g, "orxaq/parked/T-1.2-2", &w->err), 0);
}

static void the_same_work_again_is_not_parked_again(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/x", "x");
    orx_git_parked one = park(w, g, base, "main");
    w_write(w, "repo/x", "x"); /* as after a crash between naming and clearing */
    orx_git_parked two = park(w, g, base, "main");
    assert_string_equal(two.sha, one.sha);
    assert_int_equal(orx_git_branch_exists(g, "orxaq/parked/T-1.2-2", &w->err), 0);
    assert_false(w_exists(w, "repo/x"));
}

static void other_work_gets_another_name(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/x", "x");
    orx_git_parked one = park(w, g, base, "main");
    w_write(w, "repo/y", "y");
    orx_git_parked two = park(w, g, base, "main");
    assert_string_equal(two.branch, "orxaq/parked/T-1.2-2");
    assert_ok(orx_git_resolve(g, one.branch, sha, &w->err), &w->err);
    assert_string_equal(sha, one.sha);
}

static void what_the_agent_hid_by_ignoring_it_is_saved(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/.gitignore", "hidden/\n");
    w_write(w, "repo/hidden/secret.txt", "s\n");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.clean);
    assert_false(w_exists(w, "repo/hidden/secret.txt"));
    assert_false(w_exists(w, "repo/.gitignore"));
    assert_string_equal(p.branch, "orxaq/parked/T-1.2");
    assert_int_equal(orx_git_branch_exists(g, "orxaq/parked/T-1.2-2", &w->err), 1);
    assert_true(branch_has(w, g, "orxaq/parked/T-1.2-2", "hidden/secret.txt"));
}

static void a_nested_repository_stays_where_it_is(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_repo(w, "repo/inner");
    w_write(w, "repo/x", "x");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.parked);
    assert_false(p.clean);
    assert_string_equal(w_read(w, "repo/inner/a.txt"), "one\n");
    assert_false(w_exists(w, "repo/x"));
    assert_false(branch_has(w, g, p.branch, "inner"));
}

/* A reset would remove the repository with its history. */
static void a_repository_in_the_place_of_a_file_is_set_aside(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    for (int i = 0; i < 2; i++) {
        w_remove(w, "repo/a.txt");
        w_repo(w, "repo/a.txt");
        w_write(w, "repo/a.txt/precious", "p");
        orx_git_status s = w_status(w, g);
        assert_string_equal(s.entries[0].path, "a.txt");
        assert_int_equal(s.entries[0].kind, ORX_GIT_MODIFIED);
        orx_git_changes c = w_changes(w, g, base);
        assert_int_equal(w_entry(c.entries, c.count, "a.txt")->mode, ORX_GIT_MODE_GITLINK);
        orx_git_parked p = park(w, g, base, "main");
        assert_false(p.clean);
        assert_string_equal(w_read(w, "repo/a.txt"), "one\n");
    }
    assert_string_equal(w_read(w, "repo/a.txt.nested/precious"), "p");
    assert_true(w_exists(w, "repo/a.txt.nested/.git"));
    assert_string_equal(w_read(w, "repo/a.txt.nested-2/precious"), "p");
}

static void directories_and_files_may_have_traded_places(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/dir/x", "x");
    const char *base = w_commit(w, g, "base");
    w_remove(w, "repo/a.txt");
    w_write(w, "repo/a.txt/inside", "i");
    w_remove(w, "repo/dir");
    w_write(w, "repo/dir", "a file now");
    orx_git_parked p = park(w, g, base, "main");
    assert_true(p.clean);
    assert_string_equal(w_read(w, "repo/a.txt"), "one\n");
    assert_string_equal(w_read(w, "repo/dir/x"), "x");
    assert_true(branch_has(w, g, p.branch, "a.txt/inside"));
    assert_true(branch_has(w, g, p.branch, "dir"));
}

static void an_unborn_branch_is_cleared(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    w_init(w, "repo");
    orx_git *g = w_open(w, "repo");
    w_write(w, "repo/x", "x");
    orx_git_parked p = park(w, g, "", "main");
    assert_true(p.parked);
    assert_true(p.clean);
    assert_false(w_exists(w, "repo/x"));
    assert_int_equal(orx_git_head(g, sha, &w->err), 0);
    assert_true(branch_has(w, g, p.branch, "x"));
}

static void works_in_a_linked_worktree(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "lane"), "lane/a", base, &w->err), &w->err);
    orx_git *lane = w_open(w, "lane");
    w_write(w, "lane/x", "x");
    w_write(w, "repo/untouched", "u");
    orx_git_parked p = park(w, lane, base, "lane/a");
    assert_true(p.parked);
    assert_false(w_exists(w, "lane/x"));
    assert_true(w_exists(w, "repo/untouched"));
    assert_int_equal(orx_git_branch_exists(g, p.branch, &w->err), 1);
    assert_string_equal(w_status(w, lane).branch, "lane/a");
}

static void an_unfinished_rebase_is_forgotten(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/.git/rebase-merge/done", "x\n");
    orx_git_parked p = park(w, g, w_head(w, g), "main");
    assert_false(p.parked);
    assert_int_equal(orx_git_in_progress(g), 0);
}

static void arguments_are_checked(void **state) {
    world *w = *state;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/x", "x");
    orx_git_park_spec bad[] = {{.attempt = ""},
                               {.attempt = "a\nb"},
                               {.attempt = "a", .base = "HEAD"},
                               {.attempt = "a", .branch = "-f"},
                               {.attempt = "a", .reason = "two\nlines"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_int_equal(orx_git_park(g, &bad[i], &w->arena, &p, &w->err), ORX_E_INVALID);
    assert_true(w_exists(w, "repo/x"));
    w_init_bare(w, "bare.git");
    orx_git_park_spec fine = {.attempt = "a"};
    assert_fails(w, ORX_E_INVALID, "worktree",
                 orx_git_park(w_open(w, "bare.git"), &fine, &w->arena, &p, &w->err));
}

static void an_unknown_base_removes_nothing(void **state) {
    world *w = *state;
    orx_git_parked p;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/x", "x");
    orx_git_park_spec spec = {.attempt = "a", .base = "3333333333333333333333333333333333333333"};
    assert_int_equal(orx_git_park(g, &spec, &w->arena, &p, &w->err), ORX_E_NOT_FOUND);
    assert_true(w_exists(w, "repo/x"));
}

/* ---- Bringing back -------------------------------------------------------------------------- */

static void parked_work_comes_back_as_it_was(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    orx_file_info info;
    w_write(w, "repo/gone.txt", "g\n");
    w_write(w, "repo/dir/x", "x");
    const char *base = w_commit(w, g, "base");
    w_write(w, "repo/a.txt", "changed\n");
    w_remove(w, "repo/gone.txt");
    w_remove(w, "repo/dir");
    w_write_bytes(w, "repo/deep/er/tool", orx_view_mem("#!\0\xff\n", 5), 0755);
    orx_git_status before = w_status(w, g);
    orx_git_parked p = park(w, g, base, "main");
    assert_ok(orx_git_unpark(g, p.branch, base, &w->err), &w->err);
    assert_string_equal(w_head(w, g), base);
    assert_string_equal(w_read(w, "repo/a.txt"), "changed\n");
    assert_false(w_exists(w, "repo/gone.txt"));
    assert_false(w_exists(w, "repo/dir"));
    assert_ok(orx_stat(w->p, w_path(w, "repo/deep/er/tool"), &info, &w->err), &w->err);
    assert_int_equal(info.size, 5);
    assert_true(info.mode & 0100);
    orx_git_status after = w_status(w, g);
    assert_int_equal(after.count, before.count);
    for (size_t i = 0; i < after.count; i++) {
        assert_string_equal(after.entries[i].path, before.entries[i].path);
        assert_int_equal(after.entries[i].kind, before.entries[i].kind);
        assert_false(after.entries[i].staged);
    }
    assert_int_equal(orx_git_branch_exists(g, p.branch, &w->err), 1);
}

static int unpark(world *w, orx_git *g, const char *base) {
    int rc = orx_git_unpark(g, "orxaq/parked/T-1.2", base, &w->err);
    assert_ok(rc, &w->err);
    return rc;
}

static void restored_work_is_parked_and_restored_again(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/x", "x");
    orx_git_parked one = park(w, g, base, "main");
    assert_int_equal(unpark(w, g, base), 1);
    orx_git_parked two = park(w, g, base, "main");
    assert_string_equal(two.sha, one.sha);
    assert_false(w_exists(w, "repo/x"));
    assert_int_equal(unpark(w, g, base), 1);
    w_commit(w, g, "delivered");
    assert_int_equal(w_status(w, g).count, 0);
    assert_string_equal(w_read(w, "repo/x"), "x");
}

static void commits_of_the_agent_come_back_as_uncommitted_work(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/made.txt", "m\n");
    w_commit(w, g, "by the agent");
    w_write(w, "repo/more.txt", "m\n");
    park(w, g, base, "main");
    assert_int_equal(unpark(w, g, base), 1);
    assert_string_equal(w_head(w, g), base);
    assert_string_equal(w_read(w, "repo/made.txt"), "m\n");
    assert_string_equal(w_read(w, "repo/more.txt"), "m\n");
    assert_int_equal(w_status(w, g).count, 2);
}

static void a_head_that_moved_keeps_it_parked(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/x", "x");
    park(w, g, base, "main");
    w_write(w, "repo/other", "o");
    const char *head = w_commit(w, g, "meanwhile");
    assert_int_equal(unpark(w, g, base), 0);
    assert_int_equal(unpark(w, g, head), 0); /* not parked from there */
    assert_false(w_exists(w, "repo/x"));
    assert_int_equal(w_status(w, g).count, 0);
}

static void uncommitted_work_of_somebody_is_left_alone(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/a.txt", "by the agent\n");
    park(w, g, base, "main");
    w_write(w, "repo/a.txt", "by a person\n");
    assert_int_equal(unpark(w, g, base), 0);
    assert_string_equal(w_read(w, "repo/a.txt"), "by a person\n");
}

/* A checkout overwrites what is ignored. */
static void ignored_files_are_not_overwritten(void **state) {
    world *w = *state;
    static const char *const in_the_way[] = {"repo/made/log", "repo/made", "repo/made/log/deep"};
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/.gitignore", "made\n");
    const char *base = w_commit(w, g, "base");
    w_write(w, "repo/.gitignore", "");
    w_write(w, "repo/made/log", "by the agent\n");
    park(w, g, base, "main");
    for (size_t i = 0; i < ORX_ARRAY_LEN(in_the_way); i++) {
        w_write(w, in_the_way[i], "precious\n");
        assert_int_equal(w_status(w, g).count, 0);
        assert_int_equal(unpark(w, g, base), 0);
        assert_string_equal(w_read(w, in_the_way[i]), "precious\n");
        w_remove(w, "repo/made");
    }
    assert_int_equal(unpark(w, g, base), 1);
    assert_string_equal(w_read(w, "repo/made/log"), "by the agent\n");
}

static void a_file_that_became_a_directory_comes_back(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_remove(w, "repo/a.txt");
    w_write(w, "repo/a.txt/inside", "i");
    park(w, g, base, "main");
    assert_int_equal(unpark(w, g, base), 1);
    assert_string_equal(w_read(w, "repo/a.txt/inside"), "i");
}

static void unborn_work_comes_back(void **state) {
    world *w = *state;
    char sha[ORX_GIT_SHA];
    w_init(w, "repo");
    orx_git *g = w_open(w, "repo");
    w_write(w, "repo/x", "x");
    park(w, g, "", "main");
    assert_int_equal(unpark(w, g, ""), 1);
    assert_string_equal(w_read(w, "repo/x"), "x");
    assert_int_equal(orx_git_head(g, sha, &w->err), 0);
}

static void what_cannot_be_brought_back(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_int_equal(unpark(w, g, base), 0); /* no such branch */
    assert_ok(orx_git_branch_create(g, "orxaq/parked/T-1.2", base, &w->err), &w->err);
    assert_int_equal(unpark(w, g, base), 0); /* nothing in it */
    assert_fails(w, ORX_E_INVALID, "full commit id", orx_git_unpark(g, "x", "HEAD", &w->err));
    assert_fails(w, ORX_E_INVALID, "-f", orx_git_unpark(g, "-f", base, &w->err));
    w_init_bare(w, "bare.git");
    assert_fails(w, ORX_E_INVALID, "worktree",
                 orx_git_unpark(w_open(w, "bare.git"), "x", "", &w->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_clean_worktree_parks_nothing),
        WORLD_TEST(uncommitted_work_moves_to_a_branch),
        WORLD_TEST(parked_content_can_be_had_back),
        WORLD_TEST(the_parked_commit_says_why),
        WORLD_TEST(commits_of_the_agent_are_parked_too),
        WORLD_TEST(commits_and_uncommitted_work_together),
        WORLD_TEST(without_a_base_history_stays),
        WORLD_TEST(an_agent_that_went_behind_the_base_loses_nothing),
        WORLD_TEST(an_agent_that_switched_branches_is_brought_back),
        WORLD_TEST(commits_on_the_branch_that_was_left_are_kept),
        WORLD_TEST(a_detached_head_returns_to_its_branch),
        WORLD_TEST(parking_twice_gives_the_same_answer),
        WORLD_TEST(the_same_work_again_is_not_parked_again),
        WORLD_TEST(other_work_gets_another_name),
        WORLD_TEST(what_the_agent_hid_by_ignoring_it_is_saved),
        WORLD_TEST(a_nested_repository_stays_where_it_is),
        WORLD_TEST(a_repository_in_the_place_of_a_file_is_set_aside),
        WORLD_TEST(directories_and_files_may_have_traded_places),
        WORLD_TEST(an_unborn_branch_is_cleared),
        WORLD_TEST(works_in_a_linked_worktree),
        WORLD_TEST(an_unfinished_rebase_is_forgotten),
        WORLD_TEST(arguments_are_checked),
        WORLD_TEST(an_unknown_base_removes_nothing),
        WORLD_TEST(parked_work_comes_back_as_it_was),
        WORLD_TEST(restored_work_is_parked_and_restored_again),
        WORLD_TEST(commits_of_the_agent_come_back_as_uncommitted_work),
        WORLD_TEST(a_head_that_moved_keeps_it_parked),
        WORLD_TEST(uncommitted_work_of_somebody_is_left_alone),
        WORLD_TEST(ignored_files_are_not_overwritten),
        WORLD_TEST(a_file_that_became_a_directory_comes_back),
        WORLD_TEST(unborn_work_comes_back),
        WORLD_TEST(what_cannot_be_brought_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
