/* provider_cost.h: what the commands about bills share. */
#ifndef ORX_CLI_PROVIDER_COST_H
#define ORX_CLI_PROVIDER_COST_H

#include "cli/cli.h"

/* A number of an option, not below `least`. */
int orx_cost_number(orx_cli *c, const char *name, int64_t least, int64_t otherwise, int64_t *ret,
                    orx_err *err);

/* The file that an option names, relative to the root; else `name` below the artifacts. */
const char *orx_cost_path(orx_cli *c, const char *option, const char *name);

/* Judges the summary file and prints. Returns the exit code. */
int orx_cost_health(orx_cli *c, orx_err *err);

#endif
