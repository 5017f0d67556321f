#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void says_what_was_expected(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *place;
        const char *message;
    } cases[] = {
        {"x", "test:1:1: ", "expected a value, found 'x'"},
        {"[1 2]", "test:1:4: ", "expected ',' or ']', found a number"},
        {"[1,]", "test:1:4: ", "expected a value behind the comma, found ']': remove the comma"},
        {"[}", "test:1:2: ", "expected a value or ']', found '}'"},
        {"[1}", "test:1:3: ", "expected ',' or ']', found '}'"},
        {"{\"a\" 1}", "test:1:6: ", "expected ':' behind the key, found a number"},
        {"{\"a\":}", "test:1:6: ", "expected a value, found '}'"},
        {"{\"a\":1 \"b\":2}", "test:1:8: ", "expected ',' or '}', found a string"},
        {"{\"a\":1,}", "test:1:8: ", "expected a key in double quotes behind the comma, found '}'"},
        {"{\"a\":1]", "test:1:7: ", "expected ',' or '}', found ']'"},
        {"{a:1}", "test:1:2: ", "expected a key in double quotes or '}', found 'a'"},
        {"{1:1}", "test:1:2: ", "expected a key in double quotes or '}'"},
        {"{\n  \"a\": True\n}", "test:2:8: ", "expected a value, found 'T': write true"},
        {"[None]", "test:1:2: ", "write null"},
        {"[NaN]", "test:1:2: ", "JSON has no NaN"},
        {"[Infinity]", "test:1:2: ", "JSON has no infinity"},
        {"[nul]", "test:1:2: ", "expected a value or ']', found 'n'"},
        {"['a']", "test:1:2: ", "strings stand in double quotes"},
        {"[1, // one\n2]", "test:1:5: ", "JSON has no comments"},
        {"/* x */ 1", "test:1:1: ", "JSON has no comments"},
        {"[+1]", "test:1:2: ", "a number starts with a digit"},
        {"[.5]", "test:1:2: ", "a number starts with a digit"},
        {"[1.]", "test:1:2: ", "a number that is not complete"},
        {"[-]", "test:1:2: ", "a number that is not complete"},
        {"[-Infinity]", "test:1:2: ", "a number that is not complete"},
        {"[1e]", "test:1:2: ", "a number that is not complete"},
        {"[1e+]", "test:1:2: ", "a number that is not complete"},
        {"[01]", "test:1:3: ", "expected ',' or ']', found a number"},
        {"[\v1]", "test:1:2: ", "found the byte 0x0B"},
        {"[1\f]", "test:1:3: ", "found the byte 0x0C"},
        {"[1]\v", "test:1:4: ", "found the byte 0x0B"},
        {"\x7F", "test:1:1: ", "found the byte 0x7F"},
        {"[1, \xC3\xA9]", "test:1:5: ", "found '\xC3\xA9'"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        REFUSED(orx_json_parse, cases[i].text, cases[i].place, cases[i].message);
}

static void unfinished_texts_name_what_is_open(void **state) {
    (void)state;
    REFUSED(orx_json_parse, "{\n \"a\": [\n", "test:3:1: ", "found the end of the file",
            "the array that starts at 2:7 is not closed");
    REFUSED(orx_json_parse, "[{\"a\"", "expected ':' behind the key, found the end of the file",
            "the object that starts at 1:2");
    REFUSED(orx_json_parse, "[{\"a\":", "expected a value, found the end of the file");
    REFUSED(orx_json_parse, "[1,", "expected a value behind the comma", "end of the file");
    REFUSED(orx_json_parse, "[1", "expected ',' or ']'", "end of the file");
    REFUSED(orx_json_parse, "[\n\"abc", "test:2:1: ", "expected '\"' at the end of the string");
    REFUSED(orx_json_parse, "\"abc\\", "test:1:1: ", "expected '\"' at the end of the string");
    REFUSED(orx_json_parse, "tru", "test:1:1: ", "expected a value, found 't'");
    REFUSED(orx_json_parse, "-", "test:1:1: ", "not complete");
}

static void trailing_bytes_are_refused(void **state) {
    (void)state;
    REFUSED(orx_json_parse, "{} x", "test:1:4: ", "expected the end of the file behind the value");
    REFUSED(orx_json_parse, "1 2", "test:1:3: ", "expected the end of the file");
    REFUSED(orx_json_parse, "[]\n{}", "test:2:1: ", "expected the end of the file", "found '{'");
    REFUSED(orx_json_parse, "[]]", "test:1:3: ", "expected the end of the file", "found ']'");
    REFUSED(orx_json_parse, "nullnull", "test:1:5: ", "expected the end of the file");
    REFUSED(orx_json_parse, "[],", "test:1:3: ", "expected the end of the file", "found ','");
}

static void bad_strings(void **state) {
    (void)state;
    REFUSED(orx_json_parse, "[\"a\nb\"]", "test:1:4: ", "found the end of the line", "\\n");
    REFUSED(orx_json_parse, "[\"a\tb\"]", "test:1:4: ", "found a tab");
    REFUSED(orx_json_parse, "[\"a\x01\"]", "test:1:4: ", "found the byte 0x01");
    REFUSED(orx_json_parse, "[\"\\x41\"]", "test:1:3: ", "another escape");
    REFUSED(orx_json_parse, "[\"\\q\"]", "test:1:3: ", "write a backslash as \\\\");
    REFUSED(orx_json_parse, "[\"\\u12g4\"]", "test:1:3: ", "another escape");
    REFUSED(orx_json_parse, "{\"\\q\":1}", "test:1:3: ", "another escape");
}

static void lone_surrogates_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "[\"\\ud800\"]",    "[\"\\ud800x\"]",       "[\"\\ud800\\u0041\"]",
        "[\"\\udc00\"]",    "[\"\\ud800\\ud800\"]", "[\"\\uDFFF\"]",
        "[\"\\ud83d\\n\"]", "[\"\\udbff\\ue000\"]", "[\"\\udc00\\udc00\"]",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        REFUSED(orx_json_parse, bad[i], "test:1:3: ", "lone surrogate \\ud");
    REFUSED(orx_json_parse, "[\n{\"ok \\ud83d\\ude00 \\udc01\":1}]",
            "test:2:19: ", "lone surrogate \\udc01");
}

static void numbers_out_of_range(void **state) {
    (void)state;
    REFUSED(orx_json_parse, "[1e400]", "test:1:2: ", "at most 1.79", "found 1e400");
    REFUSED(orx_json_parse, "{\"a\":\n -12345678901234567890}",
            "test:2:2: ", "expected an integer between", "found -12345678901234567890");
    REFUSED(orx_json_parse, "123456789012345678901234567890123456789012345678901234567890",
            "test:1:1: ", "...");
    char *digits = repeat("9", 100000);
    REFUSED(orx_json_parse, digits, "at most 1024 characters");
    free(digits);
}

static void duplicate_keys_name_both_places(void **state) {
    (void)state;
    REFUSED(orx_json_parse, "{\"a\":1,\n \"b\":2,\n \"a\":3}",
            "test:3:2: ", "found \"a\" again (first at 1:2)");
    REFUSED(orx_json_parse, "{\"a\":1,\"\\u0061\":3}", "test:1:8: ", "\"a\" again");
    REFUSED(orx_json_parse, "{\"\":1,\"\":3}", "test:1:7: ", "\"\" again");
    REFUSED(orx_json_parse, "[{\"x\":{\"a\":1,\"b\":2,\"b\":3}}]", "\"b\" again (first at 1:14)");
    REFUSED(orx_json_parse, "{\"x\\ny\\u0000\":1,\"x\\ny\\u0000\":3}",
            "found \"x\\ny\\u0000\" again");
    char *key = repeat("\xE2\x82\xAC", 300);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "{\"%s\":1,\"%s\":2}", key, key);
    key[198] = '\0';
    ORX_CLEANUP(orx_str_free) orx_str shown = {0};
    orx_str_addf(&shown, "found \"%s again (first", key);
    REFUSED(orx_json_parse, text.buf, shown.buf);
    free(key);
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    must_parse(orx_json_parse, &a, "[{\"a\":{\"a\":{\"a\":1}}},{\"a\":1}]");
}

/* From few members to many the check changes its way; none of the sizes may miss one. */
static void duplicates_are_found_in_objects_of_any_size(void **state) {
    (void)state;
    for (int members = 1; members < 60; members++) {
        for (int twice = 0; twice < members; twice += 1 + members / 7) {
            ORX_CLEANUP(orx_str_free) orx_str text = {0};
            for (int i = 0; i < members; i++)
                orx_str_addf(&text, "%s\"long-key-name-%d\":%d", i ? ",\n" : "{", i, i);
            orx_str_addf(&text, ",\n\"long-key-name-%d\":0}", twice);
            char place[64];
            char first[64];
            (void)snprintf(place, sizeof place, "test:%d:1: ", members + 1);
            (void)snprintf(first, sizeof first, "first at %d:%d)", twice + 1, twice ? 1 : 2);
            REFUSED(orx_json_parse, text.buf, place, first);
        }
    }
}

static void encodings_are_refused(void **state) {
    (void)state;
    REFUSED(orx_json_parse, "\xEF\xBB\xBF{}", "test:1:1: ", "byte order mark", "without BOM");
    REFUSED(orx_json_parse, "\xFF\xFE{", "UTF-16");
    REFUSED(orx_json_parse, "\xFE\xFF", "UTF-16");
    static const char *const bad[] = {
        "[\"\xC3\x28\"]", "[\"\xC0\x80\"]", "[\"\xED\xA0\x80\"]", "[\"\xF5\x80\x80\x80\"]",
        "[\"\xE2\x82\"]", "[\"\x80\"]",     "[\"\xFF\"]",         "[\"\xE0\x80\xAF\"]",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        REFUSED(orx_json_parse, bad[i], "test:1:3: ", "expected UTF-8, found the byte 0x");
    REFUSED(orx_json_parse, "{\n\"0123456789abcdef\":\"ok\xE2\x82\xAC\",\"x\":\"\x9F\"}",
            "test:2:33: ", "0x9F");
    must_refuse(orx_json_parse, orx_view_mem("{\"a\":\n\0 1}", 10), &orx_limits_config,
                ORX_E_INVALID, "test:2:1: ", "NUL byte", NULL);
    must_refuse(orx_json_parse, orx_view_mem("\"a\0b\"", 5), &orx_limits_config, ORX_E_INVALID,
                "test:1:3: ", "NUL byte", NULL);
}

static void empty_texts_are_refused(void **state) {
    (void)state;
    REFUSED(orx_json_parse, "", "test: expected JSON, found an empty file");
    REFUSED(orx_json_parse, " \r\n\t", "test: expected JSON, found an empty file");
    must_refuse(orx_json_parse, (orx_view){NULL, 0}, &orx_limits_config, ORX_E_INVALID, "empty",
                NULL);
}

static void messages_keep_strings_to_themselves(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"api_key\": \"sk-secret\" \"x\"}", "{\"api_key\": \"sk-secret\", }",
        "{\"api_key\": \"sk-secret\\q\"}",    "{\"api_key\": \"sk-secret",
        "{\"api_key\": sk-secret}",           "{\"api_key\": \"sk-secret\xFF\"}",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_err err = ORX_ERR_INIT;
        const orx_node *root;
        assert_true(
            orx_json_parse(&a, "f", orx_view_of(texts[i]), &orx_limits_config, &root, &err) < 0);
        assert_null(strstr(err.msg, "secret"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_expected),
        cmocka_unit_test(unfinished_texts_name_what_is_open),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(bad_strings),
        cmocka_unit_test(lone_surrogates_are_refused),
        cmocka_unit_test(numbers_out_of_range),
        cmocka_unit_test(duplicate_keys_name_both_places),
        cmocka_unit_test(duplicates_are_found_in_objects_of_any_size),
        cmocka_unit_test(encodings_are_refused),
        cmocka_unit_test(empty_texts_are_refused),
        cmocka_unit_test(messages_keep_strings_to_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
