/* watchdog.h: one pass of the process watchdog.
 *
 * Facts are gathered and judged, what is planned (unit/health_watchdog.h) is done, and then facts
 * are gathered and judged again: what a row says is how things are, never that something was tried.
 * A thing is not tried again before the cooldown is over, whoever calls how often.
 *
 * Two files are for tools [K]: the state, replaced as a whole, and a history of a row per process
 * and pass, which becomes FILE.1 at log.max_bytes. Passes of one root exclude each other.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_WATCHDOG_H
#define ORX_CLI_WATCHDOG_H

#include "cli/health_view.h"

/* Makes one pass. *ret_look is the look after it, *ret_doc the document of the pass in the arena of
 * c; its "ok" is the verdict. ORX_E_BUSY: another pass is under way. */
int orx_cli_watchdog_pass(orx_cli *c, orx_look *ret_look, orx_node **ret_doc, orx_err *err);

/* A path that a variable of the predecessor may name, relative to the root; otherwise NAME in the
 * artifacts folder. */
const char *orx_cli_artifact(orx_cli *c, const char *variable, const char *name);

#endif
