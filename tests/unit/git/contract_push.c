/* Publishing and its proof. */
#include "world.h"

static orx_git_push_result publish(world *w, orx_git *g, bool spare, bool fetch) {
    orx_git_push_result r = {0};
    orx_git_push_spec spec = {
        .owner = "gemini", .label = "My Repo", .spare_protected = spare, .fetch = fetch};
    assert_ok(orx_git_publish(g, &spec, &w->arena, &r, &w->err), &w->err);
    return r;
}

static const char *change(world *w, orx_git *g, const char *repo, const char *text) {
    w_write(w, orx_arena_printf(&w->arena, "%s/a.txt", repo), text);
    return w_commit(w, g, text);
}

static const char *theirs(world *w, const char *branch) {
    char sha[ORX_GIT_SHA];
    orx_git *remote = w_open(w, "remote.git");
    if (orx_git_resolve(remote, branch, sha, &w->err) < 0)
        return NULL;
    return orx_arena_strdup(&w->arena, sha);
}

static void use_branch(world *w, const char *repo, const char *branch) {
    w_write(w, orx_arena_printf(&w->arena, "%s/.git/HEAD", repo),
            orx_arena_printf(&w->arena, "ref: refs/heads/%s\n", branch));
}

/* A repository on the branch topic, with a remote that has nothing yet. */
static orx_git *on_topic(world *w) {
    orx_git *g = w_repo(w, "repo");
    w_init_bare(w, "remote.git");
    w_origin(w, "repo", "remote.git");
    assert_ok(orx_git_branch_create(g, "topic", "HEAD", &w->err), &w->err);
    use_branch(w, "repo", "topic");
    return g;
}

/* Somebody else adds a commit to the remote's topic. */
static void others_push(world *w) {
    w_init(w, "other");
    w_origin(w, "other", "remote.git");
    orx_git *o = w_open(w, "other");
    assert_ok(orx_git_fetch(o, &w->err), &w->err);
    assert_ok(orx_git_branch_create(o, "topic", "origin/topic", &w->err), &w->err);
    use_branch(w, "other", "topic");
    orx_git_park_spec spec = {.attempt = "sync"}; /* makes the worktree equal to HEAD */
    orx_git_parked p;
    assert_ok(orx_git_park(o, &spec, &w->arena, &p, &w->err), &w->err);
    w_write(w, "other/theirs.txt", "t");
    w_commit(w, o, "theirs");
    orx_git_push_result r = publish(w, o, false, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
}

static void a_first_push_sets_the_upstream(void **state) {
    world *w = *state;
    orx_git *g = on_topic(w);
    orx_git_push_result r = publish(w, g, false, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_int_equal(r.pushes, 1);
    assert_string_equal(r.branch, "topic");
    assert_null(r.words);
    orx_git_status s = w_status(w, g);
    assert_string_equal(s.upstream, "origin/topic");
    assert_true(s.compared);
    assert_int_equal(s.ahead + s.behind, 0);
    assert_string_equal(theirs(w, "topic"), w_head(w, g));
}

/* A33 */
static void a33_counts_decide(void **state) {
    world *w = *state;
    orx_git *g = on_topic(w);
    publish(w, g, false, false);
    orx_git_push_result r = publish(w, g, false, false); /* 0/0 */
    assert_int_equal(r.end, ORX_GIT_PUSH_NOTHING);
    assert_int_equal(r.pushes, 0);
    change(w, g, "repo", "two");
    change(w, g, "repo", "three");
    r = publish(w, g, false, false); /* 2/0, then 0/0 */
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_int_equal(r.ahead, 2);
    assert_int_equal(r.pushes, 1);
    others_push(w);
    r = publish(w, g, false, true); /* 0/1 */
    assert_int_equal(r.end, ORX_GIT_PUSH_BEHIND);
    assert_int_equal(r.behind, 1);
    assert_int_equal(r.pushes, 0);
    change(w, g, "repo", "four");
    r = publish(w, g, false, true); /* 1/1 */
    assert_int_equal(r.end, ORX_GIT_PUSH_DIVERGED);
    assert_int_equal(r.pushes, 0);
    assert_string_not_equal(theirs(w, "topic"), w_head(w, g));
}

static void a_remote_that_moved_on_is_not_overwritten(void **state) {
    world *w = *state;
    orx_git *g = on_topic(w);
    publish(w, g, false, false);
    others_push(w);
    const char *before = theirs(w, "topic");
    change(w, g, "repo", "two");
    orx_git_push_result r = publish(w, g, false, false); /* we do not know better: 1/0 */
    assert_int_equal(r.end, ORX_GIT_PUSH_DIVERGED);
    assert_int_equal(r.pushes, 1);
    assert_non_null(r.words);
    assert_string_equal(theirs(w, "topic"), before);
}

static void a_protected_branch_is_left_at_the_first_push(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    w_init_bare(w, "remote.git");
    w_origin(w, "repo", "remote.git");
    orx_git_push_result r = publish(w, g, false, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_string_equal(r.branch, "codex/gemini-my-repo");
    assert_null(theirs(w, "main"));
    assert_string_equal(theirs(w, "codex/gemini-my-repo"), w_head(w, g));
    assert_string_equal(w_status(w, g).upstream, "origin/codex/gemini-my-repo");
    assert_int_equal(w_status(w, g).count, 0);
}

/* main with the upstream origin/main, as after a clone. */
static orx_git *on_main(world *w) {
    orx_git *g = w_repo(w, "repo");
    static const char *const none[] = {NULL};
    w_init_bare(w, "remote.git");
    w_origin(w, "repo", "remote.git");
    w->options.protected_branches = none;
    orx_git *free_hand = w_open(w, "repo");
    w->options.protected_branches = NULL;
    orx_git_push_result r = publish(w, free_hand, true, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_string_equal(r.branch, "main");
    return g;
}

static void an_unprotected_main_is_pushed(void **state) {
    world *w = *state;
    orx_git *g = on_main(w);
    change(w, g, "repo", "two");
    orx_git_push_result r = publish(w, g, false, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_string_equal(r.branch, "main");
    assert_string_equal(theirs(w, "main"), w_head(w, g));
}

static void policy_spares_a_protected_branch(void **state) {
    world *w = *state;
    orx_git *g = on_main(w);
    const char *before = theirs(w, "main");
    change(w, g, "repo", "two");
    orx_git_push_result r = publish(w, g, true, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_string_equal(r.branch, "codex/gemini-my-repo");
    assert_string_equal(theirs(w, "main"), before);
    change(w, g, "repo", "three");
    r = publish(w, g, true, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_string_equal(theirs(w, "codex/gemini-my-repo"), w_head(w, g));
}

/* A34 */
static void a34_a_refused_protected_branch_gives_way(void **state) {
    world *w = *state;
    orx_git *g = on_main(w);
    const char *before = theirs(w, "main");
    if (w->kind == WORLD_CLI)
        w_write_bytes(w, "remote.git/hooks/update",
                      orx_view_of("#!/bin/sh\n[ \"$1\" != refs/heads/main ] && exit 0\n"
                                  "echo 'error: GH013: Repository rule violations found' >&2\n"
                                  "exit 1\n"),
                      0755);
    else
        assert_ok(orx_git_twin_protect(w->p, w_path(w, "remote.git"), "main", &w->err), &w->err);
    change(w, g, "repo", "two");
    orx_git_push_result r = publish(w, g, false, false);
    assert_int_equal(r.end, ORX_GIT_PUSH_DONE);
    assert_int_equal(r.pushes, 2);
    assert_string_equal(r.branch, "codex/gemini-my-repo");
    assert_string_equal(theirs(w, "main"), before);
    assert_string_equal(theirs(w, "codex/gemini-my-repo"), w_head(w, g));
    assert_string_equal(w_status(w, g).upstream, "origin/codex/gemini-my-repo");
}

static void the_other_branch_may_only_move_forward(void **state) {
    world *w = *state;
    orx_git *g = on_main(w);
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "gemini", .label = "My Repo", .spare_protected = true};
    assert_ok(orx_git_branch_create(g, "codex/gemini-my-repo", "HEAD", &w->err), &w->err);
    use_branch(w, "repo", "codex/gemini-my-repo");
    change(w, g, "repo", "somebody's");
    use_branch(w, "repo", "main");
    const char *mine = change(w, g, "repo", "mine");
    assert_fails(w, ORX_E_CONFLICT, "codex/gemini-my-repo",
                 orx_git_publish(g, &spec, &w->arena, &r, &w->err));
    assert_string_equal(w_head(w, g), mine);
    assert_string_equal(w_status(w, g).branch, "main");
}

static void without_a_remote_nothing_is_published(void **state) {
    world *w = *state;
    orx_git *g = w_repo(w, "repo");
    orx_git_push_result r = publish(w, g, true, true);
    assert_int_equal(r.end, ORX_GIT_PUSH_UNPUBLISHED);
    assert_int_equal(r.pushes, 0);
    assert_string_equal(r.branch, "main");
    w_write(w, "repo/.git/HEAD", orx_arena_printf(&w->arena, "%s\n", w_head(w, g)));
    assert_int_equal(publish(w, g, false, false).end, ORX_GIT_PUSH_UNPUBLISHED);
    w_init(w, "fresh");
    assert_int_equal(publish(w, w_open(w, "fresh"), false, false).end, ORX_GIT_PUSH_UNPUBLISHED);
}

static void a_remote_that_is_gone_is_an_error(void **state) {
    world *w = *state;
    orx_git_push_result r;
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    orx_git *g = on_topic(w);
    w_remove(w, "remote.git");
    assert_fails(w, ORX_E_CHILD, "repo", orx_git_publish(g, &spec, &w->arena, &r, &w->err));
    assert_fails(w, ORX_E_CHILD, "repo", orx_git_fetch(g, &w->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_first_push_sets_the_upstream),
        WORLD_TEST(a33_counts_decide),
        WORLD_TEST(a_remote_that_moved_on_is_not_overwritten),
        WORLD_TEST(a_protected_branch_is_left_at_the_first_push),
        WORLD_TEST(an_unprotected_main_is_pushed),
        WORLD_TEST(policy_spares_a_protected_branch),
        WORLD_TEST(a34_a_refused_protected_branch_gives_way),
        WORLD_TEST(the_other_branch_may_only_move_forward),
        WORLD_TEST(without_a_remote_nothing_is_published),
        WORLD_TEST(a_remote_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
