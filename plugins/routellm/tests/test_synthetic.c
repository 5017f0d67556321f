/* The synthetic benchmark: does a learned router find the tasks that need a strong model?
 *
 * Without arguments the seeds 11, 23 and 47 are tried; others can be named. A router trained on
 * noisy outcomes of some families is put on tasks of others. What counts is the true probability.
 */
#include "synth.h"

#include "base/mem.h"
#include "route/frontier.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRAIN 4000
#define TEST  1500
#define TRIES 3

typedef struct judged {
    orx_arena arena;
    double *score;
    double *quality;
    double *cost;
    orx_frontier frontier;
} judged;

static judged judged_new(const synth *s) {
    judged j = {0};
    size_t n = (size_t)s->test_count * SYNTH_MODELS;
    j.score = orx_arena_zalloc(&j.arena, n, sizeof(double));
    j.quality = orx_arena_zalloc(&j.arena, n, sizeof(double));
    j.cost = orx_arena_zalloc(&j.arena, n, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        const synth_task *t = &s->test[i / SYNTH_MODELS];
        j.quality[i] = synth_p(s, t, (int)(i % SYNTH_MODELS));
        j.cost[i] = synth_cost(s, t, (int)(i % SYNTH_MODELS));
    }
    return j;
}

static double apgr(judged *j, const synth *s) {
    orx_err err = ORX_ERR_INIT;
    const orx_frontier_data data = {.tasks = (size_t)s->test_count,
                                    .models = SYNTH_MODELS,
                                    .score = j->score,
                                    .quality = j->quality,
                                    .cost = j->cost};
    assert_ok(orx_frontier_make(&data, 1, 50, &j->arena, &j->frontier, &err), &err);
    return j->frontier.apgr.value;
}

static double oracle(const synth *s) {
    judged j = judged_new(s);
    memcpy(j.score, j.quality, (size_t)s->test_count * SYNTH_MODELS * sizeof *j.score);
    double value = apgr(&j, s);
    orx_arena_free(&j.arena);
    return value;
}

/* A random share goes to the strong model, the rest to the weak one. */
static double random_share(const synth *s) {
    judged j = judged_new(s);
    uint64_t random = 5;
    for (int t = 0; t < s->test_count; t++)
        for (int m = 0; m < SYNTH_MODELS; m++)
            j.score[t * SYNTH_MODELS + m] = m == 0                  ? 0
                                            : m == SYNTH_MODELS - 1 ? rl_uniform(&random)
                                                                    : -9;
    double value = apgr(&j, s);
    orx_arena_free(&j.arena);
    return value;
}

/* Everybody's rate and nothing of the text: mixtures of the models that are worth their price. */
static double blind(const synth *s, const rl_set *set) {
    judged j = judged_new(s);
    rl_model model;
    assert_int_equal(rl_train(RL_RANDOM, set, 1, &model), 0);
    for (int t = 0; t < s->test_count; t++)
        for (uint32_t m = 0; m < model.model_count; m++)
            j.score[t * SYNTH_MODELS + synth_model(s, model.names[m])] = rl_sigmoid(model.bias[m]);
    double value = apgr(&j, s);
    rl_model_free(&model);
    orx_arena_free(&j.arena);
    return value;
}

static double trained(const synth *s, const rl_model *model, orx_interval *ret_apgr) {
    judged j = judged_new(s);
    double *work = calloc(rl_work_size(model), sizeof *work);
    for (int t = 0; t < s->test_count; t++) {
        float vector[RL_DIMS], features[RL_FEATURES];
        double logits[RL_MODELS_MAX];
        rl_embed("", 0, s->test[t].text, s->test[t].len, vector);
        rl_features("", 0, s->test[t].text, s->test[t].len, 1, features);
        const rl_input input = {.vector = vector, .features = features, .seed = (uint64_t)t};
        rl_score(model, &input, work, logits);
        for (uint32_t m = 0; m < model->model_count; m++)
            j.score[t * SYNTH_MODELS + synth_model(s, model->names[m])] = rl_sigmoid(logits[m]);
    }
    double value = apgr(&j, s);
    *ret_apgr = j.frontier.apgr;
    free(work);
    orx_arena_free(&j.arena);
    return value;
}

static double train_and_judge(const synth *s, const rl_set *set, int router, uint64_t seed) {
    rl_model model;
    orx_interval interval;
    assert_int_equal(rl_train(router, set, seed, &model), 0);
    double value = trained(s, &model, &interval);
    print_message("  %-7s APGR %.3f [%.3f, %.3f]  loss %.3f, %.3f without a text\n",
                  rl_router_name(router), value, interval.low, interval.high, model.loss,
                  model.base_loss);
    rl_model_free(&model);
    return value;
}

static void one_seed(uint64_t seed) {
    synth *s = synth_new(seed, TRAIN, TEST);
    rl_set set = {0};
    synth_record(s, TRIES, &set);
    double best = oracle(s);
    double drawn = random_share(s);
    double rates = blind(s, &set);
    print_message("seed %llu: oracle APGR %.3f, random %.3f, rates without a text %.3f\n",
                  (unsigned long long)seed, best, drawn, rates);
    double mf = train_and_judge(s, &set, RL_MF, seed);
    train_and_judge(s, &set, RL_SW, seed);
    train_and_judge(s, &set, RL_LINEAR, seed);
    print_message(
        "  mf: %.1f %% of the oracle, %.3f above random, %.0f %% of what texts can give\n",
        100 * mf / best, mf - drawn, 100 * (mf - rates) / (best - rates));
    assert_true(drawn > 0.4 && drawn < 0.6);
    assert_true(mf >= 0.9 * best);
    assert_true(mf >= drawn + 0.25);
    assert_true(mf > rates);
    rl_set_free(&set);
    synth_free(s);
}

static void mf_finds_the_tasks_that_need_a_strong_model(void **state) {
    static const uint64_t usual[] = {11, 23, 47};
    char **seeds = *state;
    if (*seeds)
        for (; *seeds; seeds++)
            one_seed(strtoull(*seeds, NULL, 10));
    else
        for (size_t i = 0; i < ORX_ARRAY_LEN(usual); i++)
            one_seed(usual[i]);
}

/* The families of the test are none of those that were learned from. */
static void nothing_leaks(void **state) {
    (void)state;
    synth *s = synth_new(11, 500, 500);
    for (int i = 0; i < s->train_count; i++)
        for (int j = 0; j < s->test_count; j++) {
            assert_true(s->train[i].family != s->test[j].family);
            assert_string_not_equal(s->train[i].text, s->test[j].text);
        }
    synth_free(s);
}

int main(int argc, char **argv) {
    (void)argc;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(mf_finds_the_tasks_that_need_a_strong_model, argv + 1),
        cmocka_unit_test(nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
