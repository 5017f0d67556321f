/* A LiteLLM configuration as entries of `providers`: the file, its rows and their names. */
#include "config/litellm.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_MOST 56 /* of 64, so that a number fits behind it */

/* ---- For all parts --------------------------------------------------------------------------- */

const char *orx_litellm_where(const orx_litellm *m, const orx_node *node) {
    return orx_arena_printf(m->arena, "%s:%u:%u", m->label, (unsigned)node->line,
                            (unsigned)node->column);
}

void orx_litellm_report(const orx_litellm *m, orx_severity severity, const orx_node *node,
                        const char *fmt, ...) {
    char text[600];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    orx_diag_add(m->l->diags, severity, orx_litellm_where(m, node), "%s", text);
}

void orx_litellm_unknown(orx_litellm *m, const orx_node *object, const char *path,
                         const char *known) {
    ORX_NODE_EACH(object, it) {
        ORX_CLEANUP(orx_str_free) orx_str name = {0};
        if (orx_word_index(known, it->key) >= 0 || orx_map_put(&m->ignored, it->key, m))
            continue;
        orx_explain_quote(it->key, &name);
        orx_diag_add(m->l->diags, ORX_DIAG_WARNING,
                     orx_arena_printf(m->arena, "%s:%u:%u", m->label, (unsigned)it->key_line,
                                      (unsigned)it->key_column),
                     "%s: nothing here looks at %s; it is ignored wherever it stands", path,
                     orx_str_cstr(&name));
    }
}

const orx_node *orx_litellm_get(const orx_node *object, const char *key) {
    const orx_node *n = orx_node_get(object, key);
    return n && n->kind != ORX_NULL ? n : NULL;
}

const orx_node *orx_litellm_setting(const orx_litellm *m, const char *key) {
    const orx_node *n = orx_litellm_get(orx_node_get(m->doc, "router_settings"), key);
    return n ? n : orx_litellm_get(orx_node_get(m->doc, "litellm_settings"), key);
}

void orx_litellm_put(const orx_litellm *m, orx_node *entry, const char *key, orx_node *value,
                     const orx_node *from) {
    value->line = from->line;
    value->column = from->column;
    orx_node_set(m->arena, entry, key, value);
    value->key_line = from->line;
    value->key_column = from->column;
}

bool orx_litellm_number(const orx_litellm *m, const orx_node *n, const char *path, double most,
                        double *ret) {
    bool is_number = n->kind == ORX_INT || n->kind == ORX_DOUBLE;
    double value = orx_node_num(n, -1);
    if (is_number && value >= 0 && value <= most) {
        *ret = value;
        return true;
    }
    if (is_number)
        orx_litellm_report(m, ORX_DIAG_ERROR, n, "%s: expected a number from 0 to %g, found %g",
                           path, most, value);
    else
        orx_litellm_report(m, ORX_DIAG_ERROR, n, "%s: expected a number from 0 to %g, found %s",
                           path, most, orx_kind_name(n->kind));
    return false;
}

/* ---- Names ----------------------------------------------------------------------------------- */

bool orx_litellm_is_own(const orx_litellm *m, const char *name) {
    const orx_node *own = orx_node_get(m->l->doc, "providers");
    if (orx_node_first(own))
        return orx_node_get(own, name) != NULL;
    for (size_t i = 0; orx_builtin_providers[i]; i++)
        if (strcmp(orx_builtin_providers[i], name) == 0)
            return true;
    return false;
}

static bool is_taken(const orx_litellm *m, const char *name) {
    if (orx_litellm_is_own(m, name))
        return true;
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->rows[i].name, name) == 0)
            return true;
    return false;
}

const char *orx_litellm_name(const orx_litellm *m, orx_view text) {
    char *name = orx_arena_dup(m->arena, text);
    size_t n = strlen(name);
    name[n < NAME_MOST ? n : NAME_MOST] = '\0';
    for (char *c = name; *c; c++)
        if (!orx_config_id_ok((orx_view){c, 1}) && *c != '.' && *c != '_' && *c != '-')
            *c = '-';
    while (*name && !orx_config_id_ok((orx_view){name, 1}))
        name++;
    return *name ? name : "model";
}

/* The first is called like its group, the second GROUP-2, and so on. */
static int place_in_group(const orx_litellm *m, const orx_litellm_row *row) {
    int place = 1;
    for (size_t i = 0; i < m->count; i++)
        place += strcmp(m->rows[i].said, row->said) == 0;
    return place;
}

static void give_name(const orx_litellm *m, orx_litellm_row *row) {
    const orx_node *id = orx_litellm_get(orx_node_get(row->node, "model_info"), "id");
    if (!id || id->kind != ORX_STRING)
        id = orx_litellm_get(orx_node_get(row->node, "litellm_params"), "endpoint_id");
    bool named = id && id->kind == ORX_STRING && id->u.s.len;
    const char *base = named ? orx_litellm_name(m, id->u.s) : row->group;
    int i = named ? 1 : place_in_group(m, row);
    row->name = i > 1 ? orx_arena_printf(m->arena, "%s-%d", base, i) : base;
    while (is_taken(m, row->name))
        row->name = orx_arena_printf(m->arena, "%s-%d", base, ++i);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* The group of a row, and the row; false when it has none. */
static bool take_group(orx_litellm *m, orx_litellm_row *row) {
    const orx_node *name = orx_node_get(row->node, "model_name");
    if (row->node->kind != ORX_OBJECT || !name || name->kind != ORX_STRING || !name->u.s.len) {
        orx_litellm_report(m, ORX_DIAG_ERROR, name ? name : row->node,
                           "%s: expected an object with a model_name, the group that the "
                           "deployment is of",
                           row->at);
        return false;
    }
    row->label = name;
    row->said = orx_arena_dup(m->arena, name->u.s);
    row->group = orx_litellm_name(m, name->u.s);
    return true;
}

static void take_row(orx_litellm *m, const orx_node *node, size_t index) {
    orx_litellm_row row = {.node = node,
                           .at = orx_arena_printf(m->arena, "model_list[%zu]", index)};
    if (!take_group(m, &row))
        return;
    if (!orx_litellm_row_read(m, &row)) {
        orx_map_put(&m->left_out, orx_view_of(row.said), m);
        return;
    }
    give_name(m, &row);
    m->rows[m->count++] = row;
}

/* Weights are whole numbers here. */
static int64_t unit_of_weights(const orx_node *list) {
    ORX_NODE_EACH(list, row) {
        const orx_node *w = orx_node_get(orx_node_get(row, "litellm_params"), "weight");
        if (w && w->kind == ORX_DOUBLE)
            return 1000;
    }
    return 1;
}

static void take_rows(orx_litellm *m) {
    const orx_node *list = orx_node_get(m->doc, "model_list");
    size_t index = 0;
    if (!list || list->kind != ORX_ARRAY || !list->count) {
        orx_litellm_report(m, ORX_DIAG_ERROR, list ? list : m->doc,
                           "model_list: expected a list of deployments");
        return;
    }
    m->weight_unit = unit_of_weights(list);
    m->rows = orx_arena_zalloc(m->arena, ORX_LITELLM_MAX, sizeof *m->rows);
    ORX_NODE_EACH(list, row) {
        if (m->count == ORX_LITELLM_MAX) {
            orx_litellm_report(m, ORX_DIAG_ERROR, row,
                               "model_list: %u deployments are more than %d; split the file",
                               (unsigned)list->count, ORX_LITELLM_MAX);
            return;
        }
        take_row(m, row, index++);
    }
    if (!m->count && !m->l->diags->errors)
        orx_litellm_report(m, ORX_DIAG_ERROR, list, "model_list: no deployment is left");
}

/* ---- As entries ------------------------------------------------------------------------------ */

static void check_sections(orx_litellm *m) {
    static const char *const objects[] = {"router_settings", "litellm_settings"};
    orx_litellm_unknown(m, m->doc, "the file",
                        "model_list|router_settings|litellm_settings|schema_version|router");
    for (size_t i = 0; i < ORX_ARRAY_LEN(objects); i++) {
        const orx_node *n = orx_litellm_get(m->doc, objects[i]);
        if (n && n->kind != ORX_OBJECT)
            orx_litellm_report(m, ORX_DIAG_ERROR, n, "%s: expected an object, found %s", objects[i],
                               orx_kind_name(n->kind));
    }
}

static const orx_node *entries_of(const orx_litellm *m) {
    orx_node *all = orx_node_new(m->arena, ORX_OBJECT);
    for (size_t i = 0; i < m->count; i++) {
        const orx_litellm_row *row = &m->rows[i];
        row->entry->line = row->node->line;
        row->entry->column = row->node->column;
        orx_node_add(m->arena, all, row->name, row->entry);
        row->entry->key_line = row->label->line;
        row->entry->key_column = row->label->column;
    }
    return all;
}

static const orx_node *read_file(orx_loader *l, const char *path) {
    orx_view text = {0};
    const orx_config_value *named = orx_map_get(&l->st->by_path, orx_view_of("route.litellm_file"));
    int rc = orx_loader_read_text(l, path, orx_limits_config.max_bytes, &text);
    if (rc == 0)
        orx_diag_add(l->diags, ORX_DIAG_ERROR, named->where,
                     "route.litellm_file: there is no %s; create it, or take the key out",
                     l->litellm_label);
    if (rc <= 0)
        return NULL;
    const orx_node *doc = orx_loader_parse(l, l->litellm_label, text);
    if (!doc && !l->diags->errors)
        orx_diag_add(l->diags, ORX_DIAG_ERROR, l->litellm_label,
                     "route.litellm_file: the file says nothing; expected a model_list");
    return doc;
}

void orx_loader_litellm(orx_loader *l) {
    const char *path = l->cfg->route.litellm_file;
    orx_litellm m = {.l = l, .arena = &l->st->arena};
    if (!path)
        return;
    l->litellm_label = m.label = orx_loader_label(l, path);
    m.doc = read_file(l, path);
    if (!m.doc)
        return;
    check_sections(&m);
    take_rows(&m);
    if (m.count)
        orx_litellm_router_apply(&m);
    for (size_t i = 0; i < m.count; i++)
        orx_litellm_row_own(&m, &m.rows[i]);
    l->litellm = entries_of(&m);
    orx_map_free(&m.ignored);
    orx_map_free(&m.left_out);
}
