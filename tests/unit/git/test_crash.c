/* The twin dies at every durable operation, with and without loss of power: afterwards the work is
 * in a commit or parked, exactly once, and everything can go on. */
#include "test.h"

#include "git/git.h"
#include "git/sim/twin.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "platform/sim/sim.h"

#include <stdio.h>
#include <string.h>

#define REPO "/w/repo"

typedef enum act_kind { DELIVER, PARK, UNPARK, TREE, PUSH } act_kind;

typedef struct scene {
    orx_sim *sim;
    orx_sim_host *host;
    act_kind act;
    char base[ORX_GIT_SHA];
} scene;

static orx_err err;

static orx_git *open_at(orx_platform *p, const char *path) {
    orx_git *g = NULL;
    assert_ok(orx_git_open(p, path, NULL, &g, &err), &err);
    return g;
}

static void put(orx_platform *p, const char *path, const char *text) {
    assert_ok(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err);
}

static int commit(orx_git *g, const char *attempt, char sha[ORX_GIT_SHA]) {
    orx_git_delivery d = {.message = orx_view_of("Work"), .task = "T", .attempt = attempt};
    return orx_git_commit_all(g, &d, sha, &err);
}

static void park_first(orx_git *g, const char *base) {
    orx_arena a = {0};
    orx_git_parked parked;
    orx_git_park_spec spec = {.attempt = "T#0", .base = base, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &a, &parked, &err), &err);
    orx_arena_free(&a);
}

/* What is there before: one commit, a remote, and durable uncommitted work. */
static void make_scene(scene *s, uint64_t seed, act_kind act) {
    char sha[ORX_GIT_SHA];
    s->sim = orx_sim_new(seed);
    s->host = orx_sim_add_host(s->sim, "h");
    s->act = act;
    orx_platform *p = orx_sim_platform(s->host);
    assert_ok(orx_git_twin_init(p, REPO, false, &err), &err);
    assert_ok(orx_git_twin_init(p, "/w/remote.git", true, &err), &err);
    assert_ok(orx_git_twin_set_origin(p, REPO, "/w/remote.git", &err), &err);
    put(p, REPO "/a.txt", "one\n");
    put(p, REPO "/gone.txt", "g\n");
    orx_git *g = open_at(p, REPO);
    assert_int_equal(commit(g, "first", s->base), 1);
    assert_ok(orx_git_branch_create(g, "topic", "HEAD", &err), &err);
    if (act == PUSH) {
        put(p, REPO "/.git/HEAD", "ref: refs/heads/topic\n");
        put(p, REPO "/new.txt", "n\n");
        assert_int_equal(commit(g, "T#1", sha), 1);
    } else {
        put(p, REPO "/a.txt", "two\n");
        put(p, REPO "/new.txt", "n\n");
        orx_unlink(p, REPO "/gone.txt", NULL);
    }
    if (act == UNPARK)
        park_first(g, s->base);
    orx_git_close(g);
    orx_sim_settle(s->host);
}

static int perform(orx_platform *p, scene *s) {
    orx_arena a = {0};
    orx_err why = ORX_ERR_INIT;
    orx_git *g = NULL;
    char sha[ORX_GIT_SHA];
    orx_git_parked parked;
    orx_git_push_result pushed;
    orx_git_park_spec park = {.attempt = "T#1", .base = s->base, .branch = "main"};
    orx_git_push_spec push = {.owner = "o", .label = "l"};
    int rc = orx_git_open(p, REPO, NULL, &g, &why);
    if (rc == 0 && s->act == DELIVER)
        rc = commit(g, "T#1", sha);
    else if (rc == 0 && s->act == PARK)
        rc = orx_git_park(g, &park, &a, &parked, &why);
    else if (rc == 0 && s->act == UNPARK)
        rc = orx_git_unpark(g, "orxaq/parked/T#0", s->base, &why);
    else if (rc == 0 && s->act == TREE)
        rc = orx_git_worktree_add(g, "/w/lane", "lane/a", s->base, &why);
    else if (rc == 0)
        rc = orx_git_publish(g, &push, &a, &pushed, &why);
    orx_git_close(g);
    orx_arena_free(&a);
    return rc < 0 ? 1 : 0;
}

static int runner(orx_platform *p, void *user) {
    return perform(p, user);
}

/* Whether commit `at` has or lacks the path unlike the worktree, which stands clean at base. */
static bool differs(orx_git *g, const char *at, const char *path) {
    orx_arena a = {0};
    orx_git_changes c;
    bool found = false;
    assert_ok(orx_git_changes_since(g, at, &a, &c, &err), &err);
    for (size_t i = 0; i < c.count; i++)
        found = found || strcmp(c.entries[i].path, path) == 0;
    orx_arena_free(&a);
    return found;
}

static int heal(orx_git *g) {
    orx_arena a = {0};
    orx_git_locks locks = {0};
    assert_ok(orx_git_heal(g, 0, &a, &locks, &err), &err);
    orx_arena_free(&a);
    return (int)locks.removed;
}

static bool is_clean(orx_git *g) {
    orx_arena a = {0};
    orx_git_status st;
    assert_ok(orx_git_status_of(g, &a, &st, &err), &err);
    orx_arena_free(&a);
    return st.count == 0;
}

static bool parked_somewhere(orx_git *g, const char *path) {
    static const char *const names[] = {"orxaq/parked/T#1", "orxaq/parked/T#1-2",
                                        "orxaq/parked/T#1-3"};
    bool found = false;
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        if (orx_git_branch_exists(g, names[i], &err) == 1)
            found = found || differs(g, names[i], path);
    return found;
}

static void recover_delivery(orx_git *g, const char *base) {
    orx_arena a = {0};
    char found[ORX_GIT_SHA];
    char head[ORX_GIT_SHA];
    int done = orx_git_find_attempt(g, base, NULL, "T#1", found, &err);
    assert_ok(done, &err);
    orx_git_log log;
    assert_ok(orx_git_log_of(g, base, NULL, 10, &a, &log, &err), &err);
    assert_int_equal(log.count, done);
    if (!done) {
        orx_git_changes c;
        assert_ok(orx_git_changes_since(g, base, &a, &c, &err), &err);
        assert_int_equal(c.count, 3); /* nothing of the work is lost */
        assert_int_equal(commit(g, "T#1", found), 1);
    }
    assert_int_equal(orx_git_head(g, head, &err), 1);
    assert_string_equal(head, found);
    assert_true(is_clean(g));
    orx_arena_free(&a);
}

static void recover_park(orx_git *g, const char *base) {
    orx_arena a = {0};
    orx_git_parked p;
    char head[ORX_GIT_SHA];
    orx_git_park_spec spec = {.attempt = "T#1", .base = base, .branch = "main"};
    assert_ok(orx_git_park(g, &spec, &a, &p, &err), &err);
    assert_true(p.parked);
    assert_true(p.clean);
    assert_int_equal(orx_git_head(g, head, &err), 1);
    assert_string_equal(head, base);
    assert_true(is_clean(g));
    assert_true(parked_somewhere(g, "new.txt"));
    assert_true(parked_somewhere(g, "a.txt"));
    assert_true(parked_somewhere(g, "gone.txt"));
    orx_arena_free(&a);
}

/* A part may be back; it is parked again, and then all of it can be had. */
static void recover_unpark(orx_git *g, const char *base, bool finished) {
    orx_arena a = {0};
    orx_git_parked p;
    orx_git_changes c;
    orx_git_park_spec spec = {.attempt = "T#1", .base = base, .branch = "main"};
    if (!finished) {
        assert_ok(orx_git_park(g, &spec, &a, &p, &err), &err);
        assert_true(is_clean(g));
        assert_int_equal(orx_git_unpark(g, "orxaq/parked/T#0", base, &err), 1);
    }
    assert_ok(orx_git_changes_since(g, base, &a, &c, &err), &err);
    assert_int_equal(c.count, 3);
    assert_false(differs(g, "orxaq/parked/T#0", "a.txt"));
    assert_false(differs(g, "orxaq/parked/T#0", "new.txt"));
    assert_false(differs(g, "orxaq/parked/T#0", "gone.txt"));
    orx_arena_free(&a);
}

static void recover_tree(orx_platform *p, orx_git *g, const char *base) {
    orx_str text = {0};
    char head[ORX_GIT_SHA];
    int rc = orx_git_worktree_add(g, "/w/lane", "lane/a", base, &err);
    if (rc < 0 && rc != ORX_E_EXISTS)
        fail_msg("worktree add: %s", err.msg);
    orx_git *lane = open_at(p, "/w/lane");
    assert_int_equal(orx_git_head(lane, head, &err), 1);
    assert_string_equal(head, base);
    /* What a checkout wrote is not durable at once, neither with git nor here. */
    if (!is_clean(lane)) {
        orx_arena a = {0};
        orx_git_parked parked;
        orx_git_park_spec spec = {.attempt = "T#1", .base = base, .branch = "lane/a"};
        assert_ok(orx_git_park(lane, &spec, &a, &parked, &err), &err);
        orx_arena_free(&a);
    }
    assert_true(is_clean(lane));
    assert_ok(orx_read_file(p, "/w/lane/a.txt", 100, &text, &err), &err);
    assert_string_equal(orx_str_cstr(&text), "one\n");
    orx_git_close(lane);
    orx_str_free(&text);
}

static void recover_push(orx_platform *p, orx_git *g) {
    orx_arena a = {0};
    orx_git_push_result r;
    char ours[ORX_GIT_SHA];
    char theirs[ORX_GIT_SHA];
    orx_git_push_spec spec = {.owner = "o", .label = "l"};
    orx_git *remote = open_at(p, "/w/remote.git");
    heal(remote);
    assert_ok(orx_git_publish(g, &spec, &a, &r, &err), &err);
    assert_true(r.end == ORX_GIT_PUSH_DONE || r.end == ORX_GIT_PUSH_NOTHING);
    assert_int_equal(orx_git_head(g, ours, &err), 1);
    assert_ok(orx_git_resolve(remote, "topic", theirs, &err), &err);
    assert_string_equal(ours, theirs);
    orx_git_log log;
    assert_ok(orx_git_log_of(remote, NULL, "topic", 10, &a, &log, &err), &err);
    assert_int_equal(log.count, 2);
    orx_git_close(remote);
    orx_arena_free(&a);
}

/* What the next start does. */
static void recover(scene *s, bool finished) {
    orx_platform *p = orx_sim_add_process(s->host);
    orx_git *g = open_at(p, REPO);
    heal(g);
    if (s->act == DELIVER)
        recover_delivery(g, s->base);
    else if (s->act == PARK)
        recover_park(g, s->base);
    else if (s->act == UNPARK)
        recover_unpark(g, s->base, finished);
    else if (s->act == TREE)
        recover_tree(p, g, s->base);
    else
        recover_push(p, g);
    orx_git_close(g);
}

/* Returns false when the plan lay behind the end. */
static bool crash_once(act_kind act, uint64_t op, orx_sim_when when, bool power) {
    scene s = {0};
    int code = 0;
    make_scene(&s, op * 8 + (uint64_t)when * 2 + power, act);
    orx_platform *p = orx_sim_add_process(s.host);
    orx_sim_crash_at(s.host, op, when, power);
    orx_sim_spawn(p, runner, &s);
    orx_sim_run(s.sim, 0);
    bool died = orx_sim_fate_of(p, &code) == ORX_SIM_KILLED;
    orx_sim_crash_at(s.host, 0, when, power);
    if (!died)
        assert_int_equal(code, 0);
    recover(&s, !died);
    orx_sim_free(s.sim);
    return died;
}

static void crash_everywhere(act_kind act, uint64_t at_least) {
    uint64_t op = 1;
    for (bool died = true; died; op++) {
        died = false;
        for (int when = ORX_SIM_BEFORE; when <= ORX_SIM_AFTER; when++)
            for (int power = 0; power < 2; power++)
                died = crash_once(act, op, (orx_sim_when)when, power) || died;
        assert_true(op < 1000);
    }
    assert_true(op > at_least); /* the plan did reach the work */
}

static void a_delivery_is_done_once_or_not_at_all(void **state) {
    (void)state;
    crash_everywhere(DELIVER, 12);
}

static void parked_work_is_never_lost(void **state) {
    (void)state;
    crash_everywhere(PARK, 20);
}

/* The second call finds the work of the first done, but nothing of it is durable yet. */
static int park_again_and_lose_power(orx_platform *p, void *user) {
    scene *s = user;
    orx_git *g = open_at(p, REPO);
    heal(g);
    recover_park(g, s->base);
    orx_git_close(g);
    orx_sim_crash_host(s->host, true);
    return 0;
}

static void what_a_second_call_finds_parked_stays_so(void **state) {
    (void)state;
    uint64_t op = 1;
    for (bool died = true; died; op++) {
        scene s = {0};
        int code = 0;
        make_scene(&s, op, PARK);
        orx_platform *p = orx_sim_add_process(s.host);
        orx_sim_crash_at(s.host, op, ORX_SIM_AFTER, false);
        orx_sim_spawn(p, runner, &s);
        orx_sim_run(s.sim, 0);
        died = orx_sim_fate_of(p, &code) == ORX_SIM_KILLED;
        orx_sim_crash_at(s.host, 0, ORX_SIM_AFTER, false);
        orx_sim_spawn(orx_sim_add_process(s.host), park_again_and_lose_power, &s);
        orx_sim_run(s.sim, 0);
        orx_git *g = open_at(orx_sim_add_process(s.host), REPO);
        heal(g);
        if (!is_clean(g))
            fail_msg("killed at operation %d: parked work is back", (int)op);
        orx_git_close(g);
        orx_sim_free(s.sim);
    }
    assert_true(op > 20);
}

static void parked_work_comes_back_in_the_end(void **state) {
    (void)state;
    crash_everywhere(UNPARK, 5);
}

/* The power goes right after the answer. */
static int unpark_and_lose_power(orx_platform *p, void *user) {
    scene *s = user;
    int rc = perform(p, s);
    orx_sim_crash_host(s->host, true);
    return rc;
}

static void what_came_back_is_durable(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        scene s = {0};
        make_scene(&s, seed, UNPARK);
        orx_platform *p = orx_sim_add_process(s.host);
        orx_sim_spawn(p, unpark_and_lose_power, &s);
        orx_sim_run(s.sim, 0);
        recover(&s, true);
        orx_sim_free(s.sim);
    }
}

static void a_worktree_is_made_in_the_end(void **state) {
    (void)state;
    crash_everywhere(TREE, 20);
}

static int make_and_work(orx_platform *p, void *user) {
    scene *s = user;
    int rc = perform(p, s);
    put(p, "/w/lane/work.txt", "an hour of work\n");
    orx_sim_crash_host(s->host, true);
    return rc;
}

static void a_finished_worktree_is_never_taken_for_half_made(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        scene s = {0};
        make_scene(&s, seed, TREE);
        orx_platform *p = orx_sim_add_process(s.host);
        orx_sim_spawn(p, make_and_work, &s);
        orx_sim_run(s.sim, 0);
        p = orx_sim_platform(s.host);
        orx_git *g = open_at(p, REPO);
        assert_int_equal(orx_git_worktree_add(g, "/w/lane", "lane/a", s.base, &err), ORX_E_EXISTS);
        assert_true(orx_exists(p, "/w/lane/work.txt"));
        orx_git_close(g);
        orx_sim_free(s.sim);
    }
}

static void a_push_is_completed(void **state) {
    (void)state;
    crash_everywhere(PUSH, 15);
}

/* ---- Locks of the dead -------------------------------------------------------------------- */

static uint64_t op_inside_a_commit(void) {
    scene s = {0};
    make_scene(&s, 5, DELIVER);
    orx_platform *p = orx_sim_add_process(s.host);
    orx_sim_spawn(p, runner, &s);
    orx_sim_run(s.sim, 0);
    uint64_t ops = orx_sim_durable_ops(s.host);
    orx_sim_free(s.sim);
    return ops / 2;
}

static bool left_locked(bool power, bool *ret_blocks) {
    scene s = {0};
    char sha[ORX_GIT_SHA];
    make_scene(&s, 5, DELIVER);
    orx_platform *p = orx_sim_add_process(s.host);
    orx_sim_crash_at(s.host, op_inside_a_commit(), ORX_SIM_AFTER, power);
    orx_sim_spawn(p, runner, &s);
    orx_sim_run(s.sim, 0);
    orx_platform *q = orx_sim_add_process(s.host);
    bool locked = orx_exists(q, REPO "/.git/index.lock");
    orx_git *g = open_at(q, REPO);
    *ret_blocks = commit(g, "T#1", sha) == ORX_E_BUSY;
    if (*ret_blocks) {
        assert_int_equal(heal(g), 1);
        assert_int_equal(commit(g, "T#1", sha), 1);
    }
    orx_git_close(g);
    orx_sim_free(s.sim);
    return locked;
}

static void a_killed_process_leaves_no_lasting_lock(void **state) {
    (void)state;
    bool blocks = true;
    assert_true(left_locked(false, &blocks));
    assert_false(blocks);
}

/* A power loss may leave the lock's name; then it is in the way until it is healed. */
static void a_lock_of_another_boot_waits_for_healing(void **state) {
    (void)state;
    scene s = {0};
    char sha[ORX_GIT_SHA];
    make_scene(&s, 6, DELIVER);
    orx_platform *p = orx_sim_platform(s.host);
    put(p, REPO "/.git/index.lock", "12 34 another-boot\n");
    orx_git *g = open_at(p, REPO);
    assert_int_equal(commit(g, "T#1", sha), ORX_E_BUSY);
    orx_arena a = {0};
    orx_git_locks locks;
    assert_ok(orx_git_heal(g, 300 * ORX_SEC, &a, &locks, &err), &err);
    assert_int_equal(locks.removed, 0);
    orx_loop_sleep(p, 301 * ORX_SEC);
    assert_ok(orx_git_heal(g, 300 * ORX_SEC, &a, &locks, &err), &err);
    assert_int_equal(locks.removed, 1);
    assert_int_equal(commit(g, "T#1", sha), 1);
    orx_arena_free(&a);
    orx_git_close(g);
    orx_sim_free(s.sim);
}

static int hold_lock(orx_platform *p, void *user) {
    char text[128];
    int64_t pid = 0;
    int64_t start = 0;
    (void)user;
    orx_pid_self(p, &pid, &start);
    snprintf(text, sizeof text, "%lld %lld %s\n", (long long)pid, (long long)start, orx_boot_id(p));
    put(p, REPO "/.git/index.lock", text);
    orx_loop_sleep(p, 3600 * ORX_SEC);
    return 0;
}

/* B8 in the simulation. */
static void a_lock_of_the_living_is_kept(void **state) {
    (void)state;
    scene s = {0};
    orx_arena a = {0};
    orx_git_locks locks;
    char sha[ORX_GIT_SHA];
    make_scene(&s, 7, DELIVER);
    orx_platform *holder = orx_sim_add_process(s.host);
    orx_platform *p = orx_sim_platform(s.host);
    orx_sim_spawn(holder, hold_lock, NULL);
    orx_sim_run(s.sim, 1000 * ORX_SEC);
    orx_git *g = open_at(p, REPO);
    assert_int_equal(commit(g, "T#1", sha), ORX_E_BUSY);
    assert_ok(orx_git_heal(g, 300 * ORX_SEC, &a, &locks, &err), &err);
    assert_int_equal(locks.count, 1);
    assert_int_equal(locks.removed, 0);
    assert_contains(locks.items[0].why, "held by process");
    orx_git_close(g);
    orx_arena_free(&a);
    orx_sim_free(s.sim);
}

/* ---- Faults and determinism --------------------------------------------------------------- */

/* Errors of the disk are errors of the verb, and the next call succeeds. */
static void a_failing_disk_harms_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        scene s = {0};
        int code = 0;
        make_scene(&s, seed, seed % 2 ? DELIVER : PARK);
        orx_platform *p = orx_sim_add_process(s.host);
        orx_sim_faults faults = {.io_error = 200, .no_space = 200};
        orx_sim_set_faults(s.host, &faults);
        orx_sim_spawn(p, runner, &s);
        orx_sim_run(s.sim, 0);
        assert_int_equal(orx_sim_fate_of(p, &code), ORX_SIM_RETURNED);
        orx_sim_faults none = {0};
        orx_sim_set_faults(s.host, &none);
        recover(&s, false);
        orx_sim_free(s.sim);
    }
}

typedef struct lane {
    int number;
    char last[ORX_GIT_SHA];
} lane;

static int lane_main(orx_platform *p, void *user) {
    lane *l = user;
    orx_arena a = {0};
    orx_err why = ORX_ERR_INIT;
    orx_git *g = NULL;
    orx_git *own = NULL;
    const char *path = orx_arena_printf(&a, "/w/lane%d", l->number);
    const char *branch = orx_arena_printf(&a, "lane/%d", l->number);
    int rc = orx_git_open(p, REPO, NULL, &g, &why);
    if (rc == 0)
        rc = orx_git_worktree_add(g, path, branch, "main", &why);
    if (rc == 0)
        rc = orx_git_open(p, path, NULL, &own, &why);
    for (int i = 0; rc >= 0 && i < 5; i++) {
        orx_git_delivery d = {.message = orx_view_of("Work"), .attempt = "x"};
        const char *file = orx_arena_printf(&a, "%s/f%d-%d", path, l->number, i);
        rc = orx_write_atomic(p, file, orx_view_of(file), 0644, &why);
        if (rc == 0)
            rc = orx_git_commit_all(own, &d, l->last, &why);
    }
    orx_git_close(own);
    orx_git_close(g);
    orx_arena_free(&a);
    return rc < 0 ? 1 : 0;
}

static void run_lanes(uint64_t seed, lane lanes[6], char hash[65]) {
    scene s = {0};
    orx_platform *p[6];
    make_scene(&s, seed, PUSH);
    for (int i = 0; i < 6; i++) {
        lanes[i] = (lane){.number = i};
        p[i] = orx_sim_add_process(s.host);
        orx_sim_spawn(p[i], lane_main, &lanes[i]);
    }
    assert_true(orx_sim_run(s.sim, 0));
    for (int i = 0; i < 6; i++) {
        int code = -1;
        assert_int_equal(orx_sim_fate_of(p[i], &code), ORX_SIM_RETURNED);
        assert_int_equal(code, 0);
    }
    orx_sim_trace_hash(s.sim, hash);
    orx_sim_free(s.sim);
}

/* Several runners in one repository, each in its worktree; two runs of a seed are the same. */
static void lanes_share_a_repository(void **state) {
    (void)state;
    lane one[6];
    lane two[6];
    char a[65];
    char b[65];
    run_lanes(11, one, a);
    run_lanes(11, two, b);
    assert_string_equal(a, b);
    for (int i = 0; i < 6; i++)
        assert_string_equal(one[i].last, two[i].last);
    run_lanes(12, two, b);
    assert_string_not_equal(a, b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivery_is_done_once_or_not_at_all),
        cmocka_unit_test(parked_work_is_never_lost),
        cmocka_unit_test(what_a_second_call_finds_parked_stays_so),
        cmocka_unit_test(parked_work_comes_back_in_the_end),
        cmocka_unit_test(what_came_back_is_durable),
        cmocka_unit_test(a_worktree_is_made_in_the_end),
        cmocka_unit_test(a_finished_worktree_is_never_taken_for_half_made),
        cmocka_unit_test(a_push_is_completed),
        cmocka_unit_test(a_killed_process_leaves_no_lasting_lock),
        cmocka_unit_test(a_lock_of_another_boot_waits_for_healing),
        cmocka_unit_test(a_lock_of_the_living_is_kept),
        cmocka_unit_test(a_failing_disk_harms_nothing),
        cmocka_unit_test(lanes_share_a_repository),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
