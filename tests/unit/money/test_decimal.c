/* Amounts as vendors write them. */
#include "money/decimal.h"

#include "test.h"

static int64_t nano(const char *text, int exponent) {
    orx_decimal d;
    int64_t n = -1;
    if (!orx_decimal_parse(orx_view_of(text), exponent, &d))
        fail_msg("\"%s\" is no amount", text);
    assert_true(orx_decimal_round(d, &n));
    return n;
}

static void text_is_read_exactly(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int exponent;
        int64_t nano;
    } cases[] = {
        {"0", 0, 0},
        {"-0.0", 0, 0},
        {"1", 0, 1000000000},
        {"+0.06", 0, 60000000},
        {"123.45", -2, 1234500000},
        {"41280.000000", -2, 412800000000},
        {"1e-05", 0, 10000},
        {"1.5E+3", 0, 1500000000000},
        {"-3.25", 0, -3250000000},
        {"0.000000000500000000", 0, 0},
        {"0.000000000500000001", 0, 1},
        {"0.000000001500000000", 0, 2},
        {"-0.000000000500000000", 0, 0},
        {"-0.000000000500000001", 0, -1},
        {"-0.000000001500000000", 0, -2},
        {"0.00000000049999999999999999999999999999", 0, 0},
        {"9223372036.854775807", 0, INT64_MAX},
        {"-9223372036.854775807", 0, -INT64_MAX},
        {"000000000000000000000000000001.5", 0, 1500000000},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        if (nano(cases[i].text, cases[i].exponent) != cases[i].nano)
            fail_msg("%s: %lld", cases[i].text, (long long)nano(cases[i].text, cases[i].exponent));
}

static void what_is_no_amount_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "-",
                                      ".",
                                      "1.",
                                      ".5e",
                                      "NaN",
                                      "nan",
                                      "Infinity",
                                      "0x10",
                                      "1,5",
                                      " 1",
                                      "1 ",
                                      "1e",
                                      "1e+",
                                      "1e999",
                                      "--1",
                                      "1.2.3",
                                      "9223372036.854775808",
                                      "99999999999999999999"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        orx_decimal d = {7, 7};
        if (orx_decimal_parse(orx_view_of(bad[i]), 0, &d))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(d.nano, 7);
    }
}

/* A thousand times a thousandth of a nano-USD is one, and taking it away again leaves nothing. */
static void sums_are_exact_and_checked(void **state) {
    (void)state;
    orx_decimal sum = {0};
    orx_decimal small;
    int64_t n;
    assert_true(orx_decimal_parse(orx_view_of("0.000000000001"), 0, &small));
    for (int i = 0; i < 1000; i++)
        assert_true(orx_decimal_add(&sum, small));
    assert_int_equal(sum.nano, 1);
    assert_int_equal(sum.part, 0);
    assert_true(orx_decimal_parse(orx_view_of("-0.000000000001"), 0, &small));
    for (int i = 0; i < 1000; i++)
        assert_true(orx_decimal_add(&sum, small));
    assert_int_equal(sum.nano, 0);
    assert_int_equal(sum.part, 0);
    sum = (orx_decimal){INT64_MAX, ORX_DECIMAL_PARTS - 1};
    assert_false(orx_decimal_add(&sum, (orx_decimal){0, 1}));
    assert_int_equal(sum.nano, INT64_MAX);
    assert_false(orx_decimal_round(sum, &n));
}

static void amounts_are_written_with_their_sign(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_decimal_format(-500000000, &out);
    orx_str_addc(&out, ' ');
    orx_decimal_format(INT64_MIN, &out);
    orx_str_addc(&out, ' ');
    orx_decimal_format(0, &out);
    assert_string_equal(orx_str_cstr(&out), "-0.5 -9223372036.854775808 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read_exactly),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(sums_are_exact_and_checked),
        cmocka_unit_test(amounts_are_written_with_their_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
