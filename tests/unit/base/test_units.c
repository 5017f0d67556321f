#include "base/units.h"

#include "test.h"

#define NS  INT64_C(1000000000)
#define KIB INT64_C(1024)

static void durations_are_read(void **state) {
    (void)state;
    const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"0", 0},
        {"30", 30 * NS},
        {"30s", 30 * NS},
        {"200ms", NS / 5},
        {"5m", 300 * NS},
        {"2h", 7200 * NS},
        {"1d", 86400 * NS},
        {"1.5s", 3 * NS / 2},
        {"1.5", 3 * NS / 2},
        {"0.5d", 43200 * NS},
        {"  7 s ", 7 * NS},
        {"10S", 10 * NS},
        {"1.000000001", NS + 1},
        {"1.0000000019", NS + 1}, /* cut, not rounded */
        {"0.001ms", 1000},
        {"106751d", INT64_C(106751) * 86400 * NS},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        int64_t ns = -1;
        if (!orx_duration_parse(orx_view_of(cases[i].text), &ns))
            fail_msg("not read: %s", cases[i].text);
        assert_int_equal(ns, cases[i].ns);
    }
}

static void sizes_are_read(void **state) {
    (void)state;
    const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"4096B", 4096},
        {"64KiB", 64 * KIB},
        {"64kib", 64 * KIB},
        {"1MiB", KIB * KIB},
        {"1.5GiB", 3 * KIB * KIB * KIB / 2},
        {"1.25GiB", 5 * KIB * KIB * KIB / 4},
        {"2TiB", 2 * KIB * KIB * KIB * KIB},
        {"1kB", 1000},
        {"10 MB", 10000000},
        {"3GB", 3 * NS},
        {"1TB", 1000 * NS},
        {"0.5B", 0},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        int64_t bytes = -1;
        if (!orx_size_parse(orx_view_of(cases[i].text), &bytes))
            fail_msg("not read: %s", cases[i].text);
        assert_int_equal(bytes, cases[i].bytes);
    }
}

static void nonsense_is_refused_and_leaves_the_result(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "s",
        "-1s",
        "+1s",
        "1x",
        "1 2",
        "1.s",
        ".5s",
        "1.5.5s",
        "1e3",
        "0x10",
        "1s 2s",
        "inf",
        "nan",
        "1sec",
        "1ns",
        "five",
        "1,5",
        "106752d",
        "99999999999999999999s",
        "9223372036854775807d",
    };
    int64_t kept = 42;
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        if (orx_duration_parse(orx_view_of(bad[i]), &kept))
            fail_msg("read as a duration: \"%s\"", bad[i]);
        assert_int_equal(kept, 42);
    }
    static const char *const bad_sizes[] = {"",    "KiB",        "-1",    "1KiBs",
                                            "1 K", "8388608TiB", "1.KiB", "1s"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad_sizes); i++) {
        if (orx_size_parse(orx_view_of(bad_sizes[i]), &kept))
            fail_msg("read as a size: \"%s\"", bad_sizes[i]);
        assert_int_equal(kept, 42);
    }
    assert_false(orx_duration_parse(orx_view_mem("5\0m", 3), &kept));
    assert_false(orx_duration_parse((orx_view){NULL, 0}, &kept));
}

static void money_is_read_and_written(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    int64_t value = -1;
    assert_true(orx_money_parse(orx_view_of("0.25"), &value));
    assert_int_equal(value, NS / 4);
    assert_true(orx_money_parse(orx_view_of("12 usd"), &value));
    assert_int_equal(value, 12 * NS);
    assert_true(orx_money_parse(orx_view_of("0.0000000019"), &value));
    assert_int_equal(value, 1);
    assert_false(orx_money_parse(orx_view_of("-1"), &value));
    assert_false(orx_money_parse(orx_view_of("1 EUR"), &value));
    assert_false(orx_money_parse(orx_view_of("10000000000"), &value));
    assert_int_equal(value, 1);
    orx_money_format(NS / 4, &s);
    assert_string_equal(orx_str_cstr(&s), "0.25");
    orx_str_clear(&s);
    orx_money_format(3 * NS, &s);
    assert_string_equal(orx_str_cstr(&s), "3");
}

static const char *format(orx_str *s, void (*fn)(int64_t, orx_str *), int64_t value) {
    orx_str_clear(s);
    fn(value, s);
    return orx_str_cstr(s);
}

static void amounts_are_written_shortly(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_string_equal(format(&s, orx_duration_format, 0), "0s");
    assert_string_equal(format(&s, orx_duration_format, NS / 5), "200ms");
    assert_string_equal(format(&s, orx_duration_format, 90 * NS), "90s");
    assert_string_equal(format(&s, orx_duration_format, 1800 * NS), "30m");
    assert_string_equal(format(&s, orx_duration_format, 3600 * NS), "1h");
    assert_string_equal(format(&s, orx_duration_format, 86400 * NS * 30), "30d");
    assert_string_equal(format(&s, orx_duration_format, 1500000), "1.5ms");
    assert_string_equal(format(&s, orx_duration_format, 1), "0.000001ms");
    assert_string_equal(format(&s, orx_size_format, 0), "0");
    assert_string_equal(format(&s, orx_size_format, 1000), "1000");
    assert_string_equal(format(&s, orx_size_format, 4096), "4KiB");
    assert_string_equal(format(&s, orx_size_format, 2 * KIB * KIB * KIB), "2GiB");
    assert_string_equal(format(&s, orx_size_format, 3 * KIB * KIB / 2), "1536KiB");
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    int64_t value = 1;
    for (int i = 0; i < 60; i++) {
        int64_t back = -1;
        format(&s, orx_duration_format, value);
        assert_true(orx_duration_parse(orx_str_view(&s), &back));
        assert_int_equal(back, value);
        format(&s, orx_size_format, value);
        assert_true(orx_size_parse(orx_str_view(&s), &back));
        assert_int_equal(back, value);
        format(&s, orx_money_format, value);
        assert_true(orx_money_parse(orx_str_view(&s), &back));
        assert_int_equal(back, value);
        value = value * 2 + (i % 7 == 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(nonsense_is_refused_and_leaves_the_result),
        cmocka_unit_test(money_is_read_and_written),
        cmocka_unit_test(amounts_are_written_shortly),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
