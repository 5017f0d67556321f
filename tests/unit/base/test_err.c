#include "base/err.h"

#include "test.h"

#include <errno.h>
#include <string.h>

static void set_wrap_and_errno(void **state) {
    (void)state;
    orx_err e = ORX_ERR_INIT;
    assert_int_equal(orx_err_set(&e, ORX_E_INVALID, "key %s", "x"), ORX_E_INVALID);
    assert_int_equal(orx_err_wrap(&e, "file %d", 3), ORX_E_INVALID);
    assert_string_equal(e.msg, "file 3: key x");
    assert_int_equal(orx_err_errno(&e, ENOSPC, "cannot write %s", "f"), ORX_E_NO_SPACE);
    assert_string_equal(e.msg, "cannot write f: No space left on device (ENOSPC)");
    assert_int_equal(orx_err_set(NULL, ORX_E_IO, "nobody listens"), ORX_E_IO);
    assert_int_equal(orx_err_errno(NULL, EROFS, "x"), ORX_E_DENIED);
}

static void long_messages_are_cut(void **state) {
    (void)state;
    orx_err e = ORX_ERR_INIT;
    char big[3000];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    orx_err_set(&e, ORX_E_IO, "%s", big);
    assert_int_equal(strlen(e.msg), ORX_ERR_MAX - 1);
    orx_err_wrap(&e, "%s", big);
    assert_int_equal(strlen(e.msg), ORX_ERR_MAX - 1);
    orx_err_errno(&e, EIO, "%s", big);
    assert_int_equal(strlen(e.msg), ORX_ERR_MAX - 1);
}

static void every_code_has_a_name(void **state) {
    (void)state;
    for (int c = ORX_E_INTERNAL; c <= 0; c++)
        assert_string_not_equal(orx_err_name(c), "unknown");
    assert_string_equal(orx_err_name(ORX_E_INTERNAL), "internal");
    assert_string_equal(orx_err_name(1), "unknown");
    assert_string_equal(orx_err_name(-99), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_wrap_and_errno),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(every_code_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
