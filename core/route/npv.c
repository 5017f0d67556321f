#include "route/npv.h"

#include <math.h>

#define YEAR_DAYS 365.0
#define DAY_SEC   86400.0

double orx_npv_sum(const orx_npv_flow *flows, size_t count, double rate) {
    double sum = 0;
    if (!isfinite(rate) || rate <= -1)
        return (double)NAN;
    for (size_t i = 0; i < count; i++) {
        const orx_npv_flow *f = &flows[i];
        if (!isfinite(f->day) || f->day < 0 || !isfinite(f->value) || !isfinite(f->cost))
            return (double)NAN;
        sum += (f->value - f->cost) / pow(1 + rate, f->day / YEAR_DAYS);
    }
    return sum;
}

/* ---- What can be said ------------------------------------------------------------------------ */

static bool is_amount(double x) {
    return isfinite(x) && x >= 0;
}

static bool terms_fit(const orx_npv_terms *t) {
    return is_amount(t->task_value) && is_amount(t->delay_cost) && is_amount(t->lane_cost) &&
           is_amount(t->rate) && is_amount(t->uncertainty) && t->days >= 1 &&
           t->days <= ORX_NPV_DAYS_MAX;
}

const char *orx_npv_problem(const orx_npv_work *work, const orx_npv_terms *terms) {
    if (!terms_fit(terms))
        return "terms_invalid";
    if (!(terms->task_value > 0))
        return "value_unknown";
    if (!is_amount(work->tasks))
        return "queue_unknown";
    if (!is_amount(work->pass_rate) || work->pass_rate > 1 || !(work->outcomes > 0))
        return "pass_rate_unknown";
    if (!is_amount(work->cost))
        return "price_unknown";
    if (!isfinite(work->seconds) || !(work->seconds > 0))
        return "duration_unknown";
    return isfinite(work->attempts) && work->attempts >= 1 ? NULL : "attempts_unknown";
}

double orx_npv_accepted(const orx_npv_work *work) {
    return 1 - pow(1 - work->pass_rate, work->attempts);
}

/* The mean of a geometric number of tries that is cut off. */
double orx_npv_calls(const orx_npv_work *work) {
    return work->pass_rate > 0 ? orx_npv_accepted(work) / work->pass_rate : work->attempts;
}

double orx_npv_attempts_a_day(const orx_npv_work *work) {
    return DAY_SEC / work->seconds;
}

/* The standard error of what orx_npv_accepted says: that of the rate times the slope there. */
static double error_of(const orx_npv_work *work) {
    double n = work->outcomes + 2;
    double rate = (work->pass_rate * work->outcomes + 1) / n;
    double slope = work->attempts * pow(1 - rate, work->attempts - 1);
    return fmin(1, slope * sqrt(rate * (1 - rate) / n));
}

/* ---- A lane more ----------------------------------------------------------------------------- */

/* Tasks that are finished until the end of a day. */
static double finished(const orx_npv_work *work, int64_t lanes, double day) {
    double a_day = (double)lanes * orx_npv_attempts_a_day(work) / orx_npv_calls(work);
    return fmin(work->tasks, a_day * day);
}

/* Lane-days of the last of `lanes` lanes on one day: it ends with the queue. */
static double busy(const orx_npv_work *work, int64_t lanes, double before, double after) {
    double a_day = (double)lanes * orx_npv_attempts_a_day(work) / orx_npv_calls(work);
    return a_day > 0 ? (double)lanes * fmin(1, (after - before) / a_day) : 0;
}

static orx_npv_flow day_of(const orx_npv_work *work, const orx_npv_terms *terms, int64_t lanes,
                           int64_t day) {
    double before = finished(work, lanes, (double)day - 1);
    double after = finished(work, lanes, (double)day);
    double open = work->tasks - (before + after) / 2;
    double done = after - before;
    return (orx_npv_flow){
        .day = (double)day,
        .value = done * orx_npv_accepted(work) * terms->task_value - open * terms->delay_cost,
        .cost = done * orx_npv_calls(work) * work->cost +
                busy(work, lanes, before, after) * terms->lane_cost,
    };
}

void orx_npv_of_lane(const orx_npv_work *work, const orx_npv_terms *terms, int64_t lanes,
                     orx_npv_margin *ret_margin) {
    orx_npv_margin m = {0};
    for (int64_t day = 1; day <= terms->days; day++) {
        orx_npv_flow with = day_of(work, terms, lanes + 1, day);
        orx_npv_flow without = day_of(work, terms, lanes, day);
        const orx_npv_flow value = {.day = with.day, .value = with.value - without.value};
        const orx_npv_flow cost = {.day = with.day, .value = with.cost - without.cost};
        m.uplift += orx_npv_sum(&value, 1, terms->rate);
        m.cost += orx_npv_sum(&cost, 1, terms->rate);
    }
    double days = (double)terms->days;
    m.tasks = finished(work, lanes + 1, days) - finished(work, lanes, days);
    m.penalty = terms->uncertainty * error_of(work) * terms->task_value * m.tasks;
    m.npv = m.uplift - m.cost - m.penalty;
    *ret_margin = m;
}

/* ---- Another model --------------------------------------------------------------------------- */

void orx_npv_of_model(const orx_npv_work *work, const orx_npv_work *other,
                      const orx_npv_terms *terms, orx_npv_margin *ret_margin) {
    double waited = (orx_npv_calls(other) * other->seconds - orx_npv_calls(work) * work->seconds) /
                    DAY_SEC * terms->delay_cost;
    double more = orx_npv_accepted(other) - orx_npv_accepted(work);
    double error = hypot(error_of(work), error_of(other));
    orx_npv_margin m = {
        .tasks = work->tasks * more,
        .uplift = work->tasks * (more * terms->task_value - waited),
        .cost =
            work->tasks * (orx_npv_calls(other) * other->cost - orx_npv_calls(work) * work->cost),
        .penalty = terms->uncertainty * error * terms->task_value * work->tasks,
    };
    m.npv = m.uplift - m.cost - m.penalty;
    *ret_margin = m;
}
