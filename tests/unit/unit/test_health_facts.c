/* What the judge of health is shown: who counts as being at work, and what is not known. The world
 * is a simulated disk with a journal, locks and heartbeats. */
#include "unit/health_facts.h"

#include "money/books.h"
#include "platform/files.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT  "/srv/root"
#define STALE (300 * ORX_SEC)

typedef struct world {
    orx_sim *sim;
    orx_platform *p;
    orx_store *store;
    orx_config cfg;
    orx_arena arena;
    const orx_health_lane *lanes;
    size_t lane_count;
    orx_fleet_facts facts;
    orx_health_report report;
    orx_err err;
} world;

static int begin(void **state) {
    world *w = calloc(1, sizeof *w);
    w->sim = orx_sim_new(1);
    w->p = orx_sim_platform(orx_sim_add_host(w->sim, "alpha"));
    w->cfg = (orx_config){.root = ROOT};
    w->cfg.paths.state_dir = ROOT "/state";
    w->cfg.paths.state_file = ROOT "/state/state.json";
    w->cfg.paths.artifacts_dir = ROOT "/a";
    w->cfg.paths.lanes_runtime_dir = ROOT "/a/lanes";
    w->cfg.paths.lock_file = ROOT "/a/runner.lock";
    w->cfg.paths.log_file = ROOT "/a/runner.log";
    w->cfg.paths.heartbeat_file = ROOT "/a/heartbeat.json";
    w->cfg.paths.supervisor_lock_file = ROOT "/a/supervisor.lock";
    w->cfg.paths.supervisor_pid_file = ROOT "/a/supervisor.pid";
    w->cfg.supervisor.heartbeat_stale_ns = STALE;
    w->cfg.money.timezone = "UTC";
    assert_ok(orx_mkdirs(w->p, ROOT "/state", false, &w->err), &w->err);
    assert_ok(orx_mkdirs(w->p, ROOT "/a/lanes/text", false, &w->err), &w->err);
    *state = w;
    return 0;
}

static int end(void **state) {
    world *w = *state;
    orx_store_close(w->store);
    orx_sim_free(w->sim);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

static void open_store(world *w, const orx_store_room *const *rooms) {
    assert_ok(orx_store_open(w->p, ROOT, "primary", rooms, ORX_STORE_CREATE, &w->store, &w->err),
              &w->err);
}

static void write_text(world *w, const char *path, const char *text) {
    assert_ok(orx_write_replace(w->p, path, orx_view_of(text), 0644, &w->err), &w->err);
}

static orx_file *hold(world *w, const char *path, const char *text) {
    orx_file *f = NULL;
    write_text(w, path, text);
    assert_ok(orx_file_open(w->p, path, ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &f, &w->err), &w->err);
    assert_ok(orx_file_lock(w->p, f, ORX_LOCK_EXCLUSIVE, false, &w->err), &w->err);
    return f;
}

static void beat(world *w, const char *path, int64_t pid, int64_t age_sec) {
    char now[ORX_ISO_MAX];
    char text[256];
    orx_iso_time(orx_wall_ns(w->p) - age_sec * ORX_SEC, now);
    (void)snprintf(text, sizeof text,
                   "{\"pid\": %lld, \"phase\": \"started\", \"task_id\": \"one\", "
                   "\"timestamp\": \"%s\"}",
                   (long long)pid, now);
    write_text(w, path, text);
}

static void look(world *w) {
    const orx_health_sources from = {
        .cfg = &w->cfg, .store = w->store, .lanes = w->lanes, .lane_count = w->lane_count};
    orx_health_gather(w->p, &from, &w->arena, &w->facts);
    orx_health_judge(&w->facts, &w->arena, &w->report);
}

static bool finds(const world *w, const char *id) {
    for (const orx_health_finding *n = w->report.first; n; n = n->next)
        if (strcmp(n->id, id) == 0)
            return true;
    return false;
}

/* ---- Processes ------------------------------------------------------------------------------- */

static void case_38_nothing_is_there(void **state) {
    world *w = *state;
    look(w);
    assert_int_equal(w->facts.supervisor_pid, 0);
    assert_false(w->facts.answers);
    assert_false(w->facts.runner.running);
    assert_int_equal(w->facts.runner.pid, 0);
    assert_int_equal(w->facts.file_age_sec, -1);
    assert_false(w->facts.runner.counted);
    assert_int_equal(w->facts.unit_count, 0);
    assert_int_equal(w->facts.budget_count, 0);
    assert_true(finds(w, "journal.absent"));
    assert_false(w->report.ok);
}

static void case_40_a_pid_in_a_file_is_nobody(void **state) {
    world *w = *state;
    write_text(w, w->cfg.paths.supervisor_pid_file, "1\n");
    write_text(w, w->cfg.paths.lock_file, "{\"pid\": 1}");
    beat(w, w->cfg.paths.heartbeat_file, 1, 0);
    look(w);
    assert_int_equal(w->facts.supervisor_pid, 0);
    assert_false(w->facts.runner.running);
    assert_int_equal(w->facts.file_age_sec, 0);
}

static void a_lock_says_who_runs(void **state) {
    world *w = *state;
    orx_file *f = hold(w, w->cfg.paths.lock_file, "{\"pid\": 42}");
    beat(w, w->cfg.paths.heartbeat_file, 42, 10);
    look(w);
    assert_true(w->facts.runner.running);
    assert_int_equal(w->facts.runner.pid, 42);
    assert_int_equal(w->facts.runner.beat_age_sec, 10);
    assert_int_equal(w->report.runner, ORX_WORD_OK);
    assert_string_equal(w->facts.phase, "started");
    beat(w, w->cfg.paths.heartbeat_file, 42, 301);
    look(w);
    assert_int_equal(w->report.runner, ORX_WORD_STALE);
    orx_file_close(w->p, f);
    look(w);
    assert_false(w->facts.runner.running);
    assert_true(w->report.runner != ORX_WORD_STALE);
}

static void case_32_a_heartbeat_of_an_earlier_process_makes_nobody_stale(void **state) {
    world *w = *state;
    orx_file *f = hold(w, w->cfg.paths.lock_file, "{\"pid\": 43}");
    beat(w, w->cfg.paths.heartbeat_file, 42, 9999);
    look(w);
    assert_int_equal(w->facts.file_age_sec, 9999);
    assert_int_equal(w->facts.runner.beat_age_sec, -1);
    assert_int_equal(w->report.runner, ORX_WORD_UNKNOWN);
    orx_file_close(w->p, f);
}

static void a_heartbeat_from_the_future_has_no_age(void **state) {
    world *w = *state;
    orx_file *f = hold(w, w->cfg.paths.lock_file, "{\"pid\": 42}");
    beat(w, w->cfg.paths.heartbeat_file, 42, -3600);
    look(w);
    assert_int_equal(w->facts.file_age_sec, -1);
    assert_true(finds(w, "clock.jumped"));
    assert_int_equal(w->report.runner, ORX_WORD_UNKNOWN);
    beat(w, w->cfg.paths.heartbeat_file, 42, -5); /* clocks differ a little */
    look(w);
    assert_int_equal(w->facts.file_age_sec, 0);
    assert_false(finds(w, "clock.jumped"));
    write_text(w, w->cfg.paths.heartbeat_file, "{\"timestamp\": 7, \"pid\": \"x\"");
    look(w);
    assert_int_equal(w->facts.file_age_sec, -1);
    orx_file_close(w->p, f);
}

static void a_lane_by_hand_is_found_by_its_lock(void **state) {
    world *w = *state;
    orx_file *f = hold(w, ROOT "/state/lane-text.lock", "{\"pid\": 50}");
    write_text(w, ROOT "/state/lane-over.lock", "{\"pid\": 51}");
    write_text(w, ROOT "/state/lane-", "");
    beat(w, ROOT "/a/lanes/text/heartbeat.json", 50, 400);
    look(w);
    assert_int_equal(w->facts.unit_count, 1);
    assert_string_equal(w->facts.units[0].name, "text");
    assert_int_equal(w->facts.units[0].kind, ORX_UNIT_LANE);
    assert_true(w->facts.units[0].running);
    assert_int_equal(w->facts.units[0].pid, 50);
    assert_int_equal(w->report.units[0], ORX_WORD_STALE);
    orx_file_close(w->p, f);
}

static void lanes_of_the_file_count_whether_or_not_anybody_keeps_them(void **state) {
    static const orx_health_lane lanes[] = {
        {"off", "codex", NULL, NULL, false},
        {"bad", "nobody", NULL, "lanes.json:3:1: unknown owner", true},
        {"text", "gemini", ROOT "/elsewhere.json", NULL, true},
        {"idle", "codex", NULL, NULL, true},
    };
    static const orx_unit_word words[] = {ORX_WORD_STALE, ORX_WORD_PAUSED, ORX_WORD_ERROR,
                                          ORX_WORD_STOPPED};
    static const char *const names[] = {"text", "off", "bad", "idle"};
    world *w = *state;
    orx_file *f = hold(w, ROOT "/state/lane-text.lock", "{\"pid\": 50}");
    beat(w, ROOT "/elsewhere.json", 50, 400);
    w->lanes = lanes;
    w->lane_count = ORX_ARRAY_LEN(lanes);
    look(w);
    assert_int_equal(w->facts.unit_count, ORX_ARRAY_LEN(names));
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        assert_string_equal(w->facts.units[i].name, names[i]);
        assert_int_equal(w->report.units[i], words[i]);
    }
    assert_string_equal(w->facts.units[0].owner, "gemini");
    assert_true(finds(w, "unit.off"));
    assert_true(finds(w, "unit.error"));
    assert_false(finds(w, "unit.paused"));
    orx_file_close(w->p, f);
}

static void a_supervisor_that_does_not_answer(void **state) {
    world *w = *state;
    orx_file *f = hold(w, w->cfg.paths.supervisor_lock_file, "");
    look(w);
    assert_int_equal(w->facts.supervisor_pid, -1);
    write_text(w, w->cfg.paths.supervisor_pid_file, "77\n");
    look(w);
    assert_int_equal(w->facts.supervisor_pid, 77);
    assert_true(finds(w, "supervisor.silent"));
    orx_file_close(w->p, f);
}

/* ---- The journal ----------------------------------------------------------------------------- */

static void what_the_journal_says_of_units_is_not_known_to_be_so(void **state) {
    static const orx_store_room *const rooms[] = {&orx_unit_room, NULL};
    world *w = *state;
    orx_sql *q;
    open_store(w, rooms);
    assert_ok(orx_tx_begin(w->store, &w->err), &w->err);
    assert_ok(orx_sql_get(
                  w->store,
                  "INSERT INTO unit(name, kind, state, cause, since_ns, will, level, failures,"
                  " starts, last_exit, status, pid, start, boot, delay_ns, wall_ns, mono_ns) VALUES"
                  "('held', 'lane', 'paused', 'c', 1, 0, 0, 0, 1, '', '', 98, 1, 'b', 0, 0, 0),"
                  "('primary', 'runner', 'ready', 'c', 1, 0, 0, 0, 1, '', '', 99, 1, 'b', 0, 0, 0),"
                  "('text', 'lane', 'ready', 'c', 1, 0, 0, 0, 1, '', '', 97, 1, 'b', 0, 0, 0)",
                  &q, &w->err),
              &w->err);
    assert_true(orx_sql_run(q, &w->err) == 3);
    assert_ok(orx_tx_commit(w->store, &w->err), &w->err);
    look(w);
    assert_false(w->facts.runner.known);
    assert_false(w->facts.runner.running);
    assert_int_equal(w->report.runner, ORX_WORD_STOPPED);
    assert_int_equal(w->facts.unit_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_false(w->facts.units[i].known);
        assert_false(w->facts.units[i].running);
        assert_int_equal(w->report.units[i], strcmp(w->facts.units[i].name, "held") == 0
                                                 ? ORX_WORD_PAUSED
                                                 : ORX_WORD_STOPPED);
    }
    /* Nobody looked for tasks in this journal: their number is not known to be 0. */
    assert_false(w->facts.runner.counted);
}

static void tasks_are_counted_and_blocked_ones_named(void **state) {
    static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, NULL};
    static const char *const none[] = {NULL};
    world *w = *state;
    orx_task tasks[] = {{.id = "one", .owner = "codex", .title = "t", .description = "d"},
                        {.id = "two", .owner = "codex", .title = "t", .description = "d"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(tasks); i++)
        tasks[i].depends_on = tasks[i].acceptance = none;
    const orx_task_list list = {tasks, ORX_ARRAY_LEN(tasks)};
    w->cfg.budget.daily = 1000;
    w->cfg.budget.warning_ratio = 0.8;
    open_store(w, rooms);
    assert_int_equal(orx_task_sync(w->store, "primary", "file", &list, &w->err), 2);
    assert_ok(orx_tx_begin(w->store, &w->err), &w->err);
    assert_ok(orx_task_select(w->store, "primary", "one", NULL, &w->err), &w->err);
    assert_ok(orx_task_blocked(w->store, "primary", "one", "s", "e", &w->err), &w->err);
    assert_ok(orx_tx_commit(w->store, &w->err), &w->err);
    look(w);
    assert_true(w->facts.runner.counted);
    assert_int_equal(w->facts.runner.tasks.total, 2);
    assert_int_equal(w->facts.blocked_count, 1);
    assert_string_equal(w->facts.blocked[0], "one");
    assert_true(finds(w, "tasks.blocked"));
    assert_int_equal(w->facts.budget_count, 1);
    assert_int_equal(w->facts.budgets[0].word, ORX_BUDGET_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(case_38_nothing_is_there),
        TEST(case_40_a_pid_in_a_file_is_nobody),
        TEST(a_lock_says_who_runs),
        TEST(case_32_a_heartbeat_of_an_earlier_process_makes_nobody_stale),
        TEST(a_heartbeat_from_the_future_has_no_age),
        TEST(a_lane_by_hand_is_found_by_its_lock),
        TEST(lanes_of_the_file_count_whether_or_not_anybody_keeps_them),
        TEST(a_supervisor_that_does_not_answer),
        TEST(what_the_journal_says_of_units_is_not_known_to_be_so),
        TEST(tasks_are_counted_and_blocked_ones_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
