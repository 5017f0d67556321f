#include "support.h"

#include <float.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_repr(double d, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_json_double(&out, d);
    assert_string_equal(out.buf, expected);
}

static void forms(void **state) {
    (void)state;
    assert_repr(0.0, "0.0");
    assert_repr(-0.0, "-0.0");
    assert_repr(1.0, "1.0");
    assert_repr(-100.0, "-100.0");
    assert_repr(0.1, "0.1");
    assert_repr(0.0001, "0.0001");
    assert_repr(0.00001, "1e-05");
    assert_repr(0.000015, "1.5e-05");
    assert_repr(1e15, "1000000000000000.0");
    assert_repr(1e16, "1e+16");
    assert_repr(123456789.125, "123456789.125");
    assert_repr(1.5e300, "1.5e+300");
    assert_repr(DBL_MAX, "1.7976931348623157e+308");
    assert_repr(DBL_MIN, "2.2250738585072014e-308");
    assert_repr(5e-324, "5e-324");
    assert_repr(1e-323, "1e-323");
    assert_repr(9007199254740992.0, "9007199254740992.0");
    /* The nearest 16 digits below this power of two do not read back; the next ones up do. */
    assert_repr(1.0 / 17592186044416.0, "5.684341886080802e-14");
}

/* golden/doubles.txt: bits in hex and what Python's repr wrote. */
static void as_python_wrote_them(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    read_golden("doubles.txt", &text);
    orx_view rest = orx_str_view(&text);
    orx_view line;
    int count = 0;
    while (orx_view_split(&rest, '\n', &line) && line.len) {
        uint64_t bits = strtoull(line.p, NULL, 16);
        double d;
        memcpy(&d, &bits, sizeof d);
        char expected[64] = {0};
        memcpy(expected, line.p + 17, line.len - 17);
        assert_repr(d, expected);
        count++;
    }
    assert_int_equal(count, 2000);
}

/* What is written without printf is what printf would have written, and its neighbours have texts
 * of their own. */
static void few_decimals_are_the_same(void **state) {
    (void)state;
    uint64_t seed = 23;
    for (int i = 0; i < 100000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double d = (double)((seed >> 14) % (UINT64_C(1) << (i % 49 + 1))) / 1e6;
        char expected[40];
        int n = snprintf(expected, sizeof expected, "%.15g", d);
        if (!strpbrk(expected, ".e"))
            memcpy(expected + n, ".0", 3);
        assert_repr(d, expected);
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        double next;
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        bits++;
        memcpy(&next, &bits, sizeof next);
        orx_json_double(&out, next);
        assert_string_not_equal(out.buf, expected);
        assert_true(strtod(out.buf, NULL) == next);
    }
}

/* A library that sets the locale changes neither direction. */
static void locale_does_not_matter(void **state) {
    (void)state;
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ru_RU.UTF-8"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(commas); i++)
        if (setlocale(LC_NUMERIC, commas[i]))
            break;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    assert_repr(0.30000000000000004, "0.30000000000000004");
    const orx_node *n = must_parse(orx_json_parse, &a, "0.3000000000000000444");
    assert_true(n->u.d == 0.30000000000000004);
    setlocale(LC_NUMERIC, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(as_python_wrote_them),
        cmocka_unit_test(few_decimals_are_the_same),
        cmocka_unit_test(locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
