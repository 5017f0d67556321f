/* secrets.h: values that must not be written down, blotted out of bytes on their way to a file.
 *
 * A value is replaced by as many '*', so that nothing around it moves: a JSON text stays one, and
 * what was recorded can be fed to a driver again. Values shorter than six bytes are no secrets (as
 * in plugin/env.c): blotting out every "on" would only spoil the text.
 *
 * A stream comes in pieces that may cut a value in two. orx_secrets_partial says how many bytes at
 * the end of a piece may be the beginning of one; hold them back and put them before the next.
 *
 * Threads: one owner at a time.
 */
#ifndef ORX_RUN_SECRETS_H
#define ORX_RUN_SECRETS_H

#include "base/str.h"
#include "base/vec.h"

#define ORX_SECRET_LEAST 6

typedef struct orx_secrets {
    ORX_VEC(orx_str) values; /* longest first */
} orx_secrets;

/* Copies the value, without white space around it; also as it stands inside a JSON string, when
 * that differs. */
void orx_secrets_add(orx_secrets *s, orx_view value);

void orx_secrets_mask(const orx_secrets *s, char *bytes, size_t len);

/* Length of the longest end of bytes that is the beginning of a value, but not all of it. */
size_t orx_secrets_partial(const orx_secrets *s, orx_view bytes);

/* Wipes and releases. */
void orx_secrets_free(orx_secrets *s);

#endif
