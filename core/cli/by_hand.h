/* by_hand.h: lanes whose runner somebody started without the supervisor (`orxaq run --lane ID`).
 *
 * Such a runner holds the lane's lock, so it is known and shown, no second one is started beside
 * it, and what stops lanes ends it, too.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_BY_HAND_H
#define ORX_CLI_BY_HAND_H

#include "cli/cli.h"
#include "lane/lane.h"

/* Whether somebody holds the lane's lock, and who (0 = it has not said so yet). To be asked of a
 * lane whose unit has no process. */
bool orx_cli_runs_by_hand(orx_cli *c, const orx_lane *lane, int64_t *ret_pid);

/* Asks whoever runs the lane by hand to end in good order, unless that is *asked, which is then the
 * one that was. False when nobody runs it. */
bool orx_cli_end_by_hand(orx_cli *c, const orx_lane *lane, int64_t *asked);

#endif
