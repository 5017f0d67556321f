/* units.h: lanes as units of the supervisor.
 *
 * Every sound lane of the lanes file is a unit whose name is the lane's id and whose program is
 * `orxaq run --lane ID`. Lanes that are not enabled are units, too, which start only when somebody
 * asks for them by name. The supervisor knows nothing of lanes: they come to it as a source of
 * units (supervisor.h).
 *
 * The file is read again when it changes, or when a client asks. What a lane is made of has a
 * digest, its build: the spec, what follows from it for the runner, and the program. A lane whose
 * build changed finishes the task it has in hand and is started anew; a lane that left the file or
 * was switched off finishes likewise and is not. While an entry is wrong, its runner goes on with
 * what it has but is not started again, and the other lanes do not notice. A file that cannot be
 * read at all changes nothing.
 *
 * Before each start the plan is asked (plan.h's verdicts in lane.h): a lane whose claim overlaps
 * with that of a better one, that waits for another lane, or that lacks its repository stays IDLE,
 * and its status says why. Nor does it start while a lane that excludes it still has a process.
 *
 * Files [K], all of them projections, in A/lanes/ID: lane.pid (by the keeper), lane.json (what it
 * was started with), paused.flag ("manual": the operator stopped or paused it; in a root that the
 * journal has not seen yet it is read once, later only written), events.ndjson. Each line of that
 * one holds the number of its event in the journal, so that a supervisor that begins knows what the
 * one before it had written.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_LANE_UNITS_H
#define ORX_LANE_UNITS_H

#include "lane/lane.h"
#include "unit/supervisor.h"

extern const orx_unit_source orx_lane_source;

#define ORX_LANE_BUILD 13 /* 12 hex digits and a NUL */

/* The build of a lane: cfg is the configuration of the root, exe the program. */
void orx_lane_build(orx_platform *p, const orx_lanes *lanes, const orx_lane *lane,
                    const orx_config *cfg, const char *exe, char out[ORX_LANE_BUILD]);

/* A file in the lane's own folder; in the arena. */
const char *orx_lane_file(const orx_lane *lane, const char *name, orx_arena *arena);

#define ORX_LANE_PID_FILE    "lane.pid"
#define ORX_LANE_META_FILE   "lane.json"
#define ORX_LANE_EVENTS_FILE "events.ndjson"
#define ORX_LANE_PAUSE_FILE  "paused.flag"
#define ORX_LANE_LOG_FILE    "runner.log"

/* A line of events.ndjson for one event about a unit, without the line feed; false when the event
 * is none that belongs there. */
bool orx_lane_event_line(const orx_event_row *row, orx_arena *arena, const char **ret_lane,
                         orx_str *out);

/* Writes events.ndjson of every lane anew from the journal, of those that have any; while no
 * supervisor is at work. Returns how many files. */
int orx_lanes_write_history(orx_platform *p, orx_store *s, const orx_lanes *lanes, orx_err *err);

#endif
