/* [K] The predecessor's document of a lane: every key of the spec, in its words. */
#include "lane/fields.h"

static void put_text(orx_arena *a, orx_node *n, const char *key, const char *text) {
    if (text)
        orx_node_set_str(a, n, key, text);
    else
        orx_node_set(a, n, key, orx_node_new(a, ORX_NULL));
}

static orx_node *list_of(orx_arena *a, const orx_strings *list) {
    orx_node *n = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < list->count; i++)
        orx_node_push(n, orx_node_new_str(a, orx_view_of(list->items[i])));
    return n;
}

bool orx_lane_is_secret(orx_view name) {
    static const char *const words[] = {"KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL"};
    for (size_t i = 0; i < name.len; i++)
        for (size_t k = 0; k < ORX_ARRAY_LEN(words); k++) {
            size_t n = strlen(words[k]);
            if (name.len - i >= n && orx_view_ieq((orx_view){name.p + i, n}, orx_view_of(words[k])))
                return true;
        }
    return false;
}

static orx_node *env_of(orx_arena *a, const orx_node *env) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    ORX_NODE_EACH(env, it)
    orx_node_set_str(a, n, it->key.p, orx_lane_is_secret(it->key) ? "(hidden)" : it->u.s.p);
    return n;
}

static void put_field(orx_arena *a, orx_node *n, const orx_lane_field *f, const orx_lane *lane) {
    const void *at = (const char *)lane + f->offset;
    switch (f->kind) {
    case ORX_LANE_TEXT:
    case ORX_LANE_PATH:
    case ORX_LANE_APATH:
        put_text(a, n, f->key, *(const char *const *)at);
        break;
    case ORX_LANE_BOOL:
        orx_node_set_bool(a, n, f->key, *(const bool *)at);
        break;
    case ORX_LANE_INT:
    case ORX_LANE_SIZE:
    case ORX_LANE_COUNT:
        orx_node_set_int(a, n, f->key, *(const int64_t *)at);
        break;
    case ORX_LANE_NUMBER:
        orx_node_set(a, n, f->key, orx_node_new_double(a, *(const double *)at));
        break;
    case ORX_LANE_LIST:
    case ORX_LANE_WORDS:
        orx_node_set(a, n, f->key, list_of(a, at));
        break;
    case ORX_LANE_ENV:
        orx_node_set(a, n, f->key, env_of(a, lane->env));
        break;
    case ORX_LANE_PROFILE:
        orx_node_set_str(a, n, f->key, orx_profile_name((orx_profile)lane->execution_profile));
        break;
    case ORX_LANE_IGNORED:
        break;
    }
}

orx_node *orx_lane_node(const orx_lane *lane, orx_arena *arena) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    const char *const owners[] = {lane->owner, NULL};
    orx_node_set_str(arena, n, "id", lane->id);
    orx_node_set_str(arena, n, "owner", lane->owner);
    for (size_t i = 0; !lane->problem && i < orx_lane_field_count; i++)
        put_field(arena, n, &orx_lane_fields[i], lane);
    orx_node_set(arena, n, "owner_filter", list_of(arena, &(orx_strings){owners, 1}));
    put_text(arena, n, "runtime_dir", lane->runtime_dir);
    return n;
}
