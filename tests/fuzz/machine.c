#include "machine.h"

#include "base/mem.h"

typedef struct machine_program {
    orx_proc head; /* first */
    size_t index;
    orx_proc_spec spec;
    bool held;
    bool stopped;
    bool ended;
} machine_program;

static machine *of(orx_platform *p) {
    return (machine *)(void *)p;
}

/* ---- Clock and timer ------------------------------------------------------------------------ */

static int64_t tick(orx_platform *p) {
    return of(p)->now += ORX_MS;
}

static const char *no_variable(orx_platform *p, const char *name) {
    (void)p, (void)name;
    return NULL;
}

static orx_timer *timer_start(orx_platform *p, int64_t delay_ns, orx_timer_fn fn, void *user) {
    machine *m = of(p);
    (void)delay_ns;
    FUZZ_CHECK(!m->alarm);
    m->alarm = fn;
    m->alarm_user = user;
    return (orx_timer *)(void *)m;
}

static void timer_cancel(orx_platform *p, orx_timer *t) {
    machine *m = of(p);
    FUZZ_CHECK(m->alarm && (void *)t == (void *)m);
    m->alarm = NULL;
}

/* ---- Programs ------------------------------------------------------------------------------- */

static int proc_start(orx_platform *p, const orx_proc_spec *spec, orx_proc **ret_proc,
                      orx_err *err) {
    machine *m = of(p);
    size_t i = 0;
    while (i < MACHINE_PROGRAMS && m->programs[i])
        i++;
    if (i == MACHINE_PROGRAMS)
        return orx_err_set(err, ORX_E_LIMIT, "no more programs");
    machine_program *program = orx_xcalloc(1, sizeof *program);
    *program = (machine_program){.head = {p}, .index = i, .spec = *spec, .held = spec->hold};
    m->programs[i] = program;
    *ret_proc = &program->head;
    return 0;
}

static void proc_identity(orx_proc *proc, int64_t *ret_pid, int64_t *ret_start) {
    *ret_pid = 100 + (int64_t)((machine_program *)proc)->index;
    *ret_start = 1;
}

static int proc_release(orx_proc *proc, orx_err *err) {
    machine_program *program = (machine_program *)proc;
    (void)err;
    FUZZ_CHECK(program->held);
    program->held = false;
    return 0;
}

static int proc_write(orx_proc *proc, orx_view bytes, orx_err *err) {
    (void)bytes, (void)err;
    FUZZ_CHECK(!((machine_program *)proc)->ended);
    return 0;
}

static void proc_close_input(orx_proc *proc) {
    FUZZ_CHECK(((machine_program *)proc)->spec.input_open);
}

static void proc_stop(orx_proc *proc, bool now) {
    (void)now;
    ((machine_program *)proc)->stopped = true;
}

static void proc_free(orx_proc *proc) {
    machine_program *program = (machine_program *)proc;
    if (!program)
        return;
    of(proc->platform)->programs[program->index] = NULL;
    free(program);
}

static const struct orx_clock_ops clocks = {.wall_ns = tick, .mono_ns = tick, .env = no_variable};
static const struct orx_loop_ops loops = {.timer_start = timer_start, .timer_cancel = timer_cancel};
static const struct orx_proc_ops procs = {.start = proc_start,
                                          .identity = proc_identity,
                                          .release = proc_release,
                                          .write = proc_write,
                                          .close_input = proc_close_input,
                                          .stop = proc_stop,
                                          .free = proc_free};

/* ---- What a test does ----------------------------------------------------------------------- */

void machine_init(machine *m) {
    *m = (machine){.base = {.clock = &clocks, .loop = &loops, .procs = &procs}};
}

bool machine_alive(const machine *m, size_t i) {
    return m->programs[i] && !m->programs[i]->stopped;
}

void machine_output(machine *m, orx_stream stream, orx_view bytes) {
    const machine_program *program = m->programs[0];
    FUZZ_CHECK(!program->held);
    /* A copy lets the sanitizer see a read behind the piece. */
    char *piece = orx_xmemdup0(bytes.p, bytes.len);
    program->spec.on_output(m->programs[0] ? &m->programs[0]->head : NULL, stream,
                            orx_view_mem(piece, bytes.len), program->spec.user);
    free(piece);
}

void machine_fire(machine *m) {
    orx_timer_fn fn = m->alarm;
    m->alarm = NULL;
    if (fn)
        fn(m->alarm_user);
}

void machine_end_all(machine *m) {
    for (size_t i = 0; i < MACHINE_PROGRAMS; i++) {
        machine_program *program = m->programs[i];
        if (!program)
            continue;
        program->ended = true;
        const orx_proc_result result = {.end =
                                            program->stopped ? ORX_PROC_STOPPED : ORX_PROC_EXITED,
                                        .signal = program->stopped ? 15 : 0,
                                        .code = program->stopped ? -1 : 0,
                                        .empty = true};
        program->spec.on_exit(&program->head, &result, program->spec.user);
        FUZZ_CHECK(!m->programs[i]);
    }
}

void machine_check_left(const machine *m) {
    for (size_t i = 0; i < MACHINE_PROGRAMS; i++)
        FUZZ_CHECK(!m->programs[i]);
    FUZZ_CHECK(!m->alarm);
}
