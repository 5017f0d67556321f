#include "base/units.h"
#include "config/value.h"
#include "data/json.h"

#define NANO 1000000000

/* ---- Secrets in settings ----------------------------------------------------------------------
 */

/* Whether the name of a setting says that its text is better not shown. */
static bool looks_secret(orx_view name) {
    static const char *const signs[] = {"key", "token", "secret", "passw", "credential"};
    ORX_CLEANUP(orx_str_free) orx_str lower = {0};
    for (size_t i = 0; i < name.len; i++)
        orx_str_addc(&lower,
                     (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]));
    for (size_t i = 0; i < ORX_ARRAY_LEN(signs); i++)
        if (orx_view_find(orx_str_view(&lower), signs[i]) >= 0)
            return true;
    return false;
}

/* Replaces secret texts in a tree of our own. The depth is bounded by the reader's limit. */
static void hide(orx_node *n, bool secret) {
    if (n->kind == ORX_STRING && secret)
        n->u.s = orx_view_of("(hidden)");
    if (n->kind != ORX_ARRAY && n->kind != ORX_OBJECT)
        return;
    for (orx_node *it = n->u.child.first; it; it = it->next)
        hide(it, secret || (n->kind == ORX_OBJECT && looks_secret(it->key)));
}

static orx_node *shown_setting(const orx_config_value *v, orx_arena *arena) {
    orx_node *copy = orx_node_copy(arena, v->u.map);
    const char *dot = strrchr(v->path, '.');
    hide(copy, looks_secret(orx_view_of(dot ? dot + 1 : v->path)));
    return copy;
}

/* ---- As a document node -----------------------------------------------------------------------
 */

static orx_node *amount_node(const orx_config_value *v, orx_arena *arena) {
    if (v->key->type == ORX_CFG_SIZE && (!v->u.i || v->u.i % 1024))
        return orx_node_new_int(arena, v->u.i); /* bytes need no unit */
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_explain_amount(v->key, v->u.i, &text);
    return orx_node_new_str(arena, orx_str_view(&text));
}

static orx_node *list_node(const orx_config_value *v, orx_arena *arena) {
    orx_node *list = orx_node_new(arena, ORX_ARRAY);
    for (size_t i = 0; i < v->u.list.count; i++)
        orx_node_push(list, orx_node_new_str(arena, orx_view_of(v->u.list.items[i])));
    return list;
}

orx_node *orx_config_value_node(const orx_config_value *v, orx_arena *arena) {
    if (!v->set)
        return orx_node_new(arena, ORX_NULL);
    switch (v->key->type) {
    case ORX_CFG_BOOL:
        return orx_node_new_bool(arena, v->u.b);
    case ORX_CFG_SWITCH:
        return orx_node_new_str(arena, orx_view_of(v->u.i ? "on" : "off"));
    case ORX_CFG_INT:
        return orx_node_new_int(arena, v->u.i);
    case ORX_CFG_DOUBLE:
        return orx_node_new_double(arena, v->u.d);
    case ORX_CFG_DURATION:
    case ORX_CFG_SIZE:
        return amount_node(v, arena);
    case ORX_CFG_MONEY:
        return v->u.i % NANO ? orx_node_new_double(arena, (double)v->u.i / NANO)
                             : orx_node_new_int(arena, v->u.i / NANO);
    case ORX_CFG_ENUM:
        return orx_node_new_str(arena, orx_word_at(v->key->words, v->u.i));
    case ORX_CFG_LIST:
    case ORX_CFG_ENVNAMES:
        return list_node(v, arena);
    case ORX_CFG_MAP:
        return shown_setting(v, arena);
    default:
        return orx_node_new_str(arena, orx_view_of(v->u.s));
    }
}

/* ---- As text ----------------------------------------------------------------------------------
 */

/* Whether YAML would read the text back as this very text without quotes, also inside [ ]. */
static bool plain_in_yaml(orx_view text) {
    static const char *const words[] = {"true", "false", "null", "~"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_ieq(text, orx_view_of(words[i])))
            return false;
    if (!text.len || strchr("-?:,[]{}#&*!|>'\"%@` ", text.p[0]) || text.p[text.len - 1] == ' ')
        return false;
    bool number = true;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x20 || c >= 0x7f || strchr(",[]{}#:\"", c))
            return false;
        number = number && strchr("0123456789+-.eExXoO_", c);
    }
    return !number;
}

static void add_scalar(const orx_node *n, orx_str *out) {
    if (n->kind == ORX_STRING && plain_in_yaml(n->u.s))
        orx_str_addv(out, n->u.s);
    else
        orx_json_write(out, n, ORX_JSON_OURS);
}

void orx_config_value_text(const orx_config_value *v, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    if (!v->set)
        return;
    const orx_node *n = orx_config_value_node(v, &arena);
    if (n->kind != ORX_ARRAY || v->key->type == ORX_CFG_MAP) {
        add_scalar(n, out);
        return;
    }
    orx_str_addc(out, '[');
    ORX_NODE_EACH(n, it) {
        add_scalar(it, out);
        if (it->next)
            orx_str_adds(out, ", ");
    }
    orx_str_addc(out, ']');
}
