/* Conversations: what is read of which log, in which order, and what passes a filter. */
#include "unit/conversations.h"

#include "data/json.h"
#include "platform/files.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "/srv/root"

typedef struct world {
    orx_sim *sim;
    orx_platform *p;
    orx_arena arena;
    orx_talks talks;
    orx_err err;
} world;

static const orx_talk_lane lanes[] = {
    {"text", "codex", ROOT "/text/conversations.ndjson", ROOT "/text/events.ndjson"},
    {"other", "gemini", ROOT "/other/conversations.ndjson", ROOT "/other/events.ndjson"},
};

static const orx_talk_problem broken = {"bad", "nobody", "lanes.json:3:1: unknown owner"};

static int begin(void **state) {
    world *w = calloc(1, sizeof *w);
    w->sim = orx_sim_new(1);
    w->p = orx_sim_platform(orx_sim_add_host(w->sim, "alpha"));
    assert_ok(orx_mkdirs(w->p, ROOT "/text", false, &w->err), &w->err);
    assert_ok(orx_mkdirs(w->p, ROOT "/other", false, &w->err), &w->err);
    *state = w;
    return 0;
}

static int end(void **state) {
    world *w = *state;
    orx_sim_free(w->sim);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

static void put(world *w, const char *path, const char *text) {
    assert_ok(orx_write_replace(w->p, path, orx_view_of(text), 0644, &w->err), &w->err);
}

static void read_all(world *w, int lines, size_t lane_count, size_t problems) {
    const orx_talk_place place = {.log = ROOT "/conversations.ndjson",
                                  .lanes_file = ROOT "/lanes.json",
                                  .lanes = lanes,
                                  .lane_count = lane_count,
                                  .problems = &broken,
                                  .problem_count = problems};
    orx_talks_read(w->p, &place, lines, &w->arena, &w->talks);
}

static const char *text_of(const world *w, size_t i, const char *key) {
    assert_true(i < w->talks.event_count);
    return orx_node_str(orx_node_get(w->talks.events[i].node, key), "(none)");
}

static const orx_node *filtered(world *w, const orx_talk_filter *f) {
    return orx_talks_filtered_doc(&w->talks, f, 0, &w->arena);
}

static int64_t number(const orx_node *n, const char *path) {
    return orx_node_int(orx_node_path(n, path), -77);
}

static bool truth(const orx_node *n, const char *key) {
    assert_non_null(orx_node_get(n, key));
    return orx_node_bool(orx_node_get(n, key), false);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void case_96_order_is_that_of_the_instants(void **state) {
    world *w = *state;
    put(w, ROOT "/conversations.ndjson",
        "{\"timestamp\": \"2026-01-01T00:45:00Z\", \"content\": \"later\"}\n"
        "{\"timestamp\": \"no time\", \"content\": \"untimed\"}\n"
        "{\"timestamp\": \"2026-01-01T00:45:00+00:00\", \"content\": \"same\"}\n");
    put(w, ROOT "/text/conversations.ndjson",
        "{\"timestamp\": \"2026-01-01T01:30:00+01:00\", \"content\": \"earlier\"}\n");
    read_all(w, 200, 1, 0);
    assert_int_equal(w->talks.event_count, 4);
    assert_string_equal(text_of(w, 0, "content"), "untimed");
    assert_string_equal(text_of(w, 1, "content"), "earlier");
    assert_string_equal(text_of(w, 2, "content"), "later");
    assert_string_equal(text_of(w, 3, "content"), "same");
}

static void only_the_newest_lines_are_kept(void **state) {
    world *w = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 30; i++)
        orx_str_addf(&text, "{\"timestamp\": \"2026-01-01T00:00:%02dZ\", \"content\": \"%d\"}\n", i,
                     i);
    put(w, ROOT "/conversations.ndjson", orx_str_cstr(&text));
    put(w, ROOT "/text/conversations.ndjson", orx_str_cstr(&text));
    read_all(w, 10, 1, 0);
    assert_int_equal(w->talks.event_count, 10);
    assert_string_equal(text_of(w, 0, "content"), "25");
    assert_int_equal(w->talks.sources[0].event_count, 10);
    read_all(w, 0, 1, 0);
    assert_int_equal(w->talks.event_count, 1);
}

static void a_row_is_filled_from_its_source_and_never_overruled(void **state) {
    world *w = *state;
    put(w, ROOT "/conversations.ndjson", "{\"content\": \"a\"}\n{\"owner\": \"claude\"}\n");
    put(w, ROOT "/text/conversations.ndjson",
        "{\"owner\": \"\", \"lane_id\": \"\"}\n{\"owner\": \"gemini\"}\n");
    read_all(w, 200, 1, 0);
    assert_string_equal(text_of(w, 0, "owner"), "unknown");
    assert_string_equal(text_of(w, 0, "lane_id"), "");
    assert_string_equal(text_of(w, 0, "source_kind"), "primary");
    assert_string_equal(text_of(w, 1, "owner"), "claude");
    assert_string_equal(text_of(w, 2, "owner"), "codex");
    assert_string_equal(text_of(w, 2, "lane_id"), "text");
    assert_string_equal(text_of(w, 2, "source"), ROOT "/text/conversations.ndjson");
    assert_string_equal(text_of(w, 3, "owner"), "gemini");
}

static void case_99_events_stand_in_for_a_missing_log(void **state) {
    world *w = *state;
    put(w, ROOT "/text/events.ndjson",
        "{\"timestamp\": \"2026-01-01T00:00:00Z\", \"lane_id\": \"text\", \"event_type\":"
        " \"started\", \"payload\": {\"pid\": 7, \"cause\": \"asked\", \"ok\": true}}\n");
    read_all(w, 200, 1, 0);
    const orx_talk_source *s = &w->talks.sources[1];
    assert_true(s->ok && s->missing && s->recoverable_missing && s->fallback_used);
    assert_string_equal(s->resolved_kind, "lane_events");
    assert_string_equal(s->resolved_path, ROOT "/text/events.ndjson");
    assert_string_equal(text_of(w, 0, "content"), "started: cause=asked, ok=true, pid=7");
    assert_string_equal(text_of(w, 0, "owner"), "codex");
    /* Neither: nothing is wrong with that. */
    assert_true(w->talks.sources[0].ok && w->talks.sources[0].missing);
    assert_false(w->talks.sources[0].recoverable_missing);
}

static void case_99_a_log_that_cannot_be_read_is_not_ok(void **state) {
    world *w = *state;
    assert_ok(orx_mkdirs(w->p, ROOT "/text/conversations.ndjson", false, &w->err), &w->err);
    put(w, ROOT "/text/events.ndjson", "{\"event_type\": \"started\"}\n");
    read_all(w, 200, 1, 0);
    const orx_talk_source *s = &w->talks.sources[1];
    assert_false(s->ok);
    assert_false(s->missing);
    assert_true(s->fallback_used);
    assert_contains(s->error, "conversations.ndjson");
    assert_int_equal(w->talks.event_count, 1);
    const orx_node *doc = orx_talks_doc(&w->talks, 0, &w->arena);
    assert_false(truth(doc, "ok"));
    assert_true(truth(doc, "partial"));
    assert_int_equal(number(doc, "owner_counts.codex"), 1);
}

/* ---- Filters --------------------------------------------------------------------------------- */

static void some_talks(world *w) {
    put(w, ROOT "/conversations.ndjson",
        "{\"timestamp\": \"2026-01-01T00:00:01Z\", \"owner\": \"codex\", \"event_type\":"
        " \"prompt\", \"task_id\": \"parser\", \"content\": \"Write it\"}\n"
        "{\"timestamp\": \"2026-01-01T00:00:02Z\", \"owner\": \"gemini\", \"event_type\":"
        " \"task_done\", \"content\": \"Tested\"}\n"
        "{\"timestamp\": \"2026-01-01T00:00:03Z\", \"owner\": \"codex\", \"event_type\":"
        " \"task_done\", \"content\": \"WRITTEN\"}\n");
    put(w, ROOT "/text/conversations.ndjson",
        "{\"timestamp\": \"2026-01-01T00:00:04Z\", \"event_type\": \"prompt\", \"content\":"
        " \"words\"}\n");
}

static void filters_choose_whatever_the_case(void **state) {
    static const struct {
        orx_talk_filter f;
        int64_t count;
    } cases[] = {
        {{"", "", "", "", 0}, 4},
        {{"CODEX", "", "", "", 0}, 3},
        {{"", "Text", "", "", 0}, 1},
        {{"", "", "Task_Done", "", 0}, 2},
        {{"", "", "", "writ", 0}, 2},
        {{"", "", "", "parser", 0}, 1},
        {{"", "", "", "00:00:02", 0}, 1},
        {{"codex", "", "task_done", "", 0}, 1},
        {{"", "", "", "", 2}, 2},
        {{"", "", "", "", -1}, 4},
        {{"", "", "", "", 9}, 4},
        {{"cod", "", "", "", 0}, 0},
        {{"", "", "", "no such words", 0}, 0},
    };
    world *w = *state;
    some_talks(w);
    read_all(w, 200, 1, 0);
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        const orx_node *doc = filtered(w, &cases[i].f);
        assert_int_equal(number(doc, "total_events"), cases[i].count);
        assert_int_equal(orx_node_get(doc, "events")->count, cases[i].count);
        assert_int_equal(number(doc, "unfiltered_total_events"), 4);
        assert_string_equal(orx_node_str(orx_node_path(doc, "filters.owner"), "?"),
                            cases[i].f.owner);
    }
    const orx_talk_filter tail = {"codex", "", "", "", 1};
    assert_string_equal(orx_node_str(orx_node_path(filtered(w, &tail), "events[0].content"), ""),
                        "words");
}

static void case_98_others_trouble_is_set_aside(void **state) {
    const orx_talk_filter text = {"", "text", "", "", 0};
    const orx_talk_filter bad = {"", "bad", "", "", 0};
    world *w = *state;
    some_talks(w);
    assert_ok(orx_unlink(w->p, ROOT "/conversations.ndjson", &w->err), &w->err);
    assert_ok(orx_mkdirs(w->p, ROOT "/conversations.ndjson", false, &w->err), &w->err);
    assert_ok(orx_mkdirs(w->p, ROOT "/other/conversations.ndjson", false, &w->err), &w->err);
    read_all(w, 200, 2, 1);
    const orx_node *doc = filtered(w, &text);
    assert_true(truth(doc, "ok"));
    assert_false(truth(doc, "partial"));
    assert_int_equal(number(doc, "suppressed_source_count"), 3);
    assert_int_equal(number(doc, "suppressed_source_error_count"), 3);
    assert_int_equal(orx_node_get(doc, "sources")->count, 1);
    assert_int_equal(orx_node_get(doc, "errors")->count, 0);
    /* What is about the lane itself stays. */
    doc = filtered(w, &bad);
    assert_false(truth(doc, "ok"));
    assert_contains(orx_node_str(orx_node_path(doc, "errors[1]"), ""), "bad: lanes.json:3:1");
    /* Without a lane everything counts. */
    const orx_talk_filter all = {"", "", "", "", 0};
    doc = filtered(w, &all);
    assert_false(truth(doc, "ok"));
    assert_int_equal(number(doc, "suppressed_source_count"), 0);
    assert_int_equal(orx_node_get(doc, "errors")->count, 3);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(case_96_order_is_that_of_the_instants),
        TEST(only_the_newest_lines_are_kept),
        TEST(a_row_is_filled_from_its_source_and_never_overruled),
        TEST(case_99_events_stand_in_for_a_missing_log),
        TEST(case_99_a_log_that_cannot_be_read_is_not_ok),
        TEST(filters_choose_whatever_the_case),
        TEST(case_98_others_trouble_is_set_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
