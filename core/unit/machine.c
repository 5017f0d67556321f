/* The table of every (state, event), and the few verbs it is made of. */
#include "unit/machine.h"

#include <stddef.h>

/* What a cell of the table says. Those that say "aim" only change what follows the end. */
typedef enum verb {
    NOTHING, /* the event means nothing here */
    BEGIN,   /* start; what failed before is forgotten */
    GO,      /* start, remembering */
    SPAWN,   /* the units it needs are up */
    RISE,    /* it is ready */
    REST,    /* without a process: stay stopped */
    HOLD,    /* without a process: be paused */
    FREE,    /* no longer paused: start if it ran before */
    STOP,    /* end it, then stay stopped */
    KILL,    /* the same at once */
    DRAIN,   /* let it finish, then stay stopped */
    PAUSE,   /* let it finish, then be paused */
    AGAIN,   /* end it, then start */
    RENEED,  /* end it, then wait for what it needs */
    JUDGE,   /* end it, then as after an abnormal end */
    AIM_UP,  /* start when it has ended */
    AIM_OFF, /* stay stopped when it has ended */
    AIM_HOLD,
    KEEP,   /* it runs; a single run is none any more */
    ONCE,   /* start for one run, and never mind what holds it back */
    RETRY,  /* it was given up, and its time has come again */
    UNHOLD, /* as AIM_UP if it was to be paused */
    LULL,   /* it may not start now */
    RENEW,  /* let it finish, then start anew */
    URGE,   /* draining took too long, or more is asked: end it, keep what follows */
    CRUSH,  /* stopping took too long: kill it, keep what follows */
    ENDED,  /* it ended by itself */
    ARRIVE  /* it ended as it was asked to */
} verb;

static const unsigned char table[ORX_UNIT_STATES][ORX_UNIT_EVENTS] = {
    [ORX_UNIT_STOPPED] = {[ORX_UNIT_START] = BEGIN,
                          [ORX_UNIT_RESTART] = BEGIN,
                          [ORX_UNIT_PAUSE] = HOLD,
                          [ORX_UNIT_ONCE] = ONCE},
    [ORX_UNIT_STARTING] = {[ORX_UNIT_START] = KEEP,
                           [ORX_UNIT_RESUME] = KEEP,
                           [ORX_UNIT_STOP] = STOP,
                           [ORX_UNIT_KILL] = KILL,
                           [ORX_UNIT_DRAIN] = STOP,
                           [ORX_UNIT_RESTART] = AGAIN,
                           [ORX_UNIT_PAUSE] = PAUSE,
                           [ORX_UNIT_NEEDS_UP] = SPAWN,
                           [ORX_UNIT_NEEDS_DOWN] = RENEED,
                           [ORX_UNIT_UP] = RISE,
                           [ORX_UNIT_EXITED] = ENDED,
                           [ORX_UNIT_DEADLINE] = JUDGE,
                           [ORX_UNIT_HUNG] = JUDGE,
                           [ORX_UNIT_HELD] = LULL,
                           [ORX_UNIT_RENEW] = RENEW},
    [ORX_UNIT_READY] = {[ORX_UNIT_START] = KEEP,
                        [ORX_UNIT_RESUME] = KEEP,
                        [ORX_UNIT_STOP] = STOP,
                        [ORX_UNIT_KILL] = KILL,
                        [ORX_UNIT_DRAIN] = DRAIN,
                        [ORX_UNIT_RESTART] = AGAIN,
                        [ORX_UNIT_PAUSE] = PAUSE,
                        [ORX_UNIT_NEEDS_DOWN] = RENEED,
                        [ORX_UNIT_EXITED] = ENDED,
                        [ORX_UNIT_HUNG] = JUDGE,
                        [ORX_UNIT_RENEW] = RENEW},
    [ORX_UNIT_IDLE] = {[ORX_UNIT_START] = BEGIN,
                       [ORX_UNIT_STOP] = REST,
                       [ORX_UNIT_KILL] = REST,
                       [ORX_UNIT_DRAIN] = REST,
                       [ORX_UNIT_RESTART] = BEGIN,
                       [ORX_UNIT_PAUSE] = HOLD,
                       [ORX_UNIT_WORK] = GO,
                       [ORX_UNIT_RENEW] = GO,
                       [ORX_UNIT_ONCE] = ONCE},
    [ORX_UNIT_DRAINING] = {[ORX_UNIT_START] = AIM_UP,
                           [ORX_UNIT_STOP] = STOP,
                           [ORX_UNIT_KILL] = KILL,
                           [ORX_UNIT_DRAIN] = AIM_OFF,
                           [ORX_UNIT_RESTART] = AGAIN,
                           [ORX_UNIT_PAUSE] = AIM_HOLD,
                           [ORX_UNIT_RESUME] = UNHOLD,
                           [ORX_UNIT_EXITED] = ARRIVE,
                           [ORX_UNIT_DEADLINE] = URGE,
                           [ORX_UNIT_HUNG] = URGE},
    [ORX_UNIT_STOPPING] = {[ORX_UNIT_START] = AIM_UP,
                           [ORX_UNIT_STOP] = AIM_OFF,
                           [ORX_UNIT_KILL] = KILL,
                           [ORX_UNIT_DRAIN] = AIM_OFF,
                           [ORX_UNIT_RESTART] = AIM_UP,
                           [ORX_UNIT_PAUSE] = AIM_HOLD,
                           [ORX_UNIT_RESUME] = UNHOLD,
                           [ORX_UNIT_EXITED] = ARRIVE,
                           [ORX_UNIT_DEADLINE] = CRUSH},
    [ORX_UNIT_BACKOFF] = {[ORX_UNIT_START] = BEGIN,
                          [ORX_UNIT_STOP] = REST,
                          [ORX_UNIT_KILL] = REST,
                          [ORX_UNIT_DRAIN] = REST,
                          [ORX_UNIT_RESTART] = BEGIN,
                          [ORX_UNIT_PAUSE] = HOLD,
                          [ORX_UNIT_DEADLINE] = GO,
                          [ORX_UNIT_ONCE] = ONCE,
                          [ORX_UNIT_MENDED] = RETRY},
    [ORX_UNIT_FATAL] = {[ORX_UNIT_START] = BEGIN,
                        [ORX_UNIT_STOP] = REST,
                        [ORX_UNIT_KILL] = REST,
                        [ORX_UNIT_DRAIN] = REST,
                        [ORX_UNIT_RESTART] = BEGIN,
                        [ORX_UNIT_PAUSE] = HOLD,
                        [ORX_UNIT_WORK] = RETRY,
                        [ORX_UNIT_ONCE] = ONCE,
                        [ORX_UNIT_MENDED] = RETRY},
    [ORX_UNIT_PAUSED] = {[ORX_UNIT_START] = BEGIN,
                         [ORX_UNIT_STOP] = REST,
                         [ORX_UNIT_KILL] = REST,
                         [ORX_UNIT_DRAIN] = REST,
                         [ORX_UNIT_RESTART] = BEGIN,
                         [ORX_UNIT_RESUME] = FREE,
                         [ORX_UNIT_ONCE] = ONCE},
};

/* One step while it is taken. */
typedef struct step {
    orx_unit_machine *m;
    const orx_unit_policy *p;
    const orx_unit_input *in;
    orx_unit_output out;
} step;

/* Every change of state goes through here; the deadline of the old state ends with it. */
static void enter(step *s, orx_unit_state state, const char *cause) {
    s->out.changed = s->out.changed || s->m->state != state;
    s->m->state = state;
    s->m->cause = cause;
    if (state == ORX_UNIT_STOPPED)
        s->m->wanted = false;
    if (s->out.timer_ns == 0)
        s->out.timer_ns = -1;
}

/* Somebody wants it: what failed before does not count any more. */
static void forget(orx_unit_machine *m) {
    m->level = 0;
    m->failures = 0;
    m->crashes = (orx_unit_times){0};
    m->starts = (orx_unit_times){0};
}

static void begin(step *s, const char *cause) {
    s->m->wanted = true;
    s->m->judged = false;
    s->m->lone = false;
    enter(s, ORX_UNIT_STARTING, cause);
    s->out.todo |= ORX_UNIT_DO_CHECK;
}

static void spawn(step *s) {
    orx_unit_machine *m = s->m;
    if (m->alive)
        return;
    orx_unit_times_add(&m->starts, s->in->now_ns);
    if (s->p->start_limit && orx_unit_times_within(&m->starts, s->in->now_ns,
                                                   s->p->start_window_ns) > s->p->start_limit) {
        enter(s, ORX_UNIT_FATAL, "started too often");
        return;
    }
    m->alive = true;
    m->once = false;
    m->ready_ns = 0;
    s->out.todo |= ORX_UNIT_DO_SPAWN;
    s->out.timer_ns = s->p->start_timeout_ns > 0 ? s->p->start_timeout_ns : -1;
}

/* ---- The end ------------------------------------------------------------------------------- */

static bool restarts(orx_unit_restart policy, orx_unit_exit how) {
    switch (policy) {
    case ORX_RESTART_ALWAYS:
        return true;
    case ORX_RESTART_ON_SUCCESS:
        return how == ORX_UNIT_EXIT_CLEAN;
    case ORX_RESTART_ON_FAILURE:
        return how != ORX_UNIT_EXIT_CLEAN;
    case ORX_RESTART_ON_ABNORMAL:
        return how == ORX_UNIT_EXIT_ABNORMAL || how == ORX_UNIT_EXIT_MEMORY;
    case ORX_RESTART_NO:
    default:
        return false;
    }
}

static const char *cause_of(orx_unit_exit how) {
    static const char *const causes[ORX_UNIT_EXITS] = {"ended",
                                                       "nothing to do",
                                                       "failed",
                                                       "crashed",
                                                       "another one works",
                                                       "could not be started",
                                                       "asked not to be restarted",
                                                       "what it started may still run",
                                                       "out of memory (memory_max)",
                                                       "no more processes (tasks_max)",
                                                       "uncommitted changes in its worktree"};
    return causes[how];
}

/* Counts a crash; the reason why it was the last one, or NULL. */
static const char *count_crash(step *s) {
    orx_unit_machine *m = s->m;
    const orx_unit_policy *p = s->p;
    int64_t now = s->in->now_ns;
    orx_unit_times_add(&m->crashes, now);
    m->failures++;
    if (p->crash_limit &&
        orx_unit_times_within(&m->crashes, now, p->crash_window_ns) >= p->crash_limit)
        return "crash loop";
    if (p->max_failures && m->failures >= p->max_failures)
        return "failed too often";
    return NULL;
}

/* Nobody tries again. */
static void follow_lone(step *s, orx_unit_exit how) {
    bool well = how == ORX_UNIT_EXIT_CLEAN || how == ORX_UNIT_EXIT_IDLE;
    s->m->lone = false;
    enter(s, how == ORX_UNIT_EXIT_LOST ? ORX_UNIT_FATAL : s->m->lone_after,
          well ? "ran once" : cause_of(how));
}

/* What follows an end that nobody asked for. */
static void follow(step *s, orx_unit_exit how) {
    orx_unit_machine *m = s->m;
    const orx_unit_policy *p = s->p;
    if (p->healthy_ns && m->ready_ns && s->in->now_ns - m->ready_ns >= p->healthy_ns) {
        m->level = 0;
        m->failures = 0;
    }
    if (m->lone) {
        follow_lone(s, how);
        return;
    }
    if (how == ORX_UNIT_EXIT_IDLE) {
        m->level = 0;
        enter(s, ORX_UNIT_IDLE, cause_of(how));
        return;
    }
    if (how == ORX_UNIT_EXIT_FINAL || how == ORX_UNIT_EXIT_LOST) {
        enter(s, ORX_UNIT_FATAL, cause_of(how));
        return;
    }
    /* It waits for a person, and not for its turn to be started again. */
    if (how != ORX_UNIT_EXIT_DIRTY && !restarts(p->restart, how)) {
        enter(s, how == ORX_UNIT_EXIT_CLEAN ? ORX_UNIT_STOPPED : ORX_UNIT_FATAL, cause_of(how));
        return;
    }
    bool crashed = how == ORX_UNIT_EXIT_FAILED || how == ORX_UNIT_EXIT_ABNORMAL ||
                   how == ORX_UNIT_EXIT_MEMORY || how == ORX_UNIT_EXIT_TASKS;
    const char *last = crashed ? count_crash(s) : NULL;
    if (last) {
        enter(s, ORX_UNIT_FATAL, last);
        return;
    }
    if (how == ORX_UNIT_EXIT_CLEAN)
        m->level = 0;
    int64_t wait = orx_unit_backoff(p, m->level, s->in->random);
    s->out.timer_ns = wait > 0 ? wait : 1;
    m->level += how != ORX_UNIT_EXIT_CLEAN;
    enter(s, ORX_UNIT_BACKOFF, cause_of(how));
}

static const char *cause_of_retry(const step *s) {
    if (s->in->event != ORX_UNIT_MENDED)
        return "its time has come";
    return s->m->cause == cause_of(ORX_UNIT_EXIT_DIRTY) ? "its worktree has changed"
                                                        : "its repository is back";
}

static void ended(step *s) {
    if (!s->m->alive)
        return;
    s->m->alive = false;
    follow(s, s->in->exit);
}

/* It ended because we wanted it to. */
static void arrive(step *s) {
    orx_unit_machine *m = s->m;
    m->alive = false;
    if (s->in->exit == ORX_UNIT_EXIT_LOST)
        follow(s, s->in->exit);
    else if (m->judged)
        follow(s, ORX_UNIT_EXIT_ABNORMAL);
    else if (m->after == ORX_UNIT_STARTING)
        begin(s, m->cause);
    else
        enter(s, m->after, m->cause);
    m->judged = false;
}

/* ---- Asking for the end -------------------------------------------------------------------- */

static void arrive_without_process(step *s, orx_unit_state after, const char *cause) {
    if (after == ORX_UNIT_STARTING)
        begin(s, cause);
    else
        enter(s, after, cause);
}

/* Ends it with `todo`, after which it is in `after`. */
static void end(step *s, unsigned todo, orx_unit_state after, const char *cause) {
    orx_unit_machine *m = s->m;
    m->once = false;
    if (!m->alive) {
        m->lone = false;
        arrive_without_process(s, after, cause);
        return;
    }
    bool drain = todo == ORX_UNIT_DO_DRAIN;
    m->patient = false;
    int64_t limit = drain ? s->p->drain_timeout_ns : s->p->stop_timeout_ns;
    m->after = after;
    m->judged = false;
    m->lone = false;
    s->out.todo |= todo;
    s->out.timer_ns = todo == ORX_UNIT_DO_KILL || limit <= 0 ? -1 : limit;
    enter(s, drain ? ORX_UNIT_DRAINING : ORX_UNIT_STOPPING, cause);
}

static void judge(step *s) {
    bool hung = s->in->event == ORX_UNIT_HUNG;
    bool lone = s->m->lone;
    if (!s->m->alive)
        return;
    end(s, ORX_UNIT_DO_STOP, ORX_UNIT_BACKOFF, hung ? "no progress" : "not ready in time");
    s->m->judged = true;
    s->m->lone = lone;
}

static void aim(step *s, orx_unit_state after, const char *cause) {
    if (s->m->patient && s->m->state == ORX_UNIT_DRAINING && after != ORX_UNIT_STARTING)
        s->out.timer_ns = s->p->drain_timeout_ns > 0 ? s->p->drain_timeout_ns : -1;
    s->m->patient = s->m->patient && after == ORX_UNIT_STARTING;
    s->m->after = after;
    s->m->judged = false;
    s->m->lone = false;
    s->m->cause = cause;
    s->m->wanted = after == ORX_UNIT_STARTING || (after == ORX_UNIT_PAUSED && s->m->wanted);
}

/* More than it was asked before, with the same end in view. */
static void press(step *s, unsigned todo, const char *cause) {
    s->out.todo |= todo;
    s->out.timer_ns =
        todo == ORX_UNIT_DO_STOP && s->p->stop_timeout_ns > 0 ? s->p->stop_timeout_ns : -1;
    enter(s, ORX_UNIT_STOPPING, cause);
}

static void off(step *s, unsigned todo, const char *cause) {
    s->m->wanted = false;
    end(s, todo, ORX_UNIT_STOPPED, cause);
}

/* ---- One step ------------------------------------------------------------------------------ */

static void want(step *s, verb v) {
    orx_unit_machine *m = s->m;
    switch (v) {
    case BEGIN:
        forget(m);
        begin(s, "asked to start");
        break;
    case REST:
        enter(s, ORX_UNIT_STOPPED, "asked to stop");
        break;
    case HOLD:
        enter(s, ORX_UNIT_PAUSED, "asked to pause");
        break;
    case FREE:
        arrive_without_process(s, m->wanted ? ORX_UNIT_STARTING : ORX_UNIT_STOPPED,
                               "asked to resume");
        break;
    case STOP:
        off(s, ORX_UNIT_DO_STOP, "asked to stop");
        break;
    case KILL:
        off(s, ORX_UNIT_DO_KILL, "asked to stop at once");
        break;
    case DRAIN:
        off(s, ORX_UNIT_DO_DRAIN, "asked to drain");
        break;
    case PAUSE:
        end(s, ORX_UNIT_DO_DRAIN, ORX_UNIT_PAUSED, "asked to pause");
        break;
    case AGAIN:
        forget(m);
        m->wanted = true;
        end(s, ORX_UNIT_DO_STOP, ORX_UNIT_STARTING, "asked to restart");
        break;
    default:
        break;
    }
}

static void retarget(step *s, verb v) {
    switch (v) {
    case AIM_UP:
        forget(s->m);
        aim(s, ORX_UNIT_STARTING, "asked to start");
        break;
    case AIM_OFF:
        aim(s, ORX_UNIT_STOPPED, "asked to stop");
        break;
    case AIM_HOLD:
        aim(s, ORX_UNIT_PAUSED, "asked to pause");
        break;
    case UNHOLD:
        if (s->m->after == ORX_UNIT_PAUSED)
            aim(s, s->m->wanted ? ORX_UNIT_STARTING : ORX_UNIT_STOPPED, "asked to resume");
        break;
    case URGE:
        press(s, ORX_UNIT_DO_STOP, s->m->cause);
        break;
    case CRUSH:
        press(s, ORX_UNIT_DO_KILL, s->m->cause);
        break;
    default:
        break;
    }
}

static const char *why_go(orx_unit_event event) {
    if (event == ORX_UNIT_RENEW)
        return "its configuration changed";
    return event == ORX_UNIT_WORK ? "there is work" : "the wait is over";
}

/* One run now. Whether anybody wants it to go on is as before. */
static void run_once(step *s) {
    orx_unit_machine *m = s->m;
    orx_unit_state after = m->state == ORX_UNIT_PAUSED ? ORX_UNIT_PAUSED : ORX_UNIT_STOPPED;
    bool wanted = m->wanted;
    bool lone = !wanted || m->state == ORX_UNIT_STOPPED || m->state == ORX_UNIT_PAUSED;
    forget(m);
    begin(s, "asked to run once");
    m->once = true;
    m->wanted = wanted;
    m->lone = lone;
    m->lone_after = after;
}

/* It runs already; resuming is for what was paused, and leaves off what was off before. */
static void keep_up(step *s) {
    orx_unit_machine *m = s->m;
    bool resumed = s->in->event == ORX_UNIT_RESUME;
    if (!m->lone || (resumed && m->lone_after != ORX_UNIT_PAUSED))
        return;
    if (resumed && !m->wanted) {
        m->lone_after = ORX_UNIT_STOPPED;
        return;
    }
    m->lone = false;
    m->wanted = true;
}

/* However long the work in hand takes: what changed is in no hurry. One that waits for its start
 * will start with the new anyway. */
static void renew(step *s) {
    if (!s->m->alive || s->m->lone)
        return;
    end(s, ORX_UNIT_DO_DRAIN, ORX_UNIT_STARTING, "its configuration changed");
    s->out.timer_ns = -1;
    s->m->patient = s->m->state == ORX_UNIT_DRAINING;
}

static void happen(step *s, verb v) {
    switch (v) {
    case GO:
        begin(s, why_go(s->in->event));
        break;
    case KEEP:
        keep_up(s);
        break;
    case ONCE:
        run_once(s);
        break;
    case RETRY:
        if (!s->m->wanted)
            break;
        forget(s->m);
        begin(s, cause_of_retry(s));
        break;
    case LULL:
        if (!s->m->alive && !s->m->once)
            enter(s, ORX_UNIT_IDLE, "held back");
        break;
    case RENEW:
        renew(s);
        break;
    case SPAWN:
        spawn(s);
        break;
    case RISE:
        if (s->m->alive) {
            s->m->ready_ns = s->in->now_ns;
            enter(s, ORX_UNIT_READY, "ready");
        }
        break;
    case RENEED:
        if (s->m->alive)
            end(s, ORX_UNIT_DO_STOP, s->m->lone ? s->m->lone_after : ORX_UNIT_STARTING,
                "a unit it needs went down");
        break;
    case JUDGE:
        judge(s);
        break;
    case ENDED:
        ended(s);
        break;
    case ARRIVE:
        arrive(s);
        break;
    default:
        want(s, v);
        retarget(s, v);
        break;
    }
}

orx_unit_output orx_unit_step(orx_unit_machine *m, const orx_unit_policy *p,
                              const orx_unit_input *in) {
    step s = {.m = m, .p = p, .in = in};
    verb v = (verb)table[m->state][in->event];
    s.out.known = v != NOTHING;
    if (s.out.known)
        happen(&s, v);
    return s.out;
}
