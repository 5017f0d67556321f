/* table.h: a set of digests with two counts each, for one reading. */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>

typedef struct table_entry {
    uint64_t key;  /* 0 = free */
    uint32_t told; /* how many of it were told */
    uint32_t here; /* how many of it the file in hand had */
    uint32_t file;
} table_entry;

/* {0} is empty. */
typedef struct table {
    table_entry *entries;
    uint64_t size; /* a power of two */
    uint64_t used;
    int failed; /* memory ran out */
} table;

/* The entry, made when it is new; NULL when memory ran out. Valid until the next call. */
table_entry *table_at(table *t, uint64_t key);
int table_has(const table *t, uint64_t key);
void table_free(table *t);

#endif
