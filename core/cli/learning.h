/* learning.h: what `orxaq route train` and `orxaq route report` share: rows to learn from, and a
 * plugin that learns, which is a responder (plugins/routellm) asked as its README says.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_LEARNING_H
#define ORX_CLI_LEARNING_H

#include "cli/cli.h"

/* The version of the responder that is understood. */
#define ORX_LEARNING_VERSION "orxaq-learning/1"

/* Where weights are written and looked for, below the root. */
#define ORX_LEARNING_WEIGHTS "artifacts/autonomy/routellm_weights.json"

typedef struct orx_learning_rows {
    orx_node *all; /* an array; lessons.h has the form */
    int64_t recorded;
    int64_t imported;
} orx_learning_rows;

/* The journal's rows, unless --no-journal, and those of every --import. */
int orx_learning_read(orx_cli *c, orx_learning_rows *ret_rows, orx_err *err);

/* The rows that are kept aside, or the others. */
orx_node *orx_learning_part(orx_cli *c, const orx_learning_rows *rows, bool aside);

/* Asks a new instance of --plugin (routellm) and parses its answer into the arena. weights: a file,
 * NULL = none. */
int orx_learning_ask(orx_cli *c, const char *weights, const orx_node *question,
                     const orx_node **ret_answer, orx_err *err);

#endif
