#include "platform/loop.h"

#include <signal.h>

int orx_loop_step(orx_platform *p, int64_t max_wait_ns) {
    return p->loop->step(p, max_wait_ns);
}

int orx_loop_until(orx_platform *p, const bool *done, int64_t deadline_mono_ns) {
    while (!*done) {
        int64_t wait = -1;
        if (deadline_mono_ns) {
            wait = deadline_mono_ns - orx_mono_ns(p);
            if (wait <= 0)
                return ORX_E_TIMEOUT;
        }
        (void)orx_loop_step(p, wait);
    }
    return 0;
}

void orx_loop_sleep(orx_platform *p, int64_t ns) {
    int64_t end = orx_mono_ns(p) + (ns > 0 ? ns : 0);
    int64_t left = ns > 0 ? ns : 0;
    do {
        (void)orx_loop_step(p, left);
        left = end - orx_mono_ns(p);
    } while (left > 0);
}

orx_timer *orx_timer_start(orx_platform *p, int64_t delay_ns, orx_timer_fn fn, void *user) {
    return p->loop->timer_start(p, delay_ns > 0 ? delay_ns : 0, fn, user);
}

void orx_timer_cancel(orx_platform *p, orx_timer *t) {
    if (t)
        p->loop->timer_cancel(p, t);
}

int orx_watch_signals(orx_platform *p, orx_signal_fn fn, void *user, orx_err *err) {
    return p->loop->watch_signals(p, fn, user, err);
}

int orx_drain_signal(void) {
    return SIGUSR1;
}
