/* Events: what is appended is what is read, numbered without gaps, in one chain per origin. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Collecting ------------------------------------------------------------------------------ */

typedef struct seen {
    int64_t seq[600];
    int count;
    int stop_at;
    orx_str kinds;
} seen;

static bool collect(const orx_event_row *row, void *user) {
    seen *v = user;
    assert_true(v->count < 600);
    v->seq[v->count++] = row->seq;
    orx_str_addf(&v->kinds, "%.*s ", ORX_VIEW_ARG(row->kind));
    return v->count != v->stop_at;
}

static void each(orx_store *s, orx_event_filter filter, seen *v) {
    orx_err err = ORX_ERR_INIT;
    orx_str_free(&v->kinds);
    *v = (seen){.stop_at = v->stop_at};
    assert_ok(orx_event_each(s, &filter, collect, v, &err), &err);
}

static void append_many(orx_store *s, int count) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 1; i <= count; i++) {
        char task[16];
        (void)snprintf(task, sizeof task, "t%d", i % 3);
        orx_event e = {.kind = i % 10 ? "test.tick" : "run.tenth",
                       .schema = 1,
                       .task = i % 2 ? task : NULL,
                       .attempt = i % 5 ? 0 : i};
        assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    }
    assert_ok(orx_tx_commit(s, &err), &err);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static orx_event_row kept;
static orx_str kept_body;

static bool keep_one(const orx_event_row *row, void *user) {
    (void)user;
    kept = *row;
    orx_str_addv(&kept_body, row->body);
    assert_true(orx_view_is(row->origin, "primary"));
    assert_true(orx_view_is(row->kind, "attempt.exited"));
    assert_true(orx_view_is(row->task, "T1"));
    assert_true(orx_view_is(row->boot, "boot-a"));
    assert_int_equal(row->hash.len, 32);
    return true;
}

static void every_column_comes_back(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    f->boot = "boot-a";
    orx_store *s = fixture_open(f, "primary", no_rooms);
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, body, "z", 1);
    orx_node_set_str(&a, body, "a", "x\"y");
    orx_event e = {.kind = "attempt.exited",
                   .schema = 3,
                   .task = "T1",
                   .attempt = 17,
                   .call = 4,
                   .cause = 9,
                   .body = body};
    int64_t seq = 0;
    int64_t before = orx_wall_ns(f->p);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_event_append(s, &e, &seq, &err), &err);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_int_equal(seq, 1);
    orx_event_filter all = {0};
    orx_str_clear(&kept_body);
    assert_ok(orx_event_each(s, &all, keep_one, NULL, &err), &err);
    assert_int_equal(kept.seq, 1);
    assert_int_equal(kept.origin_seq, 1);
    assert_int_equal(kept.schema, 3);
    assert_int_equal(kept.attempt, 17);
    assert_int_equal(kept.call, 4);
    assert_int_equal(kept.cause, 9);
    assert_true(kept.wall_ns >= before && kept.wall_ns <= orx_wall_ns(f->p));
    assert_true(kept.mono_ns > 0);
    assert_int_equal(kept.hlc >> 16, kept.wall_ns / ORX_MS);
    assert_string_equal(orx_str_cstr(&kept_body), "{\"a\":\"x\\\"y\",\"z\":1}"); /* canonical */
    orx_str_free(&kept_body);
    orx_store_close(s);
}

static void bad_events_are_refused(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char longest[66];
    memset(longest, 'k', 65);
    longest[65] = '\0';
    const orx_event bad[] = {
        {.kind = NULL, .schema = 1},
        {.kind = "", .schema = 1},
        {.kind = "Upper.case", .schema = 1},
        {.kind = "with space", .schema = 1},
        {.kind = longest, .schema = 1},
        {.kind = "a.b", .schema = 0},
        {.kind = "a.b", .schema = 1, .attempt = -1},
        {.kind = "a.b", .schema = 1, .call = -1},
        {.kind = "a.b", .schema = 1, .cause = -1},
        {.kind = "a.b", .schema = 1, .task = "\xff\xfe"},
        {.kind = "a.b", .schema = 1, .body = orx_node_new(&a, ORX_ARRAY)},
    };
    orx_event good = {.kind = "a.b-c_d.9", .schema = 1};
    int64_t seq = 77;
    assert_int_equal(orx_event_append(s, &good, &seq, &err), ORX_E_INTERNAL);
    assert_contains(err.msg, "outside a transaction");
    assert_ok(orx_tx_begin(s, &err), &err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        assert_int_equal(orx_event_append(s, &bad[i], &seq, &err), ORX_E_INVALID);
        assert_int_equal(orx_event_note(s, &bad[i], &err), ORX_E_INVALID);
    }
    assert_int_equal(seq, 77); /* untouched */
    assert_ok(orx_event_append(s, &good, &seq, &err), &err);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_int_equal(seq, 1);
    assert_int_equal(orx_event_last(s), 1);
    orx_store_close(s);
}

static void a_rollback_leaves_no_gap(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    fixture_event(s, "test.one", NULL, NULL);
    orx_event e = {.kind = "test.lost", .schema = 1};
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    orx_tx_rollback(s);
    assert_int_equal(fixture_event(s, "test.two", NULL, NULL), 2);
    int64_t count = 0;
    assert_ok(orx_event_verify(s, &count, &err), &err);
    assert_int_equal(count, 2);
    orx_store_close(s);
}

static void each_origin_has_a_chain_of_its_own(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = fixture_open(f, "primary", no_rooms);
    orx_store *b = fixture_open(f, "lane-b", no_rooms);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(fixture_event(a, "test.a", NULL, NULL), 3 * i + 1);
        assert_int_equal(fixture_event(b, "test.b", NULL, NULL), 3 * i + 2);
        assert_int_equal(fixture_event(b, "test.b", NULL, NULL), 3 * i + 3);
    }
    assert_int_equal(store_int(a, "SELECT last_seq FROM origin WHERE name = 'primary'"), 5);
    assert_int_equal(store_int(a, "SELECT last_seq FROM origin WHERE name = 'lane-b'"), 10);
    assert_int_equal(store_int(a, "SELECT count(DISTINCT origin_seq) FROM event WHERE origin ="
                                  " (SELECT id FROM origin WHERE name = 'lane-b')"),
                     10);
    int64_t count = 0;
    assert_ok(orx_event_verify(b, &count, &err), &err);
    assert_int_equal(count, 15);
    orx_store_close(a);
    orx_store_close(b);
}

static void the_clock_of_the_journal_never_goes_back(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    fixture_event(s, "test.one", NULL, NULL);
    f->wall_shift = ORX_SEC * -30 * 24 * 3600;
    fixture_event(s, "test.two", NULL, NULL);
    fixture_event(s, "test.three", NULL, NULL);
    orx_store_close(s);
    s = fixture_open(f, "other", no_rooms); /* also for another writer, after a restart */
    fixture_event(s, "test.four", NULL, NULL);
    f->wall_shift = 0;
    fixture_event(s, "test.five", NULL, NULL);
    assert_int_equal(store_int(s, "SELECT count(*) FROM event a JOIN event b ON b.seq = a.seq + 1"
                                  " WHERE b.hlc > a.hlc"),
                     4);
    /* The wall clock is stored as it was. */
    assert_int_equal(store_int(s, "SELECT count(*) FROM event a JOIN event b ON b.seq = a.seq + 1"
                                  " WHERE b.wall_ns < a.wall_ns"),
                     1);
    orx_store_close(s);
}

static void filters_select(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, 500);
    seen v = {0};
    each(s, (orx_event_filter){0}, &v);
    assert_int_equal(v.count, 500);
    for (int i = 0; i < 500; i++)
        assert_int_equal(v.seq[i], i + 1);
    each(s, (orx_event_filter){.after_seq = 490}, &v);
    assert_int_equal(v.count, 10);
    assert_int_equal(v.seq[0], 491);
    each(s, (orx_event_filter){.limit = 130}, &v);
    assert_int_equal(v.count, 130);
    assert_int_equal(v.seq[129], 130);
    each(s, (orx_event_filter){.kind_prefix = "run."}, &v);
    assert_int_equal(v.count, 50);
    each(s, (orx_event_filter){.kind_prefix = "run.tenthly"}, &v);
    assert_int_equal(v.count, 0);
    each(s, (orx_event_filter){.task = "t1"}, &v);
    assert_int_equal(v.count, 84); /* odd and 1 modulo 3: 1, 7, 13 ... 499 */
    each(s, (orx_event_filter){.task = "t1", .kind_prefix = "test", .after_seq = 7, .limit = 2},
         &v);
    assert_int_equal(v.count, 2);
    assert_int_equal(v.seq[0], 13);
    assert_int_equal(v.seq[1], 19);
    each(s, (orx_event_filter){.attempt = 25}, &v);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.seq[0], 25);
    each(s, (orx_event_filter){.attempt = 25, .task = "t2"}, &v);
    assert_int_equal(v.count, 0);
    each(s, (orx_event_filter){.attempt = 25, .task = "t1"}, &v);
    assert_int_equal(v.count, 1);
    each(s, (orx_event_filter){.task = "nobody"}, &v);
    assert_int_equal(v.count, 0);
    orx_str_free(&v.kinds);
    orx_store_close(s);
}

/* Kinds by turns, so that the order of the index is not that of the journal; every fourth event is
 * of a task or of an attempt. */
static void append_apart(orx_store *s, int count) {
    static const char *const kinds[] = {"lane.b", "lanes.of", "lane.a", "lane-a"};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 1; i <= count; i++) {
        const orx_event e = {.kind = kinds[i / 4 % 4],
                             .schema = 1,
                             .task = i % 8 == 0 ? "t" : NULL,
                             .attempt = i % 8 == 4 ? i : 0};
        assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    }
    assert_ok(orx_tx_commit(s, &err), &err);
}

static void what_is_of_no_task_is_found_apart(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    seen v = {0};
    append_apart(s, 480);
    each(s, (orx_event_filter){.apart = true}, &v);
    assert_int_equal(v.count, 360);
    each(s, (orx_event_filter){.apart = true, .kind_prefix = "lane."}, &v); /* more than a page */
    assert_int_equal(v.count, 180);
    for (int i = 1; i < v.count; i++)
        assert_true(v.seq[i - 1] < v.seq[i]);
    each(s, (orx_event_filter){.apart = true, .kind_prefix = "lane.a", .after_seq = 470}, &v);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.seq[0], 473);
    each(s, (orx_event_filter){.apart = true, .kind_prefix = "lane.", .limit = 2, .newest = true},
         &v);
    assert_int_equal(v.count, 2);
    assert_int_equal(v.seq[0], 474);
    assert_int_equal(v.seq[1], 475);
    each(s, (orx_event_filter){.apart = true, .kind_prefix = "lane.c"}, &v);
    assert_int_equal(v.count, 0);
    orx_str_free(&v.kinds);
    orx_store_close(s);
}

static void the_newest_come_oldest_first(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    seen v = {0};
    each(s, (orx_event_filter){.limit = 3, .newest = true}, &v);
    assert_int_equal(v.count, 0);
    append_many(s, 400);
    each(s, (orx_event_filter){.limit = 3, .newest = true}, &v);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.seq[0], 398);
    assert_int_equal(v.seq[2], 400);
    each(s, (orx_event_filter){.limit = 300, .newest = true}, &v); /* more than a page */
    assert_int_equal(v.count, 300);
    assert_int_equal(v.seq[0], 101);
    each(s, (orx_event_filter){.limit = 9999, .newest = true}, &v);
    assert_int_equal(v.count, 400);
    each(s, (orx_event_filter){.limit = 2, .newest = true, .kind_prefix = "run."}, &v);
    assert_int_equal(v.seq[0], 390);
    assert_int_equal(v.seq[1], 400);
    each(s, (orx_event_filter){.limit = 2, .newest = true, .task = "t0"}, &v);
    assert_int_equal(v.seq[0], 393);
    assert_int_equal(v.seq[1], 399);
    each(s, (orx_event_filter){.limit = 5, .newest = true, .after_seq = 398}, &v);
    assert_int_equal(v.count, 2);
    each(s, (orx_event_filter){.limit = 5, .newest = true, .attempt = 35}, &v);
    assert_int_equal(v.count, 1);
    orx_str_free(&v.kinds);
    orx_store_close(s);
}

static void the_callback_can_stop(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, 50);
    seen v = {.stop_at = 7};
    each(s, (orx_event_filter){0}, &v);
    assert_int_equal(v.count, 7);
    orx_str_free(&v.kinds);
    orx_store_close(s);
}

static int written;

static bool write_back(const orx_event_row *row, void *user) {
    orx_store *s = user;
    assert_true(row->seq <= 200);
    fixture_event(s, "test.echo", NULL, NULL);
    written++;
    return true;
}

static void the_callback_may_write(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, 200);
    written = 0;
    orx_event_filter all = {0};
    assert_ok(orx_event_each(s, &all, write_back, s, &err), &err); /* and does not chase itself */
    assert_int_equal(written, 200);
    assert_int_equal(orx_event_last(s), 400);
    orx_store_close(s);
}

/* ---- Bodies in files --------------------------------------------------------------------------
 */

static char *json_of(size_t len, char fill) {
    orx_str out = {0};
    orx_str_adds(&out, "{\"text\":\"");
    for (size_t i = 0; i < len; i++)
        orx_str_addc(&out, fill);
    orx_str_adds(&out, "\"}");
    return orx_str_steal(&out);
}

static bool read_body(const orx_event_row *row, void *user) {
    orx_err err = ORX_ERR_INIT;
    orx_str out = {0};
    void **args = user;
    assert_ok(orx_event_body(args[0], row, &out, &err), &err);
    orx_str_addf(args[1], "%.*s\n", ORX_VIEW_ARG(orx_str_view(&out)));
    orx_str_free(&out);
    return true;
}

static void large_bodies_lie_in_files(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    char *small = json_of(4096 - 11, 's'); /* exactly the limit */
    char *large = json_of(4096 - 10, 'L');
    fixture_event(s, "test.small", NULL, small);
    assert_false(fixture_exists(fixture_path(f, "state/bodies")));
    fixture_event(s, "test.large", NULL, large);
    fixture_event(s, "test.again", NULL, large); /* the same content: the same file */
    fixture_event(s, "test.none", NULL, NULL);
    assert_int_equal(fixture_count(fixture_path(f, "state/bodies"), ""), 2 + 1); /* . and .. */
    assert_int_equal(store_int(s, "SELECT length(body) FROM event WHERE seq = 2"),
                     strlen("{\"bytes\":4097,\"sha256\":\"\"}") + 64);
    orx_str all = {0};
    void *args[] = {s, &all};
    orx_event_filter every = {0};
    assert_ok(orx_event_each(s, &every, read_body, args, &err), &err);
    orx_str want = {0};
    orx_str_addf(&want, "%s\n%s\n%s\n\n", small, large, large);
    assert_string_equal(orx_str_cstr(&all), orx_str_cstr(&want));
    assert_ok(orx_store_check(s, &err), &err);
    orx_str_free(&all);
    orx_str_free(&want);
    free(small);
    free(large);
    orx_store_close(s);
}

static void a_body_that_looks_like_a_reference_is_still_itself(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    const char *tricky = "{\"bytes\":5,\"sha256\":"
                         "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}";
    fixture_event(s, "test.tricky", NULL, tricky);
    orx_str all = {0};
    void *args[] = {s, &all};
    orx_event_filter every = {0};
    assert_ok(orx_event_each(s, &every, read_body, args, &err), &err);
    orx_str_truncate(&all, all.len - 1);
    assert_string_equal(orx_str_cstr(&all), tricky);
    orx_str_free(&all);
    orx_store_close(s);
}

static bool body_fails(const orx_event_row *row, void *user) {
    void **args = user;
    orx_str out = {0};
    *(int *)args[1] = orx_event_body(args[0], row, &out, args[2]);
    assert_int_equal(out.len, 0);
    orx_str_free(&out);
    return true;
}

static void a_changed_or_missing_body_is_told(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    char *large = json_of(5000, 'x');
    fixture_event(s, "test.large", NULL, large);
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    assert_ok(orx_list_dir(f->p, fixture_path(f, "state/bodies"), &a, &names, &err), &err);
    char *path = orx_path_join(&a, fixture_path(f, "state/bodies"), names[0]);
    fixture_poke(path, 100, "!", 1);
    int rc = 0;
    void *args[] = {s, &rc, &err};
    orx_event_filter every = {0};
    assert_ok(orx_event_each(s, &every, body_fails, args, &err), &err);
    assert_int_equal(rc, ORX_E_CORRUPT);
    assert_contains(err.msg, names[0]);
    assert_int_equal(orx_store_check(s, &err), ORX_E_CORRUPT);
    assert_ok(orx_unlink(f->p, path, &err), &err);
    assert_ok(orx_event_each(s, &every, body_fails, args, NULL), &err);
    assert_int_equal(rc, ORX_E_NOT_FOUND);
    /* Appending the same body again heals it. */
    fixture_event(s, "test.large", NULL, large);
    assert_ok(orx_store_check(s, &err), &err);
    free(large);
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(every_column_comes_back),
        T(bad_events_are_refused),
        T(a_rollback_leaves_no_gap),
        T(each_origin_has_a_chain_of_its_own),
        T(the_clock_of_the_journal_never_goes_back),
        T(filters_select),
        T(what_is_of_no_task_is_found_apart),
        T(the_newest_come_oldest_first),
        T(the_callback_can_stop),
        T(the_callback_may_write),
        T(large_bodies_lie_in_files),
        T(a_body_that_looks_like_a_reference_is_still_itself),
        T(a_changed_or_missing_body_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
