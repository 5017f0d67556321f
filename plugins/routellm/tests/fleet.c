#include "fleet.h"

#include <math.h>

#define SECOND    INT64_C(1000000000)
#define MINUTE    (60 * SECOND)
#define CALL_TIME (30 * SECOND)

/* As the configuration has them by default. */
static const orx_deployment_policy policy = {.ceiling = 24,
                                             .recovery = 10,
                                             .cooldown_ns = 5 * SECOND,
                                             .cooldown_max_ns = 10 * MINUTE,
                                             .allowed_fails = 3};

/* ---- Outages --------------------------------------------------------------------------------- */

static int64_t about(fleet *f, int64_t mean) {
    return (int64_t)(-log(1 - rl_uniform(&f->hours)) * (double)mean) + SECOND;
}

static void plan_change(fleet *f, int m) {
    f->until[m] += about(f, f->away[m] ? 8 * MINUTE : 40 * MINUTE);
}

/* How calls to it end now: ORX_SIGNAL_NONE while it is well. */
static orx_signal_kind condition(fleet *f, int m) {
    static const orx_signal_kind ways[] = {ORX_SIGNAL_FAILED, ORX_SIGNAL_LOAD, ORX_SIGNAL_SLOW};
    while (f->until[m] <= f->now) {
        f->away[m] = !f->away[m];
        plan_change(f, m);
    }
    return f->away[m] ? ways[(uint64_t)f->until[m] % 3] : ORX_SIGNAL_NONE;
}

void fleet_begin(fleet *f, const synth *world, uint64_t seed) {
    *f = (fleet){.world = world, .hours = seed, .luck = seed ^ 0x6c75636b, .now = SECOND};
    for (int m = 0; m < SYNTH_MODELS; m++)
        plan_change(f, m);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Whether it answered. Money is spent on answers, and half of it on those that never came. */
static int call(fleet *f, int m, double price, double *cost) {
    orx_signal_kind how = condition(f, m);
    const orx_signal end = {.kind = how == ORX_SIGNAL_NONE ? ORX_SIGNAL_GOOD : how,
                            .duration_ns = CALL_TIME,
                            .in_flight = 1,
                            .group = SYNTH_MODELS,
                            .output_tokens = -1};
    orx_deployment_charge(&f->state[m], &policy, 0, f->now);
    f->now += CALL_TIME;
    (void)orx_deployment_learn(&f->state[m], &policy, &end, f->now);
    *cost += how == ORX_SIGNAL_NONE ? price : how == ORX_SIGNAL_SLOW ? price / 2 : 0;
    f->failed += how != ORX_SIGNAL_NONE;
    return how == ORX_SIGNAL_NONE;
}

/* Who takes a call now; when nobody does, who does first. */
static int offered(fleet *f, int *models) {
    for (;;) {
        int count = 0;
        int64_t least = MINUTE;
        for (int m = 0; m < SYNTH_MODELS; m++) {
            int64_t wait = 0;
            orx_deployment_settle(&f->state[m], &policy, f->now);
            if (orx_deployment_gate(&f->state[m], &policy, 0, 0, f->now, &wait) == ORX_GATE_OPEN)
                models[count++] = m;
            else if (wait > 0 && wait < least)
                least = wait;
        }
        f->filtered += SYNTH_MODELS - count;
        if (count)
            return count;
        f->now += least;
    }
}

static int attempt(fleet *f, int task, int number, fleet_order_fn order, void *user, double *cost) {
    const synth_task *t = &f->world->test[task];
    int models[SYNTH_MODELS];
    int count = offered(f, models);
    order(user, task, number, models, count);
    for (int i = 0; i < count; i++)
        if (call(f, models[i], synth_cost(f->world, t, models[i]), cost))
            return rl_uniform(&f->luck) < synth_p(f->world, t, models[i]);
    return -1; /* nobody answered: no attempt was made */
}

fleet_result fleet_do(fleet *f, int task, fleet_order_fn order, void *user) {
    fleet_result r = {0};
    for (int number = 1; number <= FLEET_ATTEMPTS && !r.passed;) {
        int passed = attempt(f, task, number, order, user, &r.cost);
        r.passed = passed > 0;
        number += passed >= 0;
    }
    return r;
}

void fleet_always(void *user, int task, int number, int *models, int count) {
    const int *first = user;
    (void)task;
    (void)number;
    for (int i = 1; i < count; i++)
        for (int k = i;
             k > 0 && models[k - 1] != *first && (models[k] == *first || models[k] > models[k - 1]);
             k--) {
            int moved = models[k];
            models[k] = models[k - 1];
            models[k - 1] = moved;
        }
}
