/* ndjson_row.h: one line of an NDJSON file. Internal to this room. */
#ifndef ORX_DATA_NDJSON_ROW_H
#define ORX_DATA_NDJSON_ROW_H

#include "data/doc.h"

/* Nothing but white space. */
bool orx_ndjson_is_blank(orx_view line);

/* Parses a line, which must be an object. */
int orx_ndjson_row(orx_arena *arena, const char *name, orx_view line, uint32_t number,
                   const orx_node **ret_row, orx_err *err);

#endif
