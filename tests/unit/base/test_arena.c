#include "base/arena.h"

#include "test.h"

static void allocations_are_aligned_and_apart(void **state) {
    (void)state;
    orx_arena a = {0};
    char *previous = NULL;
    for (size_t i = 1; i < 3000; i++) {
        char *p = orx_arena_alloc(&a, i % 97 + 1);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, 0xAB, i % 97 + 1);
        assert_ptr_not_equal(p, previous);
        previous = p;
    }
    orx_arena_free(&a);
    assert_null(a.chunks);
    assert_int_equal(orx_arena_used(&a), 0);
}

static void large_block_gets_its_own_chunk(void **state) {
    (void)state;
    orx_arena a = {0};
    char *small = orx_arena_strdup(&a, "before");
    char *big = orx_arena_zalloc(&a, 3, 1 << 20);
    assert_int_equal(big[(3 << 20) - 1], 0);
    big[(3 << 20) - 1] = 1;
    assert_string_equal(small, "before");
    assert_true(orx_arena_used(&a) >= 3u << 20);
    orx_arena_free(&a);
}

static void copies_end_with_nul(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_view v = orx_arena_view(&a, orx_view_mem("ab\0cd", 5));
    assert_memory_equal(v.p, "ab\0cd\0", 6);
    assert_int_equal(v.len, 5);
    assert_string_equal(orx_arena_printf(&a, "%d-%s", 42, "x"), "42-x");
    assert_null(orx_arena_strdup(&a, NULL));
    orx_arena_free(&a);
    orx_arena_free(&a);
    orx_arena_free(NULL);
}

/* What is kept is used again; it is never more than was said. */
static void a_reset_keeps_a_little(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_arena_reset(&a, 4096);
    assert_int_equal(orx_arena_used(&a), 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            memset(orx_arena_alloc(&a, 100), round, 100);
        assert_true(orx_arena_used(&a) >= 10000);
        orx_arena_reset(&a, 64 << 10);
        assert_int_equal(orx_arena_used(&a), 0);
    }
    char *first = orx_arena_alloc(&a, 1000);
    orx_arena_reset(&a, 64 << 10);
    bool watched = !a.chunks; /* under AddressSanitizer nothing is kept */
    assert_true(watched || (char *)orx_arena_alloc(&a, 1000) == first);
    (void)orx_arena_alloc(&a, 1 << 20);
    orx_arena_reset(&a, 64 << 10);
    assert_null(a.chunks);
    orx_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(large_block_gets_its_own_chunk),
        cmocka_unit_test(copies_end_with_nul),
        cmocka_unit_test(a_reset_keeps_a_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
