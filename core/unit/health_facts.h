/* health_facts.h: what the judge of health.h is shown, gathered from supervisor, journal and files.
 *
 * Three sources, in this order of trust: whether the supervisor's lock is held, and what it
 * answers; the journal's counters; heartbeat files. Whether a process is at work is asked of the
 * lock that it holds, never of a pid in a file. Nothing grows with the size of the journal or of a
 * log: counts are rows, and files are small ones.
 *
 * A source that fails becomes a fact (an error text, an age of -1), not a failure of the whole.
 *
 * Threads: the platform's thread; waits in the loop for the supervisor's answer.
 */
#ifndef ORX_UNIT_HEALTH_FACTS_H
#define ORX_UNIT_HEALTH_FACTS_H

#include "config/config.h"
#include "unit/health.h"

/* So many blocked tasks are named. */
#define ORX_HEALTH_BLOCKED_MAX 1000

/* A lane of the lanes file, which this room cannot read. */
typedef struct orx_health_lane {
    const char *id;
    const char *owner;
    const char *heartbeat; /* its file */
    const char *problem;   /* why it cannot be used; NULL = it can */
    bool enabled;
} orx_health_lane;

typedef struct orx_health_sources {
    const orx_config *cfg;
    orx_store *store;             /* for reading; NULL = there is none, or it cannot be read */
    const char *journal_error;    /* why it cannot; "" or NULL = there is none */
    const orx_health_lane *lanes; /* every one becomes a unit, whether or not anybody keeps it */
    size_t lane_count;
} orx_health_sources;

/* Everything in *ret_facts lives in the arena or in the configuration. */
void orx_health_gather(orx_platform *p, const orx_health_sources *from, orx_arena *arena,
                       orx_fleet_facts *ret_facts);

#endif
