#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

/* gcc and clang say in different ways that AddressSanitizer is on. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED true
#elif defined(__has_feature)
#define WATCHED __has_feature(address_sanitizer)
#else
#define WATCHED false
#endif

#define MAX_CHUNK ((size_t)1 << 20)

struct orx_arena_chunk {
    struct orx_arena_chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char data[];
};

/* With its header no more than what malloc keeps at hand for each thread (glibc: 1032 bytes). */
#define FIRST_CHUNK (1024 - sizeof(struct orx_arena_chunk))

void orx_arena_free(orx_arena *a) {
    if (!a)
        return;
    struct orx_arena_chunk *c = a->chunks;
    while (c) {
        struct orx_arena_chunk *next = c->next;
        free(c);
        c = next;
    }
    *a = (orx_arena){0};
}

void orx_arena_reset(orx_arena *a, size_t keep) {
    if (WATCHED)
        keep = 0;
    /* The newest chunk is the largest, or one that a single large piece was made for. */
    struct orx_arena_chunk *kept = a->chunks;
    if (!kept || kept->size > keep) {
        orx_arena_free(a);
        return;
    }
    a->chunks = kept->next;
    orx_arena_free(a);
    kept->next = NULL;
    kept->used = 0;
    a->chunks = kept;
}

static struct orx_arena_chunk *grow(orx_arena *a, size_t need) {
    size_t size = a->chunks ? a->chunks->size * 2 : FIRST_CHUNK;
    if (size > MAX_CHUNK)
        size = MAX_CHUNK;
    if (size < need)
        size = need;
    struct orx_arena_chunk *c = orx_xmalloc(sizeof *c + size);
    c->next = a->chunks;
    c->size = size;
    c->used = 0;
    a->chunks = c;
    return c;
}

void *orx_arena_alloc(orx_arena *a, size_t size) {
    if (size > ORX_ALLOC_MAX)
        orx_out_of_memory(size);
    size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct orx_arena_chunk *c = a->chunks;
    if (!c || c->size - c->used < need)
        c = grow(a, need);
    void *p = c->data + c->used;
    c->used += need;
    a->used += need;
    return p;
}

void *orx_arena_zalloc(orx_arena *a, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        orx_out_of_memory(SIZE_MAX);
    void *p = orx_arena_alloc(a, total);
    memset(p, 0, total);
    return p;
}

char *orx_arena_dup(orx_arena *a, orx_view v) {
    char *p = orx_arena_alloc(a, v.len + 1);
    if (v.len)
        memcpy(p, v.p, v.len);
    p[v.len] = '\0';
    return p;
}

char *orx_arena_strdup(orx_arena *a, const char *s) {
    return s ? orx_arena_dup(a, orx_view_of(s)) : NULL;
}

orx_view orx_arena_view(orx_arena *a, orx_view v) {
    return (orx_view){orx_arena_dup(a, v), v.len};
}

char *orx_arena_printf(orx_arena *a, const char *fmt, ...) {
    char brief[256]; /* most are, and then made once */
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(brief, sizeof brief, fmt, again);
    va_end(again);
    size_t len = n < 0 ? 0 : (size_t)n;
    char *p = orx_arena_alloc(a, len + 1);
    if (len < sizeof brief)
        memcpy(p, brief, len);
    else
        (void)vsnprintf(p, len + 1, fmt, ap);
    p[len] = '\0';
    va_end(ap);
    return p;
}
