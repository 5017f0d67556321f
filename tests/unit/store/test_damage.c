/* Damaged journals: refused by name with what to do, set aside unchanged, never emptied. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Helpers ----------------------------------------------------------------------------------
 */

static const char *db(fixture *f) {
    return fixture_path(f, "state/orxaq.db");
}

static void fill(fixture *f, int count) {
    orx_store *s = fixture_open(f, "primary", no_rooms);
    for (int i = 0; i < count; i++)
        fixture_event(s, "test.one", "T1", "{\"n\":1}");
    orx_store_close(s);
}

static int try_open(fixture *f, int flags, orx_err *err) {
    orx_store *s = NULL;
    int rc = orx_store_open(f->p, f->root, "primary", no_rooms, flags, &s, err);
    orx_store_close(s);
    return rc;
}

static orx_str bytes_of(fixture *f, const char *path) {
    orx_str out = {0};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_read_file(f->p, path, 1 << 28, &out, &err), &err);
    return out;
}

static void copy(fixture *f, const char *from, const char *to) {
    orx_err err = ORX_ERR_INIT;
    orx_str bytes = bytes_of(f, from);
    assert_ok(orx_write_replace(f->p, to, orx_str_view(&bytes), 0644, &err), &err);
    orx_str_free(&bytes);
}

/* The one file that was set aside, in arena a. */
static char *set_aside(fixture *f, orx_arena *a) {
    char **names = NULL;
    char *found = NULL;
    assert_int_equal(orx_list_dir(f->p, fixture_path(f, "state"), a, &names, NULL), 0);
    for (; *names; names++)
        if (strstr(*names, "orxaq.db.damaged-") && !strstr(*names, "-wal")) {
            assert_null(found);
            found = orx_path_join(a, fixture_path(f, "state"), *names);
        }
    return found;
}

/* Opening as a writer refuses, sets the very bytes aside, and goes on refusing. */
static void expect_refused_and_set_aside(fixture *f) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_str before = bytes_of(f, db(f));
    assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
    assert_contains(err.msg, "state/orxaq.db");
    assert_contains(err.msg, "delete");
    char *aside = set_aside(f, &a);
    assert_non_null(aside);
    assert_contains(err.msg, aside);
    orx_str after = bytes_of(f, aside);
    assert_true(orx_view_eq(orx_str_view(&before), orx_str_view(&after)));
    orx_str_free(&before);
    orx_str_free(&after);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try_open(f, i % 2 ? ORX_STORE_READ_ONLY : ORX_STORE_CREATE, &err),
                         ORX_E_CORRUPT);
        assert_contains(err.msg, "set it aside");
        assert_false(fixture_exists(db(f)));
    }
    /* The operator's word: start an empty one. */
    assert_int_equal(unlink(fixture_path(f, "state/orxaq.wlock")), 0);
    assert_ok(try_open(f, ORX_STORE_CREATE, &err), &err);
    assert_true(fixture_exists(aside));
}

/* ---- Broken files -----------------------------------------------------------------------------
 */

static void a_garbage_header_is_refused(void **state) {
    fixture *f = *state;
    fill(f, 3);
    fixture_poke(db(f), 0, "this is no database", 19);
    expect_refused_and_set_aside(f);
}

static void a_text_file_is_refused(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "state"), false, &err), &err);
    orx_str text = {0};
    for (int i = 0; i < 1000; i++)
        orx_str_adds(&text, "not a database at all\n");
    fixture_write(db(f), orx_str_cstr(&text));
    orx_str_free(&text);
    expect_refused_and_set_aside(f);
}

static void a_truncated_file_is_refused(void **state) {
    fixture *f = *state;
    fill(f, 300);
    long size = fixture_size(db(f));
    assert_int_equal(truncate(db(f), size / 2), 0);
    expect_refused_and_set_aside(f);
}

static void a_file_cut_inside_its_first_page_is_refused(void **state) {
    fixture *f = *state;
    fill(f, 3);
    assert_int_equal(truncate(db(f), 700), 0);
    expect_refused_and_set_aside(f);
}

static void a_file_cut_to_nothing_is_refused_and_stays(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f, 3);
    assert_int_equal(truncate(db(f), 0), 0);
    assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
    assert_contains(err.msg, "ends at event 0, but event 3 was committed");
}

static void a_database_that_is_gone_is_not_made_anew(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f, 3);
    assert_int_equal(unlink(db(f)), 0);
    const int flags[] = {ORX_STORE_CREATE, 0, ORX_STORE_READ_ONLY};
    for (size_t i = 0; i < ORX_ARRAY_LEN(flags); i++) {
        assert_int_equal(try_open(f, flags[i], &err), ORX_E_CORRUPT);
        assert_contains(err.msg, "is gone, but held at least 3 events");
        assert_false(fixture_exists(db(f)));
    }
}

static void a_reader_refuses_and_touches_nothing(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f, 3);
    fixture_poke(db(f), 0, "garbage", 7);
    orx_str before = bytes_of(f, db(f));
    assert_int_equal(try_open(f, ORX_STORE_READ_ONLY, &err), ORX_E_CORRUPT);
    assert_contains(err.msg, "state/orxaq.db");
    orx_str after = bytes_of(f, db(f));
    assert_true(orx_view_eq(orx_str_view(&before), orx_str_view(&after)));
    orx_str_free(&before);
    orx_str_free(&after);
    assert_int_equal(fixture_count(fixture_path(f, "state"), "damaged"), 0);
}

static void damage_that_cannot_be_moved_is_refused_all_the_same(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f, 3);
    fixture_poke(db(f), 0, "garbage", 7);
    f->fail_op = "rename";
    f->fail_code = ORX_E_DENIED;
    assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
    assert_contains(err.msg, "could not be moved aside");
    assert_true(fixture_exists(db(f)));
}

/* ---- The -wal ---------------------------------------------------------------------------------
 */

/* Makes f->root look as if its writer had been killed: database and -wal as they were. */
static void leave_wal(fixture *f, int checkpointed, int in_wal) {
    char save[2][400];
    fill(f, checkpointed);
    orx_store *s = fixture_open(f, "primary", no_rooms);
    for (int i = 0; i < in_wal; i++)
        fixture_event(s, "test.wal", NULL, NULL);
    (void)snprintf(save[0], sizeof save[0], "%s/db", f->dir);
    (void)snprintf(save[1], sizeof save[1], "%s/wal", f->dir);
    copy(f, db(f), save[0]);
    copy(f, fixture_path(f, "state/orxaq.db-wal"), save[1]);
    orx_store_close(s);
    copy(f, save[0], db(f));
    copy(f, save[1], fixture_path(f, "state/orxaq.db-wal"));
}

static void a_wal_of_a_killed_writer_is_replayed(void **state) {
    fixture *f = *state;
    leave_wal(f, 2, 5);
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_int_equal(orx_event_last(s), 7);
    orx_store_close(s);
}

static void a_missing_wal_is_refused_until_it_is_back(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    char away[400];
    leave_wal(f, 2, 5);
    (void)snprintf(away, sizeof away, "%s/away", f->dir);
    assert_int_equal(rename(fixture_path(f, "state/orxaq.db-wal"), away), 0);
    const int flags[] = {ORX_STORE_CREATE, ORX_STORE_READ_ONLY};
    for (size_t i = 0; i < ORX_ARRAY_LEN(flags); i++) {
        assert_int_equal(try_open(f, flags[i], &err), ORX_E_CORRUPT);
        assert_contains(err.msg, "ends at event 2, but event 7 was committed");
        assert_contains(err.msg, "-wal");
    }
    assert_int_equal(fixture_count(fixture_path(f, "state"), "damaged"), 0); /* left in place */
    copy(f, away, fixture_path(f, "state/orxaq.db-wal"));
    (void)unlink(fixture_path(f, "state/orxaq.db-shm"));
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_int_equal(orx_event_last(s), 7);
    orx_store_close(s);
}

static void a_wal_cut_or_spoilt_is_refused(void **state) {
    fixture *f = *state;
    const char *wal_name = "state/orxaq.db-wal";
    for (int spoil = 0; spoil < 3; spoil++) {
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_remove_tree(f->p, f->root, &err), &err);
        leave_wal(f, 2, 5);
        const char *wal = fixture_path(f, wal_name);
        if (spoil == 0)
            assert_int_equal(truncate(wal, fixture_size(wal) - 100), 0);
        else
            fixture_poke(wal, spoil == 1 ? 5 : fixture_size(wal) / 2, "\xff\x00\xff", 3);
        assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
        assert_contains(err.msg, "event 7 was committed");
    }
}

static void an_older_copy_is_refused_until_accepted(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    char backup[400];
    fill(f, 2);
    (void)snprintf(backup, sizeof backup, "%s/backup", f->dir);
    copy(f, db(f), backup);
    fill(f, 3);
    copy(f, backup, db(f));
    assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
    assert_contains(err.msg, "older copy");
    assert_contains(err.msg, "state/orxaq.wlock");
    assert_int_equal(unlink(fixture_path(f, "state/orxaq.wlock")), 0);
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_int_equal(orx_event_last(s), 2);
    orx_store_close(s);
}

static void a_spoilt_lock_file_is_no_reason_to_refuse(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f, 3);
    const char *lock = fixture_path(f, "state/orxaq.wlock");
    const char *spoilt[] = {"", "committed 99999999999999999999 0000000000000000", "garbage"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(spoilt); i++) {
        fixture_write(lock, spoilt[i]);
        assert_ok(try_open(f, ORX_STORE_CREATE, &err), &err);
    }
    fill(f, 1); /* and it is made good by the next commit */
    assert_int_equal(unlink(db(f)), 0);
    assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
    /* A torn record (some digits new, some old) counts as none, too. */
    fixture_poke(lock, 12, "9", 1);
    assert_ok(try_open(f, ORX_STORE_CREATE, &err), &err);
}

/* Looking at it must not even move the -wal into it. */
static void a_damaged_database_keeps_its_wal(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    leave_wal(f, 300, 5);
    char junk[512];
    memset(junk, 0xA5, sizeof junk);
    fixture_poke(db(f), 4096L * 8, junk, sizeof junk);
    /* Suspected: everything is checked. */
    f->boot = "another-boot";
    orx_str before = bytes_of(f, db(f));
    orx_str wal_before = bytes_of(f, fixture_path(f, "state/orxaq.db-wal"));
    assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
    char *aside = set_aside(f, &a);
    assert_non_null(aside);
    orx_str after = bytes_of(f, aside);
    orx_str wal_after = bytes_of(f, orx_arena_printf(&a, "%s-wal", aside));
    assert_true(orx_view_eq(orx_str_view(&before), orx_str_view(&after)));
    assert_true(orx_view_eq(orx_str_view(&wal_before), orx_str_view(&wal_after)));
    orx_str_free(&before);
    orx_str_free(&after);
    orx_str_free(&wal_before);
    orx_str_free(&wal_after);
}

/* ---- When everything is checked ---------------------------------------------------------------
 */

/* Damage that opening alone does not see: a digit in the body of an event. */
static void spoil_quietly(fixture *f) {
    fixture_sql(f, "UPDATE event SET body = '{\"n\":2}' WHERE seq = 2");
}

static void after_a_loss_of_power_everything_is_checked(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    f->boot = "boot-1";
    fill(f, 5);
    spoil_quietly(f);
    f->boot = "boot-2";
    assert_ok(try_open(f, ORX_STORE_CREATE, &err), &err); /* closed cleanly: not looked at */
    fixture_sql(f, "INSERT INTO store_writer(pid, start, boot) VALUES(5, 5, 'boot-2')");
    assert_ok(try_open(f, ORX_STORE_CREATE, &err), &err); /* a kill in this boot: neither */
    f->boot = "boot-3";
    expect_refused_and_set_aside(f);
}

static void a_sound_journal_passes_the_check_after_a_loss_of_power(void **state) {
    fixture *f = *state;
    f->boot = "boot-1";
    fill(f, 5);
    fixture_sql(f, "INSERT INTO store_writer(pid, start, boot) VALUES(5, 5, 'boot-1')");
    f->boot = "boot-2";
    fill(f, 1);
    assert_int_equal(fixture_sql_int(f, "SELECT count(*) FROM store_writer"), 0);
}

/* Spoils the page with the oldest (or the newest) events. */
static void spoil_event_page(fixture *f, bool newest) {
    int64_t page = fixture_sql_int(
        f, newest ? "SELECT pageno FROM dbstat WHERE name = 'event' AND pagetype = 'leaf'"
                    " ORDER BY path DESC LIMIT 1"
                  : "SELECT pageno FROM dbstat WHERE name = 'event' AND pagetype = 'leaf'"
                    " ORDER BY path LIMIT 1");
    char junk[512];
    memset(junk, 0xA5, sizeof junk);
    fixture_poke(db(f), (long)(page - 1) * 4096, junk, sizeof junk);
}

static bool go_on(const orx_event_row *row, void *user) {
    (void)row;
    (void)user;
    return true;
}

static void damage_met_while_running_stops_writing_and_is_checked_next_time(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f, 300);
    spoil_event_page(f, false);
    orx_store *s = fixture_open(f, "primary", no_rooms); /* opening does not come that way */
    orx_event_filter all = {0};
    assert_int_equal(orx_event_each(s, &all, go_on, NULL, &err), ORX_E_CORRUPT);
    assert_contains(err.msg, "state/orxaq.db");
    assert_contains(err.msg, "start again to have it checked");
    assert_int_equal(orx_tx_begin(s, &err), ORX_E_CORRUPT); /* nothing more is written */
    orx_store_close(s);
    expect_refused_and_set_aside(f);
}

static void damage_where_the_newest_events_are_is_found_at_once(void **state) {
    fixture *f = *state;
    fill(f, 300);
    spoil_event_page(f, true);
    expect_refused_and_set_aside(f);
}

static void what_a_check_finds_is_looked_at_by_the_next_start(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f, 5);
    spoil_quietly(f);
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_int_equal(orx_event_verify(s, NULL, &err), ORX_E_CORRUPT);
    assert_int_equal(orx_tx_begin(s, &err), ORX_E_CORRUPT);
    orx_store_close(s);
    expect_refused_and_set_aside(f);
}

static void a_suspicion_that_proves_wrong_is_forgotten(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    char good[400];
    (void)snprintf(good, sizeof good, "%s/good", f->dir);
    fill(f, 300);
    copy(f, db(f), good);
    spoil_event_page(f, false);
    orx_store *s = fixture_open(f, "primary", no_rooms);
    assert_int_equal(orx_store_check(s, &err), ORX_E_CORRUPT);
    orx_store_close(s);
    copy(f, good, db(f)); /* the operator brings the good one back */
    (void)unlink(fixture_path(f, "state/orxaq.db-wal"));
    fill(f, 1); /* checked, and found sound */
    spoil_quietly(f);
    assert_ok(try_open(f, ORX_STORE_CREATE, &err), &err); /* no check any more */
}

/* ---- Random damage ----------------------------------------------------------------------------
 */

/* Whatever three bytes are flipped: no crash, no hang, and a database that is refused is kept. */
static void flipped_bytes_never_do_harm(void **state) {
    fixture *f = *state;
    char good[400];
    (void)snprintf(good, sizeof good, "%s/good", f->dir);
    fill(f, 60);
    copy(f, db(f), good);
    long size = fixture_size(good);
    uint32_t seed = 12345;
    int found = 0;
    for (int round = 0; round < 60; round++) {
        orx_err err = ORX_ERR_INIT;
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        assert_ok(orx_remove_tree(f->p, f->root, &err), &err);
        assert_ok(orx_mkdirs(f->p, fixture_path(f, "state"), false, &err), &err);
        copy(f, good, db(f));
        for (int i = 0; i < 3; i++) {
            seed = seed * 1664525 + 1013904223;
            fixture_poke(db(f), (long)((seed >> 4) % (uint32_t)size), &seed, 1);
        }
        orx_store *s = NULL;
        int rc = orx_store_open(f->p, f->root, "primary", no_rooms, ORX_STORE_CREATE, &s, &err);
        if (rc == 0)
            rc = orx_store_check(s, &err);
        found += rc < 0;
        if (rc < 0)
            assert_int_not_equal(strlen(err.msg), 0);
        orx_store_close(s);
        /* Damage that only the first words of a new writer met is looked at by the next start. */
        if (rc == ORX_E_CORRUPT && !s && !set_aside(f, &a))
            assert_int_equal(try_open(f, ORX_STORE_CREATE, &err), ORX_E_CORRUPT);
        if (rc == ORX_E_CORRUPT && !s)
            assert_non_null(set_aside(f, &a));
        else
            assert_true(fixture_exists(db(f)));
    }
    assert_true(found > 15);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_garbage_header_is_refused),
        T(a_text_file_is_refused),
        T(a_truncated_file_is_refused),
        T(a_file_cut_inside_its_first_page_is_refused),
        T(a_file_cut_to_nothing_is_refused_and_stays),
        T(a_database_that_is_gone_is_not_made_anew),
        T(a_reader_refuses_and_touches_nothing),
        T(damage_that_cannot_be_moved_is_refused_all_the_same),
        T(a_wal_of_a_killed_writer_is_replayed),
        T(a_missing_wal_is_refused_until_it_is_back),
        T(a_wal_cut_or_spoilt_is_refused),
        T(an_older_copy_is_refused_until_accepted),
        T(a_spoilt_lock_file_is_no_reason_to_refuse),
        T(a_damaged_database_keeps_its_wal),
        T(after_a_loss_of_power_everything_is_checked),
        T(a_sound_journal_passes_the_check_after_a_loss_of_power),
        T(damage_met_while_running_stops_writing_and_is_checked_next_time),
        T(damage_where_the_newest_events_are_is_found_at_once),
        T(what_a_check_finds_is_looked_at_by_the_next_start),
        T(a_suspicion_that_proves_wrong_is_forgotten),
        T(flipped_bytes_never_do_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
