/* Opening and closing: who may, what is refused, and with which words. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int try_open(fixture *f, const char *origin, int flags, orx_err *err) {
    orx_store *s = NULL;
    int rc = orx_store_open(f->p, f->root, origin, no_rooms, flags, &s, err);
    if (rc < 0)
        assert_null(s); /* untouched */
    orx_store_close(s);
    return rc;
}

static void a_new_root_gets_a_journal(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_string_equal(orx_store_root(s), f->root);
    assert_ptr_equal(orx_store_platform(s), f->p);
    assert_int_equal(orx_event_last(s), 0);
    assert_int_equal(fixture_event(s, "test.one", NULL, NULL), 1);
    orx_store_close(s);
    assert_true(fixture_exists(fixture_path(f, "state/orxaq.db")));
    assert_true(fixture_exists(fixture_path(f, "state/orxaq.wlock")));
    /* Closed cleanly: nothing is left beside the file, nobody is on the list of writers. */
    assert_false(fixture_exists(fixture_path(f, "state/orxaq.db-wal")));
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM store_writer"), 0);
    s = fixture_open(f, "primary", no_rooms);
    assert_int_equal(orx_event_last(s), 1);
    orx_store_close(s);
    orx_store_close(NULL);
}

static void a_missing_journal_is_named(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(try_open(f, NULL, ORX_STORE_READ_ONLY, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "state/orxaq.db");
    assert_int_equal(try_open(f, "primary", 0, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "state/orxaq.db");
    assert_false(fixture_exists(f->root)); /* looking makes nothing */
}

static void a_writer_needs_an_origin(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(try_open(f, NULL, ORX_STORE_CREATE, &err), ORX_E_INTERNAL);
    assert_int_equal(try_open(f, "", ORX_STORE_CREATE, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "origin");
}

static void a_reader_works_beside_a_writer(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *w = fixture_open(f, "primary", no_rooms);
    fixture_event(w, "test.one", NULL, NULL);
    orx_store *r = NULL;
    assert_ok(orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &r, &err), &err);
    assert_int_equal(orx_event_last(r), 1);
    assert_ok(orx_tx_begin(w, &err), &err);
    assert_int_equal(orx_event_last(r), 1); /* also while the writer is inside a transaction */
    assert_ok(orx_tx_commit(w, &err), &err);
    fixture_event(w, "test.two", NULL, NULL);
    assert_int_equal(orx_event_last(r), 2);
    orx_store_close(w);
    assert_int_equal(orx_event_last(r), 2);
    orx_store_close(r);
    /* And alone, with nobody else there. */
    assert_ok(try_open(f, NULL, ORX_STORE_READ_ONLY, &err), &err);
}

static void a_reader_never_writes(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store_close(fixture_open(f, "primary", no_rooms));
    orx_store *r = NULL;
    assert_ok(orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &r, &err), &err);
    assert_int_equal(orx_tx_begin(r, &err), ORX_E_DENIED);
    assert_contains(err.msg, "reading only");
    orx_event e = {.kind = "a.b", .schema = 1};
    assert_int_equal(orx_event_note(r, &e, &err), ORX_E_DENIED);
    assert_int_equal(orx_projection_rebuild(r, NULL, NULL, &err), ORX_E_DENIED);
    assert_int_equal(orx_projection_flush(r, true, &err), 0);
    orx_projection_dirty(r, "nothing");
    orx_store_close(r);
}

static void a_reader_sees_a_wal_that_a_dead_writer_left(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *w = fixture_open(f, "primary", no_rooms);
    fixture_event(w, "test.one", NULL, NULL);
    /* A copy of the state folder while the writer lives is what a kill leaves. */
    char copy[400];
    char command[1200];
    (void)snprintf(copy, sizeof copy, "%s/copy", f->dir);
    (void)snprintf(command, sizeof command, "%s/state", copy);
    assert_ok(orx_mkdirs(f->p, command, false, &err), &err);
    const char *names[] = {"orxaq.db", "orxaq.db-wal", "orxaq.wlock"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        char from[600];
        char to[600];
        (void)snprintf(from, sizeof from, "%s/state/%s", f->root, names[i]);
        (void)snprintf(to, sizeof to, "%s/state/%s", copy, names[i]);
        ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
        assert_ok(orx_read_file(f->p, from, 1 << 24, &bytes, &err), &err);
        assert_ok(orx_write_new(f->p, to, orx_str_view(&bytes), 0644, &err), &err);
    }
    orx_store_close(w);
    (void)snprintf(f->root, sizeof f->root, "%.290s", copy);
    orx_store *r = NULL;
    assert_ok(orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &r, &err), &err);
    assert_int_equal(orx_event_last(r), 1);
    orx_store_close(r);
}

static void a_network_file_system_is_refused(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store_close(fixture_open(f, "primary", no_rooms));
    f->network = true;
    assert_int_equal(try_open(f, "primary", ORX_STORE_CREATE, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "network file system");
    assert_contains(err.msg, "state");
    assert_int_equal(try_open(f, NULL, ORX_STORE_READ_ONLY, &err), ORX_E_UNSUPPORTED);
}

static void another_programs_database_is_refused_and_left_alone(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "state"), false, &err), &err);
    fixture_sql(f, "CREATE TABLE theirs(x); INSERT INTO theirs VALUES(7);");
    assert_int_equal(try_open(f, "primary", ORX_STORE_CREATE, &err), ORX_E_INVALID);
    assert_contains(err.msg, "orxaq.db is a SQLite database of another program");
    assert_int_equal(try_open(f, NULL, ORX_STORE_READ_ONLY, &err), ORX_E_INVALID);
    assert_int_equal(fixture_sql_int(f, "SELECT x FROM theirs"), 7);
}

static void an_overlong_root_is_refused(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    char root[600];
    memset(root, 'a', sizeof root - 1);
    root[0] = '/';
    root[sizeof root - 1] = '\0';
    assert_int_equal(orx_store_open(f->p, root, "o", no_rooms, ORX_STORE_CREATE, &s, &err),
                     ORX_E_LIMIT);
    assert_contains(err.msg, "too long");
}

/* As another user: for root, modes mean nothing. */
static void drop_privileges(void) {
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0);
}

static void regain_privileges(void) {
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

static void a_read_only_root_is_named_and_can_be_read(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    fixture_event(s, "test.one", NULL, NULL);
    orx_store_close(s);
    assert_int_equal(chmod(f->dir, 0755), 0);
    assert_int_equal(chmod(fixture_path(f, "state/orxaq.db"), 0444), 0);
    assert_int_equal(chmod(fixture_path(f, "state/orxaq.wlock"), 0444), 0);
    assert_int_equal(chmod(fixture_path(f, "state"), 0555), 0);
    drop_privileges();
    orx_store *w = NULL;
    int write_rc = orx_store_open(f->p, f->root, "primary", no_rooms, ORX_STORE_CREATE, &w, &err);
    orx_store *r = NULL;
    orx_err read_err = ORX_ERR_INIT;
    int read_rc = orx_store_open(f->p, f->root, NULL, no_rooms, ORX_STORE_READ_ONLY, &r, &read_err);
    int64_t last = r ? orx_event_last(r) : -1;
    orx_store_close(r);
    orx_store_close(w);
    regain_privileges();
    assert_int_equal(chmod(fixture_path(f, "state"), 0755), 0);
    assert_int_equal(write_rc, ORX_E_DENIED);
    assert_contains(err.msg, "state/orxaq.");
    assert_ok(read_rc, &read_err);
    assert_int_equal(last, 1);
}

static void a_read_only_root_that_cannot_even_hold_a_journal(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(mkdir(f->root, 0555), 0);
    assert_int_equal(chmod(f->dir, 0755), 0);
    drop_privileges();
    int rc = try_open(f, "primary", ORX_STORE_CREATE, &err);
    regain_privileges();
    assert_int_equal(rc, ORX_E_DENIED);
    assert_contains(err.msg, f->root);
}

static void a_dead_writers_row_is_cleared_away(void **state) {
    fixture *f = *state;
    orx_store_close(fixture_open(f, "primary", no_rooms));
    fixture_sql(f, "INSERT INTO store_writer(pid, start, boot) SELECT 77, 1, name FROM store_boot;"
                   "INSERT INTO store_writer(pid, start, boot) SELECT 78, 1, name FROM store_boot");
    f->dead_pid = 77;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_int_equal(store_int(s, "SELECT count(*) FROM store_writer WHERE pid = 77"), 0);
    assert_int_equal(store_int(s, "SELECT count(*) FROM store_writer WHERE pid = 78"), 1);
    assert_int_equal(store_int(s, "SELECT count(*) FROM store_writer WHERE pid = 1000"), 1);
    orx_store_close(s);
}

static void roots_with_odd_names_work(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    char base[300];
    char cwd[1024];
    (void)snprintf(base, sizeof base, "%s", f->root);
    const char *names[] = {"with space", "100%25", "q?mode=memory", "#hash", "\xc3\xa4"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        (void)snprintf(f->root, sizeof f->root, "%.250s %s", base, names[i]);
        orx_store_close(fixture_open(f, "primary", no_rooms));
        assert_true(fixture_exists(fixture_path(f, "state/orxaq.db")));
        assert_ok(try_open(f, NULL, ORX_STORE_READ_ONLY, &err), &err);
    }
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(f->dir), 0);
    (void)snprintf(f->root, sizeof f->root, "file:root?mode=memory");
    orx_store_close(fixture_open(f, "primary", no_rooms));
    assert_true(fixture_exists("file:root?mode=memory/state/orxaq.db"));
    assert_int_equal(chdir(cwd), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_new_root_gets_a_journal),
        T(a_missing_journal_is_named),
        T(a_writer_needs_an_origin),
        T(a_reader_works_beside_a_writer),
        T(a_reader_never_writes),
        T(a_reader_sees_a_wal_that_a_dead_writer_left),
        T(a_network_file_system_is_refused),
        T(another_programs_database_is_refused_and_left_alone),
        T(an_overlong_root_is_refused),
        T(a_read_only_root_is_named_and_can_be_read),
        T(a_read_only_root_that_cannot_even_hold_a_journal),
        T(a_dead_writers_row_is_cleared_away),
        T(roots_with_odd_names_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
