/* The workspace file and the launchers of editors. */
#include "cli/ide.h"

#include "cli/health_view.h"
#include "platform/files.h"
#include "platform/local.h"

#define WORKSPACE    "orxaq-dual-agent.code-workspace"
#define PROGRAMS_MAX 5

/* How its launcher may be called, the likeliest first. */
struct orx_editor {
    const char *name;
    const char *programs[PROGRAMS_MAX]; /* one with a slash has to be there, others are in PATH */
    bool workspace;                     /* it opens the workspace file, else the root */
};

static const orx_editor editors[] = {
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

const char *orx_cli_workspace(orx_cli *c, const char *option) {
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
int orx_cli_write_workspace(orx_cli *c, const char *path, orx_err *err) {
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

/* ---- Editors --------------------------------------------------------------------------------- */

int orx_cli_editor(const char *name, const orx_editor **ret_editor, orx_err *err) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(editors); i++)
        if (strcmp(editors[i].name, name) == 0) {
            *ret_editor = &editors[i];
            return 0;
        }
    return orx_err_set(err, ORX_E_USAGE, "--ide is vscode, cursor or pycharm, not \"%s\"", name);
}

bool orx_cli_editor_needs_workspace(const orx_editor *e) {
    return e->workspace;
}

int orx_cli_open_editor(orx_cli *c, const orx_editor *e, const char *workspace,
                        const char **ret_what, int64_t *ret_pid, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str tried = {0};
    const char *what = e->workspace ? workspace : c->cfg->root;
    for (const char *const *program = e->programs; *program; program++) {
        const char *const argv[] = {*program, what, NULL};
        int rc = orx_daemon_start(c->p, argv, c->cfg->root, ret_pid, err);
        if (rc == 0)
            *ret_what = orx_arena_printf(&c->arena, "%s %s", *program, what);
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
