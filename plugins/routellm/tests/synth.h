/* synth.h: a made-up world in which the truth is known: tasks with texts, models with abilities.
 *
 * The probability that model m passes task q is the two-parameter logistic curve
 *
 *     p = 1 / (1 + exp(-a[q] * (ability[m] - difficulty[q])))
 *
 * How hard a task is (and how sharply it tells models apart) can be read in its text, though only in
 * part: it is the sum of what some of its words mean, an offset of its family, and noise that is
 * written nowhere. Families have words of their own, which mean nothing. The families of the test
 * tasks do not occur in training, so a router cannot remember them; it has to have understood words
 * that families share. Recorded outcomes are drawn with p and then turned round with the probability
 * SYNTH_NOISE. All words, meanings, families and abilities are drawn from the seed. */
#ifndef SYNTH_H
#define SYNTH_H

#include "routellm.h"

#define SYNTH_MODELS 6
#define SYNTH_NOISE  0.1

typedef struct synth_task {
    char text[512];
    size_t len;
    int family;
    double difficulty;
    double sharpness;
} synth_task;

typedef struct synth {
    uint64_t random;
    const char *names[SYNTH_MODELS];
    double ability[SYNTH_MODELS];
    double cost[SYNTH_MODELS]; /* nano-USD of a task of middle length */
    int train_count;
    int test_count;
    synth_task *train;
    synth_task *test;
} synth;

/* A world with so many tasks to learn from and so many, of other families, to be tested on. */
synth *synth_new(uint64_t seed, int train, int test);
void synth_free(synth *s);

double synth_p(const synth *s, const synth_task *task, int model);
double synth_cost(const synth *s, const synth_task *task, int model);

/* Records `tries` outcomes for each training task, by different models, and holds some texts out. */
void synth_record(synth *s, int tries, rl_set *set);

#endif
