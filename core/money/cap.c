/* What people read about a cap. */
#include "base/str.h"
#include "base/units.h"
#include "money/budget.h"

bool orx_cap_is_of_unit(const orx_cap *cap) {
    return cap->scope == ORX_CAP_TASK || cap->scope == ORX_CAP_ATTEMPT;
}

void orx_cap_name(const orx_cap *cap, orx_str *out) {
    static const char *const spans[] = {"the hourly budget", "today's budget",
                                        "this month's budget", "the budget"};
    static const char *const scopes[] = {"",          " of provider ", " of account ",
                                         " of lane ", " of a task",    " of an attempt"};
    orx_str_adds(out, spans[cap->span]);
    orx_str_adds(out, scopes[cap->scope]);
    orx_str_adds(out, cap->name);
}

void orx_cap_spent(const orx_budget_state *st, orx_str *out) {
    orx_money_format(st->spent, out);
    orx_str_adds(out, " are spent");
    if (!st->billed)
        return;
    orx_str_adds(out, " (");
    orx_money_format(st->billed, out);
    orx_str_adds(out, " of them by the vendor's bill alone: `orxaq provider-cost-reconcile`)");
}

/* What is larger than the cap itself never fits, however much time passes. */
void orx_cap_lift(const orx_cap *cap, int64_t wanted, orx_str *out, const char *zone) {
    static const char *const lifts[] = {"time", "midnight", "the next month"};
    if (cap->span == ORX_CAP_EVER || wanted > cap->amount) {
        orx_str_addf(out, "a larger %s lifts this, or `orxaq budget override %s`", cap->key,
                     cap->key);
        return;
    }
    orx_str_adds(out, lifts[cap->span]);
    if (zone && cap->span != ORX_CAP_HOUR)
        orx_str_addf(out, " (%s)", zone);
    orx_str_addf(out, " lifts this, or a larger %s, or `orxaq budget override %s`", cap->key,
                 cap->key);
}
