/* Sums of any span of time: whole days, whole hours, and the rows at the edges. */
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

static parts parts_of(int64_t from_ns, int64_t to_ns, bool hourly) {
    parts p = {0};
    span s = {from_ns, to_ns > from_ns ? to_ns : from_ns};
    if (hourly)
        p.days = whole(whole(s, HOUR_NS, p.rows), 24, p.hours);
    else
        p.days = whole(s, DAY_NS, p.rows);
    return p;
}

/* ---- SQL ------------------------------------------------------------------------------------- */

#define OF_SUMS                                                                                    \
    "calls, unknown, estimated, input, cache_read, cache_write, output, reasoning, requests, cost"
#define OF_ROWS                                                                                    \
    "1 AS calls, cost IS NULL AS unknown, source = 1 AS estimated, input, cache_read,"             \
    " cache_write, output, reasoning, requests, coalesce(cost, 0) AS cost"
#define TOTALS                                                                                     \
    "sum(calls), sum(unknown), sum(estimated), sum(input), sum(cache_read), sum(cache_write),"     \
    " sum(output), sum(reasoning), sum(requests), sum(cost)"
/* Rows that were replaced may leave sums of nothing. */
#define ORDER " GROUP BY key HAVING sum(calls) > 0 ORDER BY sum(cost) DESC, key"
#define KEY   "CASE ?1 WHEN 1 THEN provider WHEN 2 THEN model WHEN 3 THEN lane ELSE '' END AS key, "
#define TASK  "CASE lane WHEN 'primary' THEN task ELSE lane || '/' || task END AS key, "

static const char sum_sql[] =
    "SELECT key, " TOTALS " FROM (SELECT " KEY OF_ROWS " FROM spend WHERE at >= ?2 AND at < ?3"
    " UNION ALL SELECT " KEY OF_ROWS " FROM spend WHERE at >= ?4 AND at < ?5"
    " UNION ALL SELECT " KEY OF_SUMS " FROM spend_sum WHERE level = 0 AND start >= ?6"
    " AND start < ?7"
    " UNION ALL SELECT " KEY OF_SUMS " FROM spend_sum WHERE level = 0 AND start >= ?8"
    " AND start < ?9"
    " UNION ALL SELECT " KEY OF_SUMS " FROM spend_sum WHERE level = 1 AND start >= ?10"
    " AND start < ?11)" ORDER;

static const char task_sql[] =
    "SELECT key, " TOTALS " FROM (SELECT " TASK OF_ROWS " FROM spend WHERE at >= ?1 AND at < ?2"
    " UNION ALL SELECT " TASK OF_ROWS " FROM spend WHERE at >= ?3 AND at < ?4"
    " UNION ALL SELECT " TASK OF_SUMS " FROM spend_task WHERE start >= ?5 AND start < ?6)" ORDER;

static void bind(orx_sql *q, const parts *p, orx_spend_by by) {
    const span hourly[] = {p->rows[0], p->rows[1], p->hours[0], p->hours[1], p->days};
    const span daily[] = {p->rows[0], p->rows[1], p->days};
    bool tasks = by == ORX_SPEND_TASK;
    int count = (int)(tasks ? ORX_ARRAY_LEN(daily) : ORX_ARRAY_LEN(hourly));
    int at = 1;
    if (!tasks)
        orx_sql_int(q, at++, (int64_t)by);
    for (int i = 0; i < count; i++) {
        const span *s = tasks ? &daily[i] : &hourly[i];
        orx_sql_int(q, at++, s->from);
        orx_sql_int(q, at++, s->to);
    }
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
    const parts p = parts_of(from_ns, to_ns, by != ORX_SPEND_TASK);
    int rc = orx_sql_get(s, by == ORX_SPEND_TASK ? task_sql : sum_sql, &q, err);
    if (rc < 0)
        return rc;
    bind(q, &p, by);
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
