/* relations.h: what lanes say about each other (internal to core/lane).
 *
 * Threads: as lane.h.
 */
#ifndef ORX_LANE_RELATIONS_H
#define ORX_LANE_RELATIONS_H

#include "lane/fields.h"

/* Marks lanes whose id another one has already, that depend on a lane that does not exist or on
 * themselves, and that share files with another. */
void orx_lanes_relate(orx_lane_reader *r, orx_lanes *lanes);

#endif
