/* Time, timers, the loop, signals and deadlocks. */
#include "support.h"

#include <signal.h>
#include <stdio.h>

/* ---- Timers ------------------------------------------------------------------------------- */

typedef struct diary {
    world w;
    orx_str text;
    orx_timer *other;
    int left;
    bool done;
} diary;

typedef struct entry {
    diary *d;
    char name;
} entry;

static void write_entry(void *user) {
    const entry *e = user;
    orx_str_addf(&e->d->text, "%c%lld ", e->name, (long long)(orx_sim_now(e->d->w.sim) / ORX_MS));
}

static int sets_timers(orx_platform *p, void *user) {
    diary *d = user;
    entry e[] = {{d, 'a'}, {d, 'b'}, {d, 'c'}, {d, 'd'}, {d, 'e'}};
    (void)orx_timer_start(p, 30 * ORX_MS, write_entry, &e[0]);
    (void)orx_timer_start(p, 10 * ORX_MS, write_entry, &e[1]);
    (void)orx_timer_start(p, 10 * ORX_MS, write_entry, &e[2]);
    (void)orx_timer_start(p, -5, write_entry, &e[3]);
    orx_timer *t = orx_timer_start(p, 20 * ORX_MS, write_entry, &e[4]);
    assert_int_equal(orx_loop_step(p, -1), 1); /* d */
    assert_int_equal(orx_loop_step(p, 5 * ORX_MS), 0);
    assert_int_equal(orx_loop_step(p, -1), 2); /* b and c */
    orx_timer_cancel(p, t);
    orx_timer_cancel(p, NULL);
    orx_loop_sleep(p, 100 * ORX_MS);
    return 0;
}

static void timers_fire_in_order_of_time_then_start(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        diary d = {.w = world_new(seed)};
        orx_sim_spawn(d.w.p, sets_timers, &d);
        world_run(&d.w);
        assert_string_equal(orx_str_cstr(&d.text), "d0 b10 c10 a30 ");
        assert_int_equal(orx_sim_now(d.w.sim), 110 * ORX_MS);
        orx_str_free(&d.text);
        orx_sim_free(d.w.sim);
    }
}

/* A thousand timers, a third of them cancelled. */
typedef struct stamp {
    orx_sim *sim;
    int64_t due;
    int64_t *last;
    int *fired;
} stamp;

static void check_stamp(void *user) {
    const stamp *s = user;
    assert_int_equal(orx_sim_now(s->sim), s->due);
    assert_true(*s->last <= s->due);
    *s->last = s->due;
    ++*s->fired;
}

static void many_timers_are_exact(void **state) {
    (void)state;
    enum { N = 1000 };
    world w = world_new(5);
    static stamp stamps[N];
    orx_timer *timers[N];
    int64_t last = 0;
    int fired = 0;
    int expected = 0;
    for (int i = 0; i < N; i++) {
        stamps[i] = (stamp){w.sim, (int64_t)orx_sim_draw(w.sim, 100000), &last, &fired};
        timers[i] = orx_timer_start(w.p, stamps[i].due, check_stamp, &stamps[i]);
    }
    for (int i = 0; i < N; i++) {
        if (orx_sim_draw(w.sim, 3) == 0)
            orx_timer_cancel(w.p, timers[i]);
        else
            expected++;
    }
    orx_loop_sleep(w.p, 200000);
    assert_int_equal(fired, expected);
    orx_sim_free(w.sim);
}

static void cancel_other(void *user) {
    diary *d = user;
    orx_timer_cancel(d->w.p, d->other);
    d->other = NULL;
    orx_str_adds(&d->text, "cancelled ");
}

static void again(void *user) {
    diary *d = user;
    orx_str_addf(&d->text, "%d ", d->left);
    d->done = d->left == 0;
    if (d->left-- > 0)
        (void)orx_timer_start(d->w.p, 0, again, d);
}

static int timers_from_timers(orx_platform *p, void *user) {
    diary *d = user;
    entry e = {d, 'x'};
    /* Both are due at once: the first one takes the second out of the queue. */
    (void)orx_timer_start(p, ORX_MS, cancel_other, d);
    d->other = orx_timer_start(p, ORX_MS, write_entry, &e);
    orx_loop_sleep(p, 10 * ORX_MS);
    d->left = 3;
    again(d);
    assert_int_equal(orx_loop_until(p, &d->done, 0), 0);
    return 0;
}

static void callbacks_may_start_and_cancel_timers(void **state) {
    (void)state;
    diary d = {.w = world_new(1)};
    orx_sim_spawn(d.w.p, timers_from_timers, &d);
    world_run(&d.w);
    assert_string_equal(orx_str_cstr(&d.text), "cancelled 3 2 1 0 ");
    orx_str_free(&d.text);
    orx_sim_free(d.w.sim);
}

/* ---- Waiting ------------------------------------------------------------------------------ */

static void set_true(void *user) {
    *(bool *)user = true;
}

static int waits_until(orx_platform *p, void *user) {
    diary *d = user;
    bool never = false;
    int64_t begin = orx_mono_ns(p);
    assert_int_equal(orx_loop_until(p, &never, begin + ORX_SEC), ORX_E_TIMEOUT);
    assert_int_equal(orx_mono_ns(p) - begin, ORX_SEC);
    (void)orx_timer_start(p, ORX_SEC, set_true, &d->done);
    assert_int_equal(orx_loop_until(p, &d->done, begin + 10 * ORX_SEC), 0);
    assert_int_equal(orx_mono_ns(p) - begin, 2 * ORX_SEC);
    return 0;
}

static void waiting_ends_with_the_event_or_the_deadline(void **state) {
    (void)state;
    diary d = {.w = world_new(1)};
    orx_sim_spawn(d.w.p, waits_until, &d);
    world_run(&d.w);
    assert_true(d.done);
    orx_sim_free(d.w.sim);
}

static void time_passes_outside_coroutines_too(void **state) {
    (void)state;
    world w = world_new(1);
    bool done = false;
    int64_t begin = orx_mono_ns(w.p);
    int64_t wall = orx_wall_ns(w.p);
    (void)orx_timer_start(w.p, 3600 * ORX_SEC, set_true, &done);
    assert_int_equal(orx_loop_until(w.p, &done, 0), 0);
    assert_int_equal(orx_mono_ns(w.p) - begin, 3600 * ORX_SEC);
    assert_int_equal(orx_wall_ns(w.p) - wall, 3600 * ORX_SEC);
    orx_sim_pause(w.p, ORX_SEC);
    assert_int_equal(orx_mono_ns(w.p) - begin, 3601 * ORX_SEC);
    orx_sim_free(w.sim);
}

static int polls(orx_platform *p, void *user) {
    bool *done = user;
    (void)orx_timer_start(p, ORX_MS, set_true, done);
    while (!*done)
        (void)orx_loop_step(p, 0);
    return 0;
}

static void a_polling_loop_does_not_stop_the_world(void **state) {
    (void)state;
    world w = world_new(1);
    bool done = false;
    orx_sim_spawn(w.p, polls, &done);
    world_run(&w);
    assert_true(done);
    assert_int_equal(orx_sim_now(w.sim), ORX_MS);
    orx_sim_free(w.sim);
}

static int sleeper(orx_platform *p, void *user) {
    (void)user;
    orx_loop_sleep(p, 10 * ORX_SEC);
    return 0;
}

static void a_run_stops_at_its_bound_and_goes_on(void **state) {
    (void)state;
    world w = world_new(1);
    orx_sim_spawn(w.p, sleeper, NULL);
    assert_true(orx_sim_run(w.sim, 3 * ORX_SEC));
    assert_int_equal(orx_sim_now(w.sim), 3 * ORX_SEC);
    assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_RUNNING);
    assert_true(orx_sim_run(w.sim, 0));
    assert_int_equal(orx_sim_now(w.sim), 10 * ORX_SEC);
    assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_RETURNED);
    /* Nothing left to do: time does not run on by itself. */
    assert_true(orx_sim_run(w.sim, 3600 * ORX_SEC));
    assert_int_equal(orx_sim_now(w.sim), 10 * ORX_SEC);
    orx_sim_free(w.sim);
}

/* ---- Deadlocks ---------------------------------------------------------------------------- */

static int waits_for_ever(orx_platform *p, void *user) {
    (void)orx_loop_until(p, user, 0);
    return 0;
}

static void a_deadlock_is_told_from_an_end(void **state) {
    (void)state;
    world w = world_new(1);
    bool never = false;
    int64_t pid;
    int64_t start;
    orx_sim_spawn(w.p, sleeper, NULL);
    orx_sim_spawn(orx_sim_add_process(w.host), waits_for_ever, &never);
    orx_platform *stuck = orx_sim_add_process(w.host);
    orx_sim_spawn(stuck, waits_for_ever, &never);
    orx_pid_self(stuck, &pid, &start);
    assert_false(orx_sim_run(w.sim, 0));
    orx_str why = {0};
    orx_sim_explain(w.sim, &why);
    char expected[80];
    (void)snprintf(expected, sizeof expected,
                   "process[%lld] on alpha waits for an event in its loop\n", (long long)pid);
    assert_contains(orx_str_cstr(&why), expected);
    orx_str_free(&why);
    orx_sim_free(w.sim);
}

static int locks_both(orx_platform *p, void *user) {
    const char *const *order = user;
    for (int i = 0; i < 2; i++) {
        orx_file *f = open_file(p, order[i], RW);
        (void)orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, true, NULL);
        orx_sim_pause(p, ORX_MS);
    }
    return 0;
}

static void locks_in_opposite_order_are_a_deadlock(void **state) {
    (void)state;
    world w = world_new(1);
    const char *order[] = {"/a", "/b"};
    const char *opposite[] = {"/b", "/a"};
    orx_sim_spawn(w.p, locks_both, order);
    orx_sim_spawn(orx_sim_add_process(w.host), locks_both, opposite);
    assert_false(orx_sim_run(w.sim, 0));
    orx_str why = {0};
    orx_sim_explain(w.sim, &why);
    assert_contains(orx_str_cstr(&why), "waits for the lock of /a\n");
    assert_contains(orx_str_cstr(&why), "waits for the lock of /b\n");
    orx_str_free(&why);
    orx_sim_free(w.sim);
}

/* ---- Signals ------------------------------------------------------------------------------ */

static void on_signal(int signum, void *user) {
    diary *d = user;
    orx_str_addf(&d->text, "signal %d ", signum);
    d->done = signum == SIGTERM;
}

static int watches(orx_platform *p, void *user) {
    diary *d = user;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_watch_signals(p, on_signal, d, &err), &err);
    assert_int_equal(orx_watch_signals(p, on_signal, d, &err), ORX_E_EXISTS);
    (void)orx_loop_until(p, &d->done, 0);
    return 5;
}

static void a_watch_sees_signals(void **state) {
    (void)state;
    diary d = {.w = world_new(1)};
    int code = 0;
    orx_sim_spawn(d.w.p, watches, &d);
    assert_false(orx_sim_run(d.w.sim, 0));
    orx_sim_signal(d.w.p, SIGHUP);
    orx_sim_signal(d.w.p, SIGINT);
    orx_sim_signal(d.w.p, SIGTERM);
    world_run(&d.w);
    assert_int_equal(orx_sim_fate_of(d.w.p, &code), ORX_SIM_RETURNED);
    assert_int_equal(code, 5);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "signal %d signal %d signal %d ", SIGHUP, SIGINT,
                   SIGTERM);
    assert_string_equal(orx_str_cstr(&d.text), expected);
    orx_str_free(&d.text);
    orx_sim_free(d.w.sim);
}

static int watches_for_a_while(orx_platform *p, void *user) {
    assert_int_equal(orx_watch_signals(p, on_signal, user, NULL), 0);
    assert_int_equal(orx_watch_signals(p, NULL, NULL, NULL), 0);
    orx_loop_sleep(p, 10 * ORX_SEC);
    return 0;
}

static void after_a_watch_signals_end_the_process(void **state) {
    (void)state;
    diary d = {.w = world_new(1)};
    int code = 0;
    orx_sim_spawn(d.w.p, watches_for_a_while, &d);
    assert_true(orx_sim_run(d.w.sim, ORX_SEC));
    orx_sim_signal(d.w.p, SIGTERM);
    world_run(&d.w);
    assert_int_equal(orx_sim_fate_of(d.w.p, &code), ORX_SIM_KILLED);
    assert_int_equal(code, -SIGTERM);
    assert_int_equal(d.text.len, 0);
    orx_sim_free(d.w.sim);
}

static void without_a_watch_signals_end_the_process(void **state) {
    (void)state;
    const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGKILL};
    for (size_t i = 0; i < ORX_ARRAY_LEN(signals); i++) {
        world w = world_new(1);
        int code = 0;
        orx_sim_spawn(w.p, sleeper, NULL);
        assert_true(orx_sim_run(w.sim, ORX_SEC));
        orx_sim_signal(w.p, signals[i]);
        world_run(&w);
        assert_int_equal(orx_sim_fate_of(w.p, &code), ORX_SIM_KILLED);
        assert_int_equal(code, -signals[i]);
        orx_sim_signal(w.p, SIGKILL); /* nobody there any more */
        orx_sim_free(w.sim);
    }
}

static void kill_cannot_be_watched(void **state) {
    (void)state;
    diary d = {.w = world_new(1)};
    orx_sim_spawn(d.w.p, watches, &d);
    assert_false(orx_sim_run(d.w.sim, 0));
    orx_sim_signal(d.w.p, SIGKILL);
    world_run(&d.w);
    assert_int_equal(orx_sim_fate_of(d.w.p, NULL), ORX_SIM_KILLED);
    assert_int_equal(d.text.len, 0);
    orx_sim_free(d.w.sim);
}

static int kills_itself(orx_platform *p, void *user) {
    int *after = user;
    orx_sim_signal(p, SIGTERM);
    ++*after;
    return 0;
}

static int kills_by_pid(orx_platform *p, void *user) {
    const int64_t *id = user;
    orx_sim_pause(p, ORX_SEC);
    assert_int_equal(orx_pid_kill(p, id[0], id[1] + 1, SIGTERM, NULL), ORX_E_NOT_FOUND);
    assert_int_equal(orx_pid_kill(p, 99999999, id[1], SIGTERM, NULL), ORX_E_NOT_FOUND);
    assert_int_equal(orx_pid_kill(p, id[0], id[1], 0, NULL), 0);
    assert_int_equal(orx_pid_kill(p, id[0], id[1], SIGHUP, NULL), 0);
    assert_int_equal(orx_pid_kill(p, id[0], id[1], SIGTERM, NULL), 0);
    orx_sim_pause(p, ORX_MS);
    assert_int_equal(orx_pid_kill(p, id[0], id[1], SIGTERM, NULL), ORX_E_NOT_FOUND);
    return 0;
}

static void processes_signal_each_other_by_pid(void **state) {
    (void)state;
    diary d = {.w = world_new(1)};
    int64_t id[2];
    int after = 0;
    orx_platform *other = orx_sim_add_process(d.w.host);
    orx_sim_spawn(d.w.p, watches, &d);
    orx_pid_self(d.w.p, &id[0], &id[1]);
    orx_sim_spawn(other, kills_by_pid, id);
    world_run(&d.w);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "signal %d signal %d ", SIGHUP, SIGTERM);
    assert_string_equal(orx_str_cstr(&d.text), expected);
    orx_sim_spawn(other, kills_itself, &after);
    world_run(&d.w);
    assert_int_equal(orx_sim_fate_of(other, NULL), ORX_SIM_KILLED);
    assert_int_equal(after, 0);
    orx_str_free(&d.text);
    orx_sim_free(d.w.sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_of_time_then_start),
        cmocka_unit_test(many_timers_are_exact),
        cmocka_unit_test(callbacks_may_start_and_cancel_timers),
        cmocka_unit_test(waiting_ends_with_the_event_or_the_deadline),
        cmocka_unit_test(time_passes_outside_coroutines_too),
        cmocka_unit_test(a_polling_loop_does_not_stop_the_world),
        cmocka_unit_test(a_run_stops_at_its_bound_and_goes_on),
        cmocka_unit_test(a_deadlock_is_told_from_an_end),
        cmocka_unit_test(locks_in_opposite_order_are_a_deadlock),
        cmocka_unit_test(a_watch_sees_signals),
        cmocka_unit_test(after_a_watch_signals_end_the_process),
        cmocka_unit_test(without_a_watch_signals_end_the_process),
        cmocka_unit_test(kill_cannot_be_watched),
        cmocka_unit_test(processes_signal_each_other_by_pid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
