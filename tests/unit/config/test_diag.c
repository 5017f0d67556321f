#include "config/diag.h"

#include "test.h"

static void keeps_order_and_counts(void **state) {
    (void)state;
    ORX_CLEANUP(orx_diags_free) orx_diags d = {0};
    orx_diag_add(&d, ORX_DIAG_WARNING, "a:1:2", "first %d", 1);
    orx_diag_add(&d, ORX_DIAG_ERROR, "b", "second");
    orx_diag_add(&d, ORX_DIAG_WARNING, NULL, "third");
    assert_int_equal(d.warnings, 2);
    assert_int_equal(d.errors, 1);
    assert_string_equal(d.first->where, "a:1:2");
    assert_string_equal(d.first->text, "first 1");
    assert_int_equal(d.first->severity, ORX_DIAG_WARNING);
    assert_string_equal(d.first->next->text, "second");
    assert_string_equal(d.last->where, "");
    assert_ptr_equal(d.first->next->next, d.last);
    assert_null(d.last->next);
}

static void long_texts_are_whole(void **state) {
    (void)state;
    ORX_CLEANUP(orx_diags_free) orx_diags d = {0};
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    orx_diag_add(&d, ORX_DIAG_ERROR, text, "%s", text);
    assert_string_equal(d.first->text, text);
    assert_string_equal(d.first->where, text);
}

static int entries(const orx_diags *d) {
    int n = 0;
    for (const orx_diag *e = d->first; e; e = e->next)
        n++;
    return n;
}

static void the_list_is_bounded(void **state) {
    (void)state;
    ORX_CLEANUP(orx_diags_free) orx_diags d = {0};
    for (int i = 0; i < 1000; i++)
        orx_diag_add(&d, ORX_DIAG_ERROR, "x", "%d", i);
    assert_int_equal(d.errors, 1000);
    assert_int_equal(entries(&d), ORX_DIAG_MAX);
    assert_string_equal(d.last->text, "99");
}

static void warnings_leave_room_for_the_first_error(void **state) {
    (void)state;
    ORX_CLEANUP(orx_diags_free) orx_diags d = {0};
    for (int i = 0; i < 500; i++)
        orx_diag_add(&d, ORX_DIAG_WARNING, "w", "%d", i);
    orx_diag_add(&d, ORX_DIAG_ERROR, "e", "the error");
    orx_diag_add(&d, ORX_DIAG_ERROR, "e", "another");
    assert_int_equal(d.warnings, 500);
    assert_int_equal(d.errors, 2);
    assert_int_equal(entries(&d), ORX_DIAG_MAX);
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(orx_diags_result(&d, &err), ORX_E_INVALID);
    assert_string_equal(err.msg, "e: the error (and 1 more)");
}

static void the_result_is_the_first_error(void **state) {
    (void)state;
    ORX_CLEANUP(orx_diags_free) orx_diags d = {0};
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(orx_diags_result(&d, &err), 0);
    orx_diag_add(&d, ORX_DIAG_WARNING, "w", "only a warning");
    assert_int_equal(orx_diags_result(&d, &err), 0);
    assert_int_equal(err.code, 0);
    orx_diag_add(&d, ORX_DIAG_ERROR, "f:3:4", "100%% wrong");
    assert_int_equal(orx_diags_result(&d, &err), ORX_E_INVALID);
    assert_string_equal(err.msg, "f:3:4: 100% wrong");
    assert_int_equal(orx_diags_result(&d, NULL), ORX_E_INVALID);
}

static void a_place_may_be_missing(void **state) {
    (void)state;
    ORX_CLEANUP(orx_diags_free) orx_diags d = {0};
    orx_err err = ORX_ERR_INIT;
    orx_diag_add(&d, ORX_DIAG_ERROR, "", "no root");
    assert_int_equal(orx_diags_result(&d, &err), ORX_E_INVALID);
    assert_string_equal(err.msg, "no root");
}

static void null_lists_are_fine(void **state) {
    (void)state;
    orx_diag_add(NULL, ORX_DIAG_ERROR, "x", "y");
    orx_diags_free(NULL);
    orx_diags d = {0};
    orx_diag_add(&d, ORX_DIAG_ERROR, "x", "y");
    orx_diags_free(&d);
    assert_null(d.first);
    assert_int_equal(d.errors, 0);
    orx_diags_free(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_and_counts),
        cmocka_unit_test(long_texts_are_whole),
        cmocka_unit_test(the_list_is_bounded),
        cmocka_unit_test(warnings_leave_room_for_the_first_error),
        cmocka_unit_test(the_result_is_the_first_error),
        cmocka_unit_test(a_place_may_be_missing),
        cmocka_unit_test(null_lists_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
