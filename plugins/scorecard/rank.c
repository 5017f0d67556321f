/* Scores and ranks. What a model scores depends on the policy, the objective and whether the task
 * is easy or hard; all of that is known beforehand, so the rankings are made when the policy is
 * read, sorted and rounded. Only where a prompt fills the window of some model a ranking has to be
 * made anew. */
#include "scorecard.h"

#include <stdlib.h>

#define EASY       25
#define HARD       75
#define NEARLY     0.9 /* of a window */
#define INSERT_MAX 64  /* more models than these are sorted by the library */

static double penalty_of(const sc_model *m, double tokens) {
    if (!(m->context > 0) || !(tokens > 0))
        return 0;
    if (tokens > m->context)
        return 0.65;
    return tokens > NEARLY * m->context ? 0.35 : 0;
}

static double score_of(const sc_model *m, sc_objective objective, sc_band band, int strong,
                       const double *weights) {
    double score = weights[SC_COST] * m->score[SC_COST] + weights[SC_SPEED] * m->score[SC_SPEED] +
                   weights[SC_QUALITY] * m->score[SC_QUALITY];
    if (!strong && m->local)
        score += 0.03;
    if (strong && objective == SC_FOR_QUALITY)
        score += 0.02 * m->score[SC_QUALITY];
    if (band == SC_HARD)
        score += 0.07 * m->score[SC_QUALITY];
    else if (band == SC_EASY)
        score += 0.05 * m->score[SC_SPEED];
    return score;
}

/* The higher score first, then the higher quality, then the order of the list. */
static int compare(const void *left, const void *right) {
    const sc_rank *a = left;
    const sc_rank *b = right;
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score ? -1 : 1;
    if (a->quality > b->quality || a->quality < b->quality)
        return a->quality > b->quality ? -1 : 1;
    return a->model < b->model ? -1 : a->model > b->model;
}

/* Most of them are in their order already. */
static void sort(sc_rank *ranks, uint32_t count) {
    if (count > INSERT_MAX) {
        qsort(ranks, count, sizeof *ranks, compare);
        return;
    }
    for (uint32_t i = 1; i < count; i++) {
        const sc_rank one = ranks[i];
        uint32_t at = i;
        for (; at > 0 && compare(&one, &ranks[at - 1]) < 0; at--)
            ranks[at] = ranks[at - 1];
        ranks[at] = one;
    }
}

static void prepare(sc_provider *p, int strong, sc_objective objective, sc_band band) {
    sc_rank *ranks = p->ranked[objective][band];
    for (uint32_t i = 0; i < p->count; i++) {
        const sc_model *m = &p->models[i];
        double exact = score_of(m, objective, band, strong, p->weights[objective]);
        ranks[i] = (sc_rank){
            .model = i, .score = sc_round(exact, 6), .exact = exact, .quality = m->quality};
    }
    sort(ranks, p->count);
}

int32_t sc_rank_prepare(sc_provider *p, int strong) {
    sc_rank *room = calloc(((size_t)p->count + 1) * (SC_OBJECTIVES * SC_BANDS + 1), sizeof *room);
    if (!room)
        return ORXAQ_E_MEMORY;
    p->ranks = room;
    p->roomy = -1;
    for (uint32_t i = 0; i < p->count; i++) {
        double context = p->models[i].context;
        if (context > 0 && (p->roomy < 0 || NEARLY * context < p->roomy))
            p->roomy = NEARLY * context;
    }
    for (int o = 0; o < SC_OBJECTIVES; o++)
        for (int b = 0; b < SC_BANDS; b++) {
            room += (size_t)p->count + 1;
            p->ranked[o][b] = room;
            prepare(p, strong, (sc_objective)o, (sc_band)b);
        }
    return ORXAQ_OK;
}

const sc_rank *sc_rank_models(sc_provider *p, const sc_question *q, sc_objective objective) {
    sc_band band = q->difficulty >= HARD ? SC_HARD : q->difficulty <= EASY ? SC_EASY : SC_MIDDLING;
    const sc_rank *ready = p->ranked[objective][band];
    if (p->roomy < 0 || !(q->tokens > p->roomy))
        return ready;
    for (uint32_t i = 0; i < p->count; i++) {
        sc_rank *r = &p->ranks[i];
        *r = ready[i];
        r->penalty = penalty_of(&p->models[r->model], q->tokens);
        if (r->penalty > 0)
            r->score = sc_round(r->exact - r->penalty, 6);
    }
    sort(p->ranks, p->count);
    return p->ranks;
}
