/* The forms YAML gives to the same few things, as people write them in configuration. */
#include "data/yaml.h"

#include "support.h"

typedef struct form {
    const char *yaml;
    const char *json;
} form;

static void assert_forms(const form *forms, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_err err = ORX_ERR_INIT;
        const orx_node *root = NULL;
        ORX_CLEANUP(orx_str_free) orx_str json = {0};
        if (orx_yaml_parse(&a, "f", orx_view_of(forms[i].yaml), &orx_limits_config, &root, &err) <
            0)
            fail_msg("%s\n%s", err.msg, forms[i].yaml);
        orx_json_write(&json, root, ORX_JSON_OURS);
        assert_string_equal(json.buf, forms[i].json);
        /* And what our writer makes of it is the same again. */
        ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
        orx_yaml_write(&yaml, root);
        assert_true(orx_node_equal(root, must_parse(orx_yaml_parse, &a, yaml.buf)));
    }
}

static void mappings(void **state) {
    (void)state;
    static const form forms[] = {
        {"a: 1", "{\"a\":1}"},
        {"a: 1\nb: 2", "{\"a\":1,\"b\":2}"},
        {"a:   1  \n", "{\"a\":1}"},
        {"a :  1\n", "{\"a\":1}"},
        {"a:\n  b: 1\n", "{\"a\":{\"b\":1}}"},
        {"a:\n        b: 1\n        c: 2\n", "{\"a\":{\"b\":1,\"c\":2}}"},
        {"a:\n b:\n  c:\n   d: 1\n", "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}"},
        {"a:\n  b: 1\nc:\n  d: 2\n", "{\"a\":{\"b\":1},\"c\":{\"d\":2}}"},
        {"a:\nb:\n", "{\"a\":null,\"b\":null}"},
        {"\"a b\": 1\n'c d': 2\n", "{\"a b\":1,\"c d\":2}"},
        {"a b: 1\n", "{\"a b\":1}"},
        {"a: b:c\n", "{\"a\":\"b:c\"}"},
        {"a:b: c\n", "{\"a:b\":\"c\"}"},
        {"? a\n: 1\n? b\n: 2\n", "{\"a\":1,\"b\":2}"},
        {"? a\n", "{\"a\":null}"},
        {"{a: 1, b: 2}", "{\"a\":1,\"b\":2}"},
        {"{a: 1, b: 2,}", "{\"a\":1,\"b\":2}"},
        {"{\n  a: 1,\n  b: {c: 2}\n}\n", "{\"a\":1,\"b\":{\"c\":2}}"},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"},
        {"{a, b: }", "{\"a\":null,\"b\":null}"},
        {"a: {}\nb: { }\n", "{\"a\":{},\"b\":{}}"},
        {"http://host:80/x: 1\n", "{\"http://host:80/x\":1}"},
        {"-a: 1\n", "{\"-a\":1}"},
    };
    assert_forms(forms, ORX_ARRAY_LEN(forms));
}

static void sequences(void **state) {
    (void)state;
    static const form forms[] = {
        {"- 1\n- 2\n", "[1,2]"},
        {"-   1\n-  \n  2\n", "[1,2]"},
        {"a:\n- 1\n- 2\nb: 3\n", "{\"a\":[1,2],\"b\":3}"},
        {"a:\n  - 1\n  - 2\n", "{\"a\":[1,2]}"},
        {"- - 1\n  - 2\n- - 3\n", "[[1,2],[3]]"},
        {"-\n  - 1\n-\n  - 2\n", "[[1],[2]]"},
        {"- a: 1\n  b: 2\n- a: 3\n", "[{\"a\":1,\"b\":2},{\"a\":3}]"},
        {"-\n  a: 1\n  b: 2\n", "[{\"a\":1,\"b\":2}]"},
        {"- a:\n  - 1\n  b: 2\n", "[{\"a\":[1],\"b\":2}]"},
        {"-\n-\n", "[null,null]"},
        {"[1, 2]", "[1,2]"},
        {"[1, 2,]", "[1,2]"},
        {"[\n  1,\n  2\n]\n", "[1,2]"},
        {"[a, b c, d-e]", "[\"a\",\"b c\",\"d-e\"]"},
        {"[a: 1, b: 2]", "[{\"a\":1},{\"b\":2}]"},
        {"[[], [[]], {}]", "[[],[[]],{}]"},
        {"[]\n", "[]"},
        {"- -1\n- --\n- -a\n", "[-1,\"--\",\"-a\"]"},
    };
    assert_forms(forms, ORX_ARRAY_LEN(forms));
}

static void comments(void **state) {
    (void)state;
    static const form forms[] = {
        {"# head\na: 1 # tail\n# foot\n", "{\"a\":1}"},
        {"a: 1\n\n\n# gap\n\nb: 2\n", "{\"a\":1,\"b\":2}"},
        {"a: b#c\n", "{\"a\":\"b#c\"}"},
        {"a: \"b # c\"\n", "{\"a\":\"b # c\"}"},
        {"a: 'b # c' # d\n", "{\"a\":\"b # c\"}"},
        {"a: # nothing\n  b: 1\n", "{\"a\":{\"b\":1}}"},
        {"a:\n  # inside\n  - 1\n    # deeper\n  - 2\n", "{\"a\":[1,2]}"},
        {"[1, # one\n 2] # two\n", "[1,2]"},
        {"a: | # text\n  # no comment\n", "{\"a\":\"# no comment\\n\"}"},
    };
    assert_forms(forms, ORX_ARRAY_LEN(forms));
}

static void plain_text(void **state) {
    (void)state;
    static const form forms[] = {
        {"text", "\"text\""},
        {"a: several words, here\n", "{\"a\":\"several words, here\"}"},
        {"a: over\n  several\n  lines\n", "{\"a\":\"over several lines\"}"},
        {"a: with\n\n  a gap\n", "{\"a\":\"with\\na gap\"}"},
        {"a: it's \"quoted\" inside\n", "{\"a\":\"it's \\\"quoted\\\" inside\"}"},
        {"a: back\\slash\n", "{\"a\":\"back\\\\slash\"}"},
        {"a: ~/path\n", "{\"a\":\"~/path\"}"},
        {"a: $HOME/${x}\n", "{\"a\":\"$HOME/${x}\"}"},
        {"a: x[1] {y}\n", "{\"a\":\"x[1] {y}\"}"},
        {"a: -- --flag\n", "{\"a\":\"-- --flag\"}"},
        {"a: 1 2\n", "{\"a\":\"1 2\"}"},
        {"a: true story\n", "{\"a\":\"true story\"}"},
        {"a: null and void\n", "{\"a\":\"null and void\"}"},
        {"a: gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x98\x80\n",
         "{\"a\":\"gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x98\x80\"}"},
    };
    assert_forms(forms, ORX_ARRAY_LEN(forms));
}

static void quoted_text(void **state) {
    (void)state;
    static const form forms[] = {
        {"'it''s'", "\"it's\""},
        {"'no \\n escape'", "\"no \\\\n escape\""},
        {"'over\n  lines\n\n  here'", "\"over lines\\nhere\""},
        {"\"\\\"\\\\\\/\"", "\"\\\"\\\\/\""},
        {"\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\""},
        {"\"\\0\\a\\v\\e\"", "\"\\u0000\\u0007\\u000b\\u001b\""},
        {"\"\\x41\\u0042\\U00000043\"", "\"ABC\""},
        {"\"\\U0001F600\"", "\"\xF0\x9F\x98\x80\""},
        {"\"\\N\\_\\L\\P\"", "\"\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\""},
        {"\"over\n  lines\\\n  joined\"", "\"over linesjoined\""},
        {"\"  blanks  \"", "\"  blanks  \""},
        {"\"a: b\"", "\"a: b\""},
        {"\"tab\there\"", "\"tab\\there\""},
    };
    assert_forms(forms, ORX_ARRAY_LEN(forms));
}

static void block_text(void **state) {
    (void)state;
    static const form forms[] = {
        {"a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}"},
        {"a: |-\n  one\n  two\n", "{\"a\":\"one\\ntwo\"}"},
        {"a: |+\n  one\n\n\nb: 1\n", "{\"a\":\"one\\n\\n\\n\",\"b\":1}"},
        {"a: |\n  one\n\n\nb: 1\n", "{\"a\":\"one\\n\",\"b\":1}"},
        {"a: |\n    one\n      two\n    three\n", "{\"a\":\"one\\n  two\\nthree\\n\"}"},
        {"a: |2\n    one\n  two\n", "{\"a\":\"  one\\ntwo\\n\"}"},
        {"a: >\n  one\n  two\n\n  three\n", "{\"a\":\"one two\\nthree\\n\"}"},
        {"a: >-\n  one\n  two\n", "{\"a\":\"one two\"}"},
        {"a: >\n  one\n    two\n  three\n", "{\"a\":\"one\\n  two\\nthree\\n\"}"},
        {"- |\n one\n- >\n two\n", "[\"one\\n\",\"two\\n\"]"},
        {"a: |\n  key: value\n  - item\n  \"quote\n",
         "{\"a\":\"key: value\\n- item\\n\\\"quote\\n\"}"},
        {"a: |\n  %dir\n  --- x\n", "{\"a\":\"%dir\\n--- x\\n\"}"},
        {"a: |\n  true\n", "{\"a\":\"true\\n\"}"},
        {"a: |-\n  1\n", "{\"a\":\"1\"}"},
        {"a: |\nb: 1\n", "{\"a\":\"\",\"b\":1}"},
        {"a: |\n\ttab\n", NULL},
    };
    assert_forms(forms, ORX_ARRAY_LEN(forms) - 1);
    REFUSED(orx_yaml_parse, forms[ORX_ARRAY_LEN(forms) - 1].yaml, "test:2:1: ");
}

static void a_whole_configuration(void **state) {
    (void)state;
    static const form form_ = {"# orxaq.yaml\n"
                               "version: 1\n"
                               "root: .\n"
                               "providers:\n"
                               "  codex:\n"
                               "    kind: command\n"
                               "    argv: [codex, exec, --json, \"-s\", workspace-write]\n"
                               "    env_pass: [CODEX_HOME]\n"
                               "    timeout: 45m\n"
                               "retry: {flat_delay: 200ms, max_attempts: 2}\n"
                               "recovery: off\n"
                               "budget:\n"
                               "  day: 12.50\n"
                               "validation:\n"
                               "  - make test\n"
                               "  - 'git diff --check'\n"
                               "prompt: >-\n"
                               "  Do the task.\n"
                               "  Say what you did.\n",
                               "{\"version\":1,\"root\":\".\",\"providers\":{\"codex\":{\"kind\":"
                               "\"command\",\"argv\":[\"codex\",\"exec\",\"--json\",\"-s\","
                               "\"workspace-write\"],\"env_pass\":[\"CODEX_HOME\"],\"timeout\":"
                               "\"45m\"}},\"retry\":{\"flat_delay\":\"200ms\",\"max_attempts\":2},"
                               "\"recovery\":\"off\",\"budget\":{\"day\":12.5},\"validation\":["
                               "\"make test\",\"git diff --check\"],\"prompt\":\"Do the task. Say "
                               "what you did.\"}"};
    assert_forms(&form_, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings),
        cmocka_unit_test(sequences),
        cmocka_unit_test(comments),
        cmocka_unit_test(plain_text),
        cmocka_unit_test(quoted_text),
        cmocka_unit_test(block_text),
        cmocka_unit_test(a_whole_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
