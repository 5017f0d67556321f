#include "platform/uv/internal.h"

#include <assert.h>
#include <stdlib.h>

/* The alarm is set even for an unbounded wait, so that a wait for nothing sleeps, not spins. */
#define ALARM_MAX_MS ((int64_t)3600 * 1000)

/* It may ring before the poll has begun: uv_run looks at the clock once more first, and by then the
 * machine may have been busy elsewhere for longer than was to be waited. The poll, without a timer,
 * would then wait for ever. */
static void on_alarm(uv_timer_t *t) {
    uv_stop(t->loop);
}

static orx_timer *first_timer(orx_uv *u) {
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer does not follow the unlinking. */
    return orx_list_empty(&u->timers) ? NULL : ORX_LIST_ITEM(u->timers.next, orx_timer, link);
}

/* Runs the timers due now. One that a callback starts with delay 0 waits for the next step, so that
 * a timer that restarts itself cannot hold the loop. */
static void run_due(orx_uv *u) {
    int64_t now = orx_mono_ns(&u->base);
    for (orx_timer *t = first_timer(u); t && t->due_ns <= now; t = first_timer(u)) {
        orx_timer_fn fn = t->fn;
        void *user = t->user;
        orx_list_remove(&t->link);
        free(t);
        u->ran++;
        fn(user);
    }
}

/* Nanoseconds until the next timer or `until`, whichever comes first; negative = neither is set. */
static int64_t time_to_wait(orx_uv *u, int64_t now, int64_t until) {
    orx_timer *t = first_timer(u);
    int64_t at = until;
    if (t && (at < 0 || t->due_ns < at))
        at = t->due_ns;
    if (at < 0)
        return -1;
    return at > now ? at - now : 0;
}

static void poll_once(orx_uv *u, int64_t wait_ns) {
    if (wait_ns == 0) {
        (void)uv_run(&u->loop, UV_RUN_NOWAIT);
        return;
    }
    int64_t ms = wait_ns < 0 ? ALARM_MAX_MS : (wait_ns + ORX_MS - 1) / ORX_MS;
    if (ms > ALARM_MAX_MS)
        ms = ALARM_MAX_MS;
    uv_update_time(&u->loop);
    (void)uv_timer_start(&u->alarm, on_alarm, (uint64_t)ms, 0);
    (void)uv_run(&u->loop, UV_RUN_ONCE);
    (void)uv_timer_stop(&u->alarm);
}

static int step(orx_platform *p, int64_t max_wait_ns) {
    orx_uv *u = orx_uv_of(p);
    assert(!u->stepping && "orx_loop_step called from inside a callback");
    u->stepping = true;
    u->ran = 0;
    int64_t now = orx_mono_ns(p);
    int64_t until = max_wait_ns < 0 ? -1 : now + max_wait_ns;
    /* Input first: see internal.h. */
    poll_once(u, 0);
    run_due(u);
    while (u->ran == 0) {
        now = orx_mono_ns(p);
        if (until >= 0 && now >= until)
            break;
        poll_once(u, time_to_wait(u, now, until));
        run_due(u);
    }
    u->stepping = false;
    return u->ran;
}

static orx_timer *timer_start(orx_platform *p, int64_t delay_ns, orx_timer_fn fn, void *user) {
    orx_uv *u = orx_uv_of(p);
    orx_timer *t = orx_xcalloc(1, sizeof *t);
    if (__builtin_add_overflow(orx_mono_ns(p), delay_ns, &t->due_ns))
        t->due_ns = INT64_MAX;
    t->fn = fn;
    t->user = user;
    /* From the back: new timers are mostly the latest, and equals stay in start order. */
    orx_list *at = u->timers.prev;
    while (at != &u->timers && ORX_LIST_ITEM(at, orx_timer, link)->due_ns > t->due_ns)
        at = at->prev;
    orx_list_append(at->next, &t->link);
    return t;
}

static void timer_cancel(orx_platform *p, orx_timer *t) {
    (void)p;
    orx_list_remove(&t->link);
    free(t);
}

const struct orx_loop_ops orx_uv_loop = {
    .step = step,
    .timer_start = timer_start,
    .timer_cancel = timer_cancel,
    .watch_signals = orx_uv_watch_signals,
};

int orx_uv_loop_init(orx_uv *u, orx_err *err) {
    int rc = uv_loop_init(&u->loop);
    if (rc < 0)
        return orx_uv_err(err, rc, "cannot set up the event loop");
    (void)uv_timer_init(&u->loop, &u->alarm);
    rc = orx_uv_signals_init(u, err);
    if (rc < 0)
        orx_uv_loop_close(u);
    return rc;
}

void orx_uv_loop_close(orx_uv *u) {
    ORX_LIST_EACH(&u->timers, it) {
        orx_timer *t = ORX_LIST_ITEM(it, orx_timer, link);
        timer_cancel(&u->base, t);
    }
    orx_uv_signals_close(u);
    uv_close((uv_handle_t *)&u->alarm, NULL);
    /* Runs the close callbacks; nothing else is left on the loop. */
    (void)uv_run(&u->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&u->loop);
    assert(rc == 0);
    (void)rc;
}
