#include "money/day_budget.h"

#include "money/books.h"

#define WEEK_NS   (INT64_C(7) * 24 * 3600 * ORX_SEC)
#define STALE_SEC 900 /* [K] */

/* ---- What is known --------------------------------------------------------------------------- */

typedef struct day {
    orx_budget_state st;
    int64_t week;    /* spent in 7 days */
    int64_t missing; /* calls of today of which nobody knows what they cost */
} day;

static orx_cap daily_cap(const orx_budget *b) {
    for (size_t i = 0; i < b->count; i++)
        if (b->caps[i].scope == ORX_CAP_SWARM && b->caps[i].span == ORX_CAP_DAY)
            return b->caps[i];
    return (orx_cap){.span = ORX_CAP_DAY, .name = "", .key = "budget.daily"};
}

static int look(orx_store *s, const orx_budget *b, const orx_cap *cap, int64_t now, day *d,
                orx_err *err) {
    int rc = orx_budget_look_at(s, b, cap, NULL, &d->st, err);
    if (rc == 0)
        rc = orx_books_spent(s, now - WEEK_NS, NULL, NULL, &d->week, err);
    if (rc == 0)
        rc = orx_budget_missing(s, b, &d->missing, err);
    d->week += d->st.billed;
    return rc;
}

orx_node *orx_books_freshness(orx_store *s, int64_t now_ns, orx_arena *arena) {
    orx_spend_sum *rows = NULL;
    orx_freshness f = {.now_ns = now_ns, .stale_sec = STALE_SEC, .files = s != NULL};
    if (s && orx_books_sum(s, 0, now_ns + 1, ORX_SPEND_ALL, arena, &rows, NULL) > 0)
        f.events = rows[0].calls;
    f.latest_ns = s ? orx_books_latest(s) : 0;
    return orx_figure_freshness(arena, &f);
}

/* ---- The block ------------------------------------------------------------------------------- */

static int64_t not_negative(int64_t n) {
    return n > 0 ? n : 0;
}

static void put_usd(orx_arena *a, orx_node *n, const char *key, int64_t nano) {
    orx_node_set(a, n, key, orx_figure_usd(a, nano));
}

static void put_amounts(orx_arena *a, orx_node *n, const orx_budget *b, const day *d) {
    const orx_budget_state *st = &d->st;
    int64_t spent = not_negative(st->spent);
    int64_t used = spent + not_negative(st->reserved);
    double share = st->limit > 0 ? (double)used / (double)st->limit : 0;
    put_usd(a, n, "daily_budget_usd", st->limit);
    put_usd(a, n, "daily_warning_threshold_usd", (int64_t)((double)st->limit * b->warning_ratio));
    put_usd(a, n, "daily_spend_usd", spent);
    put_usd(a, n, "daily_billed_only_usd", st->billed);
    put_usd(a, n, "daily_reserved_usd", st->reserved);
    put_usd(a, n, "daily_remaining_usd", not_negative(st->limit - used));
    put_usd(a, n, "rolling_7d_spend_usd", not_negative(d->week));
    orx_node_set_int(a, n, "daily_unpriced_calls", d->missing);
    orx_node_set(a, n, "warning_ratio", orx_node_new_double(a, b->warning_ratio));
    orx_node_set(a, n, "utilization_ratio", orx_figure_share(a, share, 1e6));
    orx_node_set(a, n, "utilization_percent", orx_figure_share(a, share * 100, 1e2));
}

int orx_day_budget(orx_store *s, const orx_budget *b, int64_t now_ns, orx_arena *arena,
                   orx_node **ret_node, orx_err *err) {
    const orx_cap cap = daily_cap(b);
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    day d = {.st = {.cap = &cap, .limit = cap.amount}};
    orx_budget_judge(b, cap.amount, 0, &d.st);
    int rc = s ? look(s, b, &cap, now_ns, &d, err) : 0;
    if (rc < 0)
        return rc;
    bool denied = b->count && b->hard_stop && b->deny_missing && d.missing;
    orx_node_set_bool(arena, n, "enabled", d.st.limit > 0);
    orx_node_set_str(arena, n, "state", orx_budget_word_name(d.st.word));
    put_amounts(arena, n, b, &d);
    orx_node_set_bool(arena, n, "enforce_hard_stop", b->hard_stop);
    orx_node_set_bool(arena, n, "hard_stop", d.st.stop || denied);
    orx_node_set_str(arena, n, "source_of_truth",
                     d.st.billed > 0 ? "authoritative_provider_api" : "estimated_local_telemetry");
    orx_node_set(arena, n, "data_freshness", orx_books_freshness(s, now_ns, arena));
    *ret_node = n;
    return 0;
}

const char *orx_day_budget_advice(const orx_node *block, orx_arena *arena) {
    const char *state = orx_node_str(orx_node_get(block, "state"), "");
    double used = orx_node_num(orx_node_get(block, "utilization_percent"), 0);
    double budget = orx_node_num(orx_node_get(block, "daily_budget_usd"), 0);
    bool stop = orx_node_bool(orx_node_get(block, "hard_stop"), false);
    if (strcmp(state, "warning") != 0 && strcmp(state, "exceeded") != 0)
        return NULL;
    return orx_arena_printf(arena,
                            "%.1f %% of today's budget of %.2f USD is spent or reserved%s: see "
                            "`orxaq budget` and `orxaq costs --by lane --window today`.",
                            used, budget, stop ? ", and no call may begin" : "");
}
