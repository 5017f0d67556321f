/* Projections that grow by rows: every event's row once, whatever happens to process and file. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- A room with a log ------------------------------------------------------------------------
 */

static bool row_fails;

static int row(orx_store *s, void *user, const orx_event_row *e, orx_str *out, orx_err *err) {
    (void)s;
    if (row_fails)
        return orx_err_set(err, ORX_E_INVALID, "cannot render row");
    if (orx_view_starts(e->kind, "log."))
        orx_str_addf(out, "{\"seq\":%lld%s}\n", (long long)e->seq, user ? (char *)user : "");
    return 0;
}

static const orx_projection projections[] = {
    {.name = "log", .path = "artifacts/log.ndjson", .kind = ORX_PROJECTION_NDJSON, .row = row}};
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

static int64_t foreign_events(orx_store *s) {
    return store_int(s, "SELECT count(*) FROM event WHERE kind = 'projection.foreign'");
}

static int asides(fixture *f) {
    return fixture_count(fixture_path(f, "artifacts"), ".foreign-");
}

static void expect_aside(fixture *f, const char *want) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    assert_int_equal(orx_list_dir(f->p, fixture_path(f, "artifacts"), &a, &names, NULL), 0);
    for (; *names; names++)
        if (strstr(*names, ".foreign-")) {
            char *have = fixture_read(orx_path_join(&a, fixture_path(f, "artifacts"), *names));
            assert_string_equal(have, want);
            free(have);
            return;
        }
    fail_msg("nothing was kept aside");
}

static orx_store *opened(fixture *f) {
    row_fails = false;
    return fixture_open(f, "primary", rooms);
}

/* ---- The ordinary way -------------------------------------------------------------------------
 */

static void rows_follow_the_events(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    flush(s);
    assert_false(fixture_exists(log_path(f))); /* no rows, no file */
    fixture_event(s, "log.a", NULL, NULL);
    fixture_event(s, "other.b", NULL, NULL);
    fixture_event(s, "log.c", NULL, NULL);
    flush(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":3}\n");
    flush(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":3}\n");
    fixture_event(s, "log.d", NULL, NULL);
    orx_store_close(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":3}\n{\"seq\":4}\n");
    s = opened(f);
    fixture_event(s, "log.e", NULL, NULL);
    orx_store_close(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n");
    assert_int_equal(asides(f), 0);
}

static void the_loop_appends_in_batches(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    for (int i = 0; i < 20; i++)
        fixture_event(s, "log.a", NULL, NULL);
    int64_t start = orx_mono_ns(f->p);
    while (!fixture_exists(log_path(f)) && orx_mono_ns(f->p) - start < 10 * ORX_SEC)
        (void)orx_loop_step(f->p, 100 * ORX_MS);
    ORX_CLEANUP(orx_freep) char *have = fixture_read(log_path(f));
    assert_contains(have, "{\"seq\":20}\n"); /* all of them at once */
    orx_store_close(s);
}

static void many_events_go_in_several_batches(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 0; i < 9000; i++) {
        orx_event e = {.kind = i < 4500 ? "quiet.a" : "log.a", .schema = 1};
        assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    }
    assert_ok(orx_tx_commit(s, &err), &err);
    flush(s);
    ORX_CLEANUP(orx_freep) char *have = fixture_read(log_path(f));
    ORX_CLEANUP(orx_str_free) orx_str want = {0};
    for (int i = 4501; i <= 9000; i++)
        orx_str_addf(&want, "{\"seq\":%d}\n", i);
    assert_string_equal(have, orx_str_cstr(&want));
    orx_store_close(s);
}

static void rows_of_a_file_from_before_us_stay(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "artifacts"), false, &err), &err);
    fixture_write(log_path(f), "{\"old\":1}\n{\"torn\":");
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    expect_log(f, "{\"old\":1}\n{\"torn\":\n{\"seq\":1}\n");
    /* They stay in a rebuilding, too. */
    fixture_event(s, "log.b", NULL, NULL);
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), 1);
    expect_log(f, "{\"old\":1}\n{\"torn\":\n{\"seq\":1}\n{\"seq\":2}\n");
    fixture_event(s, "log.c", NULL, NULL);
    flush(s);
    expect_log(f, "{\"old\":1}\n{\"torn\":\n{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n");
    assert_int_equal(asides(f), 0);
    orx_store_close(s);
}

static void a_rebuild_before_the_first_row_keeps_the_old_file(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "artifacts"), false, &err), &err);
    fixture_write(log_path(f), "{\"old\":1}");
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), 1);
    expect_log(f, "{\"old\":1}\n{\"seq\":1}\n");
    assert_int_equal(asides(f), 0);
    orx_store_close(s);
}

/* ---- Crashes ----------------------------------------------------------------------------------
 */

/* What a crash between append and commit leaves: rows in the file that the cursor does not know. */
static void rows_of_an_append_that_was_not_committed_are_not_doubled(void **state) {
    fixture *f = *state;
    const char *leftovers[] = {"{\"seq\":2}\n{\"seq\":3}\n", "{\"seq\":2}\n", "{\"se"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(leftovers); i++) {
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_remove_tree(f->p, f->root, &err), &err);
        orx_store *s = opened(f);
        fixture_event(s, "log.a", NULL, NULL);
        flush(s);
        fixture_event(s, "log.b", NULL, NULL);
        fixture_event(s, "log.c", NULL, NULL);
        add_text(f, leftovers[i]);
        flush(s);
        expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n");
        assert_int_equal(foreign_events(s), 0);
        assert_int_equal(asides(f), 0);
        orx_store_close(s);
    }
}

/* A loss of power may leave an append of the right length with zeros where bytes should be. */
static void zeros_left_by_a_loss_of_power_are_not_foreign(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    fixture_event(s, "log.b", NULL, NULL);
    char torn[] = "{\"seq\":2}\n";
    memset(torn + 2, 0, 5);
    assert_ok(orx_append_file(f->p, log_path(f), orx_view_mem(torn, 10), false, &err), &err);
    flush(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n");
    assert_int_equal(asides(f), 0);
    orx_store_close(s);
}

/* The same before the very first row was committed. */
static void the_first_append_is_not_taken_for_an_old_file(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    f->fail_op = "sync";
    f->fail_code = ORX_E_IO;
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_IO);
    f->fail_op = NULL;
    expect_log(f, "{\"seq\":1}\n"); /* written, not committed */
    flush(s);
    expect_log(f, "{\"seq\":1}\n");
    orx_store_close(s);
}

static void a_failed_append_is_repeated_whole(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    fixture_event(s, "log.b", NULL, NULL);
    f->fail_op = "sync"; /* written, but not known to be safe */
    f->fail_code = ORX_E_IO;
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_IO);
    f->fail_op = NULL;
    flush(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n");
    assert_int_equal(asides(f), 0);
    row_fails = true;
    fixture_event(s, "log.c", NULL, NULL);
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_INVALID);
    row_fails = false;
    flush(s);
    ORX_CLEANUP(orx_freep) char *have = fixture_read(log_path(f));
    assert_contains(have, "{\"seq\":2}\n{\"seq\":4}\n"); /* 3 is the note of the failure */
    orx_store_close(s);
}

static void a_rebuild_that_died_before_the_rename_is_finished(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    fixture_event(s, "log.b", NULL, NULL);
    f->fail_op = "rename";
    f->fail_path = "log.ndjson";
    f->fail_code = ORX_E_IO;
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), ORX_E_IO);
    expect_log(f, "{\"seq\":1}\n");
    f->fail_op = NULL;
    fixture_event(s, "log.c", NULL, NULL);
    flush(s);
    ORX_CLEANUP(orx_freep) char *have = fixture_read(log_path(f));
    assert_contains(have, "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":");
    assert_int_equal(asides(f), 0);
    assert_int_equal(foreign_events(s), 0);
    assert_false(fixture_exists(fixture_path(f, "artifacts/log.ndjson.orxaq-tmp")));
    orx_store_close(s);
}

static void a_half_written_rebuild_is_thrown_away(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    orx_store_close(s);
    fixture_write(fixture_path(f, "artifacts/log.ndjson.orxaq-tmp"), "{\"seq\":");
    s = opened(f);
    fixture_event(s, "log.b", NULL, NULL);
    flush(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n");
    assert_false(fixture_exists(fixture_path(f, "artifacts/log.ndjson.orxaq-tmp")));
    orx_store_close(s);
}

/* ---- Somebody else ----------------------------------------------------------------------------
 */

static void rows_appended_by_somebody_else_are_kept_aside(void **state) {
    fixture *f = *state;
    const char *theirs[] = {"{\"theirs\":true}\n", "{\"seq\":2}\nand more of their own\n"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(theirs); i++) {
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_remove_tree(f->p, f->root, &err), &err);
        orx_store *s = opened(f);
        fixture_event(s, "log.a", NULL, NULL);
        flush(s);
        fixture_event(s, "log.b", NULL, NULL);
        add_text(f, theirs[i]);
        flush(s);
        expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n");
        expect_aside(f, theirs[i]);
        assert_int_equal(foreign_events(s), 1);
        orx_store_close(s);
    }
}

static void a_rewritten_file_is_kept_aside_and_written_anew(void **state) {
    fixture *f = *state;
    const char *theirs[] = {"x\n", "{\"seq\":9}\n{\"seq\":2}\nlonger than what we had written\n"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(theirs); i++) {
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_remove_tree(f->p, f->root, &err), &err);
        orx_store *s = opened(f);
        fixture_event(s, "log.a", NULL, NULL);
        fixture_event(s, "log.b", NULL, NULL);
        flush(s);
        fixture_write(log_path(f), theirs[i]);
        fixture_event(s, "log.c", NULL, NULL);
        flush(s);
        expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n");
        expect_aside(f, theirs[i]);
        assert_int_equal(foreign_events(s), 1);
        orx_store_close(s);
    }
}

static void a_copied_file_is_still_ours(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    char *text = fixture_read(log_path(f));
    assert_int_equal(unlink(log_path(f)), 0);
    fixture_write(log_path(f), text);
    free(text);
    fixture_event(s, "log.b", NULL, NULL);
    flush(s);
    expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n");
    assert_int_equal(asides(f), 0);
    orx_store_close(s);
}

static void a_file_rotated_away_starts_anew_with_the_next_row(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    assert_int_equal(rename(log_path(f), fixture_path(f, "artifacts/log.1")), 0);
    fixture_event(s, "log.b", NULL, NULL);
    flush(s);
    expect_log(f, "{\"seq\":2}\n");
    assert_int_equal(foreign_events(s), 1);
    orx_store_close(s);
}

static void a_folder_in_the_way_is_an_error(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, log_path(f), false, &err), &err);
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_INVALID);
    assert_contains(err.msg, "artifacts/log.ndjson");
    orx_store_close(s);
}

/* ---- Rebuilding -------------------------------------------------------------------------------
 */

static void a_rebuild_restores_what_is_missing_and_shows_what_differs(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    for (int i = 0; i < 3; i++)
        fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    assert_int_equal(unlink(log_path(f)), 0);
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), 1);
    expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n");
    assert_int_equal(foreign_events(s), 0);
    fixture_poke(log_path(f), 7, "8", 1);
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), 1);
    expect_log(f, "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n");
    expect_aside(f, "{\"seq\":8}\n{\"seq\":2}\n{\"seq\":3}\n");
    assert_int_equal(foreign_events(s), 1);
    orx_store_close(s);
}

static void a_new_path_gets_the_rows_from_the_cursor_on(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    fixture_event(s, "log.a", NULL, NULL);
    flush(s);
    char user[] = ",\"x\":1";
    assert_ok(orx_store_set_projection(s, "log", "moved.ndjson", user, &err), &err);
    fixture_event(s, "log.b", NULL, NULL);
    flush(s);
    ORX_CLEANUP(orx_freep) char *have = fixture_read(fixture_path(f, "moved.ndjson"));
    assert_string_equal(have, "{\"seq\":2,\"x\":1}\n");
    expect_log(f, "{\"seq\":1}\n");
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(rows_follow_the_events),
        T(the_loop_appends_in_batches),
        T(many_events_go_in_several_batches),
        T(rows_of_a_file_from_before_us_stay),
        T(a_rebuild_before_the_first_row_keeps_the_old_file),
        T(rows_of_an_append_that_was_not_committed_are_not_doubled),
        T(zeros_left_by_a_loss_of_power_are_not_foreign),
        T(the_first_append_is_not_taken_for_an_old_file),
        T(a_failed_append_is_repeated_whole),
        T(a_rebuild_that_died_before_the_rename_is_finished),
        T(a_half_written_rebuild_is_thrown_away),
        T(rows_appended_by_somebody_else_are_kept_aside),
        T(a_rewritten_file_is_kept_aside_and_written_anew),
        T(a_copied_file_is_still_ours),
        T(a_file_rotated_away_starts_anew_with_the_next_row),
        T(a_folder_in_the_way_is_an_error),
        T(a_rebuild_restores_what_is_missing_and_shows_what_differs),
        T(a_new_path_gets_the_rows_from_the_cursor_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
