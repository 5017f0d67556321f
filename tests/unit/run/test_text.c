#include "run/text.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

static char *summary(const char *text) {
    orx_str s = {0};
    orx_text_summary(orx_view_of(text), &s);
    return orx_str_steal(&s);
}

static char *error_of(const char *text, size_t len) {
    orx_str s = {0};
    orx_text_error(orx_view_mem(text, len), &s);
    return orx_str_steal(&s);
}

#define assert_freed_equal(call, expected)                                                         \
    do {                                                                                           \
        char *text_ = (call);                                                                      \
        assert_string_equal(text_, expected);                                                      \
        free(text_);                                                                               \
    } while (0)

static void summaries_are_one_bounded_line(void **state) {
    (void)state;
    assert_freed_equal(summary("  a \n\t b\r\n c "), "a b c");
    char big[2000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    char *s = summary(big);
    assert_int_equal(strlen(s), 800 + strlen("\n...[truncated]"));
    assert_string_equal(s + 800, "\n...[truncated]");
    free(s);
}

static void errors_lose_colours_repeats_and_blank_lines(void **state) {
    (void)state;
    const char *raw = "\x1b[31mred\x1b[0m\r\n\r\n\nsame\nsame\nlast   \n\x1b]0;title\aend";
    assert_freed_equal(error_of(raw, strlen(raw)), "red\nsame\nlast\nend");
}

static void errors_are_bounded_and_valid(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    for (int i = 0; i < 500; i++)
        orx_str_addf(&s, "line %d\n", i);
    char *e = error_of(s.buf, s.len);
    int lines = 0;
    for (char *c = e; *c; c++)
        lines += *c == '\n';
    assert_true(lines < 121);
    free(e);
    orx_str_clear(&s);
    for (int i = 0; i < 1000; i++)
        orx_str_addc(&s, 'a');
    e = error_of(s.buf, s.len);
    assert_int_equal(strlen(e), 360 + strlen("...[truncated]"));
    free(e);
    e = error_of("bad \xff byte", 10);
    assert_string_equal(e, "bad \xEF\xBF\xBD byte");
    free(e);
}

/* An agent that echoes its prompt must not feed it back to itself. */
static void a17_an_echoed_prompt_is_cut_off(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    for (int i = 0; s.len < 320; i++)
        orx_str_addf(&s, "some output %d\n", i);
    orx_str_adds(&s, "Execution requirements:\nsecret plan\n");
    char *e = error_of(s.buf, s.len);
    assert_null(strstr(e, "secret plan"));
    assert_contains(e, "[echoed prompt left out]");
    free(e);
    orx_str_clear(&s);
    for (int i = 0; s.len < 10000; i++)
        orx_str_addf(&s, "%d %0200d\n", i, i);
    orx_str_adds(&s, "Autonomy skill protocol:\nsecret plan\n");
    e = error_of(s.buf, s.len);
    assert_int_equal(strlen(e), 2400 + strlen("\n...[truncated]"));
    free(e);
    e = error_of("Execution requirements: early", 29);
    assert_string_equal(e, "Execution requirements: early");
    free(e);
}

static void tails_start_at_a_line(void **state) {
    (void)state;
    orx_str s = {0};
    orx_text_tail(orx_view_of("first line\nsecond\nthird"), 16, &s);
    assert_freed_equal(orx_str_steal(&s), "second\nthird");
    orx_text_tail(orx_view_of("short"), 16, &s);
    assert_freed_equal(orx_str_steal(&s), "short");
}

/* The predecessor's rounding: half to even. */
static void token_estimates(void **state) {
    (void)state;
    const char *text = "xxxxxxxxxxxxxxxxxx";
    assert_int_equal(orx_text_tokens(orx_view_of("  \n")), 0);
    assert_int_equal(orx_text_tokens(orx_view_of("x")), 1);
    assert_int_equal(orx_text_tokens(orx_view_of("  \n12345678 \t  \n\n")), 2);
    assert_int_equal(
        orx_text_tokens(orx_view_of("\u00e4\u00f6\u00fc\u00df\u20ac\u20ac\u20ac\u20ac")), 2);
    assert_int_equal(orx_text_tokens(orx_view_mem(text, 6)), 2);
    assert_int_equal(orx_text_tokens(orx_view_mem(text, 10)), 2);
    assert_int_equal(orx_text_tokens(orx_view_mem(text, 14)), 4);
    assert_int_equal(orx_text_tokens(orx_view_mem(text, 18)), 4);
    assert_int_equal(orx_text_tokens(orx_view_mem(text, 7)), 2);
}

static void difficulty_of(const char *text, int64_t score) {
    assert_int_equal(orx_text_difficulty(orx_view_of(text)), score);
}

/* 20 for all words being different; each term has its own bound. */
static void difficulty_is_the_predecessors(void **state) {
    (void)state;
    difficulty_of("", 0);
    difficulty_of("one two three four five six seven eight nine ten", 21);
    difficulty_of("a a a a", 5);
    difficulty_of("Maybe FAST?", 26); /* 0.2 + 4 + 1.5 + 20 */
    difficulty_of("- a\n  - b\nc - d", 23);
    difficulty_of("etc etc etc etc etc etc etc", 29); /* 0.7 + 25 + 2.9 */
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 1000; i++)
        orx_str_addf(&text, "- w%d etc?\n", i);
    difficulty_of(text.buf, 90);
}

static void lines_are_cut_by_characters(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_text_line(orx_view_of("  \xc3\xa4 \n b\tc  "), 4, &out);
    assert_string_equal(out.buf, "\xc3\xa4 b ");
    orx_str_clear(&out);
    orx_text_line(orx_view_of("short"), 800, &out);
    assert_string_equal(out.buf, "short");
}

static void a5_a6_b5_case_87_only_transient_words_are_transient(void **state) {
    (void)state;
    const char *yes[] = {"HTTP 429 Too Many Requests",
                         "network timeout while calling model",
                         "fatal: Unable to create '/r/.git/index.lock': File exists",
                         "upstream returned status 503",
                         "Service Unavailable",
                         "Rate limit reached"};
    const char *no[] = {"assertion failed in unit test",
                        "525 passed, 3 failed",
                        "took 1429 ms",
                        "expected 500 items",
                        "{\"pid\":14290}",
                        "[2026-01-02T12:00:00.429933]",
                        ""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(orx_text_is_transient(orx_view_of(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(orx_text_is_transient(orx_view_of(no[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summaries_are_one_bounded_line),
        cmocka_unit_test(errors_lose_colours_repeats_and_blank_lines),
        cmocka_unit_test(errors_are_bounded_and_valid),
        cmocka_unit_test(a17_an_echoed_prompt_is_cut_off),
        cmocka_unit_test(tails_start_at_a_line),
        cmocka_unit_test(token_estimates),
        cmocka_unit_test(difficulty_is_the_predecessors),
        cmocka_unit_test(lines_are_cut_by_characters),
        cmocka_unit_test(a5_a6_b5_case_87_only_transient_words_are_transient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
