/* What the routers have in common: rates, loss, dispatch. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Scores ---------------------------------------------------------------------------------- */

size_t rl_work_size(const rl_model *model) {
    return model->router == RL_SW ? rl_sw_work(model) : 1;
}

/* The win rate of the strong model over every other is a draw from [0, 1]. */
static void random_score(const rl_model *model, const rl_input *input, double *ret_logits) {
    uint64_t state = input->seed;
    for (uint32_t m = 0; m < model->model_count; m++)
        ret_logits[m] = 0;
    ret_logits[model->calibration.strong] = rl_logit(rl_uniform(&state));
}

void rl_score(const rl_model *model, const rl_input *input, double *work, double *ret_logits) {
    switch (model->router) {
    case RL_MF:
        rl_mf_score(model, input, ret_logits);
        break;
    case RL_SW:
        rl_sw_score(model, input, work, ret_logits);
        break;
    case RL_LINEAR:
        rl_linear_score(model, input, ret_logits);
        break;
    default:
        random_score(model, input, ret_logits);
    }
}

/* ---- Loss ------------------------------------------------------------------------------------ */

static double row_loss(const rl_row *row, const double *logits) {
    double p = rl_sigmoid(logits[row->a] - (row->b == RL_NONE ? 0 : logits[row->b]));
    p = p < 1e-6 ? 1e-6 : p > 1 - 1e-6 ? 1 - 1e-6 : p;
    return -(double)row->label * log(p) - (1 - (double)row->label) * log(1 - p);
}

double rl_loss(const rl_model *model, const rl_set *set, int held, uint32_t max_rows) {
    double logits[RL_MODELS_MAX];
    float features[RL_FEATURES];
    double sum = 0;
    uint32_t n = 0;
    const rl_row *scored = NULL;
    double *work = malloc(rl_work_size(model) * sizeof *work);
    for (uint32_t i = 0; i < set->row_count && n < max_rows && work; i++) {
        const rl_row *row = &set->rows[i];
        if (set->held[row->text] != held)
            continue;
        if (!scored || scored->text != row->text || scored->attempt < row->attempt ||
            scored->attempt > row->attempt) {
            rl_input input = rl_row_input(set, row, features);
            rl_score(model, &input, work, logits);
            scored = row; /* the next ones are often about the same text */
        }
        sum += row_loss(row, logits);
        n++;
    }
    free(work);
    return n ? sum / n : 0;
}

/* The loss of knowing each model's rate and nothing of the text. */
static double base_loss(const rl_model *model, const rl_set *set) {
    double sum = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < set->row_count; i++)
        if (set->held[set->rows[i].text]) {
            sum += row_loss(&set->rows[i], model->bias);
            n++;
        }
    return n ? sum / n : 0;
}

/* ---- Rates ----------------------------------------------------------------------------------- */

/* Mean cost of each model over its outcomes. */
static void mean_costs(const rl_set *set, rl_model *model) {
    double calls[RL_MODELS_MAX] = {0};
    for (uint32_t m = 0; m < RL_MODELS_MAX; m++)
        model->cost[m] = 0;
    for (uint32_t i = 0; i < set->row_count; i++) {
        const rl_row *row = &set->rows[i];
        if (row->cost >= 0 && row->b == RL_NONE) {
            model->cost[row->a] += row->cost;
            calls[row->a]++;
        }
    }
    for (uint32_t m = 0; m < RL_MODELS_MAX; m++)
        model->cost[m] = calls[m] > 0 ? model->cost[m] / calls[m] : -1;
}

/* Each model's rate without a look at any text: a Bradley-Terry model with the task as one more
 * player, by gradient descent; two made-up games per model keep it finite. */
static void base_rates(const rl_set *set, rl_model *model) {
    double rate = 1;
    double before = HUGE_VAL;
    for (int round = 0; round < 200; round++) {
        double gradient[RL_MODELS_MAX] = {0};
        double weight[RL_MODELS_MAX] = {0};
        double loss = 0;
        for (uint32_t i = 0; i < set->row_count; i++) {
            const rl_row *row = &set->rows[i];
            if (set->held[row->text])
                continue;
            double s = model->bias[row->a] - (row->b == RL_NONE ? 0 : model->bias[row->b]);
            double p = rl_sigmoid(s);
            double g = p - (double)row->label;
            loss += row_loss(row, model->bias);
            gradient[row->a] += g;
            weight[row->a] += fmax(p * (1 - p), 0.01);
            if (row->b != RL_NONE) {
                gradient[row->b] -= g;
                weight[row->b] += fmax(p * (1 - p), 0.01);
            }
        }
        rate = loss > before ? rate / 2 : rate;
        if (fabs(before - loss) < 1e-9 * (1 + loss))
            return;
        before = loss;
        for (uint32_t m = 0; m < model->model_count; m++) {
            double made_up = rl_sigmoid(model->bias[m]);
            model->bias[m] -= rate * (gradient[m] + 2 * (made_up - 0.5)) /
                              (weight[m] + 2 * made_up * (1 - made_up));
        }
    }
}

const char *rl_model_embedding(const rl_model *model) {
    if (model->model_count == 0 || (model->router != RL_MF && model->router != RL_SW))
        return "none";
    if (!model->embedded)
        return "built-in";
    return model->source ? model->source : "";
}

/* ---- Training -------------------------------------------------------------------------------- */

static int copy_names(const rl_set *set, rl_model *model) {
    for (uint32_t m = 0; m < set->model_count; m++) {
        size_t len = strlen(set->names[m]) + 1;
        model->names[m] = malloc(len);
        if (!model->names[m])
            return RL_NO_MEMORY;
        memcpy(model->names[m], set->names[m], len);
        model->model_count++;
    }
    return 0;
}

int rl_train(int router, const rl_set *set, uint64_t seed, rl_model *ret_model) {
    rl_model model = {.router = router, .embedded = set->embedded, .dims = set->dims};
    model.rows = set->row_count;
    model.texts = set->text_count;
    int code = copy_names(set, &model);
    if (code == 0) {
        mean_costs(set, &model);
        base_rates(set, &model);
        model.base_loss = base_loss(&model, set);
        code = router == RL_MF       ? rl_mf_train(set, seed, &model)
               : router == RL_SW     ? rl_sw_train(set, seed, &model)
               : router == RL_LINEAR ? rl_linear_train(set, seed, &model)
                                     : 0;
    }
    if (code == 0) {
        model.loss = rl_loss(&model, set, 1, router == RL_SW ? 4000 : 20000);
        code = rl_calibrate(&model, set);
    }
    if (code < 0)
        rl_model_free(&model);
    else
        *ret_model = model;
    return code;
}

void rl_model_free(rl_model *model) {
    for (uint32_t m = 0; m < RL_MODELS_MAX; m++)
        free(model->names[m]);
    free(model->source);
    free(model->vectors);
    free(model->weights);
    free(model->refs);
    free(model->results);
    *model = (rl_model){0};
}
