/* bench_learn.c: what the learned router costs.
 *
 * mf_train: learning mf from 100,000 outcomes of 16,667 task texts by six models, asked as `orxaq
 * route train` asks. mf_p99: one plan by those weights, of 256 dimensions, for a task among 20
 * candidates, a million times, each measured alone; the text is embedded each time.
 */
#include "decisions.h"

#include "data/json.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "plugin/respond.h"

#include <math.h>
#include <string.h>

enum { MODELS = 6, OUTCOMES = 100000, WORDS = 12 };

static void check(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench_learn: %s: %s\n", what, err->msg);
    exit(1);
}

static uint32_t draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* A text of drawn words; who knows what a word means knows how hard the task is. */
static const char *text_of(orx_arena *a, uint64_t *state, double *ret_hard) {
    char text[WORDS * 8 + 1];
    size_t n = 0;
    *ret_hard = 0;
    for (int i = 0; i < WORDS; i++) {
        uint32_t word = draw(state) % 500;
        *ret_hard += (int)(word * 7 % 11) - 5;
        n += (size_t)snprintf(text + n, sizeof text - n, "word%u ", word);
    }
    return orx_arena_strdup(a, text);
}

static orx_node *question_of(orx_arena *a) {
    uint64_t state = 1;
    double hard = 0;
    const char *text = "";
    orx_node *question = orx_node_new(a, ORX_OBJECT);
    orx_node *train = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    for (int i = 0; i < OUTCOMES; i++) {
        int model = i % MODELS;
        if (model == 0)
            text = text_of(a, &state, &hard);
        double p = 1 / (1 + exp(hard / 8 - model + 2.5));
        orx_node *row = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, row, "text", text);
        orx_node_set_str(a, row, "model", orx_arena_printf(a, "model-%d", model));
        orx_node_set_int(a, row, "label", draw(&state) % 1000 < 1000 * p);
        orx_node_set_int(a, row, "cost", 1000000 << model);
        orx_node_push(rows, row);
    }
    orx_node_set_str(a, train, "router", "mf");
    orx_node_set(a, train, "rows", rows);
    orx_node_set(a, question, "train", train);
    return question;
}

static orx_instance *make(orx_plugins *all, const orx_plugin *plugin, const orx_node *settings) {
    orx_err err = ORX_ERR_INIT;
    orx_instance *instance = NULL;
    const orx_instance_spec spec = {
        .plugin = plugin, .name = "bench", .settings = settings, .path = "settings"};
    check(orx_instance_new(all, &spec, &instance, &err), &err, "instance");
    return instance;
}

/* Seconds; *ret_settings are those with the weights. */
static double train(orx_plugins *all, const orx_plugin *plugin, orx_arena *a,
                    orx_node **ret_settings) {
    ORX_CLEANUP(orx_str_free) orx_str answer = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *weights = NULL;
    const orx_node *question = question_of(a);
    orx_instance *learner = make(all, plugin, orx_node_new(a, ORX_OBJECT));
    double begun = bench_now();
    check(orx_respond(learner, question, &answer, &err), &err, "train");
    double took = bench_now() - begun;
    orx_instance_free(learner);
    check(orx_json_parse(a, "weights", orx_str_view(&answer), &orx_limits_data, &weights, &err),
          &err, "weights");
    *ret_settings = orx_node_new(a, ORX_OBJECT);
    orx_node_set(a, *ret_settings, "weights", orx_node_copy(a, weights));
    orx_node_set(a, *ret_settings, "share", orx_node_new_double(a, 0.3));
    return took;
}

static double decide_all(orx_instance *router, orx_arena *arena) {
    orxaq_candidate list[BENCH_CANDIDATES];
    for (int i = 0; i < BENCH_CANDIDATES; i++)
        list[i] = (orxaq_candidate){.struct_size = sizeof list[i],
                                    .provider = orxaq_str("codex"),
                                    .model = orxaq_str(orx_arena_printf(arena, "model-%d", i)),
                                    .cost_nano_usd = 1000 * (int64_t)(i + 1)};
    return bench_decide_p99(router, list);
}

int main(void) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    const orx_plugin *plugin = NULL;
    orx_node *settings = NULL;
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    orx_plugins *all = orx_plugins_new(p, NULL);
    const orx_plugin_ref ref = {
        .path = orx_path_join(&arena, bench_env("ORX_BUILD_DIR"), "plugins/routellm.so")};
    check(orx_plugins_load(all, &ref, &plugin, &err), &err, "routellm.so");
    bool good = bench_at_most("mf_train", train(all, plugin, &arena, &settings), "s", 10);
    orx_instance *router = make(all, plugin, settings);
    good = bench_at_most("mf_p99", decide_all(router, &arena), "us", 50) && good;
    orx_instance_free(router);
    orx_plugins_free(all);
    orx_platform_free(p);
    return good ? 0 : 1;
}
