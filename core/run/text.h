/* text.h: making texts from outside fit to be stored, shown and sent on.
 *
 * Agents and tools print colours, carriage returns, their own prompt and megabytes. What is kept of
 * them in a task's row and in the next prompt is bounded and clean. The rules are the predecessor's
 * [K], so that stored texts look alike.
 *
 * Threads: any.
 */
#ifndef ORX_RUN_TEXT_H
#define ORX_RUN_TEXT_H

#include "base/str.h"

/* One line: white space runs become one space, cut at 800 characters with a note. */
void orx_text_summary(orx_view text, orx_str *out);

/* One line of at most max characters: white space runs become one space, what is beyond is left out
 * without a note, invalid UTF-8 becomes U+FFFD. */
void orx_text_line(orx_view text, size_t max, orx_str *out);

/* An error text: line ends unified, ANSI sequences removed, an echoed prompt cut off (from the
 * first prompt marker at offset 300 or later), blank and repeated lines dropped, lines cut at 360,
 * at most 120 lines and 2,400 characters. Invalid UTF-8 becomes U+FFFD. */
void orx_text_error(orx_view text, orx_str *out);

/* The last max bytes, starting at the beginning of a line where possible, valid UTF-8. */
void orx_text_tail(orx_view text, size_t max, orx_str *out);

/* A rough token count: 0 for blank text, else max(1, round-half-even(length / 4)) [K], where length
 * is in characters without the white space around them. */
int64_t orx_text_tokens(orx_view text);

/* How hard a prompt reads, 0..100 [K]: from its words, its lists, its vague words and question
 * marks, and the share of different words. */
int64_t orx_text_difficulty(orx_view text);

/* True when a bare failure text of a tool that has no machine-readable code looks transient: rate
 * limits, overload, network, git locks. Numbers count only as HTTP statuses in a fitting phrase, so
 * "525 passed, 3 failed" is not one. A last resort. */
bool orx_text_is_transient(orx_view text);

/* Appends a task's id as the beginning of a file's name: what does not belong in one, and a dot at
 * its beginning, becomes "-". */
void orx_text_file_name(const char *task, orx_str *out);

#endif
