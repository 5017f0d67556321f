/* Values of settings: from what an operator writes to what a plugin gets. */
#include "base/units.h"
#include "data/json.h"
#include "data/yaml.h"
#include "plugin/key.h"

#define TEXT_MAX     65536
#define ELEMENTS_MAX 4096

const char *orx_key_expected(const orxaq_config_key *key) {
    static const char *const words[] = {
        [ORXAQ_CONFIG_STRING] = "a text",
        [ORXAQ_CONFIG_INTEGER] = "a whole number",
        [ORXAQ_CONFIG_NUMBER] = "a number",
        [ORXAQ_CONFIG_BOOLEAN] = "true or false",
        [ORXAQ_CONFIG_DURATION] = "a duration such as 250ms, 5s, 10m, 2h",
        [ORXAQ_CONFIG_SIZE] = "a size such as 64KiB, 10MB",
        [ORXAQ_CONFIG_MONEY] = "an amount of USD such as 0.25",
        [ORXAQ_CONFIG_CHOICE] = "one word of a list",
        [ORXAQ_CONFIG_PATH] = "a path",
        [ORXAQ_CONFIG_SECRET] = "a reference such as env:NAME or file:/path",
        [ORXAQ_CONFIG_STRINGS] = "a list of texts",
        [ORXAQ_CONFIG_STRING_MAP] = "a map of texts",
        [ORXAQ_CONFIG_DOCUMENT] = "the path of a JSON or YAML file",
    };
    return words[key->type];
}

static int unexpected(const orxaq_config_key *key, const orx_node *given, orx_err *err) {
    if (given->kind == ORX_STRING && key->type != ORXAQ_CONFIG_SECRET)
        return orx_err_set(err, ORX_E_INVALID, "expected %s, found \"%.100s\"",
                           orx_key_expected(key), given->u.s.p);
    return orx_err_set(err, ORX_E_INVALID, "expected %s, found %s", orx_key_expected(key),
                       orx_kind_name(given->kind));
}

/* ---- Numbers ------------------------------------------------------------------------------- */

typedef bool (*amount_fn)(orx_view text, int64_t *ret);

static amount_fn parser_of(int32_t type) {
    switch (type) {
    case ORXAQ_CONFIG_DURATION:
        return orx_duration_parse;
    case ORXAQ_CONFIG_SIZE:
        return orx_size_parse;
    case ORXAQ_CONFIG_MONEY:
        return orx_money_parse;
    default:
        return orx_view_to_i64;
    }
}

static bool amount_of(const orxaq_config_key *key, const orx_node *given, int64_t *ret) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (key->type == ORXAQ_CONFIG_INTEGER) {
        *ret = given->kind == ORX_INT ? given->u.i : 0;
        return given->kind == ORX_INT;
    }
    if (given->kind == ORX_STRING)
        return parser_of(key->type)(given->u.s, ret);
    if (given->kind == ORX_INT)
        orx_str_addf(&text, "%lld", (long long)given->u.i);
    else if (given->kind == ORX_DOUBLE)
        orx_str_addf(&text, "%.9f", given->u.d);
    else
        return false;
    return parser_of(key->type)(orx_str_view(&text), ret);
}

static int convert_amount(const orxaq_config_key *key, const orx_node *given, orx_arena *arena,
                          orx_node **ret_value, orx_err *err) {
    int64_t value, low = INT64_MIN, high = INT64_MAX;
    if (!amount_of(key, given, &value))
        return unexpected(key, given, err);
    if (key->range && orx_key_range(key, &low, &high, err) < 0)
        return ORX_E_INVALID;
    if (value < low || value > high)
        return orx_err_set(err, ORX_E_INVALID, "expected %s in the range %s", orx_key_expected(key),
                           key->range);
    *ret_value = orx_node_new_int(arena, value);
    return 0;
}

static int convert_number(const orxaq_config_key *key, const orx_node *given, orx_arena *arena,
                          orx_node **ret_value, orx_err *err) {
    if (given->kind != ORX_INT && given->kind != ORX_DOUBLE)
        return unexpected(key, given, err);
    double value = orx_node_num(given, 0), low = 0, high = 0;
    if (key->range && orx_key_range_number(key, &low, &high, err) < 0)
        return ORX_E_INVALID;
    if (key->range && !(value >= low && value <= high))
        return orx_err_set(err, ORX_E_INVALID, "expected a number in the range %s, found %g",
                           key->range, value);
    *ret_value = orx_node_new_double(arena, value);
    return 0;
}

/* ---- Texts --------------------------------------------------------------------------------- */

static int check_words(const orxaq_config_key *key, orx_view text, orx_err *err) {
    if (!key->range || orx_key_word_in(key->range, text))
        return 0;
    return orx_err_set(err, ORX_E_INVALID, "expected one of %s, found \"%.*s\"", key->range,
                       (int)(text.len < 100 ? text.len : 100), text.p);
}

int orx_key_path(const orx_node *given, const orx_bases *bases, orx_arena *arena,
                 const char **ret_path, orx_err *err) {
    const char *path = given->u.s.p;
    if (!*path)
        return orx_err_set(err, ORX_E_INVALID, "expected a path, found an empty text");
    bool home = path[0] == '~' && path[1] == '/';
    const char *base = home ? bases->home : bases->root;
    if (*path != '/' && !base)
        return orx_err_set(err, ORX_E_INVALID, "expected an absolute path, found \"%.200s\"", path);
    if (*path != '/')
        path = orx_arena_printf(arena, "%s%s%s", base,
                                orx_view_ends(orx_view_of(base), "/") ? "" : "/",
                                home ? path + 2 : path);
    *ret_path = path;
    return 0;
}

static int convert_path(const orx_node *given, const orx_bases *bases, orx_arena *arena,
                        orx_node **ret_value, orx_err *err) {
    const char *path = NULL;
    int rc = orx_key_path(given, bases, arena, &path, err);
    if (rc >= 0)
        *ret_value = orx_node_new_str(arena, orx_view_of(path));
    return rc;
}

static int convert_secret(const orxaq_config_key *key, const orx_node *given, orx_arena *arena,
                          orx_node **ret_value, orx_err *err) {
    bool env = orx_view_starts(given->u.s, "env:") && given->u.s.len > 4;
    if (!env && !orx_view_starts(given->u.s, "file:/"))
        return unexpected(key, given, err);
    *ret_value = orx_node_new_str(arena, orx_view_of(ORX_SECRET_PLACEHOLDER));
    return 0;
}

static int convert_text(const orxaq_config_key *key, const orx_node *given, const orx_bases *bases,
                        orx_arena *arena, orx_node **ret_value, orx_err *err) {
    if (given->kind != ORX_STRING)
        return unexpected(key, given, err);
    if (given->u.s.len > TEXT_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "a text of %zu bytes; at most %d", given->u.s.len,
                           TEXT_MAX);
    if (memchr(given->u.s.p, 0, given->u.s.len))
        return orx_err_set(err, ORX_E_INVALID, "expected %s, found a NUL byte in it",
                           orx_key_expected(key));
    if (key->type == ORXAQ_CONFIG_PATH)
        return convert_path(given, bases, arena, ret_value, err);
    if (key->type == ORXAQ_CONFIG_DOCUMENT)
        return orx_key_document(key, given, bases, arena, ret_value, err);
    if (key->type == ORXAQ_CONFIG_SECRET)
        return convert_secret(key, given, arena, ret_value, err);
    int rc = key->type == ORXAQ_CONFIG_CHOICE ? check_words(key, given->u.s, err) : 0;
    if (rc >= 0)
        *ret_value = orx_node_new_str(arena, given->u.s);
    return rc;
}

/* ---- Lists and maps ------------------------------------------------------------------------ */

/* The text of an element; in maps plain numbers and booleans are texts too (exit codes, flags). */
static int element_text(const orxaq_config_key *key, const orx_node *it, orx_arena *arena,
                        orx_view *ret_text, orx_err *err) {
    bool map = key->type == ORXAQ_CONFIG_STRING_MAP;
    if (it->kind == ORX_STRING)
        *ret_text = it->u.s;
    else if (map && it->kind == ORX_INT)
        *ret_text = orx_view_of(orx_arena_printf(arena, "%lld", (long long)it->u.i));
    else if (map && it->kind == ORX_BOOL)
        *ret_text = orx_view_of(it->u.b ? "true" : "false");
    else
        return orx_err_set(err, ORX_E_INVALID, "expected %s, found %s in it", orx_key_expected(key),
                           orx_kind_name(it->kind));
    if (ret_text->len > TEXT_MAX || (ret_text->len && memchr(ret_text->p, 0, ret_text->len)))
        return orx_err_set(err, ORX_E_INVALID,
                           "expected texts of at most %d bytes without NUL bytes", TEXT_MAX);
    return check_words(key, *ret_text, err);
}

static int convert_many(const orxaq_config_key *key, const orx_node *given, orx_arena *arena,
                        orx_node **ret_value, orx_err *err) {
    orx_kind kind = key->type == ORXAQ_CONFIG_STRINGS ? ORX_ARRAY : ORX_OBJECT;
    if (given->kind != kind)
        return unexpected(key, given, err);
    if (given->count > ELEMENTS_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%u elements; at most %d", given->count, ELEMENTS_MAX);
    orx_node *value = orx_node_new(arena, kind);
    ORX_NODE_EACH(given, it) {
        orx_view text = {0};
        int rc = element_text(key, it, arena, &text, err);
        if (rc < 0)
            return rc;
        orx_node *element = orx_node_new_str(arena, text);
        if (kind == ORX_ARRAY)
            orx_node_push(value, element);
        else
            orx_node_set(arena, value, it->key.p, element);
    }
    *ret_value = value;
    return 0;
}

int orx_key_convert(const orxaq_config_key *key, const orx_node *given, const orx_bases *bases,
                    orx_arena *arena, orx_node **ret_value, orx_err *err) {
    switch (key->type) {
    case ORXAQ_CONFIG_INTEGER:
    case ORXAQ_CONFIG_DURATION:
    case ORXAQ_CONFIG_SIZE:
    case ORXAQ_CONFIG_MONEY:
        return convert_amount(key, given, arena, ret_value, err);
    case ORXAQ_CONFIG_NUMBER:
        return convert_number(key, given, arena, ret_value, err);
    case ORXAQ_CONFIG_BOOLEAN:
        if (given->kind != ORX_BOOL)
            return unexpected(key, given, err);
        *ret_value = orx_node_new_bool(arena, given->u.b);
        return 0;
    case ORXAQ_CONFIG_STRINGS:
    case ORXAQ_CONFIG_STRING_MAP:
        return convert_many(key, given, arena, ret_value, err);
    case ORXAQ_CONFIG_DOCUMENT:
        if (given->kind == ORX_OBJECT || given->kind == ORX_ARRAY)
            return orx_key_document(key, given, bases, arena, ret_value, err);
        return convert_text(key, given, bases, arena, ret_value, err);
    default:
        return convert_text(key, given, bases, arena, ret_value, err);
    }
}

/* The node that a default's text stands for: lists and maps are read as the YAML an operator would
 * write; the rest needs no reader. */
static int default_node(const orxaq_config_key *key, orx_arena *arena, const orx_node **ret_given,
                        orx_err *err) {
    orx_view text = orx_view_of(key->default_value);
    int64_t number;
    switch (key->type) {
    case ORXAQ_CONFIG_NUMBER:
    case ORXAQ_CONFIG_STRINGS:
    case ORXAQ_CONFIG_STRING_MAP:
        return orx_yaml_parse(arena, "default", text, &orx_limits_config, ret_given, err);
    case ORXAQ_CONFIG_BOOLEAN:
        if (orx_view_is(text, "true") || orx_view_is(text, "false"))
            *ret_given = orx_node_new_bool(arena, orx_view_is(text, "true"));
        else
            *ret_given = orx_node_new_str(arena, text);
        return 0;
    case ORXAQ_CONFIG_INTEGER:
        *ret_given = orx_view_to_i64(text, &number) ? orx_node_new_int(arena, number)
                                                    : orx_node_new_str(arena, text);
        return 0;
    default:
        *ret_given = orx_node_new_str(arena, text);
        return 0;
    }
}

int orx_key_default(const orxaq_config_key *key, const orx_bases *bases, orx_arena *arena,
                    orx_node **ret_value, orx_err *err) {
    if (!key->default_value) {
        *ret_value = NULL;
        return 0;
    }
    const orx_node *given = NULL;
    int rc = default_node(key, arena, &given, err);
    if (rc >= 0)
        rc = orx_key_convert(key, given, bases, arena, ret_value, err);
    return rc < 0 ? orx_err_wrap(err, "the declared default") : 0;
}
