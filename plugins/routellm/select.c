/* A plan for one task: what is predicted for every candidate, and the order that follows. */
#include "routellm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What a task is taken to be when nobody knows its cost: so many tokens in, unless the host has
 * counted them, and so many out. */
#define TOKENS_IN  4000
#define TOKENS_OUT 1000

typedef struct deciding {
    routellm *r;
    const orxaq_route_request *request;
    const orxaq_plan *plan;
    rl_rule rule;
    int by_chance;
    int wants;
    int explored;
    double logits[RL_MODELS_MAX];
} deciding;

static const orxaq_candidate *candidate(const deciding *d, uint32_t i) {
    return ORXAQ_AT(orxaq_candidate, d->request->candidates, i);
}

static int32_t fail(const deciding *d, int32_t code, const char *why) {
    d->r->log->explain(d->r->host, orxaq_str(why));
    return code;
}

/* ---- The model the task asks for ------------------------------------------------------------- */

/* Whether the choice between strong and weaker is a draw. */
static int drawn(const deciding *d) {
    return d->by_chance || d->r->model.router == RL_RANDOM;
}

/* "router-mf-0.2" as the model of a task overrides the settings; any other name is left alone. */
static int32_t read_wish(deciding *d) {
    const rl_model *m = &d->r->model;
    orxaq_view name = d->request->task->model_wanted;
    int router = m->router;
    int code = rl_name_parse(name.data, (size_t)name.len, &router, &d->rule.threshold);
    if (code < 0)
        return fail(d, ORXAQ_E_INVALID, rl_name_problem(code));
    if (code == 1) {
        d->by_chance = router == RL_RANDOM;
        d->wants = RL_BY_THRESHOLD;
    }
    if (code == 0 || d->by_chance)
        return ORXAQ_OK;
    if (!m->model_count)
        return fail(d, ORXAQ_E_NOT_FOUND,
                    "nothing was learned yet: let `orxaq route train` write a file and name it as "
                    "`weights`");
    if (router != m->router)
        return fail(d, ORXAQ_E_INVALID,
                    "the weights are those of another router than the one "
                    "asked for");
    return ORXAQ_OK;
}

/* ---- Predictions ----------------------------------------------------------------------------- */

static uint32_t bounded(uint64_t len) {
    return (uint32_t)(len < RL_TEXT_MAX ? len : RL_TEXT_MAX);
}

static int32_t embed(deciding *d) {
    const orxaq_task_features *t = d->request->task;
    routellm *r = d->r;
    if (!r->model.embedded) {
        rl_embed(t->title.data, bounded(t->title.len), t->text.data, bounded(t->text.len),
                 r->vector);
        return ORXAQ_OK;
    }
    if (!t->embedding || t->embedding_count != r->model.dims ||
        !rl_all_finite(t->embedding, r->model.dims))
        return fail(d, ORXAQ_E_UNSUPPORTED,
                    "the weights were trained with vectors of another program, and the task came "
                    "without one of the same length");
    memcpy(r->vector, t->embedding, r->model.dims * sizeof *r->vector);
    rl_unit(r->vector, r->model.dims);
    return ORXAQ_OK;
}

static int32_t predict(deciding *d) {
    const orxaq_task_features *t = d->request->task;
    float features[RL_FEATURES];
    rl_input input = {.vector = d->r->vector, .features = features, .seed = d->request->seed};
    if (d->by_chance || !d->r->model.model_count)
        return ORXAQ_OK;
    if (d->r->model.router == RL_LINEAR)
        rl_features(t->title.data, bounded(t->title.len), t->text.data, bounded(t->text.len),
                    t->attempt, features);
    else if (d->r->model.router != RL_RANDOM) {
        int32_t code = embed(d);
        if (code < 0)
            return code;
    }
    rl_score(&d->r->model, &input, d->r->work, d->logits);
    return ORXAQ_OK;
}

/* ---- Arms ------------------------------------------------------------------------------------ */

static int named(const char *name, orxaq_view view) {
    return view.len && strlen(name) == view.len && memcmp(name, view.data, (size_t)view.len) == 0;
}

/* The number of what was learned about a candidate, or RL_NONE. A row may name the deployment or
 * just the model; the former says more. */
static uint32_t known_as(const rl_model *m, const orxaq_candidate *c) {
    uint32_t found = RL_NONE;
    for (uint32_t i = 0; i < m->model_count; i++) {
        if (named(m->names[i], c->deployment))
            return i;
        if (found == RL_NONE && named(m->names[i], c->model))
            found = i;
    }
    return found;
}

static double cost_of(const deciding *d, const orxaq_candidate *c, uint32_t known) {
    int64_t in = d->request->task->prompt_tokens >= 0 ? d->request->task->prompt_tokens : TOKENS_IN;
    if (c->cost_nano_usd >= 0)
        return (double)c->cost_nano_usd;
    if (known != RL_NONE && d->r->model.cost[known] >= 0)
        return d->r->model.cost[known];
    if (c->input_price >= 0 && c->output_price >= 0)
        return ((double)in * (double)c->input_price + TOKENS_OUT * (double)c->output_price) / 1e6;
    return c->local ? 0 : HUGE_VAL;
}

/* What is known of one that nothing was learned about: how often it passed, and little when that
 * was seldom seen. */
static double logit_of_stranger(const orxaq_candidate *c) {
    double calls = c->calls > 0 && c->success_ppm >= 0 ? (double)c->calls : 0;
    double passed = calls * (double)c->success_ppm / 1e6;
    return rl_logit(((calls > 0 ? passed : 0) + 1) / (calls + 2));
}

static int32_t reserve(routellm *r, uint32_t n) {
    if (n <= r->arm_cap)
        return ORXAQ_OK;
    rl_arm *more = realloc(r->arms, (size_t)n * sizeof *more);
    if (!more)
        return ORXAQ_E_MEMORY;
    r->arms = more;
    r->arm_cap = n;
    return ORXAQ_OK;
}

static int32_t explain(const deciding *d, const rl_arm *arm, const char *why) {
    return d->plan->score(d->plan, arm->index, rl_sigmoid(arm->logit), orxaq_str(why));
}

static int32_t make_arm(deciding *d, uint32_t i) {
    const orxaq_candidate *c = candidate(d, i);
    const rl_model *m = &d->r->model;
    uint32_t known = known_as(m, c);
    rl_arm *arm = &d->r->arms[i];
    *arm = (rl_arm){.index = i, .calls = c->calls, .cost = cost_of(d, c, known)};
    arm->logit = d->by_chance ? 0 : known == RL_NONE ? logit_of_stranger(c) : d->logits[known];
    arm->strong = known != RL_NONE && m->calibration.there && known == m->calibration.strong;
    return d->by_chance ? ORXAQ_OK : explain(d, arm, known == RL_NONE ? "not_learned" : "learned");
}

/* The dearest of all is taken for the strong one, and whether it wins is a draw. */
static void draw(deciding *d, uint32_t n) {
    rl_arm *arms = d->r->arms;
    uint64_t state = d->request->seed;
    uint32_t strong = 0;
    for (uint32_t i = 0; i < n; i++) {
        arms[i].strong = 0;
        if (isfinite(arms[i].cost) &&
            (!isfinite(arms[strong].cost) || arms[i].cost > arms[strong].cost))
            strong = i;
    }
    arms[strong].strong = 1;
    arms[strong].logit = rl_logit(rl_uniform(&state));
}

/* ---- The plan -------------------------------------------------------------------------------- */

/* A task on which nothing is tried: one the operator named, one that failed before, and one whose
 * model somebody has asked for. */
static int is_protected(const deciding *d) {
    const orxaq_task_features *t = d->request->task;
    const orxaq_json_service *json = d->r->json;
    if (t->priority <= d->r->protected_priority || t->attempt > 1 || t->model_wanted.len)
        return 1;
    for (const orxaq_value *v = json->first(d->r->protected_owners); v; v = json->next(v))
        if (orxaq_view_eq(json->text(v, orxaq_str("")), t->owner))
            return 1;
    return 0;
}

/* Perhaps another one than the first, no dearer than the dearer of the first and the best. Returns
 * the probability of the one that is first then. */
static double explore(deciding *d, uint32_t n) {
    const routellm *r = d->r;
    rl_arm *arms = r->arms;
    double best = arms[0].logit;
    double most = arms[0].cost;
    if (drawn(d) || r->explore <= 0 || n < 2 || is_protected(d))
        return 1;
    for (uint32_t i = 1; i < n; i++)
        if (arms[i].logit > best) {
            best = arms[i].logit;
            most = fmax(arms[i].cost, arms[0].cost);
        }
    uint32_t first = arms[0].index;
    double p = rl_explore(r->explore, r->explore_reach, isfinite(most) ? most : -1,
                          d->request->seed ^ 0x6578706c, arms, n);
    d->explored = arms[0].index != first;
    return p;
}

/* Of a draw between strong and weaker. */
static double propensity(const deciding *d, uint32_t n) {
    if (!drawn(d) || n < 2)
        return 1;
    double p = d->r->arms[0].strong ? 1 - d->rule.threshold : d->rule.threshold;
    return p > 0 ? p : 1;
}

static int32_t write_plan(deciding *d, uint32_t n, double tried) {
    static const char *const objectives[] = {"quality", "share", "cost",
                                             "quality", "keep",  "threshold"};
    char reason[32];
    const rl_model *m = &d->r->model;
    const char *first = d->explored             ? "explored"
                        : d->rule.threshold < 0 ? d->rule.worth > 0 ? "best_value" : "cheapest_good"
                        : d->r->arms[0].strong  ? "strong"
                                                : "weaker";
    const char *name = d->by_chance     ? rl_router_name(RL_RANDOM)
                       : m->model_count ? rl_router_name(m->router)
                                        : "untrained";
    (void)snprintf(reason, sizeof reason, "%s_%s", name, first);
    const orxaq_route_reason why = {.struct_size = sizeof why,
                                    .objective = orxaq_str(objectives[d->wants]),
                                    .reason = orxaq_str(reason),
                                    .propensity = tried * propensity(d, n)};
    int32_t code = d->plan->reason(d->plan, &why);
    for (uint32_t i = 0; i < n && i < RL_CHOSEN_MAX && code == ORXAQ_OK; i++) {
        const orxaq_route_attempt attempt = {.struct_size = sizeof attempt,
                                             .candidate = d->r->arms[i].index};
        code = d->plan->attempt(d->plan, &attempt);
    }
    return code;
}

/* Whether the choice could have been the strong one. */
static int knows_strong(const deciding *d, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (d->r->arms[i].strong)
            return n > 1;
    return 0;
}

int32_t rl_select(void *instance, const orxaq_route_request *request, const orxaq_plan *plan) {
    routellm *r = instance;
    uint32_t n = request->candidate_count;
    deciding d = {.r = r, .request = request, .plan = plan, .rule = r->rule};
    d.by_chance = r->by_chance;
    d.wants = r->wants;
    int32_t code = read_wish(&d);
    if (code == ORXAQ_OK)
        code = predict(&d);
    if (code == ORXAQ_OK)
        code = reserve(r, n);
    for (uint32_t i = 0; i < n && code == ORXAQ_OK; i++)
        code = make_arm(&d, i);
    if (code < 0)
        return code;
    if (drawn(&d) && d.rule.threshold < 0)
        d.rule.threshold = 0.5;
    if (d.by_chance)
        draw(&d, n);
    rl_choose(&d.rule, r->arms, n);
    if (r->wants != RL_TARGET_NONE && d.wants == r->wants && knows_strong(&d, n))
        rl_drift_note(r, (int)r->arms[0].strong);
    return write_plan(&d, n, explore(&d, n));
}
