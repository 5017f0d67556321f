#include "base/view.h"

#include "test.h"

#include <stdio.h>

static void comparing(void **state) {
    (void)state;
    assert_true(orx_view_is(orx_view_of("abc"), "abc"));
    assert_false(orx_view_is(orx_view_of("abc"), "abcd"));
    assert_true(orx_view_eq((orx_view){NULL, 0}, orx_view_of("")));
    assert_true(orx_view_ieq(orx_view_of("AbZ["), orx_view_of("aBz[")));
    assert_false(orx_view_ieq(orx_view_of("@"), orx_view_of("`")));
    assert_true(orx_view_cmp(orx_view_of("a"), orx_view_of("ab")) < 0);
    assert_true(orx_view_cmp(orx_view_of("b"), orx_view_of("ab")) > 0);
    assert_int_equal(orx_view_cmp(orx_view_of("b"), orx_view_of("b")), 0);
    assert_true(orx_view_starts(orx_view_of("abc"), "ab"));
    assert_true(orx_view_ends(orx_view_of("abc"), "bc"));
    assert_false(orx_view_ends(orx_view_of("c"), "bc"));
}

static void trimming_and_finding(void **state) {
    (void)state;
    assert_true(orx_view_is(orx_view_trim(orx_view_of(" \t\r\n x y \v\f")), "x y"));
    assert_int_equal(orx_view_trim(orx_view_of("  ")).len, 0);
    assert_int_equal(orx_view_find(orx_view_of("abcabd"), "abd"), 3);
    assert_int_equal(orx_view_find(orx_view_of("ab"), "abc"), -1);
    assert_int_equal(orx_view_find(orx_view_of(""), "x"), -1);
}

static void splitting_keeps_empty_parts(void **state) {
    (void)state;
    orx_view rest = orx_view_of("a,,b,");
    orx_view part;
    const char *expected[] = {"a", "", "b", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_true(orx_view_split(&rest, ',', &part));
        assert_true(orx_view_is(part, expected[i]));
    }
    assert_false(orx_view_split(&rest, ',', &part));
}

static void utf8_follows_the_standard(void **state) {
    (void)state;
    const char *good[] = {"",
                          "ascii",
                          "\xC2\x80",
                          "\xE0\xA0\x80",
                          "\xED\x9F\xBF",
                          "\xF0\x90\x80\x80",
                          "\xF4\x8F\xBF\xBF"};
    const char *bad[] = {"\x80",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x9F\xBF",
                         "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                         "\xC2",         "\xE2\x82"};
    /* Wherever they stand: behind so many others, and with some behind them. */
    for (int before = 0; before < 18; before++)
        for (int after = 0; after < 10; after++) {
            static const char others[] = "abcdefghijklmnopqr";
            char text[40];
            for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                (void)snprintf(text, sizeof text, "%.*s%s%.*s", before, others, good[i], after,
                               others);
                assert_true(orx_view_is_utf8(orx_view_of(text)));
            }
            for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                (void)snprintf(text, sizeof text, "%.*s%s%.*s", before, others, bad[i], after,
                               others);
                assert_false(orx_view_is_utf8(orx_view_of(text)));
            }
        }
}

static void last_lines_are_counted_from_the_end(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int lines;
        const char *want;
    } cases[] = {
        {"a\nbb\nccc\n", 1, "ccc"},
        {"a\nbb\nccc", 1, "ccc"},
        {"a\nbb\nccc\n", 2, "bb\nccc"},
        {"a\nbb\nccc\n", 9, "a\nbb\nccc"},
        {"alone", 1, "alone"},
        {"a\n\n", 1, ""},
        {"a\n\nb\n", 2, "\nb"},
        {"\n", 3, ""},
        {"", 1, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        orx_view got = orx_view_last_lines(orx_view_of(cases[i].text), cases[i].lines);
        assert_true(orx_view_is(got, cases[i].want));
    }
    assert_int_equal(orx_view_last_lines((orx_view){NULL, 0}, 1).len, 0);
}

static void integers_to_the_last_bit(void **state) {
    (void)state;
    int64_t v = 7;
    assert_true(orx_view_to_i64(orx_view_of("9223372036854775807"), &v));
    assert_true(v == INT64_MAX);
    assert_true(orx_view_to_i64(orx_view_of("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    assert_true(orx_view_to_i64(orx_view_of("+0"), &v));
    assert_true(v == 0);
    const char *bad[] = {"",
                         "-",
                         "+",
                         "9223372036854775808",
                         "-9223372036854775809",
                         "1x",
                         " 1",
                         "99999999999999999999"};
    v = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(orx_view_to_i64(orx_view_of(bad[i]), &v));
    assert_true(v == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),
        cmocka_unit_test(trimming_and_finding),
        cmocka_unit_test(splitting_keeps_empty_parts),
        cmocka_unit_test(last_lines_are_counted_from_the_end),
        cmocka_unit_test(utf8_follows_the_standard),
        cmocka_unit_test(integers_to_the_last_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
