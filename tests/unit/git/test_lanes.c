/* Several processes in one repository at once: worktrees, deliveries, first pushes, parking. The
 * program starts itself as the lanes. */
#include "world.h"

#include "platform/loop.h"
#include "platform/proc.h"

#include <stdio.h>
#include <unistd.h>

enum { LANES = 5, DELIVERIES = 2 };

static int report(const orx_err *err, const char *what) {
    fprintf(stderr, "%s: %s\n", what, err->msg);
    return 1;
}

/* What a lane does: worktree, deliveries, push, then an attempt that is parked. */
static int work(orx_platform *p, const char *dir, int n, orx_arena *a, orx_err *err) {
    orx_git *repo = NULL;
    orx_git *g = NULL;
    char sha[ORX_GIT_SHA];
    const char *tree = orx_arena_printf(a, "%s/lane%d", dir, n);
    const char *branch = orx_arena_printf(a, "lane/%d", n);
    if (orx_git_open(p, orx_arena_printf(a, "%s/repo", dir), NULL, &repo, err) < 0 ||
        orx_git_worktree_add(repo, tree, branch, "main", err) < 0 ||
        orx_git_open(p, tree, NULL, &g, err) < 0)
        return report(err, "worktree");
    for (int i = 0; i < DELIVERIES; i++) {
        const char *file = orx_arena_printf(a, "%s/f%d-%d", tree, n, i);
        const char *attempt = orx_arena_printf(a, "T%d#%d", n, i);
        orx_git_delivery d = {.message = orx_view_of("Work"), .task = "T", .attempt = attempt};
        if (orx_write_atomic(p, file, orx_view_of("x\n"), 0644, err) < 0 ||
            orx_git_commit_all(g, &d, sha, err) != 1)
            return report(err, "commit");
    }
    orx_git_push_spec push = {.owner = "o", .label = "l"};
    orx_git_push_result r = {0};
    if (orx_git_publish(g, &push, a, &r, err) < 0 || r.end != ORX_GIT_PUSH_DONE)
        return report(err, "publish");
    orx_git_parked parked;
    orx_git_park_spec spec = {
        .attempt = orx_arena_printf(a, "P%d", n), .base = sha, .branch = branch};
    if (orx_write_atomic(p, orx_arena_printf(a, "%s/rest", tree), orx_view_of("r"), 0644, err) <
            0 ||
        orx_git_park(g, &spec, a, &parked, err) < 0 || !parked.parked)
        return report(err, "park");
    orx_git_close(g);
    orx_git_close(repo);
    return 0;
}

static int lane_main(const char *dir, int n) {
    orx_platform *p = NULL;
    orx_err err = ORX_ERR_INIT;
    orx_arena a = {0};
    if (orx_platform_uv_new(&p, &err) < 0)
        return report(&err, "platform");
    int rc = work(p, dir, n, &a, &err);
    orx_platform_free(p);
    orx_arena_free(&a);
    return rc;
}

typedef struct lane {
    orx_proc *proc;
    orx_str said;
    orx_proc_result result;
    bool done;
} lane;

static void on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    lane *l = user;
    (void)proc;
    (void)stream;
    orx_str_addv(&l->said, bytes);
}

static void on_exit_(orx_proc *proc, const orx_proc_result *result, void *user) {
    lane *l = user;
    (void)proc;
    l->result = *result;
    l->done = true;
}

static void start(world *w, lane *l, int n) {
    char self[512];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(len > 0);
    self[len] = '\0';
    const char *argv[] = {self, w->dir, orx_arena_printf(&w->arena, "%d", n), NULL};
    const char *build = getenv("ORX_BUILD_DIR");
    const char *env[] = {w->env[0], w->env[1],
                         orx_arena_printf(&w->arena, "ORX_BUILD_DIR=%s", build ? build : ""), NULL};
    orx_proc_spec spec = {.argv = argv,
                          .env = env,
                          .on_output = on_output,
                          .on_exit = on_exit_,
                          .user = l,
                          .total_timeout_ns = 100 * ORX_SEC};
    assert_ok(orx_proc_start(w->p, &spec, &l->proc, &w->err), &w->err);
}

static void lanes_work_side_by_side(void **state) {
    world *w = *state;
    lane lanes[LANES] = {{0}};
    char sha[ORX_GIT_SHA];
    orx_git *g = w_repo(w, "repo");
    w_init_bare(w, "remote.git");
    w_origin(w, "repo", "remote.git");
    char before[ORX_SHA256_HEX];
    char after[ORX_SHA256_HEX];
    assert_ok(orx_git_fingerprint(g, before, &w->err), &w->err);
    for (int i = 0; i < LANES; i++)
        start(w, &lanes[i], i);
    for (int i = 0; i < LANES; i++) {
        orx_loop_until(w->p, &lanes[i].done, 0);
        if (lanes[i].result.code != 0)
            fail_msg("lane %d: %s", i, orx_str_cstr(&lanes[i].said));
        orx_proc_free(lanes[i].proc);
        orx_str_free(&lanes[i].said);
    }
    orx_git *remote = w_open(w, "remote.git");
    for (int i = 0; i < LANES; i++) {
        const char *branch = orx_arena_printf(&w->arena, "lane/%d", i);
        orx_git_log log;
        assert_ok(orx_git_log_of(remote, NULL, branch, 10, &w->arena, &log, &w->err), &w->err);
        assert_int_equal(log.count, 1 + DELIVERIES);
        orx_git *own = w_open(w, orx_arena_printf(&w->arena, "lane%d", i));
        orx_git_status s = w_status(w, own);
        assert_int_equal(s.count, 0);
        assert_string_equal(s.upstream, orx_arena_printf(&w->arena, "origin/%s", branch));
        assert_true(s.compared && s.ahead == 0 && s.behind == 0);
        assert_ok(
            orx_git_resolve(g, orx_arena_printf(&w->arena, "orxaq/parked/P%d", i), sha, &w->err),
            &w->err);
    }
    /* Their upstreams are in the configuration now, and that is no tampering. */
    assert_ok(orx_git_fingerprint(g, after, &w->err), &w->err);
    assert_string_equal(before, after);
}

int main(int argc, char **argv) {
    if (argc == 3)
        return lane_main(argv[1], argv[2][0] - '0');
    const struct CMUnitTest tests[] = {
        WORLD_TEST(lanes_work_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
