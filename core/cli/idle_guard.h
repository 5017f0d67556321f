/* idle_guard.h: one cycle of the idle guard: what is known, what is done about it, and the files
 * that say so [K].
 *
 * Threads: one.
 */
#ifndef ORX_CLI_IDLE_GUARD_H
#define ORX_CLI_IDLE_GUARD_H

#include "cli/cli.h"
#include "lane/idle_guard.h"
#include "lane/lane.h"

typedef struct orx_idle_run {
    orx_cli *c;
    orx_idle_config g;
    const char *config_file; /* whole paths */
    const char *report_file;
    const char *state_file;
    const char *history_file;
    const char *fleet_status_file;
    const orx_node *before; /* the state so far, or NULL */
    orx_node *healthy;      /* keys of the endpoints that answer */
    orx_lanes lanes;
    orx_idle_lane *items; /* the local ones */
    size_t count;
    int64_t running_before;
    int64_t running_after;
    int64_t idle_cycles;
    int64_t probe_epoch;
    int64_t scan_epoch;
    bool ensured;
    bool supervisor_started;
    orx_node *started;
    orx_node *unpaused;
    orx_node *skipped;
    orx_node *failed;
    orx_node *revived;
    orx_node *recycled;
    orx_node *refreshes;
} orx_idle_run;

/* Asks the fleet when it is time to (idle_guard_fleet.c); fills healthy, refreshes and epochs. What
 * goes wrong is in refreshes. */
void orx_idle_refresh(orx_idle_run *r);

/* The local lanes as they are now (idle_guard_lanes.c). */
int orx_idle_look(orx_idle_run *r, orx_err *err);

/* Which of them run now. */
int64_t orx_idle_running(orx_idle_run *r);

/* Adds {lane_id, KEY: text} to a list of the report. */
void orx_idle_note(orx_idle_run *r, orx_node *list, const char *lane, const char *key,
                   const char *text);

/* Writes report, state and history; returns the report. */
int orx_idle_write(orx_idle_run *r, orx_node **ret_report, orx_err *err);

#endif
