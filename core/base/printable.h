/* printable.h: text from outside on somebody's terminal.
 *
 * Names, causes and words of agents may hold anything, also sequences that move the cursor, change
 * colours or turn the direction of writing. What goes through here is text and nothing else.
 *
 * Threads: any.
 */
#ifndef ORX_BASE_PRINTABLE_H
#define ORX_BASE_PRINTABLE_H

#include "base/str.h"

/* Appends bytes as UTF-8 in which control characters, line separators and marks of direction are
 * blanks; invalid bytes become U+FFFD. keep_lines: "\n" stays. */
void orx_str_add_printable(orx_str *s, orx_view bytes, bool keep_lines);

/* The code point at p, where valid UTF-8 stands, and how many bytes it has. */
uint32_t orx_utf8_at(const char *p, size_t *ret_len);

/* How many columns it takes on a terminal: 0, 1 or 2. Near enough for cutting lines. */
int orx_utf8_columns(uint32_t point);

#endif
