/* ndjson.h: files of one JSON object per line.
 *
 * Appending writes whole lines with one write each (O_APPEND), so that rows of several processes do
 * not mix. Reading forwards skips nothing silently: a bad line is reported to the callback with its
 * number and reading goes on; a last line without newline (a torn append) is reported as torn.
 * Reading backwards (the last N rows) reads blocks from the end, so its cost does not grow with the
 * file.
 *
 * Threads: as the platform.
 */
#ifndef ORX_DATA_NDJSON_H
#define ORX_DATA_NDJSON_H

#include "data/doc.h"
#include "platform/platform.h"

/* The longest row, without its newline. */
#define ORX_NDJSON_LINE_MAX ((size_t)8 << 20)

/* Appends n, an object, as one line in the predecessor's row style (sorted keys). sync makes it
 * durable. A torn last line is ended first, so that it spoils no other row. */
int orx_ndjson_append(orx_platform *p, const char *path, const orx_node *n, bool sync,
                      orx_err *err);

/* row is NULL and problem says why when a line is bad. Return false to stop. */
typedef bool (*orx_ndjson_fn)(int64_t line, const orx_node *row, const char *problem, void *user);

/* All rows of a text; the tree handed to fn lives in the arena (which fn may empty between rows),
 * and its nodes know their line in the text. Blank lines are passed over. A last line without
 * newline that is a whole object is a row like any other: a torn one never is. Returns the number
 * of good rows. */
int orx_ndjson_each(orx_arena *arena, const char *name, orx_view text, orx_ndjson_fn fn, void *user,
                    orx_err *err);

/* The last `count` good rows of a file, oldest first, in the arena; bad lines are passed over. A
 * missing file gives 0 rows. Lines are not counted from the end, so nodes say line 1. Returns the
 * number of rows; *ret_rows ends with NULL. */
int orx_ndjson_tail(orx_platform *p, const char *path, int count, orx_arena *arena,
                    const orx_node ***ret_rows, orx_err *err);

#endif
