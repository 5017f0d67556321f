/* Claims: which of them can name the same file. */
#include "lane/lane.h"

#include "test.h"

#include <string.h>

typedef struct row {
    const char *a;
    const char *b;
    bool overlap;
} row;

static const row rows[] = {
    {"src", "src", true},
    {"src", "src/", true},
    {"./src", "src/**", true},
    {"src/text", "src", true},
    {"src/text", "src/textual", false},
    {"src/a", "src/b", false},
    {"", "src", true},
    {".", "docs/x.md", true},
    {"**", "src", true},
    {"*.md", "README.md", true},
    {"*.md", "docs/README.md", false},
    {"**/*.md", "docs/README.md", true},
    {"**/*.md", "README.md", true},
    {"docs/*.md", "docs/*.txt", false},
    {"docs/a*", "docs/*b", true},
    {"docs/a*", "docs/b*", false},
    {"src/*/x.c", "src/text/x.c", true},
    {"src/*/x.c", "src/text", true},
    {"src/*/x.c", "src/text/deep/x.c", false},
    {"src/**/x.c", "src/text/deep/x.c", true},
    {"src/**/x.c", "src/x.c", true},
    {"src/?.c", "src/a.c", true},
    {"src/?.c", "src/ab.c", false},
    {"a?b", "a/b", false},
    {"*", "src", true},
    {"src/*", "docs/*", false},
    {"*/tests", "src/tests/unit", true},
};

static void pairs(void **state) {
    (void)state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        bool forth = orx_claims_overlap(rows[i].a, rows[i].b);
        bool back = orx_claims_overlap(rows[i].b, rows[i].a);
        if (forth != rows[i].overlap || back != rows[i].overlap)
            fail_msg("\"%s\" and \"%s\": %d and %d", rows[i].a, rows[i].b, forth, back);
    }
}

/* The cost is bounded whatever somebody writes. */
static void many_stars(void **state) {
    (void)state;
    char a[2048];
    char b[2048];
    for (size_t i = 0; i < sizeof a - 1; i++) {
        a[i] = i % 2 ? 'a' : '*';
        b[i] = i % 3 ? '*' : 'b';
    }
    a[sizeof a - 1] = b[sizeof b - 1] = '\0';
    (void)orx_claims_overlap(a, b);
    assert_true(orx_claims_overlap(a, "**"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(many_stars)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
