/* loop.h: the event loop: waiting, timers, and the signals that ask us to stop.
 *
 * Lifetime: timers and the signal watch belong to the platform they were made from and end with it.
 * Threads: the platform's thread. Callbacks run inside the waiting functions only and may start and
 * cancel timers, but must not wait themselves: orx_loop_step and everything built on it (waiting,
 * sleeping, orx_proc_run) is for code outside callbacks, and the real platform asserts it.
 */
#ifndef ORX_PLATFORM_LOOP_H
#define ORX_PLATFORM_LOOP_H

#include "platform/platform.h"

typedef struct orx_timer orx_timer;
typedef void (*orx_timer_fn)(void *user);
/* signum is SIGTERM, SIGINT, SIGHUP or SIGUSR1. */
typedef void (*orx_signal_fn)(int signum, void *user);

struct orx_loop_ops {
    int (*step)(orx_platform *p, int64_t max_wait_ns);
    orx_timer *(*timer_start)(orx_platform *p, int64_t delay_ns, orx_timer_fn fn, void *user);
    void (*timer_cancel)(orx_platform *p, orx_timer *t);
    int (*watch_signals)(orx_platform *p, orx_signal_fn fn, void *user, orx_err *err);
};

/* Runs callbacks that are due; when there are none, waits for the next event, at most max_wait_ns
 * (negative = without bound, 0 = do not wait). Returns the number of callbacks run, 0 when the wait
 * ran out. */
int orx_loop_step(orx_platform *p, int64_t max_wait_ns);

/* Steps until *done is true (returns 0) or orx_mono_ns reaches deadline_mono_ns (returns
 * ORX_E_TIMEOUT); deadline 0 = none. */
int orx_loop_until(orx_platform *p, const bool *done, int64_t deadline_mono_ns);

/* Lets ns pass while callbacks run. */
void orx_loop_sleep(orx_platform *p, int64_t ns);

/* Calls fn(user) once, delay_ns from now (at least 0). The timer is gone after it fired: do not
 * cancel it then. */
orx_timer *orx_timer_start(orx_platform *p, int64_t delay_ns, orx_timer_fn fn, void *user);

/* Cancels a timer that has not fired. NULL is fine. */
void orx_timer_cancel(orx_platform *p, orx_timer *t);

/* From now on TERM, INT, HUP and USR1 call fn instead of ending the process. One watch per
 * platform: ORX_E_EXISTS. fn NULL ends the watch, if there is one, and never fails; user must live
 * until then. */
int orx_watch_signals(orx_platform *p, orx_signal_fn fn, void *user, orx_err *err);

/* The number of USR1, by which a runner is asked to finish what it has in hand and then to end. */
int orx_drain_signal(void);

#endif
