#include "money/budget.h"

#include "base/units.h"
#include "money/bill_day.h"
#include "money/books.h"
#include "money/cap_clock.h"
#include "money/override.h"
#include "platform/proc.h"

const char *orx_budget_word_name(orx_budget_word word) {
    static const char *const names[] = {"disabled", "ok", "warning", "exceeded"};
    return names[word];
}

void orx_budget_judge(const orx_budget *b, int64_t cap, int64_t spent,
                      orx_budget_state *ret_state) {
    double threshold = (double)cap * b->warning_ratio;
    spent = spent > 0 ? spent : 0;
    ret_state->stop = cap > 0 && b->hard_stop && spent >= cap;
    if (cap <= 0)
        ret_state->word = ORX_BUDGET_DISABLED;
    else if (spent > cap)
        ret_state->word = ORX_BUDGET_EXCEEDED;
    else
        ret_state->word = (double)spent >= threshold ? ORX_BUDGET_WARNING : ORX_BUDGET_OK;
}

/* ---- How a cap stands ------------------------------------------------------------------------ */

static int64_t span_begin(const orx_budget *b, orx_cap_span span, const orx_cap_clock *clock) {
    switch (span) {
    case ORX_CAP_HOUR:
        return orx_cap_hour(clock);
    case ORX_CAP_DAY:
        return orx_cap_day(clock, b->zone);
    case ORX_CAP_MONTH:
        return orx_cap_month(clock, b->zone);
    case ORX_CAP_EVER:
    default:
        return 0;
    }
}

static int number(orx_store *s, const char *sql, int64_t parameter, int64_t *ret, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, parameter);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return 0;
}

static int reserved_of(orx_store *s, const char *sql, const char *name, int64_t *ret,
                       orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    if (name)
        orx_sql_str(q, 1, name);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return 0;
}

#define RESERVED "SELECT coalesce(sum(amount), 0) FROM reservation"

static int swarm(orx_store *s, const orx_cap *cap, int64_t from, orx_budget_state *st,
                 orx_err *err) {
    int64_t unknown;
    int rc = cap->span == ORX_CAP_DAY ? orx_books_spent_quick(s, from, &st->spent, &unknown, err)
                                      : orx_books_spent(s, from, NULL, NULL, &st->spent, err);
    return rc < 0 ? rc : reserved_of(s, RESERVED, NULL, &st->reserved, err);
}

static int lane(orx_store *s, const orx_cap *cap, int64_t from, orx_budget_state *st,
                orx_err *err) {
    int rc = orx_books_spent(s, from, cap->name, NULL, &st->spent, err);
    return rc < 0 ? rc : reserved_of(s, RESERVED " WHERE lane = ?1", cap->name, &st->reserved, err);
}

/* Of one provider, or of all that an account pays for. */
static int providers(orx_store *s, const char *const *names, int64_t from, orx_budget_state *st,
                     orx_err *err) {
    int rc = 0;
    for (; rc == 0 && *names; names++) {
        int64_t spent = 0;
        int64_t reserved = 0;
        rc = orx_books_spent(s, from, NULL, *names, &spent, err);
        if (rc == 0)
            rc = reserved_of(s, RESERVED " WHERE provider = ?1", *names, &reserved, err);
        st->spent += spent;
        st->reserved += reserved;
    }
    return rc;
}

/* What a bill of today says beyond our books is spent, too. */
static int add_billed(orx_store *s, const orx_cap *cap, int64_t from, orx_budget_state *st,
                      orx_err *err) {
    const char *const own[] = {cap->name, NULL};
    const char *const *whose = cap->scope == ORX_CAP_SWARM      ? NULL
                               : cap->scope == ORX_CAP_PROVIDER ? own
                                                                : cap->providers;
    bool is_billed = cap->scope <= ORX_CAP_ACCOUNT && cap->span == ORX_CAP_DAY;
    int rc = is_billed ? orx_bill_day_more(s, from, whose, &st->billed, err) : 0;
    st->spent += st->billed;
    return rc;
}

int orx_budget_look_at(orx_store *s, const orx_budget *b, const orx_cap *cap,
                       const orx_reservation *r, orx_budget_state *ret_state, orx_err *err) {
    orx_budget_state st = {.cap = cap};
    const char *const own[] = {cap->name, NULL};
    orx_cap_clock clock;
    int rc = orx_cap_clock_read(s, &clock, err);
    if (rc < 0)
        return rc;
    int64_t from = span_begin(b, cap->span, &clock);
    switch (cap->scope) {
    case ORX_CAP_SWARM:
        rc = swarm(s, cap, from, &st, err);
        break;
    case ORX_CAP_LANE:
        rc = lane(s, cap, from, &st, err);
        break;
    case ORX_CAP_PROVIDER:
        rc = providers(s, own, from, &st, err);
        break;
    case ORX_CAP_ACCOUNT:
        rc = providers(s, cap->providers, from, &st, err);
        break;
    case ORX_CAP_TASK:
    case ORX_CAP_ATTEMPT:
    default:
        st.spent = !r ? 0 : cap->scope == ORX_CAP_TASK ? r->task_spent : r->attempt_spent;
        st.reserved = r ? r->amount : 0;
    }
    if (rc == 0)
        rc = add_billed(s, cap, from, &st, err);
    if (rc == 0)
        rc = orx_override_of(s, cap->key, &st.limit, err);
    if (rc < 0)
        return rc;
    st.limit += cap->amount;
    orx_budget_judge(b, st.limit, st.spent + st.reserved, &st);
    *ret_state = st;
    return 0;
}

/* ---- Which caps apply ------------------------------------------------------------------------ */

static bool applies(const orx_cap *cap, const orx_reservation *r) {
    if (!r || cap->scope == ORX_CAP_SWARM)
        return cap->scope == ORX_CAP_SWARM;
    switch (cap->scope) {
    case ORX_CAP_LANE:
        return strcmp(cap->name, r->lane) == 0;
    case ORX_CAP_PROVIDER:
        return r->provider && strcmp(cap->name, r->provider) == 0;
    case ORX_CAP_ACCOUNT:
        for (const char *const *p = cap->providers; r->provider && *p; p++)
            if (strcmp(*p, r->provider) == 0)
                return true;
        return false;
    case ORX_CAP_TASK:
    case ORX_CAP_ATTEMPT:
    default:
        return r->has_task;
    }
}

int orx_budget_missing(orx_store *s, const orx_budget *b, int64_t *ret_missing, orx_err *err) {
    int64_t spent;
    orx_cap_clock clock;
    int rc = orx_cap_clock_read(s, &clock, err);
    if (rc < 0)
        return rc;
    int64_t from = orx_cap_day(&clock, b->zone);
    return orx_books_spent_quick(s, from, &spent, ret_missing, err);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static int refuse(const orx_budget_state *st, int64_t amount, orx_reservation *r, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_cap_name(st->cap, &text);
    orx_str_adds(&text, " of ");
    orx_money_format(st->limit, &text);
    orx_str_adds(&text, " USD does not allow another ");
    orx_money_format(amount, &text);
    orx_str_adds(&text, " USD: ");
    orx_cap_spent(st, &text);
    orx_str_adds(&text, " and ");
    orx_money_format(st->reserved, &text);
    orx_str_adds(&text, " reserved for calls in flight; ");
    orx_cap_lift(st->cap, amount, &text, NULL);
    r->refused_by = st->cap;
    return orx_err_set(err, ORX_E_LIMIT, "%s", text.buf);
}

static int check_missing(orx_store *s, const orx_budget *b, orx_reservation *r, orx_err *err) {
    int64_t missing = 0;
    int rc = b->deny_missing ? orx_budget_missing(s, b, &missing, err) : 0;
    if (rc < 0 || !missing)
        return rc;
    r->refused_by = NULL;
    return orx_err_set(
        err, ORX_E_LIMIT,
        "nobody knows what %lld of today's calls cost, and budget.on_missing_cost "
        "is deny; midnight lifts this, or another budget.on_missing_cost. Prices are "
        "entered in paths.prices_file",
        (long long)missing);
}

/* Whether so much more fits under each cap; *amount shrinks to what the task and the attempt have
 * left. held: what the call has already. */
static int ask(orx_store *s, const orx_budget *b, orx_reservation *r, int64_t held, int64_t *amount,
               orx_err *err) {
    orx_reservation who = *r;
    who.amount = held;
    if (!b->hard_stop || !b->count)
        return 0;
    int rc = check_missing(s, b, r, err);
    /* First the caps that only make it smaller. */
    for (int of_unit = 1; rc == 0 && of_unit >= 0; of_unit--) {
        for (size_t i = 0; rc == 0 && i < b->count; i++) {
            orx_budget_state st;
            const orx_cap *cap = &b->caps[i];
            if (orx_cap_is_of_unit(cap) != (of_unit == 1) || !applies(cap, r))
                continue;
            rc = orx_budget_look_at(s, b, cap, &who, &st, err);
            if (rc < 0)
                return rc;
            int64_t left = st.limit - st.spent - st.reserved;
            if (of_unit && left > 0 && *amount > left)
                *amount = left;
            if (st.stop || *amount > left)
                rc = refuse(&st, *amount, r, err);
        }
    }
    return rc;
}

int orx_budget_ask(orx_store *s, const orx_budget *b, orx_reservation *r, orx_err *err) {
    return ask(s, b, r, 0, &r->amount, err);
}

int orx_budget_left(orx_store *s, const orx_budget *b, const orx_reservation *r, int64_t *ret_left,
                    orx_err *err) {
    int64_t least = INT64_MAX;
    for (size_t i = 0; b->hard_stop && i < b->count; i++) {
        orx_budget_state st;
        if (!applies(&b->caps[i], r))
            continue;
        int rc = orx_budget_look_at(s, b, &b->caps[i], r, &st, err);
        if (rc < 0)
            return rc;
        int64_t left = st.limit - st.spent - st.reserved;
        least = left < 0 ? 0 : left < least ? left : least;
    }
    *ret_left = least;
    return 0;
}

static int insert(orx_store *s, const orx_reservation *r, orx_err *err) {
    orx_sql *q;
    orx_platform *p = orx_store_platform(s);
    int64_t pid;
    int64_t start;
    orx_pid_self(p, &pid, &start);
    int rc = orx_sql_get(s, "INSERT INTO reservation VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                         &q, err);
    if (rc < 0)
        return rc;
    const int64_t numbers[] = {r->call, r->amount, orx_wall_ns(p), pid, start};
    const char *const texts[] = {orx_boot_id(p), r->lane, r->provider, r->model};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        orx_sql_int(q, 1 + i, numbers[i]);
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        orx_sql_str(q, 6 + i, texts[i]);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_budget_reserve(orx_store *s, const orx_budget *b, orx_reservation *r, orx_err *err) {
    int rc = b->count ? orx_cap_clock_note(s, err) : 0;
    if (rc == 0)
        rc = ask(s, b, r, 0, &r->amount, err);
    return rc < 0 ? rc : insert(s, r, err);
}

static int update(orx_store *s, const char *sql, int64_t call, int64_t more, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    orx_sql_int(q, 2, more);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_budget_extend(orx_store *s, const orx_budget *b, orx_reservation *r, int64_t more,
                      orx_err *err) {
    bool own = !orx_tx_active(s);
    int rc = own ? orx_tx_begin(s, err) : 0;
    if (rc < 0)
        return rc;
    rc = ask(s, b, r, r->amount, &more, err);
    if (rc == 0)
        rc = update(s, "UPDATE reservation SET amount = amount + ?2 WHERE call = ?1", r->call, more,
                    err);
    if (own && rc == 0)
        rc = orx_tx_commit(s, err);
    if (own && rc < 0)
        orx_tx_rollback(s);
    if (rc == 0)
        r->amount += more;
    return rc;
}

int orx_budget_release(orx_store *s, int64_t call, int64_t *ret_amount, orx_err *err) {
    int64_t amount = 0;
    int rc = number(s, "SELECT coalesce(sum(amount), 0) FROM reservation WHERE call = ?1", call,
                    &amount, err);
    if (rc == 0)
        rc = update(s, "DELETE FROM reservation WHERE call = ?1 AND ?2 IS NOT NULL", call, 0, err);
    if (rc == 0)
        *ret_amount = amount;
    return rc;
}
