/* lane_talks.h: what was said in lanes, beside what they are doing.
 *
 * Rows of lanes-status and lane-inspect get how much was said in the lane, where that was read and
 * what came last [K]. A lane that is in no file but said something is known by that: its row says
 * so (conversation_lane_fallback), and nothing else of it is known.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_LANE_TALKS_H
#define ORX_CLI_LANE_TALKS_H

#include "unit/conversations.h"

/* What was read of one lane. */
typedef struct orx_lane_talk {
    int64_t sources;
    int64_t ok;
    int64_t errors;
    int64_t missing;
    int64_t recoverable;
    int64_t fallbacks;
    int64_t events;
    const char *owner;      /* of the newest event, else of a source; "unknown" */
    const orx_node *latest; /* NULL = nothing was said */
} orx_lane_talk;

orx_lane_talk orx_lane_talk_of(const orx_talks *talks, const char *lane);

/* Its keys into the row of a lane. */
void orx_lane_talk_put(const orx_lane_talk *t, orx_node *row, orx_arena *arena);

/* The row of a lane that is known by what it said alone. */
orx_node *orx_lane_talk_row(const orx_lane_talk *t, const char *lane, orx_arena *arena);

/* Into the document of lanes-status: into each row, and conversation_by_lane, conversation_ok,
 * conversation_partial, conversation_errors. When something is wrong with the document, lanes that
 * it does not have (only: that one; NULL = all) become rows: recovered_lanes, recovered_lane_count.
 */
void orx_lane_talks_put(const orx_talks *talks, const char *only, orx_node *doc, int64_t now_ns,
                        orx_arena *arena);

/* The document of a lane that no file has; NULL = it said nothing either. It is never ok. */
orx_node *orx_lane_talks_only(const orx_talks *talks, const char *lane, const char *lanes_file,
                              int64_t now_ns, orx_arena *arena);

#endif
