/* orxaq run --estimate: what the queue may cost, task by task, against what the caps have left. */
#include "cli/cli.h"

#include "base/vec.h"
#include "money/caps.h"
#include "run/estimate.h"

#include <stdio.h>

typedef struct estimating {
    orx_cli *c;
    ORX_VEC(orx_run_estimate) tasks;
} estimating;

/* What some of the tasks come to. */
typedef struct sum {
    int64_t low;
    int64_t high;
    int64_t unknown; /* tasks of which nobody knows */
} sum;

static void on_task(const orx_run_estimate *e, void *user) {
    estimating *g = user;
    orx_run_estimate copy = *e;
    copy.task = orx_arena_strdup(&g->c->arena, e->task);
    copy.title = orx_arena_strdup(&g->c->arena, e->title);
    orx_vec_push(&g->tasks, copy);
}

static void on_note(const orx_run_note *n, void *user ORX_UNUSED) {
    if (n->kind == ORX_NOTE_PROBLEM)
        (void)fprintf(stderr, "orxaq: %s\n", n->text);
}

static int64_t add(int64_t a, int64_t b) {
    int64_t both;
    return __builtin_add_overflow(a, b, &both) ? INT64_MAX : both;
}

static bool applies(const orx_cap *cap, const char *provider) {
    if (cap->scope == ORX_CAP_PROVIDER)
        return strcmp(cap->name, provider) == 0;
    for (const char *const *p = cap->providers; cap->scope == ORX_CAP_ACCOUNT && *p; p++)
        if (strcmp(*p, provider) == 0)
            return true;
    return cap->scope == ORX_CAP_SWARM || cap->scope == ORX_CAP_LANE;
}

/* Of all tasks, or of those that a cap is about. */
static sum sum_of(const estimating *g, const orx_cap *cap) {
    sum s = {0};
    for (size_t i = 0; i < g->tasks.len; i++) {
        const orx_run_estimate *e = &g->tasks.items[i];
        if (cap && !applies(cap, e->provider))
            continue;
        s.unknown += e->high < 0;
        s.low = add(s.low, e->low > 0 ? e->low : 0);
        s.high = add(s.high, e->high > 0 ? e->high : 0);
    }
    return s;
}

static const char *verdict(const sum *s, int64_t left) {
    if (s->low > left)
        return "does not fit";
    return s->high > left || s->unknown ? "may not fit" : "fits";
}

/* ---- For people ------------------------------------------------------------------------------ */

static const char *usd(orx_cli *c, int64_t nano) {
    return nano < 0 ? "unknown" : orx_cli_usd(c, nano);
}

static const char *tokens(orx_cli *c, int64_t n) {
    return n < 0 ? "unknown" : orx_cli_count(c, n);
}

static const char *basis(orx_cli *c, const orx_run_estimate *e) {
    switch (e->basis) {
    case ORX_ESTIMATE_CALLS:
        return orx_arena_printf(&c->arena, "%lld newest call%s", (long long)e->calls,
                                e->calls == 1 ? "" : "s");
    case ORX_ESTIMATE_RESERVE:
        return "no call yet: what is reserved";
    case ORX_ESTIMATE_UNKNOWN:
    default:
        return "no call yet, and no price";
    }
}

static void print_tasks(const estimating *g) {
    static const char *const titles[] = {"TASK",    "PROVIDER/MODEL", "IN",    "OUT",
                                         "USD LOW", "USD HIGH",       "BASIS", NULL};
    orx_cli *c = g->c;
    orx_table *t = orx_table_new(c, titles);
    for (size_t i = 0; i < g->tasks.len; i++) {
        const orx_run_estimate *e = &g->tasks.items[i];
        const char *who =
            *e->model ? orx_arena_printf(&c->arena, "%s/%s", e->provider, e->model) : e->provider;
        const char *const cells[] = {
            e->task,         who,        tokens(c, e->input), tokens(c, e->output), usd(c, e->low),
            usd(c, e->high), basis(c, e)};
        orx_table_row(t, cells, e->high < 0 ? "33" : NULL);
    }
    orx_table_print(t);
}

static void print_total(const estimating *g) {
    orx_cli *c = g->c;
    sum all = sum_of(g, NULL);
    orx_cli_printf("\n%zu task%s, one call each: %s to %s USD", g->tasks.len,
                   g->tasks.len == 1 ? "" : "s", orx_cli_usd(c, all.low), orx_cli_usd(c, all.high));
    if (all.unknown)
        orx_cli_printf(", and %lld of which nobody knows", (long long)all.unknown);
    orx_cli_printf("; retries come on top%s\n",
                   c->cfg->run.router ? ", and the router may choose others" : "");
}

static void print_cap(orx_cli *c, const orx_budget_state *st, const sum *s, int64_t left) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    orx_cap_name(st->cap, &name);
    orx_cli_printf("%s: %s of %s USD left, %s (%s)\n", name.buf, orx_cli_usd(c, left),
                   orx_cli_usd(c, st->limit), verdict(s, left), st->cap->key);
}

/* ---- For programs ---------------------------------------------------------------------------- */

static void put(orx_arena *a, orx_node *n, const char *key, int64_t value) {
    orx_node_set(a, n, key, value < 0 ? orx_node_new(a, ORX_NULL) : orx_node_new_int(a, value));
}

static orx_node *tasks_node(const estimating *g) {
    orx_arena *a = &g->c->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < g->tasks.len; i++) {
        const orx_run_estimate *e = &g->tasks.items[i];
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "task", e->task);
        orx_node_set_str(a, n, "title", e->title);
        orx_node_set_str(a, n, "provider", e->provider);
        orx_node_set_str(a, n, "model", e->model);
        orx_node_set_str(a, n, "basis", orx_estimate_word(e->basis));
        orx_node_set_int(a, n, "calls", e->calls);
        put(a, n, "input_tokens", e->input);
        put(a, n, "output_tokens", e->output);
        put(a, n, "low_nano_usd", e->low);
        put(a, n, "high_nano_usd", e->high);
        orx_node_push(list, n);
    }
    return list;
}

static orx_node *cap_node(orx_arena *a, const orx_budget_state *st, const sum *s, int64_t left) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "key", st->cap->key);
    orx_node_set_str(a, n, "name", st->cap->name);
    orx_node_set_int(a, n, "left_nano_usd", left);
    orx_node_set_int(a, n, "low_nano_usd", s->low);
    orx_node_set_int(a, n, "high_nano_usd", s->high);
    orx_node_set_int(a, n, "unknown_tasks", s->unknown);
    orx_node_set_str(a, n, "verdict", verdict(s, left));
    return n;
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* Caps of a task or an attempt are about what one of them may cost, not about the queue. */
static int show_caps(const estimating *g, orx_node *list, orx_err *err) {
    orx_cli *c = g->c;
    const orx_budget b = orx_budget_of(c->cfg, orx_run_lane(c->cfg), &c->arena);
    for (size_t i = 0; i < b.count; i++) {
        orx_budget_state st;
        if (orx_cap_is_of_unit(&b.caps[i]))
            continue;
        int rc = orx_budget_look_at(c->store, &b, &b.caps[i], NULL, &st, err);
        if (rc < 0)
            return rc;
        sum s = sum_of(g, st.cap);
        int64_t left = st.limit - st.spent - st.reserved;
        left = left > 0 ? left : 0;
        if (list)
            orx_node_push(list, cap_node(&c->arena, &st, &s, left));
        else
            print_cap(c, &st, &s, left);
    }
    return 0;
}

static int show_json(const estimating *g, orx_err *err) {
    orx_arena *a = &g->c->arena;
    sum all = sum_of(g, NULL);
    orx_node *doc = orx_node_new(a, ORX_OBJECT);
    orx_node *caps = orx_node_new(a, ORX_ARRAY);
    int rc = show_caps(g, caps, err);
    orx_node_set(a, doc, "tasks", tasks_node(g));
    orx_node_set_int(a, doc, "low_nano_usd", all.low);
    orx_node_set_int(a, doc, "high_nano_usd", all.high);
    orx_node_set_int(a, doc, "unknown_tasks", all.unknown);
    orx_node_set_bool(a, doc, "router", g->c->cfg->run.router != NULL);
    orx_node_set(a, doc, "caps", caps);
    if (rc == 0)
        orx_cli_json(g->c, doc);
    return rc;
}

/* The plan is made in a transaction that ends with the runner and changes nothing. */
static int collect(estimating *g, orx_err *err) {
    orx_runner *runner = NULL;
    orx_run_end end = ORX_RUN_ALL_DONE;
    const orx_run_setup setup = {.cfg = g->c->cfg,
                                 .store = g->c->store,
                                 .plugins = g->c->plugins,
                                 .exe = g->c->exe,
                                 .dry_run = true,
                                 .estimated = on_task,
                                 .listener = on_note,
                                 .user = g};
    int rc = orx_runner_new(g->c->p, &setup, &runner, err);
    if (rc == 0)
        rc = orx_runner_run(runner, &end, err);
    orx_runner_free(runner);
    return rc;
}

int orx_cmd_run_estimate(orx_cli *c, orx_err *err) {
    estimating g = {.c = c};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store_for_plan(c, err);
    if (rc == 0)
        rc = orx_cli_plugins(c, err);
    if (rc == 0)
        rc = collect(&g, err);
    if (rc == 0 && c->json)
        rc = show_json(&g, err);
    if (rc == 0 && !c->json) {
        print_tasks(&g);
        print_total(&g);
        rc = show_caps(&g, NULL, err);
    }
    orx_vec_free(&g.tasks);
    return rc < 0 ? rc : ORX_EXIT_OK;
}
