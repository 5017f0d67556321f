/* Booking usage: the one place where a program's numbers become ours. */
#include "run/attempt.h"

#include "base/str.h"
#include "run/bill.h"

#define CLASSES 7

/* The numbers of a report in the order of the columns; -1 = not stated. */
static void numbers_of(const orxaq_usage *u, int64_t out[CLASSES]) {
    const int64_t n[CLASSES] = {u->input_tokens,  u->cache_read_tokens, u->cache_write_tokens,
                                u->output_tokens, u->reasoning_tokens,  u->requests,
                                u->cost_nano_usd};
    memcpy(out, n, sizeof n);
}

/* The key under which a total is remembered. One process, and a report without a key, are never
 * continued by a later call, so those keys carry the call's id. */
static void total_key(int64_t call, const orxaq_usage *u, orx_str *out) {
    if (u->scope == ORXAQ_SCOPE_PROCESS || !u->key.len)
        orx_str_addf(out, "call %lld ", (long long)call);
    orx_str_add(out, u->key.data, (size_t)u->key.len);
}

static void bind_key(orx_sql *q, const char *provider, const orxaq_usage *u, const orx_str *key) {
    orx_sql_str(q, 1, provider);
    orx_sql_int(q, 2, u->scope);
    orx_sql_text(q, 3, orx_str_view(key));
}

/* The last total of this key into `last` (0 where there is none). */
static int read_total(orx_store *s, const char *provider, const orxaq_usage *u, const orx_str *key,
                      int64_t last[CLASSES], orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "SELECT input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,"
                    " reasoning_tokens, requests, cost_nano_usd FROM usage_total"
                    " WHERE provider = ?1 AND scope = ?2 AND key = ?3",
                    &q, err);
    if (rc < 0)
        return rc;
    bind_key(q, provider, u, key);
    rc = orx_sql_step(q, err);
    for (int i = 0; rc == 1 && i < CLASSES; i++)
        last[i] = orx_sql_col_int(q, i);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static int write_total(orx_store *s, const char *provider, const orxaq_usage *u, const orx_str *key,
                       const int64_t now[CLASSES], orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "INSERT OR REPLACE INTO usage_total(provider, scope, key, input_tokens,"
                    " cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,"
                    " requests, cost_nano_usd) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    &q, err);
    if (rc < 0)
        return rc;
    bind_key(q, provider, u, key);
    for (int i = 0; i < CLASSES; i++)
        orx_sql_int(q, 4 + i, now[i]);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* A running total that went down began anew (a program that lost its session): the new value is
 * then the difference. */
static void to_difference(int64_t value[CLASSES], int64_t last[CLASSES]) {
    for (int i = 0; i < CLASSES; i++) {
        if (value[i] < 0)
            continue;
        int64_t now = value[i];
        value[i] = now >= last[i] ? now - last[i] : now;
        last[i] = now;
    }
}

static int add_to_call(orx_store *s, int64_t call, const orxaq_usage *u,
                       const int64_t value[CLASSES], orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "UPDATE call SET input_tokens = coalesce(input_tokens + ?2, ?2, input_tokens),"
                    " cache_read_tokens = coalesce(cache_read_tokens + ?3, ?3, cache_read_tokens),"
                    " cache_write_tokens ="
                    " coalesce(cache_write_tokens + ?4, ?4, cache_write_tokens),"
                    " output_tokens = coalesce(output_tokens + ?5, ?5, output_tokens),"
                    " reasoning_tokens = coalesce(reasoning_tokens + ?6, ?6, reasoning_tokens),"
                    " requests = coalesce(requests + ?7, ?7, requests),"
                    " stated_nano_usd = coalesce(stated_nano_usd + ?8, ?8, stated_nano_usd),"
                    " provenance = max(provenance, ?9),"
                    " model_answered = CASE WHEN ?10 = '' THEN model_answered ELSE ?10 END"
                    " WHERE id = ?1",
                    &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    for (int i = 0; i < CLASSES; i++) {
        if (value[i] < 0)
            orx_sql_null(q, 2 + i);
        else
            orx_sql_int(q, 2 + i, value[i]);
    }
    orx_sql_int(q, 9, u->provenance);
    orx_sql_text(q, 10,
                 orx_view_mem(u->model_answered.len ? u->model_answered.data : "",
                              (size_t)u->model_answered.len));
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int book_inside(orx_store *s, int64_t call, const orx_meter *meter, const orxaq_usage *u,
                       orx_err *err) {
    int64_t value[CLASSES];
    numbers_of(u, value);
    if (u->mode == ORXAQ_USAGE_TOTAL) {
        ORX_CLEANUP(orx_str_free) orx_str key = {0};
        int64_t last[CLASSES] = {0};
        total_key(call, u, &key);
        int rc = read_total(s, meter->provider, u, &key, last, err);
        if (rc < 0)
            return rc;
        to_difference(value, last);
        rc = write_total(s, meter->provider, u, &key, last, err);
        if (rc < 0)
            return rc;
    }
    int rc = add_to_call(s, call, u, value, err);
    return rc < 0 ? rc : orx_bill_add(s, call, meter, u, value, err);
}

void orx_usage_before(orx_store *s, int64_t call, const char *provider, const orxaq_usage *usage,
                      int64_t *ret_tokens, int64_t *ret_cost) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    int64_t last[CLASSES] = {0};
    total_key(call, usage, &key);
    if (usage->mode == ORXAQ_USAGE_TOTAL)
        (void)read_total(s, provider, usage, &key, last, NULL);
    *ret_tokens = last[0] + last[1] + last[2] + last[3] + last[4];
    *ret_cost = last[6];
}

int orx_usage_book(orx_store *s, int64_t call, const orx_meter *meter, const orxaq_usage *usage,
                   orx_err *err) {
    if (orx_tx_active(s))
        return book_inside(s, call, meter, usage, err);
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = book_inside(s, call, meter, usage, err);
    if (rc < 0) {
        orx_tx_rollback(s);
        return rc;
    }
    return orx_tx_commit(s, err);
}
