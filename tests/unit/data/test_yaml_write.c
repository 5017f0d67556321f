#include "data/yaml.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_writes(const char *json, const char *yaml) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    const orx_node *n = must_parse(orx_json_parse, &a, json);
    orx_yaml_write(&out, n);
    assert_string_equal(out.buf, yaml);
    assert_true(orx_node_equal(n, must_parse(orx_yaml_parse, &a, out.buf)));
}

static void blocks(void **state) {
    (void)state;
    assert_writes("{\"a\":{\"b\":[1,[2,[3]],{\"c\":null,\"d\":[]}],\"e\":{}},\"f\":\"x y\"}",
                  "a:\n"
                  "  b:\n"
                  "    - 1\n"
                  "    - - 2\n"
                  "      - - 3\n"
                  "    - c: null\n"
                  "      d: []\n"
                  "  e: {}\n"
                  "f: x y\n");
    assert_writes("[]", "[]\n");
    assert_writes("{}", "{}\n");
    assert_writes("[{\"a\":{\"b\":1}}]", "- a:\n    b: 1\n");
}

static void scalars(void **state) {
    (void)state;
    assert_writes("[true,false,null,0,-5,1.5,1e16,1e-5]",
                  "- true\n- false\n- null\n- 0\n- -5\n- 1.5\n- 1e+16\n- 1e-05\n");
    assert_writes("\"text\"", "text\n");
    assert_writes("42", "42\n");
}

/* What would read back as something else, here or in another reader, is quoted. */
static void quotes_where_needed(void **state) {
    (void)state;
    static const char *const plain[] = {"a",      "a b", "gpt-5",       "/usr/bin/x", "a_b.c", "_x",
                                        "v1.2.3", "e5",  "user@host.x", "a - b",      "x+y"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(plain); i++) {
        ORX_CLEANUP(orx_str_free) orx_str json = {0};
        ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
        orx_str_addf(&json, "{\"%s\":\"%s\"}", plain[i], plain[i]);
        orx_str_addf(&yaml, "%s: %s\n", plain[i], plain[i]);
        assert_writes(json.buf, yaml.buf);
    }
    static const char *const quoted[] = {
        "",     "true", "False", "null", "NULL", "yes",  "No",     "on",        "OFF",  "y",
        "N",    "~",    "1",     "1.5",  "0644", "-1",   ".5",     "<<",        "- a",  "-",
        "a: b", "a #b", "#a",    " a",   "a ",   "[a]",  "{a}",    "*a",        "&a",   "!a",
        "a,b",  "%a",   "@a",    "a:",   "'a'",  ".inf", "2026-1", "a|b",       "0x1F", "?",
        "?a",   "...",  "---",   "= a",  ">",    "|",    "`a`",    "a\xC3\xA9",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(quoted); i++) {
        ORX_CLEANUP(orx_str_free) orx_str json = {0};
        ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
        orx_str_addf(&json, "{\"%s\":\"%s\"}", quoted[i], quoted[i]);
        orx_str_addf(&yaml, "\"%s\": \"%s\"\n", quoted[i], quoted[i]);
        assert_writes(json.buf, yaml.buf);
    }
}

static void every_character_survives(void **state) {
    (void)state;
    static const uint32_t bounds[][2] = {{0, 0x300},       {0x2020, 0x2040},  {0xD7F0, 0xD7FF},
                                         {0xE000, 0xE010}, {0xFE00, 0x10010}, {0x10FFF0, 0x10FFFF}};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *list = orx_node_new(&a, ORX_ARRAY);
    for (size_t i = 0; i < ORX_ARRAY_LEN(bounds); i++) {
        for (uint32_t c = bounds[i][0]; c <= bounds[i][1]; c++) {
            char text[32];
            uint32_t high = 0xD800 + ((c - 0x10000) >> 10);
            uint32_t low = 0xDC00 + ((c - 0x10000) & 0x3FF);
            if (c < 0x10000)
                (void)snprintf(text, sizeof text, "\"x\\u%04x\"", c);
            else
                (void)snprintf(text, sizeof text, "\"x\\u%04x\\u%04x\"", high, low);
            orx_node_push(list, orx_node_copy(&a, must_parse(orx_json_parse, &a, text)));
        }
    }
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_yaml_write(&out, list);
    assert_true(orx_node_equal(list, must_parse(orx_yaml_parse, &a, out.buf)));
    assert_null(strstr(out.buf, "\xE2\x80\xA8"));
    assert_null(strchr(out.buf, 0x7F));
}

/* libyaml finds the ':' of a key only within 1024 characters; beyond the key is marked by '?'. */
static void long_keys(void **state) {
    (void)state;
    for (size_t len = 480; len < 1100; len += 5) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        char *key = repeat("k", len);
        char *wide = repeat("\xE2\x82\xAC", len);
        orx_node *o = orx_node_new(&a, ORX_OBJECT);
        orx_node *inner = orx_node_new(&a, ORX_OBJECT);
        orx_node_set_str(&a, inner, key, "x");
        orx_node_set_str(&a, inner, wide, wide);
        orx_node *list = orx_node_new(&a, ORX_ARRAY);
        orx_node_push(list, inner);
        orx_node_push(list, orx_node_new(&a, ORX_OBJECT));
        orx_node_set(&a, o, key, list);
        orx_node_set(&a, o, wide, orx_node_copy(&a, inner));
        orx_node_set_int(&a, o, "z", 1);
        orx_yaml_write(&out, o);
        assert_true(orx_node_equal(o, must_parse(orx_yaml_parse, &a, out.buf)));
        free(key);
        free(wide);
    }
}

static void deep_trees(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str json = {0};
    for (int i = 0; i < 62; i++)
        orx_str_adds(&json, i % 3 ? "[0," : "{\"k\":1,\"l\":");
    orx_str_adds(&json, "[{}]");
    for (int i = 62; i-- > 0;)
        orx_str_addc(&json, i % 3 ? ']' : '}');
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    const orx_node *n = must_parse(orx_json_parse, &a, json.buf);
    orx_yaml_write(&out, n);
    assert_true(orx_node_equal(n, must_parse(orx_yaml_parse, &a, out.buf)));
}

static void golden_input_survives(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str input = {0};
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    read_golden("input.json", &input);
    const orx_node *n = must_parse(orx_json_parse, &a, input.buf);
    orx_yaml_write(&out, n);
    assert_true(orx_node_equal(n, must_parse(orx_yaml_parse, &a, out.buf)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks),
        cmocka_unit_test(scalars),
        cmocka_unit_test(quotes_where_needed),
        cmocka_unit_test(every_character_survives),
        cmocka_unit_test(long_keys),
        cmocka_unit_test(deep_trees),
        cmocka_unit_test(golden_input_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
