/* What a scaling decision rests on: the queue, what attempts came to, what today has cost. */
#include "cli/scaling.h"

#include "cli/lanes.h"
#include "cli/learning.h"
#include "data/doc.h"
#include "money/books.h"
#include "money/cap_clock.h"
#include "money/window.h"
#include "platform/files.h"
#include "run/outcomes.h"
#include "task/task.h"

#include <math.h>

#define DAY_NS     (86400 * ORX_SEC)
#define LOOK_BACK  (30 * DAY_NS)
#define USD_NANO   1e9
#define TASKS_MAX  ((size_t)64 << 20)
#define ASKED_MAX  500 /* tasks that weights are asked about */
#define MODELS_MAX 64

typedef struct gathering {
    orx_cli *c;
    orx_lanes lanes;
    orx_outcomes *measured;
    int measured_count;
    orx_spend_sum *spent; /* today, by lane */
    int spent_count;
    double day_left;
    const char *routing;
    const char *weights; /* NULL = none */
    const char *prediction_error;
} gathering;

/* ---- The queue ------------------------------------------------------------------------------- */

/* What the journal knows nothing of yet. */
static double tasks_in_file(const gathering *g, const orx_lane *lane) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *doc = NULL;
    if (orx_read_file(g->c->p, lane->tasks_file, TASKS_MAX, &text, NULL) < 0 ||
        orx_doc_parse(&a, lane->tasks_file, orx_str_view(&text), &orx_limits_data, &doc, NULL) < 0)
        return 0;
    const orx_node *list = doc->kind == ORX_ARRAY ? doc : orx_node_get(doc, "tasks");
    if (list && list->kind == ORX_ARRAY)
        return list->count;
    return doc->kind == ORX_OBJECT;
}

static double open_tasks(const gathering *g, const orx_lane_group *group) {
    double open = 0;
    for (size_t i = 0; i < group->count; i++) {
        orx_task_counts n = {0};
        if (orx_task_count(g->c->store, group->members[i]->id, &n, NULL) < 0)
            return (double)NAN;
        bool told = n.total && !orx_lane_has_news(g->c->p, group->members[i]);
        double listed = told ? 0 : tasks_in_file(g, group->members[i]) - (double)n.done;
        open += fmax((double)(n.pending + n.in_progress), listed);
    }
    return open;
}

/* ---- What attempts came to ------------------------------------------------------------------- */

static bool has_lane(const orx_lane_group *group, const char *lane) {
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->members[i]->id, lane) == 0)
            return true;
    return false;
}

/* Sums over the lanes of a group (NULL: all) and one deployment (NULL: all). */
static orx_outcomes sum_of(const gathering *g, const orx_lane_group *group,
                           const char *deployment) {
    orx_outcomes sum = {0};
    for (int i = 0; i < g->measured_count; i++) {
        const orx_outcomes *m = &g->measured[i];
        if ((group && !has_lane(group, m->lane)) ||
            (deployment && strcmp(m->deployment, deployment) != 0))
            continue;
        sum.outcomes += m->outcomes;
        sum.passed += m->passed;
        sum.priced += m->priced;
        sum.cost_usd += m->cost_usd;
        sum.timed += m->timed;
        sum.seconds += m->seconds;
    }
    return sum;
}

static double ratio(double sum, int64_t count) {
    return count > 0 ? sum / (double)count : (double)NAN;
}

static orx_npv_work work_of(const gathering *g, const orx_outcomes *m, double tasks) {
    return (orx_npv_work){
        .tasks = tasks,
        .pass_rate = ratio((double)m->passed, m->outcomes),
        .outcomes = (double)m->outcomes,
        .cost = ratio(m->cost_usd, m->priced),
        .seconds = ratio(m->seconds, m->timed),
        .attempts = (double)g->c->cfg->retry.max_attempts,
    };
}

/* ---- Today ----------------------------------------------------------------------------------- */

static double spent_by(const gathering *g, const orx_lane_group *group) {
    double usd = 0;
    for (int i = 0; i < g->spent_count; i++) {
        if (!has_lane(group, g->spent[i].key))
            continue;
        if (g->spent[i].unknown)
            return (double)NAN;
        usd += (double)g->spent[i].cost / USD_NANO;
    }
    return usd;
}

static int read_today(gathering *g, orx_err *err) {
    orx_cli *c = g->c;
    orx_cap_clock clock;
    int rc = orx_cap_clock_read(c->store, &clock, err);
    if (rc < 0)
        return rc;
    int64_t now = orx_wall_ns(c->p);
    int64_t begin = orx_cap_day(&clock, c->cfg->money.zone);
    int64_t end = orx_day_away(now, 1, c->cfg->money.zone);
    g->day_left = fmin(1, fmax(0, (double)(end - now) / (double)DAY_NS));
    g->spent_count =
        orx_books_sum(c->store, begin, INT64_MAX, ORX_SPEND_LANE, &c->arena, &g->spent, err);
    return g->spent_count < 0 ? g->spent_count : 0;
}

static int read_routing(gathering *g, orx_err *err) {
    int64_t decisions = 0, errors = 0, disruptive = 0;
    int rc = orx_outcomes_routing(g->c->store, orx_wall_ns(g->c->p) - DAY_NS, &decisions, &errors,
                                  &disruptive, err);
    g->routing = orx_routing_state(decisions, errors, disruptive);
    return rc;
}

/* ---- Models ---------------------------------------------------------------------------------- */

static void add_model(const orx_scaling_group *to, size_t *count, const char *deployment) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(to->models[i].deployment, deployment) == 0)
            return;
    if (*count < MODELS_MAX)
        to->models[(*count)++].deployment = deployment;
}

/* What was called, and what the owners of the lanes could call. */
static void list_models(const gathering *g, orx_scaling_group *to) {
    orx_arena *a = &g->c->arena;
    to->models = orx_arena_zalloc(a, MODELS_MAX, sizeof *to->models);
    for (int i = 0; i < g->measured_count; i++)
        if (to->of_root || has_lane(to->lanes, g->measured[i].lane))
            add_model(to, &to->model_count, g->measured[i].deployment);
    for (size_t i = 0; i < to->lanes->count; i++) {
        const orx_provider_config *p = orx_config_provider(g->c->cfg, to->lanes->members[i]->owner);
        for (size_t k = 0; p && k < p->models.count; k++)
            add_model(to, &to->model_count,
                      orx_arena_printf(a, "%s/%s", p->name, p->models.items[k]));
    }
}

typedef struct asking {
    orx_arena *arena;
    orx_node *tasks;
} asking;

static bool add_task(const orx_task_row *row, void *user) {
    asking *q = user;
    orx_node *n = orx_node_new(q->arena, ORX_OBJECT);
    orx_node_set_str(q->arena, n, "title", row->title);
    orx_node_set_str(q->arena, n, "text", row->description);
    orx_node_push(q->tasks, n);
    return q->tasks->count < ASKED_MAX;
}

static const orx_node *predictions(gathering *g, const orx_scaling_group *of) {
    orx_arena *a = &g->c->arena;
    asking q = {.arena = a, .tasks = orx_node_new(a, ORX_ARRAY)};
    orx_err err = ORX_ERR_INIT;
    orx_node *question = orx_node_new(a, ORX_OBJECT);
    orx_node *predict = orx_node_new(a, ORX_OBJECT);
    orx_node *models = orx_node_new(a, ORX_ARRAY);
    const orx_node *answer = NULL;
    for (size_t i = 0; i < of->lanes->count && q.tasks->count < ASKED_MAX; i++)
        (void)orx_task_each(g->c->store, of->lanes->members[i]->id, "pending", add_task, &q, NULL);
    if (!g->weights || !q.tasks->count)
        return NULL;
    for (size_t i = 0; i < of->model_count; i++)
        orx_node_push(models, orx_node_new_str(a, orx_view_of(of->models[i].deployment)));
    orx_node_set(a, predict, "tasks", q.tasks);
    orx_node_set(a, predict, "models", models);
    orx_node_set(a, question, "predict", predict);
    if (orx_learning_ask(g->c, g->weights, question, &answer, &err) < 0)
        g->prediction_error = orx_arena_strdup(a, err.msg);
    return orx_node_get(answer, "predictions");
}

/* The mean over the tasks, NAN when a model is not known to the weights. */
static double predicted(const orx_node *lists, size_t model) {
    double sum = 0;
    int64_t count = 0;
    ORX_NODE_EACH(lists, list) {
        sum += orx_node_num(orx_node_at(list, (uint32_t)model), (double)NAN);
        count++;
    }
    return ratio(sum, count);
}

static void take_used_first(orx_scaling_group *to) {
    size_t best = 0;
    for (size_t i = 1; i < to->model_count; i++)
        if (to->models[i].work.outcomes > to->models[best].work.outcomes)
            best = i;
    const orx_scaling_model used = to->models[best];
    memmove(&to->models[1], &to->models[0], best * sizeof used);
    to->models[0] = used;
    to->models[0].used = true;
}

/* Predictions are compared with predictions only. */
static void measure_models(gathering *g, orx_scaling_group *to) {
    const orx_lane_group *from = to->of_root ? NULL : to->lanes;
    const orx_node *lists = predictions(g, to);
    bool all = lists != NULL;
    for (size_t i = 0; i < to->model_count; i++) {
        const orx_outcomes m = sum_of(g, from, to->models[i].deployment);
        to->models[i].work = work_of(g, &m, to->facts.work.tasks);
        all = all && isfinite(predicted(lists, i));
    }
    for (size_t i = 0; all && i < to->model_count; i++) {
        to->models[i].work.pass_rate = predicted(lists, i);
        to->models[i].predicted = true;
    }
    take_used_first(to);
}

static void compare_models(gathering *g, orx_scaling_group *to) {
    list_models(g, to);
    if (!to->model_count)
        return;
    measure_models(g, to);
    const orx_scaling_model *used = &to->models[0];
    for (size_t i = 0; i < to->model_count; i++) {
        orx_scaling_model *m = &to->models[i];
        m->problem = orx_npv_problem(&m->work, &to->facts.terms);
        if (!m->problem)
            m->problem = orx_npv_problem(&used->work, &to->facts.terms);
        if (!m->problem && !m->used)
            orx_npv_of_model(&used->work, &m->work, &to->facts.terms, &m->margin);
    }
}

/* The pass rate to be expected of the open tasks when they are given to models as they were so far.
 */
static void take_prediction(orx_scaling_group *to) {
    double sum = 0;
    double outcomes = 0;
    for (size_t i = 0; i < to->model_count && to->models[i].predicted; i++) {
        sum += to->models[i].work.pass_rate * to->models[i].work.outcomes;
        outcomes += to->models[i].work.outcomes;
    }
    to->facts.predicted = outcomes > 0;
    to->facts.predicted_rate = outcomes > 0 ? sum / outcomes : (double)NAN;
}

/* ---- A group --------------------------------------------------------------------------------- */

static orx_npv_terms terms_of(const orx_config *cfg) {
    return (orx_npv_terms){
        .task_value = (double)cfg->scaling.task_value / USD_NANO,
        .delay_cost = (double)cfg->scaling.delay_cost / USD_NANO,
        .lane_cost = (double)cfg->scaling.lane_cost / USD_NANO,
        .rate = cfg->scaling.discount_rate,
        .uncertainty = cfg->scaling.uncertainty,
        .days = cfg->scaling.horizon_days,
    };
}

static void decide(gathering *g, const orx_lane_group *lanes, orx_scaling_group *to) {
    const orx_config *cfg = g->c->cfg;
    orx_outcomes m = sum_of(g, lanes, NULL);
    *to = (orx_scaling_group){.lanes = lanes, .routing = g->routing};
    to->of_root = m.outcomes < cfg->scaling.min_outcomes;
    if (to->of_root)
        m = sum_of(g, NULL, NULL);
    to->priced = (double)m.priced;
    to->facts = (orx_scaling_facts){
        .enabled = cfg->scaling.enabled,
        .work = work_of(g, &m, open_tasks(g, lanes)),
        .terms = terms_of(cfg),
        .lanes = (int64_t)lanes->count,
        .spent_usd = spent_by(g, lanes),
        .day_left = g->day_left,
        .router_unhealthy =
            strcmp(g->routing, "degraded") == 0 || strcmp(g->routing, "elevated_fallback") == 0,
        .subagents = cfg->scaling.subagents,
        .min_outcomes = (double)cfg->scaling.min_outcomes,
        .min_pass_rate = cfg->scaling.min_pass_rate,
        .min_npv_usd = lanes->min_npv_usd,
        .daily_budget_usd = lanes->daily_budget_usd,
        .max_parallel_agents = lanes->max_parallel_agents,
        .max_subagents = lanes->max_subagents,
    };
    compare_models(g, to);
    take_prediction(to);
    orx_scaling_decide(&to->facts, &to->choice);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static bool is_done(const char *lane, void *user) {
    const gathering *g = user;
    orx_task_counts n = {0};
    return orx_task_count(g->c->store, lane, &n, NULL) == 0 && n.total > 0 && n.done == n.total;
}

static int gather(gathering *g, orx_err *err) {
    orx_cli *c = g->c;
    const char *weights = orx_path_join(&c->arena, c->cfg->root, ORX_LEARNING_WEIGHTS);
    int rc = orx_cli_lanes(c, NULL, &g->lanes, err);
    g->weights = orx_exists(c->p, weights) ? weights : NULL;
    if (rc == 0)
        rc = read_today(g, err);
    if (rc == 0)
        rc = read_routing(g, err);
    if (rc < 0)
        return rc;
    g->measured_count =
        orx_outcomes_read(c->store, orx_wall_ns(c->p) - LOOK_BACK, &c->arena, &g->measured, err);
    return g->measured_count < 0 ? g->measured_count : 0;
}

int orx_scaling_report_make(orx_cli *c, orx_scaling_report *ret_report, orx_err *err) {
    gathering g = {.c = c};
    int rc = gather(&g, err);
    if (rc < 0)
        return rc;
    const orx_lane_plan_input input = {.p = c->p, .cfg = c->cfg, .is_done = is_done, .user = &g};
    orx_scaling_report r = {0};
    const orx_lane_group *groups = orx_lanes_groups(&g.lanes, &input, &c->arena, &r.count);
    r.groups = orx_arena_zalloc(&c->arena, r.count + 1, sizeof *r.groups);
    for (size_t i = 0; i < r.count; i++)
        decide(&g, &groups[i], &r.groups[i]);
    r.prediction_error = g.prediction_error;
    *ret_report = r;
    return 0;
}
