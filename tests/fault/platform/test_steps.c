/* The whole-file operations with every single step failing in turn.
 *
 * A platform is made that is the real one but for its table of files: the step whose number is up
 * fails (before doing anything). Whatever fails, the promises hold: the old or the new content, no
 * temporary file left when the process lives to remove it, the error said. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

static struct orx_file_ops ops;         /* the failing table */
static const struct orx_file_ops *real; /* the one behind it */
static int countdown;                   /* steps to go until the failing one */
static bool failed;

static bool fails(orx_err *err) {
    if (--countdown != 0)
        return false;
    failed = true;
    (void)orx_err_set(err, ORX_E_IO, "this step was made to fail");
    return true;
}

static int f_open(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **f,
                  orx_err *err) {
    return fails(err) ? ORX_E_IO : real->open(p, path, flags, mode, f, err);
}

static int64_t f_read(orx_platform *p, orx_file *f, int64_t at, void *buf, size_t len,
                      orx_err *err) {
    return fails(err) ? ORX_E_IO : real->read(p, f, at, buf, len, err);
}

/* Half of it gets written first, as on a disk that fills up. */
static int f_write(orx_platform *p, orx_file *f, int64_t at, const void *buf, size_t len,
                   orx_err *err) {
    if (!fails(err))
        return real->write(p, f, at, buf, len, err);
    (void)real->write(p, f, at, buf, len / 2, NULL);
    return ORX_E_IO;
}

static int f_sync(orx_platform *p, orx_file *f, orx_err *err) {
    return fails(err) ? ORX_E_IO : real->sync(p, f, err);
}

static int f_info(orx_platform *p, orx_file *f, orx_file_info *info, orx_err *err) {
    return fails(err) ? ORX_E_IO : real->info(p, f, info, err);
}

static int f_rename(orx_platform *p, const char *from, const char *to, orx_err *err) {
    return fails(err) ? ORX_E_IO : real->rename(p, from, to, err);
}

static int f_sync_dir(orx_platform *p, const char *path, orx_err *err) {
    return fails(err) ? ORX_E_IO : real->sync_dir(p, path, err);
}

static int f_mkdir(orx_platform *p, const char *path, uint32_t mode, orx_err *err) {
    return fails(err) ? ORX_E_IO : real->mkdir(p, path, mode, err);
}

static int f_rmdir(orx_platform *p, const char *path, orx_err *err) {
    return fails(err) ? ORX_E_IO : real->rmdir(p, path, err);
}

static int f_list(orx_platform *p, const char *path, orx_arena *a, char ***names, orx_err *err) {
    return fails(err) ? ORX_E_IO : real->list(p, path, a, names, err);
}

/* Puts the failing table in front of the fixture's platform. */
static void arm(fixture *fx, int step) {
    real = fx->p->files;
    ops = *real;
    ops.open = f_open;
    ops.read = f_read;
    ops.write = f_write;
    ops.sync = f_sync;
    ops.info = f_info;
    ops.rename = f_rename;
    ops.sync_dir = f_sync_dir;
    ops.mkdir = f_mkdir;
    ops.rmdir = f_rmdir;
    ops.list = f_list;
    fx->p->files = &ops;
    countdown = step;
    failed = false;
    fx->err = (orx_err)ORX_ERR_INIT;
}

static void disarm(fixture *fx) {
    fx->p->files = real;
}

static size_t entries(fixture *fx) {
    char **list = NULL;
    assert_ok(orx_list_dir(fx->p, fx->dir, &fx->arena, &list, &fx->err), &fx->err);
    size_t n = 0;
    while (list[n])
        n++;
    return n;
}

/* The error is the step's own, or nothing failed. */
static void consistent(fixture *fx, int rc) {
    assert_int_equal(rc < 0, failed);
    assert_int_equal(fx->err.code, failed ? ORX_E_IO : 0);
    if (failed)
        assert_contains(fx->err.msg, "made to fail");
}

static void atomic_write(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "state");
    int steps = 0;
    int fds = count_fds();
    do {
        spit(fx, path, "old");
        arm(fx, ++steps);
        int rc = orx_write_atomic(fx->p, path, orx_view_of("brand new"), 0600, &fx->err);
        disarm(fx);
        consistent(fx, rc);
        const char *now = slurp(fx, path);
        /* The last step, the directory's sync, fails with the new content in place. */
        assert_true(strcmp(now, "brand new") == 0 || (failed && strcmp(now, "old") == 0));
        assert_int_equal(entries(fx), 1);
        assert_int_equal(count_fds(), fds);
    } while (failed);
    assert_int_equal(steps - 1, 5); /* open, write, sync, rename, sync of the directory */
}

static void replacing_write(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "state");
    int steps = 0;
    do {
        spit(fx, path, "old");
        arm(fx, ++steps);
        int rc = orx_write_replace(fx->p, path, orx_view_of("brand new"), 0600, &fx->err);
        disarm(fx);
        consistent(fx, rc);
        assert_string_equal(slurp(fx, path), failed ? "old" : "brand new");
        assert_int_equal(entries(fx), 1);
    } while (failed);
    assert_int_equal(steps - 1, 3); /* no syncs: for what can be rebuilt */
}

static void new_file(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "new");
    int steps = 0;
    do {
        arm(fx, ++steps);
        int rc = orx_write_new(fx->p, path, orx_view_of("content"), 0600, &fx->err);
        disarm(fx);
        consistent(fx, rc);
        /* Whole or absent. */
        if (orx_exists(fx->p, path))
            assert_string_equal(slurp(fx, path), "content");
        if (failed)
            assert_ok(orx_unlink(fx->p, path, &fx->err), &fx->err);
    } while (failed);
    assert_int_equal(steps - 1, 4); /* open, write, sync, sync of the directory */
}

static void appending(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "log");
    int steps = 0;
    do {
        assert_ok(orx_unlink(fx->p, path, &fx->err), &fx->err);
        arm(fx, ++steps);
        int rc = orx_append_file(fx->p, path, orx_view_of("line\n"), true, &fx->err);
        disarm(fx);
        /* The first opening only asks whether the file is there; the second repeats its error. */
        if (steps > 1)
            consistent(fx, rc);
    } while (failed);
    assert_string_equal(slurp(fx, path), "line\n");
    assert_int_equal(steps - 1, 5); /* open, open, write, sync, sync of the directory */
}

static void reading(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "file");
    spit(fx, path, "content");
    int steps = 0;
    int fds = count_fds();
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    do {
        orx_str_clear(&out);
        orx_str_adds(&out, "before");
        arm(fx, ++steps);
        int rc = orx_read_file(fx->p, path, 100, &out, &fx->err);
        disarm(fx);
        consistent(fx, rc);
        assert_string_equal(orx_str_cstr(&out), failed ? "before" : "content");
        assert_int_equal(count_fds(), fds);
    } while (failed);
}

static void making_directories(void **state) {
    fixture *fx = *state;
    int steps = 0;
    do {
        arm(fx, ++steps);
        int rc = orx_mkdirs(fx->p, in_dir(fx, "a/b/c"), false, &fx->err);
        disarm(fx);
        consistent(fx, rc);
        assert_int_equal(orx_exists(fx->p, in_dir(fx, "a/b/c")), !failed);
        assert_ok(orx_remove_tree(fx->p, in_dir(fx, "a"), &fx->err), &fx->err);
    } while (failed);
    assert_int_equal(steps - 1, 6); /* three times mkdir and the sync of the directory above */
}

static void making_directories_without_syncs(void **state) {
    fixture *fx = *state;
    arm(fx, 3);
    int rc = orx_mkdirs_unsynced(fx->p, in_dir(fx, "a/b"), false, &fx->err);
    disarm(fx);
    assert_ok(rc, &fx->err);
    assert_false(failed);
}

/* A removal that fails half way can be repeated. */
static void removing_trees(void **state) {
    fixture *fx = *state;
    int steps = 0;
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "t/u/v"), false, &fx->err), &fx->err);
    spit(fx, in_dir(fx, "t/u/file"), "x");
    do {
        arm(fx, ++steps);
        int rc = orx_remove_tree(fx->p, in_dir(fx, "t"), &fx->err);
        disarm(fx);
        consistent(fx, rc);
        assert_int_equal(orx_exists(fx->p, in_dir(fx, "t")), failed);
    } while (failed);
    assert_true(steps > 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(atomic_write),
        TEST(replacing_write),
        TEST(new_file),
        TEST(appending),
        TEST(reading),
        TEST(making_directories),
        TEST(making_directories_without_syncs),
        TEST(removing_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
