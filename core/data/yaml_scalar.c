#include "data/yaml_scalar.h"

#include "data/number.h"

static size_t digits_at(orx_view t, size_t i) {
    size_t n = 0;
    while (i + n < t.len && t.p[i + n] >= '0' && t.p[i + n] <= '9')
        n++;
    return n;
}

static bool is_one_of(orx_view t, const char *chars, size_t i) {
    return i < t.len && strchr(chars, t.p[i]) && t.p[i];
}

/* [-+]? (int | int "." digits? | "." digits) ([eE] [-+]? digits)? with no leading zeros. */
static orx_kind number_kind(orx_view t) {
    size_t i = is_one_of(t, "+-", 0);
    size_t whole = digits_at(t, i);
    if (whole > 1 && t.p[i] == '0')
        return ORX_STRING;
    i += whole;
    bool point = is_one_of(t, ".", i);
    size_t fraction = point ? digits_at(t, i + 1) : 0;
    if (!whole && !fraction)
        return ORX_STRING;
    i += point + fraction;
    bool exponent = is_one_of(t, "eE", i);
    if (exponent) {
        i += 1 + is_one_of(t, "+-", i + 1);
        size_t digits = digits_at(t, i);
        if (!digits)
            return ORX_STRING;
        i += digits;
    }
    if (i != t.len)
        return ORX_STRING;
    return point || exponent ? ORX_DOUBLE : ORX_INT;
}

/* .inf and .nan in the spellings of the core schema. */
static bool is_not_finite(orx_view t) {
    static const char *const words[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
    if (is_one_of(t, "+-", 0))
        t = orx_view_mem(t.p + 1, t.len - 1);
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_is(t, words[i]))
            return true;
    return false;
}

orx_kind orx_yaml_kind(orx_view text) {
    if (!text.len || orx_view_is(text, "~") || orx_view_is(text, "null"))
        return ORX_NULL;
    if (orx_view_is(text, "true") || orx_view_is(text, "false"))
        return ORX_BOOL;
    return is_not_finite(text) ? ORX_DOUBLE : number_kind(text);
}

const char *orx_yaml_read_plain(orx_node *n, orx_view text) {
    n->kind = orx_yaml_kind(text);
    if (n->kind == ORX_BOOL)
        n->u.b = orx_view_is(text, "true");
    if (n->kind == ORX_STRING)
        n->u.s = text;
    if (n->kind != ORX_INT && n->kind != ORX_DOUBLE)
        return NULL;
    return is_not_finite(text) ? "a finite number" : orx_number_read(n, text);
}

static const char *read_float(orx_node *n, orx_view text) {
    static const char expected[] = "a number behind !!float";
    orx_kind kind = orx_yaml_kind(text);
    if (kind == ORX_INT && text.len <= ORX_NUMBER_MAX) {
        n->kind = ORX_DOUBLE;
        n->u.d = orx_number_to_double(text);
        return NULL;
    }
    return kind == ORX_DOUBLE ? orx_yaml_read_plain(n, text) : expected;
}

const char *orx_yaml_read_tagged(orx_node *n, orx_view text, const char *tag) {
    static const struct {
        const char *name;
        orx_kind kind;
        const char *expected;
    } tags[] = {
        {"tag:yaml.org,2002:int", ORX_INT, "an integer behind !!int"},
        {"tag:yaml.org,2002:bool", ORX_BOOL, "true or false behind !!bool"},
        {"tag:yaml.org,2002:null", ORX_NULL, "null behind !!null"},
    };
    if (strcmp(tag, "tag:yaml.org,2002:str") == 0) {
        n->kind = ORX_STRING;
        n->u.s = text;
        return NULL;
    }
    if (strcmp(tag, "tag:yaml.org,2002:float") == 0)
        return read_float(n, text);
    for (size_t i = 0; i < ORX_ARRAY_LEN(tags); i++) {
        if (strcmp(tag, tags[i].name) != 0)
            continue;
        return orx_yaml_kind(text) == tags[i].kind ? orx_yaml_read_plain(n, text)
                                                   : tags[i].expected;
    }
    return "a value without a tag, or with one of !!str !!int !!float !!bool !!null !!seq !!map";
}
