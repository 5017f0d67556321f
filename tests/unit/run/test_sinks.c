/* Sinks get what they want, in order, at least once, and never in the way of the work. The sink is
 * tests/unit/plugin's tame plugin; journal, files and clock are real. */
#include "run/sink.h"

#include "config/config.h"
#include "jobs.h"
#include "test.h"

#include <stdio.h>

#define SEC_DRAIN (5 * ORX_SEC)

/* A root with one configured sink, and as much of a runner as sinks need. */
typedef struct rig {
    world *w;
    orx_config *cfg;
    orx_store *s;
    orx_runner r;
} rig;

static rig one;
static orx_str told; /* to the listener */

/* What the sink was given: "SEQ:kind " for each record, "| " after each batch. */
static orx_str given;
static uint32_t largest;
static size_t heaviest;
static int fails; /* so many batches more */
static bool hangs;

static int32_t on_flush(int32_t op, const void *args, const orxaq_events *events) {
    (void)events;
    const orxaq_flush_args *a = args;
    size_t bytes = 0;
    assert_int_equal(op, ORXAQ_OP_FLUSH);
    for (uint32_t i = 0; i < a->record_count; i++) {
        const orxaq_record *r = ORXAQ_AT(orxaq_record, a->records, i);
        orx_str_addf(&given, "%llu:%.*s ", (unsigned long long)r->seq, (int)r->kind.len,
                     r->kind.data);
        bytes += r->body.len;
    }
    orx_str_adds(&given, "| ");
    largest = a->record_count > largest ? a->record_count : largest;
    heaviest = bytes > heaviest ? bytes : heaviest;
    return ORXAQ_OK;
}

static int32_t on_next(const orxaq_events *events, orxaq_effect *effect) {
    if (hangs)
        return jobs_next_one_exec(events, effect);
    jobs_outcome(events, fails > 0 ? ORXAQ_KIND_NETWORK : ORXAQ_KIND_OK, "the far end is away");
    fails -= fails > 0;
    return ORXAQ_NEXT_DONE;
}

static int32_t wants_news(orxaq_view kind) {
    return kind.len >= 5 && memcmp(kind.data, "news.", 5) == 0;
}

static void listen(const orx_run_note *note, void *user) {
    (void)user;
    orx_str_addf(&told, "%d %s\n", (int)note->kind, note->text);
}

static const orx_store_room *const rooms[] = {&orx_task_room, &orx_money_room, &orx_route_room,
                                              &orx_run_room, NULL};

/* A process begins. */
static void rig_open(const char *origin) {
    orx_err err = ORX_ERR_INIT;
    const orx_config_options options = {.root = one.w->dir, .cwd = one.w->dir};
    assert_ok(orx_config_load(one.w->p, &options, &one.cfg, NULL, &err), &err);
    assert_ok(orx_store_open(one.w->p, one.w->dir, origin, rooms, ORX_STORE_CREATE, &one.s, &err),
              &err);
    one.r = (orx_runner){.p = one.w->p, .cfg = one.cfg, .s = one.s, .lane = "primary"};
    one.r.setup = (orx_run_setup){
        .cfg = one.cfg, .store = one.s, .plugins = one.w->plugins, .listener = listen};
    orx_run_sinks_start(&one.r);
}

static void rig_close(void) {
    orx_run_sinks_free(&one.r);
    orx_arena_free(&one.r.arena);
    orx_store_close(one.s);
    orx_config_free(one.cfg);
    one.s = NULL;
    one.cfg = NULL;
}

static void rig_reopen(void) {
    rig_close();
    rig_open("primary");
}

static void hooks(void) {
    tame.open = on_flush;
    tame.next = on_next;
    tame.wants = wants_news;
}

static int setup(void **state) {
    world_setup(state);
    world *w = *state;
    one = (rig){.w = w};
    largest = 0;
    heaviest = 0;
    fails = 0;
    hangs = false;
    world_file(w, "orxaq.yaml", "version: 1\nplugins: [{name: tame}]\n");
    tame_reset();
    world_module(w, "tame", tame_query);
    hooks();
    rig_open("primary");
    return 0;
}

static int teardown(void **state) {
    rig_close();
    orx_str_free(&given);
    orx_str_free(&told);
    return world_teardown(state);
}

static void happen(const char *kind, int count, size_t weight) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    char *text = orx_arena_zalloc(&arena, weight + 1, 1);
    memset(text, 'x', weight);
    orx_node_set_str(&arena, body, "text", text);
    const orx_event e = {.kind = kind, .schema = 1, .body = body};
    assert_ok(orx_tx_begin(one.s, &err), &err);
    for (int i = 0; i < count; i++)
        assert_ok(orx_event_append(one.s, &e, NULL, &err), &err);
    assert_ok(orx_tx_commit(one.s, &err), &err);
}

static void drain(void) {
    orx_run_sinks_drain(&one.r, SEC_DRAIN);
}

static void was_given(const char *expected) {
    assert_string_equal(orx_str_cstr(&given), expected);
    orx_str_clear(&given);
}

static bool add_kind(const orx_event_row *row, void *user) {
    if (orx_view_starts(row->kind, "sink."))
        orx_str_addf(user, "%.*s %.*s\n", ORX_VIEW_ARG(row->kind), ORX_VIEW_ARG(row->body));
    return true;
}

/* The events about sinks, which are only noted, after they were written. */
static void events_are(const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_event_filter all = {0};
    assert_ok(orx_tx_begin(one.s, &err), &err);
    assert_ok(orx_tx_commit(one.s, &err), &err);
    assert_ok(orx_event_each(one.s, &all, add_kind, &text, &err), &err);
    assert_string_equal(orx_str_cstr(&text), expected);
}

/* ---- Delivery -------------------------------------------------------------------------------- */

static void wanted_events_come_once_and_in_order(void **state) {
    (void)state;
    happen("news.first", 1, 0);
    happen("dull.one", 1, 0);
    happen("news.second", 2, 0);
    drain();
    was_given("1:news.first 3:news.second 4:news.second | ");
    drain();
    was_given("");
    rig_reopen();
    happen("news.third", 1, 0);
    drain();
    was_given("5:news.third | ");
}

/* The timer feeds while the loop runs, without anybody draining. */
static void the_loop_feeds(void **state) {
    world *w = *state;
    happen("news.first", 1, 0);
    while (!given.len)
        orx_loop_step(w->p, ORX_SEC);
    was_given("1:news.first | ");
}

static void batches_are_bounded(void **state) {
    (void)state;
    happen("news.small", 2300, 10);
    drain();
    assert_int_equal(largest, ORX_SINK_RECORDS);
    orx_str_clear(&given);
    happen("news.large", 2000, 4000);
    drain();
    assert_true(heaviest > ORX_SINK_BYTES / 2);
    assert_true(heaviest <= ORX_SINK_BYTES);
    assert_int_equal(one.r.sinks->items[0].cursor, 4300);
}

/* A cursor behind many events that nobody wants is stored all the same. */
static void unwanted_events_move_the_cursor(void **state) {
    (void)state;
    happen("dull.one", 5000, 0);
    drain();
    was_given("");
    rig_reopen();
    drain();
    assert_int_equal(one.r.sinks->items[0].cursor, 5000);
}

/* ---- Failing --------------------------------------------------------------------------------- */

static void what_failed_comes_again(void **state) {
    (void)state;
    fails = 1;
    happen("news.first", 1, 0);
    drain();
    was_given("1:news.first | ");
    happen("news.second", 1, 0);
    drain();
    was_given("1:news.first 3:news.second | ");
    events_are("sink.failed {\"message\":\"the far end is away\",\"sink\":\"tame\"}\n"
               "sink.recovered {\"sink\":\"tame\"}\n");
    rig_reopen();
    drain();
    was_given("");
}

static void failures_are_reported_once_and_back_off(void **state) {
    (void)state;
    fails = 3;
    happen("news.first", 1, 0);
    orx_sink *s = &one.r.sinks->items[0];
    int64_t due[3];
    for (int i = 0; i < 3; i++) {
        drain();
        due[i] = s->due_ns;
    }
    assert_int_equal(s->failures, 3);
    assert_true(due[1] - due[0] >= ORX_SEC);
    assert_true(due[2] - due[1] >= 2 * ORX_SEC);
    events_are("sink.failed {\"message\":\"the far end is away\",\"sink\":\"tame\"}\n");
    assert_non_null(strstr(orx_str_cstr(&told), "the next run offers them again"));
}

/* A sink whose program hangs costs the drain its limit and no more. */
static void a_slow_sink_is_left_behind(void **state) {
    world *w = *state;
    static const step steps[] = {{.what = STEP_HANG}};
    program programs[] = {{.steps = steps}};
    world_programs(w, programs, 1);
    hangs = true;
    happen("news.first", 1, 0);
    orx_run_sinks_drain(&one.r, 100 * ORX_MS);
    was_given("1:news.first | ");
    orx_run_sinks_free(&one.r);
    world_programs(w, NULL, 0);
    hangs = false;
    rig_reopen();
    assert_int_equal(one.r.sinks->items[0].deaths, 0);
    drain();
    was_given("1:news.first | ");
}

static void what_cannot_be_loaded_is_left_out(void **state) {
    world *w = *state;
    rig_close();
    world_file(
        w, "orxaq.yaml",
        "version: 1\nplugins: [{name: absent}, {name: tame}, {name: off, enabled: false}]\n");
    rig_open("primary");
    assert_non_null(strstr(orx_str_cstr(&told), "left out: "));
    assert_non_null(strstr(orx_str_cstr(&told), "absent"));
    assert_null(strstr(orx_str_cstr(&told), "off"));
    happen("news.first", 1, 0);
    drain();
    was_given("1:news.first | ");
}

/* ---- Other processes ------------------------------------------------------------------------- */

/* Who dies inside a batch leaves a digit in the lock file. */
static void died(world *w, const char *digit) {
    orx_err err = ORX_ERR_INIT;
    rig_close();
    assert_ok(orx_mkdirs(w->p, world_path(w, "state/sinks"), false, &err), &err);
    world_file(w, "state/sinks/tame.lock", digit);
    orx_str_clear(&told);
    rig_open("primary");
}

static void after_a_death_it_is_fed_at_the_end(void **state) {
    world *w = *state;
    happen("news.first", 1, 0);
    drain();
    was_given("1:news.first | ");
    happen("news.second", 1, 0);
    died(w, "1\n");
    while (!strstr(orx_str_cstr(&told), "fed when the work is over"))
        orx_loop_step(w->p, ORX_SEC);
    was_given("");
    drain();
    was_given("2:news.second | ");
    assert_string_equal(world_read(w, "state/sinks/tame.lock"), "0\n");
}

static void after_three_deaths_it_is_left_alone(void **state) {
    world *w = *state;
    happen("news.first", 1, 0);
    died(w, "3\n");
    drain();
    was_given("");
    assert_non_null(strstr(orx_str_cstr(&told), "is left alone"));
    assert_non_null(strstr(orx_str_cstr(&told), "state/sinks/tame.lock"));
}

static int32_t look_at_lock(int32_t op, const void *args, const orxaq_events *events) {
    assert_string_equal(world_read(one.w, "state/sinks/tame.lock"), "1\n");
    return on_flush(op, args, events);
}

static void the_mark_stands_while_a_batch_runs(void **state) {
    world *w = *state;
    tame.open = look_at_lock;
    happen("news.first", 1, 0);
    drain();
    was_given("1:news.first | ");
    assert_string_equal(world_read(w, "state/sinks/tame.lock"), "0\n");
}

static void one_process_feeds(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    orx_file *other = NULL;
    assert_ok(orx_mkdirs(w->p, world_path(w, "state/sinks"), false, &err), &err);
    assert_ok(orx_file_open(w->p, world_path(w, "state/sinks/tame.lock"),
                            ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0600, &other, &err),
              &err);
    assert_ok(orx_file_lock(w->p, other, ORX_LOCK_EXCLUSIVE, false, &err), &err);
    happen("news.first", 1, 0);
    drain();
    was_given("");
    orx_file_close(w->p, other);
    drain();
    was_given("1:news.first | ");
}

/* ---- Retention ------------------------------------------------------------------------------- */

static void prune(int64_t until) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    assert_ok(orx_tx_begin(one.s, &err), &err);
    assert_ok(orx_sql_get(one.s, "DELETE FROM event WHERE seq <= ?1", &q, &err), &err);
    orx_sql_int(q, 1, until);
    assert_true(orx_sql_run(q, &err) >= 0);
    assert_ok(orx_tx_commit(one.s, &err), &err);
}

static void what_was_pruned_is_said(void **state) {
    (void)state;
    happen("news.first", 1, 0);
    drain();
    was_given("1:news.first | ");
    happen("news.second", 4, 0);
    prune(4);
    drain();
    was_given("5:news.second | ");
    events_are("sink.missed {\"first_seq\":2,\"last_seq\":4,\"sink\":\"tame\"}\n");
    assert_non_null(strstr(orx_str_cstr(&told), "the events 2 to 4"));
}

static void a_new_sink_has_missed_nothing(void **state) {
    (void)state;
    happen("news.first", 3, 0);
    prune(2);
    drain();
    was_given("3:news.first | ");
    events_are("");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(wanted_events_come_once_and_in_order),
        TEST(the_loop_feeds),
        TEST(batches_are_bounded),
        TEST(unwanted_events_move_the_cursor),
        TEST(what_failed_comes_again),
        TEST(failures_are_reported_once_and_back_off),
        TEST(a_slow_sink_is_left_behind),
        TEST(what_cannot_be_loaded_is_left_out),
        TEST(after_a_death_it_is_fed_at_the_end),
        TEST(after_three_deaths_it_is_left_alone),
        TEST(the_mark_stands_while_a_batch_runs),
        TEST(one_process_feeds),
        TEST(what_was_pruned_is_said),
        TEST(a_new_sink_has_missed_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
