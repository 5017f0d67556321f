/* The reader of plain records: the predecessor's requests, pages and names of members. */
#include "bill.h"

#include "money/ingest_summary.h"

#define TIME           "\"timestamp\":\"2026-01-01T00:00:00Z\""
#define LINE(id, cost) "{\"id\":\"" id "\"," TIME ",\"cost_usd\":" cost "}"

static const char *records(bill *b) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_cost_records_render(b->s, NULL, &out, &err), &err);
    return orx_arena_strdup(&b->arena, orx_str_cstr(&out));
}

/* One item, read as the whole bill. */
static const orx_ingest_report *item(bill *b, const char *text) {
    bill_make(b, "");
    return bill_play(b, {.body = orx_arena_printf(&b->arena, "{\"data\":[%s]}", text)});
}

static void the_shapes_of_before_are_understood(void **state) {
    bill *b = *state;
    b->spec.window_ns = (int64_t)3 * 24 * 3600 * ORX_SEC;
    bill_make(b, "provider: openai");
    /* C1 */
    bill_play(b,
              {.body = "{\"data\":[{\"provider\":\"openai\",\"model\":\"gpt-4.1-mini\","
                       "\"start_time\":\"2026-02-09T10:00:00+00:00\",\"end_time\":"
                       "\"2026-02-09T10:05:00+00:00\",\"input_tokens\":1200,\"output_tokens\":320,"
                       "\"cost_usd\":0.0612}],\"next_cursor\":\"\"}"});
    assert_contains(records(b), "3118d3f6f949479440f6b16a");
    assert_contains(records(b), "\"total_tokens\": 1520");
    assert_contains(records(b), "\"currency\": \"USD\"");
    /* C2 */
    bill_make(b, "provider: anthropic");
    bill_play(b, {.body = "{\"data\":[{\"model\":\"claude-3-7-sonnet-latest\",\"period_start\":"
                          "\"2026-02-09T11:00:00+00:00\",\"period_end\":"
                          "\"2026-02-09T11:10:00+00:00\",\"usage\":{\"input_tokens\":950,"
                          "\"output_tokens\":410},\"billing\":{\"cost_usd\":0.0845,\"currency\":"
                          "\"USD\"}}],\"pagination\":{\"next_cursor\":\"\"}}"});
    assert_contains(records(b), "6bec2099ece909a1362e5ab7");
    assert_contains(records(b), "\"total_tokens\": 1360");
    /* C3 */
    bill_make(b, "provider: gemini");
    bill_play(b, {.body = "{\"usage\":[{\"model_name\":\"gemini-2.5-flash\",\"start\":"
                          "\"2026-02-09T12:00:00+00:00\",\"end\":\"2026-02-09T12:12:00+00:00\","
                          "\"usage\":{\"prompt_tokens\":1800,\"completion_tokens\":500},"
                          "\"billing\":{\"total_cost_usd\":0.0721,\"currency\":\"USD\"}}],"
                          "\"next_page\":\"\"}"});
    assert_contains(records(b), "03d20d31ea041e35e2910e88");
    assert_contains(records(b), "\"total_tokens\": 2300");
    assert_string_equal(b->report.provider, "gemini");
    assert_int_equal(bill_total(b, "gemini"), INT64_C(72100000));
}

static void tokens_come_from_the_first_usable_name(void **state) {
    bill *b = *state;
    /* C4 */
    item(b, "{\"id\":\"4\"," TIME ",\"cost_usd\":1,\"prompt_tokens\":1200,"
            "\"completion_tokens\":300}");
    assert_contains(bill_rows(b), "{\"id\":\"4\"} 1 in=1200 out=300\n");
    /* C11, C12; a stated total counts where it is another. */
    item(b, "{\"id\":\"11\"," TIME ",\"cost_usd\":1,\"input_tokens\":\"12.5\",\"prompt_tokens\":7,"
            "\"tokens_output\":\"3\",\"total_tokens\":11}");
    assert_contains(bill_rows(b), "{\"id\":\"11\"} 1 in=7 out=3 total=11\n");
    item(b, "{\"id\":\"12\"," TIME ",\"cost_usd\":1,\"usage\":{\"cache_read_input_tokens\":85,"
            "\"input_tokens\":10.9,\"output_tokens\":5},\"total_tokens\":100}");
    assert_contains(bill_rows(b), "{\"id\":\"12\"} 1 in=10 read=85 out=5\n");
    assert_contains(records(b), "\"total_tokens\": 100");
    item(b, "{\"id\":\"no\"," TIME ",\"cost_usd\":1,\"input_tokens\":\"many\",\"output_tokens\":"
            "true,\"cache_tokens\":1e300}");
    assert_contains(bill_rows(b), "{\"id\":\"no\"} 1\n");
}

static void times_may_be_reversed_single_and_of_any_zone(void **state) {
    bill *b = *state;
    /* C5 */
    item(b, "{\"start\":\"2026-01-02T00:00:00Z\",\"end\":\"2026-01-01T00:00:00Z\",\"cost_usd\":1}");
    assert_contains(bill_rows(b), "2026-01-01T00:00 2026-01-02T00:00");
    /* C9, C14 */
    item(b, "{\"timestamp\":\"2026-01-01T00:00:00\",\"cost_usd\":\"0.5\",\"currency\":\"usd\"}");
    assert_contains(bill_rows(b), "2026-01-01T00:00 2026-01-01T00:00  {} 0.5");
    item(b, "{\"end\":\"2026-01-01T02:00:00+02:00\",\"cost_usd\":1}");
    assert_contains(records(b), "\"window_end\": \"2026-01-01T00:00:00+00:00\"");
    /* C8, C15 */
    assert_string_equal(item(b, "{\"cost_usd\":1}")->status, "unrecognised_shape");
    assert_contains(b->report.errors[0], "without a time");
    assert_string_equal(item(b, "{\"timestamp\":1767225600,\"cost_usd\":1}")->status,
                        "unrecognised_shape");
}

static void costs_are_exact_or_refused(void **state) {
    bill *b = *state;
    /* C6: what the predecessor's records never had below zero. */
    item(b, "{" TIME ",\"cost_usd\":-5,\"input_tokens\":-3}");
    assert_contains(bill_rows(b), " 0 in=0\n");
    /* C7 */
    item(b, "{" TIME ",\"cost_usd\":\"free\"}");
    assert_contains(b->report.errors[0], "without a cost");
    /* C10 */
    item(b, "{" TIME ",\"cost_usd\":9,\"total_cost_usd\":0}");
    assert_int_equal(bill_total(b, "generic"), 0);
    item(b, "{" TIME ",\"cost_usd\":\" 1e-05 \",\"total_cost_usd\":\"none\"}");
    assert_int_equal(bill_total(b, "generic"), 10000);
    /* C17 */
    static const char *const strange[] = {"\"NaN\"", "\"-Infinity\"", "\"inf\"", "1e300"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(strange); i++) {
        item(b, orx_arena_printf(&b->arena, "{" TIME ",\"cost_usd\":%s}", strange[i]));
        assert_string_equal(b->report.status, "unrecognised_shape");
        assert_contains(b->report.errors[0], "no number");
    }
    /* C9: another currency is told, and not taken for USD. */
    item(b, "{" TIME ",\"cost_usd\":1,\"billing\":{\"currency\":\"eur\"}}");
    assert_contains(b->report.errors[0], "eur: only USD is taken");
    assert_int_equal(bill_total(b, "generic"), 10000);
}

static void an_id_is_the_identity(void **state) {
    bill *b = *state;
    bill_make(b, "");
    /* C16 */
    bill_play(b, {.body = "[" LINE("same", "1") "," LINE("same", "1") "," LINE("third", "2") "]"});
    assert_int_equal(bill_total(b, "generic"), INT64_C(3000000000));
    /* C13 */
    assert_contains(records(b), "\"record_id\": \"same\"");
    /* A line that left the bill is gone, also one that names its provider. */
    bill_play(b, {.body = "[" LINE("same", "1") ",{\"vendor\":\"acme\"," TIME ",\"cost\":1,"
                                                "\"cost_usd\":7}]"});
    assert_int_equal(bill_total(b, "generic"), INT64_C(1000000000));
    assert_int_equal(bill_total(b, "acme"), INT64_C(7000000000));
    /* C18 */
    bill_play(b, {.body = "[" LINE("same", "1.5") "]"});
    assert_int_equal(bill_total(b, "generic"), INT64_C(1500000000));
    assert_int_equal(bill_total(b, "acme"), 0);
}

static void names_of_ones_own_come_first(void **state) {
    bill *b = *state;
    bill_make(b, "items: [report.lines]\n"
                 "next: [report.more]\n"
                 "fields: {model: engine, total_cost_usd: price.usd, window_end: at}\n"
                 "dimensions: {team: owner.team, project: p}\n");
    bill_play(b,
              {.body = "{\"data\":[1],\"report\":{\"more\":17,\"lines\":[{\"engine\":\"e-1\","
                       "\"at\":\"2026-01-01\",\"model\":\"other\",\"cost_usd\":9,\"price\":"
                       "{\"usd\":2},\"owner\":{\"team\":\"t\"},\"p\":5}]}}"},
              {.body = "[]"});
    assert_string_equal(b->report.status, "ok");
    assert_contains(bill_rows(b), "e-1 {\"project\":\"5\",\"team\":\"t\"} 2\n");
    assert_contains(orx_str_cstr(&b->sent), "&cursor=17\n");
    assert_contains(bill_refused(b, "base_url: http://127.0.0.1/x\nfields: {modell: x}"),
                    "no field");
    bill_make_plain(b, "");
    assert_string_equal(bill_run(b, NULL, 0)->status, "failed");
    assert_contains(b->report.errors[0], "base_url is missing");
}

static void requests_are_those_of_before(void **state) {
    bill *b = *state;
    b->spec.page_items = 50;
    /* C19, C20; the key is in a header and in no address. */
    b->base = "http://127.0.0.1:1234/usage?x=1&group_by[]=a&group_by[]=b";
    bill_make(b, "auth: query-key");
    bill_play(b, {.body = "{\"data\":[],\"meta\":{\"next_cursor\":\"a b\"}}"}, {.body = "[]"});
    const char *sent = orx_str_cstr(&b->sent);
    assert_contains(sent, "GET /usage?x=1&group_by[]=a&group_by[]=b&start_time=1764720000"
                          "&end_time=1767355200&limit=50\n");
    assert_contains(sent, "&limit=50&cursor=a%20b\n");
    assert_contains(sent, "x-goog-api-key: key-of-an-admin\n");
    assert_null(strstr(sent, "key=key"));
    b->base = "http://127.0.0.1:1234/usage?start_time=9&key=zz&cursor=first";
    bill_make(b, "auth: x-api-key");
    bill_play(b, {.body = "{\"data\":[],\"paging\":{\"next\":\"second\"}}"}, {.body = "[]"});
    sent = orx_str_cstr(&b->sent);
    assert_contains(sent, "GET /usage?start_time=9&key=zz&cursor=first&end_time=1767355200&");
    assert_contains(sent, "GET /usage?start_time=9&key=zz&end_time=1767355200&limit=50"
                          "&cursor=second\n");
    assert_contains(sent, "anthropic-version: 2023-06-01\nx-api-key: key-of-an-admin\n");
    assert_string_equal(b->report.endpoint, "http://127.0.0.1:1234/usage");
    b->base = "http://127.0.0.1:1234/usage";
    bill_make(b, "");
    bill_play(b, {.body = "[]"});
    assert_contains(orx_str_cstr(&b->sent), "authorization: Bearer key-of-an-admin\n");
}

static void pages_end_as_they_do_elsewhere(void **state) {
    bill *b = *state;
    bill_make(b, "");
    b->spec.retries = 0;
    /* C21, C22 */
    assert_string_equal(bill_play(b, {.body = "{\"data\":[]}"})->status, "no_data");
    assert_true(b->report.ok);
    assert_int_equal(b->report.pages, 1);
    assert_string_equal(bill_play(b, {.how = ORX_SIM_REPLY_REFUSED})->status, "failed");
    assert_false(b->report.ok);
    assert_int_equal(b->report.pages, 0);
    /* C24 */
    bill_play(b, {.body = "{\"data\":[" LINE("a", "1") "],\"cursor\":\"x\"}"},
              {.body = "{\"data\":[],\"cursor\":\"x\"}"});
    assert_string_equal(b->report.errors[0], "cursor_loop_detected");
    /* C37 */
    bill_make(b, "provider: other");
    assert_string_equal(bill_play(b, {.status = 401, .body = "{}"})->status, "auth_failed");
    b->spec.max_pages = 1;
    bill_play(b, {.body = "{\"data\":[" LINE("a", "1") "],\"cursor\":\"y\"}"});
    assert_string_equal(b->report.status, "truncated");
}

static void lists_are_found_and_other_shapes_told(void **state) {
    bill *b = *state;
    bill_make(b, "");
    /* C27 */
    bill_play(b, {.body = "[" LINE("a", "1") ",\"x\"]"});
    assert_int_equal(b->report.records, 1);
    assert_contains(b->report.errors[0], "no object");
    bill_play(b, {.body = "{\"data\":{},\"billing\":{\"items\":[" LINE("b", "2") "]}}"});
    assert_string_equal(b->report.status, "ok");
    /* C36 */
    static const char *const shapes[] = {"{}", "{\"data\":{\"a\":1}}", "3",
                                         "{\"data\":[{\"amount\":{\"value\":3}}]}"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(shapes); i++) {
        assert_string_equal(bill_play(b, {.body = shapes[i]})->status, "unrecognised_shape");
        assert_false(b->report.ok);
    }
    assert_int_equal(bill_total(b, "generic"), INT64_C(2000000000));
}

static void a_fetch_of_another_address_is_begun_anew(void **state) {
    bill *b = *state;
    bill_make(b, "");
    b->spec.retries = 0;
    bill_play(b, {.body = "{\"data\":[" LINE("a", "1") "],\"cursor\":\"here\"}"}, {.status = 500});
    b->base = "http://127.0.0.1:1234/v2";
    bill_make(b, "");
    bill_play(b, {.body = "{\"data\":[" LINE("b", "2") "]}"});
    assert_null(strstr(orx_str_cstr(&b->sent), "cursor="));
    assert_int_equal(bill_total(b, "generic"), INT64_C(2000000000));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, bill_setup, bill_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_shapes_of_before_are_understood),
        T(tokens_come_from_the_first_usable_name),
        T(times_may_be_reversed_single_and_of_any_zone),
        T(costs_are_exact_or_refused),
        T(an_id_is_the_identity),
        T(names_of_ones_own_come_first),
        T(requests_are_those_of_before),
        T(pages_end_as_they_do_elsewhere),
        T(lists_are_found_and_other_shapes_told),
        T(a_fetch_of_another_address_is_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
