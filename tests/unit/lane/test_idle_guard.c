/* Which lanes that stand still are brought back, and which are left alone. */
#include "lane/idle_guard.h"

#include "data/json.h"
#include "test.h"

#include <string.h>

static orx_arena arena;

static orx_idle_config config_of(const char *text) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *doc = NULL;
    orx_idle_config g = {0};
    assert_ok(orx_json_parse(&arena, "g", orx_view_of(text), &orx_limits_config, &doc, &err), &err);
    assert_ok(orx_idle_read(doc, "g", &g, &err), &err);
    return g;
}

static const char *skip_of(const char *config, orx_idle_lane lane) {
    orx_idle_config g = config_of(config);
    lane.id = "a";
    size_t n = orx_idle_judge(&g, &lane, 1, 1, false);
    assert_int_equal(n, lane.skip ? 0 : 1);
    return lane.skip ? lane.skip : lane.unpause ? lane.unpause : "started";
}

static int64_t score_of(const char *config, orx_idle_lane lane) {
    orx_idle_config g = config_of(config);
    lane.id = "a";
    return orx_idle_judge(&g, &lane, 1, 1, false) ? lane.score : -1;
}

static void r61_work_makes_the_score(void **state) {
    (void)state;
    assert_int_equal(score_of("{}", (orx_idle_lane){.pending = 2, .in_progress = 1, .blocked = 3}),
                     265);
    assert_int_equal(score_of("{}", (orx_idle_lane){.blocked = 3}), 15);
    assert_string_equal(
        skip_of("{\"allow_blocked_recovery\": false}", (orx_idle_lane){.blocked = 3}),
        "no_runnable_work");
    assert_int_equal(score_of("{}", (orx_idle_lane){.pending = 1, .queued = 2}), 340);
    assert_string_equal(
        skip_of("{\"queue_depth_enables_start\": false}", (orx_idle_lane){.queued = 2}),
        "no_runnable_work");
    assert_int_equal(score_of("{}", (orx_idle_lane){.recyclable = 1}), 80);
    assert_int_equal(score_of("{}", (orx_idle_lane){.recyclable = 3}), 240);
    assert_string_equal(
        skip_of("{\"backlog_recycle_on_idle\": false}", (orx_idle_lane){.recyclable = 3}),
        "no_runnable_work");
    assert_int_equal(score_of("{\"require_pending_work\": false}", (orx_idle_lane){0}), 0);
}

static void r62_pauses_without_a_reason_grow_stale(void **state) {
    (void)state;
    orx_idle_lane lane = {.pending = 1, .pause = "manual\n", .pause_age_sec = 599};
    assert_string_equal(skip_of("{}", lane), "manual_pause_active");
    lane.pause_age_sec = 600;
    assert_string_equal(skip_of("{}", lane), "stale_manual_pause");
    assert_string_equal(skip_of("{\"auto_unpause_local_lanes\": false}", lane),
                        "manual_pause_active");
    lane.pause = " \n";
    assert_string_equal(skip_of("{}", lane), "stale_manual_pause");
    lane.pause = "stopped by Manual Request";
    assert_string_equal(skip_of("{}", lane), "stale_manual_pause");
    lane.pause = "disk is being replaced, back on Monday";
    lane.pause_age_sec = 1000000;
    assert_string_equal(skip_of("{}", lane), "manual_pause_active");
    orx_idle_config g = config_of("{}");
    lane.id = "a";
    assert_int_equal(orx_idle_judge(&g, &lane, 1, 1, true), 1);
    assert_string_equal(lane.unpause, "force_unpause");
}

static void r63_nothing_starts_below_the_floor(void **state) {
    (void)state;
    orx_idle_config g = config_of("{}");
    orx_idle_lane lane = {.id = "a", .pending = 9, .recyclable = 2};
    assert_int_equal(orx_idle_judge(&g, &lane, 1, 0, true), 0);
    assert_string_equal(lane.skip, "healthy_endpoint_floor_not_met");
    assert_int_equal(orx_idle_cycles(&g, 5, 0, 0), 0);
    assert_int_equal(orx_idle_judge(&g, &lane, 1, 1, true), 1);
}

static void r64_idle_cycles_are_counted(void **state) {
    (void)state;
    orx_idle_config g = config_of("{}");
    int64_t cycles = 0;
    for (int i = 0; i < 6; i++) {
        assert_true(cycles < g.alert_cycles);
        cycles = orx_idle_cycles(&g, cycles, 0, 1);
    }
    assert_int_equal(cycles, g.alert_cycles);
    assert_int_equal(orx_idle_cycles(&g, cycles, 1, 1), 0);
}

static void r65_the_best_four_of_five(void **state) {
    (void)state;
    orx_idle_config g = config_of("{}");
    orx_idle_lane lanes[] = {{.id = "e", .pending = 1},
                             {.id = "d", .pending = 2},
                             {.id = "off", .pending = 9, .running = true},
                             {.id = "c", .pending = 1},
                             {.id = "b", .pending = 3},
                             {.id = "a", .pending = 1}};
    assert_int_equal(orx_idle_judge(&g, lanes, 6, 1, false), 4);
    const char *const order[] = {"b", "d", "a", "c", "e", "off"};
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(lanes[i].id, order[i]);
    assert_null(lanes[3].skip);
    assert_string_equal(lanes[4].skip, "max_auto_starts_per_cycle");
    assert_int_equal(orx_idle_candidates(lanes, 6), 5);
}

static void what_must_not_be_touched(void **state) {
    (void)state;
    assert_string_equal(skip_of("{}", (orx_idle_lane){.pending = 1, .running = true}), "running");
    assert_string_equal(skip_of("{}", (orx_idle_lane){.pending = 1, .fatal = true}),
                        "crash_breaker_open");
    assert_string_equal(skip_of("{}", (orx_idle_lane){.pending = 1, .endpoint_known = true}),
                        "endpoint_unhealthy");
    assert_string_equal(
        skip_of("{}", (orx_idle_lane){.pending = 1, .endpoint_known = true, .endpoint_ok = true}),
        "started");
}

static void the_file(void **state) {
    (void)state;
    orx_idle_config g = config_of("{\"fleet_probe_interval_sec\": 1,"
                                  " \"max_auto_starts_per_cycle\": 0,"
                                  " \"lane_id_allowlist\": [\"a\", \"b\"],"
                                  " \"lane_id_denylist\": [\"b\"]}");
    assert_int_equal(g.probe_interval_sec, 30);
    assert_int_equal(g.max_starts, 1);
    assert_true(orx_idle_lists(&g, "a"));
    assert_false(orx_idle_lists(&g, "b"));
    assert_false(orx_idle_lists(&g, "c"));
    static const char *const bad[] = {"[]", "{\"enabled\": 1}",
                                      "{\"stale_manual_pause_sec\": \"5\"}",
                                      "{\"lane_id_denylist\": [1]}", "{\"state_file\": 1}"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        orx_err err = ORX_ERR_INIT;
        const orx_node *doc = NULL;
        assert_ok(orx_json_parse(&arena, "g", orx_view_of(bad[i]), &orx_limits_config, &doc, &err),
                  &err);
        assert_int_equal(orx_idle_read(doc, "g", &g, &err), ORX_E_INVALID);
        assert_non_null(strstr(err.msg, "g:1: "));
    }
}

static int forget(void **state) {
    (void)state;
    orx_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r61_work_makes_the_score),
        cmocka_unit_test(r62_pauses_without_a_reason_grow_stale),
        cmocka_unit_test(r63_nothing_starts_below_the_floor),
        cmocka_unit_test(r64_idle_cycles_are_counted),
        cmocka_unit_test(r65_the_best_four_of_five),
        cmocka_unit_test(what_must_not_be_touched),
        cmocka_unit_test(the_file),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
