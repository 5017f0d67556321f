/* supervised.h: commands as clients of the supervisor.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_SUPERVISED_H
#define ORX_CLI_SUPERVISED_H

#include "cli/cli.h"
#include "platform/files.h"
#include "unit/supervisor.h"

/* One request (unit may be NULL). ORX_E_NOT_FOUND also when nobody listens. ret_answer may be NULL;
 * the answer lives in the arena of c. */
int orx_cli_call(orx_cli *c, const char *op, const char *unit, bool now,
                 const orx_node **ret_answer, orx_err *err);

/* Starts the supervisor of the root when there is none, and waits until it answers. */
int orx_cli_ensure_supervisor(orx_cli *c, bool *ret_started, int64_t *ret_pid, orx_err *err);

#endif
