/* map.h: string keys to pointers, iterated in insertion order.
 *
 * Order is part of the contract: a map filled the same way is walked the same way on every machine,
 * which the simulation and all generated output rely on. Hashing is FNV-1a; keys from outside
 * are bounded in number by their readers (limits of core/data), so the worst case is bounded too.
 * {0} is an empty, valid map. Keys are copied; values are the caller's.
 *
 * Threads: one owner at a time.
 */
#ifndef ORX_BASE_MAP_H
#define ORX_BASE_MAP_H

#include "base/mem.h"
#include "base/view.h"

typedef struct orx_map_entry {
    char *key; /* NUL-terminated copy; NULL once removed */
    size_t key_len;
    uint64_t hash;
    void *value;
} orx_map_entry;

typedef struct orx_map {
    orx_map_entry *entries; /* insertion order, with holes (key == NULL) after removals */
    size_t used;            /* entries in use including holes */
    size_t count;           /* entries without holes */
    size_t entry_cap;
    uint32_t *slots; /* open addressing: entry index + 1, 0 = free */
    size_t slot_cap;
} orx_map;

/* Releases the map's own memory (not the values). NULL is fine. Fits ORX_CLEANUP. */
void orx_map_free(orx_map *m);

/* Sets key to value and returns the value it had before, or NULL. value must not be NULL. */
void *orx_map_put(orx_map *m, orx_view key, void *value);

/* The value of key, or NULL. */
void *orx_map_get(const orx_map *m, orx_view key);

/* Removes key and returns its value, or NULL when it was not there. */
void *orx_map_remove(orx_map *m, orx_view key);

/* Walks the entries: start with *i = 0, stop when it returns NULL. Do not add while walking. */
const orx_map_entry *orx_map_next(const orx_map *m, size_t *i);

#endif
