/* lanes.h: what the commands about lanes share.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_LANES_H
#define ORX_CLI_LANES_H

#include "cli/cli.h"
#include "lane/lane.h"
#include "lane/scaling.h"

/* Loads the configuration of the root and its lanes file. What is wrong with single lanes is kept
 * in *ret_diags (released by the caller, may be NULL) and in the lanes; warnings go to stderr. */
int orx_cli_lanes(orx_cli *c, orx_diags *ret_diags, orx_lanes *ret_lanes, orx_err *err);

/* What keeps lanes from starting, with the journal asked for what is done. */
const orx_lane_verdict *orx_cli_lanes_plan(orx_cli *c, const orx_lanes *lanes,
                                           const orx_lane *only);

/* The places of lanes in their groups (lane/scaling.h); *ret_node, unless NULL, is the block that
 * shows them. */
orx_lane_scaling orx_cli_lanes_scaling(orx_cli *c, const orx_lanes *lanes, const orx_lane *only,
                                       orx_node **ret_node);

/* The lane that the command is about: its argument, else --lane; NULL = all, which only the
 * commands whose names begin with "lanes-" are about. */
int orx_cli_lane_named(orx_cli *c, const orx_lanes *lanes, const orx_lane **ret_lane, orx_err *err);

/* What is wrong in the lanes file, as a list. */
orx_node *orx_cli_lane_errors(orx_cli *c, const orx_diags *diags);

/* The configuration of a lane's runner; c has that of the root. Released by the caller. */
int orx_cli_lane_config(orx_cli *c, const orx_lanes *lanes, const orx_lane *lane,
                        orx_config **ret_cfg, orx_err *err);

/* Replaces the configuration of c by that of the lane it names, if a lanes file has that lane. */
int orx_cli_take_lane(orx_cli *c, const orx_config_options *options, orx_diags *diags,
                      orx_err *err);

#endif
