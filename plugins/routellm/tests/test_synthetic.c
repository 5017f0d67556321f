/* The synthetic benchmark: does a learned router find the tasks that need a strong model?
 *
 * Without arguments the seeds 11, 23 and 47 are tried; others can be named. A router trained on
 * noisy outcomes of some families is put on tasks of others. What counts is the true probability.
 */
#include "synth.h"

#include "base/mem.h"
#include "data/json.h"
#include "platform/loop.h"
#include "plugin/instance.h"
#include "plugin/respond.h"
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

/* ---- The predecessor's scorer ---------------------------------------------------------------- */

/* A policy whose figures are right: everybody's price, and the rate everybody has in the training
 * rows. All are equally fast. */
static orx_node *policy_of(orx_arena *a, const synth *s, const rl_model *rates) {
    orx_node *policy = orx_node_new(a, ORX_OBJECT);
    orx_node *providers = orx_node_new(a, ORX_OBJECT);
    orx_node *one = orx_node_new(a, ORX_OBJECT);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_node *catalogue = orx_node_new(a, ORX_OBJECT);
    for (uint32_t m = 0; m < rates->model_count; m++) {
        orx_node *row = orx_node_new(a, ORX_OBJECT);
        double price = s->cost[synth_model(s, rates->names[m])] / 1e6;
        orx_node_push(list, orx_node_new_str(a, orx_view_of(rates->names[m])));
        orx_node_set(a, row, "blended_cost_per_million", orx_node_new_double(a, price));
        orx_node_set_int(a, row, "speed_tps", 100);
        orx_node_set(a, row, "quality_score",
                     orx_node_new_double(a, 100 * rl_sigmoid(rates->bias[m])));
        orx_node_set(a, catalogue, rates->names[m], row);
    }
    orx_node_set(a, one, "allowed_models", list);
    orx_node_set(a, providers, "x", one);
    orx_node_set(a, policy, "providers", providers);
    orx_node_set(a, policy, "model_catalog", catalogue);
    return policy;
}

static void ask_scorecard(orx_instance *instance, orx_arena *a, const synth *s, int t,
                          double *score) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *answer = NULL;
    orx_node *question = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, question, "provider", "x");
    orx_node_set_str(a, question, "prompt", s->test[t].text);
    orx_node_set_str(a, question, "optimization_target", "quality");
    assert_ok(orx_respond(instance, question, &text, &err), &err);
    assert_ok(orx_json_parse(a, "answer", orx_str_view(&text), &orx_limits_data, &answer, &err),
              &err);
    assert_int_equal(orx_node_get(answer, "candidate_scores")->count, SYNTH_MODELS);
    ORX_NODE_EACH(orx_node_get(answer, "candidate_scores"), row)
    score[synth_model(s, orx_node_str(orx_node_get(row, "model"), ""))] =
        orx_node_num(orx_node_get(row, "score"), 0);
}

/* Its score is taken for a prediction of quality. */
static double scorecard(const synth *s, const rl_set *set) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    const orx_plugin *plugin = NULL;
    orx_instance *instance = NULL;
    rl_model rates;
    judged j = judged_new(s);
    assert_int_equal(rl_train(RL_RANDOM, set, 1, &rates), 0);
    assert_ok(orx_platform_uv_new(&p, &err), &err);
    orx_plugins *all = orx_plugins_new(p, NULL);
    const orx_plugin_ref ref = {
        .path = orx_arena_printf(&a, "%s/plugins/scorecard.so", getenv("ORX_BUILD_DIR"))};
    assert_ok(orx_plugins_load(all, &ref, &plugin, &err), &err);
    orx_node *settings = orx_node_new(&a, ORX_OBJECT);
    orx_node_set(&a, settings, "policy", policy_of(&a, s, &rates));
    const orx_instance_spec spec = {
        .plugin = plugin, .name = "score", .settings = settings, .path = "settings"};
    assert_ok(orx_instance_new(all, &spec, &instance, &err), &err);
    for (int t = 0; t < s->test_count; t++)
        ask_scorecard(instance, &a, s, t, j.score + (size_t)t * SYNTH_MODELS);
    double value = apgr(&j, s);
    orx_instance_free(instance);
    orx_plugins_free(all);
    orx_platform_free(p);
    rl_model_free(&rates);
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
    print_message("  scorecard  %.3f\n", scorecard(s, &set));
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
