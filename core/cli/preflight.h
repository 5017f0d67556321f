/* preflight.h: whether a run could begin: repositories and the providers that tasks ask for.
 *
 * What is required follows the owners of tasks that are not done (queue, tasks file, lanes): a
 * program that no task needs may be missing. The document has the predecessor's keys [K]. One thing
 * is mended on the way, as the predecessor did: a repository whose shared configuration says
 * core.bare although it has a worktree.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_PREFLIGHT_H
#define ORX_CLI_PREFLIGHT_H

#include "cli/cli.h"

/* The configuration is loaded. *ret_doc lives in the arena of c; its "clean" is the verdict. What
 * does not work is in the document, so this hardly ever fails. */
int orx_cli_preflight(orx_cli *c, bool allow_dirty, orx_node **ret_doc, orx_err *err);

/* The same for a person. */
void orx_cli_preflight_print(orx_cli *c, const orx_node *doc);

/* The owners of everything that is not done (preflight_owners.c): NULL-terminated, each once, in
 * the arena. *ret_problem: why the tasks file cannot be read, "" = it can. */
const char *const *orx_cli_owners_in_use(orx_cli *c, const char **ret_problem);

#endif
