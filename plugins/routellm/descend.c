/* Descent by epochs: every row once in a new order, and a look at the texts that are held out. What
 * was best there is kept; when it has not got better for a while, it is enough. */
#include "routellm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOOKED_AT 20000 /* rows that are held out */

static void keep(const rl_model *now, rl_model *best) {
    size_t vectors = (size_t)now->model_count * now->dims * sizeof *now->vectors;
    size_t weights = (size_t)now->model_count * RL_FEATURES * sizeof *now->weights;
    if (now->vectors)
        memcpy(best->vectors, now->vectors, vectors);
    if (now->weights)
        memcpy(best->weights, now->weights, weights);
    memcpy(best->bias, now->bias, sizeof best->bias);
}

static uint32_t to_learn_from(const rl_set *set, uint32_t *order) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->row_count; i++)
        if (!set->held[set->rows[i].text])
            order[count++] = i;
    return count;
}

int rl_descend(const rl_descent *d, uint64_t *random) {
    double least = HUGE_VAL;
    uint32_t *order = malloc(((size_t)d->set->row_count + 1) * sizeof *order);
    if (!order)
        return RL_NO_MEMORY;
    uint32_t count = to_learn_from(d->set, order);
    for (uint32_t epoch = 0, worse = 0;
         epoch < d->epochs && worse < d->patience && (uint64_t)epoch * count <= d->steps; epoch++) {
        rl_shuffle(order, count, random);
        for (uint32_t i = 0; i < count; i++)
            d->step(d->fit, &d->set->rows[order[i]]);
        d->fold(d->fit, d->now);
        double loss = rl_loss(d->now, d->set, 1, LOOKED_AT);
        worse = loss < least ? 0 : worse + 1;
        if (loss < least) {
            least = loss;
            keep(d->now, d->best);
        }
    }
    free(order);
    return 0;
}
