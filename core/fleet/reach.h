/* reach.h: whom of those elsewhere can be reached, counted once for each server.
 *
 * What is known comes from different sides: a report on endpoints (connectivity.h), and how calls
 * ended. Servers are told apart by host and port, since six models at one vendor fail together. One
 * is reachable when any of its facts says so; it is, too, when it turned us away at its door (401,
 * 403, 404, 405) [K]: then the way to it is open. Servers of one's own say nothing about that way
 * and are left out.
 *
 * Pure. Threads: any.
 */
#ifndef ORX_FLEET_REACH_H
#define ORX_FLEET_REACH_H

#include "base/vec.h"
#include "data/doc.h"

typedef struct orx_reach {
    const char *name;    /* of the first fact about it */
    const char *address; /* host:port, or what stands for it where none is known */
    bool reachable;
    const char *why; /* "" or why not */
} orx_reach;

typedef ORX_VEC(orx_reach) orx_reaches;

/* Takes a fact in; texts must outlive the list. */
void orx_reach_add(orx_reaches *list, const orx_reach *fact);

/* Takes in the endpoints of a report of orx_connectivity_check. Texts in the report and arena. */
void orx_reach_add_report(orx_reaches *list, const orx_node *report, orx_arena *arena);

/* How many can be reached. */
int64_t orx_reach_count(const orx_reaches *list);

#endif
