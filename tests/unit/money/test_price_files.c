/* Files of prices that are wrong: refused with the place, and the table stays as it was. */
#include "money/price.h"

#include "test.h"

typedef struct bad {
    const char *text;
    const char *says;
} bad;

static const bad dated[] = {
    {"[]", "f.yaml:1:1: the file: expected an object"},
    {"{prices: []}", "version: expected 1"},
    {"{version: 2, prices: []}", "f.yaml:1:11: version: expected 1"},
    {"{version: 1, price: []}", "expected only version, currency, prices"},
    {"{version: 1, currency: EUR, prices: []}", "currency: expected USD"},
    {"{version: 1, prices: {}}", "prices: expected a list"},
    {"{version: 1, prices: [x]}", "prices: expected an object"},
    {"{version: 1, prices: [{input: 1}]}", "model: expected the name"},
    {"{version: 1, prices: [{model: 5, input: 1}]}", "model: expected a text"},
    {"{version: 1, prices: [{model: m}]}", "m: expected at least one rate above 0"},
    {"{version: 1, prices: [{model: m, input: 0}]}", "expected at least one rate above 0"},
    {"{version: 1, prices: [{model: m, input: -1}]}", "f.yaml:1:41: input: expected USD per"},
    {"{version: 1, prices: [{model: m, input: 1000001}]}", "input: expected USD per million"},
    {"{version: 1, prices: [{model: m, input: [1]}]}", "input: expected USD per million"},
    {"{version: 1, prices: [{model: m, inptu: 1}]}", "did you mean \"input\"?"},
    {"{version: 1, prices: [{model: m, input: 1, request: 2}]}", "expected USD for one request"},
    {"{version: 1, prices: [{model: m, input: 1, from: soon}]}", "from: expected a day"},
    {"{version: 1, prices: [{model: m, input: 1, from: 2026-02-01, to: 2026-02-01}]}",
     "to: expected a time after `from`"},
    {"{version: 1, prices: [{model: m, input: 1, batch: -1}]}", "batch: expected a factor"},
    {"{version: 1, prices: [{model: m, input: 999999, priority: 2}]}",
     "expected a factor that leaves every rate"},
    {"{version: 1, prices: [{model: m, input: 1, batch: {model: 1}}]}", "\"model\" is no key"},
    {"{version: 1, prices: [{model: m, input: 1, long_context: 5}]}", "expected a list of steps"},
    {"{version: 1, prices: [{model: m, input: 1, long_context: [{input: 5}]}]}",
     "expected objects with `above`"},
    {"{version: 1, prices: [{model: m, input: 1, long_context: [{above: 5}, {above: 5}]}]}",
     "above: expected a number of tokens, more than"},
    {"{version: 1, prices: [{model: m, input: 1}, {model: m, input: 2}]}",
     "both valid for some time"},
    {"{version: 1, prices: [{model: m, input: 1, from: 2026-01-01, to: 2026-03-01},"
     " {model: m, input: 2, from: 2026-02-01}]}",
     "f.yaml:1:79: the price of m here and that at f.yaml:1:23"},
    {"{version: 1, kwh: 0.3}", "f.yaml:1:19: kwh: expected a list"},
    {"{version: 1, kwh: [0.3]}", "kwh: expected an object per price"},
    {"{version: 1, kwh: [{}]}", "price: expected USD for a kWh, above 0"},
    {"{version: 1, kwh: [{price: 0}]}", "price: expected USD for a kWh, above 0"},
    {"{version: 1, kwh: [{price: 1000.5}]}", "above 0 and up to 1000"},
    {"{version: 1, kwh: [{price: 1, model: m}]}", "model: expected only price, provider"},
    {"{version: 1, kwh: [{price: 1, from: 2026-02-01, to: 2026-02-01}]}", "a time after `from`"},
    {"{version: 1, kwh: [{price: 1, provider: 5}]}", "provider: expected a text"},
    {"{version: 1, kwh: [{price: 1, to: 2026-02-01}, {price: 2, from: 2026-01-31}]}",
     "f.yaml:1:48: the price of a kWh here and that at f.yaml:1:20 are both valid"},
};

static const bad pricing[] = {
    {"[]", "f.json:1:1: the file: expected an object"},
    {"{\"currency\": \"EUR\"}", "f.json:1:14: currency: expected USD"},
    {"{\"models\": []}", "models: expected an object"},
    {"{\"models\": {\"m\": 5}}", "m: expected an object with input_per_million"},
    {"{\"models\": {\"m\": {\"input_per_million\": \"x\"}}}", "m: expected USD per million tokens"},
    {"{\"models\": {\"m\": {\"input_per_million\": -1}}}", "m: expected USD per million tokens"},
    {"{", "f.json"},
};

typedef int take(orx_prices *t, const char *name, orx_view bytes, orx_err *err);

static void all_are_refused(take *fn, const char *name, const bad *rows, size_t count,
                            const char *good) {
    orx_err err = ORX_ERR_INIT;
    orx_prices *t = orx_prices_new();
    assert_ok(fn(t, name, orx_view_of(good), &err), &err);
    assert_int_equal(orx_prices_count(t), 1);
    for (size_t i = 0; i < count; i++) {
        int rc = fn(t, name, orx_view_of(rows[i].text), &err);
        if (rc != ORX_E_INVALID || !strstr(err.msg, rows[i].says))
            fail_msg("%s\n gave %d: %s\n and not: %s", rows[i].text, rc, rc < 0 ? err.msg : "",
                     rows[i].says);
        assert_int_equal(orx_prices_count(t), 1);
        assert_non_null(orx_prices_find(t, "", "good", 0));
    }
    orx_prices_free(t);
}

static void wrong_dated_files(void **state ORX_UNUSED) {
    all_are_refused(orx_prices_take_dated, "f.yaml", dated, ORX_ARRAY_LEN(dated),
                    "{version: 1, prices: [{model: good, input: 1}]}");
}

static void wrong_files_of_the_predecessor(void **state ORX_UNUSED) {
    all_are_refused(orx_prices_take_pricing, "f.json", pricing, ORX_ARRAY_LEN(pricing),
                    "{\"models\": {\"good\": {\"input_per_million\": 1}}}");
}

/* [K] The file as the predecessor writes it when there is none: three owners at zero, notes. */
static void rows_of_zero_are_no_prices(void **state ORX_UNUSED) {
    orx_err err = ORX_ERR_INIT;
    orx_prices *t = orx_prices_new();
    const char *text = "{\"version\": 2, \"estimation_note\": \"n\", \"models\": {"
                       "\"codex\": {\"input_per_million\": 0.0, \"output_per_million\": 0.0},"
                       "\"half\": {\"output_per_million\": 2, \"comment\": \"x\"}}}";
    assert_ok(orx_prices_take_pricing(t, "config/pricing.json", orx_view_of(text), &err), &err);
    assert_int_equal(orx_prices_count(t), 1);
    assert_null(orx_prices_find(t, "codex", "codex", 0));
    const orx_price *p = orx_prices_find(t, "codex", "half", 0);
    assert_non_null(p);
    assert_int_equal(p->steps[0].rates[ORX_TIER_STANDARD].of[ORX_CLASS_INPUT], 0);
    orx_prices_free(t);
}

/* Every rate that people quote is kept to the last digit. */
static void rates_are_exact(void **state ORX_UNUSED) {
    static const struct {
        const char *text;
        int64_t nano;
    } rows[] = {{"0.8", 800000000},
                {"1.25", 1250000000},
                {"0.075", 75000000},
                {"0.0000001", 100},
                {"15", 15000000000},
                {"1e-9", 1},
                {"\"0.123456789\"", 123456789},
                {"999999.999999999", INT64_C(999999999999999)}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        orx_err err = ORX_ERR_INIT;
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        orx_prices *t = orx_prices_new();
        const char *text = orx_arena_printf(
            &a, "{\"version\": 1, \"prices\": [{\"model\": \"m\", \"input\": %s}]}", rows[i].text);
        assert_ok(orx_prices_take_dated(t, "f.json", orx_view_of(text), &err), &err);
        const orx_price *p = orx_prices_find(t, "", "m", 0);
        if (p->steps[0].rates[ORX_TIER_STANDARD].of[ORX_CLASS_INPUT] != rows[i].nano)
            fail_msg("%s became %lld", rows[i].text,
                     (long long)p->steps[0].rates[ORX_TIER_STANDARD].of[ORX_CLASS_INPUT]);
        orx_prices_free(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_dated_files),
        cmocka_unit_test(wrong_files_of_the_predecessor),
        cmocka_unit_test(rows_of_zero_are_no_prices),
        cmocka_unit_test(rates_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
