/* Declared keys: their paths and their own correctness. */
#include "plugin/key.h"
#include "plugin/registry.h"

static bool part_ok(orx_view name) {
    if (name.len == 0 || name.len > 64)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

int orx_key_split(const char *path, orx_key_part parts[ORX_KEY_PARTS_MAX], orx_err *err) {
    orx_view rest = orx_view_of(path), part;
    int count = 0, lists = 0;
    while (orx_view_split(&rest, '.', &part)) {
        bool list = orx_view_ends(part, "[]");
        if (list)
            part.len -= 2;
        lists += list;
        if (count == ORX_KEY_PARTS_MAX || lists > 1 || !part_ok(part))
            return orx_err_set(err, ORX_E_INVALID,
                               "config key \"%.300s\": expected at most %d parts of a-z, 0-9 and "
                               "'_' with dots between and at most one \"[]\"",
                               path, ORX_KEY_PARTS_MAX);
        parts[count++] = (orx_key_part){part, list};
    }
    if (count == 0 || parts[count - 1].list)
        return orx_err_set(err, ORX_E_INVALID, "config key \"%.300s\": expected a name at the end",
                           path);
    return count;
}

/* Two keys clash when one names a value where the other, or the same, names a value or a map of
 * another kind. */
static bool clash(const orx_key_part *a, int a_count, const orx_key_part *b, int b_count) {
    int shorter = a_count < b_count ? a_count : b_count;
    for (int i = 0; i < shorter; i++) {
        if (!orx_view_eq(a[i].name, b[i].name))
            return false;
        bool a_map = i + 1 < a_count, b_map = i + 1 < b_count;
        if (!a_map || !b_map || a[i].list != b[i].list)
            return true;
    }
    return true;
}

static int check_clashes(const orxaq_config_key *keys, uint32_t count, orx_err *err) {
    orx_key_part a[ORX_KEY_PARTS_MAX], b[ORX_KEY_PARTS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        int a_count = orx_key_split(keys[i].key, a, NULL);
        for (uint32_t j = 0; j < i; j++) {
            int b_count = orx_key_split(keys[j].key, b, NULL);
            if (clash(a, a_count, b, b_count))
                return orx_err_set(err, ORX_E_INVALID,
                                   "config keys \"%s\" and \"%s\" name the same place", keys[j].key,
                                   keys[i].key);
        }
    }
    return 0;
}

/* Declared texts are shown on terminals and written into JSON. NULL is fine. */
static bool is_plain(const char *text) {
    if (!text)
        return true;
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f)
            return false;
    return orx_view_is_utf8(orx_view_of(text));
}

static int check_bounded(const orxaq_config_key *key, uint32_t i, orx_err *err) {
    orx_key_part parts[ORX_KEY_PARTS_MAX];
    if (!key->key || strnlen(key->key, 300) == 300 || !is_plain(key->key))
        return orx_err_set(err, ORX_E_INVALID, "config key %u has no usable name", i);
    int rc = orx_key_split(key->key, parts, err);
    if (rc < 0)
        return rc;
    if (!key->help || !*key->help || strnlen(key->help, 2000) == 2000)
        return orx_err_set(err, ORX_E_INVALID,
                           "config key \"%s\": expected a help text of 1 to 1999 bytes", key->key);
    if ((key->default_value && strnlen(key->default_value, 65536) == 65536) ||
        (key->range && strnlen(key->range, 4096) == 4096) ||
        (key->replaced_by && strnlen(key->replaced_by, 300) == 300))
        return orx_err_set(err, ORX_E_LIMIT, "config key \"%s\": a text is too long", key->key);
    if (!is_plain(key->help) || !is_plain(key->default_value) || !is_plain(key->range) ||
        !is_plain(key->replaced_by))
        return orx_err_set(err, ORX_E_INVALID,
                           "config key \"%s\": expected texts of UTF-8 without control characters",
                           key->key);
    if (key->type < ORXAQ_CONFIG_STRING || key->type > ORXAQ_CONFIG_DOCUMENT)
        return orx_err_set(err, ORX_E_INVALID, "config key \"%s\": unknown type %d", key->key,
                           key->type);
    return 0;
}

/* Range and default have to make sense by themselves, so that an operator never meets a message
 * about something that only the author can mend. */
static int check_meaning(const orxaq_config_key *key, orx_err *err) {
    int64_t low, high;
    double low_number, high_number;
    int rc = 0;
    if (key->range && key->type == ORXAQ_CONFIG_NUMBER)
        rc = orx_key_range_number(key, &low_number, &high_number, err);
    else if (key->range && orx_key_has_interval(key))
        rc = orx_key_range(key, &low, &high, err);
    else if (key->range && !orx_key_has_words(key))
        rc = orx_err_set(err, ORX_E_INVALID, "a %s has no range", orx_setting_type_name(key->type));
    else if (!key->range && key->type == ORXAQ_CONFIG_CHOICE)
        rc = orx_err_set(err, ORX_E_INVALID, "a choice needs its words in `range`");
    if (rc >= 0 && key->default_value && (key->flags & ORXAQ_KEY_REQUIRED))
        rc = orx_err_set(err, ORX_E_INVALID, "a required key has no default");
    if (rc >= 0 && key->default_value && key->type == ORXAQ_CONFIG_SECRET)
        rc = orx_err_set(err, ORX_E_INVALID, "a secret has no default");
    if (rc >= 0 && key->default_value && key->type == ORXAQ_CONFIG_DOCUMENT)
        rc = orx_err_set(err, ORX_E_INVALID, "a document has no default");
    if (rc >= 0 && (key->flags & ORXAQ_KEY_WRITE) && key->type != ORXAQ_CONFIG_PATH)
        rc = orx_err_set(err, ORX_E_INVALID, "only a path can be writable");
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *value = NULL;
    static const orx_bases any = {.root = "/", .home = "/"};
    return orx_key_default(key, &any, &arena, &value, err);
}

int orx_settings_check_keys(const orxaq_config_key *keys, uint32_t count, orx_err *err) {
    for (uint32_t i = 0; i < count; i++) {
        int rc = check_bounded(&keys[i], i, err);
        if (rc < 0)
            return rc;
        if (check_meaning(&keys[i], err) < 0)
            return orx_err_wrap(err, "config key \"%s\"", keys[i].key);
    }
    return check_clashes(keys, count, err);
}
