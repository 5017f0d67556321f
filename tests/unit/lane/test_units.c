/* Lanes as units: what of the file is kept, what a build is, and the files that tell of it. */
#include "lane/units.h"
#include "platform/files.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A supervisor's side of things. */
typedef struct office {
    fixture *fx;
    orx_supervisor_setup setup;
    orx_unit_office office;
    orx_secrets secrets;
    orx_store *store;
    orx_keeper *keeper;
    void *fleet;
    char said[4096];
} office;

static void on_say(const char *text, void *user) {
    office *o = user;
    size_t n = strlen(o->said);
    (void)snprintf(o->said + n, sizeof o->said - n, "%s\n", text);
}

static void begin(office *o, fixture *fx) {
    static const orx_store_room *const rooms[] = {&orx_unit_room, NULL};
    static const char *const no_flags[] = {NULL};
    if (!fx->cfg)
        load_clean(fx);
    *o = (office){.fx = fx, .setup = {.cfg = fx->cfg, .exe = "/bin/false", .exe_flags = no_flags}};
    assert_ok(
        orx_store_open(fx->p, fx->root, "supervisor", rooms, ORX_STORE_CREATE, &o->store, &fx->err),
        &fx->err);
    const orx_keeper_setup setup = {.store = o->store, .secrets = &o->secrets};
    assert_ok(orx_keeper_new(fx->p, &setup, &o->keeper, &fx->err), &fx->err);
    o->office = (orx_unit_office){.p = fx->p,
                                  .setup = &o->setup,
                                  .store = o->store,
                                  .keeper = o->keeper,
                                  .secrets = &o->secrets,
                                  .say = on_say,
                                  .user = o};
    assert_ok(orx_lane_source.open(&o->office, &o->fleet, &fx->err), &fx->err);
    assert_ok(orx_keeper_begin(o->keeper, &fx->err), &fx->err);
}

static void end(office *o) {
    orx_keeper_free(o->keeper);
    orx_lane_source.close(o->fleet);
    orx_store_close(o->store);
    orx_secrets_free(&o->secrets);
}

static void look_again(office *o) {
    orx_lane_source.look(o->fleet, true);
}

static void add_unit(const orx_unit_view *unit, void *user) {
    char *text = user;
    size_t n = strlen(text);
    (void)snprintf(text + n, 1000 - n, "%s(%s)=%s%s%s%s; ", unit->name, unit->owner,
                   orx_unit_state_name(unit->state), *unit->status ? " " : "", unit->status,
                   unit->manual ? " manual" : "");
}

/* All units in one line. */
static const char *units(office *o) {
    char *text = orx_arena_zalloc(&o->fx->arena, 1000, 1);
    orx_keeper_each(o->keeper, add_unit, text);
    return text;
}

static const char *content(office *o, const char *name) {
    orx_str text = {0};
    (void)orx_read_file(o->fx->p, in_root(o->fx, name), 1 << 20, &text, NULL);
    const char *copy = orx_arena_dup(&o->fx->arena, orx_str_view(&text));
    orx_str_free(&text);
    return copy;
}

/* Nothing is started in these tests: lanes are switched off, or their repository is missing. */
#define LANE(id, more)                                                                             \
    "{\"id\": \"" id "\", \"owner\": \"codex\", \"impl_repo\": \"none\", \"test_repo\": "          \
    "\"none\"" more "}"
#define OFF ", \"enabled\": false"

static void sound_lanes_are_units_and_the_others_are_not(void **state) {
    fixture *fx = *state;
    office o;
    spit(fx, "config/lanes.json",
         "[" LANE("b", OFF) "," LANE("a", "") "," LANE(
             "first", OFF ", \"priority\": 1") ","
                                               "{\"id\": \"odd\", \"owner\": \"nobody\"}]");
    begin(&o, fx);
    assert_string_equal(units(&o),
                        orx_arena_printf(&fx->arena,
                                         "first(codex)=stopped manual; b(codex)=stopped manual; "
                                         "a(codex)=idle missing repository: %s; ",
                                         in_root(fx, "none")));
    assert_contains(o.said, "config/lanes.json:1:");
    assert_contains(o.said, "unknown owner \"nobody\"");
    end(&o);
}

static void the_file_is_read_again(void **state) {
    fixture *fx = *state;
    office o;
    spit(fx, "config/lanes.json", "[" LANE("a", OFF) "]");
    begin(&o, fx);
    spit(fx, "config/lanes.json", "[" LANE("a", OFF) "," LANE("b", OFF) "]");
    look_again(&o);
    assert_string_equal(units(&o), "a(codex)=stopped manual; b(codex)=stopped manual; ");
    /* Half a file and a wrong entry change nothing. */
    spit(fx, "config/lanes.json", "[" LANE("a", OFF) ",");
    look_again(&o);
    assert_contains(o.said, "lanes_file");
    spit(fx, "config/lanes.json", "[{\"id\": \"a\", \"owner\": \"nobody\"}," LANE("b", OFF) "]");
    look_again(&o);
    assert_string_equal(units(&o), "a(codex)=stopped manual; b(codex)=stopped manual; ");
    /* But one that is wrong is not started. */
    assert_ok(orx_keeper_ask(o.keeper, "a", ORX_UNIT_START, &fx->err), &fx->err);
    assert_contains(units(&o),
                    "a(codex)=idle config/lanes.json:1:23: lane a: unknown owner \"nobody\"");
    /* One that left is gone with the next tick; one that comes back is as it was left. */
    spit(fx, "config/lanes.json", "[" LANE("b", OFF) "]");
    look_again(&o);
    assert_int_equal(orx_keeper_ask(o.keeper, "a", ORX_UNIT_START, NULL), ORX_E_NOT_FOUND);
    spit(fx, "config/lanes.json", "[]");
    look_again(&o);
    spit(fx, "config/lanes.json", "[" LANE("a", OFF) "]");
    look_again(&o);
    assert_contains(units(&o), "a(codex)=stopped manual; ");
    end(&o);
}

static void exclusion_is_told(void **state) {
    fixture *fx = *state;
    office o;
    assert_ok(orx_mkdirs(fx->p, in_root(fx, "none"), false, &fx->err), &fx->err);
    spit(fx, "none/.git/HEAD", "ref: refs/heads/main\n");
    spit(fx, "config/tasks.json", "[]");
    spit(fx, "config/lanes.json",
         "[" LANE("a", ", \"exclusive_paths\": [\"src\"]") "," LANE(
             "b", OFF ", \"exclusive_paths\": [\"src/x\"]") "]");
    spit(fx, "artifacts/autonomy/lanes/a/paused.flag", "manual\n");
    begin(&o, fx);
    /* What is paused has its claim all the same. */
    assert_ok(orx_keeper_ask(o.keeper, "b", ORX_UNIT_START, &fx->err), &fx->err);
    assert_contains(units(&o), "a(codex)=paused; ");
    assert_contains(units(&o), "b(codex)=idle its claim \"src/x\" overlaps with \"src\" of lane a");
    end(&o);
}

static void builds(void **state) {
    fixture *fx = *state;
    char one[ORX_LANE_BUILD];
    char two[ORX_LANE_BUILD];
    static const char *const files[] = {
        "[" LANE("a", "") "]",
        "[" LANE("a", ", \"env\": {\"X\": \"1\"}") "]",
        "[" LANE("a", ", \"env\": {\"X\": \"2\"}") "]",
        "[" LANE("a", ", \"env\": {\"API_KEY\": \"hidden-1\"}") "]",
        "[" LANE("a", ", \"env\": {\"API_KEY\": \"hidden-2\"}") "]",
        "[" LANE("a", ", \"model\": \"m\"") "]",
        /* What another one claims is forbidden to it. */
        "[" LANE("a", "") "," LANE("b", ", \"exclusive_paths\": [\"src\"]") "]",
    };
    load_clean(fx);
    two[0] = '\0';
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++) {
        orx_diags found = {0};
        orx_lanes lanes;
        spit(fx, "config/lanes.json", files[i]);
        assert_ok(orx_lanes_load(fx->p, fx->cfg, &fx->arena, &found, &lanes, &fx->err), &fx->err);
        orx_lane_build(fx->p, &lanes, &lanes.items[0], fx->cfg, "/bin/true", one);
        assert_int_equal(strlen(one), 12);
        assert_string_not_equal(one, two);
        orx_lane_build(fx->p, &lanes, &lanes.items[0], fx->cfg, "/bin/true", two);
        assert_string_equal(one, two);
        orx_lane_build(fx->p, &lanes, &lanes.items[0], fx->cfg, "/bin/sh", two);
        assert_string_not_equal(one, two);
        memcpy(two, one, sizeof two);
        orx_diags_free(&found);
    }
}

static void expect_line(fixture *fx, const char *kind, const char *body, const char *type,
                        const char *reason) {
    orx_str line = {0};
    const char *lane = NULL;
    const orx_event_row row = {.seq = 7, .kind = orx_view_of(kind), .body = orx_view_of(body)};
    bool any = orx_lane_event_line(&row, &fx->arena, &lane, &line);
    assert_int_equal(any, type != NULL);
    if (any) {
        assert_string_equal(lane, "a");
        assert_contains(
            line.buf,
            orx_arena_printf(&fx->arena, "{\"event_type\": \"%s\", \"lane_id\": \"a\"", type));
        assert_contains(line.buf,
                        orx_arena_printf(&fx->arena, "\"reason\": \"%s\", \"seq\": 7", reason));
    }
    orx_str_free(&line);
}

static void events_have_the_names_of_the_predecessor(void **state) {
    fixture *fx = *state;
    expect_line(fx, "unit.asked", "{\"unit\":\"a\",\"wish\":\"start\",\"cause\":\"\"}",
                "start_requested", "");
    expect_line(fx, "unit.asked", "{\"unit\":\"a\",\"wish\":\"stop\"}", NULL, NULL);
    expect_line(fx, "unit.spawned", "{\"unit\":\"a\"}", NULL, NULL);
    expect_line(fx, "merge.refused", "{\"lane\":\"a\",\"reason\":\"conflict\"}", "merge_refused",
                "conflict");
    expect_line(fx, "merge.queued", "{\"target\":\"main\"}", NULL, NULL);
    expect_line(fx, "task.selected", "{\"unit\":\"a\"}", NULL, NULL);
    static const char *const rows[][5] = {
        {"starting", "ready", "ready", "started", "ready"},
        {"ready", "draining", "its configuration changed", "stop_requested", "build_update"},
        {"ready", "stopping", "asked to stop", "stop_requested", "manual"},
        {"ready", "stopping", "no progress", "stop_requested", "stale_heartbeat"},
        {"stopping", "stopped", "asked to stop", "stopped", "manual"},
        {"draining", "paused", "asked to pause", "stopped", "manual"},
        {"starting", "backoff", "failed", "start_failed", "process_exited_early"},
        {"ready", "backoff", "crashed", "stopped", "process_exited_early"},
        {"ready", "fatal", "crash loop", "ensure_failed", "crash loop"},
        {"starting", "idle", "held back", "start_skipped", "held back"},
        {"ready", "idle", "nothing to do", "stopped", "nothing to do"},
        {"idle", "starting", "there is work", "auto_started", "not_running"},
        {"backoff", "starting", "the wait is over", "auto_restarted", "not_running"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++)
        expect_line(fx, "unit.state",
                    orx_arena_printf(&fx->arena,
                                     "{\"unit\":\"a\",\"from\":\"%s\",\"state\":\"%s\","
                                     "\"cause\":\"%s\"}",
                                     rows[i][0], rows[i][1], rows[i][2]),
                    rows[i][3], rows[i][4]);
}

static int lines_in(const char *text) {
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* A crash may have cut off the last line: it is written anew, and none twice. */
static void the_history_is_neither_torn_nor_doubled(void **state) {
    fixture *fx = *state;
    static const char *const file = "artifacts/autonomy/lanes/a/events.ndjson";
    office o;
    spit(fx, "config/lanes.json", "[" LANE("a", "") "]");
    begin(&o, fx);
    look_again(&o);
    const char *first = content(&o, file);
    assert_int_equal(lines_in(first), 1);
    assert_contains(first, "\"start_skipped\"");
    end(&o);
    /* The last line is torn, and what it was about is in the journal. */
    char *torn = orx_arena_strdup(&fx->arena, first);
    torn[strlen(torn) - 20] = '\0';
    spit(fx, file, orx_arena_printf(&fx->arena, "%s%s", first, torn));
    begin(&o, fx);
    assert_string_equal(content(&o, file), first);
    look_again(&o);
    look_again(&o);
    const char *second = content(&o, file);
    assert_int_equal(lines_in(second), 2);
    assert_memory_equal(second, first, strlen(first));
    assert_true(strcmp(second, first) != 0);
    end(&o);
}

static void the_flag_follows_the_operator(void **state) {
    fixture *fx = *state;
    static const char *const flag = "artifacts/autonomy/lanes/a/paused.flag";
    office o;
    spit(fx, "config/lanes.json", "[" LANE("a", "") "," LANE("off", OFF) "]");
    begin(&o, fx);
    assert_ok(orx_keeper_ask(o.keeper, "a", ORX_UNIT_STOP, &fx->err), &fx->err);
    assert_ok(orx_keeper_ask(o.keeper, "off", ORX_UNIT_STOP, &fx->err), &fx->err);
    orx_lane_source.look(o.fleet, false);
    assert_string_equal(content(&o, flag), "manual\n");
    assert_false(orx_exists(fx->p, in_root(fx, "artifacts/autonomy/lanes/off/paused.flag")));
    assert_ok(orx_keeper_ask(o.keeper, "a", ORX_UNIT_START, &fx->err), &fx->err);
    orx_lane_source.look(o.fleet, false);
    assert_false(orx_exists(fx->p, in_root(fx, flag)));
    end(&o);
}

static void keys_of_a_lane_are_kept_out_of_logs(void **state) {
    fixture *fx = *state;
    office o;
    spit(fx, "config/lanes.json",
         "[" LANE("a",
                  OFF ", \"env\": {\"SOME_TOKEN\": \"tell-nobody\", \"WORD\": \"public\"}") "]");
    begin(&o, fx);
    char text[] = "tell-nobody, public";
    orx_secrets_mask(&o.secrets, text, strlen(text));
    assert_string_equal(text, "***********, public");
    end(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sound_lanes_are_units_and_the_others_are_not),
        TEST(the_file_is_read_again),
        TEST(exclusion_is_told),
        TEST(builds),
        TEST(events_have_the_names_of_the_predecessor),
        TEST(the_history_is_neither_torn_nor_doubled),
        TEST(the_flag_follows_the_operator),
        TEST(keys_of_a_lane_are_kept_out_of_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
