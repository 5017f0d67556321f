#include "data/ndjson.h"

#include "files.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 65536

/* The tail as text: compact rows, one a line. */
static int tail_text(fixture *fx, int count, orx_str *out) {
    const orx_node **rows = NULL;
    int n = orx_ndjson_tail(fx->p, fx->path, count, &fx->arena, &rows, &fx->err);
    if (n < 0)
        fail_msg("%s", fx->err.msg);
    for (int i = 0; i < n; i++) {
        orx_json_write(out, rows[i], ORX_JSON_OURS);
        orx_str_addc(out, '\n');
    }
    assert_null(rows[n]);
    return n;
}

static void assert_tail(fixture *fx, int count, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str got = {0};
    tail_text(fx, count, &got);
    assert_string_equal(orx_str_cstr(&got), expected);
}

static void last_rows_oldest_first(void **state) {
    fixture *fx = *state;
    put_file(fx, orx_view_of("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"));
    assert_tail(fx, 0, "");
    assert_tail(fx, -1, "");
    assert_tail(fx, 1, "{\"n\":3}\n");
    assert_tail(fx, 2, "{\"n\":2}\n{\"n\":3}\n");
    assert_tail(fx, 3, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
    assert_tail(fx, 100, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

static void nothing_there(void **state) {
    fixture *fx = *state;
    assert_tail(fx, 5, "");
    put_file(fx, orx_view_of(""));
    assert_tail(fx, 5, "");
    put_file(fx, orx_view_of("\n\n \n"));
    assert_tail(fx, 5, "");
}

static void bad_and_torn_rows_are_passed_over(void **state) {
    fixture *fx = *state;
    put_file(fx, orx_view_of("{\"n\":1}\nbad\n[2]\n{\"n\":3}\n\n{\"n\":4,\"n\":4}\n{\"n\":5"));
    assert_tail(fx, 2, "{\"n\":1}\n{\"n\":3}\n");
    put_file(fx, orx_view_of("{\"n\":1}\n{\"n\":2}"));
    assert_tail(fx, 1, "{\"n\":2}\n");
}

/* Rows of every length around the size of a block, so that newlines fall on all its edges. */
static void rows_across_blocks(void **state) {
    fixture *fx = *state;
    for (size_t len = BLOCK - 24; len < BLOCK + 2; len++) {
        char *body = repeat("x", len);
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addf(&text, "{\"a\":\"%s\"}\n{\"b\":\"%s\"}\n{\"c\":1}\n", body, body);
        put_file(fx, orx_str_view(&text));
        ORX_CLEANUP(orx_str_free) orx_str got = {0};
        assert_int_equal(tail_text(fx, 9, &got), 3);
        assert_string_equal(got.buf, text.buf);
        free(body);
    }
}

static void many_small_rows(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 30000; i++)
        orx_str_addf(&text, "{\"n\":%d}\n", i);
    put_file(fx, orx_str_view(&text));
    const orx_node **rows = NULL;
    assert_int_equal(orx_ndjson_tail(fx->p, fx->path, 20000, &fx->arena, &rows, &fx->err), 20000);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(orx_node_int(orx_node_get(rows[i], "n"), -1), 10000 + i);
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    assert_int_equal(tail_text(fx, 40000, &all), 30000);
    assert_string_equal(all.buf, text.buf);
}

static void long_rows_are_found_and_longer_ones_passed_over(void **state) {
    fixture *fx = *state;
    char *body = repeat("x", ORX_NDJSON_LINE_MAX - 8);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "{\"n\":1}\n{\"a\":\"%s\"}\n{\"n\":2}\n{\"a\":\"%sx\"}\n", body, body);
    orx_str_addf(&text, "{\"a\":\"%s%s%s\"}\n{\"n\":3}\n", body, body, body);
    put_file(fx, orx_str_view(&text));
    const orx_node **rows = NULL;
    assert_int_equal(orx_ndjson_tail(fx->p, fx->path, 9, &fx->arena, &rows, &fx->err), 4);
    assert_int_equal(orx_node_int(orx_node_get(rows[0], "n"), 0), 1);
    assert_string_equal(orx_node_str(orx_node_get(rows[1], "a"), ""), body);
    assert_int_equal(orx_node_int(orx_node_get(rows[2], "n"), 0), 2);
    assert_int_equal(orx_node_int(orx_node_get(rows[3], "n"), 0), 3);
    free(body);
}

/* The front part of a line that is too long may look like a row of its own. */
static void the_front_of_a_long_line_is_no_row(void **state) {
    fixture *fx = *state;
    char *spaces = repeat(" ", ORX_NDJSON_LINE_MAX * 2 + 100);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "{\"n\":1}\n{\"n\":2}%sx\n{\"n\":3}\n", spaces);
    put_file(fx, orx_str_view(&text));
    assert_tail(fx, 9, "{\"n\":1}\n{\"n\":3}\n");
    free(spaces);
}

/* A file that is one endless line, as an accident would leave it. */
static void no_newline_at_all(void **state) {
    fixture *fx = *state;
    char *body = repeat("x", ORX_NDJSON_LINE_MAX * 2 + 12345);
    put_file(fx, orx_view_of(body));
    assert_tail(fx, 3, "");
    free(body);
}

/* Counts what is read, to see that the cost does not grow with the file. */
typedef struct counting {
    orx_platform base;
    struct orx_file_ops ops;
    const orx_platform *real;
    int64_t bytes;
} counting;

static int64_t read_counted(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                            orx_err *err) {
    counting *c = (counting *)(void *)p;
    c->bytes += (int64_t)len;
    return c->real->files->read(p, f, offset, buf, len, err);
}

static void cost_does_not_grow_with_the_file(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 100000; i++)
        orx_str_addf(&text, "{\"n\":%d,\"text\":\"some words to fill the row\"}\n", i);
    put_file(fx, orx_str_view(&text));
    assert_true(text.len > (size_t)40 * BLOCK);
    counting c = {.base = *fx->p, .ops = *fx->p->files, .real = fx->p};
    c.ops.read = read_counted;
    c.base.files = &c.ops;
    const orx_node **rows = NULL;
    assert_int_equal(orx_ndjson_tail(&c.base, fx->path, 100, &fx->arena, &rows, &fx->err), 100);
    assert_int_equal(orx_node_int(orx_node_get(rows[99], "n"), -1), 99999);
    assert_true(c.bytes <= BLOCK);
}

static int64_t read_fails(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                          orx_err *err) {
    (void)p, (void)f, (void)offset, (void)buf, (void)len;
    return orx_err_set(err, ORX_E_IO, "the disk is broken");
}

static int64_t read_is_short(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                             orx_err *err) {
    (void)p, (void)f, (void)offset, (void)buf, (void)len, (void)err;
    return 0;
}

static void failures_are_handed_on(void **state) {
    fixture *fx = *state;
    put_file(fx, orx_view_of("{}\n"));
    const orx_node **untouched = (const orx_node **)(void *)fx;
    const orx_node **rows = untouched;
    counting c = {.base = *fx->p, .ops = *fx->p->files, .real = fx->p};
    c.base.files = &c.ops;
    c.ops.read = read_fails;
    assert_int_equal(orx_ndjson_tail(&c.base, fx->path, 1, &fx->arena, &rows, &fx->err), ORX_E_IO);
    assert_contains(fx->err.msg, "the disk is broken");
    c.ops.read = read_is_short;
    assert_int_equal(orx_ndjson_tail(&c.base, fx->path, 1, &fx->arena, &rows, &fx->err),
                     ORX_E_CONFLICT);
    assert_contains(fx->err.msg, "cut the file");
    assert_int_equal(orx_ndjson_tail(fx->p, fx->dir, 1, &fx->arena, &rows, &fx->err),
                     ORX_E_INVALID);
    assert_contains(fx->err.msg, fx->dir);
    assert_ptr_equal(rows, untouched);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(last_rows_oldest_first),
        TEST(nothing_there),
        TEST(bad_and_torn_rows_are_passed_over),
        TEST(rows_across_blocks),
        TEST(many_small_rows),
        TEST(long_rows_are_found_and_longer_ones_passed_over),
        TEST(the_front_of_a_long_line_is_no_row),
        TEST(no_newline_at_all),
        TEST(cost_does_not_grow_with_the_file),
        TEST(failures_are_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
