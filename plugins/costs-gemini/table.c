/* Open addressing; at most half of the places are taken. */
#include "table.h"

#include <stdlib.h>

static table_entry *find(const table *t, uint64_t key) {
    uint64_t at = (key ^ key >> 32) & (t->size - 1);
    while (t->entries[at].key && t->entries[at].key != key)
        at = (at + 1) & (t->size - 1);
    return &t->entries[at];
}

static int grow(table *t) {
    table bigger = {.size = t->size ? t->size * 2 : 1024, .used = t->used};
    bigger.entries = calloc((size_t)bigger.size, sizeof *bigger.entries);
    if (!bigger.entries) {
        t->failed = 1;
        return -1;
    }
    for (uint64_t i = 0; i < t->size; i++)
        if (t->entries[i].key)
            *find(&bigger, t->entries[i].key) = t->entries[i];
    free(t->entries);
    *t = bigger;
    return 0;
}

table_entry *table_at(table *t, uint64_t key) {
    key = key ? key : 1;
    if (t->used * 2 >= t->size && grow(t) < 0)
        return NULL;
    table_entry *e = find(t, key);
    if (!e->key) {
        e->key = key;
        t->used++;
    }
    return e;
}

int table_has(const table *t, uint64_t key) {
    return t->size && find(t, key ? key : 1)->key;
}

void table_free(table *t) {
    free(t->entries);
    *t = (table){0};
}
