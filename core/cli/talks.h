/* talks.h: the conversations of a root, for the commands that show them.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_TALKS_H
#define ORX_CLI_TALKS_H

#include "cli/cli.h"
#include "unit/conversations.h"

/* Reads the newest lines of the primary log and, with_lanes, of every lane: those of the lanes
 * file, and those that only left a folder. The configuration is loaded. Never fails. */
void orx_cli_talks(orx_cli *c, int lines, bool with_lanes, orx_talks *ret_talks);

#endif
