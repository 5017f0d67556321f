#include "base/nearest.h"

#include "base/mem.h"

#include "test.h"

static size_t distance(const char *a, const char *b) {
    size_t d = orx_edit_distance(orx_view_of(a), orx_view_of(b));
    assert_int_equal(d, orx_edit_distance(orx_view_of(b), orx_view_of(a)));
    return d;
}

static void distances(void **state) {
    (void)state;
    assert_int_equal(distance("", ""), 0);
    assert_int_equal(distance("abc", "abc"), 0);
    assert_int_equal(distance("abc", "ABC"), 0);
    assert_int_equal(distance("", "abc"), 3);
    assert_int_equal(distance("abc", "abd"), 1);
    assert_int_equal(distance("abc", "abcd"), 1);
    assert_int_equal(distance("abc", "acb"), 1); /* neighbours swapped */
    assert_int_equal(distance("max_attempts", "max_atempts"), 1);
    assert_int_equal(distance("kitten", "sitting"), 3);
    assert_int_equal(distance("ca", "abc"), 3); /* a swapped pair is not edited again */
}

static void long_words_are_not_compared(void **state) {
    (void)state;
    char big[ORX_NEAREST_MAX + 2];
    memset(big, 'a', sizeof big);
    orx_view at_limit = {big, ORX_NEAREST_MAX}, beyond = {big, ORX_NEAREST_MAX + 1};
    assert_int_equal(orx_edit_distance(at_limit, at_limit), 0);
    assert_int_equal(orx_edit_distance(at_limit, (orx_view){big, 0}), ORX_NEAREST_MAX);
    assert_int_equal(orx_edit_distance(at_limit, beyond), SIZE_MAX);
    orx_nearest n = {0};
    orx_nearest_try(&n, beyond, "a");
    assert_null(n.best);
}

static const char *nearest(const char *word) {
    static const char *const names[] = {"retry",    "repos",        "paths",        "run",
                                        "recovery", "max_attempts", "max_retryable"};
    orx_nearest n = {0};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        orx_nearest_try(&n, orx_view_of(word), names[i]);
    return n.best;
}

static void suggestions(void **state) {
    (void)state;
    assert_string_equal(nearest("retyr"), "retry");
    assert_string_equal(nearest("path"), "paths");
    assert_string_equal(nearest("Max_Attempt"), "max_attempts");
    assert_string_equal(nearest("max_retriable"), "max_retryable");
    assert_string_equal(nearest("rnu"), "run");
    assert_null(nearest("zebra"));
    assert_null(nearest("x"));  /* a third of the longer word at most */
    assert_null(nearest("ab")); /* everything is near to a short word */
    assert_null(nearest(""));
}

static void the_first_of_equals_wins(void **state) {
    (void)state;
    orx_nearest n = {0};
    orx_nearest_try(&n, orx_view_of("lane"), "line");
    orx_nearest_try(&n, orx_view_of("lane"), "lanf");
    assert_string_equal(n.best, "line");
    orx_nearest_try(&n, orx_view_of("lane"), "lane");
    assert_string_equal(n.best, "lane");
    assert_int_equal(n.distance, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(long_words_are_not_compared),
        cmocka_unit_test(suggestions),
        cmocka_unit_test(the_first_of_equals_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
