/* What the caps let a runner call, and what becomes of tasks that nobody may pay for. */
#include "run/fallbacks.h"
#include "run/runner.h"

static bool has_unit_cap(const orx_budget *b) {
    for (size_t i = 0; i < b->count; i++)
        if (orx_cap_is_of_unit(&b->caps[i]))
            return true;
    return false;
}

static int spent_by(orx_store *s, const char *sql, const orx_try *t, int64_t *ret, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, t->id);
    orx_sql_str(q, 2, t->r->lane);
    orx_sql_str(q, 3, t->task.id);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

/* What the task and the attempt have cost so far: no other process works on them. */
static int look_back(const orx_try *t, orx_reservation *r, orx_err *err) {
    static const char of_attempt[] =
        "SELECT coalesce(sum(cost_nano_usd), 0) FROM call WHERE attempt = ?1 AND asked = 1"
        " AND booked = 1 AND ?2 IS NOT NULL AND ?3 IS NOT NULL";
    static const char of_task[] =
        "SELECT coalesce(sum(c.cost_nano_usd), 0) FROM attempt a JOIN call c ON c.attempt = a.id"
        " WHERE a.lane = ?2 AND a.task = ?3 AND c.asked = 1 AND c.booked = 1 AND ?1 IS NOT NULL";
    int rc = spent_by(t->r->s, of_attempt, t, &r->attempt_spent, err);
    if (rc == 0)
        rc = spent_by(t->r->s, of_task, t, &r->task_spent, err);
    r->has_task = rc == 0;
    return rc;
}

int orx_run_reservation(const orx_try *t, const orx_run_step *step,
                        orx_reservation *ret_reservation, orx_err *err) {
    *ret_reservation = (orx_reservation){.amount = orx_run_reserve_amount(t->r, step),
                                         .lane = t->r->lane,
                                         .provider = step->provider->cfg->name,
                                         .model = step->model};
    return has_unit_cap(orx_run_budget(t->r)) ? look_back(t, ret_reservation, err) : 0;
}

int64_t orx_run_cost_limit(const orx_try *t, const orx_reservation *r) {
    int64_t left = INT64_MAX;
    int64_t plan = t->step->max_cost_nano_usd;
    if (r->amount)
        (void)orx_budget_left(t->r->s, orx_run_budget(t->r), r, &left, NULL);
    int64_t caps = left < INT64_MAX ? r->amount + left : 0;
    return plan && (!caps || plan < caps) ? plan : caps;
}

/* ---- A call in flight ------------------------------------------------------------------------ */

static bool is_extended(orx_try *t, orx_reservation *r, int64_t more) {
    return orx_budget_extend(t->r->s, orx_run_budget(t->r), r, more, NULL) != ORX_E_LIMIT;
}

static const char *why_ended(orx_try *t, const orx_reservation *r) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (!r->refused_by)
        return "budget.on_missing_cost does not allow it to cost more";
    orx_cap_name(r->refused_by, &text);
    orx_str_adds(&text, " does not allow it to cost more; ");
    orx_cap_lift(r->refused_by, r->amount, &text, t->r->cfg->money.timezone);
    return orx_arena_strdup(&t->arena, text.buf);
}

/* Where there is not as much again, room for another step like the last is enough. Many calls
 * report only when they are done, in one step: that must not end one that kept to what was
 * reserved. */
const char *orx_run_reserve_more(orx_try *t, orx_reservation *r, int64_t before, int64_t cost) {
    int64_t amount = r->amount;
    int64_t next = cost + (before ? cost - before : 0);
    bool fits = cost <= amount / 5 * 4 || is_extended(t, r, cost > amount ? cost : amount) ||
                next <= amount || is_extended(t, r, next - amount);
    if (!fits)
        return why_ended(t, r);
    r->refused_by = NULL;
    return NULL;
}

void orx_run_end_at_cap(orx_try *t, const orx_reservation *r, orx_job_result *result) {
    if (!r->refused_by || !orx_cap_is_of_unit(r->refused_by))
        return;
    t->ended_by = r->refused_by;
    result->kind = ORXAQ_KIND_LIMIT;
    result->retry = ORXAQ_RETRY_NO;
}

/* ---- Who may be called ----------------------------------------------------------------------- */

/* Whether the caps refuse the call of an entry now; then *ret_reservation says which one, and why
 * has the message. What cannot be read is refused by the call itself. */
static bool is_refused(const orx_try *t, const orx_run_step *step, orx_reservation *ret_reservation,
                       orx_err *why) {
    return orx_run_reservation(t, step, ret_reservation, NULL) == 0 &&
           orx_budget_ask(t->r->s, orx_run_budget(t->r), ret_reservation, why) == ORX_E_LIMIT;
}

static bool comes_after(const orx_run_step *like, const orx_run_step *step) {
    return step->escalation == like->escalation && orx_run_list_follows(like->list, step->list);
}

int orx_run_plan_payable(const orx_try *t, size_t from, const orx_run_step *like) {
    orx_reservation r;
    for (size_t i = from; i < t->plan.count; i++)
        if (comes_after(like, &t->plan.steps[i]) && !is_refused(t, &t->plan.steps[i], &r, NULL))
            return (int)i;
    return -1;
}

bool orx_run_task_is_spent(orx_try *t) {
    orx_reservation r;
    orx_err why = ORX_ERR_INIT;
    if (!is_refused(t, t->step, &r, &why) || !r.refused_by || r.refused_by->scope != ORX_CAP_TASK)
        return false;
    t->note = orx_arena_strdup(&t->arena, why.msg);
    orx_run_tell(t->r, ORX_NOTE_COST, t, false, "%s", why.msg);
    return true;
}

/* ---- Who waits ------------------------------------------------------------------------------- */

/* The caps of tasks and attempts are left out: they are nothing to wait for. */
static void wait_with(orx_provider *v, const orx_reservation *r) {
    const orx_reservation wanted = {
        .amount = r->amount, .lane = r->lane, .provider = r->provider, .model = ""};
    orx_vec_push(&v->unpaid, wanted);
}

void orx_run_wait_for_money(const orx_try *t) {
    orx_provider *v = t->provider;
    v->unpaid.len = 0;
    for (size_t i = 0; i < t->plan.count; i++) {
        orx_reservation r;
        const orx_run_step *step = &t->plan.steps[i];
        if (comes_after(t->step, step) && is_refused(t, step, &r, NULL) && r.refused_by &&
            !orx_cap_is_of_unit(r.refused_by))
            wait_with(v, &r);
    }
}

bool orx_run_is_unpaid(orx_runner *r, orx_provider *v) {
    for (size_t i = 0; i < v->unpaid.len; i++) {
        orx_reservation again = v->unpaid.items[i];
        if (orx_budget_ask(r->s, orx_run_budget(r), &again, NULL) != ORX_E_LIMIT)
            v->unpaid.len = 0;
    }
    return v->unpaid.len > 0;
}

/* Whether an owner has a task that could begin but for the money. */
static bool has_tasks(orx_runner *r, const char *owner) {
    const char *const owners[] = {owner, NULL};
    orx_task_counts n = {0};
    return orx_task_count_of(r->s, r->lane, owners, &n, NULL) == 0 && n.ready > 0;
}

size_t orx_run_unpaid(orx_runner *r, orx_arena *arena, orx_reservation **ret_wanted) {
    size_t count = 0;
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i)))
        count += ((const orx_provider *)e->value)->unpaid.len;
    orx_reservation *list = orx_arena_zalloc(arena, count + 1, sizeof *list);
    count = i = 0;
    while ((e = orx_map_next(&r->providers, &i))) {
        const orx_provider *v = e->value;
        if (!v->unpaid.len || !has_tasks(r, e->key))
            continue;
        for (size_t k = 0; k < v->unpaid.len; k++)
            list[count++] = v->unpaid.items[k];
    }
    *ret_wanted = list;
    return count;
}
