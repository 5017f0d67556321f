/* monitor_gather.h: the parts of a monitor page, from wherever they are.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_MONITOR_GATHER_H
#define ORX_CLI_MONITOR_GATHER_H

#include "cli/cli.h"

/* One look at everything: the document of unit/monitor.h, in the arena of c. The configuration is
 * loaded; the journal is opened and closed again. What fails is in the document, so this fails only
 * without a configuration. */
int orx_cli_monitor_doc(orx_cli *c, orx_node **ret_doc, orx_err *err);

#endif
