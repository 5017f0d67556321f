/* bench_money.c: the ledger at size: what a row costs to write, what any window costs to read, and
 * what a reservation adds to a call.
 *
 * Rows are written as runners write them (orx_books_put), a thousand in one transaction.
 * `bench_money N` writes N rows instead of a million. They always lie in 30 days, so the more there
 * are, the more lie in the hour at the edges of a window, of which there are no sums:
 * 10000000 is what the bars speak of, and takes some minutes to write.
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

#define HOUR (3600 * ORX_SEC)
#define DAY  (24 * HOUR)
#define END  (INT64_C(1767225600) * ORX_SEC) /* 2026-01-01 */

static void check(int rc, const orx_err *err) {
    if (rc >= 0)
        return;
    fprintf(stderr, "bench_money: %s\n", err->msg);
    exit(1);
}

static void fill(orx_store *s, int rows, double *per_row_us) {
    double *times = orx_xcalloc((size_t)(rows / BATCH), sizeof *times);
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
                               .wall_ns = END - 30 * DAY + 30 * DAY / rows * i,
                               .lane = lane,
                               .task = task,
                               .provider = provider,
                               .account = provider,
                               .model_asked = model,
                               .model = model,
                               .input = 10000,
                               .output = 1000,
                               .cost = 20000000,
                               .source = ORX_COST_PRICED,
                               .price = "prices.yaml#0123456789ab m"};
        check(orx_books_put(s, &row, &err), &err);
        times[i / BATCH] += (bench_now() - begun) * 1e6 / BATCH;
        if (i % BATCH == BATCH - 1)
            check(orx_tx_commit(s, &err), &err);
    }
    *per_row_us = bench_median(times, (size_t)(rows / BATCH));
    free(times);
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
                           .cost = 20000000,
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
static double reserving(orx_store *s, int rows) {
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
    if (rows < BATCH) {
        (void)fprintf(stderr, "bench_money: expected a number of rows, at least %d\n", BATCH);
        return 2;
    }
    if (!mkdtemp(dir))
        return 1;
    check(orx_platform_uv_new(&p, &err), &err);
    check(orx_store_open(p, dir, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err);
    fill(s, rows, &per_row);
    ok = bench_at_most("money.ledger_row", per_row, "us", 50) && ok;
    ok = read_windows(s) && ok;
    ok = bench_at_most("money.reserve_settle", reserving(s, rows), "x", 2.5) && ok;
    orx_store_close(s);
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
    return ok ? 0 : 1;
}
