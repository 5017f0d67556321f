/* Appending and tailing when the disk does not do its part: every operation fails in turn. What was
 * in the file stays there, errors name the reason, nothing leaks. */
#include "data/ndjson.h"

#include "files.h"

#include <stdlib.h>
#include <string.h>

enum { OPEN, READ, WRITE, SYNC, INFO, SYNC_DIR, OPS };

/* The real platform, whose operation `fail` fails at its nth call. */
typedef struct faulty {
    orx_platform base;
    struct orx_file_ops ops;
    orx_platform *real;
    int fail;
    int nth;
    int calls;
    int open_files;
} faulty;

static faulty *of(orx_platform *p) {
    return (faulty *)(void *)p;
}

static bool fails(faulty *f, int op, orx_err *err) {
    if (f->fail != op || ++f->calls != f->nth)
        return false;
    orx_err_set(err, ORX_E_IO, "%s", "the disk is broken");
    return true;
}

static int f_open(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                  orx_err *err) {
    if (fails(of(p), OPEN, err))
        return ORX_E_IO;
    int rc = of(p)->real->files->open(of(p)->real, path, flags, mode, ret_f, err);
    of(p)->open_files += rc >= 0;
    return rc;
}

static void f_close(orx_platform *p, orx_file *f) {
    of(p)->open_files--;
    of(p)->real->files->close(of(p)->real, f);
}

static int64_t f_read(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                      orx_err *err) {
    if (fails(of(p), READ, err))
        return ORX_E_IO;
    return of(p)->real->files->read(of(p)->real, f, offset, buf, len, err);
}

static int f_write(orx_platform *p, orx_file *f, int64_t offset, const void *buf, size_t len,
                   orx_err *err) {
    /* A broken write leaves an unknown part: here half of it. */
    bool broken = fails(of(p), WRITE, err);
    int rc = of(p)->real->files->write(of(p)->real, f, offset, buf, broken ? len / 2 : len, NULL);
    return broken ? ORX_E_IO : rc;
}

static int f_sync(orx_platform *p, orx_file *f, orx_err *err) {
    return fails(of(p), SYNC, err) ? ORX_E_IO : of(p)->real->files->sync(of(p)->real, f, err);
}

static int f_info(orx_platform *p, orx_file *f, orx_file_info *ret_info, orx_err *err) {
    return fails(of(p), INFO, err) ? ORX_E_IO
                                   : of(p)->real->files->info(of(p)->real, f, ret_info, err);
}

static int f_sync_dir(orx_platform *p, const char *path, orx_err *err) {
    return fails(of(p), SYNC_DIR, err) ? ORX_E_IO
                                       : of(p)->real->files->sync_dir(of(p)->real, path, err);
}

static faulty make(fixture *fx, int fail, int nth) {
    faulty f = {.base = *fx->p, .ops = *fx->p->files, .real = fx->p, .fail = fail, .nth = nth};
    f.ops.open = f_open;
    f.ops.close = f_close;
    f.ops.read = f_read;
    f.ops.write = f_write;
    f.ops.sync = f_sync;
    f.ops.info = f_info;
    f.ops.sync_dir = f_sync_dir;
    return f;
}

static int append(fixture *fx, faulty *f, const char *json) {
    const orx_node *row = must_parse(orx_json_parse, &fx->arena, json);
    f->base.files = &f->ops;
    int rc = orx_ndjson_append(&f->base, fx->path, row, true, &fx->err);
    assert_int_equal(f->open_files, 0);
    return rc;
}

static bool count_good(int64_t line, const orx_node *row, const char *problem, void *user) {
    (void)line, (void)problem;
    *(int *)user += row != NULL;
    return true;
}

static int good_rows(fixture *fx) {
    int count = 0;
    orx_ndjson_each(&fx->arena, "f", get_file(fx), count_good, &count, NULL);
    return count;
}

/* Whatever fails, the rows before stay, and the next append that works is whole. */
static void appending(void **state) {
    fixture *fx = *state;
    for (int op = OPEN; op < OPS; op++) {
        for (int nth = 1; nth <= 3; nth++) {
            put_file(fx, orx_view_of("{\"a\": 1}\n{\"b\": 2}\n"));
            faulty f = make(fx, op, nth);
            int rc = append(fx, &f, "{\"c\": 3}");
            /* Of the two ways to open, without and with making the file, one may fail. */
            if (op != OPEN || nth == 1)
                assert_true((rc < 0) == (f.calls >= nth));
            if (rc < 0) {
                assert_int_equal(rc, ORX_E_IO);
                assert_contains(fx->err.msg, "the disk is broken");
            }
            assert_true(good_rows(fx) >= (rc < 0 ? 2 : 3));
            int before = good_rows(fx);
            faulty works = make(fx, OPS, 0);
            assert_int_equal(append(fx, &works, "{\"d\": 4}"), 0);
            assert_int_equal(good_rows(fx), before + 1);
        }
    }
}

static void a_new_file_is_made_durable_with_its_name(void **state) {
    fixture *fx = *state;
    faulty f = make(fx, SYNC_DIR, 1);
    assert_int_equal(append(fx, &f, "{\"a\": 1}"), ORX_E_IO);
    assert_int_equal(f.calls, 1);
    /* It is there now, so the directory needs no more syncing. */
    faulty again = make(fx, SYNC_DIR, 1);
    assert_int_equal(append(fx, &again, "{\"b\": 2}"), 0);
    assert_int_equal(again.calls, 0);
    assert_int_equal(good_rows(fx), 2);
}

static void without_sync_nothing_is_synced(void **state) {
    fixture *fx = *state;
    faulty f = make(fx, SYNC, 1);
    f.base.files = &f.ops;
    const orx_node *row = must_parse(orx_json_parse, &fx->arena, "{}");
    assert_ok(orx_ndjson_append(&f.base, fx->path, row, false, &fx->err), &fx->err);
    assert_int_equal(f.calls, 0);
    faulty synced = make(fx, SYNC, 2);
    assert_int_equal(append(fx, &synced, "{}"), 0);
    assert_int_equal(synced.calls, 1);
}

static void a_row_is_one_write(void **state) {
    fixture *fx = *state;
    faulty f = make(fx, WRITE, 99);
    put_file(fx, orx_view_of("{\"torn"));
    assert_int_equal(append(fx, &f, "{\"a\": 1}"), 0);
    assert_int_equal(f.calls, 1);
}

static void tailing(void **state) {
    fixture *fx = *state;
    char *body = repeat("x", 100000);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 5; i++)
        orx_str_addf(&text, "{\"n\":%d,\"t\":\"%s\"}\n", i, body);
    free(body);
    put_file(fx, orx_str_view(&text));
    static const int ops[] = {OPEN, READ, INFO};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ops); i++) {
        for (int nth = 1; nth < 20; nth++) {
            faulty f = make(fx, ops[i], nth);
            f.base.files = &f.ops;
            const orx_node **rows = NULL;
            int n = orx_ndjson_tail(&f.base, fx->path, 5, &fx->arena, &rows, &fx->err);
            assert_int_equal(f.open_files, 0);
            assert_int_equal(n, f.calls >= nth ? ORX_E_IO : 5);
            assert_true((rows != NULL) == (n == 5));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(appending),
        TEST(a_new_file_is_made_durable_with_its_name),
        TEST(without_sync_nothing_is_synced),
        TEST(a_row_is_one_write),
        TEST(tailing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
