/* orxaq workspace, open-ide, open-vscode, open-cursor, open-pycharm. */
#include "cli/ide.h"

#include "platform/files.h"

int orx_cmd_workspace(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *path = orx_cli_workspace(c, "output");
    rc = orx_cli_write_workspace(c, path, err);
    if (rc < 0)
        return rc;
    orx_cli_printf("workspace generated: %s\n", path);
    return ORX_EXIT_OK;
}

static int open_with(orx_cli *c, const char *name, orx_err *err) {
    const orx_editor *e = NULL;
    const char *opened = "";
    int64_t pid = 0;
    int rc = orx_cli_editor(name, &e, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *workspace = orx_cli_workspace(c, "workspace");
    if (orx_cli_editor_needs_workspace(e) && !orx_exists(c->p, workspace))
        rc = orx_cli_write_workspace(c, workspace, err);
    if (rc == 0)
        rc = orx_cli_open_editor(c, e, workspace, &opened, &pid, err);
    if (rc < 0)
        return rc;
    orx_cli_printf("opened with: %s (pid=%lld)\n", opened, (long long)pid);
    return ORX_EXIT_OK;
}

int orx_cmd_open_ide(orx_cli *c, orx_err *err) {
    const char *name = orx_cli_option(c, "ide");
    return open_with(c, name ? name : "vscode", err);
}

int orx_cmd_open_vscode(orx_cli *c, orx_err *err) {
    return open_with(c, "vscode", err);
}

int orx_cmd_open_cursor(orx_cli *c, orx_err *err) {
    return open_with(c, "cursor", err);
}

int orx_cmd_open_pycharm(orx_cli *c, orx_err *err) {
    return open_with(c, "pycharm", err);
}
