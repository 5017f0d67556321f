/* orxaq config: check, show, reference. */
#include "cli/cli.h"

#include "config/schema.h"

/* ---- check ----------------------------------------------------------------------------------- */

static orx_node *diag_node(orx_arena *a, const orx_diag *d) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "severity", d->severity == ORX_DIAG_ERROR ? "error" : "warning");
    orx_node_set_str(a, n, "where", d->where);
    orx_node_set_str(a, n, "text", d->text);
    return n;
}

static void print_report(orx_cli *c, const orx_diags *d, const orx_err *failure) {
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    for (const orx_diag *i = d->first; i; i = i->next)
        orx_node_push(list, diag_node(&c->arena, i));
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_bool(&c->arena, n, "ok", c->cfg != NULL);
    orx_node_set_int(&c->arena, n, "errors", d->errors);
    orx_node_set_int(&c->arena, n, "warnings", d->warnings);
    orx_node_set(&c->arena, n, "problems", list);
    if (!c->cfg && !d->errors)
        orx_node_set_str(&c->arena, n, "error", failure->msg);
    orx_cli_json(c, n);
}

static void print_problems(const orx_diags *d) {
    int shown = 0;
    for (const orx_diag *i = d->first; i; i = i->next, shown++)
        orx_cli_complain("%s: %s: %s", i->where,
                         i->severity == ORX_DIAG_ERROR ? "error" : "warning", i->text);
    if (d->errors + d->warnings > shown)
        orx_cli_complain("... and %d more", d->errors + d->warnings - shown);
}

static void print_good(orx_cli *c) {
    orx_cli_printf("root         %s\nconfig       %s\nenvironment  %s\n", c->cfg->root,
                   c->cfg->config_file ? c->cfg->config_file : "(no file: defaults)",
                   c->cfg->env_file ? c->cfg->env_file : "(no file)");
    for (size_t i = 0; i < c->cfg->provider_count; i++) {
        const orx_provider_config *v = &c->cfg->providers[i];
        if (v->enabled)
            orx_cli_printf("provider     %s: plugin %s, repository %s (%s)\n", v->name, v->plugin,
                           v->repo, v->where);
    }
}

int orx_cmd_config_check(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_err failure = ORX_ERR_INIT;
    int rc = orx_cli_config_into(c, &diags, &failure);
    if (c->json) {
        print_report(c, &diags, &failure);
        return rc < 0 ? ORX_EXIT_FAILED : ORX_EXIT_OK;
    }
    print_problems(&diags);
    if (rc < 0 && !diags.errors) {
        if (err)
            *err = failure;
        return rc;
    }
    if (rc < 0)
        return orx_err_set(err, ORX_E_INVALID, "the configuration has %d error%s", diags.errors,
                           diags.errors == 1 ? "" : "s");
    print_good(c);
    orx_cli_printf("%s\n", orx_cli_paint(c, "32", "the configuration is fine"));
    return ORX_EXIT_OK;
}

/* ---- show ------------------------------------------------------------------------------------ */

static bool asked_for(const orx_cli *c, const char *path) {
    if (!c->arg_count)
        return true;
    for (int i = 0; i < c->arg_count; i++) {
        size_t n = strlen(c->args[i]);
        if (strncmp(path, c->args[i], n) == 0 && (path[n] == '\0' || path[n] == '.'))
            return true;
    }
    return false;
}

static void show_json(orx_cli *c, bool origin) {
    orx_arena *a = &c->arena;
    orx_node *all = orx_node_new(a, ORX_OBJECT);
    const orx_config_value *v;
    for (size_t i = 0; (v = orx_config_value_at(c->cfg, i)); i++) {
        if (!asked_for(c, v->path))
            continue;
        orx_node *value = orx_config_value_node(v, a);
        if (!origin) {
            orx_node_set(a, all, v->path, value);
            continue;
        }
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set(a, n, "value", value);
        orx_node_set_str(a, n, "origin", v->where);
        orx_node_set(a, all, v->path, n);
    }
    orx_cli_json(c, all);
}

static int show_text(orx_cli *c, bool origin, orx_err *err) {
    static const char *const two[] = {"KEY", "VALUE", NULL};
    static const char *const three[] = {"KEY", "VALUE", "ORIGIN", NULL};
    orx_table *t = orx_table_new(c, origin ? three : two);
    const orx_config_value *v;
    int shown = 0;
    for (size_t i = 0; (v = orx_config_value_at(c->cfg, i)); i++) {
        if (!asked_for(c, v->path))
            continue;
        orx_str text = {0};
        orx_config_value_text(v, &text);
        const char *cells[] = {v->path, orx_arena_dup(&c->arena, orx_str_view(&text)), v->where};
        orx_str_free(&text);
        orx_table_row(t, cells, NULL);
        shown++;
    }
    if (!shown)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "no configuration key \"%s\"; `%s config reference` "
                           "lists them all",
                           c->args[0], c->program);
    orx_table_print(t);
    return ORX_EXIT_OK;
}

int orx_cmd_config_show(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    bool origin = orx_cli_option(c, "origin") != NULL;
    if (!c->json)
        return show_text(c, origin, err);
    show_json(c, origin);
    return ORX_EXIT_OK;
}

int orx_cmd_config_reference(orx_cli *c ORX_UNUSED, orx_err *err ORX_UNUSED) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_reference(&text);
    orx_cli_print(orx_str_view(&text));
    return ORX_EXIT_OK;
}
