/* Linked worktrees. */
#include "world.h"

#include "platform/loop.h"

static const orx_git_worktree *find(const orx_git_worktrees *all, const char *path) {
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].path, path) == 0)
            return &all->items[i];
    return NULL;
}

static orx_git_worktrees list(world *w, orx_git *g) {
    orx_git_worktrees all = {0};
    assert_ok(orx_git_worktree_list(g, &w->arena, &all, &w->err), &w->err);
    return all;
}

static void a_worktree_has_its_own_branch(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    w_write(w, "repo/a.txt", "two\n");
    w_commit(w, g, "beyond base");
    assert_ok(orx_git_worktree_add(g, w_path(w, "trees/lane-a"), "lane/a", base, &w->err), &w->err);
    orx_git *lane = w_open(w, "trees/lane-a");
    assert_string_equal(orx_git_root(lane), w_path(w, "trees/lane-a"));
    assert_string_equal(orx_git_common(lane), w_path(w, "repo/.git"));
    assert_string_not_equal(orx_git_dir(lane), orx_git_common(lane));
    assert_string_equal(w_head(w, lane), base);
    assert_string_equal(w_read(w, "trees/lane-a/a.txt"), "one\n");
    orx_git_status s = w_status(w, lane);
    assert_string_equal(s.branch, "lane/a");
    assert_null(s.upstream);
    assert_int_equal(s.count, 0);
    w_write(w, "trees/lane-a/new", "n");
    const char *made = w_commit(w, lane, "in the lane");
    assert_int_equal(orx_git_is_ancestor(g, made, "lane/a", &w->err), 1);
    assert_string_equal(w_status(w, g).branch, "main");
    assert_false(w_exists(w, "repo/new"));
}

static void the_list_names_them_all(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    assert_ok(orx_git_worktree_add(g, w_path(w, "two"), "two", base, &w->err), &w->err);
    orx_git_worktrees all = list(w, w_open(w, "two"));
    assert_int_equal(all.count, 3);
    assert_string_equal(all.items[0].path, w_path(w, "repo"));
    assert_string_equal(all.items[0].branch, "main");
    const orx_git_worktree *one = find(&all, w_path(w, "one"));
    assert_string_equal(one->branch, "one");
    assert_string_equal(one->head, base);
    assert_false(one->bare || one->locked || one->missing || one->initializing);
    w_remove(w, "one");
    all = list(w, g);
    assert_true(find(&all, w_path(w, "one"))->missing);
}

/* Who works in a worktree can also remove the file that ties it to its repository. */
static void a_lost_link_is_put_back(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    orx_git *one = w_open(w, "one");
    const char *link = w_read(w, "one/.git");
    assert_int_equal(orx_git_relink(one, &w->err), 0);
    assert_int_equal(orx_git_relink(g, &w->err), 0);
    w_write(w, "one/.git", "gitdir: /somewhere/else\n");
    assert_int_equal(orx_git_relink(one, &w->err), 1);
    assert_string_equal(w_read(w, "one/.git"), link);
    w_remove(w, "one/.git");
    assert_int_equal(orx_git_relink(one, &w->err), 1);
    assert_string_equal(w_head(w, one), base);
    w_remove(w, "one/.git");
    assert_int_equal(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), ORX_E_EXISTS);
    assert_string_equal(w_read(w, "one/.git"), link);
    w_remove(w, "one/.git");
    w_write(w, "one/.git/HEAD", "mine");
    assert_fails(w, ORX_E_CONFLICT, "is a directory", orx_git_relink(one, &w->err));
}

static void a_branch_that_exists_is_checked_out(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_branch_create(g, "old", base, &w->err), &w->err);
    w_write(w, "repo/a.txt", "two\n");
    const char *later = w_commit(w, g, "later");
    assert_ok(orx_git_worktree_add(g, w_path(w, "old"), "old", later, &w->err), &w->err);
    assert_string_equal(w_read(w, "old/a.txt"), "one\n");
}

static void refuses_a_place_or_branch_in_use(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    assert_fails(w, ORX_E_EXISTS, "is a worktree",
                 orx_git_worktree_add(g, w_path(w, "one"), "other", base, &w->err));
    assert_fails(w, ORX_E_CONFLICT, "one",
                 orx_git_worktree_add(g, w_path(w, "two"), "one", base, &w->err));
    assert_fails(w, ORX_E_CONFLICT, "main",
                 orx_git_worktree_add(g, w_path(w, "two"), "main", base, &w->err));
    assert_false(w_exists(w, "two/a.txt"));
    w_write(w, "full/file", "x");
    assert_fails(w, ORX_E_EXISTS, "not empty",
                 orx_git_worktree_add(g, w_path(w, "full"), "full", base, &w->err));
    assert_string_equal(w_read(w, "full/file"), "x");
    assert_int_equal(orx_git_branch_exists(g, "full", &w->err), 0);
    assert_fails(w, ORX_E_INVALID, "absolute",
                 orx_git_worktree_add(g, "relative", "r", base, &w->err));
    assert_fails(w, ORX_E_NOT_FOUND, "nosuch",
                 orx_git_worktree_add(g, w_path(w, "three"), "three", "nosuch", &w->err));
    assert_fails(w, ORX_E_INVALID, "a..b",
                 orx_git_worktree_add(g, w_path(w, "three"), "a..b", base, &w->err));
}

static void removal_spares_work(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_write(w, "repo/.gitignore", "*.o\n");
    const char *base = w_commit(w, g, "ignore");
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    w_write(w, "one/new", "n");
    assert_fails(w, ORX_E_CONFLICT, "modified or untracked",
                 orx_git_worktree_remove(g, w_path(w, "one"), &w->err));
    w_remove(w, "one/new");
    w_write(w, "one/a.txt", "changed");
    assert_int_equal(orx_git_worktree_remove(g, w_path(w, "one"), &w->err), ORX_E_CONFLICT);
    assert_string_equal(w_read(w, "one/a.txt"), "changed");
    w_write(w, "one/a.txt", "one\n");
    w_write(w, "one/x.o", "ignored");
    assert_ok(orx_git_worktree_remove(g, w_path(w, "one"), &w->err), &w->err);
    assert_false(w_exists(w, "one"));
    assert_int_equal(orx_git_branch_exists(g, "one", &w->err), 1);
    assert_int_equal(list(w, g).count, 1);
}

static void removal_knows_its_own(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_repo(w, "foreign");
    assert_fails(w, ORX_E_NOT_FOUND, "no worktree of",
                 orx_git_worktree_remove(g, w_path(w, "foreign"), &w->err));
    assert_fails(w, ORX_E_INVALID, "main", orx_git_worktree_remove(g, w_path(w, "repo"), &w->err));
    assert_true(w_exists(w, "foreign/a.txt"));
    assert_true(w_exists(w, "repo/a.txt"));
}

static void a_worktree_that_is_gone_is_forgotten(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    w_remove(w, "one");
    assert_ok(orx_git_worktree_remove(g, w_path(w, "one"), &w->err), &w->err);
    assert_int_equal(list(w, g).count, 1);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    w_remove(w, "one");
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    assert_string_equal(w_read(w, "one/a.txt"), "one\n");
}

/* The state a crash leaves: registered, locked as "initializing", the tree half there. */
static void a_half_made_worktree_is_made_again(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    w_write(w, "repo/.git/worktrees/one/locked", "initializing\n");
    w_remove(w, "one/a.txt");
    orx_git_worktrees all = list(w, g);
    assert_true(find(&all, w_path(w, "one"))->initializing);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
    assert_string_equal(w_read(w, "one/a.txt"), "one\n");
    all = list(w, g);
    assert_int_equal(all.count, 2);
    assert_false(find(&all, w_path(w, "one"))->locked);
}

static void operations_take_turns(void **state) {
    world *w = *state;
    orx_file *f = NULL;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    const char *lock = w_path(w, "repo/.git/orxaq-worktree.lock");
    assert_ok(orx_file_open(w->p, lock, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644, &f,
                            &w->err),
              &w->err);
    assert_ok(orx_file_lock(w->p, f, ORX_LOCK_EXCLUSIVE, false, &w->err), &w->err);
    w->options.slow_deadline_ns = 50 * ORX_MS;
    orx_git *hurried = w_open(w, "repo");
    assert_fails(w, ORX_E_BUSY, "another worktree operation",
                 orx_git_worktree_add(hurried, w_path(w, "one"), "one", base, &w->err));
    orx_file_close(w->p, f);
    assert_ok(orx_git_worktree_add(g, w_path(w, "one"), "one", base, &w->err), &w->err);
}

static void a_bare_repository_has_worktrees_too(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_init_bare(w, "bare.git");
    w_origin(w, "repo", "bare.git");
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    assert_ok(orx_git_publish(g, &spec, &w->arena, &r, &w->err), &w->err);
    orx_git *bare = w_open(w, "bare.git");
    assert_ok(orx_git_worktree_add(bare, w_path(w, "one"), "one", r.branch, &w->err), &w->err);
    orx_git_worktrees all = list(w, bare);
    assert_int_equal(all.count, 2);
    assert_true(all.items[0].bare);
    assert_string_equal(w_read(w, "one/a.txt"), "one\n");
}

static void a_branch_moves_forward(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "lane"), "lane", base, &w->err), &w->err);
    orx_git *lane = w_open(w, "lane");
    w_write(w, "repo/a.txt", "two\n");
    w_write(w, "repo/dir/new.txt", "new\n");
    const char *tip = w_commit(w, g, "beyond base");
    assert_ok(orx_git_forward(lane, tip, &w->err), &w->err);
    assert_string_equal(w_head(w, lane), tip);
    assert_string_equal(w_read(w, "lane/a.txt"), "two\n");
    assert_string_equal(w_read(w, "lane/dir/new.txt"), "new\n");
    orx_git_status s = w_status(w, lane);
    assert_string_equal(s.branch, "lane");
    assert_int_equal(s.count, 0);
    assert_ok(orx_git_forward(lane, tip, &w->err), &w->err); /* again: nothing to do */
    w_remove(w, "repo/a.txt");
    const char *gone = w_commit(w, g, "without a");
    assert_ok(orx_git_forward(lane, gone, &w->err), &w->err);
    assert_false(w_exists(w, "lane/a.txt"));
}

static void only_forward(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "lane"), "lane", base, &w->err), &w->err);
    orx_git *lane = w_open(w, "lane");
    w_write(w, "repo/a.txt", "two\n");
    const char *tip = w_commit(w, g, "beyond base");
    w_write(w, "lane/mine.txt", "mine\n");
    assert_fails(w, ORX_E_CONFLICT, "uncommitted", orx_git_forward(lane, tip, &w->err));
    const char *own = w_commit(w, lane, "mine");
    assert_fails(w, ORX_E_CONFLICT, "commits that the other side lacks",
                 orx_git_forward(lane, tip, &w->err));
    assert_fails(w, ORX_E_CONFLICT, "lacks", orx_git_forward(lane, base, &w->err));
    assert_fails(w, ORX_E_INVALID, "full commit id", orx_git_forward(lane, "HEAD", &w->err));
    assert_string_equal(w_head(w, lane), own);
    assert_string_equal(w_read(w, "lane/mine.txt"), "mine\n");
    assert_string_equal(w_read(w, "lane/a.txt"), "one\n");
}

/* The caller knows that the lane's commits are in the other side under other names. */
static void a_branch_goes_where_its_commits_are(void **state) {
    world *w = *state;
    char seen[ORX_GIT_SHA] = "";
    orx_git *g = w_repo(w, "repo");
    const char *base = w_head(w, g);
    assert_ok(orx_git_worktree_add(g, w_path(w, "lane"), "lane", base, &w->err), &w->err);
    orx_git *lane = w_open(w, "lane");
    w_write(w, "lane/mine.txt", "mine\n");
    const char *own = w_commit(w, lane, "mine");
    w_write(w, "repo/other.txt", "other\n");
    w_write(w, "repo/mine.txt", "mine\n");
    const char *tip = w_commit(w, g, "other, and mine anew");
    assert_fails(w, ORX_E_CONFLICT, "lacks", orx_git_adopt(lane, base, tip, &w->err));
    w_write(w, "lane/more.txt", "more\n");
    assert_fails(w, ORX_E_CONFLICT, "uncommitted", orx_git_adopt(lane, own, tip, &w->err));
    assert_string_equal(w_head(w, lane), own);
    w_remove(w, "lane/more.txt");
    assert_ok(orx_git_adopt(lane, own, tip, &w->err), &w->err);
    assert_string_equal(w_head(w, lane), tip);
    assert_string_equal(w_read(w, "lane/other.txt"), "other\n");
    assert_int_equal(w_status(w, lane).count, 0);
    assert_int_equal(orx_git_peek(lane, "refs/heads/lane", seen, &w->err), 1);
    assert_string_equal(seen, tip);
    assert_int_equal(orx_git_peek(lane, "refs/heads/none", seen, &w->err), 0);
    assert_fails(w, ORX_E_INVALID, "no full name", orx_git_peek(lane, "lane", seen, &w->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_worktree_has_its_own_branch),
        WORLD_TEST(a_branch_moves_forward),
        WORLD_TEST(only_forward),
        WORLD_TEST(a_branch_goes_where_its_commits_are),
        WORLD_TEST(the_list_names_them_all),
        WORLD_TEST(a_lost_link_is_put_back),
        WORLD_TEST(a_branch_that_exists_is_checked_out),
        WORLD_TEST(refuses_a_place_or_branch_in_use),
        WORLD_TEST(removal_spares_work),
        WORLD_TEST(removal_knows_its_own),
        WORLD_TEST(a_worktree_that_is_gone_is_forgotten),
        WORLD_TEST(a_half_made_worktree_is_made_again),
        WORLD_TEST(operations_take_turns),
        WORLD_TEST(a_bare_repository_has_worktrees_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
