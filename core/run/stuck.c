#include "run/stuck.h"

#include "plugin/view.h"

#include <stdlib.h>

/* ---- Tool calls ------------------------------------------------------------------------------ */

static void digest_call(const orxaq_tool_call *call, uint8_t out[ORX_SHA256_LEN]) {
    orx_sha256 d;
    orx_sha256_begin(&d);
    orx_sha256_add(&d, call->name.data, (size_t)call->name.len);
    orx_sha256_add(&d, "", 1);
    orx_sha256_add(&d, call->arguments.data, (size_t)call->arguments.len);
    orx_sha256_end(&d, out);
}

/* A result that differs from the one before is news: whoever waits for something asks again. */
static void take_result(orx_stuck *k, const orxaq_tool_call *call) {
    uint8_t id[ORX_SHA256_LEN];
    uint8_t result[ORX_SHA256_LEN];
    orx_sha256_of(orx_view_in(call->id), id);
    if (!call->id.len || memcmp(id, k->id, sizeof id) != 0)
        return;
    orx_sha256_of(orx_view_in(call->result), result);
    if (k->answered && memcmp(result, k->result, sizeof result) != 0)
        k->repeats = 1;
    memcpy(k->result, result, sizeof result);
    k->answered = true;
}

/* Programs announce a call more than once: as requested, as started, and again when it changes. */
static bool is_announced_already(orx_stuck *k, const orxaq_tool_call *call) {
    uint8_t id[ORX_SHA256_LEN];
    if (!k->phase)
        k->phase = call->phase;
    if (call->phase != k->phase)
        return true;
    orx_sha256_of(orx_view_in(call->id), id);
    bool again = call->id.len && memcmp(id, k->id, sizeof id) == 0;
    memcpy(k->id, id, sizeof id);
    return again;
}

int64_t orx_stuck_tool_call(orx_stuck *k, const orxaq_tool_call *call) {
    uint8_t now[ORX_SHA256_LEN];
    if (call->phase == ORXAQ_TOOL_FINISHED) {
        take_result(k, call);
        return 0;
    }
    if (is_announced_already(k, call))
        return 0;
    digest_call(call, now);
    bool told = call->arguments.len && !orxaq_view_is(call->arguments, "{}");
    if (!told || memcmp(now, k->call, sizeof now) != 0) {
        k->repeats = 0;
        k->answered = false;
    }
    memcpy(k->call, now, sizeof now);
    return ++k->repeats;
}

/* ---- Spend ----------------------------------------------------------------------------------- */

#define SAMPLES_MAX 31

typedef struct samples {
    int64_t values[SAMPLES_MAX];
    size_t count;
} samples;

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t median(samples *all, int64_t least) {
    if (!all->count || (int64_t)all->count < least)
        return -1;
    qsort(all->values, all->count, sizeof all->values[0], by_value);
    return all->values[all->count / 2];
}

static void take_sample(samples *all, orx_sql *q, int column) {
    if (!orx_sql_col_is_null(q, column))
        all->values[all->count++] = orx_sql_col_int(q, column);
}

void orx_stuck_usual(orx_store *s, const char *provider, const char *model, int64_t least,
                     orx_usual *ret_usual) {
    orx_sql *q;
    samples tokens = {.count = 0};
    samples costs = {.count = 0};
    *ret_usual = (orx_usual){-1, -1};
    if (orx_sql_get(s,
                    "SELECT coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0)"
                    " + coalesce(cache_write_tokens, 0) + coalesce(reasoning_tokens, 0)"
                    " + output_tokens, stated_nano_usd FROM call WHERE provider = ?1"
                    " AND model_asked = ?2 AND kind = 0 ORDER BY id DESC LIMIT 31",
                    &q, NULL) < 0)
        return;
    orx_sql_str(q, 1, provider);
    orx_sql_str(q, 2, model);
    for (int i = 0; i < SAMPLES_MAX && orx_sql_step(q, NULL) == 1; i++) {
        take_sample(&tokens, q, 0);
        take_sample(&costs, q, 1);
    }
    orx_sql_reset(q);
    *ret_usual = (orx_usual){median(&tokens, least), median(&costs, least)};
}

/* value > factor * usual, without the product, which may not fit. */
static bool exceeds(int64_t value, int64_t factor, int64_t usual) {
    return value / factor > usual || (value / factor == usual && value % factor > 0);
}

bool orx_stuck_spends(const orx_usual *usual, int64_t factor, int64_t tokens, int64_t cost,
                      orx_str *why) {
    if (factor <= 0)
        return false;
    if (usual->cost_nano_usd > 0 && cost >= 0) {
        if (!exceeds(cost, factor, usual->cost_nano_usd))
            return false;
        orx_str_addf(why,
                     "the call has cost %.4f USD, more than %lld times what calls of this model "
                     "usually cost (%.4f USD)",
                     (double)cost / 1e9, (long long)factor, (double)usual->cost_nano_usd / 1e9);
        return true;
    }
    if (usual->tokens <= 0 || !exceeds(tokens, factor, usual->tokens))
        return false;
    orx_str_addf(why,
                 "the call has used %lld tokens, more than %lld times what calls of this model "
                 "usually use (%lld)",
                 (long long)tokens, (long long)factor, (long long)usual->tokens);
    return true;
}

/* ---- Work ------------------------------------------------------------------------------------ */

int64_t orx_stuck_same_work(orx_store *s, const char *lane, const char *task, int64_t attempt,
                            const char *work) {
    orx_sql *q;
    int64_t count = 1;
    if (!*work)
        return 0;
    if (orx_sql_get(s,
                    "SELECT work FROM attempt WHERE lane = ?1 AND task = ?2 AND id < ?3"
                    " AND work <> '' AND id >= coalesce((SELECT max(id) FROM attempt"
                    " WHERE lane = ?1 AND task = ?2 AND number = 1), 0)"
                    " ORDER BY id DESC LIMIT 1000",
                    &q, NULL) < 0)
        return count;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, task);
    orx_sql_int(q, 3, attempt);
    while (orx_sql_step(q, NULL) == 1 && orx_view_is(orx_sql_col_text(q, 0), work))
        count++;
    orx_sql_reset(q);
    return count;
}
