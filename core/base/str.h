/* str.h: a growable string buffer.
 *
 * {0} is an empty, valid buffer. buf is always NUL-terminated once anything was added, but may
 * contain NUL bytes; len is the truth. orx_str_cstr gives "" for an empty one. Buffers that hold
 * input from outside are bounded by their users: this module has no limit of its own beyond
 * ORX_ALLOC_MAX.
 *
 * Threads: one owner at a time.
 */
#ifndef ORX_BASE_STR_H
#define ORX_BASE_STR_H

#include "base/mem.h"
#include "base/view.h"

#include <stdarg.h>

typedef struct orx_str {
    char *buf;
    size_t len;
    size_t cap;
} orx_str;

/* Releases the memory and makes *s empty. NULL is fine. Fits ORX_CLEANUP. */
void orx_str_free(orx_str *s);

/* Length 0, memory kept. */
void orx_str_clear(orx_str *s);

void orx_str_add(orx_str *s, const void *p, size_t len);
void orx_str_addv(orx_str *s, orx_view v);
void orx_str_adds(orx_str *s, const char *text);
void orx_str_addc(orx_str *s, char c);
/* In decimal. What is written by the million needs no format. */
void orx_str_add_int(orx_str *s, int64_t value);
void orx_str_addf(orx_str *s, const char *fmt, ...) ORX_PRINTF(2, 3);
void orx_str_vaddf(orx_str *s, const char *fmt, va_list ap) ORX_PRINTF(2, 0);

/* Makes room for extra more bytes and returns where they go; set the length with orx_str_commit. */
char *orx_str_reserve(orx_str *s, size_t extra);
void orx_str_commit(orx_str *s, size_t added);

/* Cuts to len bytes; len must not exceed the present length. */
void orx_str_truncate(orx_str *s, size_t len);

/* Removes count bytes at the front. */
void orx_str_drop(orx_str *s, size_t count);

/* The text as a C string, valid until the next change. */
const char *orx_str_cstr(const orx_str *s);

static inline orx_view orx_str_view(const orx_str *s) {
    return (orx_view){s->buf, s->len};
}

/* Hands the buffer over as a malloc'ed C string (never NULL); *s becomes empty. */
char *orx_str_steal(orx_str *s);

/* Appends bytes as UTF-8: every invalid byte becomes U+FFFD; valid sequences stay. */
void orx_str_add_utf8(orx_str *s, orx_view bytes);

#endif
