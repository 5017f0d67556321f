#include "money/books.h"

#define SUMS                                                                                       \
    " calls INTEGER NOT NULL, unknown INTEGER NOT NULL, estimated INTEGER NOT NULL,"               \
    " input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,"          \
    " output INTEGER NOT NULL, reasoning INTEGER NOT NULL, requests INTEGER NOT NULL,"             \
    " cost INTEGER NOT NULL,"

#define GROUPED                                                                                    \
    " count(*), sum(cost IS NULL), sum(source = 1), sum(input), sum(cache_read),"                  \
    " sum(cache_write), sum(output), sum(reasoning), sum(requests), coalesce(sum(cost), 0)"        \
    " FROM spend GROUP BY 1, 2, 3, 4, 5;"

static const char *const migrations[] = {
    "CREATE TABLE spend("
    " call INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, at INTEGER NOT NULL, lane TEXT NOT NULL,"
    " task TEXT NOT NULL, provider TEXT NOT NULL, account TEXT NOT NULL,"
    " model_asked TEXT NOT NULL, model TEXT NOT NULL, input INTEGER NOT NULL,"
    " cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, output INTEGER NOT NULL,"
    " reasoning INTEGER NOT NULL, requests INTEGER NOT NULL, cost INTEGER,"
    " source INTEGER NOT NULL, price TEXT NOT NULL);"
    "CREATE INDEX spend_at ON spend(at);"
    /* start counts hours or days: see below for the levels */
    "CREATE TABLE spend_sum(level INTEGER NOT NULL, start INTEGER NOT NULL, lane TEXT NOT NULL,"
    " provider TEXT NOT NULL, model TEXT NOT NULL," SUMS
    " PRIMARY KEY(level, start, lane, provider, model)) WITHOUT ROWID;"
    "CREATE TABLE spend_task(start INTEGER NOT NULL, lane TEXT NOT NULL, task TEXT NOT NULL," SUMS
    " PRIMARY KEY(start, lane, task)) WITHOUT ROWID;",
    /* Sums for each of 32 lanes, 3 providers and 4 models are too many to add up for one window. */
    "DELETE FROM spend_sum;"
    "INSERT INTO spend_sum SELECT 0, at / 3600000000000, '', provider, model," GROUPED
    "INSERT INTO spend_sum SELECT 1, at / 86400000000000, '', provider, model," GROUPED
    "INSERT INTO spend_sum SELECT 2, at / 3600000000000, lane, '', ''," GROUPED
    "INSERT INTO spend_sum SELECT 3, at / 86400000000000, lane, '', ''," GROUPED
    "INSERT INTO spend_sum SELECT 4, at / 86400000000000, lane, provider, model," GROUPED,
    /* What is spent today, wherever on earth; and what is reserved (budget.h). */
    "INSERT INTO spend_sum SELECT 5, at / 900000000000, '', '', ''," GROUPED
    "CREATE TABLE reservation(call INTEGER PRIMARY KEY, amount INTEGER NOT NULL,"
    " at INTEGER NOT NULL, pid INTEGER NOT NULL, start INTEGER NOT NULL, boot TEXT NOT NULL,"
    " lane TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL);",
};

const orx_store_room orx_money_room = {
    .name = "money",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
};

/* ---- Writing --------------------------------------------------------------------------------- */

#define SUM_COLUMNS                                                                                \
    "calls, unknown, estimated, input, cache_read, cache_write, output, reasoning, requests, cost"
/* A row as sums, times ?1, which is 1 to add it and -1 to take it away. */
#define AS_SUMS                                                                                    \
    " ?1, ?1 * (cost IS NULL), ?1 * (source = 1), ?1 * input, ?1 * cache_read, ?1 * cache_write,"  \
    " ?1 * output, ?1 * reasoning, ?1 * requests, ?1 * coalesce(cost, 0) FROM spend"
#define ADD                                                                                        \
    " DO UPDATE SET calls = calls + excluded.calls, unknown = unknown + excluded.unknown,"         \
    " estimated = estimated + excluded.estimated, input = input + excluded.input,"                 \
    " cache_read = cache_read + excluded.cache_read,"                                              \
    " cache_write = cache_write + excluded.cache_write, output = output + excluded.output,"        \
    " reasoning = reasoning + excluded.reasoning, requests = requests + excluded.requests,"        \
    " cost = cost + excluded.cost"

/* Levels: 0 hours and 1 days of each provider and model; 2 hours and 3 days of each lane; 4 days of
 * each lane, provider and model; 5 quarters of an hour of everything. What a level does not tell
 * apart is ''. */
#define INTO_SUM(level, start, keys)                                                               \
    "INSERT INTO spend_sum SELECT " level ", at / " start ", " keys "," AS_SUMS                    \
    " WHERE call = ?2 ON CONFLICT(level, start, lane, provider, model)" ADD
#define HOURS    "3600000000000"
#define DAYS     "86400000000000"
#define QUARTERS "900000000000"

static const char add_task[] =
    "INSERT INTO spend_task SELECT at / 86400000000000, lane, task," AS_SUMS
    " WHERE call = ?2 ON CONFLICT(start, lane, task)" ADD;

static int run(orx_store *s, const char *text, int64_t sign, int64_t call, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, text, &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, sign);
    orx_sql_int(q, 2, call);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* Adds the row of a call to the sums, or takes it away. */
static int apply(orx_store *s, int64_t sign, int64_t call, orx_err *err) {
    static const char *const all[] = {
        INTO_SUM("0", HOURS, "'', provider, model"),
        INTO_SUM("1", DAYS, "'', provider, model"),
        INTO_SUM("2", HOURS, "lane, '', ''"),
        INTO_SUM("3", DAYS, "lane, '', ''"),
        INTO_SUM("4", DAYS, "lane, provider, model"),
        INTO_SUM("5", QUARTERS, "'', '', ''"),
        add_task,
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(all); i++)
        rc = run(s, all[i], sign, call, err);
    return rc;
}

/* 1 = there is one. */
static int has_row(orx_store *s, int64_t call, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT 1 FROM spend WHERE call = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc;
}

static int insert(orx_store *s, const orx_spend *r, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT OR REPLACE INTO spend VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                         " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
                         &q, err);
    if (rc < 0)
        return rc;
    const char *const texts[] = {r->lane,    r->task,        r->provider,
                                 r->account, r->model_asked, r->model};
    const int64_t numbers[] = {r->input,  r->cache_read, r->cache_write,
                               r->output, r->reasoning,  r->requests};
    orx_sql_int(q, 1, r->call);
    orx_sql_int(q, 2, r->attempt);
    orx_sql_int(q, 3, r->wall_ns);
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        orx_sql_str(q, 4 + i, texts[i]);
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        orx_sql_int(q, 10 + i, numbers[i]);
    if (r->cost >= 0)
        orx_sql_int(q, 16, r->cost);
    else
        orx_sql_null(q, 16);
    orx_sql_int(q, 17, (int64_t)r->source);
    orx_sql_str(q, 18, r->price);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_books_put(orx_store *s, const orx_spend *row, orx_err *err) {
    int rc = has_row(s, row->call, err);
    if (rc == 1)
        rc = apply(s, -1, row->call, err);
    if (rc == 0)
        rc = insert(s, row, err);
    return rc < 0 ? rc : apply(s, 1, row->call, err);
}

/* The next call after this one in the ledger; 0 = there is none. */
static int next_call(orx_store *s, int64_t *call, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s, "SELECT call FROM spend WHERE call > ?1 ORDER BY call LIMIT 1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, *call);
    rc = orx_sql_step(q, err);
    *call = rc == 1 ? orx_sql_col_int(q, 0) : 0;
    orx_sql_reset(q);
    return rc;
}

int orx_books_anew(orx_store *s, orx_err *err) {
    static const char *const clear[] = {"DELETE FROM spend_sum", "DELETE FROM spend_task"};
    int64_t call = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(clear); i++) {
        orx_sql *q;
        rc = orx_sql_get(s, clear[i], &q, err);
        int64_t n = rc < 0 ? rc : orx_sql_run(q, err);
        rc = n < 0 ? (int)n : 0;
    }
    while (rc == 0 && (rc = next_call(s, &call, err)) == 1)
        rc = apply(s, 1, call, err);
    return rc;
}
