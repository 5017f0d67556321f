/* by_hand.h: runners that somebody started without the supervisor (`orxaq run`, `orxaq run --lane
 * ID`).
 *
 * Such a runner holds the lock of its lane ("primary": the primary queue), so it is known and
 * shown, no second one is started beside it, and what stops units ends it, too.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_BY_HAND_H
#define ORX_CLI_BY_HAND_H

#include "cli/cli.h"
#include "unit/machine.h"

/* Whether somebody holds the lock of that lane, and who (0 = it has not said so yet). To be asked
 * of one whose unit has no process. */
bool orx_cli_runs_by_hand(orx_cli *c, const char *lane, int64_t *ret_pid);

/* Asks whoever runs the lane by hand to end: in good order (ORX_UNIT_STOP), after its task
 * (ORX_UNIT_DRAIN) or at once (ORX_UNIT_KILL); unless that is *asked, which is then the one that
 * was. False when nobody runs it. */
bool orx_cli_end_by_hand(orx_cli *c, const char *lane, orx_unit_event wish, int64_t *asked);

/* How long that may take: the time of the supervisor for the same wish; 0 = any. */
int64_t orx_cli_by_hand_time(const orx_cli *c, orx_unit_event wish);

#endif
