/* Sums of any span of time: whole days, whole hours, and the rows at the edges.
 *
 * An edge is taken to the nearest hour, so that at most half an hour of rows has to be read there:
 * those that the hours lack are added, those that they have too much are taken away. */
#include "money/books.h"

#include "base/vec.h"

#define HOUR_NS INT64_C(3600000000000)
#define DAY_NS  (24 * HOUR_NS)

typedef struct span {
    int64_t from;
    int64_t to;
} span;

/* What a span is made of. An empty part has from == to. */
typedef struct parts {
    span rows[2];
    int64_t sign[2]; /* of these rows: 1 or -1 */
    span whole;      /* what is taken from sums, in ns */
    span hours[2];
    span days;
} parts;

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t ceil_div(int64_t a, int64_t b) {
    return a / b + (a % b > 0);
}

/* The whole units inside a span, and what is left of it at both sides. Whole units that are none
 * leave all of it at the first side. */
static span whole(span s, int64_t unit, span sides[2]) {
    span inner = {ceil_div(s.from, unit), floor_div(s.to, unit)};
    if (inner.from >= inner.to) {
        sides[0] = s;
        sides[1] = (span){s.to, s.to};
        return (span){0, 0};
    }
    sides[0] = (span){s.from, inner.from * unit};
    sides[1] = (span){inner.to * unit, s.to};
    return inner;
}

/* At the ends of time, where there is no nearest one, the one inside. */
static int64_t nearest(int64_t at, int64_t unit) {
    if (at > INT64_MAX - unit)
        return floor_div(at, unit);
    return at < INT64_MIN + unit ? ceil_div(at, unit) : floor_div(at + unit / 2, unit);
}

static span between(int64_t a, int64_t b) {
    return a < b ? (span){a, b} : (span){b, a};
}

static parts parts_of(int64_t from_ns, int64_t to_ns, bool hourly) {
    parts p = {0};
    int64_t unit = hourly ? HOUR_NS : DAY_NS;
    span s = {from_ns, to_ns > from_ns ? to_ns : from_ns};
    span units = {nearest(s.from, unit), nearest(s.to, unit)};
    p.whole = (span){units.from * unit, units.to * unit};
    p.rows[0] = between(s.from, p.whole.from);
    p.rows[1] = between(p.whole.to, s.to);
    p.sign[0] = s.from <= p.whole.from ? 1 : -1;
    p.sign[1] = s.to >= p.whole.to ? 1 : -1;
    p.days = hourly ? whole(units, 24, p.hours) : units;
    return p;
}

/* ---- SQL ------------------------------------------------------------------------------------- */

#define OF_SUMS                                                                                    \
    "calls, unknown, estimated, input, cache_read, cache_write, output, reasoning, requests, cost"
/* Rows as sums, times sign. */
#define OF_ROWS(sign)                                                                              \
    sign " AS calls, " sign " * (cost IS NULL) AS unknown, " sign                                  \
         " * (source = 1) AS estimated, " sign " * input AS input, " sign                          \
         " * cache_read AS cache_read, " sign " * cache_write AS cache_write, " sign               \
         " * output AS output, " sign " * reasoning AS reasoning, " sign                           \
         " * requests AS requests, " sign " * coalesce(cost, 0) AS cost"
#define TOTALS                                                                                     \
    "sum(calls), sum(unknown), sum(estimated), sum(input), sum(cache_read), sum(cache_write),"     \
    " sum(output), sum(reasoning), sum(requests), sum(cost)"
/* Rows that were replaced may leave sums of nothing. */
#define ORDER " GROUP BY key HAVING sum(calls) > 0 ORDER BY sum(cost) DESC, key"

/* The rows of two spans, the hours of two and the days of one; and of the whole hours those rows
 * that are in no sum yet. */
#define HOURLY(key, hours, days)                                                                   \
    "SELECT key, " TOTALS " FROM (SELECT " key " AS key, " OF_ROWS(                                \
        "?13") " FROM spend WHERE at >= ?1 AND at < ?2"                                            \
               " UNION ALL SELECT " key ", " OF_ROWS(                                              \
                   "?14") " FROM spend WHERE at >= ?3 AND at < ?4"                                 \
                          " UNION ALL SELECT " key ", " OF_SUMS                                    \
                          " FROM spend_sum WHERE level = " hours " AND start >= ?5 AND start < ?6" \
                          " UNION ALL SELECT " key ", " OF_SUMS                                    \
                          " FROM spend_sum WHERE level = " hours " AND start >= ?7 AND start < ?8" \
                          " UNION ALL SELECT " key ", " OF_SUMS                                    \
                          " FROM spend_sum WHERE level = " days " AND start >= ?9 AND start < ?10" \
                          " UNION ALL SELECT " key                                                 \
                          ", " OF_ROWS("1") " FROM spend_new CROSS JOIN spend USING(call) WHERE "  \
                                            "at >= ?11 AND at < ?12)" ORDER
/* The rows of two spans, the days of one, and what they lack. */
#define DAILY(key, from)                                                                           \
    "SELECT key, " TOTALS " FROM (SELECT " key                                                     \
    " AS key, " OF_ROWS("?9") " FROM spend WHERE at >= ?1 AND at < ?2"                             \
                              " UNION ALL SELECT " key ", " OF_ROWS(                               \
                                  "?10") " FROM spend WHERE at >= ?3 AND at < ?4"                  \
                                         " UNION ALL SELECT " key ", " OF_SUMS " FROM " from       \
                                         " start >= ?5 AND start < ?6"                             \
                                         " UNION ALL SELECT " key ", " OF_ROWS(                    \
                                             "1") " FROM spend_new CROSS JOIN spend USING(call) "  \
                                                  "WHERE at >= ?7 AND at < ?8)" ORDER

typedef struct question {
    const char *sql;
    bool hourly;
} question;

/* By orx_spend_by; see books.c for the levels. */
static const question questions[] = {
    {HOURLY("''", "2", "3"), true},
    {HOURLY("provider", "0", "1"), true},
    {HOURLY("model", "0", "1"), true},
    {HOURLY("lane", "2", "3"), true},
    {DAILY("CASE lane WHEN 'primary' THEN task ELSE lane || '/' || task END", "spend_task WHERE"),
     false},
    {DAILY("provider || char(31) || model || char(31) || lane", "spend_sum WHERE level = 4 AND"),
     false},
};

static void bind(orx_sql *q, const parts *p, bool are_hourly) {
    const span hourly[] = {p->rows[0], p->rows[1], p->hours[0], p->hours[1], p->days, p->whole};
    const span daily[] = {p->rows[0], p->rows[1], p->days, p->whole};
    int count = (int)(are_hourly ? ORX_ARRAY_LEN(hourly) : ORX_ARRAY_LEN(daily));
    for (int i = 0; i < count; i++) {
        const span *s = are_hourly ? &hourly[i] : &daily[i];
        orx_sql_int(q, 1 + 2 * i, s->from);
        orx_sql_int(q, 2 + 2 * i, s->to);
    }
    for (int i = 0; i < 2; i++)
        orx_sql_int(q, 1 + 2 * count + i, p->sign[i]);
}

static orx_spend_sum read_sum(orx_sql *q, orx_arena *arena) {
    int64_t n[10];
    for (int i = 0; i < (int)ORX_ARRAY_LEN(n); i++)
        n[i] = orx_sql_col_int(q, 1 + i);
    return (orx_spend_sum){.key = orx_arena_dup(arena, orx_sql_col_text(q, 0)),
                           .calls = n[0],
                           .unknown = n[1],
                           .estimated = n[2],
                           .input = n[3],
                           .cache_read = n[4],
                           .cache_write = n[5],
                           .output = n[6],
                           .reasoning = n[7],
                           .requests = n[8],
                           .cost = n[9]};
}

int orx_books_sum(orx_store *s, int64_t from_ns, int64_t to_ns, orx_spend_by by, orx_arena *arena,
                  orx_spend_sum **ret_rows, orx_err *err) {
    orx_sql *q;
    ORX_VEC(orx_spend_sum) rows = {0};
    const question *ask = &questions[by];
    const parts p = parts_of(from_ns, to_ns, ask->hourly);
    int rc = orx_sql_get(s, ask->sql, &q, err);
    if (rc < 0)
        return rc;
    bind(q, &p, ask->hourly);
    while ((rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(&rows, read_sum(q, arena));
    size_t n = rows.len;
    if (rc == 0) {
        *ret_rows = orx_arena_zalloc(arena, n + 1, sizeof **ret_rows);
        for (size_t i = 0; i < n; i++)
            (*ret_rows)[i] = rows.items[i];
    }
    orx_vec_free(&rows);
    return rc < 0 ? rc : (int)n;
}

/* ---- From a moment on ------------------------------------------------------------------------ */

/* The rows up to ?2, whole hours up to midnight ?4, days, and what the sums lack. */
#define SPENT(which, hours, days)                                                                  \
    "SELECT (SELECT coalesce(sum(cost), 0) FROM spend WHERE at >= ?1 AND at < ?2" which            \
    ") + (SELECT coalesce(sum(cost), 0) FROM spend_sum WHERE level = " hours                       \
    " AND start >= ?3 AND start < ?4" which                                                        \
    ") + (SELECT coalesce(sum(cost), 0) FROM spend_sum WHERE level = " days                        \
    " AND start >= ?4 / 24" which                                                                  \
    ") + (SELECT coalesce(sum(cost), 0) FROM spend_new CROSS JOIN spend USING(call)"               \
    " WHERE at >= ?2" which ")"

int orx_books_spent(orx_store *s, int64_t from_ns, const char *lane, const char *provider,
                    int64_t *ret_cost, orx_err *err) {
    static const char all[] = SPENT("", "2", "3");
    static const char of_lane[] = SPENT(" AND lane = ?5", "2", "3");
    static const char of_provider[] = SPENT(" AND provider = ?5", "0", "1");
    orx_sql *q;
    int rc = orx_sql_get(s, lane ? of_lane : provider ? of_provider : all, &q, err);
    if (rc < 0)
        return rc;
    int64_t hour = ceil_div(from_ns, HOUR_NS);
    orx_sql_int(q, 1, from_ns);
    orx_sql_int(q, 2, hour * HOUR_NS);
    orx_sql_int(q, 3, hour);
    orx_sql_int(q, 4, ceil_div(hour, 24) * 24);
    if (lane || provider)
        orx_sql_str(q, 5, lane ? lane : provider);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_cost = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

int orx_books_spent_quick(orx_store *s, int64_t from_ns, int64_t *ret_cost, int64_t *ret_unknown,
                          orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT coalesce(sum(cost), 0), coalesce(sum(unknown), 0)"
                         " FROM spend_quarter WHERE start >= ?1 / 900000000000",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, from_ns);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        *ret_cost = orx_sql_col_int(q, 0);
        *ret_unknown = orx_sql_col_int(q, 1);
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

int64_t orx_books_latest(orx_store *s) {
    orx_sql *q;
    if (orx_sql_get(s, "SELECT max(at) FROM spend", &q, NULL) < 0)
        return 0;
    int64_t at = orx_sql_step(q, NULL) == 1 ? orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    return at;
}
