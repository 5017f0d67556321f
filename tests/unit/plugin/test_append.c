/* The append effect. */
#include "jobs.h"
#include "test.h"

static orxaq_config_key keys[] = {{.struct_size = sizeof(orxaq_config_key),
                                   .type = ORXAQ_CONFIG_PATH,
                                   .flags = ORXAQ_KEY_WRITE,
                                   .key = "file",
                                   .help = "h"}};

static orxaq_append append;
static int asked;

static int setup(void **state) {
    world_setup(state);
    jobs_instance(*state, keys, 1, "file: logs/out.ndjson");
    return 0;
}

static int teardown(void **state) {
    jobs_instance_free();
    return world_teardown(state);
}

static int fresh(void **state) {
    world *w = *state;
    jobs_reset();
    orx_remove_tree(w->p, world_path(w, "logs"), NULL);
    append = (orxaq_append){.struct_size = sizeof append,
                            .path = orxaq_str(world_path(w, "logs/out.ndjson"))};
    return 0;
}

static int32_t next_append(const orxaq_events *e, orxaq_effect *effect) {
    if (asked++ > 0) {
        jobs_outcome(e, ORXAQ_KIND_OK, "");
        return ORXAQ_NEXT_DONE;
    }
    effect->kind = ORXAQ_EFFECT_APPEND;
    effect->id = 1;
    effect->append = &append;
    return ORXAQ_NEXT_EFFECT;
}

/* Appends the text as a job of the sink; the feeds. */
static const char *put(world *w, const char *text) {
    static const orxaq_flush_args args = {.struct_size = sizeof args};
    asked = 0;
    tame.next = next_append;
    append.bytes = orxaq_str(text);
    orx_job_spec spec = jobs_spec(w);
    spec.kind = ORX_JOB_SINK;
    spec.op = ORXAQ_OP_FLUSH;
    spec.args = &args;
    orx_str_clear(&here.feeds);
    assert_int_equal(jobs_run(w, &spec)->kind, ORXAQ_KIND_OK);
    return orx_str_cstr(&here.feeds);
}

#define DONE "EXIT 1 code=0 signal=0 reason=0\n"

static void bytes_go_to_the_end_of_the_file(void **state) {
    world *w = *state;
    assert_string_equal(put(w, "one\n"), DONE);
    append.sync = 1;
    assert_string_equal(put(w, "two\n"), DONE);
    assert_string_equal(world_read(w, "logs/out.ndjson"), "one\ntwo\n");
}

static void a_torn_line_does_not_spoil_the_next(void **state) {
    world *w = *state;
    put(w, "one\n");
    world_file(w, "logs/out.ndjson", "one\ntw");
    put(w, "two\n");
    assert_string_equal(world_read(w, "logs/out.ndjson"), "one\ntw\ntwo\n");
    /* Bytes that are no lines are left as they are. */
    put(w, "x");
    put(w, "y");
    assert_string_equal(world_read(w, "logs/out.ndjson"), "one\ntw\ntwo\nxy");
}

static void other_files_are_out_of_reach(void **state) {
    world *w = *state;
    static const char *const paths[] = {"/etc/passwd", "logs/out.ndjson", "", "x\ny"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++) {
        append.path = orxaq_str(paths[i]);
        assert_contains(put(w, "x"), "ERROR 1 code=-4");
    }
    append.path = orxaq_str(orx_arena_printf(&w->arena, "%s/../out", world_path(w, "logs")));
    assert_contains(put(w, "x"), "settings of x name no such file");
}

static void full_files_are_rotated(void **state) {
    world *w = *state;
    append.rotate_bytes = 10;
    append.keep = 2;
    for (int i = 0; i < 5; i++)
        put(w, orx_arena_printf(&w->arena, "line %d\n", i));
    assert_string_equal(world_read(w, "logs/out.ndjson"), "line 4\n");
    assert_string_equal(world_read(w, "logs/out.ndjson.1"), "line 3\n");
    assert_string_equal(world_read(w, "logs/out.ndjson.2"), "line 2\n");
    assert_null(world_read(w, "logs/out.ndjson.3"));
    /* A larger limit: the file grows again. */
    append.rotate_bytes = 1000;
    put(w, "line 5\n");
    assert_string_equal(world_read(w, "logs/out.ndjson"), "line 4\nline 5\n");
}

static void a_single_large_write_still_goes_out_whole(void **state) {
    world *w = *state;
    append.rotate_bytes = 4;
    append.keep = 1;
    put(w, "larger than that\n");
    assert_string_equal(world_read(w, "logs/out.ndjson"), "larger than that\n");
    put(w, "x\n");
    assert_string_equal(world_read(w, "logs/out.ndjson.1"), "larger than that\n");
}

static void nothing_old_may_be_kept(void **state) {
    world *w = *state;
    append.rotate_bytes = 4;
    append.keep = 0;
    put(w, "one\n");
    put(w, "two\n");
    assert_string_equal(world_read(w, "logs/out.ndjson"), "two\n");
    assert_null(world_read(w, "logs/out.ndjson.1"));
    append.keep = 1001;
    assert_contains(put(w, "x"), "ERROR 1 code=-3");
}

static void what_cannot_be_written_is_an_error_for_the_driver(void **state) {
    world *w = *state;
    assert_int_equal(orx_mkdirs(w->p, world_path(w, "logs/out.ndjson"), false, NULL), 0);
    assert_contains(put(w, "x"), "ERROR 1 code=-9");
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(bytes_go_to_the_end_of_the_file),
        TEST(a_torn_line_does_not_spoil_the_next),
        TEST(other_files_are_out_of_reach),
        TEST(full_files_are_rotated),
        TEST(a_single_large_write_still_goes_out_whole),
        TEST(nothing_old_may_be_kept),
        TEST(what_cannot_be_written_is_an_error_for_the_driver),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
