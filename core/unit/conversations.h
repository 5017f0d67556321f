/* conversations.h: what agents and runner said, from the logs of all lanes, as one story.
 *
 * Sources [K]: the primary log; the log of each lane, or, when that is missing or cannot be read,
 * the lane's events; and a row for lanes that cannot be loaded. Each source may fail alone. Of each
 * only the newest lines are read, from the end, so the size of a log costs nothing.
 *
 * An event is the row of the log, with `source` and `source_kind` added and an empty `lane_id` and
 * `owner` filled from the source. Events are in the order of their times, whatever zone those are
 * written in; rows without a time come first.
 *
 * Reading and judging are apart: orx_talks_read knows files, the rest is pure.
 *
 * Threads: as the platform. Everything lives in the arena of the caller.
 */
#ifndef ORX_UNIT_CONVERSATIONS_H
#define ORX_UNIT_CONVERSATIONS_H

#include "data/doc.h"
#include "platform/platform.h"

#define ORX_TALK_LINES     200
#define ORX_TALK_LINES_MAX 2000

typedef struct orx_talk_source {
    const char *path;
    const char *resolved_path; /* where the events came from */
    const char *kind;          /* "primary", "lane", "lane_config" */
    const char *resolved_kind; /* as kind, or "lane_events" */
    const char *lane_id;       /* "" = primary */
    const char *owner;         /* "" = not known */
    bool ok;
    bool missing;
    bool recoverable_missing; /* a lane's log is not there, which is no failure */
    bool fallback_used;
    const char *error; /* "" = none */
    int64_t event_count;
} orx_talk_source;

typedef struct orx_talk_event {
    orx_node *node;
    int64_t at_ns; /* INT64_MIN = it has no time */
    size_t order;  /* in which it was read */
} orx_talk_event;

typedef struct orx_talks {
    orx_talk_source *sources;
    size_t source_count;
    orx_talk_event *events; /* oldest first */
    size_t event_count;
} orx_talks;

/* A lane whose log is to be read. */
typedef struct orx_talk_lane {
    const char *id;
    const char *owner;  /* "" = not known */
    const char *log;    /* its conversation log */
    const char *events; /* its lane events, which stand in for the log */
} orx_talk_lane;

/* Why a lane, or the whole lanes file, cannot be loaded. */
typedef struct orx_talk_problem {
    const char *lane_id; /* "" = the file */
    const char *owner;   /* "" = not known */
    const char *text;
} orx_talk_problem;

typedef struct orx_talk_place {
    const char *log; /* of the primary runner */
    const char *lanes_file;
    const orx_talk_lane *lanes;
    size_t lane_count;
    const orx_talk_problem *problems;
    size_t problem_count;
} orx_talk_place;

/* Reads the newest lines of every source; keeps the newest of all. Never fails: what fails is a
 * source that is not ok. */
void orx_talks_read(orx_platform *p, const orx_talk_place *place, int lines, orx_arena *arena,
                    orx_talks *ret_talks);

/* Fills in what a row leaves out. Pure. */
orx_node *orx_talk_normal(const orx_node *row, const orx_talk_source *from, orx_arena *arena);

/* Sorts by time, keeps the newest `lines`. Pure. */
void orx_talks_order(orx_talks *talks, int lines);

/* ---- Filters (conversations_filter.c) -------------------------------------------------------- */

/* "" and 0 = everything. Texts are compared without regard to case. */
typedef struct orx_talk_filter {
    const char *owner;
    const char *lane;
    const char *event_type;
    const char *contains;
    int64_t tail;
} orx_talk_filter;

/* [K] The document of what was read, and of what of it passes a filter (NULL = everything). With a
 * lane, sources of other lanes are set aside, and a failed primary one if that of the lane is well.
 * Pure. */
orx_node *orx_talks_doc(const orx_talks *talks, int64_t wall_ns, orx_arena *arena);
orx_node *orx_talks_filtered_doc(const orx_talks *talks, const orx_talk_filter *filter,
                                 int64_t wall_ns, orx_arena *arena);

/* {owner: events} of the events from..count. */
orx_node *orx_talks_owners(const orx_talk_event *events, size_t count, orx_arena *arena);

#endif
