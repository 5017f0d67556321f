#include "data/text.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_pos(const char *text, size_t offset, uint32_t line, uint32_t column) {
    orx_pos pos = orx_text_pos(orx_view_of(text), 1, offset);
    assert_int_equal(pos.line, line);
    assert_int_equal(pos.column, column);
    pos = orx_text_pos(orx_view_of(text), 41, offset);
    assert_int_equal(pos.line, line + 40);
}

static void places(void **state) {
    (void)state;
    assert_pos("", 0, 1, 1);
    assert_pos("abc", 0, 1, 1);
    assert_pos("abc", 3, 1, 4);
    assert_pos("a\nbc\n\nd", 1, 1, 2);
    assert_pos("a\nbc\n\nd", 2, 2, 1);
    assert_pos("a\nbc\n\nd", 4, 2, 3);
    assert_pos("a\nbc\n\nd", 5, 3, 1);
    assert_pos("a\nbc\n\nd", 6, 4, 1);
    assert_pos("a\nbc\n\nd", 7, 4, 2);
    assert_pos("a\r\nb\rc", 5, 2, 3);
    assert_pos("\xC3\xA9x", 2, 1, 3);
}

static void failures_carry_the_place(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(
        orx_text_fail(&err, ORX_E_LIMIT, "dir/f.json", (orx_pos){3, 14}, "expected %d", 7),
        ORX_E_LIMIT);
    assert_string_equal(err.msg, "dir/f.json:3:14: expected 7");
    assert_int_equal(err.code, ORX_E_LIMIT);
    assert_int_equal(orx_text_fail(NULL, ORX_E_INVALID, "f", (orx_pos){1, 1}, "x"), ORX_E_INVALID);
    char *name = repeat("n", 3000);
    orx_text_fail(&err, ORX_E_INVALID, name, (orx_pos){1, 1}, "x");
    assert_int_equal(strlen(err.msg), ORX_ERR_MAX - 1);
    free(name);
}

static void names_what_was_found(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *found;
    } cases[] = {
        {"", "the end of the file"},
        {"\"x\"", "a string"},
        {"7", "a number"},
        {"0.5", "a number"},
        {"\n", "the end of the line"},
        {"\r\n", "the end of the line"},
        {"\t", "a tab"},
        {"\x01", "the byte 0x01"},
        {"\x7F", "the byte 0x7F"},
        {"]", "']'"},
        {"-", "'-'"},
        {"x", "'x'"},
        {"\xC3\xA9z", "'\xC3\xA9'"},
        {"\xF0\x9F\x98\x80z", "'\xF0\x9F\x98\x80'"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        char found[ORX_FOUND_MAX];
        orx_text_found(orx_view_of(cases[i].text), 0, found);
        assert_string_equal(found, cases[i].found);
    }
    char found[ORX_FOUND_MAX];
    orx_text_found(orx_view_of("abc"), 99, found);
    assert_string_equal(found, "the end of the file");
}

static int check(orx_view text, orx_err *err) {
    return orx_text_check("f", "TOML", text, 5, &orx_limits_config, err);
}

static void good_texts_pass(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    static const char *const good[] = {
        "x",
        "  x  ",
        "\x01\x7F",
        "0123456789abcdef\xC3\xA9",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(good); i++)
        assert_ok(check(orx_view_of(good[i]), &err), &err);
    assert_int_equal(err.code, 0);
}

/* A bad byte is found at every offset, whatever stands around it: eight bytes are looked at at a
 * time where all are ASCII. */
static void bad_bytes_are_found_everywhere(void **state) {
    (void)state;
    for (size_t at = 0; at < 40; at++) {
        char text[64];
        char place[32];
        orx_err err = ORX_ERR_INIT;
        memset(text, 'a', sizeof text);
        text[at] = '\x80';
        assert_int_equal(check(orx_view_mem(text, 40), &err), ORX_E_INVALID);
        (void)snprintf(place, sizeof place, "f:5:%zu: expected UTF-8", at + 1);
        assert_contains(err.msg, place);
        assert_contains(err.msg, "0x80");
        text[at] = '\0';
        assert_int_equal(check(orx_view_mem(text, 40), &err), ORX_E_INVALID);
        (void)snprintf(place, sizeof place, "f:5:%zu: expected text", at + 1);
        assert_contains(err.msg, place);
        text[at] = '\xC3';
        text[at + 1] = '\xA9';
        assert_ok(check(orx_view_mem(text, 42), &err), &err);
        assert_int_equal(check(orx_view_mem(text, at + 1), &err), ORX_E_INVALID);
    }
}

static void marks_are_refused(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(check(orx_view_of("\xEF\xBB\xBFx"), &err), ORX_E_INVALID);
    assert_contains(err.msg, "f:5:1: expected text, found a byte order mark");
    assert_int_equal(check(orx_view_mem("\xFF\xFEx\0", 4), &err), ORX_E_INVALID);
    assert_contains(err.msg, "found UTF-16");
    assert_ok(check(orx_view_of("x\xEF\xBB\xBF"), &err), &err);
}

static void sizes_and_emptiness(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(check(orx_view_of(" \n"), &err), ORX_E_INVALID);
    assert_string_equal(err.msg, "f: expected TOML, found an empty file");
    orx_doc_limits limits = {4, 64, 100};
    assert_int_equal(orx_text_check("f", "TOML", orx_view_of("1234"), 1, &limits, &err), 0);
    assert_int_equal(orx_text_check("f", "TOML", orx_view_of("12345"), 1, &limits, &err),
                     ORX_E_LIMIT);
    assert_contains(err.msg, "f: expected at most 4 bytes of TOML, found 5");
}

static void doubled_keys_are_shown_safely(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    orx_pos again = {9, 8};
    orx_pos first = {7, 6};
    assert_int_equal(orx_text_fail_twice(&err, "f", orx_view_mem("a\0\n", 3), again, first),
                     ORX_E_INVALID);
    assert_contains(err.msg, "f:9:8: expected every key once, found \"a\\u0000\\n\" again (first "
                             "at 7:6)");
    for (size_t pad = 0; pad < 8; pad++) {
        ORX_CLEANUP(orx_str_free) orx_str key = {0};
        char *wide = repeat("\xF0\x9F\x98\x80", 100);
        orx_str_addf(&key, "%.*s%s", (int)pad, "xxxxxxxx", wide);
        orx_text_fail_twice(&err, "f", orx_str_view(&key), again, first);
        assert_true(orx_view_is_utf8(orx_view_of(err.msg)));
        assert_true(strlen(err.msg) < 400);
        free(wide);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(failures_carry_the_place),
        cmocka_unit_test(names_what_was_found),
        cmocka_unit_test(good_texts_pass),
        cmocka_unit_test(bad_bytes_are_found_everywhere),
        cmocka_unit_test(marks_are_refused),
        cmocka_unit_test(sizes_and_emptiness),
        cmocka_unit_test(doubled_keys_are_shown_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
