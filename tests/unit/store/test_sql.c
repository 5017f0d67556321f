/* Statements: the cache, parameters, columns, and errors. */
#include "fixture.h"

#include <stdio.h>

static const char *const scripts[] = {
    "CREATE TABLE v(id INTEGER PRIMARY KEY, i INTEGER, d REAL, t TEXT, b BLOB);"};
static const orx_store_room v_room = {.name = "v", .migrations = scripts, .migration_count = 1};
static const orx_store_room *const rooms[] = {&v_room, NULL};

static orx_store *filled(fixture *f, int count) {
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 0; i < count; i++) {
        orx_sql *q;
        assert_ok(orx_sql_get(s, "INSERT INTO v(i) VALUES(?1)", &q, &err), &err);
        orx_sql_int(q, 1, i);
        assert_int_equal(orx_sql_run(q, &err), 1);
    }
    assert_ok(orx_tx_commit(s, &err), &err);
    return s;
}

static void every_type_goes_in_and_comes_out(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = filled(f, 0);
    orx_sql *q;
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_sql_get(s, "INSERT INTO v(i, d, t, b) VALUES(?1, ?2, ?3, ?4)", &q, &err), &err);
    orx_sql_int(q, 1, INT64_MIN);
    orx_sql_double(q, 2, 0.1);
    orx_sql_text(q, 3, orx_view_mem("a\0b", 3));
    orx_sql_blob(q, 4, orx_view_mem("\xff\0", 2));
    assert_int_equal(orx_sql_run(q, &err), 1);
    assert_ok(orx_sql_get(s, "INSERT INTO v(i, d, t, b) VALUES(?1, ?2, ?3, ?4)", &q, &err), &err);
    orx_sql_str(q, 3, "");
    orx_sql_blob(q, 4, orx_view_mem("", 0));
    assert_int_equal(orx_sql_run(q, &err), 1);
    assert_ok(orx_sql_get(s, "INSERT INTO v(i, d, t, b) VALUES(?1, ?2, ?3, ?4)", &q, &err), &err);
    orx_sql_null(q, 1);
    orx_sql_str(q, 3, NULL);
    orx_sql_blob(q, 4, (orx_view){0});
    assert_int_equal(orx_sql_run(q, &err), 1);
    assert_ok(orx_tx_commit(s, &err), &err);

    assert_ok(orx_sql_get(s, "SELECT i, d, t, b FROM v ORDER BY id", &q, &err), &err);
    assert_int_equal(orx_sql_step(q, &err), 1);
    assert_true(orx_sql_col_int(q, 0) == INT64_MIN);
    assert_true(orx_sql_col_double(q, 1) == 0.1);
    assert_true(orx_view_eq(orx_sql_col_text(q, 2), orx_view_mem("a\0b", 3)));
    assert_true(orx_view_eq(orx_sql_col_blob(q, 3), orx_view_mem("\xff\0", 2)));
    /* Bindings of the run before are gone, and empty differs from NULL. */
    assert_int_equal(orx_sql_step(q, &err), 1);
    assert_true(orx_sql_col_is_null(q, 0));
    assert_int_equal(orx_sql_col_int(q, 0), 0);
    assert_non_null(orx_sql_col_text(q, 2).p);
    assert_int_equal(orx_sql_col_text(q, 2).len, 0);
    assert_non_null(orx_sql_col_blob(q, 3).p);
    assert_int_equal(orx_sql_step(q, &err), 1);
    assert_null(orx_sql_col_text(q, 2).p);
    assert_null(orx_sql_col_blob(q, 3).p);
    assert_int_equal(orx_sql_step(q, &err), 0);
    orx_store_close(s);
}

static void a_statement_is_prepared_once_and_comes_back_reset(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = filled(f, 5);
    static const char text[] = "SELECT i FROM v WHERE i >= ?1 ORDER BY i";
    orx_sql *first;
    orx_sql *again;
    assert_ok(orx_sql_get(s, text, &first, &err), &err);
    orx_sql_int(first, 1, 3);
    assert_int_equal(orx_sql_step(first, &err), 1);
    assert_int_equal(orx_sql_col_int(first, 0), 3);
    orx_sql_reset(first); /* before its last row */
    assert_ok(orx_sql_get(s, text, &again, &err), &err);
    assert_ptr_equal(first, again);
    orx_sql_int(again, 1, 0);
    int rows = 0;
    while (orx_sql_step(again, &err) == 1)
        rows++;
    assert_int_equal(rows, 5);
    orx_sql_reset(NULL);
    orx_store_close(s);
}

static void a_statement_in_use_is_not_given_to_another(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = filled(f, 2);
    static const char text[] = "SELECT i FROM v";
    orx_sql *q;
    orx_sql *other = NULL;
    assert_ok(orx_sql_get(s, text, &q, &err), &err);
    assert_int_equal(orx_sql_step(q, &err), 1);
    assert_int_equal(orx_sql_get(s, text, &other, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "in use");
    assert_null(other);
    assert_int_equal(orx_sql_step(q, &err), 1); /* the first one goes on undisturbed */
    assert_int_equal(orx_sql_step(q, &err), 0);
    assert_ok(orx_sql_get(s, text, &other, &err), &err);
    orx_store_close(s);
}

static void a_thousand_statements_fit(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = filled(f, 0);
    enum { COUNT = 1000 };
    static char texts[COUNT][32];
    orx_sql *made[COUNT];
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "SELECT %d", i);
        assert_ok(orx_sql_get(s, texts[i], &made[i], &err), &err);
    }
    for (int i = 0; i < COUNT; i++) {
        orx_sql *q;
        assert_ok(orx_sql_get(s, texts[i], &q, &err), &err);
        assert_ptr_equal(q, made[i]);
        assert_int_equal(orx_sql_step(q, &err), 1);
        assert_int_equal(orx_sql_col_int(q, 0), i);
        orx_sql_reset(q);
    }
    orx_store_close(s);
}

static void errors_name_the_database_and_the_statement(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = filled(f, 1);
    orx_sql *q = NULL;
    assert_int_equal(orx_sql_get(s, "SELECT nothing FROM nowhere", &q, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "orxaq.db");
    assert_contains(err.msg, "nowhere");
    assert_null(q);
    assert_ok(orx_sql_get(s, "SELECT i FROM v WHERE i = ?1", &q, &err), &err);
    orx_sql_int(q, 2, 5); /* there is no second parameter: told at the step */
    assert_int_equal(orx_sql_step(q, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "parameter");
    assert_ok(orx_sql_get(s, "SELECT i FROM v WHERE i = ?1", &q, &err), &err);
    assert_int_equal(orx_sql_run(q, &err), 0); /* and forgotten with the next use */
    assert_ok(orx_sql_get(s, "SELECT abs(-9223372036854775808)", &q, &err), &err);
    assert_int_equal(orx_sql_step(q, &err), ORX_E_INTERNAL);
    orx_store_close(s);
}

static void writing_needs_a_transaction(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = filled(f, 1);
    orx_sql *q;
    assert_ok(orx_sql_get(s, "DELETE FROM v", &q, &err), &err);
    assert_int_equal(orx_sql_run(q, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "outside a transaction");
    assert_int_equal(store_int(s, "SELECT count(*) FROM v"), 1);
    orx_store_close(s);
}

static void run_counts_changed_rows(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = filled(f, 7);
    orx_sql *q;
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_sql_get(s, "UPDATE v SET i = 0 WHERE i > 2", &q, &err), &err);
    assert_int_equal(orx_sql_run(q, &err), 4);
    assert_ok(orx_sql_get(s, "SELECT * FROM v", &q, &err), &err);
    assert_int_equal(orx_sql_run(q, &err), 0);
    assert_ok(orx_tx_commit(s, &err), &err);
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(every_type_goes_in_and_comes_out),
        T(a_statement_is_prepared_once_and_comes_back_reset),
        T(a_statement_in_use_is_not_given_to_another),
        T(a_thousand_statements_fit),
        T(errors_name_the_database_and_the_statement),
        T(writing_needs_a_transaction),
        T(run_counts_changed_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
