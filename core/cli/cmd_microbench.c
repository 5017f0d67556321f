/* orxaq microbench-run, microbench-report and recommend-routing-policy: how well the models of a
 * lane do small tasks whose answers are known, and which kinds of tasks can stay local. */
#include "cli/endpoint_files.h"
#include "cli/microbench.h"

#include "config/local.h"
#include "platform/files.h"
#include "route/recommend.h"

#include <math.h>
#include <stdlib.h>

#define RESULTS "artifacts/microbench_results.json"

static int whole(const orx_cli *c, const char *name, int64_t otherwise, int64_t *ret,
                 orx_err *err) {
    const char *text = orx_cli_option(c, name);
    *ret = otherwise;
    if (!text || (orx_view_to_i64(orx_view_of(text), ret) && *ret >= 0))
        return 0;
    return orx_err_set(err, ORX_E_USAGE, "--%s is a whole number from 0 on, not \"%s\"", name,
                       text);
}

static int fraction(const orx_cli *c, const char *name, double otherwise, double *ret,
                    orx_err *err) {
    const char *text = orx_cli_option(c, name);
    char *end = NULL;
    *ret = text ? strtod(text, &end) : otherwise;
    if (!text || (end != text && !*end && isfinite(*ret) && *ret >= 0))
        return 0;
    return orx_err_set(err, ORX_E_USAGE, "--%s is a number from 0 on, not \"%s\"", name, text);
}

static int write_text(orx_cli *c, const char *path, const orx_str *text, orx_err *err) {
    int rc = orx_ep_mkdir_for(c, path, err);
    return rc < 0 ? rc : orx_write_atomic(c->p, path, orx_str_view(text), 0644, err);
}

/* ---- microbench-run -------------------------------------------------------------------------- */

/* [K] */
static bool is_local_lane(const char *lane) {
    return strcmp(lane, "L0") == 0 || strcmp(lane, "L1") == 0;
}

static const orx_provider_config *provider_of(const orx_config *cfg, const char *lane) {
    bool local = is_local_lane(lane);
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const orx_provider_config *p = &cfg->providers[i];
        if (p->enabled && !p->stands_for && orx_config_is_local(p) == local)
            return p;
    }
    return NULL;
}

static int set_up(orx_cli *c, orx_bench *b, orx_err *err) {
    const char *name = orx_cli_option(c, "provider");
    b->c = c;
    b->lane = orx_ep_option(c, "lane", "L0");
    if (b->lane[0] != 'L' || !strchr("0123", b->lane[1]) || !b->lane[1] || b->lane[2])
        return orx_err_set(err, ORX_E_USAGE, "--lane is L0, L1, L2 or L3, not \"%s\"", b->lane);
    int rc = whole(c, "seed", 17, &b->seed, err);
    if (rc == 0)
        rc = orx_bench_suite(
            b, orx_ep_path(c, orx_ep_option(c, "suite", "config/microbench_suite.yaml")), err);
    if (rc < 0)
        return rc;
    b->provider = name ? orx_config_provider(c->cfg, name) : provider_of(c->cfg, b->lane);
    if (name && !b->provider)
        return orx_err_set(err, ORX_E_NOT_FOUND, "no provider is called \"%s\"", name);
    return 0;
}

/* Progress and summary of the run are not what this command prints. */
static int measure(orx_bench *b, orx_err *err) {
    orx_cli *c = b->c;
    const bool json = c->json;
    const bool quiet = c->quiet;
    c->json = false;
    c->quiet = true;
    int rc = orx_bench_run(b, err);
    c->json = json;
    c->quiet = quiet;
    return rc;
}

static orx_node *summary_of(const orx_bench *b, const orx_node *doc, const char *output) {
    orx_arena *a = &b->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    int64_t ran = 0, passed = 0;
    ORX_NODE_EACH(orx_node_get(doc, "results"), row) {
        ran += orx_node_bool(orx_node_get(row, "ran"), false);
        passed += orx_node_bool(orx_node_get(row, "passed"), false);
    }
    orx_node_set_bool(a, n, "executed", orx_node_bool(orx_node_get(doc, "executed"), false));
    orx_node_set_str(a, n, "lane", orx_node_str(orx_node_get(doc, "lane"), ""));
    orx_node_set_str(a, n, "output", output);
    orx_node_set_int(a, n, "passed", passed);
    orx_node_set_int(a, n, "ran", ran);
    if (orx_node_get(doc, "reason"))
        orx_node_set_str(a, n, "reason", orx_node_str(orx_node_get(doc, "reason"), ""));
    orx_node_set_int(a, n, "tasks", (int64_t)b->count);
    return n;
}

int orx_cmd_microbench_run(orx_cli *c, orx_err *err) {
    orx_bench b = {.c = c, .lane = "L0"};
    const char *why = NULL;
    int rc = orx_cli_config(c, err);
    const char *output = rc < 0 ? "" : orx_ep_path(c, orx_ep_option(c, "output", RESULTS));
    if (rc == 0)
        rc = set_up(c, &b, err);
    if (rc < 0)
        return rc;
    if (orx_cli_option(c, "dry-run"))
        why = "a dry run calls no model";
    else if (!b.provider)
        why = orx_arena_printf(&c->arena, "no enabled provider is %s; --provider names one",
                               is_local_lane(b.lane) ? "local" : "hosted");
    int code = why ? ORX_EXIT_OK : measure(&b, err);
    if (code < 0)
        return code;
    orx_node *doc = orx_bench_results(&b);
    bool executed = orx_node_bool(orx_node_get(doc, "executed"), false);
    if (!executed)
        orx_node_set_str(&c->arena, doc, "reason", why ? why : "no model answered");
    rc = orx_ep_write(c, output, doc, ORX_JSON_PY_INDENT, err);
    if (rc < 0)
        return rc;
    orx_ep_print(c, summary_of(&b, doc, output));
    if (code > ORX_EXIT_LEFTOVER) /* stopped, out of money, or somebody else is at it */
        return code;
    return executed || orx_cli_option(c, "dry-run") ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

/* ---- From results ---------------------------------------------------------------------------- */

static int read_results(orx_cli *c, const char **ret_path, const orx_node **ret_doc, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    *ret_path = orx_ep_path(c, orx_ep_option(c, "input", RESULTS));
    rc = orx_ep_read(c, *ret_path, ret_doc, err);
    if (rc == ORX_E_NOT_FOUND)
        return orx_err_set(err, rc, "%s is missing; `orxaq microbench-run` writes it", *ret_path);
    return rc < 0 ? rc : orx_microbench_check(*ret_doc, *ret_path, err);
}

int orx_cmd_microbench_report(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *doc = NULL;
    const char *input = NULL;
    int rc = read_results(c, &input, &doc, err);
    if (rc < 0)
        return rc;
    const char *output = orx_ep_option(c, "output", "artifacts/microbench_report.md");
    orx_microbench_text(doc, &text);
    rc = write_text(c, orx_ep_path(c, output), &text, err);
    if (rc < 0)
        return rc;
    orx_cli_print(orx_str_view(&text));
    return ORX_EXIT_OK;
}

int orx_cmd_recommend(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_recommend_rules rules = {0};
    const orx_node *doc = NULL;
    orx_node *policy = NULL;
    const char *input = NULL;
    int rc = whole(c, "min-runs", 4, &rules.min_runs, err);
    if (rc == 0)
        rc = fraction(c, "min-pass-rate", 0.9, &rules.min_pass_rate, err);
    if (rc == 0)
        rc = fraction(c, "max-ms", 220, &rules.max_mean_ms, err);
    if (rc == 0)
        rc = read_results(c, &input, &doc, err);
    if (rc == 0)
        rc = orx_recommend(doc, input, &rules, &c->arena, &policy, err);
    if (rc < 0)
        return rc;
    const char *output = orx_ep_option(c, "output", "artifacts/recommended_routing_policy.yaml");
    const char *diff = orx_ep_option(c, "diff-output", "artifacts/routing_policy_diff.md");
    orx_recommend_text(policy, &text);
    rc = orx_ep_write(c, orx_ep_path(c, output), policy, ORX_JSON_PY_INDENT, err);
    if (rc == 0)
        rc = write_text(c, orx_ep_path(c, diff), &text, err);
    if (rc < 0)
        return rc;
    if (c->terminal && !c->json)
        orx_cli_print(orx_str_view(&text));
    else
        orx_ep_print(c, policy);
    return c->strict && orx_node_get(policy, "too_few")->count ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}
