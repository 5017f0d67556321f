/* One item as a row. A field is the first of its candidates that is there and usable; the
 * operator's own path (setting `fields`) comes before them. */
#include "generic.h"

#include "costs.h"

#include <stdlib.h>

#define TOKENS_MAX INT64_C(1000000000000)
#define PATHS_MAX  8

enum {
    PROVIDER,
    MODEL,
    START,
    END,
    INPUT,
    OUTPUT,
    CACHE,
    TOTAL,
    COST,
    CURRENCY,
    TRUTH,
    INPUT_PRICE,
    OUTPUT_PRICE,
    ID,
    FIELDS
};

static const struct {
    const char *name;
    const char *paths[PATHS_MAX];
} fields[FIELDS] = {
    [PROVIDER] = {"provider", {"provider", "provider_name", "source_provider", "vendor"}},
    [MODEL] = {"model", {"model", "model_name", "sku", "usage.model", "metadata.model"}},
    [START] = {"window_start",
               {"window_start", "start_time", "period_start", "start", "timestamp"}},
    [END] = {"window_end", {"window_end", "end_time", "period_end", "end", "timestamp"}},
    [INPUT] = {"input_tokens",
               {"input_tokens", "prompt_tokens", "tokens_input", "usage.input_tokens",
                "usage.prompt_tokens"}},
    [OUTPUT] = {"output_tokens",
                {"output_tokens", "completion_tokens", "tokens_output", "usage.output_tokens",
                 "usage.completion_tokens"}},
    [CACHE] = {"cache_tokens",
               {"cache_tokens", "cached_tokens", "usage.cache_tokens", "usage.cached_tokens",
                "usage.cache_read_input_tokens"}},
    [TOTAL] = {"total_tokens", {"total_tokens", "tokens_total", "usage.total_tokens"}},
    [COST] = {"total_cost_usd",
              {"total_cost_usd", "cost_usd", "amount_usd", "total_cost", "billing.total_cost_usd",
               "billing.cost_usd", "usage.cost_usd"}},
    [CURRENCY] = {"currency", {"currency", "billing.currency"}},
    [TRUTH] = {"source_of_truth", {"source_of_truth"}},
    [INPUT_PRICE] = {"unit_price_input_per_million",
                     {"unit_price_input_per_million", "unit_prices.input_per_million",
                      "price.input_per_million"}},
    [OUTPUT_PRICE] = {"unit_price_output_per_million",
                      {"unit_price_output_per_million", "unit_prices.output_per_million",
                       "price.output_per_million"}},
    [ID] = {"record_id", {"record_id", "id"}},
};

/* What tells two lines of one model and time apart, where the endpoint says it. */
static const struct {
    const char *name;
    const char *path;
} dimensions[] = {{"project", "project_id"}, {"workspace", "workspace_id"},
                  {"key", "api_key_id"},     {"user", "user_id"},
                  {"item", "line_item"},     {"tier", "service_tier"},
                  {"region", "region"}};

int generic_is_field(orxaq_view name) {
    for (int i = 0; i < FIELDS; i++)
        if (orxaq_view_is(name, fields[i].name))
            return 1;
    return 0;
}

/* ---- Kinds of values ------------------------------------------------------------------------- */

static orxaq_view trimmed(orxaq_view v) {
    while (v.len && strchr(" \t\r\n", v.data[0]))
        v = orxaq_view_of(v.data + 1, v.len - 1);
    while (v.len && strchr(" \t\r\n", v.data[v.len - 1]))
        v.len--;
    return v;
}

orxaq_view generic_text(const orxaq_json_service *json, const orxaq_value *value) {
    return trimmed(json->text(value, orxaq_str("")));
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

/* "NaN" and "-inf" are numbers to many, so they are no reason to look at the next candidate: the
 * host refuses them. */
static int is_no_finite(orxaq_view v) {
    static const char *const words[] = {"nan", "inf", "infinity"};
    if (is_at(v, 0, "+-"))
        v = orxaq_view_of(v.data + 1, v.len - 1);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        uint64_t n = 0;
        while (n < v.len && words[i][n] && (v.data[n] | 0x20) == words[i][n])
            n++;
        if (n == v.len && n && !words[i][n])
            return 1;
    }
    return 0;
}

static int fits_text(costs_job *job, const orxaq_value *v) {
    return generic_text(job->c->json, v).len > 0;
}

static int fits_time(costs_job *job, const orxaq_value *v) {
    int64_t ns;
    return costs_time(generic_text(job->c->json, v), &ns);
}

static orxaq_view number_of(costs_job *job, const orxaq_value *v) {
    return trimmed(costs_decimal(job, v));
}

static int fits_number(costs_job *job, const orxaq_value *v) {
    orxaq_view text = number_of(job, v);
    return costs_is_decimal(text) || is_no_finite(text);
}

/* Negative counts are 0; a number is cut to a whole one, a text must be one. */
static int64_t count_of(costs_job *job, const orxaq_value *v) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view text = generic_text(json, v);
    double n = json->number(v, -1);
    if (json->kind(v) == ORXAQ_VALUE_STRING) {
        uint64_t sign = is_at(text, 0, "+-") ? 1 : 0;
        uint64_t len = digits(text, sign);
        if (len == 0 || len > 13 || sign + len != text.len)
            return -1;
        n = strtod(text.data, NULL);
    } else if (json->kind(v) != ORXAQ_VALUE_INTEGER && json->kind(v) != ORXAQ_VALUE_NUMBER) {
        return -1;
    }
    if (n > (double)TOKENS_MAX)
        return -1;
    return n > 0 ? (int64_t)n : 0;
}

static int fits_count(costs_job *job, const orxaq_value *v) {
    return count_of(job, v) >= 0;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static const orxaq_value *find(costs_job *job, const orxaq_value *item, int field,
                               int (*fits)(costs_job *job, const orxaq_value *v)) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *own = json->get(json->get(job->c->settings, "fields"), fields[field].name);
    orxaq_view path = json->text(own, orxaq_str(""));
    const orxaq_value *v = path.len ? json->get(item, path.data) : NULL;
    if (v && fits(job, v))
        return v;
    for (int i = 0; i < PATHS_MAX && fields[field].paths[i]; i++) {
        v = json->get(item, fields[field].paths[i]);
        if (v && fits(job, v))
            return v;
    }
    return NULL;
}

static orxaq_view find_text(costs_job *job, const orxaq_value *item, int field) {
    return generic_text(job->c->json, find(job, item, field, fits_text));
}

static int64_t find_count(costs_job *job, const orxaq_value *item, int field) {
    const orxaq_value *v = find(job, item, field, fits_count);
    return v ? count_of(job, v) : -1;
}

/* What is paid is not below zero here: the predecessor's records know no credits. */
static orxaq_view find_number(costs_job *job, const orxaq_value *item, int field) {
    orxaq_view text = number_of(job, find(job, item, field, fits_number));
    return is_at(text, 0, "-") && costs_is_decimal(text) ? orxaq_str("0") : text;
}

static int find_window(costs_job *job, const orxaq_value *item, int64_t *ret_start,
                       int64_t *ret_end) {
    const orxaq_json_service *json = job->c->json;
    int64_t start = 0, end = 0;
    int has_start = costs_time(generic_text(json, find(job, item, START, fits_time)), &start);
    int has_end = costs_time(generic_text(json, find(job, item, END, fits_time)), &end);
    if (!has_start && !has_end)
        return 0;
    start = has_start ? start : end;
    end = has_end ? end : start;
    *ret_start = start < end ? start : end;
    *ret_end = start < end ? end : start;
    return 1;
}

/* ---- The row --------------------------------------------------------------------------------- */

static void add_dim(costs_job *job, const orxaq_value *item, const char *name, const char *path) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->get(item, path);
    if (json->kind(v) != ORXAQ_VALUE_STRING || generic_text(json, v).len)
        costs_dim(job, name, v);
}

static void add_dims(costs_job *job, const orxaq_value *item) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *own = json->get(job->c->settings, "dimensions");
    orxaq_view id = find_text(job, item, ID);
    if (id.len)
        costs_dim_text(job, "id", id);
    for (const orxaq_value *v = json->first(own); v; v = json->next(v))
        add_dim(job, item, json->name(v).data, json->text(v, orxaq_str("")).data);
    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++)
        if (!json->get(own, dimensions[i].name))
            add_dim(job, item, dimensions[i].name, dimensions[i].path);
}

static int64_t some(int64_t n) {
    return n > 0 ? n : 0;
}

static void add_tokens(costs_job *job, const orxaq_value *item) {
    orxaq_cost_row *row = &job->row;
    row->input_tokens = find_count(job, item, INPUT);
    row->output_tokens = find_count(job, item, OUTPUT);
    row->cache_read_tokens = find_count(job, item, CACHE);
    int64_t total = find_count(job, item, TOTAL);
    if (total != some(row->input_tokens) + some(row->output_tokens) + some(row->cache_read_tokens))
        row->total_tokens = total;
}

void generic_record(costs_job *job, const orxaq_value *item) {
    int64_t start, end;
    if (job->c->json->kind(item) != ORXAQ_VALUE_MAP) {
        costs_reject(job, "an item that is no object");
        return;
    }
    if (!find_window(job, item, &start, &end)) {
        costs_reject(job, "an item without a time (window_start, start_time, timestamp ...)");
        return;
    }
    costs_row(job, "usage", start, end);
    job->row.amount = find_number(job, item, COST);
    if (!job->row.amount.len) {
        costs_reject(job, "an item without a cost (total_cost_usd, cost_usd, amount_usd ...)");
        return;
    }
    job->row.provider = find_text(job, item, PROVIDER);
    job->row.model = find_text(job, item, MODEL);
    job->row.currency = find_text(job, item, CURRENCY);
    job->row.input_price = find_number(job, item, INPUT_PRICE);
    job->row.output_price = find_number(job, item, OUTPUT_PRICE);
    if (orxaq_view_is(find_text(job, item, TRUTH), "estimated_local_telemetry"))
        job->row.flags = ORXAQ_COST_ESTIMATED;
    add_tokens(job, item);
    add_dims(job, item);
    costs_tell(job);
}
