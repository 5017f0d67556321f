/* machine.h: the life of one unit as a pure state machine.
 *
 * A unit is something that the supervisor keeps going: a lane, a runner or a service. The machine
 * knows nothing of processes, files and clocks: it is told what happened and what time it is, and
 * answers with the next state and with what is to be done. That is why every pair of state and
 * event can be looked at in one table (machine.c), and ten minutes of backing off cost a test
 * nothing. keeper.h does what it says.
 *
 *     STOPPED   no process, and none is wanted
 *     STARTING  waits for the units it needs, then for its process to say that it is ready
 *     READY     at work
 *     IDLE      nothing to do, or held back: no process, and one as soon as there is work for it
 *     DRAINING  was asked to finish what it has in hand and to begin nothing new
 *     STOPPING  was told to end; its process is being stopped
 *     BACKOFF   failed, and is started again when the wait is over
 *     FATAL     will not be started again by itself, unless what it lacked is back; a person has to
 *               look
 *     PAUSED    held back by the operator, across restarts of the supervisor too
 *
 * A process exists in READY, DRAINING and STOPPING, and in STARTING once it was spawned; never in
 * the others. A second one is never asked for while the first is not known to be gone.
 *
 * Time. All times are monotonic nanoseconds of one process. The machine asks for at most one
 * deadline at a time; ORX_UNIT_DEADLINE says that it passed. Each answer says what becomes of it.
 *
 * Restarts use systemd's words. Waits are drawn evenly between `delay` and an envelope that doubles
 * with every failure up to `max_delay`, so that many units that fail together do not come back
 * together; after `healthy` of good work the next failure begins anew. Too many crashes in a short
 * time (`crash_limit` in `crash_window`) end it: restarting what cannot work only makes noise.
 *
 * Threads: values; one owner at a time.
 */
#ifndef ORX_UNIT_MACHINE_H
#define ORX_UNIT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum orx_unit_state {
    ORX_UNIT_STOPPED,
    ORX_UNIT_STARTING,
    ORX_UNIT_READY,
    ORX_UNIT_IDLE,
    ORX_UNIT_DRAINING,
    ORX_UNIT_STOPPING,
    ORX_UNIT_BACKOFF,
    ORX_UNIT_FATAL,
    ORX_UNIT_PAUSED,
    ORX_UNIT_STATES /* how many there are */
} orx_unit_state;

typedef enum orx_unit_event {
    /* What somebody wants. */
    ORX_UNIT_START,
    ORX_UNIT_STOP,  /* end in good order: the work in hand is put away */
    ORX_UNIT_KILL,  /* end at once */
    ORX_UNIT_DRAIN, /* finish the work in hand, then end */
    ORX_UNIT_RESTART,
    ORX_UNIT_PAUSE, /* as DRAIN, and stay so until RESUME or START */
    ORX_UNIT_RESUME,
    /* What happened. */
    ORX_UNIT_NEEDS_UP,   /* all units that it needs are up */
    ORX_UNIT_NEEDS_DOWN, /* one of them is not any more */
    ORX_UNIT_UP,         /* the process says that it is ready */
    ORX_UNIT_EXITED,     /* the process is gone, as `exit` says */
    ORX_UNIT_DEADLINE,   /* the time asked for is over */
    ORX_UNIT_HUNG,       /* the process makes no progress */
    ORX_UNIT_WORK,       /* there is something to do */
    ORX_UNIT_HELD,       /* it may not start now */
    ORX_UNIT_RENEW,      /* what it is started with changed */
    ORX_UNIT_ONCE,       /* somebody wants one run now, whatever its state says */
    ORX_UNIT_MENDED,     /* what its process failed for is as it should be again */
    ORX_UNIT_EVENTS
} orx_unit_event;

/* How a process ended, as far as restarting is concerned. */
typedef enum orx_unit_exit {
    ORX_UNIT_EXIT_CLEAN,    /* as it should */
    ORX_UNIT_EXIT_IDLE,     /* it had nothing to do */
    ORX_UNIT_EXIT_FAILED,   /* with an exit code that means failure, or its program is none */
    ORX_UNIT_EXIT_ABNORMAL, /* by a signal, hung, or too late in starting */
    ORX_UNIT_EXIT_BUSY,     /* 75: somebody else does its work */
    ORX_UNIT_EXIT_UNBORN,   /* we could not start it now: no crash of its own */
    ORX_UNIT_EXIT_FINAL,    /* 125: is not to be started again */
    ORX_UNIT_EXIT_LOST,     /* what it had started is not proven to be gone */
    ORX_UNIT_EXIT_MEMORY,   /* as ABNORMAL, for it met the limit of its memory */
    ORX_UNIT_EXIT_TASKS,    /* as FAILED, for it met the limit of its processes */
    ORX_UNIT_EXIT_DIRTY,    /* somebody's uncommitted work is where it is to work: no crash */
    ORX_UNIT_EXITS
} orx_unit_exit;

typedef enum orx_unit_restart {
    ORX_RESTART_NO,
    ORX_RESTART_ON_SUCCESS,
    ORX_RESTART_ON_FAILURE,
    ORX_RESTART_ON_ABNORMAL,
    ORX_RESTART_ALWAYS
} orx_unit_restart;

/* More starts or crashes than this are not remembered, so limits are at most this. */
#define ORX_UNIT_MEMORY 16

typedef struct orx_unit_policy {
    orx_unit_restart restart;
    int64_t delay_ns;     /* the shortest wait, and the first envelope */
    int64_t max_delay_ns; /* the widest envelope */
    bool jitter;          /* false: every wait is as long as its envelope */
    int64_t healthy_ns;   /* so much time in READY makes up for failures; 0 = never */
    int crash_limit;      /* so many crashes in crash_window_ns are fatal; 0 = any number is fine */
    int64_t crash_window_ns;
    int start_limit; /* more starts than this in start_window_ns are fatal; 0 likewise */
    int64_t start_window_ns;
    int64_t max_failures;     /* since somebody started it; 0 likewise */
    int64_t start_timeout_ns; /* from spawn to UP; 0 = any time, likewise below */
    int64_t drain_timeout_ns;
    int64_t stop_timeout_ns; /* for ending in good order; then it is killed */
} orx_unit_policy;

/* The latest times of something, oldest overwritten first. */
typedef struct orx_unit_times {
    int64_t at[ORX_UNIT_MEMORY];
    uint64_t count; /* ever */
} orx_unit_times;

/* {0} is a STOPPED unit that nobody wants. */
typedef struct orx_unit_machine {
    orx_unit_state state;
    orx_unit_state after; /* DRAINING, STOPPING: what follows when the process is gone */
    bool patient;         /* DRAINING: without a deadline */
    bool judged;          /* STOPPING: what follows is what follows an abnormal end */
    bool wanted;          /* somebody wants it to run; PAUSED: RESUME starts it */
    bool alive;           /* a process was asked for and is not known to be gone */
    bool once;            /* the next spawn was asked for, even if it may not start otherwise */
    bool lone;            /* this run alone: afterwards it is in lone_after, however it ended */
    orx_unit_state lone_after; /* STOPPED or PAUSED */
    int64_t ready_ns;          /* since when READY; 0 = it was not since the last spawn */
    int level;                 /* failures in a row: the next envelope is delay * 2^level */
    int64_t failures;          /* since somebody started it */
    orx_unit_times crashes;
    orx_unit_times starts;
    const char *cause; /* of the present state, a constant text; NULL at first */
} orx_unit_machine;

/* What is to be done, as bits. */
enum {
    ORX_UNIT_DO_CHECK = 1, /* look whether the units it needs are up; then NEEDS_UP */
    ORX_UNIT_DO_SPAWN = 2,
    ORX_UNIT_DO_DRAIN = 4, /* ask the process to finish what it has in hand */
    ORX_UNIT_DO_STOP = 8,  /* ask it to end */
    ORX_UNIT_DO_KILL = 16  /* end it and everything it started */
};

typedef struct orx_unit_input {
    orx_unit_event event;
    orx_unit_exit exit; /* of EXITED */
    int64_t now_ns;     /* greater than 0 */
    uint64_t random;    /* 64 bits, for a wait */
} orx_unit_input;

typedef struct orx_unit_output {
    bool known;       /* false: the event means nothing in this state; nothing changed */
    bool changed;     /* the state did */
    unsigned todo;    /* ORX_UNIT_DO_* */
    int64_t timer_ns; /* > 0: set the deadline so far from now; < 0: drop it; 0: leave it */
} orx_unit_output;

/* Tells the machine what happened. Never fails: what makes no sense in a state is ignored. */
orx_unit_output orx_unit_step(orx_unit_machine *m, const orx_unit_policy *p,
                              const orx_unit_input *in);

/* The wait before the next start at that level (backoff.c): between delay and the envelope. */
int64_t orx_unit_backoff(const orx_unit_policy *p, int level, uint64_t random);

/* Remembers a time, and how many of those remembered lie less than window_ns before now. */
void orx_unit_times_add(orx_unit_times *t, int64_t now_ns);
int orx_unit_times_within(const orx_unit_times *t, int64_t now_ns, int64_t window_ns);

/* What an exit code means (backoff.c): 0 CLEAN, 75 BUSY, 125 FINAL, else FAILED. */
orx_unit_exit orx_unit_exit_of(int code);

/* "stopped", "starting" ...; "start", "stop" ...; "no", "on-success" ... */
const char *orx_unit_state_name(orx_unit_state state);
const char *orx_unit_event_name(orx_unit_event event);
const char *orx_unit_restart_name(orx_unit_restart restart);
/* The state with that name; false when there is none. */
bool orx_unit_state_parse(const char *name, orx_unit_state *ret_state);

#endif
