/* Anthropic's reports: addresses, cents, disjoint tokens. What all readers of bills have in common
 * is tested with OpenAI's. */
#include "bill.h"

#define PAGE(buckets) "{\"data\":[" buckets "],\"has_more\":false,\"next_page\":null}"
#define DAY(results)                                                                               \
    "{\"starting_at\":\"2026-01-01T00:00:00Z\",\"ending_at\":\"2026-01-02T00:00:00Z\","            \
    "\"results\":[" results "]}"
#define COST(amount, workspace)                                                                    \
    "{\"amount\":" amount ",\"currency\":\"USD\",\"description\":\"Claude Usage - Input Tokens\"," \
    "\"cost_type\":\"tokens\",\"model\":\"m-1\",\"token_type\":\"uncached_input_tokens\","         \
    "\"service_tier\":\"standard\",\"context_window\":\"0-200k\",\"workspace_id\":" workspace "}"

static void the_documented_pages_are_asked_for_and_understood(void **state) {
    bill *b = *state;
    bill_make(b, "");
    const orx_ingest_report *r = bill_play(
        b, {.body = PAGE(DAY(COST("\"123.45\"", "null") "," COST("\"41280.000000\"", "\"w\"")))},
        {.body = PAGE(DAY("{\"uncached_input_tokens\":1500,\"cache_read_input_tokens\":200,"
                          "\"cache_creation\":{\"ephemeral_5m_input_tokens\":500,"
                          "\"ephemeral_1h_input_tokens\":1000},\"output_tokens\":500,"
                          "\"server_tool_use\":{\"web_search_requests\":1},\"model\":\"m-1\","
                          "\"api_key_id\":null,\"workspace_id\":null,\"service_tier\":\"standard\","
                          "\"context_window\":\"0-200k\"}"))});
    assert_string_equal(r->status, "ok");
    /* C32: amounts are cents. */
    assert_int_equal(bill_total(b, "anthropic"), INT64_C(414034500000));
    const char *rows = bill_rows(b);
    assert_contains(rows,
                    "\"tier\":\"standard\",\"token_type\":\"uncached_input_tokens\"} 1.2345\n");
    assert_contains(rows, "\"project\":\"w\"");
    assert_contains(rows, " in=1500 read=200 w5=500 w1=1000 out=500\n");
    const char *sent = orx_str_cstr(&b->sent);
    assert_contains(sent, "GET /v1/organizations/cost_report?starting_at=2025-12-03T00%3A00%3A00Z"
                          "&bucket_width=1d&limit=31&group_by%5B%5D=workspace_id"
                          "&group_by%5B%5D=description\n");
    assert_contains(sent, "GET /v1/organizations/usage_report/messages?starting_at=2025-12-03T");
    assert_contains(sent, "x-api-key: key-of-an-admin\n");
    assert_contains(sent, "anthropic-version: 2023-06-01\n");
    assert_contains(sent, "user-agent: orxaq/");
}

typedef struct found {
    int64_t total;
} found;

static bool keep_total(const orx_billed *row, void *user) {
    ((found *)user)->total = orx_billed_total(row);
    return true;
}

static void token_classes_are_added(void **state) {
    bill *b = *state;
    orx_err err = ORX_ERR_INIT;
    found f = {0};
    bill_make(b, "costs: false");
    bill_play(b, {.body = PAGE(DAY("{\"uncached_input_tokens\":1500,"
                                   "\"cache_read_input_tokens\":200,\"cache_creation\":{"
                                   "\"ephemeral_5m_input_tokens\":500,"
                                   "\"ephemeral_1h_input_tokens\":1000},\"output_tokens\":500}"))});
    assert_ok(orx_billed_each(b->s, 0, INT64_MAX, keep_total, &f, &err), &err);
    assert_int_equal(f.total, 3700); /* C33 */
}

/* 18 places of cents are 20 of dollars; nothing is lost before the sum is rounded. */
static void cents_keep_all_their_places(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    bill_play(b, {.body = PAGE(DAY(COST("\"0.000000049999999999\"", "\"a\"") "," COST(
                      "\"0.000000050000000001\"", "\"b\"") "," COST("\"-100.5\"", "\"c\"")))});
    assert_int_equal(b->report.records, 3);
    assert_int_equal(bill_total(b, "anthropic"), INT64_C(-1004999999));
}

static void times_may_have_fractions_and_offsets(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    bill_play(
        b, {.body = PAGE("{\"starting_at\":\"2026-01-01T02:00:00+02:00\",\"ending_at\":"
                         "\"2026-01-02T00:00:00.000Z\",\"results\":[" COST("\"1\"", "null") "]}")});
    assert_contains(bill_rows(b), "cost_report 2026-01-01T00:00 2026-01-02T00:00 m-1");
    static const char *const bad[] = {
        "2026-13-01T00:00:00Z",  "2026-01-01T00",       "yesterday", "",
        "2026-01-01T00:00:00+2", "2026-01-01 25:00:00Z"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        const char *body =
            orx_arena_printf(&b->arena,
                             PAGE("{\"starting_at\":\"%s\",\"ending_at\":\"2026-01-02T00:00:00Z\","
                                  "\"results\":[]}"),
                             bad[i]);
        assert_string_equal(bill_play(b, {.body = body})->status, "unrecognised_shape");
    }
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, bill_setup, bill_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_documented_pages_are_asked_for_and_understood),
        T(token_classes_are_added),
        T(cents_keep_all_their_places),
        T(times_may_have_fractions_and_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
