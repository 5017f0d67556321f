/* Simulated processes: identity, birth, signals, death. */
#include "platform/sim/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void deliver_signals(orx_sim_alarm *a);

/* ---- Identity ----------------------------------------------------------------------------- */

static void take_pid(orx_sim_task *t) {
    orx_sim_host *h = t->host;
    int64_t pid = h->last_pid;
    for (int tries = 0; tries < ORX_SIM_PIDS; tries++) {
        pid = pid + 1 < ORX_SIM_PIDS ? pid + 1 : ORX_SIM_FIRST_PID;
        if (!h->pids[pid])
            break;
    }
    if (h->pids[pid])
        orx_sim_misuse("more than %d processes run on host %s", ORX_SIM_PIDS, h->name);
    h->pids[pid] = t;
    h->last_pid = pid;
    t->pid = pid;
    t->start = (t->sim->now - h->booted) / (10 * ORX_MS);
}

void orx_sim_task_drop_pid(orx_sim_task *t) {
    if (t->pid && t->host->pids[t->pid] == t)
        t->host->pids[t->pid] = NULL;
}

/* ---- Birth -------------------------------------------------------------------------------- */

/* A platform is closed, not freed: its task lives as long as the simulation. */
static void platform_close(orx_platform *p) {
    orx_sim_task *t = orx_sim_task_of(p);
    orx_sim_children_close(t, ORX_SIM_FREED);
    orx_sim_http_close(t, false);
    orx_sim_loop_close(t, false);
    orx_sim_files_close(t);
}

/* A program's stream hangs on its starter and how many that started before, not on what else
 * happened in the world, so that faults elsewhere do not change what it draws. */
static uint64_t stream_of(orx_sim *s, orx_sim_task *starter) {
    if (!starter)
        return s->streams++;
    return orx_sim_mix(starter->stream ^ orx_sim_mix(++starter->started));
}

orx_sim_task *orx_sim_task_new(orx_sim_host *h, orx_sim_task *starter) {
    orx_sim_task *t = orx_xcalloc(1, sizeof *t);
    t->base = (orx_platform){.clock = &orx_sim_clock_ops,
                             .loop = &orx_sim_loop_ops,
                             .files = &orx_sim_file_ops,
                             .procs = &orx_sim_proc_ops,
                             .modules = &orx_sim_module_ops,
                             .http = &orx_sim_http_ops,
                             .simulated = true,
                             .destroy = platform_close};
    t->sim = h->sim;
    t->host = h;
    t->number = ++t->sim->tasks;
    t->stream = stream_of(t->sim, starter);
    orx_sim_rng_seed(&t->rng, t->sim->seed, t->stream);
    t->signals.fire = deliver_signals;
    orx_list_init(&t->ready);
    orx_list_init(&t->timers);
    orx_list_init(&t->files);
    orx_list_init(&t->children);
    orx_list_init(&t->requests);
    orx_list_append(&h->tasks, &t->link);
    take_pid(t);
    return t;
}

void orx_sim_task_free(orx_sim_task *t) {
    orx_sim_children_close(t, ORX_SIM_FREED);
    orx_sim_http_close(t, false);
    orx_sim_loop_close(t, false);
    orx_sim_files_close(t);
    orx_sim_task_drop_pid(t);
    orx_sim_alarm_cancel(&t->sim->alarms, &t->signals);
    orx_list_remove(&t->link);
    free(t->cwd);
    free(t);
}

const char *orx_sim_task_name(const orx_sim_task *t) {
    return t->prog ? orx_sim_argv(t->prog, 0) : "process";
}

void orx_sim_task_begin(orx_sim_task *t) {
    if (t->fate == ORX_SIM_RUNNING)
        orx_sim_misuse("process %lld of host %s was spawned while it runs", (long long)t->pid,
                       t->host->name);
    if (t->fate != ORX_SIM_NEW)
        take_pid(t);
    t->fate = ORX_SIM_RUNNING;
    t->code = 0;
    t->pending = 0;
}

static void run_main(void *arg) {
    orx_sim_task *t = arg;
    int code = t->fn(&t->base, t->user);
    orx_sim_task_end(t, ORX_SIM_RETURNED, code);
}

void orx_sim_task_start(orx_sim_task *t, orx_sim_main fn, void *user) {
    t->fn = fn;
    t->user = user;
    t->co = orx_sim_co_new(&t->sim->cos, run_main, t);
    orx_sim_runnable(t);
}

void orx_sim_spawn(orx_platform *p, orx_sim_main fn, void *user) {
    orx_sim_task *t = orx_sim_task_of(p);
    if (t->fate != ORX_SIM_NEW)
        platform_close(p);
    orx_sim_task_begin(t);
    orx_sim_task_start(t, fn, user);
}

orx_sim_fate orx_sim_fate_of(orx_platform *p, int *ret_code) {
    orx_sim_task *t = orx_sim_task_of(p);
    if (ret_code && t->fate >= ORX_SIM_RETURNED)
        *ret_code = t->code;
    return t->fate;
}

/* ---- Death -------------------------------------------------------------------------------- */

void orx_sim_task_end(orx_sim_task *t, orx_sim_fate fate, int code) {
    bool killed = fate == ORX_SIM_KILLED;
    t->fate = fate;
    t->code = code;
    orx_sim_note(t->sim, killed ? "kill" : "exit", t->number, (uint64_t)(int64_t)code);
    orx_sim_not_runnable(t);
    orx_sim_alarm_cancel(&t->sim->alarms, &t->nap);
    orx_sim_alarm_cancel(&t->sim->alarms, &t->signals);
    t->waits_for = NULL;
    t->in_loop = false;
    t->stepping = false;
    orx_sim_children_close(t, ORX_SIM_DIED);
    orx_sim_http_close(t, killed);
    orx_sim_loop_close(t, killed);
    orx_sim_files_close(t);
    if (!t->prog)
        orx_sim_task_drop_pid(t);
}

void orx_sim_task_reap(orx_sim_task *t) {
    if (t->co)
        orx_sim_co_drop(&t->sim->cos, t->co);
    t->co = NULL;
    if (t->prog)
        orx_sim_prog_ended(t->prog);
}

void orx_sim_task_kill(orx_sim_task *t, int signum) {
    bool inside = orx_sim_inside(t);
    /* In a crash the caller's own end comes last. */
    if (t->fate != ORX_SIM_RUNNING || (inside && t->host->crashing))
        return;
    orx_sim_task_end(t, ORX_SIM_KILLED, -signum);
    if (inside)
        orx_sim_co_abandon(&t->sim->cos);
    orx_sim_task_reap(t);
}

void orx_sim_kill_all(orx_sim_host *h) {
    orx_sim_task *self = NULL;
    bool again = true;
    h->crashing = true;
    /* From the start after each: the death of one may free others. */
    while (again) {
        again = false;
        ORX_LIST_EACH(&h->tasks, it) {
            orx_sim_task *t = ORX_LIST_ITEM(it, orx_sim_task, link);
            if (t->fate != ORX_SIM_RUNNING)
                continue;
            if (orx_sim_inside(t)) {
                self = t;
                continue;
            }
            orx_sim_task_kill(t, SIGKILL);
            again = true;
            break;
        }
    }
    h->crashing = false;
    if (self)
        orx_sim_task_end(self, ORX_SIM_KILLED, -SIGKILL);
}

/* Every process ends, the disk keeps what it has to, and the host is there again. A coroutine of
 * the host that called this is left for the caller to abandon. */
static void crash(orx_sim_host *h, bool power) {
    orx_sim_note(h->sim, power ? "power" : "crash", h->number, h->durable_ops);
    orx_sim_kill_all(h);
    if (!power)
        return;
    orx_sim_disk_crash(&h->disk, &h->sim->faults);
    orx_sim_boot(h);
}

void orx_sim_crash_host(orx_sim_host *h, bool power) {
    orx_sim_task *self = h->sim->current;
    crash(h, power);
    if (self && self->fate != ORX_SIM_RUNNING)
        orx_sim_co_abandon(&h->sim->cos);
}

/* ---- Signals ------------------------------------------------------------------------------ */

static bool can_be_caught(int signum) {
    return signum == SIGTERM || signum == SIGINT || signum == SIGHUP || signum == SIGUSR1;
}

void orx_sim_task_signal(orx_sim_task *t, int signum) {
    orx_sim_note(t->sim, "signal", t->number, (uint64_t)signum);
    if (can_be_caught(signum) && orx_sim_loop_signal(t, signum))
        return;
    if (can_be_caught(signum) && t->prog && orx_sim_prog_caught(t->prog))
        return;
    orx_sim_task_kill(t, signum);
}

void orx_sim_signal(orx_platform *p, int signum) {
    orx_sim_task_signal(orx_sim_task_of(p), signum);
}

/* Signals from one process to another arrive out of the scheduler, so that killing a whole tree
 * never has to cut off the coroutine that asked for it. One at a time, as t may not survive it. */
static void deliver_signals(orx_sim_alarm *a) {
    orx_sim_task *t = ORX_LIST_ITEM(a, orx_sim_task, signals);
    uint64_t kill_bit = UINT64_C(1) << SIGKILL;
    int signum = t->pending & kill_bit ? SIGKILL : __builtin_ctzll(t->pending);
    t->pending &= ~(UINT64_C(1) << signum);
    if (t->pending)
        orx_sim_alarm_set(&t->sim->alarms, &t->signals, t->sim->now);
    if (t->prog)
        orx_sim_prog_signal(t->prog, signum);
    else
        orx_sim_task_signal(t, signum);
}

void orx_sim_task_send(orx_sim_task *t, int signum) {
    if (t->fate != ORX_SIM_RUNNING)
        return;
    t->pending |= UINT64_C(1) << (signum & 63);
    orx_sim_alarm_set(&t->sim->alarms, &t->signals, t->sim->now);
}
