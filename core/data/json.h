/* json.h: JSON (RFC 8259) in and out.
 *
 * Reading is yajl's streaming parser feeding the tree of doc.h: no recursion, depth and size
 * capped. Messages read "NAME:LINE:COLUMN: expected ..., found ...".
 *
 * Writing has two styles. ORX_JSON_OURS is compact, members in tree order, UTF-8 as it is, doubles
 * in the shortest form that reads back the same. The predecessor's style is what Python's
 * json.dumps wrote into [K] files: sorted keys, separators ", " and ": " on one line or two-space
 * indent, non-ASCII as \uXXXX (surrogate pairs), doubles as repr (0.0, 1e-05, 1e+16, never without
 * a point or exponent).
 *
 * Threads: any, on separate arenas.
 */
#ifndef ORX_DATA_JSON_H
#define ORX_DATA_JSON_H

#include "data/doc.h"

/* Parses exactly one JSON value. The tree and all strings live in the arena. */
int orx_json_parse(orx_arena *arena, const char *name, orx_view bytes, const orx_doc_limits *limits,
                   const orx_node **ret_root, orx_err *err);

typedef enum orx_json_style {
    ORX_JSON_OURS,        /* compact, tree order */
    ORX_JSON_OURS_PRETTY, /* two-space indent, tree order, for people */
    ORX_JSON_CANONICAL,   /* compact, sorted keys: what is hashed and compared */
    ORX_JSON_PY_LINE,     /* predecessor: one line, sorted keys (NDJSON rows) */
    ORX_JSON_PY_INDENT /* predecessor: indent 2, sorted keys; the caller adds the final newline */
} orx_json_style;

/* Appends the text of n. Strings are written as valid UTF-8 whatever bytes they hold. */
void orx_json_write(orx_str *out, const orx_node *n, orx_json_style style);

/* Appends one quoted JSON string. */
void orx_json_quote(orx_str *out, orx_view text, bool ascii);

/* Appends a double: repr form ("0.1", "1e-05", "1e+16", "100.0"). NaN and infinities become null.
 */
void orx_json_double(orx_str *out, double d);

#endif
