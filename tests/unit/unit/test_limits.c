/* What units may take: limits of cgroups that are only files here, and what becomes of a unit that
 * met one. */
#include "sim.h"

#include "data/doc.h"

#define GROUPS ROOT "/groups/orxaq-0."
#define GROUP  GROUPS "one/"

#define END                                                                                        \
    { .name = NULL }

static void put(world *w, const char *path, const char *text) {
    assert_ok(orx_write_replace(w->p, path, orx_view_of(text), 0644, &w->err), &w->err);
}

static void expect_file(world *w, const char *path, const char *text) {
    char *found = content(w, path);
    assert_string_equal(found, text);
    free(found);
}

/* The group as the kernel would make it: with its files. */
static void open_world(world *w, bool memory, bool tasks) {
    world_open(w, 7);
    w->groups = GROUPS;
    w->memory_groups = memory;
    w->tasks_groups = tasks;
    assert_ok(orx_mkdirs(w->p, ROOT "/groups/orxaq-0.one", false, &w->err), &w->err);
    assert_ok(orx_mkdirs(w->p, ROOT "/groups/orxaq-0.two", false, &w->err), &w->err);
    put(w, GROUPS "two/memory.max", "max\n");
    put(w, GROUPS "two/pids.max", "max\n");
    put(w, GROUP "cgroup.events", "populated 0\n");
    put(w, GROUP "memory.max", "max\n");
    put(w, GROUP "pids.max", "max\n");
    put(w, GROUP "memory.events", "oom 0\noom_kill 3\n");
    put(w, GROUP "pids.events", "max 9\n");
}

static orx_unit_spec limited(world *w, const char *program) {
    orx_unit_spec spec = unit_of(w, "one", program);
    spec.limits = (orx_unit_limits){INT64_C(1) << 30, 64};
    return spec;
}

static void limits_are_those_of_the_group(void **state) {
    (void)state;
    world w;
    open_world(&w, true, true);
    keep(&w, (orx_unit_spec[]){limited(&w, "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    expect_file(&w, GROUP "memory.max", "1073741824");
    expect_file(&w, GROUP "pids.max", "64");
    orx_unit_view view = look(&w, "one");
    assert_true(view.memory_grouped && view.tasks_grouped);
    assert_null(view.limits_weak);
    assert_int_equal(w.problems, 0);
    /* What was before its process is not of it, and what only tried is no kill. */
    put(&w, GROUP "memory.events", "oom 8\noom_kill 3\n");
    pass(&w, 10 * ORX_SEC);
    assert_int_equal(w.problems, 0);
    world_close(&w);
}

static void one_without_limits_gets_those_of_nobody(void **state) {
    (void)state;
    world w;
    open_world(&w, true, true);
    put(&w, GROUP "memory.max", "1\n");
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    expect_file(&w, GROUP "memory.max", "max");
    assert_null(look(&w, "one").limits_weak);
    put(&w, GROUP "memory.events", "oom_kill 4\n");
    pass(&w, 10 * ORX_SEC);
    assert_int_equal(w.problems, 0);
    world_close(&w);
}

static void count_limited(world *w, const char *limit, int expected) {
    orx_sql *q;
    assert_ok(orx_sql_get(w->store,
                          "SELECT count(*) FROM event WHERE kind = 'unit.limited' AND "
                          "body LIKE '%\"limit\":\"' || ?1 || '\"%'",
                          &q, &w->err),
              &w->err);
    orx_sql_str(q, 1, limit);
    assert_int_equal(orx_sql_step(q, &w->err), 1);
    assert_int_equal(orx_sql_col_int(q, 0), expected);
    orx_sql_reset(q);
}

static void a_kill_for_want_of_memory_is_the_cause(void **state) {
    (void)state;
    world w;
    open_world(&w, true, true);
    keep(&w, (orx_unit_spec[]){limited(&w, "crashes"), END});
    await(&w, "one", ORX_UNIT_READY);
    put(&w, GROUP "memory.events", "oom 1\noom_kill 4\n");
    await(&w, "one", ORX_UNIT_BACKOFF);
    orx_unit_view view = look(&w, "one");
    assert_string_equal(view.cause, "out of memory (memory_max)");
    assert_string_equal(view.last_exit, "signal 11, memory_max was met");
    assert_int_equal(view.failures, 1);
    assert_contains(w.problem, "one: a process of it was killed");
    count_limited(&w, "memory_max", 1);
    /* The next process begins anew. */
    await(&w, "one", ORX_UNIT_READY);
    await(&w, "one", ORX_UNIT_BACKOFF);
    assert_string_equal(look(&w, "one").cause, "crashed");
    assert_string_equal(look(&w, "one").last_exit, "signal 11");
    count_limited(&w, "memory_max", 1);
    await(&w, "one", ORX_UNIT_FATAL);
    assert_string_equal(look(&w, "one").cause, "crash loop");
    world_close(&w);
}

static void a_refused_process_is_the_cause(void **state) {
    (void)state;
    world w;
    open_world(&w, true, true);
    orx_unit_spec spec = limited(&w, "fails");
    spec.policy.restart = ORX_RESTART_ON_ABNORMAL; /* it failed in good order */
    keep(&w, (orx_unit_spec[]){spec, END});
    pass(&w, 500 * ORX_MS);
    put(&w, GROUP "pids.events", "max 10\n");
    await(&w, "one", ORX_UNIT_FATAL);
    assert_string_equal(look(&w, "one").cause, "no more processes (tasks_max)");
    assert_string_equal(look(&w, "one").last_exit, "exit 7, tasks_max was met");
    count_limited(&w, "tasks_max", 1);
    world_close(&w);
}

/* An agent was killed, its runner goes on: that is no end, but it is told, once. */
static void one_that_goes_on_tells_it(void **state) {
    (void)state;
    world w;
    open_world(&w, true, true);
    keep(&w, (orx_unit_spec[]){limited(&w, "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    put(&w, GROUP "memory.events", "oom_kill 5\n");
    pass(&w, 60 * ORX_SEC);
    expect_state(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.problems, 1);
    count_limited(&w, "memory_max", 1);
    ask(&w, "one", ORX_UNIT_STOP);
    await(&w, "one", ORX_UNIT_STOPPED);
    assert_string_equal(look(&w, "one").cause, "asked to stop");
    world_close(&w);
}

static void where_it_holds_for_less_that_is_said_once(void **state) {
    (void)state;
    static const struct {
        bool groups;
        bool memory;
        bool tasks;
        int problems;
        const char *why;
    } cases[] = {
        {true, false, true, 1, "nothing is delegated"},
        {true, true, false, 1, "nothing is delegated"},
        {true, false, false, 2, "nothing is delegated"},
        {false, false, false, 2, "it has no cgroup of its own"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        world w;
        open_world(&w, cases[i].memory, cases[i].tasks);
        if (!cases[i].groups)
            w.groups = NULL;
        orx_unit_spec other = limited(&w, "steady");
        other.name = "two";
        other.manual = true;
        keep(&w, (orx_unit_spec[]){limited(&w, "steady"), other, END});
        await(&w, "one", ORX_UNIT_READY);
        orx_unit_view view = look(&w, "one");
        assert_int_equal(view.memory_grouped, cases[i].memory);
        assert_int_equal(view.tasks_grouped, cases[i].tasks);
        assert_string_equal(view.limits_weak, cases[i].why);
        assert_int_equal(w.problems, cases[i].problems);
        assert_contains(w.problem, cases[i].why);
        ask(&w, "one", ORX_UNIT_STOP);
        await(&w, "one", ORX_UNIT_STOPPED);
        ask(&w, "two", ORX_UNIT_START);
        await(&w, "two", ORX_UNIT_READY);
        assert_string_equal(look(&w, "two").limits_weak, cases[i].why);
        assert_int_equal(w.problems, cases[i].problems);
        world_close(&w);
    }
}

/* The kernel refuses: as where nothing is delegated. */
static void a_group_that_takes_no_limit(void **state) {
    (void)state;
    world w;
    open_world(&w, true, true);
    assert_ok(orx_unlink(w.p, GROUP "memory.max", &w.err), &w.err);
    keep(&w, (orx_unit_spec[]){limited(&w, "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    orx_unit_view view = look(&w, "one");
    assert_false(view.memory_grouped);
    assert_true(view.tasks_grouped);
    assert_string_equal(view.limits_weak, "its cgroup does not take limits");
    expect_file(&w, GROUP "pids.max", "64");
    assert_int_equal(w.problems, 2);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_those_of_the_group),
        cmocka_unit_test(one_without_limits_gets_those_of_nobody),
        cmocka_unit_test(a_kill_for_want_of_memory_is_the_cause),
        cmocka_unit_test(a_refused_process_is_the_cause),
        cmocka_unit_test(one_that_goes_on_tells_it),
        cmocka_unit_test(where_it_holds_for_less_that_is_said_once),
        cmocka_unit_test(a_group_that_takes_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
