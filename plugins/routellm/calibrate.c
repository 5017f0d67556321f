/* Thresholds. Win rates of different routers mean different things - 0.5 is "half of the tasks" for
 * none of them - so a threshold is read off recorded traffic: which one would have sent 30 % of it to
 * the strong model? Only texts that were held out are looked at; a router is surer of those it was
 * trained with. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 20000

double rl_win_rate(double strong_logit, double weak_logit) {
    return rl_sigmoid(strong_logit - weak_logit);
}

/* How many are at or above the threshold. */
static uint32_t count_above(const double *sorted, uint32_t n, double threshold) {
    uint32_t low = 0;
    uint32_t high = n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (sorted[mid] >= threshold)
            high = mid;
        else
            low = mid + 1;
    }
    return n - low;
}

double rl_share_threshold(const double *sorted, uint32_t n, double share) {
    double want = share * n;
    if (n == 0 || want < 0.5)
        return 1;
    uint32_t k = (uint32_t)(want + 0.5) < n ? (uint32_t)(want + 0.5) : n;
    double at = sorted[n - k];
    /* With ties at this place, everything of the tie or nothing. */
    double with = count_above(sorted, n, at);
    double above = nextafter(at, 2);
    double without = count_above(sorted, n, above);
    return fabs(with - want) <= fabs(without - want) || above > 1 ? at : above;
}

/* ---- The table ------------------------------------------------------------------------------- */

/* A text that is held out: the win rate there, and what is expected of the two models. */
typedef struct point {
    double win;
    double strong;
    double weak;
} point;

static int by_win(const void *a, const void *b) {
    double x = ((const point *)a)->win;
    double y = ((const point *)b)->win;
    return (x > y) - (x < y);
}

/* The best model by rate, and the cheapest of the others (the worst when no cost is known). */
static void pick_pair(const rl_model *model, rl_calibration *c) {
    for (uint32_t m = 1; m < model->model_count; m++)
        if (model->bias[m] > model->bias[c->strong])
            c->strong = m;
    c->weak = c->strong == 0 && model->model_count > 1 ? 1 : 0;
    for (uint32_t m = 0; m < model->model_count; m++) {
        double cost = model->cost[m] < 0 ? HUGE_VAL : model->cost[m];
        double least = model->cost[c->weak] < 0 ? HUGE_VAL : model->cost[c->weak];
        if (m != c->strong &&
            (cost < least || (cost == least && model->bias[m] < model->bias[c->weak])))
            c->weak = m;
    }
}

static uint32_t gather(const rl_model *model, const rl_set *set, double *work, point *points) {
    double logits[RL_MODELS_MAX];
    float features[RL_FEATURES];
    const rl_calibration *c = &model->calibration;
    uint32_t n = 0;
    for (uint32_t i = 0; i < set->text_count && n < TEXTS_MAX; i++) {
        if (!set->held[i])
            continue;
        const rl_row row = {.text = i, .attempt = 1};
        rl_input input = rl_row_input(set, &row, features);
        rl_score(model, &input, work, logits);
        points[n++] = (point){.win = rl_win_rate(logits[c->strong], logits[c->weak]),
                              .strong = rl_sigmoid(logits[c->strong]),
                              .weak = rl_sigmoid(logits[c->weak])};
    }
    return n;
}

/* Row i: what the threshold for i % costs and brings. */
static void fill_row(rl_model *model, const point *points, uint32_t n, const double *sorted,
                     uint32_t i) {
    rl_calibration *c = &model->calibration;
    double quality = 0;
    double strong = 0;
    c->threshold[i] = rl_share_threshold(sorted, n, (double)i / (RL_THRESHOLDS - 1));
    for (uint32_t j = 0; j < n; j++) {
        int takes = points[j].win >= c->threshold[i];
        strong += takes;
        quality += takes ? points[j].strong : points[j].weak;
    }
    double dear = model->cost[c->strong];
    double cheap = model->cost[c->weak];
    c->quality[i] = quality / n;
    c->cost[i] = dear < 0 || cheap < 0 ? -1 : (strong * dear + (n - strong) * cheap) / n;
}

/* Every other point makes the table, the rest checks it. Few points do both. */
static void fill(rl_model *model, point *points, uint32_t n, double *sorted) {
    rl_calibration *c = &model->calibration;
    uint32_t used = n < 20 ? n : (n + 1) / 2;
    for (uint32_t i = 1; i < used && n >= 20; i++) { /* the even ones to the front */
        point kept = points[i];
        points[i] = points[2 * i];
        points[2 * i] = kept;
    }
    qsort(points, used, sizeof *points, by_win);
    for (uint32_t i = 0; i < used; i++)
        sorted[i] = points[i].win;
    for (uint32_t i = 0; i < RL_THRESHOLDS; i++)
        fill_row(model, points, used, sorted, i);
    uint32_t from = used < n ? used : 0;
    double above = 0;
    for (uint32_t i = from; i < n; i++)
        above += points[i].win >= c->threshold[30];
    c->there = 1;
    c->count = used;
    c->checked = n - from;
    c->check = above / (n - from);
}

int rl_calibrate(rl_model *model, const rl_set *set) {
    size_t most = set->text_count < TEXTS_MAX ? set->text_count : TEXTS_MAX;
    double *work = malloc(rl_work_size(model) * sizeof *work);
    double *sorted = malloc((most + 1) * sizeof *sorted);
    point *points = malloc((most + 1) * sizeof *points);
    model->calibration = (rl_calibration){0};
    int code = work && sorted && points ? 0 : RL_NO_MEMORY;
    if (code == 0 && model->model_count > 1) {
        pick_pair(model, &model->calibration);
        uint32_t n = gather(model, set, work, points);
        if (n)
            fill(model, points, n, sorted);
    }
    free(work);
    free(sorted);
    free(points);
    return code;
}

/* ---- Targets --------------------------------------------------------------------------------- */

/* Row 0 is the cheapest and row 100 the best; both columns grow in between. */
static uint32_t row_for(const rl_calibration *c, int target, double value) {
    uint32_t row = 0;
    switch (target) {
    case RL_TARGET_SHARE:
        row = (uint32_t)(fmax(0, fmin(1, value)) * (RL_THRESHOLDS - 1) + 0.5);
        break;
    case RL_TARGET_COST: /* as much quality as this buys */
        while (row + 1 < RL_THRESHOLDS && c->cost[row + 1] <= value)
            row++;
        break;
    default: /* as little money as this needs */
        while (row + 1 < RL_THRESHOLDS && c->quality[row] < value)
            row++;
    }
    return row;
}

double rl_target_threshold(const rl_calibration *c, int target, double value, double *ret_share) {
    uint32_t row = row_for(c, target, value);
    *ret_share = (double)row / (RL_THRESHOLDS - 1);
    return c->threshold[row];
}
