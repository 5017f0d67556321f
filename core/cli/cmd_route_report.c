/* orxaq route report: what routers buy for what they cost, on outcomes that no training saw. */
#include "cli/cli.h"

#include "base/map.h"
#include "cli/endpoint_files.h"
#include "cli/learning.h"
#include "cli/learning_vectors.h"
#include "platform/files.h"
#include "route/frontier.h"
#include "run/embedding.h"

#include <math.h>

#define TASKS_MAX  20000
#define ROUNDS     400 /* of the bootstrap */
#define WEIGHT_MAX 16  /* files */

typedef struct reporting {
    orx_cli *c;
    orx_node *tasks;  /* {title, text}, in the order of the rows */
    orx_node *models; /* names, likewise */
    orx_map task_numbers;
    orx_map model_numbers;
    int64_t used;
    int64_t preferences; /* rows that say nothing about passing */
    double *quality;     /* tasks * models; NAN = not tried */
    double *cost;        /* USD */
    double *weight;      /* 1 / propensity */
    double *raw;         /* for each model: how often it passed, nothing weighted */
    int64_t drawn;       /* rows that say how probable they were */
    double least;        /* of those probabilities */
    size_t count;        /* of frontiers */
    const char *names[WEIGHT_MAX];
    orx_frontier frontiers[WEIGHT_MAX];
} reporting;

static void reporting_free(reporting *r) {
    orx_map_free(&r->task_numbers);
    orx_map_free(&r->model_numbers);
}

/* ---- The table of outcomes ------------------------------------------------------------------- */

/* The number of a key, a new one with `fresh` appended to the list when there is none. */
static size_t number_of(const reporting *r, orx_map *map, orx_view key, orx_node *list,
                        orx_node *fresh) {
    size_t *number = orx_map_get(map, key);
    if (!number) {
        number = orx_arena_alloc(&r->c->arena, sizeof *number);
        *number = list->count;
        orx_node_push(list, fresh);
        orx_map_put(map, key, number);
    }
    return *number;
}

static size_t task_of(reporting *r, const orx_node *row) {
    orx_arena *a = &r->c->arena;
    const char *title = orx_node_str(orx_node_get(row, "title"), "");
    const char *text = orx_node_str(orx_node_get(row, "text"), "");
    const char *key = orx_arena_printf(a, "%s\n%s", title, text);
    orx_node *task = orx_node_new(a, ORX_OBJECT);
    const orx_node *vector = orx_node_get(row, "embedding");
    orx_node_set_str(a, task, "title", title);
    orx_node_set_str(a, task, "text", text);
    const orx_node *acceptance = orx_node_get(row, "acceptance");
    if (vector)
        orx_node_set(a, task, "embedding", orx_node_copy(a, vector));
    if (acceptance)
        orx_node_set(a, task, "acceptance", orx_node_copy(a, acceptance));
    return number_of(r, &r->task_numbers, orx_view_of(key), r->tasks, task);
}

static size_t model_of(reporting *r, const orx_node *row) {
    orx_view name = orx_view_of(orx_node_str(orx_node_get(row, "model"), ""));
    return number_of(r, &r->model_numbers, name, r->models, orx_node_new_str(&r->c->arena, name));
}

static int number_rows(reporting *r, const orx_node *rows, orx_err *err) {
    ORX_NODE_EACH(rows, row) {
        if (orx_node_get(row, "other")) {
            r->preferences++;
            continue;
        }
        (void)task_of(r, row);
        (void)model_of(r, row);
        r->used++;
    }
    if (r->tasks->count > TASKS_MAX || r->models->count > ORX_FRONTIER_MODELS)
        return orx_err_set(err, ORX_E_LIMIT,
                           "there are %u tasks and %u models; a report takes %d and %d",
                           r->tasks->count, r->models->count, TASKS_MAX, ORX_FRONTIER_MODELS);
    return r->used ? 0
                   : orx_err_set(err, ORX_E_INVALID,
                                 "no outcome is kept aside yet; record more tasks, or give rows "
                                 "with --import FILE");
}

/* What was seldom chosen stands for the times it was not. A row that does not say was certain. */
static double inverse_propensity(reporting *r, const orx_node *row) {
    double p = orx_node_num(orx_node_get(row, "propensity"), 0);
    if (!(p > 0 && p <= 1))
        return 1;
    r->least = r->drawn++ ? fmin(r->least, p) : p;
    return 1 / p;
}

/* Means over the tries of one task by one model; a cost that nobody knows is that of the model on
 * other tasks, 0 when nobody knows any. */
static void fill_table(reporting *r, const orx_node *rows) {
    size_t models = r->models->count;
    size_t cells = r->tasks->count * models;
    double *tries = orx_arena_zalloc(&r->c->arena, cells, sizeof(double));
    double *priced = orx_arena_zalloc(&r->c->arena, cells + 2 * models, sizeof(double));
    double *sums = priced + cells;
    double *rows_of = orx_arena_zalloc(&r->c->arena, models, sizeof(double));
    r->raw = orx_arena_zalloc(&r->c->arena, models, sizeof(double));
    r->weight = orx_arena_zalloc(&r->c->arena, cells, sizeof(double));
    r->quality = orx_arena_zalloc(&r->c->arena, cells, sizeof(double));
    r->cost = orx_arena_zalloc(&r->c->arena, cells, sizeof(double));
    ORX_NODE_EACH(rows, row) {
        if (orx_node_get(row, "other"))
            continue;
        size_t m = model_of(r, row);
        size_t i = task_of(r, row) * models + m;
        double cost = orx_node_num(orx_node_get(row, "cost"), -1) / 1e9;
        double label = orx_node_num(orx_node_get(row, "label"), 0);
        r->quality[i] += label;
        r->raw[m] += label;
        rows_of[m]++;
        r->weight[i] += inverse_propensity(r, row);
        tries[i]++;
        if (cost < 0)
            continue;
        r->cost[i] += cost;
        priced[i]++;
        sums[2 * m] += cost;
        sums[2 * m + 1]++;
    }
    for (size_t i = 0; i < cells; i++) {
        const double *sum = &sums[2 * (i % models)];
        r->quality[i] = tries[i] > 0 ? r->quality[i] / tries[i] : (double)NAN;
        r->weight[i] = tries[i] > 0 ? r->weight[i] / tries[i] : 1;
        r->cost[i] = priced[i] > 0 ? r->cost[i] / priced[i] : sum[1] > 0 ? sum[0] / sum[1] : 0;
    }
    for (size_t m = 0; m < models; m++)
        r->raw[m] = rows_of[m] > 0 ? r->raw[m] / rows_of[m] : (double)NAN;
}

/* ---- Frontiers ------------------------------------------------------------------------------- */

/* The tasks, with the vectors that these weights want. */
static int tasks_for(reporting *r, const char *weights, orx_node **ret_tasks, orx_err *err) {
    orx_arena *a = &r->c->arena;
    orx_node *question = orx_node_new(a, ORX_OBJECT);
    orx_learning_vectors took;
    const orx_node *answer = NULL;
    orx_node_set(a, question, "embedding", orx_node_new(a, ORX_OBJECT));
    int rc = orx_learning_ask(r->c, weights, question, &answer, err);
    const orx_embedding_need need = {
        .source = orx_node_str(orx_node_path(answer, "embedding.source"), NULL)};
    *ret_tasks = orx_node_copy(a, r->tasks);
    if (rc == 0 && orx_embedding_is_outside(&need) && *need.source)
        rc = orx_learning_embed(r->c, need.source, *ret_tasks, &took, err);
    return rc;
}

static int predictions(reporting *r, const char *weights, double *score, const char **ret_router,
                       orx_err *err) {
    orx_arena *a = &r->c->arena;
    orx_node *question = orx_node_new(a, ORX_OBJECT);
    orx_node *predict = orx_node_new(a, ORX_OBJECT);
    const orx_node *answer = NULL;
    orx_node *tasks = NULL;
    int rc = tasks_for(r, weights, &tasks, err);
    if (rc < 0)
        return rc;
    orx_node_set(a, predict, "tasks", tasks);
    orx_node_set(a, predict, "models", orx_node_copy(a, r->models));
    orx_node_set(a, question, "predict", predict);
    rc = orx_learning_ask(r->c, weights, question, &answer, err);
    if (rc < 0)
        return rc;
    size_t i = 0;
    ORX_NODE_EACH(orx_node_get(answer, "predictions"), list) {
        ORX_NODE_EACH(list, p)
        if (i < r->tasks->count * (size_t)r->models->count)
            score[i++] = orx_node_num(p, (double)NAN);
    }
    *ret_router = orx_node_str(orx_node_get(answer, "router"), "");
    return 0;
}

static int add_frontier(reporting *r, const char *file, orx_err *err) {
    size_t cells = r->tasks->count * (size_t)r->models->count;
    double *score = orx_arena_zalloc(&r->c->arena, cells, sizeof(double));
    const orx_frontier_data data = {.tasks = r->tasks->count,
                                    .models = r->models->count,
                                    .score = score,
                                    .quality = r->quality,
                                    .cost = r->cost,
                                    .weight = r->weight};
    int rc = predictions(r, orx_ep_path(r->c, file), score, &r->names[r->count], err);
    if (rc == 0)
        rc = orx_frontier_make(&data, 1, ROUNDS, &r->c->arena, &r->frontiers[r->count], err);
    if (rc == 0)
        r->count++;
    return rc;
}

static int add_frontiers(reporting *r, orx_err *err) {
    const orx_cli *c = r->c;
    if (c->arg_count == 0)
        return add_frontier(r, ORX_LEARNING_WEIGHTS, err);
    int rc =
        c->arg_count <= WEIGHT_MAX
            ? 0
            : orx_err_set(err, ORX_E_USAGE, "at most %d weights files are compared", WEIGHT_MAX);
    for (int i = 0; i < c->arg_count && rc == 0; i++)
        rc = add_frontier(r, c->args[i], err);
    return rc;
}

/* ---- Output ---------------------------------------------------------------------------------- */

static const char *model_name(const reporting *r, size_t number) {
    const orx_node *n = orx_node_first(r->models);
    while (number--)
        n = n->next;
    return orx_node_str(n, "");
}

static const char *interval_cell(const reporting *r, const orx_interval *v) {
    if (v->value > 1)
        return "-";
    return orx_arena_printf(&r->c->arena, "%.3f [%.3f, %.3f]", v->value, v->low, v->high);
}

static const char *usd_cell(const reporting *r, double usd) {
    return isfinite(usd) ? orx_arena_printf(&r->c->arena, "%.4g", usd) : "-";
}

static void print_models(const reporting *r) {
    static const char *const titles[] = {"MODEL", "TASKS",        "ACCEPTED", "UNWEIGHTED",
                                         "USD",   "USD/ACCEPTED", "",         NULL};
    const orx_frontier *f = &r->frontiers[0];
    orx_table *t = orx_table_new(r->c, titles);
    for (size_t m = 0; m < f->models; m++) {
        const orx_frontier_model *one = &f->model[m];
        const char *note = one->dominated   ? "dominated"
                           : m == f->weak   ? "weak"
                           : m == f->strong ? "strong"
                                            : "";
        const char *cells[] = {model_name(r, m),
                               orx_arena_printf(&r->c->arena, "%zu", one->observed),
                               orx_arena_printf(&r->c->arena, "%.1f %%", 100 * one->quality),
                               orx_arena_printf(&r->c->arena, "%.1f %%", 100 * r->raw[m]),
                               usd_cell(r, one->cost),
                               usd_cell(r, one->quality > 0 ? one->cost / one->quality : HUGE_VAL),
                               note};
        orx_table_row(t, cells, NULL);
    }
    orx_table_print(t);
}

static void print_routers(const reporting *r) {
    static const char *const titles[] = {"ROUTER",       "APGR",    "CPT50", "CPT80",
                                         "USD/ACCEPTED", "COVERED", NULL};
    orx_table *t = orx_table_new(r->c, titles);
    for (size_t i = 0; i < r->count; i++) {
        const orx_frontier *f = &r->frontiers[i];
        double least = 1;
        for (size_t p = 0; p < f->count; p++)
            least = fmin(least, f->points[p].coverage);
        const char *cells[] = {r->names[i],
                               interval_cell(r, &f->apgr),
                               interval_cell(r, &f->cpt50),
                               interval_cell(r, &f->cpt80),
                               usd_cell(r, f->cost_per_accepted),
                               orx_arena_printf(&r->c->arena, "%.0f %%", 100 * least)};
        orx_table_row(t, cells, NULL);
    }
    orx_table_print(t);
    orx_cli_printf(
        "\nAPGR: what of the gap between weak and strong is recovered, over all budgets "
        "between their costs; a random share to the strong one has 0.5. CPT50 and CPT80: "
        "the budget that recovers half and four fifths. Intervals of 95 %%. USD/ACCEPTED "
        "where four fifths are recovered. COVERED: tasks whose choice was tried, at "
        "least.\n");
}

static orx_node *interval_node(orx_arena *a, const orx_interval *v) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set(a, n, "value", orx_node_new_double(a, v->value));
    orx_node_set(a, n, "low", orx_node_new_double(a, v->low));
    orx_node_set(a, n, "high", orx_node_new_double(a, v->high));
    return n;
}

static void set_num(orx_arena *a, orx_node *n, const char *key, double value) {
    orx_node_set(a, n, key,
                 isfinite(value) ? orx_node_new_double(a, value) : orx_node_new(a, ORX_NULL));
}

static orx_node *points_node(orx_arena *a, const orx_frontier *f) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < f->count; i++) {
        const orx_frontier_point *p = &f->points[i];
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        set_num(a, n, "cost_usd", p->cost);
        set_num(a, n, "accepted", p->quality);
        set_num(a, n, "low", p->low);
        set_num(a, n, "high", p->high);
        set_num(a, n, "budget", p->budget);
        set_num(a, n, "pgr", p->pgr);
        set_num(a, n, "strong_share", p->strong_share);
        set_num(a, n, "coverage", p->coverage);
        orx_node_push(list, n);
    }
    return list;
}

static orx_node *router_node(const reporting *r, size_t i) {
    orx_arena *a = &r->c->arena;
    const orx_frontier *f = &r->frontiers[i];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "router", r->names[i]);
    orx_node_set(a, n, "apgr", interval_node(a, &f->apgr));
    orx_node_set(a, n, "cpt50", interval_node(a, &f->cpt50));
    orx_node_set(a, n, "cpt80", interval_node(a, &f->cpt80));
    set_num(a, n, "cost_per_accepted_usd", f->cost_per_accepted);
    set_num(a, n, "weak_cost_per_accepted_usd", f->weak_per_accepted);
    set_num(a, n, "strong_cost_per_accepted_usd", f->strong_per_accepted);
    orx_node_set(a, n, "points", points_node(a, f));
    return n;
}

static void print_json(const reporting *r) {
    orx_arena *a = &r->c->arena;
    orx_node *root = orx_node_new(a, ORX_OBJECT);
    orx_node *models = orx_node_new(a, ORX_ARRAY);
    orx_node *routers = orx_node_new(a, ORX_ARRAY);
    const orx_frontier *f = &r->frontiers[0];
    orx_node_set_int(a, root, "rows", r->used);
    orx_node_set_int(a, root, "tasks", r->tasks->count);
    orx_node_set_int(a, root, "preferences_left_out", r->preferences);
    orx_node_set_int(a, root, "rows_with_propensity", r->drawn);
    set_num(a, root, "least_propensity", r->drawn ? r->least : 1);
    orx_node_set_str(a, root, "weak", model_name(r, f->weak));
    orx_node_set_str(a, root, "strong", model_name(r, f->strong));
    for (size_t m = 0; m < f->models; m++) {
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "model", model_name(r, m));
        orx_node_set_int(a, n, "tasks", (int64_t)f->model[m].observed);
        set_num(a, n, "accepted", f->model[m].quality);
        set_num(a, n, "accepted_unweighted", r->raw[m]);
        set_num(a, n, "cost_usd", f->model[m].cost);
        orx_node_set_bool(a, n, "dominated", f->model[m].dominated);
        orx_node_push(models, n);
    }
    for (size_t i = 0; i < r->count; i++)
        orx_node_push(routers, router_node(r, i));
    orx_node_set(a, root, "models", models);
    orx_node_set(a, root, "routers", routers);
    orx_cli_json(r->c, root);
}

static int write_svg(const reporting *r, const char *file, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    const orx_frontier *all[WEIGHT_MAX];
    size_t models = r->models->count;
    const char **names = orx_arena_zalloc(&r->c->arena, models, sizeof *names);
    for (size_t i = 0; i < r->count; i++)
        all[i] = &r->frontiers[i];
    for (size_t m = 0; m < models; m++)
        names[m] = model_name(r, m);
    orx_frontier_svg(all, r->names, r->count, names, "USD per task", &out);
    return orx_write_atomic(r->c->p, orx_ep_path(r->c, file), orx_str_view(&out), 0644, err);
}

static int report(reporting *r, orx_err *err) {
    orx_learning_rows rows = {0};
    const char *svg = orx_cli_option(r->c, "svg");
    int rc = orx_learning_read(r->c, &rows, err);
    if (rc < 0)
        return rc;
    const orx_node *aside =
        orx_cli_option(r->c, "unseen") ? rows.all : orx_learning_part(r->c, &rows, true);
    rc = number_rows(r, aside, err);
    if (rc == 0) {
        fill_table(r, aside);
        rc = add_frontiers(r, err);
    }
    if (rc == 0 && svg)
        rc = write_svg(r, svg, err);
    if (rc < 0)
        return rc;
    if (r->c->json) {
        print_json(r);
        return 0;
    }
    orx_cli_printf("judged by %lld outcomes of %u tasks that no training saw\n\n",
                   (long long)r->used, r->tasks->count);
    print_models(r);
    if (r->drawn)
        orx_cli_printf("%lld outcomes say how probable their choice was, at least %.3g, and count "
                       "by the inverse of that\n",
                       (long long)r->drawn, r->least);
    orx_cli_printf("\n");
    print_routers(r);
    return 0;
}

int orx_cmd_route_report(orx_cli *c, orx_err *err) {
    reporting r = {.c = c};
    r.tasks = orx_node_new(&c->arena, ORX_ARRAY);
    r.models = orx_node_new(&c->arena, ORX_ARRAY);
    int rc = report(&r, err);
    reporting_free(&r);
    return rc < 0 ? rc : ORX_EXIT_OK;
}
