/* Whatever the bytes: a table in which every price can be found and computed with, or refused. */
#include "fuzz.h"
#include "money/price.h"

#include <stdlib.h>
#include <string.h>

static void check_rates(const orx_rates *r) {
    for (int c = 0; c < ORX_CLASSES; c++)
        FUZZ_CHECK(r->of[c] >= -1 && r->of[c] <= ORX_RATE_MAX);
}

static void check_price(const orx_price *p) {
    const orx_units one = {{1, 1, 1, 1, 1, 1, 1, 1, 1}};
    const orx_units two = {{2, 2, 2, 2, 2, 2, 2, 2, 2}};
    FUZZ_CHECK(p->from_ns < p->to_ns && *p->model && p->version && p->where && p->source);
    FUZZ_CHECK(p->step_count >= 1 && p->step_count <= ORX_PRICE_STEPS_MAX);
    for (size_t i = 0; i < p->step_count; i++) {
        FUZZ_CHECK(!i || p->steps[i].above > p->steps[i - 1].above);
        for (int t = 0; t < ORX_TIERS; t++) {
            const orx_rates *r = &p->steps[i].rates[t];
            orx_amount a = {0, 0};
            orx_amount b = {0, 0};
            check_rates(r);
            if (orx_rates_cost(r, &one, &a, NULL) == 0) {
                FUZZ_CHECK(orx_rates_cost(r, &two, &b, NULL) == 0);
                FUZZ_CHECK(orx_amount_add(&a, a) && a.nano == b.nano && a.rest == b.rest);
            }
        }
    }
}

static void look(const orx_prices *t) {
    static const char *const names[] = {"m", "big", "Big-20250101", "codex"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const orx_price *p = orx_prices_find(t, "p", names[i], INT64_C(1780000000000000000));
        if (p)
            check_price(p);
        int64_t kwh = orx_prices_kwh(t, names[i], INT64_C(1780000000000000000));
        FUZZ_CHECK(kwh == -1 || (kwh > 0 && kwh <= 1000 * ORX_NANO_USD));
    }
}

/* The first byte chooses the format. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int (*const readers[])(orx_prices *, const char *, orx_view, orx_err *) = {
        orx_prices_take_dated, orx_prices_take_dated, orx_prices_take_pricing};
    static const char *const files[] = {"f.yaml", "f.json", "f.json"};
    orx_err err = ORX_ERR_INIT;
    if (!size)
        return 0;
    int which = data[0] % 3;
    orx_prices *t = orx_prices_new();
    int rc = readers[which](t, files[which], orx_view_mem(data + 1, size - 1), &err);
    FUZZ_CHECK((rc < 0) == (err.code < 0));
    FUZZ_CHECK(rc == 0 || orx_prices_count(t) == 0);
    FUZZ_CHECK(orx_prices_count(t) <= ORX_PRICES_MAX);
    look(t);
    orx_prices_free(t);
    return 0;
}
