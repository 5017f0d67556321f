/* Files of the billing export: what they come to, and what is said of those that are none. */
#include "bill.h"

#include "export.h"

#define HEAD                                                                                       \
    "usage_start_time,service.description,sku.id,sku.description,project.id,cost,currency,"        \
    "credits_amount,cost_type,usage.amount,usage.unit\n"
#define ROW(day, sku, cost, credit)                                                                \
    "2026-01-0" day " 03:00:00 UTC,Gemini API," sku ",Gemini 2.5 Flash text input,p1," cost        \
    ",USD," credit ",regular,1000,count\n"
#define GROUP "{\"item\":\"S1\",\"project\":\"p1\",\"service\":\"Gemini API\"}"

static const orx_ingest_report *read_files(bill *b, const char *settings, const char *const *texts,
                                           size_t count) {
    static const char *const names[] = {"a.csv", "b.csv", "c.csv"};
    orxaq_cost_file *files = orx_arena_zalloc(&b->arena, count, sizeof *files);
    for (size_t i = 0; i < count; i++)
        files[i] = (orxaq_cost_file){.struct_size = sizeof *files,
                                     .name = orxaq_str(names[i]),
                                     .bytes = orxaq_str(texts[i])};
    b->spec.files = files;
    b->spec.file_count = (uint32_t)count;
    bill_make_plain(b, settings);
    return bill_run(b, NULL, 0);
}

#define READ(b, settings, ...)                                                                     \
    read_files((b), (settings), (const char *const[]){__VA_ARGS__},                                \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void lines_are_added_up_by_day_and_sku(void **state) {
    bill *b = *state;
    /* C38: what was paid is the cost and its credits. */
    const orx_ingest_report *r =
        READ(b, "",
             HEAD ROW("1", "S1", "2", "-0.5") ROW("1", "S1", "0.000000000000000001", "")
                 ROW("1", "S2", "1e-05", "0") ROW("2", "S1", "4", "[]"));
    assert_string_equal(r->status, "ok");
    const char *rows = bill_rows(b);
    assert_contains(rows, "gemini export 2026-01-01T00:00 2026-01-02T00:00 gemini-2.5-flash " GROUP
                          " 1.5 in=2000\n");
    assert_contains(rows,
                    "2026-01-02T00:00 2026-01-03T00:00 gemini-2.5-flash " GROUP " 4 in=1000\n");
    assert_int_equal(bill_total(b, "gemini"), INT64_C(5500010000));
    assert_contains(r->endpoint, "1 file, sha256 ");
}

static void json_is_read_in_lines_and_in_lists(void **state) {
    static const char line[] =
        "{\"usage_start_time\":\"2026-01-01T03:00:00Z\",\"service\":{\"id\":\"x\",\"description\":"
        "\"Vertex \\u0041I\"},\"sku\":{\"id\":\"S1\"},\"project\":{\"id\":\"p1\",\"labels\":[{"
        "\"key\":\"cost\",\"value\":\"9\"}]},\"cost\":2,\"currency\":\"USD\",\"credits\":[{"
        "\"name\":\"n\",\"amount\":-0.5},{\"amount\":\"-0.25\"}],\"usage\":{\"amount\":null}}";
    bill *b = *state;
    READ(b, "", line);
    assert_string_equal(b->report.status, "ok");
    assert_contains(bill_rows(b), "{\"item\":\"S1\",\"project\":\"p1\",\"service\":\"Vertex AI\"}"
                                  " 1.25\n");
    READ(b, "", orx_arena_printf(&b->arena, "\n%s\n%s\n", line, line));
    assert_int_equal(bill_total(b, "gemini"), INT64_C(2500000000));
    READ(b, "", orx_arena_printf(&b->arena, "\n[%s,\n%s,%s]\n", line, line, line));
    assert_int_equal(bill_total(b, "gemini"), INT64_C(3750000000));
}

static void a_later_export_takes_the_place_of_the_earlier(void **state) {
    bill *b = *state;
    READ(b, "", HEAD ROW("1", "S1", "2", "") ROW("2", "S1", "3", ""));
    /* Late lines, and a correction of what was billed. */
    const char *later =
        HEAD ROW("1", "S1", "2", "") ROW("1", "S1", "-0.5", "") ROW("1", "S3", "7", "");
    READ(b, "", later);
    assert_int_equal(bill_total(b, "gemini"), INT64_C(11500000000));
    READ(b, "", later);
    assert_int_equal(bill_total(b, "gemini"), INT64_C(11500000000));
}

static void files_that_overlap_count_once(void **state) {
    bill *b = *state;
    const char *one = HEAD ROW("1", "S1", "1", "") ROW("1", "S1", "1", "") ROW("1", "S1", "2", "");
    const char *two = HEAD ROW("1", "S1", "2", "") ROW("1", "S1", "4", "");
    READ(b, "", one, two);
    assert_int_equal(bill_total(b, "gemini"), INT64_C(8000000000));
    READ(b, "", two, one, one);
    assert_int_equal(bill_total(b, "gemini"), INT64_C(8000000000));
}

static void amounts_that_are_none_are_named_by_place(void **state) {
    static const struct {
        const char *row;
        const char *says;
    } all[] = {
        {ROW("1", "S1", "1.2.3", ""), "a.csv: line 3, column cost: \"1.2.3\" is no amount"},
        {ROW("1", "S1", "", ""), "a.csv: line 3, column cost: \"\" is no amount"},
        {ROW("1", "S1", "NaN", ""), "column cost: \"NaN\" is no amount"},
        {ROW("1", "S1", "1", "half"), "a.csv: line 3, column credits_amount: \"half\""},
        {"2026-01-01,s,S1,x,p1,1,EUR,,,,\n", "column currency: \"EUR\" is not USD"},
    };
    bill *b = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++) {
        READ(b, "",
             orx_arena_printf(&b->arena, "%s%s%s", HEAD, ROW("2", "S1", "3", ""), all[i].row));
        assert_string_equal(b->report.status, "partial");
        assert_contains(b->report.errors[0], all[i].says);
        assert_int_equal(bill_total(b, "gemini"), INT64_C(3000000000));
    }
}

static void a_group_that_is_not_understood_stays_as_it_was(void **state) {
    bill *b = *state;
    READ(b, "", HEAD ROW("1", "S1", "2", "") ROW("1", "S1", "3", "") ROW("1", "S2", "1", ""));
    READ(b, "", HEAD ROW("1", "S1", "2", "") ROW("1", "S1", "x", "") ROW("1", "S2", "10", ""));
    assert_int_equal(b->report.rejected, 1);
    assert_int_equal(bill_total(b, "gemini"), INT64_C(15000000000));
}

static void a_line_of_an_unknown_group_stops_it_all(void **state) {
    static const struct {
        const char *text;
        const char *says;
    } all[] = {
        {HEAD ROW("1", "S1", "9", "") "yesterday,a,b,c,d,1,USD,,,,\n",
         "a.csv: line 3, column usage_start_time: \"yesterday\" is no time"},
        {HEAD ROW("1", "S1", "9", "") "2026-01-01,too,short\n",
         "a.csv: line 3: not as many values as the first line has names"},
        {HEAD ROW("1", "S1", "9", "") "\"2026\n\n", "a.csv: line 3: a quote that is never closed"},
        {"date,cost,currency\n2026-01-01,1,USD\n", "there is no column usage_start_time"},
        {"{\"cost\":1}\n{\"cost\":", "a.csv: line 2: this is no JSON"},
        {"{\"cost\":1,\"currency\":\"USD\"}", "usage_start_time: \"\" is no time"},
        {"[1]", "this is no JSON"},
    };
    bill *b = *state;
    READ(b, "", HEAD ROW("1", "S1", "2", ""));
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++) {
        READ(b, "", all[i].text);
        assert_string_equal(b->report.status, "unrecognised_shape");
        bool said = false;
        for (size_t n = 0; b->report.errors[n]; n++)
            said = said || strstr(b->report.errors[n], all[i].says);
        if (!said)
            fail_msg("%s said %s", all[i].text, b->report.errors[0]);
        assert_int_equal(bill_total(b, "gemini"), INT64_C(2000000000));
    }
    assert_string_equal(READ(b, "", "")->status, "no_data");
    assert_string_equal(READ(b, "", HEAD)->status, "no_data");
}

static void csv_may_be_quoted_and_of_any_origin(void **state) {
    bill *b = *state;
    READ(b, "",
         "\xEF\xBB\xBF"
         "Cost,USAGE_START_TIME,\"sku.description\",currency\r\n"
         "1,2026-01-01,\"a \"\"b\"\",\nc\",usd\r\n\r\n2,2026-01-01,plain,USD");
    assert_string_equal(b->report.status, "ok");
    assert_contains(bill_rows(b), "{\"item\":\"a \\\"b\\\",\\nc\"} 1\n");
    assert_contains(bill_rows(b), "{\"item\":\"plain\"} 2\n");
}

static void services_can_be_chosen(void **state) {
    bill *b = *state;
    const char *text = HEAD ROW("1", "S1", "2", "") "2026-01-01,Compute Engine,C,x,p,40,USD,,,,\n"
                                                    "2026-01-01,Compute Engine,C,x,p,x,USD,,,,\n";
    READ(b, "services: [Gemini API]", text);
    assert_string_equal(b->report.status, "ok");
    assert_int_equal(bill_total(b, "gemini"), INT64_C(2000000000));
    READ(b, "services: [Gemini Api]", text);
    assert_string_equal(b->report.status, "unrecognised_shape");
    assert_contains(b->report.errors[0], "the setting services");
}

static void types_of_cost_are_lines_of_their_own(void **state) {
    bill *b = *state;
    READ(b, "",
         "usage_start_time,sku_id,cost,currency,cost_type\n2026-01-01,S1,2,USD,regular\n"
         "2026-01-01,S1,0.38,USD,tax\n2026-01-01,S1,-0.01,USD,rounding_error\n");
    assert_contains(bill_rows(b), "{\"item\":\"S1\"} 2\n");
    assert_contains(bill_rows(b), "{\"item\":\"S1\",\"type\":\"tax\"} 0.38\n");
    assert_contains(bill_rows(b), "{\"item\":\"S1\",\"type\":\"rounding_error\"} -0.01\n");
}

static void a_reading_that_was_cut_off_adds_nothing_twice(void **state) {
    bill *b = *state;
    const char *text =
        HEAD ROW("1", "S1", "1", "") ROW("1", "S1", "20", "") ROW("1", "S1", "300", "");
    b->spec.page_items = 1;
    READ(b, "", text);
    assert_int_equal(b->report.pages, 4);
    /* Cut off behind the first page, and gone on with. */
    b->spec.max_pages = 1;
    assert_string_equal(READ(b, "", text)->status, "truncated");
    assert_int_equal(bill_total(b, "gemini"), INT64_C(1000000000));
    assert_string_equal(READ(b, "", text)->status, "truncated");
    assert_int_equal(bill_total(b, "gemini"), INT64_C(21000000000));
    b->spec.max_pages = 20;
    assert_string_equal(READ(b, "", text)->status, "ok");
    assert_int_equal(bill_total(b, "gemini"), INT64_C(321000000000));
    /* With another file it is begun anew. */
    b->spec.max_pages = 1;
    assert_string_equal(READ(b, "", text)->status, "truncated");
    b->spec.max_pages = 20;
    READ(b, "", HEAD ROW("1", "S1", "5", ""));
    assert_int_equal(bill_total(b, "gemini"), INT64_C(5000000000));
}

static void what_is_said_of_use(void **state) {
    static const struct {
        const char *sku;
        const char *model;
        const char *unit;
        const char *amount;
        const char *row;
    } all[] = {
        {"Generate content output token count gemini 2.5 flash lite", "gemini-2.5-flash-lite",
         "count", "12", "out"},
        {"Gemini 3 Pro Thinking Text Output - Predictions", "gemini-3-pro", "tokens", "1.2e1",
         "out"},
        {"Gemini 2.5 Pro GA Input Text Caching", "gemini-2.5-pro", "count", "12.0", "read"},
        {"Gemini 2.5 Flash audio input", "gemini-2.5-flash", "count", "12", "audio"},
        {"Gemini 2.5 Pro cached text storage", "gemini-2.5-pro", "count", "12", ""},
        {"Gemini 1.5 Flash Text Input - characters", "gemini-1.5-flash", "count", "12", ""},
        {"Claude 3.5 Sonnet v2 - Input", "claude-3.5-sonnet", "count", "many", ""},
        {"Grounding with search", "", "requests", "12", "requests"},
        {"Cloud Storage", "", "byte-seconds", "12", ""},
        {"", "", "count", "-12", ""},
    };
    (void)state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++) {
        char model[EXPORT_MODEL_MAX];
        const export_line line = {.sku_text = orxaq_str(all[i].sku),
                                  .amount = orxaq_str(all[i].amount),
                                  .unit = orxaq_str(all[i].unit)};
        orxaq_cost_row row = {0};
        export_model(line.sku_text, model);
        assert_string_equal(model, all[i].model);
        export_use(&line, &row);
        const char *set = row.output_tokens == 12        ? "out"
                          : row.cache_read_tokens == 12  ? "read"
                          : row.audio_input_tokens == 12 ? "audio"
                          : row.requests == 12           ? "requests"
                                                         : "";
        assert_string_equal(set, all[i].row);
    }
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, bill_setup, bill_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(lines_are_added_up_by_day_and_sku),
        T(json_is_read_in_lines_and_in_lists),
        T(a_later_export_takes_the_place_of_the_earlier),
        T(files_that_overlap_count_once),
        T(amounts_that_are_none_are_named_by_place),
        T(a_group_that_is_not_understood_stays_as_it_was),
        T(a_line_of_an_unknown_group_stops_it_all),
        T(csv_may_be_quoted_and_of_any_origin),
        T(services_can_be_chosen),
        T(types_of_cost_are_lines_of_their_own),
        T(a_reading_that_was_cut_off_adds_nothing_twice),
        T(what_is_said_of_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
