#include "run/scope.h"

#include "platform/files.h"

#include "test.h"

#include <string.h>

static void globs(void **state) {
    (void)state;
    const struct {
        const char *glob;
        const char *path;
        bool match;
    } cases[] = {
        {"src/*.c", "src/a.c", true},
        {"src/*.c", "src/x/a.c", false},
        {"src/**", "src/x/a.c", true},
        {"src/**/a.c", "src/a.c", true},
        {"src/**/a.c", "src/x/y/a.c", true},
        {"src/**/a.c", "src/xa.c", false},
        {"src/", "src/x/y", true},
        {"src/", "srcs/x", false},
        {"**", "any/thing", true},
        {"*.md", "README.md", true},
        {"*.md", "docs/x.md", false},
        {"**/*.md", "docs/x.md", true},
        {"a?c", "abc", true},
        {"a?c", "a/c", false},
        {"Makefile", "Makefile", true},
        {"Makefile", "Makefile.am", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (orx_glob_match(cases[i].glob, cases[i].path) != cases[i].match)
            fail_msg("%s against %s", cases[i].glob, cases[i].path);
}

static orx_git_entry entry(const char *path, orx_git_kind kind) {
    return (orx_git_entry){
        .path = path, .kind = kind, .mode = ORX_GIT_MODE_FILE, .old_mode = ORX_GIT_MODE_FILE};
}

static int check(const orx_config *cfg, orx_git_entry *entries, size_t n, orx_str *why) {
    const orx_git_changes changes = {.entries = entries, .count = n};
    return orx_scope_check(NULL, cfg, "/repo", &changes, why);
}

static void paths_allowed_and_forbidden(void **state) {
    (void)state;
    const char *const allowed[] = {"src/**", "README.md", NULL};
    const char *const forbidden[] = {"src/secret/", NULL};
    orx_config cfg = {0};
    cfg.scope.allowed_paths = (orx_strings){allowed, 2};
    cfg.scope.forbidden_paths = (orx_strings){forbidden, 1};
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    orx_git_entry good[] = {entry("src/a.c", ORX_GIT_MODIFIED), entry("README.md", ORX_GIT_ADDED)};
    assert_int_equal(check(&cfg, good, 2, &why), 1);
    assert_int_equal(why.len, 0);
    orx_git_entry bad[] = {entry("src/secret/k", ORX_GIT_MODIFIED), entry("ci.yml", ORX_GIT_ADDED)};
    assert_int_equal(check(&cfg, bad, 2, &why), 0);
    assert_contains(why.buf, "src/secret/k: is in scope.forbidden_paths");
    assert_contains(why.buf, "ci.yml: is outside scope.allowed_paths");
}

static void mass_deletion_and_nested_repositories(void **state) {
    (void)state;
    orx_config cfg = {0};
    cfg.scope.max_deleted_files = 1;
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    orx_git_entry two[] = {entry("a", ORX_GIT_DELETED), entry("b", ORX_GIT_DELETED)};
    assert_int_equal(check(&cfg, two, 1, &why), 1);
    assert_int_equal(check(&cfg, two, 2, &why), 0);
    assert_contains(why.buf, "scope.max_deleted_files");
    cfg = (orx_config){0};
    orx_git_entry nested = entry("sub/", ORX_GIT_UNTRACKED);
    nested.mode = ORX_GIT_MODE_GITLINK;
    nested.old_mode = 0;
    orx_str_clear(&why);
    assert_int_equal(check(&cfg, &nested, 1, &why), 0);
    assert_contains(why.buf, "repository of its own");
}

static void at_most_ten_reasons(void **state) {
    (void)state;
    const char *const allowed[] = {"x", NULL};
    orx_config cfg = {0};
    cfg.scope.allowed_paths = (orx_strings){allowed, 1};
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    orx_git_entry many[50];
    for (int i = 0; i < 50; i++)
        many[i] = entry("other", ORX_GIT_MODIFIED);
    assert_int_equal(check(&cfg, many, 50, &why), 0);
    int lines = 1;
    for (const char *c = why.buf; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs),
        cmocka_unit_test(paths_allowed_and_forbidden),
        cmocka_unit_test(mass_deletion_and_nested_repositories),
        cmocka_unit_test(at_most_ten_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
