/* Messages with trailers, configuration files, and what git says on stderr. */
#include "test.h"

#include "git/cli.h"
#include "git/sim/internal.h"

static const char *message(orx_arena *a, const char *text, const char *task, const char *attempt) {
    orx_git_delivery d = {.message = orx_view_of(text), .task = task, .attempt = attempt};
    orx_err err = ORX_ERR_INIT;
    orx_str out = {0};
    assert_ok(orx_git_message(&d, &out, &err), &err);
    const char *copy = orx_arena_dup(a, orx_str_view(&out));
    orx_str_free(&out);
    return copy;
}

static void trailers_go_where_git_looks(void **state) {
    (void)state;
    orx_arena a = {0};
    assert_string_equal(message(&a, "S", "T", "A"), "S\n\nOrxaq-Task: T\nOrxaq-Attempt: A\n");
    assert_string_equal(message(&a, "S\n\nBody.\n\n", "T", NULL), "S\n\nBody.\n\nOrxaq-Task: T\n");
    assert_string_equal(message(&a, "S\n\nBody.\n\nFixes: 7\n", "T", NULL),
                        "S\n\nBody.\n\nFixes: 7\nOrxaq-Task: T\n");
    assert_string_equal(message(&a, "Fixes: 7", "T", NULL), "Fixes: 7\n\nOrxaq-Task: T\n");
    assert_string_equal(message(&a, "S\n\nNote: this\nis text", NULL, "A"),
                        "S\n\nNote: this\nis text\n\nOrxaq-Attempt: A\n");
    assert_string_equal(message(&a, "  S  \n", NULL, NULL), "S\n");
    orx_arena_free(&a);
}

static void trailers_are_read_back(void **state) {
    (void)state;
    orx_view v = {0};
    orx_view m = orx_view_of("S\n\nOrxaq-Task: a b\norxaq-attempt:  x#1 \nOrxaq-Attempt: y\n");
    assert_true(orx_git_trailer(m, "Orxaq-Task", &v));
    assert_true(orx_view_is(v, "a b"));
    assert_true(orx_git_trailer(m, "Orxaq-Attempt", &v));
    assert_true(orx_view_is(v, "y"));
    assert_true(orx_git_has_trailer(m, "Orxaq-Attempt", "x#1"));
    assert_false(orx_git_has_trailer(m, "Orxaq-Attempt", "x"));
    assert_false(orx_git_trailer(orx_view_of("Orxaq-Task: only a subject"), "Orxaq-Task", &v));
    assert_false(orx_git_trailer(orx_view_of("S\n\nOrxaq-Task: t\n\nEnd"), "Orxaq-Task", &v));
    assert_false(orx_git_trailer(orx_view_of(""), "Orxaq-Task", &v));
    assert_true(orx_view_is(orx_git_subject(orx_view_of("\n\n a subject \nbody")), "a subject"));
    assert_true(orx_view_is(orx_git_subject(orx_view_of("")), ""));
}

static void long_messages_are_refused(void **state) {
    (void)state;
    orx_str text = {0};
    orx_str out = {0};
    orx_err err = ORX_ERR_INIT;
    char line[300];
    memset(line, 'x', sizeof line);
    line[257] = '\0';
    for (int i = 0; i < 70000; i++)
        orx_str_addc(&text, 'x');
    orx_git_delivery d = {.message = orx_str_view(&text)};
    assert_int_equal(orx_git_message(&d, &out, &err), ORX_E_INVALID);
    assert_contains(err.msg, "70000 bytes");
    d = (orx_git_delivery){.message = orx_view_of("m"), .task = line};
    assert_int_equal(orx_git_message(&d, &out, &err), ORX_E_INVALID);
    line[256] = '\0';
    assert_int_equal(orx_git_message(&d, &out, &err), 0);
    orx_str_free(&text);
    orx_str_free(&out);
}

/* ---- Configuration ------------------------------------------------------------------------ */

static const char sample[] = "# comment\n"
                             "[core]\n"
                             "\tbare = false ; really\n"
                             "  Name=two words\n"
                             "[Remote \"Origin\"]\n"
                             "\turl = \"/a path; with #\"\n"
                             "\turl = /last\n"
                             "[branch \"a]b\"] merge = refs/heads/x\n"
                             "[section.sub]\n"
                             "\tflag\n";

static void configuration_is_found(void **state) {
    (void)state;
    orx_view v = {0};
    orx_view text = orx_view_of(sample);
    assert_true(orx_git_config_get(text, "CORE", NULL, "Bare", &v));
    assert_true(orx_view_is(v, "false"));
    assert_true(orx_git_config_get(text, "core", NULL, "name", &v));
    assert_true(orx_view_is(v, "two words"));
    assert_true(orx_git_config_get(text, "remote", "Origin", "url", &v));
    assert_true(orx_view_is(v, "/last"));
    assert_false(orx_git_config_get(text, "remote", "origin", "url", &v));
    assert_true(orx_git_config_get(text, "branch", "a]b", "merge", &v));
    assert_true(orx_view_is(v, "refs/heads/x"));
    assert_false(orx_git_config_get(text, "core", NULL, "missing", &v));
}

static void configuration_lines_survive_any_bytes(void **state) {
    (void)state;
    uint32_t seed = 3;
    for (int round = 0; round < 5000; round++) {
        char text[64];
        static const char pool[] = "[]\"\\ab= \n\t#;.x";
        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = pool[(seed >> 16) % sizeof pool];
        }
        /* An exact copy, so that a read beyond the end is seen. */
        size_t n = (size_t)round % sizeof text;
        char *copy = orx_xmemdup0(text, n);
        orx_view rest = {copy, n};
        orx_git_config_line line = {0};
        size_t seen = 0;
        while (orx_git_config_next(&rest, &line))
            seen += line.raw.len + 1;
        assert_true(seen >= n);
        free(copy);
    }
}

/* ---- Words of git ------------------------------------------------------------------------- */

static const char *last(orx_arena *a, const char *text) {
    orx_str out = {0};
    orx_git_last_line(orx_view_of(text), &out);
    const char *copy = orx_arena_dup(a, orx_str_view(&out));
    orx_str_free(&out);
    return copy;
}

static void the_telling_lines_are_kept(void **state) {
    (void)state;
    orx_arena a = {0};
    assert_string_equal(last(&a, "fatal: no\n"), "fatal: no");
    assert_string_equal(last(&a, "one\ntwo\nhint: try\nthree\nhint: or\n\nremote:\n"),
                        "two | three");
    assert_string_equal(last(&a, ""), "it said nothing");
    assert_string_equal(last(&a, "hint: x\n"), "it said nothing");
    assert_string_equal(last(&a, "a\x1b[31mb\tc\xff"), "a [31mb c\xef\xbf\xbd");
    assert_string_equal(last(&a, "for 'https://u:p@h/x' and ssh://git@h/y"),
                        "for 'https://h/x' and ssh://h/y");
    assert_string_equal(last(&a, "https://h/a@b git@h:x"), "https://h/a@b git@h:x");
    orx_str text = {0};
    for (int i = 0; i < 5000; i++)
        orx_str_addc(&text, 'x');
    assert_int_equal(strlen(last(&a, orx_str_cstr(&text))), 300);
    orx_str_free(&text);
    orx_arena_free(&a);
}

static void words_give_codes(void **state) {
    (void)state;
    assert_int_equal(orx_git_code_of(orx_view_of("fatal: not a git repository: '.git'")),
                     ORX_E_NOT_FOUND);
    assert_int_equal(
        orx_git_code_of(orx_view_of("fatal: Unable to create '/r/.git/index.lock': File exists.")),
        ORX_E_BUSY);
    assert_int_equal(orx_git_code_of(orx_view_of("error: could not lock config file .git/config")),
                     ORX_E_BUSY);
    assert_int_equal(orx_git_code_of(orx_view_of("write error: No space left on device")),
                     ORX_E_NO_SPACE);
    assert_int_equal(orx_git_code_of(orx_view_of("fatal: detected dubious ownership in")),
                     ORX_E_DENIED);
    assert_int_equal(orx_git_code_of(orx_view_of("anything else")), ORX_E_CHILD);
    assert_int_equal(orx_git_code_of((orx_view){0}), ORX_E_CHILD);
}

static void fields_end_with_nul(void **state) {
    (void)state;
    orx_view rest = {"a\0\0bc", 5};
    orx_view f;
    assert_true(orx_git_field(&rest, &f) && orx_view_is(f, "a"));
    assert_true(orx_git_field(&rest, &f) && f.len == 0);
    assert_true(orx_git_field(&rest, &f) && orx_view_is(f, "bc"));
    assert_false(orx_git_field(&rest, &f));
}

/* ---- Of the twin -------------------------------------------------------------------------- */

static void ignore_patterns(void **state) {
    (void)state;
    orx_view p = orx_view_of("# c\n*.o\nbuild/\n/top\ndoc/*.txt\n  \nexact\na?c\n");
    assert_true(orx_twin_ignored(p, "x.o", false));
    assert_true(orx_twin_ignored(p, "a/b/x.o", false));
    assert_true(orx_twin_ignored(p, "a/build", true));
    assert_false(orx_twin_ignored(p, "a/build", false));
    assert_true(orx_twin_ignored(p, "top", false));
    assert_false(orx_twin_ignored(p, "a/top", false));
    assert_true(orx_twin_ignored(p, "doc/x.txt", false));
    assert_false(orx_twin_ignored(p, "doc/a/x.txt", false));
    assert_true(orx_twin_ignored(p, "z/exact", false));
    assert_true(orx_twin_ignored(p, "abc", false));
    assert_false(orx_twin_ignored(p, "abbc", false));
    assert_false(orx_twin_ignored(p, "# c", false));
}

static void line_counts_of_large_texts_are_bounded(void **state) {
    (void)state;
    orx_str x = {0};
    orx_str y = {0};
    int64_t added = 0;
    int64_t deleted = 0;
    for (int i = 0; i < 30000; i++) {
        orx_str_addf(&x, "x%d\n", i);
        orx_str_addf(&y, "y%d\n", i);
    }
    orx_twin_count_lines(orx_str_view(&x), orx_str_view(&y), &added, &deleted);
    assert_int_equal(added, 30000);
    assert_int_equal(deleted, 30000);
    orx_twin_count_lines(orx_str_view(&x), orx_str_view(&x), &added, &deleted);
    assert_int_equal(added + deleted, 0);
    orx_str_free(&x);
    orx_str_free(&y);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trailers_go_where_git_looks),
        cmocka_unit_test(trailers_are_read_back),
        cmocka_unit_test(long_messages_are_refused),
        cmocka_unit_test(configuration_is_found),
        cmocka_unit_test(configuration_lines_survive_any_bytes),
        cmocka_unit_test(the_telling_lines_are_kept),
        cmocka_unit_test(words_give_codes),
        cmocka_unit_test(fields_end_with_nul),
        cmocka_unit_test(ignore_patterns),
        cmocka_unit_test(line_counts_of_large_texts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
