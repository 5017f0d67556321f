/* The sentence on file types: runner.md calls it the file profile. Suffixes as Python's
 * PurePath.suffix gives them: from the last dot of the name, unless that dot is its first or last
 * character. */
#include "base/map.h"
#include "git/internal.h"

#include <stdlib.h>

enum { TOP = 8, LISTING_MAX = 16 << 20, SUFFIXES_MAX = 5000, SUFFIX_MAX = 24 };

typedef struct bucket {
    char name[SUFFIX_MAX + 1];
    int64_t count;
} bucket;

typedef struct tally {
    orx_arena arena;
    orx_map by_name; /* to buckets in the arena */
    ORX_VEC(bucket) all;
} tally;

static orx_view suffix_of(orx_view path) {
    size_t start = path.len;
    while (start > 0 && path.p[start - 1] != '/')
        start--;
    size_t dot = path.len;
    while (dot > start && path.p[dot - 1] != '.')
        dot--;
    orx_view suffix = {path.p + dot, path.len - dot};
    bool none = dot <= start + 1 || suffix.len == 0 || suffix.len > SUFFIX_MAX;
    for (size_t i = 0; !none && i < suffix.len; i++)
        none = (unsigned char)suffix.p[i] <= ' ' || (unsigned char)suffix.p[i] >= 0x7f;
    return none ? orx_view_of("(no_ext)") : suffix;
}

static void count(tally *t, orx_view suffix) {
    char name[SUFFIX_MAX + 1];
    for (size_t i = 0; i < suffix.len; i++)
        name[i] = suffix.p[i] >= 'A' && suffix.p[i] <= 'Z' ? (char)(suffix.p[i] - 'A' + 'a')
                                                           : suffix.p[i];
    name[suffix.len] = '\0';
    orx_view key = {name, suffix.len};
    bucket *b = orx_map_get(&t->by_name, key);
    if (!b) {
        if (t->by_name.count >= SUFFIXES_MAX)
            return;
        b = ORX_ARENA_NEW(&t->arena, bucket);
        memcpy(b->name, name, suffix.len + 1);
        orx_map_put(&t->by_name, key, b);
    }
    b->count++;
}

static int by_count(const void *a, const void *b) {
    const bucket *x = a;
    const bucket *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void write_sentence(const tally *t, orx_str *out) {
    orx_str_adds(out, "Top file types: ");
    for (size_t i = 0; i < t->all.len && i < TOP; i++)
        orx_str_addf(out, "%s%s:%lld", i ? ", " : "", t->all.items[i].name,
                     (long long)t->all.items[i].count);
    orx_str_addc(out, '.');
}

void orx_git_profile(orx_git *g, orx_str *ret_text) {
    ORX_CLEANUP(orx_str_free) orx_str list = {0};
    tally t = {0};
    int rc = g->v->tracked(g, LISTING_MAX, &list, NULL);
    for (size_t at = 0; rc == 0 && at < list.len;) {
        const char *end = memchr(list.buf + at, 0, list.len - at);
        if (!end)
            break; /* cut within a path */
        count(&t, suffix_of((orx_view){list.buf + at, (size_t)(end - list.buf) - at}));
        at = (size_t)(end - list.buf) + 1;
    }
    size_t next = 0;
    for (const orx_map_entry *e; (e = orx_map_next(&t.by_name, &next)) != NULL;)
        orx_vec_push(&t.all, *(const bucket *)e->value);
    if (t.all.len > 1)
        qsort(t.all.items, t.all.len, sizeof *t.all.items, by_count);
    if (rc < 0)
        orx_str_adds(ret_text, "File types are unknown: git could not list the tracked files.");
    else if (!t.all.len)
        orx_str_adds(ret_text, "File types are unknown: no file is tracked yet.");
    else
        write_sentence(&t, ret_text);
    orx_vec_free(&t.all);
    orx_map_free(&t.by_name);
    orx_arena_free(&t.arena);
}
