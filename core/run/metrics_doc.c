#include "run/metrics_doc.h"

#include "money/books.h"
#include "money/day_budget.h"
#include "money/window.h"
#include "run/summary.h"

#include <math.h>

#define HOUR_NS      (3600 * ORX_SEC)
#define SERIES_HOURS 24

typedef struct making {
    orx_store *s;
    orx_arena *a;
    int64_t now;
} making;

static double usd(int64_t nano) {
    return (double)nano / 1e9;
}

static int64_t tokens_of(const orx_spend_sum *r) {
    return r->input + r->cache_read + r->cache_write + r->output + r->reasoning;
}

static int sum_of(const making *m, int64_t from, int64_t to, orx_spend_sum *ret, orx_err *err) {
    orx_spend_sum *rows = NULL;
    int n = m->s ? orx_books_sum(m->s, from, to, ORX_SPEND_ALL, m->a, &rows, err) : 0;
    if (n >= 0)
        *ret = n > 0 ? rows[0] : (orx_spend_sum){.key = ""};
    return n < 0 ? n : 0;
}

static double number(const orx_node *doc, const char *key) {
    return orx_node_num(orx_node_get(doc, key), 0);
}

/* 1234567 as 1,234,567. */
static const char *grouped(orx_arena *a, int64_t n) {
    const char *digits = orx_arena_printf(a, "%lld", (long long)n);
    size_t len = strlen(digits);
    char *out = orx_arena_zalloc(a, len + len / 3 + 1, 1);
    for (size_t i = 0, at = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    return out;
}

/* ---- Blocks --------------------------------------------------------------------------------- */

/* Names of windows; today is that of UTC. */
static int put_windows(const making *m, orx_node *doc, orx_err *err) {
    static const char *const names[][2] = {
        {"last_hour", "1h"}, {"today", "today"}, {"last_7d", "7d"}, {"last_30d", "30d"}};
    orx_arena *a = m->a;
    orx_node *costs = orx_node_new(a, ORX_OBJECT);
    orx_node *tokens = orx_node_new(a, ORX_OBJECT);
    orx_node *responses = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        orx_window w = {0, 0};
        orx_spend_sum s;
        (void)orx_window_named(orx_view_of(names[i][1]), m->now, 0, &w);
        int rc = sum_of(m, w.from_ns, w.to_ns, &s, err);
        if (rc < 0)
            return rc;
        orx_node_set(a, costs, names[i][0], orx_node_new_double(a, usd(s.cost)));
        orx_node_set_int(a, tokens, names[i][0], tokens_of(&s));
        orx_node_set_int(a, responses, names[i][0], s.calls);
    }
    orx_node_set(a, doc, "cost_windows_usd", costs);
    orx_node_set(a, doc, "cost_windows_tokens", tokens);
    orx_node_set(a, doc, "cost_windows_responses", responses);
    return 0;
}

static int put_groups(const making *m, orx_node *doc, const char *key, orx_spend_by by,
                      orx_err *err) {
    orx_arena *a = m->a;
    orx_spend_sum *rows = NULL;
    orx_node *groups = orx_node_new(a, ORX_OBJECT);
    int64_t from = m->now - 30 * (24 * HOUR_NS);
    int n = m->s ? orx_books_sum(m->s, from, m->now + 1, by, a, &rows, err) : 0;
    for (int i = 0; i < n; i++) {
        orx_node *g = orx_node_new(a, ORX_OBJECT);
        int64_t tokens = tokens_of(&rows[i]);
        double per = tokens ? usd(rows[i].cost) * 1e6 / (double)tokens : 0.0;
        orx_node_set_int(a, g, "responses", rows[i].calls);
        orx_node_set_int(a, g, "tokens_total", tokens);
        orx_node_set(a, g, "cost_usd_total", orx_node_new_double(a, usd(rows[i].cost)));
        orx_node_set(a, g, "cost_per_million_tokens", orx_node_new_double(a, per));
        orx_node_set(a, groups, *rows[i].key ? rows[i].key : "unknown", g);
    }
    orx_node_set(a, doc, key, groups);
    return n < 0 ? n : 0;
}

static int put_series(const making *m, orx_node *doc, orx_err *err) {
    orx_arena *a = m->a;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    int64_t begin = (m->now / HOUR_NS - (SERIES_HOURS - 1)) * HOUR_NS;
    for (int i = 0; i < SERIES_HOURS; i++, begin += HOUR_NS) {
        char text[ORX_ISO_MAX];
        orx_spend_sum s;
        int64_t end = begin + HOUR_NS;
        int rc = sum_of(m, begin, end < m->now + 1 ? end : m->now + 1, &s, err);
        if (rc < 0)
            return rc;
        orx_node *row = orx_node_new(a, ORX_OBJECT);
        orx_iso_time(begin, text);
        /* [K] A whole hour has no fraction. */
        orx_node_set_str(a, row, "bucket_start", orx_arena_printf(a, "%.19s+00:00", text));
        orx_node_set(a, row, "cost_usd_total", orx_node_new_double(a, usd(s.cost)));
        orx_node_set_int(a, row, "tokens_total", tokens_of(&s));
        orx_node_set_int(a, row, "responses", s.calls);
        orx_node_push(list, row);
    }
    orx_node_set(a, doc, "cost_series_hourly_24h", list);
    return 0;
}

/* [K] One figure for the eye: tokens a minute, else how often the first try was good. */
static void put_exciting(const making *m, orx_node *doc) {
    orx_arena *a = m->a;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    double tokens = number(doc, "tokens_total");
    double responses = number(doc, "responses_total");
    const char *label = tokens > 0      ? "Token Flow"
                        : responses > 0 ? "First-Time Pass"
                                        : "Awaiting Data";
    const char *kind = tokens > 0 ? "throughput" : responses > 0 ? "quality" : "idle";
    const char *value = "0";
    const char *detail = "nothing was answered yet";
    if (tokens > 0) {
        value = grouped(a, (int64_t)(number(doc, "token_rate_per_minute") + 0.5));
        detail = orx_arena_printf(a, "tokens per minute; %s in all", grouped(a, (int64_t)tokens));
    } else if (responses > 0) {
        value = orx_arena_printf(a, "%.1f%%", number(doc, "first_time_pass_rate") * 100);
        detail = orx_arena_printf(a, "of %.0f answers", responses);
    }
    orx_node_set_str(a, n, "label", label);
    orx_node_set_str(a, n, "value", value);
    orx_node_set_str(a, n, "detail", detail);
    orx_node_set_str(a, n, "kind", kind);
    orx_node_set(a, doc, "exciting_stat", n);
}

/* Of what was asked and answered by our own count, which there is for every attempt. */
static void put_estimate(const making *m, orx_node *doc) {
    double tokens = number(doc, "estimated_tokens_total");
    double per = tokens > 0 ? number(doc, "cost_usd_total") * 1e6 / tokens : 0;
    if (tokens > 0)
        orx_node_set(m->a, doc, "estimated_cost_per_million_tokens",
                     orx_node_new_double(m->a, nearbyint(per * 1e6) / 1e6));
}

int orx_metrics_document(orx_store *s, int64_t now_ns, orx_arena *arena, orx_node **ret_doc,
                         orx_err *err) {
    const making m = {.s = s, .a = arena, .now = now_ns};
    orx_node *doc = NULL;
    int rc = orx_summary_node(s, NULL, now_ns, arena, &doc, err);
    if (rc == 0)
        rc = put_windows(&m, doc, err);
    if (rc == 0)
        rc = put_groups(&m, doc, "provider_cost_30d", ORX_SPEND_PROVIDER, err);
    if (rc == 0)
        rc = put_groups(&m, doc, "model_cost_30d", ORX_SPEND_MODEL, err);
    if (rc == 0)
        rc = put_series(&m, doc, err);
    if (rc < 0)
        return rc;
    orx_node_set(arena, doc, "data_freshness", orx_books_freshness(s, now_ns, arena));
    put_exciting(&m, doc);
    put_estimate(&m, doc);
    orx_node_set_str(arena, doc, "currency", "USD");
    orx_node_set_str(arena, doc, "source_of_truth", "estimated_local_telemetry");
    *ret_doc = doc;
    return 0;
}
