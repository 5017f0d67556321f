/* The made-up world. */
#include "synth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEANINGFUL   60
#define FILLERS      80
#define FAMILIES     40 /* three of four are for training */
#define FAMILY_WORDS 10
#define WORD_SIZE    12

typedef struct language {
    char meaningful[MEANINGFUL][WORD_SIZE];
    double hard[MEANINGFUL];  /* what the word adds to the difficulty */
    double sharp[MEANINGFUL]; /* and to the logarithm of the sharpness */
    char filler[FILLERS][WORD_SIZE];
    char topic[FAMILIES][FAMILY_WORDS][WORD_SIZE];
    double offset[FAMILIES];
} language;

static uint64_t below(synth *s, uint64_t n) {
    return rl_next(&s->random) % n;
}

static void invent(synth *s, char word[WORD_SIZE]) {
    static const char consonants[] = "bcdfghklmnprstvz", vowels[] = "aeiou";
    size_t len = 4 + 2 * below(s, 4);
    for (size_t i = 0; i < len; i++)
        word[i] = i % 2 ? vowels[below(s, 5)] : consonants[below(s, 16)];
    word[len] = 0;
}

static void learn_to_speak(synth *s, language *l) {
    for (int i = 0; i < MEANINGFUL; i++) {
        invent(s, l->meaningful[i]);
        l->hard[i] = rl_normal(&s->random);
        l->sharp[i] = 0.15 * rl_normal(&s->random);
    }
    for (int i = 0; i < FILLERS; i++)
        invent(s, l->filler[i]);
    for (int f = 0; f < FAMILIES; f++) {
        l->offset[f] = 0.25 * rl_normal(&s->random);
        for (int i = 0; i < FAMILY_WORDS; i++)
            invent(s, l->topic[f][i]);
    }
}

static void say(synth_task *t, const char *word) {
    int n = snprintf(t->text + t->len, sizeof t->text - t->len, "%s%s", t->len ? " " : "", word);
    if (n > 0 && t->len + (size_t)n < sizeof t->text)
        t->len += (size_t)n;
}

static void write_task(synth *s, const language *l, int family, synth_task *t) {
    int meaningful = 4 + (int)below(s, 5);
    double hard = 0;
    double sharp = 0;
    t->family = family;
    for (int i = 0; i < meaningful; i++) {
        uint64_t w = below(s, MEANINGFUL);
        hard += l->hard[w];
        sharp += l->sharp[w];
        say(t, l->meaningful[w]);
        if (below(s, 2))
            say(t, l->filler[below(s, FILLERS)]);
        say(t, l->topic[family][below(s, FAMILY_WORDS)]);
    }
    t->difficulty =
        1.3 * hard / sqrt(meaningful) + l->offset[family] + SYNTH_NOISE * rl_normal(&s->random);
    t->sharpness = 1.7 * exp(sharp);
}

/* Every model costs twice what the next weaker one does. */
static void set_prices(synth *s) {
    for (int m = 0; m < SYNTH_MODELS; m++)
        s->cost[m] = 1e6 * (1 << m);
}

synth *synth_new(uint64_t seed, int train, int test) {
    static const char *const names[] = {"tiny", "small", "medium", "good", "large", "grand"};
    synth *s = calloc(1, sizeof *s);
    language *l = calloc(1, sizeof *l);
    s->random = seed;
    s->train_count = train;
    s->test_count = test;
    s->train = calloc((size_t)train, sizeof *s->train);
    s->test = calloc((size_t)test, sizeof *s->test);
    learn_to_speak(s, l);
    for (int m = 0; m < SYNTH_MODELS; m++) {
        s->names[m] = names[m];
        s->ability[m] = -1.5 + 0.8 * m + 0.1 * rl_normal(&s->random);
    }
    for (int i = 0; i < train; i++)
        write_task(s, l, (int)below(s, FAMILIES * 3 / 4), &s->train[i]);
    for (int i = 0; i < test; i++)
        write_task(s, l, FAMILIES * 3 / 4 + (int)below(s, FAMILIES / 4), &s->test[i]);
    set_prices(s);
    free(l);
    return s;
}

void synth_free(synth *s) {
    free(s->train);
    free(s->test);
    free(s);
}

int synth_model(const synth *s, const char *name) {
    for (int m = 0; m < SYNTH_MODELS; m++)
        if (strcmp(s->names[m], name) == 0)
            return m;
    abort();
}

double synth_p(const synth *s, const synth_task *task, int model) {
    return rl_sigmoid(task->sharpness * (s->ability[model] - task->difficulty));
}

double synth_cost(const synth *s, const synth_task *task, int model) {
    return s->cost[model] * (0.5 + (double)task->len / 200);
}

void synth_record(synth *s, int tries, rl_set *set) {
    for (int i = 0; i < s->train_count; i++) {
        const synth_task *t = &s->train[i];
        uint64_t first = below(s, SYNTH_MODELS);
        for (int k = 0; k < tries; k++) {
            int m = (int)((first + (uint64_t)k * 5) % SYNTH_MODELS);
            int passed = rl_uniform(&s->random) < synth_p(s, t, m);
            passed ^= rl_uniform(&s->random) < SYNTH_NOISE;
            const rl_sample sample = {.title = "",
                                      .text = t->text,
                                      .text_len = t->len,
                                      .model = s->names[m],
                                      .model_len = strlen(s->names[m]),
                                      .label = passed,
                                      .attempt = 1,
                                      .cost = synth_cost(s, t, m)};
            if (rl_set_add(set, &sample) != RL_ADDED)
                abort();
        }
    }
    rl_set_hold_out(set, 1);
}
