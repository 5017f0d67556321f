/* health_view.h: what the commands about health share: looking, and showing what was found.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_HEALTH_VIEW_H
#define ORX_CLI_HEALTH_VIEW_H

#include "cli/cli.h"
#include "unit/health_doc.h"

/* One look at the root. */
typedef struct orx_look {
    orx_fleet_facts facts;
    orx_health_report report;
} orx_look;

/* Loads configuration and journal once, gathers and judges. A journal that cannot be read is a
 * fact; it fails only when there is no configuration. May be called again for another look. */
int orx_cli_look(orx_cli *c, orx_look *ret_look, orx_err *err);

/* Whether the document is to be printed: --json, or nobody looks and --text was not given. */
bool orx_cli_wants_json(const orx_cli *c);

/* A [K] document as the predecessor wrote it, and a newline: appended, or to stdout. */
void orx_cli_write_kept(orx_str *out, const orx_node *n);
void orx_cli_json_kept(const orx_node *n);

/* The same into a file. What fails is told on stderr only, since the document is printed all the
 * same. */
void orx_cli_write_document(orx_cli *c, const char *path, const orx_node *n);

/* WARN and FAIL with their remedies. */
void orx_cli_print_findings(orx_cli *c, const orx_health_report *r);

/* Supervisor, runner, heartbeat, tasks and journal, a line each. */
void orx_cli_print_look(orx_cli *c, const orx_look *l);

/* What the command ends with: FAILED when facts are missing, or with --strict when it is not ok. */
int orx_cli_health_exit(const orx_cli *c, const orx_look *l, bool ok);

#endif
