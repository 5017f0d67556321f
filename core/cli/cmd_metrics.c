/* orxaq metrics: what attempts came to, and the windows of what they cost. */
#include "cli/metrics.h"

#include "cli/health_view.h"

#include "base/units.h"
#include "money/window.h"
#include "run/summary.h"

#define HOUR_NS      (3600 * ORX_SEC)
#define STALE_SEC    900
#define SERIES_HOURS 24

static double usd(int64_t nano) {
    return (double)nano / 1e9;
}

static int64_t tokens_of(const orx_spend_sum *r) {
    return r->input + r->cache_read + r->cache_write + r->output + r->reasoning;
}

static int sum_of(orx_cli *c, int64_t from, int64_t to, orx_spend_sum *ret, orx_err *err) {
    orx_spend_sum *rows = NULL;
    int n = orx_books_sum(c->store, from, to, ORX_SPEND_ALL, &c->arena, &rows, err);
    if (n >= 0)
        *ret = n ? rows[0] : (orx_spend_sum){.key = ""};
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

/* ---- [K] blocks ------------------------------------------------------------------------------ */

/* [K] names of windows; today is that of UTC. */
static int put_windows(orx_cli *c, orx_node *doc, int64_t now, orx_err *err) {
    static const char *const names[][2] = {
        {"last_hour", "1h"}, {"today", "today"}, {"last_7d", "7d"}, {"last_30d", "30d"}};
    orx_arena *a = &c->arena;
    orx_node *costs = orx_node_new(a, ORX_OBJECT);
    orx_node *tokens = orx_node_new(a, ORX_OBJECT);
    orx_node *responses = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        orx_window w = {0, 0};
        orx_spend_sum s;
        (void)orx_window_named(orx_view_of(names[i][1]), now, 0, &w);
        int rc = sum_of(c, w.from_ns, w.to_ns, &s, err);
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

static int put_groups(orx_cli *c, orx_node *doc, const char *key, orx_spend_by by, int64_t now,
                      orx_err *err) {
    orx_arena *a = &c->arena;
    orx_spend_sum *rows = NULL;
    orx_node *groups = orx_node_new(a, ORX_OBJECT);
    int n = orx_books_sum(c->store, now - 30 * (24 * HOUR_NS), now + 1, by, a, &rows, err);
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

static int put_series(orx_cli *c, orx_node *doc, int64_t now, orx_err *err) {
    orx_arena *a = &c->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    int64_t begin = (now / HOUR_NS - (SERIES_HOURS - 1)) * HOUR_NS;
    for (int i = 0; i < SERIES_HOURS; i++, begin += HOUR_NS) {
        char text[ORX_ISO_MAX];
        orx_spend_sum s;
        int64_t end = begin + HOUR_NS;
        int rc = sum_of(c, begin, end < now + 1 ? end : now + 1, &s, err);
        if (rc < 0)
            return rc;
        orx_node *row = orx_node_new(a, ORX_OBJECT);
        orx_iso_time(begin, text);
        orx_node_set_str(a, row, "bucket_start", text);
        orx_node_set(a, row, "cost_usd_total", orx_node_new_double(a, usd(s.cost)));
        orx_node_set_int(a, row, "tokens_total", tokens_of(&s));
        orx_node_set_int(a, row, "responses", s.calls);
        orx_node_push(list, row);
    }
    orx_node_set(a, doc, "cost_series_hourly_24h", list);
    return 0;
}

static void put_freshness(orx_cli *c, orx_node *doc, int64_t now) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    char text[ORX_ISO_MAX] = "";
    int64_t latest = orx_books_latest(c->store);
    int64_t age = latest && latest <= now ? (now - latest) / ORX_SEC : -1;
    if (latest)
        orx_iso_time(latest, text);
    orx_node_set_str(a, n, "latest_event_timestamp", text);
    orx_node_set_int(a, n, "age_sec", age);
    orx_node_set_bool(a, n, "stale", age < 0 || age > STALE_SEC);
    orx_node_set_int(a, n, "stale_threshold_sec", STALE_SEC);
    orx_node_set(a, doc, "data_freshness", n);
}

/* [K] One figure for the eye: tokens a minute, else how often the first try was good. */
static void put_exciting(orx_cli *c, orx_node *doc) {
    orx_arena *a = &c->arena;
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

int orx_cli_metrics(orx_cli *c, orx_node **ret_doc, orx_err *err) {
    orx_node *doc = NULL;
    int64_t now = orx_wall_ns(c->p);
    int rc = orx_summary_node(c->store, NULL, &c->arena, &doc, err);
    if (rc == 0)
        rc = put_windows(c, doc, now, err);
    if (rc == 0)
        rc = put_groups(c, doc, "provider_cost_30d", ORX_SPEND_PROVIDER, now, err);
    if (rc == 0)
        rc = put_groups(c, doc, "model_cost_30d", ORX_SPEND_MODEL, now, err);
    if (rc == 0)
        rc = put_series(c, doc, now, err);
    if (rc < 0)
        return rc;
    put_freshness(c, doc, now);
    put_exciting(c, doc);
    orx_node_set_str(&c->arena, doc, "currency", "USD");
    orx_node_set_str(&c->arena, doc, "source_of_truth", "estimated_local_telemetry");
    *ret_doc = doc;
    return 0;
}

/* ---- For people ------------------------------------------------------------------------------ */

static const char *percent(orx_cli *c, double share) {
    return orx_arena_printf(&c->arena, "%.0f %%", share * 100);
}

/* A price is never 0, so nothing is what nobody knows. */
static const char *known_usd(orx_cli *c, double amount) {
    return amount > 0 ? orx_cli_usd(c, (int64_t)(amount * 1e9 + 0.5)) : "unknown";
}

static void print_owners(orx_cli *c, const orx_node *doc) {
    static const char *const titles[] = {"OWNER",    "ATTEMPTS", "PASSED", "FIRST TRY",
                                         "AVG TIME", "TOKENS",   "USD",    NULL};
    orx_table *t = orx_table_new(c, titles);
    ORX_NODE_EACH(orx_node_get(doc, "by_owner"), o) {
        double n = number(o, "responses");
        const char *cells[] = {
            *o->key.p ? o->key.p : "-",
            orx_cli_count(c, (int64_t)n),
            percent(c, n > 0 ? number(o, "validation_passed") / n : 0),
            percent(c, n > 0 ? number(o, "first_time_pass") / n : 0),
            orx_cli_duration(c, (int64_t)(number(o, "latency_sec_avg") * 1e9)),
            orx_cli_count(c, (int64_t)number(o, "tokens_total")),
            known_usd(c, number(o, "cost_usd_total")),
        };
        orx_table_row(t, cells, NULL);
    }
    orx_table_print(t);
}

/* [K] what it prints by default: chosen keys. What is recommended is no part of the document. */
static void print_short(orx_cli *c, const orx_node *doc) {
    static const char *const keys[] = {
        "responses_total",      "quality_score_avg",     "first_time_pass_rate",
        "acceptance_pass_rate", "latency_sec_avg",       "prompt_difficulty_score_avg",
        "cost_usd_total",       "cost_usd_avg",          "exact_cost_coverage",
        "tokens_total",         "token_rate_per_minute", "exciting_stat"};
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++) {
        const orx_node *value = orx_node_get(doc, keys[i]);
        orx_node_set(&c->arena, n, keys[i],
                     value ? orx_node_copy(&c->arena, value) : orx_node_new(&c->arena, ORX_NULL));
    }
    orx_cli_json_kept(n);
    ORX_NODE_EACH(orx_node_get(doc, "optimization_recommendations"), it)
    if (!c->quiet)
        orx_cli_complain("recommendation: %s", orx_node_str(it, ""));
}

static void print_text(orx_cli *c, const orx_node *doc) {
    double n = number(doc, "responses_total");
    orx_cli_printf("attempts    %.0f, %s passed, %s at the first try\n", n,
                   percent(c, number(doc, "acceptance_pass_rate")),
                   percent(c, number(doc, "first_time_pass_rate")));
    orx_cli_printf("quality     %.2f\n", number(doc, "quality_score_avg"));
    orx_cli_printf("tokens      %s, %.0f per minute\n",
                   orx_cli_count(c, (int64_t)number(doc, "tokens_total")),
                   number(doc, "token_rate_per_minute"));
    orx_cli_printf("cost        %s USD; exact for %s of the attempts\n\n",
                   known_usd(c, number(doc, "cost_usd_total")),
                   percent(c, number(doc, "exact_cost_coverage")));
    print_owners(c, doc);
    ORX_NODE_EACH(orx_node_get(doc, "optimization_recommendations"), it)
    orx_cli_printf("- %s\n", orx_node_str(it, ""));
}

int orx_cmd_metrics(orx_cli *c, orx_err *err) {
    orx_node *doc = NULL;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc == 0)
        rc = orx_cli_metrics(c, &doc, err);
    if (rc < 0)
        return rc;
    if (c->json)
        orx_cli_json_kept(doc);
    else if (orx_cli_wants_json(c))
        print_short(c, doc);
    else
        print_text(c, doc);
    return ORX_EXIT_OK;
}
