/* Money without rounding: worked examples, and what has to hold for all numbers. */
#include "money/amount.h"

#include "test.h"

/* A generator of our own: the same numbers on every machine. */
static uint64_t next(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t below(uint64_t *state, int64_t limit) {
    return (int64_t)(next(state) % (uint64_t)limit);
}

/* Small and big ones alike. */
static int64_t some(uint64_t *state, int64_t limit) {
    int64_t n = below(state, limit);
    return n >> below(state, 48);
}

static void is(orx_amount a, int64_t nano, int64_t rest) {
    assert_int_equal(a.nano, nano);
    assert_int_equal(a.rest, rest);
}

static void tokens_times_a_rate(void **state ORX_UNUSED) {
    orx_amount a = {0, 0};
    /* 1000 tokens at 10 USD per million: one cent. */
    assert_true(orx_amount_of(1000, 10 * ORX_NANO_USD, &a));
    is(a, 10000000, 0);
    /* One token at 0.08 USD per million is 80 nano-USD. */
    assert_true(orx_amount_of(1, 80000000, &a));
    is(a, 80, 0);
    /* Three at a billionth of a dollar per million: three millionths of a nano-USD. */
    assert_true(orx_amount_of(3, 1, &a));
    is(a, 0, 3);
    assert_true(orx_amount_of(0, ORX_RATE_MAX, &a));
    is(a, 0, 0);
}

static void what_does_not_fit_is_refused(void **state ORX_UNUSED) {
    orx_amount a = {7, 7};
    assert_true(orx_amount_of(INT64_MAX, ORX_RATE_UNITS, &a));
    is(a, INT64_MAX, 0);
    a = (orx_amount){7, 7};
    assert_false(orx_amount_of(INT64_MAX, ORX_RATE_UNITS + 1, &a));
    assert_false(orx_amount_of(INT64_MAX, INT64_MAX, &a));
    assert_false(orx_amount_of(-1, 1, &a));
    assert_false(orx_amount_of(1, -1, &a));
    is(a, 7, 7);
    a = (orx_amount){INT64_MAX, 999999};
    assert_false(orx_amount_add(&a, (orx_amount){0, 1}));
    assert_false(orx_amount_add(&a, (orx_amount){1, 0}));
    is(a, INT64_MAX, 999999);
}

static void parts_carry_over(void **state ORX_UNUSED) {
    orx_amount a = {1, 600000};
    assert_true(orx_amount_add(&a, (orx_amount){2, 400000}));
    is(a, 4, 0);
    assert_true(orx_amount_add(&a, (orx_amount){0, 999999}));
    is(a, 4, 999999);
}

static void rounding_is_half_to_even(void **state ORX_UNUSED) {
    assert_int_equal(orx_amount_round((orx_amount){2, 499999}), 2);
    assert_int_equal(orx_amount_round((orx_amount){2, 500000}), 2);
    assert_int_equal(orx_amount_round((orx_amount){3, 500000}), 4);
    assert_int_equal(orx_amount_round((orx_amount){2, 500001}), 3);
    assert_int_equal(orx_amount_round((orx_amount){INT64_MAX, 999999}), INT64_MAX);
}

/* The bill of all units together is the sum of the bills of any two parts, to the last digit. */
static void a_sum_is_the_sum_of_its_parts(void **state ORX_UNUSED) {
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        int64_t units = some(&seed, INT64_C(1000000000000));
        int64_t rate = some(&seed, ORX_RATE_MAX);
        int64_t part = units ? below(&seed, units + 1) : 0;
        orx_amount whole;
        orx_amount sum;
        orx_amount rest;
        if (!orx_amount_of(units, rate, &whole))
            continue;
        assert_true(orx_amount_of(part, rate, &sum));
        assert_true(orx_amount_of(units - part, rate, &rest));
        assert_true(orx_amount_add(&sum, rest));
        is(sum, whole.nano, whole.rest);
    }
}

/* More tokens never cost less, nor does a dearer rate. */
static void more_is_never_cheaper(void **state ORX_UNUSED) {
    uint64_t seed = 2;
    for (int i = 0; i < 20000; i++) {
        int64_t units = some(&seed, INT64_C(1000000000));
        int64_t rate = some(&seed, ORX_RATE_MAX / 2);
        orx_amount a;
        orx_amount more_units;
        orx_amount dearer;
        if (!orx_amount_of(units, rate, &a) ||
            !orx_amount_of(units + some(&seed, 1000000), rate, &more_units) ||
            !orx_amount_of(units, rate + some(&seed, 1000000), &dearer))
            continue;
        assert_true(orx_amount_round(more_units) >= orx_amount_round(a));
        assert_true(orx_amount_round(dearer) >= orx_amount_round(a));
    }
}

static void discounts_and_surcharges(void **state ORX_UNUSED) {
    int64_t rate = 7;
    assert_true(orx_rate_scale(3 * ORX_NANO_USD, 1, 2, &rate));
    assert_int_equal(rate, 1500000000);
    assert_true(orx_rate_scale(5, 1, 2, &rate)); /* 2.5 */
    assert_int_equal(rate, 2);
    assert_true(orx_rate_scale(7, 1, 2, &rate)); /* 3.5 */
    assert_int_equal(rate, 4);
    rate = 7;
    assert_false(orx_rate_scale(ORX_RATE_MAX, 2, 1, &rate));
    assert_false(orx_rate_scale(1, 1, 0, &rate));
    assert_false(orx_rate_scale(-1, 1, 1, &rate));
    assert_int_equal(rate, 7);
}

static void a_machine_of_ones_own(void **state ORX_UNUSED) {
    int64_t cost = 7;
    /* 350 W for an hour at 0.30 USD per kWh. */
    assert_true(orx_energy_cost(350, 300000000, INT64_C(3600000000000), &cost));
    assert_int_equal(cost, 105000000);
    /* 1 W for a millisecond at 0.36 USD: a tenth of a nano-USD. */
    assert_true(orx_energy_cost(1, 360000000, 1000000, &cost));
    assert_int_equal(cost, 0);
    assert_true(orx_energy_cost(1, 360000000, 6000000, &cost));
    assert_int_equal(cost, 1);
    cost = 7;
    assert_false(orx_energy_cost(INT64_MAX, INT64_MAX, INT64_MAX, &cost));
    assert_false(orx_energy_cost(-1, 1, 1, &cost));
    assert_int_equal(cost, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_times_a_rate),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(parts_carry_over),
        cmocka_unit_test(rounding_is_half_to_even),
        cmocka_unit_test(a_sum_is_the_sum_of_its_parts),
        cmocka_unit_test(more_is_never_cheaper),
        cmocka_unit_test(discounts_and_surcharges),
        cmocka_unit_test(a_machine_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
