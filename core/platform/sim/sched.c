/* Who runs next, and when time moves on. */
#include "platform/sim/world.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void orx_sim_misuse(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)fputs("simulation: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
    abort();
}

void orx_sim_note(orx_sim *s, const char *what, uint64_t a, uint64_t b) {
    s->trace = orx_sim_mix(s->trace + (unsigned char)what[0]) + a;
    s->trace = orx_sim_mix(s->trace) + b;
    s->steps++;
    if (s->trace_fn)
        s->trace_fn(what, a, b, s->trace_user);
}

/* ---- Runnable tasks ----------------------------------------------------------------------- */

void orx_sim_runnable(orx_sim_task *t) {
    if (t->run_at)
        return;
    orx_vec_push(&t->sim->runnable, t);
    t->run_at = t->sim->runnable.len;
}

void orx_sim_not_runnable(orx_sim_task *t) {
    orx_sim *s = t->sim;
    if (!t->run_at)
        return;
    orx_sim_task *last = s->runnable.items[--s->runnable.len];
    s->runnable.items[t->run_at - 1] = last;
    last->run_at = t->run_at;
    t->run_at = 0;
}

static void resume(orx_sim *s, orx_sim_task *t) {
    orx_sim_not_runnable(t);
    orx_sim_note(s, "run", t->number, (uint64_t)s->now);
    s->current = t;
    orx_sim_co_enter(&s->cos, t->co);
    s->current = NULL;
    orx_sim_cos_sweep(&s->cos);
    if (t->fate != ORX_SIM_RUNNING)
        orx_sim_task_reap(t);
}

bool orx_sim_fire_due(orx_sim *s) {
    bool any = false;
    orx_sim_alarm *a;
    while ((a = orx_sim_alarm_first(&s->alarms)) && a->due <= s->now) {
        orx_sim_alarm_cancel(&s->alarms, a);
        a->fire(a);
        any = true;
    }
    return any;
}

/* One thing that can happen before or at virtual time `until`; false when there is none. */
static bool turn(orx_sim *s, int64_t until) {
    /* Alone, as it may be what the test outside waits for. */
    if (orx_sim_fire_due(s))
        return true;
    if (s->runnable.len) {
        resume(s, s->runnable.items[orx_sim_below(&s->sched, s->runnable.len)]);
        return true;
    }
    orx_sim_alarm *a = orx_sim_alarm_first(&s->alarms);
    if (!a || a->due > until)
        return false;
    s->now = a->due;
    return true;
}

bool orx_sim_run(orx_sim *s, int64_t until_ns) {
    if (s->current)
        orx_sim_misuse("orx_sim_run was called from inside a coroutine");
    int64_t until = until_ns ? until_ns : INT64_MAX;
    while (turn(s, until))
        ;
    if (orx_sim_alarm_first(&s->alarms)) {
        s->now = until > s->now ? until : s->now;
        return true;
    }
    return !orx_sim_stuck(s, NULL);
}

/* ---- Waiting ------------------------------------------------------------------------------ */

static void nap_over(orx_sim_alarm *a) {
    orx_sim_wake(ORX_LIST_ITEM(a, orx_sim_task, nap));
}

/* Runs the world until the outside task t was woken. */
static void run_world_for(orx_sim_task *t) {
    orx_sim *s = t->sim;
    if (s->current)
        orx_sim_misuse("a coroutine waits with the platform of another process (for %s)",
                       t->waits_for);
    while (t->waits_for)
        if (!turn(s, INT64_MAX))
            orx_sim_misuse("the test waits for %s %s, but nothing can happen any more",
                           t->waits_for, t->waits_on ? t->waits_on : "");
}

void orx_sim_park(orx_sim_task *t, const char *waits_for, const char *waits_on) {
    t->waits_for = waits_for;
    t->waits_on = waits_on;
    if (orx_sim_inside(t))
        orx_sim_co_leave(&t->sim->cos);
    else
        run_world_for(t);
    orx_sim_alarm_cancel(&t->sim->alarms, &t->nap);
}

void orx_sim_park_until(orx_sim_task *t, int64_t due, const char *waits_for, const char *waits_on) {
    t->nap.fire = nap_over;
    orx_sim_alarm_set(&t->sim->alarms, &t->nap, due);
    orx_sim_park(t, waits_for, waits_on);
}

void orx_sim_wake(orx_sim_task *t) {
    if (!t->waits_for)
        return;
    t->waits_for = NULL;
    t->waits_on = NULL;
    t->in_loop = false;
    if (t->co)
        orx_sim_runnable(t);
}

void orx_sim_post(orx_sim_task *t, orx_sim_event *ev) {
    if (ev->link.next)
        return;
    ev->seq = t->sim->seq++;
    orx_list_append(&t->ready, &ev->link);
    if (t->in_loop)
        orx_sim_wake(t);
}

void orx_sim_maybe_yield(orx_sim_task *t) {
    orx_sim *s = t->sim;
    if (!orx_sim_inside(t) || !s->runnable.len || !s->preempt ||
        orx_sim_below(&s->sched, 10000) >= s->preempt)
        return;
    orx_sim_runnable(t);
    orx_sim_co_leave(&s->cos);
}

void orx_sim_pause(orx_platform *p, int64_t ns) {
    orx_sim_task *t = orx_sim_task_of(p);
    int64_t due = t->sim->now + (ns > 0 ? ns : 0);
    do
        orx_sim_park_until(t, due, "time to pass", NULL);
    while (t->sim->now < due);
}

/* ---- Deadlocks ---------------------------------------------------------------------------- */

bool orx_sim_stuck(const orx_sim *s, orx_str *out) {
    bool any = false;
    ORX_LIST_EACH(&s->hosts, hit) {
        const orx_sim_host *h = ORX_LIST_ITEM(hit, orx_sim_host, link);
        ORX_LIST_EACH(&h->tasks, tit) {
            const orx_sim_task *t = ORX_LIST_ITEM(tit, orx_sim_task, link);
            if (t->fate != ORX_SIM_RUNNING || !t->waits_for)
                continue;
            any = true;
            if (out)
                orx_str_addf(out, "%s[%lld] on %s waits for %s%s%s\n", orx_sim_task_name(t),
                             (long long)t->pid, h->name, t->waits_for, t->waits_on ? " " : "",
                             t->waits_on ? t->waits_on : "");
        }
    }
    return any;
}

void orx_sim_explain(const orx_sim *s, orx_str *out) {
    (void)orx_sim_stuck(s, out);
}
