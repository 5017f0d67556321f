/* The keeper in a simulated world: programs that crash, hang and refuse, clocks that jump, disks
 * that fill, supervisors that are killed. */
#include "sim.h"

#include <signal.h>
#include <stdio.h>

#define END                                                                                        \
    { .name = NULL }

static void a_unit_is_started_and_says_that_it_is_ready(void **state) {
    (void)state;
    world w;
    world_open(&w, 1);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), END});
    expect_state(&w, "one", ORX_UNIT_STARTING);
    await(&w, "one", ORX_UNIT_READY);
    orx_unit_view view = look(&w, "one");
    assert_int_equal(view.pid, w.pid);
    assert_string_equal(view.status, "well");
    assert_int_equal(view.starts, 1);
    char *pid = content(&w, ROOT "/one.pid");
    assert_int_equal(strtoll(pid, NULL, 10), w.pid);
    free(pid);
    /* It shows progress: nothing happens for days. */
    pass(&w, 3 * (86400 * ORX_SEC));
    expect_state(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.launches, 1);
    leave(&w);
    assert_false(orx_exists(w.p, ROOT "/one.pid"));
    assert_string_equal(w.history, "one:starting one:ready one:stopping one:stopped ");
    world_close(&w);
}

/* Whoever is READY has a pid, and a file of it, whatever came first. */
static void a_unit_may_say_its_pid_itself(void **state) {
    (void)state;
    world w;
    world_open(&w, 1);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "hasty"), END});
    await(&w, "one", ORX_UNIT_READY);
    assert_int_equal(look(&w, "one").pid, 77);
    char *pid = content(&w, ROOT "/one.pid");
    assert_string_equal(pid, "77\n");
    free(pid);
    world_close(&w);
}

static void case_28_29_a_failure_is_noticed_at_once_and_tried_again(void **state) {
    (void)state;
    world w;
    world_open(&w, 2);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "fails"), END});
    while (look(&w, "one").state == ORX_UNIT_STARTING)
        pass(&w, ORX_MS);
    expect_state(&w, "one", ORX_UNIT_BACKOFF);
    assert_true(orx_sim_now(w.sim) - w.last_ns < ORX_SEC + 100 * ORX_MS);
    assert_string_equal(look(&w, "one").last_exit, "exit 7");
    assert_true(look(&w, "one").next_ns > 4 * ORX_SEC);
    pass(&w, 6 * ORX_SEC);
    assert_int_equal(w.launches, 2);
    assert_true(w.gap_ns >= 6 * ORX_SEC && w.gap_ns < 6500 * ORX_MS);
    await(&w, "one", ORX_UNIT_FATAL);
    assert_int_equal(w.launches, 5);
    assert_string_equal(look(&w, "one").cause, "crash loop");
    pass(&w, 86400 * ORX_SEC);
    assert_int_equal(w.launches, 5);
    ask(&w, "one", ORX_UNIT_START);
    await(&w, "one", ORX_UNIT_BACKOFF);
    assert_int_equal(w.launches, 6);
    world_close(&w);
}

static void case_26_no_more_starts_than_the_cap(void **state) {
    (void)state;
    world w;
    world_open(&w, 2);
    orx_unit_spec spec = unit_of(&w, "one", "fails");
    spec.policy.max_failures = 3;
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_FATAL);
    assert_string_equal(look(&w, "one").last_exit, "exit 7");
    pass(&w, 86400 * ORX_SEC);
    assert_int_equal(w.launches, 3);
    world_close(&w);
}

static void crashes_are_told_from_failures(void **state) {
    (void)state;
    world w;
    world_open(&w, 3);
    orx_unit_spec spec = unit_of(&w, "one", "crashes");
    spec.policy.restart = ORX_RESTART_ON_ABNORMAL;
    orx_unit_spec other = unit_of(&w, "two", "final");
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_BACKOFF);
    assert_string_equal(look(&w, "one").last_exit, "signal 11");
    ask(&w, "one", ORX_UNIT_STOP);
    leave(&w);
    keep(&w, (orx_unit_spec[]){other, END});
    await(&w, "two", ORX_UNIT_FATAL);
    assert_string_equal(look(&w, "two").cause, "asked not to be restarted");
    world_close(&w);
}

/* Also under the next keeper, which knows it from the journal. */
static void want_of_a_repository_ends_when_it_is_back(void **state) {
    (void)state;
    world w;
    world_open(&w, 31);
    const orx_unit_spec specs[] = {unit_of(&w, "one", "homeless"), unit_of(&w, "two", "fails"),
                                   END};
    keep(&w, specs);
    await(&w, "one", ORX_UNIT_FATAL);
    await(&w, "two", ORX_UNIT_FATAL);
    assert_string_equal(look(&w, "one").last_exit, "exit 1, no repository at " ROOT "/repo");
    assert_string_equal(look(&w, "two").last_exit, "exit 7");
    assert_ok(orx_mkdirs(w.p, ROOT "/repo", false, &w.err), &w.err);
    leave(&w);
    keep(&w, specs);
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_FATAL); /* a folder, but no repository */
    assert_ok(orx_mkdirs(w.p, ROOT "/repo/.git", false, &w.err), &w.err);
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_FATAL); /* nor is that */
    assert_ok(orx_write_atomic(w.p, ROOT "/repo/.git/HEAD", orx_view_of("ref: x\n"), 0644, &w.err),
              &w.err);
    await(&w, "one", ORX_UNIT_IDLE);
    assert_int_equal(look(&w, "one").failures, 0);
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "two", ORX_UNIT_FATAL);
    assert_contains(w.history, "two:fatal one:starting one:idle ");
    world_close(&w);
}

/* However long that takes, whatever the policy is. */
static void uncommitted_work_is_waited_for(void **state) {
    (void)state;
    world w;
    world_open(&w, 32);
    orx_unit_spec spec = unit_of(&w, "one", "messy");
    spec.policy.restart = ORX_RESTART_NO;
    spec.policy.max_failures = 2;
    assert_ok(orx_mkdirs(w.p, ROOT "/tree/mine", false, &w.err), &w.err);
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_BACKOFF);
    assert_string_equal(look(&w, "one").cause, "uncommitted changes in its worktree");
    assert_string_equal(look(&w, "one").last_exit,
                        "exit 1; commit, stash or remove what is yours in " ROOT "/tree");
    assert_int_equal(look(&w, "one").failures, 0);
    pass(&w, 86400 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_BACKOFF);
    assert_true(w.launches > 200 && w.launches < 1000); /* at most every five minutes by then */
    assert_null(strstr(w.history, "fatal"));
    world_close(&w);
}

static void a_worktree_that_changed_is_looked_at_when_it_is_quiet(void **state) {
    (void)state;
    world w;
    world_open(&w, 33);
    assert_ok(orx_mkdirs(w.p, ROOT "/tree/mine", false, &w.err), &w.err);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "messy"), END});
    while (w.launches < 8)
        pass(&w, ORX_SEC);
    await(&w, "one", ORX_UNIT_BACKOFF);
    assert_true(look(&w, "one").next_ns > 100 * ORX_SEC);
    /* Somebody is at it: nothing is started into that. */
    for (int i = 0; i < 20; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        assert_ok(orx_write_replace(w.p, ROOT "/tree/index", orx_view_of(text), 0644, &w.err),
                  &w.err);
        pass(&w, ORX_SEC);
    }
    assert_int_equal(w.launches, 8);
    /* Then it is looked at, and waited for anew. */
    pass(&w, 3 * ORX_SEC);
    assert_int_equal(w.launches, 9);
    expect_state(&w, "one", ORX_UNIT_BACKOFF);
    assert_true(look(&w, "one").next_ns < 20 * ORX_SEC);
    while (w.launches < 12)
        pass(&w, ORX_SEC);
    pass(&w, 2 * ORX_SEC);
    assert_ok(w.p->files->rmdir(w.p, ROOT "/tree/mine", &w.err), &w.err);
    pass(&w, 5 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_IDLE);
    assert_int_equal(w.launches, 13);
    world_close(&w);
}

static void case_33_36_one_that_hangs_is_ended_once_and_started_again(void **state) {
    (void)state;
    world w;
    world_open(&w, 4);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "hangs"), END});
    await(&w, "one", ORX_UNIT_READY);
    pass(&w, 295 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_READY);
    pass(&w, 30 * ORX_SEC);
    assert_int_equal(w.launches, 2);
    char *log = content(&w, ROOT "/one.log");
    assert_contains(log, "supervisor: stale heartbeat");
    assert_contains(log, "supervisor: launching runner\n");
    free(log);
    assert_int_equal(look(&w, "one").failures, 1);
    await(&w, "one", ORX_UNIT_READY);
    assert_string_equal(w.history, "one:starting one:ready one:stopping one:backoff one:starting "
                                   "one:ready ");
    world_close(&w);
}

static void a_heartbeat_file_is_progress_too(void **state) {
    (void)state;
    world w;
    world_open(&w, 5);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "beats"), END});
    pass(&w, 20000 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.launches, 1);
    world_close(&w);
}

static void case_32_an_old_heartbeat_says_nothing_about_a_new_process(void **state) {
    (void)state;
    world w;
    world_open(&w, 6);
    assert_ok(orx_write_atomic(w.p, ROOT "/beat", orx_view_of("old"), 0644, &w.err), &w.err);
    pass(&w, 9999 * ORX_SEC);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "beats"), END});
    pass(&w, 5000 * ORX_SEC);
    assert_int_equal(w.launches, 1);
    world_close(&w);
}

static void one_that_never_gets_ready_is_given_up(void **state) {
    (void)state;
    world w;
    world_open(&w, 7);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "mute"), END});
    pass(&w, 59 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STARTING);
    pass(&w, 2 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_BACKOFF);
    assert_string_equal(look(&w, "one").cause, "crashed");
    world_close(&w);
}

static void clocks_may_jump(void **state) {
    (void)state;
    static const int64_t years = 10 * (365 * (86400 * ORX_SEC));
    for (int sign = -1; sign <= 1; sign += 2) {
        world w;
        world_open(&w, 8);
        keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), unit_of(&w, "two", "fails"), END});
        pass(&w, 100 * ORX_SEC);
        await(&w, "two", ORX_UNIT_FATAL);
        int launches = w.launches;
        ask(&w, "two", ORX_UNIT_START);
        await(&w, "two", ORX_UNIT_BACKOFF);
        orx_sim_jump_clock(w.host, sign * years);
        int64_t next = look(&w, "two").next_ns;
        assert_true(next > 4 * ORX_SEC && next <= 5 * ORX_SEC);
        pass(&w, 4 * ORX_SEC);
        assert_int_equal(w.launches, launches + 1);
        pass(&w, 2 * ORX_SEC);
        assert_int_equal(w.launches, launches + 2);
        pass(&w, 1000 * ORX_SEC);
        expect_state(&w, "one", ORX_UNIT_READY);
        w.doubled = false; /* the two are different units */
        world_close(&w);
    }
}

/* The keeper hears nothing for two hours: what a machine that sleeps looks like to it. */
static void sleep_is_no_hang_of_one_that_starts(void **state) {
    (void)state;
    world w;
    world_open(&w, 30);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "mute"), END});
    pass(&w, ORX_SEC);
    orx_sim_pause(w.p, 7200 * ORX_SEC);
    pass(&w, 50 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STARTING);
    assert_int_equal(w.launches, 1);
    pass(&w, 20 * ORX_SEC); /* awake for longer than it may take */
    assert_int_equal(look(&w, "one").failures, 1);
    world_close(&w);
}

static void sleep_is_no_hang_of_one_that_stops(void **state) {
    (void)state;
    world w;
    world_open(&w, 31);
    orx_unit_spec spec = unit_of(&w, "one", "stubborn");
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_READY);
    ask(&w, "one", ORX_UNIT_DRAIN);
    pass(&w, ORX_SEC);
    orx_sim_pause(w.p, 7200 * ORX_SEC);
    pass(&w, 80 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_DRAINING);
    await(&w, "one", ORX_UNIT_STOPPED);
    world_close(&w);
}

static void sleep_is_no_healthy_time(void **state) {
    (void)state;
    world w;
    world_open(&w, 32);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "crashes"), END});
    await(&w, "one", ORX_UNIT_BACKOFF);
    await(&w, "one", ORX_UNIT_READY);
    orx_sim_pause(w.p, 7200 * ORX_SEC);
    await(&w, "one", ORX_UNIT_BACKOFF);
    assert_int_equal(look(&w, "one").failures, 2);
    assert_true(look(&w, "one").next_ns > 5 * ORX_SEC); /* the second wait, not the first again */
    world_close(&w);
}

static void an_idle_unit_waits_for_work(void **state) {
    (void)state;
    world w;
    world_open(&w, 9);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "idler"), END});
    await(&w, "one", ORX_UNIT_IDLE);
    pass(&w, 86400 * ORX_SEC);
    assert_int_equal(w.launches, 1);
    assert_int_equal(look(&w, "one").pid, 0);
    w.work = true;
    pass(&w, 1500 * ORX_MS);
    assert_int_equal(w.launches, 2);
    w.work = false;
    await(&w, "one", ORX_UNIT_IDLE);
    ask(&w, "one", ORX_UNIT_PAUSE);
    w.work = true;
    pass(&w, 100 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_PAUSED);
    world_close(&w);
}

/* ---- Ending --------------------------------------------------------------------------------- */

static void a_stubborn_one_is_killed_after_its_time(void **state) {
    (void)state;
    world w;
    world_open(&w, 10);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "stubborn"), END});
    await(&w, "one", ORX_UNIT_READY);
    ask(&w, "one", ORX_UNIT_STOP);
    pass(&w, 9 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STOPPING);
    pass(&w, 2 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    assert_int_equal(orx_pid_state_of(w.p, w.pid, w.start), ORX_PID_GONE);
    ask(&w, "one", ORX_UNIT_START);
    await(&w, "one", ORX_UNIT_READY);
    ask(&w, "one", ORX_UNIT_KILL);
    pass(&w, 10 * ORX_MS);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    world_close(&w);
}

static void draining_and_pausing(void **state) {
    (void)state;
    world w;
    world_open(&w, 11);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "stubborn"), unit_of(&w, "two", "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    await(&w, "two", ORX_UNIT_READY);
    w.doubled = false;
    ask(&w, "one", ORX_UNIT_PAUSE);
    ask(&w, "two", ORX_UNIT_PAUSE);
    pass(&w, 90 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_DRAINING);
    expect_state(&w, "two", ORX_UNIT_PAUSED);
    assert_int_equal(w.signals, 1);
    pass(&w, 25 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_PAUSED);
    leave(&w);
    /* A pause outlives the supervisor. */
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "stubborn"), unit_of(&w, "two", "steady"), END});
    pass(&w, 100 * ORX_SEC);
    expect_state(&w, "two", ORX_UNIT_PAUSED);
    assert_int_equal(w.launches, 2);
    ask(&w, "two", ORX_UNIT_RESUME);
    await(&w, "two", ORX_UNIT_READY);
    world_close(&w);
}

static void a_shutdown_changes_no_wish(void **state) {
    (void)state;
    world w;
    world_open(&w, 12);
    const orx_unit_spec specs[] = {unit_of(&w, "one", "steady"), unit_of(&w, "two", "steady"), END};
    keep(&w, specs);
    await(&w, "two", ORX_UNIT_READY);
    ask(&w, "one", ORX_UNIT_STOP);
    leave(&w);
    keep(&w, specs);
    await(&w, "two", ORX_UNIT_READY);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    orx_keeper_shutdown(w.k, false);
    assert_int_equal(orx_keeper_ask(w.k, "one", ORX_UNIT_START, &w.err), ORX_E_CONFLICT);
    w.doubled = false;
    world_close(&w);
}

static void a_second_shutdown_waits_for_nobody(void **state) {
    (void)state;
    world w;
    world_open(&w, 13);
    orx_unit_spec spec = unit_of(&w, "one", "stubborn");
    spec.policy.stop_timeout_ns = 86400 * ORX_SEC;
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_READY);
    orx_keeper_shutdown(w.k, false);
    pass(&w, 3600 * ORX_SEC);
    assert_false(*orx_keeper_down(w.k));
    orx_keeper_shutdown(w.k, true);
    pass(&w, 10 * ORX_MS);
    assert_true(*orx_keeper_down(w.k));
    world_close(&w);
}

/* ---- Units that need each other -------------------------------------------------------------- */

static void needs_are_followed(void **state) {
    (void)state;
    world w;
    world_open(&w, 14);
    static const char *const needs_base[] = {"base", NULL};
    orx_unit_spec top = unit_of(&w, "top", "steady");
    top.needs = needs_base;
    keep(&w, (orx_unit_spec[]){top, unit_of(&w, "base", "steady"), END});
    await(&w, "top", ORX_UNIT_READY);
    assert_contains(w.history, "base:ready top:ready");
    /* What it needs goes: so does it, and it comes back with it. */
    ask(&w, "base", ORX_UNIT_RESTART);
    await(&w, "top", ORX_UNIT_STARTING);
    await(&w, "base", ORX_UNIT_READY);
    await(&w, "top", ORX_UNIT_READY);
    ask(&w, "base", ORX_UNIT_STOP);
    await(&w, "top", ORX_UNIT_STARTING);
    pass(&w, 1000 * ORX_SEC);
    expect_state(&w, "top", ORX_UNIT_STARTING);
    assert_int_equal(look(&w, "top").pid, 0);
    /* Starting it starts what it needs. */
    ask(&w, "top", ORX_UNIT_START);
    ask(&w, "top", ORX_UNIT_RESTART);
    await(&w, "top", ORX_UNIT_READY);
    w.history[0] = '\0';
    leave(&w);
    assert_string_equal(w.history, "top:stopping top:stopped base:stopping base:stopped ");
    w.doubled = false;
    world_close(&w);
}

static void bad_needs_are_named(void **state) {
    (void)state;
    world w;
    world_open(&w, 15);
    static const char *const needs_b[] = {"b", NULL};
    static const char *const needs_a[] = {"a", NULL};
    static const char *const needs_x[] = {"x", NULL};
    const orx_keeper_setup setup = {.store = w.store};
    orx_unit_spec a = unit_of(&w, "a", "steady");
    orx_unit_spec b = unit_of(&w, "b", "steady");
    a.needs = needs_b;
    b.needs = needs_a;
    assert_ok(orx_keeper_new(w.p, &setup, &w.k, &w.err), &w.err);
    assert_ok(orx_keeper_add(w.k, &a, &w.err), &w.err);
    assert_int_equal(orx_keeper_add(w.k, &a, &w.err), ORX_E_EXISTS);
    assert_ok(orx_keeper_add(w.k, &b, &w.err), &w.err);
    assert_int_equal(orx_keeper_begin(w.k, &w.err), ORX_E_INVALID);
    assert_contains(w.err.msg, "unit a needs itself by way of b");
    orx_keeper_free(w.k);
    a.needs = needs_x;
    assert_ok(orx_keeper_new(w.p, &setup, &w.k, &w.err), &w.err);
    assert_ok(orx_keeper_add(w.k, &a, &w.err), &w.err);
    assert_int_equal(orx_keeper_begin(w.k, &w.err), ORX_E_INVALID);
    assert_contains(w.err.msg, "unit a needs x, which does not exist");
    a.name = "../../evil";
    assert_int_equal(orx_keeper_add(w.k, &a, &w.err), ORX_E_INVALID);
    assert_int_equal(orx_keeper_ask(w.k, "nobody", ORX_UNIT_START, &w.err), ORX_E_NOT_FOUND);
    assert_contains(w.err.msg, "there are: a");
    world_close(&w);
}

/* ---- What happens to the keeper ---------------------------------------------------------------
 */

/* A keeper of its own process, which somebody kills. */
static int keeps(orx_platform *p, void *user) {
    world *w = user;
    static const orx_store_room *const rooms[] = {&orx_unit_room, NULL};
    orx_store *s = NULL;
    orx_keeper *k = NULL;
    bool never = false;
    orx_err err = ORX_ERR_INIT;
    orx_unit_spec spec = unit_of(w, "one", "stubborn");
    assert_ok(orx_store_open(p, ROOT, "supervisor", rooms, ORX_STORE_CREATE, &s, &err), &err);
    const orx_keeper_setup setup = {.store = s};
    assert_ok(orx_keeper_new(p, &setup, &k, &err), &err);
    assert_ok(orx_keeper_add(k, &spec, &err), &err);
    assert_ok(orx_keeper_begin(k, &err), &err);
    return orx_loop_until(p, &never, 0);
}

static void a_killed_supervisor_is_followed_without_doubling(void **state) {
    (void)state;
    for (uint64_t seed = 20; seed < 60; seed++) {
        world w;
        world_open(&w, seed);
        orx_platform *first = orx_sim_add_process(w.host);
        orx_sim_spawn(first, keeps, &w);
        /* Killed at any moment: before the start, between spawn and release, or later. */
        pass(&w, (int64_t)orx_sim_draw(w.sim, 200) * ORX_MS / (seed % 2 ? 1 : 20));
        orx_sim_signal(first, SIGKILL);
        int before = w.launches;
        keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "stubborn"), END});
        await(&w, "one", ORX_UNIT_READY);
        assert_false(w.doubled);
        assert_int_equal(w.launches, before + 1);
        world_close(&w);
    }
}

static void a_killed_supervisor_of_a_tree(void **state) {
    (void)state;
    world w;
    world_open(&w, 70);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    assert_ok(orx_pid_kill(w.p, w.pid, w.start, SIGKILL, &w.err), &w.err);
    await(&w, "one", ORX_UNIT_BACKOFF);
    await(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.launches, 2);
    world_close(&w);
}

static void failures_outlive_the_supervisor_but_not_the_boot(void **state) {
    (void)state;
    world w;
    world_open(&w, 71);
    const orx_unit_spec specs[] = {unit_of(&w, "one", "fails"), END};
    keep(&w, specs);
    await(&w, "one", ORX_UNIT_BACKOFF);
    pass(&w, 7 * ORX_SEC);
    await(&w, "one", ORX_UNIT_BACKOFF);
    int64_t left = look(&w, "one").next_ns;
    assert_true(left > 8 * ORX_SEC);
    leave(&w);
    keep(&w, specs);
    expect_state(&w, "one", ORX_UNIT_BACKOFF);
    assert_true(look(&w, "one").next_ns <= left && look(&w, "one").next_ns > 7 * ORX_SEC);
    await(&w, "one", ORX_UNIT_FATAL);
    leave(&w);
    keep(&w, specs);
    pass(&w, 3600 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_FATAL);
    world_close(&w);
}

static void a_full_disk_is_no_crash_of_the_unit(void **state) {
    (void)state;
    world w;
    world_open(&w, 72);
    orx_sim_set_capacity(w.host, 1);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), END});
    pass(&w, 3000 * ORX_SEC);
    assert_int_equal(w.launches, 0);
    assert_true(w.problems > 0);
    expect_state(&w, "one", ORX_UNIT_BACKOFF);
    assert_int_equal(look(&w, "one").failures, 0);
    orx_sim_set_capacity(w.host, 0);
    await(&w, "one", ORX_UNIT_READY);
    world_close(&w);
}

static void logs_hold_no_secret(void **state) {
    (void)state;
    world w;
    world_open(&w, 73);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "talks"), END});
    await(&w, "one", ORX_UNIT_BACKOFF);
    char *log = content(&w, ROOT "/one.log");
    assert_null(strstr(log, "hunter2"));
    assert_contains(log, "+00:00] the key is ****************, keep it\n");
    assert_contains(log, "+00:00] an error\n");
    assert_contains(log, "+00:00] unfinished\n");
    free(log);
    world_close(&w);
}

typedef struct counted {
    int rows;
    orx_unit_state last;
} counted;

static void count_row(const orx_unit_view *unit, void *user) {
    counted *c = user;
    c->rows++;
    c->last = unit->state;
}

static bool count_event(const orx_event_row *row, void *user) {
    *(int *)user += orx_view_find(row->body, "\"state\":\"ready\",\"unit\":\"one\"") >= 0;
    return true;
}

static void the_journal_tells_the_story(void **state) {
    (void)state;
    world w;
    world_open(&w, 74);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    counted c = {0};
    assert_ok(orx_unit_rows_each(w.store, count_row, &c, &w.err), &w.err);
    assert_int_equal(c.rows, 1);
    assert_int_equal(c.last, ORX_UNIT_READY);
    int found = 0;
    const orx_event_filter filter = {.kind_prefix = "unit.state"};
    assert_ok(orx_event_each(w.store, &filter, count_event, &found, &w.err), &w.err);
    assert_int_equal(found, 1);
    world_close(&w);
}

/* ---- Anything at all --------------------------------------------------------------------------
 */

/* Random wishes and faults for days; whatever happens, there is never a second process, and a unit
 * that is told to stop stops. */
static void any_course_of_days(void **state) {
    (void)state;
    static const char *const programs[] = {"steady", "fails",    "crashes", "hangs",
                                           "mute",   "stubborn", "idler",   "beats"};
    for (uint64_t seed = 100; seed < 150; seed++) {
        world w;
        world_open(&w, seed);
        keep(&w,
             (orx_unit_spec[]){unit_of(&w, "one", programs[seed % ORX_ARRAY_LEN(programs)]), END});
        for (int i = 0; i < 60; i++) {
            pass(&w, (int64_t)orx_sim_draw(w.sim, 400) * ORX_SEC);
            w.work = orx_sim_draw(w.sim, 2) != 0;
            if (orx_sim_draw(w.sim, 5) == 0 && w.pid)
                (void)orx_pid_kill(w.p, w.pid, w.start, SIGKILL, NULL);
            if (orx_sim_draw(w.sim, 5) == 0)
                orx_sim_jump_clock(w.host, ((int64_t)orx_sim_draw(w.sim, 2000) - 1000) * ORX_SEC);
            ask(&w, "one", (orx_unit_event)orx_sim_draw(w.sim, ORX_UNIT_RESUME + 1));
            w.history[0] = '\0';
        }
        ask(&w, "one", ORX_UNIT_STOP);
        pass(&w, 60 * ORX_SEC);
        expect_state(&w, "one", ORX_UNIT_STOPPED);
        assert_int_equal(orx_pid_state_of(w.p, w.pid, w.start), ORX_PID_GONE);
        world_close(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_is_started_and_says_that_it_is_ready),
        cmocka_unit_test(a_unit_may_say_its_pid_itself),
        cmocka_unit_test(case_28_29_a_failure_is_noticed_at_once_and_tried_again),
        cmocka_unit_test(case_26_no_more_starts_than_the_cap),
        cmocka_unit_test(crashes_are_told_from_failures),
        cmocka_unit_test(want_of_a_repository_ends_when_it_is_back),
        cmocka_unit_test(uncommitted_work_is_waited_for),
        cmocka_unit_test(a_worktree_that_changed_is_looked_at_when_it_is_quiet),
        cmocka_unit_test(case_33_36_one_that_hangs_is_ended_once_and_started_again),
        cmocka_unit_test(a_heartbeat_file_is_progress_too),
        cmocka_unit_test(case_32_an_old_heartbeat_says_nothing_about_a_new_process),
        cmocka_unit_test(one_that_never_gets_ready_is_given_up),
        cmocka_unit_test(clocks_may_jump),
        cmocka_unit_test(sleep_is_no_hang_of_one_that_starts),
        cmocka_unit_test(sleep_is_no_hang_of_one_that_stops),
        cmocka_unit_test(sleep_is_no_healthy_time),
        cmocka_unit_test(an_idle_unit_waits_for_work),
        cmocka_unit_test(a_stubborn_one_is_killed_after_its_time),
        cmocka_unit_test(draining_and_pausing),
        cmocka_unit_test(a_shutdown_changes_no_wish),
        cmocka_unit_test(a_second_shutdown_waits_for_nobody),
        cmocka_unit_test(needs_are_followed),
        cmocka_unit_test(bad_needs_are_named),
        cmocka_unit_test(a_killed_supervisor_is_followed_without_doubling),
        cmocka_unit_test(a_killed_supervisor_of_a_tree),
        cmocka_unit_test(failures_outlive_the_supervisor_but_not_the_boot),
        cmocka_unit_test(a_full_disk_is_no_crash_of_the_unit),
        cmocka_unit_test(logs_hold_no_secret),
        cmocka_unit_test(the_journal_tells_the_story),
        cmocka_unit_test(any_course_of_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
