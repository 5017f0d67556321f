#include "config/load.h"

const char *orx_loader_where(orx_loader *l, const orx_node *node) {
    return orx_arena_printf(&l->st->arena, "%s:%u:%u", l->doc_label, (unsigned)node->line,
                            (unsigned)node->column);
}

const char *orx_loader_key_where(orx_loader *l, const orx_node *member) {
    return orx_arena_printf(&l->st->arena, "%s:%u:%u", l->doc_label, (unsigned)member->key_line,
                            (unsigned)member->key_column);
}

void orx_loader_report(orx_loader *l, orx_severity severity, const char *where, const char *path,
                       const char *text) {
    orx_diag_add(l->diags, severity, where, "%s: %s", path, text);
}

void orx_loader_register(orx_loader *l, orx_config_value *v, bool listed) {
    orx_map_put(&l->st->by_path, orx_view_of(v->path), v);
    if (listed)
        orx_vec_push(&l->st->listed, v);
}

void orx_value_fill(const orx_config_value *v, void *base) {
    if (v->key->offset == ORX_NO_MEMBER || !v->set)
        return;
    void *at = (char *)base + v->key->offset;
    switch (v->key->type) {
    case ORX_CFG_BOOL:
        *(bool *)at = v->u.b;
        break;
    case ORX_CFG_SWITCH:
        *(bool *)at = v->u.i != 0;
        break;
    case ORX_CFG_ENUM: /* the enumerations of config.h have the size of int */
        *(int *)at = (int)v->u.i;
        break;
    case ORX_CFG_LIST:
    case ORX_CFG_ENVNAMES:
        *(orx_strings *)at = v->u.list;
        break;
    case ORX_CFG_MAP:
        *(const orx_node **)at = v->u.map;
        break;
    case ORX_CFG_DOUBLE:
        *(double *)at = v->u.d;
        break;
    case ORX_CFG_INT:
    case ORX_CFG_DURATION:
    case ORX_CFG_SIZE:
    case ORX_CFG_MONEY:
        *(int64_t *)at = v->u.i;
        break;
    default:
        *(const char **)at = v->u.s;
    }
}

/* ---- One layer over the others --------------------------------------------------------------- */

/* Takes `next` over when it could be read (rc >= 0) and reports what is to be said. */
static void lay(orx_loader *l, orx_config_value *v, const orx_config_value *next, int rc,
                orx_origin_kind origin, const char *where, const orx_str *problem) {
    if (rc)
        orx_loader_report(l, rc < 0 ? ORX_DIAG_ERROR : ORX_DIAG_WARNING, where, v->path,
                          orx_str_cstr(problem));
    if (rc < 0)
        return;
    *v = *next;
    v->origin = origin;
    v->where = where;
}

static void lay_text(orx_loader *l, orx_config_value *v, const char *text, orx_text_source source,
                     orx_origin_kind origin, const char *where) {
    ORX_CLEANUP(orx_str_free) orx_str problem = {0};
    orx_config_value next = *v;
    int rc = orx_value_from_text(&l->scope, v->key, orx_view_of(text), source, &next, &problem);
    lay(l, v, &next, rc, origin, where, &problem);
}

static void lay_node_at(orx_loader *l, orx_config_value *v, const orx_node *node,
                        orx_origin_kind origin, const char *where) {
    ORX_CLEANUP(orx_str_free) orx_str problem = {0};
    orx_config_value next = *v;
    int rc = 0;
    if (node->kind != ORX_NULL)
        rc = orx_value_from_node(&l->scope, v->key, node, &next, &problem);
    else if (v->key->marks & ORX_KEY_EMPTY_IS_NONE)
        next.set = false;
    else
        return; /* null: as if the key were not there */
    lay(l, v, &next, rc, origin, where, &problem);
}

static void lay_node(orx_loader *l, orx_config_value *v, const orx_node *node) {
    lay_node_at(l, v, node, ORX_ORIGIN_CONFIG, orx_loader_where(l, node));
}

/* An empty variable counts as not set, or as "none" for texts that can be none. */
static bool counts(const orx_config_key *key, const char *text) {
    bool textual = key->type == ORX_CFG_STRING || key->type == ORX_CFG_PATH;
    return *text || (textual && (key->marks & ORX_KEY_EMPTY_IS_NONE));
}

static void lay_environment(orx_loader *l, orx_config_value *v, const char *name) {
    const orx_envvar *file = orx_map_get(&l->st->file, orx_view_of(name));
    const char *process = orx_map_get(&l->st->process, orx_view_of(name));
    if (file && counts(v->key, file->value)) {
        const char *where = orx_arena_printf(&l->st->arena, "%s:%u:%u (%s)", l->st->envfile.name,
                                             (unsigned)file->line, (unsigned)file->column, name);
        lay_text(l, v, file->value, ORX_TEXT_ENV, ORX_ORIGIN_ENV_FILE, where);
    }
    if (process && counts(v->key, process))
        lay_text(l, v, process, ORX_TEXT_ENV, ORX_ORIGIN_ENV, name);
}

/* The first is the strongest, so it is laid last. */
static void lay_old_names(orx_loader *l, orx_config_value *v, orx_view names) {
    orx_view name;
    if (!orx_view_split(&names, ' ', &name))
        return;
    lay_old_names(l, v, names);
    lay_environment(l, v, orx_arena_dup(&l->st->arena, name));
}

/* ---- Flags ------------------------------------------------------------------------------------
 */

static bool is_switch(const orx_config_key *key) {
    return key->type == ORX_CFG_BOOL || key->type == ORX_CFG_SWITCH;
}

/* Whether option i is this flag; *ret_text is its value ("no" for --no-NAME). */
static bool flag_matches(const orx_loader *l, size_t i, const orx_config_key *key, const char *flag,
                         const char **ret_text) {
    const orx_flag_value *f = &l->options->flags[i];
    if (!strcmp(f->name, flag)) {
        *ret_text = !f->value && is_switch(key) ? "yes" : f->value;
        return true;
    }
    if (!is_switch(key) || strncmp(f->name, "no-", 3) != 0 || strcmp(f->name + 3, flag) != 0)
        return false;
    *ret_text = "no";
    return true;
}

static void lay_flag_list(orx_loader *l, orx_config_value *v, const orx_view *items, size_t count,
                          const char *where) {
    ORX_CLEANUP(orx_str_free) orx_str problem = {0};
    orx_config_value next = *v;
    int rc = orx_items_check(&l->scope, v->key, items, count, &next, &problem);
    lay(l, v, &next, rc, ORX_ORIGIN_FLAG, where, &problem);
}

static void lay_flags(orx_loader *l, orx_config_value *v, const char *flag) {
    orx_arena *arena = &l->st->arena;
    bool list = v->key->type == ORX_CFG_LIST || v->key->type == ORX_CFG_ENVNAMES;
    orx_view *items =
        list ? orx_arena_zalloc(arena, l->options->flag_count + 1, sizeof *items) : NULL;
    size_t count = 0;
    const char *where = orx_arena_printf(arena, "--%s", flag);
    for (size_t i = 0; i < l->options->flag_count; i++) {
        const char *text;
        if (!flag_matches(l, i, v->key, flag, &text))
            continue;
        l->flag_used[i] = true;
        if (!text)
            orx_loader_report(l, ORX_DIAG_ERROR, where, v->path, "this flag needs a value");
        else if (list)
            items[count++] = orx_view_of(text);
        else
            lay_text(l, v, text, ORX_TEXT_FLAG, ORX_ORIGIN_FLAG, where);
    }
    if (count)
        lay_flag_list(l, v, items, count, where);
}

/* ---- The overlay and the lane
 * ---------------------------------------------------------------------------------
 */

/* The node of a full path. Names of instances may hold dots, so each member is tried. */
static const orx_node *node_at(const orx_node *n, const char *path) {
    ORX_NODE_EACH(n && n->kind == ORX_OBJECT ? n : NULL, it) {
        if (strncmp(path, it->key.p, it->key.len) != 0)
            continue;
        const char *rest = path + it->key.len;
        const orx_node *found = *rest == '.' ? node_at(it, rest + 1) : *rest ? NULL : it;
        if (found)
            return found;
    }
    return NULL;
}

/* Adds the members of a map to those that are there. */
static const orx_node *merged(orx_arena *arena, const orx_node *map, const orx_node *more) {
    orx_node *all = map ? orx_node_copy(arena, map) : orx_node_new(arena, ORX_OBJECT);
    ORX_NODE_EACH(more, it)
    orx_node_set(arena, all, it->key.p, orx_node_copy(arena, it));
    return all;
}

/* What a document in the shape of the config file says of this value. */
static void lay_doc(orx_loader *l, orx_config_value *v, const orx_node *doc, const char *label,
                    orx_origin_kind origin) {
    const orx_node *node = node_at(doc, v->path);
    if (!node)
        return;
    if (v->key->type == ORX_CFG_MAP && node->kind == ORX_OBJECT)
        node = merged(&l->st->arena, v->u.map, node);
    lay_node_at(l, v, node, origin,
                orx_arena_printf(&l->st->arena, "%s:%u:%u", label, (unsigned)node->line,
                                 (unsigned)node->column));
}

/* ---- All of them ------------------------------------------------------------------------------
 */

/* What a value is before any layer: none, or the empty list. */
static orx_config_value *value_new(orx_loader *l, const orx_config_key *key, const char *path) {
    static const char *const no_items[] = {NULL};
    orx_config_value *v = ORX_ARENA_NEW(&l->st->arena, orx_config_value);
    v->path = orx_arena_strdup(&l->st->arena, path);
    v->key = key;
    v->origin = ORX_ORIGIN_DEFAULT;
    v->where = "default";
    if (key->type == ORX_CFG_LIST || key->type == ORX_CFG_ENVNAMES) {
        v->u.list = (orx_strings){no_items, 0};
        v->set = true;
    }
    return v;
}

orx_config_value *orx_loader_resolve(orx_loader *l, const orx_config_key *key, const char *path,
                                     const orx_layers *from) {
    orx_config_value *v = value_new(l, key, path);
    if (from->fallback)
        lay_text(l, v, from->fallback, ORX_TEXT_DEFAULT, ORX_ORIGIN_DEFAULT, "default");
    if (from->node)
        lay_node(l, v, from->node);
    if (from->env_old)
        lay_old_names(l, v, orx_view_of(from->env_old));
    if (from->env)
        lay_environment(l, v, from->env);
    if (l->overlay)
        lay_doc(l, v, l->overlay, l->overlay_label, ORX_ORIGIN_OVERLAY);
    if (l->options->lane)
        lay_doc(l, v, l->options->lane->doc, l->options->lane->label, ORX_ORIGIN_LANE_SPEC);
    if (from->flag)
        lay_flags(l, v, from->flag);
    return v;
}
