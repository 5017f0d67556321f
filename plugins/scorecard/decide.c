/* Which model: the predecessor's rules in their order [K]. */
#include "scorecard.h"

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
        d.ranks = sc_rank_models(provider, q, d.objective);
        d.model = provider->models[d.ranks[0].model].name;
    }
    return d;
}

const char *sc_rule_name(sc_rule rule) {
    static const char *const names[] = {"provider_disabled", "no_allowed_models",
                                        "respect_requested_model", "score_ranked_selection"};
    return names[rule];
}
