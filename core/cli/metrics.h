/* metrics.h: what attempts came to, as one document.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_METRICS_H
#define ORX_CLI_METRICS_H

#include "cli/cli.h"

/* The document of `metrics` [K], in the arena of c, of the journal that is open, or of none:
 * the sums
 * (run/metrics_doc.h), where they come from, what the bills say (money/authority.h) and how the
 * budget of the day stands (money/day_budget.h). */
int orx_cli_metrics(orx_cli *c, orx_node **ret_doc, orx_err *err);

/* Adds to it (metrics_sources.c) sources, summary_file, timeseries_files, errors,
 * timeseries_errors, ok and partial. A source is the primary queue or a lane, of the lanes file or
 * of the past; its sums are the journal's, so a file that is missing is told and nothing lacks.
 * What lacks is the lanes of a file that cannot be read, and a bill (partial). */
int orx_cli_metrics_sources(orx_cli *c, orx_node *doc, orx_err *err);

/* `swarm_daily_budget` [K], in the arena. Opens the journal for reading if nobody did; without one
 * nothing was spent. */
int orx_cli_day_budget(orx_cli *c, orx_node **ret_block, orx_err *err);

#endif
