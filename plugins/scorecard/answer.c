/* The decision as the predecessor's service told it [K]: keys in order, numbers rounded. */
#include "scorecard.h"

#include <stdlib.h>

#define SHOWN      6 /* rows of the ranking */
#define TOKENS_MAX 1e15

typedef struct telling {
    const orxaq_json_service *json;
    orxaq_writer *w;
} telling;

static void put_text(const telling *t, const char *key, orxaq_view text) {
    t->json->key(t->w, orxaq_str(key));
    t->json->put_text(t->w, text);
}

static void put_truth(const telling *t, const char *key, int truth) {
    t->json->key(t->w, orxaq_str(key));
    t->json->put_boolean(t->w, truth);
}

static void put_whole(const telling *t, const char *key, int64_t number) {
    t->json->key(t->w, orxaq_str(key));
    t->json->put_integer(t->w, number);
}

static void put_number(const telling *t, const char *key, double number, int decimals) {
    t->json->key(t->w, orxaq_str(key));
    t->json->put_number(t->w, sc_round(number, decimals));
}

/* ---- The question ---------------------------------------------------------------------------- */

/* In lower case, in memory of the caller's; codex when nothing was said. */
static orxaq_view provider_in(const orxaq_json_service *json, const orxaq_value *question,
                              char **ret_lower) {
    orxaq_view name = sc_text(json, question, "provider");
    char *lower = name.len && name.len < SIZE_MAX ? malloc((size_t)name.len) : NULL;
    *ret_lower = lower;
    if (!lower)
        return orxaq_str("codex");
    for (uint64_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return orxaq_view_of(lower, name.len);
}

static double between(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static sc_question question_in(const scorecard *s, const orxaq_value *question) {
    const orxaq_json_service *json = s->json;
    const orxaq_value *target = json->get(question, "optimization_target");
    if (!target)
        target = json->get(question, "objective");
    double tokens = sc_number(json, json->get(question, "prompt_tokens_est"));
    double difficulty = sc_number(json, json->get(question, "prompt_difficulty_score"));
    return (sc_question){
        .requested = sc_text(json, question, "requested_model"),
        .prompt = json->text(json->get(question, "prompt"), orxaq_str("")),
        .difficulty = between(difficulty, 0, 100),
        .tokens = (double)(int64_t)between(tokens, 0, TOKENS_MAX),
        .target = sc_objective_of(json->text(target, orxaq_str(""))),
        .strong = s->strong,
    };
}

/* ---- The answer ------------------------------------------------------------------------------ */

static void put_row(const telling *t, const sc_model *m, const sc_rank *r) {
    t->json->begin_map(t->w);
    put_number(t, "blended_cost_per_million", m->blended, 6);
    put_number(t, "context_penalty", r->penalty, 6);
    put_number(t, "cost_score", m->score[SC_COST], 6);
    put_text(t, "model", m->name);
    put_number(t, "quality_raw", m->quality, 6);
    put_number(t, "quality_score", m->score[SC_QUALITY], 6);
    put_number(t, "score", r->score, 6);
    put_number(t, "speed_score", m->score[SC_SPEED], 6);
    put_number(t, "speed_tps", m->speed, 6);
    t->json->end_map(t->w);
}

static void put_allowed(const telling *t, const sc_provider *p) {
    t->json->key(t->w, orxaq_str("allowed_models"));
    t->json->begin_list(t->w);
    for (uint32_t i = 0; p && i < p->count; i++)
        t->json->put_text(t->w, p->models[i].name);
    t->json->end_list(t->w);
}

static void put_ranking(const telling *t, const sc_provider *p, const sc_decision *d) {
    put_whole(t, "candidate_count", p->count);
    t->json->key(t->w, orxaq_str("candidate_scores"));
    t->json->begin_list(t->w);
    for (uint32_t i = 0; i < p->count && i < SHOWN; i++)
        put_row(t, &p->models[d->ranks[i].model], &d->ranks[i]);
    t->json->end_list(t->w);
}

static void put_estimates(const telling *t, const sc_model *m, const sc_question *q) {
    put_number(t, "difficulty", q->difficulty, 4);
    put_number(t, "estimated_cost_per_million", m->blended, 6);
    put_number(t, "estimated_input_cost_per_million", m->input, 6);
    put_number(t, "estimated_output_cost_per_million", m->output, 6);
    put_number(t, "estimated_prompt_cost_usd", q->tokens * m->blended / 1e6, 8);
    put_number(t, "estimated_speed_tps", m->speed, 6);
}

static void put_weights(const telling *t, const double *weights) {
    t->json->key(t->w, orxaq_str("weights"));
    t->json->begin_map(t->w);
    put_number(t, "cost", weights[SC_COST], 6);
    put_number(t, "quality", weights[SC_QUALITY], 6);
    put_number(t, "speed", weights[SC_SPEED], 6);
    t->json->end_map(t->w);
}

static const char *objective_word(const sc_decision *d) {
    static const char *const words[] = {"disabled", "none", "requested"};
    return d->rule == SC_SCORE_RANKED_SELECTION ? sc_objective_name(d->objective) : words[d->rule];
}

static const char *strategy_word(const sc_decision *d) {
    static const char *const words[] = {"provider_disabled_fallback", "fallback",
                                        "requested_model_allowed"};
    static const char *const scored[] = {"intelligent_cost_speed", "intelligent_balanced",
                                         "intelligent_quality"};
    return d->rule == SC_SCORE_RANKED_SELECTION ? scored[d->objective] : words[d->rule];
}

static void put_decision(const telling *t, const sc_provider *p, const sc_decision *d,
                         const sc_question *q, orxaq_view provider) {
    int scored = d->rule == SC_SCORE_RANKED_SELECTION;
    t->json->begin_map(t->w);
    put_allowed(t, p);
    if (scored)
        put_ranking(t, p, d);
    if (scored)
        put_estimates(t, &p->models[d->ranks[0].model], q);
    put_text(t, "fallback_model", d->fallback);
    put_truth(t, "fallback_used",
              d->rule == SC_PROVIDER_DISABLED || d->rule == SC_NO_ALLOWED_MODELS);
    put_text(t, "model", d->model);
    put_text(t, "objective", orxaq_str(objective_word(d)));
    if (scored)
        put_whole(t, "prompt_tokens_est", (int64_t)q->tokens);
    put_text(t, "provider", provider);
    put_text(t, "reason", orxaq_str(sc_rule_name(d->rule)));
    put_text(t, "requested_model", q->requested);
    put_truth(t, "requested_model_allowed", d->requested_allowed);
    if (scored) {
        put_text(t, "router_profile", orxaq_str(q->strong ? "strong" : "fast"));
        put_text(t, "router_version", orxaq_str(SC_VERSION));
    }
    put_text(t, "selected_model", d->model);
    put_text(t, "strategy", orxaq_str(strategy_word(d)));
    if (scored)
        put_weights(t, d->weights);
    t->json->end_map(t->w);
}

int32_t sc_answer(void *instance, const orxaq_value *question, const orxaq_reply *reply) {
    scorecard *s = instance;
    const telling t = {s->json, s->json->writer(s->host)};
    char *lower = NULL;
    orxaq_view text;
    const sc_question q = question_in(s, question);
    orxaq_view name = provider_in(s->json, question, &lower);
    sc_provider *provider = sc_policy_find(&s->policy, name);
    const sc_decision d = sc_decide(provider, &q);
    put_decision(&t, provider, &d, &q, name);
    free(lower);
    int32_t code = s->json->finish(t.w, &text);
    return code < 0 ? code : reply->json(reply, text);
}
