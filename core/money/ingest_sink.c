/* Rows from the driver: checked, kept until the page ends, written with its checkpoint. */
#include "money/ingest_fetch.h"

#include "data/json.h"
#include "plugin/view.h"

#define DIMS_MAX   32
#define NAME_MAX   64
#define VALUE_MAX  1024
#define MODEL_MAX  512
#define SOURCE_MAX 128
#define REASON_MAX 200
#define TOKENS_MAX INT64_C(1000000000000)
#define LAST_NS    INT64_C(7258118400000000000) /* the year 2200 */

static orx_ingest_fetch *fetch_of(const orxaq_cost_sink *sink) {
    return (orx_ingest_fetch *)sink;
}

/* ---- Items that are not taken ---------------------------------------------------------------- */

static void keep_reason(orx_ingest_fetch *f, const char *reason) {
    for (size_t i = 0; i < f->reason_count; i++)
        if (strcmp(f->reasons[i], reason) == 0)
            return;
    if (f->reason_count < ORX_INGEST_REASONS)
        f->reasons[f->reason_count++] = orx_arena_strdup(&f->arena, reason);
}

static int32_t refuse(orx_ingest_fetch *f, const char *reason) {
    f->state.seen++;
    f->state.rejected++;
    keep_reason(f, reason);
    return ORXAQ_E_INVALID;
}

static int32_t on_reject(const orxaq_cost_sink *sink, orxaq_view reason) {
    orx_ingest_fetch *f = fetch_of(sink);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    size_t len = reason.len < REASON_MAX ? (size_t)reason.len : REASON_MAX;
    orx_str_add_utf8(&text, orx_view_mem(reason.data, len));
    (void)refuse(f, text.len ? orx_str_cstr(&text) : "an item that the plugin did not understand");
    return ORXAQ_OK;
}

/* ---- A row ----------------------------------------------------------------------------------- */

static bool is_text(orxaq_view v, size_t max) {
    return v.len <= max && (v.data || v.len == 0) && orx_view_is_utf8(orx_view_in(v));
}

static bool tokens_ok(const orxaq_cost_row *r) {
    const int64_t all[] = {r->input_tokens,          r->cache_read_tokens, r->cache_write_5m_tokens,
                           r->cache_write_1h_tokens, r->output_tokens,     r->audio_input_tokens,
                           r->audio_output_tokens,   r->total_tokens,      r->requests};
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++)
        if (all[i] < -1 || all[i] > TOKENS_MAX)
            return false;
    return true;
}

/* NULL, or the rule that the row breaks. */
static const char *row_problem(const orxaq_cost_row *r) {
    if (r->start_ns < 0 || r->end_ns < r->start_ns || r->end_ns > LAST_NS)
        return "a bucket that ends before it begins, or lies outside of 1970 to 2200";
    if (r->source.len == 0 || !is_text(r->source, SOURCE_MAX))
        return "a source that is no text of 1 to 128 bytes";
    if (!is_text(r->provider, NAME_MAX) || !is_text(r->model, MODEL_MAX))
        return "a provider or model that is no text, or too long";
    if (r->dimension_count > DIMS_MAX || (r->dimension_count && !r->dimensions))
        return "more than 32 dimensions";
    return tokens_ok(r) ? NULL : "an impossible number of tokens";
}

static bool take_dims(orx_ingest_fetch *f, const orxaq_cost_row *r, orx_view *ret_dims) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_node *map = orx_node_new(&f->page, ORX_OBJECT);
    for (uint32_t i = 0; i < r->dimension_count; i++) {
        const orxaq_dimension *d = ORXAQ_AT(orxaq_dimension, r->dimensions, i);
        if (d->name.len == 0 || !is_text(d->name, NAME_MAX) || !is_text(d->value, VALUE_MAX))
            return false;
        const char *name = orx_arena_dup(&f->page, orx_view_in(d->name));
        if (strlen(name) != d->name.len || orx_node_get(map, name))
            return false;
        orx_node_set(&f->page, map, name, orx_node_new_str(&f->page, orx_view_in(d->value)));
    }
    orx_json_write(&text, map, ORX_JSON_CANONICAL);
    *ret_dims = orx_arena_view(&f->page, orx_str_view(&text));
    return true;
}

static bool is_usd(orxaq_view currency) {
    return currency.len == 0 || orx_view_ieq(orx_view_in(currency), orx_view_of("USD"));
}

/* NULL, or why the amount is not taken. */
static const char *take_amount(orx_ingest_fetch *f, const orxaq_cost_row *r, orx_billed *row) {
    if (r->amount.len == 0)
        return NULL;
    if (!is_usd(r->currency))
        return is_text(r->currency, 16)
                   ? orx_arena_printf(&f->page,
                                      "an amount in %.*s: only USD is taken, nothing is converted",
                                      (int)r->currency.len, r->currency.data)
                   : "an amount in a currency that is no text";
    row->has_amount = true;
    return orx_decimal_parse(orx_view_in(r->amount), r->exponent, &row->amount)
               ? NULL
               : "an amount that is no number, or more than 9,223,372,036 USD";
}

static bool take_price(orxaq_view text, int64_t *ret) {
    orx_decimal d;
    return text.len && orx_decimal_parse(orx_view_in(text), 0, &d) && d.nano >= 0 &&
           orx_decimal_round(d, ret);
}

static orx_billed row_of(orx_ingest_fetch *f, const orxaq_cost_row *r) {
    orx_billed row = {
        .instance = orx_view_of(f->state.instance),
        .source = orx_arena_view(&f->page, orx_view_in(r->source)),
        .provider = r->provider.len ? orx_arena_view(&f->page, orx_view_in(r->provider))
                                    : orx_view_of(f->state.provider),
        .model = orx_arena_view(&f->page, orx_view_in(r->model)),
        .start_ns = r->start_ns,
        .end_ns = r->end_ns,
        .part = (r->flags & ORXAQ_COST_PART) != 0,
        .estimated = (r->flags & ORXAQ_COST_ESTIMATED) != 0,
        .tokens = {.input = r->input_tokens,
                   .cache_read = r->cache_read_tokens,
                   .cache_write_5m = r->cache_write_5m_tokens,
                   .cache_write_1h = r->cache_write_1h_tokens,
                   .output = r->output_tokens,
                   .audio_input = r->audio_input_tokens,
                   .audio_output = r->audio_output_tokens,
                   .total = r->total_tokens,
                   .requests = r->requests},
        .input_price = -1,
        .output_price = -1,
        .fetch = f->state.fetch,
    };
    (void)take_price(r->input_price, &row.input_price);
    (void)take_price(r->output_price, &row.output_price);
    return row;
}

static int32_t on_row(const orxaq_cost_sink *sink, const orxaq_cost_row *r) {
    orx_ingest_fetch *f = fetch_of(sink);
    if (!r || r->struct_size < sizeof *r)
        return ORXAQ_E_INVALID;
    if (f->broken || f->rows.len >= ORX_INGEST_PAGE_ROWS)
        return f->broken ? ORXAQ_E_IO : refuse(f, "more than 1,000,000 rows on one page");
    const char *problem = row_problem(r);
    if (problem)
        return refuse(f, problem);
    orx_billed row = row_of(f, r);
    problem = take_amount(f, r, &row);
    if (problem)
        return refuse(f, problem);
    if (!take_dims(f, r, &row.dims))
        return refuse(f, "a dimension without a name, twice, or longer than 1,024 bytes");
    orx_ingest_state *st = &f->state;
    st->seen++;
    st->rows++;
    st->first_ns = st->first_ns == 0 || row.start_ns < st->first_ns ? row.start_ns : st->first_ns;
    st->last_ns = row.end_ns > st->last_ns ? row.end_ns : st->last_ns;
    orx_vec_push(&f->rows, row);
    return ORXAQ_OK;
}

static int32_t on_covered(const orxaq_cost_sink *sink, orxaq_view source, int64_t from_ns,
                          int64_t to_ns) {
    orx_ingest_fetch *f = fetch_of(sink);
    if (!is_text(source, SOURCE_MAX) || f->covered.len >= DIMS_MAX)
        return ORXAQ_E_INVALID;
    const orx_ingest_span span = {orx_arena_view(&f->page, orx_view_in(source)), from_ns, to_ns};
    orx_vec_push(&f->covered, span);
    return ORXAQ_OK;
}

/* ---- A page ---------------------------------------------------------------------------------- */

void orx_ingest_forget(orx_ingest_fetch *f) {
    orx_vec_free(&f->rows);
    orx_vec_free(&f->covered);
    orx_arena_free(&f->page);
}

static int write_rows(orx_ingest_fetch *f, orx_err *err) {
    int64_t now = orx_wall_ns(f->p);
    for (size_t i = 0; i < f->rows.len; i++)
        f->rows.items[i].at_ns = now;
    return orx_billed_put_all(f->s, f->rows.items, f->rows.len, err);
}

/* Nothing is taken away on the word of a bill that was not understood. */
static int drop_gone(orx_ingest_fetch *f, orx_err *err) {
    const orx_ingest_state *st = &f->state;
    int64_t rc = 0;
    for (size_t i = 0; i < f->covered.len && rc >= 0 && st->rejected == 0; i++) {
        const orx_ingest_span *c = &f->covered.items[i];
        rc = orx_billed_drop(f->s, orx_view_of(st->instance), c->source, c->from_ns, c->to_ns,
                             st->fetch, err);
    }
    return rc < 0 ? (int)rc : 0;
}

static void note_reasons(orx_ingest_fetch *f) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_node *list = orx_node_new(&f->arena, ORX_ARRAY);
    for (size_t i = 0; i < f->reason_count; i++)
        orx_node_push(list, orx_node_new_str(&f->arena, orx_view_of(f->reasons[i])));
    orx_json_write(&text, list, ORX_JSON_CANONICAL);
    f->state.reasons = orx_arena_strdup(&f->arena, orx_str_cstr(&text));
}

static int write_event(orx_ingest_fetch *f, orx_err *err) {
    orx_node *body = orx_node_new(&f->page, ORX_OBJECT);
    orx_node_set_str(&f->page, body, "source", f->state.instance);
    orx_node_set_int(&f->page, body, "fetch", f->state.fetch);
    orx_node_set_int(&f->page, body, "page", f->state.pages);
    orx_node_set_int(&f->page, body, "rows", (int64_t)f->rows.len);
    const orx_event e = {.kind = "bill.page", .schema = 1, .body = body};
    return orx_event_append(f->s, &e, NULL, err);
}

static int write_page(orx_ingest_fetch *f, orx_err *err) {
    int rc = orx_tx_begin(f->s, err);
    if (rc < 0)
        return rc;
    note_reasons(f);
    rc = write_rows(f, err);
    if (rc >= 0)
        rc = drop_gone(f, err);
    if (rc >= 0)
        rc = orx_ingest_state_put(f->s, &f->state, err);
    if (rc >= 0)
        rc = write_event(f, err);
    if (rc >= 0)
        return orx_tx_commit(f->s, err);
    orx_tx_rollback(f->s);
    return rc;
}

static int32_t on_page(const orxaq_cost_sink *sink, orxaq_view checkpoint) {
    orx_ingest_fetch *f = fetch_of(sink);
    if (f->broken)
        return ORXAQ_E_IO;
    if (!is_text(checkpoint, ORX_INGEST_CHECKPOINT))
        return ORXAQ_E_INVALID;
    f->state.checkpoint = orx_arena_dup(&f->arena, orx_view_in(checkpoint));
    f->state.pages++;
    f->pages++;
    if (write_page(f, &f->err) < 0) {
        f->broken = true;
        return ORXAQ_E_IO;
    }
    f->moved = true;
    f->saved = f->state;
    orx_ingest_forget(f);
    return checkpoint.len && f->pages >= f->spec->max_pages ? ORXAQ_E_LIMIT : ORXAQ_OK;
}

const orxaq_cost_sink orx_ingest_sink = {.struct_size = sizeof(orxaq_cost_sink),
                                         .row = on_row,
                                         .reject = on_reject,
                                         .covered = on_covered,
                                         .page = on_page};
