/* world.h: the simulation from inside: sim, hosts, processes, and how they wait.
 *
 * One orx_sim_task is one simulated process; it begins with the orx_platform that code sees. At
 * most one coroutine runs for it. A task waits by parking, with words for orx_sim_explain, and is
 * woken by whoever made its condition true; conditions are looked at again after waking.
 *
 * A task without a coroutine belongs to the test outside (see "Inside and outside" in sim.h).
 * Parking it runs the world instead.
 *
 * Events (a due timer, output, an exit, a signal) are queued on the task whose callback they call
 * and run in orx_loop_step only.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_WORLD_H
#define ORX_PLATFORM_SIM_WORLD_H

#include "base/list.h"
#include "base/map.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "platform/sim/alarm.h"
#include "platform/sim/co.h"
#include "platform/sim/disk.h"
#include "platform/sim/rng.h"
#include "platform/sim/sim.h"

typedef struct orx_sim_task orx_sim_task;

typedef struct orx_sim_event {
    orx_list link; /* in the task's ready list */
    uint64_t seq;
    void (*run)(struct orx_sim_event *ev);
} orx_sim_event;

struct orx_sim {
    uint64_t seed;
    orx_sim_rng sched;
    orx_sim_rng faults;
    orx_sim_rng tests;
    uint64_t streams; /* numbers the streams of processes that are no programs */
    uint64_t tasks;   /* numbers all processes in the trace */
    int64_t now;
    uint64_t seq;
    orx_sim_cos cos;
    orx_sim_task *current; /* whose coroutine runs; NULL = outside */
    orx_sim_alarms alarms;
    ORX_VEC(orx_sim_task *) runnable;
    uint32_t preempt;
    uint64_t trace;
    uint64_t steps;
    orx_sim_trace_fn trace_fn;
    void *trace_user;
    orx_list hosts;
    uint64_t host_count;
    orx_map programs;  /* base name -> orx_sim_program_entry */
    orx_map modules;   /* path -> orx_module */
    orx_map endpoints; /* origin -> endpoint of http.c */
};

/* The plan of orx_sim_crash_at and orx_sim_kill_at. */
typedef struct orx_sim_plan {
    uint64_t op; /* 0 = none */
    orx_sim_when when;
    bool host; /* every process, not only the one that does the operation */
    bool power;
} orx_sim_plan;

enum { ORX_SIM_FIRST_PID = 300, ORX_SIM_PIDS = 32768 };

struct orx_sim_host {
    orx_sim *sim;
    orx_list link;
    uint64_t number;
    char *name;
    orx_sim_disk disk;
    orx_sim_faults faults;
    orx_map env; /* name -> "NAME=value" */
    ORX_VEC(const char *) environ;
    int64_t wall_offset;
    int64_t booted; /* virtual time of the boot */
    uint64_t boots;
    char boot_id[40];
    bool crashing;
    orx_list tasks;
    orx_sim_task *first;
    orx_sim_task **pids; /* by pid */
    int64_t last_pid;
    uint64_t durable_ops;
    orx_sim_plan plan;
};

struct orx_sim_task {
    orx_platform base;
    orx_sim *sim;
    orx_sim_host *host;
    orx_list link; /* in the host's tasks */
    uint64_t number;
    uint64_t stream;  /* of its generator */
    uint64_t started; /* programs so far */
    int64_t pid;      /* 0 = none */
    int64_t start;
    orx_sim_rng rng;
    orx_sim_fate fate;
    int code;
    orx_sim_co *co;
    orx_sim_main fn;
    void *user;
    char *cwd;
    size_t run_at;         /* position in runnable + 1; 0 = not there */
    const char *waits_for; /* NULL = not waiting */
    const char *waits_on;  /* what, NULL = nothing in particular */
    orx_sim_alarm nap;     /* ends a wait */
    orx_sim_alarm signals; /* delivers what others sent */
    uint64_t pending;      /* bit per signal */
    bool in_loop;          /* the wait is one of orx_loop_step: events end it */
    bool stepping;
    orx_list ready;
    orx_list timers;
    orx_list files;
    orx_list children; /* programs it started */
    orx_list requests; /* HTTP */
    orx_signal_fn on_signal;
    void *signal_user;
    orx_sim_prog *prog; /* NULL unless it is a program */
};

static inline orx_sim_task *orx_sim_task_of(orx_platform *p) {
    return (orx_sim_task *)(void *)p;
}

/* Whether the task's own coroutine is running now. */
static inline bool orx_sim_inside(const orx_sim_task *t) {
    return t->sim->current == t;
}

/* Says what is wrong on stderr and aborts: for misuse of the simulation by a test. */
_Noreturn void orx_sim_misuse(const char *fmt, ...) ORX_PRINTF(1, 2);

/* Enters a step into the trace. */
void orx_sim_note(orx_sim *s, const char *what, uint64_t a, uint64_t b);

/* ---- sched.c ------------------------------------------------------------------------------ */

/* Waits until woken. */
void orx_sim_park(orx_sim_task *t, const char *waits_for, const char *waits_on);
/* As above, at most until the virtual time `due`. */
void orx_sim_park_until(orx_sim_task *t, int64_t due, const char *waits_for, const char *waits_on);
/* Ends t's wait, if it waits. */
void orx_sim_wake(orx_sim_task *t);
/* Puts an event into t's loop; one that is queued already stays where it is. */
void orx_sim_post(orx_sim_task *t, orx_sim_event *ev);
/* Sometimes lets another coroutine go on first. */
void orx_sim_maybe_yield(orx_sim_task *t);
/* Makes a task with a new coroutine runnable, and takes a dead one out. */
void orx_sim_runnable(orx_sim_task *t);
void orx_sim_not_runnable(orx_sim_task *t);
/* Sets off the alarms that are due now; false when there were none. */
bool orx_sim_fire_due(orx_sim *s);

/* Whether some coroutine waits; out (may be NULL) gets a line for each. */
bool orx_sim_stuck(const orx_sim *s, orx_str *out);

/* ---- task.c ------------------------------------------------------------------------------- */

/* A process with a pid that does not run yet. starter is NULL unless it will be a program. */
orx_sim_task *orx_sim_task_new(orx_sim_host *h, orx_sim_task *starter);
void orx_sim_task_free(orx_sim_task *t);
const char *orx_sim_task_name(const orx_sim_task *t);

/* Makes it running, with a new pid when it has ended before; then its coroutine, if it gets one,
 * calls fn(t, user). */
void orx_sim_task_begin(orx_sim_task *t);
void orx_sim_task_start(orx_sim_task *t, orx_sim_main fn, void *user);

/* Death in two halves: the first closes all that t holds and records its fate; the second, never
 * inside t, drops the coroutine and tells the program's starter. */
void orx_sim_task_end(orx_sim_task *t, orx_sim_fate fate, int code);
void orx_sim_task_reap(orx_sim_task *t);
/* Ends t by a signal wherever it is; does not return when t is inside. */
void orx_sim_task_kill(orx_sim_task *t, int signum);
/* Ends every process of the host; a coroutine that is inside is left to be abandoned. */
void orx_sim_kill_all(orx_sim_host *h);
void orx_sim_task_drop_pid(orx_sim_task *t);

/* Delivers a signal now, or out of the scheduler. */
void orx_sim_task_signal(orx_sim_task *t, int signum);
void orx_sim_task_send(orx_sim_task *t, int signum);

/* ---- What the parts of a process know ------------------------------------------------------- */

extern const struct orx_clock_ops orx_sim_clock_ops;
extern const struct orx_loop_ops orx_sim_loop_ops;
extern const struct orx_file_ops orx_sim_file_ops;
extern const struct orx_proc_ops orx_sim_proc_ops;
extern const struct orx_module_ops orx_sim_module_ops;
extern const struct orx_http_ops orx_sim_http_ops;

/* clock.c: a new boot: id, monotonic clock, pids. */
void orx_sim_boot(orx_sim_host *h);

/* loop.c: false when nobody watches. */
bool orx_sim_loop_signal(orx_sim_task *t, int signum);
void orx_sim_loop_close(orx_sim_task *t, bool killed);

/* files.c */
void orx_sim_files_close(orx_sim_task *t);

/* life.c: the programs t started lose their starter. FREED: they are killed; DIED: they find out
 * by their lifeline. */
typedef enum orx_sim_close { ORX_SIM_DIED, ORX_SIM_FREED } orx_sim_close;
void orx_sim_children_close(orx_sim_task *t, orx_sim_close how);
void orx_sim_prog_ended(orx_sim_prog *g);
/* A signal to the supervisor's pid; then one to the program itself, false = not caught. */
void orx_sim_prog_signal(orx_sim_prog *g, int signum);
bool orx_sim_prog_caught(orx_sim_prog *g);

/* prog.c */
const char *const *orx_sim_prog_environ(const orx_sim_prog *g);
bool orx_sim_prog_may_write(const orx_sim_prog *g, const orx_sim_inode *n);
void orx_sim_programs_free(orx_sim *s);

/* module.c */
void orx_sim_modules_free(orx_sim *s);

/* http.c */
void orx_sim_http_close(orx_sim_task *t, bool killed);
void orx_sim_endpoints_free(orx_sim *s);

#endif
