#include "platform/platform.h"

#include "test.h"

#include <string.h>

static void prints_the_predecessors_format(void **state) {
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000+00:00"},
        {1769860800123456789, "2026-01-31T12:00:00.123456+00:00"},
        {951782400 * ORX_SEC, "2000-02-29T00:00:00.000000+00:00"},
        {951868800 * ORX_SEC - 1, "2000-02-29T23:59:59.999999+00:00"},
        {-1, "1969-12-31T23:59:59.999999+00:00"},
        {-86400 * ORX_SEC, "1969-12-31T00:00:00.000000+00:00"},
        {INT64_MAX, "2262-04-11T23:47:16.854775+00:00"},
        {INT64_MIN, "1677-09-21T00:12:43.145224+00:00"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        char out[ORX_ISO_MAX];
        orx_iso_time(cases[i].ns, out);
        assert_string_equal(out, cases[i].text);
    }
}

static void reads_variants(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1970-01-01T00:00:00.000000+00:00", 0},
        {"2026-01-31T12:00:00.123456+00:00", 1769860800123456000},
        {"2026-01-31T12:00:00.123456789Z", 1769860800123456789},
        {"2026-01-31T12:00:00.1234567891234Z", 1769860800123456789},
        {"2026-01-31T12:00:00Z", 1769860800 * ORX_SEC},
        {"2026-01-31 12:00:00", 1769860800 * ORX_SEC},
        {"2026-01-31t12:00z", 1769860800 * ORX_SEC},
        {"2026-01-31T13:30:00+01:30", 1769860800 * ORX_SEC},
        {"2026-01-31T04:00:00-0800", 1769860800 * ORX_SEC},
        {"2026-01-31T14:00:00,5+02", 1769860800 * ORX_SEC + ORX_SEC / 2},
        {" 2026-01-31\n", 1769817600 * ORX_SEC},
        {"1969-12-31T23:59:59.5Z", -ORX_SEC / 2},
        {"2000-02-29", 951782400 * ORX_SEC},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        int64_t ns = 42;
        if (!orx_iso_parse(orx_view_of(cases[i].text), &ns))
            fail_msg("not read: %s", cases[i].text);
        assert_int_equal(ns, cases[i].ns);
    }
}

static void refuses_what_is_no_time(void **state) {
    (void)state;
    static const char *const bad[] = {
        "2026-01-31T12:0x",
        "2026-01-31T12:00:x0",
        "2026-01-31T12:00:00+0x",
        "2026-01-31T12:00:00+01:0x",
        "",
        "now",
        "2026",
        "2026-1-1",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-01-00",
        "2026-01-31T",
        "2026-01-31T24:00:00",
        "2026-01-31T12:60:00",
        "2026-01-31T12:00:60",
        "2026-01-31T12:00:00.",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+01:60",
        "2026-01-31T12:00:00Zx",
        "2026-01-31T12:00:00 +01:00",
        "2026-01-31T12",
        "2026-01-31x12:00:00",
        "9999-01-01",
        "2262-04-11T23:47:16.854775808Z",
        "1677-09-21T00:12:43Z",
        "+026-01-31",
        "2026-01-31T1::00",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        int64_t ns = 42;
        if (orx_iso_parse(orx_view_of(bad[i]), &ns))
            fail_msg("read as a time: %s", bad[i]);
        assert_int_equal(ns, 42);
    }
    int64_t ns = 42;
    assert_false(orx_iso_parse(orx_view_mem("2026-01-31\0T12", 14), &ns));
}

/* Every day of eight centuries, and a time in each, survives printing and reading. */
static void round_trips(void **state) {
    (void)state;
    for (int64_t day = -106000; day < 106000; day += 1) {
        int64_t ns = day * 86400 * ORX_SEC + (day & 0xffff) * 1317001 * 1000;
        char text[ORX_ISO_MAX];
        int64_t back = 0;
        orx_iso_time(ns, text);
        assert_true(orx_iso_parse(orx_view_of(text), &back));
        assert_int_equal(back, ns);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_the_predecessors_format),
        cmocka_unit_test(reads_variants),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
