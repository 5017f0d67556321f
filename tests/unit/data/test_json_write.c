/* The files in golden/ were written by Python 3: indent.json by json.dumps(rows, indent=2,
 * sort_keys=True), line.json by json.dumps(rows, sort_keys=True), input.json by
 * json.dumps(rows, ensure_ascii=False, separators=(",", ":")). */
#include "support.h"

#include <math.h>
#include <string.h>

static void assert_same_bytes(const char *golden, const orx_str *got) {
    ORX_CLEANUP(orx_str_free) orx_str want = {0};
    read_golden(golden, &want);
    size_t i = 0;
    while (i < want.len && i < got->len && want.buf[i] == got->buf[i])
        i++;
    if (i != want.len || i != got->len)
        fail_msg("%s differs at byte %zu: expected ...%.60s, found ...%.60s", golden, i,
                 want.buf + i, got->buf + i);
}

static void as_python_wrote_it(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str input = {0};
    read_golden("input.json", &input);
    const orx_node *root = must_parse(orx_json_parse, &a, input.buf);
    ORX_CLEANUP(orx_str_free) orx_str indent = {0};
    orx_json_write(&indent, root, ORX_JSON_PY_INDENT);
    assert_same_bytes("indent.json", &indent);
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_json_write(&line, root, ORX_JSON_PY_LINE);
    assert_same_bytes("line.json", &line);
}

static void every_style_reads_back_equal(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str input = {0};
    read_golden("input.json", &input);
    const orx_node *root = must_parse(orx_json_parse, &a, input.buf);
    for (int style = ORX_JSON_OURS; style <= ORX_JSON_PY_INDENT; style++) {
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        orx_json_write(&out, root, (orx_json_style)style);
        assert_true(orx_node_equal(root, must_parse(orx_json_parse, &a, out.buf)));
    }
}

static void styles(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *n =
        must_parse(orx_json_parse, &a, "{\"b\":[1,{}],\"a\":\"\\u00e9\\u007f\",\"c\":[]}");
    assert_json(n, ORX_JSON_OURS, "{\"b\":[1,{}],\"a\":\"\xC3\xA9\x7F\",\"c\":[]}");
    assert_json(n, ORX_JSON_CANONICAL, "{\"a\":\"\xC3\xA9\x7F\",\"b\":[1,{}],\"c\":[]}");
    assert_json(n, ORX_JSON_PY_LINE, "{\"a\": \"\\u00e9\\u007f\", \"b\": [1, {}], \"c\": []}");
    assert_json(n, ORX_JSON_OURS_PRETTY,
                "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": \"\xC3\xA9\x7F\",\n  \"c\": []\n}");
    assert_json(
        n, ORX_JSON_PY_INDENT,
        "{\n  \"a\": \"\\u00e9\\u007f\",\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": []\n}");
}

static void appends_to_what_is_there(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_str_adds(&out, "data: ");
    orx_json_write(&out, must_parse(orx_json_parse, &a, "[1]"), ORX_JSON_OURS);
    assert_string_equal(out.buf, "data: [1]");
}

static void assert_quoted(orx_view text, bool ascii, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_json_quote(&out, text, ascii);
    assert_string_equal(out.buf, expected);
}

static void quotes_any_bytes(void **state) {
    (void)state;
    assert_quoted((orx_view){NULL, 0}, false, "\"\"");
    assert_quoted(orx_view_of("\"\\\b\f\n\r\t\x01\x1F/"), false,
                  "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\"");
    assert_quoted(orx_view_mem("a\0b", 3), true, "\"a\\u0000b\"");
    assert_quoted(orx_view_of("\xE2\x82\xAC\xF0\x9F\x98\x80\x7F"), false,
                  "\"\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"");
    assert_quoted(orx_view_of("\xE2\x82\xAC\xF0\x9F\x98\x80\x7F"), true,
                  "\"\\u20ac\\ud83d\\ude00\\u007f\"");
    assert_quoted(orx_view_of("\xF4\x8F\xBF\xBF\xF0\x90\x80\x80"), true,
                  "\"\\udbff\\udfff\\ud800\\udc00\"");
    assert_quoted(orx_view_of("a\xFF\xC3(\xED\xA0\x80"), false,
                  "\"a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_quoted(orx_view_of("a\xFFz\xE2\x82"), true, "\"a\\ufffdz\\ufffd\\ufffd\"");
}

static void not_a_number_is_null(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *list = orx_node_new(&a, ORX_ARRAY);
    orx_node_push(list, orx_node_new_double(&a, (double)NAN));
    orx_node_push(list, orx_node_new_double(&a, (double)INFINITY));
    orx_node_push(list, orx_node_new_double(&a, -(double)INFINITY));
    assert_json(list, ORX_JSON_OURS, "[null,null,null]");
}

static void canonical_form_does_not_depend_on_order(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str x = {0};
    ORX_CLEANUP(orx_str_free) orx_str y = {0};
    orx_json_write(&x, must_parse(orx_json_parse, &a, "{\"b\":{\"d\":1,\"c\":2},\"a\":[]}"),
                   ORX_JSON_CANONICAL);
    orx_json_write(&y, must_parse(orx_json_parse, &a, "{\"a\":[ ],\"b\":{\"c\":2,\"d\":1}}"),
                   ORX_JSON_CANONICAL);
    assert_string_equal(x.buf, y.buf);
}

/* Long texts are looked at in words; a character must be seen wherever in one it stands. */
static void characters_are_seen_at_every_place(void **state) {
    (void)state;
    for (int c = 0; c < 0x80; c++)
        for (size_t at = 0; at < 19; at++)
            for (int ascii = 0; ascii < 2; ascii++) {
                ORX_CLEANUP(orx_str_free) orx_str quoted = {0};
                ORX_CLEANUP(orx_str_free) orx_str alone = {0};
                char text[] = "plain plain plain p";
                char one = (char)c;
                text[at] = one;
                orx_json_quote(&quoted, orx_view_mem(text, sizeof text - 1), ascii);
                orx_json_quote(&alone, orx_view_mem(&one, 1), ascii);
                assert_int_equal(quoted.len, sizeof text - 2 + alone.len);
                assert_memory_equal(quoted.buf + 1, text, at);
                assert_memory_equal(quoted.buf + 1 + at, alone.buf + 1, alone.len - 2);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_python_wrote_it),
        cmocka_unit_test(every_style_reads_back_equal),
        cmocka_unit_test(styles),
        cmocka_unit_test(appends_to_what_is_there),
        cmocka_unit_test(quotes_any_bytes),
        cmocka_unit_test(not_a_number_is_null),
        cmocka_unit_test(canonical_form_does_not_depend_on_order),
        cmocka_unit_test(characters_are_seen_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
