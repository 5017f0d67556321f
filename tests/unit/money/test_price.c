/* Which price counts, and what usage costs at it. */
#include "money/price.h"

#include "platform/platform.h"

#include "test.h"

#include <stdlib.h>

static const char dated[] =
    "version: 1\n"
    "currency: USD\n"
    "prices:\n"
    "  - {model: big, from: 2026-01-01, to: 2026-06-01, input: 2, cache_read: 0.5, output: 10,\n"
    "     source: the contract of January}\n"
    "  - {model: big, from: 2026-06-01, input: 4, output: 20}\n"
    "  - {model: big, provider: reseller, input: 5, output: 25}\n"
    "  - {model: wide, input: 1, cache_write_5m: 1.25, cache_write_1h: 2, output: 8, batch: 0.5,\n"
    "     priority: {output: 16},\n"
    "     long_context: [{above: 200000, input: 2}, {above: 1000000, input: 3, output: 12}]}\n"
    "  - {model: talk, input: 1, output: 2, audio_in: 40, request: 0.001}\n"
    "  - {model: both, input: 7, output: 7}\n"
    "kwh:\n"
    "  - {price: 0.30, from: 2026-01-01, to: 2026-06-01, source: bill of January}\n"
    "  - {price: 0.20, from: 2026-06-01}\n"
    "  - {price: 1000, to: 2025-01-01}\n"
    "  - {provider: sun, price: 0.05, from: 2026-06-01, to: 2026-07-01}\n";

static const char pricing[] =
    "{\"version\": 2, \"currency\": \"USD\", \"models\": {"
    "\"codex\": {\"input_per_million\": 0.8, \"output_per_million\": 3.2},"
    "\"Mixed-Case\": {\"input_per_million\": 10, \"output_per_million\": 20},"
    "\"both\": {\"input_per_million\": 1, \"output_per_million\": 1},"
    "\"sonnet\": {\"input_per_million\": 3.0, \"output_per_million\": 15.0},"
    "\"free\": {\"input_per_million\": 0, \"output_per_million\": 0.0}}}";

typedef struct table {
    orx_prices *prices;
    orx_err err;
} table;

static int setup(void **state) {
    table *t = calloc(1, sizeof *t);
    t->prices = orx_prices_new();
    assert_ok(
        orx_prices_take_pricing(t->prices, "config/pricing.json", orx_view_of(pricing), &t->err),
        &t->err);
    assert_ok(orx_prices_take_dated(t->prices, "config/prices.yaml", orx_view_of(dated), &t->err),
              &t->err);
    *state = t;
    return 0;
}

static int teardown(void **state) {
    table *t = *state;
    orx_prices_free(t->prices);
    free(t);
    return 0;
}

static int64_t at(const char *when) {
    int64_t ns = 0;
    assert_true(orx_iso_parse(orx_view_of(when), &ns));
    return ns;
}

static const orx_price *find(void **state, const char *provider, const char *model,
                             const char *when) {
    const table *t = *state;
    return orx_prices_find(t->prices, provider, model, at(when));
}

static int64_t standard(const orx_price *p, orx_class c) {
    assert_non_null(p);
    return p->steps[0].rates[ORX_TIER_STANDARD].of[c];
}

/* Nano-USD of a report, or the error. */
static int64_t cost(const orx_price *p, orx_tier tier, orx_units u, int64_t requests) {
    orx_amount a;
    int rc = orx_rates_cost(orx_price_rates(p, tier, &u, requests), &u, &a, NULL);
    return rc < 0 ? rc : orx_amount_round(a);
}

static orx_units units(int64_t input, int64_t cache_read, int64_t output) {
    return (orx_units){{[ORX_CLASS_INPUT] = input,
                        [ORX_CLASS_CACHE_READ] = cache_read,
                        [ORX_CLASS_OUTPUT] = output}};
}

/* ---- Looking up ------------------------------------------------------------------------------ */

static void the_day_decides(void **state) {
    assert_int_equal(standard(find(state, "codex", "big", "2026-03-01"), ORX_CLASS_INPUT),
                     2 * ORX_NANO_USD);
    assert_int_equal(
        standard(find(state, "codex", "big", "2026-05-31T23:59:59.999999Z"), ORX_CLASS_INPUT),
        2 * ORX_NANO_USD);
    assert_int_equal(standard(find(state, "codex", "big", "2026-06-01"), ORX_CLASS_INPUT),
                     4 * ORX_NANO_USD);
    assert_null(find(state, "codex", "big", "2025-12-31T23:59:59Z"));
}

static void a_kwh_has_its_day_and_its_provider(void **state) {
    const orx_prices *t = ((const table *)*state)->prices;
    assert_int_equal(orx_prices_kwh(t, "roof", at("2024-12-31T23:59:59Z")), 1000 * ORX_NANO_USD);
    assert_int_equal(orx_prices_kwh(t, "roof", at("2025-01-01")), -1);
    assert_int_equal(orx_prices_kwh(t, "roof", at("2026-06-01") - 1), 300000000);
    assert_int_equal(orx_prices_kwh(t, "roof", at("2026-06-01")), 200000000);
    assert_int_equal(orx_prices_kwh(t, "sun", at("2026-06-01") - 1), 300000000);
    assert_int_equal(orx_prices_kwh(t, "sun", at("2026-06-01")), 50000000);
    assert_int_equal(orx_prices_kwh(t, "sun", at("2026-07-01") - 1), 50000000);
    assert_int_equal(orx_prices_kwh(t, "sun", at("2026-07-01")), 200000000);
}

static void a_provider_of_its_own_comes_first(void **state) {
    assert_int_equal(standard(find(state, "reseller", "big", "2026-03-01"), ORX_CLASS_OUTPUT),
                     25 * ORX_NANO_USD);
    assert_int_equal(standard(find(state, "reseller", "wide", "2026-03-01"), ORX_CLASS_OUTPUT),
                     8 * ORX_NANO_USD);
}

static void our_file_comes_before_the_predecessors(void **state) {
    assert_int_equal(standard(find(state, "codex", "both", "2026-03-01"), ORX_CLASS_INPUT),
                     7 * ORX_NANO_USD);
}

static void spellings_of_a_name(void **state) {
    static const char *const same[] = {"sonnet", "SONNET", "sonnet-20250929", "sonnet@20250929",
                                       "Sonnet-2025-09-29"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(same); i++)
        if (!find(state, "claude", same[i], "2026-03-01"))
            fail_msg("%s has no price", same[i]);
    static const char *const others[] = {"sonnet-4",  "sonnet-2025092", "sonnet-20250929-x",
                                         "xsonnet",   "-20250929",      "",
                                         "mixed-case"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(others); i++)
        if (find(state, "claude", others[i], "2026-03-01"))
            fail_msg("%s has a price", others[i]);
    assert_non_null(find(state, "claude", "Mixed-Case", "2026-03-01"));
}

/* The predecessor charged a model without a price like its owner's others, or nothing. */
static void an_unknown_model_has_no_price(void **state) {
    assert_null(find(state, "codex", "unheard-of", "2026-03-01"));
    assert_null(find(state, "codex", "free", "2026-03-01"));
    assert_non_null(find(state, "codex", "codex", "2026-03-01"));
}

static void a_price_says_where_it_comes_from(void **state) {
    const orx_price *p = find(state, "codex", "big", "2026-03-01");
    assert_string_equal(p->source, "the contract of January");
    assert_string_equal(p->where, "config/prices.yaml:4:5");
    assert_memory_equal(p->version, "prices.yaml#", 12);
    assert_non_null(strstr(p->version, " big from 2026-01-01"));
    p = find(state, "reseller", "big", "2026-03-01");
    assert_non_null(strstr(p->version, " reseller/big"));
    p = find(state, "codex", "sonnet-20250929", "2026-03-01");
    assert_memory_equal(p->version, "pricing.json#", 13);
    assert_non_null(strstr(p->version, " sonnet"));
}

/* ---- Computing ------------------------------------------------------------------------------- */

/* C66: 10/20 per million, 1000 in, 500 out */
static void c66_a_cent_in_and_a_cent_out(void **state) {
    const orx_price *p = find(state, "x", "Mixed-Case", "2026-03-01");
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(1000, 0, 500), 1), 20000000);
}

static void cached_tokens_have_their_own_rate(void **state) {
    const orx_price *p = find(state, "x", "big", "2026-03-01");
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(200, 800, 500), 1),
                     200 * 2000 + 800 * 500 + 500 * 10000);
    p = find(state, "x", "Mixed-Case", "2026-03-01");
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(200, 800, 0), 1), 1000 * 10000);
}

static void classes_without_a_rate(void **state) {
    const orx_price *p = find(state, "x", "big", "2026-03-01");
    assert_int_equal(standard(p, ORX_CLASS_CACHE_WRITE_5M), 2 * ORX_NANO_USD);
    assert_int_equal(standard(p, ORX_CLASS_CACHE_WRITE_1H), 2 * ORX_NANO_USD);
    assert_int_equal(standard(p, ORX_CLASS_REASONING), 10 * ORX_NANO_USD);
    orx_units u = {{[ORX_CLASS_AUDIO_IN] = 1}};
    assert_int_equal(cost(p, ORX_TIER_STANDARD, u, 1), ORX_E_NOT_FOUND);
    p = find(state, "x", "talk", "2026-03-01");
    u = (orx_units){{[ORX_CLASS_AUDIO_IN] = 1000, [ORX_CLASS_REQUEST] = 3}};
    assert_int_equal(cost(p, ORX_TIER_STANDARD, u, 1), 40000000 + 3000000);
}

static void tiers(void **state) {
    const orx_price *p = find(state, "x", "wide", "2026-03-01");
    assert_int_equal(cost(p, ORX_TIER_BATCH, units(1000, 0, 1000), 1), 500000 + 4000000);
    assert_int_equal(cost(p, ORX_TIER_PRIORITY, units(1000, 0, 1000), 1), 1000000 + 16000000);
    p = find(state, "x", "big", "2026-03-01");
    assert_int_equal(cost(p, ORX_TIER_BATCH, units(1, 0, 0), 1), ORX_E_NOT_FOUND);
}

static void long_contexts(void **state) {
    const orx_price *p = find(state, "x", "wide", "2026-03-01");
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(200000, 0, 0), 1), 200000000);
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(200001, 0, 0), 1), 400002000);
    /* What comes from a cache was sent as well; it follows the step's input. */
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(1, 200000, 0), 1), 400002000);
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(1000001, 0, 1), 1), 3000003000 + 12000);
    assert_int_equal(cost(p, ORX_TIER_BATCH, units(1000001, 0, 1), 1), 1500001500 + 6000);
    /* Ten requests of 100,001 tokens are no long context, and nobody knows of how many. */
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(1000010, 0, 0), 10), 1000010000);
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(1000010, 0, 0), 0), 1000010000);
}

/* Rounded once: three parts of 0.4 nano-USD are one, not none. */
static void a_row_is_rounded_once(void **state ORX_UNUSED) {
    orx_rates r = {{0}};
    orx_amount a;
    r.of[ORX_CLASS_INPUT] = r.of[ORX_CLASS_OUTPUT] = r.of[ORX_CLASS_REASONING] = 400000;
    const orx_units u = {
        {[ORX_CLASS_INPUT] = 1, [ORX_CLASS_OUTPUT] = 1, [ORX_CLASS_REASONING] = 1}};
    assert_int_equal(orx_rates_cost(&r, &u, &a, NULL), 0);
    assert_int_equal(orx_amount_round(a), 1);
}

static void what_does_not_fit_is_no_price(void **state) {
    const orx_price *p = find(state, "x", "big", "2026-03-01");
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(INT64_MAX, 0, 0), 1), ORX_E_LIMIT);
    assert_int_equal(cost(p, ORX_TIER_STANDARD, units(INT64_MAX, INT64_MAX, 0), 1), ORX_E_LIMIT);
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TABLE_TEST(the_day_decides),
        TABLE_TEST(a_kwh_has_its_day_and_its_provider),
        TABLE_TEST(a_provider_of_its_own_comes_first),
        TABLE_TEST(our_file_comes_before_the_predecessors),
        TABLE_TEST(spellings_of_a_name),
        TABLE_TEST(an_unknown_model_has_no_price),
        TABLE_TEST(a_price_says_where_it_comes_from),
        TABLE_TEST(c66_a_cent_in_and_a_cent_out),
        TABLE_TEST(cached_tokens_have_their_own_rate),
        TABLE_TEST(classes_without_a_rate),
        TABLE_TEST(tiers),
        TABLE_TEST(long_contexts),
        TABLE_TEST(a_row_is_rounded_once),
        TABLE_TEST(what_does_not_fit_is_no_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
