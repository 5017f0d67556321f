/* RFC 8259, production by production: what is JSON and what is not. Every text is also tried inside
 * an array and inside an object, with white space around it. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

static int parse(const char *format, const char *text, orx_arena *a, const orx_node **ret_root) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    const char *hole = strchr(format, '@');
    orx_str_addf(&s, "%.*s%s%s", (int)(hole - format), format, text, hole + 1);
    return orx_json_parse(a, "test", orx_str_view(&s), &orx_limits_config, ret_root, NULL);
}

static const char *const around[] = {"@",       " @ ",           "\n\t@\r\n",        "[@]",
                                     "[ @ ]",   "[1,@,2]",       "{\"k\":@}",        "{\"k\" : @ }",
                                     "[[[@]]]", "[{\"a\":[@]}]", "{\"a\":1,\"b\":@}"};

static void assert_json_is(const char *text, const char *expected) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(around); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(orx_str_free) orx_str got = {0};
        ORX_CLEANUP(orx_str_free) orx_str want = {0};
        const orx_node *root = NULL;
        const orx_node *other = NULL;
        if (parse(around[i], text, &a, &root) < 0 || parse(around[i], expected, &a, &other) < 0)
            fail_msg("refused: %s in %s", text, around[i]);
        orx_json_write(&got, root, ORX_JSON_OURS);
        orx_json_write(&want, other, ORX_JSON_OURS);
        assert_string_equal(got.buf, want.buf);
    }
}

static void assert_no_json(const char *text) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(around); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        const orx_node *root = NULL;
        if (parse(around[i], text, &a, &root) >= 0)
            fail_msg("accepted: %s in %s", text, around[i]);
    }
}

static void accepted(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"null", "null"},
        {"true", "true"},
        {"false", "false"},
        {"0", "0"},
        {"-0", "0"},
        {"1", "1"},
        {"-1", "-1"},
        {"10", "10"},
        {"1234567890", "1234567890"},
        {"0.0", "0.0"},
        {"-0.0", "-0.0"},
        {"0.5", "0.5"},
        {"1.25", "1.25"},
        {"1e0", "1.0"},
        {"1E0", "1.0"},
        {"1e+2", "100.0"},
        {"1E-2", "0.01"},
        {"0e5", "0.0"},
        {"-1.5e+3", "-1500.0"},
        {"1.50", "1.5"},
        {"1e-400", "0.0"},
        {"\"\"", "\"\""},
        {"\"a\"", "\"a\""},
        {"\" \"", "\" \""},
        {"\"\\\"\"", "\"\\\"\""},
        {"\"\\\\\"", "\"\\\\\""},
        {"\"\\/\"", "\"/\""},
        {"\"\\u0020\"", "\" \""},
        {"\"\\u00E9\"", "\"\xC3\xA9\""},
        {"\"\\uffff\"", "\"\xEF\xBF\xBF\""},
        {"\"\\uD834\\uDD1E\"", "\"\xF0\x9D\x84\x9E\""},
        {"\"\x7F\"", "\"\x7F\""},
        {"\"\xF4\x8F\xBF\xBF\"", "\"\xF4\x8F\xBF\xBF\""},
        {"\"// no comment /* here */\"", "\"// no comment /* here */\""},
        {"\"[{,:}]\"", "\"[{,:}]\""},
        {"[]", "[]"},
        {"[ ]", "[]"},
        {"[\n]", "[]"},
        {"[1]", "[1]"},
        {"[1,2]", "[1,2]"},
        {"[1 , 2]", "[1,2]"},
        {"[[],[[]]]", "[[],[[]]]"},
        {"{}", "{}"},
        {"{ }", "{}"},
        {"{\"\":0}", "{\"\":0}"},
        {"{\"a\":1}", "{\"a\":1}"},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"},
        {"{\"a\" : 1 , \"b\" : 2}", "{\"a\":1,\"b\":2}"},
        {"{\"a\":{\"a\":{}}}", "{\"a\":{\"a\":{}}}"},
        {"{\"\\u0061\":1}", "{\"a\":1}"},
        {"{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}"},
        {"{\"\\u0000\":1,\"\":2}", "{\"\\u0000\":1,\"\":2}"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_json_is(cases[i][0], cases[i][1]);
}

static void words_that_are_none(void **state) {
    (void)state;
    static const char *const cases[] = {
        "nul",   "nulll", "Null", "NULL", "tru", "truee",    "True", "fals",
        "False", "yes",   "no",   "nan",  "NaN", "Infinity", "inf",  "undefined",
        "a",     "_",     "$",    "n",    "t",   "f",        "None", "-nan",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_no_json(cases[i]);
}

static void numbers_that_are_none(void **state) {
    (void)state;
    static const char *const cases[] = {
        "-",
        "+1",
        "--1",
        "01",
        "-01",
        "00",
        "1.",
        ".1",
        "-.1",
        "1.e5",
        "1e",
        "1e+",
        "1e-",
        "1E",
        "1ee5",
        "1e5.5",
        "1.2.3",
        "0x1",
        "1_000",
        "1,5e",
        "1e1e1",
        "0b1",
        "0o7",
        "1f",
        "1 2",
        "1-",
        "1+1",
        "- 1",
        "\xD9\xA1",
        "Infinity",
        "-Inf",
        "1e400",
        "-1e400",
        "9223372036854775808",
        "-9223372036854775809",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_no_json(cases[i]);
}

static void strings_that_are_none(void **state) {
    (void)state;
    static const char *const cases[] = {
        "\"",
        "\"a",
        "a\"",
        "'a'",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u\"",
        "\"\\u1\"",
        "\"\\u12\"",
        "\"\\u123\"",
        "\"\\u123g\"",
        "\"\\U0041\"",
        "\"\\0\"",
        "\"\\'\"",
        "\"\\a\"",
        "\"\\v\"",
        "\"\\\n\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"a\rb\"",
        "\"\x01\"",
        "\"\x1F\"",
        "\"\\ud800\"",
        "\"\\udfff\"",
        "\"\xC3\"",
        "\"\xC3\x28\"",
        "\"\x80\"",
        "\"\xFE\"",
        "\"\xC0\xAF\"",
        "\"\xED\xB0\x80\"",
        "\"\xF4\x90\x80\x80\"",
        "\"a\" \"b\"",
        "\"a\"b",
        "`a`",
        "\xE2\x80\x9Cx\xE2\x80\x9D",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_no_json(cases[i]);
}

static void containers_that_are_none(void **state) {
    (void)state;
    static const char *const cases[] = {
        "[",
        "]",
        "[1",
        "1]",
        "[1,]",
        "[,1]",
        "[,]",
        "[1,,2]",
        "[1;2]",
        "[1 2]",
        "[1:2]",
        "[\"a\":1]",
        "[(1)]",
        "(1)",
        "<1>",
        "{",
        "}",
        "{]",
        "[}",
        "{1}",
        "{1:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{:1}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\":1 \"b\":2}",
        "{\"a\"=1}",
        "{\"a\",1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\"::1}",
        "{\"a\":1:2}",
        "{null:1}",
        "{[]:1}",
        "{{}:1}",
        "{\"a\":1;\"b\":2}",
        "{\"a\":1,\"a\":1}",
        "[1]]",
        "{}}",
        "[] []",
        "{}{}",
        "[1,2",
        "[[1]",
        "{\"a\":[}",
        "[{\"a\":1]",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_no_json(cases[i]);
}

static void other_bytes(void **state) {
    (void)state;
    static const char *const cases[] = {
        "\v1",
        "1\f",
        "\xC2\xA0[1]",
        "1\xE2\x80\x83",
        "# 1",
        "1 // one",
        "/**/1",
        "1 /*",
        "\xEF\xBB\xBF[1]",
        "\x1E[1]",
        "1\x1A",
        "\x7F",
        ",",
        ":",
        "1,",
        ",1",
        "1:",
        "=1",
        "\\n1",
        "&1",
        "*1",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_no_json(cases[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(words_that_are_none),
        cmocka_unit_test(numbers_that_are_none),
        cmocka_unit_test(strings_that_are_none),
        cmocka_unit_test(containers_that_are_none),
        cmocka_unit_test(other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
