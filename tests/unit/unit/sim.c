#include "sim.h"

#include <stdio.h>

/* ---- Programs ------------------------------------------------------------------------------- */

static orx_platform *begun(orx_sim_prog *g, world *w) {
    orx_platform *p = orx_sim_prog_platform(g);
    int64_t now = orx_sim_now(w->sim);
    if (w->pid && orx_pid_state_of(p, w->pid, w->start) == ORX_PID_ALIVE)
        w->doubled = true;
    orx_pid_self(p, &w->pid, &w->start);
    w->gap_ns = now - w->last_ns;
    w->last_ns = now;
    w->launches++;
    return p;
}

static void tell(orx_platform *p, const char *text) {
    orx_tell_starter(p, orx_view_of(text));
}

static int steady(orx_sim_prog *g, void *user) {
    orx_platform *p = begun(g, user);
    orx_sim_trap(g, true);
    tell(p, "STATUS=well\nREA");
    tell(p, "DY=1\n");
    while (!orx_sim_stopping(g)) {
        orx_sim_sleep(g, 15 * ORX_SEC);
        tell(p, "WATCHDOG=1\n");
    }
    ((world *)user)->signals++;
    return 0;
}

static int fails(orx_sim_prog *g, void *user) {
    (void)begun(g, user);
    orx_sim_sleep(g, ORX_SEC);
    return 7;
}

_Noreturn static int crashes(orx_sim_prog *g, void *user) {
    tell(begun(g, user), "READY=1\n");
    orx_sim_sleep(g, ORX_SEC);
    orx_sim_die(g, 11);
}

static int hangs(orx_sim_prog *g, void *user) {
    tell(begun(g, user), "READY=1\n");
    orx_sim_sleep(g, INT64_C(1) << 60);
    return 0;
}

static int mute(orx_sim_prog *g, void *user) {
    (void)begun(g, user);
    orx_sim_sleep(g, INT64_C(1) << 60);
    return 0;
}

_Noreturn static int stubborn(orx_sim_prog *g, void *user) {
    orx_platform *p = begun(g, user);
    orx_sim_trap(g, true);
    tell(p, "READY=1\n");
    for (;;) {
        orx_sim_sleep(g, 15 * ORX_SEC);
        tell(p, "WATCHDOG=1\n");
    }
}

static int idler(orx_sim_prog *g, void *user) {
    (void)begun(g, user);
    return 4;
}

static int final(orx_sim_prog *g, void *user) {
    (void)begun(g, user);
    return 125;
}

static int homeless(orx_sim_prog *g, void *user) {
    orx_platform *p = begun(g, user);
    if (orx_exists(p, ROOT "/repo/.git/HEAD"))
        return 4;
    tell(p, "REPOSITORY_MISSING=" ROOT "/repo\nREPOSITORY_MISSING=relative\n");
    return 1;
}

static int messy(orx_sim_prog *g, void *user) {
    orx_platform *p = begun(g, user);
    if (!orx_exists(p, ROOT "/tree/mine"))
        return 4;
    tell(p, "WORKTREE_WATCH=" ROOT "/tree/index\nWORKTREE_WATCH=" ROOT "/tree/mine\n"
            "WORKTREE_WATCH=relative\nWORKTREE_DIRTY=relative\nWORKTREE_DIRTY=" ROOT "/tree\n");
    return 1;
}

_Noreturn static int beats(orx_sim_prog *g, void *user) {
    orx_platform *p = begun(g, user);
    tell(p, "READY=1\n");
    for (int i = 0;; i++) {
        char text[32];
        orx_sim_sleep(g, 200 * ORX_SEC);
        (void)snprintf(text, sizeof text, "%d", i);
        (void)orx_write_replace(p, ROOT "/beat", orx_view_of(text), 0644, NULL);
    }
}

static int talks(orx_sim_prog *g, void *user) {
    orx_platform *p = begun(g, user);
    orx_sim_printf(g, ORX_STDOUT, "the key is hunter2-");
    orx_sim_sleep(g, ORX_SEC);
    orx_sim_printf(g, ORX_STDOUT, "and-more, keep it\nunfinished");
    orx_sim_printf(g, ORX_STDERR, "an error\n");
    tell(p, "READY=1\n");
    orx_sim_sleep(g, ORX_SEC);
    return 0;
}

/* Ready before orxaq-exec said who it is. */
static int hasty(orx_sim_prog *g, void *user) {
    tell(begun(g, user), "MAINPID=none\nMAINPID=-5\nMAINPID=77\nREADY=1\n");
    orx_sim_sleep(g, INT64_C(1) << 60);
    return 0;
}

/* ---- The world ------------------------------------------------------------------------------ */

static const orx_store_room *const rooms[] = {&orx_unit_room, NULL};

static void open_store(world *w) {
    assert_ok(orx_store_open(w->p, ROOT, "supervisor", rooms, ORX_STORE_CREATE, &w->store, &w->err),
              &w->err);
}

void world_open(world *w, uint64_t seed) {
    static const struct {
        const char *name;
        orx_sim_program_fn fn;
    } programs[] = {{"steady", steady}, {"fails", fails}, {"crashes", crashes},
                    {"hangs", hangs},   {"mute", mute},   {"stubborn", stubborn},
                    {"idler", idler},   {"final", final}, {"homeless", homeless},
                    {"messy", messy},   {"beats", beats}, {"talks", talks},
                    {"hasty", hasty}};
    *w = (world){.sim = orx_sim_new(seed)};
    w->host = orx_sim_add_host(w->sim, "alpha");
    w->p = orx_sim_platform(w->host);
    for (size_t i = 0; i < ORX_ARRAY_LEN(programs); i++)
        orx_sim_program(w->sim, programs[i].name, programs[i].fn, w);
    assert_ok(orx_mkdirs(w->p, ROOT, false, &w->err), &w->err);
    orx_secrets_add(&w->secrets, orx_view_of("hunter2-and-more"));
    open_store(w);
}

void world_close(world *w) {
    assert_false(w->doubled);
    orx_keeper_free(w->k);
    orx_store_close(w->store);
    orx_secrets_free(&w->secrets);
    orx_sim_free(w->sim);
    orx_arena_free(&w->arena);
}

static bool work(int64_t idle_seq, void *user) {
    assert_true(idle_seq > 0);
    return ((world *)user)->work;
}

orx_unit_spec unit_of(world *w, const char *name, const char *program) {
    static const int idle[] = {4, -1};
    orx_arena *a = &w->arena;
    const char **argv = orx_arena_zalloc(a, 2, sizeof *argv);
    argv[0] = program;
    return (orx_unit_spec){
        .name = name,
        .kind = ORX_UNIT_RUNNER,
        .argv = argv,
        .policy = {.restart = ORX_RESTART_ALWAYS,
                   .delay_ns = 5 * ORX_SEC,
                   .max_delay_ns = 300 * ORX_SEC,
                   .healthy_ns = 600 * ORX_SEC,
                   .crash_limit = 5,
                   .crash_window_ns = 600 * ORX_SEC,
                   .start_timeout_ns = 60 * ORX_SEC,
                   .drain_timeout_ns = 100 * ORX_SEC,
                   .stop_timeout_ns = 10 * ORX_SEC},
        .notes = true,
        .drains = true,
        .idle_codes = idle,
        .stale_ns = 300 * ORX_SEC,
        .heartbeat_file = ROOT "/beat",
        .log_file = orx_arena_printf(a, ROOT "/%s.log", name),
        .log = {.max_bytes = 1 << 20, .keep = 2},
        .pid_file = orx_arena_printf(a, ROOT "/%s.pid", name),
        .work = work,
        .user = w,
    };
}

static void on_change(const orx_unit_view *unit, orx_unit_state before, void *user) {
    world *w = user;
    (void)before;
    size_t n = strlen(w->history);
    (void)snprintf(w->history + n, sizeof w->history - n, "%s:%s ", unit->name,
                   orx_unit_state_name(unit->state));
}

static void on_problem(const char *text, void *user) {
    world *w = user;
    w->problems++;
    (void)snprintf(w->problem, sizeof w->problem, "%s", text);
}

void keep(world *w, const orx_unit_spec *specs) {
    const orx_keeper_setup setup = {
        .store = w->store,
        .secrets = &w->secrets,
        .groups = w->groups,
        .memory_groups = w->memory_groups,
        .tasks_groups = w->tasks_groups,
        .ungrouped = w->memory_groups && w->tasks_groups ? NULL : "nothing is delegated",
        .changed = on_change,
        .problem = on_problem,
        .user = w};
    assert_ok(orx_keeper_new(w->p, &setup, &w->k, &w->err), &w->err);
    for (; specs->name; specs++)
        assert_ok(orx_keeper_add(w->k, specs, &w->err), &w->err);
    assert_ok(orx_keeper_begin(w->k, &w->err), &w->err);
}

void leave(world *w) {
    orx_keeper_shutdown(w->k, false);
    assert_int_equal(orx_loop_until(w->p, orx_keeper_down(w->k), 0), 0);
    orx_keeper_free(w->k);
    w->k = NULL;
}

void pass(world *w, int64_t ns) {
    orx_loop_sleep(w->p, ns);
}

typedef struct wanted {
    const char *name;
    orx_unit_view view;
} wanted;

static void match(const orx_unit_view *unit, void *user) {
    wanted *x = user;
    if (strcmp(unit->name, x->name) == 0)
        x->view = *unit;
}

orx_unit_view look(world *w, const char *unit) {
    wanted x = {.name = unit};
    orx_keeper_each(w->k, match, &x);
    assert_non_null(x.view.name);
    return x.view;
}

void expect_state(world *w, const char *unit, orx_unit_state state) {
    orx_unit_view view = look(w, unit);
    if (view.state != state)
        fail_msg("%s: expected %s, found %s (%s; %s)\n%s", unit, orx_unit_state_name(state),
                 orx_unit_state_name(view.state), view.cause, view.last_exit, w->history);
}

void ask(world *w, const char *unit, orx_unit_event wish) {
    assert_ok(orx_keeper_ask(w->k, unit, wish, &w->err), &w->err);
}

void await(world *w, const char *unit, orx_unit_state state) {
    int64_t until = orx_mono_ns(w->p) + 3600 * ORX_SEC;
    while (look(w, unit).state != state && orx_mono_ns(w->p) < until)
        (void)orx_loop_step(w->p, ORX_SEC);
    expect_state(w, unit, state);
}

char *content(world *w, const char *path) {
    orx_str text = {0};
    (void)orx_read_file(w->p, path, 1 << 20, &text, NULL);
    return orx_str_steal(&text);
}
