/* The page of everything: its document, its text, and what a terminal gets to see of it. */
#include "unit/monitor.h"

#include "base/printable.h"
#include "data/json.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

typedef struct fixture {
    orx_arena arena;
    orx_unit_facts units[40];
    char names[40][24];
    orx_fleet_facts facts;
    orx_health_report report;
    orx_talk_event events[8];
    orx_talks talks;
    orx_monitor_parts parts;
    orx_node *doc;
    orx_str text;
} fixture;

static orx_unit_facts unit(const char *name, orx_unit_kind kind) {
    return (orx_unit_facts){.name = name,
                            .owner = "",
                            .kind = kind,
                            .known = true,
                            .state = ORX_UNIT_READY,
                            .cause = "",
                            .status = "",
                            .last_exit = "",
                            .error = "",
                            .running = true,
                            .pid = 11,
                            .beat_age_sec = 3};
}

static orx_monitor_repo repo(void) {
    return (orx_monitor_repo){.path = "/r/repo",
                              .error = "",
                              .branch = "main",
                              .head = "0123456789abcdef",
                              .upstream = "origin/main",
                              .compared = true};
}

static void begin(fixture *x) {
    *x = (fixture){.facts = {.wall_ns = 1767225600 * ORX_SEC,
                             .root = "/r",
                             .supervisor_pid = 10,
                             .answers = true,
                             .journal = true,
                             .journal_error = "",
                             .file_age_sec = 3,
                             .phase = "task_started",
                             .task = "one",
                             .stale_sec = 300,
                             .state_file = "/r/state.json",
                             .log_file = "/r/runner.log"}};
    x->facts.runner = unit("primary", ORX_UNIT_RUNNER);
    x->facts.runner.tasks =
        (orx_task_counts){.total = 4, .pending = 1, .in_progress = 1, .done = 2};
    x->facts.units = x->units;
    x->parts = (orx_monitor_parts){.facts = &x->facts,
                                   .report = &x->report,
                                   .metrics_error = "",
                                   .talks = &x->talks,
                                   .done = {.error = ""},
                                   .implementation = repo(),
                                   .tests = repo(),
                                   .handoff_dir = "/r/handoffs",
                                   .to_codex = {.error = ""},
                                   .to_gemini = {.error = ""},
                                   .log_line = "",
                                   .log_error = ""};
}

static void add_lane(fixture *x, const char *name) {
    size_t n = x->facts.unit_count++;
    (void)snprintf(x->names[n], sizeof x->names[n], "%s", name);
    x->units[n] = unit(x->names[n], ORX_UNIT_LANE);
    x->units[n].owner = "codex";
}

static void make(fixture *x) {
    orx_health_judge(&x->facts, &x->arena, &x->report);
    x->doc = orx_monitor_doc(&x->parts, &x->arena);
}

static const char *text_of(fixture *x, bool essence) {
    orx_str_clear(&x->text);
    orx_monitor_text(x->doc, essence, &x->text);
    return orx_str_cstr(&x->text);
}

static const char *page_of(fixture *x, int rows, int cols, bool color) {
    const orx_monitor_page page = {.rows = rows, .cols = cols, .color = color};
    orx_str_clear(&x->text);
    orx_monitor_show(x->doc, &page, &x->text);
    return orx_str_cstr(&x->text);
}

static void end(fixture *x) {
    orx_arena_free(&x->arena);
    orx_str_free(&x->text);
}

static const char *word(const orx_node *n, const char *path) {
    return orx_node_str(orx_node_path(n, path), "(none)");
}

/* ---- The document ---------------------------------------------------------------------------- */

static void every_key_is_there(void **state) {
    (void)state;
    static const char *const keys[] = {
        "timestamp",         "status",          "runtime",           "progress",         "lanes",
        "parallel_capacity", "conversations",   "local_model_fleet", "response_metrics", "repos",
        "handoffs",          "latest_log_line", "diagnostics"};
    static const char *const sources[] = {"lanes",
                                          "conversations",
                                          "completed_last_24h",
                                          "response_metrics",
                                          "implementation_repo",
                                          "tests_repo",
                                          "logs",
                                          "handoffs"};
    fixture x;
    begin(&x);
    make(&x);
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        if (!orx_node_get(x.doc, keys[i]))
            fail_msg("%s is not there", keys[i]);
    const orx_node *found = orx_node_path(x.doc, "diagnostics.sources");
    assert_int_equal(found->count, ORX_ARRAY_LEN(sources));
    for (size_t i = 0; i < ORX_ARRAY_LEN(sources); i++)
        assert_true(orx_node_bool(orx_node_get(orx_node_get(found, sources[i]), "ok"), false));
    assert_true(orx_node_bool(orx_node_path(x.doc, "diagnostics.ok"), false));
    assert_int_equal(orx_node_path(x.doc, "conversations.recent_events")->kind, ORX_ARRAY);
    assert_int_equal(orx_node_path(x.doc, "handoffs.latest_to_codex")->kind, ORX_OBJECT);
    end(&x);
}

static void case_97_how_a_repository_stands(void **state) {
    (void)state;
    static const struct {
        int64_t ahead;
        int64_t behind;
        const char *upstream;
        const char *error;
        const char *sync;
        const char *said;
    } rows[] = {
        {0, 0, "origin/main", "", "synced", ""},
        {2, 0, "origin/main", "", "ahead", ""},
        {0, 2, "origin/main", "", "behind", "sync_behind"},
        {1, 2, "origin/main", "", "diverged", "sync_diverged"},
        {0, 0, "", "", "no_upstream", "sync_no_upstream"},
        {0, 0, "", "no such directory", "unknown", "no such directory"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        fixture x;
        begin(&x);
        x.parts.implementation.ahead = rows[i].ahead;
        x.parts.implementation.behind = rows[i].behind;
        x.parts.implementation.upstream = rows[i].upstream;
        x.parts.implementation.error = rows[i].error;
        x.parts.implementation.changed_files = 3;
        make(&x);
        const orx_node *n = orx_node_path(x.doc, "repos.implementation");
        assert_string_equal(word(n, "sync_state"), rows[i].sync);
        assert_string_equal(word(n, "error"), rows[i].said);
        assert_int_equal(orx_node_bool(orx_node_get(n, "ok"), true), !*rows[i].said);
        assert_true(orx_node_bool(orx_node_get(n, "dirty"), false));
        assert_int_equal(
            orx_node_bool(orx_node_path(x.doc, "diagnostics.sources.implementation_repo.ok"), true),
            !*rows[i].said);
        assert_true(orx_node_bool(orx_node_path(x.doc, "repos.tests.ok"), false));
        end(&x);
    }
}

static void case_102_what_fails_is_one_source(void **state) {
    (void)state;
    fixture x;
    begin(&x);
    x.parts.metrics_error = "the books are shut";
    x.parts.log_error = "permission denied";
    x.parts.to_gemini.error = "no such device";
    x.parts.done.error = "malformed";
    make(&x);
    assert_false(orx_node_bool(orx_node_path(x.doc, "diagnostics.ok"), true));
    assert_int_equal(orx_node_path(x.doc, "diagnostics.errors")->count, 4);
    assert_string_equal(word(x.doc, "diagnostics.sources.response_metrics.error"),
                        "the books are shut");
    assert_string_equal(word(x.doc, "diagnostics.sources.handoffs.error"), "no such device");
    assert_string_equal(word(x.doc, "diagnostics.sources.lanes.error"), "");
    assert_non_null(strstr(text_of(&x, false), "tasks: done=2 in_progress=1 pending=1 blocked=0"));
    assert_non_null(strstr(text_of(&x, false), " | logs: permission denied"));
    end(&x);
}

static bool lists(const orx_node *list, const char *text) {
    ORX_NODE_EACH(list, n)
    if (strcmp(orx_node_str(n, ""), text) == 0)
        return true;
    return false;
}

static void tasks_of_lanes_are_named_by_their_lane(void **state) {
    (void)state;
    fixture x;
    static const char *const blocked[] = {"stuck"};
    begin(&x);
    x.facts.blocked = blocked;
    x.facts.blocked_count = 1;
    add_lane(&x, "busy");
    add_lane(&x, "held");
    x.units[0].tasks = (orx_task_counts){.total = 1, .in_progress = 1};
    x.units[1].tasks = (orx_task_counts){.total = 2, .blocked = 2};
    make(&x);
    const orx_node *active = orx_node_path(x.doc, "progress.active_tasks");
    const orx_node *stuck = orx_node_path(x.doc, "progress.blocked_tasks");
    assert_int_equal(active->count, 2);
    assert_true(lists(active, "one") && lists(active, "lane:busy"));
    assert_int_equal(stuck->count, 2);
    assert_true(lists(stuck, "stuck") && lists(stuck, "lane:held"));
    end(&x);
}

/* The page has them from the lanes, and what those could not read is not known here either. */
static void scale_events_and_limits_are_those_of_the_lanes(void **state) {
    (void)state;
    static const char said[] =
        "{\"scaling_event_counts\": {\"scale_up\": 3, \"scale_down\": 2, \"scale_hold\": 1},"
        " \"parallel_capacity\": {\"groups\": [{\"provider\": \"p\", \"model\": \"m\","
        " \"calls\": null, \"effective_limit\": null}, {\"provider\": \"p\", \"model\": \"n\","
        " \"calls\": 2, \"effective_limit\": 5}]}}";
    fixture x;
    orx_err err = ORX_ERR_INIT;
    begin(&x);
    make(&x);
    assert_int_equal(orx_node_path(x.doc, "runtime.lane_scale_up_events")->kind, ORX_NULL);
    assert_ok(orx_json_parse(&x.arena, "lanes", orx_view_of(said), &orx_limits_data, &x.parts.lanes,
                             &err),
              &err);
    make(&x);
    assert_non_null(strstr(text_of(&x, false), "scaling_events: up=3 down=2 hold=1\n"));
    assert_non_null(strstr(text_of(&x, false), "parallel_capacity: p:n=2/5\n"));
    end(&x);
}

static void a_lane_that_cannot_be_used_is_told_of(void **state) {
    (void)state;
    fixture x;
    begin(&x);
    add_lane(&x, "good");
    add_lane(&x, "bad");
    x.units[1].error = "no such repository";
    x.units[1].running = false;
    make(&x);
    assert_string_equal(word(x.doc, "diagnostics.sources.lanes.error"), "bad: no such repository");
    assert_non_null(strstr(text_of(&x, false), "lanes: running=1/2\n"));
    assert_non_null(
        strstr(text_of(&x, false), "lane_owners: codex(total=2,running=1,healthy=1,degraded=1)\n"));
    end(&x);
}

/* ---- The text -------------------------------------------------------------------------------- */

static void the_text_as_the_predecessor_wrote_it(void **state) {
    (void)state;
    fixture x;
    begin(&x);
    x.parts.log_line = "something happened";
    x.parts.tests.error = "no such directory";
    make(&x);
    orx_node_set_str(&x.arena, x.doc, "monitor_file", "/r/monitor.json");
    assert_string_equal(
        text_of(&x, false),
        "[2026-01-01T00:00:00.000000+00:00] supervisor=True runner=True heartbeat_age=3s\n"
        "tasks: done=2 in_progress=1 pending=1 blocked=0 unknown=0\n"
        "active_tasks: one\n"
        "lanes: running=0/0\n"
        "lane_owners: none\n"
        "scaling_events: up=0 down=0 hold=0\n"
        "parallel_capacity: none\n"
        "conversations: events=0 owners=none\n"
        "handoffs: to_codex=0 to_gemini=0\n"
        "diagnostics: ok=False errors=1\n"
        "response_metrics: responses=0 first_time_pass_rate=0 latency_avg=0s cost_total=$0 "
        "routed=0/0 fallback=0\n"
        "exciting_stat: = ()\n"
        "impl_repo: branch=main head=0123456789ab upstream=origin/main sync=synced ahead=0 "
        "behind=0 dirty=False changed_files=0\n"
        "test_repo: error=no such directory\n"
        "diagnostic_errors: tests_repo: no such directory\n"
        "log: something happened\n"
        "monitor_file: /r/monitor.json\n");
    end(&x);
}

/* What passes by itself is no news; what happens is. */
static void the_essence_does_not_age(void **state) {
    (void)state;
    fixture x;
    fixture later;
    begin(&x);
    add_lane(&x, "a");
    x.units[0].beat_age_sec = 400;
    make(&x);
    begin(&later);
    add_lane(&later, "a");
    later.units[0].beat_age_sec = 500;
    later.facts.wall_ns += 100 * ORX_SEC;
    later.facts.file_age_sec = 103;
    make(&later);
    assert_string_not_equal(text_of(&x, false), text_of(&later, false));
    assert_string_equal(text_of(&x, true), text_of(&later, true));
    end(&later);
    begin(&later);
    add_lane(&later, "a");
    later.units[0].beat_age_sec = 3;
    make(&later);
    assert_string_not_equal(text_of(&x, true), text_of(&later, true));
    end(&later);
    end(&x);
}

/* ---- The page -------------------------------------------------------------------------------- */

/* Lines, and columns of the widest; sequences of ours cost none. */
static void measure(const char *page, int *ret_lines, int *ret_columns) {
    int columns = 0;
    size_t len;
    *ret_lines = *ret_columns = 0;
    for (const char *p = page; *p; p += len) {
        len = 1;
        if (*p == '\x1b') {
            len = (size_t)(strchr(p, 'm') - p) + 1;
        } else if (*p == '\n') {
            ++*ret_lines;
            columns = 0;
        } else {
            columns += orx_utf8_columns(orx_utf8_at(p, &len));
            *ret_columns = columns > *ret_columns ? columns : *ret_columns;
        }
    }
}

static void a_page_fits_whatever_is_in_it(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2, 10}, {5, 20}, {10, 40}, {24, 80}, {60, 200}};
    fixture x;
    begin(&x);
    for (int i = 0; i < 40; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "lane-%s%02d", i % 3 ? "" : "\xe6\xbc\xa2\xe5\xad\x97",
                       i);
        add_lane(&x, name);
        if (i % 2)
            x.units[i].beat_age_sec = 1000;
    }
    x.parts.log_line =
        "a line of a log that is a good deal longer than most terminals are wide, "
        "so that it has to be cut somewhere, wherever that may be, and so it goes on";
    make(&x);
    for (size_t i = 0; i < ORX_ARRAY_LEN(sizes); i++)
        for (int color = 0; color < 2; color++) {
            int lines;
            int columns;
            const char *page = page_of(&x, sizes[i][0], sizes[i][1], color);
            measure(page, &lines, &columns);
            assert_true(lines <= sizes[i][0]);
            assert_true(columns <= sizes[i][1]);
            assert_int_equal(strchr(page, '\x1b') != NULL, color);
        }
    end(&x);
}

static void the_urgent_comes_first_and_the_rest_is_counted(void **state) {
    (void)state;
    fixture x;
    begin(&x);
    for (int i = 0; i < 30; i++)
        add_lane(&x, orx_arena_printf(&x.arena, "well-%02d", i));
    add_lane(&x, "ill");
    x.units[30].beat_age_sec = 1000;
    make(&x);
    const char *page = page_of(&x, 24, 100, false);
    const char *ill = strstr(page, "\nill ");
    assert_non_null(ill);
    assert_true(ill < strstr(page, "\nwell-00"));
    assert_null(strstr(page, "\nwell-29"));
    assert_non_null(strstr(page, "... and "));
    assert_non_null(strstr(page, "not ok"));
    assert_non_null(
        strstr(page, "fail  lane ill has shown no progress for 1000 s  -> `orxaq restart ill`"));
    end(&x);
}

static void nothing_from_outside_moves_the_cursor(void **state) {
    (void)state;
    fixture x;
    begin(&x);
    add_lane(&x, "a\x1b[2Jb\rc");
    x.units[0].beat_age_sec = 1000;
    x.parts.log_line = "log\x1b]0;title\x07 \xc2\x9b"
                       "31m \xe2\x80\xae back \xff end";
    orx_node *said = orx_node_new(&x.arena, ORX_OBJECT);
    orx_node_set_str(&x.arena, said, "content", "words\x1b[1;1H\nmore");
    orx_node_set_str(&x.arena, said, "owner", "codex");
    x.events[0] = (orx_talk_event){.node = said};
    x.talks = (orx_talks){.events = x.events, .event_count = 1};
    make(&x);
    for (int view = 0; view < 2; view++) {
        const char *shown = view ? text_of(&x, false) : page_of(&x, 40, 200, false);
        for (const char *p = shown; *p; p++)
            assert_true((unsigned char)*p >= 0x20 || *p == '\n');
        assert_null(strstr(shown, "\xc2\x9b"));
        assert_null(strstr(shown, "\xe2\x80\xae"));
        assert_null(strchr(shown, '\xff'));
        assert_non_null(strstr(shown, "back"));
    }
    assert_non_null(strstr(page_of(&x, 40, 200, false), "words [1;1H more"));
    end(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_there),
        cmocka_unit_test(case_97_how_a_repository_stands),
        cmocka_unit_test(case_102_what_fails_is_one_source),
        cmocka_unit_test(tasks_of_lanes_are_named_by_their_lane),
        cmocka_unit_test(scale_events_and_limits_are_those_of_the_lanes),
        cmocka_unit_test(a_lane_that_cannot_be_used_is_told_of),
        cmocka_unit_test(the_text_as_the_predecessor_wrote_it),
        cmocka_unit_test(the_essence_does_not_age),
        cmocka_unit_test(a_page_fits_whatever_is_in_it),
        cmocka_unit_test(the_urgent_comes_first_and_the_rest_is_counted),
        cmocka_unit_test(nothing_from_outside_moves_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
