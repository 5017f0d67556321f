#include "base/command.h"

#include "test.h"

#include <string.h>

static orx_command parse(orx_arena *a, const char *text) {
    orx_command c;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_command_parse(a, text, &c, &err), &err);
    return c;
}

static void words_and_quotes(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_command c = parse(&a, "  sh -c 'a \"b\" $x'  \"d \\\" \\e\"f \\ g\t");
    const char *expected[] = {"sh", "-c", "a \"b\" $x", "d \" \\ef", " g"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(c.argv[i], expected[i]);
    assert_null(c.argv[5]);
    assert_null(c.env[0]);
    assert_string_equal(parse(&a, "x ''").argv[1], "");
    orx_arena_free(&a);
}

static void a32_leading_assignments_are_environment(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_command c = parse(&a, "PYTHONPATH=packages FOO=\"b r\" python3 -m pytest A=1");
    assert_string_equal(c.env[0], "PYTHONPATH=packages");
    assert_string_equal(c.env[1], "FOO=b r");
    assert_null(c.env[2]);
    assert_string_equal(c.argv[0], "python3");
    assert_string_equal(c.argv[3], "A=1");
    assert_string_equal(parse(&a, "1A=x y").argv[0], "1A=x");
    orx_arena_free(&a);
}

static void nothing_is_expanded(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_command c = parse(&a, "echo $HOME * `id` | cat > x");
    assert_string_equal(c.argv[1], "$HOME");
    assert_string_equal(c.argv[4], "|");
    assert_string_equal(c.argv[7], "x");
    orx_arena_free(&a);
}

static void broken_commands_are_refused(void **state) {
    (void)state;
    const char *bad[] = {"", "   ", "A=1", "echo 'x", "echo \"x", "echo x\\"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        orx_arena a = {0};
        orx_err err = ORX_ERR_INIT;
        orx_command c;
        assert_int_equal(orx_command_parse(&a, bad[i], &c, &err), ORX_E_INVALID);
        assert_contains(err.msg, "command `");
        orx_arena_free(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_quotes),
        cmocka_unit_test(a32_leading_assignments_are_environment),
        cmocka_unit_test(nothing_is_expanded),
        cmocka_unit_test(broken_commands_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
