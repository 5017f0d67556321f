/* health_watchdog.h: one pass of the process watchdog, decided without doing anything.
 *
 * The supervisor looks after its units; the watchdog looks after the supervisor from outside, for
 * whoever calls it every minute (a keepalive job, a person). A pass is: facts, judge, plan; what
 * the plan says is done; facts and judge again; rows. It starts a supervisor that is absent and
 * asks for a restart of a runner that shows no progress. It does not touch what a person or the
 * crash breaker stopped, and not what the supervisor is about to start again anyway.
 *
 * The two rows are ok exactly when the report says so of the processes, so the watchdog cannot
 * disagree with the rest.
 *
 * Threads: any.
 */
#ifndef ORX_UNIT_HEALTH_WATCHDOG_H
#define ORX_UNIT_HEALTH_WATCHDOG_H

#include "unit/health.h"

/* [K] */
typedef enum orx_watch_status {
    ORX_WATCH_HEALTHY,
    ORX_WATCH_RESTARTED,
    ORX_WATCH_DOWN_COOLDOWN,
    ORX_WATCH_DOWN_NO_RESTART,
    ORX_WATCH_RESTART_FAILED
} orx_watch_status;

const char *orx_watch_status_name(orx_watch_status status);

/* What became of one thing that was planned. */
typedef struct orx_watch_deed {
    bool planned;
    bool cooling;      /* not done: the last time was too short ago */
    const char *error; /* why it failed; "" = it was done, or not planned */
} orx_watch_deed;

typedef struct orx_watch_deeds {
    orx_watch_deed start_supervisor;
    orx_watch_deed restart_runner;
    int64_t runner_pid_before; /* 0 = none ran */
} orx_watch_deeds;

typedef struct orx_watch_row {
    int64_t pid; /* 0 = none */
    orx_watch_status status;
    const char *detail;
} orx_watch_row;

/* What is to be done, as `planned`. */
orx_watch_deeds orx_watch_plan(const orx_fleet_facts *f, const orx_health_report *r);

/* How it stands afterwards; f and r are from after the deeds. Details live in the arena. */
void orx_watch_judge(const orx_fleet_facts *f, const orx_health_report *r,
                     const orx_watch_deeds *deeds, orx_arena *arena, orx_watch_row *ret_supervisor,
                     orx_watch_row *ret_runner);

/* Healthy or restarted. */
bool orx_watch_is_fine(orx_watch_status status);

#endif
