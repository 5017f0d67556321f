/* OpenAI's reports: addresses, pages, amounts, tokens, and what goes wrong. */
#include "bill.h"

#include "money/amount.h"

#define PAGE(buckets)                                                                              \
    "{\"object\":\"page\",\"data\":[" buckets "],\"has_more\":false,\"next_page\":null}"
#define MORE(buckets, next)                                                                        \
    "{\"object\":\"page\",\"data\":[" buckets "],\"has_more\":true,\"next_page\":\"" next "\"}"
/* 2026-01-01 */
#define DAY(results)                                                                               \
    "{\"object\":\"bucket\",\"start_time\":1767225600,\"end_time\":1767312000,\"results\":"        \
    "[" results "]}"
/* 2026-01-02 */
#define TODAY(results)                                                                             \
    "{\"object\":\"bucket\",\"start_time\":1767312000,\"end_time\":1767398400,\"results\":"        \
    "[" results "]}"
#define COST(value, item)                                                                          \
    "{\"object\":\"organization.costs.result\",\"amount\":{\"value\":" value                       \
    ",\"currency\":\"usd\"},\"line_item\":\"" item "\",\"project_id\":\"p1\"}"

static void the_documented_pages_are_asked_for_and_understood(void **state) {
    bill *b = *state;
    bill_make(b, "");
    const orx_ingest_report *r = bill_play(
        b, {.body = PAGE(DAY(COST("0.06", "a") "," COST("\"0.06\"", "b")))},
        {.body =
             PAGE(DAY("{\"object\":\"organization.usage.completions.result\",\"input_tokens\":1000,"
                      "\"input_cached_tokens\":800,\"output_tokens\":500,\"input_audio_tokens\":0,"
                      "\"output_audio_tokens\":0,\"num_model_requests\":5,\"project_id\":\"p1\","
                      "\"user_id\":null,\"api_key_id\":null,\"model\":\"m-1\",\"batch\":false,"
                      "\"service_tier\":\"default\"}"))});
    assert_string_equal(r->status, "ok");
    assert_int_equal(r->records, 3);
    /* C31: number and text are the same amount; C34: cached tokens are inside input_tokens. */
    assert_string_equal(
        bill_rows(b),
        "openai costs 2026-01-01T00:00 2026-01-02T00:00  {\"item\":\"a\",\"project\":\"p1\"} 0.06\n"
        "openai usage/completions 2026-01-01T00:00 2026-01-02T00:00 m-1 "
        "{\"batch\":\"false\",\"project\":\"p1\",\"tier\":\"default\"} in=200 read=800 out=500 "
        "requests=5\n"
        "openai costs 2026-01-01T00:00 2026-01-02T00:00  {\"item\":\"b\",\"project\":\"p1\"} "
        "0.06\n");
    const char *sent = orx_str_cstr(&b->sent);
    assert_contains(sent,
                    "GET /v1/organization/costs?start_time=1764720000&bucket_width=1d&limit=180"
                    "&group_by=project_id&group_by=line_item\n");
    assert_contains(sent, "GET /v1/organization/usage/completions?start_time=1764720000"
                          "&bucket_width=1d&limit=31&group_by=project_id&group_by=model"
                          "&group_by=batch&group_by=service_tier\n");
    assert_contains(sent, "authorization: Bearer key-of-an-admin\n");
}

static void pages_follow_next_page_only_while_there_is_more(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    /* C30: a token without has_more is no page. */
    const orx_ingest_report *r =
        bill_play(b, {.body = MORE(DAY(COST("1", "a")), "P 1/x")},
                  {.body = "{\"data\":[" TODAY(COST("2", "a")) "],\"has_more\":false,"
                                                               "\"next_page\":\"never\"}"});
    assert_string_equal(r->status, "ok");
    assert_int_equal(r->pages, 2);
    assert_contains(orx_str_cstr(&b->sent), "&page=P%201%2Fx\n");
    assert_int_equal(bill_total(b, "openai"), INT64_C(3000000000));
}

static void narrow_buckets_take_more_pages_and_keep_their_bounds(void **state) {
    bill *b = *state;
    bill_make(b, "usage: 1h\ncosts: false");
    /* C35 */
    const orx_ingest_report *r =
        bill_play(b, {.body = MORE("", "2")}, {.body = MORE("", "3")}, {.body = MORE("", "4")},
                  {.body = MORE("", "5")}, {.body = PAGE("")});
    assert_int_equal(r->calls, 5);
    assert_contains(orx_str_cstr(&b->sent), "bucket_width=1h&limit=168&");
    assert_string_equal(r->status, "no_data");
    assert_true(r->ok);
}

static void a_bill_read_again_replaces_and_lines_that_left_it_are_gone(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    bill_play(b, {.body = PAGE(DAY(COST("5", "a") "," COST("7", "b")))});
    assert_int_equal(bill_total(b, "openai"), INT64_C(12000000000));
    /* C18 */
    bill_play(b, {.body = PAGE(DAY(COST("5.5", "a") "," COST("1", "c")))});
    assert_int_equal(bill_total(b, "openai"), INT64_C(6500000000));
    /* What is not understood takes nothing away. */
    bill_play(b, {.body = PAGE(DAY(COST("\"six\"", "a") "," COST("2", "c")))});
    assert_int_equal(bill_total(b, "openai"), INT64_C(7500000000));
    assert_string_equal(b->report.status, "partial");
    assert_int_equal(b->report.rejected, 1);
    assert_contains(b->report.errors[0], "no number");
    /* Neither does a failure. */
    bill_play(b, {.status = 400, .body = "{\"error\":{\"message\":\"limit is too large\"}}"});
    assert_string_equal(b->report.status, "failed");
    assert_contains(b->report.errors[0], "HTTP 400: limit is too large");
    assert_int_equal(bill_total(b, "openai"), INT64_C(7500000000));
}

static void amounts_are_exact_and_strange_ones_are_refused(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    bill_play(b,
              {.body = PAGE(DAY(COST("\"0.000000000500000000\"", "even") "," COST(
                   "\"0.000000001500000000\"",
                   "odd") "," COST("\"-3.25\"",
                                   "credit") "," COST("1e-05",
                                                      "small") "," COST("\"9223372033.604764807\"",
                                                                        "vast")))});
    assert_int_equal(b->report.records, 5);
    /* Rounded once: 0.5 and 1.5 nano-USD are 2 together. */
    assert_int_equal(bill_total(b, "openai"),
                     INT64_C(9223372033604764807) - INT64_C(3250000000) + 10000 + 2);
    static const char *const strange[] = {"\"NaN\"", "\"Infinity\"", "\"9223372036.854775808\"",
                                          "\"1,5\"", "\"0x10\"",     "true",
                                          "null",    "\"\""};
    for (size_t i = 0; i < ORX_ARRAY_LEN(strange); i++) {
        bill_make(b, "usage: \"off\"");
        const char *body = orx_arena_printf(
            &b->arena, PAGE(DAY("{\"amount\":{\"value\":%s},\"line_item\":\"x\"}")), strange[i]);
        const orx_ingest_report *r = bill_play(b, {.body = body});
        /* C17, C36 */
        assert_string_equal(r->status, "unrecognised_shape");
        assert_false(r->ok);
        assert_int_equal(r->rejected, 1);
    }
}

static void other_currencies_are_refused_in_words(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    const orx_ingest_report *r = bill_play(
        b,
        {.body = PAGE(DAY("{\"amount\":{\"value\":1,\"currency\":\"eur\"},\"line_item\":\"x\"}"))});
    assert_string_equal(r->status, "unrecognised_shape");
    assert_contains(r->errors[0], "eur: only USD is taken");
    assert_int_equal(bill_total(b, "openai"), 0);
}

static void a_key_that_is_not_taken_is_final(void **state) {
    bill *b = *state;
    bill_make(b, "");
    /* C37 */
    const orx_ingest_report *r = bill_play(b, {.status = 401, .body = "{}"});
    assert_string_equal(r->status, "auth_failed");
    assert_false(r->ok);
    assert_int_equal(r->calls, 1);
    r = bill_play(b, {.status = 403, .body = "<html>"});
    assert_string_equal(r->status, "auth_failed");
    b->no_key = "yes";
    r = bill_run(b, NULL, 0);
    assert_string_equal(r->status, "auth_failed");
    assert_contains(r->errors[0], "THE_ADMIN_KEY");
}

static int64_t gap(const bill *b, size_t i) {
    return (b->asked_at[i] - b->asked_at[i - 1]) / ORX_MS;
}

static void a_busy_vendor_is_asked_again_when_it_says(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    /* C37 */
    const orx_ingest_report *r =
        bill_play(b, {.status = 429, .retry_after = "3"}, {.status = 503, .retry_after = "40"},
                  {.body = PAGE(DAY(COST("1", "a")))});
    assert_string_equal(r->status, "ok");
    assert_in_range(gap(b, 1), 3000, 4000);
    assert_in_range(gap(b, 2), 40000, 41000);
    /* C26, and the back-off doubles: 2 s and 4 s, a quarter more at most. */
    r = bill_play(b, {.how = ORX_SIM_REPLY_REFUSED}, {.status = 500, .body = "no"},
                  {.how = ORX_SIM_REPLY_CUT, .body = "{\"da"});
    assert_string_equal(r->status, "failed");
    assert_in_range(gap(b, 1), 2000, 2600);
    assert_in_range(gap(b, 2), 4000, 5100);
    /* One that wants an hour gets it: the next run comes by itself. */
    r = bill_play(b, {.status = 429, .retry_after = "3600"});
    assert_string_equal(r->status, "failed");
    assert_int_equal(bill_total(b, "openai"), ORX_NANO_USD);
}

static void tries_are_counted_for_each_page(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    b->spec.retries = 1;
    const orx_ingest_report *r =
        bill_play(b, {.status = 500}, {.body = MORE(DAY(COST("1", "a")), "2")}, {.status = 500},
                  {.body = MORE("", "3")}, {.status = 500}, {.body = PAGE(TODAY(COST("1", "a")))});
    assert_string_equal(r->status, "ok");
    assert_int_equal(bill_total(b, "openai"), 2 * ORX_NANO_USD);
    assert_int_equal(r->records, 2);
}

static void a_fetch_that_was_cut_off_goes_on_where_it_was(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    b->spec.retries = 0;
    /* C23 */
    const orx_ingest_report *r = bill_play(b, {.body = MORE(DAY(COST("1", "a")), "second")},
                                           {.status = 500, .body = "boom"});
    assert_string_equal(r->status, "partial");
    assert_true(r->ok);
    /* The rest, and then the bill as it is now. */
    r = bill_play(b, {.body = PAGE(TODAY(COST("2", "a")))},
                  {.body = PAGE(DAY(COST("1", "a")) "," TODAY(COST("3", "a")))});
    assert_string_equal(r->status, "ok");
    assert_contains(orx_str_cstr(&b->sent), "&page=second\n");
    assert_int_equal(bill_total(b, "openai"), 4 * ORX_NANO_USD);
}

static void more_pages_than_are_wanted_is_a_state_of_its_own(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    b->spec.max_pages = 2;
    const orx_ingest_report *r = bill_play(b, {.body = MORE(DAY(COST("1", "a")), "2")},
                                           {.body = MORE(DAY(COST("1", "b")), "3")});
    assert_string_equal(r->status, "truncated");
    assert_false(r->ok);
    r = bill_play(b, {.body = PAGE(DAY(COST("1", "c")))},
                  {.body = PAGE(DAY(COST("1", "a") "," COST("1", "b") "," COST("1", "c")))});
    assert_string_equal(r->status, "ok");
    assert_int_equal(bill_total(b, "openai"), 3 * ORX_NANO_USD);
}

static void a_token_that_comes_again_ends_it(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    /* C24 */
    const orx_ingest_report *r = bill_play(b, {.body = MORE(DAY(COST("1", "a")), "x")},
                                           {.body = MORE("", "y")}, {.body = MORE("", "x")});
    assert_string_equal(r->errors[0], "cursor_loop_detected");
    assert_string_equal(r->status, "partial");
}

static void other_shapes_are_said_to_be_that(void **state) {
    bill *b = *state;
    static const char *const shapes[] = {
        "[]",
        "{\"items\":[]}",
        "{\"data\":{\"a\":1}}",
        "{\"data\":[{\"start_time\":1767225600,\"end_time\":1767312000,\"cost_usd\":4}]}",
        "{\"data\":[7]}",
        "{\"data\":[" DAY("3") "]}",
        "{\"data\":[{\"start_time\":\"2026-01-01\",\"end_time\":5,\"results\":[]}]}",
        "{\"data\":[],\"has_more\":true}",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(shapes); i++) {
        bill_make(b, "usage: \"off\"");
        const orx_ingest_report *r = bill_play(b, {.body = shapes[i]});
        assert_string_equal(r->status, "unrecognised_shape");
        assert_false(r->ok);
    }
    /* C21 */
    assert_string_equal(bill_play(b, {.body = "{\"data\":[]}"})->status, "no_data");
    assert_true(b->report.ok);
    b->spec.retries = 0;
    assert_string_equal(bill_play(b, {.body = "<html>"})->status, "failed");
    assert_contains(b->report.errors[0], "no JSON");
}

static void a_page_that_is_too_large_is_asked_for_in_halves(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    const orx_ingest_report *r =
        bill_play(b, {.body = PAGE(DAY(COST("1", "a"))), .padding = (size_t)50 << 20},
                  {.body = PAGE(DAY(COST("1", "a"))), .padding = (size_t)17 << 20},
                  {.body = MORE(DAY(COST("1", "a")), "2"), .padding = (size_t)8 << 20},
                  {.body = PAGE(TODAY(COST("1", "a")))});
    assert_string_equal(r->status, "ok");
    const char *sent = orx_str_cstr(&b->sent);
    assert_contains(sent, "limit=180&");
    assert_contains(sent, "limit=90&");
    assert_contains(sent, "limit=45&");
    assert_int_equal(bill_total(b, "openai"), 2 * ORX_NANO_USD);
    b->spec.page_items = 1;
    r = bill_play(b, {.body = PAGE(""), .padding = (size_t)17 << 20});
    assert_string_equal(r->status, "truncated");
}

static void a_slow_body_is_waited_for_but_not_for_ever(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    b->spec.retries = 0;
    const orx_ingest_report *r =
        bill_play(b, {.body = PAGE(DAY(COST("1", "a"))), .wait_ns = 15 * ORX_SEC});
    assert_string_equal(r->status, "ok");
    r = bill_play(b, {.body = PAGE(DAY(COST("9", "a"))), .wait_ns = 25 * ORX_SEC});
    assert_string_equal(r->status, "failed");
    r = bill_play(b, {.how = ORX_SIM_REPLY_STALL});
    assert_string_equal(r->status, "failed");
    assert_int_equal(bill_total(b, "openai"), ORX_NANO_USD);
}

static void the_key_goes_nowhere_else(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    const orx_ingest_report *r = bill_play(b, {.status = 302, .body = ""});
    assert_string_equal(r->status, "failed");
    assert_contains(r->errors[0], "points elsewhere");
    assert_string_equal(r->endpoint, "http://127.0.0.1:1234/v1");
    b->base = "http://bills.example.test/v1";
    bill_make(b, "usage: \"off\"");
    r = bill_run(b, NULL, 0);
    assert_string_equal(r->status, "failed");
    assert_contains(bill_refused(b, "base_url: ftp://x"), "base_url must begin with https://");
}

static void every_page_and_its_end_is_in_the_journal(void **state) {
    bill *b = *state;
    bill_make(b, "usage: \"off\"");
    bill_play(b, {.body = MORE(DAY(COST("1", "a")), "2")}, {.body = PAGE("")});
    orx_sql *q;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_sql_get(b->s, "SELECT group_concat(kind, ' ') FROM event", &q, &err), &err);
    assert_int_equal(orx_sql_step(q, &err), 1);
    assert_string_equal(orx_arena_dup(&b->arena, orx_sql_col_text(q, 0)),
                        "bill.begun bill.page bill.page bill.fetched");
    orx_sql_reset(q);
    assert_ok(orx_event_verify(b->s, NULL, &err), &err);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, bill_setup, bill_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_documented_pages_are_asked_for_and_understood),
        T(pages_follow_next_page_only_while_there_is_more),
        T(narrow_buckets_take_more_pages_and_keep_their_bounds),
        T(a_bill_read_again_replaces_and_lines_that_left_it_are_gone),
        T(amounts_are_exact_and_strange_ones_are_refused),
        T(other_currencies_are_refused_in_words),
        T(a_key_that_is_not_taken_is_final),
        T(a_busy_vendor_is_asked_again_when_it_says),
        T(tries_are_counted_for_each_page),
        T(a_fetch_that_was_cut_off_goes_on_where_it_was),
        T(more_pages_than_are_wanted_is_a_state_of_its_own),
        T(a_token_that_comes_again_ends_it),
        T(other_shapes_are_said_to_be_that),
        T(a_page_that_is_too_large_is_asked_for_in_halves),
        T(a_slow_body_is_waited_for_but_not_for_ever),
        T(the_key_goes_nowhere_else),
        T(every_page_and_its_end_is_in_the_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
