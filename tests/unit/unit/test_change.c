/* Units that come and go while the keeper is at work, and units that may not start. */
#include "sim.h"

#include <stdio.h>

#define END                                                                                        \
    { .name = NULL }

/* What stands behind the specs of a test. */
typedef struct behind {
    const char *why; /* NULL = it may start */
    int asked;
    int released;
} behind;

static bool may_start(void *user, const char **ret_why) {
    behind *b = user;
    b->asked++;
    if (b->why)
        *ret_why = b->why;
    return !b->why;
}

static void release(void *user) {
    ((behind *)user)->released++;
}

static bool no_work(int64_t idle_seq, void *user) {
    (void)idle_seq;
    (void)user;
    return false;
}

static orx_unit_spec with(world *w, const char *name, const char *program, behind *b) {
    orx_unit_spec spec = unit_of(w, name, program);
    spec.may_start = may_start;
    spec.release = release;
    spec.work = no_work;
    spec.user = b;
    return spec;
}

static int64_t last_event(world *w) {
    return orx_event_last(w->store);
}

static void one_that_may_not_start_says_why_and_starts_when_it_may(void **state) {
    (void)state;
    behind b = {.why = "the repository is missing"};
    world w;
    world_open(&w, 1);
    keep(&w, (orx_unit_spec[]){with(&w, "one", "steady", &b), END});
    expect_state(&w, "one", ORX_UNIT_IDLE);
    assert_string_equal(look(&w, "one").cause, "held back");
    assert_string_equal(look(&w, "one").status, "the repository is missing");
    /* It is not told again and again. */
    int64_t before = last_event(&w);
    pass(&w, 3600 * ORX_SEC);
    assert_int_equal(last_event(&w), before);
    assert_int_equal(w.launches, 0);
    b.why = "it waits for another";
    pass(&w, 5 * ORX_SEC);
    assert_string_equal(look(&w, "one").status, "it waits for another");
    b.why = NULL;
    await(&w, "one", ORX_UNIT_READY);
    assert_string_equal(look(&w, "one").status, "well");
    assert_int_equal(w.launches, 1);
    leave(&w);
    assert_int_equal(b.released, 1);
    world_close(&w);
}

/* A wish does not open the gate, and the gate is asked before every start. */
static void a_wish_does_not_open_the_gate(void **state) {
    (void)state;
    behind b = {0};
    world w;
    world_open(&w, 2);
    keep(&w, (orx_unit_spec[]){with(&w, "one", "fails", &b), END});
    await(&w, "one", ORX_UNIT_BACKOFF);
    b.why = "no";
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_IDLE);
    assert_int_equal(w.launches, 1);
    ask(&w, "one", ORX_UNIT_START);
    ask(&w, "one", ORX_UNIT_RESTART);
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_IDLE);
    assert_int_equal(w.launches, 1);
    ask(&w, "one", ORX_UNIT_STOP);
    b.why = NULL;
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    assert_int_equal(w.launches, 1);
    world_close(&w);
}

static void a_manual_unit_starts_only_when_asked(void **state) {
    (void)state;
    behind b = {0};
    world w;
    world_open(&w, 3);
    orx_unit_spec spec = with(&w, "one", "steady", &b);
    spec.manual = true;
    keep(&w, (orx_unit_spec[]){spec, END});
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    assert_true(look(&w, "one").manual);
    assert_ok(orx_keeper_ensure(w.k, "one", &w.err), &w.err);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    ask(&w, "one", ORX_UNIT_START);
    await(&w, "one", ORX_UNIT_READY);
    world_close(&w);
}

/* A predecessor's flag says that it was paused, until the journal knows better. */
static void a_flag_pauses_it_the_first_time(void **state) {
    (void)state;
    behind b = {0};
    world w;
    world_open(&w, 4);
    orx_unit_spec spec = with(&w, "one", "steady", &b);
    spec.paused = true;
    keep(&w, (orx_unit_spec[]){spec, END});
    expect_state(&w, "one", ORX_UNIT_PAUSED);
    assert_true(look(&w, "one").held);
    ask(&w, "one", ORX_UNIT_RESUME);
    await(&w, "one", ORX_UNIT_READY);
    assert_false(look(&w, "one").held);
    leave(&w);
    w.doubled = false;
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_READY);
    world_close(&w);
}

static void another_spec_counts_from_the_next_start_on(void **state) {
    (void)state;
    behind first = {0};
    behind second = {0};
    behind third = {0};
    world w;
    world_open(&w, 5);
    keep(&w, (orx_unit_spec[]){with(&w, "one", "steady", &first), END});
    await(&w, "one", ORX_UNIT_READY);
    int64_t pid = w.pid;
    orx_unit_spec spec = with(&w, "one", "steady", &second);
    assert_ok(orx_keeper_replace(w.k, &spec, &w.err), &w.err);
    expect_state(&w, "one", ORX_UNIT_DRAINING);
    assert_int_equal(first.released, 0);
    /* The one before last is never used. */
    spec = with(&w, "one", "steady", &third);
    assert_ok(orx_keeper_replace(w.k, &spec, &w.err), &w.err);
    assert_int_equal(second.released, 1);
    await(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.signals, 1);
    assert_true(w.pid != pid);
    assert_int_equal(first.released, 1);
    assert_int_equal(third.released, 0);
    assert_int_equal(second.asked, 0);
    assert_int_equal(third.asked, 1);
    world_close(&w);
    assert_int_equal(third.released, 1);
}

static void one_that_was_stopped_stays_so_whatever_it_is_made_of(void **state) {
    (void)state;
    behind b = {0};
    world w;
    world_open(&w, 6);
    orx_unit_spec spec = with(&w, "one", "steady", &b);
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_READY);
    ask(&w, "one", ORX_UNIT_PAUSE);
    await(&w, "one", ORX_UNIT_PAUSED);
    assert_ok(orx_keeper_replace(w.k, &spec, &w.err), &w.err);
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_PAUSED);
    ask(&w, "one", ORX_UNIT_STOP);
    assert_ok(orx_keeper_replace(w.k, &spec, &w.err), &w.err);
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    assert_int_equal(w.launches, 1);
    assert_int_equal(b.released, 2);
    world_close(&w);
}

static void switched_off_it_finishes_and_switched_on_it_begins(void **state) {
    (void)state;
    behind b = {0};
    world w;
    world_open(&w, 7);
    orx_unit_spec on = with(&w, "one", "steady", &b);
    orx_unit_spec off = on;
    off.manual = true;
    keep(&w, (orx_unit_spec[]){on, END});
    await(&w, "one", ORX_UNIT_READY);
    assert_ok(orx_keeper_replace(w.k, &off, &w.err), &w.err);
    expect_state(&w, "one", ORX_UNIT_DRAINING);
    await(&w, "one", ORX_UNIT_STOPPED);
    assert_false(look(&w, "one").held);
    assert_ok(orx_keeper_replace(w.k, &on, &w.err), &w.err);
    await(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.launches, 2);
    /* Off and on again before it has ended: it is started anew, once. */
    assert_ok(orx_keeper_replace(w.k, &off, &w.err), &w.err);
    assert_ok(orx_keeper_replace(w.k, &on, &w.err), &w.err);
    await(&w, "one", ORX_UNIT_STARTING);
    await(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.launches, 3);
    world_close(&w);
}

typedef struct names {
    char text[200];
} names;

static void add_name(const orx_unit_view *unit, void *user) {
    names *n = user;
    size_t len = strlen(n->text);
    (void)snprintf(n->text + len, sizeof n->text - len, "%s ", unit->name);
}

static void units_come_and_go(void **state) {
    (void)state;
    behind one = {0};
    behind two = {0};
    world w;
    world_open(&w, 8);
    keep(&w, (orx_unit_spec[]){with(&w, "one", "idler", &one), END});
    await(&w, "one", ORX_UNIT_IDLE);
    orx_unit_spec spec = with(&w, "two", "steady", &two);
    assert_ok(orx_keeper_add(w.k, &spec, &w.err), &w.err);
    await(&w, "two", ORX_UNIT_READY);
    /* Twice is once; the spec that was refused is given back. */
    assert_int_equal(orx_keeper_add(w.k, &spec, &w.err), ORX_E_EXISTS);
    assert_int_equal(two.released, 1);
    orx_keeper_retire(w.k, "one");
    orx_keeper_retire(w.k, "two");
    orx_keeper_retire(w.k, "three");
    expect_state(&w, "two", ORX_UNIT_DRAINING);
    assert_int_equal(orx_keeper_ask(w.k, "two", ORX_UNIT_START, &w.err), ORX_E_NOT_FOUND);
    assert_true(orx_keeper_has_process(w.k, "two"));
    pass(&w, 60 * ORX_SEC);
    names n = {""};
    orx_keeper_each(w.k, add_name, &n);
    assert_string_equal(n.text, "");
    assert_int_equal(one.released, 1);
    assert_int_equal(two.released, 2);
    assert_false(orx_keeper_has_process(w.k, "two"));
    /* It comes back, and is as the operator left it. */
    assert_ok(orx_keeper_add(w.k, &spec, &w.err), &w.err);
    await(&w, "two", ORX_UNIT_READY);
    world_close(&w);
}

static void one_that_comes_back_while_it_goes_stays(void **state) {
    (void)state;
    behind b = {0};
    world w;
    world_open(&w, 9);
    orx_unit_spec spec = with(&w, "one", "steady", &b);
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_READY);
    orx_keeper_retire(w.k, "one");
    assert_ok(orx_keeper_replace(w.k, &spec, &w.err), &w.err);
    await(&w, "one", ORX_UNIT_STARTING);
    await(&w, "one", ORX_UNIT_READY);
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.launches, 2);
    world_close(&w);
}

typedef struct told {
    char text[300];
    int failed;
} told;

static void on_done(const orx_unit_view *unit, orx_unit_state before, int rc, const orx_err *err,
                    void *user) {
    told *t = user;
    size_t n = strlen(t->text);
    (void)err;
    t->failed += rc < 0;
    (void)snprintf(t->text + n, sizeof t->text - n, "%s:%s>%s ", unit->name,
                   orx_unit_state_name(before), orx_unit_state_name(unit->state));
}

typedef struct counted {
    const world *w;
    int asked;
    int open; /* while its transaction went on */
} counted;

static void on_count(const orx_unit_view *unit ORX_UNUSED, orx_unit_state before ORX_UNUSED, int rc,
                     const orx_err *err ORX_UNUSED, void *user) {
    counted *n = user;
    n->asked += rc == 0;
    n->open += orx_tx_active(n->w->store);
}

static void a_kind_is_asked_as_a_whole(void **state) {
    (void)state;
    world w;
    world_open(&w, 10);
    orx_unit_spec a = unit_of(&w, "a", "steady");
    orx_unit_spec b = unit_of(&w, "b", "steady");
    orx_unit_spec off = unit_of(&w, "off", "steady");
    a.kind = b.kind = off.kind = ORX_UNIT_LANE;
    off.manual = true;
    keep(&w, (orx_unit_spec[]){unit_of(&w, "runner", "steady"), a, b, off, END});
    await(&w, "b", ORX_UNIT_READY);
    told t = {.failed = 0};
    orx_keeper_ask_all(w.k, ORX_UNIT_LANE, ORX_UNIT_STOP, on_done, &t);
    assert_string_equal(t.text, "a:ready>stopping b:ready>stopping off:stopped>stopped ");
    await(&w, "a", ORX_UNIT_STOPPED);
    await(&w, "b", ORX_UNIT_STOPPED);
    expect_state(&w, "runner", ORX_UNIT_READY);
    /* Nobody who was stopped is ensured. */
    t = (told){.failed = 0};
    orx_keeper_ensure_all(w.k, ORX_UNIT_LANE, on_done, &t);
    assert_string_equal(t.text, "a:stopped>stopped b:stopped>stopped ");
    t = (told){.failed = 0};
    orx_keeper_ask_all(w.k, ORX_UNIT_LANE, ORX_UNIT_START, on_done, &t);
    assert_string_equal(t.text, "a:stopped>starting b:stopped>starting ");
    assert_int_equal(t.failed, 0);
    await(&w, "b", ORX_UNIT_READY);
    w.doubled = false; /* they are different units */
    leave(&w);
    world_close(&w);
}

/* What is asked of many does not wait for the disk once for each. */
static void many_are_asked_in_a_few_transactions(void **state) {
    (void)state;
    enum { MANY = 100 };
    world w;
    char called[MANY][8];
    orx_unit_spec specs[MANY + 1];
    world_open(&w, 12);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(called[i], sizeof called[i], "u%d", i);
        specs[i] = unit_of(&w, called[i], "steady");
        specs[i].kind = ORX_UNIT_LANE;
        specs[i].manual = true;
    }
    specs[MANY] = (orx_unit_spec)END;
    keep(&w, specs);
    counted n = {.w = &w};
    orx_keeper_ask_all(w.k, ORX_UNIT_LANE, ORX_UNIT_STOP, on_count, &n);
    assert_int_equal(n.asked, MANY);
    assert_true(n.open > MANY / 2);
    assert_false(orx_tx_active(w.store));
    leave(&w);
    world_close(&w);
}

/* One that ended by itself and is not restarted is what `ensure` is for. Many who ask start it
 * once. */
static void ensure_starts_what_ended_by_itself_once(void **state) {
    (void)state;
    world w;
    world_open(&w, 11);
    orx_unit_spec spec = unit_of(&w, "one", "talks");
    spec.policy.restart = ORX_RESTART_NO;
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_STOPPED);
    for (int i = 0; i < 5; i++)
        assert_ok(orx_keeper_ensure(w.k, "one", &w.err), &w.err);
    await(&w, "one", ORX_UNIT_STOPPED);
    assert_int_equal(w.launches, 2);
    assert_int_equal(orx_keeper_ensure(w.k, "none", &w.err), ORX_E_NOT_FOUND);
    assert_contains(w.err.msg, "there are: one");
    world_close(&w);
}

static bool rests(void *user) {
    return ((behind *)user)->asked == 0;
}

/* What had nothing to do before, and has nothing now, is not started to find that out. */
static void one_that_was_idle_may_stay_so(void **state) {
    (void)state;
    behind b = {0};
    world w;
    world_open(&w, 15);
    orx_unit_spec spec = with(&w, "one", "idler", &b);
    spec.may_start = NULL;
    spec.rests = rests;
    keep(&w, (orx_unit_spec[]){spec, END});
    await(&w, "one", ORX_UNIT_IDLE);
    assert_int_equal(w.launches, 1); /* the first time it is: the journal knew nothing of it */
    leave(&w);
    keep(&w, (orx_unit_spec[]){spec, END});
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_IDLE);
    assert_int_equal(w.launches, 1);
    ask(&w, "one", ORX_UNIT_START);
    pass(&w, 60 * ORX_SEC);
    assert_int_equal(w.launches, 2);
    leave(&w);
    b.asked = 1; /* now it has something to do */
    keep(&w, (orx_unit_spec[]){spec, END});
    pass(&w, 60 * ORX_SEC);
    assert_int_equal(w.launches, 3);
    world_close(&w);
}

static void keep_many(world *w, int n, const char *program) {
    orx_unit_spec *specs = orx_arena_zalloc(&w->arena, (size_t)n + 1, sizeof *specs);
    for (int i = 0; i < n; i++)
        specs[i] = unit_of(w, orx_arena_printf(&w->arena, "u%d", i), program);
    keep(w, specs);
}

/* Many that are to start do so in turns; those that hang on their way up hold nobody up for long.
 */
static void many_start_in_turns(void **state) {
    (void)state;
    world w;
    world_open(&w, 13);
    keep_many(&w, 40, "mute");
    pass(&w, 500 * ORX_MS);
    assert_int_equal(w.launches, 16);
    expect_state(&w, "u15", ORX_UNIT_STARTING);
    pass(&w, 5 * ORX_SEC);
    assert_int_equal(w.launches, 40);
    /* Who waits for its turn can be stopped. */
    orx_keeper_shutdown(w.k, true);
    assert_int_equal(orx_loop_until(w.p, orx_keeper_down(w.k), 0), 0);
    w.doubled = false; /* they are different units */
    world_close(&w);
}

static void those_that_come_up_make_room_at_once(void **state) {
    (void)state;
    world w;
    world_open(&w, 14);
    keep_many(&w, 40, "steady");
    pass(&w, 900 * ORX_MS);
    assert_int_equal(w.launches, 40);
    expect_state(&w, "u39", ORX_UNIT_READY);
    w.doubled = false;
    leave(&w);
    world_close(&w);
}

/* What an operator wants while nobody keeps anything. */
static void a_stop_is_remembered_without_a_keeper(void **state) {
    (void)state;
    world w;
    world_open(&w, 12);
    assert_ok(orx_tx_begin(w.store, &w.err), &w.err);
    assert_ok(orx_unit_rows_stop(w.store, "one", ORX_UNIT_LANE, &w.err), &w.err);
    assert_ok(orx_tx_commit(w.store, &w.err), &w.err);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), END});
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_STOPPED);
    assert_true(look(&w, "one").held);
    ask(&w, "one", ORX_UNIT_START);
    await(&w, "one", ORX_UNIT_READY);
    world_close(&w);
}

/* Random changes of everything for days: never two processes, and at the end the last spec alone is
 * in use. */
static void any_course_of_changes(void **state) {
    (void)state;
    static const char *const programs[] = {"steady", "fails", "stubborn", "idler", "beats"};
    for (uint64_t seed = 200; seed < 230; seed++) {
        behind b = {0};
        int handed = 0;
        world w;
        world_open(&w, seed);
        keep(&w, (orx_unit_spec[]){END});
        for (int i = 0; i < 80; i++) {
            orx_unit_spec spec =
                with(&w, "one", programs[orx_sim_draw(w.sim, ORX_ARRAY_LEN(programs))], &b);
            spec.manual = orx_sim_draw(w.sim, 3) == 0;
            pass(&w, (int64_t)orx_sim_draw(w.sim, 200) * ORX_SEC);
            b.why = orx_sim_draw(w.sim, 3) == 0 ? "not now" : NULL;
            uint64_t what = orx_sim_draw(w.sim, 4);
            if (what == 0)
                orx_keeper_retire(w.k, "one");
            else if (what < 3 && orx_keeper_replace(w.k, &spec, NULL) == ORX_E_NOT_FOUND)
                (void)orx_keeper_add(w.k, &spec, NULL), handed++;
            else if (what == 3)
                (void)orx_keeper_ask(
                    w.k, "one", (orx_unit_event)orx_sim_draw(w.sim, ORX_UNIT_RESUME + 1), NULL);
            handed += what == 1 || what == 2;
            w.history[0] = '\0';
        }
        orx_keeper_retire(w.k, "one");
        pass(&w, 7200 * ORX_SEC);
        assert_int_equal(b.released, handed);
        assert_true(!w.pid || orx_pid_state_of(w.p, w.pid, w.start) == ORX_PID_GONE);
        world_close(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_may_not_start_says_why_and_starts_when_it_may),
        cmocka_unit_test(a_wish_does_not_open_the_gate),
        cmocka_unit_test(a_manual_unit_starts_only_when_asked),
        cmocka_unit_test(a_flag_pauses_it_the_first_time),
        cmocka_unit_test(another_spec_counts_from_the_next_start_on),
        cmocka_unit_test(one_that_was_stopped_stays_so_whatever_it_is_made_of),
        cmocka_unit_test(switched_off_it_finishes_and_switched_on_it_begins),
        cmocka_unit_test(units_come_and_go),
        cmocka_unit_test(one_that_comes_back_while_it_goes_stays),
        cmocka_unit_test(a_kind_is_asked_as_a_whole),
        cmocka_unit_test(many_are_asked_in_a_few_transactions),
        cmocka_unit_test(ensure_starts_what_ended_by_itself_once),
        cmocka_unit_test(one_that_was_idle_may_stay_so),
        cmocka_unit_test(many_start_in_turns),
        cmocka_unit_test(those_that_come_up_make_room_at_once),
        cmocka_unit_test(a_stop_is_remembered_without_a_keeper),
        cmocka_unit_test(any_course_of_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
