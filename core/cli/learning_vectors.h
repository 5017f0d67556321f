/* learning_vectors.h: rows to learn from, with vectors of a provider beside their texts.
 *
 * A vector is the member "embedding" of a row: base64 of its floats, 4 bytes each and
 * little-endian. It is that of the text a run would have embedded (run/embedding.h), so what is
 * learned and what decides fit together, and what one has asked for the other finds in the journal.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_LEARNING_VECTORS_H
#define ORX_CLI_LEARNING_VECTORS_H

#include "cli/cli.h"

/* What it took. */
typedef struct orx_learning_vectors {
    size_t texts; /* different ones without a vector of their own */
    size_t asked; /* of those: the provider was asked */
} orx_learning_vectors;

/* Gives every row without "embedding" one, of `source` ("PROVIDER/MODEL"). The rows are objects
 * with title, text and acceptance. Opens the journal for writing. */
int orx_learning_embed(orx_cli *c, const char *source, orx_node *rows,
                       orx_learning_vectors *ret_took, orx_err *err);

#endif
