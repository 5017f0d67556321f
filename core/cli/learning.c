#include "cli/learning.h"

#include "cli/endpoint_files.h"
#include "data/json.h"
#include "platform/files.h"
#include "plugin/instance.h"
#include "plugin/respond.h"
#include "run/lessons.h"

#define IMPORT_MAX ((size_t)1 << 30)

/* ---- Rows ------------------------------------------------------------------------------------ */

static int import(orx_cli *c, const char *path, orx_learning_rows *rows, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *file = orx_ep_path(c, path);
    int rc = orx_read_file(c->p, file, IMPORT_MAX, &text, err);
    if (rc < 0)
        return rc;
    int64_t n = orx_lessons_imported(&c->arena, path, orx_str_view(&text), rows->all, err);
    rows->imported += n;
    return n < 0 ? (int)n : 0;
}

/* A root without a journal has nothing recorded. */
static int read_journal(orx_cli *c, orx_learning_rows *rows, orx_err *err) {
    int rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc == ORX_E_NOT_FOUND && orx_cli_option(c, "import")) {
        *err = (orx_err)ORX_ERR_INIT;
        return 0;
    }
    if (rc < 0)
        return rc;
    rows->recorded = orx_lessons_recorded(c->store, &c->arena, rows->all, err);
    return rows->recorded < 0 ? (int)rows->recorded : 0;
}

int orx_learning_read(orx_cli *c, orx_learning_rows *ret_rows, orx_err *err) {
    orx_learning_rows rows = {.all = orx_node_new(&c->arena, ORX_ARRAY)};
    int rc = orx_cli_config(c, err);
    if (rc >= 0 && !orx_cli_option(c, "no-journal"))
        rc = read_journal(c, &rows, err);
    for (size_t i = 0; i < c->option_count && rc >= 0; i++)
        if (strcmp(c->options[i].name, "import") == 0)
            rc = import(c, c->options[i].value, &rows, err);
    if (rc >= 0)
        *ret_rows = rows;
    return rc < 0 ? rc : 0;
}

orx_node *orx_learning_part(orx_cli *c, const orx_learning_rows *rows, bool aside) {
    orx_node *part = orx_node_new(&c->arena, ORX_ARRAY);
    ORX_NODE_EACH(rows->all, row) {
        if (orx_lesson_aside(row) == aside)
            orx_node_push(part, orx_node_copy(&c->arena, row));
    }
    return part;
}

/* ---- The plugin ------------------------------------------------------------------------------ */

static int load(orx_cli *c, const orx_plugin **ret_plugin, orx_err *err) {
    const orx_plugin_ref ref = {.name = orx_ep_option(c, "plugin", "routellm")};
    const orx_plugin *plugin = NULL;
    int rc = orx_cli_plugins(c, err);
    if (rc >= 0)
        rc = orx_plugins_load(c->plugins, &ref, &plugin, err);
    if (rc < 0)
        return rc;
    const orxaq_responder *responder = orx_plugin_responder(plugin);
    if (!responder || strcmp(responder->version, ORX_LEARNING_VERSION) != 0)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "plugin %s does not learn: it has no responder of the version "
                           "\"" ORX_LEARNING_VERSION "\"",
                           ref.name);
    *ret_plugin = plugin;
    return 0;
}

int orx_learning_ask(orx_cli *c, const char *weights, const orx_node *question,
                     const orx_node **ret_answer, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str answer = {0};
    orx_instance *instance = NULL;
    orx_node *settings = orx_node_new(&c->arena, ORX_OBJECT);
    const orx_plugin *plugin = NULL;
    int rc = load(c, &plugin, err);
    if (weights)
        orx_node_set_str(&c->arena, settings, "weights", weights);
    const orx_instance_spec spec = {
        .plugin = plugin, .name = "learning", .settings = settings, .path = "settings"};
    if (rc >= 0)
        rc = orx_instance_new(c->plugins, &spec, &instance, err);
    if (rc >= 0)
        rc = orx_respond(instance, question, &answer, err);
    orx_instance_free(instance);
    if (rc >= 0)
        rc = orx_json_parse(&c->arena, "answer", orx_str_view(&answer), &orx_limits_data,
                            ret_answer, err);
    return rc < 0 ? rc : 0;
}
