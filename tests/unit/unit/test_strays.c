/* What is left in the cgroups of units that are not kept any more; groups that are only files here.
 */
#include "sim.h"

#define GROUPS ROOT "/groups/orxaq-0."
#define GROUP  GROUPS "gone/"

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

/* The journal names a group of "gone", in which something lives. */
static void open_world(world *w, const char *boot, int64_t pid, int64_t start) {
    orx_sql *q;
    world_open(w, 8);
    w->groups = GROUPS;
    assert_ok(orx_mkdirs(w->p, ROOT "/groups/orxaq-0.gone", false, &w->err), &w->err);
    put(w, GROUP "cgroup.events", "populated 1\n");
    put(w, GROUP "cgroup.kill", "");
    assert_ok(orx_tx_begin(w->store, &w->err), &w->err);
    assert_ok(orx_unit_rows_stop(w->store, "gone", ORX_UNIT_RUNNER, &w->err), &w->err);
    assert_ok(orx_sql_get(w->store,
                          "UPDATE unit SET cgroup = '" GROUPS "gone', boot = ?1, pid = ?2,"
                          " start = ?3 WHERE name = 'gone'",
                          &q, &w->err),
              &w->err);
    orx_sql_str(q, 1, boot ? boot : orx_boot_id(w->p));
    orx_sql_int(q, 2, pid);
    orx_sql_int(q, 3, start);
    assert_true(orx_sql_run(q, &w->err) == 1);
    assert_ok(orx_tx_commit(w->store, &w->err), &w->err);
}

static int64_t count(world *w, const char *sql) {
    orx_sql *q;
    assert_ok(orx_sql_get(w->store, sql, &q, &w->err), &w->err);
    assert_int_equal(orx_sql_step(q, &w->err), 1);
    int64_t n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

static int64_t named(world *w) {
    return count(w, "SELECT count(*) FROM unit WHERE cgroup != '' OR pid != 0");
}

static void what_is_left_is_killed_and_forgotten(void **state) {
    (void)state;
    world w;
    open_world(&w, NULL, 0, 0);
    keep(&w, (orx_unit_spec[]){unit_of(&w, "one", "steady"), END});
    await(&w, "one", ORX_UNIT_READY);
    pass(&w, ORX_SEC);
    expect_file(&w, GROUP "cgroup.kill", "1");
    assert_int_equal(w.problems, 0); /* it is not known to be gone */
    assert_int_equal(count(&w, "SELECT count(*) FROM unit WHERE name = 'gone' AND cgroup != ''"),
                     1);
    put(&w, GROUP "cgroup.events", "populated 0\n");
    pass(&w, ORX_SEC);
    assert_string_equal(w.problem,
                        "gone is not kept any more; what was left in its cgroup is ended");
    assert_int_equal(count(&w, "SELECT count(*) FROM unit WHERE name = 'gone' AND cgroup = ''"), 1);
    assert_int_equal(count(&w, "SELECT count(*) FROM event WHERE kind = 'unit.emptied'"), 1);
    /* Once, and whoever is kept is left alone. */
    put(&w, GROUP "cgroup.kill", "");
    pass(&w, 60 * ORX_SEC);
    expect_file(&w, GROUP "cgroup.kill", "");
    expect_state(&w, "one", ORX_UNIT_READY);
    assert_int_equal(w.launches, 1);
    world_close(&w);
}

/* Its lifeline ended; it has the time of everybody to go in good order. */
static void who_is_on_his_way_out_is_waited_for(void **state) {
    (void)state;
    world w;
    int64_t pid;
    int64_t start;
    world_open(&w, 8);
    orx_pid_self(w.p, &pid, &start);
    world_close(&w);
    open_world(&w, NULL, pid, start); /* the same in each world */
    keep(&w, (orx_unit_spec[]){END});
    pass(&w, 15 * ORX_SEC);
    expect_file(&w, GROUP "cgroup.kill", "");
    pass(&w, 10 * ORX_SEC);
    expect_file(&w, GROUP "cgroup.kill", "1");
    world_close(&w);
}

static void one_that_comes_back_looks_after_itself(void **state) {
    (void)state;
    world w;
    open_world(&w, NULL, 0, 0);
    keep(&w, (orx_unit_spec[]){END});
    pass(&w, ORX_SEC);
    orx_unit_spec spec = unit_of(&w, "gone", "steady");
    assert_ok(orx_keeper_add(w.k, &spec, &w.err), &w.err);
    pass(&w, ORX_SEC);
    put(&w, GROUP "cgroup.events", "populated 0\n");
    pass(&w, 60 * ORX_SEC);
    assert_int_equal(w.problems, 0);
    assert_int_equal(count(&w, "SELECT count(*) FROM event WHERE kind = 'unit.emptied'"), 0);
    world_close(&w);
}

static void what_cannot_be_ended_is_told_once(void **state) {
    (void)state;
    world w;
    open_world(&w, NULL, 0, 0);
    keep(&w, (orx_unit_spec[]){END});
    pass(&w, 3600 * ORX_SEC);
    assert_int_equal(w.problems, 1);
    assert_string_equal(w.problem, "gone is not kept any more, and something in its cgroup " GROUPS
                                   "gone cannot be ended");
    assert_int_equal(named(&w), 1);
    world_close(&w);
}

static void a_reboot_left_nothing(void **state) {
    (void)state;
    world w;
    open_world(&w, "another-boot", 0, 0);
    keep(&w, (orx_unit_spec[]){END});
    pass(&w, 60 * ORX_SEC);
    expect_file(&w, GROUP "cgroup.kill", "");
    assert_int_equal(w.problems, 0);
    world_close(&w);
}

static void one_may_leave_before_it_is_done(void **state) {
    (void)state;
    world w;
    open_world(&w, NULL, 0, 0);
    keep(&w, (orx_unit_spec[]){END});
    leave(&w);
    pass(&w, 60 * ORX_SEC);
    assert_int_equal(named(&w), 1); /* for the next one */
    put(&w, GROUP "cgroup.events", "populated 0\n");
    keep(&w, (orx_unit_spec[]){END});
    pass(&w, ORX_SEC);
    assert_int_equal(named(&w), 0);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_is_killed_and_forgotten),
        cmocka_unit_test(who_is_on_his_way_out_is_waited_for),
        cmocka_unit_test(one_that_comes_back_looks_after_itself),
        cmocka_unit_test(what_cannot_be_ended_is_told_once),
        cmocka_unit_test(a_reboot_left_nothing),
        cmocka_unit_test(one_may_leave_before_it_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
