/* Settings against declared keys.
 *
 * The keys form a small tree (key.h). One level of it, the keys that share a prefix of parts, is
 * laid over one map of the operator's; maps and lists of maps go one level deeper, so the depth is
 * bounded by the number of parts. */
#include "base/nearest.h"
#include "plugin/key.h"

#define PROBLEMS_MAX 100
#define MAPS_MAX     4096

typedef struct split_key {
    const orxaq_config_key *key;
    orx_key_part parts[ORX_KEY_PARTS_MAX];
    int count;
} split_key;

typedef struct building {
    const orx_settings_spec *spec;
    split_key *keys;
    uint32_t key_count;
    orx_bases bases;
    orx_arena *arena;
    orx_err *err;
    int problems;
} building;

/* A place in the settings: the keys from `first` on whose leading `depth` parts are those of it. */
typedef struct place {
    const split_key *first;
    int depth;
    const char *path; /* for messages */
} place;

static bool same_prefix(const split_key *a, const split_key *b, int depth) {
    if (a->count <= depth || b->count <= depth)
        return false;
    for (int i = 0; i < depth; i++)
        if (!orx_view_eq(a->parts[i].name, b->parts[i].name) ||
            a->parts[i].list != b->parts[i].list)
            return false;
    return true;
}

/* "FILE:LINE:COLUMN: " for a node that was read, "FILE: " otherwise. */
static const char *where(const building *b, const orx_node *n) {
    const char *file = b->spec->file;
    if (!file)
        return "";
    return n && n->line ? orx_arena_printf(b->arena, "%s:%u:%u: ", file, n->line, n->column)
                        : orx_arena_printf(b->arena, "%s: ", file);
}

static int problem(building *b, const orx_node *n, const char *path, const char *text) {
    if (b->problems++ == 0)
        orx_err_set(b->err, ORX_E_INVALID, "%s%s: %s", where(b, n), path, text);
    return b->problems < PROBLEMS_MAX ? 0 : ORX_E_INVALID;
}

static const char *join(const building *b, const char *path, orx_view name) {
    return orx_arena_printf(b->arena, "%s%s%.*s", path, *path ? "." : "", ORX_VIEW_ARG(name));
}

/* ---- Unknown keys -------------------------------------------------------------------------- */

static bool known_here(const building *b, const place *at, orx_view name) {
    for (uint32_t i = 0; i < b->key_count; i++)
        if (same_prefix(at->first, &b->keys[i], at->depth) &&
            orx_view_eq(b->keys[i].parts[at->depth].name, name))
            return true;
    return false;
}

static const char *nearest_here(const building *b, const place *at, orx_view name) {
    orx_nearest nearest = {0};
    for (uint32_t i = 0; i < b->key_count; i++)
        if (same_prefix(at->first, &b->keys[i], at->depth))
            orx_nearest_try(&nearest, name,
                            orx_arena_dup(b->arena, b->keys[i].parts[at->depth].name));
    return nearest.best;
}

static int check_unknown(building *b, const place *at, const orx_node *given) {
    ORX_NODE_EACH(given, it) {
        if (known_here(b, at, it->key))
            continue;
        const char *near = nearest_here(b, at, it->key);
        const char *id = orx_plugin_descriptor(b->spec->plugin)->id;
        const char *text =
            near ? orx_arena_printf(b->arena, "the plugin %s has no such key; did you mean %s?", id,
                                    near)
                 : orx_arena_printf(b->arena,
                                    "the plugin %s has no such key; see: orxaq plugin info %s", id,
                                    id);
        if (problem(b, it, join(b, at->path, it->key), text) < 0)
            return ORX_E_INVALID;
    }
    return 0;
}

/* ---- Values -------------------------------------------------------------------------------- */

static void warn_deprecated(const building *b, const orxaq_config_key *key, const orx_node *given,
                            const char *path) {
    if (!(key->flags & ORXAQ_KEY_DEPRECATED) || !b->spec->warn)
        return;
    const char *use = key->replaced_by ? key->replaced_by : NULL;
    b->spec->warn(b->spec->user,
                  orx_arena_printf(b->arena, "%s%s: this key is deprecated%s%s", where(b, given),
                                   path, use ? "; use " : "", use ? use : ""));
}

static int build_leaf(building *b, const orxaq_config_key *key, const orx_node *given,
                      const orx_node *around, const char *path, orx_node **ret_value) {
    orx_err why = ORX_ERR_INIT;
    int rc;
    if (!given || given->kind == ORX_NULL) {
        if (key->flags & ORXAQ_KEY_REQUIRED)
            return problem(b, around, path,
                           orx_arena_printf(b->arena, "missing; expected %s: %s",
                                            orx_key_expected(key), key->help));
        rc = orx_key_default(key, &b->bases, b->arena, ret_value, &why);
    } else {
        warn_deprecated(b, key, given, path);
        rc = orx_key_convert(key, given, &b->bases, b->arena, ret_value, &why);
    }
    return rc < 0
               ? problem(b, given ? given : around, path, orx_arena_printf(b->arena, "%s", why.msg))
               : 0;
}

static int build_map(building *b, const place *at, const orx_node *given, const orx_node *around,
                     orx_node **ret_map);

static int build_list(building *b, const place *at, const orx_node *given, orx_node **ret_list) {
    *ret_list = orx_node_new(b->arena, ORX_ARRAY);
    if (!given || given->kind == ORX_NULL)
        return 0;
    if (given->kind != ORX_ARRAY || given->count > MAPS_MAX)
        return problem(b, given, at->path,
                       given->kind == ORX_ARRAY
                           ? "more than 4096 elements"
                           : orx_arena_printf(b->arena, "expected a list of maps, found %s",
                                              orx_kind_name(given->kind)));
    int i = 0;
    ORX_NODE_EACH(given, it) {
        place element = *at;
        element.path = orx_arena_printf(b->arena, "%s[%d]", at->path, i++);
        orx_node *map = NULL;
        int rc = build_map(b, &element, it, it, &map);
        if (rc < 0)
            return rc;
        orx_node_push(*ret_list, map);
    }
    return 0;
}

/* One name of a level: a value, a map or a list of maps. */
static int build_part(building *b, const split_key *key, const place *at, const orx_node *given,
                      const orx_node *around, orx_node **ret_value) {
    const orx_key_part *part = &key->parts[at->depth];
    const char *path = join(b, at->path, part->name);
    if (key->count == at->depth + 1)
        return build_leaf(b, key->key, given, around, path, ret_value);
    place deeper = {key, at->depth + 1, path};
    if (part->list)
        return build_list(b, &deeper, given, ret_value);
    return build_map(b, &deeper, given, given ? given : around, ret_value);
}

static int build_map(building *b, const place *at, const orx_node *given, const orx_node *around,
                     orx_node **ret_map) {
    *ret_map = orx_node_new(b->arena, ORX_OBJECT);
    if (given && given->kind == ORX_NULL)
        given = NULL;
    if (given && given->kind != ORX_OBJECT)
        return problem(
            b, given, at->path,
            orx_arena_printf(b->arena, "expected a map, found %s", orx_kind_name(given->kind)));
    int rc = check_unknown(b, at, given);
    for (uint32_t i = 0; i < b->key_count && rc >= 0; i++) {
        const split_key *key = &b->keys[i];
        if (!same_prefix(at->first, key, at->depth))
            continue;
        const char *name = orx_arena_dup(b->arena, key->parts[at->depth].name);
        if (orx_node_get(*ret_map, name))
            continue;
        orx_node *value = NULL;
        rc = build_part(b, key, at, orx_node_get(given, name), around, &value);
        orx_node_set(b->arena, *ret_map, name, value ? value : orx_node_new(b->arena, ORX_NULL));
    }
    return rc;
}

/* ---- The whole ----------------------------------------------------------------------------- */

static void split_keys(building *b) {
    const orxaq_plugin *d = orx_plugin_descriptor(b->spec->plugin);
    b->keys = orx_arena_zalloc(b->arena, d->config_count + 1, sizeof *b->keys);
    for (uint32_t i = 0; i < d->config_count; i++) {
        split_key *k = &b->keys[b->key_count++];
        k->key = orx_plugin_key(b->spec->plugin, i);
        k->count = orx_key_split(k->key->key, k->parts, NULL);
    }
}

int orx_settings_build(const orx_settings_spec *spec, orx_arena *arena, orx_node **ret_tree,
                       orx_err *err) {
    building b = {
        .spec = spec, .arena = arena, .err = err, .bases = {spec->root, spec->home, spec->p}};
    split_keys(&b);
    static const split_key none = {.count = 1};
    place top = {b.key_count ? b.keys : &none, 0, spec->path ? spec->path : ""};
    orx_node *tree = NULL;
    (void)build_map(&b, &top, spec->given, spec->given, &tree);
    if (b.problems > 1 && err) {
        orx_err first = *err;
        orx_err_set(err, ORX_E_INVALID, "%s (and %d more)", first.msg, b.problems - 1);
    }
    if (b.problems)
        return ORX_E_INVALID;
    *ret_tree = tree;
    return 0;
}

/* "keys[3].token" is declared as "keys[].token". */
static bool declared_secret(const orx_plugin *plugin, orx_view path) {
    ORX_CLEANUP(orx_str_free) orx_str plain = {0};
    bool index = false;
    for (size_t i = 0; i < path.len; i++) {
        index = path.p[i] == ']' ? false : index;
        if (!index)
            orx_str_addc(&plain, path.p[i]);
        index = path.p[i] == '[' ? true : index;
    }
    const orxaq_config_key *key;
    for (uint32_t i = 0; (key = orx_plugin_key(plugin, i)); i++)
        if (key->type == ORXAQ_CONFIG_SECRET && orx_view_is(orx_str_view(&plain), key->key))
            return true;
    return false;
}

const char *orx_settings_secret(const orx_settings_spec *spec, orx_view key) {
    if (key.len == 0 || key.len > 300 || !declared_secret(spec->plugin, key))
        return NULL;
    ORX_CLEANUP(orx_freep) char *path = orx_xmemdup0(key.p, key.len);
    return orx_node_str(orx_node_path(spec->given, path), NULL);
}
