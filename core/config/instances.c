#include "config/load.h"

static const orx_config_key program_key = {.path = "providers.*.settings.program",
                                           .type = ORX_CFG_STRING,
                                           .marks = ORX_KEY_EMPTY_IS_NONE,
                                           .offset = ORX_NO_MEMBER};

/* [K] ORXAQ_AUTONOMY_CODEX_CMD and its like name the program of the provider of that name, as long
 * as it still uses the plugin of that name. NULL when neither variable nor flag is set. */
static const orx_program *program_of(orx_loader *l, const orx_provider_config *p) {
    const orx_builtin_binding *b = orx_builtin_binding_find(p->name, "settings.program");
    if (!b || strcmp(p->plugin, p->name) != 0)
        return NULL;
    const orx_layers from = {.env = b->env, .flag = b->flag};
    const orx_config_value *v = orx_loader_resolve(l, &program_key, b->path, &from);
    if (!v->set)
        return NULL;
    orx_program *program = ORX_ARENA_NEW(&l->st->arena, orx_program);
    *program = (orx_program){v, b->list};
    return program;
}

/* ---- Providers --------------------------------------------------------------------------------
 */

static void provider_member(orx_loader *l, orx_provider_config *p, const orx_config_key *key,
                            const orx_node *node) {
    const char *member = orx_config_key_member(key);
    const char *path = orx_arena_printf(&l->st->arena, "providers.%s.%s", p->name, member);
    const orx_node *given = orx_node_get(node, member);
    if (key->type == ORX_CFG_MAP) {
        p->settings = orx_loader_settings(l, key, path, given, program_of(l, p));
        return;
    }
    const orx_builtin_binding *b = orx_builtin_binding_find(p->name, member);
    orx_layers from = {.fallback = p->name, .node = given};
    if (p->plugin) { /* else this is the first row, which the others may depend on */
        const char *fallback = orx_builtin_default(p->name, p->plugin, member);
        from.fallback = fallback ? fallback : key->fallback;
    }
    if (b) {
        from.env = b->env;
        from.flag = b->flag;
    }
    orx_config_value *v = orx_loader_resolve(l, key, path, &from);
    orx_loader_register(l, v, true);
    orx_value_fill(v, p);
}

static void provider(orx_loader *l, orx_provider_config *p, const char *name,
                     const orx_node *node) {
    p->name = name;
    p->where = node ? orx_loader_key_where(l, node) : "default";
    p->file = l->cfg->config_file;
    p->input_price = p->output_price = -1;
    for (size_t i = 0; i < orx_config_key_count; i++)
        if (orx_view_is(orx_config_key_section(&orx_config_keys[i]), "providers.*"))
            provider_member(l, p, &orx_config_keys[i], node);
    if (!p->account)
        p->account = p->name;
    p->has_price = p->input_price >= 0 && p->output_price >= 0;
}

static int by_rank(const void *a, const void *b) {
    const orx_provider_config *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The object of instances in the document, or NULL; wrong shapes were reported by unknown.c. */
static const orx_node *instances(orx_loader *l, const char *section) {
    const orx_node *n = orx_node_get(l->doc, section);
    return n && n->kind == ORX_OBJECT && n->count ? n : NULL;
}

/* Whether a member of `section` can be an instance; says so when its name cannot. */
static bool usable(orx_loader *l, const char *section, const orx_node *member, size_t seen) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    static const orx_config_key name_key = {.type = ORX_CFG_ID};
    if (seen == ORX_INSTANCES_MAX)
        orx_str_addf(&text, "more than %d entries", ORX_INSTANCES_MAX);
    else if (!orx_config_id_ok(member->key))
        orx_explain_text(&name_key, member->key, false, &text);
    if (text.len)
        orx_loader_report(l, ORX_DIAG_ERROR, orx_loader_key_where(l, member), section,
                          orx_str_cstr(&text));
    return !text.len && (member->kind == ORX_OBJECT || member->kind == ORX_NULL);
}

/* Names and nodes of the usable members of a section, at most ORX_INSTANCES_MAX. */
static size_t collect(orx_loader *l, const char *section, const orx_node *list,
                      const orx_node *nodes[ORX_INSTANCES_MAX]) {
    size_t seen = 0, count = 0;
    ORX_NODE_EACH(list, it) {
        if (seen > ORX_INSTANCES_MAX)
            break;
        if (usable(l, section, it, seen++))
            nodes[count++] = it;
    }
    return count;
}

/* Those of route.litellm_file, whose places are in that file. */
static void further_providers(orx_loader *l, orx_provider_config *to) {
    const char *label = l->doc_label;
    l->doc_label = l->litellm_label;
    ORX_NODE_EACH(l->litellm, n) {
        provider(l, to, n->key.p, n);
        to++->file = l->cfg->route.litellm_file;
    }
    l->doc_label = label;
}

void orx_loader_providers(orx_loader *l) {
    orx_arena *arena = &l->st->arena;
    const orx_node *nodes[ORX_INSTANCES_MAX], *list = instances(l, "providers");
    size_t count = 0;
    if (list)
        count = collect(l, "providers", list, nodes);
    else
        while (orx_builtin_providers[count])
            count++;
    size_t all = count + (l->litellm ? l->litellm->count : 0);
    l->cfg->providers = orx_arena_zalloc(arena, all + 1, sizeof *l->cfg->providers);
    l->cfg->provider_count = all;
    for (size_t i = 0; i < count; i++) {
        const char *name = list ? orx_arena_dup(arena, nodes[i]->key) : orx_builtin_providers[i];
        provider(l, &l->cfg->providers[i], name, list ? nodes[i] : NULL);
    }
    further_providers(l, l->cfg->providers + count);
    qsort(l->cfg->providers, all, sizeof *l->cfg->providers, by_rank);
}

/* ---- Routers ----------------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b) {
    return strcmp(((const orx_router_config *)a)->name, ((const orx_router_config *)b)->name);
}

static void router(orx_loader *l, orx_router_config *r, const orx_node *node) {
    orx_arena *arena = &l->st->arena;
    r->name = orx_arena_dup(arena, node->key);
    const orx_config_key *plugin = orx_config_key_find(orx_view_of("routers.*.plugin"));
    const orx_config_key *settings = orx_config_key_find(orx_view_of("routers.*.settings"));
    orx_config_value *v = orx_loader_resolve(
        l, plugin, orx_arena_printf(arena, "routers.%s.plugin", r->name),
        &(orx_layers){.fallback = r->name, .node = orx_node_get(node, "plugin")});
    orx_loader_register(l, v, true);
    orx_value_fill(v, r);
    r->settings =
        orx_loader_settings(l, settings, orx_arena_printf(arena, "routers.%s.settings", r->name),
                            orx_node_get(node, "settings"), NULL);
}

void orx_loader_routers(orx_loader *l) {
    const orx_node *nodes[ORX_INSTANCES_MAX], *list = instances(l, "routers");
    size_t count = list ? collect(l, "routers", list, nodes) : 0;
    l->cfg->routers = orx_arena_zalloc(&l->st->arena, count + 1, sizeof *l->cfg->routers);
    l->cfg->router_count = count;
    for (size_t i = 0; i < count; i++)
        router(l, &l->cfg->routers[i], nodes[i]);
    qsort(l->cfg->routers, count, sizeof *l->cfg->routers, by_name);
}

/* ---- Caps -------------------------------------------------------------------------------------
 */

static int cap_by_name(const void *a, const void *b) {
    return strcmp(((const orx_cap_config *)a)->name, ((const orx_cap_config *)b)->name);
}

size_t orx_loader_entries(orx_loader *l, const char *section,
                          const orx_node *nodes[ORX_INSTANCES_MAX]) {
    const orx_node *list = instances(l, section);
    return list ? collect(l, section, list, nodes) : 0;
}

void orx_loader_entry(orx_loader *l, const char *section, const char *name, const orx_node *node,
                      const char *(*builtin)(const char *name, const char *member), void *base) {
    orx_arena *arena = &l->st->arena;
    const char *pattern = orx_arena_printf(arena, "%s.*", section);
    for (size_t k = 0; k < orx_config_key_count; k++) {
        const orx_config_key *key = &orx_config_keys[k];
        if (!orx_view_is(orx_config_key_section(key), pattern))
            continue;
        const char *member = orx_config_key_member(key);
        const char *known = builtin ? builtin(name, member) : NULL;
        const orx_layers from = {.fallback = known ? known : key->fallback,
                                 .node = node ? orx_node_get(node, member) : NULL};
        orx_config_value *v = orx_loader_resolve(
            l, key, orx_arena_printf(arena, "%s.%s.%s", section, name, member), &from);
        orx_loader_register(l, v, true);
        orx_value_fill(v, base);
    }
}

void orx_loader_caps(orx_loader *l) {
    orx_arena *arena = &l->st->arena;
    const orx_node *nodes[ORX_INSTANCES_MAX];
    size_t count = orx_loader_entries(l, "caps", nodes);
    l->cfg->caps = orx_arena_zalloc(arena, count + 1, sizeof *l->cfg->caps);
    l->cfg->cap_count = count;
    for (size_t i = 0; i < count; i++) {
        orx_cap_config *c = &l->cfg->caps[i];
        c->name = orx_arena_dup(arena, nodes[i]->key);
        orx_loader_entry(l, "caps", c->name, nodes[i], NULL, c);
    }
    qsort(l->cfg->caps, count, sizeof *l->cfg->caps, cap_by_name);
}
