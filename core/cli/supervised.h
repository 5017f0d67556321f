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

/* The same for every unit of a kind. */
int orx_cli_call_kind(orx_cli *c, const char *op, orx_unit_kind kind, const orx_node **ret_answer,
                      orx_err *err);

/* The log of a unit, also of a lane; NULL when no unit is called so. Needs the configuration. */
const char *orx_cli_unit_log(orx_cli *c, const char *unit);

/* Whether a unit has arrived somewhere after a wish, rather than being on its way. */
bool orx_cli_has_arrived(orx_unit_event wish, orx_unit_state state);

/* The units as the supervisor tells them, or (*ret_live false) as the journal has them, with every
 * state unknown and the last one as last_state. */
int orx_cli_units(orx_cli *c, bool *ret_live, const orx_node **ret_units, orx_err *err);

/* The unit of that name in such a list, or NULL. */
const orx_node *orx_cli_unit_in(const orx_node *list, const char *name);

/* Looks until a unit has arrived. */
int orx_cli_await_unit(orx_cli *c, const char *unit, orx_unit_event wish, const orx_node **ret_unit,
                       orx_err *err);

/* Tells the supervisor a wish, waits until the unit has arrived (not with --no-wait) and reports
 * what became of it. Returns the exit code. */
int orx_cli_wish(orx_cli *c, const char *unit, orx_unit_event wish, orx_err *err);

/* The global flags with which a program that we start, or somebody else starts, finds the same
 * root; NULL-terminated. */
const char *const *orx_cli_flags(orx_cli *c);

/* Waits until a supervisor that holds its lock listens, or is gone (ORX_E_NOT_FOUND, also when
 * there was none); a minute at most. *ret_pid: of the last one seen, -1 = not known; else
 * untouched. */
int orx_cli_reach_supervisor(orx_cli *c, int64_t *ret_pid, orx_err *err);

/* Starts the supervisor of the root when there is none, and waits until it answers. One that dies
 * before it does is an error with its last words. */
int orx_cli_ensure_supervisor(orx_cli *c, bool *ret_started, int64_t *ret_pid, orx_err *err);

#endif
