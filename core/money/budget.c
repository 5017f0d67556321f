#include "money/budget.h"

#include "base/units.h"
#include "money/window.h"
#include "platform/proc.h"

#define QUARTER_NS (15 * (60 * ORX_SEC))

const char *orx_budget_word_name(orx_budget_word word) {
    static const char *const names[] = {"disabled", "ok", "warning", "exceeded"};
    return names[word];
}

void orx_budget_judge(const orx_budget *b, int64_t spent, orx_budget_state *ret_state) {
    double threshold = (double)b->cap * b->warning_ratio;
    spent = spent > 0 ? spent : 0;
    ret_state->stop = b->cap > 0 && b->hard_stop && spent >= b->cap;
    if (b->cap <= 0)
        ret_state->word = ORX_BUDGET_DISABLED;
    else if (spent > b->cap)
        ret_state->word = ORX_BUDGET_EXCEEDED;
    else
        ret_state->word = (double)spent >= threshold ? ORX_BUDGET_WARNING : ORX_BUDGET_OK;
}

/* ---- How it stands --------------------------------------------------------------------------- */

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

int orx_budget_look(orx_store *s, const orx_budget *b, orx_budget_state *ret_state, orx_err *err) {
    orx_budget_state st = {0};
    int64_t today = orx_day_begin(orx_wall_ns(orx_store_platform(s)), b->utc_offset_ns);
    int rc =
        number(s, "SELECT coalesce(sum(cost), 0) FROM spend_sum WHERE level = 5 AND start >= ?1",
               today / QUARTER_NS, &st.spent, err);
    if (rc == 0)
        rc = number(s, "SELECT coalesce(sum(amount), 0) FROM reservation WHERE call > ?1", 0,
                    &st.reserved, err);
    if (rc < 0)
        return rc;
    orx_budget_judge(b, st.spent + st.reserved, &st);
    *ret_state = st;
    return 0;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static int refuse(const orx_budget *b, const orx_budget_state *st, int64_t amount, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str cap = {0};
    ORX_CLEANUP(orx_str_free) orx_str spent = {0};
    ORX_CLEANUP(orx_str_free) orx_str held = {0};
    ORX_CLEANUP(orx_str_free) orx_str more = {0};
    orx_money_format(b->cap, &cap);
    orx_money_format(st->spent, &spent);
    orx_money_format(st->reserved, &held);
    orx_money_format(amount, &more);
    return orx_err_set(
        err, ORX_E_LIMIT,
        "today's budget of %s USD does not allow another %s USD: %s are spent and %s "
        "reserved for calls in flight; midnight lifts this, or a larger budget.daily",
        cap.buf, more.buf, spent.buf, held.buf);
}

static int ask(orx_store *s, const orx_budget *b, int64_t amount, orx_err *err) {
    orx_budget_state st;
    if (b->cap <= 0 || !b->hard_stop)
        return 0;
    int rc = orx_budget_look(s, b, &st, err);
    if (rc < 0)
        return rc;
    bool fits = !st.stop && amount <= b->cap - st.spent - st.reserved;
    return fits ? 0 : refuse(b, &st, amount, err);
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

int orx_budget_reserve(orx_store *s, const orx_budget *b, const orx_reservation *r, orx_err *err) {
    int rc = ask(s, b, r->amount, err);
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

int orx_budget_extend(orx_store *s, const orx_budget *b, int64_t call, int64_t more, orx_err *err) {
    bool own = !orx_tx_active(s);
    int rc = own ? orx_tx_begin(s, err) : 0;
    if (rc < 0)
        return rc;
    rc = ask(s, b, more, err);
    if (rc == 0)
        rc = update(s, "UPDATE reservation SET amount = amount + ?2 WHERE call = ?1", call, more,
                    err);
    if (own && rc == 0)
        return orx_tx_commit(s, err);
    if (own)
        orx_tx_rollback(s);
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
