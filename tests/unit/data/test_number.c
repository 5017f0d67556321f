#include "data/number.h"

#include "support.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *read_text(orx_node *n, const char *text) {
    *n = (orx_node){0};
    return orx_number_read(n, orx_view_of(text));
}

static void integers_are_exact_to_64_bits(void **state) {
    (void)state;
    orx_node n;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"9007199254740993", 9007199254740993},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(good); i++) {
        assert_null(read_text(&n, good[i].text));
        assert_int_equal(n.kind, ORX_INT);
        assert_int_equal(n.u.i, good[i].value);
    }
    static const char *const bad[] = {"9223372036854775808", "-9223372036854775809",
                                      "12345678901234567890", "100000000000000000000"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_contains(read_text(&n, bad[i]), "9223372036854775807");
}

static void doubles_are_the_nearest(void **state) {
    (void)state;
    orx_node n;
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0.1", 0.1},
        {"-1.5e3", -1500.0},
        {"1E2", 100.0},
        {"1e+2", 100.0},
        {"123456789012345678.0", 123456789012345678.0},
        {"9007199254740993.0", 9007199254740992.0},
        {"1e22", 1e22},
        {"1e23", 1e23},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"2.2250738585072014e-308", 2.2250738585072014e-308},
        {"5e-324", 5e-324},
        {"1e-400", 0.0},
        {"0e999999999999", 0.0},
        {"0.000000000000000000000000000000000000000000001e45", 1.0},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(good); i++) {
        assert_null(read_text(&n, good[i].text));
        assert_int_equal(n.kind, ORX_DOUBLE);
        if (n.u.d != good[i].value)
            fail_msg("%s gave %.17g", good[i].text, n.u.d);
    }
    assert_null(read_text(&n, "-0.0"));
    assert_true(signbit(n.u.d));
}

static void too_big_is_refused(void **state) {
    (void)state;
    orx_node n;
    assert_contains(read_text(&n, "1e400"), "1.7976931348623157e+308");
    assert_contains(read_text(&n, "-1e400"), "1.7976931348623157e+308");
    assert_contains(read_text(&n, "1e99999999999999999999"), "1.7976931348623157e+308");
    char *digits = repeat("1", ORX_NUMBER_MAX + 1);
    assert_contains(read_text(&n, digits), "1024 characters");
    free(digits);
}

/* Compares the short way with strtod over many shapes. */
static void agrees_with_strtod(void **state) {
    (void)state;
    uint64_t x = 88172645463325252ULL;
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        char text[64];
        (void)snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(x % 100000),
                       (unsigned long long)((x >> 20) % 100000000), (int)(x % 61) - 30);
        if (orx_number_to_double(orx_view_of(text)) != strtod(text, NULL))
            fail_msg("differs: %s", text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_exact_to_64_bits),
        cmocka_unit_test(doubles_are_the_nearest),
        cmocka_unit_test(too_big_is_refused),
        cmocka_unit_test(agrees_with_strtod),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
