#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void makes_all_parents(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "a/b//c/");
    assert_ok(orx_mkdirs(fx->p, path, false, &fx->err), &fx->err);
    assert_ok(orx_mkdirs(fx->p, path, false, &fx->err), &fx->err);
    assert_true(orx_exists(fx->p, in_dir(fx, "a/b/c")));
    assert_ok(orx_mkdirs(fx->p, "/", false, &fx->err), &fx->err);
}

static void private_means_0700(void **state) {
    fixture *fx = *state;
    orx_file_info info;
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "p/q"), true, &fx->err), &fx->err);
    assert_ok(orx_stat(fx->p, in_dir(fx, "p"), &info, &fx->err), &fx->err);
    assert_int_equal(info.mode, 0700);
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "p/open"), false, &fx->err), &fx->err);
    assert_ok(orx_stat(fx->p, in_dir(fx, "p/open"), &info, &fx->err), &fx->err);
    assert_int_equal(info.mode & 0700, 0700);
    /* An existing directory keeps its mode. */
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "p"), false, &fx->err), &fx->err);
    assert_ok(orx_stat(fx->p, in_dir(fx, "p"), &info, &fx->err), &fx->err);
    assert_int_equal(info.mode, 0700);
}

static void a_file_in_the_way_is_named(void **state) {
    fixture *fx = *state;
    char *file = in_dir(fx, "f");
    spit(fx, file, "");
    assert_int_equal(orx_mkdirs(fx->p, file, false, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "expected a directory");
    assert_true(orx_mkdirs(fx->p, in_dir(fx, "f/g"), false, &fx->err) < 0);
    assert_contains(fx->err.msg, file);
}

static void removes_trees_but_follows_no_link(void **state) {
    fixture *fx = *state;
    char *keep = in_dir(fx, "keep/file");
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "keep"), false, &fx->err), &fx->err);
    spit(fx, keep, "kept");
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "tree/a/b"), false, &fx->err), &fx->err);
    spit(fx, in_dir(fx, "tree/a/b/f"), "x");
    assert_int_equal(symlink("../keep", in_dir(fx, "tree/link")), 0);
    assert_int_equal(symlink("nowhere", in_dir(fx, "tree/a/dangling")), 0);
    assert_int_equal(mkfifo(in_dir(fx, "tree/fifo"), 0600), 0);
    assert_ok(orx_remove_tree(fx->p, in_dir(fx, "tree"), &fx->err), &fx->err);
    assert_false(orx_exists(fx->p, in_dir(fx, "tree")));
    assert_string_equal(slurp(fx, keep), "kept");
    /* A link named itself goes, what it points to stays. */
    char *link = in_dir(fx, "link");
    assert_int_equal(symlink("keep", link), 0);
    assert_ok(orx_remove_tree(fx->p, link, &fx->err), &fx->err);
    assert_string_equal(slurp(fx, keep), "kept");
    /* One file, and nothing at all. */
    orx_err untouched = ORX_ERR_INIT;
    assert_ok(orx_remove_tree(fx->p, keep, &fx->err), &fx->err);
    assert_int_equal(orx_remove_tree(fx->p, keep, &untouched), 0);
    assert_int_equal(untouched.code, 0);
}

/* Built with chdir, the tree's depth is beyond any path the system accepts. */
static void removes_trees_deeper_than_a_path(void **state) {
    fixture *fx = *state;
    char name[201];
    memset(name, 'd', 200);
    name[200] = '\0';
    char *top = in_dir(fx, "deep");
    assert_int_equal(mkdir(top, 0700), 0);
    /* An entry that already has the first name used for moving up. */
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "deep/.orx-deep-0/x"), false, &fx->err), &fx->err);
    int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(home >= 0);
    assert_int_equal(chdir(top), 0);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(mkdir(name, 0700), 0);
        int fd = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
        assert_int_equal(chdir(name), 0);
    }
    assert_int_equal(fchdir(home), 0);
    (void)close(home);
    assert_ok(orx_remove_tree(fx->p, top, &fx->err), &fx->err);
    assert_false(orx_exists(fx->p, top));
}

static void an_undeletable_entry_is_named(void **state) {
    fixture *fx = *state;
    orx_err err = ORX_ERR_INIT;
    int rc = orx_remove_tree(fx->p, "/proc/self/status", &err);
    assert_true(rc < 0);
    assert_contains(err.msg, "/proc/self/status");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(makes_all_parents),
        TEST(private_means_0700),
        TEST(a_file_in_the_way_is_named),
        TEST(removes_trees_but_follows_no_link),
        TEST(removes_trees_deeper_than_a_path),
        TEST(an_undeletable_entry_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
