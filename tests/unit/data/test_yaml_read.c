#include "data/yaml.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

static void assert_reads(const char *yaml, const char *json) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    assert_json(must_parse(orx_yaml_parse, &a, yaml), ORX_JSON_OURS, json);
}

static void the_shapes_of_configuration(void **state) {
    (void)state;
    assert_reads("providers:\n"
                 "  codex:\n"
                 "    models: [gpt-5, 'o3']   # flow\n"
                 "    limits: {max: 3, rate: 0.5}\n"
                 "  claude:\n"
                 "    models:\n"
                 "    - a\n"
                 "    - - b\n"
                 "      - c\n"
                 "    - k: v\n"
                 "      l: w\n"
                 "empty:\n"
                 "prompt: |\n"
                 "  line one\n"
                 "    line two\n"
                 "folded: >-\n"
                 "  some\n"
                 "  words\n"
                 "plain: several\n"
                 "  words\n",
                 "{\"providers\":{\"codex\":{\"models\":[\"gpt-5\",\"o3\"],\"limits\":{\"max\":3,"
                 "\"rate\":0.5}},\"claude\":{\"models\":[\"a\",[\"b\",\"c\"],{\"k\":\"v\",\"l\":"
                 "\"w\"}]}},\"empty\":null,\"prompt\":\"line one\\n  line two\\n\",\"folded\":"
                 "\"some words\",\"plain\":\"several words\"}");
}

static void json_is_yaml(void **state) {
    (void)state;
    const char *json =
        "{\"a\":[1,-2.5,true,false,null,\"x\\n\\u00e9\\\"\",[],{}],\"b\":{\"c\":1e+16}}";
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    assert_true(
        orx_node_equal(must_parse(orx_yaml_parse, &a, json), must_parse(orx_json_parse, &a, json)));
}

static void words_mean_what_they_say(void **state) {
    (void)state;
    static const struct {
        const char *word;
        const char *json;
    } words[] = {
        {"true", "true"},
        {"false", "false"},
        {"null", "null"},
        {"~", "null"},
        {"", "null"},
        {"True", "\"True\""},
        {"TRUE", "\"TRUE\""},
        {"yes", "\"yes\""},
        {"no", "\"no\""},
        {"on", "\"on\""},
        {"off", "\"off\""},
        {"Null", "\"Null\""},
        {"0", "0"},
        {"42", "42"},
        {"-42", "-42"},
        {"+42", "42"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"007", "\"007\""},
        {"0644", "\"0644\""},
        {"-01", "\"-01\""},
        {"0x1F", "\"0x1F\""},
        {"0o17", "\"0o17\""},
        {"1_000", "\"1_000\""},
        {"12:30:45", "\"12:30:45\""},
        {"2026-01-31", "\"2026-01-31\""},
        {"1.5", "1.5"},
        {"-1.5e3", "-1500.0"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"+.5", "0.5"},
        {"1e3", "1000.0"},
        {"1E+3", "1000.0"},
        {"00.5", "\"00.5\""},
        {"1.2.3", "\"1.2.3\""},
        {".", "\".\""},
        {"-", "[null]"},
        {"+", "\"+\""},
        {"1e", "\"1e\""},
        {"1e+", "\"1e+\""},
        {"e5", "\"e5\""},
        {".e5", "\".e5\""},
        {"\"42\"", "\"42\""},
        {"'true'", "\"true\""},
        {"\"\"", "\"\""},
        {"''", "\"\""},
        {"|-\n  42", "\"42\""},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++) {
        ORX_CLEANUP(orx_str_free) orx_str json = {0};
        ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
        bool list = strcmp(words[i].word, "-") == 0;
        orx_str_addf(&yaml, "key:%s%s\n", list ? "\n" : " ", words[i].word);
        orx_str_addf(&json, "{\"key\":%s}", words[i].json);
        assert_reads(yaml.buf, json.buf);
    }
}

static void core_tags(void **state) {
    (void)state;
    assert_reads("[!!str 1, !!str true, !!str , !!str \"x\"]", "[\"1\",\"true\",\"\",\"x\"]");
    assert_reads("[!!int 5, !!int \"6\", !!float 1, !!float \"2.5\"]", "[5,6,1.0,2.5]");
    assert_reads("[!!bool true, !!bool 'false', !!null null, !!null ]", "[true,false,null,null]");
    assert_reads("!!map {a: !!seq [1]}", "{\"a\":[1]}");
    assert_reads("!!str 1: x", "{\"1\":\"x\"}");
}

static void documents_may_be_marked(void **state) {
    (void)state;
    assert_reads("---\na: 1\n", "{\"a\":1}");
    assert_reads("%YAML 1.2\n---\na: 1\n...\n", "{\"a\":1}");
    assert_reads("# head\n\na: 1\n...  # done\n# tail\n...\n\n", "{\"a\":1}");
    assert_reads("---\n", "null");
    assert_reads("--- text", "\"text\"");
    assert_reads("a: 1\r\nb: [2,\r\n 3]\r\n", "{\"a\":1,\"b\":[2,3]}");
}

static void aliases_are_written_out(void **state) {
    (void)state;
    assert_reads("base: &b {x: 1, y: [2]}\nsame: *b\nlist: [*b, *b]\n",
                 "{\"base\":{\"x\":1,\"y\":[2]},\"same\":{\"x\":1,\"y\":[2]},\"list\":[{\"x\":1,"
                 "\"y\":[2]},{\"x\":1,\"y\":[2]}]}");
    assert_reads("[&t text, *t, &n , *n, &i 5, *i]", "[\"text\",\"text\",null,null,5,5]");
    assert_reads("[&a 1, *a, &a 2, *a]", "[1,1,2,2]");
    assert_reads("a: &x [1]\nb: &y [*x, *x]\nc: *y\n",
                 "{\"a\":[1],\"b\":[[1],[1]],\"c\":[[1],[1]]}");
}

static void assert_at(const orx_node *n, uint32_t line, uint32_t column) {
    assert_non_null(n);
    if (n->line != line || n->column != column)
        fail_msg("at %u:%u instead of %u:%u", n->line, n->column, line, column);
}

static void every_value_knows_its_place(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *r = must_parse(orx_yaml_parse, &a,
                                   "# \xE2\x82\xAC\n"
                                   "first: 1\n"
                                   "\xC3\xA9\xF0\x9F\x98\x80: {x: \"\xE2\x82\xAC\", y: [2, 3]}\r\n"
                                   "block:\n"
                                   "  - a\n"
                                   "  -  b: c\n"
                                   "     d: &n 'e'\n"
                                   "none:\n"
                                   "last: *n\n");
    assert_at(r, 2, 1);
    assert_at(orx_node_get(r, "first"), 2, 8);
    const orx_node *flow = orx_node_get(r, "\xC3\xA9\xF0\x9F\x98\x80");
    assert_at(flow, 3, 9);
    assert_at(orx_node_get(flow, "x"), 3, 13);
    assert_at(orx_node_path(flow, "y[1]"), 3, 27);
    assert_int_equal(orx_node_get(flow, "y")->key_column, 20);
    const orx_node *block = orx_node_get(r, "block");
    assert_at(block, 5, 3);
    assert_int_equal(block->key_line, 4);
    assert_int_equal(block->key_column, 1);
    assert_at(orx_node_at(block, 0), 5, 5);
    assert_at(orx_node_at(block, 1), 6, 6);
    assert_at(orx_node_path(block, "[1].b"), 6, 9);
    assert_at(orx_node_path(block, "[1].d"), 7, 9);
    assert_int_equal(orx_node_path(block, "[1].d")->key_line, 7);
    assert_int_equal(orx_node_get(r, "none")->line, 8);
    assert_at(orx_node_get(r, "last"), 9, 7);
}

/* libyaml takes U+0085, U+2028 and U+2029 for line ends; editors and we do not. */
static void only_newlines_end_lines(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *r = must_parse(orx_yaml_parse, &a,
                                   "# a\xC2\x85# b\xE2\x80\xA8# c\n"
                                   "key: value\n");
    assert_at(orx_node_get(r, "key"), 2, 6);
}

static void texts_are_terminated_and_kept(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *text = repeat("key: \"a\\0b\"\n", 1);
    const orx_node *r = must_parse(orx_yaml_parse, &a, text);
    memset(text, '#', strlen(text));
    free(text);
    const orx_node *n = orx_node_get(r, "key");
    assert_int_equal(n->u.s.len, 3);
    assert_memory_equal(n->u.s.p, "a\0b\0", 4);
}

static void files_are_read_by_their_name(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int kind;
    } cases[] = {
        {"a.yaml", ORX_OBJECT},
        {"dir.json/a.yml", ORX_OBJECT},
        {"A.YAML", ORX_OBJECT},
        {"a.json", -1},
        {"a", -1},
        {"dir.yaml/a", -1},
        {"a.yaml.bak", -1},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        const orx_node *root = NULL;
        int rc =
            orx_doc_parse(&a, cases[i].name, orx_view_of("a: 1"), &orx_limits_config, &root, NULL);
        assert_int_equal(rc < 0 ? -1 : (int)root->kind, cases[i].kind);
        assert_int_equal(orx_doc_parse(&a, cases[i].name, orx_view_of("{\"a\": 1}"),
                                       &orx_limits_config, &root, NULL),
                         0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shapes_of_configuration),
        cmocka_unit_test(json_is_yaml),
        cmocka_unit_test(words_mean_what_they_say),
        cmocka_unit_test(core_tags),
        cmocka_unit_test(documents_may_be_marked),
        cmocka_unit_test(aliases_are_written_out),
        cmocka_unit_test(every_value_knows_its_place),
        cmocka_unit_test(only_newlines_end_lines),
        cmocka_unit_test(texts_are_terminated_and_kept),
        cmocka_unit_test(files_are_read_by_their_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
