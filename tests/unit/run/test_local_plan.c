/* Which endpoint of local-only mode is asked for a model. */
#include "run/local_plan.h"

#include "test.h"

static const char *const phi[] = {"microsoft/Phi-4", "qwen/qwen2.5-coder-32b", NULL};
static const char *const qwen[] = {"QWEN2.5-Coder-32B", NULL};

static orx_local_member serving(const char *const *models) {
    size_t n = 0;
    while (models && models[n])
        n++;
    return (orx_local_member){.served = {models, n}};
}

/* "0 2 1": the endpoints in order. */
static void order_is(const orx_local_member *m, size_t count, const char *model, uint64_t turn,
                     const char *expected) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    size_t *order = NULL;
    size_t n = orx_run_local_order(m, count, model, turn, &arena, &order);
    for (size_t i = 0; i < n; i++)
        orx_str_addf(&text, "%s%zu", i ? " " : "", order[i]);
    assert_string_equal(orx_str_cstr(&text), expected);
}

static void those_that_serve_it(void **state) {
    (void)state;
    const orx_local_member m[] = {serving(phi), serving(qwen), serving(NULL)};
    order_is(m, 3, "qwen/qwen2.5-coder-32b", 0, "0 1");
    order_is(m, 3, "phi-4", 0, "0");
    order_is(m, 3, "llama", 0, "0 1 2"); /* nobody says so: it may be loaded on demand */
    order_is(m, 0, "llama", 0, "");
    order_is(m, 0, "llama", 7, "");
}

static void a63_sick_ones_only_when_all_are(void **state) {
    (void)state;
    orx_local_member m[] = {serving(qwen), serving(qwen), serving(NULL)};
    m[0].sick = true;
    order_is(m, 3, "qwen2.5-coder-32b", 0, "1");
    m[1].sick = true;
    order_is(m, 3, "qwen2.5-coder-32b", 0, "0 1");
    order_is(m, 3, "llama", 0, "2");
}

static void the_least_busy_first_and_equals_in_turn(void **state) {
    (void)state;
    orx_local_member m[] = {serving(qwen), serving(qwen), serving(qwen)};
    order_is(m, 3, "qwen2.5-coder-32b", 0, "0 1 2");
    order_is(m, 3, "qwen2.5-coder-32b", 1, "1 2 0");
    order_is(m, 3, "qwen2.5-coder-32b", 5, "2 0 1");
    m[0].in_flight = 2;
    m[1].in_flight = 1;
    m[2].in_flight = 1;
    order_is(m, 3, "qwen2.5-coder-32b", 0, "1 2 0");
    order_is(m, 3, "qwen2.5-coder-32b", 2, "2 1 0");
    order_is(m, 3, "qwen2.5-coder-32b", UINT64_MAX, "1 2 0");
}

static void what_all_of_them_serve(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_local_member m[] = {serving(qwen), serving(NULL), serving(phi)};
    const orx_strings all = orx_run_local_served(m, 3, &arena);
    assert_int_equal(all.count, 2);
    assert_string_equal(all.items[0], "QWEN2.5-Coder-32B");
    assert_string_equal(all.items[1], "microsoft/Phi-4");
    assert_null(all.items[2]);
    assert_int_equal(orx_run_local_served(m + 1, 1, &arena).count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_serve_it),
        cmocka_unit_test(a63_sick_ones_only_when_all_are),
        cmocka_unit_test(the_least_busy_first_and_equals_in_turn),
        cmocka_unit_test(what_all_of_them_serve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
