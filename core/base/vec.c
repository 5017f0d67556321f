#include "base/vec.h"

void *orx_vec_grow(void *items, size_t len, size_t *cap, size_t size) {
    if (len < *cap)
        return items;
    size_t want = *cap ? *cap * 2 : 8;
    size_t bytes;
    if (__builtin_mul_overflow(want, size, &bytes))
        orx_out_of_memory(SIZE_MAX);
    items = orx_xrealloc(items, bytes);
    *cap = want;
    return items;
}
