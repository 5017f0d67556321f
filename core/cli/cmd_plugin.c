/* orxaq plugin: list, info, and the child that meets a module first. */
#include "cli/cli.h"

#include "platform/files.h"
#include "plugin/probe.h"
#include "plugin/settings.h"

#include <stdio.h>

/* ---- What there is --------------------------------------------------------------------------- */

/* One plugin as `plugin list` shows it. */
typedef struct entry {
    orx_plugin_ref ref;
    const char *label; /* name or path */
    bool enabled;
    bool used; /* some provider or router names it */
    const orx_plugin *plugin;
    char why[ORX_ERR_MAX]; /* why it is off or cannot be used; "" = usable */
} entry;

static bool used_by_config(const orx_config *cfg, const char *name) {
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (cfg->providers[i].enabled && strcmp(cfg->providers[i].plugin, name) == 0)
            return true;
    for (size_t i = 0; i < cfg->router_count; i++)
        if (strcmp(cfg->routers[i].plugin, name) == 0)
            return true;
    return false;
}

static bool configured(const orx_config *cfg, const char *name) {
    for (size_t i = 0; i < cfg->plugin_count; i++)
        if (cfg->plugins[i].name && strcmp(cfg->plugins[i].name, name) == 0)
            return true;
    return false;
}

/* Those of the configuration first, then what else lies in the plugin folders. */
static int collect(orx_cli *c, entry **ret_list, size_t *ret_count, orx_err *err) {
    char **names = NULL;
    int rc = orx_plugins_available(c->plugins, &c->arena, &names, err);
    if (rc < 0)
        return rc;
    size_t n = 0;
    while (names[n])
        n++;
    entry *list = orx_arena_zalloc(&c->arena, n + c->cfg->plugin_count + 1, sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < c->cfg->plugin_count; i++) {
        const orx_plugin_config *p = &c->cfg->plugins[i];
        entry *e = &list[count++];
        e->ref = (orx_plugin_ref){p->path ? NULL : p->name, p->path, p->sha256, p->where};
        e->label = p->path ? p->path : p->name;
        e->enabled = p->enabled;
        e->used = p->name && used_by_config(c->cfg, p->name);
    }
    for (size_t i = 0; i < n; i++) {
        if (configured(c->cfg, names[i]))
            continue;
        entry *e = &list[count++];
        e->ref = (orx_plugin_ref){.name = names[i]};
        e->label = names[i];
        e->used = used_by_config(c->cfg, names[i]);
        e->enabled = e->used;
    }
    *ret_list = list;
    *ret_count = count;
    return 0;
}

static void load_entry(orx_cli *c, entry *e) {
    orx_err err = ORX_ERR_INIT;
    if (orx_plugins_load(c->plugins, &e->ref, &e->plugin, &err) < 0)
        memcpy(e->why, err.msg, sizeof e->why);
    else if (!e->enabled)
        (void)snprintf(e->why, sizeof e->why, "%s",
                       e->ref.where ? "switched off in the configuration"
                                    : "not used by the configuration");
}

static const char *state_of(const entry *e) {
    if (!e->plugin)
        return "unusable";
    return e->enabled ? "on" : "off";
}

static const char *capabilities(orx_cli *c, const orx_plugin *p) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    if (orx_plugin_provider(p))
        orx_str_adds(&s, " " ORXAQ_PROVIDER_1);
    if (orx_plugin_router(p))
        orx_str_adds(&s, " " ORXAQ_ROUTER_1);
    if (orx_plugin_sink(p))
        orx_str_adds(&s, " " ORXAQ_SINK_1);
    if (orx_plugin_ingest(p))
        orx_str_adds(&s, " " ORXAQ_INGEST_1);
    if (orx_plugin_responder(p))
        orx_str_adds(&s, " " ORXAQ_RESPONDER_1);
    return orx_arena_strdup(&c->arena, s.len ? s.buf + 1 : "none");
}

/* ---- list ------------------------------------------------------------------------------------ */

static orx_node *entry_node(orx_cli *c, const entry *e) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "plugin", e->label);
    orx_node_set_str(a, n, "state", state_of(e));
    if (e->plugin) {
        const orxaq_plugin *d = orx_plugin_descriptor(e->plugin);
        orx_node_set_str(a, n, "id", d->id);
        orx_node_set_str(a, n, "version", d->version);
        orx_node_set_str(a, n, "abi", orx_arena_printf(a, "%u.%u", d->abi_major, d->abi_minor));
        orx_node_set_str(a, n, "capabilities", capabilities(c, e->plugin));
        orx_node_set_str(a, n, "path", orx_plugin_path(e->plugin));
        orx_node_set_str(a, n, "sha256", orx_plugin_sha256(e->plugin));
    }
    if (*e->why)
        orx_node_set_str(a, n, "why", e->why);
    return n;
}

static void add_entry(orx_cli *c, orx_table *t, const entry *e) {
    const orxaq_plugin *d = e->plugin ? orx_plugin_descriptor(e->plugin) : NULL;
    const char *cells[] = {e->label,
                           state_of(e),
                           d ? d->version : "-",
                           d ? orx_arena_printf(&c->arena, "%u.%u", d->abi_major, d->abi_minor)
                             : "-",
                           d ? capabilities(c, e->plugin) : "-",
                           e->why};
    orx_table_row(t, cells, !e->plugin ? "31" : e->enabled ? "32" : NULL);
}

static int open_plugins(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    return rc < 0 ? rc : orx_cli_plugins(c, err);
}

int orx_cmd_plugin_list(orx_cli *c, orx_err *err) {
    static const char *const titles[] = {"PLUGIN",       "STATE", "VERSION", "ABI",
                                         "CAPABILITIES", "WHY",   NULL};
    entry *list = NULL;
    size_t n = 0;
    int rc = open_plugins(c, err);
    if (rc == 0)
        rc = collect(c, &list, &n, err);
    if (rc < 0)
        return rc;
    orx_plugin_ref *refs = orx_arena_zalloc(&c->arena, n + 1, sizeof *refs);
    for (size_t i = 0; i < n; i++)
        refs[i] = list[i].ref;
    orx_plugins_prepare(c->plugins, refs, n);
    orx_node *json = orx_node_new(&c->arena, ORX_ARRAY);
    orx_table *t = orx_table_new(c, titles);
    for (size_t i = 0; i < n; i++) {
        load_entry(c, &list[i]);
        add_entry(c, t, &list[i]);
        orx_node_push(json, entry_node(c, &list[i]));
    }
    if (c->json)
        orx_cli_json(c, json);
    else
        orx_table_print(t);
    return ORX_EXIT_OK;
}

/* ---- info ------------------------------------------------------------------------------------ */

static orx_plugin_ref reference(orx_cli *c, const char *word) {
    size_t n = strlen(word);
    bool is_file = strchr(word, '/') || (n > 3 && strcmp(word + n - 3, ".so") == 0);
    if (!is_file)
        return (orx_plugin_ref){.name = word};
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    if (orx_realpath(c->p, word, &real, NULL) < 0)
        return (orx_plugin_ref){.path = word};
    return (orx_plugin_ref){.path = orx_arena_strdup(&c->arena, real.buf)};
}

static void print_info(orx_cli *c, const orx_plugin *p) {
    const orxaq_plugin *d = orx_plugin_descriptor(p);
    const char *const rows[][2] = {
        {"id", d->id},
        {"name", d->name},
        {"version", d->version},
        {"vendor", d->vendor},
        {"licence", d->licence},
        {"abi", orx_arena_printf(&c->arena, "%u.%u", d->abi_major, d->abi_minor)},
        {"offers", capabilities(c, p)},
        {"file", orx_plugin_path(p)},
        {"sha256", orx_plugin_sha256(p)},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++)
        orx_cli_printf("%-9s %s\n", rows[i][0], rows[i][1]);
    ORX_CLEANUP(orx_str_free) orx_str keys = {0};
    orx_settings_reference(p, &keys);
    orx_cli_printf("\n%s", orx_str_cstr(&keys));
}

int orx_cmd_plugin_info(orx_cli *c, orx_err *err) {
    int rc = open_plugins(c, err);
    if (rc < 0)
        return rc;
    entry e = {.ref = reference(c, c->args[0]), .label = c->args[0], .enabled = true};
    rc = orx_plugins_load(c->plugins, &e.ref, &e.plugin, err);
    if (rc < 0)
        return rc;
    if (c->json)
        orx_cli_json(c, entry_node(c, &e));
    else
        print_info(c, e.plugin);
    return ORX_EXIT_OK;
}

/* ---- probe-internal ---------------------------------------------------------------------------
 */

static void emit(void *user ORX_UNUSED, orx_view line) {
    orx_cli_print(line);
    orx_cli_print(orx_view_of("\n"));
    (void)fflush(stdout);
}

int orx_cmd_plugin_probe(orx_cli *c, orx_err *err ORX_UNUSED) {
    int passed = orx_plugin_probe(c->p, (const char *const *)c->args, emit, NULL);
    return passed == c->arg_count ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}
