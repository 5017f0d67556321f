/* read_file, list_dir, search and write_file. */
#include "box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_file_is_read_whole_or_in_parts(void **state) {
    box *b = *state;
    spit(b, "tree/src/a.c", "one\ntwo\nthree\n");
    assert_string_equal(ok(b, ORX_TOOLS_READ, "src/a.c", NULL), "one\ntwo\nthree\n");
    assert_string_equal(ok(b, ORX_TOOLS_READ, "./src//../src/a.c", NULL), "one\ntwo\nthree\n");
    assert_string_equal(ok(b, ORX_TOOLS_READ, at(b, "tree/src/a.c"), NULL), "one\ntwo\nthree\n");
    assert_string_equal(ok(b, ORX_TOOLS_READ, "src/a.c", "2", "1", NULL),
                        "two\n[lines 2 to 2 of 3; go on with \"offset\": 3]\n");
    assert_string_equal(ok(b, ORX_TOOLS_READ, "src/a.c", "3", NULL),
                        "three\n[lines 3 to 3 of 3]\n");
    assert_contains(no(b, ORX_TOOLS_READ, "src/a.c", "4", NULL), "line 4 does not exist");
    assert_contains(no(b, ORX_TOOLS_READ, "src", NULL), "a folder");
    assert_contains(no(b, ORX_TOOLS_READ, "src/b.c", NULL), "no such file");
    assert_contains(no(b, ORX_TOOLS_READ, "src/a.c/x", NULL), "no folder");
}

static void an_empty_and_an_open_file(void **state) {
    box *b = *state;
    spit(b, "tree/empty", "");
    spit(b, "tree/open", "no newline");
    assert_contains(ok(b, ORX_TOOLS_READ, "empty", NULL), "empty");
    assert_string_equal(ok(b, ORX_TOOLS_READ, "open", NULL), "no newline");
}

static void a_long_file_is_told_in_lines_that_fit(void **state) {
    box *b = *state;
    orx_str text = {0};
    for (int i = 1; i <= 4000; i++)
        orx_str_addf(&text, "line %d\n", i);
    spit(b, "tree/long", text.buf);
    const char *first = ok(b, ORX_TOOLS_READ, "long", NULL);
    assert_true(strlen(first) <= ORX_TOOLS_RESULT_MAX);
    const char *note = strrchr(first, '[');
    assert_contains(note, " of 4000; go on with \"offset\": ");
    int next = (int)strtol(strrchr(note, ' '), NULL, 10);
    assert_contains(note, orx_arena_printf(&b->arena, "[lines 1 to %d of", next - 1));
    char number[16];
    char begin[32];
    (void)snprintf(number, sizeof number, "%d", next);
    (void)snprintf(begin, sizeof begin, "line %d\n", next);
    const char *second = ok(b, ORX_TOOLS_READ, "long", number, NULL);
    assert_memory_equal(second, begin, strlen(begin));
    orx_str_free(&text);
    spit(b, "tree/wide", many(b, 'w', 40000));
    assert_contains(ok(b, ORX_TOOLS_READ, "wide", NULL), "[line 1 of 1 is too long");
}

static void what_is_no_text_is_refused(void **state) {
    box *b = *state;
    char *path = at(b, "tree/binary");
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite("a\0b", 1, 3, f), 3);
    assert_int_equal(fclose(f), 0);
    assert_contains(no(b, ORX_TOOLS_READ, "binary", NULL), "a binary file of 3 bytes");
    /* Bytes that are no UTF-8 arrive as the replacement character. */
    spit(b, "tree/latin", "caf\xe9\n");
    assert_string_equal(ok(b, ORX_TOOLS_READ, "latin", NULL), "caf\xef\xbf\xbd\n");
}

static void a_folder_is_listed(void **state) {
    box *b = *state;
    spit(b, "tree/b.txt", "12345");
    spit(b, "tree/a/deep/er.txt", "1");
    assert_int_equal(symlink("/etc", at(b, "tree/c")), 0);
    assert_int_equal(mkfifo(at(b, "tree/d"), 0600), 0);
    spit(b, "tree/.git/config", "x");
    assert_string_equal(ok(b, ORX_TOOLS_LIST, "", NULL),
                        ".git/\na/\nb.txt  5 bytes\nc  symbolic link\nd  special file\n");
    assert_string_equal(ok(b, ORX_TOOLS_LIST, ".", "3", NULL),
                        ".git/\na/\na/deep/\na/deep/er.txt  1 bytes\nb.txt  5 bytes\n"
                        "c  symbolic link\nd  special file\n");
    assert_string_equal(ok(b, ORX_TOOLS_LIST, "a/deep", NULL), "er.txt  1 bytes\n");
    assert_contains(no(b, ORX_TOOLS_LIST, "b.txt", NULL), "no folder");
    assert_contains(no(b, ORX_TOOLS_LIST, "c", NULL), "");
}

static void lines_are_found(void **state) {
    box *b = *state;
    spit(b, "tree/src/a.c", "int a;\nint b; /* 100% (sure) */\n");
    spit(b, "tree/src/a.h", "extern int a;\n");
    spit(b, "tree/.git/x", "int a;\n");
    spit(b, "tree/note.md", "a note\n");
    assert_string_equal(ok(b, ORX_TOOLS_SEARCH, "int a", NULL),
                        "src/a.c:1: int a;\nsrc/a.h:1: extern int a;\n");
    assert_string_equal(ok(b, ORX_TOOLS_SEARCH, "int a", "src", "*.h", NULL),
                        "src/a.h:1: extern int a;\n");
    assert_string_equal(ok(b, ORX_TOOLS_SEARCH, "int a", "src/a.h", NULL),
                        "src/a.h:1: extern int a;\n");
    assert_string_equal(ok(b, ORX_TOOLS_SEARCH, "100% (sure)", "", "", "", NULL),
                        "src/a.c:2: int b; /* 100% (sure) */\n");
    assert_string_equal(ok(b, ORX_TOOLS_SEARCH, "^(ext|a n)", "", "", "1", NULL),
                        "note.md:1: a note\nsrc/a.h:1: extern int a;\n");
    assert_contains(ok(b, ORX_TOOLS_SEARCH, "nowhere", NULL), "no match");
    assert_contains(no(b, ORX_TOOLS_SEARCH, "(", "", "", "1", NULL), "regular expression");
    assert_contains(no(b, ORX_TOOLS_SEARCH, "", NULL), "empty");
}

static void too_many_matches_are_cut(void **state) {
    box *b = *state;
    orx_str text = {0};
    for (int i = 0; i < 2000; i++)
        orx_str_adds(&text, "the same line again, long enough to fill the result\n");
    spit(b, "tree/many", text.buf);
    const char *found = ok(b, ORX_TOOLS_SEARCH, "same", NULL);
    assert_true(strlen(found) <= ORX_TOOLS_RESULT_MAX);
    assert_contains(found, "left out; read_file \"output:1\" has all of it");
    assert_contains(found, "more than 500 matches");
    assert_contains(ok(b, ORX_TOOLS_READ, "output:1", "250", "1", NULL), "many:250: the same");
    orx_str_free(&text);
}

static void a_file_is_written_as_a_whole(void **state) {
    box *b = *state;
    struct stat st;
    assert_contains(ok(b, ORX_TOOLS_WRITE, "new/deep/a.txt", "hello\n", NULL), "6 bytes");
    assert_string_equal(slurp(b, "tree/new/deep/a.txt"), "hello\n");
    spit(b, "tree/run.sh", "old");
    assert_int_equal(chmod(at(b, "tree/run.sh"), 0755), 0);
    (void)ok(b, ORX_TOOLS_WRITE, "run.sh", "", NULL);
    assert_string_equal(slurp(b, "tree/run.sh"), "");
    assert_int_equal(stat(at(b, "tree/run.sh"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    assert_string_equal(ok(b, ORX_TOOLS_LIST, "new/deep", NULL), "a.txt  6 bytes\n");
    assert_contains(no(b, ORX_TOOLS_WRITE, "", "x", NULL), "path of the file is missing");
    assert_contains(no(b, ORX_TOOLS_WRITE, "new", "x", NULL), "a folder");
    assert_contains(no(b, ORX_TOOLS_WRITE, "run.sh/x", "x", NULL), "no folder");
}

/* A name that a kill left behind is taken by the next write of the same file. */
static void what_a_kill_left_is_used_up(void **state) {
    box *b = *state;
    spit(b, "tree/.a.txt.orxaq-new", "half");
    (void)ok(b, ORX_TOOLS_WRITE, "a.txt", "whole\n", NULL);
    assert_string_equal(ok(b, ORX_TOOLS_LIST, "", NULL), "a.txt  6 bytes\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_whole_or_in_parts),
        TEST(an_empty_and_an_open_file),
        TEST(a_long_file_is_told_in_lines_that_fit),
        TEST(what_is_no_text_is_refused),
        TEST(a_folder_is_listed),
        TEST(lines_are_found),
        TEST(too_many_matches_are_cut),
        TEST(a_file_is_written_as_a_whole),
        TEST(what_a_kill_left_is_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
