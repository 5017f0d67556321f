/* Similarity-weighted ranking. The router remembers recorded texts with what happened on them. For
 * a new one, each recorded result counts with a weight that falls with the distance,
 *
 *     weight = exp((cosine - 1) * sharpness)
 *
 * and a Bradley-Terry model is fitted to the weighted results: every model has a strength, and "a
 * preferred to b" has the probability strength[a] / (strength[a] + strength[b]). An outcome is a
 * game against one more player, the task, whose strength is 1; so a model's logarithm of strength
 * is the logit of passing. What is known of a model without the text counts as `prior` more games,
 * hence few similar texts change little.
 *
 * Upstream weighs with 10 * 10^(cosine / largest cosine), which is so flat that all win rates lie
 * between 0.21 and 0.23. Here the sharpness is chosen by the loss on texts that are held out. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS    30  /* of fitting strengths */
#define TRIED_MAX 400 /* held-out rows with which a sharpness is judged */

/* ---- Scoring --------------------------------------------------------------------------------- */

/* won[a][b]: weighted results of a against b; player number model_count is the task. */
size_t rl_sw_work(const rl_model *model) {
    size_t players = (size_t)model->model_count + 1;
    return players * players + players + model->ref_count;
}

static void weigh(const rl_model *model, const float *vector, double *weights) {
    for (uint32_t r = 0; r < model->ref_count; r++) {
        double near = (double)rl_dot(model->refs + (size_t)r * model->dims, vector, model->dims);
        weights[r] = exp((near - 1) * model->sharpness);
    }
}

/* The weights of the nearest count fully, so that `prior` means the same for every text. */
static void normalise(double *weights, uint32_t n) {
    double largest = 0;
    for (uint32_t i = 0; i < n; i++)
        largest = fmax(largest, weights[i]);
    for (uint32_t i = 0; i < n && largest > 0; i++)
        weights[i] /= largest;
}

static int gather(const rl_model *model, const double *weights, double *won) {
    size_t players = (size_t)model->model_count + 1;
    size_t task = model->model_count;
    int preferences = 0;
    memset(won, 0, players * players * sizeof *won);
    for (size_t m = 0; m < task; m++) {
        double rate = rl_sigmoid(model->bias[m]);
        won[m * players + task] = model->prior * rate;
        won[task * players + m] = model->prior * (1 - rate);
    }
    for (uint32_t i = 0; i < model->result_count; i++) {
        const rl_result *r = &model->results[i];
        size_t b = r->b == RL_NONE ? task : r->b;
        won[r->a * players + b] += weights[r->ref] * (double)r->label;
        won[b * players + r->a] += weights[r->ref] * (1 - (double)r->label);
        preferences |= r->b != RL_NONE;
    }
    return preferences;
}

/* One round of Zermelo's iteration for model m. */
static double better_strength(const double *won, const double *strength, size_t players, size_t m) {
    double wins = 0;
    double games = 0;
    for (size_t j = 0; j < players; j++) {
        double both = won[m * players + j] + won[j * players + m];
        if (j == m || both == 0)
            continue;
        wins += won[m * players + j];
        games += both / (strength[m] + strength[j]);
    }
    return games > 0 ? fmax(wins / games, 1e-6) : strength[m];
}

void rl_sw_score(const rl_model *model, const rl_input *input, double *work, double *ret_logits) {
    size_t players = (size_t)model->model_count + 1;
    size_t task = model->model_count;
    double *won = work;
    double *strength = won + players * players;
    double *weights = strength + players;
    weigh(model, input->vector, weights);
    normalise(weights, model->ref_count);
    int preferences = gather(model, weights, won);
    strength[task] = 1;
    for (size_t m = 0; m < task; m++) /* the answer when nobody was compared with anybody */
        strength[m] = (won[m * players + task] + 1e-6) / (won[task * players + m] + 1e-6);
    for (int round = 0; preferences && round < ROUNDS; round++)
        for (size_t m = 0; m < task; m++)
            strength[m] = better_strength(won, strength, players, m);
    for (size_t m = 0; m < task; m++)
        ret_logits[m] = log(strength[m]);
}

/* ---- Training -------------------------------------------------------------------------------- */

/* Draws the texts to remember; place[text] is where, or RL_NONE. */
static int draw_refs(const rl_set *set, uint64_t *random, rl_model *model, uint32_t *place) {
    uint32_t *texts = malloc(((size_t)set->text_count + 1) * sizeof *texts);
    uint32_t count = 0;
    if (!texts)
        return RL_NO_MEMORY;
    for (uint32_t i = 0; i < set->text_count; i++) {
        place[i] = RL_NONE;
        if (!set->held[i])
            texts[count++] = i;
    }
    rl_shuffle(texts, count, random);
    uint32_t most =
        RL_REFS_BYTES / set->dims < RL_REFS_MAX ? RL_REFS_BYTES / set->dims : RL_REFS_MAX;
    model->ref_count = count < most ? count : most;
    model->refs = malloc(((size_t)model->ref_count * set->dims + 1) * sizeof(float));
    for (uint32_t r = 0; r < model->ref_count && model->refs; r++) {
        memcpy(model->refs + (size_t)r * set->dims, set->vectors + (size_t)texts[r] * set->dims,
               set->dims * sizeof(float));
        place[texts[r]] = r;
    }
    free(texts);
    return model->refs ? 0 : RL_NO_MEMORY;
}

static int by_ref(const void *x, const void *y) {
    const rl_result *a = x;
    const rl_result *b = y;
    return a->ref != b->ref ? (a->ref > b->ref) - (a->ref < b->ref)
           : a->a != b->a   ? (a->a > b->a) - (a->a < b->a)
           : a->b != b->b   ? (a->b > b->b) - (a->b < b->b)
                            : (a->label > b->label) - (a->label < b->label);
}

/* The newest, when there are more than can be kept. */
static int keep_results(const rl_set *set, const uint32_t *place, rl_model *model) {
    uint32_t most = set->row_count < RL_RESULTS_MAX ? set->row_count : RL_RESULTS_MAX;
    model->results = malloc(((size_t)most + 1) * sizeof *model->results);
    if (!model->results)
        return RL_NO_MEMORY;
    for (uint32_t i = set->row_count; i-- > 0 && model->result_count < most;) {
        const rl_row *row = &set->rows[i];
        if (place[row->text] != RL_NONE)
            model->results[model->result_count++] =
                (rl_result){.ref = place[row->text], .a = row->a, .b = row->b, .label = row->label};
    }
    qsort(model->results, model->result_count, sizeof *model->results, by_ref);
    return 0;
}

static void choose_sharpness(const rl_set *set, rl_model *model) {
    static const double sharp[] = {2, 4, 8, 16, 32};
    static const double prior[] = {2, 8, 32};
    double least = HUGE_VAL;
    rl_model tried = *model;
    for (size_t i = 0; i < sizeof sharp / sizeof *sharp; i++)
        for (size_t j = 0; j < sizeof prior / sizeof *prior; j++) {
            tried.sharpness = sharp[i];
            tried.prior = prior[j];
            double loss = rl_loss(&tried, set, 1, TRIED_MAX);
            if (loss < least) {
                least = loss;
                model->sharpness = sharp[i];
                model->prior = prior[j];
            }
        }
}

int rl_sw_train(const rl_set *set, uint64_t seed, rl_model *model) {
    uint64_t random = seed ^ 0x7377;
    uint32_t *place = malloc(((size_t)set->text_count + 1) * sizeof *place);
    int code = place ? draw_refs(set, &random, model, place) : RL_NO_MEMORY;
    if (code == 0)
        code = keep_results(set, place, model);
    free(place);
    model->sharpness = 8;
    model->prior = 8;
    if (code == 0)
        choose_sharpness(set, model);
    return code;
}
