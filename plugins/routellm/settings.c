/* The operator's settings. */
#include "routellm.h"

#include <math.h>
#include <stdio.h>

#define KEY(t, k, d, r, h)                                                                         \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (t), .key = (k), .default_value = (d),    \
        .range = (r), .help = (h)                                                                  \
    }

const orxaq_config_key rl_keys[RL_KEYS] = {
    KEY(ORXAQ_CONFIG_DOCUMENT, "weights", NULL, NULL,
        "What was learned: the file that `orxaq route train` wrote. Without it everybody counts "
        "with "
        "the own rate of success."),
    KEY(ORXAQ_CONFIG_STRING, "model", NULL, NULL,
        "router-NAME-THRESHOLD, as RouteLLM calls it: with mf, sw, linear or random for NAME, the "
        "strong model gets the tasks at which its win rate is at least THRESHOLD."),
    KEY(ORXAQ_CONFIG_NUMBER, "share", NULL, "0..1",
        "Instead of a threshold: the share of tasks that the strong model is to get."),
    KEY(ORXAQ_CONFIG_MONEY, "cost", NULL, "0..",
        "Instead of a threshold: what a task may cost on average, in USD."),
    KEY(ORXAQ_CONFIG_NUMBER, "quality", NULL, "0..1",
        "Instead of a threshold: the share of tasks that is to pass."),
    KEY(ORXAQ_CONFIG_NUMBER, "keep", NULL, "0..1",
        "Instead of a threshold: of what the strong model alone passes, the share that is to be "
        "kept, for as little money as possible."),
    KEY(ORXAQ_CONFIG_NUMBER, "enough", "0.95", "0..1",
        "Without any of those the cheapest model is taken whose work passes with this probability, "
        "or with nearly the best one there is."),
    KEY(ORXAQ_CONFIG_NUMBER, "give_up", "0.03", "0..1", "How much less probable that may be."),
    KEY(ORXAQ_CONFIG_NUMBER, "explore", "0", "0..0.05",
        "The share of decisions that try another model than the best known, so that there is "
        "something to learn from."),
    KEY(ORXAQ_CONFIG_NUMBER, "explore_reach", "0.1", "0..1",
        "Only models are tried whose work is at most so much less probable to pass."),
    KEY(ORXAQ_CONFIG_STRINGS, "protected", "[]", NULL, "Owners on whose tasks nothing is tried."),
    KEY(ORXAQ_CONFIG_INTEGER, "protected_priority", "0", NULL,
        "Nor on tasks of this priority, or of a smaller number."),
};

static int32_t refuse(const routellm *r, const char *why) {
    r->log->explain(r->host, orxaq_str(why));
    return ORXAQ_E_INVALID;
}

/* What has no default and was left out is there as null. */
static const orxaq_value *given(const routellm *r, const orxaq_value *settings, const char *key) {
    const orxaq_value *value = r->json->get(settings, key);
    return r->json->kind(value) == ORXAQ_VALUE_NULL ? NULL : value;
}

static int32_t read_weights(routellm *r, const orxaq_value *document) {
    const char *problem = NULL;
    if (!document)
        return ORXAQ_OK;
    int32_t code = rl_weights_read(r->json, document, &r->model, &problem);
    if (code == ORXAQ_E_INVALID) {
        char text[256];
        (void)snprintf(text, sizeof text, "weights: %s", problem);
        return refuse(r, text);
    }
    return code;
}

static int32_t read_threshold(routellm *r, const orxaq_value *value) {
    orxaq_view name = r->json->text(value, orxaq_str(""));
    int router;
    int code = rl_name_parse(name.data, (size_t)name.len, &router, &r->rule.threshold);
    if (code != 1)
        return refuse(r, rl_name_problem(code));
    if (router != RL_RANDOM && !r->model.model_count)
        return refuse(r, "model: this router decides by what was learned; name the file of "
                         "`orxaq route train` as `weights`");
    if (router != RL_RANDOM && router != r->model.router)
        return refuse(r, "model: the weights are those of another router; train this one, or name "
                         "the one they are of");
    r->by_chance = router == RL_RANDOM;
    r->wants = RL_BY_THRESHOLD;
    return ORXAQ_OK;
}

static int32_t read_target(routellm *r, int target, const orxaq_value *value) {
    double goal = r->json->number(value, 0);
    if (!r->model.calibration.there)
        return refuse(r, "there is no calibration to reach share, cost or quality by: name the "
                         "file of `orxaq route train` as `weights`, trained on at least two "
                         "models and a few dozen tasks");
    if (target == RL_TARGET_COST && r->model.calibration.cost[0] < 0)
        return refuse(r, "cost: the weights were trained on rows without costs; give `share` or "
                         "`quality`, or train on rows with them");
    r->rule.threshold = rl_target_threshold(&r->model.calibration, target, goal, &r->share);
    r->wants = target;
    return ORXAQ_OK;
}

static int32_t read_keep(routellm *r, const orxaq_value *value) {
    const rl_worths *w = &r->model.calibration.worths;
    if (!w->there)
        return refuse(r, "keep: the weights do not say what quality costs; let `orxaq route train` "
                         "write them from rows with costs, of at least two models");
    uint32_t row = rl_worths_row(w, r->json->number(value, 1));
    r->rule.worth = w->worth[row];
    r->share = w->strong[row];
    r->wants = RL_TARGET_KEEP;
    return ORXAQ_OK;
}

int32_t rl_settings_read(routellm *r, const orxaq_value *settings) {
    static const char *const names[] = {"share", "cost", "quality", "keep"};
    const orxaq_value *model = given(r, settings, "model");
    int ways = model != NULL;
    r->share = -1;
    r->rule = (rl_rule){.threshold = -1,
                        .target = r->json->number(r->json->get(settings, "enough"), 0.95),
                        .reach = r->json->number(r->json->get(settings, "give_up"), 0.03)};
    r->explore = r->json->number(r->json->get(settings, "explore"), 0);
    r->explore_reach = r->json->number(r->json->get(settings, "explore_reach"), 0.1);
    r->protected_owners = r->json->get(settings, "protected");
    r->protected_priority = r->json->integer(r->json->get(settings, "protected_priority"), 0);
    for (int i = 0; i < 4; i++)
        ways += given(r, settings, names[i]) != NULL;
    if (ways > 1)
        return refuse(
            r, "model, share, cost, quality and keep are five ways to say the same; give one");
    int32_t code = read_weights(r, given(r, settings, "weights"));
    if (code == ORXAQ_OK && model)
        code = read_threshold(r, model);
    for (int i = 0; i < 3 && code == ORXAQ_OK; i++)
        if (given(r, settings, names[i]))
            code = read_target(r, RL_TARGET_SHARE + i, given(r, settings, names[i]));
    if (code == ORXAQ_OK && given(r, settings, "keep"))
        code = read_keep(r, given(r, settings, "keep"));
    return code;
}
