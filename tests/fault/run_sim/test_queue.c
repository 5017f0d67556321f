/* The whole runner in the simulation: a queue to its end, and one seed = one run. */
#include "world.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

static void run_to_the_end(run_world *w) {
    orx_str why = {0};
    bool fine = run_world_run(w);
    orx_sim_explain(w->sim, &why);
    if (!fine)
        fail_msg("the world stands still:\n%s", orx_str_cstr(&why));
    if (!w->last.finished)
        fail_msg("the runner failed: %s", w->last.err.msg);
    orx_str_free(&why);
}

static void a_queue_runs_to_its_end(void **state) {
    (void)state;
    run_world *w = run_world_new(1, &run_queue_long);
    run_to_the_end(w);
    assert_int_equal(w->last.end, ORX_RUN_LEFTOVER);
    const char *why = run_world_problem(w, false);
    if (why)
        fail_msg("%s", why);
    assert_int_equal(run_world_done(w), 5);
    ORX_CLEANUP(orx_str_free) orx_str events = {0};
    run_world_events(w, &events);
    assert_non_null(strstr(orx_str_cstr(&events), "route.planned"));
    assert_non_null(strstr(orx_str_cstr(&events), "\"from\":\"worker\",\"to\":\"helper\""));
    run_world_free(w);
}

/* Nothing is done twice. */
static void a_second_run_changes_nothing(void **state) {
    (void)state;
    run_world *w = run_world_new(2, &run_queue_long);
    run_to_the_end(w);
    run_to_the_end(w);
    assert_int_equal(w->last.end, ORX_RUN_LEFTOVER);
    const char *why = run_world_problem(w, false);
    if (why)
        fail_msg("%s", why);
    run_world_free(w);
}

static void live(uint64_t seed, char trace[65], orx_str *events) {
    run_world *w = run_world_new(seed, &run_queue_long);
    run_to_the_end(w);
    orx_sim_trace_hash(w->sim, trace);
    run_world_events(w, events);
    run_world_free(w);
}

static void one_seed_is_one_run(void **state) {
    (void)state;
    for (uint64_t seed = 10; seed < 14; seed++) {
        char trace[3][65];
        orx_str events[3] = {{0}, {0}, {0}};
        live(seed, trace[0], &events[0]);
        live(seed, trace[1], &events[1]);
        live(seed + 100, trace[2], &events[2]);
        assert_string_equal(trace[0], trace[1]);
        assert_string_equal(orx_str_cstr(&events[0]), orx_str_cstr(&events[1]));
        assert_string_not_equal(trace[0], trace[2]);
        assert_string_not_equal(orx_str_cstr(&events[0]), orx_str_cstr(&events[2]));
        assert_true(events[0].len > 1000);
        for (int i = 0; i < 3; i++)
            orx_str_free(&events[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_runs_to_its_end),
        cmocka_unit_test(a_second_run_changes_nothing),
        cmocka_unit_test(one_seed_is_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
