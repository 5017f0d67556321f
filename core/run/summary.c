#include "run/summary.h"

#include "base/vec.h"
#include "data/json.h"
#include "run/project.h"

#include <math.h>

enum { OF_ALL, OF_OWNER, OF_PROVIDER };

/* A row of metric_sum. */
typedef struct sums {
    const char *key;
    double responses;
    double quality;
    double latency; /* seconds */
    double difficulty;
    double first_pass;
    double passed;
    double cost; /* USD */
    double input;
    double output;
    double estimated;
    double exact;
    double routed;
    double fallback;
    double exact_cost;
    double router_error;
    double router_latency; /* seconds */
    int64_t latest;
} sums;

/* ---- Adding ---------------------------------------------------------------------------------- */

int orx_summary_add(orx_store *s, int64_t attempt, orx_err *err) {
    orx_sql *q;
    /* The view is dear (each column sums the calls of the attempt): it is read once for the three
     * rows. `WHERE true` keeps ON CONFLICT from being taken for a join's condition. */
    int rc = orx_sql_get(
        s,
        "WITH m AS MATERIALIZED (SELECT *, (SELECT lane FROM attempt WHERE id = ?1) AS lane"
        " FROM attempt_metric JOIN attempt_route USING (attempt) WHERE attempt = ?1),"
        " scopes(scope) AS (VALUES (0), (1), (2))"
        " INSERT INTO metric_sum(lane, scope, key, responses, quality, latency_ms, difficulty, "
        "first_pass,"
        " passed, cost, input, output, estimated, exact, routed, fallback, latest, exact_cost,"
        " router_error, router_us)"
        " SELECT lane, scope, CASE scope WHEN 0 THEN '' WHEN 1 THEN owner"
        " ELSE provider END, 1, quality, latency_ms, difficulty, first_pass, passed, cost, input,"
        " output, estimated, exact, routed, fallback, attempt, exact_cost, router_error, router_us"
        " FROM m CROSS JOIN scopes"
        " WHERE true ON CONFLICT(lane, scope, key) DO UPDATE SET responses = responses + 1,"
        " quality = quality + excluded.quality, latency_ms = latency_ms + excluded.latency_ms,"
        " difficulty = difficulty + excluded.difficulty,"
        " first_pass = first_pass + excluded.first_pass, passed = passed + excluded.passed,"
        " cost = cost + excluded.cost, input = input + excluded.input,"
        " output = output + excluded.output, estimated = estimated + excluded.estimated,"
        " exact = exact + excluded.exact, routed = routed + excluded.routed,"
        " fallback = fallback + excluded.fallback, latest = excluded.latest,"
        " exact_cost = exact_cost + excluded.exact_cost,"
        " router_error = router_error + excluded.router_error,"
        " router_us = router_us + excluded.router_us",
        &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    int64_t n = orx_sql_run(q, err);
    orx_projection_dirty(s, "metrics_summary");
    return n < 0 ? (int)n : 0;
}

int orx_summary_anew(orx_store *s, orx_err *err) {
    orx_sql *q;
    int64_t attempt = 0;
    int rc = orx_sql_get(s, "DELETE FROM metric_sum", &q, err);
    int64_t n = rc < 0 ? rc : orx_sql_run(q, err);
    rc = n < 0 ? (int)n : 1;
    while (rc == 1) {
        rc = orx_sql_get(s,
                         "SELECT id FROM attempt WHERE id > ?1 AND verdict <> '' ORDER BY id"
                         " LIMIT 1",
                         &q, err);
        if (rc < 0)
            break;
        orx_sql_int(q, 1, attempt);
        rc = orx_sql_step(q, err);
        attempt = rc == 1 ? orx_sql_col_int(q, 0) : 0;
        orx_sql_reset(q);
        if (rc == 1 && (rc = orx_summary_add(s, attempt, err)) == 0)
            rc = 1;
    }
    return rc;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* Half to even, as the predecessor did. */
static double rounded(double value, double scale) {
    return nearbyint(value * scale) / scale;
}

static void put(orx_arena *a, orx_node *n, const char *key, double value) {
    orx_node_set(a, n, key, orx_node_new_double(a, rounded(value, 1e6)));
}

static void put_cost(orx_arena *a, orx_node *n, const char *key, double value) {
    orx_node_set(a, n, key, orx_node_new_double(a, rounded(value, 1e8)));
}

static void put_count(orx_arena *a, orx_node *n, const char *key, double value) {
    orx_node_set_int(a, n, key, (int64_t)value);
}

static double per(double value, double count) {
    return count > 0 ? value / count : 0.0;
}

static double tokens_of(const sums *m) {
    return m->input + m->output;
}

/* KEY_sum and KEY_avg. */
static void put_mean(orx_arena *a, orx_node *n, const char *key, double sum, double count) {
    put(a, n, orx_arena_printf(a, "%s_sum", key), sum);
    put(a, n, orx_arena_printf(a, "%s_avg", key), per(sum, count));
}

/* PREFIX_count and PREFIX_rate. */
static void put_share(orx_arena *a, orx_node *n, const char *prefix, double part, double count) {
    put_count(a, n, orx_arena_printf(a, "%s_count", prefix), part);
    put(a, n, orx_arena_printf(a, "%s_rate", prefix), per(part, count));
}

static void put_routing(orx_arena *a, orx_node *n, const char *prefix, const sums *m) {
    put_share(a, n, orx_arena_printf(a, "%sroutellm", prefix), m->routed, m->responses);
    put_share(a, n, orx_arena_printf(a, "%sfallback", prefix), m->fallback, m->responses);
    put_share(a, n, orx_arena_printf(a, "%srouter_error", prefix), m->router_error, m->responses);
}

/* ---- Per owner and provider ------------------------------------------------------------------ */

static orx_node *owner_node(orx_arena *a, const sums *m) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    put_count(a, n, "responses", m->responses);
    put_mean(a, n, "quality_score", m->quality, m->responses);
    put_mean(a, n, "latency_sec", m->latency, m->responses);
    put_mean(a, n, "prompt_difficulty_score", m->difficulty, m->responses);
    put_count(a, n, "first_time_pass", m->first_pass);
    put_count(a, n, "validation_passed", m->passed);
    put_cost(a, n, "cost_usd_total", m->cost);
    put_count(a, n, "tokens_total", tokens_of(m));
    put(a, n, "tokens_avg", per(tokens_of(m), m->responses));
    put_count(a, n, "token_exact_count", m->exact);
    put(a, n, "token_exact_coverage", per(m->exact, m->responses));
    put_routing(a, n, "routing_", m);
    put(a, n, "cost_per_million_tokens", per(m->cost * 1e6, tokens_of(m)));
    return n;
}

static orx_node *provider_node(orx_arena *a, const sums *m) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    put_count(a, n, "responses", m->responses);
    put_cost(a, n, "cost_usd_total", m->cost);
    put_count(a, n, "tokens_total", tokens_of(m));
    put_routing(a, n, "", m);
    put(a, n, "cost_per_million_tokens", per(m->cost * 1e6, tokens_of(m)));
    return n;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void advise(orx_node *list, orx_arena *a, bool when, const char *text) {
    if (when)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(text)));
}

static orx_node *advice(orx_arena *a, const sums *m) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    if (m->responses < 1)
        return list;
    advise(list, a, per(m->first_pass, m->responses) < 0.6,
           "First-time pass rate is below 60%: state acceptance criteria more precisely and split "
           "large tasks.");
    advise(list, a, per(m->latency, m->responses) > 180,
           "Average latency is above 180 s: use faster models for simple tasks and shorten "
           "prompts.");
    advise(list, a, per(m->exact_cost, m->responses) < 0.8,
           "Exact-cost coverage is below 80%: enter the prices of your models and have providers "
           "report tokens.");
    advise(list, a, per(m->exact, m->responses) < 0.6,
           "Exact-token coverage is below 60%: have providers report input and output tokens.");
    return list;
}

static void put_all(orx_arena *a, orx_node *n, const sums *m) {
    double tokens = tokens_of(m);
    put_count(a, n, "responses_total", m->responses);
    put_mean(a, n, "quality_score", m->quality, m->responses);
    put_mean(a, n, "latency_sec", m->latency, m->responses);
    put_mean(a, n, "prompt_difficulty_score", m->difficulty, m->responses);
    put_share(a, n, "first_time_pass", m->first_pass, m->responses);
    put_share(a, n, "acceptance_pass", m->passed, m->responses);
    put_count(a, n, "exact_cost_count", m->exact_cost);
    put(a, n, "exact_cost_coverage", per(m->exact_cost, m->responses));
    put_cost(a, n, "cost_usd_total", m->cost);
    put_cost(a, n, "cost_usd_avg", per(m->cost, m->responses));
    put_count(a, n, "tokens_total", tokens);
    put_count(a, n, "tokens_input_total", m->input);
    put_count(a, n, "tokens_output_total", m->output);
    put_count(a, n, "estimated_tokens_total", m->estimated);
    put(a, n, "tokens_avg", per(tokens, m->responses));
    put_count(a, n, "token_exact_count", m->exact);
    put(a, n, "token_exact_coverage", per(m->exact, m->responses));
    put(a, n, "token_rate_per_minute", per(tokens, m->latency) * 60);
    put(a, n, "estimated_cost_per_million_tokens", per(m->cost * 1e6, tokens));
    put_count(a, n, "routing_decisions_total", m->responses);
    put_routing(a, n, "routing_", m);
    put_mean(a, n, "routing_router_latency", m->router_latency, m->responses);
    orx_node_set(a, n, "optimization_recommendations", advice(a, m));
}

/* ---- The file -------------------------------------------------------------------------------- */

typedef struct latest {
    orx_store *s;
    orx_arena *arena;
    orx_node *row;
} latest;

static bool on_settled(const orx_event_row *e, void *user) {
    latest *l = user;
    l->row = orx_metrics_node(l->s, e, l->arena);
    return true;
}

/* The row of the newest attempt, as in response_metrics.ndjson; empty when the journal has let go
 * of it. */
static void put_latest(orx_store *s, orx_arena *a, orx_node *n, int64_t attempt) {
    latest l = {.s = s, .arena = a};
    const orx_event_filter filter = {.kind_prefix = "attempt.settled", .attempt = attempt};
    if (attempt)
        (void)orx_event_each(s, &filter, on_settled, &l, NULL);
    orx_node_set(a, n, "latest_metric", l.row ? l.row : orx_node_new(a, ORX_OBJECT));
}

static sums read_sums(orx_sql *q, orx_arena *a) {
    double v[13];
    for (int i = 0; i < (int)ORX_ARRAY_LEN(v); i++)
        v[i] = (double)orx_sql_col_int(q, 2 + i);
    return (sums){.key = orx_arena_dup(a, orx_sql_col_text(q, 1)),
                  .responses = v[0],
                  .quality = v[1] / 1e3,
                  .latency = v[2] / 1e3,
                  .difficulty = v[3],
                  .first_pass = v[4],
                  .passed = v[5],
                  .cost = v[6] / 1e9,
                  .input = v[7],
                  .output = v[8],
                  .estimated = v[9],
                  .exact = v[10],
                  .routed = v[11],
                  .fallback = v[12],
                  .exact_cost = (double)orx_sql_col_int(q, 16),
                  .router_error = (double)orx_sql_col_int(q, 17),
                  .router_latency = (double)orx_sql_col_int(q, 18) / 1e6,
                  .latest = orx_sql_col_int(q, 15)};
}

/* Owners and providers into their objects, *ret_all of all. */
static int read_all(orx_store *s, const char *lane, orx_arena *a, orx_node *owners,
                    orx_node *providers, sums *ret_all, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT scope, key, sum(responses), sum(quality), sum(latency_ms),"
                         " sum(difficulty), sum(first_pass), sum(passed), sum(cost), sum(input),"
                         " sum(output), sum(estimated), sum(exact), sum(routed), sum(fallback),"
                         " max(latest), sum(exact_cost), sum(router_error), sum(router_us)"
                         " FROM metric_sum WHERE ?1 IS NULL OR lane = ?1 GROUP BY scope, key"
                         " ORDER BY scope, key",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    while ((rc = orx_sql_step(q, err)) == 1) {
        int64_t scope = orx_sql_col_int(q, 0);
        sums m = read_sums(q, a);
        if (scope == OF_ALL)
            *ret_all = m;
        else if (scope == OF_OWNER)
            orx_node_set(a, owners, m.key, owner_node(a, &m));
        else
            orx_node_set(a, providers, m.key, provider_node(a, &m));
    }
    return rc;
}

int orx_summary_node(orx_store *s, const char *lane, int64_t now_ns, orx_arena *arena,
                     orx_node **ret_node, orx_err *err) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node *owners = orx_node_new(arena, ORX_OBJECT);
    orx_node *providers = orx_node_new(arena, ORX_OBJECT);
    sums all = {0};
    char now[ORX_ISO_MAX];
    int rc = s ? read_all(s, lane, arena, owners, providers, &all, err) : 0;
    if (rc < 0)
        return rc;
    orx_iso_time(now_ns, now);
    orx_node_set_str(arena, n, "timestamp", now);
    put_all(arena, n, &all);
    orx_node_set(arena, n, "by_owner", owners);
    orx_node_set(arena, n, "routing_by_provider", providers);
    put_latest(s, arena, n, all.latest);
    *ret_node = n;
    return 0;
}

int orx_summary_lanes(orx_store *s, orx_arena *arena, orx_summary_lane **ret_lanes, orx_err *err) {
    ORX_VEC(orx_summary_lane) lanes = {0};
    orx_sql *q;
    *ret_lanes = NULL;
    if (!s)
        return 0;
    int rc = orx_sql_get(s,
                         "SELECT lane, sum(responses) FROM metric_sum WHERE scope = 0"
                         " GROUP BY lane ORDER BY lane",
                         &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1) {
        const orx_summary_lane row = {.lane = orx_arena_dup(arena, orx_sql_col_text(q, 0)),
                                      .responses = orx_sql_col_int(q, 1)};
        orx_vec_push(&lanes, row);
    }
    orx_summary_lane *list = orx_arena_zalloc(arena, lanes.len + 1, sizeof *list);
    for (size_t i = 0; i < lanes.len; i++)
        list[i] = lanes.items[i];
    int count = (int)lanes.len;
    orx_vec_free(&lanes);
    *ret_lanes = list;
    return rc < 0 ? rc : count;
}

int orx_project_summary(orx_store *s, void *user ORX_UNUSED, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *n = NULL;
    const char *lane = orx_store_lane(s);
    int64_t now = orx_wall_ns(orx_store_platform(s));
    int rc = orx_summary_node(s, lane ? lane : "primary", now, &arena, &n, err);
    if (rc < 0)
        return rc;
    orx_json_write(out, n, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
    return 0;
}
