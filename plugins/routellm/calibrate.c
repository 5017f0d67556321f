/* Thresholds. Win rates of different routers mean different things - 0.5 is "half of the tasks" for
 * none of them - so a threshold is read off recorded traffic: which one would have sent 30 % of it
 * to the strong model? Only texts that were held out are looked at; a router is surer of those it
 * was trained with. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>

#define TEXTS_MAX 20000
#define ROWS_MAX  2000 /* of them, for what a threshold costs and brings */

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

/* Texts that are held out: their arms, and from which threshold down the strong model gets them. */
typedef struct table {
    rl_model *model;
    rl_arm *arms; /* count * model_count */
    double *wins;
    double *sorted;
    double *work;
    double price[RL_MODELS_MAX];
    uint32_t count;
} table;

/* The best model by rate, and the cheapest of the others. Where a cost is not known, who passes
 * more often is taken to be dearer. */
static void pick_pair(table *t) {
    const rl_model *model = t->model;
    rl_calibration *c = &t->model->calibration;
    int known = 1;
    for (uint32_t m = 0; m < model->model_count; m++) {
        known = known && model->cost[m] >= 0;
        if (model->bias[m] > model->bias[c->strong])
            c->strong = m;
    }
    for (uint32_t m = 0; m < model->model_count; m++)
        t->price[m] = known ? model->cost[m] : model->bias[m];
    c->weak = c->strong == 0 ? 1 : 0;
    for (uint32_t m = 0; m < model->model_count; m++)
        if (m != c->strong && t->price[m] < t->price[c->weak])
            c->weak = m;
}

/* The win rate over the best of those that would be taken instead. */
static double win_of(const table *t, const rl_arm *arms) {
    const rl_arm *strong = &arms[t->model->calibration.strong];
    double rival = -HUGE_VAL;
    for (uint32_t m = 0; m < t->model->model_count; m++)
        if (m != strong->index && t->price[m] < strong->cost)
            rival = fmax(rival, arms[m].logit);
    return rl_win_rate(strong->logit, rival);
}

static void gather(table *t, const rl_set *set, uint32_t most) {
    const rl_model *model = t->model;
    double logits[RL_MODELS_MAX];
    float features[RL_FEATURES];
    for (uint32_t i = 0; i < set->text_count && t->count < most; i++) {
        if (!set->held[i])
            continue;
        const rl_row row = {.text = i, .attempt = 1};
        rl_input input = rl_row_input(set, &row, features);
        rl_score(model, &input, t->work, logits);
        rl_arm *arms = t->arms + (size_t)t->count * model->model_count;
        for (uint32_t m = 0; m < model->model_count; m++)
            arms[m] = (rl_arm){.logit = logits[m],
                               .cost = t->price[m],
                               .index = m,
                               .strong = m == model->calibration.strong};
        t->wins[t->count++] = win_of(t, arms);
    }
}

/* Row i: what the threshold for i % costs and brings, over some of the texts. */
static void fill_row(const table *t, uint32_t n, uint32_t i) {
    rl_calibration *c = &t->model->calibration;
    const rl_rule rule = {.threshold = c->threshold[i]};
    double quality = 0;
    double cost = 0;
    for (uint32_t j = 0; j < n; j++) {
        const rl_arm *arms = t->arms + (size_t)j * t->model->model_count;
        uint32_t m = rl_pick(&rule, arms, t->model->model_count);
        quality += rl_sigmoid(arms[m].logit);
        cost = cost < 0 || t->model->cost[m] < 0 ? -1 : cost + t->model->cost[m];
    }
    c->quality[i] = quality / n;
    c->cost[i] = cost < 0 ? -1 : cost / n;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Every other text makes the table, the rest checks it. Few texts do both. */
static void fill(table *t) {
    rl_calibration *c = &t->model->calibration;
    uint32_t step = t->count < 20 ? 1 : 2;
    uint32_t used = 0;
    double above = 0;
    for (uint32_t i = 0; i < t->count; i += step)
        t->sorted[used++] = t->wins[i];
    qsort(t->sorted, used, sizeof *t->sorted, ascending);
    for (uint32_t i = 0; i < RL_THRESHOLDS; i++) {
        c->threshold[i] = rl_share_threshold(t->sorted, used, (double)i / (RL_THRESHOLDS - 1));
        fill_row(t, t->count < ROWS_MAX ? t->count : ROWS_MAX, i);
    }
    for (uint32_t i = step - 1; i < t->count; i += step, c->checked++)
        above += t->wins[i] >= c->threshold[30];
    c->there = 1;
    c->count = used;
    c->check = above / c->checked;
}

int rl_calibrate(rl_model *model, const rl_set *set) {
    uint32_t most = set->text_count < TEXTS_MAX ? set->text_count : TEXTS_MAX;
    table t = {.model = model};
    model->calibration = (rl_calibration){0};
    t.work = malloc(rl_work_size(model) * sizeof *t.work);
    t.sorted = malloc(((size_t)most + 1) * sizeof *t.sorted);
    t.wins = malloc(((size_t)most + 1) * sizeof *t.wins);
    t.arms = malloc(((size_t)most + 1) * model->model_count * sizeof *t.arms);
    int code = t.work && t.sorted && t.wins && t.arms ? 0 : RL_NO_MEMORY;
    if (code == 0 && model->model_count > 1) {
        pick_pair(&t);
        gather(&t, set, most);
        if (t.count) {
            fill(&t);
            rl_worths_fill(model, t.arms, t.count < ROWS_MAX ? t.count : ROWS_MAX);
        }
    }
    free(t.work);
    free(t.sorted);
    free(t.wins);
    free(t.arms);
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
