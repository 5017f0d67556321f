/* The one judge of health: the predecessor's words, and that the five commands which show what it
 * says cannot contradict each other, whatever state a fleet is in. */
#include "unit/monitor.h"

#include "route/network_row.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

#define STALE 300

static orx_unit_facts unit(orx_unit_kind kind, const char *name) {
    return (orx_unit_facts){.name = name,
                            .owner = "",
                            .kind = kind,
                            .cause = "a cause",
                            .last_exit = "exit 1",
                            .status = "",
                            .error = "",
                            .beat_age_sec = -1};
}

static orx_fleet_facts fleet(void) {
    orx_fleet_facts f = {.wall_ns = 1767225600 * ORX_SEC,
                         .root = "/r",
                         .supervisor_pid = 10,
                         .answers = true,
                         .journal = true,
                         .journal_error = "",
                         .file_age_sec = -1,
                         .phase = "",
                         .task = "",
                         .stale_sec = STALE,
                         .state_file = "/r/state/state.json",
                         .log_file = "/r/runner.log"};
    f.runner = unit(ORX_UNIT_RUNNER, "primary");
    f.runner.known = true;
    f.runner.state = ORX_UNIT_READY;
    f.runner.running = true;
    f.runner.pid = 11;
    f.runner.beat_age_sec = f.file_age_sec = 0;
    return f;
}

static const orx_health_finding *finding(const orx_health_report *r, const char *id) {
    for (const orx_health_finding *n = r->first; n; n = n->next)
        if (strcmp(n->id, id) == 0)
            return n;
    return NULL;
}

/* ---- Words ----------------------------------------------------------------------------------- */

static void case_91_the_table_of_words(void **state) {
    (void)state;
    static const struct {
        bool held;
        bool running;
        int64_t age, pending, in_progress, done, blocked;
        const char *word;
    } rows[] = {
        {true, false, -1, 0, 1, 0, 0, "paused"},
        {false, false, -1, 3, 1, 2, 0, "stopped_unexpected"},
        {false, false, -1, 0, 0, 2, 0, "idle"},
        {false, false, -1, 1, 0, 2, 0, "stopped"},
        {false, false, -1, 0, 0, 2, 1, "stopped"},
        {false, false, -1, 0, 0, 0, 0, "stopped"},
        {false, true, STALE + 1, 0, 0, 0, 0, "stale"},
        {true, true, STALE + 1, 0, 0, 0, 0, "stale"},
        {false, true, STALE, 0, 0, 0, 0, "ok"},
        {false, true, -1, 0, 0, 0, 0, "unknown"},
        {true, true, 5, 0, 0, 0, 0, "ok"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        orx_unit_facts u = unit(ORX_UNIT_LANE, "a");
        u.held = rows[i].held;
        u.running = rows[i].running;
        u.beat_age_sec = rows[i].age;
        u.tasks = (orx_task_counts){.pending = rows[i].pending,
                                    .in_progress = rows[i].in_progress,
                                    .done = rows[i].done,
                                    .blocked = rows[i].blocked};
        assert_string_equal(orx_unit_word_name(orx_unit_word_of(&u, STALE)), rows[i].word);
    }
    orx_unit_facts u = unit(ORX_UNIT_LANE, "a");
    u.error = "no such repository";
    assert_int_equal(orx_unit_word_of(&u, STALE), ORX_WORD_ERROR);
}

static void what_a_supervisor_says_goes_beyond_processes(void **state) {
    (void)state;
    orx_unit_facts u = unit(ORX_UNIT_RUNNER, "primary");
    u.known = true;
    u.state = ORX_UNIT_IDLE;
    u.tasks.blocked = 1;
    assert_int_equal(orx_unit_word_of(&u, STALE), ORX_WORD_IDLE);
    u.state = ORX_UNIT_PAUSED;
    assert_int_equal(orx_unit_word_of(&u, STALE), ORX_WORD_PAUSED);
    u.state = ORX_UNIT_STARTING;
    assert_int_equal(orx_unit_word_of(&u, STALE), ORX_WORD_UNKNOWN);
    u.tasks = (orx_task_counts){.done = 3};
    u.state = ORX_UNIT_FATAL;
    assert_int_equal(orx_unit_word_of(&u, STALE), ORX_WORD_STOPPED);
    u.state = ORX_UNIT_READY;
    u.running = true;
    assert_int_equal(orx_unit_word_of(&u, STALE), ORX_WORD_OK);
}

/* ---- Cases of the watchdog ------------------------------------------------------------------- */

typedef struct pass {
    orx_arena arena;
    orx_health_report report;
    orx_watch_deeds deeds;
    orx_watch_row supervisor;
    orx_watch_row runner;
} pass;

static void judge(pass *p, const orx_fleet_facts *f) {
    orx_health_judge(f, &p->arena, &p->report);
    orx_watch_judge(f, &p->report, &p->deeds, &p->arena, &p->supervisor, &p->runner);
}

static void plan(pass *p, const orx_fleet_facts *f) {
    *p = (pass){0};
    orx_health_judge(f, &p->arena, &p->report);
    p->deeds = orx_watch_plan(f, &p->report);
}

static void end(pass *p) {
    orx_arena_free(&p->arena);
}

static orx_fleet_facts without_supervisor(void) {
    orx_fleet_facts f = fleet();
    f.supervisor_pid = 0;
    f.answers = false;
    f.runner = unit(ORX_UNIT_RUNNER, "primary");
    return f;
}

static void case_42_both_at_work(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = fleet();
    plan(&p, &f);
    assert_false(p.deeds.start_supervisor.planned);
    assert_false(p.deeds.restart_runner.planned);
    judge(&p, &f);
    assert_int_equal(p.supervisor.status, ORX_WATCH_HEALTHY);
    assert_int_equal(p.runner.status, ORX_WATCH_HEALTHY);
    assert_int_equal(p.supervisor.pid, 10);
    assert_true(p.report.ok);
    end(&p);
}

static void case_43_a_missing_supervisor_is_started(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = without_supervisor();
    plan(&p, &f);
    assert_true(p.deeds.start_supervisor.planned);
    f = fleet();
    judge(&p, &f);
    assert_int_equal(p.supervisor.status, ORX_WATCH_RESTARTED);
    assert_int_equal(p.runner.status, ORX_WATCH_RESTARTED);
    end(&p);
}

static void case_44_the_runner_is_not_there_yet(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = without_supervisor();
    plan(&p, &f);
    f.supervisor_pid = 20;
    f.answers = true;
    f.runner.known = true;
    f.runner.state = ORX_UNIT_FATAL;
    judge(&p, &f);
    assert_int_equal(p.supervisor.status, ORX_WATCH_RESTARTED);
    assert_int_equal(p.runner.status, ORX_WATCH_DOWN_NO_RESTART);
    assert_false(p.report.processes_ok);
    end(&p);
}

static void case_45_cooling_down(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = without_supervisor();
    plan(&p, &f);
    p.deeds.start_supervisor.cooling = true;
    judge(&p, &f);
    assert_int_equal(p.supervisor.status, ORX_WATCH_DOWN_COOLDOWN);
    assert_int_equal(p.runner.status, ORX_WATCH_DOWN_NO_RESTART);
    assert_false(p.report.processes_ok);
    end(&p);
}

static void case_46_a_finished_runner_is_healthy(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = fleet();
    f.runner.running = false;
    f.runner.state = ORX_UNIT_IDLE;
    f.phase = "completed";
    plan(&p, &f);
    assert_false(p.deeds.restart_runner.planned);
    judge(&p, &f);
    assert_int_equal(p.runner.status, ORX_WATCH_HEALTHY);
    assert_true(strncmp(p.runner.detail, "runner idle", 11) == 0);
    end(&p);
}

static void case_47_a_stale_runner_that_stays_is_no_restart(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = fleet();
    f.runner.beat_age_sec = STALE + 1;
    plan(&p, &f);
    assert_true(p.deeds.restart_runner.planned);
    judge(&p, &f);
    assert_int_equal(p.runner.status, ORX_WATCH_RESTART_FAILED);
    f.runner.beat_age_sec = 0; /* the same process shows progress again */
    judge(&p, &f);
    assert_int_equal(p.runner.status, ORX_WATCH_HEALTHY);
    f.runner.pid++;
    judge(&p, &f);
    assert_int_equal(p.runner.status, ORX_WATCH_RESTARTED);
    end(&p);
}

static void case_48_a_finished_queue_is_full_autonomy(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = fleet();
    f.runner.running = false;
    f.runner.state = ORX_UNIT_IDLE;
    f.phase = "completed";
    plan(&p, &f);
    judge(&p, &f);
    orx_arena *a = &p.arena;
    orx_node *preflight = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, preflight, "clean", true);
    const orx_node *watchdog = orx_health_watchdog_doc(&f, &p.supervisor, &p.runner, a);
    const orx_node *doc = orx_health_autonomy_doc(&f, &p.report, preflight, watchdog, a);
    assert_true(orx_node_bool(orx_node_get(doc, "ok"), false));
    assert_string_equal(orx_node_str(orx_node_get(doc, "phase"), ""), "idle");
    end(&p);
}

static void nothing_that_somebody_stopped_is_started(void **state) {
    (void)state;
    static const orx_unit_state states[] = {ORX_UNIT_STOPPED, ORX_UNIT_PAUSED, ORX_UNIT_FATAL,
                                            ORX_UNIT_BACKOFF};
    static const orx_watch_status expected[] = {ORX_WATCH_DOWN_NO_RESTART, ORX_WATCH_HEALTHY,
                                                ORX_WATCH_DOWN_NO_RESTART, ORX_WATCH_DOWN_COOLDOWN};
    for (size_t i = 0; i < ORX_ARRAY_LEN(states); i++) {
        pass p;
        orx_fleet_facts f = fleet();
        f.runner.running = false;
        f.runner.state = states[i];
        plan(&p, &f);
        assert_false(p.deeds.restart_runner.planned);
        judge(&p, &f);
        assert_int_equal(p.runner.status, expected[i]);
        end(&p);
    }
}

static void findings_say_what_to_do(void **state) {
    (void)state;
    static const char *const blocked[] = {"parser"};
    pass p;
    orx_fleet_facts f = without_supervisor();
    f.journal_error = "malformed";
    f.runner.tasks = (orx_task_counts){.blocked = 1, .in_progress = 1};
    f.blocked = blocked;
    f.blocked_count = 1;
    static const orx_cap cap = {
        .span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = 9};
    const orx_budget_state budgets[] = {{.cap = &cap, .word = ORX_BUDGET_EXCEEDED, .stop = true},
                                        {.cap = &cap, .word = ORX_BUDGET_WARNING},
                                        {.cap = &cap, .word = ORX_BUDGET_OK}};
    f.budgets = budgets;
    f.budget_count = ORX_ARRAY_LEN(budgets);
    f.missing_costs = 2;
    f.routers_off = "it asks the wrong one";
    f.from_future = true;
    plan(&p, &f);
    static const char *const ids[] = {"supervisor.absent", "unit.interrupted", "journal.unreadable",
                                      "clock.jumped",      "tasks.blocked",    "budget.stop",
                                      "budget.warning",    "budget.missing",   "router.off"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ids); i++) {
        const orx_health_finding *n = finding(&p.report, ids[i]);
        assert_non_null(n);
        assert_true(*n->text && *n->remedy);
    }
    assert_contains(finding(&p.report, "tasks.blocked")->remedy, "orxaq tasks show parser");
    assert_false(p.report.ok);
    end(&p);
}

static void network_is(orx_network state, const char *id, orx_health_severity severity) {
    pass p;
    orx_fleet_facts f = fleet();
    const orx_network_row row = {
        .m = {.looks = 1, .state = state}, .reachable = 1, .asked = 4, .rungs = "{}"};
    f.network = &row;
    plan(&p, &f);
    const orx_health_finding *n = finding(&p.report, id);
    assert_non_null(n);
    assert_int_equal(n->severity, severity);
    assert_contains(n->text, "1 of 4");
    assert_true(p.report.ok); /* work goes on with what is left */
    end(&p);
}

static void the_network_is_a_line(void **state) {
    (void)state;
    network_is(ORX_NETWORK_ONLINE, "network.online", ORX_HEALTH_NOTES);
    network_is(ORX_NETWORK_DEGRADED, "network.degraded", ORX_HEALTH_WARNS);
    network_is(ORX_NETWORK_OFFLINE, "network.offline", ORX_HEALTH_WARNS);
}

static void model_servers_that_are_not_well_are_named(void **state) {
    (void)state;
    pass p;
    orx_arena arena = {0};
    orx_fleet_facts f = fleet();
    orx_node *models = orx_node_new(&arena, ORX_OBJECT);
    static const char *const statuses[] = {"healthy", "restarted", "given_up"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(statuses); i++) {
        orx_node *n = orx_node_new(&arena, ORX_OBJECT);
        orx_node_set_str(&arena, n, "last_status", statuses[i]);
        orx_node_set_str(&arena, n, "last_reason", "model_unloaded");
        orx_node_set(&arena, models, statuses[i], n);
    }
    f.models = models;
    plan(&p, &f);
    const orx_health_finding *n = finding(&p.report, "model.down");
    assert_non_null(n);
    assert_string_equal(n->subject, "given_up");
    assert_contains(n->text, "(given_up): model_unloaded");
    assert_int_equal(p.report.warnings, 1);
    assert_true(p.report.ok);
    end(&p);
    orx_arena_free(&arena);
}

static void an_idle_lane_says_what_keeps_it(void **state) {
    (void)state;
    pass p;
    orx_fleet_facts f = fleet();
    orx_unit_facts lanes[] = {unit(ORX_UNIT_LANE, "free"), unit(ORX_UNIT_LANE, "kept"),
                              unit(ORX_UNIT_LANE, "stopped")};
    for (size_t i = 0; i < 2; i++) {
        lanes[i].known = true;
        lanes[i].state = ORX_UNIT_IDLE;
    }
    lanes[1].status = "lane free is not done";
    lanes[2].known = true;
    lanes[2].cause = "";
    lanes[2].last_exit = "";
    f.units = lanes;
    f.unit_count = ORX_ARRAY_LEN(lanes);
    plan(&p, &f);
    assert_contains(finding(&p.report, "unit.waits")->text, "lane kept is not started: lane free");
    assert_string_equal(finding(&p.report, "unit.stopped")->text, "lane stopped is stopped");
    assert_int_equal(p.report.failures, 1);
    end(&p);
}

/* ---- The five never contradict each other ---------------------------------------------------- */

static uint64_t seed;

static uint64_t draw(uint64_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static void any_unit(orx_unit_facts *u, orx_unit_kind kind, const char *name, bool supervised) {
    *u = unit(kind, name);
    u->known = supervised;
    u->state = (orx_unit_state)draw(ORX_UNIT_STATES);
    u->held = draw(6) == 0;
    u->off = draw(8) == 0;
    u->status = draw(4) ? "" : "it waits for another";
    u->error = kind == ORX_UNIT_LANE && draw(8) == 0 ? "no such repository" : "";
    bool has = u->state == ORX_UNIT_READY || u->state == ORX_UNIT_DRAINING ||
               u->state == ORX_UNIT_STOPPING || draw(6) == 0;
    u->running = supervised ? has : draw(4) == 0;
    u->pid = u->running ? (int64_t)(100 + draw(100)) : 0;
    u->beat_age_sec = u->running ? (int64_t)draw(2 * STALE + 4) - 2 : -1;
    if (u->beat_age_sec < -1)
        u->beat_age_sec = -1;
    u->tasks = (orx_task_counts){.pending = (int64_t)draw(2),
                                 .in_progress = (int64_t)draw(2),
                                 .done = (int64_t)draw(3),
                                 .blocked = (int64_t)draw(2)};
}

enum { UNITS_MAX = 9 };

static void any_fleet(orx_fleet_facts *f, orx_unit_facts *units, char names[][16],
                      orx_budget_state *budget) {
    static const orx_cap cap = {
        .span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = 100};
    *f = fleet();
    f->supervisor_pid = draw(3) ? (draw(8) ? 10 : -1) : 0;
    f->answers = f->supervisor_pid && draw(6);
    f->journal_error = draw(8) == 0 ? "malformed" : "";
    f->from_future = draw(10) == 0;
    f->missing_costs = draw(4) == 0;
    budget->cap = &cap;
    orx_budget_judge(&(orx_budget){.warning_ratio = 0.8, .hard_stop = draw(2)}, cap.amount,
                     (int64_t)draw(130), budget);
    f->budgets = budget;
    f->budget_count = draw(2);
    any_unit(&f->runner, ORX_UNIT_RUNNER, "primary", f->answers);
    f->file_age_sec = f->runner.beat_age_sec;
    f->unit_count = draw(UNITS_MAX + 1);
    f->units = units;
    for (size_t i = 0; i < f->unit_count; i++) {
        (void)snprintf(names[i], 16, "unit-%zu", i);
        any_unit(&units[i], draw(3) ? ORX_UNIT_LANE : ORX_UNIT_SERVICE, names[i], f->answers);
    }
}

static int64_t number(const orx_node *n, const char *path) {
    return orx_node_int(orx_node_path(n, path), -77);
}

static bool truth(const orx_node *n, const char *path) {
    const orx_node *found = orx_node_path(n, path);
    assert_non_null(found);
    return orx_node_bool(found, false);
}

static int64_t degraded_in(const orx_node *counts) {
    int64_t n = 0;
    ORX_NODE_EACH(counts, it)
    if (strcmp(it->key.p, "ok") != 0 && strcmp(it->key.p, "paused") != 0 &&
        strcmp(it->key.p, "idle") != 0)
        n += orx_node_int(it, 0);
    return n;
}

/* monitor, as document, as text and as page, says what the others say. */
static void monitor_agrees(const orx_fleet_facts *f, pass *p, const orx_node *status,
                           const orx_node *health) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str shown = {0};
    const orx_talks none = {.sources = NULL};
    const orx_monitor_repo repo = {
        .path = "/r", .error = "", .branch = "main", .head = "", .upstream = ""};
    const orx_monitor_parts parts = {.facts = f,
                                     .report = &p->report,
                                     .metrics_error = "",
                                     .talks = &none,
                                     .done = {.error = ""},
                                     .implementation = repo,
                                     .tests = repo,
                                     .handoff_dir = "/r/handoffs",
                                     .to_codex = {.error = ""},
                                     .to_gemini = {.error = ""},
                                     .log_line = "",
                                     .log_error = ""};
    const orx_monitor_page page = {.rows = 100, .cols = 200};
    const orx_node *doc = orx_monitor_doc(&parts, &p->arena);
    orx_monitor_text(doc, false, &text);
    orx_monitor_show(doc, &page, &shown);
    assert_true(orx_node_equal(orx_node_get(doc, "status"), status));
    assert_true(orx_node_equal(orx_node_get(doc, "findings"), orx_node_get(health, "findings")));
    assert_int_equal(truth(doc, "ok"), truth(health, "ok"));
    size_t i = 0;
    ORX_NODE_EACH(orx_node_get(doc, "units"), row) {
        orx_unit_word word = i ? p->report.units[i - 1] : p->report.runner;
        assert_string_equal(orx_node_str(orx_node_get(row, "health"), ""),
                            orx_unit_word_name(word));
        i++;
    }
    assert_int_equal(i, f->unit_count + 1);
    assert_non_null(strstr(orx_str_cstr(&text), f->supervisor_pid ? "supervisor=True runner="
                                                                  : "supervisor=False runner="));
    assert_non_null(
        strstr(orx_str_cstr(&text), f->runner.running ? "runner=True" : "runner=False"));
    assert_int_equal(strstr(orx_str_cstr(&text), "finding: fail ") != NULL, !p->report.ok);
    assert_int_equal(strstr(orx_str_cstr(&shown), "  not ok  ") != NULL, !p->report.ok);
    assert_int_equal(strstr(orx_str_cstr(&shown), "supervisor running") != NULL,
                     f->supervisor_pid != 0);
}

static void agree(const orx_fleet_facts *f, pass *p) {
    orx_arena *a = &p->arena;
    const orx_health_report *r = &p->report;
    orx_node *preflight = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, preflight, "clean", true);
    const orx_node *status = orx_health_status_doc(f, a);
    const orx_node *health = orx_health_doc(f, r, a);
    const orx_node *watchdog = orx_health_watchdog_doc(f, &p->supervisor, &p->runner, a);
    const orx_node *autonomy = orx_health_autonomy_doc(f, r, preflight, watchdog, a);
    const orx_node *runtime = orx_health_runtime_doc(f, r, a);
    const orx_node *progress = orx_health_progress_doc(f, a);
    const orx_node *lanes = orx_health_lanes_doc(f, r, a);

    /* status and the status within the others */
    assert_true(orx_node_equal(status, orx_node_get(health, "status")));
    assert_true(orx_node_equal(status, orx_node_get(autonomy, "status")));
    assert_int_equal(status->count, 8);
    assert_int_equal(truth(status, "runner_running"), truth(runtime, "primary_runner_running"));
    /* one verdict: health, full autonomy, and the findings that all of them show */
    assert_int_equal(truth(health, "ok"), r->ok);
    assert_int_equal(truth(autonomy, "ok"), r->ok);
    assert_int_equal(r->ok, r->failures == 0);
    int fails = 0;
    bool process_fails = false;
    for (const orx_health_finding *n = r->first; n; n = n->next) {
        bool fail = n->severity == ORX_HEALTH_FAILS;
        fails += fail;
        process_fails =
            process_fails ||
            (fail && (strcmp(n->subject, "supervisor") == 0 || strcmp(n->subject, "primary") == 0));
        assert_true(!fail || *n->remedy);
    }
    assert_int_equal(fails, r->failures);
    /* the watchdog: exactly about the two processes */
    assert_int_equal(truth(watchdog, "ok"), !process_fails);
    assert_int_equal(truth(watchdog, "ok"), r->processes_ok);
    if (truth(autonomy, "ok"))
        assert_true(truth(watchdog, "ok"));
    /* what is said to be stale is said to fail, and only that */
    assert_int_equal(truth(health, "heartbeat_stale"), r->runner == ORX_WORD_STALE);
    if (truth(health, "heartbeat_stale")) {
        assert_false(truth(watchdog, "ok"));
        assert_true(number(status, "heartbeat_age_sec") >
                    number(status, "heartbeat_stale_threshold_sec"));
    }
    if (truth(watchdog, "ok"))
        assert_true(truth(status, "supervisor_running"));
    monitor_agrees(f, p, status, health);
    /* monitor: sums fit the rows */
    assert_int_equal(number(runtime, "lane_operational_count") +
                         number(runtime, "lane_degraded_count"),
                     number(lanes, "total_count"));
    assert_int_equal(degraded_in(orx_node_get(runtime, "lane_health_counts")),
                     number(runtime, "lane_degraded_count"));
    assert_int_equal(number(runtime, "lane_agents_running"), number(lanes, "running_count"));
    assert_int_equal(number(health, "state_counts.blocked") +
                         (orx_node_path(progress, "lane_state_counts")
                              ? number(progress, "lane_state_counts.blocked")
                              : 0),
                     number(progress, "counts.blocked"));
    ORX_NODE_EACH(orx_node_get(lanes, "lanes"), row) {
        const char *word = orx_node_str(orx_node_get(row, "health"), "");
        bool failed = false;
        for (const orx_health_finding *n = r->first; n; n = n->next)
            if (strcmp(n->subject, orx_node_str(orx_node_get(row, "id"), "")) == 0)
                failed = n->severity == ORX_HEALTH_FAILS;
        bool fine = strcmp(word, "ok") == 0 || strcmp(word, "paused") == 0 ||
                    strcmp(word, "idle") == 0 || strcmp(word, "unknown") == 0;
        assert_int_equal(failed, !fine);
        if (failed)
            assert_false(r->ok);
    }
}

static void two_hundred_fleets_and_no_contradiction(void **state) {
    (void)state;
    int well = 0;
    for (seed = 1; seed <= 200; seed++) {
        uint64_t from = seed;
        orx_unit_facts units[UNITS_MAX];
        char names[UNITS_MAX][16];
        orx_fleet_facts f;
        pass p;
        orx_budget_state budget = {0};
        any_fleet(&f, units, names, &budget);
        plan(&p, &f);
        /* Nothing came of what was planned. */
        p.deeds.start_supervisor.error = p.deeds.start_supervisor.planned ? "cannot" : "";
        p.deeds.restart_runner.cooling = draw(2);
        judge(&p, &f);
        agree(&f, &p);
        well += p.report.ok;
        end(&p);
        seed = from;
    }
    /* The draw must not be about sick fleets only. */
    assert_true(well >= 5 && well <= 195);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_91_the_table_of_words),
        cmocka_unit_test(what_a_supervisor_says_goes_beyond_processes),
        cmocka_unit_test(case_42_both_at_work),
        cmocka_unit_test(case_43_a_missing_supervisor_is_started),
        cmocka_unit_test(case_44_the_runner_is_not_there_yet),
        cmocka_unit_test(case_45_cooling_down),
        cmocka_unit_test(case_46_a_finished_runner_is_healthy),
        cmocka_unit_test(case_47_a_stale_runner_that_stays_is_no_restart),
        cmocka_unit_test(case_48_a_finished_queue_is_full_autonomy),
        cmocka_unit_test(nothing_that_somebody_stopped_is_started),
        cmocka_unit_test(findings_say_what_to_do),
        cmocka_unit_test(the_network_is_a_line),
        cmocka_unit_test(model_servers_that_are_not_well_are_named),
        cmocka_unit_test(an_idle_lane_says_what_keeps_it),
        cmocka_unit_test(two_hundred_fleets_and_no_contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
