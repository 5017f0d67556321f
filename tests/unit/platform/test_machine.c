/* Facts about this machine, as far as they must be true of any. */
#include "platform/machine.h"

#include "support.h"

#include <string.h>
#include <sys/resource.h>

static void the_machine_has_a_name(void **state) {
    fixture *fx = *state;
    orx_machine m;
    assert_ok(orx_machine_look(fx->p, &m, &fx->err), &fx->err);
    assert_contains(m.system, "Linux ");
    assert_in_range(m.landlock, 0, 100);
    assert_true(m.openat2 == 0 || m.openat2 == 1);
    assert_true(m.user_namespaces == 0 || m.user_namespaces == 1);
}

static void the_limit_is_this_processs(void **state) {
    fixture *fx = *state;
    orx_machine m;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit less = {77, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
    assert_ok(orx_machine_look(fx->p, &m, &fx->err), &fx->err);
    assert_int_equal(m.open_files, 77);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void a_disk_has_room(void **state) {
    fixture *fx = *state;
    orx_disk d;
    assert_ok(orx_machine_disk(fx->p, fx->dir, &d, &fx->err), &fx->err);
    assert_true(d.total_bytes > 0);
    assert_true(d.free_bytes >= 0 && d.free_bytes <= d.total_bytes);
    assert_true(*d.kind);
    assert_int_equal(orx_machine_disk(fx->p, in_dir(fx, "gone"), &d, &fx->err), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "gone");
}

static void what_is_no_machine_says_so(void **state) {
    fixture *fx = *state;
    orx_machine m;
    orx_disk d;
    orx_platform none = {.machine = NULL};
    assert_int_equal(orx_machine_look(&none, &m, &fx->err), ORX_E_UNSUPPORTED);
    assert_int_equal(orx_machine_disk(&none, "/", &d, &fx->err), ORX_E_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_machine_has_a_name),
        TEST(the_limit_is_this_processs),
        TEST(a_disk_has_room),
        TEST(what_is_no_machine_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
