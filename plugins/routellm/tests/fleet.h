/* fleet.h: the made-up world's models as endpoints that fail, and tasks that are done on them.
 *
 * Every model is one endpoint. Each is well for 40 minutes and away for 8, on average; away, it is
 * not reached, turns calls away, or lets them run into their deadline, and then half of the price
 * is paid. When that happens is drawn from the seed alone, so that every policy meets the same
 * failures at the same hours. A call takes half a minute, and nothing else makes time pass.
 *
 * A task is done as the runner does it: who takes no call (route/deployment.h: breakers and limits,
 * fed by how calls end) is not offered; somebody says in which order the others are asked; a call
 * that fails goes on to the next; work that does not pass is tried once more. That it passes has
 * the true probability of the model and the task. */
#ifndef FLEET_H
#define FLEET_H

#include "synth.h"

#include "route/deployment.h"

#define FLEET_ATTEMPTS 2

typedef struct fleet {
    const synth *world;
    uint64_t hours; /* draws outages */
    uint64_t luck;  /* draws whether work passes */
    int64_t now;    /* nanoseconds */
    orx_deployment state[SYNTH_MODELS];
    int away[SYNTH_MODELS];
    int64_t until[SYNTH_MODELS]; /* when that changes */
    int failed;                  /* calls that were not answered */
    int filtered;                /* candidates that were not offered */
} fleet;

/* Puts the models that are offered in the order in which they are to be asked. task is the number
 * of one of the world's tests. */
typedef void (*fleet_order_fn)(void *user, int task, int attempt, int *models, int count);

/* What became of one task. */
typedef struct fleet_result {
    int passed;
    double cost; /* nano-USD, of all calls for it */
} fleet_result;

void fleet_begin(fleet *f, const synth *world, uint64_t seed);
fleet_result fleet_do(fleet *f, int task, fleet_order_fn order, void *user);

/* Everything to one model first, the others behind it, the strongest first; *user is its number. */
void fleet_always(void *user, int task, int attempt, int *models, int count);

#endif
