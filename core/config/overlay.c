/* Overlays: what one kind of work changes in the configuration of a root. `--overlay NAME` reads
 * config/overlays/NAME.yaml, which has the shape of the config file, and lays it over that file and
 * the environment: whoever names it means it, whatever is set for other work. It has no entries of
 * its own, since names are what the journal tells units, tasks and costs apart by. */
#include "config/load.h"

#include "platform/files.h"

#define FOLDER "config/overlays"

static void read_it(orx_loader *l, const char *name) {
    orx_arena *a = &l->st->arena;
    const char *path = orx_arena_printf(a, "%s/" FOLDER "/%s.yaml", l->cfg->root, name);
    orx_view text = {0};
    l->overlay_label = orx_loader_label(l, path);
    int rc = orx_loader_read_text(l, path, orx_limits_config.max_bytes, &text);
    if (rc == 0 && l->options->overlay_text) {
        l->overlay_label = orx_arena_printf(a, "built-in " FOLDER "/%s.yaml", name);
        text = orx_view_of(l->options->overlay_text);
    } else if (rc == 0) {
        orx_diag_add(l->diags, ORX_DIAG_ERROR, "--overlay",
                     "there is no overlay \"%s\": %s is missing", name, l->overlay_label);
    }
    if (text.len)
        l->overlay = orx_loader_parse(l, l->overlay_label, text);
}

/* Its words are checked like those of the config file. */
static void check_words(orx_loader *l) {
    const orx_node *doc = l->doc;
    const char *label = l->doc_label;
    l->doc = l->overlay;
    l->doc_label = l->overlay_label;
    orx_loader_unknown_keys(l);
    l->doc = doc;
    l->doc_label = label;
}

void orx_loader_read_overlay(orx_loader *l) {
    const char *name = l->options->overlay;
    if (!name)
        return;
    if (!orx_config_id_ok(orx_view_of(name))) {
        orx_diag_add(l->diags, ORX_DIAG_ERROR, "--overlay",
                     "expected the name of a file in " FOLDER
                     " without .yaml: letters, digits, - and _");
        return;
    }
    read_it(l, name);
    l->cfg->overlay = orx_arena_strdup(&l->st->arena, name);
    check_words(l);
}

/* ---- Entries --------------------------------------------------------------------------------- */

/* Sections of entries, and a member that each entry has. */
static const struct {
    const char *section;
    const char *member;
} sections[] = {
    {"providers", "plugin"}, {"routers", "plugin"}, {"caps", "daily"}, {"services", "enabled"}};

static void refuse(orx_loader *l, const orx_node *n, const char *path, const char *text) {
    const char *where = orx_arena_printf(&l->st->arena, "%s:%u:%u", l->overlay_label,
                                         (unsigned)n->key_line, (unsigned)n->key_column);
    orx_loader_report(l, ORX_DIAG_ERROR, where, path, text);
}

static void check_section(orx_loader *l, const char *section, const char *member) {
    const orx_node *list = orx_node_get(l->overlay, section);
    ORX_NODE_EACH(list && list->kind == ORX_OBJECT ? list : NULL, n) {
        const char *path =
            orx_arena_printf(&l->st->arena, "%s.%.*s", section, ORX_VIEW_ARG(n->key));
        const char *probe = orx_arena_printf(&l->st->arena, "%s.%s", path, member);
        if (!orx_map_get(&l->st->by_path, orx_view_of(probe)))
            refuse(l, n, path,
                   "the configuration has no such entry; an overlay changes those there are");
    }
}

void orx_loader_check_overlay(orx_loader *l) {
    const orx_node *plugins = orx_node_get(l->overlay, "plugins");
    for (size_t i = 0; i < ORX_ARRAY_LEN(sections); i++)
        check_section(l, sections[i].section, sections[i].member);
    if (plugins)
        refuse(l, plugins, "plugins", "an overlay loads no modules; name them in the config file");
}
