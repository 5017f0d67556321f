#include "config/load.h"

#define PLUGINS_MAX 256

static bool is_sha256(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

/* The digest in lower case. */
static void check_digest(orx_loader *l, orx_plugin_config *p, const char *path) {
    if (!p->sha256)
        return;
    if (!is_sha256(p->sha256)) {
        orx_loader_report(l, ORX_DIAG_ERROR, p->where, path,
                          "expected sha256 to be 64 hexadecimal digits");
        return;
    }
    char *lower = orx_arena_strdup(&l->st->arena, p->sha256);
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c - 'A' + 'a');
    p->sha256 = lower;
}

/* By what stands in the file: a name that is there but wrong has been reported already. */
static bool given(const orx_node *node, const char *member) {
    const orx_node *n = orx_node_get(node, member);
    return n && n->kind != ORX_NULL;
}

static void check_identity(orx_loader *l, const orx_plugin_config *p, const orx_node *node,
                           const char *path) {
    bool name = given(node, "name"), file = given(node, "path");
    if (name == file)
        orx_loader_report(l, ORX_DIAG_ERROR, p->where, path,
                          name ? "expected either name or path, found both"
                               : "expected name or path, found neither");
    for (const orx_plugin_config *o = l->cfg->plugins; o < p; o++) {
        bool same = (p->name && o->name && !strcmp(p->name, o->name)) ||
                    (p->path && o->path && !strcmp(p->path, o->path));
        if (same)
            orx_diag_add(l->diags, ORX_DIAG_ERROR, p->where, "%s: %s is listed already at %s", path,
                         p->name ? p->name : p->path, o->where);
    }
}

static void plugin(orx_loader *l, orx_plugin_config *p, const orx_node *node, size_t index) {
    orx_arena *arena = &l->st->arena;
    const char *self = orx_arena_printf(arena, "plugins[%zu]", index);
    p->where = orx_loader_where(l, node);
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (!orx_view_is(orx_config_key_section(key), "plugins[]"))
            continue;
        const char *member = orx_config_key_member(key);
        const char *path = orx_arena_printf(arena, "%s.%s", self, member);
        const orx_layers from = {.fallback = key->fallback, .node = orx_node_get(node, member)};
        if (key->type == ORX_CFG_MAP) {
            p->settings = orx_loader_settings(l, key, path, from.node, NULL);
            continue;
        }
        orx_config_value *v = orx_loader_resolve(l, key, path, &from);
        orx_loader_register(l, v, true);
        orx_value_fill(v, p);
    }
    check_identity(l, p, node, self);
    check_digest(l, p, self);
}

void orx_loader_plugins(orx_loader *l) {
    const orx_node *list = orx_node_get(l->doc, "plugins");
    size_t count = list && list->kind == ORX_ARRAY ? list->count : 0;
    if (count > PLUGINS_MAX) {
        orx_loader_report(l, ORX_DIAG_ERROR, orx_loader_where(l, list), "plugins",
                          "more than 256 entries");
        count = PLUGINS_MAX;
    }
    l->cfg->plugins = orx_arena_zalloc(&l->st->arena, count + 1, sizeof *l->cfg->plugins);
    size_t index = 0;
    for (const orx_node *it = count ? orx_node_first(list) : NULL; it && index < count;
         it = it->next, index++)
        if (it->kind == ORX_OBJECT)
            plugin(l, &l->cfg->plugins[l->cfg->plugin_count++], it, index);
}
