/* bench_meter.c: what it costs to meter a call, the commit aside.
 *
 * 20,000 attempts with a call each, by 32 lanes. Of every call its program reports a running total
 * of its session; then the call ends: the report becomes a difference to the last total of that
 * session, is priced, added to the call; what was reserved is free again, the bill is made up, and
 * the ledger gets its row, with the sums that are due. All of that is in the time. The transaction,
 * of a hundred calls, and the rows of attempts and calls are not.
 *
 * A program that reports each of eight turns is told on stderr; it has no bar.
 */
#include "bench.h"

#include "agent/steps.h"
#include "platform/files.h"
#include "run/attempt.h"
#include "run/bill.h"
#include "run/run.h"
#include "task/task.h"

#include <string.h>

enum { CALLS = 20000, BATCH = 100, TURNS = 8 };

static const orx_store_room *const rooms[] = {&orx_task_room,  &orx_money_room, &orx_route_room,
                                              &orx_agent_room, &orx_run_room,   NULL};

static void check(int rc, const orx_err *err) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench_meter: %s\n", err->msg);
    exit(1);
}

static void sql(orx_store *s, const char *text) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q = NULL;
    check(orx_sql_get(s, text, &q, &err), &err);
    check(orx_sql_run(q, &err) < 0 ? -1 : 0, &err);
}

static void make_calls(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    check(orx_tx_begin(s, &err), &err);
    sql(s, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
           " INSERT INTO attempt(id, lane, task, number, provider, repo, base, branch, fingerprint,"
           " step, begun) SELECT i, 'lane-' || (i % 32), 'task-' || (i / 3), 1 + i % 3, 'worker',"
           " '/srv/repo', '', 'main', 'f', 1, 1 FROM n");
    sql(s, "INSERT INTO call(id, attempt, provider, plugin, model_asked, prompt_sha256,"
           " prompt_tokens, kind, answer_bytes) SELECT id, id, 'worker', 'command', 'gpt-4.1', 'f',"
           " 2500, 0, 900 FROM attempt");
    check(orx_tx_commit(s, &err), &err);
}

/* Seconds for one call. */
static double meter_call(orx_store *s, const orx_meter *meter, int64_t call, int turns) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_billed billed = {.cost = -1};
    char session[32];
    int n = snprintf(session, sizeof session, "session-%d", (int)(call % 32));
    orxaq_usage usage = {.struct_size = sizeof usage,
                         .scope = ORXAQ_SCOPE_SESSION,
                         .mode = ORXAQ_USAGE_TOTAL,
                         .provenance = ORXAQ_BY_VENDOR,
                         .key = {session, (uint64_t)n},
                         .model_answered = {"gpt-4.1", 7},
                         .cache_write_tokens = -1,
                         .cost_nano_usd = -1};
    double begun = bench_now();
    for (int i = 0; i < turns; i++) {
        int64_t so_far = call * turns + i;
        usage.input_tokens = 1000 * so_far;
        usage.cache_read_tokens = 9000 * so_far;
        usage.output_tokens = 700 * so_far;
        usage.reasoning_tokens = 300 * so_far;
        usage.requests = so_far;
        check(orx_usage_book(s, call, meter, &usage, &err), &err);
    }
    check(orx_bill_end(s, call, meter, &arena, &billed, &err), &err);
    double took = bench_now() - begun;
    if (billed.cost <= 0 || billed.source != ORX_COST_PRICED) {
        (void)fprintf(stderr, "bench_meter: call %lld has no price\n", (long long)call);
        exit(1);
    }
    return took;
}

/* Microseconds for one of the calls from..to; the median of their batches, so that what is due only
 * now and then is in it. */
static double meter_calls(orx_store *s, const orx_meter *meter, int from, int to, int turns) {
    static double batches[CALLS / BATCH];
    orx_err err = ORX_ERR_INIT;
    size_t count = 0;
    for (int first = from; first < to; first += BATCH, count++) {
        batches[count] = 0;
        check(orx_tx_begin(s, &err), &err);
        for (int i = first; i < first + BATCH; i++)
            batches[count] += meter_call(s, meter, i + 1, turns) * 1e6 / BATCH;
        check(orx_tx_commit(s, &err), &err);
    }
    return bench_median(batches, count);
}

int main(void) {
    static const char pricing[] =
        "{\"currency\": \"USD\", \"models\": {\"gpt-4.1\": {\"input_per_million\": 2.0, "
        "\"output_per_million\": 8.0}}}";
    char dir[] = "/var/tmp/orxaq-bench.XXXXXX";
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    orx_store *s = NULL;
    orx_prices *prices = orx_prices_new();
    const orx_meter meter = {.provider = "worker", .prices = prices, .assumed = -1};
    if (!mkdtemp(dir))
        return 1;
    check(orx_prices_take_pricing(prices, "pricing.json", orx_view_of(pricing), &err), &err);
    check(orx_platform_uv_new(&p, &err), &err);
    check(orx_store_open(p, dir, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err);
    make_calls(s);
    double one = meter_calls(s, &meter, 0, CALLS / 2, 1);
    double many = meter_calls(s, &meter, CALLS / 2, CALLS, TURNS);
    bool good = bench_at_most("money.metering", one, "us", 50);
    (void)fprintf(stderr, "bench_meter: with %d reports %.3g us\n", TURNS, many);
    orx_store_close(s);
    orx_prices_free(prices);
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
    return good ? 0 : 1;
}
