/* Whatever the bytes of an exported bill: records come to an end, lie within the file, and a line
 * is fine or says what is wrong with it and where. */
#include "costs.h"
#include "export.h"

#include "fuzz.h"

static void check_text(orxaq_view v) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < v.len; i++)
        sum += (unsigned char)v.data[i];
    FUZZ_CHECK(sum <= v.len * 255);
}

static void check_line(const export_reader *r) {
    export_line line = {0};
    char model[EXPORT_MODEL_MAX];
    orxaq_cost_row row = {0};
    export_line_of(r, &line);
    FUZZ_CHECK(memchr(line.problem, 0, sizeof line.problem));
    FUZZ_CHECK(*line.problem || line.has_group);
    FUZZ_CHECK(line.credit_count <= EXPORT_CREDITS_MAX);
    if (*line.problem) {
        FUZZ_CHECK(strncmp(line.problem, "line ", 5) == 0);
        return;
    }
    FUZZ_CHECK(costs_is_decimal(line.cost) && line.day_ns % COSTS_DAY_NS == 0);
    for (uint32_t i = 0; i < line.credit_count; i++)
        FUZZ_CHECK(costs_is_decimal(line.credits[i]));
    export_model(line.sku_text, model);
    FUZZ_CHECK(memchr(model, 0, sizeof model));
    export_use(&line, &row);
    FUZZ_CHECK(row.input_tokens >= 0 && row.output_tokens >= 0 && row.requests >= 0);
}

static void check_record(const export_reader *r) {
    FUZZ_CHECK(r->count <= EXPORT_FIELDS_MAX && r->text_len <= EXPORT_RECORD_MAX);
    FUZZ_CHECK(r->record.data >= r->bytes.data &&
               r->record.data + r->record.len <= r->bytes.data + r->bytes.len);
    for (uint32_t i = 0; i < r->count; i++) {
        FUZZ_CHECK(memchr(r->fields[i].name, 0, EXPORT_NAME_MAX));
        check_text(r->fields[i].text);
    }
    check_line(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    export_reader r;
    uint64_t before = 0;
    int rc;
    if (export_open(&r, orxaq_view_of((const char *)data, size)) < 0)
        return 0;
    while ((rc = export_next(&r)) != 0) {
        FUZZ_CHECK(r.at > before || r.fatal);
        before = r.at;
        FUZZ_CHECK(r.record_line <= r.line && r.line <= size + 1);
        if (rc > 0)
            check_record(&r);
        else
            FUZZ_CHECK(r.problem);
    }
    export_close(&r);
    return 0;
}
