#include "run/result.h"

#include "base/str.h"

#include "test.h"

#include <string.h>

static orx_result parse(orx_arena *a, const char *text, int expected) {
    orx_result r;
    assert_int_equal(orx_result_parse(a, orx_view_of(text), &r), expected);
    return r;
}

static void a1_the_whole_text_is_the_object(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_result r = parse(&a,
                         " {\"status\":\"done\",\"summary\":\"ok\",\"commit\":\"abc\","
                         "\"validations\":[\"make test: passed\"],\"next_actions\":[],"
                         "\"blocker\":\"\"}\n",
                         1);
    assert_int_equal(r.claim, ORX_CLAIM_DONE);
    assert_string_equal(r.summary, "ok");
    assert_string_equal(r.commit, "abc");
    assert_string_equal(r.validations[0], "make test: passed");
    assert_null(r.next_actions[0]);
    orx_arena_free(&a);
}

static void a2_a_fenced_block(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_result r = parse(&a, "Here it is:\n```json\n{\"status\": \"partial\"}\n```\nbye", 1);
    assert_int_equal(r.claim, ORX_CLAIM_PARTIAL);
    r = parse(&a, "```\nno json\n```\n```\n{\"status\": \"blocked\", \"blocker\": \"b\"}\n```", 1);
    assert_int_equal(r.claim, ORX_CLAIM_BLOCKED);
    assert_string_equal(r.blocker, "b");
    orx_arena_free(&a);
}

static void a3_an_object_in_the_middle_of_noise(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_result r =
        parse(&a, "noise {x} {\"a\": {\"b\": \"}\"}} then {\"status\":\"blocked\"} end", 1);
    assert_int_equal(r.claim, ORX_CLAIM_BLOCKED);
    /* The last one with a status wins: earlier ones are quotations of the task. */
    r = parse(&a, "{\"status\":\"blocked\"} ... {\"status\":\"done\",\"summary\":\"s\"}", 1);
    assert_int_equal(r.claim, ORX_CLAIM_DONE);
    orx_arena_free(&a);
}

static void a4_odd_fields_are_normalised(void **state) {
    (void)state;
    orx_arena a = {0};
    assert_int_equal(parse(&a, "{}", 1).claim, ORX_CLAIM_BLOCKED);
    assert_int_equal(parse(&a, "{\"status\":\"weird\"}", 1).claim, ORX_CLAIM_PARTIAL);
    assert_int_equal(parse(&a, "{\"status\":\" DONE \"}", 1).claim, ORX_CLAIM_DONE);
    orx_result r =
        parse(&a, "{\"status\":\"done\",\"next_actions\":\"x\",\"summary\":{\"k\":1}}", 1);
    assert_string_equal(r.next_actions[0], "x");
    assert_null(r.next_actions[1]);
    assert_string_equal(r.summary, "{\"k\":1}");
    r = parse(&a, "{\"status\":\"done\",\"next_actions\":[null,7]}", 1);
    assert_string_equal(r.next_actions[0], "");
    assert_string_equal(r.next_actions[1], "7");
    orx_arena_free(&a);
}

static void long_actions_are_cut(void **state) {
    (void)state;
    orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_adds(&s, "{\"status\":\"done\",\"next_actions\":[\"");
    for (int i = 0; i < 1000; i++)
        orx_str_adds(&s, "\xC3\xA9");
    orx_str_adds(&s, "\"]}");
    orx_result r = parse(&a, s.buf, 1);
    assert_int_equal(strlen(r.next_actions[0]), 400);
    assert_true(orx_view_is_utf8(orx_view_of(r.next_actions[0])));
    orx_arena_free(&a);
}

static void prose_is_no_result(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_result r = parse(&a, "I think I am done.", 0);
    assert_int_equal(r.claim, ORX_CLAIM_NONE);
    assert_string_equal(r.summary, "I think I am done.");
    assert_int_equal(parse(&a, "", 0).claim, ORX_CLAIM_NONE);
    assert_int_equal(parse(&a, "{{{{ \"status", 0).claim, ORX_CLAIM_NONE);
    orx_arena_free(&a);
}

/* A megabyte of braces, open quotes or fences costs no more than reading it a few times. */
static void hostile_answers_end(void **state) {
    (void)state;
    const char *units[] = {"{", "{\"", "```", "{\"a\":", "}{"};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        orx_arena a = {0};
        orx_str s = {0};
        while (s.len < (1u << 20))
            orx_str_adds(&s, units[u]);
        orx_result r;
        (void)orx_result_parse(&a, orx_str_view(&s), &r);
        assert_true(r.claim == ORX_CLAIM_NONE || r.claim == ORX_CLAIM_BLOCKED);
        orx_str_free(&s);
        orx_arena_free(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a1_the_whole_text_is_the_object),
        cmocka_unit_test(a2_a_fenced_block),
        cmocka_unit_test(a3_an_object_in_the_middle_of_noise),
        cmocka_unit_test(a4_odd_fields_are_normalised),
        cmocka_unit_test(long_actions_are_cut),
        cmocka_unit_test(prose_is_no_result),
        cmocka_unit_test(hostile_answers_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
