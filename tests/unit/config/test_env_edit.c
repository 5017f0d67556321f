/* One variable of an env file changes, the rest stays byte for byte, and what was written reads
 * back.
 */
#include "config/env_edit.h"

#include "config/envfile.h"

#include "test.h"

static void expect_edit(const char *text, const char *value, const char *want) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_env_edit(orx_view_of(text), "KEY", orx_view_of(value), &out);
    assert_string_equal(orx_str_cstr(&out), want);
}

static void the_line_is_rewritten_in_its_place(void **state ORX_UNUSED) {
    expect_edit("# mine\nA=1\nKEY=old\nB=2\n", "new", "# mine\nA=1\nKEY=new\nB=2\n");
    expect_edit("  export KEY = old # 1\nB=2\n", "new", "KEY=new\nB=2\n");
    expect_edit("\texport\tKEY=\"a b\"\n", "new", "KEY=new\n");
}

static void what_only_looks_like_it_stays(void **state ORX_UNUSED) {
    expect_edit("#KEY=a\nKEYS=b\nMY_KEY=c\nKEY\nexportKEY=d\n", "new",
                "#KEY=a\nKEYS=b\nMY_KEY=c\nKEY\nexportKEY=d\nKEY=new\n");
}

static void further_lines_go(void **state ORX_UNUSED) {
    expect_edit("KEY=a\nB=1\nexport KEY=b\nKEY=c", "new", "KEY=new\nB=1\n");
}

static void a_new_one_comes_at_the_end(void **state ORX_UNUSED) {
    expect_edit("", "new", "KEY=new\n");
    expect_edit("A=1\n", "new", "A=1\nKEY=new\n");
    expect_edit("A=1", "new", "A=1\nKEY=new\n");
}

static void line_ends_and_marks_stay(void **state ORX_UNUSED) {
    expect_edit("A=1\r\nKEY=old\r\nB=2\r\n", "new", "A=1\r\nKEY=new\r\nB=2\r\n");
    expect_edit("\xEF\xBB\xBFKEY=old\n", "new", "\xEF\xBB\xBFKEY=new\n");
    expect_edit("KEY=old", "new", "KEY=new");
}

static void every_value_reads_back(void **state ORX_UNUSED) {
    static const char *const values[] = {
        "",
        "plain",
        "with # and = and $x",
        "  spaces around ",
        "\"quoted\"",
        "'single",
        "two\nlines",
        "a\\b",
        "\"\\n\" is no line end",
        "cr\rlf\n",
        "\ttab",
        "\"a\tb\" ",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(values); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        orx_envfile file;
        orx_err err = ORX_ERR_INIT;
        orx_env_edit(orx_view_of("A='x'\nKEY=old\nB=\"y\"\n"), "KEY", orx_view_of(values[i]), &out);
        assert_ok(orx_envfile_parse(&arena, "env", orx_str_view(&out), NULL, &file, &err), &err);
        assert_int_equal(file.count, 3);
        assert_string_equal(orx_envfile_get(&file, "KEY")->value, values[i]);
        assert_string_equal(orx_envfile_get(&file, "A")->value, "x");
        assert_string_equal(orx_envfile_get(&file, "B")->value, "y");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_rewritten_in_its_place),
        cmocka_unit_test(what_only_looks_like_it_stays),
        cmocka_unit_test(further_lines_go),
        cmocka_unit_test(a_new_one_comes_at_the_end),
        cmocka_unit_test(line_ends_and_marks_stay),
        cmocka_unit_test(every_value_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
