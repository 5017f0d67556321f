/* One row of a bill, put together and told. */
#include "costs.h"

#define TOKENS_MAX INT64_C(1000000000000)

void costs_row(costs_job *job, const char *source, int64_t start_ns, int64_t end_ns) {
    job->row = (orxaq_cost_row){.struct_size = sizeof job->row,
                                .start_ns = start_ns,
                                .end_ns = end_ns,
                                .source = orxaq_str(source),
                                .dimensions = job->dims,
                                .input_tokens = -1,
                                .cache_read_tokens = -1,
                                .cache_write_5m_tokens = -1,
                                .cache_write_1h_tokens = -1,
                                .output_tokens = -1,
                                .audio_input_tokens = -1,
                                .audio_output_tokens = -1,
                                .total_tokens = -1,
                                .requests = -1};
}

void costs_dim_text(costs_job *job, const char *name, orxaq_view value) {
    if (job->row.dimension_count < COSTS_DIMS_MAX)
        job->dims[job->row.dimension_count++] = (orxaq_dimension){
            .struct_size = sizeof job->dims[0], .name = orxaq_str(name), .value = value};
}

void costs_dim(costs_job *job, const char *name, const orxaq_value *value) {
    const orxaq_json_service *json = job->c->json;
    int32_t kind = json->kind(value);
    if (kind == ORXAQ_VALUE_STRING)
        costs_dim_text(job, name, json->text(value, orxaq_str("")));
    else if (kind == ORXAQ_VALUE_BOOLEAN)
        costs_dim_text(job, name, orxaq_str(json->boolean(value, 0) ? "true" : "false"));
    else if (kind == ORXAQ_VALUE_INTEGER || kind == ORXAQ_VALUE_NUMBER)
        costs_dim_text(job, name, costs_decimal(job, value));
}

orxaq_view costs_decimal(costs_job *job, const orxaq_value *value) {
    const orxaq_json_service *json = job->c->json;
    int32_t kind = json->kind(value);
    orxaq_view text = {0};
    if (kind == ORXAQ_VALUE_STRING)
        return json->text(value, text);
    if (kind != ORXAQ_VALUE_INTEGER && kind != ORXAQ_VALUE_NUMBER)
        return text;
    orxaq_writer *w = json->writer(job->c->host);
    json->put_value(w, value);
    (void)json->finish(w, &text);
    return text;
}

int costs_amount(costs_job *job, const orxaq_value *value) {
    job->row.amount = costs_decimal(job, value);
    return job->row.amount.len > 0;
}

static uint64_t digits(orxaq_view v, uint64_t at) {
    uint64_t n = 0;
    while (at + n < v.len && v.data[at + n] >= '0' && v.data[at + n] <= '9')
        n++;
    return n;
}

static int is_at(orxaq_view v, uint64_t at, const char *any) {
    return at < v.len && v.data[at] && strchr(any, v.data[at]);
}

int costs_is_decimal(orxaq_view v) {
    uint64_t at = is_at(v, 0, "+-") ? 1 : 0;
    uint64_t whole = digits(v, at), part = 0;
    at += whole;
    if (is_at(v, at, ".")) {
        part = digits(v, at + 1);
        at += 1 + part;
    }
    if (whole + part == 0)
        return 0;
    if (is_at(v, at, "eE")) {
        at += is_at(v, at + 1, "+-") ? 2 : 1;
        uint64_t power = digits(v, at);
        if (power == 0)
            return 0;
        at += power;
    }
    return at == v.len;
}

void costs_tell(costs_job *job) {
    const orxaq_cost_sink *sink = job->args->sink;
    (void)sink->row(sink, &job->row);
}

void costs_reject(costs_job *job, const char *reason) {
    const orxaq_cost_sink *sink = job->args->sink;
    (void)sink->reject(sink, orxaq_str(reason));
}

int64_t costs_count(const costs_job *job, const orxaq_value *value) {
    int64_t n = job->c->json->integer(value, -1);
    return n < 0 || n > TOKENS_MAX ? -1 : n;
}
