#include "money/threshold.h"

#include "base/str.h"
#include "data/doc.h"
#include "money/cap_clock.h"

static int reached(const orx_budget_state *st, bool stops) {
    static const int thresholds[] = {100, 80, 50};
    double used = st->limit > 0 ? (double)st->spent / (double)st->limit * 100 : 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(thresholds); i++)
        if (stops || used >= thresholds[i])
            return thresholds[i];
    return 0;
}

static int bind(orx_store *s, const char *sql, const orx_cap *cap, int64_t begin, int percent,
                orx_sql **ret_q, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, sql, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, cap->key);
    orx_sql_str(q, 2, cap->name);
    orx_sql_int(q, 3, begin);
    orx_sql_int(q, 4, percent);
    *ret_q = q;
    return 0;
}

/* 1 = it was told. */
static int is_told(orx_store *s, const orx_cap *cap, int64_t begin, int percent, orx_err *err) {
    orx_sql *q;
    int rc = bind(s,
                  "SELECT 1 FROM budget_told WHERE key = ?1 AND name = ?2 AND begin = ?3"
                  " AND percent >= ?4",
                  cap, begin, percent, &q, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc;
}

static int run(orx_store *s, const char *sql, const orx_cap *cap, int64_t begin, int percent,
               orx_err *err) {
    orx_sql *q;
    int rc = bind(s, sql, cap, begin, percent, &q, err);
    int64_t n = rc < 0 ? rc : orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int append(orx_store *s, const orx_budget_state *st, int percent, bool stops, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_cap_name(st->cap, &name);
    orx_node_set_str(&a, body, "key", st->cap->key);
    orx_node_set_str(&a, body, "budget", orx_str_cstr(&name));
    orx_node_set_int(&a, body, "percent", percent);
    orx_node_set_int(&a, body, "limit_nano_usd", st->limit);
    orx_node_set_int(&a, body, "spent_nano_usd", st->spent);
    orx_node_set_int(&a, body, "reserved_nano_usd", st->reserved);
    orx_node_set_bool(&a, body, "stops", stops);
    const orx_event e = {.kind = "budget.threshold", .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

/* What an earlier day was told matters no more. */
static int tell(orx_store *s, const orx_budget_state *st, int64_t begin, int percent, bool stops,
                orx_err *err) {
    const orx_cap *cap = st->cap;
    int rc = is_told(s, cap, begin, percent, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = run(
        s, "DELETE FROM budget_told WHERE key = ?1 AND name = ?2 AND (begin < ?3 OR percent < ?4)",
        cap, begin, percent, err);
    if (rc == 0)
        rc = run(s, "INSERT INTO budget_told VALUES(?1, ?2, ?3, ?4)", cap, begin, percent, err);
    return rc < 0 ? rc : append(s, st, percent, stops, err);
}

int orx_budget_tell(orx_store *s, const orx_budget *b, const orx_budget_state *st, bool stops,
                    orx_err *err) {
    orx_cap_clock clock;
    int percent = reached(st, stops);
    if (!percent || orx_cap_is_of_unit(st->cap))
        return 0;
    int rc = orx_cap_clock_read(s, &clock, err);
    if (rc < 0)
        return rc;
    int64_t begin = st->cap->span == ORX_CAP_MONTH ? orx_cap_month(&clock, b->zone)
                                                   : orx_cap_day(&clock, b->zone);
    rc = is_told(s, st->cap, begin, percent, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = tell(s, st, begin, percent, stops, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}
