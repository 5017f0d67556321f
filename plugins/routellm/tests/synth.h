/* synth.h: a made-up world in which the truth is known: tasks with texts, models with abilities.
 *
 * The probability that model m passes task q is the two-parameter logistic curve
 *
 *     p = 1 / (1 + exp(-a[q] * (ability[m] - difficulty[q])))
 *
 * Six models, abilities 0.8 apart, each at twice the price of the next weaker one.
 *
 * What the text of a task carries. There are 60 words with a meaning, which all families share:
 * each adds a number of its own to the difficulty (and a little to the sharpness a). 4 to 8 of them
 * are drawn for a task, and
 *
 *     difficulty = 1.3 * sum / sqrt(words) + offset of the family + noise
 *
 * with a standard deviation of 1.3 for what the words say, 0.25 for the family and 0.1 for noise
 * that is written nowhere. Between them stand words that mean nothing: a word of the family's own
 * ten after each, and filler after about half of them. So the text names the family and says how
 * hard the task is, in words whose meaning has to be learned from outcomes. Of 40 families 30 are
 * for training and 10, whose words and offsets no training row has, for the test.
 *
 * Recorded outcomes are drawn with p and then turned round with the probability SYNTH_NOISE. What
 * judges is p itself. All words, meanings, families and abilities are drawn from the seed. */
#ifndef SYNTH_H
#define SYNTH_H

#include "../routellm.h"

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

/* The number of the model of this name. */
int synth_model(const synth *s, const char *name);

double synth_p(const synth *s, const synth_task *task, int model);
double synth_cost(const synth *s, const synth_task *task, int model);

/* Records `tries` outcomes for each training task, by different models, and holds some texts out.
 */
void synth_record(synth *s, int tries, rl_set *set);

#endif
