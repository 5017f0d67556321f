/* Notes: events that explain no state change ride along, and are never lost by a rollback. */
#include "fixture.h"

#include <stdio.h>

static void note(orx_store *s, const char *kind) {
    orx_err err = ORX_ERR_INIT;
    orx_event e = {.kind = kind, .schema = 1};
    assert_ok(orx_event_note(s, &e, &err), &err);
}

static bool list_kind(const orx_event_row *row, void *user) {
    orx_str_addf(user, "%.*s ", ORX_VIEW_ARG(row->kind));
    return true;
}

static void expect_kinds(orx_store *s, const char *want) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_str_free) orx_str have = {0};
    orx_event_filter all = {0};
    assert_ok(orx_event_each(s, &all, list_kind, &have, &err), &err);
    assert_string_equal(orx_str_cstr(&have), want);
}

static void a_note_rides_in_the_next_transaction_before_its_events(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    note(s, "note.one");
    assert_int_equal(orx_event_last(s), 0);
    fixture_event(s, "test.event", NULL, NULL);
    expect_kinds(s, "note.one test.event ");
    assert_ok(orx_tx_begin(s, &err), &err);
    note(s, "note.two"); /* noted inside a transaction: written with it */
    assert_ok(orx_tx_commit(s, &err), &err);
    expect_kinds(s, "note.one test.event note.two ");
    orx_store_close(s);
}

static void alone_it_is_written_200_ms_later(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    note(s, "note.one");
    note(s, "note.two");
    int64_t start = orx_mono_ns(f->p);
    while (orx_event_last(s) == 0 && orx_mono_ns(f->p) - start < 10 * ORX_SEC)
        (void)orx_loop_step(f->p, ORX_SEC);
    assert_true(orx_mono_ns(f->p) - start >= 190 * ORX_MS);
    expect_kinds(s, "note.one note.two ");
    orx_store_close(s);
}

static void closing_writes_them(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    note(s, "note.one");
    orx_store_close(s);
    s = fixture_open(f, "primary", no_rooms);
    expect_kinds(s, "note.one ");
    orx_store_close(s);
}

static void a_rollback_keeps_them(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    note(s, "note.one");
    orx_event e = {.kind = "test.lost", .schema = 1};
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_event_append(s, &e, NULL, &err), &err); /* writes the note first */
    note(s, "note.two");
    orx_tx_rollback(s);
    expect_kinds(s, "");
    fixture_event(s, "test.event", NULL, NULL);
    expect_kinds(s, "note.one note.two test.event ");
    orx_store_close(s);
}

static void everything_of_a_note_is_copied(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    char task[] = "T1";
    char kind[] = "note.kind";
    orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, body, "n", 5);
    orx_event e = {
        .kind = kind, .schema = 2, .task = task, .attempt = 3, .call = 4, .cause = 5, .body = body};
    assert_ok(orx_event_note(s, &e, &err), &err);
    int64_t noted = orx_wall_ns(f->p);
    memset(task, 'x', 2);
    memset(kind, 'x', 4);
    orx_arena_free(&a);
    f->wall_shift = 3600 * ORX_SEC;
    fixture_event(s, "test.event", NULL, NULL);
    assert_int_equal(store_int(s, "SELECT count(*) FROM event WHERE kind = 'note.kind' AND schema"
                                  " = 2 AND task = 'T1' AND attempt = 3 AND call = 4 AND cause = 5"
                                  " AND body = '{\"n\":5}'"),
                     1);
    /* The time is the time of the note. */
    assert_true(store_int(s, "SELECT wall_ns FROM event WHERE seq = 1") <= noted);
    assert_ok(orx_event_verify(s, NULL, &err), &err);
    orx_store_close(s);
}

static void the_ten_thousand_and_first_writes_at_once(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    for (int i = 0; i < 10000; i++)
        note(s, "note.many");
    assert_int_equal(orx_event_last(s), 0);
    note(s, "note.more");
    assert_int_equal(orx_event_last(s), 10000);
    orx_store_close(s);
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM event"), 10001);
}

static void many_notes_inside_one_transaction_do_not_wait(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 0; i < 10001; i++)
        note(s, "note.many");
    assert_int_equal(orx_event_last(s), 10000);
    orx_tx_rollback(s);
    assert_int_equal(orx_event_last(s), 0);
    orx_store_close(s); /* none is lost */
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM event"), 10001);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_note_rides_in_the_next_transaction_before_its_events),
        T(alone_it_is_written_200_ms_later),
        T(closing_writes_them),
        T(a_rollback_keeps_them),
        T(everything_of_a_note_is_copied),
        T(the_ten_thousand_and_first_writes_at_once),
        T(many_notes_inside_one_transaction_do_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
