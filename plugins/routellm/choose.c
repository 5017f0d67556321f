/* From predictions to an order. */
#include "routellm.h"

#include <math.h>

/* ---- The rule -------------------------------------------------------------------------------- */

/* Whether a is to be taken rather than b, both being good enough. */
static int cheaper(const rl_arm *a, const rl_arm *b) {
    if (a->cost < b->cost || a->cost > b->cost)
        return a->cost < b->cost;
    if (a->logit < b->logit || a->logit > b->logit)
        return a->logit > b->logit;
    return a->index < b->index;
}

static int better(const rl_arm *a, const rl_arm *b) {
    if (a->logit < b->logit || a->logit > b->logit)
        return a->logit > b->logit;
    return cheaper(a, b);
}

static uint32_t best_of(const rl_arm *arms, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (better(&arms[i], &arms[best]))
            best = i;
    return best;
}

static uint32_t strong_of(const rl_arm *arms, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (arms[i].strong)
            return i;
    return best_of(arms, n);
}

/* What is left of the worth of a pass. One whose cost is not known leaves nothing. */
static double left(const rl_rule *rule, const rl_arm *arm) {
    return rl_sigmoid(arm->logit) * rule->worth - arm->cost;
}

static uint32_t most_left(const rl_rule *rule, const rl_arm *arms, uint32_t n) {
    uint32_t chosen = 0;
    for (uint32_t i = 1; i < n; i++) {
        double more = left(rule, &arms[i]) - left(rule, &arms[chosen]);
        if (more > 0 || (!(more < 0) && better(&arms[i], &arms[chosen])))
            chosen = i;
    }
    return chosen;
}

uint32_t rl_pick(const rl_rule *rule, const rl_arm *arms, uint32_t n) {
    if (rule->threshold < 0 && rule->worth > 0)
        return most_left(rule, arms, n);
    int pairs = rule->threshold >= 0;
    uint32_t chosen = pairs ? strong_of(arms, n) : best_of(arms, n);
    const rl_arm *top = &arms[chosen];
    double goal = fmin(rule->target, rl_sigmoid(top->logit)) - rule->reach;
    for (uint32_t i = 0; i < n; i++) {
        if (&arms[i] == top || !cheaper(&arms[i], &arms[chosen]))
            continue;
        if (pairs ? rl_win_rate(top->logit, arms[i].logit) < rule->threshold
                  : rl_sigmoid(arms[i].logit) >= goal)
            chosen = i;
    }
    return chosen;
}

static void move_to_front(rl_arm *arms, uint32_t from) {
    rl_arm moved = arms[from];
    for (uint32_t i = from; i > 0; i--)
        arms[i] = arms[i - 1];
    arms[0] = moved;
}

void rl_choose(const rl_rule *rule, rl_arm *arms, uint32_t n) {
    for (uint32_t done = 0; done < n && done < RL_CHOSEN_MAX; done++)
        move_to_front(arms + done, rl_pick(rule, arms + done, n - done));
}

/* ---- Exploration ----------------------------------------------------------------------------- */

/* How much an arm is worth looking at: the less is known of it, the more; 0 = not at all. */
static double curiosity(const rl_arm *arm, double least, double max_cost) {
    if (rl_sigmoid(arm->logit) < least || (max_cost >= 0 && !(arm->cost <= max_cost)))
        return 0;
    return 1 / sqrt(1 + (double)(arm->calls > 0 ? arm->calls : 0));
}

double rl_explore(double share, double reach, double max_cost, uint64_t seed, rl_arm *arms,
                  uint32_t n) {
    uint64_t state = seed;
    double total = 0;
    if (n < 2 || share <= 0)
        return 1;
    uint32_t looked_at = n < RL_CHOSEN_MAX ? n : RL_CHOSEN_MAX;
    double least = rl_sigmoid(arms[best_of(arms, n)].logit) - reach;
    for (uint32_t i = 1; i < looked_at; i++)
        total += curiosity(&arms[i], least, max_cost);
    if (total <= 0)
        return 1;
    if (rl_uniform(&state) >= share)
        return 1 - share;
    double draw = rl_uniform(&state) * total;
    uint32_t taken = 0;
    double weight = 0;
    for (uint32_t i = 1; i < looked_at && draw >= 0; i++) {
        double w = curiosity(&arms[i], least, max_cost);
        if (w <= 0)
            continue;
        taken = i;
        weight = w;
        draw -= w;
    }
    move_to_front(arms, taken);
    return share * weight / total;
}
