/* One file to which the runners of several lanes append: every event's row once, and what others
 * put there stays, whoever dies when. */
#include "fixture.h"

#include <unistd.h>

static int row(orx_store *s, void *user, const orx_event_row *e, orx_str *out, orx_err *err) {
    (void)s;
    (void)user;
    (void)err;
    if (orx_view_starts(e->kind, "log."))
        orx_str_addf(out, "{\"%.*s\":%lld}\n", ORX_VIEW_ARG(e->origin), (long long)e->seq);
    return 0;
}

static const orx_projection projections[] = {{.name = "log",
                                              .path = "artifacts/log.ndjson",
                                              .kind = ORX_PROJECTION_NDJSON,
                                              .shared = true,
                                              .row = row}};
static const orx_store_room room = {
    .name = "log", .projections = projections, .projection_count = 1};
static const orx_store_room *const rooms[] = {&room, NULL};

static const char *log_path(fixture *f) {
    return fixture_path(f, "artifacts/log.ndjson");
}

static void flush(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_projection_flush(s, true, &err), &err);
}

static void expect_log(fixture *f, const char *want) {
    ORX_CLEANUP(orx_freep) char *have = fixture_read(log_path(f));
    assert_string_equal(have, want);
}

static void add_text(fixture *f, const char *text) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_append_file(f->p, log_path(f), orx_view_of(text), false, &err), &err);
}

/* Nothing was taken for a stranger's doing, and nothing lies beside the file. */
static void expect_peace(fixture *f, orx_store *s) {
    assert_int_equal(store_int(s, "SELECT count(*) FROM event WHERE kind LIKE 'projection.%'"), 0);
    assert_int_equal(fixture_count(fixture_path(f, "artifacts"), "log"), 1);
}

static void two_lanes_and_the_primary_append_to_one_file(void **state) {
    fixture *f = *state;
    orx_store *a = fixture_open(f, "lane/a", rooms);
    orx_store *b = fixture_open(f, "lane/b", rooms);
    orx_store *primary = fixture_open(f, "primary", rooms);
    fixture_event(a, "log.x", NULL, NULL);
    flush(a);
    fixture_event(b, "log.x", NULL, NULL);
    flush(b);
    fixture_event(primary, "log.x", NULL, NULL);
    flush(primary);
    fixture_event(a, "log.x", NULL, NULL);
    fixture_event(b, "log.x", NULL, NULL);
    flush(b);
    flush(a);
    flush(b);
    expect_log(f,
               "{\"lane/a\":1}\n{\"lane/b\":2}\n{\"primary\":3}\n{\"lane/b\":5}\n{\"lane/a\":4}\n");
    expect_peace(f, a);
    orx_store_close(primary);
    orx_store_close(b);
    orx_store_close(a);
}

/* A crash between append and commit, after which others went on. */
static void what_was_appended_and_not_committed_is_not_doubled(void **state) {
    fixture *f = *state;
    orx_store *a = fixture_open(f, "lane/a", rooms);
    fixture_event(a, "log.x", NULL, NULL);
    flush(a);
    fixture_event(a, "log.x", NULL, NULL);
    fixture_event(a, "log.x", NULL, NULL);
    add_text(f, "{\"lane/a\":2}\n{\"lane/b\":9}\n");
    flush(a);
    expect_log(f, "{\"lane/a\":1}\n{\"lane/a\":2}\n{\"lane/b\":9}\n{\"lane/a\":3}\n");
    expect_peace(f, a);
    orx_store_close(a);
}

/* The very first append, of which no length is known yet. */
static void nor_is_the_first_append(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = fixture_open(f, "lane/a", rooms);
    fixture_event(a, "log.x", NULL, NULL);
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "artifacts"), false, &err), &err);
    add_text(f, "{\"old\":0}\n{\"lane/a\":1}\n");
    flush(a);
    expect_log(f, "{\"old\":0}\n{\"lane/a\":1}\n");
    orx_store_close(a);
}

static void a_torn_line_is_ended(void **state) {
    fixture *f = *state;
    orx_store *a = fixture_open(f, "lane/a", rooms);
    fixture_event(a, "log.x", NULL, NULL);
    flush(a);
    fixture_event(a, "log.x", NULL, NULL);
    add_text(f, "{\"lane/");
    flush(a);
    expect_log(f, "{\"lane/a\":1}\n{\"lane/\n{\"lane/a\":2}\n");
    expect_peace(f, a);
    orx_store_close(a);
}

static void a_failed_append_is_repeated(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = fixture_open(f, "lane/a", rooms);
    fixture_event(a, "log.x", NULL, NULL);
    f->fail_op = "sync";
    f->fail_path = "log.ndjson";
    f->fail_code = ORX_E_IO;
    assert_int_equal(orx_projection_flush(a, true, &err), ORX_E_IO);
    f->fail_op = NULL;
    flush(a);
    expect_log(f, "{\"lane/a\":1}\n");
    orx_store_close(a);
}

static void a_file_rotated_away_starts_anew(void **state) {
    fixture *f = *state;
    orx_store *a = fixture_open(f, "lane/a", rooms);
    fixture_event(a, "log.x", NULL, NULL);
    flush(a);
    assert_int_equal(unlink(log_path(f)), 0);
    fixture_event(a, "log.x", NULL, NULL);
    flush(a);
    expect_log(f, "{\"lane/a\":2}\n");
    expect_peace(f, a);
    orx_store_close(a);
}

static void a_rebuild_leaves_it_alone_or_brings_back_the_rows_of_all(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = fixture_open(f, "lane/a", rooms);
    orx_store *primary = fixture_open(f, "primary", rooms);
    fixture_event(a, "log.x", NULL, NULL);
    flush(a);
    fixture_event(primary, "log.x", NULL, NULL);
    flush(primary);
    add_text(f, "{\"noted\":\"by hand\"}\n");
    assert_true(orx_projection_rebuild(primary, NULL, NULL, &err) >= 0);
    expect_log(f, "{\"lane/a\":1}\n{\"primary\":2}\n{\"noted\":\"by hand\"}\n");
    assert_int_equal(unlink(log_path(f)), 0);
    assert_int_equal(orx_projection_rebuild(primary, NULL, NULL, &err), 1);
    expect_log(f, "{\"lane/a\":1}\n{\"primary\":2}\n");
    /* The lane finds another file than it left, and its rows in it. */
    fixture_event(a, "log.x", NULL, NULL);
    flush(a);
    expect_log(f, "{\"lane/a\":1}\n{\"primary\":2}\n{\"lane/a\":3}\n");
    expect_peace(f, a);
    orx_store_close(primary);
    orx_store_close(a);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(two_lanes_and_the_primary_append_to_one_file),
        T(what_was_appended_and_not_committed_is_not_doubled),
        T(nor_is_the_first_append),
        T(a_torn_line_is_ended),
        T(a_failed_append_is_repeated),
        T(a_file_rotated_away_starts_anew),
        T(a_rebuild_leaves_it_alone_or_brings_back_the_rows_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
