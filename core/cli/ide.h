/* ide.h: the workspace file, and editors that open it.
 *
 * An editor is started by its launcher and never waited for. VS Code and Cursor open the workspace
 * file, PyCharm the root.
 *
 * Threads: one.
 */
#ifndef ORX_CLI_IDE_H
#define ORX_CLI_IDE_H

#include "cli/cli.h"

typedef struct orx_editor orx_editor;

/* The editor of that name: vscode, cursor, pycharm; else ORX_E_USAGE. */
int orx_cli_editor(const char *name, const orx_editor **ret_editor, orx_err *err);

/* Where the workspace file is: the option of that name, else the default, relative to the root. The
 * configuration is loaded. */
const char *orx_cli_workspace(orx_cli *c, const char *option);

/* Writes the workspace file: both repositories and the root. */
int orx_cli_write_workspace(orx_cli *c, const char *path, orx_err *err);

/* Starts the editor with what it is to open. *ret_what: the launcher and what it was given, in the
 * arena. ORX_E_NOT_FOUND names the launchers that were tried. */
int orx_cli_open_editor(orx_cli *c, const orx_editor *e, const char *workspace,
                        const char **ret_what, int64_t *ret_pid, orx_err *err);

/* Whether it opens the workspace file. */
bool orx_cli_editor_needs_workspace(const orx_editor *e);

#endif
