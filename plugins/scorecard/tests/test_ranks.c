/* The rankings that are made beforehand are those that a question would make by itself. */
#include "scorecard.h"

#include "test.h"

#include <stdbool.h>
#include <stdlib.h>

enum { MODELS_MAX = 90, POLICIES = 60 };

static uint64_t next(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Few different figures, so that there are ties. */
static void fill(sc_provider *p, uint32_t count, uint64_t *seed) {
    p->count = count;
    for (uint32_t i = 0; i < count; i++) {
        sc_model *m = &p->models[i];
        *m = (sc_model){.quality = (double)(next(seed) % 5),
                        .context = next(seed) % 3 ? (double)(next(seed) % 4 * 1000) : 0,
                        .local = next(seed) % 2};
        for (int w = 0; w < SC_WEIGHTS; w++)
            m->score[w] = (double)(next(seed) % 4) / 3;
    }
    for (int o = 0; o < SC_OBJECTIVES; o++)
        sc_weights(sc_weights_default((sc_objective)o), 0, p->weights[o]);
}

static double score(const sc_provider *p, const sc_model *m, const sc_question *q, sc_objective o) {
    const double *w = p->weights[o];
    double s = w[SC_COST] * m->score[SC_COST] + w[SC_SPEED] * m->score[SC_SPEED] +
               w[SC_QUALITY] * m->score[SC_QUALITY];
    if (!q->strong && m->local)
        s += 0.03;
    if (q->strong && o == SC_FOR_QUALITY)
        s += 0.02 * m->score[SC_QUALITY];
    if (q->difficulty >= 75)
        s += 0.07 * m->score[SC_QUALITY];
    else if (q->difficulty <= 25)
        s += 0.05 * m->score[SC_SPEED];
    if (m->context > 0 && q->tokens > m->context)
        s -= 0.65;
    else if (m->context > 0 && q->tokens > 0.9 * m->context)
        s -= 0.35;
    return sc_round(s, 6);
}

/* Whether a stands before b by the rule. */
static bool before(const sc_provider *p, const sc_rank *a, const sc_rank *b) {
    double qa = p->models[a->model].quality;
    double qb = p->models[b->model].quality;
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score;
    return qa > qb || (!(qa < qb) && a->model < b->model);
}

static void check(sc_provider *p, const sc_question *q, sc_objective o) {
    const sc_rank *ranks = sc_rank_models(p, q, o);
    bool seen[MODELS_MAX] = {false};
    for (uint32_t i = 0; i < p->count; i++) {
        double expected = score(p, &p->models[ranks[i].model], q, o);
        assert_false(seen[ranks[i].model]);
        seen[ranks[i].model] = true;
        if (ranks[i].score > expected || ranks[i].score < expected)
            fail_msg("model %u: %.9g, expected %.9g", ranks[i].model, ranks[i].score, expected);
        if (i)
            assert_true(before(p, &ranks[i - 1], &ranks[i]));
    }
}

static void ready_rankings_are_those_of_the_question(void **state) {
    static const double difficulties[] = {0, 25, 26, 74, 75, 100};
    static const double tokens[] = {0, 899, 900, 901, 1000, 1001, 1900, 2999, 5000};
    static sc_model models[MODELS_MAX];
    uint64_t seed = 23;
    (void)state;
    for (int n = 0; n < POLICIES; n++) {
        sc_provider p = {.models = models};
        int strong = n % 2;
        fill(&p, (uint32_t)(1 + next(&seed) % MODELS_MAX), &seed);
        assert_int_equal(sc_rank_prepare(&p, strong), ORXAQ_OK);
        for (size_t d = 0; d < sizeof difficulties / sizeof difficulties[0]; d++)
            for (size_t k = 0; k < sizeof tokens / sizeof tokens[0]; k++)
                for (int o = 0; o < SC_OBJECTIVES; o++) {
                    const sc_question q = {
                        .difficulty = difficulties[d], .tokens = tokens[k], .strong = strong};
                    check(&p, &q, (sc_objective)o);
                }
        free(p.ranks);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_rankings_are_those_of_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
