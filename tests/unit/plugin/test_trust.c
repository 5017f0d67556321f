#include "plugin/trust.h"

#include "test.h"
#include "world.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *verdict(world *w, const char *path, const char *pin, int *ret_rc) {
    orx_err err = ORX_ERR_INIT;
    orx_trusted_file file = {0};
    *ret_rc = orx_trust_file(w->p, path, pin, &w->arena, &file, &err);
    if (*ret_rc < 0)
        assert_null(file.path);
    return *ret_rc < 0 ? orx_arena_strdup(&w->arena, err.msg) : "fine";
}

static void expect(world *w, const char *path, const char *pin, int code, const char *part) {
    int rc;
    assert_contains(verdict(w, path, pin, &rc), part);
    assert_int_equal(rc, code);
}

static void a_good_file_is_identified(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    orx_trusted_file file = {0};
    const char *path = world_file(w, "good.so", "abc");
    assert_ok(orx_trust_file(w->p, path, NULL, &w->arena, &file, &err), &err);
    assert_string_equal(file.path, path);
    assert_int_equal(file.info.size, 3);
    assert_string_equal(file.sha256,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(w, path, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", 0, "fine");
}

static void a_pin_that_differs_refuses(void **state) {
    world *w = *state;
    const char *path = world_file(w, "pinned.so", "abc");
    expect(w, path, "00", ORX_E_DENIED, "the configuration expects 00");
    expect(w, path, "", ORX_E_DENIED, "its SHA-256 is ba7816bf");
}

static void what_is_no_module_is_refused(void **state) {
    world *w = *state;
    expect(w, "relative.so", NULL, ORX_E_INVALID, "must be absolute");
    expect(w, world_path(w, "absent.so"), NULL, ORX_E_NOT_FOUND, "absent.so");
    expect(w, world_file(w, "empty.so", ""), NULL, ORX_E_INVALID, "an empty file");
    expect(w, world_file(w, "plugin.la", "dlname='x'"), NULL, ORX_E_INVALID, ".la file only");
    expect(w, world_file(w, "plugin.txt", "x"), NULL, ORX_E_INVALID, "must end in .so");
    assert_int_equal(mkdir(world_path(w, "dir.so"), 0755), 0);
    expect(w, world_path(w, "dir.so"), NULL, ORX_E_INVALID, "a directory");
    assert_int_equal(mkfifo(world_path(w, "fifo.so"), 0644), 0);
    expect(w, world_path(w, "fifo.so"), NULL, ORX_E_INVALID, "a FIFO");
}

static void files_that_others_may_change_are_refused(void **state) {
    world *w = *state;
    const char *path = world_file(w, "open.so", "x");
    assert_int_equal(chmod(path, 0664), 0);
    expect(w, path, NULL, ORX_E_DENIED, "chmod go-w");
    assert_int_equal(chmod(path, 0646), 0);
    expect(w, path, NULL, ORX_E_DENIED, "mode 0646");
    assert_int_equal(chmod(path, 0755), 0);
    expect(w, path, NULL, 0, "fine");
}

static void folders_that_others_may_change_are_refused(void **state) {
    world *w = *state;
    const char *outer = world_path(w, "outer"), *inner = world_path(w, "outer/inner");
    assert_int_equal(mkdir(outer, 0755), 0);
    assert_int_equal(mkdir(inner, 0755), 0);
    const char *path = world_file(w, "outer/inner/a.so", "x");
    expect(w, path, NULL, 0, "fine");
    assert_int_equal(chmod(outer, 0777), 0);
    expect(w, path, NULL, ORX_E_DENIED, "outer (mode 0777)");
    /* Sticky: nobody else can rename or remove what is in it. */
    assert_int_equal(chmod(outer, 01777), 0);
    expect(w, path, NULL, 0, "fine");
    assert_int_equal(chmod(outer, 0775), 0);
    expect(w, path, NULL, ORX_E_DENIED, "could replace it");
}

static void foreign_owners_are_refused(void **state) {
    world *w = *state;
    if (geteuid() != 0)
        skip();
    const char *path = world_file(w, "theirs.so", "x");
    assert_int_equal(chown(path, 12345, 12345), 0);
    expect(w, path, NULL, ORX_E_DENIED, "belongs to user 12345");
    const char *dir = world_path(w, "their_dir");
    assert_int_equal(mkdir(dir, 0755), 0);
    const char *inside = world_file(w, "their_dir/a.so", "x");
    assert_int_equal(chown(dir, 12345, 12345), 0);
    expect(w, inside, NULL, ORX_E_DENIED, "belongs to user 12345, who could replace it");
}

/* What is checked is what the link leads to, with the folders that lead there. */
static void links_are_resolved_first(void **state) {
    world *w = *state;
    assert_int_equal(mkdir(world_path(w, "real"), 0755), 0);
    const char *target = world_file(w, "real/t.so", "x");
    assert_int_equal(symlink(target, world_path(w, "link.so")), 0);
    orx_err err = ORX_ERR_INIT;
    orx_trusted_file file = {0};
    assert_ok(orx_trust_file(w->p, world_path(w, "link.so"), NULL, &w->arena, &file, &err), &err);
    assert_string_equal(file.path, target);
    assert_int_equal(chmod(world_path(w, "real"), 0777), 0);
    expect(w, world_path(w, "link.so"), NULL, ORX_E_DENIED, "real (mode 0777)");
    assert_int_equal(symlink(world_file(w, "script", "x"), world_path(w, "disguise.so")), 0);
    expect(w, world_path(w, "disguise.so"), NULL, ORX_E_INVALID, "must end in .so");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_identified),
        cmocka_unit_test(a_pin_that_differs_refuses),
        cmocka_unit_test(what_is_no_module_is_refused),
        cmocka_unit_test(files_that_others_may_change_are_refused),
        cmocka_unit_test(folders_that_others_may_change_are_refused),
        cmocka_unit_test(foreign_owners_are_refused),
        cmocka_unit_test(links_are_resolved_first),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
