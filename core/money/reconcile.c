#include "money/reconcile.h"

#include "money/books.h"

__extension__ typedef __int128 wide;

#define DAY_NS (24 * (3600 * ORX_SEC))

typedef struct adding {
    const orx_reconcile_spec *spec;
    orx_reconciled *rows;
    orx_decimal *billed;
    bool too_much;
} adding;

static void add_tokens(int64_t *sum, int64_t more) {
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = INT64_MAX;
}

static bool add_billed(const orx_billed *row, void *user) {
    adding *a = user;
    int64_t day = (row->start_ns - a->spec->first_day_ns) / DAY_NS;
    if (row->start_ns < a->spec->first_day_ns || day >= a->spec->days ||
        !orx_view_is(row->provider, a->spec->provider))
        return true;
    if (row->has_amount)
        a->too_much = a->too_much || !orx_decimal_add(&a->billed[day], row->amount);
    add_tokens(&a->rows[day].billed_tokens, orx_billed_total(row));
    return true;
}

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static int add_metered(orx_store *s, const orx_reconcile_spec *spec, orx_arena *arena,
                       orx_reconciled *row, orx_err *err) {
    orx_spend_sum *sums = NULL;
    int n =
        orx_books_sum(s, row->day_ns, row->day_ns + DAY_NS, ORX_SPEND_PROVIDER, arena, &sums, err);
    for (int i = 0; i < n; i++) {
        const orx_spend_sum *b = &sums[i];
        if (!is_one_of(b->key, spec->metered_as))
            continue;
        row->metered += b->cost;
        row->metered_tokens += b->input + b->cache_read + b->cache_write + b->output + b->reasoning;
        row->calls += b->calls;
        row->unpriced += b->unknown;
    }
    return n < 0 ? n : 0;
}

static int64_t size_of(int64_t n) {
    return n < 0 ? -n : n;
}

/* The part of an amount that so many of all tokens stand for. */
static int64_t part_of(int64_t amount, int64_t tokens, int64_t all) {
    return (int64_t)((wide)amount * tokens / all);
}

static void explain(orx_reconciled *r) {
    if (size_of(r->difference) <= r->calls)
        r->rounding = r->difference;
    else if (r->calls == 0)
        r->unmetered = r->difference;
    else if (r->billed_tokens > r->metered_tokens)
        r->unmetered = part_of(r->billed, r->billed_tokens - r->metered_tokens, r->billed_tokens);
    else if (r->billed_tokens > 0 && r->billed_tokens < r->metered_tokens)
        r->unmetered =
            -part_of(r->metered, r->metered_tokens - r->billed_tokens, r->metered_tokens);
    r->drift = r->difference - r->rounding - r->unmetered;
}

static int judge(const orx_reconcile_spec *spec, orx_decimal billed, orx_reconciled *r,
                 orx_err *err) {
    if (!orx_decimal_round(billed, &r->billed) ||
        __builtin_sub_overflow(r->billed, r->metered, &r->difference) || r->difference == INT64_MIN)
        return orx_err_set(err, ORX_E_LIMIT,
                           "the bill of %s for one day does not fit into nano-USD", spec->provider);
    explain(r);
    int64_t base = size_of(r->billed) > r->metered ? size_of(r->billed) : r->metered;
    r->complete = r->day_ns + DAY_NS + spec->lag_ns <= spec->now_ns;
    r->alarm =
        r->complete && (wide)size_of(r->difference) * 100 > (wide)base * ORX_RECONCILE_PERCENT;
    return 0;
}

int orx_reconcile(orx_store *s, const orx_reconcile_spec *spec, orx_arena *arena,
                  orx_reconciled **ret_rows, orx_err *err) {
    if (spec->days < 1 || spec->days > ORX_RECONCILE_DAYS)
        return orx_err_set(err, ORX_E_LIMIT, "%lld days cannot be compared; 1 to %d can",
                           (long long)spec->days, ORX_RECONCILE_DAYS);
    size_t days = (size_t)spec->days;
    adding a = {.spec = spec,
                .rows = orx_arena_zalloc(arena, days, sizeof *a.rows),
                .billed = orx_arena_zalloc(arena, days, sizeof *a.billed)};
    int rc = orx_billed_each(s, spec->first_day_ns, spec->first_day_ns + spec->days * DAY_NS,
                             add_billed, &a, err);
    if (rc >= 0 && a.too_much)
        rc = orx_err_set(err, ORX_E_LIMIT, "the bill of %s for one day does not fit into nano-USD",
                         spec->provider);
    for (size_t i = 0; i < days && rc >= 0; i++) {
        a.rows[i].day_ns = spec->first_day_ns + (int64_t)i * DAY_NS;
        rc = add_metered(s, spec, arena, &a.rows[i], err);
        if (rc >= 0)
            rc = judge(spec, a.billed[i], &a.rows[i], err);
    }
    if (rc >= 0)
        *ret_rows = a.rows;
    return rc < 0 ? rc : 0;
}
