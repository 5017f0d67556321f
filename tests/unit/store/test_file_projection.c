/* Projections that are whole files: written lazily, known again, never over somebody else's work.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- A room with two files --------------------------------------------------------------------
 */

static int renders;
static bool render_fails;

static int render_state(orx_store *s, void *user, orx_str *out, orx_err *err) {
    renders++;
    if (render_fails)
        return orx_err_set(err, ORX_E_INVALID, "cannot render");
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT n FROM box", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1)
        orx_str_addf(out, "%lld\n", (long long)orx_sql_col_int(q, 0));
    if (user)
        orx_str_adds(out, user);
    return rc;
}

static int render_beat(orx_store *s, void *user, orx_str *out, orx_err *err) {
    (void)user;
    (void)err;
    orx_str_addf(out, "beat %lld\n", (long long)orx_event_last(s));
    return 0;
}

static const char *const scripts[] = {"CREATE TABLE box(n INTEGER)"};
static const orx_projection projections[] = {
    {.name = "state",
     .path = "state/state.json",
     .kind = ORX_PROJECTION_FILE,
     .interval_ns = 2 * ORX_SEC,
     .render = render_state},
    {.name = "beat",
     .path = "artifacts/autonomy/heartbeat.json",
     .kind = ORX_PROJECTION_FILE,
     .render = render_beat},
};
static const orx_store_room room = {.name = "box",
                                    .migrations = scripts,
                                    .migration_count = 1,
                                    .projections = projections,
                                    .projection_count = 2};
static const orx_store_room *const rooms[] = {&room, NULL};

static void put(orx_store *s, int64_t n) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_sql_get(s, "INSERT INTO box(n) VALUES(?1)", &q, &err), &err);
    orx_sql_int(q, 1, n);
    assert_int_equal(orx_sql_run(q, &err), 1);
    orx_event e = {.kind = "box.put", .schema = 1};
    assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    orx_projection_dirty(s, "state");
    assert_ok(orx_tx_commit(s, &err), &err);
}

static void flush(orx_store *s, bool all) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_projection_flush(s, all, &err), &err);
}

static void expect_file(const char *path, const char *want) {
    ORX_CLEANUP(orx_freep) char *have = fixture_read(path);
    assert_string_equal(have, want);
}

static const char *state_path(fixture *f) {
    return fixture_path(f, "state/state.json");
}

static const char *beat_path(fixture *f) {
    return fixture_path(f, "artifacts/autonomy/heartbeat.json");
}

static orx_store *opened(fixture *f) {
    renders = 0;
    render_fails = false;
    return fixture_open(f, "primary", rooms);
}

static int64_t events_of(orx_store *s, const char *kind) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    assert_ok(orx_sql_get(s, "SELECT count(*) FROM event WHERE kind = ?1", &q, &err), &err);
    orx_sql_str(q, 1, kind);
    assert_int_equal(orx_sql_step(q, &err), 1);
    int64_t n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

/* ---- When they are written --------------------------------------------------------------------
 */

static void nothing_is_written_before_it_is_due(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    flush(s, false); /* new projections are dirty from the start */
    assert_int_equal(renders, 1);
    expect_file(state_path(f), "");
    put(s, 1);
    put(s, 2);
    flush(s, false); /* within two seconds of the last time */
    assert_int_equal(renders, 1);
    expect_file(state_path(f), "");
    f->mono_shift += 2 * ORX_SEC;
    flush(s, false);
    assert_int_equal(renders, 2);
    expect_file(state_path(f), "1\n2\n");
    f->mono_shift += 10 * ORX_SEC;
    flush(s, false); /* not dirty: not rendered */
    assert_int_equal(renders, 2);
    put(s, 3);
    flush(s, true); /* all: at once */
    expect_file(state_path(f), "1\n2\n3\n");
    orx_store_close(s);
}

static void closing_writes_what_is_dirty(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    put(s, 1);
    assert_false(fixture_exists(state_path(f)));
    orx_store_close(s);
    expect_file(state_path(f), "1\n");
    expect_file(beat_path(f), "beat 1\n"); /* and folders are made */
    assert_int_equal(fixture_count(fixture_path(f, "state"), "orxaq-tmp"), 0);
}

static void wait_for(fixture *f, const char *path, int64_t most) {
    int64_t start = orx_mono_ns(f->p);
    while (!fixture_exists(path) && orx_mono_ns(f->p) - start < most)
        (void)orx_loop_step(f->p, 100 * ORX_MS);
    assert_true(fixture_exists(path));
}

static void the_loop_writes_them(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    put(s, 1);
    wait_for(f, state_path(f), 10 * ORX_SEC);
    expect_file(state_path(f), "1\n");
    orx_store_close(s);
}

static void one_without_interval_is_written_at_the_next_step(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    flush(s, true);
    for (int i = 0; i < 3; i++) {
        put(s, i);
        orx_projection_dirty(s, "beat"); /* outside a transaction */
        char want[32];
        (void)snprintf(want, sizeof want, "beat %d\n", i + 1);
        int64_t start = orx_mono_ns(f->p);
        for (;;) {
            (void)orx_loop_step(f->p, 20 * ORX_MS);
            ORX_CLEANUP(orx_freep) char *have = fixture_read(beat_path(f));
            if (strcmp(have, want) == 0)
                break;
            assert_true(orx_mono_ns(f->p) - start < 10 * ORX_SEC);
        }
    }
    expect_file(state_path(f), ""); /* the other keeps its pace: the last write was just now */
    orx_projection_dirty(s, "no such projection");
    orx_store_close(s);
}

static void a_flush_inside_a_transaction_is_refused(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_INTERNAL);
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), ORX_E_INTERNAL);
    orx_tx_rollback(s);
    orx_store_close(s);
}

static int render_writes(orx_store *s, void *user, orx_str *out, orx_err *err) {
    (void)user;
    (void)out;
    return orx_tx_begin(s, err);
}

static void a_renderer_that_writes_is_refused(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    static const orx_projection bad[] = {
        {.name = "bad", .path = "bad", .kind = ORX_PROJECTION_FILE, .render = render_writes}};
    static const orx_store_room bad_room = {
        .name = "bad", .projections = bad, .projection_count = 1};
    static const orx_store_room *const bad_rooms[] = {&bad_room, NULL};
    orx_store *s = fixture_open(f, "primary", bad_rooms);
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "transaction is open already");
    assert_false(orx_tx_active(s));
    orx_store_close(s);
}

static void two_projections_of_one_name_are_refused(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    static const orx_store_room *const twice[] = {&room, &room, NULL};
    orx_store *s = NULL;
    assert_int_equal(orx_store_open(f->p, f->root, "o", twice, ORX_STORE_CREATE, &s, &err),
                     ORX_E_INTERNAL);
    assert_contains(err.msg, "state");
}

/* ---- Whose file it is -------------------------------------------------------------------------
 */

static void unchanged_content_is_not_written_again(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    put(s, 1);
    flush(s, true);
    orx_file_info before;
    orx_file_info after;
    assert_int_equal(orx_stat(f->p, state_path(f), &before, NULL), 0);
    orx_projection_dirty(s, "state");
    flush(s, true);
    assert_int_equal(renders, 2);
    assert_int_equal(orx_stat(f->p, state_path(f), &after, NULL), 0);
    assert_int_equal(before.inode, after.inode);
    orx_store_close(s);
}

static char *foreign_in(fixture *f, const char *folder, orx_arena *a) {
    char **names = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_list_dir(f->p, fixture_path(f, folder), a, &names, &err), &err);
    for (; *names; names++)
        if (strstr(*names, ".foreign-"))
            return orx_path_join(a, fixture_path(f, folder), *names);
    return NULL;
}

static void somebody_elses_change_is_kept_aside_and_reported(void **state) {
    fixture *f = *state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_store *s = opened(f);
    put(s, 1);
    flush(s, true);
    fixture_write(state_path(f), "edited by hand");
    put(s, 2);
    flush(s, true);
    expect_file(state_path(f), "1\n2\n");
    char *kept = foreign_in(f, "state", &a);
    assert_non_null(kept);
    expect_file(kept, "edited by hand");
    assert_int_equal(events_of(s, "projection.foreign"), 1);
    put(s, 3);
    flush(s, true); /* once */
    assert_int_equal(events_of(s, "projection.foreign"), 1);
    assert_int_equal(fixture_count(fixture_path(f, "state"), ".foreign-"), 1);
    fixture_write(state_path(f), "again, in the same second");
    put(s, 4);
    flush(s, true);
    assert_int_equal(fixture_count(fixture_path(f, "state"), ".foreign-"), 2);
    orx_store_close(s);
}

static void a_file_from_before_us_is_kept_aside(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "state"), false, &err), &err);
    fixture_write(state_path(f), "{\"predecessor\": true}");
    orx_store_close(opened(f));
    char *kept = foreign_in(f, "state", &a);
    assert_non_null(kept);
    expect_file(kept, "{\"predecessor\": true}");
    expect_file(state_path(f), "");
}

static void a_touched_copied_or_removed_file_is_still_ours(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    put(s, 1);
    flush(s, true);
    char *text = fixture_read(state_path(f));
    assert_int_equal(unlink(state_path(f)), 0);
    fixture_write(state_path(f), text); /* a restored backup: new inode, new time */
    free(text);
    put(s, 2);
    flush(s, true);
    expect_file(state_path(f), "1\n2\n");
    assert_int_equal(unlink(state_path(f)), 0);
    put(s, 3);
    flush(s, true);
    expect_file(state_path(f), "1\n2\n3\n");
    assert_int_equal(fixture_count(fixture_path(f, "state"), ".foreign-"), 0);
    assert_int_equal(events_of(s, "projection.foreign"), 0);
    orx_store_close(s);
}

static void a_folder_in_the_way_is_kept_aside_too(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "state/state.json/sub"), false, &err), &err);
    orx_store *s = opened(f);
    put(s, 1);
    flush(s, true);
    expect_file(state_path(f), "1\n");
    assert_int_equal(fixture_count(fixture_path(f, "state"), ".foreign-"), 1);
    orx_store_close(s);
}

static void a_crash_between_commit_and_rename_is_not_foreign(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    put(s, 1);
    flush(s, true);
    put(s, 2);
    f->fail_op = "rename";
    f->fail_path = "state.json";
    f->fail_code = ORX_E_IO;
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_IO);
    expect_file(state_path(f), "1\n");
    f->fail_op = NULL;
    flush(s, true);
    expect_file(state_path(f), "1\n2\n");
    assert_int_equal(events_of(s, "projection.foreign"), 0);
    orx_store_close(s);
}

/* ---- Failing ----------------------------------------------------------------------------------
 */

static void a_failing_projection_is_reported_once_and_stops_nobody(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    put(s, 1);
    f->fail_op = "open";
    f->fail_path = "state.json.orxaq-tmp";
    f->fail_code = ORX_E_NO_SPACE;
    for (int i = 0; i < 3; i++) {
        orx_projection_dirty(s, "beat");
        assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_NO_SPACE);
        assert_contains(err.msg, "injected");
    }
    expect_file(beat_path(f), "beat 2\n"); /* the note is event 2 by then */
    put(s, 2);
    assert_int_equal(events_of(s, "projection.failed"), 1);
    f->fail_op = NULL;
    flush(s, true);
    expect_file(state_path(f), "1\n2\n");
    render_fails = true;
    put(s, 3);
    assert_int_equal(orx_projection_flush(s, true, &err), ORX_E_INVALID);
    put(s, 4);
    assert_int_equal(events_of(s, "projection.failed"), 2); /* a new failure is told anew */
    render_fails = false;
    orx_store_close(s);
    expect_file(state_path(f), "1\n2\n3\n4\n");
}

static void a_mark_survives_a_process_that_could_not_write(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    put(s, 1);
    flush(s, true);
    put(s, 2);
    f->fail_op = "open";
    f->fail_path = "state.json.orxaq-tmp";
    f->fail_code = ORX_E_NO_SPACE;
    orx_store_close(s);
    expect_file(state_path(f), "1\n");
    f->fail_op = NULL;
    orx_store_close(opened(f));
    expect_file(state_path(f), "1\n2\n");
}

/* ---- Paths and rebuilding ---------------------------------------------------------------------
 */

static void paths_and_users_can_be_set(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    assert_int_equal(orx_store_set_projection(s, "nobody", NULL, NULL, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "nobody");
    char elsewhere[400];
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere/s.json", f->dir);
    char user[] = "user\n";
    assert_ok(orx_store_set_projection(s, "state", elsewhere, user, &err), &err);
    assert_ok(orx_store_set_projection(s, "beat", "pulse.txt", NULL, &err), &err);
    put(s, 1);
    flush(s, true);
    expect_file(elsewhere, "1\nuser\n");
    expect_file(fixture_path(f, "pulse.txt"), "beat 1\n");
    assert_false(fixture_exists(state_path(f)));
    assert_ok(orx_store_set_projection(s, "state", NULL, NULL, &err), &err); /* the path stays */
    orx_projection_dirty(s, "state");
    flush(s, true);
    expect_file(elsewhere, "1\n");
    orx_store_close(s);
}

typedef struct told {
    int count;
    char path[400];
    char note[400];
} told;

static void tell(const char *path, const char *note, void *user) {
    told *t = user;
    t->count++;
    (void)snprintf(t->path, sizeof t->path, "%s", path);
    (void)snprintf(t->note, sizeof t->note, "%s", note);
}

static void rebuild_writes_everything_anew(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = opened(f);
    put(s, 1);
    flush(s, true);
    assert_int_equal(unlink(beat_path(f)), 0);
    told t = {0};
    assert_int_equal(orx_projection_rebuild(s, tell, &t, &err), 2);
    assert_int_equal(t.count, 0);
    expect_file(state_path(f), "1\n");
    expect_file(beat_path(f), "beat 1\n");
    /* Same length and time, other content: only a close look finds it. */
    orx_file_info info;
    assert_int_equal(orx_stat(f->p, state_path(f), &info, NULL), 0);
    fixture_poke(state_path(f), 0, "9", 1);
    assert_int_equal(orx_projection_rebuild(s, tell, &t, &err), 2);
    assert_int_equal(t.count, 1);
    assert_string_equal(t.path, state_path(f));
    expect_file(t.note, "9\n");
    expect_file(state_path(f), "1\n");
    orx_store_close(s);
}

static void a_missing_database_row_does_not_matter(void **state) {
    fixture *f = *state;
    orx_store *s = opened(f);
    put(s, 1);
    orx_store_close(s);
    fixture_sql(f, "DELETE FROM store_projection");
    s = opened(f);
    flush(s, true);
    expect_file(state_path(f), "1\n"); /* nothing is known of the file: kept aside, then written */
    assert_int_equal(fixture_count(fixture_path(f, "state"), ".foreign-"), 1);
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(nothing_is_written_before_it_is_due),
        T(closing_writes_what_is_dirty),
        T(the_loop_writes_them),
        T(one_without_interval_is_written_at_the_next_step),
        T(a_flush_inside_a_transaction_is_refused),
        T(a_renderer_that_writes_is_refused),
        T(two_projections_of_one_name_are_refused),
        T(unchanged_content_is_not_written_again),
        T(somebody_elses_change_is_kept_aside_and_reported),
        T(a_file_from_before_us_is_kept_aside),
        T(a_touched_copied_or_removed_file_is_still_ours),
        T(a_folder_in_the_way_is_kept_aside_too),
        T(a_crash_between_commit_and_rename_is_not_foreign),
        T(a_failing_projection_is_reported_once_and_stops_nobody),
        T(a_mark_survives_a_process_that_could_not_write),
        T(paths_and_users_can_be_set),
        T(rebuild_writes_everything_anew),
        T(a_missing_database_row_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
