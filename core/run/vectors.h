/* vectors.h: vectors of texts, kept in the journal so that no text is asked twice.
 *
 * A vector is known by its source, "PROVIDER/MODEL", and the SHA-256 of the text it is of; the text
 * itself is not kept. Stored are its floats, 4 bytes each and little-endian. The newest 100,000
 * stay. They are no events: whoever loses one asks again.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_VECTORS_H
#define ORX_RUN_VECTORS_H

#include "base/arena.h"
#include "store/store.h"

#define ORX_VECTOR_MAX  4096 /* numbers in one */
#define ORX_VECTORS_MAX 100000

typedef struct orx_vector {
    const float *values; /* count 0: there is none */
    uint32_t count;
} orx_vector;

/* The vector of a text, in the arena. Returns 1, or 0 when there is none. */
int orx_vectors_find(orx_store *s, const char *source, orx_view text, orx_arena *arena,
                     orx_vector *ret_vector, orx_err *err);

/* Keeps the vectors of these texts, instead of what there was; those of no numbers are passed over.
 * One transaction. */
int orx_vectors_put(orx_store *s, const char *source, const orx_view *texts,
                    const orx_vector *vectors, size_t count, orx_err *err);

/* Appends the floats as bytes, as they are stored, or those as base64. */
void orx_vector_bytes(const orx_vector *v, orx_str *out);
void orx_vector_base64(const orx_vector *v, orx_str *out);

#endif
