#include "base/str.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static void grows_and_stays_terminated(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_string_equal(orx_str_cstr(&s), "");
    for (int i = 0; i < 1000; i++)
        orx_str_addf(&s, "%03d,", i);
    assert_int_equal(s.len, 4000);
    assert_int_equal(s.buf[4000], 0);
    assert_memory_equal(s.buf + 3992, "998,999,", 8);
}

/* At every length around what is tried first, behind text that is there already. */
static void formats_of_any_length(void **state) {
    (void)state;
    char expected[300];
    for (int len = 0; len < 200; len++) {
        ORX_CLEANUP(orx_str_free) orx_str s = {0};
        orx_str_adds(&s, "so: ");
        orx_str_addf(&s, "%0*d%s", len ? len : 1, 7, "!");
        (void)snprintf(expected, sizeof expected, "so: %0*d!", len ? len : 1, 7);
        assert_string_equal(orx_str_cstr(&s), expected);
        assert_int_equal(s.len, strlen(expected));
    }
}

static void writes_integers(void **state) {
    (void)state;
    static const int64_t values[] = {0, 7, -7, 10, 1234567890123, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < ORX_ARRAY_LEN(values); i++) {
        ORX_CLEANUP(orx_str_free) orx_str s = {0};
        char expected[32];
        orx_str_add_int(&s, values[i]);
        (void)snprintf(expected, sizeof expected, "%lld", (long long)values[i]);
        assert_string_equal(orx_str_cstr(&s), expected);
    }
}

static void truncate_drop_clear(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_adds(&s, "hello world");
    orx_str_drop(&s, 6);
    assert_string_equal(s.buf, "world");
    orx_str_truncate(&s, 3);
    assert_string_equal(s.buf, "wor");
    orx_str_truncate(&s, 99);
    assert_int_equal(s.len, 3);
    orx_str_drop(&s, 99);
    assert_int_equal(s.len, 0);
    orx_str_addc(&s, '\0');
    assert_int_equal(s.len, 1);
    orx_str_clear(&s);
    assert_string_equal(s.buf, "");
}

static void steal_hands_over(void **state) {
    (void)state;
    orx_str s = {0};
    char *empty = orx_str_steal(&s);
    assert_string_equal(empty, "");
    free(empty);
    orx_str_adds(&s, "x");
    char *p = orx_str_steal(&s);
    assert_string_equal(p, "x");
    assert_null(s.buf);
    free(p);
}

static void repairs_utf8(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_add_utf8(&s, orx_view_mem("a\xFF"
                                      "b\xC3\xA9\xE2\x82",
                                      7));
    assert_string_equal(s.buf, "a\xEF\xBF\xBD"
                               "b\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_true(orx_view_is_utf8(orx_str_view(&s)));
    orx_str_clear(&s);
    orx_str_add_utf8(&s, (orx_view){NULL, 0});
    assert_int_equal(s.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(formats_of_any_length),
        cmocka_unit_test(writes_integers),
        cmocka_unit_test(truncate_drop_clear),
        cmocka_unit_test(steal_hands_over),
        cmocka_unit_test(repairs_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
