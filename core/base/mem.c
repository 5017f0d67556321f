#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void orx_out_of_memory(size_t size) {
    (void)fprintf(stderr, "orxaq: out of memory (asked for %zu bytes)\n", size);
    abort();
}

void *orx_xmalloc(size_t size) {
    if (size > ORX_ALLOC_MAX)
        orx_out_of_memory(size);
    void *p = malloc(size ? size : 1);
    if (!p)
        orx_out_of_memory(size);
    return p;
}

void *orx_xcalloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        orx_out_of_memory(SIZE_MAX);
    void *p = orx_xmalloc(total);
    memset(p, 0, total);
    return p;
}

void *orx_xrealloc(void *p, size_t size) {
    if (size > ORX_ALLOC_MAX)
        orx_out_of_memory(size);
    void *q = realloc(p, size ? size : 1);
    if (!q)
        orx_out_of_memory(size);
    return q;
}

char *orx_xstrdup(const char *s) {
    return orx_xmemdup0(s, strlen(s));
}

char *orx_xmemdup0(const void *p, size_t len) {
    char *q = orx_xmalloc(len + 1);
    if (len)
        memcpy(q, p, len);
    q[len] = '\0';
    return q;
}

void orx_freep(char **p) {
    free(*p);
    *p = NULL;
}
