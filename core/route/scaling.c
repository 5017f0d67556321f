#include "route/scaling.h"

#include <math.h>
#include <string.h>

static void add_reason(orx_scaling_choice *c, const char *reason) {
    for (size_t i = 0; i < c->reason_count; i++)
        if (strcmp(c->reasons[i], reason) == 0)
            return;
    if (c->reason_count < ORX_SCALING_REASONS)
        c->reasons[c->reason_count++] = reason;
}

/* ---- Before any lane is looked at ------------------------------------------------------------ */

static void look_for_losses(const orx_scaling_facts *f, orx_scaling_choice *c) {
    size_t before = c->reason_count;
    if (f->daily_budget_usd > 0 && f->spent_usd > f->daily_budget_usd)
        add_reason(c, "daily_budget_exceeded");
    if (f->router_unhealthy)
        add_reason(c, "router_unhealthy");
    if (f->work.outcomes >= f->min_outcomes && f->work.pass_rate < f->min_pass_rate)
        add_reason(c, "quality_unhealthy");
    c->stop_loss = c->reason_count > before;
    if (c->stop_loss)
        add_reason(c, "stop_loss_triggered");
}

static bool is_amount(double x) {
    return isfinite(x) && x >= 0;
}

static void look_for_gaps(const orx_scaling_facts *f, orx_scaling_choice *c) {
    const char *problem = orx_npv_problem(&f->work, &f->terms);
    if (problem)
        add_reason(c, problem);
    if (!(f->work.outcomes >= f->min_outcomes))
        add_reason(c, "pass_rate_unknown");
    if (!is_amount(f->min_npv_usd) || !is_amount(f->daily_budget_usd) ||
        !is_amount(f->min_pass_rate) || !is_amount(f->day_left) || f->day_left > 1)
        add_reason(c, "terms_invalid");
    if (!is_amount(f->spent_usd) && f->daily_budget_usd > 0)
        add_reason(c, "spend_unknown");
}

/* ---- Lane by lane ---------------------------------------------------------------------------- */

/* Of the day: what it has cost, and what so many lanes can spend in the rest of it. */
static double projected(const orx_scaling_facts *f, int64_t lanes) {
    double attempts = (double)lanes * orx_npv_attempts_a_day(&f->work) * f->day_left;
    double queue = f->work.tasks * orx_npv_calls(&f->work);
    return f->spent_usd + fmin(attempts, queue) * f->work.cost +
           (double)lanes * f->terms.lane_cost * f->day_left;
}

static const char *blocked_by(const orx_scaling_facts *f, const orx_scaling_step *s) {
    if (s->lanes > f->max_parallel_agents)
        return "max_parallel_agents_exceeded";
    if (f->subagents > f->max_subagents)
        return "max_subagents_per_agent_exceeded";
    if (f->daily_budget_usd > 0 && !(s->projected_usd <= f->daily_budget_usd))
        return "daily_budget_exceeded";
    return s->margin.npv >= f->min_npv_usd ? NULL : "marginal_npv_below_threshold";
}

static void take_steps(const orx_scaling_facts *f, orx_scaling_choice *c) {
    while (c->lanes < f->lanes && c->step_count < ORX_SCALING_STEPS) {
        orx_scaling_step *s = &c->steps[c->step_count++];
        *s = (orx_scaling_step){.lanes = c->lanes + 1, .projected_usd = projected(f, c->lanes + 1)};
        orx_npv_of_lane(&f->work, &f->terms, c->lanes, &s->margin);
        s->blocked = blocked_by(f, s);
        if (c->lanes == 1 || !s->blocked)
            c->npv_usd = s->margin.npv;
        if (s->blocked) {
            add_reason(c, s->blocked);
            return;
        }
        c->lanes = s->lanes;
        c->projected_usd = s->projected_usd;
    }
    if (c->lanes >= f->lanes)
        add_reason(c, "no_further_lane");
}

void orx_scaling_decide(const orx_scaling_facts *facts, orx_scaling_choice *ret_choice) {
    orx_scaling_choice *c = ret_choice;
    orx_scaling_facts open = *facts;
    if (facts->predicted)
        open.work.pass_rate = facts->predicted_rate;
    memset(c, 0, sizeof *c);
    c->lanes = 1;
    c->npv_usd = c->projected_usd = (double)NAN;
    if (!facts->enabled)
        add_reason(c, "scaling_disabled");
    look_for_losses(facts, c);
    look_for_gaps(&open, c);
    if (!orx_npv_problem(&open.work, &open.terms))
        c->projected_usd = projected(&open, 1);
    if (c->reason_count == 0)
        take_steps(&open, c);
    c->decision = c->stop_loss ? "scale_down" : c->lanes > 1 ? "scale_up" : "hold";
}

/* ---- Words ----------------------------------------------------------------------------------- */

const char *orx_scaling_words(const char *reason) {
    static const char *const words[][2] = {
        {"scaling_disabled", "scaling.enabled is false"},
        {"decision_file_missing", "nobody has decided yet: `orxaq route scale` does"},
        {"decision_file_invalid",
         "the decision file is not one; `orxaq route scale` writes it anew"},
        {"decision_expired",
         "the decision is older than scaling.max_age; `orxaq route scale` decides anew"},
        {"decision_not_approved", "it was decided that one lane is enough"},
        {"marginal_npv_below_threshold", "another lane is not worth scaling.min_npv"},
        {"max_parallel_agents_exceeded", "no more may run together (scaling.max_parallel_agents)"},
        {"max_subagents_per_agent_exceeded", "more helpers than scaling.max_subagents"},
        {"daily_budget_exceeded", "the day would cost more than scaling.daily_budget"},
        {"stop_loss_triggered", "something got worse, so the group is back to one lane"},
        {"router_unhealthy", "routers fail too often"},
        {"reliability_unhealthy", "calls fail too often"},
        {"quality_unhealthy", "less is accepted than scaling.min_pass_rate"},
        {"no_further_lane", "there is no further lane with work"},
        {"terms_invalid", "a value in `scaling` is negative, no number, or too large"},
        {"value_unknown", "scaling.task_value does not say what an accepted task is worth"},
        {"queue_unknown", "the tasks that are open could not be counted"},
        {"pass_rate_unknown", "fewer outcomes were judged than scaling.min_outcomes"},
        {"price_unknown", "nobody knows what the attempts cost; enter prices"},
        {"duration_unknown", "nobody knows how long attempts take"},
        {"attempts_unknown", "retry.max_attempts is none"},
        {"spend_unknown", "calls of today have no known cost, so no budget can be kept"},
        {"npv_gate_hold", "so many lanes were not asked for"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], reason) == 0)
            return words[i][1];
    return reason;
}

const char *orx_routing_state(int64_t decisions, int64_t errors, int64_t disruptive) {
    if (decisions <= 0)
        return "idle";
    if ((double)errors >= 0.05 * (double)decisions)
        return "degraded";
    return (double)disruptive >= 0.20 * (double)decisions ? "elevated_fallback" : "healthy";
}
