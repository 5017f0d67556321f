/* 2,000 tasks on endpoints that fail: what the learned router saves, and what that costs in work
 * that passes.
 *
 * Without arguments the seeds 11, 23 and 47 are tried; others can be named. With --rows DIR first,
 * nothing is judged: DIR gets, for each seed, the weights (weights-SEED.json) and what became of
 * every task under every model (fleet-SEED.jsonl), for `orxaq route report`. */
#include "fleet.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAIN 4000
#define TASKS 2000
#define TRIES 3

/* The plugin as a run has it, learned from other families, and told what the test asks for. */
static rig *learned(uint64_t seed, const char **ret_weights) {
    void *state = NULL;
    rig_setup(&state);
    rig *r = state;
    rl_set_free(&r->set);
    synth_free(r->world);
    r->set = (rl_set){0};
    r->world = synth_new(seed, TRAIN, TASKS);
    synth_record(r->world, TRIES, &r->set);
    *ret_weights = rig_weights(r, RL_MF);
    assert_null(rig_settings(r, "{\"weights\": %s, \"keep\": 0.95}", *ret_weights));
    return r;
}

static void by_plan(void *user, int task, int attempt, int *models, int count) {
    rig *r = user;
    orx_err err = ORX_ERR_INIT;
    orx_plan plan;
    const synth_task *t = &r->world->test[task];
    orxaq_candidate list[SYNTH_MODELS];
    int before[SYNTH_MODELS];
    for (int i = 0; i < count; i++)
        list[i] = (orxaq_candidate){.struct_size = sizeof list[i],
                                    .deployment = orxaq_str(r->world->names[models[i]]),
                                    .model = orxaq_str(r->world->names[models[i]]),
                                    .input_price = -1,
                                    .output_price = -1,
                                    .success_ppm = -1,
                                    .cost_nano_usd = -1};
    const orxaq_task_features features = {.struct_size = sizeof features,
                                          .attempt = attempt,
                                          .priority = 5,
                                          .text = {t->text, t->len},
                                          .prompt_tokens = -1};
    const orxaq_budget budget = {.struct_size = sizeof budget};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = (uint32_t)count,
                                         .task = &features,
                                         .candidates = list,
                                         .budget = &budget,
                                         .seed = (uint64_t)task};
    assert_ok(orx_route_select(r->instance, &request, &r->scratch, &plan, &err), &err);
    assert_int_equal(plan.count, (size_t)count);
    memcpy(before, models, sizeof before);
    for (int i = 0; i < count; i++)
        models[i] = before[plan.steps[i].candidate];
    orx_arena_reset(&r->scratch, (size_t)1 << 20);
}

typedef struct total {
    int passed;
    double cost;
} total;

/* All tasks; *file gets what became of each, when there is one. */
static total run(const synth *world, uint64_t seed, fleet_order_fn order, void *user,
                 const char *name, FILE *file, fleet *ret_fleet) {
    total sum = {0};
    fleet_begin(ret_fleet, world, seed);
    for (int t = 0; t < TASKS; t++) {
        fleet_result r = fleet_do(ret_fleet, t, order, user);
        sum.passed += r.passed;
        sum.cost += r.cost;
        if (file)
            (void)fprintf(file, "{\"text\":\"%s\",\"model\":\"%s\",\"passed\":%s,\"cost\":%.0f}\n",
                          world->test[t].text, name, r.passed ? "true" : "false", r.cost);
    }
    return sum;
}

/* ---- Judged here ----------------------------------------------------------------------------- */

static void one_seed(uint64_t seed) {
    const char *weights;
    fleet with = {0};
    fleet without = {0};
    int strongest = SYNTH_MODELS - 1;
    int cheapest = 0;
    rig *r = learned(seed, &weights);
    total strong = run(r->world, seed, fleet_always, &strongest, "", NULL, &without);
    total weak = run(r->world, seed, fleet_always, &cheapest, "", NULL, &without);
    total router = run(r->world, seed, by_plan, r, "", NULL, &with);
    print_message("seed %llu: %d tasks pass for %.2f USD; the strong model alone %d for %.2f, the "
                  "cheapest %d for %.2f\n  %.1f %% lower cost, %.1f %% of the pass rate; %d calls "
                  "were not answered, %d candidates not offered\n",
                  (unsigned long long)seed, router.passed, router.cost / 1e9, strong.passed,
                  strong.cost / 1e9, weak.passed, weak.cost / 1e9,
                  100 * (1 - router.cost / strong.cost), 100.0 * router.passed / strong.passed,
                  with.failed, with.filtered);
    assert_true(router.cost <= 0.7 * strong.cost);
    assert_true(router.passed >= 0.95 * strong.passed);
    /* The cheapest alone would not do, and endpoints did fail and were left alone. */
    assert_true(weak.passed < 0.95 * strong.passed);
    assert_true(with.failed > 100 && with.filtered > 50);
    void *state = r;
    rig_teardown(&state);
}

static void a_third_of_the_money_is_saved(void **state) {
    static const uint64_t usual[] = {11, 23, 47};
    char **seeds = *state;
    for (; seeds[0]; seeds++)
        one_seed(strtoull(*seeds, NULL, 10));
    for (size_t i = 0; seeds == *state && i < sizeof usual / sizeof *usual; i++)
        one_seed(usual[i]);
}

/* The same seed is the same fleet, whoever decides: the hours do not depend on the luck. */
static void failures_come_from_the_seed_alone(void **state) {
    fleet a, b;
    int first = 3;
    (void)state;
    synth *world = synth_new(5, 100, TASKS);
    total one = run(world, 5, fleet_always, &first, "", NULL, &a);
    total two = run(world, 5, fleet_always, &first, "", NULL, &b);
    assert_int_equal(one.passed, two.passed);
    assert_int_equal(a.failed, b.failed);
    assert_memory_equal(a.until, b.until, sizeof a.until);
    run(world, 6, fleet_always, &first, "", NULL, &b);
    assert_memory_not_equal(a.until, b.until, sizeof a.until);
    synth_free(world);
}

static void the_first_and_then_the_strongest(void **state) {
    int models[] = {0, 2, 3, 5};
    int first = 2;
    (void)state;
    fleet_always(&first, 0, 1, models, 4);
    const int expected[] = {2, 5, 3, 0};
    assert_memory_equal(models, expected, sizeof expected);
    first = 4; /* away */
    fleet_always(&first, 0, 1, models, 4);
    const int without[] = {5, 3, 2, 0};
    assert_memory_equal(models, without, sizeof without);
}

/* ---- Or by `orxaq route report` -------------------------------------------------------------- */

static FILE *create(const char *dir, const char *name, uint64_t seed, const char *suffix) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s-%llu.%s", dir, name, (unsigned long long)seed, suffix);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void write_rows(const char *dir, uint64_t seed) {
    const char *weights;
    fleet f = {0};
    rig *r = learned(seed, &weights);
    FILE *file = create(dir, "weights", seed, "json");
    (void)fputs(weights, file);
    (void)fclose(file);
    file = create(dir, "fleet", seed, "jsonl");
    for (int m = 0; m < SYNTH_MODELS; m++)
        run(r->world, seed, fleet_always, &m, r->world->names[m], file, &f);
    (void)fclose(file);
    void *state = r;
    rig_teardown(&state);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_and_then_the_strongest),
        cmocka_unit_test(failures_come_from_the_seed_alone),
        cmocka_unit_test_prestate(a_third_of_the_money_is_saved, argv + 1),
    };
    if (argc < 3 || strcmp(argv[1], "--rows") != 0)
        return cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 3; i < argc; i++)
        write_rows(argv[2], strtoull(argv[i], NULL, 10));
    return 0;
}
