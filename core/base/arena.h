/* arena.h: memory that lives as long as one unit of work.
 *
 * A unit of work (one command, one attempt, one parsed document) allocates from its arena and frees
 * nothing; the arena is freed whole at the end. {0} is an empty, valid arena. Chunks double up to
 * 1 MiB, so small arenas stay small. Pointers stay valid until orx_arena_free. Code that fills an
 * arena from outside input bounds it by orx_arena_used.
 *
 * Threads: one owner at a time.
 */
#ifndef ORX_BASE_ARENA_H
#define ORX_BASE_ARENA_H

#include "base/mem.h"
#include "base/view.h"

#include <stdarg.h>

struct orx_arena_chunk;

typedef struct orx_arena {
    struct orx_arena_chunk *chunks; /* newest first */
    size_t used;                    /* bytes handed out */
} orx_arena;

/* Frees everything and makes the arena empty again. NULL is fine. Fits ORX_CLEANUP. */
void orx_arena_free(orx_arena *a);

/* Makes the arena empty again and keeps up to keep bytes of its memory for the next unit of work,
 * so that many small ones cost no allocation. Where addresses are watched over (AddressSanitizer)
 * nothing is kept: whoever still looks at the unit before is found. */
void orx_arena_reset(orx_arena *a, size_t keep);

/* size bytes aligned for any type, uninitialised. */
void *orx_arena_alloc(orx_arena *a, size_t size);

/* count * size bytes of zeros; the product is checked. */
void *orx_arena_zalloc(orx_arena *a, size_t count, size_t size);

/* NUL-terminated copies. orx_arena_strdup(a, NULL) is NULL. */
char *orx_arena_strdup(orx_arena *a, const char *s);
char *orx_arena_dup(orx_arena *a, orx_view v);
char *orx_arena_printf(orx_arena *a, const char *fmt, ...) ORX_PRINTF(2, 3);

/* A copy of v whose bytes live in the arena (also NUL-terminated behind the end). */
orx_view orx_arena_view(orx_arena *a, orx_view v);

/* Bytes handed out so far. */
static inline size_t orx_arena_used(const orx_arena *a) {
    return a->used;
}

#define ORX_ARENA_NEW(a, type) ((type *)orx_arena_zalloc((a), 1, sizeof(type)))

#endif
