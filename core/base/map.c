#include "base/map.h"

#include <stdlib.h>

static uint64_t hash_of(orx_view key) {
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.p[i]) * 1099511628211ULL;
    return h ^ (h >> 32);
}

void orx_map_free(orx_map *m) {
    if (!m)
        return;
    for (size_t i = 0; i < m->used; i++)
        free(m->entries[i].key);
    free(m->entries);
    free(m->slots);
    *m = (orx_map){0};
}

static void insert_slot(orx_map *m, size_t entry) {
    size_t mask = m->slot_cap - 1;
    size_t i = (size_t)m->entries[entry].hash & mask;
    while (m->slots[i])
        i = (i + 1) & mask;
    m->slots[i] = (uint32_t)(entry + 1);
}

/* Drops the holes and rebuilds the slots with twice the room the live entries need. */
static void rebuild(orx_map *m) {
    size_t n = 0;
    for (size_t i = 0; i < m->used; i++)
        if (m->entries[i].key)
            m->entries[n++] = m->entries[i];
    m->used = n;
    size_t cap = 16;
    while (cap < (n + 1) * 4)
        cap *= 2;
    free(m->slots);
    m->slots = orx_xcalloc(cap, sizeof *m->slots);
    m->slot_cap = cap;
    for (size_t i = 0; i < n; i++)
        insert_slot(m, i);
}

static orx_map_entry *find(const orx_map *m, orx_view key, uint64_t hash) {
    if (!m->slot_cap)
        return NULL;
    size_t mask = m->slot_cap - 1;
    for (size_t i = (size_t)hash & mask; m->slots[i]; i = (i + 1) & mask) {
        orx_map_entry *e = &m->entries[m->slots[i] - 1];
        if (e->key && e->hash == hash && e->key_len == key.len &&
            (key.len == 0 || memcmp(e->key, key.p, key.len) == 0))
            return e;
    }
    return NULL;
}

void *orx_map_get(const orx_map *m, orx_view key) {
    const orx_map_entry *e = find(m, key, hash_of(key));
    return e ? e->value : NULL;
}

void *orx_map_put(orx_map *m, orx_view key, void *value) {
    uint64_t hash = hash_of(key);
    orx_map_entry *e = find(m, key, hash);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    if ((m->used + 1) * 2 > m->slot_cap)
        rebuild(m);
    if (m->used == m->entry_cap) {
        m->entry_cap = m->entry_cap ? m->entry_cap * 2 : 8;
        if (m->entry_cap > UINT32_MAX / sizeof *m->entries)
            orx_out_of_memory(SIZE_MAX);
        m->entries = orx_xrealloc(m->entries, m->entry_cap * sizeof *m->entries);
    }
    m->entries[m->used] = (orx_map_entry){orx_xmemdup0(key.p, key.len), key.len, hash, value};
    insert_slot(m, m->used++);
    m->count++;
    return NULL;
}

void *orx_map_remove(orx_map *m, orx_view key) {
    orx_map_entry *e = find(m, key, hash_of(key));
    if (!e)
        return NULL;
    void *old = e->value;
    free(e->key);
    e->key = NULL;
    e->value = NULL;
    m->count--;
    return old;
}

const orx_map_entry *orx_map_next(const orx_map *m, size_t *i) {
    while (*i < m->used) {
        const orx_map_entry *e = &m->entries[(*i)++];
        if (e->key)
            return e;
    }
    return NULL;
}
