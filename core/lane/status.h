/* status.h: what lanes are doing, as the predecessor's documents tell it [K].
 *
 * A row is the lane's spec with what was found of it: the word of health (unit/health.h, the one
 * judge), its tasks from the journal, and the files beside it. Rows are made one by one: what is
 * wrong with one lane is in its row and in `errors`, and hides no other.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_LANE_STATUS_H
#define ORX_LANE_STATUS_H

#include "lane/lane.h"
#include "unit/health.h"

typedef struct orx_lane_sources {
    orx_platform *p;
    const orx_config *cfg; /* of the root */
    orx_store *store;      /* for reading; NULL = there is none */
    const char *exe;
    const orx_lanes *lanes;
    const orx_diags *diags;       /* of reading them */
    const orx_fleet_facts *facts; /* health_facts.h */
} orx_lane_sources;

/* All lanes, or one (the counts are then of that one, and the errors of others suppressed). Lives
 * in the arena. */
orx_node *orx_lanes_snapshot(const orx_lane_sources *from, const orx_lane *only, orx_arena *arena);

#endif
