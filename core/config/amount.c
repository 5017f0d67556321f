#include "base/units.h"
#include "config/value.h"

#include <math.h>
#include <stdlib.h>

/* Checks the range; from outside, a [K] floor raises instead of refusing. */
static int accept_amount(const orx_config_key *key, int64_t value, orx_text_source source,
                         orx_config_value *out, orx_str *problem) {
    bool outside = source == ORX_TEXT_ENV || source == ORX_TEXT_FLAG;
    int rc = 0;
    if (value < key->min && (key->marks & ORX_KEY_FLOOR) && outside) {
        orx_str_adds(problem, "raised to ");
        orx_explain_amount(key, key->min, problem);
        orx_str_adds(problem, ", the smallest possible value");
        value = key->min;
        rc = 1;
    }
    if (value < key->min || value > key->max) {
        orx_explain_expected(key, outside, problem);
        orx_explain_amount(key, value, problem);
        return -1;
    }
    out->u.i = value;
    return rc;
}

static bool amount_of_text(const orx_config_key *key, orx_view text, int64_t *ret) {
    if (key->type == ORX_CFG_DURATION)
        return orx_duration_parse(text, ret);
    if (key->type == ORX_CFG_SIZE)
        return orx_size_parse(text, ret);
    if (key->type == ORX_CFG_MONEY)
        return orx_money_parse(text, ret);
    return orx_view_to_i64(text, ret);
}

/* Plain decimal notation only: no hexadecimal, no infinity. */
static bool double_of_text(orx_view text, double *ret) {
    char copy[64];
    if (!text.len || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = 0;
    if (strspn(copy, "0123456789+-.eE") != text.len)
        return false;
    char *end;
    double d = strtod(copy, &end);
    if (*end || !isfinite(d))
        return false;
    *ret = d;
    return true;
}

int orx_amount_from_text(const orx_config_key *key, orx_view text, orx_text_source source,
                         orx_config_value *out, orx_str *problem) {
    int64_t value;
    if (key->type == ORX_CFG_DOUBLE && double_of_text(text, &out->u.d))
        return 0;
    if (key->type == ORX_CFG_DOUBLE || !amount_of_text(key, text, &value))
        return orx_explain_text(key, text, true, problem);
    return accept_amount(key, value, source, out, problem);
}

/* Bare seconds in nanoseconds, bare dollars in nano-USD. */
static bool billionths(const orx_node *node, int64_t *ret) {
    if (node->kind == ORX_INT)
        return !__builtin_mul_overflow(node->u.i, INT64_C(1000000000), ret);
    if (!(node->u.d >= 0 && node->u.d < 9e9))
        return false;
    int64_t whole = (int64_t)node->u.d; /* apart from the fraction, which would lose digits */
    *ret = whole * 1000000000 + (int64_t)((node->u.d - (double)whole) * 1e9 + 0.5);
    return true;
}

static bool amount_of_node(const orx_config_key *key, const orx_node *node, int64_t *ret) {
    if (node->kind == ORX_STRING)
        return key->type != ORX_CFG_INT && amount_of_text(key, node->u.s, ret);
    if (key->type == ORX_CFG_DURATION || key->type == ORX_CFG_MONEY)
        return (node->kind == ORX_INT || node->kind == ORX_DOUBLE) && billionths(node, ret);
    if (node->kind != ORX_INT)
        return false;
    *ret = node->u.i;
    return true;
}

int orx_amount_from_node(const orx_config_key *key, const orx_node *node, orx_config_value *out,
                         orx_str *problem) {
    if (key->type == ORX_CFG_DOUBLE) {
        if (node->kind != ORX_INT && node->kind != ORX_DOUBLE)
            return orx_explain_node(key, node, problem);
        out->u.d = orx_node_num(node, 0);
        return 0;
    }
    int64_t value;
    if (!amount_of_node(key, node, &value))
        return orx_explain_node(key, node, problem);
    return accept_amount(key, value, ORX_TEXT_CONFIG, out, problem);
}
