/* What a passed task has to be worth. Of all ways to give tasks to models so that a certain number
 * of them passes, the cheapest gives each to the model with the most left when its cost is taken
 * from a worth that is the same for all tasks. Which worth that is, is read off recorded traffic,
 * as the thresholds are: from texts that the model was not trained with. */
#include "routellm.h"

#include <math.h>

/* Row 0 is an eighth of what the strong model costs, eight rows double it: at the last one, 700
 * times its cost, a tenth of a percent of probability decides. */
static double worth_of_row(double strong_cost, uint32_t row) {
    return strong_cost * exp2((double)row / 8 - 3);
}

static void fill_row(rl_model *model, const rl_arm *arms, uint32_t texts, uint32_t row) {
    rl_worths *w = &model->calibration.worths;
    const rl_rule rule = {.threshold = -1, .worth = w->worth[row]};
    for (uint32_t i = 0; i < texts; i++, arms += model->model_count) {
        const rl_arm *arm = &arms[rl_pick(&rule, arms, model->model_count)];
        w->cost[row] += arm->cost / texts;
        w->quality[row] += rl_sigmoid(arm->logit) / texts;
        w->strong[row] += (double)arm->strong / texts;
    }
}

void rl_worths_fill(rl_model *model, const rl_arm *arms, uint32_t texts) {
    uint32_t strong = model->calibration.strong;
    rl_worths *w = &model->calibration.worths;
    *w = (rl_worths){0};
    for (uint32_t m = 0; m < model->model_count; m++)
        if (model->cost[m] < 0)
            return;
    if (model->router == RL_RANDOM || !(model->cost[strong] > 0))
        return;
    for (uint32_t i = 0; i < texts; i++)
        w->alone += rl_sigmoid(arms[(size_t)i * model->model_count + strong].logit) / texts;
    for (uint32_t row = 0; row < RL_WORTHS; row++) {
        w->worth[row] = worth_of_row(model->cost[strong], row);
        fill_row(model, arms, texts, row);
    }
    w->there = 1;
}

uint32_t rl_worths_row(const rl_worths *w, double keep) {
    uint32_t row = 0;
    while (row + 1 < RL_WORTHS && w->quality[row] < keep * w->alone)
        row++;
    return row;
}
