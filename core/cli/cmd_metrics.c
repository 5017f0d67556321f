/* orxaq metrics: what attempts came to, and the windows of what they cost. */
#include "cli/metrics.h"

#include "cli/health_view.h"
#include "cli/provider_cost.h"

#include "money/authority.h"
#include "money/caps.h"
#include "money/day_budget.h"
#include "run/metrics_doc.h"

#define STALE_SEC 900

static double number(const orx_node *doc, const char *key) {
    return orx_node_num(orx_node_get(doc, key), 0);
}

/* ---- The document ---------------------------------------------------------------------------- */

/* A root without a journal is one where nothing was run. */
static int open_journal(orx_cli *c, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int rc = c->store ? 0 : orx_cli_store(c, ORX_STORE_READ_ONLY, &why);
    return rc < 0 && rc != ORX_E_NOT_FOUND ? orx_err_set(err, rc, "%s", why.msg) : 0;
}

int orx_cli_day_budget(orx_cli *c, orx_node **ret_block, orx_err *err) {
    int rc = open_journal(c, err);
    if (rc < 0)
        return rc;
    const orx_budget b = orx_budget_of(c->cfg, NULL, &c->arena);
    return orx_day_budget(c->store, &b, orx_wall_ns(c->p), &c->arena, ret_block, err);
}

static int put_budget(orx_cli *c, orx_node *doc, orx_err *err) {
    orx_node *block = NULL;
    int rc = orx_cli_day_budget(c, &block, err);
    if (rc < 0)
        return rc;
    const char *advice = orx_day_budget_advice(block, &c->arena);
    orx_node *list = (orx_node *)orx_node_get(doc, "optimization_recommendations");
    if (advice)
        orx_node_push(list, orx_node_new_str(&c->arena, orx_view_of(advice)));
    orx_node_set(&c->arena, doc, "swarm_daily_budget", block);
    return 0;
}

/* [K] how old a bill may be; what is no such number is the default. */
static int64_t stale_sec(const orx_cli *c) {
    const char *text = orx_config_env(c->cfg, "ORXAQ_AUTONOMY_PROVIDER_COST_STALE_SEC");
    int64_t sec = 0;
    return text && orx_view_to_i64(orx_view_of(text), &sec) && sec >= 1 ? sec : STALE_SEC;
}

static int put_bills(orx_cli *c, orx_node *doc, orx_err *err) {
    const orx_cost_files files = {
        .records = orx_cost_path(c, "output-records", "provider_costs/records.ndjson"),
        .summary = orx_cost_path(c, "output-summary", "provider_costs/summary.json"),
        .stale_sec = stale_sec(c)};
    return orx_authority_put(c->store, &files, orx_wall_ns(c->p), doc, &c->arena, err);
}

int orx_cli_metrics(orx_cli *c, orx_node **ret_doc, orx_err *err) {
    int rc = orx_metrics_document(c->store, orx_wall_ns(c->p), &c->arena, ret_doc, err);
    if (rc == 0)
        rc = put_bills(c, *ret_doc, err);
    if (rc == 0)
        rc = put_budget(c, *ret_doc, err);
    return rc < 0 ? rc : orx_cli_metrics_sources(c, *ret_doc, err);
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
        rc = open_journal(c, err);
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
