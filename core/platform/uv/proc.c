/* The table of process functions. */
#include "platform/uv/procs.h"

#include <signal.h>

static void identity(orx_proc *proc, int64_t *ret_pid, int64_t *ret_start) {
    orx_uv_proc *p = orx_uv_proc_of(proc);
    *ret_pid = p->pid;
    *ret_start = p->start;
}

static int64_t program(orx_proc *proc) {
    return orx_uv_proc_of(proc)->program;
}

static bool grouped(orx_proc *proc) {
    return orx_uv_proc_of(proc)->grouped;
}

static int release(orx_proc *proc, orx_err *err) {
    orx_uv_proc *p = orx_uv_proc_of(proc);
    if (!p->spec.hold || p->began_ns)
        return orx_err_set(err, ORX_E_INVALID, "process %lld is not held", (long long)p->pid);
    if (p->exec_gone || p->stopping)
        return orx_err_set(err, ORX_E_CHILD, "process %lld ended while it was held",
                           (long long)p->pid);
    orx_uv_proc_begin_deadlines(p);
    orx_uv_proc_send(p, ORX_EXEC_RELEASE, NULL, 0);
    return 0;
}

static int send_signal(orx_proc *proc, int signum, orx_err *err) {
    orx_uv_proc *p = orx_uv_proc_of(proc);
    if (p->spec.hold && !p->began_ns)
        return orx_err_set(err, ORX_E_INVALID, "process %lld is held: it has run nothing yet",
                           (long long)p->pid);
    orx_exec_signal what = {signum};
    orx_uv_proc_send(p, ORX_EXEC_SIGNAL, &what, sizeof what);
    /* Somebody may have stopped the supervisor of the program. */
    if (!p->exec_gone)
        orx_uv_proc_signal(p, SIGCONT);
    return 0;
}

static void stop(orx_proc *proc, bool now) {
    orx_uv_proc *p = orx_uv_proc_of(proc);
    if (!p->finished)
        orx_uv_proc_stop_for(p, ORX_PROC_STOPPED, now);
}

static void kill_all(orx_platform *platform) {
    const orx_uv *u = orx_uv_of(platform);
    ORX_LIST_EACH(&u->procs, it)
    stop(&ORX_LIST_ITEM(it, orx_uv_proc, link)->head, true);
}

const struct orx_proc_ops orx_uv_procs = {
    .start = orx_uv_proc_start,
    .identity = identity,
    .program = program,
    .grouped = grouped,
    .release = release,
    .signal = send_signal,
    .write = orx_uv_proc_write,
    .close_input = orx_uv_proc_close_input,
    .stop = stop,
    .free = orx_uv_proc_free,
    .pid_state = orx_uv_pid_state,
    .pid_kill = orx_uv_pid_kill,
    .self = orx_uv_pid_self,
    .kill_all = kill_all,
    .tell_starter = orx_uv_tell_starter,
    .adopt = orx_uv_adopt_orphans,
    .end_orphans = orx_uv_end_orphans,
};
