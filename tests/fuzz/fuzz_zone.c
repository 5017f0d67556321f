/* Whatever the bytes: a time zone in which every moment has its stretch and every local time its
 * instant, or a damaged file. The first byte chooses between a file of the database and the text of
 * a rule. */
#include "data/zone.h"
#include "fuzz.h"

#define YEAR (INT64_C(31556952) * ORX_SEC)

/* 26 hours, as RFC 9636 has it; a rule adds an hour of summer to its own. */
#define FARTHEST (INT64_C(27) * 3600 * ORX_SEC)

static void check_moment(const orx_zone *z, int64_t t) {
    orx_zone_span span = orx_zone_span_of(z, t);
    FUZZ_CHECK(span.from_ns <= t && t < span.to_ns);
    FUZZ_CHECK(span.offset_ns >= -FARTHEST && span.offset_ns <= FARTHEST);
    FUZZ_CHECK(orx_zone_offset(z, t) == span.offset_ns);
}

/* At the instant clocks show the time or a later one, and a moment earlier they did not. Rules may
 * have seasons that overlap, which are no calendar: there it is enough that there is an instant. */
static void check_local(const orx_zone *z, int64_t local) {
    int64_t at = orx_zone_instant(z, local);
    FUZZ_CHECK(at >= local - FARTHEST && at <= local + FARTHEST);
    FUZZ_CHECK(z->has_rule || at + orx_zone_offset(z, at) >= local);
    FUZZ_CHECK(z->has_rule || at - 1 + orx_zone_offset(z, at - 1) < local);
}

static void check(const orx_zone *z) {
    for (int year = -60; year <= 120; year += 7)
        for (int part = 0; part < 4; part++) {
            int64_t t = year * YEAR + part * (YEAR / 4);
            check_moment(z, t);
            check_local(z, t);
        }
    for (size_t i = 0; i < z->count && i < 64; i++) {
        int64_t t = z->changes[i].at_ns;
        if (t > -200 * YEAR && t < 200 * YEAR) {
            check_moment(z, t);
            check_local(z, t);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_zone *z = NULL;
    orx_view bytes = orx_view_mem(data + 1, size - 1);
    orx_zone ruled = {.name = "rule", .has_rule = true};
    if (data[0] % 2 == 1) {
        if (orx_zone_rule_parse(bytes, &ruled.rule))
            check(&ruled);
        return 0;
    }
    int rc = orx_zone_read(bytes, "fuzzed", &arena, &z, &err);
    FUZZ_CHECK(rc == 0 ? z != NULL : rc == ORX_E_CORRUPT && !z);
    if (z)
        check(z);
    orx_arena_free(&arena);
    return 0;
}
