/* Programs that are stopped: asked, forced, by deadline, with what they started, and when the
 * process that started them dies. */
#include "support.h"

#include <signal.h>
#include <stdio.h>

typedef struct outcome {
    size_t out;
    orx_proc_result result;
    int exits;
    bool done;
} outcome;

static void on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    (void)proc;
    (void)stream;
    ((outcome *)user)->out += bytes.len;
}

static void on_exit_(orx_proc *proc, const orx_proc_result *result, void *user) {
    (void)proc;
    outcome *o = user;
    o->result = *result;
    o->exits++;
    o->done = true;
}

static orx_proc *start_spec(orx_platform *p, const char *name, orx_proc_spec spec, outcome *o) {
    const char *argv[] = {name, NULL};
    orx_proc *proc = NULL;
    orx_err err = ORX_ERR_INIT;
    spec.argv = argv;
    spec.on_output = on_output;
    spec.on_exit = on_exit_;
    spec.user = o;
    assert_ok(orx_proc_start(p, &spec, &proc, &err), &err);
    return proc;
}

static orx_proc *start(orx_platform *p, const char *name, outcome *o) {
    return start_spec(p, name, (orx_proc_spec){0}, o);
}

static void finish(orx_platform *p, orx_proc *proc, const outcome *o) {
    assert_int_equal(orx_loop_until(p, &o->done, 0), 0);
    assert_int_equal(o->exits, 1);
    orx_proc_free(proc);
}

/* ---- The programs -------------------------------------------------------------------------- */

static int plain(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_sleep(prog, 1000 * ORX_SEC);
    return 0;
}

/* Notices that it is asked to stop, takes its time, and returns. */
static int polite(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_trap(prog, true);
    while (!orx_sim_stopping(prog))
        orx_sim_sleep(prog, 1000 * ORX_SEC);
    orx_sim_sleep(prog, 2 * ORX_SEC);
    orx_sim_print(prog, ORX_STDOUT, orx_view_of("bye"));
    return 17;
}

static int stubborn(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_trap(prog, true);
    for (int i = 0; i < 100000; i++)
        orx_sim_sleep(prog, ORX_SEC);
    return 0;
}

static int chatty(orx_sim_prog *prog, void *user) {
    (void)user;
    for (int i = 0; i < 20; i++) {
        orx_sim_sleep(prog, ORX_SEC);
        orx_sim_print(prog, ORX_STDOUT, orx_view_of("."));
    }
    return 0;
}

static int falls_silent(orx_sim_prog *prog, void *user) {
    (void)user;
    for (int i = 0; i < 3; i++) {
        orx_sim_sleep(prog, ORX_SEC);
        orx_sim_print(prog, ORX_STDERR, orx_view_of("."));
    }
    orx_sim_sleep(prog, 1000 * ORX_SEC);
    return 0;
}

static int endless(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_trap(prog, true);
    while (!orx_sim_stopping(prog)) {
        orx_sim_print(prog, ORX_STDOUT, orx_view_of("all work and no play\n"));
        orx_sim_sleep(prog, 20 * ORX_MS);
    }
    return 0;
}

/* Waits in its own loop and is told by a watch. */
static void told(int signum, void *user) {
    *(int *)user = signum;
}

static int watcher(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_platform *p = orx_sim_prog_platform(prog);
    int signum = 0;
    assert_int_equal(orx_watch_signals(p, told, &signum, NULL), 0);
    while (!signum)
        (void)orx_loop_step(p, -1);
    return signum;
}

/* Starts others and leaves or waits. */
typedef struct family {
    const char *child;
    int64_t pid;
    int64_t begin;
    bool leaves;
} family;

static int parent(orx_sim_prog *prog, void *user) {
    family *f = user;
    orx_platform *p = orx_sim_prog_platform(prog);
    const char *argv[] = {f->child, NULL};
    orx_proc *proc = NULL;
    orx_proc_spec spec = {.argv = argv, .grace_ns = 3 * ORX_SEC};
    assert_int_equal(orx_proc_start(p, &spec, &proc, NULL), 0);
    orx_proc_identity(proc, &f->pid, &f->begin);
    /* Long enough for the child to begin. */
    orx_loop_sleep(p, f->leaves ? ORX_MS : 1000 * ORX_SEC);
    return 5;
}

static world world_with_programs(uint64_t seed) {
    world w = world_new(seed);
    orx_sim_program(w.sim, "plain", plain, NULL);
    orx_sim_program(w.sim, "polite", polite, NULL);
    orx_sim_program(w.sim, "stubborn", stubborn, NULL);
    orx_sim_program(w.sim, "chatty", chatty, NULL);
    orx_sim_program(w.sim, "silent", falls_silent, NULL);
    orx_sim_program(w.sim, "endless", endless, NULL);
    orx_sim_program(w.sim, "watcher", watcher, NULL);
    return w;
}

/* ---- Being asked --------------------------------------------------------------------------- */

static void a_plain_program_dies_of_the_first_signal(void **state) {
    (void)state;
    world w = world_with_programs(1);
    const int signals[] = {0, SIGINT, SIGHUP};
    for (size_t i = 0; i < 3; i++) {
        outcome o = {0};
        orx_proc_spec spec = {.first_signal = signals[i]};
        orx_proc *proc = start_spec(w.p, "plain", spec, &o);
        orx_loop_sleep(w.p, ORX_SEC);
        orx_proc_stop(proc, false);
        orx_proc_stop(proc, false);
        finish(w.p, proc, &o);
        assert_int_equal(o.result.end, ORX_PROC_STOPPED);
        assert_int_equal(o.result.code, -1);
        assert_int_equal(o.result.signal, signals[i] ? signals[i] : SIGTERM);
        assert_int_equal(o.result.wall_ns, ORX_SEC);
        assert_true(o.result.empty);
    }
    orx_sim_free(w.sim);
}

static void a_polite_program_gets_its_grace(void **state) {
    (void)state;
    world w = world_with_programs(1);
    outcome o = {0};
    orx_proc *proc = start(w.p, "polite", &o);
    orx_loop_sleep(w.p, ORX_SEC);
    orx_proc_stop(proc, false);
    finish(w.p, proc, &o);
    assert_int_equal(o.result.end, ORX_PROC_STOPPED);
    assert_int_equal(o.result.code, 17);
    assert_int_equal(o.result.wall_ns, 3 * ORX_SEC);
    assert_int_equal(o.out, 3);
    orx_sim_free(w.sim);
}

static void a_stubborn_program_is_killed_after_its_grace(void **state) {
    (void)state;
    world w = world_with_programs(1);
    const int64_t graces[] = {0, 30 * ORX_SEC};
    for (size_t i = 0; i < 2; i++) {
        outcome o = {0};
        orx_proc *proc = start_spec(w.p, "stubborn", (orx_proc_spec){.grace_ns = graces[i]}, &o);
        orx_loop_sleep(w.p, ORX_SEC);
        orx_proc_stop(proc, false);
        orx_loop_sleep(w.p, ORX_SEC);
        orx_proc_stop(proc, false); /* asking again does not begin the grace again */
        finish(w.p, proc, &o);
        assert_int_equal(o.result.signal, SIGKILL);
        assert_int_equal(o.result.wall_ns, (graces[i] ? 31 : 6) * ORX_SEC);
    }
    orx_sim_free(w.sim);
}

static void stop_now_does_not_ask(void **state) {
    (void)state;
    world w = world_with_programs(1);
    outcome o = {0};
    orx_proc *proc = start(w.p, "polite", &o);
    orx_loop_sleep(w.p, ORX_SEC);
    orx_proc_stop(proc, true);
    finish(w.p, proc, &o);
    assert_int_equal(o.result.end, ORX_PROC_STOPPED);
    assert_int_equal(o.result.signal, SIGKILL);
    assert_int_equal(o.result.wall_ns, ORX_SEC);
    orx_sim_free(w.sim);
}

static void a_program_with_a_loop_has_its_own_watch(void **state) {
    (void)state;
    world w = world_with_programs(1);
    outcome o = {0};
    orx_proc *proc = start(w.p, "watcher", &o);
    orx_loop_sleep(w.p, ORX_SEC);
    orx_proc_stop(proc, false);
    finish(w.p, proc, &o);
    assert_int_equal(o.result.code, SIGTERM);
    orx_sim_free(w.sim);
}

static void stopping_what_has_ended_changes_nothing(void **state) {
    (void)state;
    world w = world_with_programs(1);
    outcome o = {0};
    orx_proc *proc = start(w.p, "chatty", &o);
    assert_int_equal(orx_loop_until(w.p, &o.done, 0), 0);
    orx_proc_stop(proc, false);
    orx_proc_stop(proc, true);
    orx_loop_sleep(w.p, ORX_SEC);
    assert_int_equal(o.exits, 1);
    assert_int_equal(o.result.end, ORX_PROC_EXITED);
    orx_proc_free(proc);
    orx_sim_free(w.sim);
}

static void a_held_program_can_be_stopped(void **state) {
    (void)state;
    world w = world_with_programs(1);
    outcome o = {0};
    orx_proc *proc = start_spec(w.p, "polite", (orx_proc_spec){.hold = true}, &o);
    orx_proc_stop(proc, false);
    finish(w.p, proc, &o);
    assert_int_equal(o.result.end, ORX_PROC_STOPPED);
    assert_int_equal(o.result.signal, SIGTERM);
    orx_sim_free(w.sim);
}

/* ---- Deadlines ----------------------------------------------------------------------------- */

typedef struct deadline_case {
    const char *program;
    orx_proc_spec spec;
    orx_proc_end end;
    int64_t wall_s;
} deadline_case;

static void deadlines_stop_programs(void **state) {
    (void)state;
    const deadline_case cases[] = {
        {"plain", {.total_timeout_ns = 7 * ORX_SEC}, ORX_PROC_TIMEOUT, 7},
        {"chatty", {.total_timeout_ns = 100 * ORX_SEC}, ORX_PROC_EXITED, 20},
        {"chatty", {.idle_timeout_ns = 1500 * ORX_MS}, ORX_PROC_EXITED, 20},
        {"silent", {.idle_timeout_ns = 4 * ORX_SEC}, ORX_PROC_IDLE, 7},
        {"plain", {.idle_timeout_ns = 4 * ORX_SEC}, ORX_PROC_IDLE, 4},
        {"plain", {.first_byte_timeout_ns = 2 * ORX_SEC}, ORX_PROC_SILENT, 2},
        {"silent",
         {.first_byte_timeout_ns = 2 * ORX_SEC, .total_timeout_ns = 9 * ORX_SEC},
         ORX_PROC_TIMEOUT,
         9},
        {"stubborn", {.total_timeout_ns = 7 * ORX_SEC}, ORX_PROC_TIMEOUT, 12},
        {"stubborn", {.total_timeout_ns = 7 * ORX_SEC, .grace_ns = ORX_SEC}, ORX_PROC_TIMEOUT, 8},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        world w = world_with_programs(i);
        outcome o = {0};
        orx_proc *proc = start_spec(w.p, cases[i].program, cases[i].spec, &o);
        finish(w.p, proc, &o);
        assert_int_equal(o.result.end, cases[i].end);
        assert_int_equal(o.result.wall_ns, cases[i].wall_s * ORX_SEC);
        orx_sim_free(w.sim);
    }
}

static void output_has_a_limit(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        world w = world_with_programs(seed);
        outcome o = {0};
        orx_proc *proc = start_spec(w.p, "endless", (orx_proc_spec){.output_max = 1000}, &o);
        finish(w.p, proc, &o);
        assert_int_equal(o.result.end, ORX_PROC_OUTPUT_LIMIT);
        assert_int_equal(o.out, 1000);
        assert_int_equal(o.result.out_bytes, 1000);
        outcome exact = {0};
        proc = start_spec(w.p, "chatty", (orx_proc_spec){.output_max = 20}, &exact);
        finish(w.p, proc, &exact);
        assert_int_equal(exact.result.end, ORX_PROC_EXITED);
        assert_int_equal(exact.out, 20);
        orx_sim_free(w.sim);
    }
}

/* ---- Trees --------------------------------------------------------------------------------- */

static orx_pid_state child_state(const world *w, const family *f) {
    return orx_pid_state_of(w->p, f->pid, f->begin);
}

static void what_a_program_leaves_behind_is_stopped(void **state) {
    (void)state;
    const char *children[] = {"plain", "polite", "stubborn"};
    const int64_t seconds[] = {0, 2, 3};
    for (size_t i = 0; i < 3; i++) {
        world w = world_with_programs(1);
        family f = {.child = children[i], .leaves = true};
        outcome o = {0};
        orx_sim_program(w.sim, "parent", parent, &f);
        orx_proc *proc = start(w.p, "parent", &o);
        int64_t begin = orx_mono_ns(w.p);
        int64_t pid;
        int64_t pid_start;
        orx_proc_identity(proc, &pid, &pid_start);
        orx_loop_sleep(w.p, 2 * ORX_MS);
        /* The supervisor stays as long as anything of the tree does. */
        assert_int_equal(child_state(&w, &f), seconds[i] ? ORX_PID_ALIVE : ORX_PID_GONE);
        assert_int_equal(orx_pid_state_of(w.p, pid, pid_start),
                         seconds[i] ? ORX_PID_ALIVE : ORX_PID_GONE);
        finish(w.p, proc, &o);
        assert_int_equal(o.result.end, ORX_PROC_EXITED);
        assert_int_equal(o.result.code, 5);
        assert_true(o.result.empty);
        assert_int_equal(child_state(&w, &f), ORX_PID_GONE);
        assert_int_equal(orx_pid_state_of(w.p, pid, pid_start), ORX_PID_GONE);
        if (seconds[i])
            assert_int_equal(orx_mono_ns(w.p) - begin, seconds[i] * ORX_SEC + ORX_MS);
        orx_sim_free(w.sim);
    }
}

static void stopping_a_program_stops_its_tree(void **state) {
    (void)state;
    for (int now = 0; now < 2; now++) {
        world w = world_with_programs(1);
        family f = {.child = "stubborn"};
        outcome o = {0};
        orx_sim_program(w.sim, "parent", parent, &f);
        orx_proc *proc = start(w.p, "parent", &o);
        orx_loop_sleep(w.p, ORX_SEC);
        assert_int_equal(child_state(&w, &f), ORX_PID_ALIVE);
        int64_t begin = orx_mono_ns(w.p);
        orx_proc_stop(proc, now);
        finish(w.p, proc, &o);
        assert_int_equal(child_state(&w, &f), ORX_PID_GONE);
        assert_int_equal(orx_mono_ns(w.p) - begin, now ? 0 : 3 * ORX_SEC);
        assert_int_equal(o.result.signal, now ? SIGKILL : SIGTERM);
        orx_sim_free(w.sim);
    }
}

static void all_that_run_are_killed_at_once(void **state) {
    (void)state;
    world w = world_with_programs(1);
    outcome one = {0};
    outcome two = {0};
    orx_proc *asked = start(w.p, "stubborn", &one);
    orx_proc *other = start(w.p, "stubborn", &two);
    orx_loop_sleep(w.p, ORX_SEC);
    orx_proc_stop(asked, false); /* in its grace */
    int64_t begin = orx_mono_ns(w.p);
    orx_proc_kill_all(w.p);
    finish(w.p, asked, &one);
    finish(w.p, other, &two);
    assert_int_equal(orx_mono_ns(w.p), begin);
    assert_int_equal(one.result.signal, SIGKILL);
    assert_int_equal(two.result.signal, SIGKILL);
    assert_int_equal(two.result.end, ORX_PROC_STOPPED);
    orx_proc_kill_all(w.p); /* nobody is left */
    orx_sim_free(w.sim);
}

static void freeing_a_running_program_ends_its_tree_silently(void **state) {
    (void)state;
    world w = world_with_programs(1);
    family f = {.child = "stubborn"};
    outcome o = {0};
    int64_t pid;
    int64_t begin;
    orx_sim_program(w.sim, "parent", parent, &f);
    orx_proc *proc = start(w.p, "parent", &o);
    orx_proc_identity(proc, &pid, &begin);
    orx_loop_sleep(w.p, ORX_SEC);
    orx_proc_free(proc);
    orx_proc_free(NULL);
    assert_int_equal(child_state(&w, &f), ORX_PID_GONE);
    assert_int_equal(orx_pid_state_of(w.p, pid, begin), ORX_PID_GONE);
    orx_loop_sleep(w.p, 10 * ORX_SEC);
    assert_int_equal(o.exits, 0);
    /* While leftovers are being stopped, too. */
    f.leaves = true;
    proc = start(w.p, "parent", &o);
    orx_loop_sleep(w.p, ORX_SEC);
    assert_int_equal(child_state(&w, &f), ORX_PID_ALIVE);
    orx_proc_free(proc);
    assert_int_equal(child_state(&w, &f), ORX_PID_GONE);
    assert_int_equal(o.exits, 0);
    orx_sim_free(w.sim);
}

static void free_on_exit(orx_proc *proc, const orx_proc_result *result, void *user) {
    on_exit_(proc, result, user);
    orx_proc_free(proc);
}

static void free_on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    on_output(proc, stream, bytes, user);
    orx_proc_free(proc);
}

static void a_program_may_be_freed_in_its_callbacks(void **state) {
    (void)state;
    world w = world_with_programs(1);
    const char *argv[] = {"chatty", NULL};
    outcome o = {0};
    orx_proc *proc = NULL;
    orx_proc_spec spec = {.argv = argv, .on_exit = free_on_exit, .user = &o};
    assert_int_equal(orx_proc_start(w.p, &spec, &proc, NULL), 0);
    assert_int_equal(orx_loop_until(w.p, &o.done, 0), 0);
    assert_int_equal(o.exits, 1);
    spec.on_output = free_on_output;
    assert_int_equal(orx_proc_start(w.p, &spec, &proc, NULL), 0);
    orx_loop_sleep(w.p, 100 * ORX_SEC);
    assert_int_equal(o.exits, 1);
    assert_int_equal(o.out, 1);
    orx_sim_free(w.sim);
}

/* ---- The death of the starter --------------------------------------------------------------- */

typedef struct runner_facts {
    const char *program;
    int64_t pid;
    int64_t begin;
    outcome o;
} runner_facts;

static int runner(orx_platform *p, void *user) {
    runner_facts *r = user;
    orx_proc *proc = start(p, r->program, &r->o);
    orx_proc_identity(proc, &r->pid, &r->begin);
    (void)orx_loop_until(p, &r->o.done, 0);
    orx_proc_free(proc);
    return 0;
}

static void the_lifeline_stops_programs_of_a_dead_starter(void **state) {
    (void)state;
    const char *programs[] = {"plain", "polite", "stubborn"};
    const int64_t at_least[] = {0, 2, 5};
    for (uint64_t seed = 0; seed < 30; seed++) {
        size_t i = seed % 3;
        world w = world_with_programs(seed);
        runner_facts r = {.program = programs[i]};
        orx_sim_spawn(w.p, runner, &r);
        assert_true(orx_sim_run(w.sim, ORX_SEC));
        orx_sim_signal(w.p, SIGKILL);
        /* A recovering process can see it, and that it goes. */
        assert_int_equal(orx_pid_state_of(w.p, r.pid, r.begin), ORX_PID_ALIVE);
        int64_t begin = orx_sim_now(w.sim);
        world_run(&w);
        int64_t took = orx_sim_now(w.sim) - begin;
        assert_int_equal(orx_pid_state_of(w.p, r.pid, r.begin), ORX_PID_GONE);
        assert_true(took >= at_least[i] * ORX_SEC);
        assert_true(took <= at_least[i] * ORX_SEC + 5 * ORX_MS);
        assert_int_equal(r.o.exits, 0);
        orx_sim_free(w.sim);
    }
}

/* What only a callback would have known is not taken for a leak (seen by the leak checker). */
static int keeps_it_in_the_callback(orx_platform *p, void *user) {
    (void)user;
    const char *argv[] = {"plain", NULL};
    orx_proc *proc = NULL;
    orx_proc_spec spec = {.argv = argv, .user = orx_xstrdup("known to the program's owner")};
    assert_int_equal(orx_proc_start(p, &spec, &proc, NULL), 0);
    spec.user = NULL;
    (void)orx_timer_start(p, 1000 * ORX_SEC, NULL, orx_xstrdup("known to a timer"));
    assert_int_equal(orx_watch_signals(p, told, orx_xstrdup("known to a watch"), NULL), 0);
    orx_loop_sleep(p, 1000 * ORX_SEC);
    return 0;
}

static void what_callbacks_knew_is_no_leak(void **state) {
    (void)state;
    world w = world_with_programs(1);
    orx_sim_spawn(w.p, keeps_it_in_the_callback, NULL);
    assert_true(orx_sim_run(w.sim, ORX_SEC));
    orx_sim_signal(w.p, SIGKILL);
    world_run(&w);
    orx_sim_free(w.sim);
}

static void a_crash_of_the_host_takes_programs_along(void **state) {
    (void)state;
    world w = world_with_programs(1);
    family f = {.child = "stubborn"};
    runner_facts r = {.program = "parent"};
    orx_sim_program(w.sim, "parent", parent, &f);
    orx_sim_spawn(w.p, runner, &r);
    assert_true(orx_sim_run(w.sim, ORX_SEC));
    assert_int_equal(child_state(&w, &f), ORX_PID_ALIVE);
    orx_sim_crash_host(w.host, true);
    assert_int_equal(orx_pid_state_of(w.p, r.pid, r.begin), ORX_PID_GONE);
    assert_int_equal(child_state(&w, &f), ORX_PID_GONE);
    assert_true(orx_sim_run(w.sim, 0));
    assert_int_equal(orx_sim_now(w.sim), ORX_SEC);
    orx_sim_free(w.sim);
}

/* The crash may be found by any process: a program, or what that started. */
static int crashing_program(orx_sim_prog *prog, void *user) {
    orx_sim_host *h = user;
    orx_sim_sleep(prog, ORX_SEC);
    orx_sim_crash_host(h, true);
    return 0;
}

static void a_crash_may_come_from_deep_in_the_tree(void **state) {
    (void)state;
    world w = world_with_programs(1);
    family f = {.child = "crashing"};
    runner_facts r = {.program = "parent"};
    orx_sim_program(w.sim, "parent", parent, &f);
    orx_sim_program(w.sim, "crashing", crashing_program, w.host);
    char boot[40];
    (void)snprintf(boot, sizeof boot, "%s", orx_boot_id(w.p));
    orx_platform *last = orx_sim_add_process(w.host);
    orx_sim_spawn(w.p, runner, &r);
    orx_sim_spawn(last, runner, &(runner_facts){.program = "plain"});
    world_run(&w);
    /* The caller's own end does not cut the crash short. */
    assert_string_not_equal(boot, orx_boot_id(w.p));
    assert_int_equal(orx_sim_fate_of(last, NULL), ORX_SIM_KILLED);
    assert_int_equal(orx_sim_now(w.sim), ORX_SEC);
    assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_KILLED);
    assert_int_equal(child_state(&w, &f), ORX_PID_GONE);
    orx_sim_free(w.sim);
}

/* A kill at a durable operation of a program ends the program, not its starter. */
static int writing_program(orx_sim_prog *prog, void *user) {
    (void)user;
    put(orx_sim_prog_platform(prog), "/made", "text");
    return 0;
}

static void programs_die_at_durable_operations_too(void **state) {
    (void)state;
    world w = world_with_programs(1);
    runner_facts r = {.program = "writer"};
    orx_sim_program(w.sim, "writer", writing_program, NULL);
    orx_sim_kill_at(w.host, 3, ORX_SIM_AFTER);
    orx_sim_spawn(w.p, runner, &r);
    world_run(&w);
    assert_int_equal(orx_sim_fate_of(w.p, NULL), ORX_SIM_RETURNED);
    assert_int_equal(r.o.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.o.result.signal, SIGKILL);
    assert_false(orx_exists(w.p, "/made"));
    orx_sim_free(w.sim);
}

static int recovers(orx_platform *p, void *user) {
    const runner_facts *r = user;
    assert_int_equal(orx_pid_kill(p, r->pid, r->begin, SIGKILL, NULL), 0);
    orx_sim_pause(p, 1);
    assert_int_equal(orx_pid_state_of(p, r->pid, r->begin), ORX_PID_GONE);
    return 0;
}

static void a_new_process_can_kill_what_an_old_one_started(void **state) {
    (void)state;
    world w = world_with_programs(1);
    family f = {.child = "stubborn"};
    runner_facts r = {.program = "parent"};
    orx_sim_program(w.sim, "parent", parent, &f);
    orx_sim_spawn(w.p, runner, &r);
    assert_true(orx_sim_run(w.sim, ORX_SEC));
    orx_platform *next = orx_sim_add_process(w.host);
    orx_sim_spawn(next, recovers, &r);
    world_run(&w);
    /* The supervisor was killed under its owner, who is told that nothing is proven. */
    assert_int_equal(orx_sim_fate_of(next, NULL), ORX_SIM_RETURNED);
    assert_int_equal(r.o.exits, 1);
    assert_int_equal(r.o.result.signal, SIGKILL);
    assert_false(r.o.result.empty);
    assert_int_equal(child_state(&w, &f), ORX_PID_GONE);
    orx_sim_free(w.sim);
}

/* Many programs, stopped, freed and killed at random: every callback comes once, nothing is left.
 */
static int juggler(orx_platform *p, void *user) {
    static const char *const names[] = {"plain",  "polite",  "stubborn", "chatty",
                                        "silent", "endless", "watcher",  "parent"};
    enum { N = 8 };
    int *ends = user;
    for (int round = 0; round < 4; round++) {
        outcome o[N];
        orx_proc *proc[N];
        memset(o, 0, sizeof o);
        for (int i = 0; i < N; i++) {
            orx_proc_spec spec = {.total_timeout_ns = 15 * ORX_SEC, .output_max = 100000};
            proc[i] = start_spec(p, names[i], spec, &o[i]);
        }
        for (int i = 0; i < N; i++) {
            uint8_t r[2];
            orx_random(p, r, sizeof r);
            orx_loop_sleep(p, ORX_MS * r[0] * 10);
            if (r[1] % 4 == 1)
                orx_proc_stop(proc[i], r[1] % 8 == 1);
            if (r[1] % 4 == 2) {
                orx_proc_free(proc[i]);
                proc[i] = NULL;
            }
        }
        for (int i = 0; i < N; i++) {
            if (proc[i]) {
                (void)orx_loop_until(p, &o[i].done, 0);
                assert_true(o[i].result.empty);
            }
            assert_true(o[i].exits <= 1);
            orx_proc_free(proc[i]);
            ++*ends;
        }
    }
    return 0;
}

static void juggling_programs_leaves_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        world w = world_with_programs(seed);
        family f = {.child = "stubborn"};
        int ends = 0;
        orx_sim_program(w.sim, "parent", parent, &f);
        orx_sim_spawn(w.p, juggler, &ends);
        orx_sim_spawn(orx_sim_add_process(w.host), juggler, &ends);
        if (seed % 2) {
            assert_true(orx_sim_run(w.sim, (int64_t)orx_sim_draw(w.sim, 60) * ORX_SEC));
            orx_sim_signal(w.p, SIGKILL);
        }
        world_run(&w);
        assert_true(seed % 2 || ends == 64);
        orx_sim_free(w.sim);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_program_dies_of_the_first_signal),
        cmocka_unit_test(a_polite_program_gets_its_grace),
        cmocka_unit_test(a_stubborn_program_is_killed_after_its_grace),
        cmocka_unit_test(stop_now_does_not_ask),
        cmocka_unit_test(a_program_with_a_loop_has_its_own_watch),
        cmocka_unit_test(stopping_what_has_ended_changes_nothing),
        cmocka_unit_test(a_held_program_can_be_stopped),
        cmocka_unit_test(deadlines_stop_programs),
        cmocka_unit_test(output_has_a_limit),
        cmocka_unit_test(what_a_program_leaves_behind_is_stopped),
        cmocka_unit_test(stopping_a_program_stops_its_tree),
        cmocka_unit_test(all_that_run_are_killed_at_once),
        cmocka_unit_test(freeing_a_running_program_ends_its_tree_silently),
        cmocka_unit_test(a_program_may_be_freed_in_its_callbacks),
        cmocka_unit_test(the_lifeline_stops_programs_of_a_dead_starter),
        cmocka_unit_test(what_callbacks_knew_is_no_leak),
        cmocka_unit_test(a_crash_of_the_host_takes_programs_along),
        cmocka_unit_test(a_crash_may_come_from_deep_in_the_tree),
        cmocka_unit_test(programs_die_at_durable_operations_too),
        cmocka_unit_test(a_new_process_can_kill_what_an_old_one_started),
        cmocka_unit_test(juggling_programs_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
