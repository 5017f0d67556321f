/* Text from outside on a terminal: nothing in it moves the cursor. */
#include "base/printable.h"

#include "test.h"

#include <string.h>

static void is_printed(const char *text, size_t len, bool lines, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_str_add_printable(&out, (orx_view){text, len}, lines);
    assert_string_equal(orx_str_cstr(&out), expected);
}

#define IS_PRINTED(text, lines, expected) is_printed(text, sizeof(text) - 1, lines, expected)

static void text_stays(void **state) {
    (void)state;
    IS_PRINTED("", false, "");
    IS_PRINTED("plain, \xc3\xa4\xc3\xb6 \xe6\xbc\xa2 \xf0\x9f\x98\x80", false,
               "plain, \xc3\xa4\xc3\xb6 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
    IS_PRINTED("two\nlines", true, "two\nlines");
}

static void control_characters_become_blanks(void **state) {
    (void)state;
    IS_PRINTED("a\x1b[2Jb", true, "a [2Jb");
    IS_PRINTED("two\nlines\r\t\x7f.", false, "two lines   .");
    IS_PRINTED("a\0b", false, "a b");
    IS_PRINTED("csi \xc2\x9b"
               "31m",
               false, "csi  31m");
    IS_PRINTED("\xe2\x80\xa8|\xe2\x80\xa9|\xe2\x80\xae|\xe2\x81\xa6|\xe2\x80\x8f", true,
               " | | | | ");
}

static void invalid_bytes_are_marked(void **state) {
    (void)state;
    IS_PRINTED("a\xff"
               "b\xc3",
               false,
               "a\xef\xbf\xbd"
               "b\xef\xbf\xbd");
}

static void columns_of_characters(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        int columns;
    } rows[] = {{"a", 1, 1},
                {"\xc3\xa4", 2, 1},
                {"\xcc\x81", 2, 0},
                {"\xe6\xbc\xa2", 3, 2},
                {"\xed\x95\x9c", 3, 2},
                {"\xf0\x9f\x98\x80", 4, 2},
                {"\xe2\x82\xac", 3, 1},
                {"\xe2\x80\x8d", 3, 0}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        size_t len;
        assert_int_equal(orx_utf8_columns(orx_utf8_at(rows[i].text, &len)), rows[i].columns);
        assert_int_equal(len, rows[i].len);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays),
        cmocka_unit_test(control_characters_become_blanks),
        cmocka_unit_test(invalid_bytes_are_marked),
        cmocka_unit_test(columns_of_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
