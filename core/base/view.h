/* view.h: a borrowed run of bytes.
 *
 * An orx_view points into memory that somebody else owns and says how long it is. It need not be
 * NUL-terminated and may contain NUL. Functions that keep the bytes copy them. The empty view may
 * have p == NULL.
 *
 * Threads: values; as safe as the memory they point to.
 */
#ifndef ORX_BASE_VIEW_H
#define ORX_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct orx_view {
    const char *p;
    size_t len;
} orx_view;

/* For printf("%.*s", ORX_VIEW_ARG(v)). */
#define ORX_VIEW_ARG(v) ((int)(v).len), ((v).p ? (v).p : "")

static inline orx_view orx_view_of(const char *s) {
    return (orx_view){s, s ? strlen(s) : 0};
}

static inline orx_view orx_view_mem(const void *p, size_t len) {
    return (orx_view){p, len};
}

static inline bool orx_view_eq(orx_view a, orx_view b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool orx_view_is(orx_view a, const char *s) {
    return orx_view_eq(a, orx_view_of(s));
}

/* ASCII case-blind comparison. */
bool orx_view_ieq(orx_view a, orx_view b);

bool orx_view_starts(orx_view a, const char *prefix);
bool orx_view_ends(orx_view a, const char *suffix);

/* Byte order first, then length: a total order for sorting and binary search. */
int orx_view_cmp(orx_view a, orx_view b);

/* Without ASCII white space at both ends. */
orx_view orx_view_trim(orx_view a);

/* Position of the first needle in a, or -1. */
int64_t orx_view_find(orx_view a, const char *needle);

/* Takes the part before the first sep off *rest (which then starts behind it) into *ret_part.
 * Returns false when *rest is used up. "a,,b" gives "a", "", "b". Begin with rest->p != NULL. */
bool orx_view_split(orx_view *rest, char sep, orx_view *ret_part);

/* The last so many lines, without the newline at the very end: it begins no line. */
orx_view orx_view_last_lines(orx_view a, int lines);

/* Length of the UTF-8 sequence that starts at text (n >= 1 bytes left), or 0 when it is not valid:
 * table 3-7 of the Unicode standard. */
size_t orx_utf8_len(const char *text, size_t n);

/* True when all bytes form valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool orx_view_is_utf8(orx_view a);

/* Parses the whole view as a decimal integer with optional sign. False on anything else, also on
 * overflow; *ret_value is then untouched. */
bool orx_view_to_i64(orx_view a, int64_t *ret_value);

#endif
