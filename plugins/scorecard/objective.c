/* What is to be optimised for a task, and what that weighs. */
#include "scorecard.h"

static const char *const names[SC_OBJECTIVES] = {"cost_speed", "balanced", "quality"};

static const double defaults[SC_OBJECTIVES][SC_WEIGHTS] = {
    {.45, .45, .10}, {.30, .30, .40}, {.10, .20, .70}};

/* What a profile makes of them. */
static const double fast_by[SC_WEIGHTS] = {1.10, 1.20, 0.75};
static const double strong_by[SC_WEIGHTS] = {0.85, 0.90, 1.25};

const char *sc_objective_name(sc_objective objective) {
    return objective >= 0 && objective < SC_OBJECTIVES ? names[objective] : "none";
}

sc_objective sc_objective_of(orxaq_view name) {
    for (int i = 0; i < SC_OBJECTIVES; i++)
        if (sc_same(sc_trim(name), orxaq_str(names[i])))
            return (sc_objective)i;
    return SC_NO_OBJECTIVE;
}

sc_objective sc_objective_choose(const sc_question *q, sc_objective by_default) {
    if (q->target != SC_NO_OBJECTIVE)
        return q->target;
    sc_markers m = sc_text_markers(q->prompt);
    if (m.high && (q->strong || q->difficulty >= 60 || q->tokens >= 6000))
        return SC_FOR_QUALITY;
    if (m.low && !m.high)
        return SC_COST_SPEED;
    if (q->difficulty >= 70 || q->tokens >= 9000)
        return q->strong ? SC_FOR_QUALITY : SC_BALANCED;
    if (q->difficulty <= 30 && q->tokens <= 4000)
        return SC_COST_SPEED;
    /* A hard word that is not enough for the first rule means balanced as well. */
    return by_default != SC_NO_OBJECTIVE ? by_default : SC_BALANCED;
}

const double *sc_weights_default(sc_objective objective) {
    return defaults[objective];
}

void sc_weights(const double given[SC_WEIGHTS], int strong, double weights[SC_WEIGHTS]) {
    const double *by = strong ? strong_by : fast_by;
    double sum = 0;
    for (int i = 0; i < SC_WEIGHTS; i++) {
        weights[i] = given[i] > 0 ? given[i] * by[i] : 0;
        sum += weights[i];
    }
    for (int i = 0; i < SC_WEIGHTS; i++)
        weights[i] = sum > 0 ? sc_round(weights[i] / sum, 6) : defaults[SC_BALANCED][i];
}
