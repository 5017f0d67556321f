#include "config/value.h"

int orx_items_check(const orx_value_scope *scope, const orx_config_key *key, const orx_view *items,
                    size_t count, orx_config_value *out, orx_str *problem) {
    const char **list = orx_arena_zalloc(scope->arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        bool ok = items[i].len && !memchr(items[i].p, 0, items[i].len);
        if (ok && key->type == ORX_CFG_ENVNAMES)
            ok = orx_env_pattern_ok(items[i]);
        if (!ok) {
            orx_explain_text(key, items[i], false, problem);
            orx_str_addf(problem, " as item %zu", i + 1);
            return -1;
        }
        list[i] = orx_arena_dup(scope->arena, items[i]);
    }
    out->set = true;
    out->u.list = (orx_strings){list, count};
    return 0;
}

int orx_items_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                        orx_config_value *out, orx_str *problem) {
    orx_view *items = orx_arena_zalloc(scope->arena, text.len + 1, sizeof *items);
    size_t count = 0, from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && !(text.p[i] && strchr(key->split, text.p[i])))
            continue;
        orx_view item = orx_view_trim((orx_view){text.p + from, i - from});
        if (item.len)
            items[count++] = item;
        from = i + 1;
    }
    return orx_items_check(scope, key, items, count, out, problem);
}

int orx_items_from_node(const orx_value_scope *scope, const orx_config_key *key,
                        const orx_node *array, orx_config_value *out, orx_str *problem) {
    if (array->kind != ORX_ARRAY)
        return orx_explain_node(key, array, problem);
    orx_view *items = orx_arena_zalloc(scope->arena, array->count + 1, sizeof *items);
    size_t count = 0;
    ORX_NODE_EACH(array, it) {
        if (it->kind != ORX_STRING) {
            orx_explain_node(key, it, problem);
            orx_str_addf(problem, " as item %zu", count + 1);
            return -1;
        }
        items[count++] = it->u.s;
    }
    return orx_items_check(scope, key, items, count, out, problem);
}
