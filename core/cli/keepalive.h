/* keepalive.h: having the machine bring the supervisor back, for the commands that see to it.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_KEEPALIVE_H
#define ORX_CLI_KEEPALIVE_H

#include "cli/cli.h"

/* Installs what fits this machine (unit/keepalive.h), or finds it installed as it should be. The
 * configuration is loaded. *ret_name: what it is called, in the arena. */
int orx_cli_install_keepalive(orx_cli *c, const char **ret_name, orx_err *err);

#endif
