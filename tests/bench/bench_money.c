/* bench_money.c: the ledger at size: what a row costs to write, what any window costs to read, and
 * what a reservation adds to a call.
 *
 * `bench_money N` makes N rows instead of a million. They always lie in 30 days, so the more there
 * are, the more lie in the half hours at the edges of a window, of which there are no sums:
 * 10000000 is what the bars speak of.
 *
 * The rows of three days are written as runners write them (orx_books_put), a thousand in one
 * transaction: that is what is measured. Such rows take about 17 us each, ten million of them three
 * minutes of a processor of one's own and three times that on a busy machine. So the other nine
 * tenths are the same three days again, later: rows and sums are copied as they are, whole days
 * on. The ledger is then what it would be, and is asked whether it is.
 */
#include "bench.h"
#include "money/books.h"
#include "money/budget.h"
#include "money/window.h"
#include "platform/files.h"

#include <stdlib.h>
#include <string.h>

/* Calls over 30 days, by 32 lanes, 3 providers, 4 models. */
enum { ROWS = 1000000, BATCH = 1000, LANES = 32, PROVIDERS = 3, MODELS = 4, READS = 21 };

/* Ten times three days; the ledger adds rows up so many at a time. */
enum { PARTS = 10, PART_DAYS = 3, TOGETHER = 128 };

#define HOUR  (3600 * ORX_SEC)
#define DAY   (24 * HOUR)
#define END   (INT64_C(1767225600) * ORX_SEC) /* 2026-01-01 */
#define BEGIN (END - 30 * DAY)
#define COST  INT64_C(20000000)

static void check(int rc, const orx_err *err) {
    if (rc >= 0)
        return;
    fprintf(stderr, "bench_money: %s\n", err->msg);
    exit(1);
}

/* The first rows, by a multiple of what is added up at a time: then none of them waits for it. */
static void fill(orx_store *s, int rows, int64_t every, double *per_row_us) {
    double *times = orx_xcalloc((size_t)(rows / BATCH) + 1, sizeof *times);
    char lane[16];
    char task[16];
    char provider[16];
    char model[16];
    orx_err err = ORX_ERR_INIT;
    uint64_t seed = 1;
    for (int i = 0; i < rows; i++) {
        if (i % BATCH == 0)
            check(orx_tx_begin(s, &err), &err);
        double begun = bench_now();
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
        (void)snprintf(lane, sizeof lane, "lane-%d", (int)(seed >> 33) % LANES);
        (void)snprintf(task, sizeof task, "task-%d", i / 3);
        (void)snprintf(provider, sizeof provider, "p%d", (int)(seed >> 40) % PROVIDERS);
        (void)snprintf(model, sizeof model, "m%d", (int)(seed >> 45) % MODELS);
        const orx_spend row = {.call = i + 1,
                               .attempt = i + 1,
                               .wall_ns = BEGIN + every * i,
                               .lane = lane,
                               .task = task,
                               .provider = provider,
                               .account = provider,
                               .model_asked = model,
                               .model = model,
                               .input = 10000,
                               .output = 1000,
                               .cost = COST,
                               .source = ORX_COST_PRICED,
                               .price = "prices.yaml#0123456789ab m"};
        check(orx_books_put(s, &row, &err), &err);
        times[i / BATCH] += (bench_now() - begun) * 1e6 / BATCH;
        if (i % BATCH == BATCH - 1 || i == rows - 1)
            check(orx_tx_commit(s, &err), &err);
    }
    *per_row_us = bench_median(times, (size_t)(rows / BATCH));
    free(times);
}

/* The same rows and sums once more. ?1: how many rows there are of them, ?2: how many days later.
 */
static void copy(orx_store *s, int64_t rows, int64_t days) {
    static const char *const all[] = {
        "INSERT INTO spend SELECT call + ?1, attempt + ?1, at + ?2 * 86400000000000, lane, task,"
        " provider, account, model_asked, model, input, cache_read, cache_write, output, reasoning,"
        " requests, cost, source, price FROM spend WHERE call <= ?3 AND ?4 > 0 ORDER BY call",
        "INSERT INTO spend_sum SELECT level, start + ?2 * CASE WHEN level IN (0, 2) THEN 24 ELSE 1"
        " END, lane, provider, model, calls, unknown, estimated, input, cache_read, cache_write,"
        " output, reasoning, requests, cost FROM spend_sum WHERE start < CASE WHEN level IN (0, 2)"
        " THEN 24 ELSE 1 END * ?4 AND ?1 > 0 ORDER BY level, start",
        "INSERT INTO spend_task SELECT start + ?2, lane, task, calls, unknown, estimated, input,"
        " cache_read, cache_write, output, reasoning, requests, cost FROM spend_task"
        " WHERE start < ?4 AND ?1 > 0 ORDER BY start, lane, task",
        ("INSERT INTO spend_quarter SELECT start + ?2 * 96, cost, unknown FROM spend_quarter"
         " WHERE start < ?4 * 96 AND ?1 > 0 ORDER BY start"),
    };
    const int64_t values[] = {rows * days / PART_DAYS, days, rows, BEGIN / DAY + PART_DAYS};
    orx_err err = ORX_ERR_INIT;
    check(orx_tx_begin(s, &err), &err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++) {
        orx_sql *q;
        check(orx_sql_get(s, all[i], &q, &err), &err);
        for (int k = 0; k < (int)ORX_ARRAY_LEN(values); k++)
            orx_sql_int(q, 1 + k, values[k]);
        check((int)(orx_sql_run(q, &err) < 0 ? -1 : 0), &err);
    }
    check(orx_tx_commit(s, &err), &err);
}

/* What was copied is what a ledger of so many rows says, whatever is added up. */
static void look_whole(orx_store *s, int64_t rows) {
    static const orx_spend_by all[] = {ORX_SPEND_ALL, ORX_SPEND_LANE, ORX_SPEND_MODEL};
    orx_err err = ORX_ERR_INIT;
    int64_t spent = 0;
    check(orx_books_spent(s, BEGIN, NULL, NULL, &spent, &err), &err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(all); i++) {
        orx_arena arena = {0};
        orx_spend_sum *sums = NULL;
        int64_t calls = 0;
        /* Half an hour from midnight on both sides: rows, hours and days. */
        int n = orx_books_sum(s, BEGIN + HOUR / 2, END - HOUR / 2, all[i], &arena, &sums, &err);
        check(n, &err);
        for (int k = 0; k < n; k++)
            calls += sums[k].calls;
        int64_t without = rows / 720; /* the two halves of an hour */
        if (spent != rows * COST || calls > rows - without + 2 || calls < rows - without - 2) {
            (void)fprintf(stderr, "bench_money: the ledger has %lld of %lld rows\n",
                          (long long)calls, (long long)rows);
            exit(1);
        }
        orx_arena_free(&arena);
    }
}

/* Returns how many there are. */
static int64_t fill_all(orx_store *s, int rows, double *per_row_us) {
    int part = rows / PARTS / TOGETHER * TOGETHER;
    fill(s, part, PART_DAYS * DAY / part, per_row_us);
    for (int i = 1; i < PARTS; i++)
        copy(s, part, INT64_C(1) * i * PART_DAYS);
    int64_t all = INT64_C(1) * part * PARTS;
    look_whole(s, all);
    return all;
}

static double read_span(orx_store *s, orx_window w, orx_spend_by by) {
    double times[READS];
    orx_err err = ORX_ERR_INIT;
    for (int i = 0; i < READS; i++) {
        orx_arena arena = {0};
        orx_spend_sum *rows = NULL;
        double begun = bench_now();
        check(orx_books_sum(s, w.from_ns, w.to_ns, by, &arena, &rows, &err), &err);
        times[i] = (bench_now() - begun) * 1e3;
        orx_arena_free(&arena);
    }
    return bench_median(times, READS);
}

static double read_window(orx_store *s, const char *name, orx_spend_by by) {
    orx_window w = {0, 0};
    if (!orx_window_named(orx_view_of(name), END - HOUR / 3, NULL, &w))
        exit(1);
    return read_span(s, w, by);
}

static bool read_windows(orx_store *s) {
    /* Half an hour of rows at both edges: as dear as a span can be. */
    const orx_window worst = {END - 20 * DAY + HOUR / 2, END - HOUR / 2 - 1};
    bool ok = bench_at_most("money.window_1h", read_window(s, "1h", ORX_SPEND_ALL), "ms", 20);
    ok =
        bench_at_most("money.window_today", read_window(s, "today", ORX_SPEND_ALL), "ms", 20) && ok;
    ok = bench_at_most("money.window_30d", read_window(s, "30d", ORX_SPEND_MODEL), "ms", 20) && ok;
    ok = bench_at_most("money.window_30d_lanes", read_window(s, "30d", ORX_SPEND_LANE), "ms", 20) &&
         ok;
    return bench_at_most("money.window_worst_edges", read_span(s, worst, ORX_SPEND_LANE), "ms",
                         20) &&
           ok;
}

/* ---- Reserving ------------------------------------------------------------------------------- */

enum { PAIRS = 301 };

static const orx_cap caps[] = {
    {.span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = 1000000 * ORX_NANO_USD},
    {.span = ORX_CAP_HOUR, .name = "", .key = "budget.hourly", .amount = 1000000 * ORX_NANO_USD},
    {.scope = ORX_CAP_LANE,
     .span = ORX_CAP_DAY,
     .name = "lane-1",
     .key = "budget.lane_daily",
     .amount = 1000000 * ORX_NANO_USD},
};

/* The least that a commit can be. */
static double two_commits(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    double begun = bench_now();
    for (int i = 0; i < 2; i++) {
        check(orx_tx_begin(s, &err), &err);
        check(orx_counter_add(s, "bench", 1, &err), &err);
        check(orx_tx_commit(s, &err), &err);
    }
    return bench_now() - begun;
}

/* Before a call and after it, without the rows of the call itself. */
static double reserve_and_settle(orx_store *s, int64_t call) {
    static const orx_budget budget = {
        .caps = caps, .count = ORX_ARRAY_LEN(caps), .warning_ratio = 0.8, .hard_stop = true};
    orx_err err = ORX_ERR_INIT;
    int64_t amount = 0;
    orx_reservation r = {
        .call = call, .amount = ORX_NANO_USD, .lane = "lane-1", .provider = "p1", .model = "m1"};
    const orx_spend row = {.call = call,
                           .attempt = call,
                           .wall_ns = orx_wall_ns(orx_store_platform(s)),
                           .lane = "lane-1",
                           .task = "t",
                           .provider = "p1",
                           .account = "p1",
                           .model_asked = "m1",
                           .model = "m1",
                           .input = 10000,
                           .output = 1000,
                           .cost = COST,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    double begun = bench_now();
    check(orx_tx_begin(s, &err), &err);
    check(orx_budget_reserve(s, &budget, &r, &err), &err);
    check(orx_tx_commit(s, &err), &err);
    check(orx_tx_begin(s, &err), &err);
    check(orx_budget_release(s, call, &amount, &err), &err);
    check(orx_books_put(s, &row, &err), &err);
    check(orx_tx_commit(s, &err), &err);
    return bench_now() - begun;
}

/* Turn and turn about, since what a commit costs is up to the disk. */
static double reserving(orx_store *s, int64_t rows) {
    static double ratios[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        double bare = two_commits(s);
        ratios[i] = reserve_and_settle(s, rows + 1 + i) / bare;
    }
    return bench_median(ratios, PAIRS);
}

int main(int argc, char **argv) {
    static const orx_store_room *const rooms[] = {&orx_money_room, NULL};
    char dir[] = "/var/tmp/orxaq-bench.XXXXXX";
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    orx_store *s = NULL;
    double per_row = 0;
    bool ok = true;
    int rows = argc > 1 ? (int)strtol(argv[1], NULL, 10) : ROWS;
    if (rows < PARTS * BATCH) {
        (void)fprintf(stderr, "bench_money: expected a number of rows, at least %d\n",
                      PARTS * BATCH);
        return 2;
    }
    if (!mkdtemp(dir))
        return 1;
    check(orx_platform_uv_new(&p, &err), &err);
    check(orx_store_open(p, dir, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err);
    int64_t made = fill_all(s, rows, &per_row);
    ok = bench_at_most("money.ledger_row", per_row, "us", 50) && ok;
    ok = read_windows(s) && ok;
    ok = bench_at_most("money.reserve_settle", reserving(s, made), "x", 2.5) && ok;
    orx_store_close(s);
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
    return ok ? 0 : 1;
}
