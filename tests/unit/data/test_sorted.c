#include "data/sorted.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

static orx_node *numbered(orx_arena *a, uint32_t count, uint32_t step) {
    orx_node *o = orx_node_new(a, ORX_OBJECT);
    for (uint32_t i = 0; i < count; i++)
        orx_node_add(a, o, orx_arena_printf(a, "%06u", (i * step) % count),
                     orx_node_new_int(a, (i * step) % count));
    return o;
}

static void sorts_any_count(void **state) {
    (void)state;
    for (uint32_t count = 0; count < 70; count++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_node *o = numbered(&a, count, 71);
        const orx_node **sorted = orx_node_sorted(o);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(sorted[i]->u.i, i);
        free(sorted);
    }
}

static void order_is_that_of_code_points(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *o = must_parse(
        orx_json_parse, &a,
        "{\"\\ud83d\\ude00\":6,\"\\uffff\":5,\"\\u00e9\":4,\"z\":3,\"ab\":2,\"a\":1,\"\":0}");
    const orx_node **sorted = orx_node_sorted(o);
    for (int i = 0; i < 7; i++)
        assert_int_equal(sorted[i]->u.i, i);
    free(sorted);
}

static void equal_keys_keep_their_order(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *o = orx_node_new(&a, ORX_OBJECT);
    for (int i = 0; i < 40; i++)
        orx_node_add(&a, o, i % 2 ? "b" : "a", orx_node_new_int(&a, i));
    const orx_node **sorted = orx_node_sorted(o);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sorted[i]->u.i, 2 * i);
        assert_int_equal(sorted[20 + i]->u.i, 2 * i + 1);
    }
    free(sorted);
}

static void finds_the_duplicate(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *o = numbered(&a, 1000, 7);
    const orx_node *again = NULL;
    assert_null(orx_node_find_duplicate(o, &again));
    assert_null(again);
    orx_node_add(&a, o, "000500", orx_node_new_int(&a, -1));
    const orx_node *first = orx_node_find_duplicate(o, &again);
    assert_int_equal(first->u.i, 500);
    assert_int_equal(again->u.i, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_any_count),
        cmocka_unit_test(order_is_that_of_code_points),
        cmocka_unit_test(equal_keys_keep_their_order),
        cmocka_unit_test(finds_the_duplicate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
