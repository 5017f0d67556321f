#include "money/ingest_rows.h"

#include "base/digest.h"

/* ---- Identity -------------------------------------------------------------------------------- */

/* Each text with its length, so that no two lists of texts look the same. All of it is given to the
 * digest at once: a call for each piece cost more than the digest. */
static void identify(orx_sha256 *d, orx_str *work, const orx_billed *row,
                     uint8_t ret_id[ORX_BILLED_ID_LEN]) {
    uint8_t whole[ORX_SHA256_LEN];
    const orx_view texts[] = {row->instance, row->source, row->provider, row->model, row->dims};
    const int64_t bucket[] = {row->start_ns, row->end_ns};
    orx_str_clear(work);
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        uint64_t len = texts[i].len;
        orx_str_add(work, &len, sizeof len);
        orx_str_addv(work, texts[i]);
    }
    orx_str_add(work, bucket, sizeof bucket);
    orx_sha256_add(d, work->buf, work->len);
    orx_sha256_next(d, whole);
    memcpy(ret_id, whole, ORX_BILLED_ID_LEN);
}

void orx_billed_identity(const orx_billed *row, uint8_t ret_id[ORX_BILLED_ID_LEN]) {
    ORX_CLEANUP(orx_str_free) orx_str work = {0};
    orx_sha256 d;
    orx_sha256_begin(&d);
    identify(&d, &work, row, ret_id);
    orx_sha256_end(&d, NULL);
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Numbers of the row in the order of the columns from `end` on. */
enum { NUMBERS = 14 };

static void numbers_of(const orx_billed *r, int64_t n[NUMBERS]) {
    const orx_billed_tokens *t = &r->tokens;
    const int64_t all[NUMBERS] = {r->estimated,      t->input,    t->cache_read,  t->cache_write_5m,
                                  t->cache_write_1h, t->output,   t->audio_input, t->audio_output,
                                  t->total,          t->requests, r->input_price, r->output_price,
                                  r->fetch,          r->at_ns};
    memcpy(n, all, sizeof all);
}

/* What parts came to until now: 1 = there are some of this fetch. */
static int find_parts(orx_store *s, const orx_billed *row, orx_view id, orx_billed *ret_sum,
                      orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT nano, part, input, cache_read, cache_write_5m, cache_write_1h,"
                         " output, audio_input, audio_output, total, requests FROM billed WHERE"
                         " provider = ?1 AND start = ?2 AND identity = ?3 AND fetch = ?4",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_text(q, 1, row->provider);
    orx_sql_int(q, 2, row->start_ns);
    orx_sql_blob(q, 3, id);
    orx_sql_int(q, 4, row->fetch);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        int64_t *tokens[] = {&ret_sum->tokens.input,          &ret_sum->tokens.cache_read,
                             &ret_sum->tokens.cache_write_5m, &ret_sum->tokens.cache_write_1h,
                             &ret_sum->tokens.output,         &ret_sum->tokens.audio_input,
                             &ret_sum->tokens.audio_output,   &ret_sum->tokens.total,
                             &ret_sum->tokens.requests};
        ret_sum->has_amount = !orx_sql_col_is_null(q, 0);
        ret_sum->amount = (orx_decimal){orx_sql_col_int(q, 0), orx_sql_col_int(q, 1)};
        for (int i = 0; i < (int)ORX_ARRAY_LEN(tokens); i++)
            *tokens[i] = orx_sql_col_int(q, 2 + i);
    }
    orx_sql_reset(q);
    return rc;
}

/* -1 is not stated, which adds nothing. */
static void add_count(int64_t *sum, int64_t more) {
    if (more >= 0 && *sum <= INT64_MAX / 2)
        *sum = (*sum < 0 ? 0 : *sum) + more;
}

static bool add_part(orx_billed *sum, const orx_billed *row) {
    int64_t *to[] = {
        &sum->tokens.input,          &sum->tokens.cache_read, &sum->tokens.cache_write_5m,
        &sum->tokens.cache_write_1h, &sum->tokens.output,     &sum->tokens.audio_input,
        &sum->tokens.audio_output,   &sum->tokens.total,      &sum->tokens.requests};
    const int64_t from[] = {
        row->tokens.input,          row->tokens.cache_read, row->tokens.cache_write_5m,
        row->tokens.cache_write_1h, row->tokens.output,     row->tokens.audio_input,
        row->tokens.audio_output,   row->tokens.total,      row->tokens.requests};
    for (size_t i = 0; i < ORX_ARRAY_LEN(to); i++)
        add_count(to[i], from[i]);
    if (!row->has_amount)
        return true;
    if (!sum->has_amount)
        sum->amount = (orx_decimal){0};
    sum->has_amount = true;
    return orx_decimal_add(&sum->amount, row->amount);
}

static int write_row(orx_store *s, const orx_billed *r, orx_view id, orx_err *err) {
    orx_sql *q;
    int64_t n[NUMBERS];
    const orx_view texts[] = {r->instance, r->source, r->model, r->dims};
    int rc = orx_sql_get(
        s,
        "INSERT INTO billed VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
        " ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) ON CONFLICT(provider, start, identity)"
        " DO UPDATE SET nano = excluded.nano, part = excluded.part,"
        " estimated = excluded.estimated, input = excluded.input,"
        " cache_read = excluded.cache_read, cache_write_5m = excluded.cache_write_5m,"
        " cache_write_1h = excluded.cache_write_1h, output = excluded.output,"
        " audio_input = excluded.audio_input, audio_output = excluded.audio_output,"
        " total = excluded.total, requests = excluded.requests,"
        " input_price = excluded.input_price, output_price = excluded.output_price,"
        " fetch = excluded.fetch, at = excluded.at WHERE excluded.fetch >= fetch",
        &q, err);
    if (rc < 0)
        return rc;
    orx_sql_text(q, 1, r->provider);
    orx_sql_int(q, 2, r->start_ns);
    orx_sql_blob(q, 3, id);
    orx_sql_int(q, 4, r->end_ns);
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        orx_sql_text(q, 5 + i, texts[i].p ? texts[i] : orx_view_of(""));
    orx_sql_null(q, 9);
    if (r->has_amount)
        orx_sql_int(q, 9, r->amount.nano);
    orx_sql_int(q, 10, r->amount.part);
    numbers_of(r, n);
    for (int i = 0; i < NUMBERS; i++)
        orx_sql_int(q, 11 + i, n[i]);
    int64_t changed = orx_sql_run(q, err);
    return changed < 0 ? (int)changed : 0;
}

static int put(orx_store *s, const orx_billed *row, orx_view id, orx_err *err) {
    orx_billed sum = *row;
    int rc = row->part ? find_parts(s, row, id, &sum, err) : 0;
    if (rc < 0)
        return rc;
    if (rc == 1 && !add_part(&sum, row))
        return orx_err_set(err, ORX_E_LIMIT,
                           "the parts of one line of a bill add up to more than "
                           "9,223,372,036 USD");
    return write_row(s, &sum, id, err);
}

int orx_billed_put_all(orx_store *s, const orx_billed *rows, size_t count, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str work = {0};
    uint8_t id[ORX_BILLED_ID_LEN];
    orx_sha256 d;
    int rc = 0;
    orx_sha256_begin(&d);
    for (size_t i = 0; i < count && rc >= 0; i++) {
        identify(&d, &work, &rows[i], id);
        rc = put(s, &rows[i], orx_view_mem(id, sizeof id), err);
    }
    orx_sha256_end(&d, NULL);
    return rc;
}

int orx_billed_put(orx_store *s, const orx_billed *row, orx_err *err) {
    return orx_billed_put_all(s, row, 1, err);
}

/* The providers are found by leaps through the key, not by a walk over all rows. */
int64_t orx_billed_drop(orx_store *s, orx_view instance, orx_view source, int64_t from_ns,
                        int64_t to_ns, int64_t fetch, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "WITH RECURSIVE p(x) AS (SELECT min(provider) FROM billed UNION ALL SELECT"
                         " (SELECT min(provider) FROM billed WHERE provider > x) FROM p"
                         " WHERE x IS NOT NULL) DELETE FROM billed WHERE provider IN"
                         " (SELECT x FROM p WHERE x IS NOT NULL) AND start >= ?1 AND start < ?2"
                         " AND instance = ?3 AND source = ?4 AND fetch < ?5",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, from_ns);
    orx_sql_int(q, 2, to_ns);
    orx_sql_text(q, 3, instance);
    orx_sql_text(q, 4, source);
    orx_sql_int(q, 5, fetch);
    return orx_sql_run(q, err);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static orx_billed read_row(orx_sql *q) {
    orx_billed r = {.provider = orx_sql_col_text(q, 0),
                    .start_ns = orx_sql_col_int(q, 1),
                    .end_ns = orx_sql_col_int(q, 3),
                    .instance = orx_sql_col_text(q, 4),
                    .source = orx_sql_col_text(q, 5),
                    .model = orx_sql_col_text(q, 6),
                    .dims = orx_sql_col_text(q, 7),
                    .has_amount = !orx_sql_col_is_null(q, 8),
                    .amount = {orx_sql_col_int(q, 8), orx_sql_col_int(q, 9)},
                    .estimated = orx_sql_col_int(q, 10) != 0};
    int64_t *numbers[] = {&r.tokens.input,
                          &r.tokens.cache_read,
                          &r.tokens.cache_write_5m,
                          &r.tokens.cache_write_1h,
                          &r.tokens.output,
                          &r.tokens.audio_input,
                          &r.tokens.audio_output,
                          &r.tokens.total,
                          &r.tokens.requests,
                          &r.input_price,
                          &r.output_price,
                          &r.fetch,
                          &r.at_ns};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        *numbers[i] = orx_sql_col_int(q, 11 + i);
    return r;
}

int orx_billed_each(orx_store *s, int64_t from_ns, int64_t to_ns,
                    bool (*fn)(const orx_billed *row, void *user), void *user, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT * FROM billed WHERE end >= ?1 AND start < ?2"
                         " ORDER BY provider, start, identity",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, from_ns);
    orx_sql_int(q, 2, to_ns);
    while ((rc = orx_sql_step(q, err)) == 1) {
        const orx_billed row = read_row(q);
        if (!fn(&row, user)) {
            orx_sql_reset(q);
            return 0;
        }
    }
    return rc;
}

int64_t orx_billed_total(const orx_billed *row) {
    const orx_billed_tokens *t = &row->tokens;
    const int64_t parts[] = {t->input,  t->cache_read,  t->cache_write_5m, t->cache_write_1h,
                             t->output, t->audio_input, t->audio_output};
    int64_t sum = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(parts); i++)
        sum += parts[i] > 0 ? parts[i] : 0;
    return t->total >= 0 ? t->total : sum;
}
