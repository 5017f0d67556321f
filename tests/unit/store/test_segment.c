/* Retention: closed segments leave the database whole, provable and in order. */
#include "fixture.h"

#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEGMENT 4096

static int row(orx_store *s, void *user, const orx_event_row *e, orx_str *out, orx_err *err) {
    (void)s;
    (void)user;
    (void)err;
    orx_str_addf(out, "%lld %.*s %.*s\n", (long long)e->seq, ORX_VIEW_ARG(e->kind),
                 ORX_VIEW_ARG(e->body));
    return 0;
}

static const orx_projection projections[] = {
    {.name = "log", .path = "log.ndjson", .kind = ORX_PROJECTION_NDJSON, .row = row}};
static const orx_store_room room = {
    .name = "log", .projections = projections, .projection_count = 1};
static const orx_store_room *const with_log[] = {&room, NULL};

static void append_many(orx_store *s, int count, const char *text) {
    orx_err err = ORX_ERR_INIT;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "text", text);
    orx_event e = {.kind = "test.many", .schema = 1, .task = "t", .body = body};
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 0; i < count; i++)
        assert_ok(orx_event_append(s, &e, NULL, &err), &err);
    assert_ok(orx_tx_commit(s, &err), &err);
}

static void retain(orx_store *s, int64_t keep_ns, int64_t keep_bytes) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_event_retain(s, keep_ns, keep_bytes, &err), &err);
}

static int64_t oldest(orx_store *s) {
    return store_int(s, "SELECT min(seq) FROM event");
}

static void only_old_closed_segments_go(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, SEGMENT + 10, "first");
    f->wall_shift = ORX_SEC * 10 * 3600;
    append_many(s, SEGMENT, "second");
    retain(s, 3600 * ORX_SEC, 0);
    assert_int_equal(oldest(s), SEGMENT + 1); /* the second is closed, but young */
    assert_int_equal(fixture_count(fixture_path(f, "state/segments"), ".ndjson"), 1);
    assert_true(fixture_exists(fixture_path(f, "state/segments/000000000001-000000004096.ndjson")));
    assert_int_equal(store_int(s, "SELECT count(*) FROM event WHERE kind = 'journal.pruned'"), 1);
    int64_t count = 0;
    assert_ok(orx_event_verify(s, &count, &err), &err);
    assert_int_equal(count, SEGMENT + 10 + 1);
    retain(s, 3600 * ORX_SEC, 0); /* nothing more is due */
    assert_int_equal(oldest(s), SEGMENT + 1);
    retain(s, 0, 0); /* no bound of either kind */
    assert_int_equal(oldest(s), SEGMENT + 1);
    f->wall_shift = ORX_SEC * 20 * 3600;
    retain(s, 3600 * ORX_SEC, 0);
    assert_int_equal(oldest(s), 2 * SEGMENT + 1);
    assert_ok(orx_store_check(s, &err), &err);
    orx_store_close(s);
    s = fixture_open(f, "primary", no_rooms); /* and the chain goes on after a restart */
    assert_int_equal(fixture_event(s, "test.more", NULL, NULL), 2 * SEGMENT + 10 + 2 + 1);
    assert_ok(orx_store_check(s, &err), &err);
    orx_store_close(s);
}

static void too_many_bytes_go_oldest_first(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, 3 * SEGMENT + 1, "a text of some length, so that the events weigh something");
    int64_t all = store_int(s, "SELECT sum(160 + length(kind) + 2 + length(body)) FROM event");
    retain(s, 0, all + 1);
    assert_int_equal(oldest(s), 1);
    retain(s, 0, all * 2 / 3);
    assert_int_equal(oldest(s), 2 * SEGMENT + 1); /* one does not suffice, two do */
    retain(s, 0, 1);
    assert_int_equal(oldest(s), 3 * SEGMENT + 1); /* the open rest stays whatever the bound */
    assert_int_equal(fixture_count(fixture_path(f, "state/segments"), ".ndjson"), 3);
    assert_int_equal(fixture_count(fixture_path(f, "state/segments"), "tmp"), 0);
    orx_store_close(s);
}

static void the_newest_event_is_never_pruned(void **state) {
    fixture *f = *state;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, SEGMENT, "exactly one segment");
    f->wall_shift = ORX_SEC * 1000 * 3600;
    retain(s, 1, 1);
    assert_int_equal(oldest(s), 1);
    fixture_event(s, "test.one", NULL, NULL);
    retain(s, 1, 1);
    assert_int_equal(oldest(s), SEGMENT + 1);
    assert_int_equal(fixture_event(s, "test.two", NULL, NULL), SEGMENT + 3);
    orx_store_close(s);
}

/* ---- The exported file ------------------------------------------------------------------------
 */

static char *segment_text(fixture *f, const char *name) {
    char path[128];
    (void)snprintf(path, sizeof path, "state/segments/%s", name);
    return fixture_read(fixture_path(f, path));
}

static void chains_of_several_origins_continue_behind_the_cut(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *a = fixture_open(f, "primary", no_rooms);
    orx_store *b = fixture_open(f, "lane", no_rooms);
    append_many(a, 3000, "a");
    append_many(b, 3000, "b");
    append_many(a, 3000, "a");
    f->wall_shift = 3600 * ORX_SEC;
    retain(a, 1, 0);
    assert_int_equal(oldest(a), 2 * SEGMENT + 1);
    assert_int_equal(store_int(a, "SELECT base_seq FROM origin WHERE name = 'lane'"), 3000);
    assert_int_equal(store_int(a, "SELECT base_seq FROM origin WHERE name = 'primary'"),
                     2 * SEGMENT - 3000);
    fixture_event(b, "test.after", NULL, NULL);
    assert_ok(orx_store_check(b, &err), &err);
    /* The second file begins where the first one's chains end. */
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char *one = segment_text(f, "000000000001-000000004096.ndjson");
    char *two = segment_text(f, "000000004097-000000008192.ndjson");
    const orx_node *h1;
    const orx_node *h2;
    assert_ok(orx_json_parse(&arena, "h1", orx_view_mem(one, strcspn(one, "\n")),
                             &orx_limits_config, &h1, &err),
              &err);
    assert_ok(orx_json_parse(&arena, "h2", orx_view_mem(two, strcspn(two, "\n")),
                             &orx_limits_config, &h2, &err),
              &err);
    for (uint32_t i = 0; i < 2; i++) {
        const orx_node *end = orx_node_at(orx_node_get(h1, "origins"), i);
        const orx_node *start = orx_node_at(orx_node_get(h2, "origins"), i);
        assert_string_equal(orx_node_str(orx_node_get(end, "name"), "?"),
                            orx_node_str(orx_node_get(start, "name"), "!"));
        assert_string_equal(orx_node_str(orx_node_get(end, "end"), "?"),
                            orx_node_str(orx_node_get(start, "start"), "!"));
        assert_int_equal(orx_node_int(orx_node_get(end, "last"), 0) + 1,
                         orx_node_int(orx_node_get(start, "first"), 0));
    }
    free(one);
    free(two);
    orx_store_close(a);
    orx_store_close(b);
}

static void a_changed_segment_is_found_and_a_missing_one_is_fine(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, SEGMENT + 1, "x");
    f->wall_shift = 3600 * ORX_SEC;
    retain(s, 1, 0);
    const char *path = fixture_path(f, "state/segments/000000000001-000000004096.ndjson");
    fixture_poke(path, 3000, "#", 1);
    assert_int_equal(orx_store_check(s, &err), ORX_E_CORRUPT);
    assert_contains(err.msg, "000000000001-000000004096.ndjson");
    assert_int_equal(unlink(path), 0); /* archived elsewhere */
    assert_ok(orx_store_check(s, &err), &err);
    orx_store_close(s);
}

static void large_bodies_move_with_their_last_event(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_str body = {0};
    orx_str_adds(&body, "{\"x\":\"");
    for (int i = 0; i < 5000; i++)
        orx_str_addc(&body, 'x');
    orx_str_adds(&body, "\"}");
    orx_store *s = fixture_open(f, "primary", no_rooms);
    fixture_event(s, "test.large", NULL, orx_str_cstr(&body));
    fixture_event(s, "test.shared", NULL, orx_str_cstr(&body));
    body.buf[10] = 'y';
    fixture_event(s, "test.large", NULL, orx_str_cstr(&body)); /* only in the old segment */
    body.buf[10] = 'x';
    append_many(s, SEGMENT, "small");
    fixture_event(s, "test.shared", NULL, orx_str_cstr(&body)); /* still wanted */
    f->wall_shift = 3600 * ORX_SEC;
    retain(s, 1, 0);
    assert_int_equal(fixture_count(fixture_path(f, "state/bodies"), ""), 2 + 1);
    assert_int_equal(fixture_count(fixture_path(f, "state/segments/bodies"), ""), 2 + 1);
    assert_int_equal(store_int(s, "SELECT count(*) FROM store_body"), 1);
    assert_ok(orx_store_check(s, &err), &err);
    orx_str_free(&body);
    orx_store_close(s);
}

/* ---- Together with NDJSON projections ---------------------------------------------------------
 */

static void what_a_log_has_not_shown_stays(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", with_log);
    append_many(s, SEGMENT + 1, "x");
    f->wall_shift = 3600 * ORX_SEC;
    retain(s, 1, 0);
    assert_int_equal(oldest(s), 1);
    assert_ok(orx_projection_flush(s, true, &err), &err);
    retain(s, 1, 0);
    assert_int_equal(oldest(s), SEGMENT + 1);
    orx_store_close(s);
}

static void a_rebuild_reads_the_segments_too(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", with_log);
    append_many(s, SEGMENT + 100, "with \"quotes\" and \xc3\xa4");
    assert_ok(orx_projection_flush(s, true, &err), &err);
    f->wall_shift = 3600 * ORX_SEC;
    retain(s, 1, 0);
    assert_ok(orx_projection_flush(s, true, &err), &err);
    const char *path = fixture_path(f, "log.ndjson");
    char *before = fixture_read(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), 1);
    char *after = fixture_read(path);
    assert_string_equal(before, after);
    free(after);
    /* Without the segment its rows cannot be made again: the old file is kept aside, not lost. */
    assert_int_equal(unlink(fixture_path(f, "state/segments/000000000001-000000004096.ndjson")), 0);
    assert_int_equal(orx_projection_rebuild(s, NULL, NULL, &err), 1);
    assert_int_equal(fixture_count(f->root, ".foreign-"), 1);
    free(before);
    orx_store_close(s);
}

/* ---- Failing ----------------------------------------------------------------------------------
 */

static void a_failed_export_prunes_nothing(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, SEGMENT + 1, "x");
    f->wall_shift = 3600 * ORX_SEC;
    const char *ops[] = {"open", "sync", "rename"};
    f->fail_path = "segments";
    f->fail_code = ORX_E_NO_SPACE;
    for (size_t i = 0; i < ORX_ARRAY_LEN(ops); i++) {
        f->fail_op = ops[i];
        assert_int_equal(orx_event_retain(s, 1, 0, &err), ORX_E_NO_SPACE);
        assert_contains(err.msg, "exporting events 1 to 4096");
        assert_int_equal(oldest(s), 1);
    }
    f->fail_op = NULL;
    retain(s, 1, 0);
    assert_int_equal(oldest(s), SEGMENT + 1);
    assert_ok(orx_store_check(s, &err), &err);
    orx_store_close(s);
}

static void an_export_that_was_not_pruned_is_written_again(void **state) {
    fixture *f = *state;
    orx_err err = ORX_ERR_INIT;
    orx_store *s = fixture_open(f, "primary", no_rooms);
    append_many(s, SEGMENT + 1, "x");
    assert_ok(orx_mkdirs(f->p, fixture_path(f, "state/segments"), false, &err), &err);
    fixture_write(fixture_path(f, "state/segments/000000000001-000000004096.ndjson"), "torn");
    f->wall_shift = 3600 * ORX_SEC;
    retain(s, 1, 0);
    assert_ok(orx_store_check(s, &err), &err);
    orx_store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(only_old_closed_segments_go),
        T(too_many_bytes_go_oldest_first),
        T(the_newest_event_is_never_pruned),
        T(chains_of_several_origins_continue_behind_the_cut),
        T(a_changed_segment_is_found_and_a_missing_one_is_fine),
        T(large_bodies_move_with_their_last_event),
        T(what_a_log_has_not_shown_stays),
        T(a_rebuild_reads_the_segments_too),
        T(a_failed_export_prunes_nothing),
        T(an_export_that_was_not_pruned_is_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
