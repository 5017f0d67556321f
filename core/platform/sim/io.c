#include "platform/sim/io.h"

#include <errno.h>
#include <signal.h>

#define SLOW_MAX (2 * ORX_SEC)

static bool drawn(orx_sim *s, uint32_t chance) {
    return chance && orx_sim_below(&s->faults, 10000) < chance;
}

/* Ends the caller, or all of its host. */
static _Noreturn void die(const orx_sim_io *io) {
    if (io->host)
        orx_sim_crash_host(io->task->host, io->power);
    orx_sim_task_kill(io->task, SIGKILL);
    orx_sim_misuse("a process that was killed went on");
}

/* Whether this is where the process dies, by plan or by draw, and when exactly. */
static bool draw_death(orx_sim_io *io, orx_sim_when *ret_when) {
    orx_sim_host *h = io->task->host;
    orx_sim *s = h->sim;
    if (h->plan.op && h->plan.op == h->durable_ops) {
        io->host = h->plan.host;
        io->power = h->plan.power;
        *ret_when = h->plan.when;
        return true;
    }
    bool crash = drawn(s, h->faults.crash);
    if (!crash && !drawn(s, h->faults.kill))
        return false;
    io->host = io->power = crash;
    *ret_when = (orx_sim_when)orx_sim_below(&s->faults, 3);
    return true;
}

static void maybe_die(orx_sim_io *io) {
    orx_sim_when when;
    if (!draw_death(io, &when))
        return;
    if (when == ORX_SIM_TORN && io->kind == ORX_SIM_IO_WRITE)
        io->torn = true;
    else if (when == ORX_SIM_TORN)
        when = io->kind == ORX_SIM_IO_SYNC || orx_sim_below(&io->task->sim->faults, 2)
                   ? ORX_SIM_BEFORE
                   : ORX_SIM_AFTER;
    if (when == ORX_SIM_BEFORE)
        die(io);
    io->dies = true;
}

static bool takes_space(orx_sim_io_kind kind) {
    return kind == ORX_SIM_IO_WRITE || kind == ORX_SIM_IO_CREATE || kind == ORX_SIM_IO_MKDIR;
}

int orx_sim_io_begin(orx_sim_io *io, orx_platform *p, orx_sim_io_kind kind) {
    orx_sim_task *t = orx_sim_task_of(p);
    *io = (orx_sim_io){.task = t, .kind = kind};
    if (!orx_sim_inside(t))
        return 0;
    orx_sim *s = t->sim;
    const orx_sim_faults *faults = &t->host->faults;
    orx_sim_maybe_yield(t);
    if (drawn(s, faults->slow))
        orx_sim_pause(p, (int64_t)orx_sim_below(&s->faults, SLOW_MAX));
    if (kind != ORX_SIM_IO_READ) {
        orx_sim_note(s, "op", ++t->host->durable_ops, (uint64_t)kind);
        maybe_die(io);
    }
    if (drawn(s, faults->io_error))
        io->fault = EIO;
    else if (takes_space(kind) && drawn(s, faults->no_space))
        io->fault = ENOSPC;
    if (io->fault && kind != ORX_SIM_IO_WRITE)
        return orx_sim_io_end(io, io->fault);
    return io->fault;
}

int orx_sim_io_end(orx_sim_io *io, int e) {
    if (io->dies)
        die(io);
    return e;
}

size_t orx_sim_io_part(orx_sim_io *io, size_t len) {
    return (size_t)orx_sim_below(&io->task->sim->faults, len + 1);
}
