/* The event loop of one process: its share of the world's alarms, and the events due for it. */
#include "platform/loop.h"

#include "platform/sim/world.h"

#include <stdlib.h>

#define JUMP_MAX   (INT64_C(10) * 24 * 3600 * ORX_SEC)
#define POLL_COSTS INT64_C(1000)

struct orx_timer {
    orx_sim_event event;
    orx_sim_alarm alarm;
    orx_list link; /* in the task's timers */
    orx_sim_task *task;
    orx_timer_fn fn;
    void *user;
};

/* ---- Timers ------------------------------------------------------------------------------- */

static void timer_due(orx_sim_alarm *a) {
    orx_timer *timer = ORX_LIST_ITEM(a, orx_timer, alarm);
    orx_sim_post(timer->task, &timer->event);
}

static void timer_run(orx_sim_event *ev) {
    orx_timer *timer = ORX_LIST_ITEM(ev, orx_timer, event);
    orx_timer_fn fn = timer->fn;
    void *user = timer->user;
    orx_list_remove(&timer->link);
    free(timer);
    fn(user);
}

static orx_timer *timer_start(orx_platform *p, int64_t delay_ns, orx_timer_fn fn, void *user) {
    orx_sim_task *t = orx_sim_task_of(p);
    orx_timer *timer = orx_xcalloc(1, sizeof *timer);
    timer->event.run = timer_run;
    timer->alarm.fire = timer_due;
    timer->task = t;
    timer->fn = fn;
    timer->user = user;
    orx_list_append(&t->timers, &timer->link);
    int64_t due;
    if (__builtin_add_overflow(t->sim->now, delay_ns > 0 ? delay_ns : 0, &due))
        due = INT64_MAX;
    orx_sim_alarm_set(&t->sim->alarms, &timer->alarm, due);
    return timer;
}

static void timer_drop(orx_timer *timer, bool killed) {
    orx_sim_alarm_cancel(&timer->task->sim->alarms, &timer->alarm);
    orx_list_remove(&timer->event.link);
    orx_list_remove(&timer->link);
    if (killed)
        orx_sim_keep(timer->user);
    free(timer);
}

static void timer_cancel(orx_platform *p, orx_timer *timer) {
    (void)p;
    timer_drop(timer, false);
}

/* ---- Signals ------------------------------------------------------------------------------ */

typedef struct signal_event {
    orx_sim_event event;
    orx_sim_task *task;
    int signum;
} signal_event;

static void signal_run(orx_sim_event *ev) {
    signal_event *se = (signal_event *)(void *)ev;
    orx_sim_task *t = se->task;
    int signum = se->signum;
    free(se);
    if (t->on_signal)
        t->on_signal(signum, t->signal_user);
}

bool orx_sim_loop_signal(orx_sim_task *t, int signum) {
    if (!t->on_signal)
        return false;
    signal_event *se = orx_xcalloc(1, sizeof *se);
    se->event.run = signal_run;
    se->task = t;
    se->signum = signum;
    orx_sim_post(t, &se->event);
    return true;
}

static int watch_signals(orx_platform *p, orx_signal_fn fn, void *user, orx_err *err) {
    orx_sim_task *t = orx_sim_task_of(p);
    if (fn && t->on_signal)
        return orx_err_set(err, ORX_E_EXISTS, "the signals are being watched already");
    t->on_signal = fn;
    t->signal_user = user;
    return 0;
}

void orx_sim_loop_close(orx_sim_task *t, bool killed) {
    ORX_LIST_EACH(&t->timers, it) {
        orx_timer *timer = ORX_LIST_ITEM(it, orx_timer, link);
        timer_drop(timer, killed);
    }
    /* What is left are signals: programs took their events out when they were closed. */
    ORX_LIST_EACH(&t->ready, it) {
        orx_sim_event *ev = ORX_LIST_ITEM(it, orx_sim_event, link);
        orx_list_remove(&ev->link);
        free(ev);
    }
    if (killed)
        orx_sim_keep(t->signal_user);
    t->on_signal = NULL;
    t->signal_user = NULL;
}

/* ---- Steps -------------------------------------------------------------------------------- */

/* Runs the events that are queued now; those that their callbacks queue wait for the next step. */
static int run_ready(orx_sim_task *t) {
    uint64_t end = t->sim->seq;
    int n = 0;
    while (!orx_list_empty(&t->ready)) {
        orx_sim_event *ev = ORX_LIST_ITEM(t->ready.next, orx_sim_event, link);
        if (ev->seq >= end)
            break;
        orx_list_remove(&ev->link);
        orx_sim_note(t->sim, "event", t->number, ev->seq);
        ev->run(ev);
        n++;
    }
    return n;
}

static void maybe_jump(orx_sim_task *t) {
    orx_sim *s = t->sim;
    uint32_t chance = t->host->faults.clock_jump;
    if (!chance || !orx_sim_inside(t) || orx_sim_below(&s->faults, 10000) >= chance)
        return;
    orx_sim_jump_clock(t->host, (int64_t)orx_sim_below(&s->faults, 2 * JUMP_MAX) - JUMP_MAX);
}

static void wait_for_event(orx_sim_task *t, int64_t max_wait_ns) {
    int64_t due;
    t->in_loop = true;
    if (max_wait_ns < 0 || __builtin_add_overflow(t->sim->now, max_wait_ns, &due))
        orx_sim_park(t, "an event in its loop", NULL);
    else
        orx_sim_park_until(t, due, "an event in its loop", NULL);
    t->in_loop = false;
}

static int step(orx_platform *p, int64_t max_wait_ns) {
    orx_sim_task *t = orx_sim_task_of(p);
    if (t->stepping)
        orx_sim_misuse("orx_loop_step was called from inside a callback");
    t->stepping = true;
    maybe_jump(t);
    orx_sim_maybe_yield(t);
    (void)orx_sim_fire_due(t->sim);
    if (orx_list_empty(&t->ready))
        wait_for_event(t, max_wait_ns == 0 ? POLL_COSTS : max_wait_ns);
    int n = run_ready(t);
    t->stepping = false;
    return n;
}

const struct orx_loop_ops orx_sim_loop_ops = {
    .step = step,
    .timer_start = timer_start,
    .timer_cancel = timer_cancel,
    .watch_signals = watch_signals,
};
