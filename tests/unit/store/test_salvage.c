/* Salvage: whichever page of a journal is destroyed, a new one takes its place that verifies, holds
 * what could be read, and says which events it does not hold. */
#include "store/salvage.h"

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE   4096
#define EVENTS 400
#define ROWS   300

static const char *const scripts[] = {
    "CREATE TABLE thing(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT NOT NULL);"};
static const orx_store_room room = {.name = "things", .migrations = scripts, .migration_count = 1};
static const orx_store_room *const rooms[] = {&room, NULL};

static const char *db(fixture *f) {
    return fixture_path(f, "state/orxaq.db");
}

static void insert(orx_store *s, int i) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    char name[32];
    (void)snprintf(name, sizeof name, "thing %05d of a kind", i);
    assert_ok(orx_sql_get(s, "INSERT INTO thing VALUES(?1, 'a value of some length')", &q, &err),
              &err);
    orx_sql_str(q, 1, name);
    assert_int_equal(orx_sql_run(q, &err), 1);
    assert_ok(orx_sql_get(s, "INSERT INTO note VALUES(?1, 'a text of about forty bytes, or so')",
                          &q, &err),
              &err);
    orx_sql_int(q, 1, 3 * (int64_t)i + 1);
    assert_int_equal(orx_sql_run(q, &err), 1);
}

/* A journal of some dozen pages, all of it in the file itself. */
static void fill(fixture *f) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_store *s = fixture_open(f, "primary", rooms);
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "text", "some words that make a body of an ordinary length");
    const orx_event e = {.kind = "test.many", .schema = 1, .task = "t", .body = body};
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 0; i < EVENTS; i++)
        assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    for (int i = 0; i < ROWS; i++)
        insert(s, i);
    assert_ok(orx_tx_commit(s, &err), &err);
    orx_store_close(s);
    assert_int_equal(fixture_size(db(f)) % PAGE, 0);
}

static int64_t numbers_in(const orx_salvage_report *r) {
    int64_t n = 0;
    for (size_t i = 0; i < r->lost.len; i++)
        n += r->lost.items[i].last - r->lost.items[i].first + 1;
    return n;
}

/* Every event is in the journal, exported, or named as lost. */
static void account_for_all(orx_salvage *sv) {
    const orx_salvage_report *r = orx_salvage_report_of(sv);
    int64_t kept = store_int(orx_salvage_store(sv), "SELECT count(*) FROM event");
    assert_int_equal(kept + r->exported + numbers_in(r), EVENTS);
    assert_int_equal(r->events - r->wrong, kept + r->exported);
}

/* Returns what was lost. */
static int64_t recover(fixture *f) {
    orx_err err = ORX_ERR_INIT;
    orx_salvage *sv = NULL;
    assert_int_equal(orx_salvage_begin(f->p, f->root, "primary", rooms, NULL, &sv, &err), 1);
    account_for_all(sv);
    int64_t lost = numbers_in(orx_salvage_report_of(sv));
    assert_ok(orx_salvage_finish(sv, NULL, &err), &err);
    orx_salvage_free(sv);
    return lost;
}

/* The new journal is sound, goes on, and is in nobody's way. */
static void expect_sound(fixture *f) {
    orx_err err = ORX_ERR_INIT;
    orx_salvage *sv = NULL;
    orx_store *s = fixture_open(f, "primary", rooms);
    assert_ok(orx_store_check(s, &err), &err);
    assert_int_equal(orx_event_last(s), EVENTS + 1);
    assert_int_equal(fixture_event(s, "test.next", NULL, "{}"), EVENTS + 2);
    assert_ok(orx_event_verify(s, NULL, &err), &err);
    orx_store_close(s);
    assert_int_equal(orx_salvage_begin(f->p, f->root, "primary", rooms, NULL, &sv, &err), 0);
    assert_false(fixture_exists(fixture_path(f, "state/recover")));
}

static void begin_anew(fixture *f, const orx_str *good) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_remove_tree(f->p, f->root, &err), &err);
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "state"), false, &err), &err);
    assert_ok(orx_write_replace(f->p, db(f), orx_str_view(good), 0644, &err), &err);
}

static void any_page(fixture *f, bool zeros) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_str_free) orx_str good = {0};
    fill(f);
    assert_ok(orx_read_file(f->p, db(f), 1 << 24, &good, &err), &err);
    unsigned seed = 1;
    for (long page = 0; page < (long)good.len / PAGE; page++) {
        unsigned char bytes[PAGE] = {0};
        for (size_t i = 0; i < sizeof bytes && !zeros; i++)
            bytes[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
        begin_anew(f, &good);
        fixture_poke(db(f), page * PAGE, bytes, sizeof bytes);
        orx_salvage *sv = NULL;
        int rc = orx_salvage_begin(f->p, f->root, "primary", rooms, NULL, &sv, &err);
        /* A free page holds nothing. */
        if (rc == 0)
            continue;
        assert_int_equal(rc, 1);
        /* The lock file was not there, so nothing says that the tail is missing. */
        assert_ok(orx_salvage_finish(sv, NULL, &err), &err);
        orx_salvage_free(sv);
        orx_store *s = fixture_open(f, "primary", rooms);
        assert_ok(orx_store_check(s, &err), &err);
        orx_store_close(s);
    }
}

static void any_page_of_nonsense(void **state) {
    any_page(*state, false);
}

static void any_page_of_zeros(void **state) {
    any_page(*state, true);
}

static void a_hole_in_the_events(void **state) {
    fixture *f = *state;
    fill(f);
    /* Behind the first leaves of the table, whose root is not far from the beginning. */
    long size = fixture_size(db(f));
    unsigned char nonsense[PAGE];
    memset(nonsense, 0xA5, sizeof nonsense);
    int64_t lost = 0;
    for (long page = size / PAGE / 3; lost == 0 && page < size / PAGE; page++) {
        fixture_poke(db(f), page * PAGE, nonsense, sizeof nonsense);
        lost = recover(f);
        expect_sound(f);
        if (lost)
            break;
        assert_int_equal(fixture_teardown(state), 0);
        assert_int_equal(fixture_setup(state), 0);
        f = *state;
        fill(f);
    }
    assert_in_range(lost, 1, 60); /* what one page holds */
}

static void a_file_cut_off(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_str_free) orx_str good = {0};
    fill(f);
    assert_ok(orx_read_file(f->p, db(f), 1 << 24, &good, &err), &err);
    orx_view half = {good.buf, good.len / PAGE / 2 * PAGE + 100};
    assert_ok(orx_write_replace(f->p, db(f), half, 0644, &err), &err);
    int64_t lost = recover(f);
    assert_in_range(lost, 1, EVENTS);
    expect_sound(f);
}

static void a_file_that_is_gone(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f);
    assert_ok(orx_unlink(f->p, db(f), &err), &err);
    assert_int_equal(recover(f), EVENTS);
    expect_sound(f);
}

static void what_was_exported_is_not_lost(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    fill(f);
    unsigned char nonsense[100];
    memset(nonsense, 0xA5, sizeof nonsense);
    fixture_poke(db(f), 0, nonsense, sizeof nonsense);
    assert_int_equal(recover(f), 0);
    expect_sound(f);
    /* The second time the first file is gone too; what was moved to segments stays. */
    orx_salvage *sv = NULL;
    fixture_poke(db(f), 0, nonsense, sizeof nonsense);
    assert_int_equal(orx_salvage_begin(f->p, f->root, "primary", rooms, NULL, &sv, &err), 1);
    assert_int_equal(numbers_in(orx_salvage_report_of(sv)), 0);
    assert_ok(orx_salvage_finish(sv, NULL, &err), &err);
    orx_salvage_free(sv);
    assert_true(fixture_count(fixture_path(f, "state"), "orxaq.db.damaged-") >= 2);
}

/* Whoever dies on the way can begin again, and the damaged file is as it was. */
static void an_unfinished_one_changes_nothing(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_salvage *sv = NULL;
    orx_store *s = NULL;
    fill(f);
    assert_ok(orx_unlink(f->p, db(f), &err), &err);
    assert_int_equal(orx_salvage_begin(f->p, f->root, "primary", rooms, NULL, &sv, &err), 1);
    orx_salvage_free(sv);
    assert_false(fixture_exists(db(f)));
    assert_int_equal(orx_store_open(f->p, f->root, "primary", rooms, ORX_STORE_CREATE, &s, &err),
                     ORX_E_CORRUPT);
    assert_contains(err.msg, "orxaq project recover");
    assert_int_equal(recover(f), EVENTS);
    expect_sound(f);
}

static void a_sound_one_is_left_alone(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_salvage *sv = NULL;
    int64_t events = 0;
    fill(f);
    assert_int_equal(orx_salvage_begin(f->p, f->root, "primary", rooms, &events, &sv, &err), 0);
    assert_int_equal(events, EVENTS);
    assert_null(sv);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(any_page_of_nonsense),
        TEST(any_page_of_zeros),
        TEST(a_hole_in_the_events),
        TEST(a_file_cut_off),
        TEST(a_file_that_is_gone),
        TEST(what_was_exported_is_not_lost),
        TEST(an_unfinished_one_changes_nothing),
        TEST(a_sound_one_is_left_alone),
    };
    return cmocka_run_group_tests_name("salvage", tests, NULL, NULL);
}
