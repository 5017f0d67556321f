#include "route/recommend.h"

#include <math.h>
#include <string.h>

#define BUDGET_USD 0.01 /* [K] */

/* ---- Results --------------------------------------------------------------------------------- */

static int wrong(const char *file, const orx_node *at, const char *what, orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID, "%s:%u: %s", file, at ? at->line : 1, what);
}

static int check_row(const orx_node *row, const char *file, orx_err *err) {
    const orx_node *ms = orx_node_get(row, "duration_ms");
    const orx_node *passed = orx_node_get(row, "passed");
    if (row->kind != ORX_OBJECT || !*orx_node_str(orx_node_get(row, "id"), ""))
        return wrong(file, row, "expected a result {id, task_type, passed, duration_ms}", err);
    if (!*orx_node_str(orx_node_get(row, "task_type"), ""))
        return wrong(file, row, "expected a task_type", err);
    if (!passed || passed->kind != ORX_BOOL)
        return wrong(file, passed ? passed : row, "expected passed: true or false", err);
    if (!(orx_node_num(ms, -1) >= 0) || !isfinite(orx_node_num(ms, -1)))
        return wrong(file, ms ? ms : row, "expected a duration_ms of at least 0", err);
    return 0;
}

int orx_microbench_check(const orx_node *doc, const char *file, orx_err *err) {
    const orx_node *rows = orx_node_get(doc, "results");
    const orx_node *executed = orx_node_get(doc, "executed");
    if (!doc || doc->kind != ORX_OBJECT || !rows || rows->kind != ORX_ARRAY)
        return wrong(file, doc, "expected the results of a microbench {lane, executed, results[]}",
                     err);
    if (!orx_node_bool(executed, false))
        return wrong(file, executed ? executed : doc,
                     "these results were not measured (executed is not true); `orxaq "
                     "microbench-run` measures",
                     err);
    ORX_NODE_EACH(rows, row) {
        int rc = check_row(row, file, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool counts(const orx_node *row) {
    return orx_node_bool(orx_node_get(row, "ran"), true);
}

/* ---- One kind of tasks ----------------------------------------------------------------------- */

typedef struct kind {
    int64_t runs;
    int64_t passed;
    double ms;
} kind;

static kind sum_of(const orx_node *rows, const char *type) {
    kind k = {0};
    ORX_NODE_EACH(rows, row) {
        if (!counts(row) || strcmp(orx_node_str(orx_node_get(row, "task_type"), ""), type) != 0)
            continue;
        k.runs++;
        k.passed += orx_node_bool(orx_node_get(row, "passed"), false);
        k.ms += orx_node_num(orx_node_get(row, "duration_ms"), 0);
    }
    return k;
}

static orx_node *choice(orx_arena *a, const char *lane, const char *provider, const char *model,
                        const char *reason) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "lane", lane);
    orx_node_set_str(a, n, "provider", provider);
    orx_node_set_str(a, n, "model", model);
    orx_node_set(a, n, "budget_usd", orx_node_new_double(a, BUDGET_USD));
    orx_node_set_str(a, n, "reason", reason);
    return n;
}

static orx_node *choose(orx_arena *a, const kind *k, const orx_recommend_rules *rules) {
    double rate = (double)k->passed / (double)k->runs;
    double ms = k->ms / (double)k->runs;
    bool local = rate >= rules->min_pass_rate && ms <= rules->max_mean_ms;
    orx_node *n = local
                      ? choice(a, "L0", "lmstudio", "local-small", "high_pass_low_latency")
                      : choice(a, "L1", "lmstudio", "local-strong", "quality_or_latency_guardrail");
    orx_node_set_int(a, n, "runs", k->runs);
    orx_node_set(a, n, "pass_rate", orx_node_new_double(a, rate));
    orx_node_set(a, n, "mean_duration_ms", orx_node_new_double(a, ms));
    return n;
}

/* ---- All of them ----------------------------------------------------------------------------- */

int orx_recommend(const orx_node *doc, const char *file, const orx_recommend_rules *rules,
                  orx_arena *a, orx_node **ret_policy, orx_err *err) {
    const orx_node *rows = orx_node_get(doc, "results");
    const orx_node *lane = orx_node_get(doc, "lane");
    orx_node *types = orx_node_new(a, ORX_OBJECT);
    orx_node *few = orx_node_new(a, ORX_OBJECT);
    if (strcmp(orx_node_str(lane, ""), "L0") != 0)
        return wrong(file, lane ? lane : doc,
                     "expected results of lane L0: those of another say nothing of it", err);
    ORX_NODE_EACH(rows, row) {
        const char *type = orx_node_str(orx_node_get(row, "task_type"), "");
        if (orx_node_get(types, type) || orx_node_get(few, type))
            continue;
        kind k = sum_of(rows, type);
        if (k.runs < rules->min_runs || k.runs == 0)
            orx_node_set_int(a, few, type, k.runs);
        else
            orx_node_set(a, types, type, choose(a, &k, rules));
    }
    if (!types->count)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: no kind of tasks was run %lld times or more, so nothing is "
                           "recommended; run the microbench again, or lower --min-runs",
                           file, (long long)rules->min_runs);
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set(a, n, "default",
                 choice(a, "L0", "lmstudio", "local-small", "local_first_default"));
    orx_node_set(a, n, "task_types", types);
    orx_node_set(a, n, "too_few", few);
    *ret_policy = n;
    return 0;
}

/* ---- For people ------------------------------------------------------------------------------ */

static void add_choice(orx_str *out, const char *name, const orx_node *n) {
    orx_str_addf(out, "- %s: %s, %s (%s", name, orx_node_str(orx_node_get(n, "lane"), ""),
                 orx_node_str(orx_node_get(n, "model"), ""),
                 orx_node_str(orx_node_get(n, "reason"), ""));
    if (orx_node_get(n, "runs"))
        orx_str_addf(out, "; %lld runs, %.0f %% passed, %.2f ms",
                     (long long)orx_node_int(orx_node_get(n, "runs"), 0),
                     100 * orx_node_num(orx_node_get(n, "pass_rate"), 0),
                     orx_node_num(orx_node_get(n, "mean_duration_ms"), 0));
    orx_str_adds(out, ")\n");
}

void orx_recommend_text(const orx_node *policy, orx_str *out) {
    orx_str_adds(out, "# Recommended routing\n\n");
    add_choice(out, "default", orx_node_get(policy, "default"));
    ORX_NODE_EACH(orx_node_get(policy, "task_types"), n)
    add_choice(out, n->key.p, n);
    ORX_NODE_EACH(orx_node_get(policy, "too_few"), n)
    orx_str_addf(out, "- %s: nothing is recommended after %lld runs\n", n->key.p,
                 (long long)orx_node_int(n, 0));
}

void orx_microbench_text(const orx_node *doc, orx_str *out) {
    int64_t total = 0, passed = 0, priced = 0;
    double ms = 0, cost = 0;
    ORX_NODE_EACH(orx_node_get(doc, "results"), row) {
        if (!counts(row))
            continue;
        const orx_node *usd = orx_node_get(row, "cost_usd");
        total++;
        passed += orx_node_bool(orx_node_get(row, "passed"), false);
        ms += orx_node_num(orx_node_get(row, "duration_ms"), 0);
        priced += usd && usd->kind != ORX_NULL;
        cost += orx_node_num(usd, 0);
    }
    double runs = total ? (double)total : 1;
    orx_str_adds(out, "# Microbench\n\n");
    orx_str_addf(out, "- Seed: %lld\n", (long long)orx_node_int(orx_node_get(doc, "seed"), 0));
    orx_str_addf(out, "- Lane: %s\n", orx_node_str(orx_node_get(doc, "lane"), ""));
    orx_str_addf(out, "- Passed: %lld/%lld\n", (long long)passed, (long long)total);
    orx_str_addf(out, "- Mean duration: %.2f ms\n", ms / runs);
    if (priced < total)
        orx_str_addf(out, "- Mean cost: unknown (%lld of %lld runs have a price)\n",
                     (long long)priced, (long long)total);
    else
        orx_str_addf(out, "- Mean cost: %.6f USD\n", cost / runs);
}
