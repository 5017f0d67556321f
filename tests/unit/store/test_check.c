/* The chain: whatever is changed behind our back is found, and named. */
#include "fixture.h"

#include <stdio.h>
#include <unistd.h>

/* Computed apart from this code, after the layout in chain.c. */
#define KNOWN_HASH "de82e687799d8205d88024dfa1501dabbdd4e8d8a4ef906dddaa711186b3a655"

static void fill(fixture *f) {
    orx_store *s = fixture_open(f, "primary", no_rooms);
    for (int i = 0; i < 10; i++)
        fixture_event(s, "test.one", "T1", "{\"n\":1}");
    orx_store_close(s);
}

static int verify(fixture *f, orx_err *err) {
    orx_store *s = NULL;
    orx_err ignored = ORX_ERR_INIT;
    assert_ok(orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &s, &ignored),
              &ignored);
    int64_t count = -1;
    int rc = orx_event_verify(s, &count, err);
    assert_true(rc == 0 ? count == 10 : count == -1);
    int checked = orx_store_check(s, NULL);
    assert_int_equal(checked, rc);
    orx_store_close(s);
    return rc;
}

static void an_untouched_journal_verifies(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f);
    assert_ok(verify(f, &err), &err);
}

static void a_change_in_any_column_is_found(void **state) {
    fixture *f = *state;
    static const char *const changes[] = {"seq = 1005",
                                          "origin_seq = 55",
                                          "hlc = hlc + 1",
                                          "wall_ns = wall_ns + 1",
                                          "mono_ns = 7",
                                          "kind = 'test.o'",
                                          "schema = 2",
                                          "task = 'T2'",
                                          "task = NULL",
                                          "attempt = 1",
                                          "call = 1",
                                          "cause = 1",
                                          "body = '{}'",
                                          "body = NULL",
                                          "hash = zeroblob(32)",
                                          "hash = zeroblob(31)",
                                          "origin = 99",
                                          "boot = 99",
                                          "boot = 2",
                                          "kind = kind || 'x'",
                                          "body = body || ' '"};
    fill(f);
    fixture_sql(f, "INSERT INTO store_boot(id, name) VALUES(2, 'another')");
    fixture_sql(f, "CREATE TABLE safe AS SELECT * FROM event");
    for (size_t i = 0; i < ORX_ARRAY_LEN(changes); i++) {
        orx_err err = ORX_ERR_INIT;
        char sql[200];
        (void)snprintf(sql, sizeof sql, "UPDATE event SET %s WHERE seq = 5", changes[i]);
        fixture_sql(f, sql);
        if (verify(f, &err) != ORX_E_CORRUPT)
            fail_msg("not found: %s", changes[i]);
        assert_contains(err.msg, "event 5 of origin \"primary\"");
        assert_contains(err.msg, "state/orxaq.db");
        fixture_sql(f, "DELETE FROM event; INSERT INTO event SELECT * FROM safe");
    }
    orx_err err = ORX_ERR_INIT;
    assert_ok(verify(f, &err), &err);
}

static void missing_and_surplus_events_are_found(void **state) {
    fixture *f = *state;
    static const char *const changes[] = {
        "DELETE FROM event WHERE seq = 4",
        "DELETE FROM event WHERE seq = 1",
        "DELETE FROM event WHERE seq >= 9",
        "DELETE FROM event",
        "UPDATE origin SET last_seq = 11",
        "UPDATE origin SET last_seq = 9",
        "UPDATE origin SET last_hash = zeroblob(32)",
        "UPDATE origin SET last_hash = x'00'",
        "UPDATE origin SET base_seq = 1",
        "UPDATE origin SET base_hash = randomblob(32)",
        "UPDATE origin SET name = 'secondary'",
        ("INSERT INTO event SELECT 11, origin, 11, hlc, wall_ns, mono_ns, boot, kind, schema, task,"
         " attempt, call, cause, body, hash FROM event WHERE seq = 10"),
    };
    fill(f);
    fixture_sql(f, "CREATE TABLE safe AS SELECT * FROM event;"
                   "CREATE TABLE safe_origin AS SELECT * FROM origin");
    for (size_t i = 0; i < ORX_ARRAY_LEN(changes); i++) {
        orx_err err = ORX_ERR_INIT;
        orx_store *s = NULL;
        fixture_sql(f, changes[i]);
        /* A journal that ends too early is refused at once. */
        int rc = orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &s, &err);
        if (rc == 0)
            rc = orx_event_verify(s, NULL, &err);
        orx_store_close(s);
        if (rc != ORX_E_CORRUPT)
            fail_msg("not found: %s", changes[i]);
        fixture_sql(f, "DELETE FROM event; INSERT INTO event SELECT * FROM safe;"
                       "DELETE FROM origin; INSERT INTO origin SELECT * FROM safe_origin");
    }
    orx_err err = ORX_ERR_INIT;
    assert_ok(verify(f, &err), &err);
}

static void verifying_beside_a_writer_is_no_false_alarm(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f);
    orx_store *w = fixture_open(f, "primary", no_rooms);
    orx_store *r = NULL;
    assert_ok(orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &r, &err), &err);
    assert_ok(orx_tx_begin(w, &err), &err);
    orx_event e = {.kind = "test.two", .schema = 1};
    assert_ok(orx_event_append(w, &e, NULL, &err), &err);
    assert_ok(orx_event_verify(r, NULL, &err), &err);
    int64_t count = 0;
    assert_ok(orx_tx_commit(w, &err), &err);
    assert_ok(orx_event_verify(r, &count, &err), &err);
    assert_int_equal(count, 11);
    orx_store_close(r);
    orx_store_close(w);
}

/* A frozen answer: the layout of what is hashed may never change for events that exist. */
static void the_hash_of_a_known_event_is_what_it_always_was(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f);
    fixture_sql(f,
                "DELETE FROM event WHERE seq > 1;"
                "UPDATE store_boot SET name = 'b00t';"
                "UPDATE event SET hlc = 111411200000000, wall_ns = 1700000000000000000,"
                " mono_ns = 123456789, attempt = 2, call = 3, cause = 0, hash = x'" KNOWN_HASH "';"
                "UPDATE origin SET last_seq = 1, last_hash = (SELECT hash FROM event)");
    orx_store *s = NULL;
    assert_int_equal(unlink(fixture_path(f, "state/orxaq.wlock")), 0);
    assert_ok(orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &s, &err), &err);
    assert_ok(orx_event_verify(s, NULL, &err), &err);
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(an_untouched_journal_verifies),
        T(a_change_in_any_column_is_found),
        T(missing_and_surplus_events_are_found),
        T(verifying_beside_a_writer_is_no_false_alarm),
        T(the_hash_of_a_known_event_is_what_it_always_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
