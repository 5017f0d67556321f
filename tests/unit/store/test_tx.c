/* Transactions and counters. */
#include "fixture.h"

#include "platform/files.h"

static const char *const scripts[] = {"CREATE TABLE box(id INTEGER PRIMARY KEY, n INTEGER UNIQUE)"};
static const orx_store_room box_room = {.name = "box", .migrations = scripts, .migration_count = 1};
static const orx_store_room *const rooms[] = {&box_room, NULL};

static int put(orx_store *s, int64_t n, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "INSERT INTO box(n) VALUES(?1)", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, n);
    return (int)orx_sql_run(q, err);
}

static int64_t boxes(orx_store *s) {
    return store_int(s, "SELECT count(*) FROM box");
}

static void commit_keeps_and_rollback_undoes(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_false(orx_tx_active(s));
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_true(orx_tx_active(s));
    assert_int_equal(put(s, 1, &err), 1);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_false(orx_tx_active(s));
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(put(s, 2, &err), 1);
    assert_int_equal(boxes(s), 2);
    orx_tx_rollback(s);
    assert_int_equal(boxes(s), 1);
    orx_tx_rollback(s); /* outside a transaction: nothing */
    orx_tx_rollback(NULL);
    orx_store_close(s);
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM box"), 1);
}

static void closing_inside_a_transaction_undoes_it(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(put(s, 1, &err), 1);
    orx_store_close(s);
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM box"), 0);
}

static void transactions_do_not_nest(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_int_equal(orx_tx_commit(s, &err), ORX_E_INTERNAL);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(orx_tx_begin(s, &err), ORX_E_INTERNAL);
    assert_true(orx_tx_active(s));
    assert_ok(orx_tx_commit(s, &err), &err);
    orx_store_close(s);
}

static void the_lock_file_is_held_exactly_during_a_transaction(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    orx_file *lock;
    assert_ok(orx_file_open(f->p, fixture_path(f, "state/orxaq.wlock"),
                            ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &lock, &err),
              &err);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(orx_file_lock(f->p, lock, ORX_LOCK_EXCLUSIVE, false, &err), ORX_E_BUSY);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_ok(orx_file_lock(f->p, lock, ORX_LOCK_EXCLUSIVE, false, &err), &err);
    orx_file_unlock(f->p, lock);
    assert_ok(orx_tx_begin(s, &err), &err);
    orx_tx_rollback(s);
    assert_ok(orx_file_lock(f->p, lock, ORX_LOCK_EXCLUSIVE, false, &err), &err);
    orx_file_close(f->p, lock);
    orx_store_close(s);
}

static void a_failed_statement_fails_the_commit_when_sqlite_gave_up(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(put(s, 1, &err), 1);
    /* What SQLite does by itself after a full disk. */
    orx_sql *q;
    assert_ok(orx_sql_get(s, "ROLLBACK", &q, &err), &err);
    assert_int_equal(orx_sql_run(q, &err), 0);
    assert_int_equal(orx_tx_commit(s, &err), ORX_E_IO);
    assert_contains(err.msg, "undone");
    assert_false(orx_tx_active(s));
    assert_int_equal(boxes(s), 0);
    assert_ok(orx_tx_begin(s, &err), &err); /* and the next one works */
    assert_int_equal(put(s, 1, &err), 1);
    assert_ok(orx_tx_commit(s, &err), &err);
    orx_store_close(s);
}

static void a_constraint_error_leaves_the_transaction_usable(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(put(s, 1, &err), 1);
    assert_int_equal(put(s, 1, &err), ORX_E_EXISTS);
    assert_contains(err.msg, "UNIQUE");
    assert_int_equal(put(s, 2, &err), 1);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_int_equal(boxes(s), 2);
    orx_store_close(s);
}

static void two_stores_of_one_journal_see_each_other(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = fixture_open(f, "a", rooms);
    orx_store *b = fixture_open(f, "b", rooms);
    assert_ok(orx_tx_begin(a, &err), &err);
    assert_int_equal(put(a, 1, &err), 1);
    assert_ok(orx_tx_commit(a, &err), &err);
    assert_int_equal(boxes(b), 1);
    orx_store_close(a);
    orx_store_close(b);
}

static void counters_add_up_and_roll_back(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_int_equal(orx_counter_get(s, "tasks"), 0);
    assert_int_equal(orx_counter_add(s, "tasks", 1, &err), ORX_E_INTERNAL); /* no transaction */
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_counter_add(s, "tasks", 5, &err), &err);
    assert_ok(orx_counter_add(s, "tasks", -2, &err), &err);
    assert_ok(orx_counter_add(s, "other", 9, &err), &err);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_int_equal(orx_counter_get(s, "tasks"), 3);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_counter_add(s, "tasks", 100, &err), &err);
    orx_tx_rollback(s);
    assert_int_equal(orx_counter_get(s, "tasks"), 3);
    assert_int_equal(orx_counter_get(s, "other"), 9);
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(commit_keeps_and_rollback_undoes),
        T(closing_inside_a_transaction_undoes_it),
        T(transactions_do_not_nest),
        T(the_lock_file_is_held_exactly_during_a_transaction),
        T(a_failed_statement_fails_the_commit_when_sqlite_gave_up),
        T(a_constraint_error_leaves_the_transaction_usable),
        T(two_stores_of_one_journal_see_each_other),
        T(counters_add_up_and_roll_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
