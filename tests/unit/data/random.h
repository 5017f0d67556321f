/* random.h: random documents from a seed, for tests of properties. The same seed gives the same
 * document on every machine. */
#ifndef ORX_TEST_DATA_RANDOM_H
#define ORX_TEST_DATA_RANDOM_H

#include "data/doc.h"

typedef struct generator {
    uint64_t state;
    orx_arena *arena;
    bool printable; /* no character that stands in JSON as it is and in YAML only escaped */
    int nodes_left; /* an upper bound for what is still made */
} generator;

/* 0 .. bound-1 */
uint32_t draw(generator *g, uint32_t bound);

/* Text of up to 20 characters from all over Unicode, mostly ASCII, with what needs escapes. */
orx_view random_text(generator *g);

/* A document of up to `nodes` values and 8 levels. */
orx_node *random_document(generator *g, int nodes);

/* JSON text of n with random white space and random ways to escape. */
void write_loosely(generator *g, orx_str *out, const orx_node *n);

#endif
