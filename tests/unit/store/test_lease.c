/* One process writes the projections; the others tell it what is dirty. */
#include "fixture.h"

#include <stdio.h>

static int render(orx_store *s, void *user, orx_str *out, orx_err *err) {
    (void)user;
    (void)err;
    orx_str_addf(out, "%lld\n", (long long)orx_event_last(s));
    return 0;
}

static const orx_projection projections[] = {
    {.name = "state", .path = "state.txt", .kind = ORX_PROJECTION_FILE, .render = render}};
static const orx_store_room room = {
    .name = "box", .projections = projections, .projection_count = 1};
static const orx_store_room *const rooms[] = {&room, NULL};

static void flush(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_projection_flush(s, true, &err), &err);
}

static void expect_state(fixture *f, const char *want) {
    ORX_CLEANUP(orx_freep) char *have = fixture_read(fixture_path(f, "state.txt"));
    assert_string_equal(have, want);
}

static void change(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    orx_event e = {.kind = "box.change", .schema = 1};
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    orx_projection_dirty(s, "state");
    assert_ok(orx_tx_commit(s, &err), &err);
}

/* A second process: same root, another pid. */
static orx_store *open_as(fixture *f, int64_t pid, const char *origin) {
    f->pid = pid;
    return fixture_open(f, origin, rooms);
}

static void the_holder_writes_for_the_others(void **state) {
    fixture *f = *state;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    assert_int_equal(store_int(a, "SELECT pid FROM store_lease"), 100);
    orx_store *b = open_as(f, 200, "b");
    change(b);
    flush(b);
    expect_state(f, "0\n"); /* not b's to write */
    assert_int_equal(store_int(b, "SELECT pid FROM store_lease"), 100);
    flush(a); /* a sees b's mark */
    expect_state(f, "1\n");
    change(b);
    orx_store_close(b);
    expect_state(f, "1\n");
    flush(a);
    expect_state(f, "2\n");
    orx_store_close(a);
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM store_lease"), 0);
}

/* A lane's files are its own to write, whoever holds the lease of the root. */
static void a_lane_has_a_lease_of_its_own(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = open_as(f, 100, "primary");
    flush(a);
    orx_store *b = open_as(f, 200, "lane/b");
    const char *path = fixture_path(f, "lane.txt");
    assert_ok(orx_store_set_projection(b, "state", path, NULL, &err), &err);
    change(b);
    flush(b);
    ORX_CLEANUP(orx_freep) char *have = fixture_read(fixture_path(f, "lane.txt"));
    assert_string_equal(have, "1\n");
    expect_state(f, "0\n");
    flush(a); /* the lane's mark is not its business */
    expect_state(f, "0\n");
    assert_int_equal(store_int(a, "SELECT count(*) FROM store_lease"), 2);
    orx_store_close(b);
    assert_int_equal(store_int(a, "SELECT count(*) FROM store_lease"), 1);
    orx_store_close(a);
}

static void a_mark_outside_a_transaction_reaches_the_holder(void **state) {
    fixture *f = *state;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    orx_store *b = open_as(f, 200, "b");
    fixture_event(b, "box.change", NULL, NULL); /* no mark yet */
    flush(a);
    expect_state(f, "0\n");
    orx_projection_dirty(b, "state");
    flush(b);
    flush(a);
    expect_state(f, "1\n");
    orx_store_close(b);
    orx_store_close(a);
}

static void a_given_back_lease_is_taken_by_the_next(void **state) {
    fixture *f = *state;
    orx_store *a = open_as(f, 100, "a");
    change(a);
    orx_store *b = open_as(f, 200, "b");
    orx_store_close(a);
    expect_state(f, "1\n");
    change(b);
    flush(b);
    expect_state(f, "2\n");
    orx_store_close(b);
}

static void the_lease_of_a_dead_process_is_free(void **state) {
    fixture *f = *state;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    change(a); /* marked in a's memory only: a would write it itself */
    f->dead_pid = 100;
    orx_store *b = open_as(f, 200, "b");
    fixture_event(b, "box.wake", NULL, NULL);
    orx_projection_dirty(b, "state");
    flush(b);
    expect_state(f, "2\n");
    assert_int_equal(store_int(b, "SELECT pid FROM store_lease"), 200);
    orx_store_close(b);
    f->pid = 100;
    f->dead_pid = 0;
    orx_store_close(a);
}

static void taking_over_writes_what_the_dead_one_had_in_memory(void **state) {
    fixture *f = *state;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    change(a);
    f->dead_pid = 100;
    orx_store *b = open_as(f, 200, "b");
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(orx_projection_rebuild(b, NULL, NULL, &err), 1);
    expect_state(f, "1\n");
    orx_store_close(b);
    f->pid = 100;
    f->dead_pid = 0;
    orx_store_close(a);
}

static void a_lease_of_another_boot_is_free(void **state) {
    fixture *f = *state;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    fixture_sql(f, "UPDATE store_lease SET boot = 'some-other-boot'");
    orx_store *b = open_as(f, 200, "b");
    change(b);
    flush(b);
    expect_state(f, "1\n");
    orx_store_close(b);
    f->pid = 100;
    orx_store_close(a);
}

static void a_holder_that_hangs_loses_it_and_notices(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    f->mono_shift += 60 * ORX_SEC; /* a did nothing for a minute */
    orx_store *b = open_as(f, 200, "b");
    change(b);
    flush(b);
    expect_state(f, "1\n");
    f->pid = 100;
    change(a);
    flush(a);
    expect_state(f, "1\n"); /* a tells b instead of writing */
    assert_int_equal(orx_projection_rebuild(a, NULL, NULL, &err), ORX_E_BUSY);
    assert_contains(err.msg, "process 200");
    f->pid = 200;
    flush(b);
    expect_state(f, "2\n");
    orx_store_close(b);
    f->pid = 100;
    orx_store_close(a);
}

static void a_lease_stolen_in_the_middle_stops_the_writing(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    change(a);
    /* a's memory says it holds the lease; the row says otherwise. */
    fixture_sql(f, "UPDATE store_lease SET token = 12345, pid = 200");
    assert_int_equal(orx_projection_flush(a, true, &err), ORX_E_BUSY);
    expect_state(f, "0\n");
    assert_int_equal(fixture_count(f->root, "orxaq-tmp"), 0);
    flush(a); /* and from then on leaves it to the other */
    expect_state(f, "0\n");
    assert_true(store_int(a, "SELECT dirty > done FROM store_projection"));
    orx_store_close(a);
}

static void an_idle_holder_does_not_write_to_the_disk(void **state) {
    fixture *f = *state;
    orx_store *a = open_as(f, 100, "a");
    flush(a);
    int64_t version = store_int(a, "PRAGMA data_version");
    orx_store *b = open_as(f, 200, "b");
    int64_t seen = store_int(b, "PRAGMA data_version");
    for (int i = 0; i < 100; i++) {
        f->mono_shift += 10 * ORX_SEC;
        flush(a);
    }
    assert_int_equal(store_int(b, "PRAGMA data_version"), seen);
    assert_true(version >= 0);
    orx_store_close(b);
    orx_store_close(a);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_holder_writes_for_the_others),
        T(a_lane_has_a_lease_of_its_own),
        T(a_mark_outside_a_transaction_reaches_the_holder),
        T(a_given_back_lease_is_taken_by_the_next),
        T(the_lease_of_a_dead_process_is_free),
        T(taking_over_writes_what_the_dead_one_had_in_memory),
        T(a_lease_of_another_boot_is_free),
        T(a_holder_that_hangs_loses_it_and_notices),
        T(a_lease_stolen_in_the_middle_stops_the_writing),
        T(an_idle_holder_does_not_write_to_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
