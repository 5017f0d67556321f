/* Ops probe and models. */
#include "driver.h"

static int begin(void **state) {
    int rc = driver_begin(state);
    ((driver *)*state)->plugin = "gemini";
    return rc;
}

/* A program that answers --version. */
static const orx_job_result *probe(driver *d, const char *version, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    const char *program = driver_replay_text(d, version, NULL, 0);
    assert_ok(driver_make(d, &err, "{program: [/bin/sh, %s]%s}", program, settings), &err);
    return driver_op(d, ORXAQ_OP_PROBE);
}

static void with_a_key(void **state) {
    driver *d = *state;
    d->secret = "key-value";
    assert_int_equal(probe(d, "0.61.0\n", "")->kind, ORXAQ_KIND_OK);
    assert_int_equal(d->ready, 1);
    assert_string_equal(d->version, "0.61.0");
    assert_string_equal(d->account, "api_key");
    assert_string_equal(driver_file(d, "argv"), "--version\n");
    assert_null(strstr(driver_file(d, "env"), "GEMINI_API_KEY"));
}

static void without_a_key(void **state) {
    driver *d = *state;
    assert_int_equal(probe(d, "0.61.0\n", "")->kind, ORXAQ_KIND_AUTH);
    assert_int_equal(d->ready, 0);
    assert_string_equal(d->version, "0.61.0");
    assert_int_equal(probe(d, "0.61.0\n", ", auth: vertex")->kind, ORXAQ_KIND_OK);
    assert_string_equal(d->account, "vertex");
    (void)probe(d, "0.61.0\n", ", auth: login, home: /h");
    assert_string_equal(d->account, "login");
}

static void versions(void **state) {
    driver *d = *state;
    d->secret = "key-value";
    assert_int_equal(probe(d, "0.60.9\n", "")->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(d->result.message, "0.60.9 is not supported; expected 0.61 or newer");
    assert_int_equal(d->ready, 0);
    assert_int_equal(probe(d, "words", "")->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(d->result.message, "is it Gemini CLI?");
    assert_int_equal(probe(d, "", "")->kind, ORXAQ_KIND_PROTOCOL);
    assert_int_equal(probe(d, "1.2.3\n", "")->kind, ORXAQ_KIND_OK);
    assert_int_equal(d->ready, 1);
}

static void not_there(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(driver_make(d, &err, "{program: [no-such-program-anywhere]}"), &err);
    assert_int_equal(driver_op(d, ORXAQ_OP_PROBE)->kind, ORXAQ_KIND_CRASHED);
    assert_int_equal(d->ready, 0);
    assert_contains(d->result.message, "no-such-program-anywhere");
}

static void models_are_a_setting(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(driver_make(d, &err, "{models: [a, b]}"), &err);
    assert_int_equal(driver_op(d, ORXAQ_OP_MODELS)->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&d->models), "a|b|");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_a_key, begin, driver_end),
        cmocka_unit_test_setup_teardown(without_a_key, begin, driver_end),
        cmocka_unit_test_setup_teardown(versions, begin, driver_end),
        cmocka_unit_test_setup_teardown(not_there, begin, driver_end),
        cmocka_unit_test_setup_teardown(models_are_a_setting, begin, driver_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
