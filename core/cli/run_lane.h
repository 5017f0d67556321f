/* run_lane.h: the runner of a lane, for the commands that start one in this process.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_RUN_LANE_H
#define ORX_CLI_RUN_LANE_H

#include "cli/cli.h"

/* Runs what the configuration of c is about, with progress on stderr. dry_run: only says which task
 * would be next; checkpoint may be NULL. Returns the exit code of `run`. */
int orx_cli_run(orx_cli *c, bool dry_run, const char *checkpoint, orx_err *err);

#endif
