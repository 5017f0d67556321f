/* Migrations: in order, once, per room; newer databases are refused by name. */
#include "fixture.h"

static const char *const v3[] = {
    "CREATE TABLE one(x); INSERT INTO one VALUES(1);",
    "ALTER TABLE one ADD COLUMN y; UPDATE one SET y = x + 1;",
    "CREATE TABLE three AS SELECT x + y AS z FROM one;",
};
static const orx_store_room room_v1 = {.name = "demo", .migrations = v3, .migration_count = 1};
static const orx_store_room room_v3 = {.name = "demo", .migrations = v3, .migration_count = 3};
static const orx_store_room *const rooms_v1[] = {&room_v1, NULL};
static const orx_store_room *const rooms_v3[] = {&room_v3, NULL};

static int try_open(fixture *f, const orx_store_room *const *rooms, int flags, orx_err *err) {
    orx_store *s = NULL;
    int rc = orx_store_open(f->p, f->root, "primary", rooms, flags, &s, err);
    orx_store_close(s);
    return rc;
}

static void a_room_moves_step_by_step_and_keeps_its_data(void **state) {
    fixture *f = *state;
    orx_store_close(fixture_open(f, "primary", rooms_v1));
    assert_int_equal(fixture_sql_int(f, "SELECT version FROM store_room WHERE name = 'demo'"), 1);
    fixture_sql(f, "UPDATE one SET x = 10");
    orx_store *s = fixture_open(f, "primary", rooms_v3);
    assert_int_equal(store_int(s, "SELECT z FROM three"), 21);
    orx_store_close(s);
    assert_int_equal(fixture_sql_int(f, "SELECT version FROM store_room WHERE name = 'demo'"), 3);
    orx_store_close(fixture_open(f, "primary", rooms_v3)); /* nothing runs twice */
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM one"), 1);
}

static void a_newer_database_is_refused_with_room_and_versions(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store_close(fixture_open(f, "primary", rooms_v3));
    const int flags[] = {ORX_STORE_CREATE, ORX_STORE_READ_ONLY};
    for (size_t i = 0; i < ORX_ARRAY_LEN(flags); i++) {
        assert_int_equal(try_open(f, rooms_v1, flags[i], &err), ORX_E_UNSUPPORTED);
        assert_contains(err.msg, "room demo has version 3");
        assert_contains(err.msg, "knows 1");
        assert_contains(err.msg, "orxaq.db");
    }
    assert_int_equal(fixture_sql_int(f, "SELECT version FROM store_room WHERE name = 'demo'"), 3);
    fixture_sql(f, "UPDATE store_room SET version = 99 WHERE name = 'store'");
    assert_int_equal(try_open(f, rooms_v3, ORX_STORE_CREATE, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "room store has version 99");
}

static void a_reader_does_not_migrate(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store_close(fixture_open(f, "primary", rooms_v1));
    assert_int_equal(try_open(f, rooms_v3, ORX_STORE_READ_ONLY, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "room demo has version 1");
    assert_contains(err.msg, "needs 3");
    assert_int_equal(fixture_sql_int(f, "SELECT version FROM store_room WHERE name = 'demo'"), 1);
}

static void a_failing_script_changes_nothing(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    static const char *const broken[] = {
        "CREATE TABLE one(x);",
        "INSERT INTO one VALUES(1); CREATE TABLE two(y); SELECT * FROM missing;",
    };
    static const orx_store_room room = {
        .name = "broken", .migrations = broken, .migration_count = 2};
    static const orx_store_room *const rooms[] = {&room, NULL};
    assert_int_equal(try_open(f, rooms, ORX_STORE_CREATE, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "migration 2 of room broken");
    assert_contains(err.msg, "missing");
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM store_room"), 0);
    assert_int_equal(
        fixture_sql_int(f, "SELECT count(*) FROM sqlite_schema WHERE name IN ('one', 'two')"), 0);
    /* What a reader finds then is a journal that somebody is about to make. */
    assert_int_equal(try_open(f, rooms, ORX_STORE_READ_ONLY, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "is being made");
}

static void rooms_are_independent(void **state) {
    fixture *f = *state;
    static const char *const other[] = {"CREATE TABLE other(x);"};
    static const orx_store_room room = {.name = "other", .migrations = other, .migration_count = 1};
    static const orx_store_room *const both[] = {&room_v3, &room, NULL};
    orx_store_close(fixture_open(f, "primary", rooms_v3));
    orx_store_close(fixture_open(f, "primary", both));
    orx_store_close(fixture_open(f, "primary", rooms_v3)); /* a room may be switched off */
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM store_room"), 3);
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM other"), 0);
}

static void an_empty_file_is_a_new_journal(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "state"), false, &err), &err);
    fixture_write(fixture_path(f, "state/orxaq.db"), ""); /* a crash right after it was made */
    assert_int_equal(try_open(f, rooms_v1, ORX_STORE_READ_ONLY, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "empty");
    assert_ok(try_open(f, rooms_v1, 0, &err), &err);
    assert_ok(try_open(f, rooms_v1, ORX_STORE_READ_ONLY, &err), &err);
}

static void a_new_room_is_made_at_once_and_an_old_one_step_by_step(void **state) {
    fixture *f = *state;
    static const orx_store_room room = {.name = "demo",
                                        .migrations = v3,
                                        .migration_count = 3,
                                        .whole =
                                            "CREATE TABLE three(z); INSERT INTO three VALUES(99);"};
    static const orx_store_room *const rooms[] = {&room, NULL};
    orx_store_close(fixture_open(f, "primary", rooms_v1));
    orx_store_close(fixture_open(f, "primary", rooms));
    assert_int_equal(fixture_sql_int(f, "SELECT z FROM three"), 3);
    fixture_sql(f, "DROP TABLE three; DELETE FROM store_room WHERE name = 'demo'");
    orx_store_close(fixture_open(f, "primary", rooms));
    assert_int_equal(fixture_sql_int(f, "SELECT z FROM three"), 99);
    assert_int_equal(fixture_sql_int(f, "SELECT version FROM store_room WHERE name = 'demo'"), 3);
    orx_store_close(fixture_open(f, "primary", rooms)); /* and nothing runs twice */
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM three"), 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_room_moves_step_by_step_and_keeps_its_data),
        T(a_newer_database_is_refused_with_room_and_versions),
        T(a_reader_does_not_migrate),
        T(a_failing_script_changes_nothing),
        T(rooms_are_independent),
        T(an_empty_file_is_a_new_journal),
        T(a_new_room_is_made_at_once_and_an_old_one_step_by_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
