/* metrics.h: what attempts came to, as one document.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_METRICS_H
#define ORX_CLI_METRICS_H

#include "cli/cli.h"

/* The document of `metrics` [K], in the arena of c, of the journal that is open. */
int orx_cli_metrics(orx_cli *c, orx_node **ret_doc, orx_err *err);

#endif
