#include "support.h"

#include <stdlib.h>
#include <string.h>

static void nest(orx_str *out, int depth) {
    for (int i = 0; i < depth; i++)
        orx_str_adds(out, i % 2 ? "{\"k\":" : "[");
    orx_str_adds(out, "1");
    for (int i = depth; i-- > 0;)
        orx_str_addc(out, i % 2 ? '}' : ']');
}

static void depth_is_capped(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str good = {0};
    ORX_CLEANUP(orx_str_free) orx_str bad = {0};
    nest(&good, 64);
    nest(&bad, 65);
    must_parse(orx_json_parse, &a, good.buf);
    must_refuse(orx_json_parse, orx_str_view(&bad), &orx_limits_config, ORX_E_LIMIT,
                "test:1:193: ", "at most 64 levels of nesting", NULL);
    orx_doc_limits limits = {1000, 3, 1000};
    must_refuse(orx_json_parse, orx_view_of("[[[[]]]]"), &limits, ORX_E_LIMIT,
                "test:1:4: ", "at most 3 levels", NULL);
    must_refuse(orx_json_parse, orx_view_of("[[[{}]]]"), &limits, ORX_E_LIMIT, "at most 3", NULL);
    /* Whatever a caller asks for, ORX_DOC_DEPTH_MAX holds. */
    limits.max_depth = 1000;
    must_refuse(orx_json_parse, orx_str_view(&bad), &limits, ORX_E_LIMIT, "at most 64", NULL);
}

static void a_megabyte_of_brackets_costs_nothing(void **state) {
    (void)state;
    char *text = repeat("[", (size_t)1 << 20);
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *root;
    assert_int_equal(orx_json_parse(&a, "t", orx_view_of(text), &orx_limits_config, &root, &err),
                     ORX_E_LIMIT);
    assert_contains(err.msg, "t:1:65: expected at most 64 levels of nesting");
    assert_true(orx_arena_used(&a) < 100000);
    free(text);
}

static void bytes_are_capped(void **state) {
    (void)state;
    orx_doc_limits limits = {10, 64, 1000};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root;
    assert_int_equal(orx_json_parse(&a, "t", orx_view_of("[12345678]"), &limits, &root, NULL), 0);
    must_refuse(orx_json_parse, orx_view_of("[123456789]"), &limits, ORX_E_LIMIT,
                "test: expected at most 10 bytes of JSON, found 11", NULL);
    char *big = repeat(" ", ((size_t)1 << 20) + 1);
    must_refuse(orx_json_parse, orx_view_of(big), &orx_limits_config, ORX_E_LIMIT, "1048576 bytes",
                NULL);
    free(big);
}

static void nodes_are_capped(void **state) {
    (void)state;
    orx_doc_limits limits = {1000, 64, 4};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root;
    assert_int_equal(orx_json_parse(&a, "t", orx_view_of("[1,[2]]"), &limits, &root, NULL), 0);
    must_refuse(orx_json_parse, orx_view_of("[1,[2,3]]"), &limits, ORX_E_LIMIT,
                "test:1:7: ", "at most 4 values", NULL);
    must_refuse(orx_json_parse, orx_view_of("[1,2,3,{\"a\":1}]"), &limits, ORX_E_LIMIT,
                "test:1:8: ", NULL);
    char *many = repeat("0,", 100001);
    many[0] = '[';
    must_refuse(orx_json_parse, orx_view_of(many), &orx_limits_config, ORX_E_INVALID, NULL);
    free(many);
}

static void documented_limits(void **state) {
    (void)state;
    assert_int_equal(orx_limits_config.max_bytes, 1 << 20);
    assert_int_equal(orx_limits_config.max_depth, 64);
    assert_int_equal(orx_limits_config.max_nodes, 100000);
    assert_int_equal(orx_limits_data.max_bytes, 256 << 20);
    assert_int_equal(orx_limits_data.max_depth, 64);
    assert_int_equal(orx_limits_data.max_nodes, 20000000);
}

/* Even the shortest text that makes a value makes no more than a node of it. */
static void memory_is_bounded_by_the_text(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "[[]");
    for (int i = 1; i < 300000; i++)
        orx_str_adds(&text, ",[]");
    orx_str_addc(&text, ']');
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_json_parse(&a, "t", orx_str_view(&text), &orx_limits_data, &root, &err), &err);
    assert_int_equal(root->count, 300000);
    assert_true(orx_arena_used(&a) < text.len * 25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_is_capped),   cmocka_unit_test(a_megabyte_of_brackets_costs_nothing),
        cmocka_unit_test(bytes_are_capped),  cmocka_unit_test(nodes_are_capped),
        cmocka_unit_test(documented_limits), cmocka_unit_test(memory_is_bounded_by_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
