/* What a model server's answer says about itself does not depend on how it was cut on its way, and
 * whatever it says, tokens stay numbers. The first byte of the input is the size of the pieces that
 * the body comes in, the second says whether it is a stream of events; the rest is the body. Its
 * beginning is tried as a Retry-After header, too. */
#include "run/wire.h"

#include "fuzz.h"
#include "platform/platform.h"

#include <string.h>

#define YEAR_MS (INT64_C(366) * 24 * 3600 * 1000)

static orx_wire take(orx_view type, const uint8_t *data, size_t size, size_t piece) {
    orx_wire_body b;
    orx_wire_begin(&b, type);
    for (size_t at = 0; at < size; at += piece)
        orx_wire_bytes(&b, orx_view_mem(data + at, size - at < piece ? size - at : piece));
    orx_wire_end(&b);
    const orx_wire said = b.said;
    orx_wire_free(&b);
    return said;
}

static void check_wait(orx_view value) {
    static const int64_t nows[] = {0, INT64_C(1790000000) * ORX_SEC, INT64_MAX / 2};
    for (size_t i = 0; i < ORX_ARRAY_LEN(nows); i++) {
        int64_t ms = orx_wire_retry_after(value, nows[i]);
        FUZZ_CHECK(ms >= -1 && ms <= YEAR_MS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    const orx_view type =
        orx_view_of(data[1] & 1 ? " text/event-stream; charset=utf-8" : "application/json");
    const orx_wire whole = take(type, data + 2, size - 2, size);
    const orx_wire cut = take(type, data + 2, size - 2, (size_t)data[0] + 1);
    FUZZ_CHECK(strcmp(whole.model, cut.model) == 0);
    FUZZ_CHECK(memcmp(whole.tokens, cut.tokens, sizeof whole.tokens) == 0);
    orx_wire sum;
    orx_wire_init(&sum);
    for (int i = 0; i < 3; i++)
        orx_wire_add(&sum, &whole);
    for (int i = 0; i < ORX_TOKEN_CLASSES; i++) {
        FUZZ_CHECK(whole.tokens[i] >= -1);
        FUZZ_CHECK(sum.tokens[i] == (whole.tokens[i] < 0 ? -1 : 3 * whole.tokens[i]));
    }
    check_wait(orx_view_mem(data + 2, size - 2 < 40 ? size - 2 : 40));
    return 0;
}
