/* orxaq workspace, open-ide, open-vscode, open-cursor, open-pycharm. */
#include "cli/health_view.h"

#include "platform/files.h"
#include "platform/local.h"

#define WORKSPACE    "orxaq-dual-agent.code-workspace"
#define PROGRAMS_MAX 5

/* An editor: how its launcher may be called, the likeliest first, and what it is to open. */
typedef struct editor {
    const char *name;
    const char *programs[PROGRAMS_MAX]; /* one with a slash has to be there, others are in PATH */
    bool workspace;                     /* it opens the workspace file, else the root */
} editor;

static const editor editors[] = {
    {"vscode",
     {"/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code", "code",
      "code-insiders", NULL},
     true},
    {"cursor",
     {"/Applications/Cursor.app/Contents/Resources/app/bin/cursor", "cursor", NULL},
     true},
    {"pycharm", {"charm", "pycharm", "pycharm64.exe", "idea64.exe", NULL}, false},
};

/* ---- The workspace --------------------------------------------------------------------------- */

static const char *workspace_path(orx_cli *c, const char *option) {
    const char *path = orx_cli_option(c, option);
    if (!path || !*path)
        path = WORKSPACE;
    return *path == '/' ? path : orx_path_join(&c->arena, c->cfg->root, path);
}

static void add_folder(orx_cli *c, orx_node *list, const char *name, const char *path) {
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, n, "name", name);
    orx_node_set_str(&c->arena, n, "path", path);
    orx_node_push(list, n);
}

/* [K] the names of the folders. */
static int write_workspace(orx_cli *c, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    add_folder(c, list, "orxaq", c->cfg->repos.impl);
    add_folder(c, list, "orxaq_gemini", c->cfg->repos.test);
    add_folder(c, list, "orxaq_ops", c->cfg->root);
    orx_node_set(&c->arena, n, "folders", list);
    orx_cli_write_kept(&text, n);
    int rc = orx_write_replace(c->p, path, orx_str_view(&text), 0644, err);
    return rc < 0 ? orx_err_wrap(err, "the workspace file %s", path) : 0;
}

int orx_cmd_workspace(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *path = workspace_path(c, "output");
    rc = write_workspace(c, path, err);
    if (rc < 0)
        return rc;
    orx_cli_printf("workspace generated: %s\n", path);
    return ORX_EXIT_OK;
}

/* ---- Editors --------------------------------------------------------------------------------- */

static int find_editor(const char *name, const editor **ret_editor, orx_err *err) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(editors); i++)
        if (strcmp(editors[i].name, name) == 0) {
            *ret_editor = &editors[i];
            return 0;
        }
    return orx_err_set(err, ORX_E_USAGE, "--ide is vscode, cursor or pycharm, not \"%s\"", name);
}

static int launch(orx_cli *c, const editor *e, const char *what, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str tried = {0};
    int64_t pid = 0;
    for (const char *const *program = e->programs; *program; program++) {
        const char *const argv[] = {*program, what, NULL};
        int rc = orx_daemon_start(c->p, argv, c->cfg->root, &pid, err);
        if (rc == 0) {
            orx_cli_printf("opened with: %s %s (pid=%lld)\n", *program, what, (long long)pid);
            return ORX_EXIT_OK;
        }
        if (rc != ORX_E_NOT_FOUND)
            return rc;
        orx_str_addf(&tried, "%s%s", tried.len ? ", " : "", *program);
    }
    return orx_err_set(
        err, ORX_E_NOT_FOUND,
        "no launcher of %s is there; tried %s. Install its command line launcher, or "
        "open %s by hand",
        e->name, orx_str_cstr(&tried), what);
}

static int open_with(orx_cli *c, const char *name, orx_err *err) {
    const editor *e = NULL;
    int rc = find_editor(name, &e, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *what = e->workspace ? workspace_path(c, "workspace") : c->cfg->root;
    if (e->workspace && !orx_exists(c->p, what))
        rc = write_workspace(c, what, err);
    return rc < 0 ? rc : launch(c, e, what, err);
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
