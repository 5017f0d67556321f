/* Which model: the predecessor's rules in their order [K]. */
#include "scorecard.h"

#include <stdlib.h>

/* ---- Scores ---------------------------------------------------------------------------------- */

static double penalty_of(const sc_model *m, double tokens) {
    if (!(m->context > 0) || !(tokens > 0))
        return 0;
    if (tokens > m->context)
        return 0.65;
    return tokens > 0.9 * m->context ? 0.35 : 0;
}

static double score_of(const sc_model *m, const sc_question *q, sc_objective objective,
                       const double *weights) {
    double score = weights[SC_COST] * m->score[SC_COST] + weights[SC_SPEED] * m->score[SC_SPEED] +
                   weights[SC_QUALITY] * m->score[SC_QUALITY];
    if (!q->strong && m->local)
        score += 0.03;
    if (q->strong && objective == SC_FOR_QUALITY)
        score += 0.02 * m->score[SC_QUALITY];
    if (q->difficulty >= 75)
        score += 0.07 * m->score[SC_QUALITY];
    else if (q->difficulty <= 25)
        score += 0.05 * m->score[SC_SPEED];
    return score;
}

/* The higher score first, then the higher quality, then the order of the list. */
static int compare(const void *left, const void *right) {
    const sc_rank *a = left;
    const sc_rank *b = right;
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score ? -1 : 1;
    if (a->quality > b->quality || a->quality < b->quality)
        return a->quality > b->quality ? -1 : 1;
    return a->model < b->model ? -1 : a->model > b->model;
}

static void rank(sc_provider *p, const sc_question *q, sc_objective objective,
                 const double *weights) {
    for (uint32_t i = 0; i < p->count; i++) {
        const sc_model *m = &p->models[i];
        double penalty = penalty_of(m, q->tokens);
        double score = score_of(m, q, objective, weights) - penalty;
        p->ranks[i] = (sc_rank){
            .model = i, .score = sc_round(score, 6), .quality = m->quality, .penalty = penalty};
    }
    qsort(p->ranks, p->count, sizeof *p->ranks, compare);
}

/* ---- The rules ------------------------------------------------------------------------------- */

/* The name as the list spells it, empty when it is not in there. Without a list every name passes.
 */
static orxaq_view allowed(const sc_provider *p, orxaq_view name) {
    if (!name.len || !p || !p->count)
        return name;
    uint32_t i = sc_names_find(&p->index, name);
    return i == SC_NOT_FOUND ? orxaq_str("") : p->models[i].name;
}

static orxaq_view first_choice(const sc_provider *p, orxaq_view requested, orxaq_view fallback) {
    orxaq_view name = allowed(p, requested);
    if (!name.len)
        name = allowed(p, fallback);
    if (!name.len && p && p->count)
        name = p->models[0].name;
    if (!name.len)
        name = requested.len ? requested : fallback;
    return name;
}

sc_decision sc_decide(sc_provider *provider, const sc_question *q) {
    sc_decision d = {.objective = SC_NO_OBJECTIVE,
                     .fallback = provider ? provider->fallback : orxaq_str("")};
    d.requested_allowed = allowed(provider, q->requested).len > 0;
    d.model = first_choice(provider, q->requested, d.fallback);
    if (provider && !provider->enabled) {
        d.rule = SC_PROVIDER_DISABLED;
    } else if (!provider || !provider->count) {
        d.rule = SC_NO_ALLOWED_MODELS;
        d.requested_allowed = 0;
    } else if (provider->respects && d.requested_allowed) {
        d.rule = SC_RESPECT_REQUESTED_MODEL;
    } else {
        d.rule = SC_SCORE_RANKED_SELECTION;
        d.objective = sc_objective_choose(q, provider->objective);
        d.weights = provider->weights[d.objective];
        rank(provider, q, d.objective, d.weights);
        d.model = provider->models[provider->ranks[0].model].name;
    }
    return d;
}

const char *sc_rule_name(sc_rule rule) {
    static const char *const names[] = {"provider_disabled", "no_allowed_models",
                                        "respect_requested_model", "score_ranked_selection"};
    return names[rule];
}
