#include "money/bill_day.h"

#include "base/vec.h"
#include "data/doc.h"
#include "money/books.h"
#include "money/cap_clock.h"
#include "money/ingest_summary.h"

/* ---- What is kept ---------------------------------------------------------------------------- */

/* A provider whose calls are on a bill; one of "" when nobody said which. */
typedef struct kept {
    const char *vendor;
    const char *provider;
    int64_t billed;
} kept;

typedef ORX_VEC(kept) kept_vec;

/* By vendor. */
static int read_kept(orx_store *s, int64_t begin, orx_arena *arena, kept_vec *rows, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT vendor, provider, billed FROM budget_billed WHERE begin = ?1"
                         " ORDER BY vendor, provider",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, begin);
    while ((rc = orx_sql_step(q, err)) == 1) {
        const kept row = {.vendor = orx_arena_dup(arena, orx_sql_col_text(q, 0)),
                          .provider = orx_arena_dup(arena, orx_sql_col_text(q, 1)),
                          .billed = orx_sql_col_int(q, 2)};
        orx_vec_push(rows, row);
    }
    return rc;
}

static int metered_of(orx_store *s, int64_t begin, const char *provider, int64_t *ret,
                      orx_err *err) {
    return *provider ? orx_books_spent(s, begin, NULL, provider, ret, err) : 0;
}

static bool is_one_of(const char *name, const char *const *names) {
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return !names;
}

/* What a bill, the rows from first to before end, is above the books; 0 when some of its calls are
 * of others. */
static int more_of(orx_store *s, int64_t begin, const char *const *providers, const kept *first,
                   const kept *end, int64_t *ret_more, orx_err *err) {
    int64_t metered = 0;
    bool theirs = true;
    for (const kept *k = first; k < end; k++) {
        int64_t spent = 0;
        int rc = metered_of(s, begin, k->provider, &spent, err);
        if (rc < 0)
            return rc;
        metered += spent;
        theirs = theirs && is_one_of(k->provider, providers);
    }
    *ret_more = theirs && first->billed > metered ? first->billed - metered : 0;
    return 0;
}

int orx_bill_day_more(orx_store *s, int64_t begin_ns, const char *const *providers,
                      int64_t *ret_more, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    kept_vec rows = {0};
    int64_t all = 0;
    int rc = read_kept(s, begin_ns, &arena, &rows, err);
    size_t end = 0;
    for (size_t i = 0; rc == 0 && i < rows.len; i = end) {
        int64_t more = 0;
        for (end = i + 1; end < rows.len; end++)
            if (strcmp(rows.items[end].vendor, rows.items[i].vendor) != 0)
                break;
        rc = more_of(s, begin_ns, providers, &rows.items[i], &rows.items[end], &more, err);
        if (__builtin_add_overflow(all, more, &all))
            all = INT64_MAX / 2;
    }
    orx_vec_free(&rows);
    if (rc == 0)
        *ret_more = all;
    return rc;
}

/* ---- What the bill says ---------------------------------------------------------------------- */

typedef struct adding {
    const char *vendor;
    int64_t begin;
    int64_t sum;
} adding;

/* What was fetched before midnight says nothing of the day. More than fits stays at what fits. */
static bool add_row(const orx_billed *r, void *user) {
    adding *a = user;
    int64_t nano = 0;
    if (!orx_view_is(r->provider, a->vendor) || !r->has_amount || r->at_ns < a->begin)
        return true;
    if (!orx_decimal_round(r->amount, &nano))
        return true;
    int64_t share = orx_billed_share(r, nano, a->begin, INT64_MAX, r->at_ns);
    if (__builtin_add_overflow(a->sum, share, &a->sum))
        a->sum = share > 0 ? INT64_MAX : INT64_MIN;
    return true;
}

static int take_away(orx_store *s, int64_t begin, const char *vendor, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM budget_billed WHERE begin < ?1 OR vendor = ?2", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, begin);
    orx_sql_str(q, 2, vendor);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int keep_one(orx_store *s, int64_t begin, const char *vendor, const char *provider,
                    int64_t billed, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "INSERT OR REPLACE INTO budget_billed VALUES(?1, ?2, ?3, ?4)", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, begin);
    orx_sql_str(q, 2, vendor);
    orx_sql_str(q, 3, provider);
    orx_sql_int(q, 4, billed);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int tell(orx_store *s, const char *vendor, int64_t billed, int64_t more, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "vendor", vendor);
    orx_node_set_int(&a, body, "billed_nano_usd", billed);
    orx_node_set_int(&a, body, "metered_nano_usd", billed - more);
    orx_node_set_int(&a, body, "more_nano_usd", more);
    const orx_event e = {.kind = "budget.billed", .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

/* What was kept of a vendor; 0 = nothing. */
static int64_t billed_before(const kept_vec *rows, const char *vendor) {
    for (size_t i = 0; i < rows->len; i++)
        if (strcmp(rows->items[i].vendor, vendor) == 0)
            return rows->items[i].billed;
    return 0;
}

static int keep(orx_store *s, int64_t begin, const orx_day_bill *bill, int64_t billed,
                int64_t before, orx_err *err) {
    static const char *const nobody[] = {"", NULL};
    int64_t metered = 0;
    int rc = take_away(s, begin, bill->vendor, err);
    const char *const *name = *bill->metered_as ? bill->metered_as : nobody;
    for (; rc == 0 && billed > 0 && *name; name++) {
        int64_t spent = 0;
        rc = keep_one(s, begin, bill->vendor, *name, billed, err);
        if (rc == 0)
            rc = metered_of(s, begin, *name, &spent, err);
        metered += spent;
    }
    return rc < 0 || billed <= metered || billed == before
               ? rc
               : tell(s, bill->vendor, billed, billed - metered, err);
}

int orx_bill_day_take(orx_store *s, const orx_zone *zone, const orx_day_bill *bill, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_cap_clock clock;
    kept_vec rows = {0};
    int rc = orx_cap_clock_read(s, &clock, err);
    if (rc < 0)
        return rc;
    adding a = {.vendor = bill->vendor, .begin = orx_cap_day(&clock, zone)};
    rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_billed_each(s, a.begin, INT64_MAX, add_row, &a, err);
    if (rc >= 0)
        rc = read_kept(s, a.begin, &arena, &rows, err);
    int64_t before = billed_before(&rows, bill->vendor);
    orx_vec_free(&rows);
    if (rc == 0)
        rc = keep(s, a.begin, bill, !bill->whole && a.sum < before ? before : a.sum, before, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}
