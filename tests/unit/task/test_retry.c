#include "task/task.h"

#include "test.h"

static const orx_retry_policy spec = {
    .max_attempts = 5, .max_retryable = 20, .base_ns = 30 * ORX_SEC, .max_ns = 1800 * ORX_SEC};

/* The predecessor's exact sequence. */
static void a16_exponential_sequence(void **state) {
    (void)state;
    const int64_t seconds[] = {30, 60, 120, 240, 480, 960, 1800, 1800};
    for (int n = 1; n <= 8; n++)
        assert_int_equal(orx_retry_exponential(&spec, n, 12345), seconds[n - 1] * ORX_SEC);
    assert_int_equal(orx_retry_exponential(&spec, 1000000, 0), 1800 * ORX_SEC);
}

static void a_base_above_the_maximum(void **state) {
    (void)state;
    orx_retry_policy p = spec;
    p.base_ns = 4000 * ORX_SEC;
    assert_int_equal(orx_retry_exponential(&p, 1, 0), 1800 * ORX_SEC);
}

static void flat_delay(void **state) {
    (void)state;
    orx_retry_policy p = spec;
    assert_int_equal(orx_retry_flat(&p, 0), 30 * ORX_SEC);
    p.base_ns = ORX_SEC;
    assert_int_equal(orx_retry_flat(&p, 0), 5 * ORX_SEC);
    p.base_ns = 300 * ORX_SEC;
    assert_int_equal(orx_retry_flat(&p, 0), 60 * ORX_SEC);
    p.flat_ns = 200 * ORX_MS;
    assert_int_equal(orx_retry_flat(&p, 0), 200 * ORX_MS);
}

static void full_jitter_stays_within_the_delay(void **state) {
    (void)state;
    orx_retry_policy p = spec;
    p.full_jitter = true;
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        int64_t d = orx_retry_exponential(&p, 2, i * 0x9E3779B97F4A7C15ULL);
        assert_in_range(d, 0, 60 * ORX_SEC);
        least = d < least ? d : least;
        most = d > most ? d : most;
    }
    assert_true(least < 3 * ORX_SEC);
    assert_true(most > 57 * ORX_SEC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a16_exponential_sequence),
        cmocka_unit_test(a_base_above_the_maximum),
        cmocka_unit_test(flat_delay),
        cmocka_unit_test(full_jitter_stays_within_the_delay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
