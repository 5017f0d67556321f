#include "base/map.h"

#include "test.h"

#include <stdio.h>

static void order_is_insertion_order(void **state) {
    (void)state;
    orx_map m = {0};
    int values[1000];
    char key[32];
    for (int i = 0; i < 1000; i++) {
        values[i] = i;
        (void)snprintf(key, sizeof key, "key%d", i);
        assert_null(orx_map_put(&m, orx_view_of(key), &values[i]));
    }
    assert_ptr_equal(orx_map_put(&m, orx_view_of("key500"), &values[0]), &values[500]);
    assert_ptr_equal(orx_map_get(&m, orx_view_of("key500")), &values[0]);
    size_t i = 0;
    int n = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&m, &i))) {
        (void)snprintf(key, sizeof key, "key%d", n++);
        assert_string_equal(e->key, key);
    }
    assert_int_equal(n, 1000);
    orx_map_free(&m);
    orx_map_free(NULL);
}

static void removed_keys_are_gone_and_can_return(void **state) {
    (void)state;
    orx_map m = {0};
    int v = 0;
    char key[32];
    /* Many add/remove rounds must neither lose a key nor let the holes fill the table. */
    for (int round = 0; round < 5000; round++) {
        (void)snprintf(key, sizeof key, "k%d", round);
        orx_map_put(&m, orx_view_of(key), &v);
        if (round >= 10) {
            (void)snprintf(key, sizeof key, "k%d", round - 10);
            assert_ptr_equal(orx_map_remove(&m, orx_view_of(key)), &v);
            assert_null(orx_map_get(&m, orx_view_of(key)));
        }
    }
    assert_int_equal(m.count, 10);
    assert_true(m.slot_cap <= 256);
    assert_null(orx_map_remove(&m, orx_view_of("nobody")));
    orx_map_free(&m);
}

static void keys_are_bytes(void **state) {
    (void)state;
    orx_map m = {0};
    int a = 1;
    int b = 2;
    int c = 3;
    assert_null(orx_map_get(&m, orx_view_of("x")));
    orx_map_put(&m, orx_view_mem("a\0b", 3), &a);
    orx_map_put(&m, orx_view_mem("a\0c", 3), &b);
    orx_map_put(&m, orx_view_mem(NULL, 0), &c);
    assert_ptr_equal(orx_map_get(&m, orx_view_mem("a\0c", 3)), &b);
    assert_ptr_equal(orx_map_get(&m, orx_view_of("")), &c);
    assert_null(orx_map_get(&m, orx_view_of("a")));
    orx_map_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_insertion_order),
        cmocka_unit_test(removed_keys_are_gone_and_can_return),
        cmocka_unit_test(keys_are_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
