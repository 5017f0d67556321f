/* Ops probe and models. */
#include "driver.h"

static int begin(void **state) {
    int rc = driver_begin(state);
    ((driver *)*state)->plugin = "claude";
    return rc;
}

/* A program that answers --version and `auth status`. */
static const orx_job_result *probe(driver *d, const char *version, const char *login) {
    orx_err err = ORX_ERR_INIT;
    const char *path = orx_arena_printf(&d->arena, "%s/program", d->dir);
    const char *text = orx_arena_printf(&d->arena,
                                        "#!/bin/sh\ncase \"$*\" in\n--version) echo '%s' ;;\n"
                                        "'auth status') echo '%s'; exit 1 ;;\nesac\n",
                                        version, login);
    assert_ok(orx_write_replace(d->p, path, orx_view_of(text), 0700, &err), &err);
    assert_ok(driver_make(d, &err, "{program: %s}", path), &err);
    return driver_op(d, ORXAQ_OP_PROBE);
}

static void with_a_key(void **state) {
    driver *d = *state;
    d->secret = "key-value";
    assert_int_equal(probe(d, "2.1.330 (Claude Code)", "")->kind, ORXAQ_KIND_OK);
    assert_int_equal(d->ready, 1);
    assert_string_equal(d->version, "2.1.330");
    assert_string_equal(d->account, "api_key");
    assert_int_equal(d->result.execs, 1);
}

static void with_a_login(void **state) {
    driver *d = *state;
    (void)probe(d, "2.1.330 (Claude Code)",
                "{\"loggedIn\": true,\n \"authMethod\": \"claude.ai\"}");
    assert_int_equal(d->result.kind, ORXAQ_KIND_OK);
    assert_int_equal(d->ready, 1);
    assert_string_equal(d->account, "claude.ai");
    (void)probe(d, "2.1.330 (Claude Code)", "{\"loggedIn\": false, \"authMethod\": \"none\"}");
    assert_int_equal(d->result.kind, ORXAQ_KIND_AUTH);
    assert_int_equal(d->ready, 0);
    assert_string_equal(d->version, "2.1.330");
    assert_int_equal(probe(d, "2.1.330", "no json")->kind, ORXAQ_KIND_AUTH);
}

static void versions(void **state) {
    driver *d = *state;
    d->secret = "key-value";
    assert_int_equal(probe(d, "2.0.99 (Claude Code)", "")->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(d->result.message, "2.0.99 is not supported; expected 2.1 or newer");
    assert_int_equal(d->ready, 0);
    assert_int_equal(probe(d, "1.9.0", "")->kind, ORXAQ_KIND_PROTOCOL);
    assert_int_equal(probe(d, "claude 2", "")->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(d->result.message, "is it Claude Code?");
    assert_int_equal(probe(d, "", "")->kind, ORXAQ_KIND_PROTOCOL);
    assert_int_equal(probe(d, "3.0.1 (Claude Code)", "")->kind, ORXAQ_KIND_OK);
    assert_int_equal(d->ready, 1);
}

static void not_there(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(driver_make(d, &err, "{program: no-such-program-anywhere}"), &err);
    assert_int_equal(driver_op(d, ORXAQ_OP_PROBE)->kind, ORXAQ_KIND_CRASHED);
    assert_int_equal(d->ready, 0);
    assert_contains(d->result.message, "no-such-program-anywhere");
}

static void models_are_a_setting(void **state) {
    driver *d = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(driver_make(d, &err, "{}"), &err);
    assert_int_equal(driver_op(d, ORXAQ_OP_MODELS)->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&d->models), "opus|sonnet|haiku|");
    assert_ok(driver_make(d, &err, "{models: [claude-sonnet-4-5]}"), &err);
    (void)driver_op(d, ORXAQ_OP_MODELS);
    assert_string_equal(orx_str_cstr(&d->models), "claude-sonnet-4-5|");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_a_key, begin, driver_end),
        cmocka_unit_test_setup_teardown(with_a_login, begin, driver_end),
        cmocka_unit_test_setup_teardown(versions, begin, driver_end),
        cmocka_unit_test_setup_teardown(not_there, begin, driver_end),
        cmocka_unit_test_setup_teardown(models_are_a_setting, begin, driver_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
