/* internal.h: the lanes of a supervisor from inside; for the files of this room only.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_LANE_INTERNAL_H
#define ORX_LANE_INTERNAL_H

#include "base/map.h"
#include "lane/units.h"
#include "unit/watched.h"

/* One reading of the lanes file; it lives as long as a spec made of it is in use. */
typedef struct orx_lane_reading {
    int uses;
    orx_arena arena;
    orx_lanes lanes;
} orx_lane_reading;

typedef struct orx_lane_kept orx_lane_kept;

/* What stands behind one spec of a unit (its user). */
typedef struct orx_lane_spec {
    orx_lane_kept *kept;
    orx_lane_reading *reading;
    const orx_lane *lane;
    orx_watched files;
    orx_watched others; /* the state of another queue, on which tasks may depend */
    char build[ORX_LANE_BUILD];
} orx_lane_spec;

/* One lane that is a unit. */
struct orx_lane_kept {
    struct orx_lane_fleet *fleet;
    char *id;
    int uses;               /* by specs, and by the fleet while it is in the file */
    bool there;             /* it is in the file, as far as that can be read */
    bool seen;              /* in the present reading */
    const orx_lane *now;    /* its entry in the present reading; NULL = none */
    char *problem;          /* of its present entry, or NULL */
    orx_lane_spec *spec;    /* the newest */
    orx_lane_spec *running; /* that of the last start, or NULL */
    int64_t news_seq;       /* the newest event that may mean work */
    bool flagged;           /* paused.flag is there */
    int scaled;             /* what was last told of its place: 1 more, -1 none, 0 nothing yet */
    int64_t shown_seq;      /* the last event in events.ndjson */
    char *events_file;
};

typedef struct orx_lane_fleet {
    const orx_unit_office *office;
    orx_map lanes; /* of orx_lane_kept, also of those that left the file and still run */
    orx_lane_reading *reading; /* the present one */
    orx_file_info seen[4];     /* the lanes file under its three names, and the program */
    int64_t looked_seq;        /* events up to here were looked at */
    /* The plan of the present reading, as it was at plan_ns; 0 = none. */
    orx_arena plan_arena;
    const orx_lane_verdict *plan;
    int64_t plan_ns;
} orx_lane_fleet;

/* ---- units.c --------------------------------------------------------------------------------- */

/* Says something through the supervisor. */
void orx_lane_say(orx_lane_fleet *f, const char *fmt, ...) ORX_PRINTF(2, 3);

/* The unit of this lane finishes what it has in hand and is started anew, if it may start. */
int orx_lane_renew(orx_lane_kept *kept, orx_err *err);

/* ---- gate.c ---------------------------------------------------------------------------------- */

/* may_start of a lane's spec. */
bool orx_lane_may_start(void *user, const char **ret_why);

/* What a plan is made from; only: as in the plan's input. */
orx_lane_plan_input orx_lane_input(orx_lane_fleet *f, const orx_lane *only);

/* ---- rescale.c ------------------------------------------------------------------------------- */

/* Lanes beyond what their group may have finish the task in hand and end; each change of a place is
 * an event (lane.scale_up, lane.scale_down, lane.scale_hold). */
void orx_lanes_rescale(orx_lane_fleet *f);

/* ---- scale_events.c -------------------------------------------------------------------------- */

typedef struct orx_lane_scalings {
    int64_t up;
    int64_t down;
    int64_t hold;
    orx_node *latest; /* what the event says, with its time and type */
} orx_lane_scalings;

/* Fills the map with one for each lane that has any; s may be NULL. The caller frees the map. */
void orx_lane_scalings_read(orx_store *s, orx_arena *arena, orx_map *ret_counts);

/* ---- files.c --------------------------------------------------------------------------------- */

/* Writes lane.json for a start. */
void orx_lane_write_meta(const orx_lane_spec *spec);

/* Whether that file is of a start with this build. */
bool orx_lane_meta_is_of(orx_platform *p, const char *file, const char *build);

/* Writes or removes paused.flag of every lane whose wish changed. */
void orx_lane_write_flags(orx_lane_fleet *f);

/* ---- history.c ------------------------------------------------------------------------------- */

/* Finds out how far the file of a lane goes. */
void orx_lane_history_open(orx_lane_kept *kept);

/* Looks at new events: what may mean work is noted, what is about units is appended. */
void orx_lane_history_look(orx_lane_fleet *f);

#endif
