/* Versions, login and the catalogue of models. */
#include "world.h"

#include <string.h>

static const char endpoint[] = "base_url: http://127.0.0.1:1/v1";

static void a_version_that_is_known(void **state) {
    world *w = *state;
    const orx_job_result *r = world_run(w, ORXAQ_OP_PROBE, endpoint);
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(w->probes, 1);
    assert_int_equal(w->probe.ready, 1);
    assert_string_equal(w->probe_version, "0.169.0");
    assert_int_equal(orx_str_view(&w->notices).len, 0);
}

static void a_version_that_is_too_old(void **state) {
    world *w = *state;
    w->version = "codex-cli 0.151.9";
    assert_int_equal(world_run(w, ORXAQ_OP_PROBE, endpoint)->kind, ORXAQ_KIND_CRASHED);
    assert_contains(w->result.message,
                    "unsupported version: this is codex 0.151.9, and the driver knows 0.152.0 to "
                    "0.169.0; install a newer one");
    assert_int_equal(w->probe.ready, 0);
    assert_int_equal(world_run(w, ORXAQ_OP_TASK, endpoint)->retry, ORXAQ_RETRY_NO);
    assert_contains(w->result.message, "unsupported version");
    assert_int_equal(w->result.execs, 1);
    w->version = "codex-cli 0.152.0";
    assert_int_equal(world_run(w, ORXAQ_OP_TASK, endpoint)->kind, ORXAQ_KIND_OK);
}

/* Used, but said. */
static void a_version_that_is_newer(void **state) {
    world *w = *state;
    w->version = "codex-cli 0.169.1-beta";
    assert_int_equal(world_run(w, ORXAQ_OP_TASK, endpoint)->kind, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&w->notices), "unsupported version: this is codex 0.169.1");
    w->version = "codex-cli 1.0.0";
    assert_int_equal(world_run(w, ORXAQ_OP_PROBE, endpoint)->kind, ORXAQ_KIND_OK);
    assert_string_equal(w->probe_version, "1.0.0");
}

static void another_program(void **state) {
    world *w = *state;
    w->version = "GNU bash, version 5.2";
    assert_int_equal(world_run(w, ORXAQ_OP_PROBE, endpoint)->kind, ORXAQ_KIND_PROTOCOL);
    assert_contains(w->result.message, "names something that is not codex");
    assert_int_equal(w->probe.ready, 0);
}

static void no_program(void **state) {
    world *w = *state;
    assert_int_equal(world_run(w, ORXAQ_OP_TASK, "program: /nonexistent/codex")->kind,
                     ORXAQ_KIND_CRASHED);
    assert_int_equal(w->result.retry, ORXAQ_RETRY_NO);
    assert_contains(w->result.message, "/nonexistent/codex");
    assert_contains(w->result.message, "npm install -g @openai/codex");
}

/* Without key and endpoint codex's own login decides whether it is ready. */
static void the_login(void **state) {
    world *w = *state;
    assert_int_equal(world_run(w, ORXAQ_OP_PROBE, "")->kind, ORXAQ_KIND_OK);
    assert_int_equal(w->probe.ready, 1);
    assert_int_equal(w->result.execs, 2);
    w->exit = "1";
    assert_int_equal(world_run(w, ORXAQ_OP_PROBE, "")->kind, ORXAQ_KIND_AUTH);
    assert_int_equal(w->probe.ready, 0);
    assert_string_equal(w->probe_version, "0.169.0");
    assert_contains(w->result.message, "codex login");
}

static void the_models(void **state) {
    world *w = *state;
    assert_int_equal(world_run(w, ORXAQ_OP_MODELS, "")->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&w->models),
                        "gpt-6-astra 272000;gpt-6.1-terra 500000;no-window -1;");
    w->exit = "2";
    assert_int_equal(world_run(w, ORXAQ_OP_MODELS, "")->kind, ORXAQ_KIND_CRASHED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_version_that_is_known, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_version_that_is_too_old, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_version_that_is_newer, world_begin, world_end),
        cmocka_unit_test_setup_teardown(another_program, world_begin, world_end),
        cmocka_unit_test_setup_teardown(no_program, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_login, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_models, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
