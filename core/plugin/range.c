/* Ranges of declared keys: "LOW..HIGH" for numbers, "a|b|c" for words. */
#include "base/units.h"
#include "data/json.h"
#include "plugin/key.h"

#include <math.h>

bool orx_key_has_interval(const orxaq_config_key *key) {
    return key->type == ORXAQ_CONFIG_INTEGER || key->type == ORXAQ_CONFIG_NUMBER ||
           key->type == ORXAQ_CONFIG_DURATION || key->type == ORXAQ_CONFIG_SIZE ||
           key->type == ORXAQ_CONFIG_MONEY;
}

bool orx_key_has_words(const orxaq_config_key *key) {
    return key->type == ORXAQ_CONFIG_CHOICE || key->type == ORXAQ_CONFIG_STRINGS ||
           key->type == ORXAQ_CONFIG_STRING_MAP;
}

bool orx_key_word_in(const char *words, orx_view text) {
    orx_view rest = orx_view_of(words), word;
    while (orx_view_split(&rest, '|', &word))
        if (orx_view_eq(word, text))
            return true;
    return false;
}

static int bad_range(const orxaq_config_key *key, orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID,
                       "the range \"%.100s\" is not LOW..HIGH in the notation of %s", key->range,
                       orx_key_expected(key));
}

static bool sides(const char *range, orx_view *ret_low, orx_view *ret_high) {
    orx_view all = orx_view_of(range);
    int64_t dots = orx_view_find(all, "..");
    if (dots < 0)
        return false;
    *ret_low = orx_view_trim(orx_view_mem(range, (size_t)dots));
    *ret_high = orx_view_trim(orx_view_mem(range + dots + 2, all.len - (size_t)dots - 2));
    return ret_low->len || ret_high->len;
}

static bool side(const orxaq_config_key *key, orx_view text, int64_t open, int64_t *ret) {
    *ret = open;
    if (!text.len)
        return true;
    switch (key->type) {
    case ORXAQ_CONFIG_DURATION:
        return orx_duration_parse(text, ret);
    case ORXAQ_CONFIG_SIZE:
        return orx_size_parse(text, ret);
    case ORXAQ_CONFIG_MONEY:
        return orx_money_parse(text, ret);
    default:
        return orx_view_to_i64(text, ret);
    }
}

int orx_key_range(const orxaq_config_key *key, int64_t *ret_low, int64_t *ret_high, orx_err *err) {
    orx_view low, high;
    int64_t a, b;
    if (!sides(key->range, &low, &high) || !side(key, low, INT64_MIN, &a) ||
        !side(key, high, INT64_MAX, &b) || a > b)
        return bad_range(key, err);
    *ret_low = a;
    *ret_high = b;
    return 0;
}

static bool side_number(orx_view text, double open, double *ret) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *n = NULL;
    *ret = open;
    if (!text.len)
        return true;
    if (orx_json_parse(&arena, "range", text, &orx_limits_config, &n, NULL) < 0 ||
        (n->kind != ORX_INT && n->kind != ORX_DOUBLE))
        return false;
    *ret = orx_node_num(n, 0);
    return true;
}

int orx_key_range_number(const orxaq_config_key *key, double *ret_low, double *ret_high,
                         orx_err *err) {
    orx_view low, high;
    double a, b;
    if (!sides(key->range, &low, &high) || !side_number(low, -INFINITY, &a) ||
        !side_number(high, INFINITY, &b) || !(a <= b))
        return bad_range(key, err);
    *ret_low = a;
    *ret_high = b;
    return 0;
}
