/* records.ndjson: each row as the canonical record. */
#include "money/ingest_summary.h"

#include "base/digest.h"
#include "data/json.h"

#define TRUE_SOURCE      "authoritative_provider_api"
#define ESTIMATED_SOURCE "estimated_local_telemetry"

static double usd(int64_t nano) {
    return (double)nano / 1e9;
}

static int64_t not_stated_is_0(int64_t n) {
    return n < 0 ? 0 : n;
}

/* "2026-01-01T00:00:00+00:00"; the fraction only when there is one. */
static const char *moment(orx_arena *a, int64_t ns) {
    char text[ORX_ISO_MAX];
    int64_t micro = ns / 1000 % 1000000;
    orx_iso_time(ns, text);
    return micro ? orx_arena_printf(a, "%.19s.%06lld+00:00", text, (long long)micro)
                 : orx_arena_printf(a, "%.19s+00:00", text);
}

/* As the predecessor derived it, for those who look records up by it. */
static const char *derived_id(orx_arena *a, const orx_node *n, int64_t total, int64_t nano) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char hex[ORX_SHA256_HEX];
    orx_str_addf(&text, "%s|%s|%s|%s|%lld|", orx_node_str(orx_node_get(n, "provider"), ""),
                 orx_node_str(orx_node_get(n, "model"), ""),
                 orx_node_str(orx_node_get(n, "window_start"), ""),
                 orx_node_str(orx_node_get(n, "window_end"), ""), (long long)total);
    orx_json_double(&text, usd(nano));
    orx_str_addf(&text, "|%s", orx_node_str(orx_node_get(n, "source_of_truth"), ""));
    orx_sha256_hex(orx_str_view(&text), hex);
    return orx_arena_printf(a, "%.24s", hex);
}

static void put_prices(orx_arena *a, orx_node *n, const orx_billed *r) {
    if (r->input_price >= 0)
        orx_node_set(a, n, "unit_price_input_per_million",
                     orx_node_new_double(a, usd(r->input_price)));
    if (r->output_price >= 0)
        orx_node_set(a, n, "unit_price_output_per_million",
                     orx_node_new_double(a, usd(r->output_price)));
}

static orx_node *record_of(orx_arena *a, const orx_billed *r, int64_t nano) {
    const orx_billed_tokens *t = &r->tokens;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    const orx_node *dims = NULL;
    orx_node_set(a, n, "provider", orx_node_new_str(a, r->provider));
    orx_node_set(a, n, "model",
                 orx_node_new_str(a, r->model.len ? r->model : orx_view_of("unknown")));
    orx_node_set_str(a, n, "window_start", moment(a, r->start_ns));
    orx_node_set_str(a, n, "window_end", moment(a, r->end_ns));
    orx_node_set_str(a, n, "timestamp", moment(a, r->end_ns));
    int64_t cached = not_stated_is_0(t->cache_read) + not_stated_is_0(t->cache_write_5m) +
                     not_stated_is_0(t->cache_write_1h);
    orx_node_set_int(a, n, "input_tokens",
                     not_stated_is_0(t->input) + not_stated_is_0(t->audio_input));
    orx_node_set_int(a, n, "output_tokens",
                     not_stated_is_0(t->output) + not_stated_is_0(t->audio_output));
    orx_node_set_int(a, n, "cache_tokens", cached);
    orx_node_set_int(a, n, "total_tokens", orx_billed_total(r));
    orx_node_set(a, n, "total_cost_usd", orx_node_new_double(a, usd(nano)));
    orx_node_set_int(a, n, "cost_nano_usd", nano);
    orx_node_set_str(a, n, "currency", "USD");
    orx_node_set_str(a, n, "source_of_truth", r->estimated ? ESTIMATED_SOURCE : TRUE_SOURCE);
    orx_node_set(a, n, "source", orx_node_new_str(a, r->source));
    put_prices(a, n, r);
    if (orx_json_parse(a, "dimensions", r->dims, &orx_limits_data, &dims, NULL) >= 0)
        orx_node_set(a, n, "dimensions", orx_node_copy(a, dims));
    const char *own = orx_node_str(orx_node_get(dims, "id"), NULL);
    orx_node_set_str(a, n, "record_id", own ? own : derived_id(a, n, orx_billed_total(r), nano));
    return n;
}

static bool add_record(const orx_billed *r, void *user) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    int64_t nano = 0;
    if (r->has_amount && !orx_decimal_round(r->amount, &nano))
        return true;
    orx_json_write(user, record_of(&arena, r, nano), ORX_JSON_PY_LINE);
    orx_str_addc(user, '\n');
    return true;
}

int orx_cost_records_render(orx_store *s, void *user ORX_UNUSED, orx_str *out, orx_err *err) {
    return orx_billed_each(s, 0, INT64_MAX, add_record, out, err);
}
