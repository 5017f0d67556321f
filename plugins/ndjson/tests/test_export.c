/* Batches of events to files. */
#include "drive.h"
#include "test.h"

#include <sys/stat.h>

static int setup(void **state) {
    return drive_setup(state, "ndjson");
}

static int fresh(void **state) {
    drive *d = *state;
    orx_remove_tree(d->w->p, world_path(d->w, "out"), NULL);
    return 0;
}

static orxaq_record record(uint64_t seq, const char *kind, const char *body) {
    return (orxaq_record){.struct_size = sizeof(orxaq_record),
                          .schema = 1,
                          .seq = seq,
                          .wall_ns = 5,
                          .kind = orxaq_str(kind),
                          .origin = orxaq_str("primary"),
                          .body = orxaq_str(body)};
}

static const orx_job_result *flush(drive *d, const orxaq_record *records, uint32_t count) {
    const orxaq_flush_args args = {
        .struct_size = sizeof args, .record_count = count, .records = records};
    return drive_op(d, ORX_JOB_SINK, ORXAQ_OP_FLUSH, &args, NULL);
}

static void kinds_choose_the_file(void **state) {
    drive *d = *state;
    drive_instance(d, "files:\n"
                      "  - {path: out/tasks, kinds: [task.*]}\n"
                      "  - {path: out/done, kinds: [task.done, call.done]}\n"
                      "  - {path: out/none, kinds: [other]}\n");
    assert_true(orx_instance_wants(d->instance, "task.selected"));
    assert_true(orx_instance_wants(d->instance, "call.done"));
    assert_false(orx_instance_wants(d->instance, "call.begun"));
    assert_false(orx_instance_wants(d->instance, "tas"));
    orxaq_record records[] = {record(1, "task.selected", "{}"), record(2, "task.done", "{\"a\":1}"),
                              record(3, "call.done", ""), record(4, "noise", "{}")};
    records[1].task = orxaq_str("t1");
    records[1].attempt = 3;
    records[1].call = 4;
    assert_int_equal(flush(d, records, 4)->kind, ORXAQ_KIND_OK);
    const char *done = "{\"seq\":2,\"wall_ns\":5,\"kind\":\"task.done\",\"schema\":1,\"origin\":"
                       "\"primary\",\"task\":\"t1\",\"attempt\":3,\"call\":4,\"body\":{\"a\":1}}\n";
    assert_contains(world_read(d->w, "out/tasks"), "{\"seq\":1,");
    assert_contains(world_read(d->w, "out/tasks"), done);
    assert_contains(world_read(d->w, "out/done"), done);
    assert_contains(world_read(d->w, "out/done"),
                    "{\"seq\":3,\"wall_ns\":5,\"kind\":\"call.done\",\"schema\":1,\"origin\":"
                    "\"primary\"}\n");
    assert_null(strstr(world_read(d->w, "out/done"), "noise"));
    assert_null(world_read(d->w, "out/none"));
}

static void batches_are_appended_and_files_rotated(void **state) {
    drive *d = *state;
    drive_instance(d, "files: [{path: out/all, rotate_size: 200, keep: 1, sync: true}]");
    for (uint64_t i = 1; i <= 5; i++) {
        orxaq_record one = record(i, "task.done", "{}");
        assert_int_equal(flush(d, &one, 1)->kind, ORXAQ_KIND_OK);
    }
    assert_contains(world_read(d->w, "out/all"), "{\"seq\":5,");
    assert_contains(world_read(d->w, "out/all.1"), "{\"seq\":3,");
    assert_contains(world_read(d->w, "out/all.1"), "{\"seq\":4,");
    assert_null(world_read(d->w, "out/all.2"));
}

static void what_cannot_be_written_comes_again(void **state) {
    drive *d = *state;
    orxaq_record one = record(1, "task.done", "{}");
    drive_instance(d, "files: [{path: out/blocked}, {path: out/behind}]");
    assert_int_equal(orx_mkdirs(d->w->p, world_path(d->w, "out/blocked"), false, NULL), 0);
    const orx_job_result *r = flush(d, &one, 1);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_int_equal(r->retry, ORXAQ_RETRY_YES);
    assert_contains(r->message, "out/blocked");
    assert_null(world_read(d->w, "out/behind"));
    assert_int_equal(orx_remove_tree(d->w->p, world_path(d->w, "out/blocked"), NULL), 0);
    assert_int_equal(flush(d, &one, 1)->kind, ORXAQ_KIND_OK);
    assert_contains(world_read(d->w, "out/behind"), "{\"seq\":1,");
}

static void a_full_batch_is_one_piece_per_file(void **state) {
    drive *d = *state;
    static orxaq_record records[1000];
    for (uint32_t i = 0; i < 1000; i++)
        records[i] = record(i + 1, "task.done", "{\"text\":\"\\u00e9\\n\"}");
    drive_instance(d, "files: [{path: out/all}]");
    assert_int_equal(flush(d, records, 1000)->kind, ORXAQ_KIND_OK);
    const char *text = world_read(d->w, "out/all");
    size_t lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 1000);
    assert_contains(text, "{\"seq\":1000,");
}

static void bad_settings_are_refused(void **state) {
    drive *d = *state;
    assert_contains(drive_refused(d, "{}"), "files needs 1 to 64 elements");
    assert_contains(drive_refused(d, "files: [{kinds: [a]}]"), "files[0].path: missing");
    assert_contains(drive_refused(d, "files: [{path: a, keep: 2000}]"), "in the range 0..1000");
    assert_contains(drive_refused(d, "files: [{path: a, kind: x}]"), "did you mean kinds?");
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(kinds_choose_the_file),
        TEST(batches_are_appended_and_files_rotated),
        TEST(what_cannot_be_written_comes_again),
        TEST(a_full_batch_is_one_piece_per_file),
        TEST(bad_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, drive_teardown);
}
