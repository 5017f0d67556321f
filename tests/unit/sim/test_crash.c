/* Dying at every durable operation, and the faults that are drawn. */
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const versions[] = {"the first version", "the second version, which is longer",
                                       "third"};

/* Replaces /dir/f by each version in turn; *user counts the replacements that returned. */
static int replacer(orx_platform *p, void *user) {
    int *done = user;
    for (size_t i = 1; i < ORX_ARRAY_LEN(versions); i++) {
        if (orx_write_atomic(p, "/dir/f", orx_view_of(versions[i]), 0644, NULL) < 0)
            return 1;
        ++*done;
    }
    return 0;
}

static world replacing_world(uint64_t seed) {
    world w = world_new(seed);
    assert_int_equal(orx_mkdirs(w.p, "/dir", false, NULL), 0);
    put(w.p, "/dir/f", versions[0]);
    orx_sim_settle(w.host);
    return w;
}

static uint64_t count_ops(void) {
    world w = replacing_world(1);
    int done = 0;
    orx_sim_spawn(w.p, replacer, &done);
    world_run(&w);
    uint64_t ops = orx_sim_durable_ops(w.host);
    assert_int_equal(done, 2);
    orx_sim_free(w.sim);
    return ops;
}

/* Whatever the moment, a reader finds one whole version, and not one older than the last whose
 * replacement returned. */
static void replace_and_die(uint64_t seed, uint64_t op, orx_sim_when when, bool power) {
    world w = replacing_world(seed);
    int done = 0;
    orx_sim_crash_at(w.host, op, when, power);
    orx_sim_spawn(w.p, replacer, &done);
    world_run(&w);
    int code = 0;
    assert_int_equal(orx_sim_fate_of(w.p, &code), ORX_SIM_KILLED);
    assert_int_equal(code, -SIGKILL);
    assert_int_equal(orx_sim_durable_ops(w.host), op);
    char *left = get(w.p, "/dir/f");
    assert_non_null(left);
    int version = -1;
    for (int i = 0; i < 3; i++)
        if (strcmp(left, versions[i]) == 0)
            version = i;
    if (version < done || version > done + 1)
        fail_msg("seed %d, op %d, when %d, power %d: \"%s\" after %d replacements", (int)seed,
                 (int)op, when, power, left, done);
    free(left);
    /* The next process can go on. */
    orx_platform *next = orx_sim_add_process(w.host);
    done = 0;
    orx_sim_spawn(next, replacer, &done);
    world_run(&w);
    assert_int_equal(done, 2);
    assert_file(w.p, "/dir/f", versions[2]);
    orx_sim_free(w.sim);
}

static void atomic_replace_survives_every_point(void **state) {
    (void)state;
    uint64_t ops = count_ops();
    /* create, write, sync, rename, sync_dir, twice */
    assert_int_equal(ops, 10);
    for (uint64_t op = 1; op <= ops; op++)
        for (int when = ORX_SIM_BEFORE; when <= ORX_SIM_AFTER; when++)
            for (int power = 0; power < 2; power++)
                for (uint64_t seed = 0; seed < 8; seed++)
                    replace_and_die(seed, op, (orx_sim_when)when, power);
}

/* Without the syncs the same test must fail for some point: the simulation would otherwise prove
 * nothing. */
static int careless(orx_platform *p, void *user) {
    (void)user;
    (void)orx_write_replace(p, "/dir/f", orx_view_of(versions[1]), 0644, NULL);
    (void)orx_write_new(p, "/dir/done", orx_view_of(""), 0644, NULL);
    return 0;
}

static void a_missing_sync_is_found(void **state) {
    (void)state;
    int broken = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        world w = replacing_world(seed);
        orx_sim_spawn(w.p, careless, NULL);
        world_run(&w);
        orx_sim_crash_host(w.host, true);
        char *left = get(w.p, "/dir/f");
        broken += strcmp(left, versions[1]) != 0;
        free(left);
        orx_sim_free(w.sim);
    }
    assert_true(broken > 0);
}

/* ---- When exactly ------------------------------------------------------------------------- */

static int writes_once(orx_platform *p, void *user) {
    bool *returned = user;
    orx_file *f = open_file(p, "/f", ORX_OPEN_WRITE); /* exists: op 1 is the write */
    write_at(p, f, 0, "0123456789");
    *returned = true;
    return 0;
}

static char *die_in_write(uint64_t seed, orx_sim_when when, bool *ret_returned) {
    world w = world_new(seed);
    *ret_returned = false;
    put(w.p, "/f", "");
    orx_sim_kill_at(w.host, 1, when);
    orx_sim_spawn(w.p, writes_once, ret_returned);
    world_run(&w);
    char *left = get(w.p, "/f");
    orx_sim_free(w.sim);
    return left;
}

static void before_torn_and_after_differ(void **state) {
    (void)state;
    bool returned;
    unsigned lengths = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        char *left = die_in_write(seed, ORX_SIM_BEFORE, &returned);
        assert_string_equal(left, "");
        assert_false(returned);
        free(left);
        left = die_in_write(seed, ORX_SIM_AFTER, &returned);
        assert_string_equal(left, "0123456789");
        assert_false(returned);
        free(left);
        left = die_in_write(seed, ORX_SIM_TORN, &returned);
        assert_memory_equal(left, "0123456789", strlen(left));
        lengths |= 1u << strlen(left);
        assert_false(returned);
        free(left);
    }
    assert_int_equal(lengths, (1u << 11) - 1);
}

static int idler(orx_platform *p, void *user) {
    int *woken = user;
    orx_loop_sleep(p, ORX_SEC);
    ++*woken;
    return 3;
}

static void kill_at_ends_one_process_and_crash_at_all(void **state) {
    (void)state;
    for (int host = 0; host < 2; host++) {
        world w = world_new(5);
        bool returned = false;
        int woken = 0;
        orx_platform *other = orx_sim_add_process(w.host);
        orx_platform *elsewhere = orx_sim_platform(orx_sim_add_host(w.sim, "beta"));
        put(w.p, "/f", "");
        if (host)
            orx_sim_crash_at(w.host, 1, ORX_SIM_AFTER, false);
        else
            orx_sim_kill_at(w.host, 1, ORX_SIM_AFTER);
        orx_sim_spawn(w.p, writes_once, &returned);
        orx_sim_spawn(other, idler, &woken);
        orx_sim_spawn(elsewhere, idler, &woken);
        world_run(&w);
        int code = 0;
        assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_KILLED);
        assert_int_equal(orx_sim_fate_of(other, &code), host ? ORX_SIM_KILLED : ORX_SIM_RETURNED);
        assert_int_equal(orx_sim_fate_of(elsewhere, &code), ORX_SIM_RETURNED);
        assert_int_equal(code, 3);
        assert_int_equal(woken, host ? 1 : 2);
        orx_sim_free(w.sim);
    }
}

static int crasher(orx_platform *p, void *user) {
    world *w = user;
    orx_sim_crash_host(w->host, true);
    put(p, "/after", "never written");
    return 0;
}

static void a_crash_from_inside_does_not_return(void **state) {
    (void)state;
    world w = world_new(1);
    orx_sim_spawn(w.p, crasher, &w);
    world_run(&w);
    assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_KILLED);
    assert_false(orx_exists(w.p, "/after"));
    orx_sim_free(w.sim);
}

static void power_loss_is_a_new_boot_and_a_kill_is_not(void **state) {
    (void)state;
    world w = world_new(9);
    int woken = 0;
    int64_t pid;
    int64_t start;
    int64_t pid2;
    int64_t start2;
    char boot[40];
    (void)snprintf(boot, sizeof boot, "%s", orx_boot_id(w.p));
    orx_sim_spawn(w.p, idler, &woken);
    world_run(&w);
    orx_pid_self(w.p, &pid, &start);
    orx_sim_crash_host(w.host, false);
    assert_string_equal(boot, orx_boot_id(w.p));
    orx_sim_crash_host(w.host, true);
    assert_string_not_equal(boot, orx_boot_id(w.p));
    assert_int_equal(strlen(orx_boot_id(w.p)), 36);
    /* Pids start over, so that a pid alone names nothing across boots. */
    orx_sim_spawn(w.p, idler, &woken);
    orx_pid_self(w.p, &pid2, &start2);
    assert_int_equal(pid, pid2);
    assert_true(start != start2);
    world_run(&w);
    orx_sim_free(w.sim);
}

static void a_spawned_again_process_is_another_one(void **state) {
    (void)state;
    world w = world_new(9);
    int woken = 0;
    int64_t pid[2];
    int64_t start[2];
    assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_NEW);
    for (int i = 0; i < 2; i++) {
        orx_sim_spawn(w.p, idler, &woken);
        assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_RUNNING);
        orx_pid_self(w.p, &pid[i], &start[i]);
        assert_int_equal(orx_pid_state_of(w.p, pid[i], start[i]), ORX_PID_ALIVE);
        world_run(&w);
        assert_int_equal(orx_pid_state_of(w.p, pid[i], start[i]), ORX_PID_GONE);
    }
    assert_true(pid[0] != pid[1]);
    assert_true(start[0] < start[1]);
    assert_int_equal(woken, 2);
    orx_sim_free(w.sim);
}

/* ---- What a dead process held -------------------------------------------------------------- */

static int hoarder(orx_platform *p, void *user) {
    char **big = orx_xmalloc(sizeof *big); /* reachable from the abandoned stack only */
    *big = orx_xstrdup("never freed");
    orx_file *f = open_file(p, "/held", RW);
    assert_int_equal(orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, false, NULL), 0);
    (void)orx_timer_start(p, ORX_SEC, NULL, *big);
    (void)user;
    write_at(p, f, 0, *big);
    free(*big);
    free(big);
    orx_file_close(p, f);
    return 0;
}

static void a_dead_process_holds_nothing(void **state) {
    (void)state;
    world w = world_new(1);
    orx_sim_kill_at(w.host, 2, ORX_SIM_BEFORE);
    orx_sim_spawn(w.p, hoarder, NULL);
    world_run(&w);
    assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_KILLED);
    orx_file *f = open_file(w.p, "/held", ORX_OPEN_READ);
    assert_int_equal(orx_file_lock(w.p, f, ORX_LOCK_EXCLUSIVE, false, NULL), 0);
    orx_file_close(w.p, f);
    assert_int_equal(orx_sim_now(w.sim), 0); /* its timer did not go off */
    orx_sim_free(w.sim);
}

static int leaves_open(orx_platform *p, void *user) {
    (void)user;
    orx_file *f = open_file(p, "/held", RW);
    assert_int_equal(orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, false, NULL), 0);
    return 0;
}

static void so_does_one_that_returned(void **state) {
    (void)state;
    world w = world_new(1);
    orx_sim_spawn(w.p, leaves_open, NULL);
    world_run(&w);
    orx_file *f = open_file(w.p, "/held", ORX_OPEN_READ);
    assert_int_equal(orx_file_lock(w.p, f, ORX_LOCK_EXCLUSIVE, false, NULL), 0);
    orx_file_close(w.p, f);
    orx_sim_free(w.sim);
}

static void an_unfinished_world_can_be_freed(void **state) {
    (void)state;
    world w = world_new(1);
    int woken = 0;
    orx_sim_spawn(w.p, idler, &woken);
    orx_sim_spawn(orx_sim_add_process(w.host), idler, &woken);
    assert_true(orx_sim_run(w.sim, ORX_MS));
    assert_int_equal(woken, 0);
    orx_sim_free(w.sim);
    orx_sim_free(NULL);
}

/* ---- Drawn faults -------------------------------------------------------------------------- */

typedef struct tally {
    int ok;
    int io;
    int space;
    int other;
} tally;

static int tries(orx_platform *p, void *user) {
    tally *t = user;
    for (int i = 0; i < 500; i++) {
        orx_file *f = NULL;
        int rc = orx_file_open(p, "/f", RW | ORX_OPEN_APPEND, 0644, &f, NULL);
        if (rc == 0)
            rc = orx_file_write(p, f, 0, "0123456789", 10, NULL);
        if (rc == 0)
            rc = orx_file_sync(p, f, NULL);
        orx_file_close(p, f);
        t->ok += rc == 0;
        t->io += rc == ORX_E_IO;
        t->space += rc == ORX_E_NO_SPACE;
        t->other += rc < 0 && rc != ORX_E_IO && rc != ORX_E_NO_SPACE;
    }
    return 0;
}

static void errors_come_as_often_as_asked(void **state) {
    (void)state;
    world w = world_new(3);
    tally t = {0};
    orx_sim_faults faults = {.io_error = 500, .no_space = 500};
    orx_sim_set_faults(w.host, &faults);
    orx_sim_spawn(w.p, tries, &t);
    world_run(&w);
    /* Three operations at 5 %, one of them at 10 %. */
    assert_in_range(t.io, 30, 150);
    assert_in_range(t.space, 5, 60);
    assert_int_equal(t.other, 0);
    assert_int_equal(t.ok + t.io + t.space, 500);
    /* A failed write was done in part, so the length says so. */
    char *left = get(w.p, "/f");
    assert_true(strlen(left) % 10 != 0 || strlen(left) / 10 != (size_t)t.ok);
    free(left);
    orx_sim_free(w.sim);
}

static void faults_spare_the_test_itself(void **state) {
    (void)state;
    world w = world_new(3);
    orx_sim_faults all = {.crash = 10000,
                          .kill = 10000,
                          .io_error = 10000,
                          .no_space = 10000,
                          .spawn_fails = 10000,
                          .clock_jump = 10000,
                          .slow = 10000};
    orx_sim_set_faults(w.host, &all);
    put(w.p, "/f", "text");
    assert_file(w.p, "/f", "text");
    assert_int_equal(orx_sim_durable_ops(w.host), 0);
    assert_int_equal(orx_sim_now(w.sim), 0);
    orx_sim_free(w.sim);
}

static void kills_and_crashes_are_drawn(void **state) {
    (void)state;
    int killed = 0;
    int rebooted = 0;
    int survived = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        world w = world_new(seed);
        tally t = {0};
        int woken = 0;
        char boot[40];
        orx_platform *other = orx_sim_add_process(w.host);
        orx_sim_faults faults = {.crash = 3, .kill = 6};
        orx_sim_set_faults(w.host, &faults);
        (void)snprintf(boot, sizeof boot, "%s", orx_boot_id(w.p));
        orx_sim_spawn(w.p, tries, &t);
        orx_sim_spawn(other, idler, &woken);
        world_run(&w);
        bool new_boot = strcmp(boot, orx_boot_id(w.p)) != 0;
        assert_int_equal(woken, new_boot ? 0 : 1);
        if (orx_sim_fate_of(w.p, NULL) == ORX_SIM_RETURNED)
            survived++;
        else if (new_boot)
            rebooted++;
        else
            killed++;
        orx_sim_free(w.sim);
    }
    assert_true(survived > 5);
    assert_true(killed > 5);
    assert_true(rebooted > 5);
}

static void slow_operations_take_time_and_nothing_else(void **state) {
    (void)state;
    world w = world_new(3);
    tally t = {0};
    orx_sim_faults faults = {.slow = 1000};
    orx_sim_set_faults(w.host, &faults);
    orx_sim_spawn(w.p, tries, &t);
    world_run(&w);
    assert_int_equal(t.ok, 500);
    assert_true(orx_sim_now(w.sim) > 50 * ORX_SEC);
    assert_true(orx_sim_now(w.sim) < 1000 * ORX_SEC);
    orx_sim_free(w.sim);
}

#define HOUR (3600 * ORX_SEC)

static int watches_clocks(orx_platform *p, void *user) {
    int *jumps = user;
    int64_t wall = orx_wall_ns(p);
    int64_t mono = orx_mono_ns(p);
    for (int i = 0; i < 300; i++) {
        orx_loop_sleep(p, ORX_SEC);
        int64_t wall2 = orx_wall_ns(p);
        int64_t mono2 = orx_mono_ns(p);
        assert_int_equal(mono2 - mono, ORX_SEC);
        int64_t jump = wall2 - wall - ORX_SEC;
        *jumps += jump != 0;
        assert_true(jump >= -240 * HOUR && jump <= 240 * HOUR);
        wall = wall2;
        mono = mono2;
    }
    return 0;
}

static void only_the_wall_clock_jumps(void **state) {
    (void)state;
    world w = world_new(3);
    int jumps = 0;
    orx_sim_faults faults = {.clock_jump = 1000};
    orx_sim_spawn(w.p, watches_clocks, &jumps);
    world_run(&w);
    assert_int_equal(jumps, 0);
    orx_sim_set_faults(w.host, &faults);
    orx_sim_spawn(w.p, watches_clocks, &jumps);
    world_run(&w);
    assert_in_range(jumps, 10, 80);
    int64_t wall = orx_wall_ns(w.p);
    orx_sim_jump_clock(w.host, -3600 * ORX_SEC);
    assert_true(orx_wall_ns(w.p) == wall - 3600 * ORX_SEC);
    orx_sim_free(w.sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atomic_replace_survives_every_point),
        cmocka_unit_test(a_missing_sync_is_found),
        cmocka_unit_test(before_torn_and_after_differ),
        cmocka_unit_test(kill_at_ends_one_process_and_crash_at_all),
        cmocka_unit_test(a_crash_from_inside_does_not_return),
        cmocka_unit_test(power_loss_is_a_new_boot_and_a_kill_is_not),
        cmocka_unit_test(a_spawned_again_process_is_another_one),
        cmocka_unit_test(a_dead_process_holds_nothing),
        cmocka_unit_test(so_does_one_that_returned),
        cmocka_unit_test(an_unfinished_world_can_be_freed),
        cmocka_unit_test(errors_come_as_often_as_asked),
        cmocka_unit_test(faults_spare_the_test_itself),
        cmocka_unit_test(kills_and_crashes_are_drawn),
        cmocka_unit_test(slow_operations_take_time_and_nothing_else),
        cmocka_unit_test(only_the_wall_clock_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
