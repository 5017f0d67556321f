#include "support.h"

#include <stdlib.h>
#include <string.h>

static const char sample[] =
    "{\"providers\": {\"codex\": {\"models\": [\"a\", \"b\"], \"max\": 3}},"
    " \"on\": true, \"rate\": 0.5, \"none\": null, \"text\": \"x\"}";

static void finds_members_and_elements(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = must_parse(orx_json_parse, &a, sample);
    assert_int_equal(root->count, 5);
    assert_true(orx_node_get(root, "on")->u.b);
    assert_null(orx_node_get(root, "off"));
    assert_null(orx_node_get(NULL, "on"));
    assert_null(orx_node_get(orx_node_get(root, "on"), "on"));
    const orx_node *models = orx_node_path(root, "providers.codex.models");
    assert_string_equal(orx_node_str(orx_node_at(models, 1), ""), "b");
    assert_null(orx_node_at(models, 2));
    assert_null(orx_node_at(root, 0));
    assert_null(orx_node_at(NULL, 0));
    assert_ptr_equal(orx_node_first(models), orx_node_at(models, 0));
    assert_null(orx_node_first(orx_node_at(models, 0)));
    assert_null(orx_node_first(NULL));
}

static void walks_paths(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = must_parse(orx_json_parse, &a, sample);
    assert_string_equal(orx_node_str(orx_node_path(root, "providers.codex.models[0]"), ""), "a");
    assert_int_equal(orx_node_int(orx_node_path(root, "providers.codex.max"), 0), 3);
    assert_ptr_equal(orx_node_path(root, ""), root);
    static const char *const missing[] = {
        "providers.gemini.max",
        "providers.codex.models[2]",
        "providers.codex.models[-1]",
        "providers.codex.max.x",
        "providers.codex.models[x]",
        "providers.codex.models[0",
        "providers..codex",
        "providers.codex.models[0]x",
        "[0]",
        ".on",
        "providers.codex.models[99999999999]",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(missing); i++)
        assert_null(orx_node_path(root, missing[i]));
    assert_null(orx_node_path(NULL, "on"));
    const orx_node *grid = must_parse(orx_json_parse, &a, "[[1, 2], [3, {\"k\": 4}]]");
    assert_int_equal(orx_node_int(orx_node_path(grid, "[0][1]"), 0), 2);
    assert_int_equal(orx_node_int(orx_node_path(grid, "[1][1].k"), 0), 4);
}

static void reads_with_defaults(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = must_parse(orx_json_parse, &a, sample);
    const orx_node *text = orx_node_get(root, "text");
    const orx_node *max = orx_node_path(root, "providers.codex.max");
    assert_string_equal(orx_node_str(text, "d"), "x");
    assert_string_equal(orx_node_str(max, "d"), "d");
    assert_null(orx_node_str(NULL, NULL));
    assert_int_equal(orx_node_int(text, 9), 9);
    assert_int_equal(orx_node_int(orx_node_get(root, "rate"), 9), 9);
    assert_int_equal(orx_node_int(NULL, 9), 9);
    assert_true(orx_node_bool(orx_node_get(root, "on"), false));
    assert_true(orx_node_bool(text, true));
    assert_false(orx_node_bool(NULL, false));
    assert_true(orx_node_num(orx_node_get(root, "rate"), 0) == 0.5);
    assert_true(orx_node_num(max, 0) == 3.0);
    assert_true(orx_node_num(text, 7) == 7.0);
    assert_true(orx_node_num(NULL, 7) == 7.0);
}

static void names_every_kind(void **state) {
    (void)state;
    static const char *const names[] = {"null",     "true or false", "an integer", "a number",
                                        "a string", "an array",      "an object"};
    for (int k = ORX_NULL; k <= ORX_OBJECT; k++)
        assert_string_equal(orx_kind_name((orx_kind)k), names[k]);
    assert_string_equal(orx_kind_name((orx_kind)99), "nothing");
}

static bool equal(const char *a_text, const char *b_text) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *x = must_parse(orx_json_parse, &a, a_text);
    const orx_node *y = must_parse(orx_json_parse, &a, b_text);
    assert_int_equal(orx_node_equal(x, y), orx_node_equal(y, x));
    return orx_node_equal(x, y);
}

static void compares_deeply(void **state) {
    (void)state;
    assert_true(equal("{\"a\": 1, \"b\": [1, null]}", "{\"b\": [1, null], \"a\": 1}"));
    assert_true(equal("{\"a\": {\"x\": 1, \"y\": 2}}", "{\"a\": {\"y\": 2, \"x\": 1}}"));
    assert_false(equal("{\"a\": 1, \"b\": 2}", "{\"a\": 2, \"b\": 1}"));
    assert_false(equal("{\"b\": 1, \"a\": 2}", "{\"a\": 1, \"b\": 2}"));
    assert_false(equal("{\"a\": 1, \"b\": 2}", "{\"c\": 2, \"a\": 1}"));
    assert_false(equal("{\"a\": 1}", "{\"a\": 1, \"b\": 1}"));
    assert_false(equal("[1, 2]", "[2, 1]"));
    assert_false(equal("[1]", "[1, 1]"));
    assert_false(equal("1", "1.0"));
    assert_false(equal("true", "false"));
    assert_false(equal("null", "false"));
    assert_false(equal("\"a\"", "\"b\""));
    assert_false(equal("\"a\"", "\"a\\u0000\""));
    assert_true(equal("0.1", "1e-1"));
    assert_false(equal("[]", "{}"));
    assert_true(orx_node_equal(NULL, NULL));
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    assert_false(orx_node_equal(NULL, must_parse(orx_json_parse, &a, "null")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_members_and_elements),
        cmocka_unit_test(walks_paths),
        cmocka_unit_test(reads_with_defaults),
        cmocka_unit_test(names_every_kind),
        cmocka_unit_test(compares_deeply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
