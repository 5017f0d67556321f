#include "data/yaml.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

static void depth_is_capped(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *open = repeat("[", 65);
    char *close = repeat("]", 65);
    ORX_CLEANUP(orx_str_free) orx_str good = {0};
    orx_str_addf(&good, "%s%s", open + 1, close + 1);
    must_parse(orx_yaml_parse, &a, good.buf);
    ORX_CLEANUP(orx_str_free) orx_str bad = {0};
    orx_str_addf(&bad, "%s%s", open, close);
    must_refuse(orx_yaml_parse, orx_str_view(&bad), &orx_limits_config, ORX_E_LIMIT,
                "test:1:65: ", "at most 64 levels", NULL);
    free(open);
    free(close);
    orx_doc_limits limits = {1000, 2, 1000};
    must_refuse(orx_yaml_parse, orx_view_of("a:\n  b:\n    c: 1\n"), &limits, ORX_E_LIMIT,
                "test:3:5: ", "at most 2 levels", NULL);
    limits.max_depth = 1000;
    must_refuse(orx_yaml_parse, orx_str_view(&bad), &limits, ORX_E_LIMIT, "at most 64", NULL);
}

/* Each is a megabyte, and libyaml alone would take minutes over some of them. */
static void a_megabyte_of_nesting_costs_nothing(void **state) {
    (void)state;
    static const char *const parts[] = {"[", "{a: ", "[\n", "- ", "[{a: ", "[[],", "[[]\n,"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(parts); i++) {
        char *text = repeat(parts[i], ((size_t)1 << 20) / strlen(parts[i]));
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_err err = ORX_ERR_INIT;
        const orx_node *root;
        assert_int_equal(
            orx_yaml_parse(&a, "t", orx_view_of(text), &orx_limits_config, &root, &err),
            ORX_E_LIMIT);
        assert_contains(err.msg, "at most 64 levels of nesting");
        assert_true(orx_arena_used(&a) < 100000);
        free(text);
    }
}

static void a_megabyte_of_directives_costs_nothing(void **state) {
    (void)state;
    char *tags = repeat("%TAG !a! x\n", 90000);
    REFUSED(orx_yaml_parse, tags, "test:1:1: ", "directive");
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "a: 1\n...\n%s", tags);
    REFUSED(orx_yaml_parse, text.buf, "test:3:1: ", "one document");
    free(tags);
}

static void bytes_are_capped(void **state) {
    (void)state;
    char *big = repeat("#", ((size_t)1 << 20) + 1);
    must_refuse(orx_yaml_parse, orx_view_of(big), &orx_limits_config, ORX_E_LIMIT,
                "at most 1048576 bytes of YAML", NULL);
    free(big);
}

static void nodes_are_capped(void **state) {
    (void)state;
    orx_doc_limits limits = {1000, 64, 4};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root;
    assert_int_equal(orx_yaml_parse(&a, "t", orx_view_of("[1,[2]]"), &limits, &root, NULL), 0);
    must_refuse(orx_yaml_parse, orx_view_of("[1,[2,3]]"), &limits, ORX_E_LIMIT,
                "test:1:7: ", "at most 4 values", NULL);
    assert_int_equal(orx_yaml_parse(&a, "t", orx_view_of("[1,&a 2,*a]"), &limits, &root, NULL), 0);
    must_refuse(orx_yaml_parse, orx_view_of("[&a [2],*a]"), &limits, ORX_E_LIMIT,
                "test:1:9: ", "at most 4 values", "*a", NULL);
}

static void bomb(orx_str *out, int levels) {
    orx_str_adds(out, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < levels; i++) {
        orx_str_addf(out, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            orx_str_addf(out, "%s*a%d", k ? "," : "", i - 1);
        orx_str_adds(out, "]\n");
    }
}

static void alias_bombs_are_defused(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    bomb(&text, 9);
    const orx_doc_limits *both[] = {&orx_limits_config, &orx_limits_data};
    for (int i = 0; i < 2; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_err err = ORX_ERR_INIT;
        const orx_node *root;
        assert_int_equal(orx_yaml_parse(&a, "t", orx_str_view(&text), both[i], &root, &err),
                         ORX_E_LIMIT);
        assert_contains(err.msg, "use fewer aliases");
        assert_true(orx_arena_used(&a) < (size_t)50 << 20);
    }
}

/* Aliases of aliases nest deeper than any line of the file shows. */
static void aliases_cannot_pass_the_depth(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "- &a0 [x]\n");
    for (int i = 1; i <= 62; i++)
        orx_str_addf(&text, "- &a%d [*a%d]\n", i, i - 1);
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    must_parse(orx_yaml_parse, &a, text.buf);
    orx_str_adds(&text, "- &a63 [*a62]\n");
    must_refuse(orx_yaml_parse, orx_str_view(&text), &orx_limits_config, ORX_E_LIMIT,
                "test:64:9: ", "more behind *a62", NULL);
}

/* A long text with many aliases is kept once. */
static void aliases_share_their_text(void **state) {
    (void)state;
    char *body = repeat("x", 100000);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "- &t %s\n", body);
    for (int i = 0; i < 1000; i++)
        orx_str_adds(&text, "- *t\n");
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = must_parse(orx_yaml_parse, &a, text.buf);
    assert_string_equal(orx_node_str(orx_node_at(root, 1000), ""), body);
    assert_true(orx_arena_used(&a) < 1000000);
    free(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_is_capped),
        cmocka_unit_test(a_megabyte_of_nesting_costs_nothing),
        cmocka_unit_test(a_megabyte_of_directives_costs_nothing),
        cmocka_unit_test(bytes_are_capped),
        cmocka_unit_test(nodes_are_capped),
        cmocka_unit_test(alias_bombs_are_defused),
        cmocka_unit_test(aliases_cannot_pass_the_depth),
        cmocka_unit_test(aliases_share_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
