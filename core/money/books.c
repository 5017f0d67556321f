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
    /* Rows that are in no sum yet; and what the cap of every call is about, which is. */
    "CREATE TABLE spend_new(call INTEGER PRIMARY KEY);"
    "CREATE TABLE spend_quarter(start INTEGER PRIMARY KEY, cost INTEGER NOT NULL,"
    " unknown INTEGER NOT NULL);"
    "INSERT INTO spend_quarter SELECT start, cost, unknown FROM spend_sum WHERE level = 5;"
    "DELETE FROM spend_sum WHERE level = 5;",
    /* A person's word that a cap may be passed (override.h). */
    "CREATE TABLE budget_override(id INTEGER PRIMARY KEY, key TEXT NOT NULL,"
    " amount INTEGER NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,"
    " until INTEGER NOT NULL, revoked INTEGER NOT NULL);",
    /* Jumps of the clock (cap_clock.h). */
    "CREATE TABLE cap_clock(id INTEGER PRIMARY KEY, boot TEXT NOT NULL, wall INTEGER NOT NULL,"
    " mono INTEGER NOT NULL, skew INTEGER NOT NULL, since INTEGER NOT NULL,"
    " held INTEGER NOT NULL);",
    /* What was told of caps (threshold.h). */
    ("CREATE TABLE budget_told(key TEXT NOT NULL, name TEXT NOT NULL, begin INTEGER NOT NULL,"
     " percent INTEGER NOT NULL, PRIMARY KEY(key, name, begin, percent)) WITHOUT ROWID;"),
    /* What vendors have billed for today (bill_day.h). */
    ("CREATE TABLE budget_billed(begin INTEGER NOT NULL, vendor TEXT NOT NULL,"
     " provider TEXT NOT NULL, billed INTEGER NOT NULL, PRIMARY KEY(begin, vendor, provider))"
     " WITHOUT ROWID;"),
};

const orx_store_room orx_money_room = {
    .name = "money",
    .migrations = migrations,
    .migration_count = ORX_ARRAY_LEN(migrations),
};

/* ---- Writing --------------------------------------------------------------------------------- */

/* So many rows at most wait to be added up: a batch costs little more than a single row, since most
 * of its rows belong to the same hour, lane and model. */
#define BATCH 128

/* Rows as sums, times ?1, which is 1 to add them and -1 to take them away. */
#define AS_SUMS                                                                                    \
    " ?1 * count(*), ?1 * sum(cost IS NULL), ?1 * sum(source = 1), ?1 * sum(input),"               \
    " ?1 * sum(cache_read), ?1 * sum(cache_write), ?1 * sum(output), ?1 * sum(reasoning),"         \
    " ?1 * sum(requests), ?1 * coalesce(sum(cost), 0)"
#define ADD                                                                                        \
    " DO UPDATE SET calls = calls + excluded.calls, unknown = unknown + excluded.unknown,"         \
    " estimated = estimated + excluded.estimated, input = input + excluded.input,"                 \
    " cache_read = cache_read + excluded.cache_read,"                                              \
    " cache_write = cache_write + excluded.cache_write, output = output + excluded.output,"        \
    " reasoning = reasoning + excluded.reasoning, requests = requests + excluded.requests,"        \
    " cost = cost + excluded.cost"

/* Levels: 0 hours and 1 days of each provider and model; 2 hours and 3 days of each lane; 4 days of
 * each lane, provider and model. What a level does not tell apart is ''. */
#define HOURS "3600000000000"
#define DAYS  "86400000000000"
#define INTO_SUM(level, start, keys, of)                                                           \
    "INSERT INTO spend_sum SELECT " level ", at / " start ", " keys "," AS_SUMS of                 \
    " GROUP BY 2, 3, 4, 5 ON CONFLICT(level, start, lane, provider, model)" ADD
#define INTO_TASK(of)                                                                              \
    "INSERT INTO spend_task SELECT at / " DAYS ", lane, task," AS_SUMS of                          \
    " GROUP BY 1, 2, 3 ON CONFLICT(start, lane, task)" ADD
#define INTO_ALL(of)                                                                               \
    {                                                                                              \
        INTO_SUM("0", HOURS, "'', provider, model", of),                                           \
            INTO_SUM("1", DAYS, "'', provider, model", of),                                        \
            INTO_SUM("2", HOURS, "lane, '', ''", of), INTO_SUM("3", DAYS, "lane, '', ''", of),     \
            INTO_SUM("4", DAYS, "lane, provider, model", of), INTO_TASK(of),                       \
    }

enum { SUMS_COUNT = 6 };

/* Runs a statement with so many whole numbers. */
static int run(orx_store *s, const char *text, const int64_t *values, int count, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, text, &q, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < count; i++)
        orx_sql_int(q, 1 + i, values[i]);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* Takes the row of a call out of the sums. */
static int take_away(orx_store *s, int64_t call, orx_err *err) {
    static const char *const all[SUMS_COUNT] = INTO_ALL(" FROM spend WHERE call = ?2");
    const int64_t values[] = {-1, call};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < SUMS_COUNT; i++)
        rc = run(s, all[i], values, 2, err);
    return rc;
}

/* Adds the rows that wait to the sums. */
static int add_up(orx_store *s, orx_err *err) {
    static const char *const all[SUMS_COUNT] =
        INTO_ALL(" FROM spend_new CROSS JOIN spend USING(call) WHERE true");
    const int64_t sign = 1;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < SUMS_COUNT; i++)
        rc = run(s, all[i], &sign, 1, err);
    return rc < 0 ? rc : run(s, "DELETE FROM spend_new", NULL, 0, err);
}

/* 1 = done, 0 = the call has a row already. */
static int insert(orx_store *s, const orx_spend *r, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT INTO spend VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                         " ?12, ?13, ?14, ?15, ?16, ?17, ?18) ON CONFLICT(call) DO NOTHING",
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
    return (int)orx_sql_run(q, err);
}

static int add_quarter(orx_store *s, const orx_spend *r, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT INTO spend_quarter VALUES(?1 / 900000000000, ?2, ?3)"
                         " ON CONFLICT(start) DO UPDATE SET cost = cost + excluded.cost,"
                         " unknown = unknown + excluded.unknown",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, r->wall_ns);
    orx_sql_int(q, 2, r->cost >= 0 ? r->cost : 0);
    orx_sql_int(q, 3, r->cost < 0);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* 1 = the row of the call is in no sum yet. */
static int is_new(orx_store *s, int64_t call, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT 1 FROM spend_new WHERE call = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc;
}

/* Removes the row of a call and what it added to the sums. */
static int forget(orx_store *s, int64_t call, orx_err *err) {
    int rc = is_new(s, call, err);
    if (rc == 0)
        rc = take_away(s, call, err);
    if (rc >= 0)
        rc = run(s,
                 "UPDATE spend_quarter SET cost = cost - (SELECT coalesce(cost, 0) FROM spend"
                 " WHERE call = ?1), unknown = unknown - (SELECT cost IS NULL FROM spend"
                 " WHERE call = ?1) WHERE start = (SELECT at / 900000000000 FROM spend"
                 " WHERE call = ?1)",
                 &call, 1, err);
    if (rc == 0)
        rc = run(s, "DELETE FROM spend WHERE call = ?1", &call, 1, err);
    return rc;
}

int orx_books_put(orx_store *s, const orx_spend *row, orx_err *err) {
    int rc = insert(s, row, err);
    if (rc == 0)
        rc = forget(s, row->call, err);
    if (rc == 0)
        rc = insert(s, row, err);
    if (rc >= 0)
        rc = add_quarter(s, row, err);
    if (rc == 0)
        rc = run(s, "INSERT OR IGNORE INTO spend_new VALUES(?1)", &row->call, 1, err);
    return rc < 0 || row->call % BATCH ? rc : add_up(s, err);
}

int orx_books_anew(orx_store *s, orx_err *err) {
    static const char quarters[] =
        "INSERT INTO spend_quarter SELECT at / 900000000000,"
        " coalesce(sum(cost), 0), sum(cost IS NULL) FROM spend GROUP BY 1";
    static const char *const all[] = {
        "DELETE FROM spend_sum",
        "DELETE FROM spend_task",
        "DELETE FROM spend_quarter",
        quarters,
        "INSERT OR IGNORE INTO spend_new SELECT call FROM spend",
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(all); i++)
        rc = run(s, all[i], NULL, 0, err);
    return rc < 0 ? rc : add_up(s, err);
}
