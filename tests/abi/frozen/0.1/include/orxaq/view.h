/* orxaq/view.h: a borrowed run of bytes, the one way in which text crosses the boundary.
 *
 * A view says where the bytes are and how many. They need not end with NUL and may contain NUL.
 * Text is UTF-8; where bytes come from a process or the network they are what arrived, valid or
 * not. The empty view may have data == NULL; "absent" and "empty" are the same unless a member
 * says otherwise. How long the bytes live is said where the view is passed (rule 5 in abi.h).
 *
 * Short fixed names (ids, keys, help texts) are plain NUL-terminated strings instead, because they
 * are literals in the plugin's source; the host reads them with an upper bound.
 *
 * The helpers below are inline, so that a module needs no library to link with.
 */
#ifndef ORXAQ_VIEW_H
#define ORXAQ_VIEW_H

#include <orxaq/abi.h>

#include <string.h>

typedef struct orxaq_view {
    const char *data;
    uint64_t len;
} orxaq_view;

/* len bytes at data. The view does not own them; data may be NULL when len is 0. */
static inline orxaq_view orxaq_view_of(const void *data, uint64_t len) {
    orxaq_view view;
    view.data = (const char *)data;
    view.len = len;
    return view;
}

/* A NUL-terminated string without its end; NULL gives the empty view. */
static inline orxaq_view orxaq_str(const char *text) {
    return orxaq_view_of(text, text ? (uint64_t)strlen(text) : 0);
}

/* Whether the view holds exactly the bytes of text, a NUL-terminated string without its end. Case
 * counts. 1 or 0. */
static inline int orxaq_view_is(orxaq_view view, const char *text) {
    size_t len = strlen(text);
    return view.len == (uint64_t)len && (len == 0 || memcmp(view.data, text, len) == 0);
}

/* Whether two views hold the same bytes. 1 or 0. */
static inline int orxaq_view_eq(orxaq_view a, orxaq_view b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, (size_t)a.len) == 0);
}

#endif
