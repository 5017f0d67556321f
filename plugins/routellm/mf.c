/* Matrix factorisation. The score of model m for a text with the embedding e is
 *
 *     s = bias[m] + sum over k of v[m][k] * (w[k] . e)
 *
 * w projects the embedding to a few factors that all models share, v[m] says what they mean for
 * model m. It is trained by stochastic gradient descent on the log loss of outcomes, sigmoid(s[a]),
 * and of preferences, sigmoid(s[a] - s[b]), until what is held out stops getting better.
 *
 * For a decision the two are multiplied out once: what a model file holds is one vector per model,
 * u[m] = sum of v[m][k] * w[k], and a score is one dot product. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FACTORS    8
#define EPOCHS_MAX 40
#define STEPS_MAX  2500000 /* rows times epochs */
#define PATIENCE   4       /* epochs without getting better */
#define STEP       0.5
#define SHRINK     2e-5F

typedef struct fit {
    const rl_set *set;
    rl_model *model; /* gets the best so far */
    float *w;        /* FACTORS * dims */
    float *v;        /* model_count * FACTORS */
    double bias[RL_MODELS_MAX];
    double w_past[FACTORS]; /* sums of squared gradients: the more there were, the smaller a step */
    double v_past[RL_MODELS_MAX];
    double bias_past[RL_MODELS_MAX];
} fit;

static double predict(const fit *f, uint32_t m, const float *factors) {
    return f->bias[m] + (double)rl_dot(f->v + (size_t)m * FACTORS, factors, FACTORS);
}

/* One step of model m against the gradient g of its score. Adds to the gradient of the factors. */
static void step_model(fit *f, uint32_t m, double g, const float *factors, float *gradient) {
    float *v = f->v + (size_t)m * FACTORS;
    double size = (double)rl_dot(factors, factors, FACTORS);
    f->v_past[m] += g * g * size;
    f->bias_past[m] += g * g;
    double rate = STEP / sqrt(1 + f->v_past[m]);
    for (int k = 0; k < FACTORS; k++) {
        gradient[k] += (float)g * v[k];
        v[k] -= (float)(rate * g) * factors[k];
    }
    f->bias[m] -= 0.1 * STEP / sqrt(1 + f->bias_past[m]) * g;
}

static void step(void *user, const rl_row *row) {
    fit *f = user;
    const rl_set *set = f->set;
    const float *e = set->vectors + (size_t)row->text * set->dims;
    float factors[FACTORS];
    float gradient[FACTORS] = {0};
    for (uint32_t k = 0; k < FACTORS; k++)
        factors[k] = rl_dot(f->w + (size_t)k * set->dims, e, set->dims);
    double score = predict(f, row->a, factors);
    if (row->b != RL_NONE)
        score -= predict(f, row->b, factors);
    double g = rl_sigmoid(score) - (double)row->label;
    step_model(f, row->a, g, factors, gradient);
    if (row->b != RL_NONE)
        step_model(f, row->b, -g, factors, gradient);
    for (uint32_t k = 0; k < FACTORS; k++) {
        float *w = f->w + (size_t)k * set->dims;
        f->w_past[k] += (double)(gradient[k] * gradient[k]);
        float rate = (float)(2 * STEP / sqrt(1 + f->w_past[k]));
        float keep = 1 - SHRINK;
        float change = -rate * gradient[k];
        for (uint32_t i = 0; i < set->dims; i++)
            w[i] = keep * w[i] + change * e[i];
    }
}

/* Multiplies out. */
static void fold(const void *user, rl_model *model) {
    const fit *f = user;
    uint32_t dims = f->set->dims;
    memset(model->vectors, 0, (size_t)model->model_count * dims * sizeof(float));
    for (uint32_t m = 0; m < model->model_count; m++) {
        model->bias[m] = f->bias[m];
        for (uint32_t k = 0; k < FACTORS; k++)
            rl_add_scaled(model->vectors + (size_t)m * dims, f->w + (size_t)k * dims,
                          f->v[(size_t)m * FACTORS + k], dims);
    }
}

static void begin(fit *f, uint64_t *random) {
    const rl_set *set = f->set;
    for (size_t i = 0; i < (size_t)FACTORS * set->dims; i++)
        f->w[i] = (float)(0.1 * rl_normal(random));
    /* The first factor starts as "how easy", which is the same for all models. */
    for (size_t i = 0; i < (size_t)set->model_count * FACTORS; i++)
        f->v[i] = i % FACTORS == 0 ? 1 : (float)(0.3 * rl_normal(random));
    memcpy(f->bias, f->model->bias, sizeof f->bias);
}

int rl_mf_train(const rl_set *set, uint64_t seed, rl_model *model) {
    uint64_t random = seed ^ 0x6d66;
    size_t size = (size_t)set->model_count * set->dims;
    fit f = {.set = set};
    rl_model now = *model;
    f.model = &now;
    f.w = calloc((size_t)FACTORS * set->dims, sizeof(float));
    f.v = calloc((size_t)set->model_count * FACTORS, sizeof(float));
    now.vectors = calloc(size, sizeof(float));
    model->vectors = calloc(size, sizeof(float));
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
    if (f.w && f.v && now.vectors && model->vectors) {
        begin(&f, &random);
        code = rl_descend(&d, &random);
    }
    free(f.w);
    free(f.v);
    free(now.vectors);
    return code;
}

void rl_mf_score(const rl_model *model, const rl_input *input, double *ret_logits) {
    for (uint32_t m = 0; m < model->model_count; m++)
        ret_logits[m] = model->bias[m] + (double)rl_dot(model->vectors + (size_t)m * model->dims,
                                                        input->vector, model->dims);
}
