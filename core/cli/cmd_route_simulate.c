/* orxaq route simulate: the recorded decisions, put to another router or a strategy. */
#include "cli/cli.h"

#include "platform/files.h"
#include "route/strategy.h"
#include "run/kv.h"
#include "run/simulate.h"

#define FILE_MAX ((size_t)4 << 20)
#define SHOWN    20 /* rows for people; --json has all */

/* ---- Which router ---------------------------------------------------------------------------- */

/* Whether a file is a RouteLLM policy rather than a configuration. */
static bool is_policy(const orx_node *doc) {
    return orx_node_get(doc, "model_catalog") && !orx_node_get(doc, "routers");
}

static int scorecard(orx_cli *c, const char *policy, orx_instance **ret_router, orx_err *err) {
    static const orx_plugin_ref ref = {.name = "scorecard"};
    const orx_plugin *plugin = NULL;
    const char *profile = orx_cli_option(c, "profile");
    orx_node *settings = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, settings, "policy", policy);
    orx_node_set_str(&c->arena, settings, "profile", profile ? profile : "fast");
    int rc = orx_plugins_load(c->plugins, &ref, &plugin, err);
    if (rc < 0)
        return rc;
    const orx_instance_spec spec = {
        .plugin = plugin, .name = "simulated", .settings = settings, .path = "settings"};
    return orx_instance_new(c->plugins, &spec, ret_router, err);
}

/* The entry of a configuration's routers. */
static int read_router(orx_cli *c, const char *file, const char **ret_name, orx_err *err) {
    const char *name = orx_cli_option(c, "router");
    *ret_name = name ? name : c->cfg->run.router;
    if (*ret_name)
        return 0;
    return orx_err_set(err, ORX_E_USAGE,
                       "%s sets no run.router: name an entry of its routers with --router, or "
                       "give a policy (config/routellm_policy.json)",
                       file);
}

/* True when --strategy names one; an error when it names none. */
static int read_strategy(orx_cli *c, bool policy, orx_decider *by, orx_err *err) {
    const char *name = orx_cli_option(c, "strategy");
    if (!name)
        return 0;
    if (policy)
        return orx_err_set(err, ORX_E_USAGE,
                           "--strategy needs a configuration, which says what its providers are "
                           "like; the file is a policy");
    if (orx_cli_option(c, "router"))
        return orx_err_set(err, ORX_E_USAGE, "--router and --strategy: give one of them");
    if (!orx_strategy_named(name, &by->strategy))
        return orx_err_set(err, ORX_E_USAGE,
                           "--strategy %s: expected one of order, simple-shuffle, least-busy, "
                           "latency, cost, usage, priority and local-first-saturate",
                           name);
    return 1;
}

/* The file is read before the configuration, since it may be the one to use. */
static int open_all(orx_cli *c, const char *file, orx_decider *by, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const char *name = NULL;
    const orx_node *doc = NULL;
    int rc = orx_read_file(c->p, file, FILE_MAX, &bytes, err);
    if (rc == 0)
        rc = orx_doc_parse(&c->arena, file, orx_str_view(&bytes), &orx_limits_config, &doc, err);
    bool policy = rc == 0 && is_policy(doc);
    if (rc == 0 && !policy)
        c->config_file = file;
    if (rc == 0)
        rc = orx_cli_config(c, err);
    by->cfg = c->cfg;
    int ordered = rc == 0 ? read_strategy(c, policy, by, err) : rc;
    if (ordered < 0)
        return ordered;
    if (rc == 0 && !policy && !ordered)
        rc = read_router(c, file, &name, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_READ_ONLY, err);
    if (rc == 0)
        rc = orx_cli_plugins(c, err);
    if (rc < 0 || ordered)
        return rc;
    orx_plugins_set_kv(c->plugins, &orx_run_kv, c->store);
    return policy ? scorecard(c, file, &by->router, err)
                  : orx_run_make_router(c->cfg, c->plugins, name, &by->router, err);
}

/* ---- Telling --------------------------------------------------------------------------------- */

static void put_known(orx_arena *a, orx_node *n, const char *key, int64_t value) {
    if (value >= 0)
        orx_node_set_int(a, n, key, value);
}

static orx_node *row_node(orx_arena *a, const orx_replayed *r) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    bool same = strcmp(r->chose, r->would) == 0;
    orx_node_set_int(a, n, "attempt", r->attempt);
    orx_node_set_str(a, n, "task", r->task);
    orx_node_set_str(a, n, "verdict", r->verdict);
    orx_node_set_str(a, n, "chose", r->chose);
    orx_node_set_str(a, n, "would_choose", r->would);
    orx_node_set_str(a, n, *r->would ? "reason" : "error", r->why);
    if (*r->would)
        orx_node_set_bool(a, n, "same", same);
    if (*r->would)
        orx_node_set_str(a, n, "outcome",
                         r->kind < 0 ? "unknown_counterfactual" : orx_outcome_kind_name(r->kind));
    put_known(a, n, "cost_nano_usd", r->cost);
    put_known(a, n, "expected_nano_usd", r->expected);
    if (*r->would && !same)
        orx_node_set_int(a, n, "expected_from_calls", r->samples);
    return n;
}

static void print_json(orx_cli *c, const orx_simulation *s) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {
        {"decisions", (int64_t)s->count},   {"skipped", (int64_t)s->skipped},
        {"same", (int64_t)s->same},         {"differ", (int64_t)s->differ},
        {"failed", (int64_t)s->failed},     {"unknown_counterfactuals", (int64_t)s->unknown},
        {"compared", (int64_t)s->compared}, {"recorded_nano_usd", s->recorded},
        {"expected_nano_usd", s->expected}, {"difference_nano_usd", s->expected - s->recorded}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(numbers); i++)
        orx_node_set_int(a, n, numbers[i].key, numbers[i].value);
    for (size_t i = 0; i < s->count; i++)
        orx_node_push(rows, row_node(a, &s->items[i]));
    orx_node_set(a, n, "rows", rows);
    orx_cli_json(c, n);
}

static const char *cost_cell(orx_cli *c, int64_t cost) {
    return cost < 0 ? "?" : orx_cli_usd(c, cost);
}

static void print_rows(orx_cli *c, const orx_simulation *s) {
    static const char *const titles[] = {
        "ATTEMPT", "TASK", "CHOSE", "WOULD CHOOSE", "WHY", "OUTCOME", "COST", "EXPECTED", NULL};
    orx_table *t = orx_table_new(c, titles);
    size_t shown = 0;
    for (size_t i = s->count; i-- > 0 && shown < SHOWN;) {
        const orx_replayed *r = &s->items[i];
        if (strcmp(r->chose, r->would) == 0)
            continue;
        const char *cells[] = {orx_arena_printf(&c->arena, "%lld", (long long)r->attempt),
                               r->task,
                               r->chose,
                               *r->would ? r->would : "-",
                               r->why,
                               r->kind < 0 ? "unknown" : orx_outcome_kind_name(r->kind),
                               cost_cell(c, r->cost),
                               cost_cell(c, r->expected)};
        orx_table_row(t, cells, *r->would ? NULL : "31");
        shown++;
    }
    if (shown)
        orx_table_print(t);
}

static void print(orx_cli *c, const orx_simulation *s) {
    print_rows(c, s);
    orx_cli_printf("decisions  %zu replayed, %zu skipped since their task or call is not known any "
                   "more\n",
                   s->count, s->skipped);
    orx_cli_printf("choices    %zu the same, %zu different, %zu the router could not make\n",
                   s->same, s->differ, s->failed);
    if (s->differ)
        orx_cli_printf("outcomes   %zu of those that differ are counterfactual: nobody knows what "
                       "would have come of them\n",
                       s->unknown);
    if (s->compared)
        orx_cli_printf("cost       %s expected instead of %s recorded, in %zu that differ; of %zu "
                       "it is not known\n",
                       orx_cli_usd(c, s->expected), orx_cli_usd(c, s->recorded), s->compared,
                       s->differ - s->compared);
}

/* ---- The command ----------------------------------------------------------------------------- */

static int read_limit(const orx_cli *c, int *ret_limit, orx_err *err) {
    const char *text = orx_cli_option(c, "limit");
    int64_t n = 0;
    if (text && (!orx_view_to_i64(orx_view_of(text), &n) || n < 1 || n > ORX_SIMULATE_MAX))
        return orx_err_set(err, ORX_E_USAGE, "--limit %s: expected a number from 1 to %d", text,
                           ORX_SIMULATE_MAX);
    *ret_limit = (int)n;
    return 0;
}

int orx_cmd_route_simulate(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str file = {0};
    orx_decider by = {0};
    orx_simulation s = {0};
    int limit = 0;
    int rc = read_limit(c, &limit, err);
    if (rc == 0)
        rc = orx_realpath(c->p, c->args[0], &file, err);
    if (rc == 0)
        rc = open_all(c, orx_arena_strdup(&c->arena, orx_str_cstr(&file)), &by, err);
    if (rc == 0)
        rc = orx_run_simulate(c->store, &by, 0, limit, &c->arena, &s, err);
    orx_instance_free(by.router);
    if (rc < 0)
        return rc;
    if (c->json)
        print_json(c, &s);
    else
        print(c, &s);
    return s.failed && s.failed == s.count ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}
