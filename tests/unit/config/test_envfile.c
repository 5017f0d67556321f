#include "config/envfile.h"

#include "base/str.h"

#include "test.h"

#include <stdlib.h>

typedef struct fixture {
    orx_arena arena;
    orx_diags diags;
    orx_envfile file;
    orx_err err;
} fixture;

static int setup(void **state) {
    *state = orx_xcalloc(1, sizeof(fixture));
    return 0;
}

static int teardown(void **state) {
    fixture *fx = *state;
    orx_diags_free(&fx->diags);
    orx_arena_free(&fx->arena);
    free(fx);
    return 0;
}

static int parse_bytes(fixture *fx, orx_view text) {
    orx_diags_free(&fx->diags);
    fx->file = (orx_envfile){0};
    fx->err = (orx_err)ORX_ERR_INIT;
    return orx_envfile_parse(&fx->arena, ".env", text, &fx->diags, &fx->file, &fx->err);
}

static void parse(fixture *fx, const char *text) {
    assert_ok(parse_bytes(fx, orx_view_of(text)), &fx->err);
}

static const char *value(const fixture *fx, const char *name) {
    const orx_envvar *v = orx_envfile_get(&fx->file, name);
    return v ? v->value : NULL;
}

/* Parses and expects one problem of this severity, at this place, with this part in its text. */
static void expect(fixture *fx, const char *text, orx_severity severity, const char *where,
                   const char *part) {
    int rc = parse_bytes(fx, orx_view_of(text));
    assert_int_equal(rc, severity == ORX_DIAG_ERROR ? ORX_E_INVALID : 0);
    assert_int_equal(fx->diags.errors + fx->diags.warnings, 1);
    assert_int_equal(fx->diags.first->severity, severity);
    assert_string_equal(fx->diags.first->where, where);
    assert_contains(fx->diags.first->text, part);
}

static void case_3_plain_lines(void **state) {
    fixture *fx = *state;
    parse(fx, "# a comment\n"
              "\n"
              "A=1\n"
              "  B =  two words \n"
              "export C=three\n"
              "export\tD=four\n"
              "E=\n"
              "   # indented comment\n"
              "_x9=under");
    assert_int_equal(fx->diags.warnings, 0);
    assert_int_equal(fx->file.count, 6);
    assert_string_equal(value(fx, "A"), "1");
    assert_string_equal(value(fx, "B"), "two words");
    assert_string_equal(value(fx, "C"), "three");
    assert_string_equal(value(fx, "D"), "four");
    assert_string_equal(value(fx, "E"), "");
    assert_string_equal(value(fx, "_x9"), "under");
    assert_null(value(fx, "a"));
    assert_string_equal(fx->file.name, ".env");
}

static void uncase_3_quoted_values_are_taken_as_they_are(void **state) {
    fixture *fx = *state;
    parse(fx, "HASH=abc#def\n"
              "SPACED=abc # no comment\n"
              "EQUALS=a=b=c\n"
              "DOLLAR=$HOME/${X}`id`\n"
              "BACK=a\\nb\n"
              "QUOTE=it's \"here\"\n"
              "exported=1\n"
              "export=2\n");
    assert_string_equal(value(fx, "HASH"), "abc#def");
    assert_string_equal(value(fx, "SPACED"), "abc # no comment");
    assert_string_equal(value(fx, "EQUALS"), "a=b=c");
    assert_string_equal(value(fx, "DOLLAR"), "$HOME/${X}`id`");
    assert_string_equal(value(fx, "BACK"), "a\\nb");
    assert_string_equal(value(fx, "QUOTE"), "it's \"here\"");
    assert_string_equal(value(fx, "exported"), "1");
    assert_string_equal(value(fx, "export"), "2");
}

static void case_3_quoted_values(void **state) {
    fixture *fx = *state;
    parse(fx, "A=\"two  words \"\n"
              "B='single # $HOME \\n'\n"
              "C=\"line\\nnext\\ttab\\rcr\"\n"
              "D=\"quote \\\" and \\\\ back\"\n"
              "E=\"C:\\path\\dir\"   # a comment\n"
              "F=''\n"
              "G=\"it's\"\n"
              "H='say \"hi\"' #x\n"
              "I=\"\\\\n\"\n");
    assert_string_equal(value(fx, "A"), "two  words ");
    assert_string_equal(value(fx, "B"), "single # $HOME \\n");
    assert_string_equal(value(fx, "C"), "line\nnext\ttab\rcr");
    assert_string_equal(value(fx, "D"), "quote \" and \\ back");
    assert_string_equal(value(fx, "E"), "C:\\path\\dir");
    assert_string_equal(value(fx, "F"), "");
    assert_string_equal(value(fx, "G"), "it's");
    assert_string_equal(value(fx, "H"), "say \"hi\"");
    assert_string_equal(value(fx, "I"), "\\n");
    assert_int_equal(fx->diags.warnings, 0);
}

static void windows_line_ends_and_byte_order_mark(void **state) {
    fixture *fx = *state;
    parse(fx, "\xEF\xBB\xBF"
              "A=1\r\n"
              "B=\"2\"\r\n"
              "\r\n"
              "C=3\r");
    assert_int_equal(fx->file.count, 3);
    assert_string_equal(value(fx, "A"), "1");
    assert_string_equal(value(fx, "B"), "2");
    assert_string_equal(value(fx, "C"), "3");
}

static void places_are_known(void **state) {
    fixture *fx = *state;
    parse(fx, "\n# c\n  export NAME = 'x'\nB=y\n");
    const orx_envvar *v = orx_envfile_get(&fx->file, "NAME");
    assert_int_equal(v->line, 3);
    assert_int_equal(v->column, 17);
    v = orx_envfile_get(&fx->file, "B");
    assert_int_equal(v->line, 4);
    assert_int_equal(v->column, 3);
}

static void empty_files(void **state) {
    fixture *fx = *state;
    parse(fx, "");
    assert_int_equal(fx->file.count, 0);
    assert_null(fx->file.first);
    assert_ok(parse_bytes(fx, (orx_view){NULL, 0}), &fx->err);
    parse(fx, "\n\n#\n");
    assert_int_equal(fx->file.count, 0);
    assert_null(value(fx, "A"));
}

static void the_last_of_a_name_wins_with_a_warning(void **state) {
    fixture *fx = *state;
    expect(fx, "A=first\nB=b\nA=second\n", ORX_DIAG_WARNING, ".env:3:1", "A is set again here");
    assert_contains(fx->diags.first->text, "line 1");
    assert_string_equal(value(fx, "A"), "second");
    assert_int_equal(fx->file.count, 2);
    assert_int_equal(orx_envfile_get(&fx->file, "A")->line, 3);
}

static void case_3_lines_the_predecessor_skipped_are_warnings(void **state) {
    fixture *fx = *state;
    expect(fx, "A=1\n  nonsense\nB=2\n", ORX_DIAG_WARNING, ".env:2:3", "expected NAME=value");
    assert_string_equal(value(fx, "B"), "2");
    expect(fx, "1A=x\n", ORX_DIAG_WARNING, ".env:1:1", "letters, digits and _");
    expect(fx, "A B=x\n", ORX_DIAG_WARNING, ".env:1:1", "letters, digits and _");
    expect(fx, "=x\n", ORX_DIAG_WARNING, ".env:1:1", "letters, digits and _");
    expect(fx, "A-B=x\n", ORX_DIAG_WARNING, ".env:1:1", "letters, digits and _");
    expect(fx, "export \xC3\xA4=x\n", ORX_DIAG_WARNING, ".env:1:8", "letters, digits and _");
    assert_int_equal(fx->file.count, 0);
}

static void broken_quotes_are_errors(void **state) {
    fixture *fx = *state;
    expect(fx, "A=1\nB=\"never closed\n", ORX_DIAG_ERROR, ".env:2:3", "never closed on its line");
    expect(fx, "B='x\n", ORX_DIAG_ERROR, ".env:1:3", "never closed");
    expect(fx, "B=\"x\\\"\n", ORX_DIAG_ERROR, ".env:1:3", "never closed");
    expect(fx, "B=\"x\\", ORX_DIAG_ERROR, ".env:1:3", "never closed");
    expect(fx, "B=\"x\"y\n", ORX_DIAG_ERROR, ".env:1:6", "behind the closing quote");
    expect(fx, "B=\"x\" y\n", ORX_DIAG_ERROR, ".env:1:6", "behind the closing quote");
    expect(fx, "B=\"x\"#y\n", ORX_DIAG_ERROR, ".env:1:6", "behind the closing quote");
}

static void all_errors_are_reported(void **state) {
    fixture *fx = *state;
    assert_int_equal(parse_bytes(fx, orx_view_of("A='\nB=1\nC=\"\nD='x'y\n")), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, 3);
    assert_contains(fx->err.msg, ".env: 3 lines");
    assert_null(fx->file.name); /* untouched */
}

static void bytes_that_cannot_be_text(void **state) {
    fixture *fx = *state;
    assert_int_equal(parse_bytes(fx, orx_view_mem("A=1\nB=x\0y\n", 10)), ORX_E_INVALID);
    assert_string_equal(fx->diags.first->where, ".env:2:4");
    assert_contains(fx->diags.first->text, "NUL");
    expect(fx, "A=1\nB=\xFF\xFE\n", ORX_DIAG_ERROR, ".env:2:1", "UTF-8");
    expect(fx, "A=\xED\xA0\x80\n", ORX_DIAG_ERROR, ".env:1:1", "UTF-8");
}

/* No message of any kind repeats what may be a secret. */
static void values_are_in_no_message(void **state) {
    fixture *fx = *state;
    static const char *const texts[] = {
        "K=\"sesame", "K='sesame'x", "K=\"sesame\" y", "K=sesame\nK=sesame2\n",
        "sesame",     "K K=sesame",  "1K=sesame",      "K=sesame\xFF",
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        (void)parse_bytes(fx, orx_view_of(texts[i]));
        assert_true(fx->diags.errors + fx->diags.warnings > 0);
        for (const orx_diag *d = fx->diags.first; d; d = d->next)
            assert_null(strstr(d->text, "sesame"));
        assert_null(strstr(fx->err.msg, "sesame"));
    }
}

static void limits(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_adds(&s, "A=");
    for (int i = 0; i < ORX_ENVFILE_VALUE_MAX; i++)
        orx_str_addc(&s, 'x');
    assert_ok(parse_bytes(fx, orx_str_view(&s)), &fx->err);
    assert_int_equal(strlen(value(fx, "A")), ORX_ENVFILE_VALUE_MAX);
    orx_str_addc(&s, 'x');
    assert_int_equal(parse_bytes(fx, orx_str_view(&s)), ORX_E_INVALID);
    assert_contains(fx->diags.first->text, "longer than 32768");

    orx_str_clear(&s);
    for (int i = 0; i < ORX_ENVFILE_VARS_MAX; i++)
        orx_str_addf(&s, "V%d=%d\n", i, i);
    assert_ok(parse_bytes(fx, orx_str_view(&s)), &fx->err);
    assert_string_equal(value(fx, "V4095"), "4095");
    orx_str_adds(&s, "ONE_MORE=1\nAND_MORE=1\n");
    assert_int_equal(parse_bytes(fx, orx_str_view(&s)), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, 1);
    assert_contains(fx->diags.first->text, "4096 variables");

    orx_str_clear(&s);
    while (s.len < ORX_ENVFILE_MAX)
        orx_str_adds(&s, "# filler filler filler filler\n");
    orx_str_truncate(&s, ORX_ENVFILE_MAX);
    assert_ok(parse_bytes(fx, orx_str_view(&s)), &fx->err);
    orx_str_addc(&s, '\n');
    assert_int_equal(parse_bytes(fx, orx_str_view(&s)), ORX_E_LIMIT);
    assert_contains(fx->err.msg, "at most 1 MiB");
}

static void long_names_are_no_names(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    for (int i = 0; i < ORX_ENV_NAME_MAX; i++)
        orx_str_addc(&s, 'N');
    assert_true(orx_env_name_ok(orx_str_view(&s)));
    orx_str_addc(&s, 'N');
    assert_false(orx_env_name_ok(orx_str_view(&s)));
    orx_str_adds(&s, "=1");
    assert_ok(parse_bytes(fx, orx_str_view(&s)), &fx->err);
    assert_int_equal(fx->diags.warnings, 1);
    assert_int_equal(fx->file.count, 0);
}

static void junk_of_any_size_is_cheap(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    while (s.len < ORX_ENVFILE_MAX)
        orx_str_adds(&s, "x\n");
    assert_ok(parse_bytes(fx, orx_str_view(&s)), &fx->err);
    assert_int_equal(fx->diags.warnings, (int)(ORX_ENVFILE_MAX / 2));
    assert_int_equal(fx->file.count, 0);
}

static void works_without_a_list(void **state) {
    fixture *fx = *state;
    orx_envfile file = {0};
    assert_int_equal(orx_envfile_parse(&fx->arena, "f", orx_view_of("A='x"), NULL, &file, &fx->err),
                     ORX_E_INVALID);
    assert_contains(fx->err.msg, "f:1:3: this quote");
    assert_ok(orx_envfile_parse(&fx->arena, "f", orx_view_of("A=x\nA=y"), NULL, &file, &fx->err),
              &fx->err);
    assert_string_equal(orx_envfile_get(&file, "A")->value, "y");
}

static void names(void **state) {
    (void)state;
    assert_true(orx_env_name_ok(orx_view_of("A")));
    assert_true(orx_env_name_ok(orx_view_of("_")));
    assert_true(orx_env_name_ok(orx_view_of("a_B9")));
    assert_false(orx_env_name_ok(orx_view_of("")));
    assert_false(orx_env_name_ok(orx_view_of("9A")));
    assert_false(orx_env_name_ok(orx_view_of("A.B")));
    assert_false(orx_env_name_ok(orx_view_of("A=")));
    assert_false(orx_env_name_ok(orx_view_mem("A\0B", 3)));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(case_3_plain_lines),
        T(uncase_3_quoted_values_are_taken_as_they_are),
        T(case_3_quoted_values),
        T(windows_line_ends_and_byte_order_mark),
        T(places_are_known),
        T(empty_files),
        T(the_last_of_a_name_wins_with_a_warning),
        T(case_3_lines_the_predecessor_skipped_are_warnings),
        T(broken_quotes_are_errors),
        T(all_errors_are_reported),
        T(bytes_that_cannot_be_text),
        T(values_are_in_no_message),
        T(limits),
        T(long_names_are_no_names),
        T(junk_of_any_size_is_cheap),
        T(works_without_a_list),
        T(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
