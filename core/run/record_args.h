/* record_args.h: the arguments of a job, into a record and back, exactly.
 *
 * Known are the ops that calls are made of: TASK and TURN.
 */
#ifndef ORX_RUN_RECORD_ARGS_H
#define ORX_RUN_RECORD_ARGS_H

#include "data/doc.h"
#include "run/record_line.h"

/* The members of the `open` line; what is long goes to *data, which is written behind it. */
void orx_args_write(orx_line *l, int32_t op, const void *args, orx_str *data);

/* The op and the arguments of an `open` line, in the arena, pointing into `line` and `data`. */
int orx_args_read(orx_arena *arena, const orx_node *line, orx_view data, int32_t *ret_op,
                  const void **ret_args, orx_err *err);

#endif
