/* The repository's checks as evidence: real commands, a `make` of our own in front of the real one.
 */
#include "run/validate.h"

#include "platform/files.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ground {
    orx_platform *p;
    char dir[64];
    orx_arena arena;
    orx_config cfg;
    orx_validation v;
    orx_err err;
} ground;

static int setup(void **state) {
    ground *g = calloc(1, sizeof *g);
    (void)snprintf(g->dir, sizeof g->dir, "/tmp/orxaq-validate.XXXXXX");
    assert_non_null(mkdtemp(g->dir));
    assert_ok(orx_platform_uv_new(&g->p, &g->err), &g->err);
    g->cfg.validation.retries = 1;
    g->cfg.validation.timeout_ns = 60 * ORX_SEC;
    *state = g;
    return 0;
}

static int teardown(void **state) {
    ground *g = *state;
    (void)orx_remove_tree(g->p, g->dir, NULL);
    orx_platform_free(g->p);
    orx_arena_free(&g->arena);
    free(g);
    return 0;
}

static const char *at(ground *g, const char *rel) {
    return orx_arena_printf(&g->arena, "%s/%s", g->dir, rel);
}

/* A program of this name, found first. It notes its arguments in `calls`. */
static void program(ground *g, const char *name, const char *body) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "#!/bin/sh\necho \"%s $*\" >>calls\n%s\n", name, body);
    assert_ok(orx_write_atomic(g->p, at(g, name), orx_str_view(&text), 0755, &g->err), &g->err);
}

/* Runs the commands; whether all passed. */
static bool validated(ground *g, const char *const *commands) {
    size_t n = 0;
    while (commands[n])
        n++;
    g->cfg.validation.commands = (orx_strings){commands, n};
    const char *env[] = {orx_arena_printf(&g->arena, "PATH=%s:/usr/bin:/bin", g->dir), NULL};
    const orx_validate_spec spec = {.cfg = &g->cfg, .repo = g->dir, .env = env};
    assert_ok(orx_validate(g->p, &spec, &g->arena, &g->v, &g->err), &g->err);
    return g->v.passed;
}

static const char *calls(ground *g) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (orx_read_file(g->p, at(g, "calls"), 1 << 16, &text, NULL) < 0)
        return "";
    return orx_arena_dup(&g->arena, orx_str_view(&text));
}

static void a30_a_test_command_gets_another_try(void **state) {
    ground *g = *state;
    static const char *const commands[] = {"make test", NULL};
    program(g, "make", "[ -e once ] && exit 0; touch once; exit 1");
    assert_true(validated(g, commands));
    assert_string_equal(calls(g), "make test\nmake test\n");
    assert_int_equal(g->v.checks[0].tries, 2);
}

/* ... as many as are configured, and only a test command does. */
static void tries_are_counted(void **state) {
    ground *g = *state;
    static const char *const test[] = {"make test", NULL};
    static const char *const lint[] = {"make lint", NULL};
    program(g, "make", "exit 1");
    assert_false(validated(g, test));
    assert_false(validated(g, lint));
    assert_string_equal(calls(g), "make test\nmake test\nmake lint\n");
}

static void a31_a_target_that_is_not_there_has_a_stand_in(void **state) {
    ground *g = *state;
    static const char *const commands[] = {"make lint", NULL};
    program(g, "make", "echo \"make: *** No rule to make target 'lint'.  Stop.\" >&2; exit 2");
    program(g, "python3", "exit 0");
    assert_true(validated(g, commands));
    assert_string_equal(g->v.checks[0].ran, "python3 -m ruff check .");
    assert_string_equal(calls(g), "make lint\npython3 -m ruff check .\n");
}

/* The predecessor asked the stand-in also when the target was there and failed. */
static void a_target_that_fails_has_none(void **state) {
    ground *g = *state;
    static const char *const commands[] = {"make lint", NULL};
    program(g, "make", "echo wrong; exit 2");
    program(g, "python3", "exit 0");
    assert_false(validated(g, commands));
    assert_string_equal(calls(g), "make lint\n");
}

static void a32_assignments_reach_the_command(void **state) {
    ground *g = *state;
    static const char *const commands[] = {"PYTHONPATH=packages FOO=bar python3 -m pytest tests -q",
                                           NULL};
    program(g, "python3", "echo \"$PYTHONPATH $FOO\" >>calls");
    assert_true(validated(g, commands));
    assert_string_equal(calls(g), "python3 -m pytest tests -q\npackages bar\n");
}

/* The predecessor took a failure that says nothing for a success. */
static void b1_a_silent_failure_is_a_failure(void **state) {
    ground *g = *state;
    static const char *const commands[] = {"false", "make test", NULL};
    program(g, "make", "exit 0");
    assert_false(validated(g, commands));
    assert_int_equal(g->v.count, 1);
    assert_int_equal(g->v.checks[0].code, 1);
    assert_string_equal(calls(g), "");
}

static void b6_what_does_not_end_is_ended_and_said(void **state) {
    ground *g = *state;
    static const char *const commands[] = {"sleep 600", NULL};
    g->cfg.validation.timeout_ns = 200 * ORX_MS;
    assert_false(validated(g, commands));
    assert_true(g->v.checks[0].timed_out);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a30_a_test_command_gets_another_try),
        T(tries_are_counted),
        T(a31_a_target_that_is_not_there_has_a_stand_in),
        T(a_target_that_fails_has_none),
        T(a32_assignments_reach_the_command),
        T(b1_a_silent_failure_is_a_failure),
        T(b6_what_does_not_end_is_ended_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
