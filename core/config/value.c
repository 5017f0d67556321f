#include "config/value.h"

static int bool_from_text(const orx_config_key *key, orx_view text, orx_text_source source,
                          orx_config_value *out, orx_str *problem) {
    int b = orx_word_boolean(text);
    if (b < 0 && source == ORX_TEXT_ENV && (key->marks & ORX_KEY_OTHER_TRUE))
        b = 1;
    if (b < 0)
        return orx_explain_text(key, text, true, problem);
    if (key->type == ORX_CFG_SWITCH)
        out->u.i = b;
    else
        out->u.b = b;
    return 0;
}

static int enum_from_text(const orx_config_key *key, orx_view text, orx_text_source source,
                          orx_config_value *out, orx_str *problem) {
    if (key->marks & ORX_KEY_PROFILE) {
        int rc = orx_profile_from_text(text, source, out, problem);
        return rc < 0 ? orx_explain_text(key, text, true, problem) : rc;
    }
    out->u.i = orx_word_index(key->words, text);
    return out->u.i < 0 ? orx_explain_text(key, text, true, problem) : 0;
}

int orx_value_from_text(const orx_value_scope *scope, const orx_config_key *key, orx_view text,
                        orx_text_source source, orx_config_value *out, orx_str *problem) {
    text = orx_view_trim(text);
    out->set = true;
    switch (key->type) {
    case ORX_CFG_BOOL:
    case ORX_CFG_SWITCH:
        return bool_from_text(key, text, source, out, problem);
    case ORX_CFG_INT:
    case ORX_CFG_DOUBLE:
    case ORX_CFG_DURATION:
    case ORX_CFG_SIZE:
    case ORX_CFG_MONEY:
        return orx_amount_from_text(key, text, source, out, problem);
    case ORX_CFG_ENUM:
        return enum_from_text(key, text, source, out, problem);
    case ORX_CFG_LIST:
    case ORX_CFG_ENVNAMES:
        return orx_items_from_text(scope, key, text, out, problem);
    case ORX_CFG_MAP:
        return orx_explain_text(key, text, true, problem);
    default:
        return orx_string_from_text(scope, key, text, source, out, problem);
    }
}

static int bool_from_node(const orx_config_key *key, const orx_node *node, orx_config_value *out,
                          orx_str *problem) {
    bool word = key->type == ORX_CFG_SWITCH && node->kind == ORX_STRING;
    if (word && orx_word_index("off|on", node->u.s) < 0)
        return orx_explain_node(key, node, problem);
    if (!word && node->kind != ORX_BOOL)
        return orx_explain_node(key, node, problem);
    if (key->type == ORX_CFG_SWITCH)
        out->u.i = word ? orx_word_index("off|on", node->u.s) : node->u.b;
    else
        out->u.b = node->u.b;
    return 0;
}

static int text_from_node(const orx_value_scope *scope, const orx_config_key *key,
                          const orx_node *node, orx_config_value *out, orx_str *problem) {
    if (node->kind != ORX_STRING)
        return orx_explain_node(key, node, problem);
    if (key->type == ORX_CFG_ENUM)
        return enum_from_text(key, node->u.s, ORX_TEXT_CONFIG, out, problem);
    return orx_string_from_text(scope, key, node->u.s, ORX_TEXT_CONFIG, out, problem);
}

int orx_value_from_node(const orx_value_scope *scope, const orx_config_key *key,
                        const orx_node *node, orx_config_value *out, orx_str *problem) {
    out->set = true;
    switch (key->type) {
    case ORX_CFG_BOOL:
    case ORX_CFG_SWITCH:
        return bool_from_node(key, node, out, problem);
    case ORX_CFG_INT:
    case ORX_CFG_DOUBLE:
    case ORX_CFG_DURATION:
    case ORX_CFG_SIZE:
    case ORX_CFG_MONEY:
        return orx_amount_from_node(key, node, out, problem);
    case ORX_CFG_LIST:
    case ORX_CFG_ENVNAMES:
        return orx_items_from_node(scope, key, node, out, problem);
    case ORX_CFG_MAP:
        if (node->kind != ORX_OBJECT)
            return orx_explain_node(key, node, problem);
        out->u.map = node;
        return 0;
    default:
        return text_from_node(scope, key, node, out, problem);
    }
}
