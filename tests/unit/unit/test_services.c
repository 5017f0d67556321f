/* Services: when they run, what is missed, what is cut off, what fails; in simulated time. */
#include "sim.h"
#include "unit/services.h"

#include <stdio.h>

#define MINUTE    (60 * ORX_SEC)
#define HOUR      (60 * MINUTE)
#define TEN_YEARS (INT64_C(3650) * 24 * HOUR)

/* Beside the world: a configuration, and a program that does what the test says. */
typedef struct place {
    world w;
    orx_config cfg;
    orx_service_config configs[4];
    const char *words[4][2];
    orx_supervisor_setup setup;
    orx_unit_office office;
    orx_services *services;
    int runs;
    int at_once; /* that run now */
    int most;    /* that ever ran at the same time */
    int64_t takes_ns;
    int code;
    char said[256];
} place;

static int job(orx_sim_prog *g, void *user) {
    place *x = user;
    x->runs++;
    x->at_once++;
    if (x->at_once > x->most)
        x->most = x->at_once;
    orx_sim_sleep(g, x->takes_ns);
    x->at_once--;
    return x->code;
}

static void say(const char *text, void *user) {
    place *x = user;
    (void)snprintf(x->said, sizeof x->said, "%s", text);
}

static orx_service_config *service(place *x, const char *name) {
    orx_service_config *s = &x->configs[x->cfg.service_count];
    const char **words = x->words[x->cfg.service_count++];
    words[0] = "job";
    *s = (orx_service_config){.name = name, .enabled = true, .command = {words, 1}};
    return s;
}

static place *place_open(void) {
    static const char *const none[] = {NULL};
    place *x = calloc(1, sizeof *x);
    assert_non_null(x);
    world_open(&x->w, 1);
    orx_sim_program(x->w.sim, "job", job, x);
    x->cfg = (orx_config){.root = ROOT,
                          .log = {.max_bytes = 1 << 20, .keep = 1},
                          .restart = {.policy = ORX_RESTART_WORD_ALWAYS,
                                      .delay_ns = 5 * ORX_SEC,
                                      .max_delay_ns = 300 * ORX_SEC,
                                      .jitter = ORX_JITTER_NONE,
                                      .crash_limit = 3,
                                      .crash_window_ns = 600 * ORX_SEC},
                          .supervisor = {.stop_timeout_ns = 10 * ORX_SEC, .drain_timeout_ns = HOUR},
                          .services = x->configs};
    x->cfg.paths.artifacts_dir = ROOT "/artifacts";
    x->cfg.state = calloc(1, 4096); /* nothing is set in the environment */
    x->setup = (orx_supervisor_setup){.cfg = &x->cfg, .exe = "orxaq", .exe_flags = none};
    return x;
}

/* A keeper begins. */
static void begin(place *x) {
    const orx_keeper_setup setup = {.store = x->w.store, .secrets = &x->w.secrets};
    assert_ok(orx_keeper_new(x->w.p, &setup, &x->w.k, &x->w.err), &x->w.err);
    x->office = (orx_unit_office){.p = x->w.p,
                                  .setup = &x->setup,
                                  .store = x->w.store,
                                  .keeper = x->w.k,
                                  .secrets = &x->w.secrets,
                                  .say = say,
                                  .user = x};
    assert_ok(orx_services_open(&x->office, &x->services, &x->w.err), &x->w.err);
    assert_ok(orx_keeper_begin(x->w.k, &x->w.err), &x->w.err);
}

/* It ends in good order. */
static void end(place *x) {
    leave(&x->w);
    orx_services_close(x->services);
    x->services = NULL;
}

/* It is killed, and its units with it. */
static void crash(place *x) {
    orx_keeper_free(x->w.k);
    x->w.k = NULL;
    orx_services_close(x->services);
    x->services = NULL;
    x->at_once = 0;
}

static void place_close(place *x) {
    assert_true(x->most <= 1);
    if (x->services)
        end(x);
    free(x->cfg.state);
    world_close(&x->w);
    free(x);
}

static orx_service_row row_of(place *x, const char *name) {
    orx_service_row row = {0};
    assert_int_equal(orx_service_row_get(x->w.store, name, &row, &x->w.err), 1);
    return row;
}

/* Simulated time begins with a day. */
static int64_t since_midnight(place *x) {
    return orx_wall_ns(x->w.p) % (24 * HOUR);
}

static void pass_until(place *x, int64_t of_day) {
    int64_t left = (of_day - since_midnight(x) + 24 * HOUR) % (24 * HOUR);
    pass(&x->w, left);
}

/* ---- When ------------------------------------------------------------------------------------ */

static void an_interval_counts_from_start_to_start(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = 10 * MINUTE;
    x->takes_ns = 4 * MINUTE;
    begin(x);
    pass(&x->w, 10 * ORX_SEC);
    assert_int_equal(x->runs, 1); /* a new one begins at once */
    pass(&x->w, 9 * MINUTE);
    assert_int_equal(x->runs, 1);
    expect_state(&x->w, "tick", ORX_UNIT_IDLE);
    assert_contains(look(&x->w, "tick").status, "next run at 2026-01-01T00:10:00Z");
    pass(&x->w, MINUTE);
    assert_int_equal(x->runs, 2);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 8);
    assert_int_equal(row_of(x, "tick").outcome, ORX_SERVICE_OK);
    assert_int_equal(row_of(x, "tick").runs, 8);
    place_close(x);
}

static void an_expression_is_about_the_clock_on_the_wall(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "nightly")->cron = "30 3 * * *";
    begin(x);
    pass_until(x, 3 * HOUR + 29 * MINUTE);
    assert_int_equal(x->runs, 0);
    pass(&x->w, 2 * MINUTE);
    assert_int_equal(x->runs, 1);
    pass(&x->w, 72 * HOUR);
    assert_int_equal(x->runs, 4);
    assert_int_equal(row_of(x, "nightly").began_ns % (24 * HOUR) / MINUTE, 210);
    place_close(x);
}

static void a_run_that_takes_too_long_overlaps_with_none(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "slow")->every_ns = 10 * MINUTE;
    x->takes_ns = 25 * MINUTE;
    begin(x);
    /* Begins at 0, ends at 25, so 30, 60, 90. */
    pass(&x->w, 29 * MINUTE);
    assert_int_equal(x->runs, 1);
    pass(&x->w, 2 * MINUTE);
    assert_int_equal(x->runs, 2);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 4);
    assert_int_equal(x->most, 1);
    place_close(x);
}

static void the_same_with_an_expression(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "slow")->cron = "*/10 * * * *";
    x->takes_ns = 25 * MINUTE;
    begin(x);
    pass_until(x, 10 * MINUTE + 5 * ORX_SEC);
    assert_int_equal(x->runs, 1);
    pass_until(x, 39 * MINUTE); /* it ended at 35 */
    assert_int_equal(x->runs, 1);
    pass_until(x, 41 * MINUTE);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

/* ---- While nobody was there ------------------------------------------------------------------ */

static void what_was_missed_is_one_run(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = 10 * MINUTE;
    service(x, "hourly")->cron = "0 * * * *";
    begin(x);
    pass(&x->w, MINUTE);
    assert_int_equal(x->runs, 1);
    end(x);
    pass(&x->w, 10 * HOUR + 5 * MINUTE);
    begin(x);
    pass(&x->w, 10 * ORX_SEC);
    assert_int_equal(row_of(x, "tick").runs, 2);
    assert_int_equal(row_of(x, "hourly").runs, 1);
    pass(&x->w, 9 * MINUTE);
    assert_int_equal(x->runs, 3);
    place_close(x);
}

static void nothing_missed_is_no_run(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = 10 * MINUTE;
    begin(x);
    pass(&x->w, MINUTE);
    for (int i = 0; i < 5; i++) {
        if (i % 2)
            end(x);
        else
            crash(x);
        begin(x);
        pass(&x->w, MINUTE);
    }
    assert_int_equal(x->runs, 1);
    pass(&x->w, 4 * MINUTE + 10 * ORX_SEC);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

static void a_run_that_was_cut_off_is_made_again_once(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "daily")->cron = "0 12 * * *";
    x->takes_ns = 10 * MINUTE;
    begin(x);
    pass_until(x, 12 * HOUR + 5 * MINUTE);
    assert_int_equal(x->runs, 1);
    assert_true(row_of(x, "daily").open);
    crash(x);
    begin(x);
    pass(&x->w, 5 * MINUTE);
    assert_int_equal(x->runs, 2);
    crash(x);
    begin(x);
    pass(&x->w, 20 * MINUTE);
    assert_int_equal(x->runs, 3);
    assert_false(row_of(x, "daily").open);
    crash(x);
    begin(x);
    pass(&x->w, 20 * HOUR);
    assert_int_equal(x->runs, 3);
    place_close(x);
}

static void another_schedule_counts_from_when_it_is_seen(void **state) {
    (void)state;
    place *x = place_open();
    orx_service_config *s = service(x, "job");
    s->cron = "0 12 * * *";
    begin(x);
    pass_until(x, 13 * HOUR);
    assert_int_equal(x->runs, 1);
    end(x);
    s->cron = "30 12 * * *"; /* half an hour ago, when nobody wanted it */
    begin(x);
    pass(&x->w, 23 * HOUR);
    assert_int_equal(x->runs, 1);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 2);
    end(x);
    s->cron = NULL;
    s->every_ns = 2 * HOUR;
    begin(x);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 2);
    pass(&x->w, HOUR + MINUTE);
    assert_int_equal(x->runs, 3);
    place_close(x);
}

/* ---- Clocks that jump ------------------------------------------------------------------------ */

static void an_interval_does_not_see_the_clock(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = HOUR;
    begin(x);
    pass(&x->w, MINUTE);
    for (int i = 0; i < 4; i++) {
        orx_sim_jump_clock(x->w.host, i % 2 ? -TEN_YEARS : TEN_YEARS);
        pass(&x->w, 10 * MINUTE);
    }
    assert_int_equal(x->runs, 1);
    pass(&x->w, 20 * MINUTE);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

static void a_clock_set_back_a_little_repeats_nothing(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "daily")->cron = "0 12 * * *";
    begin(x);
    pass_until(x, 12 * HOUR + MINUTE);
    assert_int_equal(x->runs, 1);
    orx_sim_jump_clock(x->w.host, -10 * MINUTE);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 1);
    place_close(x);
}

static void a_clock_that_was_years_ahead_is_forgiven(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "daily")->cron = "0 12 * * *";
    begin(x);
    orx_sim_jump_clock(x->w.host, TEN_YEARS);
    pass(&x->w, 10 * ORX_SEC);
    assert_int_equal(x->runs, 1); /* ten years of it: one */
    orx_sim_jump_clock(x->w.host, -TEN_YEARS);
    pass(&x->w, 24 * HOUR);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

/* ---- What fails ------------------------------------------------------------------------------ */

static void a_run_that_fails_is_tried_again_and_then_at_its_next_time(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = HOUR;
    x->code = 1;
    begin(x);
    pass(&x->w, 2 * ORX_SEC);
    expect_state(&x->w, "tick", ORX_UNIT_BACKOFF);
    assert_true(row_of(x, "tick").open);
    pass(&x->w, 5 * MINUTE);
    expect_state(&x->w, "tick", ORX_UNIT_FATAL);
    assert_int_equal(x->runs, 3);
    assert_string_equal(look(&x->w, "tick").cause, "crash loop");
    crash(x); /* the next keeper knows */
    begin(x);
    pass(&x->w, 30 * MINUTE);
    assert_int_equal(x->runs, 3);
    expect_state(&x->w, "tick", ORX_UNIT_FATAL);
    x->code = 0;
    pass(&x->w, 30 * MINUTE);
    assert_int_equal(x->runs, 4);
    expect_state(&x->w, "tick", ORX_UNIT_IDLE);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 5);
    place_close(x);
}

static void exit_code_125_is_the_end(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = MINUTE;
    x->code = 125;
    begin(x);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 1);
    expect_state(&x->w, "tick", ORX_UNIT_FATAL);
    assert_int_equal(row_of(x, "tick").outcome, ORX_SERVICE_FINAL);
    x->code = 0;
    ask(&x->w, "tick", ORX_UNIT_START);
    pass(&x->w, 2 * ORX_SEC);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

static void a_run_that_never_ends_is_ended(void **state) {
    (void)state;
    place *x = place_open();
    orx_service_config *s = service(x, "tick");
    s->every_ns = 24 * HOUR;
    s->timeout_ns = 10 * MINUTE;
    x->takes_ns = INT64_C(1) << 58;
    begin(x);
    pass(&x->w, 9 * MINUTE);
    expect_state(&x->w, "tick", ORX_UNIT_READY);
    x->takes_ns = 0;
    pass(&x->w, 2 * MINUTE);
    x->at_once = 0;
    assert_int_equal(x->runs, 2);
    expect_state(&x->w, "tick", ORX_UNIT_IDLE);
    x->most = 1; /* the one that was ended could not count itself out */
    place_close(x);
}

/* ---- What operators want --------------------------------------------------------------------- */

static void one_that_is_off_runs_once_and_is_off_again(void **state) {
    (void)state;
    place *x = place_open();
    orx_service_config *s = service(x, "tick");
    s->every_ns = MINUTE;
    s->enabled = false;
    begin(x);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 0);
    expect_state(&x->w, "tick", ORX_UNIT_STOPPED);
    ask(&x->w, "tick", ORX_UNIT_ONCE);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 1);
    expect_state(&x->w, "tick", ORX_UNIT_STOPPED);
    assert_string_equal(look(&x->w, "tick").cause, "ran once");
    x->code = 1; /* nobody tries that again */
    ask(&x->w, "tick", ORX_UNIT_ONCE);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 2);
    expect_state(&x->w, "tick", ORX_UNIT_STOPPED);
    assert_false(row_of(x, "tick").open);
    end(x);
    begin(x);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

static void once_is_now_and_the_schedule_goes_on(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "daily")->cron = "0 12 * * *";
    x->takes_ns = MINUTE;
    begin(x);
    pass(&x->w, MINUTE);
    expect_state(&x->w, "daily", ORX_UNIT_IDLE);
    ask(&x->w, "daily", ORX_UNIT_ONCE);
    pass(&x->w, ORX_SEC);
    expect_state(&x->w, "daily", ORX_UNIT_READY);
    assert_int_equal(orx_keeper_ask(x->w.k, "daily", ORX_UNIT_ONCE, &x->w.err), ORX_E_BUSY);
    pass(&x->w, 2 * MINUTE);
    expect_state(&x->w, "daily", ORX_UNIT_IDLE);
    assert_int_equal(x->runs, 1);
    pass_until(x, 12 * HOUR + MINUTE + ORX_SEC);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

static void one_that_is_paused_runs_once_and_is_paused_again(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = MINUTE;
    x->takes_ns = 10 * ORX_SEC;
    begin(x);
    pass(&x->w, ORX_SEC);
    ask(&x->w, "tick", ORX_UNIT_PAUSE); /* its run is the work in hand */
    expect_state(&x->w, "tick", ORX_UNIT_DRAINING);
    await(&x->w, "tick", ORX_UNIT_PAUSED);
    assert_false(row_of(x, "tick").open);
    ask(&x->w, "tick", ORX_UNIT_ONCE);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 2);
    expect_state(&x->w, "tick", ORX_UNIT_PAUSED);
    ask(&x->w, "tick", ORX_UNIT_RESUME);
    pass(&x->w, 5 * ORX_SEC);
    assert_int_equal(x->runs, 3);
    place_close(x);
}

static void what_came_while_it_was_stopped_was_not_missed(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "daily")->cron = "0 12 * * *";
    begin(x);
    ask(&x->w, "daily", ORX_UNIT_STOP);
    pass(&x->w, 72 * HOUR);
    end(x);
    begin(x); /* and it stays so */
    pass_until(x, 13 * HOUR);
    assert_int_equal(x->runs, 0);
    ask(&x->w, "daily", ORX_UNIT_START);
    pass(&x->w, 22 * HOUR);
    assert_int_equal(x->runs, 0);
    pass(&x->w, 2 * HOUR);
    assert_int_equal(x->runs, 1);
    place_close(x);
}

static void one_that_is_off_and_was_started_stays_on(void **state) {
    (void)state;
    place *x = place_open();
    orx_service_config *s = service(x, "tick");
    s->every_ns = HOUR;
    s->enabled = false;
    begin(x);
    ask(&x->w, "tick", ORX_UNIT_START);
    pass(&x->w, MINUTE);
    end(x);
    begin(x);
    pass(&x->w, HOUR);
    assert_int_equal(x->runs, 2);
    place_close(x);
}

static void only_a_service_runs_once(void **state) {
    (void)state;
    place *x = place_open();
    service(x, "tick")->every_ns = HOUR;
    begin(x);
    const orx_unit_spec other = unit_of(&x->w, "other", "steady");
    assert_ok(orx_keeper_add(x->w.k, &other, &x->w.err), &x->w.err);
    assert_int_equal(orx_keeper_ask(x->w.k, "other", ORX_UNIT_ONCE, &x->w.err), ORX_E_UNSUPPORTED);
    /* Nor does something of another kind take its name. */
    const orx_unit_spec thief = unit_of(&x->w, "tick", "steady");
    assert_int_equal(orx_keeper_replace(x->w.k, &thief, &x->w.err), ORX_E_EXISTS);
    assert_string_equal(x->w.err.msg, "a service is called tick already");
    place_close(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_counts_from_start_to_start),
        cmocka_unit_test(an_expression_is_about_the_clock_on_the_wall),
        cmocka_unit_test(a_run_that_takes_too_long_overlaps_with_none),
        cmocka_unit_test(the_same_with_an_expression),
        cmocka_unit_test(what_was_missed_is_one_run),
        cmocka_unit_test(nothing_missed_is_no_run),
        cmocka_unit_test(a_run_that_was_cut_off_is_made_again_once),
        cmocka_unit_test(another_schedule_counts_from_when_it_is_seen),
        cmocka_unit_test(an_interval_does_not_see_the_clock),
        cmocka_unit_test(a_clock_set_back_a_little_repeats_nothing),
        cmocka_unit_test(a_clock_that_was_years_ahead_is_forgiven),
        cmocka_unit_test(a_run_that_fails_is_tried_again_and_then_at_its_next_time),
        cmocka_unit_test(exit_code_125_is_the_end),
        cmocka_unit_test(a_run_that_never_ends_is_ended),
        cmocka_unit_test(one_that_is_off_runs_once_and_is_off_again),
        cmocka_unit_test(once_is_now_and_the_schedule_goes_on),
        cmocka_unit_test(one_that_is_paused_runs_once_and_is_paused_again),
        cmocka_unit_test(what_came_while_it_was_stopped_was_not_missed),
        cmocka_unit_test(one_that_is_off_and_was_started_stays_on),
        cmocka_unit_test(only_a_service_runs_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
