#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_at(const orx_node *n, uint32_t line, uint32_t column) {
    assert_non_null(n);
    if (n->line != line || n->column != column)
        fail_msg("at %u:%u instead of %u:%u", n->line, n->column, line, column);
}

static void every_value_knows_its_place(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *r = must_parse(orx_json_parse, &a,
                                   "\n"
                                   "{ \"a\" : [ 1,-2.5e3 , true,\n"
                                   "\t  false,null, \"x\\ny\",\"z\" ],\r\n"
                                   "  \"b\"\n"
                                   " :\n"
                                   "          {}, \"\\u00e9\":[[]]\n"
                                   "}\n");
    assert_at(r, 2, 1);
    const orx_node *list = orx_node_get(r, "a");
    assert_at(list, 2, 9);
    static const uint32_t places[][2] = {{2, 11}, {2, 13}, {2, 22}, {3, 4},
                                         {3, 10}, {3, 16}, {3, 23}};
    for (uint32_t i = 0; i < ORX_ARRAY_LEN(places); i++)
        assert_at(orx_node_at(list, i), places[i][0], places[i][1]);
    const orx_node *b = orx_node_get(r, "b");
    assert_at(b, 6, 11);
    assert_int_equal(b->key_line, 4);
    assert_int_equal(b->key_column, 3);
    const orx_node *accent = orx_node_get(r, "\xC3\xA9");
    assert_at(accent, 6, 24);
    assert_int_equal(accent->key_column, 15);
    assert_at(orx_node_at(accent, 0), 6, 25);
}

static void columns_count_bytes(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *r = must_parse(orx_json_parse, &a, "[\"\xC3\xA9\xF0\x9F\x98\x80\", 1]");
    assert_at(orx_node_at(r, 1), 1, 12);
}

static void scalars_stand_alone(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    assert_int_equal(orx_node_int(must_parse(orx_json_parse, &a, "42"), 0), 42);
    assert_int_equal(orx_node_int(must_parse(orx_json_parse, &a, "  -42\n"), 0), -42);
    assert_true(orx_node_num(must_parse(orx_json_parse, &a, "2.5"), 0) == 2.5);
    assert_true(orx_node_bool(must_parse(orx_json_parse, &a, "true"), false));
    assert_int_equal(must_parse(orx_json_parse, &a, "null")->kind, ORX_NULL);
    assert_string_equal(orx_node_str(must_parse(orx_json_parse, &a, "\"s\""), ""), "s");
    assert_int_equal(must_parse(orx_json_parse, &a, "[]")->count, 0);
    assert_int_equal(must_parse(orx_json_parse, &a, "{}")->count, 0);
}

static void kinds_of_numbers(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *r =
        must_parse(orx_json_parse, &a, "[9223372036854775807, -9223372036854775808, 1.0, 1e2, -0]");
    assert_int_equal(orx_node_at(r, 0)->u.i, INT64_MAX);
    assert_int_equal(orx_node_at(r, 1)->u.i, INT64_MIN);
    assert_int_equal(orx_node_at(r, 2)->kind, ORX_DOUBLE);
    assert_int_equal(orx_node_at(r, 3)->kind, ORX_DOUBLE);
    assert_int_equal(orx_node_at(r, 4)->kind, ORX_INT);
}

static void escapes_are_decoded(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *n = must_parse(
        orx_json_parse, &a, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t|\\u0041\\u00e9\\u20AC\\ud83d\\ude00|\"");
    assert_string_equal(n->u.s.p, "\"\\/\b\f\n\r\t|A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80|");
    n = must_parse(orx_json_parse, &a, "\"\\uD800\\uDC00\\udbff\\udfff\"");
    assert_string_equal(n->u.s.p, "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
    n = must_parse(orx_json_parse, &a, "\"a\\u0000b\"");
    assert_int_equal(n->u.s.len, 3);
    assert_memory_equal(n->u.s.p, "a\0b\0", 4);
    n = must_parse(orx_json_parse, &a, "{\"k\\\"\":1}");
    assert_int_equal(orx_node_int(orx_node_get(n, "k\""), 0), 1);
}

/* Texts around the sizes of the reader's blocks, plain and escaped, as values and as keys. */
static void texts_of_all_lengths(void **state) {
    (void)state;
    for (size_t len = 0; len < 5000; len = len * 3 / 2 + 1) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        char *body = repeat("x", len);
        orx_str_addf(&text, "{\"%s\":[\"%s\",\"%s\\n\"],\"e\\n%s\":1}", body, body, body, body);
        const orx_node *r = must_parse(orx_json_parse, &a, text.buf);
        const orx_node *list = orx_node_get(r, body);
        assert_string_equal(orx_node_at(list, 0)->u.s.p, body);
        assert_int_equal(orx_node_at(list, 1)->u.s.len, len + 1);
        assert_int_equal(list->key.len, len);
        assert_int_equal(list->key.p[len], 0);
        assert_int_equal(r->count, 2);
        free(body);
    }
}

static void tree_outlives_the_text(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *text = repeat("{\"key\": [\"value\", 1.5]}", 1);
    const orx_node *r = must_parse(orx_json_parse, &a, text);
    memset(text, '#', strlen(text));
    free(text);
    assert_json(r, ORX_JSON_OURS, "{\"key\":[\"value\",1.5]}");
}

static void many_members_keep_their_order(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 5000; i++)
        orx_str_addf(&text, "%s\"task-%d\":%d", i ? "," : "{", (i * 7) % 5000, i);
    orx_str_addc(&text, '}');
    const orx_node *r = must_parse(orx_json_parse, &a, text.buf);
    assert_int_equal(r->count, 5000);
    int i = 0;
    ORX_NODE_EACH(r, it)
    assert_int_equal(it->u.i, i++);
    assert_json(r, ORX_JSON_OURS, text.buf);
}

static void same_keys_in_many_objects(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 1000; i++)
        orx_str_addf(&text, "%s{\"id\":%d,\"k%d\":{\"id\":[]}}", i ? "," : "[", i, i);
    orx_str_addc(&text, ']');
    assert_json(must_parse(orx_json_parse, &a, text.buf), ORX_JSON_OURS, text.buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_knows_its_place),
        cmocka_unit_test(columns_count_bytes),
        cmocka_unit_test(scalars_stand_alone),
        cmocka_unit_test(kinds_of_numbers),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(texts_of_all_lengths),
        cmocka_unit_test(tree_outlives_the_text),
        cmocka_unit_test(many_members_keep_their_order),
        cmocka_unit_test(same_keys_in_many_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
