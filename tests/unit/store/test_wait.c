/* Stored waits: restarts, reboots and clock jumps neither open nor shut a gate for good. */
#include "fixture.h"

#include <string.h>

#define MINUTE (60 * ORX_SEC)

static void a_wait_runs_out(void **state) {
    fixture *f = *state;
    orx_wait w;
    orx_wait_begin(f->p, 10 * MINUTE, &w);
    int64_t seen = orx_mono_ns(f->p);
    int64_t left = orx_wait_left(f->p, &w, seen);
    assert_true(left <= 10 * MINUTE && left > 9 * MINUTE);
    f->mono_shift += 4 * MINUTE;
    left = orx_wait_left(f->p, &w, seen);
    assert_true(left <= 6 * MINUTE && left > 5 * MINUTE);
    f->mono_shift += 6 * MINUTE;
    assert_int_equal(orx_wait_left(f->p, &w, seen), 0);
}

static void within_its_boot_the_wall_clock_does_not_matter(void **state) {
    fixture *f = *state;
    orx_wait w;
    orx_wait_begin(f->p, 10 * MINUTE, &w);
    int64_t seen = orx_mono_ns(f->p);
    const int64_t jumps[] = {MINUTE * 365 * 24 * 60, MINUTE * -365 * 24 * 60};
    for (size_t i = 0; i < ORX_ARRAY_LEN(jumps); i++) {
        f->wall_shift = jumps[i];
        int64_t left = orx_wait_left(f->p, &w, seen);
        assert_true(left <= 10 * MINUTE && left > 9 * MINUTE);
    }
    /* A process started later in the same boot waits only for the rest. */
    f->mono_shift += 9 * MINUTE;
    int64_t left = orx_wait_left(f->p, &w, orx_mono_ns(f->p));
    assert_true(left <= MINUTE && left > 0);
}

static void after_a_reboot_the_wall_clock_counts(void **state) {
    fixture *f = *state;
    orx_wait w;
    orx_wait_begin(f->p, 10 * MINUTE, &w);
    f->boot = "another-boot";
    f->mono_shift = -orx_mono_ns(f->p) + ORX_SEC; /* the monotonic clock started again */
    f->wall_shift = 7 * MINUTE;
    int64_t left = orx_wait_left(f->p, &w, orx_mono_ns(f->p));
    assert_true(left <= 3 * MINUTE && left > 2 * MINUTE);
    f->wall_shift = 11 * MINUTE;
    assert_int_equal(orx_wait_left(f->p, &w, orx_mono_ns(f->p)), 0);
}

static void a_clock_set_back_over_a_reboot_does_not_shut_the_gate(void **state) {
    fixture *f = *state;
    orx_wait w;
    orx_wait_begin(f->p, 10 * MINUTE, &w);
    f->boot = "another-boot";
    f->wall_shift = MINUTE * -100 * 24 * 60;
    int64_t seen = orx_mono_ns(f->p);
    int64_t left = orx_wait_left(f->p, &w, seen);
    assert_true(left <= 10 * MINUTE && left > 9 * MINUTE);
    f->mono_shift += 10 * MINUTE; /* the delay, counted from when this process saw it */
    assert_int_equal(orx_wait_left(f->p, &w, seen), 0);
}

static void stored_garbage_is_harmless(void **state) {
    fixture *f = *state;
    int64_t seen = orx_mono_ns(f->p);
    orx_wait w = {.delay_ns = INT64_MAX, .wall_ns = INT64_MIN, .mono_ns = INT64_MAX, .boot = "x"};
    assert_int_equal(orx_wait_left(f->p, &w, seen), 0); /* older than its delay */
    w = (orx_wait){.delay_ns = -5};
    assert_int_equal(orx_wait_left(f->p, &w, seen), 0);
    /* Claims to have begun in the future of this boot: at most its delay from now. */
    orx_wait_begin(f->p, MINUTE, &w);
    w.mono_ns += 1000 * MINUTE;
    assert_true(orx_wait_left(f->p, &w, seen) <= MINUTE);
    f->mono_shift += MINUTE;
    assert_int_equal(orx_wait_left(f->p, &w, seen), 0);
    /* A boot id without its final NUL, longer than ours. */
    memset(w.boot, 'b', sizeof w.boot);
    assert_true(orx_wait_left(f->p, &w, seen) >= 0);
    orx_wait_begin(f->p, -7, &w);
    assert_int_equal(w.delay_ns, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wait_runs_out, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(within_its_boot_the_wall_clock_does_not_matter,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(after_a_reboot_the_wall_clock_counts, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_clock_set_back_over_a_reboot_does_not_shut_the_gate,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(stored_garbage_is_harmless, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
