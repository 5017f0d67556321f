/* Why yajl gave up. It says only "unallowed token at this point", so the place behind the cursor is
 * looked at again with the open containers in mind: this runs once per refused file. */
#include "data/json_reader.h"

#include <stdio.h>

typedef struct place {
    orx_view text;
    size_t at;
    const char *expected;
    bool value; /* a value may stand here */
} place;

static void skip_space(place *p) {
    while (p->at < p->text.len && strchr(" \t\r\n", p->text.p[p->at]))
        p->at++;
}

static bool skip(place *p, char c) {
    if (p->at >= p->text.len || p->text.p[p->at] != c)
        return false;
    p->at++;
    skip_space(p);
    return true;
}

static void expect(place *p, const char *what, bool value) {
    p->expected = what;
    p->value = value;
}

static void expect_in_object(const orx_json_reader *r, const orx_node *object, place *p) {
    if (r->key.p && skip(p, ':'))
        expect(p, "a value", true);
    else if (r->key.p)
        expect(p, "':' behind the key", false);
    else if (!object->count)
        expect(p, "a key in double quotes or '}'", true);
    else if (skip(p, ','))
        expect(p, "a key in double quotes behind the comma", true);
    else
        expect(p, "',' or '}'", false);
}

static void expect_in_array(const orx_node *array, place *p) {
    if (!array->count)
        expect(p, "a value or ']'", true);
    else if (skip(p, ','))
        expect(p, "a value behind the comma", true);
    else
        expect(p, "',' or ']'", false);
}

static void find_place(const orx_json_reader *r, place *p) {
    skip_space(p);
    const orx_node *open = r->depth ? r->stack[r->depth - 1] : NULL;
    if (open && open->kind == ORX_OBJECT)
        expect_in_object(r, open, p);
    else if (open)
        expect_in_array(open, p);
    else if (r->root)
        expect(p, "the end of the file behind the value", false);
    else
        expect(p, "a value", true);
}

static int fail_escape(orx_json_reader *r, const char *at) {
    return orx_json_fail(r, ORX_E_INVALID, at,
                         "expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX, found another "
                         "escape: write a backslash as \\\\");
}

static bool is_escape(const char *p, const char *end) {
    if (end - p < 2)
        return false;
    if (p[1] != 'u')
        return p[1] && strchr("\"\\/bfnrt", p[1]);
    for (int i = 2; i < 6; i++)
        if (end - p <= i || !strchr("0123456789abcdefABCDEF", p[i]))
            return false;
    return true;
}

/* A string that yajl did not take: the first thing in it that cannot be. 0 = it is fine itself. */
static int explain_string(orx_json_reader *r, size_t offset) {
    const char *end = r->text.p + r->text.len;
    const char *p = r->text.p + offset + 1;
    for (; p < end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) {
            char found[ORX_FOUND_MAX];
            orx_text_found(r->text, (size_t)(p - r->text.p), found);
            return orx_json_fail(r, ORX_E_INVALID, p,
                                 "expected the string to go on or '\"', found %s: write it as \\n, "
                                 "\\t or \\uXXXX",
                                 found);
        }
        if (*p != '\\')
            continue;
        if (end - p >= 2 && !is_escape(p, end))
            return fail_escape(r, p);
        p++;
    }
    if (p < end)
        return 0;
    return orx_json_fail(r, ORX_E_INVALID, r->text.p + offset,
                         "expected '\"' at the end of the string that starts here, found the end "
                         "of the file");
}

static const char *hint_for(orx_view rest) {
    static const char *const hints[][2] = {
        {"True", ": write true"},
        {"False", ": write false"},
        {"TRUE", ": write true"},
        {"FALSE", ": write false"},
        {"None", ": write null"},
        {"NULL", ": write null"},
        {"Null", ": write null"},
        {"NaN", ": JSON has no NaN"},
        {"nan", ": JSON has no NaN"},
        {"Infinity", ": JSON has no infinity"},
        {"inf", ": JSON has no infinity"},
        {"-I", ": JSON has no infinity"},
        {"'", ": strings stand in double quotes"},
        {"//", ": JSON has no comments"},
        {"/*", ": JSON has no comments"},
        {"#", ": JSON has no comments"},
        {"]", ": remove the comma before it"},
        {"}", ": remove the comma before it"},
        {"+", ": a number starts with a digit or '-'"},
        {".", ": a number starts with a digit or '-'"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(hints); i++)
        if (orx_view_starts(rest, hints[i][0]))
            return hints[i][1];
    return "";
}

/* A value may stand here and something like one does, so the fault is inside it. */
static int explain_token(orx_json_reader *r, const place *p) {
    char c = (char)(p->at < p->text.len ? p->text.p[p->at] : '\0');
    if (c == '"')
        return explain_string(r, p->at);
    if (c == '-' || (c >= '0' && c <= '9'))
        return orx_json_fail(r, ORX_E_INVALID, p->text.p + p->at,
                             "expected %s, found a number that is not complete: digits follow "
                             "'-', '.' and 'e'",
                             p->expected);
    return 0;
}

static int fail_open(orx_json_reader *r, const place *p) {
    const orx_node *open = r->stack[r->depth - 1];
    return orx_json_fail(r, ORX_E_INVALID, p->text.p + p->at,
                         "expected %s, found the end of the file: the %s that starts at %u:%u is "
                         "not closed",
                         p->expected, open->kind == ORX_OBJECT ? "object" : "array", open->line,
                         open->column);
}

int orx_json_explain(orx_json_reader *r) {
    place p = {.text = r->text, .at = (size_t)(r->cursor - r->text.p)};
    find_place(r, &p);
    if (p.at >= p.text.len && r->depth)
        return fail_open(r, &p);
    if (p.value && explain_token(r, &p) < 0)
        return r->rc;
    char found[ORX_FOUND_MAX];
    orx_text_found(p.text, p.at, found);
    orx_view rest = orx_view_mem(p.text.p + p.at, p.text.len - p.at);
    bool comma = rest.len && (rest.p[0] == ']' || rest.p[0] == '}') && !strstr(p.expected, "comma");
    return orx_json_fail(r, ORX_E_INVALID, p.text.p + p.at, "expected %s, found %s%s", p.expected,
                         found, comma ? "" : hint_for(rest));
}
