#include "data/yaml.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

static void says_what_was_expected(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *place;
        const char *message;
    } cases[] = {
        {"a: b: c\n", "test:1:5: ", "put a value that contains \": \" in quotes"},
        {"a: 1\n b: 2\n", "test:2:3: ", "check the indentation"},
        {"a:\n\t- b\n", "test:2:1: ", "found a tab: indent with spaces"},
        {"a: @x\n", "test:1:4: ", "expected a value, found '@'"},
        {"a: `x`\n", "test:1:4: ", "expected a value, found '`'"},
        {"a: [1, 2\n", "test:2:1: ", "expected ',' or ']', found the end of the file"},
        {"a: {b: 1\nc: 2\n", "test:2:2: ", "expected ',' or '}'"},
        {"a: [1 2}\n", "test:1:8: ", "expected ',' or ']', found '}'"},
        {"a:\n  - \"x\n", "test:3:1: ", "expected the closing quote, found the end of the file"},
        {"- a\nb: c\n", "test:2:1: ", "expected '-' in line with those above, found 'b'"},
        {"a: - b\n", "test:1:4: ", "begin a list on the line below its key"},
        {"a: \"\\q\"\n", "test:1:5: ", "write a backslash as \\\\"},
        {"a: 1\nb\nc: 2\n", "test:3:1: ", "expected ':' behind the key"},
        {"a: \"x\" y\n", "test:1:8: ", "expected a key in line with those above, found 'y'"},
        {"- {a: 1} b\n", "test:1:10: ", "expected '-' in line with those above"},
        {"a: \x01\n", "test:1:4: ", "expected text, found the byte 0x01"},
        {"a: *\n", "test:1:5: ", "expected YAML, found a fault: "},
        {"[, 1]\n", "test:1:2: ", "expected a value, found ','"},
        {"? [x]\n: y\n", "test:1:3: ", "expected a string as key, found an array"},
        {"{[x]: y}\n", "test:1:2: ", "expected a string as key, found an array"},
        {"{{a: b}: y}\n", "test:1:2: ", "expected a string as key, found an object"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        REFUSED(orx_yaml_parse, cases[i].text, cases[i].place, cases[i].message);
}

static void keys_are_strings(void **state) {
    (void)state;
    static const char *const words[] = {"1", "1.5", "true", "null", "~", ".inf"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addf(&text, "a: 1\n%s: 2\n", words[i]);
        REFUSED(orx_yaml_parse, text.buf, "test:2:1: ", "expected a string as key",
                "put it in quotes");
    }
    REFUSED(orx_yaml_parse, "? \n: 1\n", "expected a string as key");
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    assert_json(must_parse(orx_yaml_parse, &a, "{\"1\": 1, 'true': 2, on: 3, '<<': 4}"),
                ORX_JSON_OURS, "{\"1\":1,\"true\":2,\"on\":3,\"<<\":4}");
}

static void what_is_left_out_is_refused(void **state) {
    (void)state;
    REFUSED(orx_yaml_parse, "b: &b {x: 1}\nc:\n  <<: *b\n", "test:3:3: ", "merge key");
    REFUSED(orx_yaml_parse, "a: 1\n---\nb: 2\n", "test:2:1: ", "a file holds one document");
    REFUSED(orx_yaml_parse, "a: 1\n...\nb: 2\n", "test:3:1: ", "a file holds one document");
    REFUSED(orx_yaml_parse, "a: 1\n...\n%YAML 1.2\n---\n", "test:3:1: ", "found '%'");
    REFUSED(orx_yaml_parse, "a: 1\n... x\n", "expected the end of the file");
    REFUSED(orx_yaml_parse, "%TAG ! x\n---\na: 1\n", "test:1:1: ", "a directive (%)");
    REFUSED(orx_yaml_parse, "# c\n%YAML 1.2\n%FOO\n---\na: 1\n", "test:3:1: ", "a directive (%)");
    REFUSED(orx_yaml_parse, "a: !foo x\n", "test:1:4: ", "a value without a tag");
    REFUSED(orx_yaml_parse, "a: !!binary aGk=\n", "test:1:4: ", "a value without a tag");
    REFUSED(orx_yaml_parse, "a: !foo [x]\n", "test:1:4: ", "a value without a tag");
    REFUSED(orx_yaml_parse, "a: !!map [x]\n", "test:1:4: ", "a value without a tag");
    REFUSED(orx_yaml_parse, "!!set {x}\n", "test:1:1: ", "a value without a tag");
    REFUSED(orx_yaml_parse, "!!int 1: x\n", "expected a string as key, found a tag");
    REFUSED(orx_yaml_parse, "&a k: x\n", "expected a string as key", "anchor");
    REFUSED(orx_yaml_parse, "- &a k\n- {*a : x}\n", "expected a string as key, found an alias");
}

static void tags_must_fit(void **state) {
    (void)state;
    REFUSED(orx_yaml_parse, "a: !!int x\n", "test:1:4: ", "expected an integer behind !!int");
    REFUSED(orx_yaml_parse, "a: !!int 1.5\n", "expected an integer behind !!int");
    REFUSED(orx_yaml_parse, "a: !!float x\n", "expected a number behind !!float");
    REFUSED(orx_yaml_parse, "a: !!bool yes\n", "expected true or false behind !!bool");
    REFUSED(orx_yaml_parse, "a: !!null x\n", "expected null behind !!null");
}

static void numbers_out_of_range(void **state) {
    (void)state;
    REFUSED(orx_yaml_parse, "a: 12345678901234567890\n",
            "test:1:4: ", "expected an integer between", "found 12345678901234567890",
            "put it in quotes");
    REFUSED(orx_yaml_parse, "a: 1e400\n", "test:1:4: ", "at most 1.79", "found 1e400");
    REFUSED(orx_yaml_parse, "a: .inf\n", "expected a finite number, found .inf");
    REFUSED(orx_yaml_parse, "a: -.INF\n", "expected a finite number");
    REFUSED(orx_yaml_parse, "a: .NaN\n", "expected a finite number");
    char *digits = repeat("9", 2000);
    REFUSED(orx_yaml_parse, digits, "at most 1024 characters", "...");
    free(digits);
}

static void duplicate_keys_name_both_places(void **state) {
    (void)state;
    REFUSED(orx_yaml_parse, "a: 1\nb: 2\na: 3\n", "test:3:1: ", "\"a\" again (first at 1:1)");
    REFUSED(orx_yaml_parse, "x:\n  - {a: 1, \"a\": 2}\n", "test:2:12: ", "(first at 2:6)");
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 500; i++)
        orx_str_addf(&text, "key%d: 1\n", i);
    orx_str_adds(&text, "key250: 2\n");
    REFUSED(orx_yaml_parse, text.buf, "test:501:1: ", "\"key250\" again (first at 251:1)");
}

static void anchors_must_make_sense(void **state) {
    (void)state;
    REFUSED(orx_yaml_parse, "a: *nobody\n", "test:1:4: ", "found *nobody: define &nobody");
    REFUSED(orx_yaml_parse, "a: &a [1, *a]\n", "test:1:11: ", "found *a inside &a itself");
    REFUSED(orx_yaml_parse, "a: &a\n  b: {c: *a}\n", "test:2:10: ", "inside &a itself");
}

static void encodings_are_refused(void **state) {
    (void)state;
    REFUSED(orx_yaml_parse,
            "\xEF\xBB\xBF"
            "a: 1",
            "test:1:1: ", "byte order mark");
    REFUSED(orx_yaml_parse, "a: 1\nb: \"\xC3\x28\"\n", "test:2:5: ", "expected UTF-8");
    REFUSED(orx_yaml_parse, "a: \xED\xA0\x80\n", "test:1:4: ", "expected UTF-8");
    must_refuse(orx_yaml_parse, orx_view_mem("a: 1\nb: \0\n", 10), &orx_limits_config,
                ORX_E_INVALID, "test:2:4: ", "NUL byte", NULL);
    must_refuse(orx_yaml_parse, orx_view_mem("a\0:\0 \0", 6), &orx_limits_config, ORX_E_INVALID,
                "test:1:2: ", "NUL byte", NULL);
    REFUSED(orx_yaml_parse, "a: \"\\ud800\"\n", "test:1:");
}

static void empty_texts_are_refused(void **state) {
    (void)state;
    REFUSED(orx_yaml_parse, "", "test: expected YAML, found an empty file");
    REFUSED(orx_yaml_parse, " \n\n", "found an empty file");
    REFUSED(orx_yaml_parse, "# only a comment\n", "found a file without a value");
    REFUSED(orx_yaml_parse, "...\n", "test:1:1: ");
}

static void messages_keep_values_to_themselves(void **state) {
    (void)state;
    static const char *const texts[] = {
        "key: sk-secret: x\n", "key: \"sk-secret\n",     "key: sk-secret\n\tx: y\n",
        "key: !!int secret\n", "key: \"sk-secret\" x\n", "key: !x sk-secret\n",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_err err = ORX_ERR_INIT;
        const orx_node *root;
        assert_true(
            orx_yaml_parse(&a, "f", orx_view_of(texts[i]), &orx_limits_config, &root, &err) < 0);
        assert_null(strstr(err.msg, "secret"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_expected),
        cmocka_unit_test(keys_are_strings),
        cmocka_unit_test(what_is_left_out_is_refused),
        cmocka_unit_test(tags_must_fit),
        cmocka_unit_test(numbers_out_of_range),
        cmocka_unit_test(duplicate_keys_name_both_places),
        cmocka_unit_test(anchors_must_make_sense),
        cmocka_unit_test(encodings_are_refused),
        cmocka_unit_test(empty_texts_are_refused),
        cmocka_unit_test(messages_keep_values_to_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
