/* The numbers of the frontier. */
#include "route/frontier.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX 400
#define SENT_ONE   2.0 /* a lambda at which a difference of 1 in score is not worth it */

/* Sums over some tasks for one policy. */
typedef struct sums {
    double weight;
    double quality;
    double cost;
} sums;

typedef struct making {
    const orx_frontier_data *d;
    orx_frontier *f;
    size_t blocks;
    sums *by_block; /* policy * blocks; the policies: points, then weak only, strong only */
    sums *total;    /* one per policy; drawn anew in every round of the bootstrap */
    double *seen;   /* per policy: tasks whose choice was observed */
    double *strong; /* per policy: tasks that went to the strong model */
} making;

#define POLICIES    (ORX_FRONTIER_POINTS + 2)
#define WEAK_ONLY   ORX_FRONTIER_POINTS
#define STRONG_ONLY (ORX_FRONTIER_POINTS + 1)

static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* ---- Single models --------------------------------------------------------------------------- */

static double weight_of(const orx_frontier_data *d, size_t t, size_t m) {
    return d->weight ? d->weight[t * d->models + m] : 1;
}

static void measure_models(const orx_frontier_data *d, orx_frontier_model *out) {
    for (size_t m = 0; m < d->models; m++) {
        double quality = 0, seen = 0, cost = 0;
        for (size_t t = 0; t < d->tasks; t++) {
            double q = d->quality[t * d->models + m];
            if (isnan(q))
                continue;
            double w = weight_of(d, t, m);
            quality += w * q;
            cost += w * d->cost[t * d->models + m];
            seen += w;
            out[m].observed++;
        }
        out[m].quality = seen > 0 ? quality / seen : (double)NAN;
        out[m].cost = seen > 0 ? cost / seen : (double)NAN;
    }
}

static bool beats(const orx_frontier_model *a, const orx_frontier_model *b) {
    return a->cost <= b->cost && a->quality >= b->quality &&
           (a->cost < b->cost || a->quality > b->quality);
}

static int pick_ends(orx_frontier *f, orx_err *err) {
    bool found = false;
    for (size_t i = 0; i < f->models; i++)
        for (size_t j = 0; j < f->models; j++)
            if (f->model[i].observed && f->model[j].observed && beats(&f->model[j], &f->model[i]))
                f->model[i].dominated = true;
    for (size_t i = 0; i < f->models; i++) {
        const orx_frontier_model *m = &f->model[i];
        if (!m->observed || m->dominated)
            continue;
        if (!found || m->cost < f->model[f->weak].cost)
            f->weak = i;
        if (!found || m->quality > f->model[f->strong].quality)
            f->strong = i;
        found = true;
    }
    if (!found || f->weak == f->strong)
        return orx_err_set(err, ORX_E_INVALID,
                           "there is nothing to choose: %s; record tasks that a dearer model "
                           "passes and a cheaper one does not",
                           found ? "the cheapest model is as good as any other"
                                 : "no result of a model is recorded");
    return 0;
}

/* ---- Policies -------------------------------------------------------------------------------- */

/* Lambda of policy i in units of "score per cost between weak and strong": from giving everything
 * to the best to giving everything to the cheapest, dense where score differences usually are. */
static double lambda_of(size_t i) {
    size_t last = ORX_FRONTIER_POINTS - 1;
    if (i == last)
        return 0;
    return SENT_ONE * pow(1e-4, (double)i / (double)(last - 1));
}

static size_t choose(const orx_frontier *f, const orx_frontier_data *d, size_t t, double lambda) {
    size_t chosen = f->weak;
    double best = -HUGE_VAL;
    for (size_t m = 0; m < d->models; m++) {
        if (!f->model[m].observed)
            continue;
        double value = d->score[t * d->models + m] - lambda * d->cost[t * d->models + m];
        if (value > best) {
            best = value;
            chosen = m;
        }
    }
    return chosen;
}

static size_t choice(const making *k, size_t t, size_t policy, double unit) {
    if (policy == WEAK_ONLY)
        return k->f->weak;
    if (policy == STRONG_ONLY)
        return k->f->strong;
    return choose(k->f, k->d, t, lambda_of(policy) / unit);
}

static void run_policies(making *k, uint64_t seed) {
    const orx_frontier_data *d = k->d;
    double unit = k->f->model[k->f->strong].cost - k->f->model[k->f->weak].cost;
    for (size_t t = 0; t < d->tasks; t++) {
        size_t block = k->blocks < d->tasks ? draw(&seed) % k->blocks : t;
        for (size_t p = 0; p < POLICIES; p++) {
            size_t m = choice(k, t, p, unit);
            double q = d->quality[t * d->models + m];
            k->strong[p] += m == k->f->strong;
            if (isnan(q))
                continue;
            sums *s = &k->by_block[p * k->blocks + block];
            double w = weight_of(d, t, m);
            s->weight += w;
            s->quality += w * q;
            s->cost += w * d->cost[t * d->models + m];
            k->seen[p]++;
        }
    }
}

/* Sums the blocks, each as often as it was drawn. */
static void total_up(making *k, const unsigned *times) {
    for (size_t p = 0; p < POLICIES; p++) {
        sums all = {0};
        for (size_t b = 0; b < k->blocks; b++) {
            const sums *s = &k->by_block[p * k->blocks + b];
            double n = times ? times[b] : 1;
            all.weight += n * s->weight;
            all.quality += n * s->quality;
            all.cost += n * s->cost;
        }
        k->total[p] = all;
    }
}

/* ---- The curve ------------------------------------------------------------------------------- */

typedef struct curve {
    size_t count;
    double x[ORX_FRONTIER_POINTS + 2]; /* budget */
    double y[ORX_FRONTIER_POINTS + 2]; /* PGR */
} curve;

static void insert(curve *c, double x, double y) {
    size_t i = c->count++;
    for (; i > 0 && c->x[i - 1] > x; i--) {
        c->x[i] = c->x[i - 1];
        c->y[i] = c->y[i - 1];
    }
    c->x[i] = x;
    c->y[i] = y;
}

/* false: strong is not better than weak in this draw. */
static bool curve_of(const making *k, curve *c) {
    const sums *weak = &k->total[WEAK_ONLY], *strong = &k->total[STRONG_ONLY];
    double q0 = weak->quality / weak->weight, c0 = weak->cost / weak->weight;
    double dq = strong->quality / strong->weight - q0, dc = strong->cost / strong->weight - c0;
    *c = (curve){0};
    if (!(dq > 1e-9) || !(dc > 0))
        return false;
    insert(c, 0, 0);
    for (size_t p = 0; p < ORX_FRONTIER_POINTS; p++)
        if (k->total[p].weight > 0)
            insert(c, (k->total[p].cost / k->total[p].weight - c0) / dc,
                   (k->total[p].quality / k->total[p].weight - q0) / dq);
    insert(c, 1, 1);
    return true;
}

/* PGR at a budget: the best that costs no more, by one policy or a mixture of two neighbours. */
static double at(const curve *c, double x) {
    double best = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->x[i] <= x) {
            best = fmax(best, c->y[i]);
        } else if (i > 0 && c->x[i] > c->x[i - 1] && c->x[i - 1] <= x) {
            double share = (x - c->x[i - 1]) / (c->x[i] - c->x[i - 1]);
            best = fmax(best, c->y[i - 1] + share * (c->y[i] - c->y[i - 1]));
        }
    }
    return best;
}

#define STEPS 200

static double apgr_of(const curve *c) {
    double sum = 0;
    for (int i = 0; i < STEPS; i++)
        sum += at(c, (i + 0.5) / STEPS);
    return sum / STEPS;
}

static double cpt_of(const curve *c, double pgr) {
    for (size_t i = 0; i < c->count; i++) {
        if (c->y[i] < pgr)
            continue;
        if (i == 0)
            return fmax(c->x[0], 0);
        double rise = c->y[i] - c->y[i - 1];
        double x = c->x[i - 1] + (c->x[i] - c->x[i - 1]) * (pgr - c->y[i - 1]) / rise;
        return fmax(x, 0);
    }
    return 2;
}

/* ---- Intervals ------------------------------------------------------------------------------- */

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void interval(double *samples, int n, double *low, double *high) {
    qsort(samples, (size_t)n, sizeof *samples, order);
    *low = samples[(int)(0.025 * (n - 1))];
    *high = samples[(int)(0.975 * (n - 1) + 0.5)];
}

/* One round: what was computed from blocks drawn with repetition. Column r of each row. */
static void one_round(making *k, uint64_t *seed, unsigned *times, double *rows, int n, int r) {
    curve c;
    memset(times, 0, k->blocks * sizeof *times);
    for (size_t b = 0; b < k->blocks; b++)
        times[draw(seed) % k->blocks]++;
    total_up(k, times);
    bool ok = curve_of(k, &c);
    rows[r] = ok ? apgr_of(&c) : 0;
    rows[n + r] = ok ? cpt_of(&c, 0.5) : 2;
    rows[2 * n + r] = ok ? cpt_of(&c, 0.8) : 2;
    for (size_t p = 0; p < ORX_FRONTIER_POINTS; p++) {
        const sums *s = &k->total[p];
        rows[(p + 3) * (size_t)n + (size_t)r] = s->weight > 0 ? s->quality / s->weight : 0;
    }
}

static void intervals(making *k, uint64_t seed, int rounds, double *point_low, double *point_high) {
    orx_frontier *f = k->f;
    if (rounds < 2)
        return;
    double *rows = orx_xcalloc((ORX_FRONTIER_POINTS + 3) * (size_t)rounds, sizeof *rows);
    unsigned *times = orx_xcalloc(k->blocks, sizeof *times);
    for (int r = 0; r < rounds; r++)
        one_round(k, &seed, times, rows, rounds, r);
    interval(rows, rounds, &f->apgr.low, &f->apgr.high);
    interval(rows + rounds, rounds, &f->cpt50.low, &f->cpt50.high);
    interval(rows + (size_t)2 * (size_t)rounds, rounds, &f->cpt80.low, &f->cpt80.high);
    for (size_t p = 0; p < ORX_FRONTIER_POINTS; p++)
        interval(rows + (p + 3) * (size_t)rounds, rounds, &point_low[p], &point_high[p]);
    free(rows);
    free(times);
}

/* ---- Putting it together --------------------------------------------------------------------- */

static double per_accepted(double cost, double quality) {
    return quality > 0 ? cost / quality : HUGE_VAL;
}

static void put_points(making *k, const double *low, const double *high) {
    orx_frontier *f = k->f;
    double q0 = f->model[f->weak].quality, dq = f->model[f->strong].quality - q0;
    double c0 = f->model[f->weak].cost, dc = f->model[f->strong].cost - c0;
    for (size_t p = 0; p < ORX_FRONTIER_POINTS; p++) {
        const sums *s = &k->total[p];
        if (s->weight <= 0)
            continue;
        double cost = s->cost / s->weight, quality = s->quality / s->weight;
        size_t i = f->count++;
        for (; i > 0 && f->points[i - 1].cost > cost; i--)
            f->points[i] = f->points[i - 1];
        f->points[i] = (orx_frontier_point){.cost = cost,
                                            .quality = quality,
                                            .budget = (cost - c0) / dc,
                                            .pgr = (quality - q0) / dq,
                                            .low = low[p],
                                            .high = high[p],
                                            .coverage = k->seen[p] / (double)k->d->tasks,
                                            .strong_share = k->strong[p] / (double)k->d->tasks};
    }
}

static void put_costs(orx_frontier *f) {
    const orx_frontier_point *best = NULL;
    for (size_t i = 0; i < f->count; i++) {
        if (!best || f->points[i].quality > best->quality)
            best = &f->points[i];
        if (f->points[i].pgr >= 0.8)
            break;
    }
    const orx_frontier_model *weak = &f->model[f->weak], *strong = &f->model[f->strong];
    f->cost_per_accepted = best ? per_accepted(best->cost, best->quality) : HUGE_VAL;
    f->weak_per_accepted = per_accepted(weak->cost, weak->quality);
    f->strong_per_accepted = per_accepted(strong->cost, strong->quality);
}

static int make(making *k, uint64_t seed, int rounds, orx_err *err) {
    double low[ORX_FRONTIER_POINTS], high[ORX_FRONTIER_POINTS];
    orx_frontier *f = k->f;
    curve c;
    run_policies(k, seed);
    total_up(k, NULL);
    if (!curve_of(k, &c))
        return orx_err_set(err, ORX_E_INVALID,
                           "there is nothing to choose: on these tasks the best model is not "
                           "better than the cheapest");
    f->apgr.value = f->apgr.low = f->apgr.high = apgr_of(&c);
    f->cpt50.value = f->cpt50.low = f->cpt50.high = cpt_of(&c, 0.5);
    f->cpt80.value = f->cpt80.low = f->cpt80.high = cpt_of(&c, 0.8);
    for (size_t p = 0; p < ORX_FRONTIER_POINTS; p++)
        low[p] = high[p] = k->total[p].weight > 0 ? k->total[p].quality / k->total[p].weight : 0;
    intervals(k, seed, rounds, low, high);
    total_up(k, NULL);
    put_points(k, low, high);
    put_costs(f);
    return 0;
}

int orx_frontier_make(const orx_frontier_data *data, uint64_t seed, int rounds, orx_arena *arena,
                      orx_frontier *ret_frontier, orx_err *err) {
    orx_frontier f = {.models = data->models};
    f.model = orx_arena_zalloc(arena, data->models + 1, sizeof *f.model);
    f.points = orx_arena_zalloc(arena, ORX_FRONTIER_POINTS, sizeof *f.points);
    measure_models(data, f.model);
    int rc = pick_ends(&f, err);
    if (rc < 0)
        return rc;
    making k = {.d = data, .f = &f};
    k.blocks = data->tasks < BLOCKS_MAX ? data->tasks : BLOCKS_MAX;
    k.by_block = orx_arena_zalloc(arena, POLICIES * k.blocks, sizeof *k.by_block);
    k.total = orx_arena_zalloc(arena, POLICIES, sizeof *k.total);
    k.seen = orx_arena_zalloc(arena, POLICIES, sizeof *k.seen);
    k.strong = orx_arena_zalloc(arena, POLICIES, sizeof *k.strong);
    rc = make(&k, seed, rounds, err);
    if (rc >= 0)
        *ret_frontier = f;
    return rc;
}
