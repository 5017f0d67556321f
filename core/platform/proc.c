#include "platform/proc.h"

#include "platform/loop.h"

int orx_proc_start(orx_platform *p, const orx_proc_spec *spec, orx_proc **ret_proc, orx_err *err) {
    if (!spec->argv || !spec->argv[0] || !spec->argv[0][0])
        return orx_err_set(err, ORX_E_INVALID, "no program was named: the command line is empty");
    return p->procs->start(p, spec, ret_proc, err);
}

void orx_proc_identity(orx_proc *proc, int64_t *ret_pid, int64_t *ret_start) {
    proc->platform->procs->identity(proc, ret_pid, ret_start);
}

int64_t orx_proc_program(orx_proc *proc) {
    return proc->platform->procs->program(proc);
}

bool orx_proc_grouped(orx_proc *proc) {
    return proc->platform->procs->grouped(proc);
}

int orx_proc_release(orx_proc *proc, orx_err *err) {
    return proc->platform->procs->release(proc, err);
}

int orx_proc_signal(orx_proc *proc, int signum, orx_err *err) {
    if (signum <= 0 || signum > 64)
        return orx_err_set(err, ORX_E_INVALID, "%d is no signal", signum);
    return proc->platform->procs->signal(proc, signum, err);
}

void orx_tell_starter(orx_platform *p, orx_view text) {
    p->procs->tell_starter(p, text);
}

void orx_adopt_orphans(orx_platform *p) {
    p->procs->adopt(p);
}

int orx_end_orphans(orx_platform *p) {
    return p->procs->end_orphans(p);
}

int orx_proc_write(orx_proc *proc, orx_view bytes, orx_err *err) {
    return proc->platform->procs->write(proc, bytes, err);
}

void orx_proc_close_input(orx_proc *proc) {
    proc->platform->procs->close_input(proc);
}

void orx_proc_stop(orx_proc *proc, bool now) {
    proc->platform->procs->stop(proc, now);
}

void orx_proc_kill_all(orx_platform *p) {
    p->procs->kill_all(p);
}

void orx_proc_free(orx_proc *proc) {
    if (proc)
        proc->platform->procs->free(proc);
}

orx_pid_state orx_pid_state_of(orx_platform *p, int64_t pid, int64_t start) {
    return p->procs->pid_state(p, pid, start);
}

int orx_pid_kill(orx_platform *p, int64_t pid, int64_t start, int signum, orx_err *err) {
    return p->procs->pid_kill(p, pid, start, signum, err);
}

void orx_pid_self(orx_platform *p, int64_t *ret_pid, int64_t *ret_start) {
    p->procs->self(p, ret_pid, ret_start);
}

/* ---- The whole run ------------------------------------------------------------------------ */

typedef struct whole_run {
    orx_capture *out;
    orx_capture *errs;
    orx_proc_result result;
    bool done;
} whole_run;

static void run_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    (void)proc;
    whole_run *run = user;
    orx_capture *c = stream == ORX_STDOUT ? run->out : run->errs;
    if (stream == ORX_NOTES)
        return;
    if (c)
        orx_capture_add(c, bytes);
}

static void run_exit(orx_proc *proc, const orx_proc_result *result, void *user) {
    (void)proc;
    whole_run *run = user;
    run->result = *result;
    run->done = true;
}

int orx_proc_run(orx_platform *p, const orx_proc_spec *spec, orx_capture *out, orx_capture *errs,
                 orx_proc_result *ret_result, orx_err *err) {
    whole_run run = {.out = out, .errs = errs};
    orx_proc_spec ours = *spec;
    ours.hold = false;
    ours.on_output = run_output;
    ours.on_exit = run_exit;
    ours.user = &run;
    orx_proc *proc = NULL;
    int rc = orx_proc_start(p, &ours, &proc, err);
    if (rc < 0)
        return rc;
    rc = orx_loop_until(p, &run.done, 0);
    orx_proc_free(proc);
    *ret_result = run.result;
    return rc;
}
