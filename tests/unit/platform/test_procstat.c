#include "platform/procstat.h"

#include "test.h"

static const char line[] = "4711 (name) S 17 4711 4711 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 "
                           "987654 1000 200 18446744073709551615 1 1 0\n";

static void reads_the_three_fields(void **state) {
    (void)state;
    orx_procstat st = {0};
    assert_true(orx_procstat_parse(orx_view_of(line), &st));
    assert_int_equal(st.state, 'S');
    assert_int_equal(st.ppid, 17);
    assert_int_equal(st.start, 987654);
}

/* The name is whatever the process calls itself. */
static void hostile_names_do_not_confuse(void **state) {
    (void)state;
    static const char evil[] = "1 (a) R 1 (b) Z 9 9) S 42 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 "
                               "777 1000";
    orx_procstat st = {0};
    assert_true(orx_procstat_parse(orx_view_of(evil), &st));
    assert_int_equal(st.state, 'S');
    assert_int_equal(st.ppid, 42);
    assert_int_equal(st.start, 777);
}

static void every_cut_is_refused(void **state) {
    (void)state;
    /* Up to the digit that completes field 22 nothing is believed. */
    size_t end = strlen("4711 (name) S 17 4711 4711 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0");
    for (size_t n = 0; n <= end; n++) {
        orx_procstat st = {.ppid = -7};
        assert_false(orx_procstat_parse(orx_view_mem(line, n), &st));
        assert_int_equal(st.ppid, -7);
    }
}

static void nonsense_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        ")",
        ") ",
        "1 (x) SS 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9 1",
        "1 (x) S x 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9 1",
        "1 (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9x 1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        orx_procstat st;
        assert_false(orx_procstat_parse(orx_view_of(bad[i]), &st));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_three_fields),
        cmocka_unit_test(hostile_names_do_not_confuse),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
