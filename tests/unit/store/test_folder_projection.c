/* Projections that are a folder: every event's file once, and nobody else's is touched. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int page(orx_store *s, void *user, const orx_event_row *e, orx_str *name, orx_str *out,
                orx_err *err) {
    (void)s;
    (void)user;
    (void)err;
    if (!orx_view_starts(e->kind, "page."))
        return 0;
    orx_str_addf(name, "%lld.md", (long long)e->seq);
    orx_str_addf(out, "page of event %lld\n", (long long)e->seq);
    return 0;
}

static const orx_projection projections[] = {
    {.name = "pages", .path = "artifacts/pages", .kind = ORX_PROJECTION_FOLDER, .page = page}};
static const orx_store_room room = {
    .name = "pages", .projections = projections, .projection_count = 1};
static const orx_store_room *const rooms[] = {&room, NULL};

static void flush(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_projection_flush(s, true, &err), &err);
}

static void expect_page(fixture *f, const char *path, const char *want) {
    ORX_CLEANUP(orx_freep) char *have = fixture_read(fixture_path(f, path));
    assert_string_equal(have, want);
}

static void each_event_has_a_file(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", rooms);
    flush(s);
    assert_false(fixture_exists(fixture_path(f, "artifacts/pages")));
    fixture_event(s, "page.a", NULL, NULL);
    fixture_event(s, "other.b", NULL, NULL);
    fixture_event(s, "page.c", NULL, NULL);
    flush(s);
    expect_page(f, "artifacts/pages/1.md", "page of event 1\n");
    expect_page(f, "artifacts/pages/3.md", "page of event 3\n");
    fixture_event(s, "page.d", NULL, NULL);
    orx_store_close(s);
    expect_page(f, "artifacts/pages/4.md", "page of event 4\n");
    assert_int_equal(fixture_count(fixture_path(f, "artifacts/pages"), ".md"), 3);
}

static void what_is_there_is_left_alone(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", rooms);
    fixture_event(s, "page.a", NULL, NULL);
    flush(s);
    fixture_write(fixture_path(f, "artifacts/pages/1.md"), "edited");
    fixture_write(fixture_path(f, "artifacts/pages/2.md"), "");
    fixture_event(s, "page.b", NULL, NULL);
    orx_store_close(s);
    s = fixture_open(f, "primary", rooms); /* the cursor lags behind */
    fixture_event(s, "page.c", NULL, NULL);
    orx_store_close(s);
    expect_page(f, "artifacts/pages/1.md", "edited");
    expect_page(f, "artifacts/pages/2.md", "page of event 2\n");
    expect_page(f, "artifacts/pages/3.md", "page of event 3\n");
}

static void a_rebuild_writes_what_is_missing(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", rooms);
    for (int i = 0; i < 200; i++)
        fixture_event(s, "page.a", NULL, NULL);
    flush(s);
    assert_int_equal(unlink(fixture_path(f, "artifacts/pages/7.md")), 0);
    assert_int_equal(unlink(fixture_path(f, "artifacts/pages/170.md")), 0);
    fixture_write(fixture_path(f, "artifacts/pages/8.md"), "edited");
    flush(s);
    assert_false(fixture_exists(fixture_path(f, "artifacts/pages/7.md")));
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), 2);
    expect_page(f, "artifacts/pages/7.md", "page of event 7\n");
    expect_page(f, "artifacts/pages/170.md", "page of event 170\n");
    expect_page(f, "artifacts/pages/8.md", "edited");
    orx_store_close(s);
}

/* A start must not look at the whole journal again. */
static void the_cursor_is_stored_now_and_then(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", rooms);
    for (int i = 0; i < 100; i++)
        fixture_event(s, "page.a", NULL, NULL);
    orx_store_close(s);
    assert_int_equal(fixture_sql_int(f, "SELECT cursor FROM store_projection"), 64);
    s = fixture_open(f, "primary", rooms);
    fixture_event(s, "page.a", NULL, NULL);
    orx_store_close(s);
    assert_int_equal(fixture_sql_int(f, "SELECT cursor FROM store_projection"), 64);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(each_event_has_a_file),
        T(what_is_there_is_left_alone),
        T(a_rebuild_writes_what_is_missing),
        T(the_cursor_is_stored_now_and_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
