/* test_example.c: the bytes a batch becomes, and how its end is told. */
#include <orxaq_test.h>

#include <stdio.h>

#define SETTINGS                                                                                   \
    "{\"path\": \"/log\", \"kinds\": [\"attempt.settled\", \"run.ended\"], \"rotate_size\": 4096}"

static const orxaq_record records[] = {
    {.struct_size = sizeof records[0],
     .seq = 7,
     .kind = {"attempt.settled", 15},
     .task = {"one", 3}},
    {.struct_size = sizeof records[0], .seq = 8, .kind = {"call.begun", 10}, .task = {"two", 3}},
    {.struct_size = sizeof records[0], .seq = 9, .kind = {"run.ended", 9}},
};

static orxaq_flush_args batch(uint32_t from, uint32_t count) {
    return (orxaq_flush_args){.struct_size = sizeof(orxaq_flush_args),
                              .record_count = count,
                              .records = records + from,
                              .files_dir = orxaq_str("/files")};
}

static void chooses_kinds(void) {
    orxaq_test *t = orxaq_test_new(SETTINGS);
    ORXAQ_CHECK(orxaq_test_wants(t, "attempt.settled") == 1);
    ORXAQ_CHECK(orxaq_test_wants(t, "attempt.settle") == 0);
    ORXAQ_CHECK(orxaq_test_wants(t, "call.begun") == 0);
    orxaq_test_free(t);
}

static void writes_a_line_each(void) {
    const orxaq_flush_args args = batch(0, 3);
    orxaq_test *t = orxaq_test_new(SETTINGS);
    ORXAQ_CHECK(orxaq_test_open(t, ORXAQ_OP_FLUSH, &args) == ORXAQ_OK);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_EFFECT);
    const orxaq_append *a = t->effect.append;
    ORXAQ_CHECK(orxaq_view_is(a->path, "/log") && a->rotate_bytes == 4096);
    ORXAQ_CHECK(orxaq_view_is(a->bytes, "7 attempt.settled one\n9 run.ended\n"));
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_WAIT && t->outcomes == 0);
    orxaq_test_exit(t, 1, 0);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_DONE && t->outcome.kind == ORXAQ_KIND_OK);
    orxaq_test_free(t);
}

static void a_full_disk_is_tried_again(void) {
    const orxaq_flush_args args = batch(0, 1);
    orxaq_test *t = orxaq_test_new(SETTINGS);
    ORXAQ_CHECK(orxaq_test_open(t, ORXAQ_OP_FLUSH, &args) == ORXAQ_OK);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_EFFECT);
    orxaq_test_error(t, 1, ORXAQ_E_IO, "no space left");
    ORXAQ_CHECK(t->outcome.kind == ORXAQ_KIND_CRASHED && t->outcome.retry == ORXAQ_RETRY_YES);
    ORXAQ_CHECK(strcmp(t->message, "no space left") == 0);
    orxaq_test_free(t);
}

static void nothing_to_write_is_fine(void) {
    const orxaq_flush_args args = batch(1, 1);
    orxaq_test *t = orxaq_test_new(SETTINGS);
    ORXAQ_CHECK(orxaq_test_open(t, ORXAQ_OP_FLUSH, &args) == ORXAQ_OK);
    ORXAQ_CHECK(orxaq_test_next(t) == ORXAQ_NEXT_DONE && t->outcome.kind == ORXAQ_KIND_OK);
    orxaq_test_free(t);
}

int main(void) {
    chooses_kinds();
    writes_a_line_each();
    a_full_disk_is_tried_again();
    nothing_to_write_is_fine();
    puts("4 cases passed");
    return 0;
}
