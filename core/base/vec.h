/* vec.h: growable arrays of one type.
 *
 * ORX_VEC(T) declares a struct {T *items; size_t len, cap}; {0} is empty and valid. The macros keep
 * the element type, so there is no cast and no void * at the point of use:
 *
 *     ORX_VEC(int) v = {0};
 *     orx_vec_push(&v, 7);
 *     orx_vec_free(&v);
 *
 * Elements move when the array grows: keep indices, not pointers. Threads: one owner at a time.
 */
#ifndef ORX_BASE_VEC_H
#define ORX_BASE_VEC_H

#include "base/mem.h"

#include <stdlib.h>

#define ORX_VEC(T)                                                                                 \
    struct {                                                                                       \
        T *items;                                                                                  \
        size_t len;                                                                                \
        size_t cap;                                                                                \
    }

/* The growth step behind orx_vec_push: returns items with room for at least len + 1 elements. */
void *orx_vec_grow(void *items, size_t len, size_t *cap, size_t size);

/* NOLINTBEGIN(bugprone-sizeof-expression): arrays of pointers are as good as any */
#define orx_vec_push(v, value)                                                                     \
    do {                                                                                           \
        (v)->items = orx_vec_grow((v)->items, (v)->len, &(v)->cap, sizeof *(v)->items);            \
        (v)->items[(v)->len++] = (value);                                                          \
    } while (0)
/* NOLINTEND(bugprone-sizeof-expression) */

/* Releases the memory and makes the array empty; the elements are the caller's business. */
#define orx_vec_free(v)                                                                            \
    do {                                                                                           \
        free((v)->items);                                                                          \
        (v)->items = NULL;                                                                         \
        (v)->len = (v)->cap = 0;                                                                   \
    } while (0)

#endif
