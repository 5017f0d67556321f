#include "run/route_policy.h"

#include "config/value.h"
#include "platform/files.h"

#include <math.h>

static const char *const no_items[] = {NULL};

orx_routellm_policy orx_routellm_policy_none(void) {
    return (orx_routellm_policy){
        .provider_enabled = true, .url = "", .fallback = "", .allowed = {no_items, 0}};
}

/* ---- Values as the predecessor read them ----------------------------------------------------- */

static bool truth(const orx_node *n, bool otherwise) {
    int word = -1;
    switch (n ? n->kind : ORX_NULL) {
    case ORX_BOOL:
        return n->u.b;
    case ORX_INT:
    case ORX_DOUBLE:
        return fabs(orx_node_num(n, 0)) > 0;
    case ORX_STRING:
        word = orx_word_boolean(orx_view_trim(n->u.s));
        return word < 0 ? otherwise : word != 0;
    case ORX_NULL:
    case ORX_ARRAY:
    case ORX_OBJECT:
    default:
        return otherwise;
    }
}

static const char *text_of(const orx_node *n, orx_arena *arena) {
    return orx_arena_dup(arena, orx_view_trim(orx_view_of(orx_node_str(n, ""))));
}

static int64_t seconds_of(const orx_node *n) {
    double seconds = orx_node_num(n, 0);
    if (!(seconds > 0))
        return 0;
    return seconds < 86400 ? (int64_t)(seconds * (double)ORX_SEC) : 86400 * ORX_SEC;
}

/* ---- The allow-list -------------------------------------------------------------------------- */

static const char *find(const orx_strings *list, orx_view model) {
    for (size_t i = 0; i < list->count; i++)
        if (orx_view_ieq(orx_view_of(list->items[i]), model))
            return list->items[i];
    return NULL;
}

const char *orx_routellm_allowed(const orx_strings *allowed, const char *model) {
    orx_view name = orx_view_trim(orx_view_of(model));
    if (!name.len)
        return NULL;
    return allowed->count ? find(allowed, name) : model;
}

static orx_view behind_slash(orx_view name) {
    const char *slash = name.len ? memchr(name.p, '/', name.len) : NULL;
    size_t n = slash ? (size_t)(slash + 1 - name.p) : 0;
    return orx_view_mem(name.p + n, name.len - n);
}

bool orx_routellm_same_model(orx_view a, orx_view b) {
    return orx_view_ieq(a, b) || orx_view_ieq(behind_slash(a), behind_slash(b));
}

static void add_model(orx_arena *arena, orx_view text, const char **items, orx_strings *list) {
    text = orx_view_trim(text);
    if (!text.len || list->count == ORX_ROUTELLM_MODELS_MAX || find(list, text))
        return;
    items[list->count++] = orx_arena_dup(arena, text);
}

static void add_split(orx_arena *arena, orx_view text, const char **items, orx_strings *list) {
    orx_view part;
    while (orx_view_split(&text, ';', &part)) {
        orx_view one;
        while (orx_view_split(&part, ',', &one))
            add_model(arena, one, items, list);
    }
}

static orx_strings models_of(const orx_node *n, orx_arena *arena) {
    const char **items = orx_arena_zalloc(arena, ORX_ROUTELLM_MODELS_MAX + 1, sizeof *items);
    orx_strings list = {items, 0};
    if (n && n->kind == ORX_STRING)
        add_split(arena, n->u.s, items, &list);
    ORX_NODE_EACH(n && n->kind == ORX_ARRAY ? n : NULL, it)
    add_model(arena, orx_view_of(orx_node_str(it, "")), items, &list);
    return list;
}

/* ---- The file -------------------------------------------------------------------------------- */

int orx_routellm_policy_read(orx_platform *p, const char *path, const char *provider,
                             orx_arena *arena, orx_routellm_policy *ret_policy, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const orx_node *root = NULL;
    if (!orx_exists(p, path)) {
        *ret_policy = orx_routellm_policy_none();
        return 0;
    }
    int rc = orx_read_file(p, path, orx_limits_config.max_bytes, &bytes, err);
    if (rc == 0)
        rc = orx_doc_parse(arena, path, orx_str_view(&bytes), &orx_limits_config, &root, err);
    if (rc == 0 && root->kind != ORX_OBJECT)
        rc = orx_err_set(err, ORX_E_INVALID, "%s:1:1: expected an object, found %s", path,
                         orx_kind_name(root->kind));
    if (rc < 0)
        return rc;
    const orx_node *own = orx_node_get(orx_node_get(root, "providers"), provider);
    *ret_policy = (orx_routellm_policy){
        .enabled = truth(orx_node_get(root, "enabled"), false),
        .provider_enabled = truth(orx_node_get(own, "enabled"), true),
        .url = text_of(orx_node_path(root, "router.url"), arena),
        .timeout_ns = seconds_of(orx_node_path(root, "router.timeout_sec")),
        .fallback = text_of(orx_node_get(own, "fallback_model"), arena),
        .allowed = models_of(orx_node_get(own, "allowed_models"), arena),
    };
    return 0;
}
