/* Logistic regression on the cheap features: for each model one weight per feature. Trained like
 * mf; a model with few rows is held near what all models have in common. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPOCHS_MAX 30
#define STEPS_MAX  5000000
#define PATIENCE   3
#define STEP       0.1
#define SHRINK     1e-4

typedef struct fit {
    const rl_set *set;
    rl_model *model;
    double common[RL_FEATURES];
    double common_past[RL_FEATURES];
    double *own; /* model_count * RL_FEATURES */
    double *own_past;
    double bias[RL_MODELS_MAX];
    double bias_past[RL_MODELS_MAX];
} fit;

/* Mean and spread of each feature, so that all of them count alike. */
static void standardise(const rl_set *set, rl_model *model) {
    float x[RL_FEATURES];
    double sum[RL_FEATURES] = {0};
    double squares[RL_FEATURES] = {0};
    double n = 0;
    for (uint32_t i = 0; i < set->row_count; i++) {
        if (set->held[set->rows[i].text])
            continue;
        rl_row_input(set, &set->rows[i], x);
        for (int k = 0; k < RL_FEATURES; k++) {
            sum[k] += (double)x[k];
            squares[k] += (double)x[k] * (double)x[k];
        }
        n++;
    }
    for (int k = 0; k < RL_FEATURES; k++) {
        double mean = n > 0 ? sum[k] / n : 0;
        double spread = n > 0 ? squares[k] / n - mean * mean : 0;
        model->mean[k] = (float)mean;
        model->scale[k] = spread > 1e-9 ? (float)(1 / sqrt(spread)) : 0;
    }
}

static void scaled(const rl_model *model, const float *features, double x[RL_FEATURES]) {
    for (int k = 0; k < RL_FEATURES; k++) {
        double z = ((double)features[k] - (double)model->mean[k]) * (double)model->scale[k];
        x[k] = z > 5 ? 5 : z < -5 ? -5 : z; /* one odd text must not decide alone */
    }
}

static double predict(const fit *f, uint32_t m, const double *x) {
    double s = f->bias[m];
    for (int k = 0; k < RL_FEATURES; k++)
        s += (f->common[k] + f->own[(size_t)m * RL_FEATURES + (size_t)k]) * x[k];
    return s;
}

static void move(double *weight, double *past, double g) {
    *past += g * g;
    *weight -= STEP / sqrt(1e-3 + *past) * g;
}

static void step_model(fit *f, uint32_t m, double g, const double *x) {
    move(&f->bias[m], &f->bias_past[m], g);
    for (size_t k = 0; k < RL_FEATURES; k++) {
        size_t own = (size_t)m * RL_FEATURES + k;
        move(&f->common[k], &f->common_past[k], g * x[k] + SHRINK * f->common[k]);
        move(&f->own[own], &f->own_past[own], g * x[k] + 10 * SHRINK * f->own[own]);
    }
}

static void step(void *user, const rl_row *row) {
    fit *f = user;
    float features[RL_FEATURES];
    double x[RL_FEATURES];
    rl_row_input(f->set, row, features);
    scaled(f->model, features, x);
    double score = predict(f, row->a, x) - (row->b == RL_NONE ? 0 : predict(f, row->b, x));
    double g = rl_sigmoid(score) - (double)row->label;
    step_model(f, row->a, g, x);
    if (row->b != RL_NONE)
        step_model(f, row->b, -g, x);
}

static void fold(const void *user, rl_model *model) {
    const fit *f = user;
    memcpy(model->bias, f->bias, sizeof model->bias);
    for (uint32_t m = 0; m < model->model_count; m++)
        for (size_t k = 0; k < RL_FEATURES; k++) {
            size_t at = (size_t)m * RL_FEATURES + k;
            model->weights[at] = (float)(f->common[k] + f->own[at]);
        }
}

int rl_linear_train(const rl_set *set, uint64_t seed, rl_model *model) {
    uint64_t random = seed ^ 0x6c696e;
    size_t size = (size_t)set->model_count * RL_FEATURES;
    fit f = {.set = set};
    standardise(set, model);
    rl_model now = *model;
    f.model = &now;
    f.own = calloc(size, sizeof(double));
    f.own_past = calloc(size, sizeof(double));
    now.weights = calloc(size, sizeof(float));
    model->weights = calloc(size, sizeof(float));
    const rl_descent d = {.set = set,
                          .now = &now,
                          .best = model,
                          .fit = &f,
                          .step = step,
                          .fold = fold,
                          .epochs = EPOCHS_MAX,
                          .patience = PATIENCE,
                          .steps = STEPS_MAX};
    int code = RL_NO_MEMORY;
    if (f.own && f.own_past && now.weights && model->weights) {
        memcpy(f.bias, model->bias, sizeof f.bias);
        code = rl_descend(&d, &random);
    }
    free(f.own);
    free(f.own_past);
    free(now.weights);
    return code;
}

void rl_linear_score(const rl_model *model, const rl_input *input, double *ret_logits) {
    double x[RL_FEATURES];
    scaled(model, input->features, x);
    for (uint32_t m = 0; m < model->model_count; m++) {
        ret_logits[m] = model->bias[m];
        for (size_t k = 0; k < RL_FEATURES; k++)
            ret_logits[m] += (double)model->weights[(size_t)m * RL_FEATURES + k] * x[k];
    }
}
