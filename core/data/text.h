/* text.h: what both readers do with their bytes before the parser sees them, and how they say where
 * something is wrong. Internal to this room.
 *
 * The parsers underneath are lenient in different ways (yajl accepts overlong UTF-8, libyaml
 * guesses UTF-16 from the first bytes), so encoding is settled here, once, for both. Positions are
 * counted as editors count them: a line ends at "\n", a column is a byte.
 *
 * Messages never quote the text of a string: configuration holds secrets.
 */
#ifndef ORX_DATA_TEXT_H
#define ORX_DATA_TEXT_H

#include "data/doc.h"

typedef struct orx_pos {
    uint32_t line;
    uint32_t column;
} orx_pos;

/* Line and column of a byte in a text whose first line has the number first_line (a row of a bigger
 * file is one line of it). Costs a scan from the start, so only messages use it. */
orx_pos orx_text_pos(orx_view text, uint32_t first_line, size_t offset);

/* Refuses what no reader takes: more than max_bytes, nothing at all, a byte order mark, NUL,
 * invalid UTF-8. `what` is the format's name. */
int orx_text_check(const char *name, const char *what, orx_view text, uint32_t first_line,
                   const orx_doc_limits *limits, orx_err *err);

/* Sets err to "NAME:LINE:COLUMN: message" and returns code. */
int orx_text_fail(orx_err *err, int code, const char *name, orx_pos pos, const char *fmt, ...)
    ORX_PRINTF(5, 6);

/* Fails for a key that an object has twice. */
int orx_text_fail_twice(orx_err *err, const char *name, orx_view key, orx_pos again, orx_pos first);

/* Names what starts at offset for "..., found X": "the end of the file", "a string", "']'",
 * "the byte 0x07". */
#define ORX_FOUND_MAX 48
void orx_text_found(orx_view text, size_t offset, char out[ORX_FOUND_MAX]);

#endif
