#include "base/list.h"
#include "base/vec.h"

#include "test.h"

#include <stdlib.h>

static void vec_keeps_its_elements(void **state) {
    (void)state;
    ORX_VEC(int) v = {0};
    for (int i = 0; i < 1000; i++)
        orx_vec_push(&v, i * i);
    assert_int_equal(v.len, 1000);
    assert_int_equal(v.items[999], 998001);
    orx_vec_free(&v);
    assert_null(v.items);
}

struct item {
    int n;
    orx_list link;
};

static void list_removes_while_walking(void **state) {
    (void)state;
    struct item items[5] = {{.n = 0}, {.n = 1}, {.n = 2}, {.n = 3}, {.n = 4}};
    orx_list head;
    orx_list_init(&head);
    assert_true(orx_list_empty(&head));
    for (int i = 0; i < 5; i++)
        orx_list_append(&head, &items[i].link);
    ORX_LIST_EACH(&head, it) {
        if (ORX_LIST_ITEM(it, struct item, link)->n % 2 == 0)
            orx_list_remove(it);
    }
    int sum = 0;
    ORX_LIST_EACH(&head, it) {
        sum = sum * 10 + ORX_LIST_ITEM(it, struct item, link)->n;
    }
    assert_int_equal(sum, 13);
    orx_list_remove(&items[0].link);
    orx_list_remove(&items[1].link);
    orx_list_remove(&items[3].link);
    assert_true(orx_list_empty(&head));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vec_keeps_its_elements),
        cmocka_unit_test(list_removes_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
