/* A clock that jumps lifts no stop, and wakes up no override: on a simulated machine, whose clock
 * can be put where one likes. */
#include "money/cap_clock.h"

#include "base/units.h"
#include "money/books.h"
#include "money/budget.h"
#include "money/override.h"
#include "money/window.h"
#include "platform/loop.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <stdlib.h>

#define HOUR (3600 * ORX_SEC)
#define DAY  (24 * HOUR)

typedef struct world {
    orx_sim *sim;
    orx_sim_host *host;
    orx_platform *p;
    orx_store *s;
    int64_t calls;
    orx_err err;
} world;

static const orx_store_room *const rooms[] = {&orx_money_room, NULL};

static const orx_cap all_caps[] = {
    {.span = ORX_CAP_HOUR, .name = "", .key = "budget.hourly", .amount = 10 * ORX_NANO_USD},
    {.span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = 10 * ORX_NANO_USD},
    {.span = ORX_CAP_MONTH, .name = "", .key = "budget.monthly", .amount = 10 * ORX_NANO_USD},
};

static orx_budget budget_of(orx_cap_span span) {
    return (orx_budget){
        .caps = &all_caps[span], .count = 1, .warning_ratio = 0.8, .hard_stop = true};
}

static void open_it(world *w) {
    assert_ok(orx_store_open(w->p, "/root", "primary", rooms, ORX_STORE_CREATE, &w->s, &w->err),
              &w->err);
}

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    w->sim = orx_sim_new(1);
    w->host = orx_sim_add_host(w->sim, "machine");
    w->p = orx_sim_platform(w->host);
    /* Noon of the tenth: far from any midnight and from the end of the month. */
    int64_t noon = 0;
    assert_true(orx_iso_parse(orx_view_of("2026-06-10T12:00:00Z"), &noon));
    orx_sim_jump_clock(w->host, noon - orx_wall_ns(w->p));
    open_it(w);
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

#define WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Time that really passes. */
static void pass(world *w, int64_t ns) {
    orx_loop_sleep(w->p, ns);
}

/* A call that costs so many USD; ORX_E_LIMIT when it is refused. */
static int call(world *w, orx_cap_span span, int usd) {
    const orx_budget b = budget_of(span);
    int64_t reserved;
    orx_reservation r = {.call = ++w->calls,
                         .amount = usd * ORX_NANO_USD,
                         .lane = "primary",
                         .provider = "p",
                         .model = "m"};
    const orx_spend row = {.call = r.call,
                           .attempt = 1,
                           .wall_ns = orx_wall_ns(w->p),
                           .lane = "primary",
                           .task = "t",
                           .provider = "p",
                           .account = "p",
                           .model_asked = "m",
                           .model = "m",
                           .cost = r.amount,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    int rc = orx_budget_reserve(w->s, &b, &r, &w->err);
    if (rc == 0) {
        assert_ok(orx_budget_release(w->s, r.call, &reserved, &w->err), &w->err);
        assert_ok(orx_books_put(w->s, &row, &w->err), &w->err);
    }
    if (rc == 0)
        assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
    else
        orx_tx_rollback(w->s);
    return rc;
}

static void a_jump_begins_no_hour(void **state) {
    world *w = *state;
    assert_int_equal(call(w, ORX_CAP_HOUR, 10), 0);
    orx_sim_jump_clock(w->host, 2 * HOUR);
    assert_int_equal(call(w, ORX_CAP_HOUR, 1), ORX_E_LIMIT);
    pass(w, HOUR / 2);
    assert_int_equal(call(w, ORX_CAP_HOUR, 1), ORX_E_LIMIT);
    pass(w, HOUR / 2 + ORX_SEC);
    assert_int_equal(call(w, ORX_CAP_HOUR, 1), 0);
}

static void a_jump_begins_no_day(void **state) {
    world *w = *state;
    assert_int_equal(call(w, ORX_CAP_DAY, 10), 0);
    orx_sim_jump_clock(w->host, DAY);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
    /* Nor does a second one, nor a reader who only looks. */
    orx_sim_jump_clock(w->host, 3 * DAY);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
    orx_budget_state st;
    const orx_budget b = budget_of(ORX_CAP_DAY);
    assert_ok(orx_budget_look_at(w->s, &b, &b.caps[0], NULL, &st, &w->err), &w->err);
    assert_true(st.stop);
    pass(w, 11 * HOUR);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
    /* Midnight, by the clock as it went. */
    pass(w, HOUR + ORX_SEC);
    assert_int_equal(call(w, ORX_CAP_DAY, 10), 0);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
}

static void a_jump_begins_no_month(void **state) {
    world *w = *state;
    assert_int_equal(call(w, ORX_CAP_MONTH, 10), 0);
    orx_sim_jump_clock(w->host, 40 * DAY);
    assert_int_equal(call(w, ORX_CAP_MONTH, 1), ORX_E_LIMIT);
    pass(w, 20 * DAY);
    assert_int_equal(call(w, ORX_CAP_MONTH, 1), ORX_E_LIMIT);
    pass(w, DAY);
    assert_int_equal(call(w, ORX_CAP_MONTH, 1), 0);
}

/* What is put right again has never happened. */
static void forward_and_back_is_as_before(void **state) {
    world *w = *state;
    assert_int_equal(call(w, ORX_CAP_DAY, 9), 0);
    orx_sim_jump_clock(w->host, 10 * DAY);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), 0);
    orx_sim_jump_clock(w->host, -10 * DAY);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
    orx_cap_clock c;
    assert_ok(orx_cap_clock_read(w->s, &c, &w->err), &w->err);
    assert_true(c.skew_ns < ORX_SEC && c.skew_ns > -ORX_SEC);
}

static void time_that_passes_is_no_jump(void **state) {
    world *w = *state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(w, ORX_CAP_DAY, 10), 0);
        assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
        pass(w, DAY);
    }
}

/* Corrections of a second now and then are none either. */
static void small_corrections_are_no_jump(void **state) {
    world *w = *state;
    orx_cap_clock c;
    for (int i = 0; i < 200; i++) {
        orx_sim_jump_clock(w->host, ORX_SEC);
        pass(w, HOUR);
        (void)call(w, ORX_CAP_HOUR, 1);
    }
    assert_ok(orx_cap_clock_read(w->s, &c, &w->err), &w->err);
    assert_int_equal(c.skew_ns, 0);
}

static void a_clock_put_back_wakes_no_override(void **state) {
    world *w = *state;
    orx_override o = {.key = "budget.daily",
                      .amount = 5 * ORX_NANO_USD,
                      .person = "ada",
                      .reason = "a release",
                      .until_ns = orx_wall_ns(w->p) + 2 * HOUR};
    assert_int_equal(call(w, ORX_CAP_DAY, 10), 0);
    assert_ok(orx_override_give(w->s, &o, &w->err), &w->err);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), 0);
    pass(w, 3 * HOUR);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
    orx_sim_jump_clock(w->host, -2 * HOUR);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
}

/* After a boot nothing is known but what the clock says. */
static void a_boot_begins_anew(void **state) {
    world *w = *state;
    orx_cap_clock c;
    assert_int_equal(call(w, ORX_CAP_DAY, 10), 0);
    orx_sim_jump_clock(w->host, DAY);
    assert_int_equal(call(w, ORX_CAP_DAY, 1), ORX_E_LIMIT);
    orx_store_close(w->s);
    orx_sim_settle(w->host);
    w->s = NULL;
    orx_sim_crash_host(w->host, true);
    w->p = orx_sim_add_process(w->host);
    open_it(w);
    assert_ok(orx_cap_clock_read(w->s, &c, &w->err), &w->err);
    assert_int_equal(c.skew_ns, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD(a_jump_begins_no_hour),
        WORLD(a_jump_begins_no_day),
        WORLD(a_jump_begins_no_month),
        WORLD(forward_and_back_is_as_before),
        WORLD(time_that_passes_is_no_jump),
        WORLD(small_corrections_are_no_jump),
        WORLD(a_clock_put_back_wakes_no_override),
        WORLD(a_boot_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
