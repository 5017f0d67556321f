/* apply_patch: unified diffs, exact or at the one place where they fit. */
#include "box.h"

#include <string.h>

static const char *const numbers = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

static void a_hunk_goes_where_it_says(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", "x\nx\nx\nx\n");
    assert_string_equal(
        ok(b, ORX_TOOLS_PATCH, "--- a/a.txt\n+++ b/a.txt\n@@ -2,2 +2,2 @@\n-x\n+y\n x\n", NULL),
        "a.txt: 1 hunk applied\n");
    assert_string_equal(slurp(b, "tree/a.txt"), "x\ny\nx\nx\n");
}

static void wrong_numbers_are_forgiven_when_one_place_fits(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", numbers);
    (void)ok(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ -90,1 +7,99 @@\n 4\n-5\n+five\n 6\n",
             NULL);
    (void)ok(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@\n-9\n+nine\n+ten\n", NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), "1\n2\n3\n4\nfive\n6\n7\n8\nnine\nten\n");
}

static void two_places_are_refused(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", "{\n}\n{\n}\n");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ @@\n {\n+x\n }\n", NULL),
                    "fits at line 1 and at line 3");
    assert_string_equal(slurp(b, "tree/a.txt"), "{\n}\n{\n}\n");
}

static void what_does_not_fit_is_explained(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", numbers);
    assert_contains(
        no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ -3 +3 @@\n 3\n-four\n+4\n", NULL),
        "hunk 1: line 4 of the file is \"4\" where \"four\" is expected");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ -3 +3 @@\n-three\n", NULL),
                    "its first line is not in the file: \"three\"");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ -9 +9 @@\n 9\n-10\n", NULL),
                    "the file ends where \"10\" is expected");
}

static void several_files_or_none(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", numbers);
    spit(b, "tree/gone.txt", "only\n");
    const char *const good = "diff --git a/a.txt b/a.txt\nindex 1..2 100644\n"
                             "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n"
                             "@@ -8,2 +8,3 @@\n 8\n 9\n+10\n"
                             "--- /dev/null\n+++ b/sub/new.txt\n@@ -0,0 +1,2 @@\n+first\n+second\n"
                             "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-only\n";
    const char *const bad =
        orx_arena_printf(&b->arena, "%s--- a/a.txt\n+++ b/a.txt\n@@ -3 +3 @@\n-three\n", good);
    (void)no(b, ORX_TOOLS_PATCH, bad, NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), numbers);
    assert_false(there(b, "tree/sub/new.txt"));
    assert_true(there(b, "tree/gone.txt"));
    assert_string_equal(ok(b, ORX_TOOLS_PATCH, good, NULL),
                        "a.txt: 2 hunks applied\nsub/new.txt: 1 hunk applied\ngone.txt: removed\n");
    assert_string_equal(slurp(b, "tree/a.txt"), "one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    assert_string_equal(slurp(b, "tree/sub/new.txt"), "first\nsecond\n");
    assert_false(there(b, "tree/gone.txt"));
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n", NULL),
                    "it exists");
}

static void the_last_newline_is_kept_as_it_is(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", "1\n2\n3");
    (void)ok(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-1\n+one\n", NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), "one\n2\n3");
    (void)ok(b, ORX_TOOLS_PATCH,
             "--- a.txt\n+++ a.txt\n@@ -3 +3 @@\n-3\n\\ No newline at end of file\n+three\n", NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), "one\n2\nthree\n");
    (void)ok(b, ORX_TOOLS_PATCH,
             "--- a.txt\n+++ a.txt\n@@ -3 +3 @@\n-three\n+3\n\\ No newline at end of file\n", NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), "one\n2\n3");
}

static void what_models_get_wrong_is_forgiven(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", "a\n\nb\n");
    /* The space of the empty line is lost, the diff is fenced and something is said before it. */
    (void)ok(
        b, ORX_TOOLS_PATCH,
        "Here it is:\n```diff\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n a\n\n-b\n+B\n\n```\n",
        NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), "a\n\nB\n");
    spit(b, "tree/dos.txt", "one\r\ntwo\r\n");
    (void)ok(b, ORX_TOOLS_PATCH, "--- dos.txt\n+++ dos.txt\n@@ -1 +1 @@\n one\n-two\n+2\n", NULL);
    assert_string_equal(slurp(b, "tree/dos.txt"), "one\r\n2\r\n");
    /* Lines that look like headers are lines. */
    spit(b, "tree/sql", "-- old\nx\n");
    (void)ok(b, ORX_TOOLS_PATCH, "--- sql\n+++ sql\n@@ -1 +1 @@\n--- old\n+-- new\n x\n", NULL);
    assert_string_equal(slurp(b, "tree/sql"), "-- new\nx\n");
}

static void what_is_no_diff_is_refused(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", numbers);
    assert_contains(no(b, ORX_TOOLS_PATCH, "please change line 3", NULL), "no unified diff");
    assert_contains(no(b, ORX_TOOLS_PATCH, "", NULL), "no unified diff");
    assert_contains(no(b, ORX_TOOLS_PATCH, "@@ -1 +1 @@\n-1\n+2\n", NULL), "--- and +++");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n", NULL), "expected a hunk");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n", NULL),
                    "without lines");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-1\nso\n", NULL),
                    "line 5 of the patch begins with 's'");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ b.txt\n@@ -1 +1 @@\n-1\n+2\n", NULL),
                    "renames");
    assert_contains(no(b, ORX_TOOLS_PATCH,
                       "*** Begin Patch\n*** Update File: a.txt\n@@\n-1\n+2\n*** End Patch\n",
                       NULL),
                    "--- and +++");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ @@\n+new\n", NULL),
                    "without any context");
    assert_string_equal(slurp(b, "tree/a.txt"), numbers);
}

static void hunks_go_in_order_and_lines_move(void **state) {
    box *b = *state;
    spit(b, "tree/a.txt", "x\nx\nx\nx\nx\nx\n");
    (void)ok(b, ORX_TOOLS_PATCH,
             "--- a.txt\n+++ a.txt\n@@ -1,1 +1,3 @@\n+a\n+b\n x\n@@ -6 +8 @@\n-x\n+last\n", NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), "a\nb\nx\nx\nx\nx\nx\nlast\n");
    (void)no(b, ORX_TOOLS_PATCH, "--- a.txt\n+++ a.txt\n@@ @@\n-last\n+l\n@@ @@\n-a\n+A\n", NULL);
    assert_string_equal(slurp(b, "tree/a.txt"), "a\nb\nx\nx\nx\nx\nx\nlast\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_hunk_goes_where_it_says),
        TEST(wrong_numbers_are_forgiven_when_one_place_fits),
        TEST(two_places_are_refused),
        TEST(what_does_not_fit_is_explained),
        TEST(several_files_or_none),
        TEST(the_last_newline_is_kept_as_it_is),
        TEST(what_models_get_wrong_is_forgiven),
        TEST(what_is_no_diff_is_refused),
        TEST(hunks_go_in_order_and_lines_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
