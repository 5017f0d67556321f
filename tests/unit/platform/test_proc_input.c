/* Standard input: from bytes, from a file, written as we go, or none. */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void without_any_it_is_empty(void **state) {
    run r;
    prepare(&r, *state, "read-stdin-echo", NULL);
    run_it(&r);
    assert_int_equal(r.result.code, 0);
    assert_string_equal(out_of(&r), "");
    run_close(&r);
}

/* 200 KiB: more than a pipe or an argument holds. */
static void bytes_of_any_size(void **state) {
    run r;
    ORX_CLEANUP(orx_str_free) orx_str prompt = {0};
    for (int i = 0; i < 200 * 1024; i++)
        orx_str_addc(&prompt, (char)(i * 13 + i / 251));
    prepare(&r, *state, "read-stdin-echo", NULL);
    r.out.head_max = (size_t)1 << 20;
    r.spec.input = orx_str_view(&prompt);
    run_it(&r);
    assert_int_equal(r.result.code, 0);
    assert_int_equal(r.out.head.len, prompt.len);
    assert_memory_equal(r.out.head.buf, prompt.buf, prompt.len);
    run_close(&r);
}

static void from_a_file(void **state) {
    fixture *fx = *state;
    run r;
    spit(fx, in_dir(fx, "prompt"), "from a file");
    prepare(&r, fx, "read-stdin-echo", NULL);
    r.spec.input_path = in_dir(fx, "prompt");
    run_it(&r);
    assert_string_equal(out_of(&r), "from a file");
    run_close(&r);
}

static void not_from_what_is_no_file(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "read-stdin-echo", NULL);
    r.spec.input_path = in_dir(fx, "none");
    assert_int_equal(orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "none");
    assert_int_equal(mkfifo(in_dir(fx, "fifo"), 0600), 0);
    r.spec.input_path = in_dir(fx, "fifo");
    assert_int_equal(orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "fifo");
    r.spec.input_path = fx->dir;
    assert_int_equal(orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err), ORX_E_INVALID);
    run_close(&r);
}

static void written_as_we_go(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "read-stdin-echo", NULL);
    r.spec.input_open = true;
    begin(&r);
    char text[] = "ready ";
    assert_ok(orx_proc_write(r.proc, orx_view_of(text), &fx->err), &fx->err);
    memset(text, '!', sizeof text - 1); /* the bytes were copied */
    await_ready(&r);
    assert_ok(orx_proc_write(r.proc, orx_view_of("steady "), &fx->err), &fx->err);
    assert_ok(orx_proc_write(r.proc, orx_view_of(""), &fx->err), &fx->err);
    assert_ok(orx_proc_write(r.proc, orx_view_of("go"), &fx->err), &fx->err);
    orx_proc_close_input(r.proc);
    orx_proc_close_input(r.proc);
    assert_int_equal(orx_proc_write(r.proc, orx_view_of("late"), &fx->err), ORX_E_INVALID);
    finish(&r);
    assert_int_equal(r.result.code, 0);
    assert_string_equal(out_of(&r), "ready steady go");
    run_close(&r);
}

static void written_while_held(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "read-stdin-echo", NULL);
    r.spec.input_open = true;
    r.spec.hold = true;
    begin(&r);
    assert_ok(orx_proc_write(r.proc, orx_view_of("early"), &fx->err), &fx->err);
    orx_proc_close_input(r.proc);
    assert_ok(orx_proc_release(r.proc, &fx->err), &fx->err);
    finish(&r);
    assert_string_equal(out_of(&r), "early");
    run_close(&r);
}

/* A program that does not read does not make us keep everything. */
static void the_queue_is_bounded(void **state) {
    fixture *fx = *state;
    run r;
    size_t len = (size_t)4 << 20;
    char *block = orx_xcalloc(1, len);
    prepare(&r, fx, "hang", NULL);
    r.spec.input_open = true;
    begin(&r);
    int rc = 0;
    int taken = 0;
    while ((rc = orx_proc_write(r.proc, orx_view_mem(block, len), &fx->err)) == 0)
        assert_true(++taken <= 5);
    assert_int_equal(rc, ORX_E_LIMIT);
    assert_true(taken >= 3);
    orx_proc_stop(r.proc, true);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_STOPPED);
    run_close(&r);
    free(block);
}

/* The program closed its input: what we write is lost, nothing else happens. */
static void closed_input_loses_bytes_silently(void **state) {
    fixture *fx = *state;
    run r;
    size_t len = (size_t)1 << 20;
    char *block = orx_xcalloc(1, len);
    prepare(&r, fx, "close-stdin", "100", NULL);
    r.spec.input = orx_view_mem(block, len);
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, 0);
    assert_string_equal(out_of(&r), "ignored it");
    run_close(&r);
    prepare(&r, fx, "close-stdin", "100", NULL);
    r.spec.input_open = true;
    begin(&r);
    while (!r.done) {
        assert_ok(orx_proc_write(r.proc, orx_view_of("x"), &fx->err), &fx->err);
        orx_loop_sleep(fx->p, 5 * ORX_MS);
    }
    finish(&r);
    assert_int_equal(r.result.code, 0);
    run_close(&r);
    free(block);
}

/* Nobody else, orxaq-exec least of all, keeps the reading end open: what is written to a program
 * that closed its input is gone at once, not queued. */
static void nobody_else_holds_the_input(void **state) {
    fixture *fx = *state;
    run r;
    size_t len = (size_t)1 << 20;
    char *block = orx_xcalloc(1, len);
    prepare(&r, fx, "close-stdin-ready", NULL);
    r.spec.input_open = true;
    begin(&r);
    await_ready(&r);
    for (int i = 0; i < 64; i++) {
        assert_ok(orx_proc_write(r.proc, orx_view_mem(block, len), &fx->err), &fx->err);
        (void)orx_loop_step(fx->p, ORX_MS);
    }
    orx_proc_stop(r.proc, true);
    finish(&r);
    run_close(&r);
    free(block);
}

static void input_that_is_not_open_refuses_writes(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "exit", "0", NULL);
    begin(&r);
    assert_int_equal(orx_proc_write(r.proc, orx_view_of("x"), &fx->err), ORX_E_INVALID);
    orx_proc_close_input(r.proc);
    finish(&r);
    run_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(without_any_it_is_empty),
        TEST(bytes_of_any_size),
        TEST(from_a_file),
        TEST(not_from_what_is_no_file),
        TEST(written_as_we_go),
        TEST(written_while_held),
        TEST(the_queue_is_bounded),
        TEST(closed_input_loses_bytes_silently),
        TEST(nobody_else_holds_the_input),
        TEST(input_that_is_not_open_refuses_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
