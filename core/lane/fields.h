/* fields.h: the table of what an entry of the lanes file may hold (internal to core/lane).
 *
 * Threads: constant data.
 */
#ifndef ORX_LANE_FIELDS_H
#define ORX_LANE_FIELDS_H

#include "lane/lane.h"

typedef enum orx_lane_kind {
    ORX_LANE_TEXT,
    ORX_LANE_BOOL,
    ORX_LANE_INT,     /* raised to min [K] */
    ORX_LANE_NUMBER,  /* likewise */
    ORX_LANE_SIZE,    /* bytes, or a text with a unit; none is below 0 */
    ORX_LANE_COUNT,   /* whole number; none is below 0 */
    ORX_LANE_PATH,    /* relative to the root [K] */
    ORX_LANE_APATH,   /* and what lies under artifacts/autonomy follows paths.artifacts_dir [K] */
    ORX_LANE_LIST,    /* list of texts */
    ORX_LANE_WORDS,   /* the same, or one text with ; or , between them [K] */
    ORX_LANE_ENV,     /* object of texts */
    ORX_LANE_PROFILE, /* execution profile */
    ORX_LANE_IGNORED  /* known, and without a meaning */
} orx_lane_kind;

typedef struct orx_lane_field {
    const char *key;
    orx_lane_kind kind;
    size_t offset; /* in orx_lane */
    int64_t min;
} orx_lane_field;

extern const orx_lane_field orx_lane_fields[];
extern const size_t orx_lane_field_count;

/* What reading one entry needs. */
typedef struct orx_lane_reader {
    orx_arena *arena;
    orx_diags *diags;
    const orx_config *cfg;
    const char *label;
    orx_lane *lane;
} orx_lane_reader;

/* Adds an error at a node and marks the lane with it. */
void orx_lane_complain(orx_lane_reader *r, const orx_node *at, const char *fmt, ...)
    ORX_PRINTF(3, 4);

/* Fills the lane from its entry; what is not given keeps its value. Id and owner are not looked at.
 */
void orx_lane_read_fields(orx_lane_reader *r, const orx_node *entry);

/* A path of the lanes file, absolute. */
const char *orx_lane_path(const orx_config *cfg, orx_arena *arena, orx_view text, bool artifacts);

#endif
