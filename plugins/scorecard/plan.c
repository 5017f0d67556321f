/* The decision as a plan for one task.
 *
 * The policy compares the models of one provider with each other. So the plan is, provider by
 * provider in the order in which the host offers them (that of the task's owner comes first), the
 * provider's models by their scores. Its list is a filter: a model that is not on it is in no plan.
 * A provider that the policy does not know, or without a list, keeps the host's order.
 *
 * What is scored is the task, its title and its text: the prompt around them says nothing about how
 * hard it is. */
#include "scorecard.h"

#include <stdlib.h>

/* A plan holds no more attempts; what is behind them would not be reached either. */
#define PLAN_MAX 64

typedef struct planning {
    scorecard *s;
    const orxaq_route_request *request;
    const orxaq_plan *plan;
    sc_question q;
    uint32_t count;
    int settled; /* the reason is known: that of the first provider in the plan */
    sc_rule rule;
    sc_objective objective;
} planning;

static const orxaq_candidate *candidate(const planning *p, uint32_t i) {
    return ORXAQ_AT(orxaq_candidate, p->request->candidates, i);
}

static int32_t add(planning *p, uint32_t i, orxaq_view model) {
    const orxaq_route_attempt attempt = {
        .struct_size = sizeof attempt, .candidate = i, .model = model};
    if (p->count == PLAN_MAX)
        return ORXAQ_OK;
    p->count++;
    return p->plan->attempt(p->plan, &attempt);
}

/* Candidates of one provider nearly always share its text. */
static int same_name(orxaq_view a, orxaq_view b) {
    return (a.data == b.data && a.len == b.len) || orxaq_view_eq(a, b);
}

static int32_t explain(const planning *p, uint32_t i, double score, const char *why) {
    return p->plan->score(p->plan, i, score, orxaq_str(why));
}

/* ---- A provider with a list ------------------------------------------------------------------ */

typedef struct group {
    sc_provider *provider;
    sc_decision d;
    uint32_t any; /* a candidate that takes whatever model it is asked for, plus 1 */
} group;

/* Which candidate serves which model of the list, as its number plus 1. One that is offered without
 * a model, and alone, can be asked for any. */
static int32_t find_offers(planning *p, group *g, uint32_t first, uint32_t members) {
    sc_provider *provider = g->provider;
    orxaq_view name = candidate(p, first)->provider;
    int32_t code = ORXAQ_OK;
    memset(provider->offered, 0, provider->count * sizeof provider->offered[0]);
    for (uint32_t i = first; members && code == ORXAQ_OK; i++) {
        const orxaq_candidate *c = candidate(p, i);
        if (!same_name(c->provider, name))
            continue;
        members--;
        uint32_t model = sc_names_find(&provider->index, c->model);
        if (model == SC_NOT_FOUND && g->any)
            continue;
        if (model == SC_NOT_FOUND)
            code = explain(p, i, 0, "not_allowed");
        else if (!provider->offered[model])
            provider->offered[model] = i + 1;
    }
    return code;
}

static const char *why_of(const sc_rank *r) {
    return r->penalty > 0.5 ? "over_context" : r->penalty > 0 ? "near_context" : "ranked";
}

/* One model of the list, unless nobody serves it or it is in the plan already. */
static int32_t add_model(planning *p, group *g, uint32_t model, const sc_rank *rank) {
    sc_provider *provider = g->provider;
    uint32_t who = provider->offered[model];
    if (who == SC_NOT_FOUND || (!who && !g->any))
        return ORXAQ_OK;
    provider->offered[model] = SC_NOT_FOUND;
    uint32_t i = (who ? who : g->any) - 1;
    int32_t code = add(p, i, provider->models[model].name);
    /* A candidate of many models shows the score of the first. */
    int shown = !who && p->s->done[i] == 2;
    p->s->done[i] = 2;
    if (code == ORXAQ_OK && !shown)
        code = explain(p, i, rank ? rank->score : 0, rank ? why_of(rank) : sc_rule_name(g->d.rule));
    return code;
}

static int32_t plan_list(planning *p, group *g) {
    sc_provider *provider = g->provider;
    int scored = g->d.rule == SC_SCORE_RANKED_SELECTION;
    uint32_t chosen = sc_names_find(&provider->index, g->d.model);
    int32_t code = ORXAQ_OK;
    if (!scored && chosen != SC_NOT_FOUND)
        code = add_model(p, g, chosen, NULL);
    for (uint32_t n = 0; n < provider->count && code == ORXAQ_OK; n++)
        code = scored ? add_model(p, g, g->d.ranks[n].model, &g->d.ranks[n])
                      : add_model(p, g, n, NULL);
    return code;
}

/* ---- One without ----------------------------------------------------------------------------- */

static int32_t plan_as_offered(planning *p, uint32_t first, uint32_t members) {
    orxaq_view name = candidate(p, first)->provider;
    int32_t code = ORXAQ_OK;
    for (uint32_t i = first; members && code == ORXAQ_OK; i++) {
        if (!same_name(candidate(p, i)->provider, name))
            continue;
        members--;
        code = add(p, i, orxaq_str(""));
        if (code == ORXAQ_OK)
            code = explain(p, i, 0, sc_rule_name(SC_NO_ALLOWED_MODELS));
    }
    return code;
}

/* ---- All of them ----------------------------------------------------------------------------- */

/* Marks the candidates of this one's provider; how many they are. */
static uint32_t mark(planning *p, uint32_t first) {
    orxaq_view name = candidate(p, first)->provider;
    uint32_t members = 0;
    for (uint32_t i = first; i < p->request->candidate_count; i++) {
        if (p->s->done[i] || !same_name(candidate(p, i)->provider, name))
            continue;
        p->s->done[i] = 1;
        members++;
    }
    return members;
}

static int32_t plan_provider(planning *p, uint32_t first) {
    uint32_t before = p->count;
    uint32_t members = mark(p, first);
    const orxaq_candidate *c = candidate(p, first);
    group g = {.provider = sc_policy_find(&p->s->policy, c->provider)};
    int32_t code;
    if (g.provider && g.provider->count) {
        g.any = members == 1 && !c->model.len ? first + 1 : 0;
        code = find_offers(p, &g, first, members);
        g.d = sc_decide(g.provider, &p->q);
        if (code == ORXAQ_OK)
            code = plan_list(p, &g);
    } else {
        g.d = sc_decide(g.provider, &p->q);
        code = plan_as_offered(p, first, members);
    }
    if (!p->settled && p->count > before) {
        p->settled = 1;
        p->rule = g.d.rule;
        p->objective = g.d.objective;
    }
    return code;
}

/* ---- The task -------------------------------------------------------------------------------- */

static int32_t reserve(scorecard *s, uint64_t text, uint32_t candidates) {
    if (text > s->text_cap) {
        char *more = realloc(s->text, (size_t)text);
        if (!more)
            return ORXAQ_E_MEMORY;
        s->text = more;
        s->text_cap = text;
    }
    if (candidates > s->done_cap) {
        unsigned char *more = realloc(s->done, candidates);
        if (!more)
            return ORXAQ_E_MEMORY;
        s->done = more;
        s->done_cap = candidates;
    }
    memset(s->done, 0, candidates);
    return ORXAQ_OK;
}

/* Title and text, one below the other. */
static orxaq_view text_of(const scorecard *s, const orxaq_task_features *task) {
    char *to = s->text;
    if (task->title.len)
        memcpy(to, task->title.data, (size_t)task->title.len);
    to += task->title.len;
    *to++ = '\n';
    if (task->text.len)
        memcpy(to, task->text.data, (size_t)task->text.len);
    return orxaq_view_of(s->text, task->title.len + task->text.len + 1);
}

static sc_question question_of(const scorecard *s, const orxaq_task_features *task) {
    orxaq_view text = text_of(s, task);
    return (sc_question){.requested = sc_trim(task->model_wanted),
                         .prompt = text,
                         .difficulty = sc_text_difficulty(text),
                         .tokens = task->prompt_tokens >= 0 ? (double)task->prompt_tokens
                                                            : sc_text_tokens(text),
                         .target = SC_NO_OBJECTIVE,
                         .strong = s->strong};
}

int32_t sc_select(void *instance, const orxaq_route_request *request, const orxaq_plan *plan) {
    scorecard *s = instance;
    const orxaq_task_features *task = request->task;
    planning p = {.s = s, .request = request, .plan = plan, .objective = SC_NO_OBJECTIVE};
    int32_t code = reserve(s, task->title.len + task->text.len + 1, request->candidate_count);
    if (code < 0)
        return code;
    p.q = question_of(s, task);
    for (uint32_t i = 0; i < request->candidate_count && code == ORXAQ_OK; i++)
        if (!s->done[i])
            code = plan_provider(&p, i);
    if (code == ORXAQ_OK && !p.count) {
        s->log->explain(s->host, orxaq_str("no candidate is on the policy's lists of "
                                           "allowed models"));
        return ORXAQ_E_NOT_FOUND;
    }
    const orxaq_route_reason reason = {.struct_size = sizeof reason,
                                       .objective = orxaq_str(sc_objective_name(p.objective)),
                                       .reason = orxaq_str(sc_rule_name(p.rule)),
                                       .propensity = 1};
    return code < 0 ? code : plan->reason(plan, &reason);
}
