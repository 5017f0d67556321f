/* Deadlines, and asking for the end.
 *
 * Timers go by a clock that counts the time a machine slept. A program slept with it and is not to
 * blame, so a deadline that fires looks at how long both were awake. */
#include "platform/uv/procs.h"

#include <signal.h>

static void cancel(orx_uv_proc *p, orx_timer **t) {
    orx_timer_cancel(p->head.platform, *t);
    *t = NULL;
}

void orx_uv_proc_cancel_deadlines(orx_uv_proc *p) {
    cancel(p, &p->total);
    cancel(p, &p->quiet);
}

static void on_total(void *user);

static void arm_total(orx_uv_proc *p) {
    int64_t limit = p->spec.total_timeout_ns;
    if (limit <= 0)
        return;
    int64_t left = limit - (orx_uv_awake_ns() - p->began_awake_ns);
    if (left <= 0)
        orx_uv_proc_stop_for(p, ORX_PROC_TIMEOUT, false);
    else
        p->total = orx_timer_start(p->head.platform, left, on_total, p);
}

static void on_total(void *user) {
    orx_uv_proc *p = user;
    p->total = NULL;
    arm_total(p);
}

static void on_quiet(void *user);

/* The quiet deadline in force: the first byte's until one came, then the idle one. Without a
 * first-byte deadline the idle one counts from the start. */
static void arm_quiet(orx_uv_proc *p) {
    bool first = p->byte_awake_ns == 0 && p->spec.first_byte_timeout_ns > 0;
    int64_t limit = first ? p->spec.first_byte_timeout_ns : p->spec.idle_timeout_ns;
    if (limit <= 0)
        return;
    int64_t since = p->byte_awake_ns ? p->byte_awake_ns : p->began_awake_ns;
    int64_t left = limit - (orx_uv_awake_ns() - since);
    if (left <= 0)
        orx_uv_proc_stop_for(p, first ? ORX_PROC_SILENT : ORX_PROC_IDLE, false);
    else
        p->quiet = orx_timer_start(p->head.platform, left, on_quiet, p);
}

/* Bytes only note their time, so a busy stream costs no timers; the deadline looks when it fires.
 */
static void on_quiet(void *user) {
    orx_uv_proc *p = user;
    p->quiet = NULL;
    arm_quiet(p);
}

void orx_uv_proc_begin_deadlines(orx_uv_proc *p) {
    p->began_ns = orx_mono_ns(p->head.platform);
    p->began_awake_ns = orx_uv_awake_ns();
    arm_total(p);
    arm_quiet(p);
}

void orx_uv_proc_note_byte(orx_uv_proc *p) {
    bool first = p->byte_awake_ns == 0;
    p->byte_awake_ns = orx_uv_awake_ns();
    if (first && p->spec.first_byte_timeout_ns > 0 && !p->stopping && !p->exited) {
        cancel(p, &p->quiet);
        arm_quiet(p);
    }
}

static void on_watchdog(void *user) {
    orx_uv_proc *p = user;
    int64_t left = p->watchdog_awake_ns - orx_uv_awake_ns();
    p->watchdog = NULL;
    if (left > 0)
        p->watchdog = orx_timer_start(p->head.platform, left, on_watchdog, p);
    else
        orx_uv_proc_signal(p, SIGKILL);
}

void orx_uv_proc_arm_watchdog(orx_uv_proc *p, int64_t grace_ns) {
    cancel(p, &p->watchdog);
    int64_t ns = grace_ns + p->u->watchdog_ns;
    p->watchdog_awake_ns = orx_uv_awake_ns() + ns;
    p->watchdog = orx_timer_start(p->head.platform, ns, on_watchdog, p);
}

void orx_uv_proc_stop_for(orx_uv_proc *p, orx_proc_end reason, bool now) {
    if (p->exec_gone || (p->stopping && (!now || p->stop_now)))
        return;
    if (!p->exited && !p->not_started && !p->ended_by_us) {
        p->ended_by_us = true;
        p->result.end = reason;
    }
    p->stopping = true;
    p->stop_now = now;
    orx_uv_proc_cancel_deadlines(p);
    orx_exec_stop stop = {now ? 1U : 0U};
    orx_uv_proc_send(p, ORX_EXEC_STOP, &stop, sizeof stop);
    /* A hostile program may have stopped its supervisor. */
    orx_uv_proc_signal(p, SIGCONT);
    orx_uv_proc_arm_watchdog(p, now ? 0 : p->spec.grace_ns);
}
