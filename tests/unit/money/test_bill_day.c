/* A bill of today that is larger than our own count: it counts against the caps of the day, and is
 * told once. */
#include "money/bill_day.h"

#include "money/amount.h"
#include "money/books.h"
#include "money/budget.h"
#include "money/ingest_rows.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <stdlib.h>

#define HOUR_NS (3600 * ORX_SEC)
#define DAY_NS  (24 * HOUR_NS)
#define DAY     INT64_C(1767225600000000000) /* 2026-01-01, when a simulation begins */
#define USD     ORX_NANO_USD

typedef struct world {
    orx_sim *sim;
    orx_sim_host *host;
    orx_store *s;
    int64_t call;
    int64_t fetch;
} world;

static const orx_store_room *const rooms[] = {&orx_money_room, &orx_ingest_room, NULL};

/* It is noon. */
static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    orx_err err = ORX_ERR_INIT;
    w->sim = orx_sim_new(1);
    w->host = orx_sim_add_host(w->sim, "machine");
    orx_sim_jump_clock(w->host, 12 * HOUR_NS);
    assert_ok(orx_store_open(orx_sim_platform(w->host), "/root", "primary", rooms, ORX_STORE_CREATE,
                             &w->s, &err),
              &err);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    orx_store_close(w->s);
    orx_sim_free(w->sim);
    free(w);
    return 0;
}

static int64_t now(const world *w) {
    return orx_wall_ns(orx_store_platform(w->s));
}

static void meter(world *w, const char *provider, int64_t nano) {
    orx_err err = ORX_ERR_INIT;
    const orx_spend row = {.call = ++w->call,
                           .wall_ns = now(w),
                           .lane = "primary",
                           .task = "t",
                           .provider = provider,
                           .account = "team",
                           .model_asked = "m",
                           .model = "m",
                           .cost = nano,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(w->s, &err), &err);
    assert_ok(orx_books_put(w->s, &row, &err), &err);
    assert_ok(orx_tx_commit(w->s, &err), &err);
}

/* A line of a bucket, as a fetch at this moment brings it. */
static void line(world *w, const char *vendor, int64_t start, int64_t end, const char *usd) {
    orx_err err = ORX_ERR_INIT;
    orx_billed row = {.instance = orx_view_of(vendor),
                      .source = orx_view_of("costs"),
                      .provider = orx_view_of(vendor),
                      .dims = orx_view_of("{}"),
                      .start_ns = start,
                      .end_ns = end,
                      .has_amount = true,
                      .tokens = {-1, -1, -1, -1, -1, -1, -1, -1, -1},
                      .fetch = ++w->fetch,
                      .at_ns = now(w)};
    assert_true(orx_decimal_parse(orx_view_of(usd), 0, &row.amount));
    assert_ok(orx_tx_begin(w->s, &err), &err);
    assert_ok(orx_billed_put(w->s, &row, &err), &err);
    assert_ok(orx_tx_commit(w->s, &err), &err);
}

static void bill(world *w, const char *vendor, const char *usd) {
    line(w, vendor, DAY, DAY + DAY_NS, usd);
}

static const char *const codex[] = {"codex", "codex-2", NULL};

static void take(world *w, const char *vendor, bool whole) {
    orx_err err = ORX_ERR_INIT;
    static const char *const none[] = {NULL};
    const orx_day_bill b = {
        .vendor = vendor, .metered_as = *vendor == 'o' ? codex : none, .whole = whole};
    assert_ok(orx_bill_day_take(w->s, NULL, &b, &err), &err);
}

static orx_budget_state look(world *w, orx_cap cap) {
    orx_err err = ORX_ERR_INIT;
    orx_budget_state st;
    cap.amount = 100 * USD;
    cap.key = "budget.daily";
    const orx_budget b = {.caps = &cap, .count = 1, .warning_ratio = 0.8, .hard_stop = true};
    assert_ok(orx_budget_look_at(w->s, &b, &cap, NULL, &st, &err), &err);
    return st;
}

static const orx_cap swarm = {.span = ORX_CAP_DAY, .name = ""};

static void spent_is(world *w, int64_t usd, int64_t billed) {
    orx_budget_state st = look(w, swarm);
    assert_int_equal(st.spent, usd * USD);
    assert_int_equal(st.billed, billed * USD);
}

static int events(world *w) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    assert_ok(
        orx_sql_get(w->s, "SELECT count(*) FROM event WHERE kind = 'budget.billed'", &q, &err),
        &err);
    assert_int_equal(orx_sql_step(q, &err), 1);
    int n = (int)orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

static void the_larger_of_bill_and_books_counts(void **state) {
    world *w = *state;
    meter(w, "codex", 30 * USD);
    meter(w, "claude", 5 * USD);
    bill(w, "openai", "20");
    take(w, "openai", true);
    spent_is(w, 35, 0);
    assert_int_equal(events(w), 0);
    bill(w, "openai", "50");
    take(w, "openai", true);
    spent_is(w, 55, 20);
    assert_int_equal(events(w), 1);
    /* What is counted meanwhile is not counted on top. */
    meter(w, "codex-2", 15 * USD);
    spent_is(w, 55, 5);
    meter(w, "codex", 15 * USD);
    spent_is(w, 65, 0);
}

static void a_stop_by_a_bill_says_so(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    orx_cap cap = swarm;
    cap.amount = 100 * USD;
    cap.key = "budget.daily";
    const orx_budget b = {.caps = &cap, .count = 1, .warning_ratio = 0.8, .hard_stop = true};
    orx_reservation r = {
        .call = 99, .amount = USD, .lane = "primary", .provider = "codex", .model = "m"};
    meter(w, "codex", 30 * USD);
    bill(w, "openai", "120");
    assert_int_equal(orx_budget_ask(w->s, &b, &r, &err), 0);
    take(w, "openai", true);
    assert_int_equal(orx_budget_ask(w->s, &b, &r, &err), ORX_E_LIMIT);
    assert_contains(err.msg, "120 are spent (90 of them by the vendor's bill alone");
}

/* Another amount is told, the same is not. */
static void it_is_told_when_it_changes(void **state) {
    world *w = *state;
    bill(w, "openai", "50");
    take(w, "openai", true);
    take(w, "openai", true);
    assert_int_equal(events(w), 1);
    bill(w, "openai", "51");
    take(w, "openai", true);
    assert_int_equal(events(w), 2);
}

/* A bill that was read to its end may say less than before; one that was not may not. */
static void what_is_not_whole_lowers_nothing(void **state) {
    world *w = *state;
    bill(w, "openai", "50");
    take(w, "openai", true);
    bill(w, "openai", "10");
    take(w, "openai", false);
    spent_is(w, 50, 50);
    bill(w, "openai", "60");
    take(w, "openai", false);
    spent_is(w, 60, 60);
    bill(w, "openai", "10");
    take(w, "openai", true);
    spent_is(w, 10, 10);
}

/* Bills of which nobody said whose calls are on them count for all together and for nobody alone;
 * the others for whom all their calls belong to. */
static void whose_bill_it_is(void **state) {
    world *w = *state;
    static const char *const team[] = {"claude", "codex", "codex-2", NULL};
    static const char *const other[] = {"codex", NULL};
    bill(w, "openai", "50");
    bill(w, "vendor", "7");
    take(w, "openai", true);
    take(w, "vendor", true);
    spent_is(w, 57, 57);
    orx_cap cap = {.scope = ORX_CAP_ACCOUNT, .span = ORX_CAP_DAY, .name = "", .providers = team};
    assert_int_equal(look(w, cap).billed, 50 * USD);
    cap.providers = other;
    assert_int_equal(look(w, cap).billed, 0);
    cap = (orx_cap){.scope = ORX_CAP_PROVIDER, .span = ORX_CAP_DAY, .name = "codex"};
    assert_int_equal(look(w, cap).billed, 0);
    cap = (orx_cap){.scope = ORX_CAP_LANE, .span = ORX_CAP_DAY, .name = "primary"};
    assert_int_equal(look(w, cap).billed, 0);
    cap = (orx_cap){.span = ORX_CAP_MONTH, .name = ""};
    assert_int_equal(look(w, cap).billed, 0);
}

/* Half of what a bucket had come to when it was fetched lies behind midnight; a day later it says
 * nothing any more. */
static void it_is_about_today(void **state) {
    world *w = *state;
    line(w, "openai", DAY - 12 * HOUR_NS, DAY + DAY_NS, "80");
    line(w, "openai", DAY - 2 * DAY_NS, DAY - DAY_NS, "1000");
    take(w, "openai", true);
    spent_is(w, 40, 40);
    orx_sim_pause(orx_store_platform(w->s), DAY_NS);
    spent_is(w, 0, 0);
    take(w, "openai", true);
    spent_is(w, 0, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_larger_of_bill_and_books_counts),
        TEST(a_stop_by_a_bill_says_so),
        TEST(it_is_told_when_it_changes),
        TEST(what_is_not_whole_lowers_nothing),
        TEST(whose_bill_it_is),
        TEST(it_is_about_today),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
